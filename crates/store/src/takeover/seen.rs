//! What of a source has come already, and may come once only?
//!
//! Half a SHA-256 stands for a text: two that share it have not been found by anybody.

use std::collections::HashSet;

use portcullis_core::crypto::digest;
use portcullis_core::model::{Email, Username};

use super::candidate::Candidate;
use super::report::Reason;

/// What rows that came have taken.
#[derive(Default)]
pub(super) struct Seen {
    numbers: HashSet<i64>,
    external_ids: HashSet<[u8; 16]>,
    emails: HashSet<[u8; 16]>,
    usernames: HashSet<[u8; 16]>,
}

impl Seen {
    /// What an earlier row has that this one would need.
    /// `number` is the one that it gets.
    pub(super) fn find(&self, candidate: &Candidate, number: i64) -> Option<Reason> {
        let has = |set: &HashSet<[u8; 16]>, text: Option<&str>| text.is_some_and(|t| set.contains(&half(t)));
        if self.numbers.contains(&number) || has(&self.external_ids, candidate.external_id()) {
            return Some(Reason::IdTwice);
        }
        if has(&self.emails, candidate.email.as_ref().map(Email::key)) {
            return Some(Reason::EmailTwice);
        }
        let is_taken = has(&self.usernames, candidate.username.as_ref().map(Username::key));
        is_taken.then_some(Reason::UsernameTwice)
    }

    /// A row came with this number.
    pub(super) fn add(&mut self, candidate: &Candidate, number: i64) {
        self.numbers.insert(number);
        self.external_ids.extend(candidate.external_id().map(half));
        self.emails.extend(candidate.email.as_ref().map(|email| half(email.key())));
        self.usernames.extend(candidate.username.as_ref().map(|username| half(username.key())));
    }
}

fn half(text: &str) -> [u8; 16] {
    let digest = digest::sha256("portcullis/takeover/seen/v1", &[text.as_bytes()]);
    let mut half = [0; 16];
    half.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
    half
}
