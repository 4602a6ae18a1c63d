//! How do MySQL and MariaDB run a statement?

use sqlx::mysql::{MySqlArguments, MySqlConnection as Inner, MySqlRow};
use sqlx::{Arguments, Connection as _, Executor, MySql, Row as _};
use uuid::Uuid;

use super::failure::{explain, says_that_the_column_exists};
use crate::connection::DatabaseError;
use crate::engine::server::Begin;
use crate::row::{Columns, FromRow, Row};
use crate::value::Value;

/// A connection to a MySQL or MariaDB server.
pub(crate) struct MySqlConnection {
    inner: Inner,
    /// Whether the server is one of several that all take writes.
    is_in_cluster: bool,
}

impl MySqlConnection {
    /// Takes over a connection that has been set up.
    pub(super) const fn new(inner: Inner, is_in_cluster: bool) -> Self {
        Self { inner, is_in_cluster }
    }

    /// Whether the server is one of several that all take writes.
    pub(crate) const fn is_in_cluster(&self) -> bool {
        self.is_in_cluster
    }

    /// Runs a statement that answers no rows. Answers how many rows it matched.
    pub(crate) async fn execute(
        &mut self,
        text: &'static str,
        values: &[Value<'_>],
    ) -> Result<u64, DatabaseError> {
        let done = query(text, values)?.execute(&mut self.inner).await.map_err(explain)?;
        Ok(done.rows_affected())
    }

    /// The first row.
    pub(crate) async fn one<T: FromRow>(
        &mut self,
        text: &'static str,
        values: &[Value<'_>],
    ) -> Result<Option<T>, DatabaseError> {
        let row = query(text, values)?.fetch_optional(&mut self.inner).await.map_err(explain)?;
        row.map(|row| T::from_row(&mut Row::new(&row))).transpose()
    }

    /// All rows.
    pub(crate) async fn all<T: FromRow>(
        &mut self,
        text: &'static str,
        values: &[Value<'_>],
    ) -> Result<Vec<T>, DatabaseError> {
        let rows = query(text, values)?.fetch_all(&mut self.inner).await.map_err(explain)?;
        rows.iter().map(|row| T::from_row(&mut Row::new(row))).collect()
    }

    /// Runs a script of several statements: a migration. One that adds a column does no harm when it is met again.
    pub(crate) async fn script(&mut self, text: &'static str) -> Result<(), DatabaseError> {
        match self.inner.execute(sqlx::raw_sql(text)).await {
            Err(error) if !says_that_the_column_exists(&error) => Err(explain(error)),
            _ => Ok(()),
        }
    }

    /// Begins a transaction.
    pub(crate) async fn begin(&mut self, begin: Begin) -> Result<(), DatabaseError> {
        self.script(match begin {
            Begin::Write => "START TRANSACTION READ WRITE",
            Begin::Read => "START TRANSACTION READ ONLY",
            // The level is that of the next transaction; the session goes on with its own.
            Begin::Snapshot => {
                "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; \
                 START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"
            }
        })
        .await
    }

    /// Commits the transaction.
    pub(crate) async fn commit(&mut self) -> Result<(), DatabaseError> {
        self.script("COMMIT").await
    }

    /// Undoes the transaction.
    pub(crate) async fn roll_back(&mut self) -> Result<(), DatabaseError> {
        self.script("ROLLBACK").await
    }

    /// Lets statements take as long as they need. The connection is not to be used for anything else afterwards.
    pub(crate) async fn lift_limits(&mut self) -> Result<(), DatabaseError> {
        self.script("SET SESSION lock_wait_timeout = 3600").await?;
        // One of the two, by kind of server.
        match self.script("SET SESSION max_statement_time = 0").await {
            Ok(()) => Ok(()),
            Err(_) => self.script("SET SESSION max_execution_time = 0").await,
        }
    }

    /// Asks the server for a sign of life.
    pub(crate) async fn ping(&mut self) -> Result<(), DatabaseError> {
        self.inner.ping().await.map_err(explain)
    }

    /// Says goodbye to the server.
    pub(crate) async fn close(self) {
        // It is gone either way.
        let _ = self.inner.close().await;
    }
}

fn query(
    text: &'static str,
    values: &[Value<'_>],
) -> Result<sqlx::query::Query<'static, MySql, MySqlArguments>, DatabaseError> {
    let mut arguments = MySqlArguments::default();
    for value in values {
        let added = match value {
            Value::Integer(number) => arguments.add(*number),
            Value::Flag(flag) => arguments.add(*flag),
            Value::Text(text) => arguments.add(*text),
            Value::Bytes(bytes) => arguments.add(*bytes),
            Value::Id(id) => arguments.add(*id),
        };
        added.map_err(|error| DatabaseError::failed(error.to_string()))?;
    }
    Ok(sqlx::query_with(text, arguments))
}

impl Columns for MySqlRow {
    fn integer(&self, column: usize) -> Result<Option<i64>, DatabaseError> {
        self.try_get(column).map_err(explain)
    }

    fn text(&self, column: usize) -> Result<Option<String>, DatabaseError> {
        // Whatever is compared byte by byte is kept as bytes, text or not.
        let Some(bytes) = self.bytes(column)? else { return Ok(None) };
        let text = String::from_utf8(bytes);
        text.map(Some).map_err(|_| DatabaseError::failed(format!("column {column} of a row is not UTF-8")))
    }

    fn bytes(&self, column: usize) -> Result<Option<Vec<u8>>, DatabaseError> {
        self.try_get_unchecked(column).map_err(explain)
    }

    fn id(&self, column: usize) -> Result<Option<Uuid>, DatabaseError> {
        self.try_get_unchecked(column).map_err(explain)
    }
}
