//! How are the rows of another system read, from the first to the last?
//!
//! A source runs beside whoever takes its rows and is never far ahead: a few batches are in between. What cannot wait
//! without holding up its thread (files, SQLite) has a thread of its own, which ends when nobody takes its rows.

mod csv;
mod json;
pub(super) mod mysql;
pub(super) mod postgres;
pub(super) mod server;
pub(super) mod sqlite;

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::thread;

use portcullis_core::model::Timestamp;
use tokio::sync::{mpsc, oneshot};

use super::TakeoverError;
use super::cell::Cell;
use super::mapping::{Described, Mapping, Wanted};
use super::moment;
use super::row;
use super::shape::{Field, Shape};
use crate::options::DatabaseOptions;

/// How many rows are handed on at once.
pub(super) const BATCH: usize = 512;
/// How many batches may be read ahead.
pub(super) const AHEAD: usize = 4;
/// How much of a file is read at once.
const BUFFER_BYTES: usize = 256 * 1024;

/// Where an older backend keeps its accounts.
#[derive(Debug, Clone)]
#[expect(clippy::large_enum_variant, reason = "a command has one of it")]
pub enum Source {
    /// A database.
    Database {
        /// Which, and how it is reached.
        options: DatabaseOptions,
        /// The table, when it is not that of the shape.
        table: Option<TableName>,
    },
    /// A file.
    File {
        /// Which.
        path: PathBuf,
        /// What is in it.
        format: Format,
    },
    /// What comes on stdin.
    Stdin {
        /// What it is.
        format: Format,
    },
}

/// What is in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// JSON documents one after the other, or one array of them; the extended JSON of MongoDB is understood.
    Json,
    /// Comma-separated values with a header.
    Csv,
}

/// The name of a table, maybe with its schema (on MySQL: its database).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableName {
    /// The schema.
    pub schema: Option<String>,
    /// The table.
    pub name: String,
}

impl TableName {
    /// `table` or `schema.table`; `None` for an empty name or one with a NUL.
    pub fn parse(text: &str) -> Option<Self> {
        let (schema, name) = match text.split_once('.') {
            Some((schema, name)) => (Some(schema), name),
            None => (None, text),
        };
        let is_name = |name: &str| !name.is_empty() && !name.contains('\0');
        let is_sound = is_name(name) && schema.is_none_or(is_name);
        is_sound.then(|| Self { schema: schema.map(str::to_owned), name: name.to_owned() })
    }
}

/// A row as it was read.
pub(super) struct SourceRow {
    /// How many were read before it.
    pub(super) ordinal: usize,
    /// Where it stands, for people: from 1.
    pub(super) place: u64,
    cells: Vec<(Field, Cell)>,
}

impl SourceRow {
    /// What a field holds; nothing when it has no column, and when it was taken before.
    pub(super) fn take(&mut self, field: Field) -> Cell {
        let found = self.cells.iter_mut().find(|(known, _)| *known == field);
        found.map_or(Cell::Null, |(_, cell)| std::mem::replace(cell, Cell::Null))
    }

    #[cfg(test)]
    pub(super) fn of(cells: Vec<(Field, Cell)>) -> Self {
        Self { ordinal: 0, place: 1, cells }
    }
}

/// Where a source puts its rows.
pub(super) struct Feed {
    sender: mpsc::Sender<Vec<SourceRow>>,
    batch: Vec<SourceRow>,
    count: usize,
}

impl Feed {
    pub(super) const fn new(sender: mpsc::Sender<Vec<SourceRow>>) -> Self {
        Self { sender, batch: Vec::new(), count: 0 }
    }

    /// Adds a row. True when it is time to send.
    fn push(&mut self, place: Option<u64>, cells: Vec<(Field, Cell)>) -> bool {
        let ordinal = self.count;
        self.count += 1;
        let place = place.unwrap_or(self.count as u64);
        self.batch.push(SourceRow { ordinal, place, cells });
        self.batch.len() >= BATCH
    }

    /// Adds a row at a place in a file; from a thread of its own.
    fn add(&mut self, place: u64, cells: Vec<(Field, Cell)>) -> Result<(), TakeoverError> {
        if self.push(Some(place), cells) { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), TakeoverError> {
        let batch = std::mem::take(&mut self.batch);
        self.sender.blocking_send(batch).map_err(|_| TakeoverError::Over)
    }

    /// Adds the next row of a server.
    async fn add_next(&mut self, cells: Vec<(Field, Cell)>) -> Result<(), TakeoverError> {
        if self.push(None, cells) { self.send().await } else { Ok(()) }
    }

    async fn send(&mut self) -> Result<(), TakeoverError> {
        let batch = std::mem::take(&mut self.batch);
        self.sender.send(batch).await.map_err(|_| TakeoverError::Over)
    }
}

/// Which columns are read, and in which order rows without a number of their own were made.
pub(super) struct Reading<'s> {
    pub(super) source: &'s Source,
    pub(super) shape: &'static Shape,
    pub(super) wanted: Vec<Wanted>,
}

impl<'s> Reading<'s> {
    pub(super) fn new(source: &'s Source, shape: &'static Shape, mapping: &Mapping) -> Self {
        Self { source, shape, wanted: mapping.wanted(shape) }
    }

    /// What the place of a row counts.
    pub(super) const fn places(&self) -> &'static str {
        match self.source {
            Source::Database { .. } => "row",
            Source::File { format: Format::Json, .. } | Source::Stdin { format: Format::Json } => "document",
            Source::File { format: Format::Csv, .. } | Source::Stdin { format: Format::Csv } => "line",
        }
    }

    /// Reads a file to its end, to find out that it can be read, and in which order its rows were made.
    pub(super) fn examine(&self, mut progress: impl FnMut(u64)) -> Result<Order, TakeoverError> {
        let Source::File { path, format } = self.source else { return Ok(Order::default()) };
        let (mut times, mut highest) = (Vec::new(), 0);
        let mut note = |_, cells: Vec<(Field, Cell)>| {
            let (time, number) = row::made_at(cells);
            let before = times.last().copied().unwrap_or(i64::MIN);
            times.push(time.map_or(before, Timestamp::as_millis));
            highest = highest.max(number.unwrap_or(0));
            progress(times.len() as u64);
            Ok(())
        };
        read_file(open(path)?, *format, &self.wanted, &path.display().to_string(), &mut note)?;
        Ok(Order { highest, ..Order::of(&times) })
    }

    /// Reads everything.
    pub(super) async fn run(&self, feed: Feed) -> Result<Described, TakeoverError> {
        match self.source {
            Source::File { path, format } => {
                let (input, format, wanted) = (open(path)?, *format, self.wanted.clone());
                let name = path.display().to_string();
                on_a_thread(feed, move |feed| {
                    read_file(input, format, &wanted, &name, &mut |place, cells| feed.add(place, cells))
                })
                .await
            }
            Source::Stdin { format } => {
                let (format, wanted) = (*format, self.wanted.clone());
                on_a_thread(feed, move |feed| {
                    let input = Box::new(BufReader::with_capacity(BUFFER_BYTES, io::stdin()));
                    read_file(input, format, &wanted, "stdin", &mut |place, cells| feed.add(place, cells))
                })
                .await
            }
            Source::Database { options, table } => {
                let table = table
                    .clone()
                    .unwrap_or_else(|| TableName { schema: None, name: self.shape.table.to_owned() });
                match options {
                    DatabaseOptions::Sqlite(options) => {
                        let (path, wanted) = (options.path.clone(), self.wanted.clone());
                        on_a_thread(feed, move |feed| sqlite::read(&path, &table, &wanted, feed)).await
                    }
                    DatabaseOptions::Postgres(options) => {
                        postgres::read(options, &table, &self.wanted, feed).await
                    }
                    DatabaseOptions::MySql(options) => mysql::read(options, &table, &self.wanted, feed).await,
                }
            }
        }
    }
}

/// What takes a row and its place.
type Sink<'s> = dyn FnMut(u64, Vec<(Field, Cell)>) -> Result<(), TakeoverError> + 's;

fn read_file(
    input: Box<dyn BufRead>,
    format: Format,
    wanted: &[Wanted],
    name: &str,
    sink: &mut Sink<'_>,
) -> Result<Described, TakeoverError> {
    match format {
        Format::Json => json::read(input, wanted, name, sink),
        Format::Csv => csv::read(input, wanted, name, sink),
    }
}

fn open(path: &Path) -> Result<Box<dyn BufRead + Send>, TakeoverError> {
    let failed = |error: io::Error| {
        TakeoverError::source(
            format!("{} cannot be read: {error}", path.display()),
            "name the file to import",
        )
    };
    let file = File::open(path).map_err(failed)?;
    if file.metadata().map_err(failed)?.is_dir() {
        return Err(failed(io::ErrorKind::IsADirectory.into()));
    }
    Ok(Box::new(BufReader::with_capacity(BUFFER_BYTES, file)))
}

/// Reads on a thread of its own.
#[expect(
    clippy::disallowed_methods,
    reason = "the thread ends by itself when nobody takes its rows any more"
)]
async fn on_a_thread(
    mut feed: Feed,
    read: impl FnOnce(&mut Feed) -> Result<Described, TakeoverError> + Send + 'static,
) -> Result<Described, TakeoverError> {
    let (done, outcome) = oneshot::channel();
    let work = move || {
        let read = read(&mut feed).and_then(|described| feed.flush().map(|()| described));
        // Nobody waits for it when the import was given up.
        let _ = done.send(read);
    };
    let failed =
        |cause: String| TakeoverError::source(format!("the source cannot be read: {cause}"), "try it again");
    thread::Builder::new().name("takeover-source".into()).spawn(work).map_err(|e| failed(e.to_string()))?;
    outcome.await.unwrap_or_else(|_| Err(failed("its thread ended".into())))
}

/// In which order the rows of a source were made.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Order {
    /// The place of each row in that order; empty when it is the order in which they come.
    ranks: Vec<u32>,
    /// The highest number that one has of its own.
    highest: i64,
}

impl Order {
    fn of(times: &[i64]) -> Self {
        if times.is_sorted() {
            return Self::default();
        }
        let count = u32::try_from(times.len()).unwrap_or(u32::MAX);
        let mut rows: Vec<u32> = (0..count).collect();
        let made_at = |row: &u32| times.get(*row as usize).copied().unwrap_or(i64::MAX);
        rows.sort_by_key(|row| (made_at(row), *row));
        let mut ranks = vec![0; rows.len()];
        for (rank, row) in (0..).zip(rows) {
            if let Some(place) = ranks.get_mut(row as usize) {
                *place = rank;
            }
        }
        Self { ranks, highest: 0 }
    }

    /// The first number that no row has of its own, as far as that is known.
    pub(super) const fn after_numbers(&self) -> i64 {
        self.highest.saturating_add(1)
    }

    /// How many rows were made before this one.
    pub(super) fn rank(&self, ordinal: usize) -> i64 {
        let rank = self.ranks.get(ordinal).map_or(ordinal, |rank| *rank as usize);
        i64::try_from(rank).unwrap_or(i64::MAX)
    }
}

/// A date in a text, or nothing.
fn time_of(text: &str) -> Cell {
    moment::parse(text).map_or(Cell::Strange, Cell::Time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_may_have_a_schema() {
        let parsed = |text| TableName::parse(text).map(|table| (table.schema, table.name));
        assert_eq!(parsed("Users"), Some((None, "Users".into())));
        assert_eq!(parsed("app.Users"), Some((Some("app".into()), "Users".into())));
        for text in ["", ".", "a.", ".b", "a\0"] {
            assert_eq!(parsed(text), None, "{text:?}");
        }
    }

    #[test]
    fn rows_are_ranked_by_when_they_were_made_and_then_by_where_they_stand() {
        let ranks = |times: &[i64]| {
            let order = Order::of(times);
            (0..times.len()).map(|row| order.rank(row)).collect::<Vec<_>>()
        };
        assert_eq!(ranks(&[5, 5, 7]), [0, 1, 2]);
        assert_eq!(ranks(&[7, 5, 5, 1]), [3, 1, 2, 0]);
        assert!(ranks(&[]).is_empty());
    }
}
