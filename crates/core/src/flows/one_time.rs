//! Is a token or code that came back from a mailbox good, and for what?

use std::time::Duration;

use portcullis_crypto::one_time::{OneTimeCode, OneTimeToken};
use portcullis_crypto::secret::Password;

use super::Trouble;
use super::log_in::SentIdentifier;
use crate::Auth;
use crate::model::{Client, Email, Identifier, Purpose, StoredToken};
use crate::throttle::{Ending, Subject};

/// Why a token or a code does nothing. Whoever holds one has read the mail: all may be told.
#[derive(Debug, thiserror::Error)]
pub enum OneTimeError {
    /// It was never issued, was used, has expired, or died with something that happened since.
    #[error("the token or code is not good (any more)")]
    Invalid,
    /// It takes the password of the account as well, or the one that was chosen at the registration.
    #[error("the password is needed")]
    PasswordRequired,
    /// The password is another one. The token stays good.
    #[error("the password is wrong")]
    WrongPassword,
    /// The address belongs to another account by now.
    #[error("the email address is taken")]
    EmailTaken,
    /// The username belongs to another account by now.
    #[error("the username is taken")]
    UsernameTaken,
    /// Too many that were wrong came from there, or for that address.
    #[error("too many tokens or codes were wrong")]
    Throttled {
        /// When the next one is looked at.
        retry_after: Duration,
    },
    /// Not the caller's fault.
    #[error(transparent)]
    Trouble(#[from] Trouble),
}

/// What a person brings from a mailbox.
#[derive(Debug, Clone)]
pub enum Proof {
    /// The token of a link.
    Token(OneTimeToken),
    /// A code, and the mailbox that it was sent to.
    Code {
        /// The address.
        email: Email,
        /// The code.
        code: OneTimeCode,
    },
}

impl Auth {
    /// The token that was issued for this purpose, if it is good.
    pub(super) async fn find_one_time(
        &self,
        token: &OneTimeToken,
        purpose: Purpose,
        client: &Client,
    ) -> Result<StoredToken, OneTimeError> {
        self.find_one_time_of(token, &[purpose], client).await
    }

    /// The same for one of several purposes.
    pub(super) async fn find_one_time_of(
        &self,
        token: &OneTimeToken,
        purposes: &[Purpose],
        client: &Client,
    ) -> Result<StoredToken, OneTimeError> {
        let found = self.store().find_token(&token.digest()).await.map_err(Trouble::from)?;
        let now = self.now();
        match found.filter(|token| purposes.contains(&token.purpose) && !token.is_expired(now)) {
            Some(token) => Ok(token),
            // Nobody guesses 256 bits: it is a flood that is limited here.
            None => match self.count_junk(client) {
                Ok(()) => Err(OneTimeError::Invalid),
                Err(retry_after) => Err(OneTimeError::Throttled { retry_after }),
            },
        }
    }

    /// What a code stands for that was sent to an address.
    ///
    /// SECURITY: a code has 40 bits. Wrong ones weigh like wrong passwords of that address, whether it has an account or
    /// was ever written to, and the work is the same.
    pub(super) async fn find_by_code(
        &self,
        email: &Email,
        code: &OneTimeCode,
        purposes: &[Purpose],
        client: &Client,
    ) -> Result<StoredToken, OneTimeError> {
        let identifier = SentIdentifier::Known(Identifier::Email(email.clone()));
        let tried = Password::from(code.expose());
        let begun = self.begin_try(Subject::Sent(&identifier, &tried), client).await;
        let begun =
            begun.map_err(|too_many| OneTimeError::Throttled { retry_after: too_many.retry_after })?;
        let found = self.look_for_code(email, code, purposes).await;
        let ending = match &found {
            // Who reads the mailbox has not proved the password: nothing that weighs on that is taken away.
            Ok(Some(_)) | Err(_) => Ending::Unknown,
            Ok(None) => Ending::Wrong,
        };
        begun.end(ending).await;
        found?.ok_or(OneTimeError::Invalid)
    }

    /// Whether a password is right that is asked for beside a token. Wrong ones weigh on the token.
    pub(super) async fn prove_beside(
        &self,
        token: &StoredToken,
        client: &Client,
        fits: impl Future<Output = Result<bool, Trouble>>,
    ) -> Result<(), OneTimeError> {
        let begun = self.begin_try(Subject::Token(token.id), client).await;
        let begun =
            begun.map_err(|too_many| OneTimeError::Throttled { retry_after: too_many.retry_after })?;
        let fits = fits.await;
        begun
            .end(match &fits {
                Ok(true) => Ending::Right,
                Ok(false) => Ending::Wrong,
                Err(_) => Ending::Unknown,
            })
            .await;
        if fits? { Ok(()) } else { Err(OneTimeError::WrongPassword) }
    }

    async fn look_for_code(
        &self,
        email: &Email,
        code: &OneTimeCode,
        purposes: &[Purpose],
    ) -> Result<Option<StoredToken>, Trouble> {
        let now = self.now();
        let mut good = None;
        for purpose in purposes {
            for key in self.one_time_keys() {
                let digest = key.code_digest(purpose.as_str(), email.key(), code);
                let found = self.store().find_token_by_code(email, *purpose, &digest, now).await?;
                good = good.or(found);
            }
        }
        Ok(good)
    }
}
