//! Which fields make a record that the server could have written?

use std::borrow::Cow;
use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use portcullis_core::crypto::keyring::{KeyPurpose, KeyRecord, KeyState};
use portcullis_core::crypto::password::StoredHash;
use portcullis_core::model::{
    Account, AccountId, AuditDetail, AuditEvent, AuditKind, AuditSeal, Client, Email, EventId, Locale,
    PendingDeletion, Profile, Revocation, RevokeReason, Role, Session, SessionId, Timestamp, Username,
};
use portcullis_core::policy::refresh::Rotations;
use uuid::Uuid;

use super::LineError;
use super::fields::{
    AccountFields, AdoptedSessionFields, EventFields, KeyFields, RevocationFields, SealFields, SessionFields,
};
use crate::transfer::record::{AccountRecord, AdoptedSession, PasswordRecord};

/// Numbers that every reader of JSON keeps whole. 0 means "the next one" to MySQL.
const NUMBERS: std::ops::RangeInclusive<i64> = 1..=(1 << 53) - 1;
/// What every database can index.
const EXTERNAL_ID_BYTES: usize = 255;
/// Far more than any key has.
const KEY_BYTES: usize = 32 * 1024;
/// What names a key, or its algorithm.
const KEY_WORD_BYTES: usize = 64;
/// What the database takes for a seal.
const SEAL_BYTES: usize = 64;

/// Whether an account may have this number, or be the next to get it.
pub(in crate::transfer) fn check_number(number: i64) -> Result<i64, LineError> {
    if NUMBERS.contains(&number) { Ok(number) } else { Err(refused("number")) }
}

impl AccountFields<'_> {
    pub(super) fn check(self) -> Result<AccountRecord, LineError> {
        let id = AccountId::from_uuid(named(self.id)?);
        let number = check_number(self.number)?;
        let external_id = self.external_id.map(Cow::into_owned);
        if external_id
            .as_ref()
            .is_some_and(|id| id.is_empty() || id.len() > EXTERNAL_ID_BYTES || id.contains(char::is_control))
        {
            return Err(refused("external_id"));
        }
        let email = match (self.email, self.email_key) {
            (None, None) => None,
            (Some(text), Some(key)) => Some(email(&text, &key)?),
            _ => return Err(LineError::new("email and email_key belong together")),
        };
        let username = match (self.username, self.username_key) {
            (None, None) => None,
            (Some(text), Some(key)) => Some(username(&text, &key)?),
            _ => return Err(LineError::new("username and username_key belong together")),
        };
        let profile = Profile {
            name: self.name.map(Cow::into_owned),
            bio: self.bio.map(Cow::into_owned),
            contact: self.contact.map(Cow::into_owned),
        };
        profile
            .check()
            .map_err(|(field, error)| LineError::new(format!("{field:?} {error}").to_lowercase()))?;
        let password = self.password.map(|password| {
            let hash =
                StoredHash::parse(&password.hash).map_err(|error| LineError::new(error.to_string()))?;
            Ok(PasswordRecord { hash, updated_at: time(password.updated_at) })
        });
        let locale = self.locale.as_deref().map(locale).transpose()?;
        let deletion = match (self.deletion_requested_at, self.delete_at) {
            (None, None) => None,
            (Some(at), Some(due_at)) => {
                Some(PendingDeletion { requested_at: time(at), due_at: time(due_at) })
            }
            _ => return Err(LineError::new("deletion_requested_at and delete_at belong together")),
        };
        let account = Account {
            id,
            number,
            external_id,
            email,
            username,
            profile,
            role: word(&self.role, "role", Role::parse)?,
            disabled_at: self.disabled_at.map(time),
            cut_over_at: self.cut_over_at.map(time),
            disowned_at: self.disowned_at.map(time),
            locale,
            email_verified_at: self.email_verified_at.map(time),
            deletion,
            created_at: time(self.created_at),
            updated_at: time(self.updated_at),
        };
        Ok(AccountRecord { account, password: password.transpose()? })
    }
}

// SECURITY: a key that folding would not make belongs to an account that nobody can log in to, or to somebody else's
// address.
pub(super) fn email(text: &str, key: &str) -> Result<Email, LineError> {
    let email = Email::lenient(text).map_err(|error| LineError::new(format!("email {error}")))?;
    if email.as_str() != text {
        return Err(refused("email"));
    }
    if email.key() == key { Ok(email) } else { Err(LineError::new("email_key is not the key of the email")) }
}

fn username(text: &str, key: &str) -> Result<Username, LineError> {
    // An older system may tell upper from lower case, so both keys are possible.
    let found = [Username::lenient(text), Username::exact(text)].into_iter().find_map(|username| {
        username.map(|username| (username.key() == key).then_some(username)).transpose()
    });
    match found {
        Some(username) => username.map_err(|error| LineError::new(format!("username {error}"))),
        None => Err(LineError::new("username_key is not the key of the username")),
    }
}

impl SessionFields<'_> {
    pub(super) fn check(self) -> Result<Session, LineError> {
        if self.generation == 0 {
            return Err(refused("generation"));
        }
        let rotations = word(&self.rotations, "rotations", Rotations::parse)?;
        if rotations.to_text() != self.rotations {
            return Err(refused("rotations"));
        }
        let revoked = match (self.revoked_at, self.revoke_reason) {
            (None, None) => None,
            (Some(at), Some(reason)) => {
                Some((time(at), word(&reason, "revoke_reason", RevokeReason::parse)?))
            }
            _ => return Err(LineError::new("revoked_at and revoke_reason belong together")),
        };
        let authenticated_at = match self.authenticated_at {
            Some(at) if at == self.created_at => return Err(refused("authenticated_at")),
            at => at.unwrap_or(self.created_at),
        };
        Ok(Session {
            id: SessionId::from_uuid(named(self.id)?),
            account_id: AccountId::from_uuid(named(self.account_id)?),
            generation: self.generation,
            rotations,
            client: client(self.address, self.user_agent.as_deref())?,
            created_at: time(self.created_at),
            authenticated_at: time(authenticated_at),
            last_seen_at: time(self.last_seen_at),
            expires_at: time(self.expires_at),
            idle_expires_at: time(self.idle_expires_at),
            access_expires_at: time(self.access_expires_at),
            revoked,
        })
    }
}

impl RevocationFields {
    pub(super) fn check(self) -> Result<Revocation, LineError> {
        Ok(Revocation {
            session_id: SessionId::from_uuid(named(self.session_id)?),
            revoked_at: time(self.revoked_at),
            expires_at: time(self.expires_at),
        })
    }
}

impl KeyFields<'_> {
    pub(super) fn check(self) -> Result<KeyRecord, LineError> {
        let is_word = |text: &str| {
            (1..=KEY_WORD_BYTES).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
        };
        if !is_word(&self.kid) {
            return Err(refused("kid"));
        }
        if !is_word(&self.algorithm) {
            return Err(refused("algorithm"));
        }
        let sealed = STANDARD.decode(self.sealed.as_bytes()).map_err(|_| refused("sealed"))?;
        if sealed.is_empty() || sealed.len() > KEY_BYTES {
            return Err(refused("sealed"));
        }
        Ok(KeyRecord {
            kid: self.kid.into_owned(),
            purpose: word(&self.purpose, "purpose", KeyPurpose::parse)?,
            algorithm: self.algorithm.into_owned(),
            state: word(&self.state, "state", KeyState::parse)?,
            sealed,
            created_at: self.created_at,
            activated_at: self.activated_at,
            retired_at: self.retired_at,
        })
    }
}

impl EventFields<'_> {
    pub(super) fn check(self) -> Result<AuditEvent, LineError> {
        let request_id = self.request_id.map(Cow::into_owned);
        let is_name = |name: &str| Client::default().with_request_id(name).request_id.is_some();
        if request_id.as_deref().is_some_and(|name| !is_name(name)) {
            return Err(refused("request_id"));
        }
        let detail = self.detail.as_deref().map(AuditDetail::read);
        if detail.as_ref().map(AuditDetail::as_str) != self.detail.as_deref() {
            return Err(refused("detail"));
        }
        Ok(AuditEvent {
            id: EventId::from_uuid(named(self.id)?),
            at: time(self.happened_at),
            kind: word(&self.kind, "kind", kind)?,
            actor_id: self.actor_id.map(AccountId::from_uuid),
            account_id: self.account_id.map(AccountId::from_uuid),
            session_id: self.session_id.map(SessionId::from_uuid),
            client: Client { request_id, ..client(self.address, self.user_agent.as_deref())? },
            detail,
        })
    }
}

/// Also one of a newer release, which this one may meet in a file or a database.
fn kind(text: &str) -> Option<AuditKind> {
    Some(AuditKind::read(text)).filter(|kind| kind.as_str() == text)
}

impl SealFields<'_> {
    pub(super) fn check(self) -> Result<AuditSeal, LineError> {
        let seal = STANDARD.decode(self.seal.as_bytes()).map_err(|_| refused("seal"))?;
        if seal.is_empty() || seal.len() > SEAL_BYTES {
            return Err(refused("seal"));
        }
        let event_id = EventId::from_uuid(named(self.event_id)?);
        Ok(AuditSeal { seq: check_number(self.seq).map_err(|_| refused("seq"))?, event_id, seal })
    }
}

impl AdoptedSessionFields {
    pub(super) fn check(self) -> Result<AdoptedSession, LineError> {
        Ok(AdoptedSession {
            session_id: SessionId::from_uuid(named(self.session_id)?),
            expires_at: time(self.expires_at),
        })
    }
}

pub(super) fn client(address: Option<IpAddr>, user_agent: Option<&str>) -> Result<Client, LineError> {
    let client = Client::new(address, user_agent);
    if client.address != address {
        return Err(refused("address"));
    }
    if client.user_agent.as_deref() != user_agent {
        return Err(refused("user_agent"));
    }
    Ok(client)
}

/// A language, by the tag that we write.
pub(super) fn locale(tag: &str) -> Result<Locale, LineError> {
    word(tag, "locale", |tag| Locale::parse(tag).filter(|locale| locale.as_str() == tag))
}

pub(super) fn named(id: Uuid) -> Result<Uuid, LineError> {
    if id.is_nil() { Err(LineError::new("an id is nil")) } else { Ok(id) }
}

pub(super) fn word<T>(
    text: &str,
    field: &str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<T, LineError> {
    parse(text).ok_or_else(|| refused(field))
}

pub(super) const fn time(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

pub(super) fn refused(field: &str) -> LineError {
    LineError::new(format!("{field} is not one that this version could have written"))
}
