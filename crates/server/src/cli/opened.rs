//! How does a command get to the flows?

use std::sync::Arc;

use portcullis_core::Auth;
use portcullis_store::SqlStore;
use portcullis_store::options::DatabaseOptions;

use super::databases;
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
        let store = databases::open_if_there(settings).await?;
        Self::on(settings, store.ok_or_else(|| databases::nothing_there(settings))?).await
    }

    /// The same, but a new database gets its tables.
    pub(super) async fn open_or_make(settings: &Settings) -> anyhow::Result<Self> {
        if let Some(store) = databases::open_if_there(settings).await? {
            return Self::on(settings, store).await;
        }
        let store = databases::open_or_make(settings).await?;
        match &settings.database.options {
            DatabaseOptions::Sqlite(options) => {
                eprintln!("portcullis: there was no database yet; made {}", options.path.display());
            }
            DatabaseOptions::Postgres(_) | DatabaseOptions::MySql(_) => {
                eprintln!("portcullis: the database was empty; made the tables");
            }
        }
        Self::on(settings, store).await
    }

    async fn on(settings: &Settings, store: Arc<SqlStore>) -> anyhow::Result<Self> {
        // What a command writes into the outbox is sent by a running server. One command hashes one password at most, and waits for it as long as it takes.
        let hashing = HashingSettings { workers: 1, ..settings.hashing };
        let master_key = wiring::obtain_master_key(settings, &store).await?;
        let auth = wiring::open_auth(settings, Arc::clone(&store), hashing, master_key, None).await?;
        Ok(Self { auth, _store: store })
    }
}
