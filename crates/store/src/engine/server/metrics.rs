//! What has the engine been doing?

use deadpool::Status;

use crate::engine::observed::{Observed, OperationMetrics};
use crate::engine::sqlite::metrics::Counter;

/// Counts since the store was opened, and the connections now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServerMetrics {
    /// Connections that are open.
    pub connections: usize,
    /// Connections that nobody uses now.
    pub idle: usize,
    /// Operations that wait for a connection now.
    pub waiting: usize,
    /// Operations that were begun.
    pub operations: u64,
    /// Attempts that were made once more because of a conflict or a lost connection.
    pub retries: u64,
    /// Connections that broke while they were in use.
    pub lost: u64,
    /// Operations that were given up because the database did not answer in time.
    pub late: u64,
    /// Callers that were turned away because too many were waiting.
    pub refused: u64,
    /// How long reads took, and what came of them.
    pub reading: OperationMetrics,
    /// How long writes took, and what came of them.
    pub writing: OperationMetrics,
}

/// The counters behind [`ServerMetrics`].
pub(super) struct Counters {
    pub(super) operations: Counter,
    pub(super) retries: Counter,
    pub(super) lost: Counter,
    pub(super) late: Counter,
    pub(super) refused: Counter,
    pub(super) reading: Observed,
    pub(super) writing: Observed,
}

impl Default for Counters {
    fn default() -> Self {
        Self {
            operations: Counter::default(),
            retries: Counter::default(),
            lost: Counter::default(),
            late: Counter::default(),
            refused: Counter::default(),
            reading: Observed::reads(),
            writing: Observed::writes(),
        }
    }
}

impl Counters {
    /// The counts now.
    pub(super) fn snapshot(&self, pool: &Status) -> ServerMetrics {
        ServerMetrics {
            connections: pool.size,
            idle: pool.available,
            waiting: pool.waiting,
            operations: self.operations.get(),
            retries: self.retries.get(),
            lost: self.lost.get(),
            late: self.late.get(),
            refused: self.refused.get(),
            reading: self.reading.metrics(),
            writing: self.writing.metrics(),
        }
    }
}
