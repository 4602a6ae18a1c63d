//! Is this password known from a breach?
//!
//! Two answers: a file that the operator builds from a list, and a service that is asked without being told the
//! password.

use async_trait::async_trait;
use portcullis_crypto::secret::Password;

/// Something that knows passwords which were stolen elsewhere.
#[async_trait]
pub trait BreachedPasswords: Send + Sync + 'static {
    /// Whether a password is one of them. Seldom one may be taken for one that is not.
    async fn is_breached(&self, password: &Password) -> Result<bool, Unanswered>;
}

/// Nobody knows: the file cannot be read, or the service does not answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{cause}")]
pub struct Unanswered {
    /// What went wrong, for the log only. Says nothing about the password.
    pub cause: String,
}
