//! How does a session end because somebody wants it to?

use super::{Actor, Trouble};
use crate::Auth;
use crate::model::{
    AccountId, AuditDetail, AuditEvent, AuditKind, Client, Page, PageRequest, RevokeReason, Session,
    SessionId,
};

/// Which sessions of an account end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogOut {
    /// The one that asks.
    ThisSession,
    /// All but the one that asks.
    OtherSessions,
    /// All.
    AllSessions,
}

impl Auth {
    /// Ends sessions of the caller; answers how many ended by it.
    pub async fn log_out(&self, actor: &Actor, which: LogOut) -> Result<usize, Trouble> {
        let Actor { principal, client } = actor;
        match which {
            LogOut::ThisSession => {
                let ended = self
                    .end(principal.account_id, principal.session_id, RevokeReason::LoggedOut, client)
                    .await?;
                Ok(usize::from(ended))
            }
            LogOut::OtherSessions => {
                let keep = Some(principal.session_id);
                self.end_all(principal.account_id, keep, RevokeReason::RevokedByOwner, client).await
            }
            LogOut::AllSessions => {
                self.end_all(principal.account_id, None, RevokeReason::LoggedOut, client).await
            }
        }
    }

    /// Ends a session that is known by an authentic refresh token of it only: the access token may have
    /// expired. False when it had ended before.
    pub async fn log_out_session(&self, session_id: SessionId, client: &Client) -> Result<bool, Trouble> {
        let Some(session) = self.store().find_session(session_id).await? else {
            return Ok(false);
        };
        self.end(session.account_id, session_id, RevokeReason::LoggedOut, client).await
    }

    /// Ends one session of the caller by its id. False when the caller has no such live session.
    pub async fn revoke_session(&self, actor: &Actor, session_id: SessionId) -> Result<bool, Trouble> {
        self.end(actor.principal.account_id, session_id, RevokeReason::RevokedByOwner, &actor.client).await
    }

    /// The live sessions of the caller, newest first.
    pub async fn list_sessions(
        &self,
        actor: &Actor,
        page: PageRequest<SessionId>,
    ) -> Result<Page<Session, SessionId>, Trouble> {
        Ok(self.store().list_sessions(actor.principal.account_id, self.now(), page).await?)
    }

    async fn end(
        &self,
        account_id: AccountId,
        session_id: SessionId,
        reason: RevokeReason,
        client: &Client,
    ) -> Result<bool, Trouble> {
        let mut event = self.event(AuditKind::SessionRevoked, account_id, client, self.now());
        event.session_id = Some(session_id);
        event.detail = Some(AuditDetail::word(reason.as_str()));
        let ended = self.store().revoke_session(account_id, session_id, reason, &event).await?;
        if reason == RevokeReason::LoggedOut {
            self.tally().logouts.add(usize::from(ended));
        }
        self.take_in_feed().await;
        Ok(ended)
    }

    async fn end_all(
        &self,
        account_id: AccountId,
        keep: Option<SessionId>,
        reason: RevokeReason,
        client: &Client,
    ) -> Result<usize, Trouble> {
        let event = self.event(AuditKind::SessionsRevoked, account_id, client, self.now());
        self.end_all_as(account_id, keep, reason, event).await
    }

    /// Ends all sessions of an account but one, with the given audit entry.
    pub(super) async fn end_all_as(
        &self,
        account_id: AccountId,
        keep: Option<SessionId>,
        reason: RevokeReason,
        event: AuditEvent,
    ) -> Result<usize, Trouble> {
        let ended = self.store().revoke_sessions(account_id, keep, reason, &event).await?;
        if reason == RevokeReason::LoggedOut {
            self.tally().logouts.add(ended.len());
        }
        self.take_in_feed().await;
        Ok(ended.len())
    }
}
