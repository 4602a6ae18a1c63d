//! From where has somebody logged in to an account before?

use std::time::Duration;

use portcullis_core::model::{AccountId, Newcomer, Timestamp};

use super::sessions::PRUNED_AT_ONCE;
use super::{again, outbox};
use crate::connection::{Connection, DatabaseError};
use crate::row::Single;
use crate::statement::statements;

/// How exactly it is known when somebody was seen: not every login is written down.
const EXACTNESS: Duration = Duration::from_hours(24);

statements! {
    SELECT = "SELECT seen_at FROM known_clients WHERE account_id = $1 AND place = $2";
    SELECT_ANY = "SELECT seen_at FROM known_clients WHERE account_id = $1 LIMIT $2";
    INSERT = "INSERT INTO known_clients (account_id, place, seen_at) VALUES ($1, $2, $3)";
    UPDATE = "UPDATE known_clients SET seen_at = $1 WHERE account_id = $2 AND place = $3";
    DELETE_OF_ACCOUNT = "DELETE FROM known_clients WHERE account_id = $1";
    DELETE_UNSEEN = "DELETE FROM known_clients WHERE (account_id, place) IN (SELECT account_id, place FROM \
              (SELECT account_id, place FROM known_clients WHERE seen_at < $1 LIMIT $2) AS ended)"
              => "DELETE FROM known_clients WHERE seen_at < $1 LIMIT $2";
}

/// Somebody logs in: the place is known from now on, and a mail says so if it was not. The caller holds the account's
/// row.
pub(super) async fn meet(
    connection: &mut Connection<'_>,
    account_id: AccountId,
    newcomer: &Newcomer,
    now: Timestamp,
) -> Result<(), DatabaseError> {
    let place = newcomer.place.as_slice();
    let seen = connection.one::<Single<Timestamp>>(&SELECT, &[account_id.into(), place.into()]).await?;
    if let Some(Single(seen_at)) = seen {
        if now.since(seen_at) > EXACTNESS {
            connection.execute(&UPDATE, &[now.into(), account_id.into(), place.into()]).await?;
        }
        return Ok(());
    }
    let any = connection.one::<Single<Timestamp>>(&SELECT_ANY, &[account_id.into(), 1_i64.into()]).await?;
    let values = [account_id.into(), place.into(), now.into()];
    connection.execute(&INSERT, &values).await.map_err(again)?;
    match any {
        Some(_) => outbox::put_about(connection, account_id, &newcomer.mail).await,
        // Of a first login there is nothing to warn of.
        None => Ok(()),
    }
}

/// Forgets where somebody has logged in from who may not have been the owner.
pub(super) async fn forget(
    connection: &mut Connection<'_>,
    account_id: AccountId,
) -> Result<(), DatabaseError> {
    connection.execute(&DELETE_OF_ACCOUNT, &[account_id.into()]).await.map(drop)
}

/// Forgets up to [`PRUNED_AT_ONCE`] places where nobody was seen since a time.
pub(crate) async fn prune(
    connection: &mut Connection<'_>,
    seen_before: Timestamp,
) -> Result<u64, DatabaseError> {
    let limit = i64::try_from(PRUNED_AT_ONCE).unwrap_or(i64::MAX);
    connection.execute(&DELETE_UNSEEN, &[seen_before.into(), limit.into()]).await
}
