//! Numbers, durations, yes and no.

use std::time::Duration;

use super::{Refusal, Value};

/// A TCP port; 0 stands for any free one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Port(pub(crate) u16);

impl Value for Port {
    fn parse(text: &str) -> Result<Self, Refusal> {
        text.parse().map(Self).map_err(|_| Refusal::new("is not a port"))
    }

    fn show(&self) -> String {
        self.0.to_string()
    }

    fn expects() -> String {
        "a number from 0 to 65535".into()
    }
}

/// A whole number within bounds, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Count<const MIN: u32, const MAX: u32>(u32);

impl<const MIN: u32, const MAX: u32> Count<MIN, MAX> {
    /// The number, or the bound that is next to it.
    pub(crate) fn clamped(number: usize) -> Self {
        Self(u32::try_from(number).unwrap_or(MAX).clamp(MIN, MAX))
    }

    /// The number.
    pub(crate) const fn get(self) -> u32 {
        self.0
    }

    /// The number as a size.
    pub(crate) fn as_usize(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

impl<const MIN: u32, const MAX: u32> Value for Count<MIN, MAX> {
    fn parse(text: &str) -> Result<Self, Refusal> {
        let number =
            text.replace('_', "").parse::<u64>().map_err(|_| Refusal::new("is not a whole number"))?;
        match u32::try_from(number) {
            Ok(number) if number < MIN => Err(Refusal::new("is too small")),
            Ok(number) if number <= MAX => Ok(Self(number)),
            _ => Err(Refusal::new("is too large")),
        }
    }

    fn show(&self) -> String {
        self.0.to_string()
    }

    fn expects() -> String {
        format!("a number from {MIN} to {MAX}")
    }
}

/// A duration of whole seconds within bounds, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span<const MIN: u64, const MAX: u64>(u64);

/// So many days in seconds.
pub(crate) const fn days(count: u64) -> u64 {
    count * 24 * 60 * 60
}

const UNITS: [(&str, u64); 5] = [("w", 7 * 24 * 3600), ("d", 24 * 3600), ("h", 3600), ("m", 60), ("s", 1)];

impl<const MIN: u64, const MAX: u64> Span<MIN, MAX> {
    /// The duration.
    pub(crate) const fn get(self) -> Duration {
        Duration::from_secs(self.0)
    }
}

impl<const MIN: u64, const MAX: u64> Value for Span<MIN, MAX> {
    fn parse(text: &str) -> Result<Self, Refusal> {
        let seconds = seconds_of(text).ok_or_else(|| Refusal::new("is not a duration"))?;
        match seconds {
            _ if seconds < MIN => Err(Refusal::new("is too short")),
            _ if seconds > MAX => Err(Refusal::new("is too long")),
            _ => Ok(Self(seconds)),
        }
    }

    fn show(&self) -> String {
        spelled(self.0)
    }

    fn expects() -> String {
        format!("a duration from {} to {}, such as `900s`, `15m`, `12h` or `30d`", spelled(MIN), spelled(MAX))
    }
}

/// A number and its unit, or a plain number of seconds.
fn seconds_of(text: &str) -> Option<u64> {
    let text = text.to_ascii_lowercase();
    let (digits, unit) = UNITS
        .into_iter()
        .find_map(|(suffix, seconds)| text.strip_suffix(suffix).map(|digits| (digits, seconds)))
        .unwrap_or((text.as_str(), 1));
    let digits = digits.trim_end();
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    digits.parse::<u64>().ok()?.checked_mul(unit)
}

/// The shortest way to write so many seconds. Weeks are read but not written: "14d" is what people expect.
pub(super) fn spelled(seconds: u64) -> String {
    UNITS
        .into_iter()
        .skip(1)
        .find(|(_, unit)| seconds > 0 && seconds.is_multiple_of(*unit))
        .map_or_else(|| "0s".to_owned(), |(suffix, unit)| format!("{}{suffix}", seconds / unit))
}

/// Yes or no.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Flag(pub(crate) bool);

impl Value for Flag {
    fn parse(text: &str) -> Result<Self, Refusal> {
        match text.to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => Ok(Self(true)),
            "false" | "0" | "no" | "off" => Ok(Self(false)),
            _ => Err(Refusal::new("is neither true nor false")),
        }
    }

    fn show(&self) -> String {
        self.0.to_string()
    }

    fn expects() -> String {
        "`true` or `false`".into()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    type AnySpan = Span<0, { u64::MAX }>;

    #[test]
    fn durations_are_read_with_and_without_a_unit_and_shown_in_the_largest_that_divides_them() {
        for (text, shown) in [
            ("900", "15m"),
            ("900s", "15m"),
            ("15m", "15m"),
            ("90 s", "90s"),
            ("2w", "14d"),
            ("24H", "1d"),
            ("0", "0s"),
        ] {
            assert_eq!(AnySpan::parse(text).unwrap().show(), shown, "{text}");
        }
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for text in [
            "",
            "m",
            "1.5h",
            "-1s",
            "1h30m",
            "five",
            "99999999999999999999",
            "99999999999999999d",
            "1 0s",
            "+5",
        ] {
            assert!(AnySpan::parse(text).is_err(), "{text}");
        }
        assert_eq!(Span::<60, 90>::parse("59").unwrap_err().what, "is too short");
        assert_eq!(Span::<60, 90>::parse("91").unwrap_err().what, "is too long");
    }

    #[test]
    fn numbers_keep_to_their_bounds() {
        assert_eq!(Count::<4, 16>::parse("16").unwrap().get(), 16);
        assert_eq!(Count::<4, 16>::parse("3").unwrap_err().what, "is too small");
        assert_eq!(Count::<4, 16>::parse("99999999999").unwrap_err().what, "is too large");
        assert_eq!(Count::<4, 16>::parse("4.0").unwrap_err().what, "is not a whole number");
        assert_eq!(Count::<4, 16>::clamped(100).get(), 16);
    }

    #[test]
    fn flags_know_the_usual_words() {
        assert_eq!(Flag::parse("Yes"), Ok(Flag(true)));
        assert_eq!(Flag::parse("0"), Ok(Flag(false)));
        assert!(Flag::parse("maybe").is_err());
    }
}
