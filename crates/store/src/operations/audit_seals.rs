//! How is the audit log sealed, read with its seals, and cut?

use portcullis_core::model::audit::{Found, SealedEntry};
use portcullis_core::model::{AuditEntry, AuditEvent, AuditSeal, EventId, Timestamp};
use portcullis_core::policy::audit_chain::{AuditSealer, SealingRefusal};
use portcullis_core::ports::audit_store::{AUDIT_PAGE, EventWindow, Pruned, Sealed};
use uuid::Uuid;

use super::audit;
use crate::connection::{Connection, DatabaseError};
use crate::row::Single;
use crate::row::audit_event::audit_event_columns;
use crate::statement::statements;
use crate::transfer::many::many;
use crate::value::Value;

statements! {
    SELECT_LAST = "SELECT seq, event_id, seal FROM audit_seals WHERE seq > $1 ORDER BY seq DESC LIMIT 1";
    SELECT_UNSEALED = "SELECT ", audit_event_columns!(), " FROM audit_events \
                       LEFT JOIN audit_seals ON event_id = id \
                       WHERE id > $1 AND id <= $2 AND event_id IS NULL ORDER BY id LIMIT $3";
    SELECT_PAGE_END = "SELECT id FROM audit_events WHERE id > $1 ORDER BY id LIMIT 1 OFFSET 999";
    SELECT_SEALED = "SELECT seq, event_id, seal, ", audit_event_columns!(), " FROM audit_seals \
                     LEFT JOIN audit_events ON id = event_id WHERE seq > $1 ORDER BY seq LIMIT $2";
    SELECT_SEALS = "SELECT seq, event_id, seal FROM audit_seals WHERE seq > $1 ORDER BY seq LIMIT $2";
    SELECT_ENTRY = "SELECT ", audit_event_columns!(), " FROM audit_events WHERE id = $1";
    INSERT = "INSERT INTO audit_seals (seq, event_id, seal) VALUES ($1, $2, $3)";
    DELETE_SEALS = "DELETE FROM audit_seals WHERE seq < $1";
    // The only statement that ever removes what was written down, but for a move that makes its target anew.
    DELETE_EVENT = "DELETE FROM audit_events WHERE id = $1";
}

many! {
    INSERTS = insert(INSERT);
    DELETE_EVENTS = within(DELETE_EVENT);
}

/// The last seal.
pub(crate) async fn last(connection: &mut Connection<'_>) -> Result<Option<AuditSeal>, DatabaseError> {
    connection.one(&SELECT_LAST, &[0_i64.into()]).await
}

/// The first seal there is.
pub(crate) async fn first(connection: &mut Connection<'_>) -> Result<Option<AuditSeal>, DatabaseError> {
    from(connection, 1).await
}

/// The first seal with that number or a higher one.
pub(crate) async fn from(
    connection: &mut Connection<'_>,
    seq: i64,
) -> Result<Option<AuditSeal>, DatabaseError> {
    connection.one(&SELECT_SEALS, &[seq.saturating_sub(1).into(), 1_i64.into()]).await
}

/// Why a sealer does not go on from the last seal.
async fn refusal(
    connection: &mut Connection<'_>,
    last: Option<&AuditSeal>,
    sealer: &AuditSealer,
) -> Result<Option<SealingRefusal>, DatabaseError> {
    let at_seen = match sealer.seen() {
        Some(seen) => from(connection, seen.seq).await?,
        None => None,
    };
    Ok(sealer.refusal(last, at_seen.as_ref()))
}

/// Entries of a window that have no seal, by growing id.
pub(crate) async fn list_unsealed(
    connection: &mut Connection<'_>,
    window: EventWindow,
    limit: u32,
) -> Result<Vec<AuditEntry>, DatabaseError> {
    let up_to = window.up_to.unwrap_or(EventId::from_uuid(Uuid::max()));
    connection.all(&SELECT_UNSEALED, &[window.after.into(), up_to.into(), limit.into()]).await
}

/// Seals entries of a window that have no seal.
pub(crate) async fn seal(
    connection: &mut Connection<'_>,
    window: EventWindow,
    sealer: &AuditSealer,
) -> Result<Sealed, DatabaseError> {
    let last = last(connection).await?;
    let refused = refusal(connection, last.as_ref(), sealer).await?;
    if refused.is_some() {
        return Ok(Sealed { count: 0, last, refused });
    }
    let entries = list_unsealed(connection, window, AUDIT_PAGE).await?;
    let seals = sealer.seal(last.as_ref(), &entries);
    let mut values = Vec::with_capacity(3 * seals.len());
    for seal in &seals {
        values.extend([Value::from(seal.seq), seal.event_id.into(), seal.seal.as_slice().into()]);
    }
    INSERTS.insert(connection, &values).await.map_err(|error| match error {
        // Another node has sealed meanwhile: what is last now is to be looked at.
        DatabaseError::Taken { index } => DatabaseError::Conflict { cause: index },
        error => error,
    })?;
    let count = seals.len() as u64;
    Ok(Sealed { count, last: seals.into_iter().next_back().or(last), refused: None })
}

/// The id that is a page after another.
pub(crate) async fn find_page_end(
    connection: &mut Connection<'_>,
    after: EventId,
) -> Result<Option<EventId>, DatabaseError> {
    let end = connection.one::<Single<EventId>>(&SELECT_PAGE_END, &[after.into()]).await?;
    Ok(end.map(|Single(id)| id))
}

/// A page of seals with their entries, in their order.
pub(crate) async fn list_sealed(
    connection: &mut Connection<'_>,
    after: i64,
) -> Result<Vec<SealedEntry>, DatabaseError> {
    match connection.all(&SELECT_SEALED, &[after.into(), AUDIT_PAGE.into()]).await {
        // Somebody has written into an entry what no version writes: the others can be read.
        Err(DatabaseError::Failed { .. }) => list_one_by_one(connection, after).await,
        sealed => sealed,
    }
}

async fn list_one_by_one(
    connection: &mut Connection<'_>,
    after: i64,
) -> Result<Vec<SealedEntry>, DatabaseError> {
    let seals = connection.all::<AuditSeal>(&SELECT_SEALS, &[after.into(), AUDIT_PAGE.into()]).await?;
    let mut sealed = Vec::with_capacity(seals.len());
    for seal in seals {
        let found = match connection.one::<AuditEntry>(&SELECT_ENTRY, &[seal.event_id.into()]).await {
            Ok(Some(entry)) => Found::Entry(Box::new(entry)),
            Ok(None) => Found::Nothing,
            Err(DatabaseError::Failed { .. }) => Found::Unreadable,
            Err(error) => return Err(error),
        };
        sealed.push(SealedEntry { seal, found });
    }
    Ok(sealed)
}

/// Removes a page of the oldest sealed entries from before a time, and their seals but for the last.
pub(crate) async fn prune(
    connection: &mut Connection<'_>,
    before: Timestamp,
    event: &AuditEvent,
    sealer: &AuditSealer,
) -> Result<Pruned, DatabaseError> {
    let newest = last(connection).await?;
    let refused = refusal(connection, newest.as_ref(), sealer).await?;
    if refused.is_some() {
        return Ok(Pruned { count: 0, refused });
    }
    let first_to_stay = EventId::first_at(before);
    // The first may be what an earlier time has left: a seal whose entry is gone.
    let limit = AUDIT_PAGE + 1;
    let mut seals = connection.all::<AuditSeal>(&SELECT_SEALS, &[0_i64.into(), limit.into()]).await?;
    let over = seals.iter().take_while(|seal| seal.event_id < first_to_stay).count();
    seals.truncate(over);
    let ids: Vec<Value<'_>> = seals.iter().map(|seal| seal.event_id.into()).collect();
    let count = DELETE_EVENTS.execute(connection, &ids).await?;
    let pruned = Pruned { count, refused: None };
    let Some(last) = seals.last().filter(|_| count > 0) else { return Ok(pruned) };
    connection.execute(&DELETE_SEALS, &[last.seq.into()]).await?;
    let event = event.clone().with_detail(sealer.told_pruned(last));
    audit::append(connection, &event).await?;
    Ok(pruned)
}
