//! What if nobody can say whether a password is known from a breach?
//!
//! Then it is taken: a list that is away must not keep people from changing a password. The log tells, once a minute
//! at most, and a counter counts.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use portcullis_crypto::secret::Password;

use crate::model::Timestamp;
use crate::ports::BreachedPasswords;
use crate::ports::breached::Unanswered;

/// The longest that somebody waits for the answer.
const DEADLINE: Duration = Duration::from_secs(2);
/// The pause between two lines in the log.
const TELL_EVERY: Duration = Duration::from_mins(1);
/// Before the first line.
const NEVER: i64 = i64::MIN;

/// How often it was asked whether a password is known from a breach, since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreachMetrics {
    /// Times it was asked.
    pub asked: u64,
    /// Times the password was known, and refused.
    pub known: u64,
    /// Times there was no answer, and the password was taken.
    pub unanswered: u64,
}

/// Asks, and bears with silence.
pub(crate) struct Breached {
    port: Option<Arc<dyn BreachedPasswords>>,
    asked: AtomicU64,
    known: AtomicU64,
    unanswered: AtomicU64,
    /// When the log was last told, in milliseconds.
    told_at: AtomicI64,
}

impl Breached {
    /// Without a port nothing is known from a breach.
    pub(crate) fn new(port: Option<Arc<dyn BreachedPasswords>>) -> Self {
        Self {
            port,
            asked: AtomicU64::new(0),
            known: AtomicU64::new(0),
            unanswered: AtomicU64::new(0),
            told_at: AtomicI64::new(NEVER),
        }
    }

    /// Whether a password is known from a breach, as far as there is an answer.
    pub(crate) async fn knows(&self, password: &Password, now: Timestamp) -> bool {
        let Some(port) = &self.port else { return false };
        self.asked.fetch_add(1, Relaxed);
        let late = || Unanswered { cause: format!("no answer within {} seconds", DEADLINE.as_secs()) };
        let answer = tokio::time::timeout(DEADLINE, port.is_breached(password)).await;
        let is_known = answer.unwrap_or_else(|_| Err(late())).unwrap_or_else(|error| {
            let unanswered = self.unanswered.fetch_add(1, Relaxed) + 1;
            if self.may_tell(now) {
                tracing::warn!(%error, unanswered, "a password was taken that may be known from a breach");
            }
            false
        });
        self.known.fetch_add(u64::from(is_known), Relaxed);
        is_known
    }

    fn may_tell(&self, now: Timestamp) -> bool {
        let told_at = self.told_at.load(Relaxed);
        let at = Timestamp::from_millis(told_at);
        let is_due = told_at == NEVER || now.since(at) >= TELL_EVERY || now < at;
        // Of several at once one tells.
        is_due && self.told_at.compare_exchange(told_at, now.as_millis(), Relaxed, Relaxed).is_ok()
    }

    pub(crate) fn metrics(&self) -> BreachMetrics {
        BreachMetrics {
            asked: self.asked.load(Relaxed),
            known: self.known.load(Relaxed),
            unanswered: self.unanswered.load(Relaxed),
        }
    }
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;

    use super::*;

    /// Knows one password, has no answer for another, and never comes back about a third.
    struct Rumours;

    #[async_trait]
    impl BreachedPasswords for Rumours {
        async fn is_breached(&self, password: &Password) -> Result<bool, Unanswered> {
            match password.expose() {
                "silence" => std::future::pending().await,
                "trouble" => Err(Unanswered { cause: "nobody is there".into() }),
                text => Ok(text == "known"),
            }
        }
    }

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    #[tokio::test(start_paused = true)]
    async fn only_a_clear_answer_refuses_a_password() {
        let breached = Breached::new(Some(Arc::new(Rumours)));
        for (text, expected) in [("known", true), ("other", false), ("trouble", false), ("silence", false)] {
            assert_eq!(breached.knows(&Password::from(text), NOW).await, expected, "{text}");
        }
        assert_eq!(breached.metrics(), BreachMetrics { asked: 4, known: 1, unanswered: 2 });
    }

    #[tokio::test]
    async fn where_nobody_can_be_asked_nothing_is_known_and_nothing_counted() {
        let breached = Breached::new(None);
        assert!(!breached.knows(&Password::from("known"), NOW).await);
        assert_eq!(breached.metrics(), BreachMetrics { asked: 0, known: 0, unanswered: 0 });
    }

    #[test]
    fn the_log_is_told_once_a_minute() {
        let breached = Breached::new(None);
        let later = |seconds: i64| Timestamp::from_millis(NOW.as_millis() + 1000 * seconds);
        let told: Vec<_> = [0, 1, 59, 60, 61, 120].map(|s| breached.may_tell(later(s))).into();
        assert_eq!(told, [true, false, false, true, false, true]);
    }
}
