//! Does this process know what the others did?

use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use super::Auth;
use crate::model::Timestamp;
use crate::tally::FlowMetrics;

/// How far this process is in touch with the database, and through it with others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeedMetrics {
    /// Whether the last look at the database for revocations and keys came to its end.
    pub is_in_touch: bool,
    /// When the revocation feed was read last.
    pub read_at: Option<Timestamp>,
    /// Sessions that ended early and whose access tokens have not expired.
    pub revoked_sessions: usize,
}

impl Auth {
    /// What came of the flows so far.
    pub fn flow_metrics(&self) -> FlowMetrics {
        self.tally().metrics()
    }

    /// Whether this process knows what the others did.
    pub fn feed_metrics(&self) -> FeedMetrics {
        let read = *self.shared.feed_read.read().unwrap_or_else(PoisonError::into_inner);
        FeedMetrics {
            is_in_touch: self.shared.is_in_touch.load(Ordering::Relaxed),
            read_at: read.last,
            revoked_sessions: self.revoked().len(),
        }
    }
}
