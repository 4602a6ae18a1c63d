//! Is this a password that an account may have?
//!
//! Length only, no rules of composition: NIST SP 800-63B-4 §3.1.1.2. A password is never trimmed,
//! normalised or cut.

use portcullis_crypto::password::{PasswordError, Scheme};
use portcullis_crypto::secret::Password;

/// The longest password in bytes, whatever the hash: enough for any passphrase, too little to be a load.
pub const MAX_PASSWORD_BYTES: usize = 1024;

/// What a new password must be, and how it is kept.
#[derive(Debug, Clone, Copy)]
pub struct PasswordPolicy {
    /// The fewest characters (Unicode code points).
    pub min_chars: usize,
    /// How it is hashed. A scheme may refuse passwords of its own: bcrypt those over 72 bytes.
    pub scheme: Scheme,
}

impl PasswordPolicy {
    /// Checks a password that is about to be set.
    pub fn check(&self, password: &Password) -> Result<(), PasswordProblem> {
        if password.expose().chars().count() < self.min_chars {
            return Err(PasswordProblem::TooShort { min_chars: self.min_chars });
        }
        if password.len_bytes() > MAX_PASSWORD_BYTES {
            return Err(PasswordProblem::TooLong { limit_bytes: MAX_PASSWORD_BYTES });
        }
        self.scheme.check(password).map_err(PasswordProblem::from)
    }
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
}
