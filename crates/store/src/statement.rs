//! How is a statement written so that every engine can run it?
//!
//! Invariants (a test checks every statement of the crate):
//! - The text is in the portable subset: no `RETURNING`, no `ON CONFLICT`, no functions of one engine.
//! - Placeholders are `$1`, `$2`, … in the order of the values and none occurs twice, so that an engine that
//!   only knows `?` needs nothing but another spelling.
//! - Where MySQL would read all of a table to find a few rows, it has a text of its own with the same values.

use std::sync::OnceLock;

/// One statement, known when the program is built.
#[derive(Debug)]
pub(crate) struct Sql {
    text: &'static str,
    own_for_mysql: Option<&'static str>,
    for_mysql: OnceLock<Spellings>,
    locking: OnceLock<&'static str>,
}

/// A statement as MySQL takes it.
#[derive(Debug)]
struct Spellings {
    plain: &'static str,
    locking: &'static str,
}

impl Sql {
    /// A statement with the placeholders `$1`, `$2`, ….
    pub(crate) const fn new(text: &'static str) -> Self {
        Self::spelled(text, None)
    }

    /// The same, with another text for MySQL and MariaDB.
    pub(crate) const fn with_mysql(text: &'static str, mysql: &'static str) -> Self {
        Self::spelled(text, Some(mysql))
    }

    const fn spelled(text: &'static str, own_for_mysql: Option<&'static str>) -> Self {
        Self { text, own_for_mysql, for_mysql: OnceLock::new(), locking: OnceLock::new() }
    }

    /// The text as PostgreSQL and SQLite take it.
    pub(crate) const fn text(&self) -> &'static str {
        self.text
    }

    /// The same for PostgreSQL, holding the rows that it finds.
    pub(crate) fn locking(&self) -> &'static str {
        self.locking.get_or_init(|| keep(format!("{} FOR UPDATE", self.text)))
    }

    /// The text as MySQL and MariaDB take it.
    pub(crate) fn mysql(&self) -> &'static str {
        self.for_mysql().plain
    }

    /// The same, holding the rows that it finds.
    pub(crate) fn mysql_locking(&self) -> &'static str {
        self.for_mysql().locking
    }

    fn for_mysql(&self) -> &Spellings {
        self.for_mysql.get_or_init(|| {
            let plain = with_question_marks(self.own_for_mysql.unwrap_or(self.text));
            let locking = keep(format!("{plain} FOR UPDATE"));
            Spellings { plain: keep(plain), locking }
        })
    }
}

/// Each statement is spelled once in the life of the process; the drivers want to keep the text.
fn keep(text: String) -> &'static str {
    String::leak(text)
}

/// `$1` becomes `?`.
fn with_question_marks(text: &str) -> String {
    let mut pieces = text.split('$');
    let mut spelled = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        spelled.push('?');
        spelled.push_str(piece.trim_start_matches(|c: char| c.is_ascii_digit()));
    }
    spelled
}

/// Declares the statements of one file, and `ALL`, the list of them. `NAME = "…" => "…";` has a text of its own for
/// MySQL.
macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $($text:expr),+ $(=> $($mysql:expr),+)?;)*) => {
        $($(#[$doc])* static $name: $crate::statement::Sql =
            $crate::statement::statements!(@one [$($text),+] $([$($mysql),+])?);)*

        /// Every statement of this file.
        pub(crate) static ALL: &[&$crate::statement::Sql] = &[$(&$name),*];
    };
    (@one [$($text:expr),+]) => { $crate::statement::Sql::new(concat!($($text),+)) };
    (@one [$($text:expr),+] [$($mysql:expr),+]) => {
        $crate::statement::Sql::with_mysql(concat!($($text),+), concat!($($mysql),+))
    };
}
pub(crate) use statements;

#[cfg(test)]
mod tests {
    use super::Sql;

    #[test]
    fn mysql_gets_question_marks_in_the_order_of_the_values() {
        let sql = Sql::new("SELECT a FROM t WHERE b = $1 AND c > $12");
        assert_eq!(sql.mysql(), "SELECT a FROM t WHERE b = ? AND c > ?");
        assert_eq!(sql.mysql_locking(), "SELECT a FROM t WHERE b = ? AND c > ? FOR UPDATE");
        assert_eq!(sql.locking(), "SELECT a FROM t WHERE b = $1 AND c > $12 FOR UPDATE");
        assert_eq!(Sql::new("SELECT 1").mysql(), "SELECT 1");
        assert_eq!(Sql::with_mysql("SELECT $1", "SELECT $1 AS x").mysql(), "SELECT ? AS x");
    }
}
