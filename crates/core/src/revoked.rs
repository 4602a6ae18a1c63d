//! Was the session of this access token ended a moment ago?
//!
//! An access token is good until it expires, so a session that ends early is remembered until then. The
//! memory is fed by this process at once and by the store's feed for what other processes did.
//!
//! Entries are numbered as they arrive, so that whoever asks this node again can be told what is new. One that is to be
//! kept for longer than was said arrives anew. Whoever reads all of them does so in the order in which they ended, which
//! is the same at every node: one can go on where another stopped.

pub(crate) mod publication;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Bound;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::model::{Revocation, SessionId, Timestamp};

/// Among how many ends a landmark is looked for.
const LANDMARK_AMONG: usize = 1024;

/// When a session ended, and which: its place in the order that all nodes have.
pub(crate) type End = (Timestamp, SessionId);

/// The sessions whose access tokens are refused although they have not expired.
#[derive(Debug, Default)]
pub(crate) struct RevokedSessions(RwLock<Known>);

#[derive(Debug, Default)]
struct Known {
    sessions: HashMap<SessionId, Entry>,
    arrivals: BTreeMap<u64, SessionId>,
    ends: BTreeSet<End>,
    /// The number of the latest arrival, forgotten or not.
    last: u64,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    number: u64,
    revoked_at: Timestamp,
    until: Timestamp,
}

/// What arrived of late.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct RevokedNews {
    /// Sessions, and when their last access token is dead.
    pub(crate) entries: Vec<(SessionId, Timestamp)>,
    /// After which number to go on.
    pub(crate) next: u64,
}

/// Some of what is known, in the order of the ends.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct RevokedPage {
    /// Sessions, and when their last access token is dead.
    pub(crate) entries: Vec<(SessionId, Timestamp)>,
    /// After which end to go on, where that was not all.
    pub(crate) next: Option<End>,
}

impl RevokedSessions {
    /// Whether access tokens of the session are refused.
    pub(crate) fn contains(&self, session: SessionId) -> bool {
        self.read().sessions.contains_key(&session)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.read().sessions.len()
    }

    /// Remembers a session until its last access token is dead.
    pub(crate) fn add(&self, revocation: Revocation) {
        self.write().add(revocation);
    }

    /// Takes in a piece of the feed and forgets what has expired.
    pub(crate) fn take_in(&self, feed: &[Revocation], now: Timestamp) {
        let mut known = self.write();
        let Known { sessions, arrivals, ends, .. } = &mut *known;
        sessions.retain(|session, entry| {
            let is_kept = entry.until > now;
            if !is_kept {
                arrivals.remove(&entry.number);
                ends.remove(&(entry.revoked_at, *session));
            }
            is_kept
        });
        for revocation in feed {
            known.add(*revocation);
        }
    }

    /// The number before the first arrival that is not forgotten, and the number of the latest.
    pub(crate) fn numbers(&self) -> (u64, u64) {
        let known = self.read();
        (known.arrivals.keys().next().map_or(known.last, |first| first.saturating_sub(1)), known.last)
    }

    /// When the first of those ended that are not forgotten.
    pub(crate) fn first_end(&self) -> Option<Timestamp> {
        self.read().ends.first().map(|(at, _)| *at)
    }

    /// What arrived after a number, `most` at once.
    pub(crate) fn news(&self, number: u64, most: usize) -> RevokedNews {
        let known = self.read();
        let mut arrivals = known.arrivals.range((Bound::Excluded(number), Bound::Unbounded));
        let mut news = RevokedNews { entries: Vec::new(), next: known.last };
        for (number, session) in arrivals.by_ref().take(most) {
            news.entries.extend(known.entry(*session));
            news.next = *number;
        }
        if arrivals.next().is_none() {
            news.next = known.last;
        }
        news
    }

    /// What ended from somewhere on, `most` at once.
    pub(crate) fn page(&self, from: Bound<End>, most: usize) -> RevokedPage {
        let known = self.read();
        let mut ends = known.ends.range((from, Bound::Unbounded));
        let mut page = RevokedPage { entries: Vec::new(), next: None };
        let mut latest = None;
        for end in ends.by_ref().take(most) {
            page.entries.extend(known.entry(end.1));
            latest = Some(*end);
        }
        page.next = latest.filter(|_| ends.next().is_some());
        page
    }

    /// The most striking of the ends at this one and shortly before it. Those who ask for many different ones get few.
    pub(crate) fn landmark(&self, end: End) -> Option<End> {
        let known = self.read();
        let before = known.ends.range(..=end).rev().take(LANDMARK_AMONG);
        // By what is random in an id, which nobody chooses, from its end: from its beginning they are in order.
        let striking = |(_, session): &&End| session.as_uuid().as_u64_pair().1.reverse_bits();
        before.min_by_key(striking).copied()
    }

    fn read(&self) -> RwLockReadGuard<'_, Known> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Known> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn entry(&self, session: SessionId) -> Option<(SessionId, Timestamp)> {
        self.sessions.get(&session).map(|entry| (session, entry.until))
    }

    fn add(&mut self, revocation: Revocation) {
        let Revocation { session_id, revoked_at, expires_at: until } = revocation;
        if let Some(entry) = self.sessions.get(&session_id) {
            if entry.until >= until {
                return;
            }
            self.arrivals.remove(&entry.number);
            self.ends.remove(&(entry.revoked_at, session_id));
        }
        self.last = self.last.saturating_add(1);
        self.arrivals.insert(self.last, session_id);
        self.ends.insert((revoked_at, session_id));
        self.sessions.insert(session_id, Entry { number: self.last, revoked_at, until });
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn session(number: u8) -> SessionId {
        SessionId::new(at(1), [number; 10])
    }

    /// Ended at `revoked_at`, remembered until `until`.
    fn ended(number: u8, revoked_at: i64, until: i64) -> Revocation {
        Revocation { session_id: session(number), revoked_at: at(revoked_at), expires_at: at(until) }
    }

    fn names(entries: &[(SessionId, Timestamp)]) -> Vec<SessionId> {
        entries.iter().map(|(session, _)| *session).collect()
    }

    #[test]
    fn a_session_is_remembered_until_its_last_token_is_dead() {
        let revoked = RevokedSessions::default();
        assert!(!revoked.contains(session(1)));
        revoked.add(ended(1, 10, 100));
        revoked.take_in(&[], at(99));
        assert!(revoked.contains(session(1)));
        revoked.take_in(&[], at(100));
        assert!(!revoked.contains(session(1)));
        assert_eq!(revoked.news(0, 10), RevokedNews { entries: vec![], next: 1 });
        assert_eq!(revoked.page(Bound::Unbounded, 10), RevokedPage { entries: vec![], next: None });
        assert_eq!((revoked.numbers(), revoked.first_end()), ((1, 1), None));
    }

    #[test]
    fn what_is_new_is_told_bit_by_bit_and_what_is_known_is_no_news() {
        let revoked = RevokedSessions::default();
        revoked.take_in(&[ended(1, 10, 100), ended(2, 11, 100), ended(3, 12, 100)], at(20));
        revoked.take_in(&[ended(1, 10, 100), ended(3, 12, 90)], at(20));
        assert_eq!(revoked.numbers(), (0, 3));
        let first = revoked.news(0, 2);
        assert_eq!((names(&first.entries), first.next), (vec![session(1), session(2)], 2));
        let second = revoked.news(first.next, 2);
        assert_eq!((names(&second.entries), second.next), (vec![session(3)], 3));
        assert_eq!(names(&revoked.news(3, 2).entries), []);
        assert_eq!(names(&revoked.news(u64::MAX, 2).entries), []);
    }

    #[test]
    fn what_is_to_be_kept_for_longer_is_told_again() {
        let revoked = RevokedSessions::default();
        revoked.take_in(&[ended(1, 10, 100), ended(2, 10, 100)], at(20));
        revoked.add(ended(1, 15, 200));
        let news = revoked.news(2, 10);
        assert_eq!((news.entries, news.next), (vec![(session(1), at(200))], 3));
        assert_eq!(revoked.numbers(), (1, 3));
        let all = revoked.page(Bound::Unbounded, 10).entries;
        assert_eq!(all, [(session(2), at(100)), (session(1), at(200))], "once");
    }

    #[test]
    fn all_of_it_is_told_in_the_order_of_the_ends_whatever_came_first() {
        let revoked = RevokedSessions::default();
        revoked.take_in(&[ended(3, 30, 100), ended(1, 30, 100), ended(2, 20, 100)], at(20));
        assert_eq!(revoked.first_end(), Some(at(20)));
        let first = revoked.page(Bound::Unbounded, 2);
        assert_eq!(
            (names(&first.entries), first.next),
            (vec![session(2), session(1)], Some((at(30), session(1))))
        );
        let second = revoked.page(Bound::Excluded(first.next.unwrap()), 2);
        assert_eq!((names(&second.entries), second.next), (vec![session(3)], None));
        let exactly = revoked.page(Bound::Included((at(30), SessionId::from_uuid(uuid::Uuid::nil()))), 2);
        assert_eq!((names(&exactly.entries), exactly.next), (vec![session(1), session(3)], None));
    }

    #[test]
    fn there_are_few_landmarks_and_the_next_page_is_beyond_each_of_them() {
        let revoked = RevokedSessions::default();
        let mut random = 1_u64;
        let ends: Vec<End> = (0..20_000)
            .map(|_| {
                random =
                    random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let mut bytes = [0; 10];
                bytes[2..].copy_from_slice(&(random ^ random >> 29).to_be_bytes());
                // All of one account, at once.
                (at(10), SessionId::new(at(1), bytes))
            })
            .collect();
        for (revoked_at, session_id) in &ends {
            revoked.add(Revocation { session_id: *session_id, revoked_at: *revoked_at, expires_at: at(100) });
        }
        let mut sorted: Vec<End> = ends;
        sorted.sort_unstable();
        let mut landmarks = BTreeSet::new();
        for (rank, end) in sorted.iter().enumerate() {
            let landmark = revoked.landmark(*end).unwrap();
            assert!(landmark <= *end);
            let reached = sorted.binary_search(&landmark).unwrap();
            assert!(rank - reached < LANDMARK_AMONG, "{rank} {reached}");
            landmarks.insert(landmark);
        }
        // Two in so many, and some more at the beginning.
        assert!(landmarks.len() < 100, "{}", landmarks.len());
        assert_eq!(revoked.landmark((at(9), session(1))), None);
    }
}
