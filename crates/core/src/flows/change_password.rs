//! How does an account get another password?

use std::time::Duration;

use portcullis_crypto::secret::Password;

use super::judge_password::identifiers_of;
use super::prove_again::{NotProved, Proving};
use super::{Actor, Trouble};
use crate::Auth;
use crate::hash_gate::Asker;
use crate::model::{AccountId, AuditEvent, AuditKind, Client, MailKind};
use crate::policy::PasswordProblem;
use crate::ports::store::{PasswordChange, PasswordReplacement};

/// What the owner sends.
#[derive(Debug, Clone)]
pub struct ChangePassword {
    /// The password as it is.
    pub current: Password,
    /// The password as it shall be.
    pub new: Password,
}

/// Why the password is still the same.
#[derive(Debug, thiserror::Error)]
pub enum ChangePasswordError {
    /// The current password is another one, or there is none.
    #[error("the current password is wrong")]
    WrongPassword,
    /// The new one does not meet the policy.
    #[error("the new password {0}")]
    Password(PasswordProblem),
    /// The account is gone.
    #[error("there is no such account")]
    NoAccount,
    /// The account is disabled.
    #[error("the account is disabled")]
    AccountDisabled,
    /// Too many passwords were wrong; this one was not looked at.
    #[error("too many passwords were wrong")]
    Throttled {
        /// When the next one is.
        retry_after: Duration,
    },
    /// Not the caller's fault.
    #[error(transparent)]
    Trouble(#[from] Trouble),
}

impl From<NotProved> for ChangePasswordError {
    fn from(error: NotProved) -> Self {
        match error {
            NotProved::NoAccount => Self::NoAccount,
            NotProved::WrongPassword => Self::WrongPassword,
            NotProved::AccountDisabled => Self::AccountDisabled,
            NotProved::Throttled { retry_after } => Self::Throttled { retry_after },
            NotProved::Trouble(trouble) => Self::Trouble(trouble),
        }
    }
}

impl Auth {
    /// Changes the caller's password and ends all its other sessions; answers how many.
    pub async fn change_password(
        &self,
        actor: &Actor,
        change: ChangePassword,
    ) -> Result<usize, ChangePasswordError> {
        let proving = self.begin_proving(actor, "change_password").await?;
        let is_wrong = |error: &_| matches!(error, ChangePasswordError::WrongPassword);
        let outcome = match self.try_change_password(&proving, actor, &change).await {
            Ok(None) => self.try_change_password(&proving, actor, &change).await,
            outcome => outcome,
        };
        proving.settle(outcome, is_wrong).await
    }

    /// `None` when the password was replaced while the old one was being checked.
    async fn try_change_password(
        &self,
        proving: &Proving<'_>,
        actor: &Actor,
        change: &ChangePassword,
    ) -> Result<Option<usize>, ChangePasswordError> {
        let account_id = actor.principal.account_id;
        let found = proving.account().await?;
        let identifiers = found.as_ref().map(|found| identifiers_of(&found.account)).unwrap_or_default();
        let acceptable = self.policy().password.check(&change.new, &identifiers);
        acceptable.map_err(ChangePasswordError::Password)?;
        let (_, checked) = proving.prove(found, &change.current).await?;
        self.check_breached(&change.new).await.map_err(ChangePasswordError::Password)?;
        let scheme = self.policy().password.scheme;
        let new = self.make_hash(scheme, &change.new, proving.asker()).await.map_err(Trouble::from)?;
        let replacement = PasswordReplacement {
            account_id,
            checked: Some(checked),
            new,
            keep: Some(actor.principal.session_id),
            token: None,
            mail: self.notice(MailKind::PasswordChanged, account_id, &actor.client),
        };
        let mut event = self.event(AuditKind::PasswordChanged, account_id, &actor.client, self.now());
        event.session_id = Some(actor.principal.session_id);
        self.replace_password(&replacement, &event).await
    }

    /// Sets a password without knowing the old one, and ends all sessions: for the operator.
    pub async fn set_password(
        &self,
        account_id: AccountId,
        new: &Password,
    ) -> Result<usize, ChangePasswordError> {
        let policy = &self.policy().password;
        let account = self.store().find_account(account_id).await.map_err(Trouble::from)?;
        let account = account.ok_or(ChangePasswordError::NoAccount)?;
        policy.check(new, &identifiers_of(&account)).map_err(ChangePasswordError::Password)?;
        self.check_breached(new).await.map_err(ChangePasswordError::Password)?;
        let asker = Asker::operator();
        let hash = self.make_hash(policy.scheme, new, asker).await.map_err(Trouble::from)?;
        let replacement = PasswordReplacement {
            account_id,
            checked: None,
            new: hash,
            keep: None,
            token: None,
            mail: self.notice(MailKind::PasswordChanged, account_id, &Client::operator()),
        };
        let mut event = self.event(AuditKind::PasswordChanged, account_id, &Client::operator(), self.now());
        event.actor_id = None;
        // Nothing was checked that could be stale.
        self.replace_password(&replacement, &event).await?.ok_or(ChangePasswordError::NoAccount)
    }

    pub(super) async fn replace_password(
        &self,
        replacement: &PasswordReplacement,
        event: &AuditEvent,
    ) -> Result<Option<usize>, ChangePasswordError> {
        match self.store().change_password(replacement, event).await.map_err(Trouble::from)? {
            PasswordChange::Changed { revoked } => {
                self.take_in_feed().await;
                self.wake_outbox();
                Ok(Some(revoked.len()))
            }
            // No token was asked for.
            PasswordChange::Stale | PasswordChange::TokenSpent => Ok(None),
            PasswordChange::NoAccount => Err(ChangePasswordError::NoAccount),
        }
    }
}
