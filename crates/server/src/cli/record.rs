//! What do commands write down that go past the flows?
//!
//! All accounts of a server leave it or come in by one of them, so the audit log says so.

use portcullis_core::model::{AuditDetail, AuditEvent, AuditKind, Client, EventId};
use portcullis_core::ports::{AuditStore, Clock, Entropy};
use portcullis_store::SqlStore;

use crate::wiring::{SystemClock, SystemEntropy};

/// Writes it down. Where that is not possible, as in a database that is only read, the command goes on and says so.
pub(super) async fn record(store: &SqlStore, kind: AuditKind, detail: AuditDetail) {
    let now = SystemClock.now();
    let mut random = [0; 10];
    SystemEntropy.fill(&mut random);
    let event = AuditEvent {
        id: EventId::new(now, random),
        at: now,
        kind,
        actor_id: None,
        account_id: None,
        session_id: None,
        client: Client::operator(),
        detail: Some(detail),
    };
    if let Err(error) = store.append_audit_events(&[event]).await {
        eprintln!("portcullis: the audit log does not have this: {error}");
    }
}
