//! How does a mail leave the house?

use async_trait::async_trait;

use crate::model::mail::Letter;

/// What writes and sends mails.
#[async_trait]
pub trait Mailer: Send + Sync + 'static {
    /// Writes a mail and hands it to whoever delivers it. It is theirs when this answers: what is sent is safe.
    async fn send(&self, letter: &Letter) -> Result<(), SendError>;
}

/// Why a mail was not taken. The causes are for the operator only.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// Later it may be: nobody answered, or we were told to come back.
    #[error("not now: {cause}")]
    Later {
        /// What went wrong.
        cause: String,
    },
    /// It will not be by itself.
    #[error("refused: {cause}")]
    Refused {
        /// What went wrong.
        cause: String,
    },
}
