//! What stands in the `.env` file of an older backend: secrets and lifetimes of its tokens.

use std::time::Duration;

use secrecy::SecretString;

use super::number::spelled;
use super::{Refusal, Value};

/// A secret that an older backend signs tokens with, byte for byte.
#[derive(Debug, Clone)]
pub(crate) struct SharedSecret(pub(crate) SecretString);

impl Value for SharedSecret {
    fn parse(text: &str) -> Result<Self, Refusal> {
        if text.is_empty() { Err(Refusal::new("is empty")) } else { Ok(Self(SecretString::from(text))) }
    }

    fn show(&self) -> String {
        "********".into()
    }

    fn expects() -> String {
        "a random text of at least 32 bytes (`openssl rand -base64 32`)".into()
    }
}

/// How long a token lives, in whole seconds, at least one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TokenLifetime(Duration);

/// The longest text that `ms` looks at.
const LONGEST_TEXT: usize = 100;
/// The year of `ms`, that of the Julian calendar, in seconds.
const YEAR: u64 = 31_557_600;
/// No token is wanted for a thousand years; a number that long is a mistake, in the unit or in the digits.
const LONGEST: Duration = Duration::from_secs(1000 * YEAR);

/// The units of `ms` in milliseconds.
const UNITS: [(&[&str], f64); 7] = [
    (&["milliseconds", "millisecond", "msecs", "msec", "ms"], 1.0),
    (&["seconds", "second", "secs", "sec", "s"], 1000.0),
    (&["minutes", "minute", "mins", "min", "m"], 60_000.0),
    (&["hours", "hour", "hrs", "hr", "h"], 3_600_000.0),
    (&["days", "day", "d"], 86_400_000.0),
    (&["weeks", "week", "w"], 604_800_000.0),
    (&["years", "year", "yrs", "yr", "y"], 31_557_600_000.0),
];

impl TokenLifetime {
    /// The lifetime.
    pub(crate) const fn get(self) -> Duration {
        self.0
    }

    /// A lifetime that is not read but known.
    pub(crate) const fn of(lifetime: Duration) -> Self {
        Self(lifetime)
    }
}

impl Value for TokenLifetime {
    fn parse(text: &str) -> Result<Self, Refusal> {
        let milliseconds = milliseconds_of(text).ok_or_else(|| Refusal::new("is not a duration"))?;
        // What is left of a second counts for nothing in a token's `exp`.
        match Duration::try_from_secs_f64((milliseconds / 1000.0).floor()) {
            Ok(lifetime) if lifetime.is_zero() => {
                Err(Refusal::new("is too short: a token lives for a second at least"))
            }
            Ok(lifetime) if lifetime <= LONGEST => Ok(Self(lifetime)),
            Err(_) if milliseconds < 0.0 => Err(Refusal::new("is less than nothing")),
            Ok(_) | Err(_) => Err(Refusal::new("is too long")),
        }
    }

    fn show(&self) -> String {
        let seconds = self.0.as_secs();
        if seconds.is_multiple_of(YEAR) { format!("{}y", seconds / YEAR) } else { spelled(seconds) }
    }

    fn expects() -> String {
        "a duration as the npm package `ms` reads it, such as `15m`, `1.5h`, `7 days` or `1y`; a number alone is seconds"
            .into()
    }
}

/// A number, blanks, a unit: as the package reads it, but for a number without a unit. To the package that is
/// milliseconds, and to those who wrote it into their `.env` it was seconds.
fn milliseconds_of(text: &str) -> Option<f64> {
    if text.len() > LONGEST_TEXT {
        return None;
    }
    let unit_at = text.find(|c: char| c == ' ' || c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, rest) = text.split_at(unit_at);
    let unit = rest.trim_start_matches(' ').to_ascii_lowercase();
    let unit = if unit.is_empty() { "s" } else { unit.as_str() };
    let (_, scale) = UNITS.into_iter().find(|(names, _)| names.contains(&unit))?;
    let digits = number.strip_prefix('-').unwrap_or(number);
    let (whole, fraction) = digits.split_once('.').unwrap_or(("", digits));
    let is_number =
        !fraction.is_empty() && (whole.bytes().chain(fraction.bytes())).all(|b| b.is_ascii_digit());
    is_number.then(|| number.parse::<f64>().ok()).flatten().map(|number| number * scale)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn durations_are_read_as_the_npm_package_reads_them() {
        for (text, seconds) in [
            ("15m", 900),
            ("1d", 86_400),
            ("7d", 604_800),
            ("7 days", 604_800),
            ("7   DAYS", 604_800),
            ("1y", 31_557_600),
            ("1 yr", 31_557_600),
            ("2w", 1_209_600),
            ("1.5h", 5400),
            (".5d", 43_200),
            ("0.1d", 8640),
            ("1999ms", 1),
            ("90 seconds", 90),
            ("2 hrs", 7200),
            ("010m", 600),
        ] {
            assert_eq!(TokenLifetime::parse(text).unwrap().get(), Duration::from_secs(seconds), "{text}");
        }
    }

    #[test]
    fn a_number_alone_is_seconds() {
        assert_eq!(TokenLifetime::parse("604800").unwrap().show(), "7d");
        assert_eq!(TokenLifetime::parse("1.9").unwrap().show(), "1s");
        assert_eq!(TokenLifetime::parse("63115200").unwrap().show(), "2y");
    }

    #[test]
    fn what_is_no_lifetime_is_refused() {
        for (text, what) in [
            ("", "is not a duration"),
            ("d", "is not a duration"),
            ("5.", "is not a duration"),
            ("+5m", "is not a duration"),
            ("1e3", "is not a duration"),
            ("1h30m", "is not a duration"),
            ("1 fortnight", "is not a duration"),
            ("1\td", "is not a duration"),
            ("15 x", "is not a duration"),
            ("1.2.3d", "is not a duration"),
            ("NaN", "is not a duration"),
            ("--1d", "is not a duration"),
            ("-1d", "is less than nothing"),
            ("-0.5s", "is less than nothing"),
            ("0", "is too short: a token lives for a second at least"),
            ("999ms", "is too short: a token lives for a second at least"),
            ("1001y", "is too long"),
            ("99999999999999999999999999999999999999d", "is too long"),
        ] {
            assert_eq!(TokenLifetime::parse(text).unwrap_err().what, what, "{text}");
        }
        assert!(TokenLifetime::parse(&"0".repeat(101)).is_err());
    }
}
