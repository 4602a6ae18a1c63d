//! How does SQLite run a statement?
//!
//! Every call is done when it returns: no future of this connection ever waits.

use rusqlite::types::{Null, ValueRef};
use rusqlite::{CachedStatement, ErrorCode};
use uuid::Uuid;

use crate::connection::DatabaseError;
use crate::row::{Columns, FromRow, Row};
use crate::statement::Sql;
use crate::value::Value;

/// A connection of one thread.
pub(crate) struct SqliteConnection {
    inner: rusqlite::Connection,
}

impl SqliteConnection {
    /// Takes over a connection that has been set up.
    pub(super) const fn new(inner: rusqlite::Connection) -> Self {
        Self { inner }
    }

    /// What only this engine's own code may use: transactions, pragmas.
    pub(super) const fn raw(&self) -> &rusqlite::Connection {
        &self.inner
    }

    /// The connection as the library knows it.
    pub(super) fn into_raw(self) -> rusqlite::Connection {
        self.inner
    }

    /// What is wrong with the file; nothing when all is well.
    pub(crate) fn integrity_problems(&self) -> Result<Vec<String>, DatabaseError> {
        let mut problems = Vec::new();
        let mut check = self.inner.prepare("PRAGMA integrity_check")?;
        let mut rows = check.query([])?;
        while let Some(row) = rows.next()? {
            problems.extend(Some(row.get::<_, String>(0)?).filter(|line| line != "ok"));
        }
        let mut check = self.inner.prepare("PRAGMA foreign_key_check")?;
        let mut rows = check.query([])?;
        while let Some(row) = rows.next()? {
            problems.push(format!("a row of {} points to nothing", row.get::<_, String>(0)?));
        }
        Ok(problems)
    }

    /// Runs a statement that answers no rows. Answers how many rows it matched.
    pub(crate) fn execute(&mut self, sql: &'static Sql, values: &[Value<'_>]) -> Result<u64, DatabaseError> {
        let matched = self.bound(sql, values)?.raw_execute()?;
        Ok(u64::try_from(matched).unwrap_or(u64::MAX))
    }

    /// The first row.
    pub(crate) fn one<T: FromRow>(
        &mut self,
        sql: &'static Sql,
        values: &[Value<'_>],
    ) -> Result<Option<T>, DatabaseError> {
        let mut statement = self.bound(sql, values)?;
        let mut rows = statement.raw_query();
        rows.next()?.map(|row| T::from_row(&mut Row::new(row))).transpose()
    }

    /// All rows.
    pub(crate) fn all<T: FromRow>(
        &mut self,
        sql: &'static Sql,
        values: &[Value<'_>],
    ) -> Result<Vec<T>, DatabaseError> {
        let mut statement = self.bound(sql, values)?;
        let mut rows = statement.raw_query();
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(T::from_row(&mut Row::new(row))?);
        }
        Ok(found)
    }

    /// Runs a script of several statements.
    pub(crate) fn script(&mut self, text: &str) -> Result<(), DatabaseError> {
        Ok(self.inner.execute_batch(text)?)
    }

    fn bound(&self, sql: &'static Sql, values: &[Value<'_>]) -> Result<CachedStatement<'_>, rusqlite::Error> {
        let mut statement = self.inner.prepare_cached(sql.text())?;
        if statement.parameter_count() != values.len() {
            return Err(rusqlite::Error::InvalidParameterCount(values.len(), statement.parameter_count()));
        }
        for (position, value) in (1..).zip(values) {
            match value {
                Value::Integer(number) => statement.raw_bind_parameter(position, number)?,
                Value::Flag(flag) => statement.raw_bind_parameter(position, flag)?,
                Value::Text(text) => statement.raw_bind_parameter(position, text)?,
                Value::Bytes(bytes) => statement.raw_bind_parameter(position, bytes)?,
                Value::Id(Some(id)) => statement.raw_bind_parameter(position, id.as_bytes().as_slice())?,
                Value::Id(None) => statement.raw_bind_parameter(position, Null)?,
            }
        }
        Ok(statement)
    }
}

impl Columns for rusqlite::Row<'_> {
    fn integer(&self, column: usize) -> Result<Option<i64>, DatabaseError> {
        Ok(self.get(column)?)
    }

    fn text(&self, column: usize) -> Result<Option<String>, DatabaseError> {
        Ok(self.get(column)?)
    }

    fn bytes(&self, column: usize) -> Result<Option<Vec<u8>>, DatabaseError> {
        Ok(self.get(column)?)
    }

    fn id(&self, column: usize) -> Result<Option<Uuid>, DatabaseError> {
        match self.get_ref(column)? {
            ValueRef::Null => Ok(None),
            ValueRef::Blob(bytes) => Uuid::from_slice(bytes)
                .map(Some)
                .map_err(|_| DatabaseError::failed(format!("column {column} of a row is not a UUID"))),
            other => {
                let cause = format!("column {column} of a row is {} instead of a UUID", other.data_type());
                Err(DatabaseError::failed(cause))
            }
        }
    }
}

impl From<rusqlite::Error> for DatabaseError {
    fn from(error: rusqlite::Error) -> Self {
        let Some(code) = error.sqlite_error() else {
            return Self::failed(error.to_string());
        };
        match code.code {
            ErrorCode::ConstraintViolation if is_unique_violation(code.extended_code) => {
                Self::Taken { index: index_name(&error.to_string()) }
            }
            ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::DiskFull
            | ErrorCode::SystemIoFailure
            | ErrorCode::CannotOpen
            | ErrorCode::FileLockingProtocolFailed
            | ErrorCode::OutOfMemory
            | ErrorCode::OperationInterrupted => Self::unavailable(error.to_string()),
            _ => Self::failed(error.to_string()),
        }
    }
}

fn is_unique_violation(extended_code: i32) -> bool {
    use rusqlite::ffi::{SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_ROWID, SQLITE_CONSTRAINT_UNIQUE};
    [SQLITE_CONSTRAINT_UNIQUE, SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_ROWID].contains(&extended_code)
}

/// SQLite names the column (`UNIQUE constraint failed: accounts.email_key`), our indexes are named after it.
fn index_name(message: &str) -> String {
    let column = message.rsplit(": ").next().unwrap_or(message);
    column.replace('.', "_")
}
