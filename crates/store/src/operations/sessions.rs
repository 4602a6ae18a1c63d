//! How do sessions begin, how are they found, and when are they forgotten?

use portcullis_core::crypto::password::StoredHash;
use portcullis_core::model::{
    AccountId, AuditDetail, AuditEvent, AuditKind, NewSession, Page, PageRequest, RevokeReason, Session,
    SessionId, SessionLimit, Timestamp,
};
use portcullis_core::ports::store::SessionCreation;
use uuid::Uuid;

use super::{accounts, audit, known_clients, page_limits, passwords, revocations};
use crate::connection::{Connection, DatabaseError};
use crate::row::Single;
use crate::row::session::session_columns;
use crate::statement::statements;

/// How many sessions one transaction forgets at most, so that no other writer waits for long.
pub(crate) const PRUNED_AT_ONCE: u64 = 500;

/// How many sessions one login ends at most to make room. More than one are too many only after the limit was lowered,
/// or before there was one; the next logins end the others.
const DISPLACED_AT_ONCE: i64 = 200;

statements! {
    INSERT = "INSERT INTO sessions (id, account_id, generation, rotations, address, user_agent, created_at, \
              authenticated_at, last_seen_at, expires_at, idle_expires_at, access_expires_at) \
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    SELECT = "SELECT ", session_columns!(), " FROM sessions s WHERE s.id = $1";
    SELECT_LIVE_PAGE = "SELECT ", session_columns!(), " FROM sessions s WHERE s.account_id = $1 AND s.id < $2 \
              AND s.revoked_at IS NULL AND s.expires_at > $3 AND s.idle_expires_at > $4 ORDER BY s.id DESC LIMIT $5";
    SELECT_LIVE_USE = "SELECT s.id, s.last_seen_at FROM sessions s WHERE s.account_id = $1 \
              AND s.revoked_at IS NULL AND s.expires_at > $2 AND s.idle_expires_at > $3 ORDER BY s.id LIMIT $4";
    DELETE_EXPIRED = "DELETE FROM sessions WHERE id IN (SELECT id FROM \
              (SELECT id FROM sessions WHERE idle_expires_at < $1 LIMIT $2) AS ended)"
              => "DELETE FROM sessions WHERE idle_expires_at < $1 LIMIT $2";
    DELETE_REVOKED = "DELETE FROM sessions WHERE id IN (SELECT id FROM \
              (SELECT id FROM sessions WHERE revoked_at < $1 LIMIT $2) AS ended)"
              => "DELETE FROM sessions WHERE revoked_at < $1 LIMIT $2";
}

/// Begins a session if the account may still have one.
pub(crate) async fn create(
    connection: &mut Connection<'_>,
    session: &NewSession,
    checked: Option<&StoredHash>,
    event: &AuditEvent,
) -> Result<SessionCreation, DatabaseError> {
    let Some(standing) = accounts::lock(connection, session.account_id).await? else {
        return Ok(SessionCreation::NoAccount);
    };
    if standing.disabled_at.is_some() {
        return Ok(SessionCreation::AccountDisabled);
    }
    // SECURITY: whoever knew the old password must not slip in while it is being replaced.
    if let Some(hash) = checked
        && !passwords::is_current(connection, session.account_id, hash).await?
    {
        return Ok(SessionCreation::PasswordChanged);
    }
    let ended = make_room(connection, session).await?;
    insert(connection, session).await?;
    if let Some(newcomer) = &session.newcomer {
        known_clients::meet(connection, session.account_id, newcomer, session.created_at).await?;
    }
    audit::append(connection, event).await?;
    Ok(if ended == 0 { SessionCreation::Created } else { SessionCreation::CreatedInPlaceOf { ended } })
}

/// Ends the least recently used sessions of an account that has as many as it may have, so that it may have one more;
/// answers how many. The caller holds the account's row.
pub(super) async fn make_room(
    connection: &mut Connection<'_>,
    session: &NewSession,
) -> Result<usize, DatabaseError> {
    let NewSession { account_id, created_at: now, .. } = *session;
    let Some(limit) = session.limit else { return Ok(0) };
    let most = usize::try_from(limit.most.get()).unwrap_or(usize::MAX);
    let read = i64::from(limit.most.get()).saturating_add(DISPLACED_AT_ONCE - 1);
    let values = [account_id.into(), now.into(), now.into(), read.into()];
    let live = connection.all::<(Single<SessionId>, Single<Timestamp>)>(&SELECT_LIVE_USE, &values).await?;
    let surplus = (live.len() + 1).saturating_sub(most);
    if surplus == 0 {
        return Ok(0);
    }
    let mut by_use: Vec<_> = live.into_iter().map(|(Single(id), Single(seen_at))| (seen_at, id)).collect();
    by_use.sort_unstable();
    by_use.truncate(surplus);
    for (_, id) in &by_use {
        // Not `Displaced`: a node of the release before, which may be in use meanwhile, could not read the session.
        revocations::end_held(connection, account_id, *id, RevokeReason::RevokedByOwner, now).await?;
    }
    audit::append(connection, &displaced(session, limit, &by_use)).await?;
    Ok(surplus)
}

fn displaced(session: &NewSession, limit: SessionLimit, ended: &[(Timestamp, SessionId)]) -> AuditEvent {
    let (kind, session_id) = match ended {
        [(_, id)] => (AuditKind::SessionRevoked, Some(*id)),
        _ => (AuditKind::SessionsRevoked, None),
    };
    AuditEvent {
        id: limit.event_id,
        at: session.created_at,
        kind,
        actor_id: Some(session.account_id),
        account_id: Some(session.account_id),
        session_id,
        client: session.client.clone(),
        detail: Some(AuditDetail::word(RevokeReason::Displaced.as_str())),
    }
}

/// Writes down a session that begins.
pub(super) async fn insert(
    connection: &mut Connection<'_>,
    session: &NewSession,
) -> Result<(), DatabaseError> {
    let session = session.begin();
    let address = session.client.address.map(|address| address.to_string());
    let rotations = session.rotations.to_text();
    let values = [
        session.id.into(),
        session.account_id.into(),
        session.generation.into(),
        rotations.as_str().into(),
        address.as_deref().into(),
        session.client.user_agent.as_deref().into(),
        session.created_at.into(),
        session.authenticated_at.into(),
        session.last_seen_at.into(),
        session.expires_at.into(),
        session.idle_expires_at.into(),
        session.access_expires_at.into(),
    ];
    connection.execute(&INSERT, &values).await.map(drop)
}

/// The session of that id.
pub(crate) async fn find(
    connection: &mut Connection<'_>,
    id: SessionId,
) -> Result<Option<Session>, DatabaseError> {
    connection.one(&SELECT, &[id.into()]).await
}

/// The live sessions of an account, newest first.
pub(crate) async fn list(
    connection: &mut Connection<'_>,
    account_id: AccountId,
    now: Timestamp,
    page: PageRequest<SessionId>,
) -> Result<Page<Session, SessionId>, DatabaseError> {
    let (read, shown) = page_limits(&page);
    let before = page.after.unwrap_or(SessionId::from_uuid(Uuid::max()));
    let values = [account_id.into(), before.into(), now.into(), now.into(), read.into()];
    let sessions = connection.all::<Session>(&SELECT_LIVE_PAGE, &values).await?;
    Ok(Page::from_overfull(sessions, shown, |session| session.id))
}

/// Forgets up to [`PRUNED_AT_ONCE`] sessions that expired, and as many that were revoked, before a time.
/// The absolute end needs no look of its own: the idle end is never later.
pub(crate) async fn prune(
    connection: &mut Connection<'_>,
    ended_before: Timestamp,
) -> Result<u64, DatabaseError> {
    let limit = i64::try_from(PRUNED_AT_ONCE).unwrap_or(i64::MAX);
    let expired = connection.execute(&DELETE_EXPIRED, &[ended_before.into(), limit.into()]).await?;
    let revoked = connection.execute(&DELETE_REVOKED, &[ended_before.into(), limit.into()]).await?;
    Ok(expired + revoked)
}
