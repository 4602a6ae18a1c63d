//! Which texts must never print?
//!
//! Invariants: `Debug` shows the type and no content; the bytes are overwritten on drop; there is no `Display`,
//! `Deref`, `PartialEq` or `Serialize`, so every use of the content is an `expose` that can be searched for.

use std::fmt;

use zeroize::Zeroizing;

/// A password, exactly the bytes the client sent: not trimmed, not normalised, not shortened.
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

impl Password {
    /// The text itself.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Length in bytes of UTF-8, which is what limits such as bcrypt's count.
    pub fn len_bytes(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing was sent.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<String> for Password {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl From<&str> for Password {
    fn from(text: &str) -> Self {
        Self(Zeroizing::new(text.to_owned()))
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        reason = "tests"
    )]

    use super::*;

    #[test]
    fn a_password_is_kept_byte_for_byte() {
        let password = Password::from("  p\u{e4}ss\0wörd\u{301} ".to_owned());
        assert_eq!(password.expose(), "  p\u{e4}ss\0wörd\u{301} ");
        assert_eq!(password.len_bytes(), "  p\u{e4}ss\0wörd\u{301} ".len());
        assert!(!password.is_empty());
        assert!(Password::from("").is_empty());
    }

    #[test]
    fn a_password_does_not_print() {
        assert_eq!(format!("{:?}", Password::from("hunter2")), "Password(..)");
    }
}
