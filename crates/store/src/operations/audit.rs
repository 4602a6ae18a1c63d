//! How is the audit log written and read?

use portcullis_core::model::{AccountId, AuditEvent, EventId, Page, PageRequest};
use uuid::Uuid;

use super::page_limits;
use crate::connection::{Connection, DatabaseError};
use crate::row::audit_event::audit_event_columns;
use crate::statement::statements;

statements! {
    INSERT = "INSERT INTO audit_events (", audit_event_columns!(), ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    SELECT_PAGE = "SELECT ", audit_event_columns!(), " FROM audit_events WHERE id < $1 ORDER BY id DESC LIMIT $2";
    SELECT_PAGE_OF_ACCOUNT = "SELECT ", audit_event_columns!(), " FROM audit_events \
                              WHERE account_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3";
}

/// Adds an entry.
pub(super) async fn append(connection: &mut Connection<'_>, event: &AuditEvent) -> Result<(), DatabaseError> {
    let address = event.client.address.map(|address| address.to_string());
    let values = [
        event.id.into(),
        event.at.into(),
        event.kind.as_str().into(),
        event.actor_id.into(),
        event.account_id.into(),
        event.session_id.into(),
        address.as_deref().into(),
        event.client.user_agent.as_deref().into(),
    ];
    connection.execute(&INSERT, &values).await.map(drop)
}

/// Entries, newest first, of one account or of all.
pub(crate) async fn list(
    connection: &mut Connection<'_>,
    account_id: Option<AccountId>,
    page: PageRequest<EventId>,
) -> Result<Page<AuditEvent, EventId>, DatabaseError> {
    let (read, shown) = page_limits(&page);
    let before = page.after.unwrap_or(EventId::from_uuid(Uuid::max()));
    let events = match account_id {
        Some(id) => connection.all(&SELECT_PAGE_OF_ACCOUNT, &[id.into(), before.into(), read.into()]).await?,
        None => connection.all(&SELECT_PAGE, &[before.into(), read.into()]).await?,
    };
    Ok(Page::from_overfull(events, shown, |event: &AuditEvent| event.id))
}
