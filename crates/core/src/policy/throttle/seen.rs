//! Has this identifier failed here before?
//!
//! A sketch of 256 bits: each identifier has one of them. Up to fifty identifiers hardly any are taken for another. All
//! is forgotten when its time is over, and when most bits are set everything is new.

use std::time::Duration;

use crate::model::Timestamp;

/// From how many bits on nothing counts as seen: by then some 250 identifiers were.
const FULL: u32 = 160;

/// One of 256 bits, by which an identifier is recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark(u8);

impl Mark {
    /// The bit that belongs to a name.
    pub const fn of(name: &[u8; 16]) -> Self {
        let [byte, ..] = *name;
        Self(byte)
    }
}

/// Which identifiers have failed lately.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Seen {
    /// Of which stretch of time, counted from the epoch.
    pub(crate) stretch: i64,
    pub(crate) marks: [u64; 4],
}

impl Seen {
    /// Takes note of an identifier; answers whether it is new.
    pub fn note(&mut self, mark: Mark, within: Duration, now: Timestamp) -> bool {
        let length = i64::try_from(within.as_millis()).unwrap_or(i64::MAX).max(1);
        let stretch = now.as_millis().div_euclid(length);
        if self.stretch != stretch {
            *self = Self { stretch, marks: [0; 4] };
        }
        let is_full = self.marks.iter().map(|word| word.count_ones()).sum::<u32>() >= FULL;
        let bit = 1 << (mark.0 % 64);
        let Some(word) = self.marks.get_mut(usize::from(mark.0 / 64)) else { return true };
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new || is_full
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_hours(1);
    const START: Timestamp = Timestamp::from_millis(3_600_000 * 500_000);

    /// How many of so many identifiers, each tried three times, are new.
    fn new_among(count: u64, now: Timestamp) -> u32 {
        let mut seen = Seen::default();
        let mut new = 0;
        for _ in 0..3 {
            for number in 0..count {
                let name = u128::from(number.wrapping_mul(0x9e37_79b9_7f4a_7c15)) << 64;
                new += u32::from(seen.note(Mark::of(&name.to_be_bytes()), HOUR, now));
            }
        }
        new
    }

    #[test]
    fn an_identifier_is_new_once_and_few_are_taken_for_another() {
        assert_eq!(new_among(1, START), 1);
        assert!((35..=40).contains(&new_among(40, START)), "{}", new_among(40, START));
    }

    #[test]
    fn when_there_were_very_many_nothing_is_taken_for_seen() {
        assert!(new_among(5_000, START) > 14_000, "{}", new_among(5_000, START));
    }

    #[test]
    fn an_identifier_is_new_again_when_its_time_is_over() {
        let mut seen = Seen::default();
        let mark = Mark::of(&[7; 16]);
        assert!(seen.note(mark, HOUR, START));
        assert!(!seen.note(mark, HOUR, START.plus(HOUR).minus(Duration::from_millis(1))));
        assert!(seen.note(mark, HOUR, START.plus(HOUR)));
    }
}
