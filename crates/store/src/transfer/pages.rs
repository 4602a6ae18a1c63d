//! How is a table read from its beginning to its end?
//!
//! A page at a time, each from where the last one ended: no page costs more than the first.

use portcullis_core::model::{
    AccountId, AuditEvent, AuditSeal, EventId, MailId, QueuedMail, Revocation, Session, SessionId,
    StoredToken, TokenId,
};
use uuid::Uuid;

use super::record::{AccountRecord, AdoptedSession, Key, Kind, KnownClient, Record};
use crate::connection::{Connection, DatabaseError};
use crate::operations::keys;
use crate::row::account::account_columns;
use crate::row::audit_event::audit_event_columns;
use crate::row::mail::mail_columns;
use crate::row::one_time_token::one_time_token_columns;
use crate::row::session::session_columns;
use crate::statement::statements;

/// How many records a page has.
pub(super) const PAGE: u32 = 1000;

statements! {
    ACCOUNTS = "SELECT ", account_columns!(), ", p.hash, p.updated_at \
                FROM accounts a LEFT JOIN passwords p ON p.account_id = a.id \
                WHERE a.number > $1 ORDER BY a.number LIMIT $2";
    SESSIONS = "SELECT ", session_columns!(), " FROM sessions s WHERE s.id > $1 ORDER BY s.id LIMIT $2";
    REVOCATIONS = "SELECT session_id, revoked_at, expires_at FROM revocations \
                   WHERE session_id > $1 ORDER BY session_id LIMIT $2";
    AUDIT_EVENTS = "SELECT ", audit_event_columns!(), " FROM audit_events WHERE id > $1 ORDER BY id LIMIT $2";
    ADOPTED_SESSIONS = "SELECT session_id, expires_at FROM adopted_sessions \
                        WHERE session_id > $1 ORDER BY session_id LIMIT $2";
    AUDIT_SEALS = "SELECT seq, event_id, seal FROM audit_seals WHERE seq > $1 ORDER BY seq LIMIT $2";
    ONE_TIME_TOKENS = "SELECT ", one_time_token_columns!(), " FROM one_time_tokens WHERE id > $1 ORDER BY id LIMIT $2";
    MAILS = "SELECT ", mail_columns!(), " FROM outbox WHERE id > $1 ORDER BY id LIMIT $2";
    KNOWN_CLIENTS = "SELECT account_id, place, seen_at FROM known_clients \
                     WHERE account_id >= $1 AND (account_id > $2 OR place > $3) ORDER BY account_id, place LIMIT $4";
}

/// The records of a kind after the one of that key, up to `limit` of them, in order. All of them, for keys.
pub(super) async fn read(
    connection: &mut Connection<'_>,
    kind: Kind,
    after: Option<&Key>,
    limit: u32,
) -> Result<Vec<Record>, DatabaseError> {
    // No id is nil.
    let none = SessionId::from_uuid(Uuid::nil());
    Ok(match (kind, after) {
        (Kind::SigningKey, Some(_)) => Vec::new(),
        (Kind::SigningKey, None) => {
            let mut keys: Vec<_> =
                keys::list(connection).await?.into_iter().map(Record::SigningKey).collect();
            // There are few, and engines do not agree about the order of texts.
            keys.sort_by_key(Record::key);
            keys
        }
        (Kind::Account, after) => {
            let after = if let Some(Key::Account(number)) = after { *number } else { i64::MIN };
            records(connection.all::<AccountRecord>(&ACCOUNTS, &[after.into(), limit.into()]).await?)
        }
        (Kind::Session, after) => {
            let after = if let Some(Key::Session(id)) = after { *id } else { none };
            records(connection.all::<Session>(&SESSIONS, &[after.into(), limit.into()]).await?)
        }
        (Kind::Revocation, after) => {
            let after = if let Some(Key::Revocation(id)) = after { *id } else { none };
            records(connection.all::<Revocation>(&REVOCATIONS, &[after.into(), limit.into()]).await?)
        }
        (Kind::AuditEvent, after) => {
            let after =
                if let Some(Key::AuditEvent(id)) = after { *id } else { EventId::from_uuid(Uuid::nil()) };
            records(connection.all::<AuditEvent>(&AUDIT_EVENTS, &[after.into(), limit.into()]).await?)
        }
        (Kind::AdoptedSession, after) => {
            let after = if let Some(Key::AdoptedSession(id)) = after { *id } else { none };
            let values = [after.into(), limit.into()];
            records(connection.all::<AdoptedSession>(&ADOPTED_SESSIONS, &values).await?)
        }
        (Kind::AuditSeal, after) => {
            let after = if let Some(Key::AuditSeal(seq)) = after { *seq } else { 0 };
            records(connection.all::<AuditSeal>(&AUDIT_SEALS, &[after.into(), limit.into()]).await?)
        }
        (Kind::OneTimeToken, after) => {
            let after =
                if let Some(Key::OneTimeToken(id)) = after { *id } else { TokenId::from_uuid(Uuid::nil()) };
            records(connection.all::<StoredToken>(&ONE_TIME_TOKENS, &[after.into(), limit.into()]).await?)
        }
        (Kind::Mail, after) => {
            let after = if let Some(Key::Mail(id)) = after { *id } else { MailId::from_uuid(Uuid::nil()) };
            records(connection.all::<QueuedMail>(&MAILS, &[after.into(), limit.into()]).await?)
        }
        (Kind::KnownClient, after) => {
            let first = (AccountId::from_uuid(Uuid::nil()), [0; 32]);
            let (id, place) =
                if let Some(Key::KnownClient(id, place)) = after { (*id, *place) } else { first };
            let values = [id.into(), id.into(), place.as_slice().into(), limit.into()];
            records(connection.all::<KnownClient>(&KNOWN_CLIENTS, &values).await?)
        }
    })
}

fn records<T: Into<Record>>(rows: Vec<T>) -> Vec<Record> {
    rows.into_iter().map(Into::into).collect()
}

impl From<AccountRecord> for Record {
    fn from(record: AccountRecord) -> Self {
        Self::Account(record)
    }
}

impl From<Session> for Record {
    fn from(session: Session) -> Self {
        Self::Session(session)
    }
}

impl From<Revocation> for Record {
    fn from(revocation: Revocation) -> Self {
        Self::Revocation(revocation)
    }
}

impl From<AuditEvent> for Record {
    fn from(event: AuditEvent) -> Self {
        Self::AuditEvent(event)
    }
}

impl From<AdoptedSession> for Record {
    fn from(adopted: AdoptedSession) -> Self {
        Self::AdoptedSession(adopted)
    }
}

impl From<AuditSeal> for Record {
    fn from(seal: AuditSeal) -> Self {
        Self::AuditSeal(seal)
    }
}

impl From<StoredToken> for Record {
    fn from(token: StoredToken) -> Self {
        Self::OneTimeToken(token)
    }
}

impl From<QueuedMail> for Record {
    fn from(mail: QueuedMail) -> Self {
        Self::Mail(mail)
    }
}

impl From<KnownClient> for Record {
    fn from(known: KnownClient) -> Self {
        Self::KnownClient(known)
    }
}
