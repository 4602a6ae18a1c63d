//! What can an account see of itself, change and take away?

use std::time::Duration;

use super::audit::OwnEvent;
use super::{Actor, Trouble};
use crate::Auth;
use crate::model::{
    Account, AuditKind, EventId, Page, PageRequest, ProfileChange, ProfileField, ProfileTextError, Session,
    SessionId,
};

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

/// The address of the caller's account is not verified.
#[derive(Debug, thiserror::Error)]
pub enum NotVerified {
    /// It is not, or there is none.
    #[error("the email address is not verified")]
    NotVerified,
    /// Not the caller's fault.
    #[error(transparent)]
    Trouble(#[from] Trouble),
}

impl Auth {
    /// Whether the address of the caller's account is verified: by the access token, or since that was made.
    pub async fn check_verified_email(&self, actor: &Actor) -> Result<(), NotVerified> {
        if actor.principal.email_verified {
            return Ok(());
        }
        let found = self.store().find_account(actor.principal.account_id).await.map_err(Trouble::from)?;
        let is_verified = found.is_some_and(|account| account.email_verified_at.is_some());
        if is_verified { Ok(()) } else { Err(NotVerified::NotVerified) }
    }

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
}

fn live(found: Option<Account>) -> Result<Account, OwnAccountError> {
    match found {
        None => Err(OwnAccountError::NoAccount),
        Some(account) if account.is_disabled() => Err(OwnAccountError::AccountDisabled),
        Some(account) => Ok(account),
    }
}
