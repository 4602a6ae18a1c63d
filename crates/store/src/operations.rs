//! Which operations does the store have? One file a noun, one function an operation, for every engine.
//!
//! Invariants
//! - A function runs in one transaction and is the whole of its operation; `Err` undoes all of it. A bad
//!   outcome that must be remembered (a reused refresh token) is therefore an `Ok`.
//! - Nothing relies on being alone: a decision is either part of the statement that acts on it, or made while
//!   the account's row is held ([`Connection::one_for_update`](crate::connection::Connection)). Whoever needs
//!   both an account and its sessions takes the account first.
//! - In a cluster whose servers all take writes, holding a row is not enough: two transactions that must not both
//!   happen write the same row.

pub(crate) mod accounts;
pub(crate) mod adoption;
pub(crate) mod audit;
pub(crate) mod audit_seals;
pub(crate) mod deletion;
pub(crate) mod email;
pub(crate) mod jobs;
pub(crate) mod keys;
pub(crate) mod known_clients;
pub(crate) mod one_time_tokens;
pub(crate) mod outbox;
pub(crate) mod passwords;
pub(crate) mod reauthentication;
pub(crate) mod revocations;
pub(crate) mod rotation;
pub(crate) mod sessions;
pub(crate) mod throttles;

use portcullis_core::model::page::MAX_PAGE_ITEMS;
use portcullis_core::model::{PageRequest, Timestamp};

use crate::connection::{Connection, DatabaseError};
use crate::migrations;
use crate::row::Single;
use crate::statement::{Sql, statements};
use crate::{takeover, transfer};

statements! {
    PING = "SELECT 1";
}

/// Asks the database for a sign of life.
pub(crate) async fn ping(connection: &mut Connection<'_>) -> Result<(), DatabaseError> {
    connection.one::<Single<i64>>(&PING, &[]).await.map(drop)
}

static TIME: Sql = Sql::with_mysql(
    "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)",
    "SELECT CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)",
);

/// What the clock of a database server says.
pub(crate) async fn database_time(connection: &mut Connection<'_>) -> Result<Timestamp, DatabaseError> {
    let time = connection.one::<Single<Timestamp>>(&TIME, &[]).await?;
    time.map(|Single(time)| time).ok_or_else(|| DatabaseError::failed("the database has no time"))
}

/// Every statement of every operation.
pub(crate) fn statements() -> impl Iterator<Item = &'static Sql> {
    let lists = [
        ALL,
        migrations::ALL,
        accounts::ALL,
        adoption::ALL,
        audit::ALL,
        audit_seals::ALL,
        deletion::ALL,
        email::ALL,
        jobs::ALL,
        keys::ALL,
        known_clients::ALL,
        one_time_tokens::ALL,
        outbox::ALL,
        passwords::ALL,
        revocations::ALL,
        rotation::ALL,
        sessions::ALL,
        throttles::ALL,
    ];
    lists.into_iter().flatten().copied().chain(transfer::statements()).chain(takeover::statements())
}

/// How many rows to read for a page, and how many of them to show: one more is read to know whether there
/// is a next page.
fn page_limits<C>(page: &PageRequest<C>) -> (u32, u32) {
    let shown = page.limit.clamp(1, MAX_PAGE_ITEMS);
    (shown + 1, shown)
}

/// Somebody else was faster: what is there now is to be looked at.
fn again(error: DatabaseError) -> DatabaseError {
    match error {
        DatabaseError::Taken { index } => DatabaseError::Conflict { cause: index },
        error => error,
    }
}

#[cfg(test)]
mod tests;
