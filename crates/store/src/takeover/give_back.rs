//! How do accounts get back to the older backend that they came from, or could have come from?
//!
//! ```text
//! entry.rs                     table.rs, session.rs         compare.rs                  run.rs
//! what it may know of an ──▶ its table, as it has been ──▶ a row: as it should be, ──▶ written in batches
//! account                    made, on any engine            to be changed, to be added
//! ```
//!
//! Invariants
//! - Of a row that is there, only what differs is written; a second run has nothing to do.
//! - Nothing that was closed here is open there: a disabled account, a password that was changed, a refresh token that
//!   the older backend has kept.
//! - A transaction holds a few hundred rows and is as a whole done or not; what was interrupted is run again.
//! - No password hash, refresh token, email address or username is in a message or a report.

mod compare;
mod entry;
mod file;
mod moment;
mod mysql;
mod postgres;
mod report;
mod run;
mod session;
mod sqlite;
mod table;

use std::io::Write;

pub use report::{Finding, GiveBackReport};

use super::TakeoverError;
use super::mapping::Mapping;
use super::shape::Shape;
use super::source::{Format, TableName};
use crate::SqlStore;
use crate::options::DatabaseOptions;
use crate::transfer::Mode;

/// What is to be done.
#[derive(Debug, Clone)]
pub struct GiveBack {
    /// How the older backend keeps its accounts.
    pub shape: &'static Shape,
    /// Where it differs from that.
    pub mapping: Mapping,
    /// Whether anything is written.
    pub mode: Mode,
    /// What becomes of rows without an account.
    pub missing: MissingRows,
}

/// What becomes of rows without an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MissingRows {
    /// They are told.
    #[default]
    Keep,
    /// They are deleted.
    Delete,
}

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GiveBackStep {
    /// Accounts are counted and rows looked through.
    Comparing,
    /// Accounts are given back.
    Giving,
}

/// Gives the accounts of a store back to a table of an older backend, which must be there.
///
/// # Errors
/// [`TakeoverError`]; what was written until then stays, and is passed over when it is done again.
pub async fn give_back(
    store: &SqlStore,
    (options, table): (&DatabaseOptions, Option<&TableName>),
    plan: &GiveBack,
    mut progress: impl FnMut(GiveBackStep, u64),
) -> Result<GiveBackReport, TakeoverError> {
    run::Run::open(options, table, plan).await?.run(store, &mut progress).await
}

/// Writes the accounts of a store as an older backend, or the import of its database, reads them.
///
/// # Errors
/// [`TakeoverError`]; what was written until then is of no use.
pub async fn write_out(
    store: &SqlStore,
    (out, format): (impl Write, Format),
    plan: &GiveBack,
    mut progress: impl FnMut(GiveBackStep, u64),
) -> Result<GiveBackReport, TakeoverError> {
    file::write(store, (out, format), plan, &mut progress).await
}
