//! What can an account see of itself, change and take away?

use std::time::Duration;

use portcullis_crypto::password::StoredHash;
use portcullis_crypto::secret::Password;

use super::audit::OwnEvent;
use super::log_in::LogInError;
use super::{Actor, Trouble};
use crate::Auth;
use crate::hash_gate::Asker;
use crate::model::{
    Account, AccountId, AuditEvent, AuditKind, EventId, Page, PageRequest, ProfileChange, ProfileField,
    ProfileTextError, Session, SessionId,
};
use crate::ports::store::AccountDeletion;
use crate::throttle::{Ending, Subject};

/// Why an account cannot be shown or changed.
#[derive(Debug, thiserror::Error)]
pub enum OwnAccountError {
    /// It is gone.
    #[error("there is no such account")]
    NoAccount,
    /// It is disabled.
    #[error("the account is disabled")]
    AccountDisabled,
    /// A profile text that does not fit.
    #[error("{0:?} {1}")]
    Profile(ProfileField, ProfileTextError),
    /// The password that was asked for again is wrong.
    #[error("the password is wrong")]
    WrongPassword,
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

/// Everything the server keeps about one account, as its owner may have it.
#[derive(Debug, Clone)]
pub struct AccountExport {
    /// The account.
    pub account: Account,
    /// Its live sessions, newest first.
    pub sessions: Vec<Session>,
    /// What the audit log says about it, newest first; at most the latest 1000 entries.
    pub events: Vec<OwnEvent>,
}

impl Auth {
    /// The caller's account.
    pub async fn own_account(&self, actor: &Actor) -> Result<Account, OwnAccountError> {
        let found = self.store().find_account(actor.principal.account_id).await.map_err(Trouble::from)?;
        live(found)
    }

    /// Changes the caller's profile; answers the account after it.
    pub async fn update_own_profile(
        &self,
        actor: &Actor,
        change: &ProfileChange,
    ) -> Result<Account, OwnAccountError> {
        let fields = [
            (ProfileField::Name, &change.name),
            (ProfileField::Bio, &change.bio),
            (ProfileField::Contact, &change.contact),
        ];
        for (field, change) in fields {
            if let Some(Some(text)) = change.value() {
                field.check(text).map_err(|error| OwnAccountError::Profile(field, error))?;
            }
        }
        self.own_account(actor).await?;
        let id = actor.principal.account_id;
        let updated = self.store().update_profile(id, change, self.now()).await.map_err(Trouble::from)?;
        live(updated)
    }

    /// Deletes the caller's account with all that belongs to it, for good. The password is asked for again,
    /// so that a stolen access token alone cannot do it.
    pub async fn delete_own_account(
        &self,
        actor: &Actor,
        password: &Password,
    ) -> Result<(), OwnAccountError> {
        let begun = self.begin_try(Subject::Account(actor.principal.account_id), &actor.client).await;
        let begun =
            begun.map_err(|too_many| OwnAccountError::Throttled { retry_after: too_many.retry_after })?;
        let outcome = self.delete_own_account_unlimited(actor, password).await;
        if let Err(OwnAccountError::WrongPassword) = &outcome {
            self.note_wrong_password(actor, "delete_account");
        }
        begun
            .end(match &outcome {
                Ok(()) => Ending::Right,
                Err(OwnAccountError::WrongPassword) => Ending::Wrong,
                Err(
                    OwnAccountError::NoAccount
                    | OwnAccountError::AccountDisabled
                    | OwnAccountError::Profile(..)
                    | OwnAccountError::Throttled { .. }
                    | OwnAccountError::Trouble(_),
                ) => Ending::Unknown,
            })
            .await;
        outcome
    }

    async fn delete_own_account_unlimited(
        &self,
        actor: &Actor,
        password: &Password,
    ) -> Result<(), OwnAccountError> {
        if self.try_delete_own_account(actor, password).await?.is_some() {
            return Ok(());
        }
        // A login may have upgraded the hash meanwhile. If the password itself was changed, this finds it wrong.
        self.try_delete_own_account(actor, password).await?.ok_or(OwnAccountError::WrongPassword)
    }

    /// The same for an older contract, which does not ask for the password.
    pub async fn delete_own_account_unasked(&self, actor: &Actor) -> Result<(), OwnAccountError> {
        let account = self.own_account(actor).await?;
        let event = self.event(AuditKind::AccountDeleted, account.id, &actor.client, self.now());
        match self.delete(account.id, None, &event).await? {
            AccountDeletion::Deleted => Ok(()),
            AccountDeletion::NoAccount | AccountDeletion::PasswordChanged => Err(OwnAccountError::NoAccount),
        }
    }

    /// `None` when the password was replaced while the old one was being checked.
    async fn try_delete_own_account(
        &self,
        actor: &Actor,
        password: &Password,
    ) -> Result<Option<()>, OwnAccountError> {
        let account_id = actor.principal.account_id;
        let asker = Asker::new(&actor.client, &account_id.into_bytes());
        let found = self.store().find_account_secret(account_id).await.map_err(Trouble::from)?;
        let (account, checked) = self.prove(found, password, asker).await.map_err(|error| match error {
            LogInError::UnknownAccount => OwnAccountError::NoAccount,
            LogInError::NoPassword | LogInError::WrongPassword => OwnAccountError::WrongPassword,
            LogInError::AccountDisabled => OwnAccountError::AccountDisabled,
            LogInError::Throttled { retry_after } => OwnAccountError::Throttled { retry_after },
            LogInError::Trouble(trouble) => OwnAccountError::Trouble(trouble),
        })?;
        if account.is_disabled() {
            return Err(OwnAccountError::AccountDisabled);
        }
        let event = self.event(AuditKind::AccountDeleted, account_id, &actor.client, self.now());
        match self.delete(account_id, Some(&checked), &event).await? {
            AccountDeletion::Deleted => Ok(Some(())),
            AccountDeletion::NoAccount => Err(OwnAccountError::NoAccount),
            AccountDeletion::PasswordChanged => Ok(None),
        }
    }

    /// Everything the server keeps about the caller.
    pub async fn export_own_account(&self, actor: &Actor) -> Result<AccountExport, OwnAccountError> {
        let account = self.own_account(actor).await?;
        let mut sessions = Vec::new();
        let mut after: Option<SessionId> = None;
        loop {
            let page = self.list_sessions(actor, PageRequest { after, limit: 200 }).await?;
            sessions.extend(page.items);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        let mut events = Vec::new();
        let mut after: Option<EventId> = None;
        while events.len() < 1000 {
            let request = PageRequest { after, limit: 200 };
            let page: Page<OwnEvent, EventId> = self.own_events(actor, request).await?;
            events.extend(page.items);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        self.note(self.event_of(AuditKind::AccountExported, actor));
        Ok(AccountExport { account, sessions, events })
    }

    /// Deletes an account and refuses its access tokens at once.
    pub(super) async fn delete(
        &self,
        account_id: AccountId,
        checked: Option<&StoredHash>,
        event: &AuditEvent,
    ) -> Result<AccountDeletion, Trouble> {
        let outcome = self.store().delete_account(account_id, checked, event).await?;
        self.take_in_feed().await;
        Ok(outcome)
    }
}

fn live(found: Option<Account>) -> Result<Account, OwnAccountError> {
    match found {
        None => Err(OwnAccountError::NoAccount),
        Some(account) if account.is_disabled() => Err(OwnAccountError::AccountDisabled),
        Some(account) => Ok(account),
    }
}
