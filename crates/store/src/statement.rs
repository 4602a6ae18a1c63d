//! How is a statement written so that every engine can run it?
//!
//! Invariants (a test checks every statement of the crate):
//! - The text is in the portable subset: no `RETURNING`, no `ON CONFLICT`, no functions of one engine.
//! - Placeholders are `$1`, `$2`, … in the order of the values and none occurs twice, so that an engine that
//!   only knows `?` needs nothing but another spelling.

/// One statement, known when the program is built.
#[derive(Debug)]
pub(crate) struct Sql {
    text: &'static str,
}

impl Sql {
    /// A statement with the placeholders `$1`, `$2`, ….
    pub(crate) const fn new(text: &'static str) -> Self {
        Self { text }
    }

    /// The text as PostgreSQL and SQLite take it.
    pub(crate) const fn text(&self) -> &'static str {
        self.text
    }
}

/// Declares the statements of one file, and `ALL`, the list of them.
macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $($text:expr),+;)*) => {
        $($(#[$doc])* static $name: $crate::statement::Sql = $crate::statement::Sql::new(concat!($($text),+));)*

        /// Every statement of this file.
        pub(crate) static ALL: &[&$crate::statement::Sql] = &[$(&$name),*];
    };
}
pub(crate) use statements;
