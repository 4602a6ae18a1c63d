//! How are tables printed?

use std::fmt;

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
    use super::Table;

    #[test]
    fn columns_are_aligned_and_control_characters_do_not_reach_the_terminal() {
        let mut table = Table::new(&["NAME", "X"]);
        table.row(["zoë".into(), "1".into()]);
        table.row(["\u{1b}[2Jevil".into(), "2".into()]);
        assert_eq!(table.to_string(), "NAME      X\nzoë       1\n\u{fffd}[2Jevil  2\n");
    }
}
