//! How does a session go on here that an older system began, and how is an access token of such a system refused?
//!
//! The refresh token of an older system is exchanged for the first time once: the id of its session follows from it,
//! and an entry in `adopted_sessions` outlives the session and its account.

use portcullis_core::model::{AuditEvent, RevokeReason, SessionId, Timestamp};
use portcullis_core::ports::store::{Adoption, FEED_MARGIN, SessionAdoption};

use super::sessions::PRUNED_AT_ONCE;
use super::{accounts, again, audit, revocations, sessions};
use crate::connection::{Connection, DatabaseError};
use crate::row::Single;
use crate::statement::statements;

statements! {
    INSERT = "INSERT INTO adopted_sessions (session_id, expires_at) VALUES ($1, $2)";
    SELECT = "SELECT expires_at FROM adopted_sessions WHERE session_id = $1";
    DELETE_EXPIRED = "DELETE FROM adopted_sessions WHERE session_id IN (SELECT session_id FROM \
                      (SELECT session_id FROM adopted_sessions WHERE expires_at <= $1 LIMIT $2) AS expired)"
                      => "DELETE FROM adopted_sessions WHERE expires_at <= $1 LIMIT $2";
    SELECT_REVOCATION = "SELECT expires_at FROM revocations WHERE session_id = $1";
    INSERT_REVOCATION = "INSERT INTO revocations (session_id, revoked_at, expires_at) VALUES ($1, $2, $3)";
    UPDATE_REVOCATION = "UPDATE revocations SET revoked_at = $1, expires_at = $2 WHERE session_id = $3";
}

/// Begins the session of a refresh token of an older system, if it never began before and its account may still have
/// one. What does not begin is not remembered.
pub(crate) async fn adopt(
    connection: &mut Connection<'_>,
    adoption: &Adoption,
    event: &AuditEvent,
) -> Result<SessionAdoption, DatabaseError> {
    let session = &adoption.session;
    let refusal = match accounts::lock(connection, session.account_id).await? {
        None => Some(SessionAdoption::NoAccount),
        Some(standing) if standing.disabled_at.is_some() => Some(SessionAdoption::AccountDisabled),
        Some(standing) if standing.disowned_at.is_some_and(|at| adoption.issued_at <= at) => {
            Some(SessionAdoption::Disowned)
        }
        Some(_) => None,
    };
    if let Some(refusal) = refusal {
        let known = is_known(connection, session.id).await?;
        return Ok(if known { SessionAdoption::Known } else { refusal });
    }
    match connection.execute(&INSERT, &[session.id.into(), adoption.remembered_until.into()]).await {
        Ok(_) => {}
        // On PostgreSQL the transaction is over with this, and there is nothing in it.
        Err(DatabaseError::Taken { .. }) => return Ok(SessionAdoption::Known),
        Err(error) => return Err(error),
    }
    // SECURITY: whoever is being disabled at another server of a cluster would keep the session.
    accounts::stand_in_the_way(connection, session.account_id).await?;
    let ended = sessions::make_room(connection, session).await?;
    sessions::insert(connection, session).await?;
    audit::append(connection, event).await?;
    Ok(if ended == 0 { SessionAdoption::Adopted } else { SessionAdoption::AdoptedInPlaceOf { ended } })
}

async fn is_known(connection: &mut Connection<'_>, id: SessionId) -> Result<bool, DatabaseError> {
    Ok(connection.one::<Single<Timestamp>>(&SELECT, &[id.into()]).await?.is_some())
}

/// Ends a session that an older system began. One that was never adopted begins and ends in this transaction, so that
/// nobody ever sees it alive.
pub(crate) async fn end_foreign(
    connection: &mut Connection<'_>,
    adoption: &Adoption,
    access_expires_at: Timestamp,
    event: &AuditEvent,
) -> Result<bool, DatabaseError> {
    let session = &adoption.session;
    if accounts::lock(connection, session.account_id).await?.is_none() {
        return Ok(false);
    }
    let is_here = sessions::find(connection, session.id).await?.is_some();
    if !is_here && !is_known(connection, session.id).await? {
        let values = [session.id.into(), adoption.remembered_until.into()];
        connection.execute(&INSERT, &values).await.map_err(again)?;
        sessions::insert(connection, session).await?;
    }
    let reason = RevokeReason::LoggedOut;
    let ended = revocations::end_one(connection, session.account_id, session.id, reason, event.at).await?;
    if ended {
        audit::append(connection, event).await?;
    }
    feed_until(connection, session.id, access_expires_at, event.at).await?;
    Ok(ended)
}

/// Whether a session that an older system began was ended. An adopted one that is in no table has been forgotten since.
pub(crate) async fn has_ended(connection: &mut Connection<'_>, id: SessionId) -> Result<bool, DatabaseError> {
    // In this order: asked the other way round, one that is adopted between the two questions would look forgotten.
    let known = is_known(connection, id).await?;
    let session = sessions::find(connection, id).await?;
    Ok(session.map_or(known, |session| session.revoked.is_some()))
}

/// Keeps a session in the feed for at least so long.
async fn feed_until(
    connection: &mut Connection<'_>,
    session_id: SessionId,
    until: Timestamp,
    now: Timestamp,
) -> Result<(), DatabaseError> {
    let fed =
        connection.one_for_update::<Single<Timestamp>>(&SELECT_REVOCATION, &[session_id.into()]).await?;
    match fed {
        Some(Single(known)) if known >= until => return Ok(()),
        Some(_) => {
            // With a time of its own, or those who have read the entry would not read it again.
            let values = [now.into(), until.into(), session_id.into()];
            connection.execute(&UPDATE_REVOCATION, &values).await?;
        }
        None => {
            let values = [session_id.into(), now.into(), until.into()];
            connection.execute(&INSERT_REVOCATION, &values).await.map_err(again)?;
        }
    }
    connection.announce();
    Ok(())
}

/// Forgets up to [`PRUNED_AT_ONCE`] ids whose refresh tokens have expired at `now`; answers how many.
pub(crate) async fn prune(connection: &mut Connection<'_>, now: Timestamp) -> Result<u64, DatabaseError> {
    let limit = i64::try_from(PRUNED_AT_ONCE).unwrap_or(i64::MAX);
    connection.execute(&DELETE_EXPIRED, &[now.minus(FEED_MARGIN).into(), limit.into()]).await
}
