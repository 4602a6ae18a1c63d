//! Whom do tests store?

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use portcullis_crypto::one_time::Digest;
use portcullis_crypto::password::StoredHash;

use crate::model::session::SessionLifetime;
use crate::model::{
    AccountId, AuditEvent, AuditKind, Client, Email, EventId, Locale, MailId, MailKind, NewAccount, NewMail,
    NewSession, Profile, Purpose, Role, SessionId, StoredToken, Timestamp, TokenId, Username,
};
use crate::ports::store::SessionRotation;

/// When the tests take place.
pub const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
/// Sixty seconds.
pub const MINUTE: Duration = Duration::from_mins(1);
/// Twenty-four hours.
pub const DAY: Duration = Duration::from_hours(24);

/// Makes things to store, each with an id of its own. Ids grow with time and, within a millisecond, with
/// every call.
#[derive(Debug, Default)]
pub struct Personas(AtomicU64);

impl Personas {
    /// An account of that name, with an email address, a username and the password `<name>-1`.
    pub fn account(&self, name: &str) -> NewAccount {
        NewAccount {
            id: AccountId::new(NOW, self.random()),
            external_id: None,
            email: Some(Email::parse(&format!("{name}@example.com")).unwrap()),
            username: Some(Username::parse(name).unwrap()),
            profile: Profile::default(),
            role: Role::User,
            password: Some(password_hash(&format!("{name}-1"))),
            locale: None,
            email_verified_at: None,
            token_id: None,
            mail: None,
            created_at: NOW,
        }
    }

    /// A session of 30 days that may be idle for 14, with access tokens of 15 minutes, on the client
    /// [`Self::phone`].
    pub fn session(&self, account_id: AccountId, created_at: Timestamp) -> NewSession {
        NewSession {
            id: SessionId::new(created_at, self.random()),
            account_id,
            client: Self::phone(),
            created_at,
            authenticated_at: created_at,
            lifetime: SessionLifetime { absolute: 30 * DAY, idle: 14 * DAY, access: 15 * MINUTE },
            limit: None,
            newcomer: None,
        }
    }

    /// Something happens to an account.
    pub fn event(&self, kind: AuditKind, account_id: AccountId, at: Timestamp) -> AuditEvent {
        AuditEvent {
            id: self.event_id(at),
            at,
            kind,
            actor_id: Some(account_id),
            account_id: Some(account_id),
            session_id: None,
            client: Self::phone(),
            detail: None,
        }
    }

    /// A refresh token of a session comes in from [`Self::phone`], with 30 seconds of grace.
    pub fn rotation(&self, session_id: SessionId, generation: u32, now: Timestamp) -> SessionRotation {
        SessionRotation {
            session_id,
            generation,
            client: Self::phone(),
            now,
            grace: Duration::from_secs(30),
            idle: 14 * DAY,
            access: 15 * MINUTE,
            event_id: self.event_id(now),
            mail_id: None,
        }
    }

    /// A token of an account that was sent to an address, for an hour. There is no such token, and no such code.
    pub fn token(&self, purpose: Purpose, account_id: Option<AccountId>, email: &Email) -> StoredToken {
        let id = TokenId::new(NOW, self.random());
        let mut digest = [0; 32];
        digest[..16].copy_from_slice(&id.into_bytes());
        StoredToken {
            id,
            purpose,
            account_id,
            email: email.clone(),
            digest: Digest::from_stored(digest),
            code: None,
            payload: None,
            created_at: NOW,
            expires_at: NOW.plus(60 * MINUTE),
        }
    }

    /// A mail about an account, to its address, that somebody at [`Self::phone`] causes.
    pub fn mail(&self, kind: MailKind, account_id: Option<AccountId>, at: Timestamp) -> NewMail {
        NewMail {
            id: MailId::new(at, self.random()),
            kind,
            account_id,
            email: None,
            locale: Some(Locale::De),
            client: Self::phone(),
            token_id: None,
            detail: None,
            at,
        }
    }

    /// The name of an event.
    pub fn event_id(&self, at: Timestamp) -> EventId {
        EventId::new(at, self.random())
    }

    /// Where the owner of an account usually is.
    pub fn phone() -> Client {
        Client::new("192.0.2.7".parse().ok(), Some("phone/1"))
    }

    /// Where a thief is.
    pub fn thief() -> Client {
        Client::new("2001:db8:bad::1".parse().ok(), Some("curl/8"))
    }

    fn random(&self) -> [u8; 10] {
        let mut bytes = [0; 10];
        bytes[2..].copy_from_slice(&self.0.fetch_add(1, Ordering::Relaxed).to_be_bytes());
        bytes
    }
}

/// A well-formed hash that stands for a password; nothing is computed, no password fits it.
pub fn password_hash(password: &str) -> StoredHash {
    let mut hasher = DefaultHasher::new();
    password.hash(&mut hasher);
    // Of the 53 characters of salt and digest, the first 16 tell one password from another.
    let digits = format!("{:016x}", hasher.finish());
    StoredHash::parse(&format!("$2b$04${digits:.<53}")).expect("a well-formed bcrypt hash")
}
