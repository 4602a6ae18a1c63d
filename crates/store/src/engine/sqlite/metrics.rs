//! What has the engine been doing?

use std::sync::atomic::{AtomicU64, Ordering};

use crate::engine::observed::{Observed, OperationMetrics};

/// Counts since the store was opened, and how many callers wait now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SqliteMetrics {
    /// Writes that wait for the writer now.
    pub writes_waiting: usize,
    /// Reads that wait for a reader now.
    pub reads_waiting: usize,
    /// Writes that were run, whatever came of them.
    pub writes: u64,
    /// Reads that were run, whatever came of them.
    pub reads: u64,
    /// Commits, each of one or more writes.
    pub commits: u64,
    /// Commits that failed, with all their writes.
    pub failed_commits: u64,
    /// The most writes that shared a commit.
    pub largest_group: u64,
    /// Callers that were turned away because the queue was full.
    pub refused: u64,
    /// Callers that were turned away because they had waited too long.
    pub late: u64,
    /// Callers that had gone before their turn came.
    pub abandoned: u64,
    /// Writes that panicked.
    pub panics: u64,
    /// How long reads took, and what came of them.
    pub reading: OperationMetrics,
    /// How long writes took, and what came of them.
    pub writing: OperationMetrics,
}

/// The counters behind [`SqliteMetrics`].
pub(crate) struct Counters {
    pub(super) writes: Counter,
    pub(super) reads: Counter,
    pub(super) commits: Counter,
    pub(super) failed_commits: Counter,
    pub(super) largest_group: Counter,
    pub(super) refused: Counter,
    pub(super) late: Counter,
    pub(super) abandoned: Counter,
    pub(super) panics: Counter,
    pub(super) reading: Observed,
    pub(super) writing: Observed,
}

impl Default for Counters {
    fn default() -> Self {
        Self {
            writes: Counter::default(),
            reads: Counter::default(),
            commits: Counter::default(),
            failed_commits: Counter::default(),
            largest_group: Counter::default(),
            refused: Counter::default(),
            late: Counter::default(),
            abandoned: Counter::default(),
            panics: Counter::default(),
            reading: Observed::reads(),
            writing: Observed::writes(),
        }
    }
}

/// A number that only grows.
#[derive(Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add(&self, count: usize) {
        self.0.fetch_add(count as u64, Ordering::Relaxed);
    }

    pub(super) fn raise_to(&self, count: usize) {
        self.0.fetch_max(count as u64, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Counters {
    /// The counts now.
    pub(crate) fn snapshot(&self, writes_waiting: usize, reads_waiting: usize) -> SqliteMetrics {
        SqliteMetrics {
            writes_waiting,
            reads_waiting,
            writes: self.writes.get(),
            reads: self.reads.get(),
            commits: self.commits.get(),
            failed_commits: self.failed_commits.get(),
            largest_group: self.largest_group.get(),
            refused: self.refused.get(),
            late: self.late.get(),
            abandoned: self.abandoned.get(),
            panics: self.panics.get(),
            reading: self.reading.metrics(),
            writing: self.writing.metrics(),
        }
    }
}
