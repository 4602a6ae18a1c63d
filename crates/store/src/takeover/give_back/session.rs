//! How is the older backend's database spoken to while its table is written?
//!
//! What a database says about a row is kept to its code: its words show values.

use portcullis_core::ports::StoreError;
use sqlx::mysql::MySqlConnection;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection};

use super::super::TakeoverError;
use super::super::cell::Cell;
use super::super::source::TableName;
use super::super::source::server::Kind;
use super::table::{Dialect, Fact, Value};
use super::{mysql, postgres, sqlite};
use crate::options::DatabaseOptions;

/// A connection.
pub(super) enum Session {
    Sqlite(rusqlite::Connection),
    Postgres(PgConnection),
    MySql(MySqlConnection),
}

/// Why a statement was not done.
pub(super) enum Failure {
    /// The database refuses this row.
    Row {
        /// Another row has what must be unique.
        is_taken: bool,
        code: String,
    },
    /// Nothing goes on.
    Fatal(TakeoverError),
}

impl From<Failure> for TakeoverError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Fatal(error) => error,
            Failure::Row { code, .. } => fatal(&format!("it refused a row ({code})")),
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Fatal(error.into())
    }
}

/// What a driver says, by what it means for a row.
pub(super) fn failed(error: &sqlx::Error, row: impl Fn(&str) -> Option<bool>) -> Failure {
    let sqlx::Error::Database(told) = error else { return Failure::Fatal(fatal(&error.to_string())) };
    let code = told.code().unwrap_or_default();
    match row(&code) {
        Some(is_taken) => Failure::Row { is_taken, code: code.into_owned() },
        None => Failure::Fatal(fatal(&format!("{} ({code})", told.message()))),
    }
}

pub(super) fn fatal(cause: &str) -> TakeoverError {
    TakeoverError::source(
        format!("the older backend's database did not do it: {cause}"),
        "see whether the user may read and write the table (GRANT SELECT, INSERT, UPDATE, DELETE; on PostgreSQL also \
         USAGE and UPDATE on its sequence), then run the same command again: what is there already is passed over",
    )
}

/// A table and what its database says about its columns.
pub(super) struct Found {
    /// In quotes, with its schema.
    pub(super) name: String,
    pub(super) facts: Vec<Fact>,
}

impl Session {
    pub(super) async fn open(options: &DatabaseOptions) -> Result<Self, TakeoverError> {
        Ok(match options {
            DatabaseOptions::Sqlite(options) => Self::Sqlite(sqlite::open(&options.path)?),
            DatabaseOptions::Postgres(options) => Self::Postgres(postgres::open(options).await?),
            DatabaseOptions::MySql(options) => Self::MySql(mysql::open(options).await?),
        })
    }

    pub(super) const fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite(_) => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
            Self::MySql(_) => Dialect::MySql,
        }
    }

    /// Looks for the table.
    pub(super) async fn find(
        &mut self,
        options: &DatabaseOptions,
        table: &TableName,
    ) -> Result<Found, TakeoverError> {
        let found = match (self, options) {
            (Self::Sqlite(connection), DatabaseOptions::Sqlite(options)) => {
                sqlite::find(connection, &options.path, table)
            }
            (Self::Postgres(connection), DatabaseOptions::Postgres(options)) => {
                postgres::find(connection, options, table).await
            }
            (Self::MySql(connection), DatabaseOptions::MySql(options)) => {
                mysql::find(connection, options, table).await
            }
            _ => Err(TakeoverError::Over),
        };
        found.map_err(|error| match error {
            TakeoverError::Source { what, fix } => TakeoverError::Source {
                what,
                fix: format!(
                    "{fix}. The table must be there: start the older backend once, or run its migrations, to have it made"
                ),
            },
            error => error,
        })
    }

    /// Runs statements without parameters.
    pub(super) async fn script(&mut self, sql: &str) -> Result<(), Failure> {
        match self {
            Self::Sqlite(connection) => connection.execute_batch(sql).map_err(|error| sqlite::failed(&error)),
            Self::Postgres(connection) => postgres::script(connection, sql).await,
            Self::MySql(connection) => mysql::script(connection, sql).await,
        }
    }

    /// Begins a transaction that holds what it reads.
    pub(super) async fn begin(&mut self) -> Result<(), Failure> {
        let sql = if matches!(self, Self::Sqlite(_)) { "BEGIN IMMEDIATE" } else { "BEGIN" };
        self.script(sql).await
    }

    /// Changes rows; answers how many.
    pub(super) async fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64, Failure> {
        match self {
            Self::Sqlite(connection) => sqlite::execute(connection, sql, values),
            Self::Postgres(connection) => postgres::execute(connection, sql, values).await,
            Self::MySql(connection) => mysql::execute(connection, sql, values).await,
        }
    }

    /// Reads rows, one after the other.
    pub(super) async fn each(
        &mut self,
        (sql, values): (&str, &[Value]),
        kinds: &[Kind],
        sink: &mut (dyn FnMut(Vec<Cell>) + Send),
    ) -> Result<(), Failure> {
        match self {
            Self::Sqlite(connection) => sqlite::each(connection, (sql, values), kinds.len(), sink),
            Self::Postgres(connection) => postgres::each(connection, (sql, values), kinds, sink).await,
            Self::MySql(connection) => mysql::each(connection, (sql, values), kinds, sink).await,
        }
    }

    /// Reads all rows.
    pub(super) async fn all(
        &mut self,
        (sql, values): (&str, &[Value]),
        kinds: &[Kind],
    ) -> Result<Vec<Vec<Cell>>, Failure> {
        let mut rows = Vec::new();
        self.each((sql, values), kinds, &mut |row| rows.push(row)).await?;
        Ok(rows)
    }

    /// Lets go of the database.
    pub(super) async fn close(self) {
        // Nothing is left to be lost: it was committed, or is given up.
        match self {
            Self::Sqlite(connection) => drop(connection),
            Self::Postgres(connection) => drop(connection.close().await),
            Self::MySql(connection) => drop(connection.close().await),
        }
    }
}

/// A statement that was put together from quoted names and parameters.
pub(super) fn safe(sql: &str) -> AssertSqlSafe<String> {
    AssertSqlSafe(sql.to_owned())
}
