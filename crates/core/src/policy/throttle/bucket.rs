//! What weighs on one thing that is limited, and what does it say of the next try?
//!
//! Invariants
//! - A try that is under way counts as a failure until it has ended: many at once get no further than one by one.
//! - Over a long time nobody fails more often than once in `forgive_every`, however the tries are spread.
//! - No wait is longer than `forgive_every`, also when the clock is set back.
//! - A try whose node died weighs like a failure, but never so much that another has to wait for it.

use std::time::Duration;

use super::{Budget, Lease, Mark, Seen, Spread, UnderWay};
use crate::model::Timestamp;

/// What weighs on one thing that is limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bucket {
    /// Since when something weighs on it.
    pub(crate) since: Timestamp,
    /// When the latest failure was.
    pub(crate) failed_at: Timestamp,
    /// After how long from then on all is forgiven.
    pub(crate) owed: Duration,
    /// Tries that have begun and not ended.
    pub(crate) under_way: UnderWay,
    /// For whom there were failures, where only others count.
    pub(crate) seen: Seen,
    /// Whether somebody was told that tries have to wait.
    pub(crate) is_reported: bool,
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

impl Verdict {
    /// Of two verdicts the one that keeps longer.
    #[must_use]
    pub fn or_stricter(self, other: Self) -> Self {
        match (self, other) {
            (Self::Refuse(one), Self::Refuse(other)) => Self::Refuse(one.max(other)),
            (Self::Refuse(wait), _) | (_, Self::Refuse(wait)) => Self::Refuse(wait),
            (Self::Busy, _) | (_, Self::Busy) => Self::Busy,
            (Self::Admit, Self::Admit) => Self::Admit,
        }
    }
}

impl Bucket {
    /// Nothing weighs on it.
    pub fn new(now: Timestamp) -> Self {
        Self {
            since: now,
            failed_at: now,
            owed: Duration::ZERO,
            under_way: UnderWay::default(),
            seen: Seen::default(),
            is_reported: false,
        }
    }

    /// The same bucket after the clock was set back, if it was: what is owed stays, and time counts from now on.
    #[must_use]
    pub fn not_after(mut self, now: Timestamp) -> Self {
        self.failed_at = self.failed_at.min(now);
        self.since = self.since.min(now);
        self
    }

    /// The same bucket as time has changed it: tries that took too long are given up.
    #[must_use]
    pub fn seen_at(self, budget: &Budget, now: Timestamp) -> Self {
        let mut bucket = self.not_after(now);
        let given_up = bucket.under_way.give_up(now);
        if given_up > 0 {
            let owed = bucket.owed_at(now);
            let most = budget.free().max(owed);
            let more = budget.forgive_every.saturating_mul(given_up);
            bucket.weigh(owed.saturating_add(more).min(most), now);
        }
        bucket
    }

    /// Whether another try may begin beside `others` that are under way and not counted here.
    pub fn judge(&self, budget: &Budget, now: Timestamp, others: u32) -> Verdict {
        let wait = self.wait_at(budget, now);
        if !wait.is_zero() {
            return Verdict::Refuse(wait);
        }
        let under_way = self.under_way.count().saturating_add(others);
        let at_worst = self.owed_at(now).saturating_add(budget.forgive_every.saturating_mul(under_way));
        if under_way == 0 || budget.wait_after(at_worst).is_zero() { Verdict::Admit } else { Verdict::Busy }
    }

    /// How long the next try has to wait.
    pub fn wait_at(&self, budget: &Budget, now: Timestamp) -> Duration {
        budget.wait_after(self.owed).saturating_sub(now.since(self.failed_at))
    }

    /// A try begins that was admitted.
    pub fn begin(&mut self) -> Lease {
        self.under_way.begin()
    }

    /// A try has ended without a word on the password.
    pub fn release(&mut self, lease: Lease) {
        self.under_way.end(lease);
    }

    /// A try has succeeded, and makes up for the failures before it.
    pub fn forgive(&mut self) {
        self.owed = Duration::ZERO;
        self.is_reported = false;
    }

    /// Something has failed. Answers whether somebody should be told that the next ones have to wait: once until all
    /// is forgiven.
    pub fn fail(&mut self, budget: &Budget, now: Timestamp) -> bool {
        let owed = self.owed_at(now);
        self.weigh(owed.saturating_add(budget.forgive_every), now);
        let others_wait = !budget.wait_after(self.owed).is_zero();
        let is_news = others_wait && !self.is_reported;
        self.is_reported |= others_wait;
        is_news
    }

    /// The same where only a new identifier counts.
    pub fn fail_with(&mut self, spread: &Spread, mark: Mark, now: Timestamp) -> bool {
        self.seen.note(mark, spread.within, now) && self.fail(&spread.budget, now)
    }

    fn weigh(&mut self, owed: Duration, now: Timestamp) {
        if self.owed_at(now).is_zero() {
            self.since = now;
            self.is_reported = false;
        }
        self.owed = owed;
        self.failed_at = now;
    }

    /// After how long from `now` on all is forgiven.
    pub fn owed_at(&self, now: Timestamp) -> Duration {
        self.owed.saturating_sub(now.since(self.failed_at))
    }

    /// How many failures weigh on it.
    pub fn failures_at(&self, budget: &Budget, now: Timestamp) -> u32 {
        u32::try_from(budget.failures(self.owed_at(now))).unwrap_or(u32::MAX)
    }

    /// Since when something weighs on it.
    pub const fn since(&self) -> Timestamp {
        self.since
    }

    /// How much later a failure is answered that left it like this.
    pub fn delay(&self, budget: &Budget, longest: Duration) -> Duration {
        budget.delay_after(self.owed, longest)
    }

    /// Whether tries are under way that may still end.
    pub fn is_busy_at(&self, now: Timestamp) -> bool {
        self.under_way.count() > 0 && self.under_way.until() > now
    }

    /// From when on it is like a new one.
    pub fn worth_until(&self, budget: &Budget) -> Timestamp {
        let forgiven_at = self.failed_at.plus(self.owed);
        if self.under_way.count() == 0 {
            return forgiven_at;
        }
        // Those that never end weigh from then on.
        forgiven_at.max(self.under_way.until().plus(budget.free()))
    }
}
