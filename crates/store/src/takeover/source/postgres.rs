//! How is a table on a PostgreSQL server read?
//!
//! A `timestamp` without a time zone is taken for UTC, in which the drivers of Node keep it.

use futures_util::TryStreamExt;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, ConnectOptions, Row};

use super::super::TakeoverError;
use super::super::mapping::{Described, Wanted};
use super::server::{Kind, cell, failed, no_table, order, refused};
use super::{Feed, TableName};
use crate::engine::postgres::connect;
use crate::engine::server::password;
use crate::options::{PostgresOptions, SchemaName};

/// A standby is as good as its primary here: nothing is written.
const SETTINGS: &str =
    "SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0; BEGIN READ ONLY";
const COLUMNS: &str = "SELECT column_name::text, data_type::text FROM information_schema.columns \
                       WHERE table_schema = COALESCE($1, current_schema()) AND table_name = $2 \
                       ORDER BY ordinal_position";
const TABLES: &str = "SELECT table_schema || '.' || table_name FROM information_schema.tables \
                      WHERE table_schema NOT IN ('pg_catalog', 'information_schema') \
                      ORDER BY table_schema <> COALESCE($1, current_schema()), 1 LIMIT 100";

/// Reads all rows.
pub(super) async fn read(
    options: &PostgresOptions,
    table: &TableName,
    wanted: &[Wanted],
    mut feed: Feed,
) -> Result<Described, TakeoverError> {
    let mut connection = connect_to_one(options).await?;
    let explained = |error: sqlx::Error| failed(&error);
    sqlx::raw_sql(SETTINGS).execute(&mut connection).await.map_err(explained)?;
    let asked = sqlx::query(COLUMNS).bind(&table.schema).bind(&table.name);
    let columns = asked.fetch_all(&mut connection).await.map_err(explained)?;
    let columns: Vec<(String, String)> = columns
        .iter()
        .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
        .collect::<Result<_, sqlx::Error>>()
        .map_err(explained)?;
    if columns.is_empty() {
        let there = sqlx::query_scalar(TABLES).bind(&table.schema).fetch_all(&mut connection).await;
        let schema = table.schema.as_deref().or(options.schema.as_ref().map(SchemaName::as_str));
        let schema = schema.unwrap_or("the first schema of the user's search_path");
        return Err(no_table(schema, table, &there.map_err(explained)?));
    }
    let names: Vec<_> = columns.iter().map(|(name, _)| name.clone()).collect();
    let described = Described::choose(wanted, &names)?;
    let kind = |name: &str| {
        columns.iter().find(|(known, _)| known == name).map_or(Kind::Text, |(_, declared)| kind_of(declared))
    };
    let kinds: Vec<_> = described.read.iter().map(|(field, name)| (*field, kind(name))).collect();
    let sql = select(table, &described, kind);
    let mut rows = sqlx::query(AssertSqlSafe(sql)).fetch(&mut connection);
    while let Some(row) = rows.try_next().await.map_err(explained)? {
        let mut cells = Vec::with_capacity(kinds.len());
        for (place, (field, kind)) in kinds.iter().enumerate() {
            cells.push((*field, cell(*kind, row.try_get(place).map_err(explained)?)));
        }
        feed.add_next(cells).await?;
    }
    feed.send().await?;
    Ok(described)
}

pub(in crate::takeover) async fn connect_to_one(
    options: &PostgresOptions,
) -> Result<PgConnection, TakeoverError> {
    let mut refusal = None;
    for host in &options.server.hosts {
        let password = password::current(&options.server).await.map_err(|error| refused(host, error))?;
        match connect::connect_options(options, host, password.as_ref()).connect().await {
            Ok(connection) => return Ok(connection),
            Err(error) => refusal = Some(refused(host, connect::explain(&error, options))),
        }
    }
    Err(refusal.unwrap_or(TakeoverError::Over))
}

pub(in crate::takeover) fn kind_of(declared: &str) -> Kind {
    match declared {
        "smallint" | "integer" | "bigint" => Kind::Integer,
        "numeric" | "real" | "double precision" => Kind::Number,
        "boolean" => Kind::Flag,
        "date" => Kind::Time,
        "bytea" => Kind::Bytes,
        declared if declared.starts_with("timestamp") => Kind::Time,
        _ => Kind::Text,
    }
}

fn select(table: &TableName, described: &Described, kind: impl Fn(&str) -> Kind) -> String {
    let read: Vec<_> = described.read.iter().map(|(_, name)| expression(name, kind(name))).collect();
    let order = order(described, |name| kind(name) == Kind::Integer);
    let order: Vec<_> = order.into_iter().map(quoted).collect();
    let order = if order.is_empty() { String::new() } else { format!(" ORDER BY {}", order.join(", ")) };
    let schema = table.schema.as_ref().map_or_else(String::new, |schema| format!("{}.", quoted(schema)));
    format!("SELECT {} FROM {schema}{}{order}", read.join(", "), quoted(&table.name))
}

pub(in crate::takeover) fn expression(name: &str, kind: Kind) -> String {
    let name = quoted(name);
    match kind {
        Kind::Time => format!(
            "CASE WHEN isfinite({name}) THEN (EXTRACT(EPOCH FROM {name}) * 1000000)::bigint::text ELSE {name}::text END"
        ),
        Kind::Bytes | Kind::PaddedBytes => format!("encode({name}, 'hex')"),
        Kind::Integer | Kind::Number | Kind::Flag | Kind::Text => format!("{name}::text"),
    }
}

/// SECURITY: a name comes from the command line and cannot end the quotes that it stands in.
pub(in crate::takeover) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_end_its_quotes() {
        assert_eq!(quoted("a\"; DROP TABLE b; --"), "\"a\"\"; DROP TABLE b; --\"");
    }
}
