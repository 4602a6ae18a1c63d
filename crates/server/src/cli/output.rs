//! How does a command print what it answers?

use std::fmt::{self, Display};
use std::io::{self, Write};

use portcullis_core::model::Timestamp;
use serde::Serialize;
use time::OffsetDateTime;
use time::macros::format_description;

/// Prints a text as it is. A reader that has gone away is an error here and none to `cli::run`.
pub(crate) fn print(text: impl Display) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    write!(out, "{text}")?;
    Ok(out.flush()?)
}

/// Prints a value as JSON that people can read too.
pub(crate) fn print_json(value: &impl Serialize) -> anyhow::Result<()> {
    print(format!("{}\n", serde_json::to_string_pretty(value)?))
}

/// A time as RFC 3339 writes it, in UTC with milliseconds.
pub(crate) fn time_of(at: Timestamp) -> String {
    let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(at.as_millis()) * 1_000_000)
        .ok()
        .and_then(|time| time.format(format).ok())
        // A year beyond 9999 is a damaged row, and is shown as the number that it is.
        .unwrap_or_else(|| at.to_string())
}

/// Rows of text in aligned columns, without lines or colours.
#[derive(Debug)]
pub(crate) struct Table<const N: usize> {
    rows: Vec<[String; N]>,
}

impl<const N: usize> Table<N> {
    /// A table with this first row.
    pub(crate) fn new(head: &[&str; N]) -> Self {
        Self { rows: vec![head.map(str::to_owned)] }
    }

    /// A table without names for its columns.
    pub(crate) const fn headless() -> Self {
        Self { rows: Vec::new() }
    }

    /// Adds a row. Control characters, which a name could carry to deceive a terminal, are replaced.
    pub(crate) fn row(&mut self, cells: [String; N]) {
        self.rows.push(cells.map(|cell| cell.replace(char::is_control, "\u{fffd}")));
    }

    fn width(&self, column: usize) -> usize {
        self.rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    }
}

impl<const N: usize> fmt::Display for Table<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for row in &self.rows {
            let mut line = String::new();
            for (column, cell) in row.iter().enumerate() {
                line.push_str(cell);
                let blanks = self.width(column) - cell.chars().count() + 2;
                line.extend(std::iter::repeat_n(' ', blanks));
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use portcullis_core::model::Timestamp;

    use super::{Table, time_of};

    #[test]
    fn times_are_written_in_utc_with_milliseconds() {
        assert_eq!(time_of(Timestamp::from_millis(1_700_000_000_007)), "2023-11-14T22:13:20.007Z");
        assert_eq!(time_of(Timestamp::from_millis(i64::MAX)), i64::MAX.to_string());
    }

    #[test]
    fn columns_are_aligned_and_control_characters_do_not_reach_the_terminal() {
        let mut table = Table::new(&["NAME", "X"]);
        table.row(["zoë".into(), "1".into()]);
        table.row(["\u{1b}[2Jevil".into(), "2".into()]);
        assert_eq!(table.to_string(), "NAME      X\nzoë       1\n\u{fffd}[2Jevil  2\n");
    }
}
