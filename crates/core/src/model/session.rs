//! What is a session?
//!
//! ```text
//!            rotate (generation + 1)
//!              ┌──────┐
//!              ▼      │
//!  log in ──▶ live ───┘ ──── log out, password change, disable, reuse, too many ──▶ revoked
//!              │
//!              └─── idle or absolute lifetime over ──▶ expired
//! ```

use std::num::NonZeroU32;
use std::time::Duration;

use super::{AccountId, Client, EventId, NewMail, SessionId, Timestamp};
use crate::policy::refresh::Rotations;

/// One login on one client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its name.
    pub id: SessionId,
    /// Whose it is.
    pub account_id: AccountId,
    /// The generation whose refresh token is good now; starts at 1.
    pub generation: u32,
    /// When the generations before it were exchanged, as far as that still matters.
    pub rotations: Rotations,
    /// The client that logged in or that rotated last.
    pub client: Client,
    /// When it began.
    pub created_at: Timestamp,
    /// When a credential of its account was last proved in it: at the login, or since.
    pub authenticated_at: Timestamp,
    /// When it last showed life: the login or the last refresh.
    pub last_seen_at: Timestamp,
    /// When it ends in any case.
    pub expires_at: Timestamp,
    /// When it ends unless it is refreshed.
    pub idle_expires_at: Timestamp,
    /// When the last access token made for it ends.
    pub access_expires_at: Timestamp,
    /// When and why it was ended.
    pub revoked: Option<(Timestamp, RevokeReason)>,
}

impl Session {
    /// Whether one of its two lifetimes is over at `now`.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        now >= self.expires_at || now >= self.idle_expires_at
    }
}

/// A session that is about to begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSession {
    /// Its name.
    pub id: SessionId,
    /// Whose it is.
    pub account_id: AccountId,
    /// Who logged in.
    pub client: Client,
    /// When it begins.
    pub created_at: Timestamp,
    /// When a credential of its account was proved for it: now, or at the older system that began it.
    pub authenticated_at: Timestamp,
    /// How long it lives.
    pub lifetime: SessionLifetime,
    /// How many its account may have; any number where there is none.
    pub limit: Option<SessionLimit>,
    /// Who to write to when nobody has logged in from there before, where that is told.
    pub newcomer: Option<Box<Newcomer>>,
}

/// Somebody logs in from where nobody may have logged in to that account before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Newcomer {
    /// What the place is known by: program and network.
    pub place: [u8; 32],
    /// The mail that says so. None is sent when it is the first login of all that is known.
    pub mail: NewMail,
}

/// How many live sessions an account may have. One more ends those that were used least recently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionLimit {
    /// The most, the one that begins included.
    pub most: NonZeroU32,
    /// The name of the audit entry, should any end.
    pub event_id: EventId,
}

impl NewSession {
    /// The session as it is right after it began.
    pub fn begin(&self) -> Session {
        let expires_at = self.created_at.plus(self.lifetime.absolute);
        Session {
            id: self.id,
            account_id: self.account_id,
            generation: 1,
            rotations: Rotations::default(),
            client: self.client.clone(),
            created_at: self.created_at,
            authenticated_at: self.authenticated_at,
            last_seen_at: self.created_at,
            expires_at,
            idle_expires_at: self.created_at.plus(self.lifetime.idle).min(expires_at),
            access_expires_at: self.created_at.plus(self.lifetime.access),
            revoked: None,
        }
    }
}

/// How long a session and its tokens live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionLifetime {
    /// From login to the end, whatever happens.
    pub absolute: Duration,
    /// From one refresh to the end when there is no other.
    pub idle: Duration,
    /// Of one access token.
    pub access: Duration,
}

/// Why a session was ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RevokeReason {
    /// The person logged out.
    LoggedOut,
    /// The person ended it from another session.
    RevokedByOwner,
    /// The password changed.
    PasswordChanged,
    /// An administrator ended it.
    RevokedByAdmin,
    /// The account was disabled.
    AccountDisabled,
    /// The account was deleted.
    AccountDeleted,
    /// A refresh token came back that had already been exchanged: somebody stole it.
    RefreshTokenReused,
    /// The account began another one and had as many as it may have; this one was used least recently. This version
    /// reads it and stores [`Self::RevokedByOwner`] instead: the release before does not know the word, and may be in use
    /// beside this one.
    Displaced,
}

impl RevokeReason {
    const ALL: [Self; 8] = [
        Self::LoggedOut,
        Self::RevokedByOwner,
        Self::PasswordChanged,
        Self::RevokedByAdmin,
        Self::AccountDisabled,
        Self::AccountDeleted,
        Self::RefreshTokenReused,
        Self::Displaced,
    ];

    /// The word in the database and in the audit log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LoggedOut => "logged_out",
            Self::RevokedByOwner => "revoked_by_owner",
            Self::PasswordChanged => "password_changed",
            Self::RevokedByAdmin => "revoked_by_admin",
            Self::AccountDisabled => "account_disabled",
            Self::AccountDeleted => "account_deleted",
            Self::RefreshTokenReused => "refresh_token_reused",
            Self::Displaced => "displaced",
        }
    }

    /// The reason of that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == word)
    }
}

/// An entry of the revocation feed: access tokens of this session are refused although they have not expired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revocation {
    /// The session that ended.
    pub session_id: SessionId,
    /// When it ended.
    pub revoked_at: Timestamp,
    /// From when on no access token of it is alive, so that the entry may be forgotten.
    pub expires_at: Timestamp,
}
