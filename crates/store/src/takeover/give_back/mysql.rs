//! How is a table on a MySQL or MariaDB server written?
//!
//! Times are written in UTC, in which Sequelize and the MySQL drivers of Node keep them.

use futures_util::TryStreamExt;
use sqlx::Row;
use sqlx::mysql::{MySql, MySqlArguments, MySqlConnection, MySqlDatabaseError};
use sqlx::query::Query;

use super::super::TakeoverError;
use super::super::cell::Cell;
use super::super::source::server::{Kind, cell, no_table};
use super::super::source::{TableName, mysql};
use super::session::{Failure, Found, fatal, safe};
use super::table::{Fact, Table, Value};
use crate::options::ServerOptions;

/// Nothing is cut off or made up silently.
const SETTINGS: &str = "SET SESSION time_zone = '+00:00'; SET SESSION autocommit = 1; \
                        SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'; \
                        SET SESSION innodb_lock_wait_timeout = 30; \
                        SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED";
const COLUMNS: &str = "SELECT CAST(column_name AS CHAR), CAST(data_type AS CHAR), CAST(is_nullable AS CHAR), \
                       column_default IS NOT NULL OR extra LIKE '%auto_increment%' OR extra LIKE '%GENERATED%', \
                       CAST(COALESCE(datetime_precision, 0) AS CHAR), CAST(table_schema AS CHAR) \
                       FROM information_schema.columns \
                       WHERE table_schema = COALESCE(?, DATABASE()) AND table_name = ? ORDER BY ordinal_position";
const TABLES: &str = "SELECT CAST(table_name AS CHAR) FROM information_schema.tables \
                      WHERE table_schema = COALESCE(?, DATABASE()) ORDER BY table_name LIMIT 100";

pub(super) async fn open(options: &ServerOptions) -> Result<MySqlConnection, TakeoverError> {
    let mut connection = mysql::connect_to_one(options).await?;
    script(&mut connection, SETTINGS).await?;
    Ok(connection)
}

pub(super) async fn find(
    connection: &mut MySqlConnection,
    options: &ServerOptions,
    table: &TableName,
) -> Result<Found, TakeoverError> {
    let explained = |error: sqlx::Error| fatal(&error.to_string());
    let asked = sqlx::query(COLUMNS).bind(&table.schema).bind(&table.name);
    let rows = asked.fetch_all(&mut *connection).await.map_err(explained)?;
    let Some(first) = rows.first() else {
        let there = sqlx::query_scalar(TABLES).bind(&table.schema).fetch_all(connection).await;
        let schema = table.schema.as_ref().unwrap_or(&options.database);
        return Err(no_table(schema, table, &there.map_err(explained)?));
    };
    let schema: String = first.try_get_unchecked(5).map_err(explained)?;
    let name = format!("{}.{}", mysql::quoted(&schema), mysql::quoted(&table.name));
    let facts: Result<Vec<_>, _> = rows.iter().map(fact).collect();
    Ok(Found { name, facts: facts.map_err(explained)? })
}

fn fact(row: &sqlx::mysql::MySqlRow) -> Result<Fact, sqlx::Error> {
    let declared: String = row.try_get_unchecked(1)?;
    Ok(Fact {
        name: row.try_get_unchecked(0)?,
        kind: mysql::kind_of(&declared),
        cast: None,
        is_nullable: row.try_get_unchecked::<String, _>(2)? == "YES",
        has_default: row.try_get_unchecked::<i64, _>(3)? != 0,
        digits: row.try_get_unchecked::<String, _>(4)?.parse().unwrap_or(0),
    })
}

pub(super) async fn script(connection: &mut MySqlConnection, sql: &str) -> Result<(), Failure> {
    sqlx::raw_sql(safe(sql)).execute(connection).await.map(drop).map_err(|error| explain(&error))
}

fn bound<'q>(sql: &str, values: &[Value]) -> Query<'q, MySql, MySqlArguments> {
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
    connection: &mut MySqlConnection,
    sql: &str,
    values: &[Value],
) -> Result<u64, Failure> {
    let done = bound(sql, values).execute(connection).await.map_err(|error| explain(&error))?;
    Ok(done.rows_affected())
}

pub(super) async fn each(
    connection: &mut MySqlConnection,
    (sql, values): (&str, &[Value]),
    kinds: &[Kind],
    sink: &mut (dyn FnMut(Vec<Cell>) + Send),
) -> Result<(), Failure> {
    let mut rows = bound(sql, values).fetch(connection);
    while let Some(row) = rows.try_next().await.map_err(|error| explain(&error))? {
        let mut cells = Vec::with_capacity(kinds.len());
        for (place, kind) in kinds.iter().enumerate() {
            let value: Option<Vec<u8>> = row.try_get_unchecked(place).map_err(|error| explain(&error))?;
            cells.push(cell(*kind, value.map(|bytes| String::from_utf8_lossy(&bytes).into_owned())));
        }
        sink(cells);
    }
    Ok(())
}

fn explain(error: &sqlx::Error) -> Failure {
    let number = match error {
        sqlx::Error::Database(told) => {
            told.try_downcast_ref::<MySqlDatabaseError>().map(MySqlDatabaseError::number)
        }
        _ => None,
    };
    let is_taken = match number {
        // Another row has a key of it.
        Some(1062 | 1586) => Some(true),
        // No value, out of range, cut off, in another alphabet, too long, against a rule, and what a trigger refuses.
        Some(1048 | 1264 | 1265 | 1292 | 1364 | 1366 | 1406 | 1451 | 1452 | 1644 | 3819 | 4025) => {
            Some(false)
        }
        _ => None,
    };
    match (is_taken, number, error) {
        (Some(is_taken), Some(number), _) => Failure::Row { is_taken, code: number.to_string() },
        (_, Some(number), sqlx::Error::Database(told)) => {
            Failure::Fatal(fatal(&format!("{} ({number})", told.message())))
        }
        _ => Failure::Fatal(fatal(&error.to_string())),
    }
}

/// Makes the next number higher than `last`; it is higher than every row's by itself. False when that is not allowed.
pub(super) async fn raise(
    connection: &mut MySqlConnection,
    table: &Table,
    last: i64,
) -> Result<bool, Failure> {
    let explained = |error: sqlx::Error| explain(&error);
    let highest = sqlx::query(safe(&table.highest())).fetch_one(&mut *connection).await.map_err(explained)?;
    let highest: Option<String> = highest.try_get_unchecked(0).map_err(explained)?;
    let highest = highest.and_then(|text| text.parse().ok()).unwrap_or(0_i64);
    if highest >= last {
        return Ok(true);
    }
    // The statement that tells the next number shows it as it is, unlike `information_schema`.
    let show = format!("SHOW CREATE TABLE {}", table.name);
    let shown = sqlx::query(safe(&show)).fetch_one(&mut *connection).await.map_err(explained)?;
    let shown: String = shown.try_get_unchecked(1).map_err(explained)?;
    let next = shown.rsplit_once("AUTO_INCREMENT=").map(|(_, rest)| rest);
    let next = next.and_then(|rest| rest.split(|c: char| !c.is_ascii_digit()).next()?.parse::<i64>().ok());
    if next.is_some_and(|next| next > last) {
        return Ok(true);
    }
    if !shown.contains("AUTO_INCREMENT") {
        return Ok(false);
    }
    let raise = format!("ALTER TABLE {} AUTO_INCREMENT = {}", table.name, last.saturating_add(1));
    // Whoever may write the rows may not always change the table.
    Ok(sqlx::raw_sql(safe(&raise)).execute(connection).await.is_ok())
}
