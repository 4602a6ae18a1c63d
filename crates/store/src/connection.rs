//! What does an operation need from a database connection?
//!
//! Invariants
//! - A connection is handed to an operation inside a transaction (or, for what is one statement, outside of
//!   any). The operation neither begins nor ends it: `Ok` is committed, `Err` is rolled back.
//! - An operation awaits nothing but its connection, and may be run again from its beginning.
//! - On SQLite every call is done when it returns: the future never waits.

use std::time::Duration;

use portcullis_core::ports::StoreError;

use crate::engine::mysql::connection::MySqlConnection;
use crate::engine::postgres::connection::PostgresConnection;
use crate::engine::sqlite::connection::SqliteConnection;
use crate::row::FromRow;
use crate::statement::Sql;
use crate::value::Value;

/// A connection of one of the engines.
pub(crate) enum Connection<'c> {
    Sqlite(&'c mut SqliteConnection),
    Postgres(&'c mut PostgresConnection),
    MySql(&'c mut MySqlConnection),
}

impl Connection<'_> {
    /// Runs a statement that answers no rows. Answers how many rows it matched.
    pub(crate) async fn execute(
        &mut self,
        sql: &'static Sql,
        values: &[Value<'_>],
    ) -> Result<u64, DatabaseError> {
        match self {
            Self::Sqlite(connection) => connection.execute(sql, values),
            Self::Postgres(connection) => connection.execute(sql.text(), values).await,
            Self::MySql(connection) => connection.execute(sql.mysql(), values).await,
        }
    }

    /// The first row.
    pub(crate) async fn one<T: FromRow>(
        &mut self,
        sql: &'static Sql,
        values: &[Value<'_>],
    ) -> Result<Option<T>, DatabaseError> {
        match self {
            Self::Sqlite(connection) => connection.one(sql, values),
            Self::Postgres(connection) => connection.one(sql.text(), values).await,
            Self::MySql(connection) => connection.one(sql.mysql(), values).await,
        }
    }

    /// The first row of a `SELECT` from one table; nobody else changes that row before the transaction ends, unless
    /// [`Self::holds_only_what_it_writes`].
    pub(crate) async fn one_for_update<T: FromRow>(
        &mut self,
        sql: &'static Sql,
        values: &[Value<'_>],
    ) -> Result<Option<T>, DatabaseError> {
        match self {
            // The transaction is the only one that writes: nobody else can change anything.
            Self::Sqlite(connection) => connection.one(sql, values),
            Self::Postgres(connection) => connection.one(sql.locking(), values).await,
            Self::MySql(connection) => connection.one(sql.mysql_locking(), values).await,
        }
    }

    /// Whether what a transaction read or held can change before it is committed, because another server of a cluster
    /// takes writes too: only two that *wrote* the same row get into each other's way then.
    pub(crate) const fn holds_only_what_it_writes(&self) -> bool {
        match self {
            Self::Sqlite(_) | Self::Postgres(_) => false,
            Self::MySql(connection) => connection.is_in_cluster(),
        }
    }

    /// All rows.
    pub(crate) async fn all<T: FromRow>(
        &mut self,
        sql: &'static Sql,
        values: &[Value<'_>],
    ) -> Result<Vec<T>, DatabaseError> {
        match self {
            Self::Sqlite(connection) => connection.all(sql, values),
            Self::Postgres(connection) => connection.all(sql.text(), values).await,
            Self::MySql(connection) => connection.all(sql.mysql(), values).await,
        }
    }

    /// All rows of a `SELECT` from one table, which should say in which order: whoever holds several rows takes them in
    /// one order. Nobody else changes them before the transaction ends, unless [`Self::holds_only_what_it_writes`].
    pub(crate) async fn all_for_update<T: FromRow>(
        &mut self,
        sql: &'static Sql,
        values: &[Value<'_>],
    ) -> Result<Vec<T>, DatabaseError> {
        match self {
            // The transaction is the only one that writes: nobody else can change anything.
            Self::Sqlite(connection) => connection.all(sql, values),
            Self::Postgres(connection) => connection.all(sql.locking(), values).await,
            Self::MySql(connection) => connection.all(sql.mysql_locking(), values).await,
        }
    }

    /// Runs a script of several statements: a migration.
    pub(crate) async fn script(&mut self, text: &'static str) -> Result<(), DatabaseError> {
        match self {
            Self::Sqlite(connection) => connection.script(text),
            Self::Postgres(connection) => connection.script(text).await,
            Self::MySql(connection) => connection.script(text).await,
        }
    }

    /// Notes that other nodes should look at the database soon. They do so every second in any case.
    pub(crate) fn announce(&mut self) {
        if let Self::Postgres(connection) = self {
            connection.announce();
        }
    }
}

/// Why a statement or a transaction did not happen. The causes are for the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DatabaseError {
    /// A unique index has the value already. `index` is named `<table>_<column>`.
    #[error("{index} has that value already")]
    Taken {
        /// The index that refused.
        index: String,
    },
    /// Busy, full, unreachable: the same call may succeed later.
    #[error("{cause}")]
    Unavailable {
        /// What the engine said.
        cause: String,
    },
    /// Another transaction was in the way: the same one may succeed at once.
    #[error("{cause}")]
    Conflict {
        /// What the engine said.
        cause: String,
    },
    /// The connection is of no use any more: the same call may succeed on another.
    #[error("{cause}")]
    Lost {
        /// What the engine said.
        cause: String,
    },
    /// The connection was lost at the commit: nobody knows whether it happened.
    #[error("{cause}")]
    InDoubt {
        /// What the engine said.
        cause: String,
    },
    /// The same call would fail again.
    #[error("{cause}")]
    Failed {
        /// What the engine said.
        cause: String,
    },
}

impl DatabaseError {
    /// A failure that another try would meet again.
    pub(crate) fn failed(cause: impl Into<String>) -> Self {
        Self::Failed { cause: cause.into() }
    }

    /// Whether the connection is of no use any more.
    pub(crate) const fn ends_the_connection(&self) -> bool {
        matches!(self, Self::Lost { .. } | Self::InDoubt { .. })
    }

    /// Whether the same call may succeed at once, and does no harm when it is made.
    pub(crate) const fn may_pass(&self) -> bool {
        matches!(self, Self::Conflict { .. } | Self::Lost { .. })
    }

    /// A failure that another try may not meet.
    pub(crate) fn unavailable(cause: impl Into<String>) -> Self {
        Self::Unavailable { cause: cause.into() }
    }
}

/// When a caller that was turned away should come back.
const RETRY_AFTER: Duration = Duration::from_secs(1);

impl From<DatabaseError> for StoreError {
    fn from(error: DatabaseError) -> Self {
        match error {
            DatabaseError::Unavailable { cause }
            | DatabaseError::Conflict { cause }
            | DatabaseError::Lost { cause }
            | DatabaseError::InDoubt { cause } => Self::Unavailable { retry_after: RETRY_AFTER, cause },
            DatabaseError::Failed { cause } => Self::Failed { cause },
            DatabaseError::Taken { .. } => Self::Failed { cause: error.to_string() },
        }
    }
}
