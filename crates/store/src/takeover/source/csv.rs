//! How is a file of comma-separated values read?
//!
//! Every value is a text. An empty one and `\N` are nothing; an id of digits alone is a number.

use std::io::BufRead;

use csv::{ByteRecord, ErrorKind, ReaderBuilder};

use super::super::TakeoverError;
use super::super::cell::Cell;
use super::super::mapping::{Described, Wanted};
use super::super::shape::Field;
use super::Sink;

/// Reads all lines.
pub(super) fn read(
    input: impl BufRead,
    wanted: &[Wanted],
    name: &str,
    sink: &mut Sink<'_>,
) -> Result<Described, TakeoverError> {
    let explained = |error: csv::Error| explain(&error, name);
    let mut reader = ReaderBuilder::new().from_reader(input);
    let header = reader.byte_headers().map_err(explained)?;
    let names = header.iter().enumerate().map(|(place, name)| column_name(name, place));
    let names: Vec<String> = names.collect();
    let described = Described::choose(wanted, &names)?;
    let place = |column: &String| names.iter().position(|name| name == column).unwrap_or(usize::MAX);
    let columns: Vec<_> = described.read.iter().map(|(field, column)| (*field, place(column))).collect();
    let mut record = ByteRecord::new();
    while reader.read_byte_record(&mut record).map_err(explained)? {
        let line = record.position().map_or(0, csv::Position::line);
        let cell =
            |(field, place): &(Field, usize)| (*field, cell(*field, record.get(*place).unwrap_or_default()));
        sink(line, columns.iter().map(cell).collect())?;
    }
    Ok(described)
}

fn column_name(name: &[u8], place: usize) -> String {
    let name = if place == 0 { name.strip_prefix(b"\xef\xbb\xbf").unwrap_or(name) } else { name };
    String::from_utf8_lossy(name).trim().to_owned()
}

fn cell(field: Field, value: &[u8]) -> Cell {
    if value.is_empty() || value == b"\\N" {
        return Cell::Null;
    }
    let cell = Cell::of_bytes(value.to_vec());
    match (field, cell) {
        (Field::Id, Cell::Text(text)) => id(text),
        (_, cell) => cell,
    }
}

/// `mongoexport --type=csv` writes `ObjectId(…)`.
fn id(text: String) -> Cell {
    if let Some(hex) = text.strip_prefix("ObjectId(").and_then(|rest| rest.strip_suffix(')')) {
        return Cell::Text(hex.trim_matches(['"', '\'']).to_owned());
    }
    // A number with a leading zero is no number: it would not come back as it was.
    match text.parse::<i64>() {
        Ok(number) if number.to_string() == text => Cell::Integer(number),
        _ => Cell::Text(text),
    }
}

fn explain(error: &csv::Error, name: &str) -> TakeoverError {
    let place = error.position().map_or_else(String::new, |position| format!(", line {}", position.line()));
    // The text of the error itself may show what is in the file.
    let what = match error.kind() {
        ErrorKind::Io(error) => format!("it cannot be read: {error}"),
        ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("there are {len} values, and the header names {expected_len} columns")
        }
        _ => "it is no CSV".to_owned(),
    };
    let fix = "write it as RFC 4180 says: values separated by commas, quoted where they hold a comma, a quote or a \
               new line; the first line names the columns";
    TakeoverError::source(format!("{name}{place}: {what}"), fix)
}
