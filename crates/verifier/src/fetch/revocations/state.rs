//! What is known of the feed, and since when?
//!
//! Pure: the time is an argument, in milliseconds since the epoch.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use super::document::Document;
use crate::fetch::FetchError;

/// How often all of the feed is read again, so that an entry that one node of the issuer learned of late is not missed
/// for long by who asks another.
const WHOLE_EVERY_MILLIS: i64 = 60_000;

/// What reading to the last page came to.
pub(super) struct Reading {
    /// Whether it was all that there is.
    pub(super) is_whole: bool,
    /// When the first page was asked for.
    pub(super) begun_at: i64,
    /// Where to go on next time; `None` for the beginning.
    pub(super) cursor: Option<String>,
    /// Up to when it is known what has ended, by our own clock.
    pub(super) known_at: i64,
}

#[derive(Default)]
pub(super) struct State {
    /// Until which second, by `sid`.
    ended: HashMap<Box<str>, i64>,
    kids: Arc<HashSet<String>>,
    cursor: Option<String>,
    /// When all of it was read last.
    whole_at: Option<i64>,
    /// Up to when it is known what has ended, by our own clock.
    known_at: Option<i64>,
    pub(super) attempts: u64,
    /// So many have failed in a row.
    pub(super) failures: u32,
    /// Why the last attempt failed, if it did.
    pub(super) failure: Option<FetchError>,
    was_told: bool,
}

impl State {
    pub(super) fn is_ended(&self, session: &str) -> bool {
        self.ended.contains_key(session)
    }

    pub(super) fn revoked_kids(&self) -> Arc<HashSet<String>> {
        Arc::clone(&self.kids)
    }

    pub(super) fn len(&self) -> usize {
        self.ended.len()
    }

    /// Nothing is younger than now: a clock may have been set back.
    pub(super) fn age(&self, now: i64) -> Option<Duration> {
        let age = now.saturating_sub(self.known_at?).max(0);
        Some(Duration::from_millis(age.unsigned_abs()))
    }

    /// From where to read on; `None` for all of it.
    pub(super) fn since(&self, now: i64) -> Option<String> {
        let is_recent = self.whole_at.is_some_and(|at| (0..WHOLE_EVERY_MILLIS).contains(&(now - at)));
        self.cursor.clone().filter(|_| is_recent)
    }

    /// Adds what a page tells.
    pub(super) fn take_in(&mut self, page: Document, leeway_seconds: i64, now: i64) {
        let now_seconds = now.div_euclid(1000);
        for (session, until) in page.revoked {
            let until = until.saturating_add(leeway_seconds);
            if until > now_seconds {
                let known = self.ended.entry(session).or_insert(until);
                *known = (*known).max(until);
            }
        }
        // SECURITY: the issuer forgets a revoked key when its last token has died; a copy of its public part may
        // live on in a fixed set. Once revoked is always revoked.
        if page.revoked_kids.iter().any(|kid| !self.kids.contains(kid)) {
            let kids = self.kids.iter().cloned().chain(page.revoked_kids);
            self.kids = Arc::new(kids.collect());
        }
    }

    /// The last page was read.
    pub(super) fn finish(&mut self, reading: Reading) {
        if reading.is_whole {
            self.whole_at = Some(reading.begun_at);
        }
        self.cursor = reading.cursor;
        self.known_at = Some(reading.known_at);
    }

    /// Forgets sessions whose tokens are dead.
    pub(super) fn forget_expired(&mut self, now: i64) {
        let now_seconds = now.div_euclid(1000);
        self.ended.retain(|_, until| *until > now_seconds);
    }

    /// Answers whether somebody was told of an outage that is over now.
    pub(super) fn record_success(&mut self) -> bool {
        self.attempts += 1;
        self.failures = 0;
        self.failure = None;
        std::mem::take(&mut self.was_told)
    }

    /// Answers whether somebody should be told.
    pub(super) fn record_failure(&mut self, now: i64, failure: FetchError, stale_after: Duration) -> bool {
        self.attempts += 1;
        self.failures = self.failures.saturating_add(1);
        self.failure = Some(failure);
        // What is wrong with the place may be the cause.
        self.cursor = None;
        let is_news = !self.was_told && self.age(now).is_none_or(|age| age > stale_after);
        self.was_told |= is_news;
        is_news
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::super::place::Beginning;
    use super::*;

    const START: i64 = 1_800_000_000_000;
    const START_S: i64 = START / 1000;
    const STALE: Duration = Duration::from_secs(30);

    fn page(revoked: &[(&str, i64)], kids: &[&str]) -> Document {
        Document {
            node: "n".to_owned(),
            from: Beginning::Whole,
            cursor: Some("c".to_owned()),
            next: None,
            lag_seconds: 0,
            revoked: revoked.iter().map(|(sid, until)| ((*sid).into(), *until)).collect(),
            revoked_kids: kids.iter().map(|kid| (*kid).to_owned()).collect(),
        }
    }

    fn state_with(page: Document) -> State {
        let mut state = State::default();
        state.take_in(page, 30, START);
        state.finish(whole(START));
        state
    }

    fn whole(known_at: i64) -> Reading {
        Reading { is_whole: true, begun_at: START, cursor: Some("c".to_owned()), known_at }
    }

    #[test]
    fn an_ended_session_is_remembered_until_its_tokens_are_dead_leeway_included() {
        let mut state = state_with(page(&[("a", START_S + 60)], &[]));
        assert!(state.is_ended("a") && !state.is_ended("b"));
        state.forget_expired(START + 89_999);
        assert!(state.is_ended("a"));
        state.forget_expired(START + 90_000);
        assert!(!state.is_ended("a"));
    }

    #[test]
    fn an_entry_lives_as_long_as_anybody_ever_said() {
        let mut state = state_with(page(&[("a", START_S + 60)], &[]));
        state.take_in(page(&[("a", START_S + 10)], &[]), 30, START);
        state.forget_expired(START + 60_000);
        assert!(state.is_ended("a"));
        state.take_in(page(&[("b", START_S)], &[]), 30, START + 60_000);
        assert!(!state.is_ended("b"), "what is over is not taken in");
    }

    #[test]
    fn a_revoked_key_stays_revoked_when_the_issuer_has_forgotten_it() {
        let mut state = state_with(page(&[], &["k1"]));
        state.take_in(page(&[], &["k2"]), 30, START);
        state.take_in(page(&[], &[]), 30, START);
        let kids = state.revoked_kids();
        assert!(kids.contains("k1") && kids.contains("k2"));
    }

    #[test]
    fn all_of_it_is_read_at_first_every_minute_after_a_failure_and_when_the_clock_was_set_back() {
        assert_eq!(State::default().since(START), None);
        let mut state = state_with(page(&[], &[]));
        assert_eq!(state.since(START + 59_999).as_deref(), Some("c"));
        assert_eq!(state.since(START + 60_000), None);
        assert_eq!(state.since(START - 1), None);
        state.record_failure(START, FetchError::Status(500), STALE);
        assert_eq!(state.since(START), None);
    }

    #[test]
    fn what_the_issuer_knew_is_as_old_as_it_says() {
        let mut state = State::default();
        state.finish(whole(START - 7_000));
        assert_eq!(state.age(START + 1_000), Some(Duration::from_secs(8)));
        assert_eq!(state.age(START - 60_000), Some(Duration::ZERO));
        assert_eq!(State::default().age(START), None);
    }

    #[test]
    fn an_outage_is_told_once_when_what_is_known_is_stale_and_its_end_once() {
        let mut state = state_with(page(&[], &[]));
        let mut fails = |after| state.record_failure(START + after, FetchError::Status(503), STALE);
        assert_eq!([fails(10_000), fails(30_000), fails(30_001), fails(40_000)], [false, false, true, false]);
        assert_eq!((state.failures, state.attempts), (4, 4));
        assert!(state.record_success());
        assert!(!state.record_success());
        assert!(State::default().record_failure(START, FetchError::Status(503), STALE), "nothing is known");
    }
}
