//! How is the audit log written and read?

use portcullis_core::model::{AccountId, AuditDetail, AuditEvent, AuditKind, EventId, Page, PageRequest};
use portcullis_core::ports::audit_store::AuditFilter;
use uuid::Uuid;

use super::page_limits;
use crate::connection::{Connection, DatabaseError};
use crate::row::Single;
use crate::row::audit_event::audit_event_columns;
use crate::statement::{Sql, statements};
use crate::transfer::many::many;
use crate::value::Value;

statements! {
    INSERT = "INSERT INTO audit_events (", audit_event_columns!(), ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    SELECT_ID = "SELECT id FROM audit_events WHERE id = $1";
    SELECT_PAGE = "SELECT ", audit_event_columns!(), " FROM audit_events \
                   WHERE id < $1 AND id >= $2 ORDER BY id DESC LIMIT $3";
    SELECT_PAGE_OF_ACCOUNT = "SELECT ", audit_event_columns!(), " FROM audit_events \
                   WHERE account_id = $1 AND id < $2 AND id >= $3 ORDER BY id DESC LIMIT $4";
    SELECT_PAGE_OF_KIND = "SELECT ", audit_event_columns!(), " FROM audit_events \
                   WHERE kind = $1 AND id < $2 AND id >= $3 ORDER BY id DESC LIMIT $4";
    // Not `kind = $2`: of an account there is little, of a kind there may be nearly all.
    SELECT_PAGE_OF_ACCOUNT_AND_KIND = "SELECT ", audit_event_columns!(), " FROM audit_events \
                   WHERE account_id = $1 AND COALESCE(kind, '') = $2 AND id < $3 AND id >= $4 ORDER BY id DESC LIMIT $5";
}

many! {
    IDS = within(SELECT_ID);
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
        event.client.request_id.as_deref().into(),
        event.detail.as_ref().map(AuditDetail::as_str).into(),
    ];
    connection.execute(&INSERT, &values).await.map(drop)
}

/// Adds entries that are not there yet.
pub(crate) async fn append_all(
    connection: &mut Connection<'_>,
    events: &[AuditEvent],
) -> Result<(), DatabaseError> {
    let ids: Vec<Value<'_>> = events.iter().map(|event| event.id.into()).collect();
    let there = IDS.find::<Single<EventId>>(connection, &ids).await?;
    for event in events {
        if !there.iter().any(|Single(id)| *id == event.id) {
            append(connection, event).await?;
        }
    }
    Ok(())
}

/// Entries that pass a filter, newest first.
pub(crate) async fn list(
    connection: &mut Connection<'_>,
    filter: &AuditFilter,
    page: PageRequest<EventId>,
) -> Result<Page<AuditEvent, EventId>, DatabaseError> {
    let (read, shown) = page_limits(&page);
    // An id tells its time, and grows with it.
    let end = filter.until.map_or(EventId::from_uuid(Uuid::max()), EventId::first_at);
    let before = page.after.map_or(end, |after| after.min(end));
    let from = filter.since.map_or(EventId::from_uuid(Uuid::nil()), EventId::first_at);
    let bounds = [before.into(), from.into(), read.into()];
    let mut events: Vec<AuditEvent> = Vec::new();
    for (sql, choice) in choices(filter) {
        let values = [choice.as_slice(), bounds.as_slice()].concat();
        events.extend(connection.all::<AuditEvent>(sql, &values).await?);
    }
    events.sort_unstable_by_key(|event| std::cmp::Reverse(event.id));
    Ok(Page::from_overfull(events, shown, |event: &AuditEvent| event.id))
}

/// What to ask for: each kind by itself, so that an index leads to it.
fn choices(filter: &AuditFilter) -> Vec<(&'static Sql, Vec<Value<'_>>)> {
    let mut kinds: Vec<_> = filter.kinds.iter().collect();
    kinds.sort_unstable();
    kinds.dedup();
    match (kinds.is_empty(), filter.account_id) {
        (false, account) => kinds.into_iter().map(|kind| choice(kind, account)).collect(),
        (true, Some(account)) => vec![(&SELECT_PAGE_OF_ACCOUNT, vec![account.into()])],
        (true, None) => vec![(&SELECT_PAGE, Vec::new())],
    }
}

fn choice(kind: &AuditKind, account: Option<AccountId>) -> (&'static Sql, Vec<Value<'_>>) {
    match account {
        Some(account) => (&SELECT_PAGE_OF_ACCOUNT_AND_KIND, vec![account.into(), kind.as_str().into()]),
        None => (&SELECT_PAGE_OF_KIND, vec![kind.as_str().into()]),
    }
}
