//! Which point in time does a text name, as databases and programs write it?
//!
//! `2024-09-16`, `2024-09-16 11:00:00`, `2024-09-16 11:00:00.000 +00:00`, `2024-09-16T13:00:00.5+0200`. Without a zone
//! it is UTC, in which Sequelize, Mongoose and most others keep their times.

use portcullis_core::model::Timestamp;

/// The point in time; `None` for a text in any other form, and for a day or hour that there is not.
pub(super) fn parse(text: &str) -> Option<Timestamp> {
    let mut rest = Rest(text.trim());
    let (year, month, day) = (rest.digits(4)?, rest.after("-")?.digits(2)?, rest.after("-")?.digits(2)?);
    let days = days_since_epoch(year, month, day)?;
    if rest.0.is_empty() {
        return Some(Timestamp::from_millis(days * 86_400_000));
    }
    rest.0 = rest.0.strip_prefix(['T', 't', ' '])?;
    let (hour, minute) = (rest.digits(2)?, rest.after(":")?.digits(2)?);
    let second = if rest.0.starts_with(':') { rest.after(":")?.digits(2)? } else { 0 };
    let millis = rest.fraction()?;
    // A leap second is the one after it.
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let seconds = days * 86_400 + hour * 3600 + minute * 60 + second - rest.offset()? * 60;
    Some(Timestamp::from_millis(seconds * 1000 + millis))
}

/// What has not been read.
struct Rest<'t>(&'t str);

impl Rest<'_> {
    /// Exactly so many digits.
    fn digits(&mut self, count: usize) -> Option<i64> {
        let (digits, rest) = self.0.split_at_checked(count)?;
        let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
        self.0 = rest;
        if is_number { digits.parse().ok() } else { None }
    }

    fn after(&mut self, mark: &str) -> Option<&mut Self> {
        self.0 = self.0.strip_prefix(mark)?;
        Some(self)
    }

    /// Milliseconds; what is finer is cut off.
    fn fraction(&mut self) -> Option<i64> {
        let Some(rest) = self.0.strip_prefix(['.', ',']) else { return Some(0) };
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (digits, rest) = rest.split_at_checked(end)?;
        self.0 = rest;
        let three: String = digits.chars().chain("000".chars()).take(3).collect();
        if digits.is_empty() { None } else { three.parse().ok() }
    }

    /// Minutes east of Greenwich, up to the end of the text.
    fn offset(&mut self) -> Option<i64> {
        let zone = self.0.trim_start();
        if matches!(zone, "" | "Z" | "z" | "UTC" | "GMT") {
            return Some(0);
        }
        let sign = if zone.starts_with('-') { -1 } else { 1 };
        let mut rest = Rest(zone.strip_prefix(['+', '-'])?);
        let hours = rest.digits(2)?;
        rest.0 = rest.0.strip_prefix(':').unwrap_or(rest.0);
        let minutes = if rest.0.is_empty() { 0 } else { rest.digits(2)? };
        (rest.0.is_empty() && hours <= 23 && minutes <= 59).then_some(sign * (hours * 60 + minutes))
    }
}

/// The days from 1970-01-01 to that day of the Gregorian calendar.
fn days_since_epoch(year: i64, month: i64, day: i64) -> Option<i64> {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap => 29,
        2 => 28,
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        _ => return None,
    };
    if year == 0 || !(1..=length).contains(&day) {
        return None;
    }
    // Years begin in March, so that the day that comes and goes is their last.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    Some(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + day_of_year - 719_468)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(text: &str) -> Option<i64> {
        parse(text).map(Timestamp::as_millis)
    }

    #[test]
    fn what_databases_and_programs_write_is_read() {
        for (text, expected) in [
            ("1970-01-01", 0),
            ("2023-11-14 22:13:20", 1_700_000_000_000),
            ("2023-11-14T22:13:20Z", 1_700_000_000_000),
            ("2023-11-14 22:13:20.007 +00:00", 1_700_000_000_007),
            ("2023-11-14 22:13:20.007123+00", 1_700_000_000_007),
            ("2023-11-15T00:13:20.5+02:00", 1_700_000_000_500),
            ("2023-11-14T17:43:20-0430", 1_700_000_000_000),
            (" 2023-11-14 22:13 ", 1_699_999_980_000),
            ("2000-02-29", 951_782_400_000),
            ("1969-12-31T23:59:59.999Z", -1),
            ("9999-12-31 23:59:59", 253_402_300_799_000),
        ] {
            assert_eq!(millis(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "yesterday",
            "0000-00-00 00:00:00",
            "2023-02-29",
            "2023-13-01",
            "2023-11-14 24:00:00",
            "2023-11-14 22:13:20.",
            "2023-11-14 22:13:20 CET",
            "2023-11-14 22:13:20+99:00",
            "2023-11-14x22:13:20",
            "14.11.2023",
            "2023-1-4",
            "２０２３-11-14",
        ] {
            assert_eq!(millis(text), None, "{text}");
        }
    }
}
