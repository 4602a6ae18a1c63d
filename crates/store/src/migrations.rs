//! How does a database get the tables that this version needs?
//!
//! Invariants
//! - Migrations are applied in order, each once, and never change afterwards: a checksum tells.
//! - A database that a newer version has migrated is refused rather than guessed at.
//! - Every engine has the same migrations by name, in a folder of its own.

use aws_lc_rs::digest::{SHA256, digest};
use portcullis_core::model::Timestamp;
use portcullis_core::ports::StoreError;

use crate::connection::{Connection, DatabaseError};
use crate::row::{Columns, FromRow, Row};
use crate::statement::statements;

/// One change of the schema.
pub(crate) struct Migration {
    version: i64,
    name: &'static str,
    text: &'static str,
}

/// The migrations of one engine.
pub(crate) struct Migrations {
    /// Makes the table that remembers which were applied; harmless when it exists.
    bootstrap: &'static str,
    list: &'static [Migration],
}

macro_rules! migrations {
    ($engine:literal: $($version:literal $name:literal,)*) => {
        Migrations {
            bootstrap: include_str!(concat!("../migrations/", $engine, "/0000_schema_migrations.sql")),
            list: &[$(Migration {
                version: $version,
                name: $name,
                text: include_str!(concat!("../migrations/", $engine, "/", $name, ".sql")),
            }),*],
        }
    };
}

/// The migrations of SQLite.
pub(crate) const SQLITE: Migrations = migrations! { "sqlite":
    1 "0001_accounts",
    2 "0002_passwords",
    3 "0003_sessions",
    4 "0004_revocations",
    5 "0005_signing_keys",
    6 "0006_audit_events",
};

statements! {
    SELECT = "SELECT version, name, checksum, applied_at FROM schema_migrations ORDER BY version";
    INSERT = "INSERT INTO schema_migrations (version, name, checksum, applied_at) VALUES ($1, $2, $3, $4)";
}

/// A migration, and whether this database has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationStatus {
    /// Its number.
    pub version: i64,
    /// Its file name without the ending.
    pub name: String,
    /// When it was applied; `None` when it is pending.
    pub applied_at: Option<Timestamp>,
}

/// Why a database cannot be migrated.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    /// It has a migration that this version does not know.
    #[error(
        "the database is newer than this binary: it has migration {name}; install the version that made it"
    )]
    Newer {
        /// The unknown migration.
        name: String,
    },
    /// A migration is not what it was when it was applied.
    #[error(
        "migration {name} is not the one that was applied to this database; this binary is not a release"
    )]
    Changed {
        /// The migration that differs.
        name: String,
    },
    /// The database did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

struct Recorded {
    version: i64,
    name: String,
    checksum: String,
    applied_at: Timestamp,
}

impl FromRow for Recorded {
    fn from_row<C: Columns>(row: &mut Row<'_, C>) -> Result<Self, DatabaseError> {
        Ok(Self {
            version: row.value()?,
            name: row.value()?,
            checksum: row.value()?,
            applied_at: row.value()?,
        })
    }
}

impl Migration {
    fn checksum(&self) -> String {
        hex::encode(digest(&SHA256, self.text.as_bytes()))
    }
}

impl Migrations {
    /// All scripts, in order.
    #[cfg(test)]
    pub(crate) fn scripts(&self) -> impl Iterator<Item = &'static str> {
        [self.bootstrap].into_iter().chain(self.list.iter().map(|migration| migration.text))
    }

    /// Which of the migrations the database has. `Ok(Err(_))` when it does not fit this version.
    pub(crate) async fn status(
        &self,
        connection: &mut impl Connection,
    ) -> Result<Result<Vec<MigrationStatus>, MigrationError>, DatabaseError> {
        connection.script(self.bootstrap).await?;
        let applied = connection.all::<Recorded>(&SELECT, &[]).await?;
        Ok(self.compare(&applied))
    }

    /// Applies what is pending; answers what it applied. The caller's transaction holds the write lock.
    pub(crate) async fn apply(
        &self,
        connection: &mut impl Connection,
        now: Timestamp,
    ) -> Result<Result<Vec<MigrationStatus>, MigrationError>, DatabaseError> {
        let mut pending = match self.status(connection).await? {
            Ok(status) => status,
            Err(error) => return Ok(Err(error)),
        };
        pending.retain(|migration| migration.applied_at.is_none());
        for status in &mut pending {
            let Some(migration) = self.list.iter().find(|migration| migration.version == status.version)
            else {
                continue;
            };
            connection.script(migration.text).await?;
            let checksum = migration.checksum();
            let values =
                [migration.version.into(), migration.name.into(), checksum.as_str().into(), now.into()];
            connection.execute(&INSERT, &values).await?;
            status.applied_at = Some(now);
        }
        Ok(Ok(pending))
    }

    fn compare(&self, applied: &[Recorded]) -> Result<Vec<MigrationStatus>, MigrationError> {
        for row in applied {
            match self.list.iter().find(|migration| migration.version == row.version) {
                None => return Err(MigrationError::Newer { name: row.name.clone() }),
                Some(migration) if migration.checksum() != row.checksum => {
                    return Err(MigrationError::Changed { name: row.name.clone() });
                }
                Some(_) => {}
            }
        }
        let status = |migration: &Migration| MigrationStatus {
            version: migration.version,
            name: migration.name.to_owned(),
            applied_at: applied.iter().find(|row| row.version == migration.version).map(|row| row.applied_at),
        };
        Ok(self.list.iter().map(status).collect())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;

    /// The names of the migrations in each engine's folder.
    fn folders() -> Vec<(String, BTreeSet<String>)> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
        let names = |folder: &Path| {
            fs::read_dir(folder)
                .unwrap()
                .map(|file| file.unwrap().file_name().into_string().unwrap())
                .collect()
        };
        let engines = fs::read_dir(root).unwrap().map(Result::unwrap);
        engines.map(|engine| (engine.file_name().into_string().unwrap(), names(&engine.path()))).collect()
    }

    #[test]
    fn every_engine_has_the_same_migrations() {
        let folders = folders();
        let (first, names) = &folders[0];
        for (engine, others) in &folders {
            assert_eq!(names, others, "{first} and {engine} differ");
        }
    }

    #[test]
    fn every_file_of_a_folder_is_embedded_under_its_own_number() {
        let mut embedded = BTreeSet::from(["0000_schema_migrations.sql".to_owned()]);
        for (position, migration) in (1..).zip(SQLITE.list) {
            assert_eq!(migration.version, position);
            assert!(migration.name.starts_with(&format!("{position:04}_")), "{}", migration.name);
            embedded.insert(format!("{}.sql", migration.name));
        }
        for (engine, names) in folders() {
            assert_eq!(names, embedded, "{engine}");
        }
    }
}
