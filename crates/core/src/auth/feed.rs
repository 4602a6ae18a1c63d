//! How does a process hear of sessions that others ended?

use std::sync::PoisonError;
use std::time::Duration;

use super::Auth;
use crate::model::Timestamp;
use crate::ports::StoreError;

/// How far back the feed is read again at each look, so that what was committed late is not missed: an entry has
/// the time of the request, by the clock of its node, and may have waited for the database.
pub(crate) const FEED_OVERLAP: Duration = Duration::from_mins(2);

/// How often all of the feed is read again, so that a clock that is wrong by more delays a revocation instead of
/// hiding it.
const FEED_REREAD_EVERY: Duration = Duration::from_secs(30);

/// For how long an entry is kept although no access token of its session is alive.
///
/// SECURITY: services give tokens a leeway, and their clocks may be behind. One that asks only now would let pass for so
/// long what has ended.
const KEPT_FOR_SERVICES: Duration = Duration::from_mins(2);

/// Up to when the revocation feed is known.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct FeedRead {
    /// When it was read last.
    pub(super) last: Option<Timestamp>,
    whole: Option<Timestamp>,
}

impl Auth {
    pub(super) async fn read_feed(&self) -> Result<(), StoreError> {
        let now = self.now();
        let read = *self.shared.feed_read.read().unwrap_or_else(PoisonError::into_inner);
        let is_due = |whole: Timestamp| now.since(whole) >= FEED_REREAD_EVERY || now < whole;
        let all = read.whole.is_none_or(is_due);
        // The clock may have been set back since the last look: what was ended after that has an earlier time.
        let since = read
            .last
            .filter(|_| !all)
            .map_or(Timestamp::from_millis(0), |at| at.min(now).minus(FEED_OVERLAP));
        let alive = now.minus(KEPT_FOR_SERVICES);
        let feed = self.store().list_revocations(since, alive).await?;
        self.shared.revoked.take_in(&feed, alive);
        let whole = if all { Some(now) } else { read.whole };
        *self.shared.feed_read.write().unwrap_or_else(PoisonError::into_inner) =
            FeedRead { last: Some(now), whole };
        Ok(())
    }

    /// Up to when it is known what other processes ended.
    pub(crate) fn feed_read_at(&self) -> Timestamp {
        let read = *self.shared.feed_read.read().unwrap_or_else(PoisonError::into_inner);
        // The door opens with a look.
        read.last.unwrap_or_else(|| self.now())
    }

    /// Refuses the access tokens of what this process has just ended, without waiting for the next second.
    pub(crate) async fn take_in_feed(&self) {
        if let Err(error) = self.read_feed().await {
            // What was ended is ended; only its access tokens live on until the next look succeeds.
            tracing::warn!(%error, "the revocation feed could not be read");
        }
    }
}
