//! How does an account get another password?

use std::time::Duration;

use portcullis_crypto::secret::Password;

use super::judge_password::identifiers_of;
use super::log_in::LogInError;
use super::{Actor, Trouble};
use crate::Auth;
use crate::hash_gate::Asker;
use crate::model::{AccountId, AuditEvent, AuditKind, Client};
use crate::policy::PasswordProblem;
use crate::ports::store::{PasswordChange, PasswordReplacement};
use crate::throttle::{Ending, Subject};

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

impl Auth {
    /// Changes the caller's password and ends all its other sessions; answers how many.
    pub async fn change_password(
        &self,
        actor: &Actor,
        change: ChangePassword,
    ) -> Result<usize, ChangePasswordError> {
        let begun = self.begin_try(Subject::Account(actor.principal.account_id), &actor.client).await;
        let begun =
            begun.map_err(|too_many| ChangePasswordError::Throttled { retry_after: too_many.retry_after })?;
        let outcome = self.change_password_unlimited(actor, &change).await;
        if let Err(ChangePasswordError::WrongPassword) = &outcome {
            self.note_wrong_password(actor, "change_password");
        }
        begun
            .end(match &outcome {
                Ok(_) => Ending::Right,
                Err(ChangePasswordError::WrongPassword) => Ending::Wrong,
                Err(
                    ChangePasswordError::Password(_)
                    | ChangePasswordError::NoAccount
                    | ChangePasswordError::AccountDisabled
                    | ChangePasswordError::Throttled { .. }
                    | ChangePasswordError::Trouble(_),
                ) => Ending::Unknown,
            })
            .await;
        outcome
    }

    async fn change_password_unlimited(
        &self,
        actor: &Actor,
        change: &ChangePassword,
    ) -> Result<usize, ChangePasswordError> {
        if let Some(ended) = self.try_change_password(actor, change).await? {
            return Ok(ended);
        }
        // A login may have upgraded the hash meanwhile. If the password itself was changed, this finds it wrong.
        self.try_change_password(actor, change).await?.ok_or(ChangePasswordError::WrongPassword)
    }

    /// `None` when the password was replaced while the old one was being checked.
    async fn try_change_password(
        &self,
        actor: &Actor,
        change: &ChangePassword,
    ) -> Result<Option<usize>, ChangePasswordError> {
        let account_id = actor.principal.account_id;
        let asker = Asker::new(&actor.client, &account_id.into_bytes());
        let found = self.store().find_account_secret(account_id).await.map_err(Trouble::from)?;
        let identifiers = found.as_ref().map(|found| identifiers_of(&found.account)).unwrap_or_default();
        let acceptable = self.policy().password.check(&change.new, &identifiers);
        acceptable.map_err(ChangePasswordError::Password)?;
        let (account, checked) =
            self.prove(found, &change.current, asker).await.map_err(|error| match error {
                LogInError::UnknownAccount => ChangePasswordError::NoAccount,
                LogInError::NoPassword | LogInError::WrongPassword => ChangePasswordError::WrongPassword,
                LogInError::AccountDisabled => ChangePasswordError::AccountDisabled,
                LogInError::Throttled { retry_after } => ChangePasswordError::Throttled { retry_after },
                LogInError::Trouble(trouble) => ChangePasswordError::Trouble(trouble),
            })?;
        if account.is_disabled() {
            return Err(ChangePasswordError::AccountDisabled);
        }
        self.check_breached(&change.new).await.map_err(ChangePasswordError::Password)?;
        let scheme = self.policy().password.scheme;
        let new = self.make_hash(scheme, &change.new, asker).await.map_err(Trouble::from)?;
        let replacement = PasswordReplacement {
            account_id,
            checked: Some(checked),
            new,
            keep: Some(actor.principal.session_id),
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
        let replacement = PasswordReplacement { account_id, checked: None, new: hash, keep: None };
        let mut event = self.event(AuditKind::PasswordChanged, account_id, &Client::operator(), self.now());
        event.actor_id = None;
        // Nothing was checked that could be stale.
        self.replace_password(&replacement, &event).await?.ok_or(ChangePasswordError::NoAccount)
    }

    async fn replace_password(
        &self,
        replacement: &PasswordReplacement,
        event: &AuditEvent,
    ) -> Result<Option<usize>, ChangePasswordError> {
        match self.store().change_password(replacement, event).await.map_err(Trouble::from)? {
            PasswordChange::Changed { revoked } => {
                self.take_in_feed().await;
                Ok(Some(revoked.len()))
            }
            PasswordChange::Stale => Ok(None),
            PasswordChange::NoAccount => Err(ChangePasswordError::NoAccount),
        }
    }
}
