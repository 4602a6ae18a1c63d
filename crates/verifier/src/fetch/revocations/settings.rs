//! How closely is the feed followed, and what if it cannot be?

use std::time::Duration;

/// How a [`Verifier`](crate::Verifier) follows the feed of ended sessions. The defaults are what most services want.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct RevocationSettings {
    pub(crate) url: Option<String>,
    pub(super) every: Duration,
    pub(super) stale_after: Duration,
    pub(super) on_outage: OnOutage,
    pub(super) capacity: usize,
}

/// What becomes of good tokens while nobody knows which sessions have ended since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnOutage {
    /// They pass: the end of a session is then noticed when its token expires.
    Accept,
    /// They are refused with 503 once what is known is older than [`RevocationSettings::stale_after`]: the service
    /// stops soon after its issuer.
    Refuse,
}

impl Default for RevocationSettings {
    fn default() -> Self {
        Self {
            url: None,
            every: Duration::from_secs(2),
            stale_after: Duration::from_secs(30),
            on_outage: OnOutage::Accept,
            capacity: 1_000_000,
        }
    }
}

impl RevocationSettings {
    /// Where the feed is; `<issuer>/v1/revocations` unless given.
    pub fn url(mut self, url: impl Into<String>) -> Self {
        self.url = Some(url.into());
        self
    }

    /// The longest time between two questions; 2 seconds unless given. Each waits up to a fifth less.
    pub fn every(mut self, interval: Duration) -> Self {
        self.every = interval;
        self
    }

    /// From which age on what is known counts as stale; 30 seconds unless given.
    pub fn stale_after(mut self, age: Duration) -> Self {
        self.stale_after = age;
        self
    }

    /// What becomes of tokens when it is stale; [`OnOutage::Accept`] unless given.
    pub fn on_outage(mut self, on_outage: OnOutage) -> Self {
        self.on_outage = on_outage;
        self
    }

    /// How many ended sessions are remembered at most, at about 100 bytes each; a million unless given. A feed with
    /// more counts as one that cannot be read.
    pub fn capacity(mut self, sessions: usize) -> Self {
        self.capacity = sessions;
        self
    }
}
