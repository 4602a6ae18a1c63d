//! How does one store become the copy of another, also when that one has changed since the last attempt?
//!
//! ```text
//! 1  take away from the target what the source does not have exactly so
//! 2  add what is missing: nothing can be in its way now
//! 3  read both sides from beginning to end and compare
//! ```
//!
//! Interrupted anywhere, the same is done again and finds less to do. Nobody uses the target meanwhile: it is refused
//! if it belongs to somebody (see [`target`]), and no server starts on it until both sides were found the same.

use std::cmp::Ordering;

use portcullis_core::ports::StoreError;

use super::digest::Digest;
use super::import::{ImportError, Importer, Mode};
use super::record::{Counts, Key, Kind, Record};
use super::snapshot::Snapshot;
use super::target::{self, Look, Standing};
use crate::SqlStore;
use crate::engine::operation;
use crate::operations::keys;

/// How many records are taken away at once.
const BATCH: usize = 1000;

/// A move from one store into another. Both have their tables.
pub struct Move<'s> {
    source: &'s SqlStore,
    target: &'s SqlStore,
    seen: Look,
}

/// Why a move is not possible, or did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    /// The target belongs to somebody.
    #[error("the target is in use: {why}")]
    Used {
        /// What tells that.
        why: &'static str,
    },
    /// A server was started on the target while it was filled, and takes care of it now.
    #[error("a server was started on the target while something was moved into it")]
    Joined,
    /// Records did not get into the target.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// One of the databases failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a move is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Looking whether the target is as the last move left it.
    Checking,
    /// Looking for what the target has too much.
    Comparing,
    /// Copying.
    Copying,
    /// Reading both sides again.
    Verifying,
}

/// Hears how far a move has come: what it is doing, and with how many records it has done that.
pub type Progress<'p> = &'p mut (dyn FnMut(Step, u64) + Send);

/// How two stores differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Comparison {
    /// Records that both have.
    pub same: Counts,
    /// Records that only the source has.
    pub new: Counts,
    /// Records that both have, with different content.
    pub changed: Counts,
    /// Records that only the target has.
    pub gone: Counts,
}

/// What a move did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MoveReport {
    /// How many records the target holds now.
    pub counts: Counts,
    /// The checksum over them.
    pub sha256: String,
    /// How the source differs from the target now. Not at all, unless somebody wrote to it meanwhile.
    pub since: Comparison,
    /// Whether the target holds what was read from the source.
    pub is_faithful: bool,
}

impl Comparison {
    /// How many records differ.
    pub fn differences(&self) -> u64 {
        self.new.total() + self.changed.total() + self.gone.total()
    }

    fn add(&mut self, pair: &Pair) {
        let (counts, record) = match pair {
            Pair::Same(record) => (&mut self.same, record),
            Pair::Changed(record, _) => (&mut self.changed, record),
            Pair::Left(record) => (&mut self.new, record),
            Pair::Right(record) => (&mut self.gone, record),
        };
        counts.add(record.kind(), 1);
    }

    fn total(&self) -> u64 {
        self.same.total() + self.differences()
    }
}

impl<'s> Move<'s> {
    /// Sees whether the target may be written to; writes nothing.
    ///
    /// # Errors
    /// [`MoveError::Used`].
    pub async fn begin(
        source: &'s SqlStore,
        target: &'s SqlStore,
        progress: Progress<'_>,
    ) -> Result<Self, MoveError> {
        let keys = source.engine.read(operation!([] | c | keys::list(c))).await?;
        // First: what is written from now on is in the digest, or changes what is seen when the move begins.
        let seen = target.engine.read(operation!([keys] | c | target::look(c, keys))).await?;
        match &seen.standing {
            Standing::Used(why) => return Err(MoveError::Used { why }),
            Standing::Left(left) if *left != digest(target, Step::Checking, progress).await? => {
                return Err(MoveError::Used {
                    why: "it has been written to since something was moved into it",
                });
            }
            Standing::Left(_) | Standing::UnderWay | Standing::Empty => {}
        }
        Ok(Self { source, target, seen })
    }

    /// How the two differ now.
    pub async fn compare(&self, progress: Progress<'_>) -> Result<Comparison, MoveError> {
        let mut comparison = Comparison::default();
        let mut pairs = Pairs::begin(self.source, self.target).await?;
        while let Some(pair) = pairs.next().await? {
            comparison.add(&pair);
            progress(Step::Comparing, comparison.total());
        }
        pairs.close().await;
        Ok(comparison)
    }

    /// Makes the target a copy of the source, and looks at both afterwards. Unless they are the same then, no server
    /// starts on the target.
    ///
    /// # Errors
    /// [`MoveError::Used`] when the target has changed since [`Self::begin`]; nothing was written then.
    pub async fn run(self, progress: Progress<'_>) -> Result<MoveReport, MoveError> {
        let keys = self.source.engine.read(operation!([] | c | keys::list(c))).await?;
        let (target, seen) = (&self.target.engine, self.seen.clone());
        // SECURITY: looking at the target takes minutes. A server that was started on it since would go on, and lose
        // the accounts that registered there.
        if !target.write(operation!([keys, seen] | c | target::note_under_way(c, keys, seen))).await? {
            return Err(MoveError::Used { why: "it was written to while it was looked at" });
        }
        if self.seen.standing != Standing::Empty {
            self.take_away(progress).await?;
        }
        let copied = self.copy(progress).await?;
        let (since, counts, sha256) = self.verify(progress).await?;
        if since.differences() == 0 {
            let note = sha256.clone();
            alone(target.write(operation!([note] | c | target::note_end(c, note))).await?)?;
        }
        Ok(MoveReport { counts, is_faithful: copied == sha256, sha256, since })
    }

    /// Takes away what the source does not have exactly so.
    async fn take_away(&self, progress: Progress<'_>) -> Result<(), MoveError> {
        let keys = self.source.engine.read(operation!([] | c | keys::list(c))).await?;
        let clear = operation!([keys] | c | target::clear_other_keys(c, keys));
        alone(self.target.engine.write(clear).await?)?;
        let mut pairs = Pairs::begin(self.source, self.target).await?;
        let (mut surplus, mut done) = (Vec::new(), 0);
        while let Some(pair) = pairs.next().await? {
            if let Pair::Right(record) | Pair::Changed(_, record) = &pair
                && record.kind() != Kind::SigningKey
            {
                surplus.push(record.key());
            }
            if surplus.len() >= BATCH {
                self.delete(std::mem::take(&mut surplus)).await?;
            }
            done += 1;
            progress(Step::Comparing, done);
        }
        pairs.close().await;
        self.delete(surplus).await
    }

    async fn delete(&self, surplus: Vec<Key>) -> Result<(), MoveError> {
        alone(self.target.engine.write(operation!([surplus] | c | target::delete(c, surplus))).await?)
    }

    /// Adds what is missing; answers the checksum of what was read.
    async fn copy(&self, progress: Progress<'_>) -> Result<String, MoveError> {
        let keys = self.source.engine.read(operation!([] | c | keys::list(c))).await?;
        let mut importer = Importer::begin(self.target, Mode::Write, &keys).await?;
        let mut snapshot = self.source.snapshot().await?;
        let mut digest = Digest::default();
        while let Some(record) = snapshot.next().await? {
            digest.add(&record);
            // What is in conflict has changed since it was looked at; the comparison at the end will tell.
            importer.add(0, record).await?;
            progress(Step::Copying, digest.counts().total());
        }
        let next_number = snapshot.next_number().await?;
        snapshot.close().await;
        importer.finish(next_number).await?;
        Ok(digest.finish())
    }

    /// Reads both sides: how they differ, and what the target holds.
    async fn verify(&self, progress: Progress<'_>) -> Result<(Comparison, Counts, String), MoveError> {
        let (mut comparison, mut digest) = (Comparison::default(), Digest::default());
        let mut pairs = Pairs::begin(self.source, self.target).await?;
        while let Some(pair) = pairs.next().await? {
            comparison.add(&pair);
            if let Pair::Same(record) | Pair::Changed(_, record) | Pair::Right(record) = &pair {
                digest.add(record);
            }
            progress(Step::Verifying, comparison.total());
        }
        pairs.close().await;
        Ok((comparison, *digest.counts(), digest.finish()))
    }
}

/// Goes on if nobody else was at the target.
const fn alone(is_alone: bool) -> Result<(), MoveError> {
    if is_alone { Ok(()) } else { Err(MoveError::Joined) }
}

/// The checksum of all that a store holds.
async fn digest(store: &SqlStore, step: Step, progress: Progress<'_>) -> Result<String, StoreError> {
    let mut digest = Digest::default();
    let mut snapshot = store.snapshot().await?;
    while let Some(record) = snapshot.next().await? {
        digest.add(&record);
        progress(step, digest.counts().total());
    }
    snapshot.close().await;
    Ok(digest.finish())
}

/// Two stores, read side by side.
struct Pairs {
    left: Snapshot,
    right: Snapshot,
    /// The next of each that was not yet handed out.
    next_left: Option<Record>,
    next_right: Option<Record>,
}

/// What two stores have under one key.
#[expect(clippy::large_enum_variant, reason = "there is one at a time")]
enum Pair {
    Same(Record),
    Changed(Record, Record),
    Left(Record),
    Right(Record),
}

impl Pairs {
    async fn begin(left: &SqlStore, right: &SqlStore) -> Result<Self, StoreError> {
        let (mut left, mut right) = (left.snapshot().await?, right.snapshot().await?);
        let (next_left, next_right) = (left.next().await?, right.next().await?);
        Ok(Self { left, right, next_left, next_right })
    }

    async fn next(&mut self) -> Result<Option<Pair>, StoreError> {
        let order = match (&self.next_left, &self.next_right) {
            (None, None) => return Ok(None),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(left), Some(right)) => left.key().cmp(&right.key()),
        };
        let left = if order.is_le() { self.take_left().await? } else { None };
        let right = if order.is_ge() { self.take_right().await? } else { None };
        Ok(match (left, right) {
            (Some(left), Some(right)) if left == right => Some(Pair::Same(right)),
            (Some(left), Some(right)) => Some(Pair::Changed(left, right)),
            (Some(left), None) => Some(Pair::Left(left)),
            (None, Some(right)) => Some(Pair::Right(right)),
            (None, None) => None,
        })
    }

    async fn take_left(&mut self) -> Result<Option<Record>, StoreError> {
        let next = self.left.next().await?;
        Ok(std::mem::replace(&mut self.next_left, next))
    }

    async fn take_right(&mut self) -> Result<Option<Record>, StoreError> {
        let next = self.right.next().await?;
        Ok(std::mem::replace(&mut self.next_right, next))
    }

    async fn close(self) {
        self.left.close().await;
        self.right.close().await;
    }
}
