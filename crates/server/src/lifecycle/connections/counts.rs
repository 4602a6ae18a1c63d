//! How many connections have come, and what became of them?

use std::sync::Arc;

use portcullis_core::metrics::Count;

/// Counts since the start.
#[derive(Debug, Default)]
pub(crate) struct ConnectionCounts {
    accepted: Count,
    closed: Count,
    pub(super) accept_failures: Count,
    pub(super) handshakes_failed: Count,
    pub(super) without_request: Count,
    pub(super) displaced: Count,
}

/// What [`ConnectionCounts`] showed at some moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ConnectionMetrics {
    /// Connections that are open, those in a TLS handshake among them.
    pub(crate) open: u64,
    /// Connections that were accepted.
    pub(crate) accepted: u64,
    /// Connections that the system did not give.
    pub(crate) accept_failures: u64,
    /// TLS handshakes that failed or took too long.
    pub(crate) handshakes_failed: u64,
    /// Connections that were closed because no request came.
    pub(crate) without_request: u64,
    /// Connections that had to give way to others.
    pub(crate) displaced: u64,
}

/// A connection, for as long as it is open.
#[derive(Debug)]
pub(super) struct Counted(Arc<ConnectionCounts>);

impl ConnectionCounts {
    /// One more is open, until what this returns is dropped.
    pub(super) fn open(self: &Arc<Self>) -> Counted {
        self.accepted.add(1);
        Counted(Arc::clone(self))
    }

    /// The counts now.
    pub(crate) fn metrics(&self) -> ConnectionMetrics {
        let closed = self.closed.get();
        let accepted = self.accepted.get();
        ConnectionMetrics {
            open: accepted.saturating_sub(closed),
            accepted,
            accept_failures: self.accept_failures.get(),
            handshakes_failed: self.handshakes_failed.get(),
            without_request: self.without_request.get(),
            displaced: self.displaced.get(),
        }
    }
}

impl std::ops::Deref for Counted {
    type Target = ConnectionCounts;

    fn deref(&self) -> &ConnectionCounts {
        &self.0
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.closed.add(1);
    }
}
