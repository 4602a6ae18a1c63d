//! How is a table of somebody else's SQLite file written?
//!
//! The file stays in the journal mode that it is in.

use std::path::Path;
use std::time::Duration;

use rusqlite::types::ToSqlOutput;
use rusqlite::{Connection, Error, ErrorCode, OpenFlags, ToSql, ffi, params_from_iter};

use super::super::TakeoverError;
use super::super::cell::Cell;
use super::super::source::server::Kind;
use super::super::source::{TableName, sqlite};
use super::session::{Failure, Found, fatal};
use super::table::{Fact, Table, Value};

/// How long to wait for whoever is writing to the file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

pub(super) fn open(path: &Path) -> Result<Connection, TakeoverError> {
    if !path.exists() {
        let what = format!("there is no file {}", path.display());
        return Err(TakeoverError::source(what, "name the SQLite file of the older backend"));
    }
    let open = || {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        // SECURITY: a view or trigger in somebody else's file runs nothing of ours.
        connection.execute_batch("PRAGMA trusted_schema = OFF; SELECT 1 FROM sqlite_schema LIMIT 1;")?;
        Ok(connection)
    };
    open().map_err(|error: Error| {
        let what = format!("{} cannot be opened: {error}", path.display());
        TakeoverError::source(
            what,
            "see whether it is the SQLite file of the older backend, and this user may write it",
        )
    })
}

pub(super) fn find(connection: &Connection, path: &Path, table: &TableName) -> Result<Found, TakeoverError> {
    if let Some(schema) = &table.schema {
        let what = format!("SQLite has no schema `{schema}`");
        return Err(TakeoverError::source(what, format!("write `--table {}`", table.name)));
    }
    let explained = |error: Error| fatal(&error.to_string());
    let facts = facts(connection, &table.name).map_err(explained)?;
    if facts.is_empty() {
        return Err(sqlite::no_table(path, table, &sqlite::tables(connection).map_err(explained)?));
    }
    Ok(Found { name: sqlite::quoted(&table.name), facts })
}

fn facts(connection: &Connection, table: &str) -> rusqlite::Result<Vec<Fact>> {
    let sql = "SELECT name, type, \"notnull\", dflt_value IS NOT NULL, pk FROM pragma_table_info(?1)";
    let mut statement = connection.prepare(sql)?;
    let fact = |row: &rusqlite::Row<'_>| {
        let (declared, is_key): (String, bool) = (row.get(1)?, row.get::<_, i64>(4)? > 0);
        Ok(Fact {
            name: row.get(0)?,
            kind: kind_of(&declared),
            cast: None,
            is_nullable: !row.get::<_, bool>(2)? && !is_key,
            has_default: row.get(3)?,
            digits: 3,
        })
    };
    statement.query_map([table], fact)?.collect()
}

/// What a column most likely holds: SQLite itself takes anything.
fn kind_of(declared: &str) -> Kind {
    let declared = declared.to_ascii_uppercase();
    let has = |words: &[&str]| words.iter().any(|word| declared.contains(word));
    if has(&["DATE", "TIME"]) {
        Kind::Time
    } else if has(&["BOOL", "TINYINT(1)"]) {
        Kind::Integer
    } else if has(&["CHAR", "CLOB", "TEXT"]) {
        Kind::Text
    } else if has(&["INT"]) {
        Kind::Integer
    } else if declared == "BLOB" {
        Kind::Bytes
    } else if has(&["REAL", "FLOA", "DOUB", "NUM", "DEC"]) {
        Kind::Number
    } else {
        Kind::Text
    }
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match self {
            Self::Null => Ok(ToSqlOutput::from(rusqlite::types::Null)),
            Self::Integer(number) => number.to_sql(),
            Self::Text(text) => text.to_sql(),
            Self::Bytes(bytes) => bytes.to_sql(),
        }
    }
}

pub(super) fn execute(connection: &Connection, sql: &str, values: &[Value]) -> Result<u64, Failure> {
    let mut statement = connection.prepare_cached(sql).map_err(|error| failed(&error))?;
    let changed = statement.execute(params_from_iter(values)).map_err(|error| failed(&error))?;
    Ok(changed as u64)
}

pub(super) fn each(
    connection: &Connection,
    (sql, values): (&str, &[Value]),
    columns: usize,
    sink: &mut (dyn FnMut(Vec<Cell>) + Send),
) -> Result<(), Failure> {
    let mut read = || {
        let mut statement = connection.prepare(sql)?;
        let mut rows = statement.query(params_from_iter(values))?;
        while let Some(row) = rows.next()? {
            sink((0..columns).map(|place| sqlite::cell(row, place)).collect());
        }
        Ok(())
    };
    read().map_err(|error: Error| failed(&error))
}

pub(super) fn failed(error: &Error) -> Failure {
    let Error::SqliteFailure(told, _) = error else { return Failure::Fatal(fatal(&error.to_string())) };
    let is_taken = matches!(
        told.extended_code,
        ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_ROWID
    );
    match told.code {
        ErrorCode::ConstraintViolation | ErrorCode::TypeMismatch | ErrorCode::TooBig => {
            Failure::Row { is_taken, code: told.extended_code.to_string() }
        }
        _ => Failure::Fatal(fatal(&told.to_string())),
    }
}

/// Makes the next number higher than `last`. Answers false when the table cannot remember it.
pub(super) fn raise(connection: &Connection, table: &Table, last: i64) -> Result<bool, Failure> {
    let explained = |error: Error| failed(&error);
    let highest: Option<i64> =
        connection.query_row(&table.highest(), [], |row| row.get(0)).map_err(explained)?;
    if highest.unwrap_or(0) >= last {
        return Ok(true);
    }
    // Only a table that was made with AUTOINCREMENT remembers.
    let plain = table.name.trim_matches('"').replace("\"\"", "\"");
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND lower(name) = lower(?1) \
               AND upper(sql) LIKE '%AUTOINCREMENT%'";
    let name = match connection.query_row(sql, [&plain], |row| row.get::<_, String>(0)) {
        Ok(name) => name,
        Err(Error::QueryReturnedNoRows) => return Ok(false),
        Err(error) => return Err(failed(&error)),
    };
    let raise = "UPDATE sqlite_sequence SET seq = max(seq, ?2) WHERE name = ?1";
    if connection.execute(raise, (&name, last)).map_err(explained)? == 0 {
        let insert = "INSERT INTO sqlite_sequence (name, seq) VALUES (?1, ?2)";
        connection.execute(insert, (&name, last)).map_err(explained)?;
    }
    Ok(true)
}
