//! How does somebody give up the own account, and get it back?
//!
//! ```text
//!  delete ──▶ disabled, all sessions ended, a mail with a link ──── the grace is over ──▶ gone
//!                       │
//!                       └── the link ──▶ as it was, but for the sessions
//! ```
//!
//! Where no mails are sent, or the account has no address, there is nobody to send the link to: it is gone at once.

use portcullis_crypto::one_time::OneTimeToken;
use portcullis_crypto::password::StoredHash;
use portcullis_crypto::secret::Password;

use super::one_time::OneTimeError;
use super::own_account::OwnAccountError;
use super::prove_again::{NotProved, Proving};
use super::{Actor, Trouble};
use crate::Auth;
use crate::model::{
    Account, AccountId, AuditEvent, AuditKind, Client, MailKind, NewMail, Purpose, StoredToken, Timestamp,
};
use crate::ports::mail_store::{DeletionSchedule, TokenUse};
use crate::ports::store::AccountDeletion;

/// What became of an account that its owner deletes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deleted {
    /// It is gone.
    AtOnce,
    /// It will be gone at that time, unless the link in the mail is used.
    At(Timestamp),
}

impl From<NotProved> for OwnAccountError {
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
    /// Deletes the caller's account with all that belongs to it, after the grace that the policy gives. The password is asked
    /// for again, so that a stolen access token alone cannot do it.
    pub async fn delete_own_account(
        &self,
        actor: &Actor,
        password: &Password,
    ) -> Result<Deleted, OwnAccountError> {
        let proving = self.begin_proving(actor, "delete_account").await?;
        let is_wrong = |error: &_| matches!(error, OwnAccountError::WrongPassword);
        let outcome = match self.try_delete_own_account(&proving, actor, password).await {
            Ok(None) => self.try_delete_own_account(&proving, actor, password).await,
            outcome => outcome,
        };
        proving.settle(outcome, is_wrong).await
    }

    /// `None` when the password was replaced while the old one was being checked.
    async fn try_delete_own_account(
        &self,
        proving: &Proving<'_>,
        actor: &Actor,
        password: &Password,
    ) -> Result<Option<Deleted>, OwnAccountError> {
        let (account, checked) = proving.prove(proving.account().await?, password).await?;
        let now = self.now();
        let undo = self.undo_of_deletion(&account, &actor.client);
        let (outcome, deleted) = if let Some((mail, token)) = undo {
            let (account_id, due_at) = (account.id, token.expires_at);
            let undo = Some((token, mail));
            let schedule = DeletionSchedule { account_id, checked: Some(checked), due_at, undo };
            let event = self.event(AuditKind::DeletionScheduled, account_id, &actor.client, now);
            let outcome = self.store().schedule_deletion(&schedule, &event).await.map_err(Trouble::from)?;
            self.take_in_feed().await;
            self.wake_outbox();
            (outcome, Deleted::At(due_at))
        } else {
            let event = self.event(AuditKind::AccountDeleted, account.id, &actor.client, now);
            (self.delete(account.id, Some(&checked), &event).await?, Deleted::AtOnce)
        };
        match outcome {
            AccountDeletion::Deleted => Ok(Some(deleted)),
            AccountDeletion::NoAccount => Err(OwnAccountError::NoAccount),
            AccountDeletion::PasswordChanged => Ok(None),
        }
    }

    /// The token that keeps an account which is about to be deleted, and the mail with it, where there is a grace.
    fn undo_of_deletion(&self, account: &Account, client: &Client) -> Option<(NewMail, StoredToken)> {
        let policy = self.mail_policy().filter(|policy| !policy.deletion_grace.is_zero())?;
        let about = (MailKind::DeletionScheduled, Purpose::UndoDeletion);
        Some(self.mail_with_token(policy, about, account, account.email.clone()?, client))
    }

    /// Deletes the caller's account at once, for an older contract, which does not ask for the password.
    pub async fn delete_own_account_unasked(&self, actor: &Actor) -> Result<(), OwnAccountError> {
        let account = self.own_account(actor).await?;
        let event = self.event(AuditKind::AccountDeleted, account.id, &actor.client, self.now());
        match self.delete(account.id, None, &event).await? {
            AccountDeletion::Deleted => Ok(()),
            AccountDeletion::NoAccount | AccountDeletion::PasswordChanged => Err(OwnAccountError::NoAccount),
        }
    }

    /// Takes back that an account is to be deleted. It may log in again; its sessions have ended.
    pub async fn keep_account(&self, token: &OneTimeToken, client: &Client) -> Result<(), OneTimeError> {
        let token = self.find_one_time(token, Purpose::UndoDeletion, client).await?;
        let account_id = token.account_id.ok_or(OneTimeError::Invalid)?;
        let now = self.now();
        let event = self.event(AuditKind::DeletionUndone, account_id, client, now);
        let spent = TokenUse { id: token.id, now };
        let is_kept = self.store().undo_deletion(spent, &event).await.map_err(Trouble::from)?;
        if is_kept { Ok(()) } else { Err(OneTimeError::Invalid) }
    }

    /// Deletes the accounts whose grace is over; answers how many. To be called every minute.
    pub async fn delete_due_accounts(&self) -> Result<u64, Trouble> {
        let mut deleted = 0;
        for id in self.store().list_due_deletions(self.now()).await? {
            let client = Client::default();
            let mut event = self.event(AuditKind::AccountDeleted, id, &client, self.now());
            // Its owner wanted it, at a time and from where another entry says.
            event.actor_id = Some(id);
            let mut mail = self.mail_to(MailKind::AccountDeleted, None, &client);
            mail.account_id = Some(id);
            deleted += u64::from(self.store().delete_due_account(id, &mail, &event).await?);
        }
        if deleted > 0 {
            self.take_in_feed().await;
            self.wake_outbox();
        }
        Ok(deleted)
    }

    /// Deletes an account and refuses its access tokens at once.
    pub(super) async fn delete(
        &self,
        account_id: AccountId,
        checked: Option<&StoredHash>,
        event: &AuditEvent,
    ) -> Result<AccountDeletion, Trouble> {
        let mail = self.notice(MailKind::AccountDeleted, account_id, &event.client);
        let outcome = self.store().delete_account(account_id, checked, mail.as_ref(), event).await?;
        self.take_in_feed().await;
        self.wake_outbox();
        Ok(outcome)
    }
}
