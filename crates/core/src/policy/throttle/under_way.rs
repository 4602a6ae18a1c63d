//! How many tries have begun and not ended, and which of them never will?
//!
//! The node that began a try may die. So a try is counted in the stretch of time in which it began, and is given up
//! when the next one is over: it lives for between one and two of them, longer than any request takes.

use crate::model::Timestamp;

/// The length of a stretch.
const STRETCH_MS: i64 = 60_000;

/// Tries that have begun and not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct UnderWay {
    /// The stretch of `current`.
    pub(crate) stretch: i64,
    pub(crate) current: u32,
    pub(crate) previous: u32,
}

/// Where a try is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease(i64);

impl UnderWay {
    /// How many there are.
    pub const fn count(&self) -> u32 {
        self.current.saturating_add(self.previous)
    }

    /// Until when the last of them is given up.
    pub const fn until(&self) -> Timestamp {
        Timestamp::from_millis(self.stretch.saturating_add(2).saturating_mul(STRETCH_MS))
    }

    /// Gives up those that have taken too long; answers how many.
    pub fn give_up(&mut self, now: Timestamp) -> u32 {
        let stretch = now.as_millis().div_euclid(STRETCH_MS);
        let before = *self;
        match stretch.saturating_sub(before.stretch) {
            // The clock of another node is ahead by a little.
            -1 | 0 => 0,
            1 => {
                *self = Self { stretch, current: 0, previous: before.current };
                before.previous
            }
            2.. => {
                *self = Self { stretch, ..Self::default() };
                before.count()
            }
            // The clock was set back: from now on they have as much time as if they had just begun.
            _ => {
                *self = Self { stretch, current: before.count(), previous: 0 };
                0
            }
        }
    }

    /// One more. Those that took too long were given up.
    pub fn begin(&mut self) -> Lease {
        self.current = self.current.saturating_add(1);
        Lease(self.stretch)
    }

    /// One less, unless it was given up.
    pub fn end(&mut self, lease: Lease) {
        if lease.0 == self.stretch {
            self.current = self.current.saturating_sub(1);
        } else if lease.0.saturating_add(1) == self.stretch {
            self.previous = self.previous.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STRETCH: i64 = STRETCH_MS;
    const START: i64 = 30_000_000 * STRETCH_MS;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(START + millis)
    }

    fn begun_at(millis: i64) -> (UnderWay, Lease) {
        let mut under_way = UnderWay::default();
        under_way.give_up(at(millis));
        let lease = under_way.begin();
        (under_way, lease)
    }

    #[test]
    fn a_try_that_does_not_end_is_given_up_after_one_stretch_and_before_two() {
        for begun in [0, 1, STRETCH - 1] {
            let (mut under_way, _) = begun_at(begun);
            assert_eq!(under_way.give_up(at(begun + STRETCH)), 0);
            assert_eq!((under_way.count(), under_way.until()), (1, at(3 * STRETCH)));
            assert_eq!(under_way.give_up(at(2 * STRETCH)), 1);
            assert_eq!(under_way.count(), 0);
        }
    }

    #[test]
    fn a_try_ends_where_it_is_counted_and_at_most_once() {
        for passed in [0, STRETCH, 2 * STRETCH, 100 * STRETCH] {
            let (mut under_way, lease) = begun_at(0);
            under_way.give_up(at(passed));
            let other = under_way.begin();
            under_way.end(lease);
            assert_eq!(under_way.count(), 1, "{passed}");
            under_way.end(other);
            assert_eq!(under_way.count(), 0, "{passed}");
        }
    }

    #[test]
    fn clocks_that_differ_by_a_little_do_not_disturb_each_other() {
        let (mut under_way, lease) = begun_at(STRETCH);
        assert_eq!(under_way.give_up(at(STRETCH - 1)), 0);
        let slow = under_way.begin();
        under_way.give_up(at(STRETCH));
        under_way.end(lease);
        under_way.end(slow);
        assert_eq!(under_way.count(), 0);
    }

    #[test]
    fn a_clock_that_is_set_back_by_much_keeps_nothing_under_way_for_ever() {
        let (mut under_way, _) = begun_at(1000 * STRETCH);
        assert_eq!(under_way.give_up(at(0)), 0);
        assert_eq!(under_way.count(), 1);
        assert_eq!(under_way.give_up(at(2 * STRETCH)), 1);
    }
}
