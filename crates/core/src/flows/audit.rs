//! What becomes of the audit log: how is it written, read by those it is about, sealed, checked and cut?

mod retention;
mod sealing;
mod verifying;
mod writing;

pub use retention::Kept;
pub use sealing::Sealing;
pub use verifying::{KnownElsewhere, Progress};

use super::{Actor, Trouble};
use crate::Auth;
use crate::model::{AuditEvent, EventId, Page, PageRequest};
use crate::ports::audit_store::AuditFilter;

/// Who did something to an account, as far as its owner is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The owner.
    Owner,
    /// An administrator or the operator.
    Administrator,
    /// Nobody knows: somebody who did not get in, or had a stolen token.
    Unknown,
}

impl By {
    /// The word in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Administrator => "administrator",
            Self::Unknown => "unknown",
        }
    }
}

/// An entry of the audit log as the owner of the account may see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnEvent {
    /// The entry, without what is about somebody else.
    pub event: AuditEvent,
    /// Who it was.
    pub by: By,
}

impl OwnEvent {
    /// What the owner of the account that it happened to may see of an entry.
    ///
    /// SECURITY: an administrator's address and browser are nobody's business but other administrators'.
    pub fn seen_by_owner(mut event: AuditEvent) -> Self {
        let is_operator = event.client == crate::model::Client::operator();
        let by = match event.actor_id {
            Some(actor) if Some(actor) == event.account_id => By::Owner,
            Some(_) => By::Administrator,
            None if is_operator => By::Administrator,
            None => By::Unknown,
        };
        if by == By::Administrator {
            event.client = crate::model::Client::default();
            event.actor_id = None;
        }
        Self { event, by }
    }
}

impl Auth {
    /// What happened to the caller's account, newest first.
    pub async fn own_events(
        &self,
        actor: &Actor,
        page: PageRequest<EventId>,
    ) -> Result<Page<OwnEvent, EventId>, Trouble> {
        let filter = AuditFilter::of(actor.principal.account_id);
        let Page { items, next } = self.read_audit_log(&filter, page).await?;
        Ok(Page { items: items.into_iter().map(OwnEvent::seen_by_owner).collect(), next })
    }

    /// A page of the log, with what this process has noted up to now.
    pub(crate) async fn read_audit_log(
        &self,
        filter: &AuditFilter,
        page: PageRequest<EventId>,
    ) -> Result<Page<AuditEvent, EventId>, Trouble> {
        // What cannot be written now is written later, and does not keep anybody from reading.
        if let Err(error) = self.write_audit_queue().await {
            tracing::debug!(%error, "the audit log is read without what waits to be written");
        }
        Ok(self.store().list_audit_events(filter, page).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::{By, OwnEvent};
    use crate::model::{AccountId, AuditEvent, AuditKind, Client, EventId, Timestamp};

    fn by(actor_id: Option<AccountId>, client: Client) -> (By, Client, Option<AccountId>) {
        let at = Timestamp::from_millis(1);
        let seen = OwnEvent::seen_by_owner(AuditEvent {
            id: EventId::first_at(at),
            at,
            kind: AuditKind::RoleChanged,
            actor_id,
            account_id: Some(AccountId::new(at, [1; 10])),
            session_id: None,
            client,
            detail: None,
        });
        (seen.by, seen.event.client, seen.event.actor_id)
    }

    #[test]
    fn an_owner_sees_from_where_others_came_but_for_administrators() {
        let [owner, root] = [1, 2].map(|byte| AccountId::new(Timestamp::from_millis(1), [byte; 10]));
        let place = Client::new("192.0.2.7".parse().ok(), Some("app/1"));
        assert_eq!(by(Some(owner), place.clone()), (By::Owner, place.clone(), Some(owner)));
        assert_eq!(by(None, place.clone()), (By::Unknown, place.clone(), None));
        assert_eq!(by(Some(root), place), (By::Administrator, Client::default(), None));
        assert_eq!(by(None, Client::operator()), (By::Administrator, Client::default(), None));
    }
}
