//! What is the same about tables on all database servers?

use super::super::TakeoverError;
use super::super::cell::Cell;
use super::super::mapping::{Described, listed};
use super::super::shape::Field;
use super::{TableName, time_of};
use crate::engine::server::pool::ConnectError;
use crate::options::Host;
use portcullis_core::model::Timestamp;

/// What a column holds, and so how it is asked for: every value comes as a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::takeover) enum Kind {
    /// Digits.
    Integer,
    /// A number that need not be whole.
    Number,
    /// `true`, `1`, or anything else.
    Flag,
    /// Microseconds since 1970.
    Time,
    /// A day, or a time that the database keeps as a text.
    Text,
    /// In hexadecimal.
    Bytes,
    /// The same, filled up with NULs to the length of the column.
    PaddedBytes,
}

/// By which columns rows are ordered: by a whole number that they have, else by when they were made.
pub(super) fn order(described: &Described, is_number: impl Fn(&str) -> bool) -> Vec<&str> {
    let id = described.column(Field::Id);
    if let Some(id) = id.filter(|id| is_number(id)) {
        return vec![id];
    }
    let tells_apart =
        id.or_else(|| described.column(Field::Username)).or_else(|| described.column(Field::Email));
    described.column(Field::CreatedAt).into_iter().chain(tells_apart).collect()
}

/// A value that was asked for by its kind.
pub(in crate::takeover) fn cell(kind: Kind, value: Option<String>) -> Cell {
    let Some(text) = value else { return Cell::Null };
    match kind {
        Kind::Integer => Cell::integer(&text),
        Kind::Number => text.parse().map_or(Cell::Strange, Cell::Number),
        Kind::Flag => Cell::Flag(matches!(text.as_str(), "true" | "t" | "1")),
        Kind::Time => {
            let micros = text.parse::<i64>();
            micros.map_or_else(|_| time_of(&text), |m| Cell::Time(Timestamp::from_millis(m.div_euclid(1000))))
        }
        Kind::Text => Cell::Text(text),
        Kind::Bytes => hex::decode(&text).map_or(Cell::Strange, Cell::of_bytes),
        Kind::PaddedBytes => match hex::decode(&text) {
            Ok(mut bytes) => {
                let used = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
                bytes.truncate(used);
                Cell::of_bytes(bytes)
            }
            Err(_) => Cell::Strange,
        },
    }
}

/// The table is not there.
pub(in crate::takeover) fn no_table(schema: &str, table: &TableName, there: &[String]) -> TakeoverError {
    let what = format!("there is no table `{}` in {schema}; there are: {}", table.name, listed(there));
    TakeoverError::source(
        what,
        "name the table with `--table NAME` or `--table SCHEMA.NAME`; capital letters count",
    )
}

/// No server lets us in.
pub(super) fn refused(host: &Host, error: ConnectError) -> TakeoverError {
    let what = format!("the source {host} cannot be reached: {}", error.cause);
    TakeoverError::source(what, error.advice.unwrap_or_else(|| "see whether the server runs".to_owned()))
}

/// A server let us in and did not do what it was asked for.
pub(super) fn failed(error: &sqlx::Error) -> TakeoverError {
    // What a server says about a statement may show values.
    let cause = match error {
        sqlx::Error::Database(told) => format!("{} ({})", told.message(), told.code().unwrap_or_default()),
        error => error.to_string(),
    };
    TakeoverError::source(
        format!("the source did not answer: {cause}"),
        "see whether the user may read the table (GRANT SELECT), then run the same command again",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_in_the_order_of_their_numbers_or_in_which_they_were_made() {
        let described = Described {
            read: vec![
                (Field::Id, "id".into()),
                (Field::Username, "login".into()),
                (Field::CreatedAt, "made".into()),
            ],
            passed_over: Vec::new(),
        };
        assert_eq!(order(&described, |_| true), ["id"]);
        assert_eq!(order(&described, |_| false), ["made", "id"]);
        let described = Described { read: vec![(Field::Username, "login".into())], passed_over: Vec::new() };
        assert_eq!(order(&described, |_| true), ["login"]);
    }

    #[test]
    fn values_are_read_by_their_kind() {
        let read = |kind, text: &str| cell(kind, Some(text.to_owned()));
        assert!(cell(Kind::Text, None) == Cell::Null);
        assert!(read(Kind::Integer, "12") == Cell::Integer(12));
        assert!(
            read(Kind::Time, "1700000000007123") == Cell::Time(Timestamp::from_millis(1_700_000_000_007))
        );
        assert!(read(Kind::Time, "-1") == Cell::Time(Timestamp::from_millis(-1)));
        assert!(read(Kind::Bytes, "24326224") == Cell::Text("$2b$".into()));
        assert!(read(Kind::PaddedBytes, "616200") == Cell::Text("ab".into()));
        assert!(read(Kind::Flag, "true") == Cell::Flag(true));
        assert!(read(Kind::Number, "1.5") == Cell::Number(1.5));
    }
}
