//! When does the next signing key take over by itself?
//!
//! ```text
//! next made for another algorithm than is wanted  ─▶ another next key, published from now on
//! next published for less than an hour            ─▶ nothing yet
//! active signs for another algorithm              ─▶ rotate
//! active signs for longer than `every`            ─▶ rotate
//! ```
//!
//! A key of another algorithm is replaced after an hour too: while nodes get a new setting one after the other, those of
//! the old one shall not take back at once what those of the new one did.

use std::time::Duration;

use portcullis_crypto::keyring::{KeyPurpose, KeyRecord, KeyState};
use portcullis_verifier::Algorithm;

use crate::model::Timestamp;

/// How long a key is published before it signs by itself. Longer than the five minutes for which the key set may be
/// cached, and as long as the verifier library goes on with its copy while the server cannot be reached.
pub const PUBLISHED_FOR: Duration = Duration::from_hours(1);

/// The two keys of a purpose of which one follows the other.
#[derive(Debug, Clone, Copy)]
pub struct Succession<'k> {
    /// It signs.
    pub active: &'k KeyRecord,
    /// It is to sign.
    pub next: &'k KeyRecord,
    wanted: Option<Algorithm>,
}

/// What is to be done about the keys of a purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeysDue {
    /// Nothing now.
    Nothing,
    /// A next key of the wanted algorithm.
    NewNext,
    /// The next key takes over.
    Rotation,
}

impl<'k> Succession<'k> {
    /// Among all keys those of a purpose. `wanted` is the algorithm of new keys, where there is a choice.
    ///
    /// # Errors
    /// The state that no key is in.
    pub fn of(
        records: &'k [KeyRecord],
        purpose: KeyPurpose,
        wanted: Option<Algorithm>,
    ) -> Result<Self, KeyState> {
        let in_state = |state| {
            let found = records.iter().find(|key| key.purpose == purpose && key.state == state);
            found.ok_or(state)
        };
        Ok(Self { active: in_state(KeyState::Active)?, next: in_state(KeyState::Next)?, wanted })
    }

    /// Whether the next key was made for another algorithm than is wanted now.
    pub fn is_next_unwanted(&self) -> bool {
        self.is_unwanted(self.next)
    }

    /// How long the next key has been published.
    pub fn published_for(&self, now: Timestamp) -> Duration {
        now.since(Timestamp::from_millis(self.next.created_at))
    }

    /// When the next key takes over by itself, if keys do so after `every`.
    pub fn rotates_at(&self, every: Duration) -> Option<Timestamp> {
        if every.is_zero() || self.is_next_unwanted() {
            return None;
        }
        let published = Timestamp::from_millis(self.next.created_at).plus(PUBLISHED_FOR);
        if self.is_unwanted(self.active) {
            return Some(published);
        }
        let since = self.active.activated_at.unwrap_or(self.active.created_at);
        Some(Timestamp::from_millis(since).plus(every).max(published))
    }

    /// What is to be done now, if keys follow each other after `every`; never where that is zero.
    pub fn due(&self, every: Duration, now: Timestamp) -> KeysDue {
        if every.is_zero() {
            return KeysDue::Nothing;
        }
        if self.is_next_unwanted() && self.published_for(now) >= PUBLISHED_FOR {
            return KeysDue::NewNext;
        }
        match self.rotates_at(every) {
            Some(at) if at <= now => KeysDue::Rotation,
            Some(_) | None => KeysDue::Nothing,
        }
    }

    fn is_unwanted(&self, key: &KeyRecord) -> bool {
        self.wanted.is_some_and(|wanted| key.algorithm != wanted.as_str())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
    const HOUR: Duration = Duration::from_hours(1);
    const EVERY: Duration = Duration::from_hours(90 * 24);

    /// A key of so many hours.
    fn key(state: KeyState, algorithm: &str, hours: u32) -> KeyRecord {
        let made = NOW.minus(HOUR * hours).as_millis();
        KeyRecord {
            kid: format!("{algorithm}-{hours}"),
            purpose: KeyPurpose::AccessToken,
            algorithm: algorithm.to_owned(),
            state,
            sealed: Vec::new(),
            created_at: made,
            activated_at: (state == KeyState::Active).then_some(made),
            retired_at: None,
        }
    }

    fn due(active: (&str, u32), next: (&str, u32)) -> KeysDue {
        let keys = [key(KeyState::Active, active.0, active.1), key(KeyState::Next, next.0, next.1)];
        let succession = Succession::of(&keys, KeyPurpose::AccessToken, Some(Algorithm::EdDsa)).unwrap();
        succession.due(EVERY, NOW)
    }

    #[test]
    fn the_next_key_takes_over_when_the_active_one_is_old_and_it_is_known() {
        assert_eq!(due(("EdDSA", 90 * 24 - 1), ("EdDSA", 90 * 24)), KeysDue::Nothing);
        assert_eq!(due(("EdDSA", 90 * 24), ("EdDSA", 90 * 24)), KeysDue::Rotation);
        assert_eq!(due(("EdDSA", 900 * 24), ("EdDSA", 1)), KeysDue::Rotation);
        assert_eq!(due(("EdDSA", 900 * 24), ("EdDSA", 0)), KeysDue::Nothing);
    }

    #[test]
    fn another_algorithm_is_published_first_and_signs_an_hour_later() {
        assert_eq!(due(("HS256", 5), ("HS256", 5)), KeysDue::NewNext);
        assert_eq!(due(("HS256", 5), ("EdDSA", 0)), KeysDue::Nothing);
        assert_eq!(due(("HS256", 6), ("EdDSA", 1)), KeysDue::Rotation);
        assert_eq!(due(("EdDSA", 1), ("EdDSA", 1)), KeysDue::Nothing);
    }

    #[test]
    fn what_another_node_has_just_published_is_not_taken_back_at_once() {
        assert_eq!(due(("EdDSA", 5), ("HS256", 0)), KeysDue::Nothing);
        assert_eq!(due(("EdDSA", 5), ("HS256", 1)), KeysDue::NewNext);
    }

    #[test]
    fn never_is_never_and_a_time_that_has_not_come_is_not_now() {
        let keys = [key(KeyState::Active, "HS256", 99_999), key(KeyState::Next, "HS256", 99_999)];
        let succession = Succession::of(&keys, KeyPurpose::AccessToken, Some(Algorithm::EdDsa)).unwrap();
        assert_eq!(succession.due(Duration::ZERO, NOW), KeysDue::Nothing);
        assert_eq!(succession.rotates_at(Duration::ZERO), None);
        let mut ahead = keys;
        ahead[0].activated_at = Some(NOW.plus(EVERY).as_millis());
        let succession = Succession::of(&ahead, KeyPurpose::AccessToken, None).unwrap();
        assert_eq!(succession.due(EVERY, NOW), KeysDue::Nothing);
        assert_eq!(succession.rotates_at(EVERY), Some(NOW.plus(EVERY * 2)));
    }

    #[test]
    fn keys_of_another_purpose_do_not_count() {
        let keys = [key(KeyState::Active, "EdDSA", 1), key(KeyState::Next, "EdDSA", 1)];
        let missing = Succession::of(&keys, KeyPurpose::RefreshToken, None);
        assert_eq!(missing.unwrap_err(), KeyState::Active);
        let missing = Succession::of(&keys[..1], KeyPurpose::AccessToken, None);
        assert_eq!(missing.unwrap_err(), KeyState::Next);
    }
}
