//! How is a table on a PostgreSQL server written?

use futures_util::TryStreamExt;
use sqlx::Row;
use sqlx::postgres::{PgArguments, PgConnection, Postgres};
use sqlx::query::Query;

use super::super::TakeoverError;
use super::super::cell::Cell;
use super::super::source::server::{Kind, cell, no_table};
use super::super::source::{TableName, postgres};
use super::session::{Failure, Found, failed, fatal, safe};
use super::table::{Fact, Table, Value};
use crate::options::{PostgresOptions, SchemaName};

const SETTINGS: &str = "SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0; \
                        SET lock_timeout = '30s'; SET default_transaction_isolation = 'read committed'; \
                        SET TIME ZONE 'UTC'";
const COLUMNS: &str = "SELECT column_name::text, data_type::text, udt_schema::text, udt_name::text, is_nullable::text, \
                       column_default IS NOT NULL OR is_identity = 'YES' OR is_generated <> 'NEVER', table_schema::text, \
                       COALESCE(datetime_precision, 3)::text \
                       FROM information_schema.columns \
                       WHERE table_schema = COALESCE($1, current_schema()) AND table_name = $2 \
                       ORDER BY ordinal_position";
const TABLES: &str = "SELECT table_schema || '.' || table_name FROM information_schema.tables \
                      WHERE table_schema NOT IN ('pg_catalog', 'information_schema') \
                      ORDER BY table_schema <> COALESCE($1, current_schema()), 1 LIMIT 100";
/// The sequence from which the numbers of a column come, whether the column owns it or only asks it.
const SEQUENCE: &str = "SELECT COALESCE(pg_get_serial_sequence($1, $2), \
                        substring(pg_get_expr(d.adbin, d.adrelid) from 'nextval\\(''(.*)''::regclass\\)')) \
                        FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum \
                        WHERE a.attrelid = $1::regclass AND a.attname = $2";

pub(super) async fn open(options: &PostgresOptions) -> Result<PgConnection, TakeoverError> {
    let mut connection = postgres::connect_to_one(options).await?;
    script(&mut connection, SETTINGS).await?;
    Ok(connection)
}

pub(super) async fn find(
    connection: &mut PgConnection,
    options: &PostgresOptions,
    table: &TableName,
) -> Result<Found, TakeoverError> {
    let explained = |error: sqlx::Error| fatal(&error.to_string());
    let asked = sqlx::query(COLUMNS).bind(&table.schema).bind(&table.name);
    let rows = asked.fetch_all(&mut *connection).await.map_err(explained)?;
    let Some(first) = rows.first() else {
        let there = sqlx::query_scalar(TABLES).bind(&table.schema).fetch_all(connection).await;
        let schema = table.schema.as_deref().or(options.schema.as_ref().map(SchemaName::as_str));
        let schema = schema.unwrap_or("the first schema of the user's search_path");
        return Err(no_table(schema, table, &there.map_err(explained)?));
    };
    let schema: String = first.try_get(6).map_err(explained)?;
    let name = format!("{}.{}", postgres::quoted(&schema), postgres::quoted(&table.name));
    let facts: Result<Vec<_>, _> = rows.iter().map(fact).collect();
    Ok(Found { name, facts: facts.map_err(explained)? })
}

fn fact(row: &sqlx::postgres::PgRow) -> Result<Fact, sqlx::Error> {
    let declared: String = row.try_get(1)?;
    // A text that is too long for a column of characters is refused; converted by name it would be cut off.
    let is_text = matches!(declared.as_str(), "text" | "character varying" | "character");
    let (schema, of_schema): (String, String) = (row.try_get(2)?, row.try_get(3)?);
    let cast = format!("{}.{}", postgres::quoted(&schema), postgres::quoted(&of_schema));
    Ok(Fact {
        name: row.try_get(0)?,
        kind: postgres::kind_of(&declared),
        cast: (!is_text).then_some(cast),
        is_nullable: row.try_get::<String, _>(4)? == "YES",
        has_default: row.try_get(5)?,
        digits: row.try_get::<String, _>(7)?.parse().unwrap_or(3),
    })
}

pub(super) async fn script(connection: &mut PgConnection, sql: &str) -> Result<(), Failure> {
    sqlx::raw_sql(safe(sql)).execute(connection).await.map(drop).map_err(|error| explain(&error))
}

fn bound<'q>(sql: &str, values: &[Value]) -> Query<'q, Postgres, PgArguments> {
    let mut query = sqlx::query(safe(sql));
    for value in values {
        query = match value {
            Value::Null => query.bind(None::<String>),
            Value::Integer(number) => query.bind(*number),
            Value::Text(text) => query.bind(text.clone()),
            Value::Bytes(bytes) => query.bind(bytes.clone()),
        };
    }
    query
}

pub(super) async fn execute(
    connection: &mut PgConnection,
    sql: &str,
    values: &[Value],
) -> Result<u64, Failure> {
    let done = bound(sql, values).execute(connection).await.map_err(|error| explain(&error))?;
    Ok(done.rows_affected())
}

pub(super) async fn each(
    connection: &mut PgConnection,
    (sql, values): (&str, &[Value]),
    kinds: &[Kind],
    sink: &mut (dyn FnMut(Vec<Cell>) + Send),
) -> Result<(), Failure> {
    let mut rows = bound(sql, values).fetch(connection);
    while let Some(row) = rows.try_next().await.map_err(|error| explain(&error))? {
        let mut cells = Vec::with_capacity(kinds.len());
        for (place, kind) in kinds.iter().enumerate() {
            cells.push(cell(*kind, row.try_get(place).map_err(|error| explain(&error))?));
        }
        sink(cells);
    }
    Ok(())
}

fn explain(error: &sqlx::Error) -> Failure {
    failed(error, |code| match code {
        "23505" => Some(true),
        // What a trigger refuses, too.
        "P0001" => Some(false),
        code => ["22", "23"].iter().any(|class| code.starts_with(class)).then_some(false),
    })
}

/// Makes the next number higher than `last` and than every row's. True unless the numbers come from elsewhere.
pub(super) async fn raise(connection: &mut PgConnection, table: &Table, last: i64) -> Result<bool, Failure> {
    let Some(key) = table.key() else { return Ok(true) };
    let explained = |error: sqlx::Error| explain(&error);
    let highest = sqlx::query_scalar::<_, Option<String>>(safe(&table.highest()));
    let highest = highest.fetch_one(&mut *connection).await.map_err(explained)?;
    let highest = highest.and_then(|text| text.parse().ok()).unwrap_or(0_i64);
    let asked = sqlx::query_scalar::<_, Option<String>>(SEQUENCE).bind(&table.name).bind(&key.fact.name);
    let sequence = asked.fetch_optional(&mut *connection).await.map_err(explained)?.flatten();
    let Some(sequence) = sequence else { return Ok(highest >= last) };
    let given = highest.max(last);
    if given < 1 {
        return Ok(true);
    }
    // The name stands in quotes already where it needs them.
    let next = format!("SELECT CASE WHEN is_called THEN last_value + 1 ELSE last_value END FROM {sequence}");
    let next: i64 = sqlx::query_scalar(safe(&next)).fetch_one(&mut *connection).await.map_err(explained)?;
    if next <= given {
        let raise = sqlx::query("SELECT setval($1::text::regclass, $2)").bind(&sequence).bind(given);
        raise.execute(connection).await.map_err(explained)?;
    }
    Ok(true)
}
