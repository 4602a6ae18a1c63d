//! How does somebody who has forgotten a password get another one?
//!
//! It does not log in: whoever has a second factor is asked for it as always. All sessions end, on every device.

use std::time::Duration;

use portcullis_crypto::one_time::OneTimeToken;
use portcullis_crypto::secret::Password;

use super::Trouble;
use super::change_password::ChangePasswordError;
use super::judge_password::identifiers_of;
use super::one_time::OneTimeError;
use super::request_mail::RequestMailError;
use crate::Auth;
use crate::hash_gate::Asker;
use crate::model::{Account, AuditDetail, AuditKind, Client, Email, MailKind, Purpose, StoredToken};
use crate::policy::PasswordProblem;
use crate::ports::mail_store::TokenUse;
use crate::ports::store::PasswordReplacement;

/// Why the password is still the same. Whoever holds a good token has read the mail: all may be told.
#[derive(Debug, thiserror::Error)]
pub enum ResetPasswordError {
    /// The token is not good (any more).
    #[error("the token is not good (any more)")]
    Invalid,
    /// The new password does not meet the policy. The token stays good.
    #[error("the new password {0}")]
    Password(PasswordProblem),
    /// The account is disabled.
    #[error("the account is disabled")]
    AccountDisabled,
    /// Too many tokens that were nobody's came from there.
    #[error("too many tokens were wrong")]
    Throttled {
        /// When the next one is looked at.
        retry_after: Duration,
    },
    /// Not the caller's fault.
    #[error(transparent)]
    Trouble(#[from] Trouble),
}

impl From<OneTimeError> for ResetPasswordError {
    fn from(error: OneTimeError) -> Self {
        match error {
            OneTimeError::Invalid
            | OneTimeError::PasswordRequired
            | OneTimeError::WrongPassword
            | OneTimeError::EmailTaken
            | OneTimeError::UsernameTaken => Self::Invalid,
            OneTimeError::Throttled { retry_after } => Self::Throttled { retry_after },
            OneTimeError::Trouble(trouble) => Self::Trouble(trouble),
        }
    }
}

impl From<ChangePasswordError> for ResetPasswordError {
    fn from(error: ChangePasswordError) -> Self {
        match error {
            ChangePasswordError::Password(problem) => Self::Password(problem),
            ChangePasswordError::AccountDisabled => Self::AccountDisabled,
            ChangePasswordError::NoAccount | ChangePasswordError::WrongPassword => Self::Invalid,
            ChangePasswordError::Throttled { retry_after } => Self::Throttled { retry_after },
            ChangePasswordError::Trouble(trouble) => Self::Trouble(trouble),
        }
    }
}

impl Auth {
    /// Asks for a mail with which another password is chosen.
    pub async fn forgot_password(&self, email: Email, client: &Client) -> Result<(), RequestMailError> {
        self.request_mail(MailKind::ResetPassword, email, client).await
    }

    /// Sets another password by the token of such a mail, and ends all sessions; answers how many. Other tokens of the account
    /// die.
    pub async fn reset_password(
        &self,
        token: &OneTimeToken,
        new: &Password,
        client: &Client,
    ) -> Result<usize, ResetPasswordError> {
        let token = self.find_one_time(token, Purpose::ResetPassword, client).await?;
        let account = self.account_of(&token).await?;
        if account.is_disabled() {
            return Err(ResetPasswordError::AccountDisabled);
        }
        let policy = &self.policy().password;
        policy.check(new, &identifiers_of(&account)).map_err(ResetPasswordError::Password)?;
        self.check_breached(new).await.map_err(ResetPasswordError::Password)?;
        let asker = Asker::new(client, &account.id.into_bytes());
        let hash = self.make_hash(policy.scheme, new, asker).await.map_err(Trouble::from)?;
        let now = self.now();
        let replacement = PasswordReplacement {
            account_id: account.id,
            checked: None,
            new: hash,
            keep: None,
            token: Some(TokenUse { id: token.id, now }),
            mail: self.notice(MailKind::PasswordChanged, account.id, client),
        };
        let event = self.event(AuditKind::PasswordChanged, account.id, client, now);
        let event = event.with_detail(AuditDetail::word("reset"));
        // Nothing is stale that was not checked: the token was spent meanwhile.
        self.replace_password(&replacement, &event).await?.ok_or(ResetPasswordError::Invalid)
    }

    /// The account that a token was sent to, if it still has that address.
    ///
    /// SECURITY: a token is bound to its mailbox. Whoever has lost that must not come back by a mail of before.
    pub(super) async fn account_of(&self, token: &StoredToken) -> Result<Account, OneTimeError> {
        let id = token.account_id.ok_or(OneTimeError::Invalid)?;
        let account = self.store().find_account(id).await.map_err(Trouble::from)?;
        let has_address =
            |account: &Account| account.email.as_ref().is_some_and(|email| email.key() == token.email.key());
        account.filter(has_address).ok_or(OneTimeError::Invalid)
    }
}
