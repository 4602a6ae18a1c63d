//! How is a statement about one row made one about many?
//!
//! Servers answer a statement about a hundred rows almost as fast as one about a single row. The number is fixed, so
//! that the longer statement is one text that is prepared once.

use std::sync::LazyLock;

use crate::connection::{Connection, DatabaseError};
use crate::row::FromRow;
use crate::statement::Sql;
use crate::value::Value;

/// How many rows the longer statement is about.
pub(crate) const ROWS: usize = 100;

/// A statement about one row, and the same about [`ROWS`].
pub(crate) struct Many {
    one: &'static Sql,
    many: LazyLock<Sql>,
}

/// Declares the longer statements of one file. `NAME = insert(ONE)` repeats what stands in brackets after `VALUES`,
/// `NAME = within(ONE)` makes `IN` of the `=` at the end. How an engine finds the rows is decided by the shorter one,
/// which is listed and checked like all others.
macro_rules! many {
    ($($name:ident = $make:ident($one:ident);)*) => {
        $(static $name: $crate::transfer::many::Many =
            $crate::transfer::many::Many::new(&$one, || $crate::transfer::many::$make(&$one));)*
    };
}
pub(crate) use many;

impl Many {
    /// For [`many!`] only.
    pub(crate) const fn new(one: &'static Sql, make: fn() -> Sql) -> Self {
        Self { one, many: LazyLock::new(make) }
    }

    /// Inserts rows, whose values follow each other.
    pub(crate) async fn insert(
        &'static self,
        connection: &mut Connection<'_>,
        values: &[Value<'_>],
    ) -> Result<(), DatabaseError> {
        let width = width(self.one);
        let chunks = values.chunks_exact(width * ROWS);
        let rest = chunks.remainder();
        for chunk in chunks {
            connection.execute(&self.many, chunk).await?;
        }
        for row in rest.chunks(width) {
            connection.execute(self.one, row).await?;
        }
        Ok(())
    }

    /// The rows whose column is one of these.
    pub(crate) async fn find<T: FromRow>(
        &'static self,
        connection: &mut Connection<'_>,
        values: &[Value<'_>],
    ) -> Result<Vec<T>, DatabaseError> {
        let mut found = Vec::new();
        for chunk in values.chunks(ROWS) {
            found.extend(match chunk {
                [_] => connection.all(self.one, chunk).await?,
                _ => connection.all(&self.many, &filled(chunk)).await?,
            });
        }
        Ok(found)
    }

    /// Does something to the rows whose column is one of these. Answers how many there were.
    pub(crate) async fn execute(
        &'static self,
        connection: &mut Connection<'_>,
        values: &[Value<'_>],
    ) -> Result<u64, DatabaseError> {
        let mut matched = 0;
        for chunk in values.chunks(ROWS) {
            matched += connection.execute(&self.many, &filled(chunk)).await?;
        }
        Ok(matched)
    }
}

/// A value may be asked for more than once: the last one fills up.
fn filled<'v>(values: &[Value<'v>]) -> Vec<Value<'v>> {
    let mut values = values.to_vec();
    if let Some(last) = values.last().copied() {
        values.resize(ROWS, last);
    }
    values
}

/// `… VALUES ($1, $2)` about many rows.
pub(crate) fn insert(one: &Sql) -> Sql {
    let (head, _) = one.text().rsplit_once(" VALUES ").unwrap_or_default();
    let width = width(one);
    let rows: Vec<String> = (0..ROWS).map(|position| placeholders(position * width, width)).collect();
    Sql::new(String::leak(format!("{head} VALUES {}", rows.join(", "))))
}

/// `… = $1` about many rows.
pub(crate) fn within(one: &Sql) -> Sql {
    let head = one.text().trim_end_matches(" = $1");
    Sql::new(String::leak(format!("{head} IN {}", placeholders(0, ROWS))))
}

/// How many values a row has.
fn width(one: &Sql) -> usize {
    one.text().matches('$').count().max(1)
}

/// `($4, $5, $6)` for three after three.
fn placeholders(after: usize, count: usize) -> String {
    let numbers: Vec<String> = (after + 1..=after + count).map(|number| format!("${number}")).collect();
    format!("({})", numbers.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longer_statement_repeats_what_stands_in_brackets() {
        let text = insert(&Sql::new("INSERT INTO t (a, b) VALUES ($1, $2)")).text();
        assert!(text.starts_with("INSERT INTO t (a, b) VALUES ($1, $2), ($3, $4), "), "{text}");
        assert!(text.ends_with(", ($199, $200)"), "{text}");
        let text = within(&Sql::new("SELECT a FROM t WHERE a = $1")).text();
        assert!(
            text.starts_with("SELECT a FROM t WHERE a IN ($1, $2, ") && text.ends_with(", $100)"),
            "{text}"
        );
    }
}
