//! How does everything that a store holds get into another one?
//!
//! ```text
//!  export   Snapshot ──record by record──▶ FileWriter ──▶ lines, the last of which counts and signs off
//!  import   lines ──▶ FileReader ──────────▶ Importer ──▶ a batch, a transaction
//!  move     Snapshot ──────────────────────▶ Importer     after what the target has too much was taken away
//! ```
//!
//! Invariants
//! - Everything travels: hashes, sessions, revocations, sealed signing keys, the audit log with its seals, the ids of
//!   adopted sessions, one-time tokens, the outbox, known clients, and the number of the next account. Nothing is opened on the way: the same master key is needed on the other side.
//! - A record travels in one order only, that of [`Key`]; so two stores are compared like two sorted lists.
//! - Memory does not grow with the store: a page of what is read, a batch of what is written.
//! - An import overwrites nothing. A move overwrites a target that nobody has used since an earlier move filled it.

mod check;
mod digest;
mod file;
mod import;
pub(crate) mod insert;
mod line;
pub(crate) mod look_up;
pub(crate) mod many;
mod moving;
pub(crate) mod numbers;
mod pages;
mod record;
mod report;
mod snapshot;
pub(crate) mod target;

pub use check::{Checked, HashKinds};
pub use digest::Digest;
pub use file::{FileError, FileReader, FileWriter, Header};
pub use import::{ImportError, Importer, Mode};
pub use line::LineError;
pub use moving::{Comparison, Move, MoveError, MoveReport, Progress, Step};
pub use record::{AccountRecord, AdoptedSession, Counts, Key, Kind, KnownClient, PasswordRecord, Record};
pub use report::{Conflict, ConflictKind, ImportReport, Tally};
pub use snapshot::Snapshot;

use crate::statement::Sql;

/// Every statement of this folder that all engines know.
pub(crate) fn statements() -> impl Iterator<Item = &'static Sql> {
    let lists = [pages::ALL, insert::ALL, look_up::ALL, target::ALL, numbers::ALL];
    lists.into_iter().flatten().copied()
}
