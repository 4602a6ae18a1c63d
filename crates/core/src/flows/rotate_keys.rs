//! How does a new signing key take over without logging anybody out?
//!
//! `next` was published long enough for every verifier to know it. It becomes `active`; the key before it is
//! `retired` and verifies until its last token has died. If `next` was made for another algorithm than new keys are made
//! for now, nothing takes over yet: one of that algorithm becomes `next` in its place.
//!
//! In an emergency the active key, the retired ones before it and the next one are `revoked`: whoever knows one of them
//! may know them all. Their tokens are refused at once, and a key that nobody has seen yet signs. Access tokens are then
//! got anew by refreshing; without their refresh tokens people have to log in.

use std::time::Duration;

use portcullis_crypto::keyring::{KeyPurpose, KeyState};

use super::Trouble;
use crate::Auth;
use crate::auth::{CLOCK_TOLERANCE, OpenError, keys};
use crate::model::{AccountId, AuditDetail, AuditEvent, AuditKind, Client, Timestamp};
use crate::policy::key_rotation::Succession;
use crate::ports::store::{KeyRotation, KeySuccessor};

/// Why keys are rotated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Urgency {
    /// Their time has come.
    Due,
    /// Somebody wants it.
    Planned,
    /// The active key may be known to somebody else.
    Emergency,
}

/// What a rotation did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rotated {
    /// Another key signs.
    Replaced,
    /// Another key is next: one of the algorithm that is wanted now. The next rotation puts it into service.
    Prepared,
}

/// How old the next key is at least before it signs, unless it is urgent: every node looks for new keys every second.
const KNOWN_TO_ALL_AFTER: Duration = Duration::from_secs(2);

/// Why the keys are as they were.
#[derive(Debug, thiserror::Error)]
pub enum RotateKeysError {
    /// Another process changed them at the same moment.
    #[error("another process has just changed these keys")]
    Raced,
    /// The next key was made a moment ago.
    #[error("the next key is too new for every node to know it; wait two seconds")]
    TooSoon,
    /// The database holds no active or no next key of that purpose.
    #[error("there is no {0} key to rotate")]
    Missing(&'static str),
    /// Not the caller's fault.
    #[error(transparent)]
    Trouble(#[from] Trouble),
}

impl Auth {
    /// Whether the next key of a purpose is old enough for a planned rotation, as far as this process knows.
    pub fn check_next_key(&self, purpose: KeyPurpose) -> Result<(), RotateKeysError> {
        let records = self.key_records();
        let keys = Succession::of(&records, purpose, keys::algorithm(self.policy(), purpose));
        let keys = keys.map_err(|state| RotateKeysError::Missing(state.as_str()))?;
        let is_awaited = !keys.is_next_unwanted() && is_too_new(&keys, self.now());
        if is_awaited { Err(RotateKeysError::TooSoon) } else { Ok(()) }
    }

    /// Puts the next key of a purpose into service and publishes a new next one. `actor` is the administrator
    /// who asked for it, `None` for the operator's command line and for the server itself.
    pub async fn rotate_keys(
        &self,
        purpose: KeyPurpose,
        urgency: Urgency,
        actor: Option<AccountId>,
        client: &Client,
    ) -> Result<Rotated, RotateKeysError> {
        let now = self.now();
        self.reload_keys().await.map_err(trouble)?;
        let records = self.key_records();
        let keys = Succession::of(&records, purpose, keys::algorithm(self.policy(), purpose));
        let keys = keys.map_err(|state| RotateKeysError::Missing(state.as_str()))?;
        let event = AuditEvent {
            id: self.new_event_id(now),
            at: now,
            kind: AuditKind::KeysRotated,
            actor_id: actor,
            account_id: None,
            session_id: None,
            client: client.clone(),
            detail: Some(told(purpose, urgency)),
        };
        let adds = self.make_key(purpose, KeyState::Next, now).map_err(trouble)?;
        let (done, rotated) = if urgency != Urgency::Emergency && keys.is_next_unwanted() {
            let event = event.with_detail(told_of_next(purpose, &adds.algorithm));
            let replaced = self.store().replace_next_key(keys.next, &adds, &event);
            (replaced.await.map_err(Trouble::from)?, Rotated::Prepared)
        } else {
            if urgency == Urgency::Planned && is_too_new(&keys, now) {
                return Err(RotateKeysError::TooSoon);
            }
            let (old_becomes, successor) = match urgency {
                Urgency::Due | Urgency::Planned => {
                    (KeyState::Retired, KeySuccessor::Next(keys.next.kid.clone()))
                }
                Urgency::Emergency => {
                    let key = self.make_key(purpose, KeyState::Active, now).map_err(trouble)?;
                    (KeyState::Revoked, KeySuccessor::New(key))
                }
            };
            let rotation = KeyRotation { replaces: keys.active.clone(), old_becomes, successor, adds, now };
            (self.store().rotate_keys(&rotation, &event).await.map_err(Trouble::from)?, Rotated::Replaced)
        };
        if !done {
            return Err(RotateKeysError::Raced);
        }
        self.reload_keys().await.map_err(trouble)?;
        Ok(rotated)
    }
}

/// Whether a node may not have heard of the next key. The very first one was there when the nodes began to look.
fn is_too_new(keys: &Succession<'_>, now: Timestamp) -> bool {
    let (active, next) = (keys.active.created_at, Timestamp::from_millis(keys.next.created_at));
    // A clock that was wrong may have dated it later than any node ever does.
    let is_dated_later = next > now.plus(CLOCK_TOLERANCE);
    next.as_millis() > active && !is_dated_later && now.since(next) < KNOWN_TO_ALL_AFTER
}

/// For the audit log: which keys, and why.
fn told(purpose: KeyPurpose, urgency: Urgency) -> AuditDetail {
    let why = match urgency {
        Urgency::Due => "due",
        Urgency::Planned => "planned",
        Urgency::Emergency => "emergency",
    };
    AuditDetail::told(format_args!("{}, {why}", purpose.as_str()))
}

fn told_of_next(purpose: KeyPurpose, algorithm: &str) -> AuditDetail {
    AuditDetail::told(format_args!("{}, next is {algorithm}", purpose.as_str()))
}

fn trouble(error: OpenError) -> RotateKeysError {
    RotateKeysError::Trouble(error.into())
}
