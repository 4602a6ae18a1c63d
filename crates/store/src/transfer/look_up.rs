//! What of a batch is in the database already, and what is in its way?

use std::collections::{HashMap, HashSet};

use portcullis_core::model::{
    Account, AccountId, AuditEvent, AuditSeal, QueuedMail, Revocation, Session, StoredToken,
};

use super::many::{Many, many};
use super::record::{AccountRecord, AdoptedSession, Key, KnownClient, Record};
use crate::connection::{Connection, DatabaseError};
use crate::operations::keys;
use crate::row::account::account_columns;
use crate::row::audit_event::audit_event_columns;
use crate::row::mail::mail_columns;
use crate::row::one_time_token::one_time_token_columns;
use crate::row::session::session_columns;
use crate::row::{FromColumn, FromRow, Single};
use crate::statement::statements;
use crate::value::Value;

statements! {
    ACCOUNT = "SELECT ", account_columns!(), ", p.hash, p.updated_at \
               FROM accounts a LEFT JOIN passwords p ON p.account_id = a.id WHERE a.number = $1";
    SESSION = "SELECT ", session_columns!(), " FROM sessions s WHERE s.id = $1";
    REVOCATION = "SELECT session_id, revoked_at, expires_at FROM revocations WHERE session_id = $1";
    AUDIT_EVENT = "SELECT ", audit_event_columns!(), " FROM audit_events WHERE id = $1";
    ADOPTED_SESSION = "SELECT session_id, expires_at FROM adopted_sessions WHERE session_id = $1";
    AUDIT_SEAL = "SELECT seq, event_id, seal FROM audit_seals WHERE seq = $1";
    ONE_TIME_TOKEN = "SELECT ", one_time_token_columns!(), " FROM one_time_tokens WHERE id = $1";
    MAIL = "SELECT ", mail_columns!(), " FROM outbox WHERE id = $1";
    KNOWN_CLIENT = "SELECT account_id, place, seen_at FROM known_clients WHERE account_id = $1";
    ID = "SELECT id FROM accounts WHERE id = $1";
    EXTERNAL_ID = "SELECT external_id FROM accounts WHERE external_id = $1";
    EMAIL = "SELECT email_key FROM accounts WHERE email_key = $1";
    USERNAME = "SELECT username_key FROM accounts WHERE username_key = $1";
}

many! {
    ACCOUNTS = within(ACCOUNT);
    SESSIONS = within(SESSION);
    REVOCATIONS = within(REVOCATION);
    AUDIT_EVENTS = within(AUDIT_EVENT);
    ADOPTED_SESSIONS = within(ADOPTED_SESSION);
    AUDIT_SEALS = within(AUDIT_SEAL);
    ONE_TIME_TOKENS = within(ONE_TIME_TOKEN);
    MAILS = within(MAIL);
    KNOWN_CLIENTS = within(KNOWN_CLIENT);
    IDS = within(ID);
    EXTERNAL_IDS = within(EXTERNAL_ID);
    EMAILS = within(EMAIL);
    USERNAMES = within(USERNAME);
}

/// The records of the database that have the keys of these.
pub(super) async fn existing(
    connection: &mut Connection<'_>,
    records: &[Record],
) -> Result<HashMap<Key, Record>, DatabaseError> {
    let (mut accounts, mut sessions, mut revocations) = (vec![], vec![], vec![]);
    let (mut events, mut adopted_sessions, mut seals) = (vec![], vec![], vec![]);
    let (mut tokens, mut mails, mut known_of) = (vec![], vec![], vec![]);
    let mut found: Vec<Record> = Vec::new();
    for record in records {
        match record {
            Record::SigningKey(_) if found.is_empty() => {
                found.extend(keys::list(connection).await?.into_iter().map(Record::SigningKey));
            }
            Record::SigningKey(_) => {}
            Record::Account(record) => accounts.push(Value::from(record.account.number)),
            Record::Session(session) => sessions.push(Value::from(session.id)),
            Record::Revocation(revocation) => revocations.push(Value::from(revocation.session_id)),
            Record::AuditEvent(event) => events.push(Value::from(event.id)),
            Record::AdoptedSession(adopted) => adopted_sessions.push(Value::from(adopted.session_id)),
            Record::AuditSeal(seal) => seals.push(Value::from(seal.seq)),
            Record::OneTimeToken(token) => tokens.push(Value::from(token.id)),
            Record::Mail(mail) => mails.push(Value::from(mail.id)),
            // Those of the account besides this one do no harm.
            Record::KnownClient(known) => known_of.push(Value::from(known.account_id)),
        }
    }
    found.extend(rows::<AccountRecord>(connection, &ACCOUNTS, &accounts).await?);
    found.extend(rows::<Session>(connection, &SESSIONS, &sessions).await?);
    found.extend(rows::<Revocation>(connection, &REVOCATIONS, &revocations).await?);
    found.extend(rows::<AuditEvent>(connection, &AUDIT_EVENTS, &events).await?);
    found.extend(rows::<AdoptedSession>(connection, &ADOPTED_SESSIONS, &adopted_sessions).await?);
    found.extend(rows::<AuditSeal>(connection, &AUDIT_SEALS, &seals).await?);
    found.extend(rows::<StoredToken>(connection, &ONE_TIME_TOKENS, &tokens).await?);
    found.extend(rows::<QueuedMail>(connection, &MAILS, &mails).await?);
    found.extend(rows::<KnownClient>(connection, &KNOWN_CLIENTS, &known_of).await?);
    Ok(found.into_iter().map(|record| (record.key(), record)).collect())
}

async fn rows<T: FromRow + Into<Record>>(
    connection: &mut Connection<'_>,
    many: &'static Many,
    values: &[Value<'_>],
) -> Result<Vec<Record>, DatabaseError> {
    Ok(many.find::<T>(connection, values).await?.into_iter().map(Into::into).collect())
}

/// What other accounts have already of what may be had once.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    pub(crate) ids: HashSet<AccountId>,
    pub(crate) external_ids: HashSet<String>,
    pub(crate) email_keys: HashSet<String>,
    pub(crate) username_keys: HashSet<String>,
}

/// What of these accounts, none of which is there by its number, is taken.
pub(crate) async fn taken(
    connection: &mut Connection<'_>,
    accounts: &[&Account],
) -> Result<Taken, DatabaseError> {
    let accounts = || accounts.iter().copied();
    let ids: Vec<Value<'_>> = accounts().map(|account| account.id.into()).collect();
    let external_ids: Vec<Value<'_>> =
        accounts().filter_map(|account| account.external_id.as_deref()).map(Value::from).collect();
    let emails: Vec<Value<'_>> =
        accounts().filter_map(|account| account.email.as_ref()).map(|email| email.key().into()).collect();
    let usernames: Vec<Value<'_>> =
        accounts().filter_map(|account| account.username.as_ref()).map(|name| name.key().into()).collect();
    Ok(Taken {
        ids: column(connection, &IDS, &ids).await?,
        external_ids: column(connection, &EXTERNAL_IDS, &external_ids).await?,
        email_keys: column(connection, &EMAILS, &emails).await?,
        username_keys: column(connection, &USERNAMES, &usernames).await?,
    })
}

/// Whether there is an account of that id.
pub(super) async fn account_exists(
    connection: &mut Connection<'_>,
    id: AccountId,
) -> Result<bool, DatabaseError> {
    Ok(connection.one::<Single<AccountId>>(&ID, &[id.into()]).await?.is_some())
}

async fn column<T: FromColumn + Eq + std::hash::Hash>(
    connection: &mut Connection<'_>,
    many: &'static Many,
    values: &[Value<'_>],
) -> Result<HashSet<T>, DatabaseError> {
    let found = many.find::<Single<T>>(connection, values).await?;
    Ok(found.into_iter().map(|Single(value)| value).collect())
}
