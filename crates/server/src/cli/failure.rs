//! What does a command say when it fails?

use std::fmt;

/// A failure that knows what can be done about it.
#[derive(Debug)]
struct Fixable {
    cause: anyhow::Error,
    fix: String,
}

impl fmt::Display for Fixable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#}\n  fix: {}", self.cause, self.fix)
    }
}

impl std::error::Error for Fixable {}

/// Adds the remedy to a failure.
pub(crate) trait WithFix {
    /// The same failure, and below it what to do: one line.
    fn with_fix(self, fix: impl Into<String>) -> anyhow::Error;
}

impl WithFix for anyhow::Error {
    fn with_fix(self, fix: impl Into<String>) -> anyhow::Error {
        Fixable { cause: self, fix: fix.into() }.into()
    }
}

/// The command line asks for something that cannot be meant.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct WrongUsage(pub(crate) String);
