//! May another password be tried now, or have too many been wrong?
//!
//! Wrong passwords weigh on *buckets*, one for each thing that is limited. A bucket forgives one failure after the
//! other as time passes:
//!
//! ```text
//! failures that weigh on it       the next try
//! ─────────────────────────────────────────────────────────────────────────────────────────
//! fewer than `burst`              at once
//! `burst` or more                 after `first_wait`, twice that after the next failure, …, or as soon as fewer
//!                                 than `burst` weigh on it, whichever is first
//! ```
//!
//! Invariants
//! - A try that is under way counts as a failure until it has ended: many at once get no further than one by one.
//! - Over a long time nobody fails more often than once in `forgive_every`, however the tries are spread.
//! - No wait is longer than `forgive_every`, also when the clock is set back.

use std::time::Duration;

use crate::model::Timestamp;

/// How many wrong passwords are borne.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ThrottlePolicy {
    /// For one identifier from one client network.
    pub pair: Budget,
    /// For one identifier from everywhere.
    pub identifier: Budget,
    /// From one client network for all identifiers.
    pub network: Budget,
}

impl Default for ThrottlePolicy {
    /// From one network 10 failures for an identifier, then waits from 30 seconds to 5 minutes; from everywhere 100
    /// for an identifier, then one each 30 seconds; from one network 300 in all, then one each second.
    fn default() -> Self {
        let steady = |burst, every| Budget { burst, first_wait: every, forgive_every: every };
        Self {
            pair: Budget {
                burst: 10,
                first_wait: Duration::from_secs(30),
                forgive_every: Duration::from_mins(5),
            },
            identifier: steady(100, Duration::from_secs(30)),
            network: steady(300, Duration::from_secs(1)),
        }
    }
}

/// How many failures a bucket bears.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Failures that may follow each other without a wait; at least 1.
    pub burst: u32,
    /// How long the first try after them has to wait. It doubles from failure to failure.
    pub first_wait: Duration,
    /// After how long one failure is forgiven, and the longest wait.
    pub forgive_every: Duration,
}

impl Budget {
    /// How long to wait after a failure that left this much to be forgiven.
    fn wait_after(&self, owed: Duration) -> Duration {
        let free = self.forgive_every.saturating_mul(self.burst.saturating_sub(1));
        let excess = owed.saturating_sub(free);
        if excess.is_zero() {
            return Duration::ZERO;
        }
        let failures = excess.as_nanos().div_ceil(self.forgive_every.as_nanos().max(1));
        let doublings = u32::try_from(failures - 1).unwrap_or(u32::MAX).min(31);
        self.first_wait.saturating_mul(1 << doublings).min(self.forgive_every).min(excess)
    }
}

/// What weighs on one thing that is limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bucket {
    /// When the latest failure was.
    failed_at: Timestamp,
    /// After how long from then on all is forgiven.
    owed: Duration,
    /// Tries that have begun and not ended.
    under_way: u32,
}

/// Whether another try may begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It may.
    Admit,
    /// That depends on how those that are under way end.
    Busy,
    /// Not before this time has passed.
    Refuse(Duration),
}

impl Bucket {
    /// Nothing weighs on it.
    pub const fn new(now: Timestamp) -> Self {
        Self { failed_at: now, owed: Duration::ZERO, under_way: 0 }
    }

    /// The same bucket after the clock was set back, if it was: what is owed stays, and time counts from now on.
    #[must_use]
    pub fn seen_at(mut self, now: Timestamp) -> Self {
        self.failed_at = self.failed_at.min(now);
        self
    }

    /// Whether another try may begin.
    pub fn judge(&self, budget: &Budget, now: Timestamp) -> Verdict {
        let wait = budget.wait_after(self.owed).saturating_sub(now.since(self.failed_at));
        if !wait.is_zero() {
            return Verdict::Refuse(wait);
        }
        let at_worst = self.owed_at(now) + budget.forgive_every.saturating_mul(self.under_way);
        if self.under_way == 0 || budget.wait_after(at_worst).is_zero() {
            Verdict::Admit
        } else {
            Verdict::Busy
        }
    }

    /// A try begins that was admitted.
    pub fn begin(&mut self) {
        self.under_way = self.under_way.saturating_add(1);
    }

    /// A try has failed. Answers whether the next one has to wait.
    pub fn fail(&mut self, budget: &Budget, now: Timestamp) -> bool {
        self.owed = self.owed_at(now).saturating_add(budget.forgive_every);
        self.failed_at = now;
        self.release();
        !budget.wait_after(self.owed).is_zero()
    }

    /// A try has ended without a word on the password.
    pub fn release(&mut self) {
        self.under_way = self.under_way.saturating_sub(1);
    }

    /// A try has succeeded, and makes up for the failures before it.
    pub fn forgive(&mut self) {
        self.owed = Duration::ZERO;
        self.release();
    }

    /// Whether tries are under way.
    pub const fn is_busy(&self) -> bool {
        self.under_way > 0
    }

    /// After how long from `now` on all is forgiven.
    pub fn owed_at(&self, now: Timestamp) -> Duration {
        self.owed.saturating_sub(now.since(self.failed_at))
    }
}

#[cfg(test)]
mod tests;
