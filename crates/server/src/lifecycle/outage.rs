//! Is this failure news?

use std::fmt::Display;
use std::time::Duration;

use tokio::time::Instant;

/// Successes count as the end of an outage only when nothing has failed for so long: a server at a limit fails
/// and succeeds by turns.
const SETTLED: Duration = Duration::from_secs(5);

/// Logs the beginning and the end of a run of failures, and nothing between.
#[derive(Debug)]
pub(crate) struct Outage {
    what: &'static str,
    lasting: Option<Lasting>,
}

#[derive(Debug, Clone, Copy)]
struct Lasting {
    since: Instant,
    last_failure: Instant,
}

impl Outage {
    /// `what` does not work while it lasts.
    pub(crate) const fn new(what: &'static str) -> Self {
        Self { what, lasting: None }
    }

    /// It failed.
    pub(crate) fn failed(&mut self, error: &dyn Display) {
        let now = Instant::now();
        if let Some(lasting) = &mut self.lasting {
            lasting.last_failure = now;
            return;
        }
        tracing::error!(%error, "{} fails", self.what);
        self.lasting = Some(Lasting { since: now, last_failure: now });
    }

    /// It worked.
    pub(crate) fn worked(&mut self) {
        if let Some(Lasting { since, last_failure }) = self.lasting
            && last_failure.elapsed() >= SETTLED
        {
            tracing::warn!(seconds = (last_failure - since).as_secs(), "{} works again", self.what);
            self.lasting = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::{Outage, SETTLED};

    #[tokio::test(start_paused = true)]
    async fn an_outage_lasts_until_nothing_has_failed_for_a_while() {
        let mut outage = Outage::new("the test");
        outage.worked();
        assert!(outage.lasting.is_none());
        outage.failed(&"broken");
        advance(SETTLED).await;
        outage.failed(&"broken");
        outage.worked();
        assert!(outage.lasting.is_some());
        advance(SETTLED).await;
        outage.worked();
        assert!(outage.lasting.is_none());
    }
}
