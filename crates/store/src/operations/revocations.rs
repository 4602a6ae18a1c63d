//! How do sessions end before their time, and how do verifiers hear of it?
//!
//! A session that ends gets an entry in the feed as long as an access token of it may be alive. The account's
//! row is held while sessions end, so that none ends twice and no entry is written twice.

use portcullis_core::model::{AccountId, AuditEvent, Revocation, RevokeReason, SessionId, Timestamp};
use portcullis_core::ports::store::FEED_MARGIN;
use uuid::Uuid;

use super::{accounts, audit};
use crate::connection::{Connection, DatabaseError};
use crate::row::Single;
use crate::statement::statements;

statements! {
    // Not `revoked_at IS NULL`, as in `rotation`.
    UPDATE_ONE = "UPDATE sessions SET revoked_at = $1, revoke_reason = $2 \
                  WHERE id = $3 AND account_id = $4 AND COALESCE(revoked_at, 0) = 0";
    INSERT_ONE = "INSERT INTO revocations (session_id, revoked_at, expires_at) \
                  SELECT id, revoked_at, access_expires_at FROM sessions WHERE id = $1 AND access_expires_at > $2";
    SELECT_UNREVOKED = "SELECT id FROM sessions WHERE account_id = $1 AND id <> $2 AND revoked_at IS NULL";
    // On MySQL by an index that does not change under it.
    UPDATE_UNREVOKED = "UPDATE sessions SET revoked_at = $1, revoke_reason = $2 \
                  WHERE account_id = $3 AND id <> $4 AND revoked_at IS NULL"
                  => "UPDATE sessions SET revoked_at = $1, revoke_reason = $2 \
                  WHERE account_id = $3 AND id <> $4 AND COALESCE(revoked_at, 0) = 0";
    INSERT_MISSING = "INSERT INTO revocations (session_id, revoked_at, expires_at) \
                  SELECT s.id, s.revoked_at, s.access_expires_at \
                  FROM sessions s LEFT JOIN revocations r ON r.session_id = s.id \
                  WHERE s.account_id = $1 AND s.revoked_at = $2 AND s.access_expires_at > $3 \
                  AND r.session_id IS NULL";
    SELECT_SINCE = "SELECT session_id, revoked_at, expires_at FROM revocations \
                  WHERE revoked_at >= $1 AND expires_at > $2 ORDER BY revoked_at, session_id";
    DELETE_EXPIRED = "DELETE FROM revocations WHERE expires_at <= $1";
}

/// Ends one session of an account.
pub(crate) async fn revoke_one(
    connection: &mut Connection<'_>,
    account_id: AccountId,
    session_id: SessionId,
    reason: RevokeReason,
    event: &AuditEvent,
) -> Result<bool, DatabaseError> {
    let ended = end_one(connection, account_id, session_id, reason, event.at).await?;
    if ended {
        audit::append(connection, event).await?;
    }
    Ok(ended)
}

/// Ends all sessions of an account but one.
pub(crate) async fn revoke_all(
    connection: &mut Connection<'_>,
    account_id: AccountId,
    except: Option<SessionId>,
    reason: RevokeReason,
    event: &AuditEvent,
) -> Result<Vec<SessionId>, DatabaseError> {
    if accounts::lock(connection, account_id).await?.is_none() {
        return Ok(Vec::new());
    }
    let ended = end_all(connection, account_id, except, reason, event.at).await?;
    if !ended.is_empty() {
        audit::append(connection, event).await?;
    }
    Ok(ended)
}

/// Ends one session and feeds it; false when it was ended before or is not the account's.
pub(super) async fn end_one(
    connection: &mut Connection<'_>,
    account_id: AccountId,
    session_id: SessionId,
    reason: RevokeReason,
    now: Timestamp,
) -> Result<bool, DatabaseError> {
    if accounts::lock(connection, account_id).await?.is_none() {
        return Ok(false);
    }
    end_held(connection, account_id, session_id, reason, now).await
}

/// The same where the caller holds the account's row.
pub(super) async fn end_held(
    connection: &mut Connection<'_>,
    account_id: AccountId,
    session_id: SessionId,
    reason: RevokeReason,
    now: Timestamp,
) -> Result<bool, DatabaseError> {
    let values = [now.into(), reason.as_str().into(), session_id.into(), account_id.into()];
    if connection.execute(&UPDATE_ONE, &values).await? == 0 {
        return Ok(false);
    }
    connection.execute(&INSERT_ONE, &[session_id.into(), now.minus(FEED_MARGIN).into()]).await?;
    connection.announce();
    Ok(true)
}

/// Ends all sessions but one and feeds them. The caller holds the account's row.
pub(super) async fn end_all(
    connection: &mut Connection<'_>,
    account_id: AccountId,
    except: Option<SessionId>,
    reason: RevokeReason,
    now: Timestamp,
) -> Result<Vec<SessionId>, DatabaseError> {
    // SECURITY: a token that an older system issued before would go on, and could even begin a session.
    accounts::disown(connection, account_id, now).await?;
    // No session has the nil id.
    let except = except.unwrap_or(SessionId::from_uuid(Uuid::nil()));
    let values = [account_id.into(), except.into()];
    let ended = connection.all::<Single<SessionId>>(&SELECT_UNREVOKED, &values).await?;
    if ended.is_empty() {
        return Ok(Vec::new());
    }
    let values = [now.into(), reason.as_str().into(), account_id.into(), except.into()];
    connection.execute(&UPDATE_UNREVOKED, &values).await?;
    // Only now: a rotation that was faster may have moved the end of the last access token.
    let values = [account_id.into(), now.into(), now.minus(FEED_MARGIN).into()];
    connection.execute(&INSERT_MISSING, &values).await?;
    connection.announce();
    Ok(ended.into_iter().map(|Single(id)| id).collect())
}

/// The entries made at or after `since` that have not expired at `now`.
pub(crate) async fn list(
    connection: &mut Connection<'_>,
    since: Timestamp,
    now: Timestamp,
) -> Result<Vec<Revocation>, DatabaseError> {
    connection.all(&SELECT_SINCE, &[since.into(), now.into()]).await
}

/// Forgets the entries that have expired at `now`.
pub(crate) async fn prune(connection: &mut Connection<'_>, now: Timestamp) -> Result<u64, DatabaseError> {
    connection.execute(&DELETE_EXPIRED, &[now.minus(FEED_MARGIN).into()]).await
}
