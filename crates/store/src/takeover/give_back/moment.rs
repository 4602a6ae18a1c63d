//! How is a point in time written, so that an older backend reads it?

use portcullis_core::model::Timestamp;

/// A point in time in UTC, in parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Written {
    year: i64,
    month: i64,
    day: i64,
    /// Of the day.
    millis: i64,
}

impl Written {
    pub(super) fn of(time: Timestamp) -> Self {
        const DAY: i64 = 86_400_000;
        let (days, millis) = (time.as_millis().div_euclid(DAY), time.as_millis().rem_euclid(DAY));
        // Years begin in March, so that the day that comes and goes is their last.
        let days = days + 719_468;
        let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let from_march = (5 * day_of_year + 2) / 153;
        let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
        let year = era * 400 + year_of_era + i64::from(month <= 2);
        Self { year, month, day: day_of_year - (153 * from_march + 2) / 5 + 1, millis }
    }

    /// `2024-09-16 11:00:00.007`, with so many digits of the second's fraction, at most three: the rest is cut off, as
    /// a database that rounds would put a time into the future.
    pub(super) fn plain(self, digits: usize) -> String {
        self.text(' ', digits)
    }

    /// `2024-09-16T11:00:00.007Z`, as JavaScript writes it.
    pub(super) fn iso(self) -> String {
        format!("{}Z", self.text('T', 3))
    }

    fn text(self, separator: char, digits: usize) -> String {
        let Self { year, month, day, millis } = self;
        let (hour, minute, second) = (millis / 3_600_000, millis / 60_000 % 60, millis / 1000 % 60);
        let mut text = format!("{year:04}-{month:02}-{day:02}{separator}{hour:02}:{minute:02}:{second:02}");
        if digits > 0 {
            let fraction = format!("{:03}", millis % 1000);
            text.push('.');
            text.extend(fraction.chars().take(digits));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::moment;
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let mut millis = -62_000_000_000_000;
        while millis < 253_000_000_000_000 {
            let time = Timestamp::from_millis(millis);
            let written = Written::of(time);
            assert_eq!(moment::parse(&written.iso()), Some(time), "{}", written.iso());
            assert_eq!(moment::parse(&written.plain(3)), Some(time));
            millis += 40_000_000_007 * 13;
        }
    }

    #[test]
    fn fractions_are_cut_off_and_not_rounded() {
        let written = Written::of(Timestamp::from_millis(1_700_000_000_999));
        assert_eq!(written.plain(0), "2023-11-14 22:13:20");
        assert_eq!(written.plain(1), "2023-11-14 22:13:20.9");
        assert_eq!(written.iso(), "2023-11-14T22:13:20.999Z");
    }
}
