//! What is written down about who did what?

mod detail;
mod entry;
mod kind;
mod seal;

pub use detail::AuditDetail;
pub use entry::AuditEntry;
pub use kind::{AuditKind, AuditOutcome, OtherKind};
pub use seal::{AuditSeal, Found, NotedSeal, NotedSealError, SealedEntry};

use super::{AccountId, Client, EventId, SessionId, Timestamp};

/// One entry of the audit log. Entries are only ever added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEvent {
    /// Its name; grows with time.
    pub id: EventId,
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub kind: AuditKind,
    /// Who did it; `None` for somebody unknown, the server itself or the operator's command line.
    pub actor_id: Option<AccountId>,
    /// To which account it happened.
    pub account_id: Option<AccountId>,
    /// In which session.
    pub session_id: Option<SessionId>,
    /// From where, and by which request.
    pub client: Client,
    /// What the kind leaves open: why something failed, or to what something was changed.
    pub detail: Option<AuditDetail>,
}

impl AuditEvent {
    /// The same event with what its kind leaves open.
    #[must_use]
    pub fn with_detail(self, detail: AuditDetail) -> Self {
        Self { detail: Some(detail), ..self }
    }
}
