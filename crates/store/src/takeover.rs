//! How do the accounts of an older backend get into a store?
//!
//! ```text
//! source/        mapping.rs, shape.rs     row.rs                 batch.rs
//! a table, ──▶ which column is what ──▶ an account, or ──▶ new, there already, or in the way of
//! a file        in which form            why it is none     another: one transaction for many rows
//! ```
//!
//! Invariants
//! - The source is only read.
//! - Nothing of an account that is there is changed but the time of the cut-over, and that only when all else is as the
//!   source says. So an import that was interrupted is run again.
//! - What excludes each other in the source is found before it meets in the database: a dry run tells the same.
//! - Memory grows by about a hundred bytes with each row: what of it must be unique.
//! - No password hash, refresh token, email address or username is in a message or a report.

mod batch;
mod candidate;
mod cell;
mod give_back;
mod mapping;
mod moment;
mod report;
mod row;
mod run;
mod seen;
pub mod shape;
mod source;
mod token;

use portcullis_core::model::Timestamp;
use portcullis_core::ports::StoreError;

pub use give_back::{Finding, GiveBack, GiveBackReport, GiveBackStep, MissingRows, give_back, write_out};
pub use mapping::{Described, Mapping};
pub use report::{Reason, Refusals, RowName, SessionTally, TakeoverReport};
pub use run::{Step, take_over};
pub use source::{Format, Source, TableName};

use crate::statement::Sql;
use shape::Shape;

/// What is to be done with the rows of a source.
#[derive(Debug, Clone)]
pub struct Plan {
    /// How the source keeps its accounts.
    pub shape: &'static Shape,
    /// Where it differs from that.
    pub mapping: Mapping,
    /// Up to when what the older backend issues is believed.
    pub cut_over: Timestamp,
    /// The time it is.
    pub now: Timestamp,
    /// What becomes of accounts without a password.
    pub without_password: WithoutPassword,
}

/// What becomes of accounts without a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WithoutPassword {
    /// They do not come.
    #[default]
    Refuse,
    /// They come, and nobody can log in to them before an administrator sets a password.
    Keep,
}

/// Why an import cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum TakeoverError {
    /// The source cannot be read.
    #[error("{what}")]
    Source {
        /// What is wrong, and where.
        what: String,
        /// What to do about it.
        fix: String,
    },
    /// The database did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Nobody reads what the source says any more.
    #[error("the import has ended")]
    Over,
}

impl TakeoverError {
    fn source(what: impl Into<String>, fix: impl Into<String>) -> Self {
        Self::Source { what: what.into(), fix: fix.into() }
    }

    /// What to do about it.
    pub fn fix(&self) -> &str {
        match self {
            Self::Source { fix, .. } => fix,
            Self::Store(_) | Self::Over => {
                "see what is wrong with the database, then run the same command again: it goes on where it was"
            }
        }
    }
}

/// Every statement of this folder that all engines know.
pub(crate) fn statements() -> impl Iterator<Item = &'static Sql> {
    batch::ALL.iter().copied()
}
