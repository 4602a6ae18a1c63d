//! Is this a password that an account may have?
//!
//! Length, and no rules of composition; not one of those that are tried first (NIST SP 800-63B-4 §3.1.1.2). A password
//! is never trimmed, normalised or cut. What is compared with lists and names is a folded copy.

mod common;
mod names;

use std::sync::Arc;

use portcullis_crypto::password::{PasswordError, Scheme};
use portcullis_crypto::secret::Password;
use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

/// The longest password in bytes, whatever the hash: enough for any passphrase, too little to be a load.
pub const MAX_PASSWORD_BYTES: usize = 1024;

/// What a new password must be, and how it is kept.
#[derive(Debug, Clone)]
pub struct PasswordPolicy {
    /// The fewest characters (Unicode code points).
    pub min_chars: usize,
    /// How it is hashed. A scheme may refuse passwords of its own: bcrypt those over 72 bytes.
    pub scheme: Scheme,
    /// What becomes of a password that many people have.
    pub common: Guessable,
    /// What becomes of a password that is made of the account's own identifiers.
    pub identifiers: Guessable,
    /// What becomes of a password that is known from a breach, where there is something that knows them.
    pub breached: Guessable,
    /// What the service is called: a password is not made of these either.
    pub blocked_words: Arc<[String]>,
}

/// What becomes of a password that is among the first to be guessed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guessable {
    /// It cannot be set.
    Refused,
    /// It can.
    Accepted,
}

impl PasswordPolicy {
    /// Checks a password that is about to be set for an account with these identifiers. Whether it is known from a
    /// breach is not known here.
    pub fn check(&self, password: &Password, identifiers: &[&str]) -> Result<(), PasswordProblem> {
        self.problems(password, identifiers).next().map_or(Ok(()), Err)
    }

    /// All that is wrong with a password, in the order in which it is told.
    pub fn problems<'a>(
        &'a self,
        password: &'a Password,
        identifiers: &'a [&'a str],
    ) -> impl Iterator<Item = PasswordProblem> + 'a {
        let guessable = std::iter::once_with(move || self.guessable(password, identifiers)).flatten();
        self.misshapen(password).into_iter().chain(guessable)
    }

    /// What keeps it from being stored.
    fn misshapen(&self, password: &Password) -> Option<PasswordProblem> {
        // What is longer than anything that can be kept is not looked through.
        if password.len_bytes() > MAX_PASSWORD_BYTES {
            return Some(PasswordProblem::TooLong { limit_bytes: MAX_PASSWORD_BYTES });
        }
        if password.expose().chars().count() < self.min_chars {
            return Some(PasswordProblem::TooShort { min_chars: self.min_chars });
        }
        self.scheme.check(password).map_err(PasswordProblem::from).err()
    }

    /// What makes it one of the first guesses.
    fn guessable(&self, password: &Password, identifiers: &[&str]) -> Option<PasswordProblem> {
        if password.len_bytes() > MAX_PASSWORD_BYTES {
            return None;
        }
        let folded = folded(password.expose());
        if self.common == Guessable::Refused && common::is_common(&folded) {
            return Some(PasswordProblem::Common);
        }
        if self.identifiers == Guessable::Refused && names::is_made_of(&folded, identifiers.iter().copied()) {
            return Some(PasswordProblem::MadeOfIdentifier);
        }
        // Both together: of `alice@portcullis` nothing is left either.
        let own = identifiers.iter().copied().filter(|_| self.identifiers == Guessable::Refused);
        let words = self.blocked_words.iter().map(String::as_str);
        let has_words = !self.blocked_words.is_empty();
        (has_words && names::is_made_of(&folded, words.chain(own)))
            .then_some(PasswordProblem::MadeOfBlockedWord)
    }
}

/// A text in the form in which it is compared: without compatibility forms, in lower case.
fn folded(text: &str) -> Zeroizing<String> {
    Zeroizing::new(text.nfkc().flat_map(char::to_lowercase).collect())
}

impl From<PasswordError> for PasswordProblem {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::TooLong { limit_bytes } => Self::TooLong { limit_bytes },
            PasswordError::ContainsNul => Self::ContainsNul,
        }
    }
}

/// Why a password cannot be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordProblem {
    /// Too few characters.
    #[error("must be at least {min_chars} characters long")]
    TooShort {
        /// The fewest characters.
        min_chars: usize,
    },
    /// Too many bytes for the hash in use.
    #[error("must be at most {limit_bytes} bytes long when written in UTF-8")]
    TooLong {
        /// The most bytes.
        limit_bytes: usize,
    },
    /// A NUL character, at which bcrypt implementations disagree.
    #[error("must not contain a NUL character")]
    ContainsNul,
    /// In the list of those that many people have.
    #[error("must not be one of the passwords that many people have")]
    Common,
    /// Hardly more than what the account is called.
    #[error("must be more than the username or email address of the account")]
    MadeOfIdentifier,
    /// Hardly more than what the service is called.
    #[error("must be more than the name of this service")]
    MadeOfBlockedWord,
    /// In a collection of passwords that were stolen elsewhere.
    #[error("must not be one that was stolen elsewhere and published")]
    Breached,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy() -> PasswordPolicy {
        PasswordPolicy {
            min_chars: 8,
            scheme: Scheme::Bcrypt { cost: 4 },
            common: Guessable::Refused,
            identifiers: Guessable::Refused,
            breached: Guessable::Refused,
            blocked_words: ["portcullis".to_owned(), "acme".to_owned()].into(),
        }
    }

    fn verdict(policy: &PasswordPolicy, password: &str) -> Result<(), PasswordProblem> {
        policy.check(&Password::from(password), &["alice@example.com", "alice"])
    }

    #[test]
    fn whoever_is_long_enough_and_no_first_guess_may_be_anything() {
        for password in [
            "correct horse battery",
            "        x",
            "žluťoučký kůň",
            "🦀🦀🦀🦀🦀🦀🦀🦀",
            "aaaaaaaab",
            &"x".repeat(72),
        ] {
            assert_eq!(verdict(&policy(), password), Ok(()), "{password}");
        }
    }

    #[test]
    fn characters_are_counted_as_code_points_and_the_limit_of_bcrypt_in_bytes() {
        assert_eq!(verdict(&policy(), "🦀🦀🦀🦀🦀🦀🦀"), Err(PasswordProblem::TooShort { min_chars: 8 }));
        assert_eq!(verdict(&policy(), &"é".repeat(36)), Ok(()));
        assert_eq!(verdict(&policy(), &"é".repeat(37)), Err(PasswordProblem::TooLong { limit_bytes: 72 }));
        let argon2 = PasswordPolicy { scheme: Scheme::argon2id_default(), ..policy() };
        assert_eq!(verdict(&argon2, &"é".repeat(512)), Ok(()));
        assert_eq!(verdict(&argon2, &"x".repeat(1025)), Err(PasswordProblem::TooLong { limit_bytes: 1024 }));
    }

    #[test]
    fn the_first_guesses_are_refused_in_every_case_and_width() {
        for (password, problem) in [
            ("PassWord1", PasswordProblem::Common),
            ("ｐａｓｓｗｏｒｄ１", PasswordProblem::Common),
            ("Alice1984", PasswordProblem::MadeOfIdentifier),
            ("portcullis!", PasswordProblem::MadeOfBlockedWord),
            ("ACME-2031", PasswordProblem::MadeOfBlockedWord),
            ("alice@acme", PasswordProblem::MadeOfBlockedWord),
        ] {
            assert_eq!(verdict(&policy(), password), Err(problem), "{password}");
        }
    }

    #[test]
    fn each_rule_can_be_given_up() {
        let none = PasswordPolicy {
            common: Guessable::Accepted,
            identifiers: Guessable::Accepted,
            blocked_words: [].into(),
            ..policy()
        };
        for password in ["password1", "alice1984", "portcullis"] {
            assert_eq!(verdict(&none, password), Ok(()), "{password}");
        }
        let identifiers = PasswordPolicy { identifiers: Guessable::Accepted, ..policy() };
        assert_eq!(verdict(&identifiers, "alice1984"), Ok(()));
        assert_eq!(verdict(&identifiers, "acme1984"), Err(PasswordProblem::MadeOfBlockedWord));
    }

    #[test]
    fn all_that_is_wrong_is_told_in_order() {
        let password = Password::from("qwerty");
        let problems: Vec<_> = policy().problems(&password, &[]).collect();
        assert_eq!(problems, [PasswordProblem::TooShort { min_chars: 8 }, PasswordProblem::Common]);
    }
}
