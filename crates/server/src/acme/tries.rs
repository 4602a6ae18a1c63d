//! When may the authority be asked, after it was asked in vain?
//!
//! Invariants
//! - An order counts as failed from before it is placed until its certificate is on disk. So a process that ends and begins
//!   again and again asks as seldom as one that goes on.
//! - Authorities lock out who fails too often. Four tries of the first hour are below the limit of five that the strictest
//!   one has.
//! - Whatever the clock has done: nobody waits longer than the longest pause.

use std::path::PathBuf;
use std::time::Duration;

use portcullis_core::model::Timestamp;
use serde::{Deserialize, Serialize};

use super::{kept, order};
use crate::cli::output::time_of;
use crate::config::meant::AcmeSettings;

/// How long to wait after the first failure, the second, and so on.
const PAUSES: [Duration; 5] = [
    Duration::from_mins(1),
    Duration::from_mins(5),
    Duration::from_mins(15),
    Duration::from_hours(1),
    LONGEST_PAUSE,
];
/// The same where the authority says that it was asked too often.
const LONGEST_PAUSE: Duration = Duration::from_hours(3);

/// What is known of the orders that have brought nothing.
pub(super) struct Tries {
    kept_in: PathBuf,
    noted: Noted,
}

/// The same in a file.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
struct Noted {
    failures: usize,
    /// Milliseconds since the epoch.
    not_before: i64,
    /// For other names nothing has failed yet.
    domains: Vec<String>,
}

impl Tries {
    /// Those of earlier starts.
    pub(super) fn begin(settings: &AcmeSettings, now: Timestamp) -> Self {
        let noted = match kept::tries(&settings.kept_in) {
            // What is damaged says nothing.
            Ok(text) => text.and_then(|text| serde_json::from_slice::<Noted>(&text).ok()),
            Err(error) => {
                tracing::warn!(
                    error = format!("{error:#}"),
                    "it is not known when a certificate was ordered in vain"
                );
                None
            }
        };
        let noted = noted.filter(|noted| noted.domains == settings.domains);
        let noted = noted.unwrap_or_else(|| Noted { domains: settings.domains.clone(), ..Noted::default() });
        let mut tries = Self { kept_in: settings.kept_in.clone(), noted };
        if !tries.pause(now).is_zero() {
            tracing::warn!(
                failures = tries.noted.failures,
                not_before = time_of(Timestamp::from_millis(tries.noted.not_before)),
                fix = format!(
                    "mend what the last ERROR names; to order at once then, remove {} and restart",
                    kept::path_of_tries(&settings.kept_in).display()
                ),
                "no certificate was issued to the start before, so the next order waits"
            );
        }
        tries
    }

    /// How long the next order has to wait.
    pub(super) fn pause(&mut self, now: Timestamp) -> Duration {
        let not_before = self.not_before();
        // The clock was ahead when this was written.
        let latest = now.plus(LONGEST_PAUSE);
        if not_before > latest {
            self.noted.not_before = latest.as_millis();
        }
        self.not_before().since(now)
    }

    /// An order is placed.
    pub(super) fn placed(&mut self, now: Timestamp) {
        self.wait_until(now.plus(pause_after(self.noted.failures)));
        self.noted.failures = self.noted.failures.saturating_add(1);
        self.keep();
    }

    /// It has failed. Answers how long the next one has to wait.
    pub(super) fn failed(&mut self, error: &anyhow::Error, now: Timestamp) -> Duration {
        let pause = pause_after(self.noted.failures.saturating_sub(1));
        let pause = if order::is_limited(error) { LONGEST_PAUSE } else { pause };
        self.wait_until(now.plus(pause));
        self.keep();
        pause
    }

    /// It has brought a certificate. Whatever that says of its time: no order follows the other at once.
    pub(super) fn issued(&mut self, next_after: Duration, now: Timestamp) {
        self.noted.failures = 0;
        self.wait_until(now.plus(next_after));
    }

    /// The certificate is on disk: no start has to wait.
    pub(super) fn forget(&self) {
        if let Err(error) = kept::forget_tries(&self.kept_in) {
            tracing::warn!(error = format!("{error:#}"), "the next start may wait before it orders");
        }
    }

    fn not_before(&self) -> Timestamp {
        Timestamp::from_millis(self.noted.not_before)
    }

    fn wait_until(&mut self, at: Timestamp) {
        self.noted.not_before = at.as_millis();
    }

    fn keep(&self) {
        let text = serde_json::to_string(&self.noted).map_err(anyhow::Error::from);
        if let Err(error) = text.and_then(|text| kept::keep_tries(&self.kept_in, &text)) {
            tracing::warn!(
                error = format!("{error:#}"),
                "a restart will order at once, and authorities lock out who fails too often"
            );
        }
    }
}

fn pause_after(failures: usize) -> Duration {
    PAUSES.get(failures).copied().unwrap_or(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    use super::*;
    use crate::config::value::AcmeDirectory;

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    fn settings(kept_in: &Path, domain: &str) -> AcmeSettings {
        AcmeSettings {
            domains: vec![domain.to_owned()],
            directory: AcmeDirectory::LetsEncryptStaging,
            contact: None,
            ca: None,
            kept_in: kept_in.join("acme"),
        }
    }

    fn refused() -> anyhow::Error {
        anyhow::anyhow!("refused")
    }

    #[test]
    fn four_tries_fit_into_the_first_hour_and_then_they_become_seldom() {
        let place = tempfile::tempdir().unwrap();
        let mut tries = Tries::begin(&settings(place.path(), "a.example"), NOW);
        let mut now = NOW;
        let mut at = Vec::new();
        for _ in 0..10 {
            assert_eq!(tries.pause(now), Duration::ZERO);
            at.push(now.since(NOW));
            tries.placed(now);
            assert_eq!(tries.failed(&refused(), now), tries.pause(now));
            now = now.plus(tries.pause(now));
        }
        assert_eq!(at.iter().filter(|at| **at < Duration::from_hours(1)).count(), 4);
        assert_eq!(at.last().unwrap().saturating_sub(*at.get(8).unwrap()), Duration::from_hours(3));
    }

    #[test]
    fn who_asked_too_often_waits_longest() {
        let place = tempfile::tempdir().unwrap();
        let mut tries = Tries::begin(&settings(place.path(), "a.example"), NOW);
        let limited = instant_acme::Problem {
            r#type: Some("urn:ietf:params:acme:error:rateLimited".to_owned()),
            detail: None,
            status: Some(429),
            subproblems: Vec::new(),
        };
        let limited = anyhow::Error::from(instant_acme::Error::Api(limited)).context("refused");
        tries.placed(NOW);
        assert_eq!(tries.failed(&limited, NOW), Duration::from_hours(3));
    }

    #[test]
    fn a_start_waits_as_long_as_the_one_before_would_have() {
        let place = tempfile::tempdir().unwrap();
        let settings_of = |domain| settings(place.path(), domain);
        let mut tries = Tries::begin(&settings_of("a.example"), NOW);
        tries.placed(NOW);
        tries.failed(&refused(), NOW);
        // The second is interrupted.
        tries.placed(NOW);
        let file = kept::path_of_tries(&settings_of("a.example").kept_in);
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);

        let mut next = Tries::begin(&settings_of("a.example"), NOW);
        assert_eq!(next.pause(NOW), Duration::from_mins(5));
        next.placed(NOW);
        assert_eq!(next.failed(&refused(), NOW), Duration::from_mins(15));
        assert_eq!(Tries::begin(&settings_of("b.example"), NOW).pause(NOW), Duration::ZERO);

        next.issued(Duration::from_hours(1), NOW);
        next.forget();
        assert_eq!(next.pause(NOW), Duration::from_hours(1));
        assert_eq!(Tries::begin(&settings_of("a.example"), NOW).pause(NOW), Duration::ZERO);
    }

    #[test]
    fn a_clock_that_was_ahead_makes_nobody_wait_for_years() {
        let place = tempfile::tempdir().unwrap();
        let settings = settings(place.path(), "a.example");
        let ahead = NOW.plus(Duration::from_hours(100_000));
        Tries::begin(&settings, ahead).placed(ahead);
        let mut tries = Tries::begin(&settings, NOW);
        assert_eq!(tries.pause(NOW), Duration::from_hours(3));
        assert_eq!(tries.pause(NOW.plus(Duration::from_hours(3))), Duration::ZERO);
    }
}
