//! Which database is read or filled by a command that goes past the flows?
//!
//! Such a command makes tables in an empty database and in no other: one that waits for a migration may have a server
//! of another version on it.
//!
//! Into the file of an older backend, which may be running, it looks without changing a byte until our tables are there.
//!
//! Of a database into which a move has not come to its end nobody knows what is missing: only that move goes on with it.

use std::sync::Arc;

use anyhow::anyhow;
use portcullis_store::options::Neighbours;
use portcullis_store::{DatabaseOptions, MigrationError, SqlStore, SqliteOptions};
use tokio::signal::ctrl_c;

use super::failure::WithFix;
use crate::config::Settings;
use crate::wiring::{self, name_of};

/// Opens a database that must hold something, and all of it.
pub(super) async fn open_filled(settings: &Settings) -> anyhow::Result<Arc<SqlStore>> {
    let store = open_if_there(settings).await?.ok_or_else(|| nothing_there(settings))?;
    whole(store).await
}

/// Opens a database to add to what it holds, and makes what is missing of it.
pub(super) async fn open_to_add(settings: &Settings) -> anyhow::Result<Arc<SqlStore>> {
    whole(open_or_make(settings).await?).await
}

/// Opens a database to see what could be added to it, if it is there and has its tables; makes nothing.
pub(super) async fn open_to_compare(settings: &Settings) -> anyhow::Result<Option<Arc<SqlStore>>> {
    match open_if_there(settings).await? {
        Some(store) => whole(store).await.map(Some),
        None => Ok(None),
    }
}

/// Opens a database if it is there and has its tables; makes nothing.
pub(super) async fn open_if_there(settings: &Settings) -> anyhow::Result<Option<Arc<SqlStore>>> {
    if let DatabaseOptions::Sqlite(options) = &settings.database.options
        && (!options.path.exists() || is_only_theirs(options)?)
    {
        return Ok(None);
    }
    let store = wiring::open_store(settings).await?;
    match has_tables(&store).await {
        Ok(true) => Ok(Some(store)),
        Ok(false) => {
            store.close().await;
            Ok(None)
        }
        Err(error) => {
            store.close().await;
            Err(error)
        }
    }
}

/// Whether a file may be that of an older backend, and has nothing of ours yet.
pub(super) fn is_only_theirs(options: &SqliteOptions) -> Result<bool, MigrationError> {
    // To open it changes its journal, with which the older backend may not be able to go on.
    if options.neighbours == Neighbours::Refused {
        return Ok(false);
    }
    let status = SqlStore::look_into(options)?;
    Ok(status.iter().all(|migration| migration.applied_at.is_none()))
}

/// Opens a database, and makes what is missing of it.
pub(super) async fn open_or_make(settings: &Settings) -> anyhow::Result<Arc<SqlStore>> {
    let store = wiring::open_store(settings).await?;
    let prepared = async {
        if !has_tables(&store).await? {
            wiring::migrate(&store).await?;
        }
        anyhow::Ok(())
    };
    match prepared.await {
        Ok(()) => Ok(store),
        Err(error) => {
            store.close().await;
            Err(error)
        }
    }
}

/// Closes the database again if a move into it was interrupted.
async fn whole(store: Arc<SqlStore>) -> anyhow::Result<Arc<SqlStore>> {
    // SECURITY: an export of it would be a backup without some of the accounts and revocations, and nobody would know.
    if let Err(error) = wiring::check_whole(&store).await {
        store.close().await;
        return Err(error);
    }
    Ok(store)
}

/// What is said of a database without anything in it.
pub(super) fn nothing_there(settings: &Settings) -> anyhow::Error {
    let name = name_of(&settings.database.options);
    let fix = "run the command with the settings of the server, such as --data-dir or DATABASE_URL; to begin with an \
               empty database, start the server or run `portcullis migrate`";
    anyhow!("there is nothing in the database yet: {name}").with_fix(fix)
}

async fn has_tables(store: &SqlStore) -> anyhow::Result<bool> {
    let status = store.migration_status().await?;
    if status.iter().all(|migration| migration.applied_at.is_none()) {
        return Ok(false);
    }
    if status.iter().any(|migration| migration.applied_at.is_none()) {
        return Err(anyhow!("the database waits for a migration").with_fix("run `portcullis migrate` on it"));
    }
    Ok(true)
}

/// Does something long, unless the person at the keyboard does not want it any more.
pub(super) async fn unless_interrupted<T>(
    work: impl Future<Output = anyhow::Result<T>>,
    fix: &'static str,
) -> anyhow::Result<T> {
    tokio::select! {
        biased;
        outcome = work => outcome,
        _ = ctrl_c() => Err(anyhow!("interrupted").with_fix(fix)),
    }
}
