//! Is this failure news?

use std::fmt::Display;
use std::time::Instant;

/// Logs the beginning and the end of a run of failures, and nothing between.
#[derive(Debug)]
pub(crate) struct Outage {
    what: &'static str,
    since: Option<Instant>,
}

impl Outage {
    /// `what` does not work while it lasts.
    pub(crate) const fn new(what: &'static str) -> Self {
        Self { what, since: None }
    }

    /// It failed.
    pub(crate) fn failed(&mut self, error: &dyn Display) {
        if self.since.is_none() {
            tracing::error!(%error, "{} fails", self.what);
            self.since = Some(Instant::now());
        }
    }

    /// It worked.
    pub(crate) fn worked(&mut self) {
        if let Some(since) = self.since.take() {
            let seconds = since.elapsed().as_secs();
            tracing::warn!(seconds, "{} works again", self.what);
        }
    }

    /// Whether the last try failed.
    pub(crate) const fn is_on(&self) -> bool {
        self.since.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::Outage;

    #[test]
    fn an_outage_lasts_from_the_first_failure_to_the_next_success() {
        let mut outage = Outage::new("the test");
        assert!(!outage.is_on());
        outage.failed(&"broken");
        outage.failed(&"broken");
        assert!(outage.is_on());
        outage.worked();
        assert!(!outage.is_on());
    }
}
