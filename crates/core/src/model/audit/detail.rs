//! What does an entry say beside its kind?

use std::borrow::Cow;
use std::fmt;

/// The longest detail, in characters.
const MOST_CHARS: usize = 200;

/// A few words of the server's own: why something failed, to what something was changed, how many there were.
///
/// SECURITY: never made of what a client sent. What somebody typed into a form may be a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditDetail(Cow<'static, str>);

impl AuditDetail {
    /// A word of the program.
    pub const fn word(word: &'static str) -> Self {
        Self(Cow::Borrowed(word))
    }

    /// Words with numbers or names of the server's own in them, cut to 200 characters.
    pub fn told(words: impl fmt::Display) -> Self {
        Self::read(&words.to_string())
    }

    /// What was written down earlier.
    pub fn read(text: &str) -> Self {
        Self(text.chars().filter(|c| !c.is_control()).take(MOST_CHARS).collect::<String>().into())
    }

    /// The words.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::AuditDetail;

    #[test]
    fn a_detail_is_one_short_line() {
        let told = AuditDetail::told(format_args!("a\nb{}", "x".repeat(300)));
        assert!(told.as_str().starts_with("abxx"));
        assert_eq!(told.as_str().chars().count(), 200);
        assert_eq!(AuditDetail::word("role"), AuditDetail::read("role"));
    }
}
