//! How long does an account stay that its owner has deleted?

use std::time::Duration;

use super::super::number::{Span, days};
use super::super::{Refusal, Value};

type Wide = Span<0, { days(365) }>;

/// How long it stays. Zero: not at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DeletionGrace(Wide);

impl DeletionGrace {
    /// The duration.
    pub(crate) const fn get(self) -> Duration {
        self.0.get()
    }
}

impl Value for DeletionGrace {
    fn parse(text: &str) -> Result<Self, Refusal> {
        let grace = Self(Wide::parse(text)?);
        // Whoever writes 7 means days, and would delete accounts after as many seconds.
        if !grace.get().is_zero() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Refusal::with_fix("has no unit", format!("did you mean `{text}d`?")));
        }
        Ok(grace)
    }

    fn show(&self) -> String {
        self.0.show()
    }

    fn expects() -> String {
        "`0`, or a duration with its unit up to `365d`, such as `7d`; in production at least `1h`".into()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn it_is_zero_or_has_a_unit() {
        for (text, shown) in [("0", "0s"), ("0d", "0s"), ("5s", "5s"), ("7d", "7d"), ("1w", "7d")] {
            assert_eq!(DeletionGrace::parse(text).unwrap().show(), shown, "{text}");
        }
        let refusal = DeletionGrace::parse("7").unwrap_err();
        assert_eq!(format!("{refusal:?}").matches("did you mean `7d`?").count(), 1, "{refusal:?}");
        for text in ["", "d", "366d", "-1d", "1.5d"] {
            assert!(DeletionGrace::parse(text).is_err(), "{text}");
        }
    }
}
