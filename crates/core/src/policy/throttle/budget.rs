//! How many failures does a bucket bear, and how long is the wait after more?
//!
//! A bucket forgives one failure after the other as time passes:
//!
//! ```text
//! failures that weigh on it       the next try
//! ─────────────────────────────────────────────────────────────────────────────────────────
//! fewer than `burst`              at once; the later half of them is answered more and more slowly
//! `burst` or more                 after `first_wait`, twice that after the next failure, …, or as soon as fewer
//!                                 than `burst` weigh on it, whichever is first
//! ```

use std::time::Duration;

/// How many failures a bucket bears. Times are whole milliseconds.
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
    /// After the burst one failure in each interval.
    pub const fn steady(burst: u32, every: Duration) -> Self {
        Self { burst, first_wait: every, forgive_every: every }
    }

    /// At least a millisecond, which is what buckets count in.
    pub(super) fn whole_millis(time: Duration) -> Duration {
        Duration::from_millis(u64::try_from(time.as_millis()).unwrap_or(u64::MAX).max(1))
    }

    /// What may be owed without a wait.
    pub(crate) fn free(&self) -> Duration {
        self.forgive_every.saturating_mul(self.burst.saturating_sub(1))
    }

    /// How long to wait after a failure that left this much to be forgiven.
    pub(super) fn wait_after(&self, owed: Duration) -> Duration {
        let excess = owed.saturating_sub(self.free());
        if excess.is_zero() {
            return Duration::ZERO;
        }
        let doublings = u32::try_from(self.failures(excess) - 1).unwrap_or(u32::MAX).min(31);
        self.first_wait.saturating_mul(1 << doublings).min(self.forgive_every).min(excess)
    }

    /// How many failures leave so much to be forgiven.
    pub(super) fn failures(&self, owed: Duration) -> u128 {
        owed.as_nanos().div_ceil(self.forgive_every.as_nanos().max(1))
    }

    /// How much later a failure is answered that left this much to be forgiven: nothing for the first half of the
    /// burst, `longest` for the last of it and all after.
    pub(super) fn delay_after(&self, owed: Duration, longest: Duration) -> Duration {
        let free_of_delay = self.burst / 2;
        let steps = (self.burst - free_of_delay).max(1);
        let failures = u32::try_from(self.failures(owed)).unwrap_or(u32::MAX);
        longest.saturating_mul(failures.saturating_sub(free_of_delay).min(steps)) / steps
    }
}
