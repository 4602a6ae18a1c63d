//! How is a table on a MySQL or MariaDB server read?
//!
//! Times are read in UTC, in which Sequelize and the MySQL drivers of Node keep them.

use futures_util::TryStreamExt;
use sqlx::mysql::MySqlConnection;
use sqlx::{AssertSqlSafe, ConnectOptions, Row};

use super::super::TakeoverError;
use super::super::mapping::{Described, Wanted};
use super::server::{Kind, cell, failed, no_table, order, refused};
use super::{Feed, TableName};
use crate::engine::mysql::connect;
use crate::engine::server::password;
use crate::options::ServerOptions;

/// A replica is as good as its primary here: nothing is written.
const SETTINGS: &str = "SET SESSION time_zone = '+00:00'; SET SESSION sql_mode = ''; \
                        SET SESSION net_write_timeout = 3600; SET SESSION autocommit = 1; START TRANSACTION READ ONLY";
const COLUMNS: &str = "SELECT CAST(column_name AS CHAR), CAST(data_type AS CHAR), CAST(table_schema AS CHAR) \
                       FROM information_schema.columns \
                       WHERE table_schema = COALESCE(?, DATABASE()) AND table_name = ? ORDER BY ordinal_position";
const TABLES: &str = "SELECT CAST(table_name AS CHAR) FROM information_schema.tables \
                      WHERE table_schema = COALESCE(?, DATABASE()) ORDER BY table_name LIMIT 100";

/// Reads all rows.
pub(super) async fn read(
    options: &ServerOptions,
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
        .map(|row| Ok((row.try_get_unchecked(0)?, row.try_get_unchecked(1)?)))
        .collect::<Result<_, sqlx::Error>>()
        .map_err(explained)?;
    if columns.is_empty() {
        let asked = sqlx::query_scalar(TABLES).bind(&table.schema).fetch_all(&mut connection).await;
        let schema = table.schema.as_ref().unwrap_or(&options.database);
        return Err(no_table(schema, table, &asked.map_err(explained)?));
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
            let value: Option<Vec<u8>> = row.try_get_unchecked(place).map_err(explained)?;
            let value = value.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
            cells.push((*field, cell(*kind, value)));
        }
        feed.add_next(cells).await?;
    }
    feed.send().await?;
    Ok(described)
}

pub(in crate::takeover) async fn connect_to_one(
    options: &ServerOptions,
) -> Result<MySqlConnection, TakeoverError> {
    let mut refusal = None;
    for host in &options.hosts {
        let password = password::current(options).await.map_err(|error| refused(host, error))?;
        match connect::connect_options(options, host, password.as_ref()).connect().await {
            Ok(connection) => return Ok(connection),
            Err(error) => refusal = Some(refused(host, connect::explain(&error, options))),
        }
    }
    Err(refusal.unwrap_or(TakeoverError::Over))
}

pub(in crate::takeover) fn kind_of(declared: &str) -> Kind {
    match declared.to_ascii_lowercase().as_str() {
        "tinyint" | "smallint" | "mediumint" | "int" | "bigint" | "bit" => Kind::Integer,
        "decimal" | "float" | "double" => Kind::Number,
        "datetime" | "timestamp" | "date" => Kind::Time,
        "binary" => Kind::PaddedBytes,
        "varbinary" | "tinyblob" | "blob" | "mediumblob" | "longblob" => Kind::Bytes,
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
        Kind::Integer | Kind::Flag => format!("CAST({name} + 0 AS CHAR)"),
        Kind::Number => format!("CAST({name} AS CHAR)"),
        // A date of zeros, which MySQL has instead of NULL, becomes NULL.
        Kind::Time => format!("CAST(TIMESTAMPDIFF(MICROSECOND, '1970-01-01', {name}) AS CHAR)"),
        Kind::Text => format!("CONVERT({name} USING utf8mb4)"),
        Kind::Bytes | Kind::PaddedBytes => format!("HEX({name})"),
    }
}

/// SECURITY: a name comes from the command line and cannot end the quotes that it stands in.
pub(in crate::takeover) fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_end_its_quotes() {
        assert_eq!(quoted("a`; DROP TABLE b; --"), "`a``; DROP TABLE b; --`");
    }
}
