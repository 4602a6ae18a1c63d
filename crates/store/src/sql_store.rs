//! How is a database opened, brought up to date, looked at and closed?

use portcullis_core::model::Timestamp;
use portcullis_core::ports::StoreError;

use crate::connection::{Connection, DatabaseError};
use crate::engine::server::metrics::ServerMetrics;
use crate::engine::server::pool::{ConnectError, Connector};
use crate::engine::server::{Begin, ServerEngine, Session, transact, wait_after};
use crate::engine::sqlite::metrics::SqliteMetrics;
use crate::engine::sqlite::open::OpenError as SqliteOpenError;
use crate::engine::{Engine, Operation, finish, operation, sqlite};
use crate::migrations::{MYSQL, MigrationError, MigrationStatus, Migrations, POSTGRES, SQLITE};
use crate::options::{DatabaseOptions, SchemaName, SqliteOptions};
use crate::transfer;

/// How often migrations are tried that others get in the way of.
const MIGRATION_ATTEMPTS: u32 = 50;

/// The store on an SQL database. Close it when it is no longer needed.
pub struct SqlStore {
    pub(crate) engine: Engine,
    migrations: &'static Migrations,
    /// The schema that [`Self::migrate`] makes when it is missing.
    schema: Option<SchemaName>,
}

/// Why a database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file of an embedded database.
    #[error(transparent)]
    Sqlite(#[from] SqliteOpenError),
    /// No server answers, or none is ready. It may be by itself, before long.
    #[error("the database {server} cannot be reached: {cause}")]
    Unreachable {
        /// `host:port` of all that were tried.
        server: String,
        /// What went wrong.
        cause: String,
    },
    /// A server answers and lets us not in.
    #[error("the database {server} cannot be used: {cause}\n  fix: {advice}")]
    Refused {
        /// `host:port` of all that were tried.
        server: String,
        /// What went wrong.
        cause: String,
        /// What to do about it.
        advice: String,
    },
}

impl OpenError {
    /// Whether it may pass by itself.
    pub const fn is_temporary(&self) -> bool {
        matches!(self, Self::Unreachable { .. })
    }
}

impl From<ConnectError> for OpenError {
    fn from(error: ConnectError) -> Self {
        let ConnectError { server, cause, advice, is_temporary } = error;
        if is_temporary {
            return Self::Unreachable { server, cause };
        }
        let advice = advice.unwrap_or_else(|| "see the log of the server".to_owned());
        Self::Refused { server, cause, advice }
    }
}

/// What the engine of a store has been doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreMetrics {
    /// An embedded database.
    Sqlite(SqliteMetrics),
    /// A database server.
    Server(ServerMetrics),
}

impl SqlStore {
    /// Opens a database: a file, which is created if there is none, or a server, to which one connection is made.
    /// The tables are the business of [`Self::migrate`].
    ///
    /// # Errors
    /// [`OpenError`], which says what to do about it.
    pub async fn open(options: &DatabaseOptions) -> Result<Self, OpenError> {
        Ok(match options {
            DatabaseOptions::Sqlite(options) => {
                let engine = Engine::Sqlite(sqlite::Engine::start(options)?);
                Self { engine, migrations: &SQLITE, schema: None }
            }
            DatabaseOptions::Postgres(options) => {
                let engine = ServerEngine::start(Connector::postgres(options.clone())).await?;
                let schema = options.schema.clone();
                Self { engine: Engine::Server(engine), migrations: &POSTGRES, schema }
            }
            DatabaseOptions::MySql(options) => {
                let engine = ServerEngine::start(Connector::mysql(options.clone())).await?;
                Self { engine: Engine::Server(engine), migrations: &MYSQL, schema: None }
            }
        })
    }

    /// The same as [`Self::migration_status`] of a file that is not opened for it: not a byte of it changes, so another
    /// program may be working on it. In a missing or empty file everything is pending.
    ///
    /// # Errors
    /// [`MigrationError`]: the file cannot be read, or what is in it does not fit this version.
    pub fn look_into(options: &SqliteOptions) -> Result<Vec<MigrationStatus>, MigrationError> {
        let Some(mut connection) = sqlite::open::open_to_look(options)? else {
            return SQLITE.pending();
        };
        let mut connection = Connection::Sqlite(&mut connection);
        finish(SQLITE.status(&mut connection)).map_err(StoreError::from)?
    }

    /// Makes the tables that this version needs; answers the migrations that it applied. Nodes may do so at the
    /// same time. It takes as long as it takes.
    pub async fn migrate(&self, now: Timestamp) -> Result<Vec<MigrationStatus>, MigrationError> {
        let migrations = self.migrations;
        let apply = operation!([now] | c | migrations.apply(c, *now));
        match &self.engine {
            Engine::Sqlite(_) => self.engine.write(apply).await?,
            Engine::Server(engine) => {
                let mut session = engine.connect_unhurried().await.map_err(StoreError::from)?;
                let outcome = self.migrate_on(&mut session, apply).await;
                session.close().await;
                outcome.map_err(StoreError::from)?
            }
        }
    }

    async fn migrate_on<T>(
        &self,
        session: &mut Session,
        apply: impl Operation<T>,
    ) -> Result<T, DatabaseError> {
        if let Some(schema) = &self.schema {
            session.ensure_schema(schema).await?;
        }
        if session.changes_tables_in_transactions() {
            return transact(session, Begin::Write, &apply).await;
        }
        let mut attempt = 1;
        loop {
            match apply(session.connection()).await {
                // Nodes that begin at the same time at different servers of a cluster get into each other's way.
                Err(error @ DatabaseError::Conflict { .. }) if attempt < MIGRATION_ATTEMPTS => {
                    tracing::debug!(%error, attempt, "a migration is tried again");
                    tokio::time::sleep(wait_after(attempt)).await;
                    attempt += 1;
                }
                outcome => return outcome,
            }
        }
    }

    /// All migrations, and which of them the database has.
    pub async fn migration_status(&self) -> Result<Vec<MigrationStatus>, MigrationError> {
        let migrations = self.migrations;
        self.engine.write(operation!([] | c | migrations.status(c))).await?
    }

    /// Whether a move into this database was interrupted, so that something is missing.
    pub async fn is_half_filled(&self) -> Result<bool, StoreError> {
        self.engine.read(operation!([] | c | transfer::target::is_half_filled(c))).await
    }

    /// Reads the whole of an embedded database; answers what is wrong with it, nothing when all is well. Servers
    /// look after themselves.
    pub async fn integrity_check(&self) -> Result<Vec<String>, StoreError> {
        match &self.engine {
            Engine::Sqlite(engine) => engine.read(|connection| connection.integrity_problems()).await,
            Engine::Server(_) => Ok(Vec::new()),
        }
    }

    /// What the engine has been doing.
    pub fn metrics(&self) -> StoreMetrics {
        match &self.engine {
            Engine::Sqlite(engine) => StoreMetrics::Sqlite(engine.metrics()),
            Engine::Server(engine) => StoreMetrics::Server(engine.metrics()),
        }
    }

    /// Finishes what was accepted, refuses what comes, closes the database. Once is enough.
    pub async fn close(&self) {
        match &self.engine {
            Engine::Sqlite(engine) => engine.close(),
            Engine::Server(engine) => engine.close().await,
        }
    }
}
