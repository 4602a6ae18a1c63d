//! How does a command get to the flows?

use std::sync::Arc;

use anyhow::anyhow;
use portcullis_core::Auth;
use portcullis_store::SqliteStore;

use super::failure::WithFix;
use crate::config::Settings;
use crate::config::meant::HashingSettings;
use crate::config::value::DatabaseUrl;
use crate::wiring;

/// The door, opened for one command.
pub(super) struct Opened {
    /// The flows.
    pub(super) auth: Auth,
    store: Arc<SqliteStore>,
}

impl Opened {
    /// Opens the database and the keys. A new database gets its tables; one that waits for a migration is left
    /// alone, because a server of another version may be running on it.
    pub(super) async fn open(settings: &Settings) -> anyhow::Result<Self> {
        let store = wiring::open_store(settings)?;
        let status = store.migration_status().await?;
        if status.iter().all(|migration| migration.applied_at.is_none()) {
            let DatabaseUrl::Sqlite(path) = &settings.database;
            eprintln!("portcullis: there was no database yet; made {}", path.display());
            wiring::migrate(&store).await?;
        } else if status.iter().any(|migration| migration.applied_at.is_none()) {
            return Err(anyhow!("the database waits for a migration").with_fix("run `portcullis migrate`"));
        }
        // One command hashes one password at most, and waits for it as long as it takes.
        let hashing = HashingSettings { workers: 1, ..settings.hashing };
        let auth = wiring::open_auth(settings, Arc::clone(&store), hashing).await?;
        Ok(Self { auth, store })
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        self.store.close();
    }
}
