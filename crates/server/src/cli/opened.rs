//! How does a command get to the flows?

use std::sync::Arc;

use anyhow::anyhow;
use portcullis_core::Auth;
use portcullis_store::SqlStore;
use portcullis_store::options::DatabaseOptions;

use super::failure::WithFix;
use crate::config::Settings;
use crate::config::meant::HashingSettings;
use crate::wiring;

/// The door, opened for one command.
pub(super) struct Opened {
    /// The flows.
    pub(super) auth: Auth,
    /// Closed when it goes.
    _store: Arc<SqlStore>,
}

impl Opened {
    /// Opens the database and the keys. A database without anything is left as it is: whoever only looks, or has
    /// mistyped its name, makes none.
    pub(super) async fn open(settings: &Settings) -> anyhow::Result<Self> {
        if let DatabaseOptions::Sqlite(options) = &settings.database.options
            && !options.path.exists()
        {
            return Err(nothing_there(settings));
        }
        let store = wiring::open_store(settings).await?;
        if is_new(&store).await? {
            return Err(nothing_there(settings));
        }
        Self::open_with(settings, store).await
    }

    /// The same, but a new database gets its tables.
    pub(super) async fn open_or_make(settings: &Settings) -> anyhow::Result<Self> {
        let store = wiring::open_store(settings).await?;
        if is_new(&store).await? {
            match &settings.database.options {
                DatabaseOptions::Sqlite(options) => {
                    eprintln!("portcullis: there was no database yet; made {}", options.path.display());
                }
                DatabaseOptions::Postgres(_) | DatabaseOptions::MySql(_) => {
                    eprintln!("portcullis: the database was empty; made the tables");
                }
            }
            wiring::migrate(&store).await?;
        }
        Self::open_with(settings, store).await
    }

    /// A database that waits for a migration is left alone, because a server of another version may be running on it.
    async fn open_with(settings: &Settings, store: Arc<SqlStore>) -> anyhow::Result<Self> {
        let status = store.migration_status().await?;
        if status.iter().any(|migration| migration.applied_at.is_none()) {
            return Err(anyhow!("the database waits for a migration").with_fix("run `portcullis migrate`"));
        }
        // One command hashes one password at most, and waits for it as long as it takes.
        let hashing = HashingSettings { workers: 1, ..settings.hashing };
        let auth = wiring::open_auth(settings, Arc::clone(&store), hashing).await?;
        Ok(Self { auth, _store: store })
    }
}

async fn is_new(store: &SqlStore) -> anyhow::Result<bool> {
    Ok(store.migration_status().await?.iter().all(|migration| migration.applied_at.is_none()))
}

fn nothing_there(settings: &Settings) -> anyhow::Error {
    let name = wiring::name_of(&settings.database.options);
    let fix = "run the command with the settings of the server, such as --data-dir or DATABASE_URL; to begin with an \
               empty database, start the server or run `portcullis migrate`";
    anyhow!("there is nothing in the database yet: {name}").with_fix(fix)
}
