//! What travels, and in which order?

use portcullis_core::crypto::keyring::KeyRecord;
use portcullis_core::crypto::password::StoredHash;
use portcullis_core::model::{
    Account, AccountId, AuditEvent, AuditSeal, EventId, MailId, QueuedMail, Revocation, Session, SessionId,
    StoredToken, Timestamp, TokenId,
};

use crate::connection::DatabaseError;
use crate::row::{Columns, FromRow, Row};

/// One thing that a store holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Record {
    /// A signing key, sealed.
    SigningKey(KeyRecord),
    /// An account with its password hash.
    Account(AccountRecord),
    /// A session.
    Session(Session),
    /// An entry of the revocation feed.
    Revocation(Revocation),
    /// An entry of the audit log.
    AuditEvent(AuditEvent),
    /// The id of a session that began with a refresh token of an older system.
    AdoptedSession(AdoptedSession),
    /// A seal of the audit log.
    AuditSeal(AuditSeal),
    /// A one-time token.
    OneTimeToken(StoredToken),
    /// An entry of the outbox.
    Mail(QueuedMail),
    /// From where somebody has logged in.
    KnownClient(KnownClient),
}

/// An account with its password hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRecord {
    /// The account.
    pub account: Account,
    /// Its password, if it has one.
    pub password: Option<PasswordRecord>,
}

/// The id of a session that began with a refresh token of an older system, and is not to begin again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AdoptedSession {
    /// The session.
    pub session_id: SessionId,
    /// From when on the token is refused by itself.
    pub expires_at: Timestamp,
}

/// From where somebody has logged in to an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownClient {
    /// The account.
    pub account_id: AccountId,
    /// What the place is known by.
    pub place: [u8; 32],
    /// When somebody was seen there last, to the day.
    pub seen_at: Timestamp,
}

/// A password as it is stored.
#[derive(Debug, Clone)]
pub struct PasswordRecord {
    /// The hash.
    pub hash: StoredHash,
    /// When the password was last set.
    pub updated_at: Timestamp,
}

impl PartialEq for PasswordRecord {
    fn eq(&self, other: &Self) -> bool {
        self.hash.as_str() == other.hash.as_str() && self.updated_at == other.updated_at
    }
}

impl Eq for PasswordRecord {}

/// The kinds of records, in the order in which they travel: accounts come before what points to them, and keys before
/// all, so that a server that is started too early finds them and makes none of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Signing keys.
    SigningKey,
    /// Accounts.
    Account,
    /// Sessions.
    Session,
    /// The revocation feed.
    Revocation,
    /// The audit log.
    AuditEvent,
    /// Sessions that an older system began.
    AdoptedSession,
    /// The seals of the audit log.
    AuditSeal,
    /// One-time tokens.
    OneTimeToken,
    /// The outbox.
    Mail,
    /// From where people have logged in.
    KnownClient,
}

impl Kind {
    /// All of them, in the order in which they travel.
    pub const ALL: [Self; 10] = [
        Self::SigningKey,
        Self::Account,
        Self::Session,
        Self::Revocation,
        Self::AuditEvent,
        Self::AdoptedSession,
        Self::AuditSeal,
        Self::OneTimeToken,
        Self::Mail,
        Self::KnownClient,
    ];

    /// The word for many of them.
    pub const fn plural(self) -> &'static str {
        match self {
            Self::SigningKey => "signing_keys",
            Self::Account => "accounts",
            Self::Session => "sessions",
            Self::Revocation => "revocations",
            Self::AuditEvent => "audit_events",
            Self::AdoptedSession => "adopted_sessions",
            Self::AuditSeal => "audit_seals",
            Self::OneTimeToken => "one_time_tokens",
            Self::Mail => "mails",
            Self::KnownClient => "known_clients",
        }
    }

    /// The kind after this one.
    pub(super) fn next(self) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind > self)
    }
}

/// What a record is found by. Records travel in this order, which is that of every engine's primary keys.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// Purpose and key id.
    SigningKey(&'static str, String),
    /// The number.
    Account(i64),
    /// The session.
    Session(SessionId),
    /// The session that was revoked.
    Revocation(SessionId),
    /// The entry.
    AuditEvent(EventId),
    /// The session that was adopted.
    AdoptedSession(SessionId),
    /// The number of the seal.
    AuditSeal(i64),
    /// The token.
    OneTimeToken(TokenId),
    /// The mail.
    Mail(MailId),
    /// The account and the place.
    KnownClient(AccountId, [u8; 32]),
}

impl Record {
    /// What kind of record it is.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::SigningKey(_) => Kind::SigningKey,
            Self::Account(_) => Kind::Account,
            Self::Session(_) => Kind::Session,
            Self::Revocation(_) => Kind::Revocation,
            Self::AuditEvent(_) => Kind::AuditEvent,
            Self::AdoptedSession(_) => Kind::AdoptedSession,
            Self::AuditSeal(_) => Kind::AuditSeal,
            Self::OneTimeToken(_) => Kind::OneTimeToken,
            Self::Mail(_) => Kind::Mail,
            Self::KnownClient(_) => Kind::KnownClient,
        }
    }

    /// What it is found by.
    pub fn key(&self) -> Key {
        match self {
            Self::SigningKey(key) => Key::SigningKey(key.purpose.as_str(), key.kid.clone()),
            Self::Account(record) => Key::Account(record.account.number),
            Self::Session(session) => Key::Session(session.id),
            Self::Revocation(revocation) => Key::Revocation(revocation.session_id),
            Self::AuditEvent(event) => Key::AuditEvent(event.id),
            Self::AdoptedSession(adopted) => Key::AdoptedSession(adopted.session_id),
            Self::AuditSeal(seal) => Key::AuditSeal(seal.seq),
            Self::OneTimeToken(token) => Key::OneTimeToken(token.id),
            Self::Mail(mail) => Key::Mail(mail.id),
            Self::KnownClient(known) => Key::KnownClient(known.account_id, known.place),
        }
    }

    /// Whose it is, when it goes with an account.
    pub(super) const fn account_id(&self) -> Option<AccountId> {
        match self {
            Self::Account(record) => Some(record.account.id),
            Self::Session(session) => Some(session.account_id),
            Self::OneTimeToken(token) => token.account_id,
            Self::Mail(mail) => mail.account_id,
            Self::KnownClient(known) => Some(known.account_id),
            Self::SigningKey(_)
            | Self::Revocation(_)
            | Self::AuditEvent(_)
            | Self::AdoptedSession(_)
            | Self::AuditSeal(_) => None,
        }
    }
}

/// How many of each kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    counts: [u64; Kind::ALL.len()],
}

impl Counts {
    /// How many of one kind.
    pub fn of(&self, kind: Kind) -> u64 {
        let mut pairs = Kind::ALL.into_iter().zip(self.counts);
        pairs.find(|(known, _)| *known == kind).map_or(0, |(_, count)| count)
    }

    /// How many in all.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Adds to the count of one kind.
    pub fn add(&mut self, kind: Kind, more: u64) {
        let mut pairs = Kind::ALL.into_iter().zip(&mut self.counts);
        if let Some((_, count)) = pairs.find(|(known, _)| *known == kind) {
            *count += more;
        }
    }
}

/// The columns of an [`Account`], then `p.hash, p.updated_at`.
impl FromRow for AccountRecord {
    fn from_row<C: Columns>(row: &mut Row<'_, C>) -> Result<Self, DatabaseError> {
        let account = Account::from_row(row)?;
        let hash = row.optional_parsed(|hash| StoredHash::parse(hash).ok())?;
        let updated_at = row.optional()?;
        let password = hash.zip(updated_at).map(|(hash, updated_at)| PasswordRecord { hash, updated_at });
        Ok(Self { account, password })
    }
}

/// The columns `session_id, expires_at`.
impl FromRow for AdoptedSession {
    fn from_row<C: Columns>(row: &mut Row<'_, C>) -> Result<Self, DatabaseError> {
        Ok(Self { session_id: row.value()?, expires_at: row.value()? })
    }
}

/// The columns `account_id, place, seen_at`.
impl FromRow for KnownClient {
    fn from_row<C: Columns>(row: &mut Row<'_, C>) -> Result<Self, DatabaseError> {
        Ok(Self { account_id: row.value()?, place: row.value()?, seen_at: row.value()? })
    }
}
