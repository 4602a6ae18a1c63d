//! How does PostgreSQL run a statement?

use std::time::Duration;

use sqlx::postgres::{PgArguments, PgConnection, PgRow};
use sqlx::{Arguments, AssertSqlSafe, Connection as _, Executor, Postgres, Row as _};
use uuid::Uuid;

use super::failure::explain;
use super::news::CHANNEL;
use crate::connection::DatabaseError;
use crate::engine::server::Begin;
use crate::options::{Pooling, SchemaName};
use crate::row::{Columns, FromRow, Row};
use crate::value::Value;

/// A connection to a PostgreSQL server.
pub(crate) struct PostgresConnection {
    inner: PgConnection,
    pooling: Pooling,
    /// Where our tables are.
    schema: Option<String>,
    has_news: bool,
    /// What is said before a transaction where nothing can be set for longer.
    limits: String,
}

impl PostgresConnection {
    /// Takes over a connection that has been set up.
    pub(super) const fn new(inner: PgConnection, pooling: Pooling, schema: Option<String>) -> Self {
        Self { inner, pooling, schema, has_news: false, limits: String::new() }
    }

    /// Behind a pooler every transaction has this limit; elsewhere the connection has it already.
    pub(super) fn with_limit(mut self, limit: Duration) -> Self {
        if self.pooling == Pooling::Transaction {
            let limit = limit.as_millis();
            self.limits = format!(
                "; SET LOCAL statement_timeout = {limit}; SET LOCAL idle_in_transaction_session_timeout = {limit}"
            );
        }
        self
    }

    /// The schema in which our tables are, or will be.
    pub(crate) fn schema(&self) -> Option<&str> {
        self.schema.as_deref()
    }

    /// Runs a statement that answers no rows. Answers how many rows it matched.
    pub(crate) async fn execute(
        &mut self,
        text: &'static str,
        values: &[Value<'_>],
    ) -> Result<u64, DatabaseError> {
        let query = self.query(text, values)?;
        let done = query.execute(&mut self.inner).await.map_err(explain)?;
        Ok(done.rows_affected())
    }

    /// The first row.
    pub(crate) async fn one<T: FromRow>(
        &mut self,
        text: &'static str,
        values: &[Value<'_>],
    ) -> Result<Option<T>, DatabaseError> {
        let query = self.query(text, values)?;
        let row = query.fetch_optional(&mut self.inner).await.map_err(explain)?;
        row.map(|row| T::from_row(&mut Row::new(&row))).transpose()
    }

    /// All rows.
    pub(crate) async fn all<T: FromRow>(
        &mut self,
        text: &'static str,
        values: &[Value<'_>],
    ) -> Result<Vec<T>, DatabaseError> {
        let query = self.query(text, values)?;
        let rows = query.fetch_all(&mut self.inner).await.map_err(explain)?;
        rows.iter().map(|row| T::from_row(&mut Row::new(row))).collect()
    }

    /// Runs a script of several statements.
    pub(crate) async fn script(&mut self, text: &'static str) -> Result<(), DatabaseError> {
        self.inner.execute(sqlx::raw_sql(text)).await.map(drop).map_err(explain)
    }

    /// Makes the schema of our tables if it is missing.
    pub(crate) async fn ensure_schema(&mut self, schema: &SchemaName) -> Result<(), DatabaseError> {
        // Asked first: whoever may not make a schema may still use one.
        let exists = sqlx::query("SELECT 1 FROM information_schema.schemata WHERE schema_name = $1")
            .bind(schema.as_str())
            .persistent(false);
        if exists.fetch_optional(&mut self.inner).await.map_err(explain)?.is_some() {
            return Ok(());
        }
        // SECURITY: a schema name cannot hold anything but letters, digits and `_`.
        let create = AssertSqlSafe(format!("CREATE SCHEMA IF NOT EXISTS \"{}\"", schema.as_str()));
        match self.inner.execute(sqlx::raw_sql(create)).await.map_err(explain) {
            // `IF NOT EXISTS` does not keep two that come at once from getting into each other's way.
            Ok(_) | Err(DatabaseError::Taken { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Begins a transaction.
    pub(crate) async fn begin(&mut self, begin: Begin) -> Result<(), DatabaseError> {
        self.has_news = false;
        // Said every time: what is set on a connection may not stay, and a server may have another default.
        let text = match begin {
            Begin::Write => "BEGIN ISOLATION LEVEL READ COMMITTED",
            Begin::Read => "BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY",
            Begin::Snapshot => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        };
        if self.limits.is_empty() {
            return self.script(text).await;
        }
        // SECURITY: nothing but numbers is put in.
        let text = AssertSqlSafe(format!("{text}{}", self.limits));
        self.inner.execute(sqlx::raw_sql(text)).await.map(drop).map_err(explain)
    }

    /// Commits the transaction.
    pub(crate) async fn commit(&mut self) -> Result<(), DatabaseError> {
        self.script("COMMIT").await
    }

    /// Undoes the transaction.
    pub(crate) async fn roll_back(&mut self) -> Result<(), DatabaseError> {
        self.has_news = false;
        self.script("ROLLBACK").await
    }

    /// Notes that the transaction changed something that other nodes should look at soon.
    pub(crate) const fn announce(&mut self) {
        // Behind a pooler nobody can listen.
        self.has_news = matches!(self.pooling, Pooling::Session);
    }

    /// Whether there is something to tell, once.
    pub(crate) const fn take_news(&mut self) -> bool {
        std::mem::replace(&mut self.has_news, false)
    }

    /// Tells the other nodes. It is a courtesy: they look by themselves before long.
    pub(crate) async fn spread_news(&mut self) {
        let Some(schema) = &self.schema else { return };
        let told = sqlx::query("SELECT pg_notify($1, $2)").bind(CHANNEL).bind(schema);
        let told = told.execute(&mut self.inner).await;
        if let Err(error) = told {
            tracing::debug!(%error, "other nodes could not be told");
        }
    }

    /// Lets statements take as long as they need.
    pub(crate) async fn lift_limits(&mut self) -> Result<(), DatabaseError> {
        match self.pooling {
            Pooling::Session => {
                self.script("SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0").await
            }
            Pooling::Transaction => {
                self.limits.clear();
                Ok(())
            }
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

    fn query(
        &self,
        text: &'static str,
        values: &[Value<'_>],
    ) -> Result<sqlx::query::Query<'static, Postgres, PgArguments>, DatabaseError> {
        let mut arguments = PgArguments::default();
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
        Ok(sqlx::query_with(text, arguments).persistent(self.pooling == Pooling::Session))
    }
}

impl Columns for PgRow {
    fn integer(&self, column: usize) -> Result<Option<i64>, DatabaseError> {
        // Any width: a literal `1` is not as wide as a column.
        self.try_get_unchecked(column).map_err(explain)
    }

    fn text(&self, column: usize) -> Result<Option<String>, DatabaseError> {
        self.try_get(column).map_err(explain)
    }

    fn bytes(&self, column: usize) -> Result<Option<Vec<u8>>, DatabaseError> {
        self.try_get(column).map_err(explain)
    }

    fn id(&self, column: usize) -> Result<Option<Uuid>, DatabaseError> {
        self.try_get(column).map_err(explain)
    }
}
