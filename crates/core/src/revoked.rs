//! Was the session of this access token ended a moment ago?
//!
//! An access token is good until it expires, so a session that ends early is remembered until then. The
//! memory is fed by this process at once and by the store's feed for what other processes did.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use crate::model::{Revocation, SessionId, Timestamp};

/// The sessions whose access tokens are refused although they have not expired.
#[derive(Debug, Default)]
pub(crate) struct RevokedSessions(RwLock<HashMap<SessionId, Timestamp>>);

impl RevokedSessions {
    /// Whether access tokens of the session are refused.
    pub(crate) fn contains(&self, session: SessionId) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).contains_key(&session)
    }

    /// Remembers a session until its last access token is dead.
    pub(crate) fn add(&self, session: SessionId, until: Timestamp) {
        let mut sessions = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let kept = sessions.entry(session).or_insert(until);
        *kept = (*kept).max(until);
    }

    /// Takes in a piece of the feed and forgets what has expired.
    pub(crate) fn take_in(&self, feed: &[Revocation], now: Timestamp) {
        let mut sessions = self.0.write().unwrap_or_else(PoisonError::into_inner);
        sessions.retain(|_, until| *until > now);
        sessions.extend(feed.iter().map(|entry| (entry.session_id, entry.expires_at)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_remembered_until_its_last_token_is_dead() {
        let session = SessionId::new(Timestamp::from_millis(1), [1; 10]);
        let revoked = RevokedSessions::default();
        assert!(!revoked.contains(session));
        revoked.add(session, Timestamp::from_millis(100));
        revoked.take_in(&[], Timestamp::from_millis(99));
        assert!(revoked.contains(session));
        revoked.take_in(&[], Timestamp::from_millis(100));
        assert!(!revoked.contains(session));
    }
}
