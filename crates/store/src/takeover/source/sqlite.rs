//! How is a table of somebody else's SQLite file read?
//!
//! The file is opened for reading only. What stands in a write-ahead log beside it is read too; SQLite needs to be able
//! to write to the log's index (`-shm`) for that.

use std::path::Path;
use std::time::Duration;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, OpenFlags, Row};

use super::super::TakeoverError;
use super::super::cell::Cell;
use super::super::mapping::{Described, Wanted, listed};
use super::{Feed, TableName};

/// How long to wait for whoever is writing to the file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Reads all rows.
pub(super) fn read(
    path: &Path,
    table: &TableName,
    wanted: &[Wanted],
    feed: &mut Feed,
) -> Result<Described, TakeoverError> {
    if let Some(schema) = &table.schema {
        let what = format!("SQLite has no schema `{schema}`");
        return Err(TakeoverError::source(what, format!("write `--table {}`", table.name)));
    }
    if !path.exists() {
        let what = format!("there is no file {}", path.display());
        return Err(TakeoverError::source(what, "name the SQLite file of the older backend"));
    }
    let explained = |error: rusqlite::Error| explain(path, &error);
    let connection = open(path).map_err(explained)?;
    let columns = columns(&connection, &table.name).map_err(explained)?;
    if columns.is_empty() {
        return Err(no_table(path, table, &tables(&connection).map_err(explained)?));
    }
    let names: Vec<_> = columns.iter().map(|(name, _)| name.clone()).collect();
    let described = Described::choose(wanted, &names)?;
    let mut statement = connection.prepare(&select(table, &described, &columns)).map_err(explained)?;
    let mut rows = statement.query([]).map_err(explained)?;
    while let Some(row) = rows.next().map_err(explained)? {
        let cells = described.read.iter().enumerate().map(|(place, (field, _))| (*field, cell(row, place)));
        if feed.push(None, cells.collect()) {
            feed.flush()?;
        }
    }
    Ok(described)
}

fn open(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    // SECURITY: a view in somebody else's file runs nothing of ours.
    connection.execute_batch("PRAGMA query_only = ON; PRAGMA trusted_schema = OFF;")?;
    Ok(connection)
}

/// The columns of a table with their declared types.
fn columns(connection: &Connection, table: &str) -> rusqlite::Result<Vec<(String, String)>> {
    let mut statement = connection.prepare("SELECT name, type FROM pragma_table_info(?1)")?;
    statement.query_map([table], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

pub(in crate::takeover) fn tables(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let sql = "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%' ORDER BY name";
    connection.prepare(sql)?.query_map([], |row| row.get(0))?.collect()
}

fn select(table: &TableName, described: &Described, columns: &[(String, String)]) -> String {
    let read: Vec<_> = described.read.iter().map(|(_, name)| quoted(name)).collect();
    let is_number = |name: &str| {
        columns.iter().any(|(known, kind)| known == name && kind.to_ascii_uppercase().contains("INT"))
    };
    let order: Vec<_> = super::server::order(described, is_number).into_iter().map(quoted).collect();
    let order = if order.is_empty() { String::new() } else { format!(" ORDER BY {}", order.join(", ")) };
    format!("SELECT {} FROM {}{order}", read.join(", "), quoted(&table.name))
}

/// SECURITY: a name comes from the command line and cannot end the quotes that it stands in.
pub(in crate::takeover) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

pub(in crate::takeover) fn cell(row: &Row<'_>, place: usize) -> Cell {
    match row.get_ref(place) {
        Ok(ValueRef::Null) => Cell::Null,
        Ok(ValueRef::Integer(number)) => Cell::Integer(number),
        Ok(ValueRef::Real(number)) => Cell::Number(number),
        Ok(ValueRef::Text(bytes) | ValueRef::Blob(bytes)) => Cell::of_bytes(bytes.to_vec()),
        Err(_) => Cell::Strange,
    }
}

pub(in crate::takeover) fn no_table(path: &Path, table: &TableName, there: &[String]) -> TakeoverError {
    let what =
        format!("there is no table `{}` in {}; there are: {}", table.name, path.display(), listed(there));
    TakeoverError::source(what, "name the table with `--table NAME`")
}

fn explain(path: &Path, error: &rusqlite::Error) -> TakeoverError {
    let fix = match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
            "name the SQLite file of the older backend; if it is, restore it from a backup"
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            "stop the older backend, or import a copy that `sqlite3 FILE \".backup copy.db\"` made"
        }
        Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
            "this user must be able to read the file and to write beside it, where SQLite keeps its log (-wal, -shm); \
             copy all of them to a folder of your own and import that"
        }
        _ => "see whether the file is whole, with `sqlite3 FILE 'PRAGMA integrity_check'`",
    };
    TakeoverError::source(format!("{} cannot be read: {error}", path.display()), fix)
}

#[cfg(test)]
mod tests {
    use super::super::super::shape::Field;
    use super::*;

    #[test]
    fn a_name_cannot_end_its_quotes() {
        let table = TableName { schema: None, name: "a\" UNION SELECT 1; --".into() };
        let described = Described { read: vec![(Field::Id, "x\"y".into())], passed_over: Vec::new() };
        assert_eq!(
            select(&table, &described, &[("x\"y".into(), "INTEGER".into())]),
            "SELECT \"x\"\"y\" FROM \"a\"\" UNION SELECT 1; --\" ORDER BY \"x\"\"y\""
        );
    }
}
