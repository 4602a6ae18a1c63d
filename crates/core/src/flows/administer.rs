//! What can an administrator or the operator do with an account that is not theirs?
//!
//! An administrator's role is read from the database at every call: an access token tells what the role was
//! when it was made, and a demotion must count at once.

use super::reauthenticate::ReauthenticationRequired;
use super::{Actor, Trouble};
use crate::Auth;
use crate::model::audit::SealedEntry;
use crate::model::{
    Account, AccountId, AuditDetail, AuditEvent, AuditKind, Client, EventId, Identifier, Page, PageRequest,
    RevokeReason, Role, Session, SessionId,
};
use crate::ports::audit_store::AuditFilter;
use crate::ports::store::AccountDeletion;

/// Proof that somebody may administer: made by [`Auth::administrator`] for a request, by
/// [`Administrator::operator`] for whoever can run commands on the machine anyway.
#[derive(Debug, Clone)]
pub struct Administrator {
    account_id: Option<AccountId>,
    client: Client,
    recent: Result<(), ReauthenticationRequired>,
}

impl Administrator {
    /// The operator at the command line.
    pub fn operator() -> Self {
        Self { account_id: None, client: Client::operator(), recent: Ok(()) }
    }

    /// The administrator's account; `None` for the operator.
    pub const fn account_id(&self) -> Option<AccountId> {
        self.account_id
    }

    /// Whether the administrator proved who they are recently enough for what is sensitive: to disable, promote, demote
    /// or delete an account, or to rotate keys. The operator has no session that could have been stolen.
    pub const fn check_recent(&self) -> Result<(), ReauthenticationRequired> {
        self.recent
    }

    /// From where the administrator calls.
    pub const fn client(&self) -> &Client {
        &self.client
    }
}

/// Why somebody may not administer, or could not.
#[derive(Debug, thiserror::Error)]
pub enum AdministerError {
    /// The caller is no administrator (any more).
    #[error("only an administrator may do this")]
    Forbidden,
    /// There is no such account.
    #[error("there is no such account")]
    NoAccount,
    /// The account has no email address.
    #[error("the account has no email address")]
    NoEmail,
    /// There is no such live session.
    #[error("there is no such session")]
    NoSession,
    /// An administrator may not disable, demote or delete the account they act with: somebody has to stay.
    #[error("an administrator cannot do this to the own account")]
    OwnAccount,
    /// It is sensitive, and the administrator proved who they are too long ago.
    #[error(transparent)]
    ReauthenticationRequired(#[from] ReauthenticationRequired),
    /// Where wrong passwords are counted does not answer.
    #[error("the counters of wrong passwords are away")]
    CountersAway,
    /// Not the caller's fault.
    #[error(transparent)]
    Trouble(#[from] Trouble),
}

impl Auth {
    /// Checks in the database that the caller is an administrator now.
    pub async fn administrator(&self, actor: &Actor) -> Result<Administrator, AdministerError> {
        let account = self.store().find_account(actor.principal.account_id).await.map_err(Trouble::from)?;
        match account {
            Some(account) if account.role == Role::Admin && !account.is_disabled() => {
                let recent = self.check_recent(&actor.principal);
                Ok(Administrator { account_id: Some(account.id), client: actor.client.clone(), recent })
            }
            _ => {
                self.note(self.event_of(AuditKind::AuthorizationFailed, actor));
                Err(AdministerError::Forbidden)
            }
        }
    }

    /// Accounts by growing number.
    pub async fn list_accounts(
        &self,
        _by: &Administrator,
        page: PageRequest<i64>,
    ) -> Result<Page<Account, i64>, AdministerError> {
        Ok(self.store().list_accounts(page).await.map_err(Trouble::from)?)
    }

    /// One account by its id.
    pub async fn account(&self, _by: &Administrator, id: AccountId) -> Result<Account, AdministerError> {
        self.store().find_account(id).await.map_err(Trouble::from)?.ok_or(AdministerError::NoAccount)
    }

    /// One account by its email address or username.
    pub async fn account_by_identifier(
        &self,
        _by: &Administrator,
        identifier: &Identifier,
    ) -> Result<Account, AdministerError> {
        let found = self.store().find_account_by_identifier(identifier).await.map_err(Trouble::from)?;
        found.map(|secret| secret.account).ok_or(AdministerError::NoAccount)
    }

    /// Disables an account and ends all its sessions.
    pub async fn disable_account(&self, by: &Administrator, id: AccountId) -> Result<(), AdministerError> {
        by.check_recent()?;
        not_own(by, id)?;
        let event = self.event_by(by, AuditKind::AccountDisabled, id);
        let found = self.store().disable_account(id, &event).await.map_err(Trouble::from)?;
        self.take_in_feed().await;
        exists(found)
    }

    /// Enables an account.
    pub async fn enable_account(&self, by: &Administrator, id: AccountId) -> Result<(), AdministerError> {
        let event = self.event_by(by, AuditKind::AccountEnabled, id);
        exists(self.store().enable_account(id, &event).await.map_err(Trouble::from)?)
    }

    /// Gives an account a role. Access tokens made before say the old role until they expire; the admin
    /// routes do not believe them.
    pub async fn set_role(
        &self,
        by: &Administrator,
        id: AccountId,
        role: Role,
    ) -> Result<(), AdministerError> {
        by.check_recent()?;
        if role != Role::Admin {
            not_own(by, id)?;
        }
        let event =
            self.event_by(by, AuditKind::RoleChanged, id).with_detail(AuditDetail::word(role.as_str()));
        exists(self.store().set_role(id, role, &event).await.map_err(Trouble::from)?)
    }

    /// Deletes an account with all that belongs to it, for good.
    pub async fn delete_account(&self, by: &Administrator, id: AccountId) -> Result<(), AdministerError> {
        by.check_recent()?;
        not_own(by, id)?;
        let event = self.event_by(by, AuditKind::AccountDeleted, id);
        match self.delete(id, None, &event).await? {
            AccountDeletion::Deleted => Ok(()),
            // Nothing was checked that could have changed.
            AccountDeletion::NoAccount | AccountDeletion::PasswordChanged => Err(AdministerError::NoAccount),
        }
    }

    /// The live sessions of an account, newest first.
    pub async fn list_sessions_of(
        &self,
        _by: &Administrator,
        id: AccountId,
        page: PageRequest<SessionId>,
    ) -> Result<Page<Session, SessionId>, AdministerError> {
        Ok(self.store().list_sessions(id, self.now(), page).await.map_err(Trouble::from)?)
    }

    /// Ends one session of an account.
    pub async fn revoke_session_of(
        &self,
        by: &Administrator,
        id: AccountId,
        session_id: SessionId,
    ) -> Result<(), AdministerError> {
        let mut event = self.event_by(by, AuditKind::SessionRevoked, id);
        event.session_id = Some(session_id);
        let reason = RevokeReason::RevokedByAdmin;
        event.detail = Some(AuditDetail::word(reason.as_str()));
        let ended =
            self.store().revoke_session(id, session_id, reason, &event).await.map_err(Trouble::from)?;
        self.take_in_feed().await;
        if ended { Ok(()) } else { Err(AdministerError::NoSession) }
    }

    /// Ends all sessions of an account; answers how many.
    pub async fn revoke_sessions_of(
        &self,
        by: &Administrator,
        id: AccountId,
    ) -> Result<usize, AdministerError> {
        let event = self.event_by(by, AuditKind::SessionsRevoked, id);
        Ok(self.end_all_as(id, None, RevokeReason::RevokedByAdmin, event).await?)
    }

    /// The audit log, newest first.
    pub async fn list_audit_events(
        &self,
        _by: &Administrator,
        filter: &AuditFilter,
        page: PageRequest<EventId>,
    ) -> Result<Page<AuditEvent, EventId>, AdministerError> {
        Ok(self.read_audit_log(filter, page).await?)
    }

    /// Entries of the audit log with their seals, by growing number, from the one after `after` on. None is left out or comes
    /// twice, however late it was written: what has no seal yet gets a greater number than all that have.
    pub async fn list_sealed_audit_entries(
        &self,
        _by: &Administrator,
        after: i64,
    ) -> Result<Vec<SealedEntry>, AdministerError> {
        Ok(self.store().list_sealed_audit_entries(after).await.map_err(Trouble::from)?)
    }

    pub(super) fn event_by(&self, by: &Administrator, kind: AuditKind, account_id: AccountId) -> AuditEvent {
        let mut event = self.event(kind, account_id, &by.client, self.now());
        event.actor_id = by.account_id;
        event
    }
}

fn not_own(by: &Administrator, id: AccountId) -> Result<(), AdministerError> {
    if by.account_id == Some(id) { Err(AdministerError::OwnAccount) } else { Ok(()) }
}

fn exists(found: bool) -> Result<(), AdministerError> {
    if found { Ok(()) } else { Err(AdministerError::NoAccount) }
}
