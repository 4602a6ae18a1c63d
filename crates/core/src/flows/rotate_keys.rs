//! How does a new signing key take over without logging anybody out?
//!
//! `next` was published long enough for every verifier to know it. It becomes `active`; the key before it is
//! `retired` and verifies until its last token has died. In an emergency the old key and the retired ones before it are
//! `revoked` instead: their tokens are refused at once. Access tokens are then got anew by refreshing; without their
//! refresh tokens people have to log in.

use std::time::Duration;

use portcullis_crypto::keyring::{KeyPurpose, KeyState};

use super::Trouble;
use crate::Auth;
use crate::auth::{KeyInfo, OpenError};
use crate::model::{AccountId, AuditEvent, AuditKind, Client};
use crate::ports::store::KeyRotation;

/// Why keys are rotated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Urgency {
    /// It is time.
    Planned,
    /// The active key may be known to somebody else.
    Emergency,
}

/// How old the next key is at least before it signs, unless it is urgent: every node looks for new keys every second.
const KNOWN_TO_ALL_AFTER: Duration = Duration::from_secs(2);

/// Why the keys are as they were.
#[derive(Debug, thiserror::Error)]
pub enum RotateKeysError {
    /// Another process rotated them at the same moment.
    #[error("another process has just rotated these keys")]
    Raced,
    /// The next key was made by a rotation a moment ago.
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
    /// Puts the next key of a purpose into service and publishes a new next one. `actor` is the administrator
    /// who asked for it, `None` for the operator's command line.
    pub async fn rotate_keys(
        &self,
        purpose: KeyPurpose,
        urgency: Urgency,
        actor: Option<AccountId>,
        client: &Client,
    ) -> Result<Vec<KeyInfo>, RotateKeysError> {
        let now = self.now();
        self.reload_keys().await.map_err(trouble)?;
        let keys = self.key_infos();
        let in_state = |state, word| {
            let found = keys.iter().find(|key| key.purpose == purpose && key.state == state);
            found.ok_or(RotateKeysError::Missing(word))
        };
        let (active, next) = (in_state(KeyState::Active, "active")?, in_state(KeyState::Next, "next")?);
        if urgency == Urgency::Planned
            && was_rotated_in(active)
            && now.since(next.created_at) < KNOWN_TO_ALL_AFTER
        {
            return Err(RotateKeysError::TooSoon);
        }
        let rotation = KeyRotation {
            purpose,
            replaces: active.kid.clone(),
            old_becomes: match urgency {
                Urgency::Planned => KeyState::Retired,
                Urgency::Emergency => KeyState::Revoked,
            },
            promotes: next.kid.clone(),
            adds: self.make_next_key(purpose, now).map_err(trouble)?,
            now,
        };
        let event = AuditEvent {
            id: self.new_event_id(now),
            at: now,
            kind: AuditKind::KeysRotated,
            actor_id: actor,
            account_id: None,
            session_id: None,
            client: client.clone(),
        };
        if !self.store().rotate_keys(&rotation, &event).await.map_err(Trouble::from)? {
            return Err(RotateKeysError::Raced);
        }
        self.reload_keys().await.map_err(trouble)?;
        Ok(self.key_infos())
    }
}

/// Whether a key is active because of a rotation, and not from the start.
fn was_rotated_in(active: &KeyInfo) -> bool {
    active.activated_at.is_some_and(|at| at > active.created_at)
}

fn trouble(error: OpenError) -> RotateKeysError {
    RotateKeysError::Trouble(error.into())
}
