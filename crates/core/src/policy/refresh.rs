//! A refresh token came in: is it the honest client, its retry, or a thief?
//!
//! A refresh token states (session, generation). One generation is *current*; exchanging it makes the next
//! one current. What an earlier generation means depends on when it was exchanged and who presents it:
//!
//! ```text
//! presented                      within the grace          after the grace
//! ─────────────────────────────────────────────────────────────────────────────────────────
//! current                        rotate                    rotate
//! its parent, any client         again (lost, two tabs)    reuse, but see next line
//! its parent, rotating client    again                     again, late: written to the audit log
//! older, client seen last        again (a burst of tabs)   reuse
//! older, another client          reuse                     reuse
//! ```
//!
//! *Again* gives the current generation once more and never makes a second live one. The grace of a
//! generation counts from the moment at which *it* was exchanged; for the client seen last also from the
//! moment at which it was last answered again, because until then its tabs may have sent it.

use std::time::Duration;

use crate::model::{Client, Session, Timestamp};

/// The most exchanges that are remembered. Only those inside the grace matter, so a client would have to
/// refresh more often than once a second to outrun it.
const REMEMBERED: usize = 32;

/// When the latest generations were exchanged; oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rotations(Vec<Rotated>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Rotated {
    generation: u32,
    /// When it was exchanged.
    at: Timestamp,
    /// When it was last presented by the client that exchanged it.
    seen_at: Timestamp,
}

impl Rotations {
    /// Remembers that `generation` was exchanged at `now`, and forgets what is past the grace. The newest
    /// entry is always kept: the parent of the current generation matters after the grace as well.
    #[must_use]
    pub fn with(&self, generation: u32, now: Timestamp, grace: Duration) -> Self {
        let mut kept: Vec<Rotated> =
            self.0.iter().filter(|earlier| now.since(earlier.seen_at) <= grace).copied().collect();
        kept.push(Rotated { generation, at: now, seen_at: now });
        let surplus = kept.len().saturating_sub(REMEMBERED);
        kept.drain(..surplus);
        Self(kept)
    }

    /// Remembers that `generation` was answered again at `now`, if it was the client that `session` was last
    /// seen at.
    #[must_use]
    pub fn repeated(session: &Session, generation: u32, client: &Client, now: Timestamp) -> Self {
        let mut rotations = session.rotations.clone();
        // SECURITY: a thief elsewhere must not keep a generation alive by presenting it again and again.
        if session.client.is_same_as(client) {
            for entry in rotations.0.iter_mut().filter(|entry| entry.generation == generation) {
                entry.seen_at = entry.seen_at.max(now);
            }
        }
        rotations
    }

    /// As it is stored: `generation@exchanged@seen` in milliseconds, separated by spaces.
    pub fn to_text(&self) -> String {
        let write = |entry: &Rotated| format!("{}@{}@{}", entry.generation, entry.at, entry.seen_at);
        let written: Vec<String> = self.0.iter().map(write).collect();
        written.join(" ")
    }

    /// Reads [`Rotations::to_text`]; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let entry = |word: &str| {
            let mut numbers = word.split('@');
            let generation = numbers.next()?.parse().ok()?;
            let mut time = || Some(Timestamp::from_millis(numbers.next()?.parse().ok()?));
            let rotated = Rotated { generation, at: time()?, seen_at: time()? };
            numbers.next().is_none().then_some(rotated)
        };
        text.split_whitespace().map(entry).collect::<Option<Vec<_>>>().map(Self)
    }

    fn of(&self, generation: u32) -> Option<&Rotated> {
        self.0.iter().find(|entry| entry.generation == generation)
    }
}

/// What a presented refresh token means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The current one: exchange it.
    Rotate,
    /// An exchanged one, honestly repeated: give the current generation again.
    Again(Repeat),
    /// An exchanged one in the wrong hands: end the session.
    Reuse,
    /// The session is over.
    Expired,
    /// The session was ended before.
    Revoked,
    /// A generation that was never given out: the database is older than the token.
    NeverIssued,
}

/// How late an honest repetition came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// Within the grace.
    InTime,
    /// After it, by the client that made the exchange. Worth an entry in the audit log.
    Late,
}

/// Judges a refresh token whose MAC is good. `client` presents `generation` of `session` at `now`.
pub fn judge(
    session: &Session,
    generation: u32,
    client: &Client,
    now: Timestamp,
    grace: Duration,
) -> Verdict {
    if session.revoked.is_some() {
        return Verdict::Revoked;
    }
    if session.is_expired(now) {
        return Verdict::Expired;
    }
    if generation > session.generation || generation == 0 {
        return Verdict::NeverIssued;
    }
    if generation == session.generation {
        return Verdict::Rotate;
    }
    let remembered = session.rotations.of(generation);
    let just_exchanged = remembered.is_some_and(|entry| now.since(entry.at) <= grace);
    let just_seen = remembered.is_some_and(|entry| now.since(entry.seen_at) <= grace);
    let is_parent = generation + 1 == session.generation;
    let is_same_client = session.client.is_same_as(client);
    if (is_parent && just_exchanged) || (is_same_client && just_seen) {
        return Verdict::Again(Repeat::InTime);
    }
    if is_parent && is_same_client {
        return Verdict::Again(Repeat::Late);
    }
    // SECURITY: a copied token betrays itself here, whichever of thief and owner comes second.
    Verdict::Reuse
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::model::session::SessionLifetime;
    use crate::model::{AccountId, NewSession, RevokeReason, SessionId};

    const GRACE: Duration = Duration::from_secs(30);

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    fn owner() -> Client {
        Client::new("192.0.2.1".parse().ok(), Some("app/1"))
    }

    fn stranger() -> Client {
        Client::new("198.51.100.1".parse().ok(), Some("app/1"))
    }

    /// A session begun at 0 and refreshed at each of the given seconds.
    fn refreshed_at(seconds: &[i64]) -> Session {
        let mut session = NewSession {
            id: SessionId::new(at(0), [1; 10]),
            account_id: AccountId::new(at(0), [2; 10]),
            client: owner(),
            created_at: at(0),
            authenticated_at: at(0),
            lifetime: SessionLifetime {
                absolute: Duration::from_secs(10_000),
                idle: Duration::from_secs(5_000),
                access: Duration::from_mins(15),
            },
            limit: None,
            newcomer: None,
        }
        .begin();
        for second in seconds {
            session.rotations = session.rotations.with(session.generation, at(*second), GRACE);
            session.generation += 1;
        }
        session
    }

    fn verdict(session: &Session, generation: u32, client: &Client, second: i64) -> Verdict {
        judge(session, generation, client, at(second), GRACE)
    }

    #[test]
    fn the_current_generation_rotates_for_any_client() {
        assert_eq!(verdict(&refreshed_at(&[]), 1, &stranger(), 10), Verdict::Rotate);
        assert_eq!(verdict(&refreshed_at(&[10]), 2, &owner(), 11), Verdict::Rotate);
    }

    #[test]
    fn the_parent_is_answered_again_within_the_grace_and_late_only_for_its_client() {
        let session = refreshed_at(&[100]);
        assert_eq!(verdict(&session, 1, &stranger(), 130), Verdict::Again(Repeat::InTime));
        assert_eq!(verdict(&session, 1, &owner(), 131), Verdict::Again(Repeat::Late));
        assert_eq!(verdict(&session, 1, &stranger(), 131), Verdict::Reuse);
    }

    #[test]
    fn once_the_child_was_used_the_parent_is_reuse_after_the_grace_for_everybody() {
        let session = refreshed_at(&[100, 200]);
        assert_eq!(verdict(&session, 1, &owner(), 201), Verdict::Reuse);
        assert_eq!(verdict(&session, 1, &stranger(), 201), Verdict::Reuse);
    }

    #[test]
    fn a_burst_of_tabs_of_one_client_is_not_theft_but_another_client_is() {
        let session = refreshed_at(&[100, 101, 102]);
        assert_eq!(verdict(&session, 1, &owner(), 130), Verdict::Again(Repeat::InTime));
        assert_eq!(verdict(&session, 1, &stranger(), 103), Verdict::Reuse);
        assert_eq!(verdict(&session, 1, &owner(), 131), Verdict::Reuse);
    }

    #[test]
    fn a_late_retry_gives_the_tabs_that_sent_before_it_their_grace() {
        let mut session = refreshed_at(&[100]);
        session.rotations = Rotations::repeated(&session, 1, &owner(), at(140));
        session.rotations = session.rotations.with(2, at(145), GRACE);
        session.generation = 3;
        assert_eq!(verdict(&session, 1, &owner(), 160), Verdict::Again(Repeat::InTime));
        assert_eq!(verdict(&session, 1, &stranger(), 160), Verdict::Reuse);
        assert_eq!(verdict(&session, 1, &owner(), 171), Verdict::Reuse);
    }

    #[test]
    fn a_thief_elsewhere_cannot_keep_a_generation_alive_by_repeating_it() {
        let mut session = refreshed_at(&[100]);
        session.rotations = Rotations::repeated(&session, 1, &stranger(), at(129));
        assert_eq!(verdict(&session, 1, &stranger(), 131), Verdict::Reuse);
    }

    #[test]
    fn a_clock_set_back_does_not_turn_a_retry_into_theft() {
        let session = refreshed_at(&[100]);
        assert_eq!(verdict(&session, 1, &stranger(), 50), Verdict::Again(Repeat::InTime));
    }

    #[test]
    fn a_session_that_is_over_says_so_before_anything_else() {
        let mut session = refreshed_at(&[100, 200]);
        assert_eq!(verdict(&session, 3, &owner(), 5_000), Verdict::Expired);
        session.revoked = Some((at(300), RevokeReason::LoggedOut));
        assert_eq!(verdict(&session, 1, &owner(), 5_000), Verdict::Revoked);
    }

    #[test]
    fn a_generation_that_was_never_given_out_is_refused() {
        assert_eq!(verdict(&refreshed_at(&[]), 2, &owner(), 1), Verdict::NeverIssued);
        assert_eq!(verdict(&refreshed_at(&[]), 0, &owner(), 1), Verdict::NeverIssued);
    }

    #[test]
    fn the_memory_of_rotations_is_bounded_and_survives_storage() {
        let mut rotations = Rotations::default();
        for generation in 1..=1000 {
            rotations = rotations.with(generation, at(0), GRACE);
        }
        assert_eq!(rotations.0.len(), REMEMBERED);
        assert_eq!(Rotations::parse(&rotations.to_text()).unwrap(), rotations);
        assert_eq!(Rotations::parse("").unwrap(), Rotations::default());
        for text in ["1@2@3 x", "1@2", "1@2@3@4", "x@2@3"] {
            assert_eq!(Rotations::parse(text), None, "{text}");
        }
    }
}
