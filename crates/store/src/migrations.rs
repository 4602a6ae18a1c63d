//! How does a database get the tables that this version needs?
//!
//! Invariants
//! - Migrations are applied in order, each once, and never change afterwards: a checksum tells.
//! - A migration leaves a database that the release before it still works on; one that does not says so in its name
//!   (`0012_drop_x_needs_0011`), and a binary that does not know 0011 refuses the database.
//! - Tables of another program are never touched, and never taken for ours.
//! - Every engine has the same migrations by name, in a folder of its own.

use aws_lc_rs::digest::{SHA256, digest};
use portcullis_core::model::Timestamp;
use portcullis_core::ports::StoreError;

use crate::connection::{Connection, DatabaseError};
use crate::engine::sqlite::open::OpenError;
use crate::row::{Columns, FromRow, Row, Single};
use crate::statement::{Sql, statements};

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

macro_rules! every_engine {
    ($($name:ident = $engine:literal)* : $migrations:tt) => {
        $(every_engine!(@one $name $engine $migrations);)*
    };
    (@one $name:ident $engine:literal { $($version:literal $file:literal,)* }) => {
        pub(crate) const $name: Migrations = migrations! { $engine: $($version $file,)* };
    };
}

every_engine! { SQLITE = "sqlite" POSTGRES = "postgres" MYSQL = "mysql" : {
    1 "0001_accounts",
    2 "0002_passwords",
    3 "0003_sessions",
    4 "0004_revocations",
    5 "0005_signing_keys",
    6 "0006_audit_events",
    7 "0007_jobs",
    8 "0008_account_cut_over",
    9 "0009_adopted_sessions",
    10 "0010_throttles",
    11 "0011_audit_seals",
    12 "0012_session_authenticated_at",
    13 "0013_audit_event_details",
    14 "0014_account_mails",
    15 "0015_one_time_tokens",
    16 "0016_outbox",
    17 "0017_known_clients",
} }

/// Our tables, but for the one that remembers migrations.
const TABLES: [&str; 13] = [
    "accounts",
    "passwords",
    "sessions",
    "revocations",
    "signing_keys",
    "audit_events",
    "jobs",
    "adopted_sessions",
    "throttles",
    "audit_seals",
    "one_time_tokens",
    "outbox",
    "known_clients",
];
const MEMORY: &str = "schema_migrations";

// Each for one engine alone.
static TABLES_OF_SQLITE: Sql = Sql::new("SELECT name FROM sqlite_schema WHERE type = 'table'");
static TABLES_OF_POSTGRES: Sql = Sql::new(
    "SELECT CAST(table_name AS TEXT) FROM information_schema.tables WHERE table_schema = current_schema()",
);
static TABLES_OF_MYSQL: Sql =
    Sql::with_mysql("", "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()");
static LOCK_POSTGRES: Sql = Sql::new("SELECT 1 FROM pg_advisory_xact_lock(7021880914736025)");

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
    /// It has a migration that this version cannot work with.
    #[error(
        "the database is newer than this binary: it has migration {name}; install the version that made it"
    )]
    Newer {
        /// The unknown migration.
        name: String,
    },
    /// Tables that it had are gone.
    #[error("tables of the database are gone: {tables}; restore a backup")]
    Missing {
        /// Their names.
        tables: String,
    },
    /// It holds tables of the same names by somebody else.
    #[error(
        "the database has tables of another program that are named like ours: {tables}; give Portcullis a database or a PostgreSQL schema (`database.schema`) of its own"
    )]
    Foreign {
        /// Their names.
        tables: String,
    },
    /// A migration is not what it was when it was applied.
    #[error(
        "migration {name} is not the one that was applied to this database; this binary is not a release"
    )]
    Changed {
        /// The migration that differs.
        name: String,
    },
    /// The file cannot be looked into.
    #[error(transparent)]
    Open(#[from] OpenError),
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

    /// What a database without any tables answers.
    pub(crate) fn pending(&self) -> Result<Vec<MigrationStatus>, MigrationError> {
        self.compare(&[])
    }

    /// Which of the migrations the database has. `Ok(Err(_))` when it does not fit this version.
    pub(crate) async fn status(
        &self,
        connection: &mut Connection<'_>,
    ) -> Result<Result<Vec<MigrationStatus>, MigrationError>, DatabaseError> {
        let tables = tables(connection).await?;
        if tables.iter().any(|table| table == MEMORY) {
            return Ok(match connection.all::<Recorded>(&SELECT, &[]).await {
                Ok(applied) => {
                    self.look_for_tables(connection, &applied).await?.and_then(|()| self.compare(&applied))
                }
                // Many programs remember their migrations in a table of that name, each in its own way.
                Err(DatabaseError::Failed { .. }) => {
                    Err(MigrationError::Foreign { tables: MEMORY.to_owned() })
                }
                Err(error) => return Err(error),
            });
        }
        // MySQL has no transaction around these: tables without a memory are what a crash before the first entry
        // could leave only if the memory were made after them, and it is made first.
        let foreign: Vec<_> =
            TABLES.into_iter().filter(|ours| tables.iter().any(|table| table == ours)).collect();
        if foreign.is_empty() {
            return Ok(self.pending());
        }
        Ok(Err(MigrationError::Foreign { tables: foreign.join(", ") }))
    }

    /// Applies what is pending; answers what it applied. The caller's transaction, where the engine has one around
    /// such statements, holds off others; where it has none, every script does no harm when it is run twice.
    pub(crate) async fn apply(
        &self,
        connection: &mut Connection<'_>,
        now: Timestamp,
    ) -> Result<Result<Vec<MigrationStatus>, MigrationError>, DatabaseError> {
        if let Connection::Postgres(_) = connection {
            connection.one::<Single<i64>>(&LOCK_POSTGRES, &[]).await?;
        }
        let mut pending = match self.status(connection).await? {
            Ok(status) => status,
            Err(error) => return Ok(Err(error)),
        };
        pending.retain(|migration| migration.applied_at.is_none());
        if !pending.is_empty() {
            connection.script(self.bootstrap).await?;
        }
        for status in &mut pending {
            let Some(migration) = self.list.iter().find(|migration| migration.version == status.version)
            else {
                continue;
            };
            connection.script(migration.text).await?;
            let checksum = migration.checksum();
            let values =
                [migration.version.into(), migration.name.into(), checksum.as_str().into(), now.into()];
            match connection.execute(&INSERT, &values).await {
                // Another node did the same at the same time.
                Ok(_) | Err(DatabaseError::Taken { .. }) => status.applied_at = Some(now),
                Err(error) => return Err(error),
            }
        }
        Ok(Ok(pending))
    }

    /// Whether this binary may run on a database that has a migration which it does not know.
    fn can_work_beside(&self, unknown: &Recorded) -> bool {
        let latest = self.list.last().map_or(0, |migration| migration.version);
        let needed = unknown.name.rsplit_once("_needs_").map(|(_, version)| version.parse::<i64>());
        needed.is_none_or(|needed| needed.is_ok_and(|needed| needed <= latest))
    }

    /// Whether all tables are there when all migrations were applied. They are looked for after the entries were
    /// read: another node may be at it, and makes a table before its entry.
    async fn look_for_tables(
        &self,
        connection: &mut Connection<'_>,
        applied: &[Recorded],
    ) -> Result<Result<(), MigrationError>, DatabaseError> {
        if applied.len() < self.list.len() {
            return Ok(Ok(()));
        }
        let tables = tables(connection).await?;
        let missing: Vec<_> = TABLES.into_iter().filter(|ours| !tables.iter().any(|t| t == ours)).collect();
        if missing.is_empty() {
            return Ok(Ok(()));
        }
        Ok(Err(MigrationError::Missing { tables: missing.join(", ") }))
    }

    fn compare(&self, applied: &[Recorded]) -> Result<Vec<MigrationStatus>, MigrationError> {
        for row in applied {
            match self.list.iter().find(|migration| migration.version == row.version) {
                None if self.can_work_beside(row) => {
                    tracing::warn!(migration = row.name, "the database has been migrated by a newer version");
                }
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

/// The names of all tables that are there.
async fn tables(connection: &mut Connection<'_>) -> Result<Vec<String>, DatabaseError> {
    let sql = match connection {
        Connection::Sqlite(_) => &TABLES_OF_SQLITE,
        Connection::Postgres(_) => &TABLES_OF_POSTGRES,
        Connection::MySql(_) => &TABLES_OF_MYSQL,
    };
    let names = connection.all::<Single<String>>(sql, &[]).await?;
    Ok(names.into_iter().map(|Single(name)| name).collect())
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
