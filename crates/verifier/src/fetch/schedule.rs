//! When are the keys fetched again, and how long may the old ones serve?
//!
//! ```text
//!  fetched        fresh_for           2 × fresh_for                        usable
//!     ├── use ────────┼── use, refresh ────┼── refresh, then use ─────────────┼── refresh or refuse
//!                          beside it           (after a failure: beside it)
//! ```
//!
//! After a failure there is no attempt until the back-off has passed. Pure: the time is an argument, in
//! milliseconds since the epoch.

use std::time::Duration;

const FIRST_BACKOFF_MILLIS: i64 = 1_000;
const LONGEST_BACKOFF_MILLIS: i64 = 60_000;
/// However short the issuer's `max-age` is, its keys count as fresh for this long.
const FRESH_AT_LEAST_MILLIS: i64 = 10_000;

/// What the user of the crate chose.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) fresh_at_most: Duration,
    pub(super) usable: Duration,
    pub(super) unknown_kid_interval: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            fresh_at_most: Duration::from_mins(5),
            usable: Duration::from_hours(1),
            unknown_kid_interval: Duration::from_secs(10),
        }
    }
}

/// What to do before a token is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Use the keys that are there.
    Use,
    /// Use the keys that are there, and fetch new ones at the same time.
    UseAndRefresh,
    /// Fetch keys first; then use what is there, if it is usable.
    RefreshFirst,
    /// There is nothing to use, and it is too early to try again.
    GiveUp,
}

#[derive(Debug)]
pub(super) struct Schedule {
    limits: Limits,
    fetched_at: Option<i64>,
    fresh_for: i64,
    failure: Option<Failure>,
    unknown_kid_at: Option<i64>,
}

#[derive(Clone, Copy, Debug)]
struct Failure {
    at: i64,
    backoff: i64,
}

impl Schedule {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, fetched_at: None, fresh_for: 0, failure: None, unknown_kid_at: None }
    }

    pub(super) fn step(&self, now: i64) -> Step {
        if !self.is_usable(now) {
            return if self.may_try(now) { Step::RefreshFirst } else { Step::GiveUp };
        }
        // A clock that was set back makes the age negative: the keys are then neither fresh nor lost.
        let age = self.fetched_at.map_or(0, |at| now - at);
        if (0..self.fresh_for).contains(&age) || !self.may_try(now) {
            Step::Use
        } else if age < self.fresh_for.saturating_mul(2) || self.is_failing() {
            Step::UseAndRefresh
        } else {
            // Nobody asked for a long time. A key revoked meanwhile must not pass even once.
            Step::RefreshFirst
        }
    }

    /// Whether the keys may be used at all.
    pub(super) fn is_usable(&self, now: i64) -> bool {
        self.fetched_at.is_some_and(|at| now - at < millis(self.limits.usable))
    }

    /// Whether the last attempt failed.
    pub(super) fn is_failing(&self) -> bool {
        self.failure.is_some()
    }

    /// How long to wait for the next attempt, at least a second.
    pub(super) fn retry_after(&self, now: i64) -> Duration {
        let wait = self.failure.map_or(0, |failure| failure.at + failure.backoff - now);
        Duration::from_millis(wait.clamp(1_000, LONGEST_BACKOFF_MILLIS).unsigned_abs())
    }

    /// Whether a token with an unknown key may cause an attempt now; if so, the next one may not for a while.
    ///
    /// SECURITY: key ids are free for anybody to invent; the interval keeps junk from becoming requests.
    pub(super) fn take_unknown_kid_turn(&mut self, now: i64) -> bool {
        let interval = millis(self.limits.unknown_kid_interval);
        let is_too_early = self.unknown_kid_at.is_some_and(|at| (0..interval).contains(&(now - at)));
        if is_too_early || !self.may_try(now) {
            return false;
        }
        self.unknown_kid_at = Some(now);
        true
    }

    pub(super) fn record_success(&mut self, now: i64, max_age: Option<Duration>) {
        let at_most = millis(self.limits.fresh_at_most);
        let wanted = max_age.map_or(at_most, millis);
        self.fresh_for = wanted.max(FRESH_AT_LEAST_MILLIS).min(at_most);
        self.fetched_at = Some(now);
        self.failure = None;
    }

    pub(super) fn record_failure(&mut self, now: i64) {
        let backoff = self.failure.map_or(FIRST_BACKOFF_MILLIS, |failure| failure.backoff.saturating_mul(2));
        self.failure = Some(Failure { at: now, backoff: backoff.min(LONGEST_BACKOFF_MILLIS) });
    }

    fn may_try(&self, now: i64) -> bool {
        self.failure.is_none_or(|failure| !(0..failure.backoff).contains(&(now - failure.at)))
    }
}

/// Bounded so that sums with times cannot overflow.
fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX).min(i64::MAX / 4)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Limits, Schedule, Step};

    const START: i64 = 1_800_000_000_000;
    const MINUTE: i64 = 60_000;

    fn fetched(max_age_seconds: Option<u64>) -> Schedule {
        let mut schedule = Schedule::new(Limits::default());
        schedule.record_success(START, max_age_seconds.map(Duration::from_secs));
        schedule
    }

    #[test]
    fn without_keys_the_first_token_waits() {
        assert_eq!(Schedule::new(Limits::default()).step(START), Step::RefreshFirst);
    }

    #[test]
    fn keys_age_from_fresh_to_unusable() {
        let schedule = fetched(None);
        for (minutes, step) in [
            (0, Step::Use),
            (4, Step::Use),
            (5, Step::UseAndRefresh),
            (9, Step::UseAndRefresh),
            (10, Step::RefreshFirst),
            (59, Step::RefreshFirst),
            (60, Step::RefreshFirst),
        ] {
            assert_eq!(schedule.step(START + minutes * MINUTE), step, "{minutes}");
        }
        assert!(schedule.is_usable(START + 60 * MINUTE - 1));
        assert!(!schedule.is_usable(START + 60 * MINUTE));
    }

    #[test]
    fn the_issuer_may_ask_for_less_but_not_for_more_or_nothing() {
        let fresh_until = |schedule: &Schedule, age: i64| {
            schedule.step(START + age - 1) == Step::Use && schedule.step(START + age) != Step::Use
        };
        assert!(fresh_until(&fetched(Some(60)), MINUTE));
        assert!(fresh_until(&fetched(Some(0)), 10_000));
        assert!(fresh_until(&fetched(Some(u64::MAX)), 5 * MINUTE));
    }

    #[test]
    fn attempts_back_off_up_to_a_minute_and_the_old_keys_serve() {
        let mut schedule = fetched(None);
        let mut now = START + 11 * MINUTE;
        for seconds in [1, 2, 4, 8, 16, 32, 60, 60] {
            schedule.record_failure(now);
            assert_eq!(schedule.step(now), Step::Use);
            assert_eq!(schedule.retry_after(now), Duration::from_secs(seconds));
            now += i64::try_from(seconds).unwrap_or_default() * 1_000;
            assert_eq!(schedule.step(now - 1), Step::Use);
            assert_eq!(schedule.step(now), Step::UseAndRefresh, "nobody waits for an issuer that is down");
        }
        schedule.record_failure(START + 60 * MINUTE);
        assert_eq!(schedule.step(START + 60 * MINUTE), Step::GiveUp);
        assert_eq!(schedule.step(START + 61 * MINUTE), Step::RefreshFirst);
        schedule.record_success(START + 61 * MINUTE, None);
        assert_eq!(schedule.step(START + 61 * MINUTE), Step::Use);
        assert!(!schedule.is_failing());
    }

    #[test]
    fn unknown_keys_get_one_turn_in_an_interval_and_none_in_a_back_off() {
        let mut schedule = fetched(None);
        assert!(schedule.take_unknown_kid_turn(START));
        assert!(!schedule.take_unknown_kid_turn(START));
        assert!(!schedule.take_unknown_kid_turn(START + 9_999));
        assert!(schedule.take_unknown_kid_turn(START + 10_000));
        schedule.record_failure(START + 60_000);
        assert!(!schedule.take_unknown_kid_turn(START + 60_500));
        assert!(schedule.take_unknown_kid_turn(START + 61_000));
    }

    #[test]
    fn a_clock_that_is_set_back_neither_freezes_nor_loses_the_keys() {
        let mut schedule = fetched(None);
        assert!(schedule.take_unknown_kid_turn(START));
        let earlier = START - 600 * MINUTE;
        assert_eq!(schedule.step(earlier), Step::UseAndRefresh);
        assert!(schedule.take_unknown_kid_turn(earlier));
        schedule.record_failure(START);
        assert_eq!(schedule.step(earlier), Step::UseAndRefresh);
    }
}
