//! What does an operation need from a database connection?
//!
//! Invariants
//! - A connection is handed to an operation inside a transaction (or, for reads of one statement, outside of
//!   any). The operation neither begins nor ends it: `Ok` is committed, `Err` is rolled back.
//! - An operation awaits nothing but its connection.

use std::time::Duration;

use portcullis_core::ports::StoreError;

use crate::row::FromRow;
use crate::statement::Sql;
use crate::value::Value;

/// A connection inside a transaction. There is no `Send` bound on the futures: every engine runs operations
/// where their concrete type is known.
pub(crate) trait Connection {
    /// Runs a statement that answers no rows. Answers how many rows it matched.
    async fn execute(&mut self, sql: &'static Sql, values: &[Value<'_>]) -> Result<u64, DatabaseError>;

    /// The first row.
    async fn one<T: FromRow>(
        &mut self,
        sql: &'static Sql,
        values: &[Value<'_>],
    ) -> Result<Option<T>, DatabaseError>;

    /// The first row of a `SELECT` from one table; nobody else changes that row before the transaction ends.
    async fn one_for_update<T: FromRow>(
        &mut self,
        sql: &'static Sql,
        values: &[Value<'_>],
    ) -> Result<Option<T>, DatabaseError>;

    /// All rows.
    async fn all<T: FromRow>(
        &mut self,
        sql: &'static Sql,
        values: &[Value<'_>],
    ) -> Result<Vec<T>, DatabaseError>;

    /// Runs a script of several statements: a migration.
    async fn script(&mut self, text: &str) -> Result<(), DatabaseError>;
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
            DatabaseError::Unavailable { cause } => Self::Unavailable { retry_after: RETRY_AFTER, cause },
            DatabaseError::Failed { cause } => Self::Failed { cause },
            DatabaseError::Taken { .. } => Self::Failed { cause: error.to_string() },
        }
    }
}
