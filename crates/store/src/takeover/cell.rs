//! What can stand in a column of another system, and what can be made of it?
//!
//! There is no `Debug`: cells are password hashes and personal data.

use portcullis_core::model::Timestamp;
use uuid::Uuid;

use super::moment;

/// One value of a row, whatever kept it.
#[derive(Clone, PartialEq)]
pub(super) enum Cell {
    /// Nothing.
    Null,
    /// A whole number.
    Integer(i64),
    /// A number that is not whole, or a whole one beyond 64 bits.
    Number(f64),
    /// Yes or no.
    Flag(bool),
    /// A point in time.
    Time(Timestamp),
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// Something that is none of these.
    Strange,
}

/// What is in a cell is not what its field can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unfit;

/// Whether an account may log in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Disabled {
    /// It may.
    No,
    /// It may not, and nobody knows since when.
    Yes,
    /// It may not, since then.
    Since(Timestamp),
}

/// An id as the older system gave it.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum SourceId {
    /// A whole number.
    Number(i64),
    /// Anything else.
    Other(String),
}

/// Whole numbers of 53 bits are exact in a float.
const MOST_EXACT: f64 = 9_007_199_254_740_992.0;
/// Below this a number is seconds since 1970, as a year before 5138 …
const SECONDS_BELOW: i64 = 100_000_000_000;
/// … below this milliseconds, and above microseconds.
const MILLIS_BELOW: i64 = 100_000_000_000_000;

impl Cell {
    /// A whole number in decimal digits, or what a number beyond 64 bits is.
    pub(super) fn integer(digits: &str) -> Self {
        digits.parse().map_or_else(|_| digits.parse().map_or(Self::Strange, Self::Number), Self::Integer)
    }

    /// Bytes that are most likely text.
    pub(super) fn of_bytes(bytes: Vec<u8>) -> Self {
        String::from_utf8(bytes).map_or_else(|error| Self::Bytes(error.into_bytes()), Self::Text)
    }

    /// Whether nothing is there. An empty text is nothing where something is needed.
    pub(super) fn is_blank(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Text(text) => text.is_empty(),
            Self::Bytes(bytes) => bytes.is_empty(),
            _ => false,
        }
    }

    /// As a text.
    pub(super) fn into_text(self) -> Result<Option<String>, Unfit> {
        match self {
            Self::Null => Ok(None),
            Self::Text(text) => Ok(Some(text)),
            Self::Integer(number) => Ok(Some(number.to_string())),
            Self::Bytes(bytes) => String::from_utf8(bytes).map(Some).map_err(|_| Unfit),
            Self::Number(_) | Self::Flag(_) | Self::Time(_) | Self::Strange => Err(Unfit),
        }
    }

    /// As an id. Sixteen bytes that are no text are a UUID, other bytes are written in hexadecimal.
    pub(super) fn into_id(self) -> Result<Option<SourceId>, Unfit> {
        match self {
            _ if self.is_blank() => Ok(None),
            Self::Integer(number) => Ok(Some(SourceId::Number(number))),
            Self::Number(number) => whole(number).map(SourceId::Number).map(Some).ok_or(Unfit),
            Self::Text(text) => Ok(Some(SourceId::Other(text))),
            Self::Bytes(bytes) => Ok(Some(SourceId::Other(match String::from_utf8(bytes) {
                Ok(text) => text,
                Err(error) => match Uuid::from_slice(error.as_bytes()) {
                    Ok(uuid) => uuid.hyphenated().to_string(),
                    Err(_) => hex::encode(error.as_bytes()),
                },
            }))),
            Self::Null | Self::Flag(_) | Self::Time(_) | Self::Strange => Err(Unfit),
        }
    }

    /// As a point in time: what the database takes for one, a date in a text, or a number since 1970 whose size tells
    /// its unit.
    pub(super) fn into_time(self) -> Result<Option<Timestamp>, Unfit> {
        match self {
            _ if self.is_blank() => Ok(None),
            Self::Time(time) => Ok(Some(time)),
            Self::Integer(number) => Ok(Some(since_epoch(number))),
            Self::Number(number) => whole(number.trunc()).map(since_epoch).map(Some).ok_or(Unfit),
            other => {
                let text = other.into_text()?.ok_or(Unfit)?;
                let digits = text.parse().map(since_epoch);
                digits.ok().or_else(|| moment::parse(&text)).map(Some).ok_or(Unfit)
            }
        }
    }

    /// As a flag that may hold the time instead.
    pub(super) fn into_disabled(self) -> Result<Disabled, Unfit> {
        match self {
            _ if self.is_blank() => Ok(Disabled::No),
            Self::Flag(flag) => Ok(of_flag(flag)),
            Self::Integer(number @ (0 | 1)) => Ok(of_flag(number == 1)),
            Self::Text(text) => match text.to_ascii_lowercase().as_str() {
                "true" | "t" | "yes" | "1" => Ok(Disabled::Yes),
                "false" | "f" | "no" | "0" => Ok(Disabled::No),
                _ => Self::Text(text).into_time()?.map(Disabled::Since).ok_or(Unfit),
            },
            other => other.into_time()?.map(Disabled::Since).ok_or(Unfit),
        }
    }
}

const fn of_flag(flag: bool) -> Disabled {
    if flag { Disabled::Yes } else { Disabled::No }
}

fn since_epoch(number: i64) -> Timestamp {
    match number.saturating_abs() {
        size if size < SECONDS_BELOW => Timestamp::from_seconds(number),
        size if size < MILLIS_BELOW => Timestamp::from_millis(number),
        _ => Timestamp::from_millis(number / 1000),
    }
}

/// The whole number that a float is, if it is one.
fn whole(number: f64) -> Option<i64> {
    let is_whole = number.fract() == 0.0 && number.abs() <= MOST_EXACT;
    #[expect(clippy::cast_possible_truncation, reason = "whole, and of 53 bits")]
    is_whole.then_some(number as i64)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn an_id_is_a_number_or_a_text() {
        let id = |cell: Cell| match cell.into_id() {
            Ok(Some(SourceId::Number(number))) => format!("number {number}"),
            Ok(Some(SourceId::Other(text))) => text,
            Ok(None) => "none".into(),
            Err(Unfit) => "unfit".into(),
        };
        assert_eq!(id(Cell::Integer(7)), "number 7");
        assert_eq!(id(Cell::Number(7.0)), "number 7");
        assert_eq!(id(Cell::Text("7".into())), "7");
        assert_eq!(id(Cell::integer("9223372036854775807")), "number 9223372036854775807");
        assert_eq!(id(Cell::integer("18446744073709551615")), "unfit");
        assert_eq!(id(Cell::Bytes(vec![0xff; 16])), "ffffffff-ffff-ffff-ffff-ffffffffffff");
        assert_eq!(id(Cell::Bytes(vec![0xff; 3])), "ffffff");
        assert_eq!(id(Cell::Bytes(b"abc".to_vec())), "abc");
        assert_eq!(id(Cell::Text(String::new())), "none");
        assert_eq!(id(Cell::Flag(true)), "unfit");
    }

    #[test]
    fn the_size_of_a_number_tells_its_unit() {
        let time = |cell: Cell| cell.into_time().ok().flatten().map(Timestamp::as_millis);
        assert_eq!(time(Cell::Integer(1_700_000_000)), Some(1_700_000_000_000));
        assert_eq!(time(Cell::Integer(1_700_000_000_123)), Some(1_700_000_000_123));
        assert_eq!(time(Cell::Integer(1_700_000_000_123_456)), Some(1_700_000_000_123));
        assert_eq!(time(Cell::Number(1_700_000_000.9)), Some(1_700_000_000_000));
        assert_eq!(time(Cell::Text("1700000000123".into())), Some(1_700_000_000_123));
        assert_eq!(time(Cell::Text("2023-11-14T22:13:20.007Z".into())), Some(1_700_000_000_007));
        assert_eq!(time(Cell::Null), None);
        assert!(Cell::Text("yesterday".into()).into_time().is_err());
        assert!(Cell::Flag(true).into_time().is_err());
    }

    #[test]
    fn disabled_is_a_flag_or_a_time() {
        let disabled = |cell: Cell| cell.into_disabled();
        for no in [Cell::Null, Cell::Flag(false), Cell::Integer(0), Cell::Text("false".into())] {
            assert_eq!(disabled(no), Ok(Disabled::No));
        }
        for yes in [Cell::Flag(true), Cell::Integer(1), Cell::Text("T".into())] {
            assert_eq!(disabled(yes), Ok(Disabled::Yes));
        }
        let since = Disabled::Since(Timestamp::from_millis(1_700_000_000_000));
        assert_eq!(disabled(Cell::Integer(1_700_000_000)), Ok(since));
        assert_eq!(disabled(Cell::Text("2023-11-14 22:13:20".into())), Ok(since));
        assert_eq!(disabled(Cell::Text("perhaps".into())), Err(Unfit));
    }

    #[test]
    fn a_text_is_kept_and_a_number_is_written_out() {
        assert_eq!(Cell::Text(" a ".into()).into_text(), Ok(Some(" a ".into())));
        assert_eq!(Cell::Integer(12).into_text(), Ok(Some("12".into())));
        assert_eq!(Cell::of_bytes(b"$2a$".to_vec()).into_text(), Ok(Some("$2a$".into())));
        assert_eq!(Cell::of_bytes(vec![0xc3]).into_text(), Err(Unfit));
        assert_eq!(Cell::Number(1.5).into_text(), Err(Unfit));
    }
}
