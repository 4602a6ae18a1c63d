//! How are records written, many with one statement?

use portcullis_core::crypto::keyring::KeyRecord;
use portcullis_core::model::{
    AuditDetail, AuditEvent, AuditSeal, Client, Email, Locale, QueuedMail, Revocation, Session, StoredToken,
    Username,
};

use super::many::many;
use super::record::{AccountRecord, AdoptedSession, KnownClient, Record};
use crate::connection::{Connection, DatabaseError};
use crate::operations::{keys, one_time_tokens, outbox};
use crate::row::audit_event::audit_event_columns;
use crate::row::mail::mail_columns;
use crate::row::one_time_token::one_time_token_columns;
use crate::statement::statements;
use crate::value::Value;

statements! {
    ACCOUNT = "INSERT INTO accounts (id, number, external_id, email, email_key, username, username_key, name, bio, \
               contact, role, disabled_at, cut_over_at, disowned_at, locale, email_verified_at, deletion_requested_at, \
               delete_at, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, \
               $15, $16, $17, $18, $19, $20)";
    PASSWORD = "INSERT INTO passwords (account_id, hash, updated_at) VALUES ($1, $2, $3)";
    SESSION = "INSERT INTO sessions (id, account_id, generation, rotations, address, user_agent, created_at, \
               authenticated_at, last_seen_at, expires_at, idle_expires_at, access_expires_at, revoked_at, \
               revoke_reason) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";
    REVOCATION = "INSERT INTO revocations (session_id, revoked_at, expires_at) VALUES ($1, $2, $3)";
    AUDIT_EVENT = "INSERT INTO audit_events (", audit_event_columns!(), ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    ADOPTED_SESSION = "INSERT INTO adopted_sessions (session_id, expires_at) VALUES ($1, $2)";
    AUDIT_SEAL = "INSERT INTO audit_seals (seq, event_id, seal) VALUES ($1, $2, $3)";
    ONE_TIME_TOKEN = "INSERT INTO one_time_tokens (", one_time_token_columns!(), ") \
                      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    MAIL = "INSERT INTO outbox (", mail_columns!(), ", priority) \
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)";
    KNOWN_CLIENT = "INSERT INTO known_clients (account_id, place, seen_at) VALUES ($1, $2, $3)";
}

many! {
    ACCOUNTS = insert(ACCOUNT);
    PASSWORDS = insert(PASSWORD);
    SESSIONS = insert(SESSION);
    REVOCATIONS = insert(REVOCATION);
    AUDIT_EVENTS = insert(AUDIT_EVENT);
    ADOPTED_SESSIONS = insert(ADOPTED_SESSION);
    AUDIT_SEALS = insert(AUDIT_SEAL);
    ONE_TIME_TOKENS = insert(ONE_TIME_TOKEN);
    MAILS = insert(MAIL);
    KNOWN_CLIENTS = insert(KNOWN_CLIENT);
}

/// Writes records, whatever kinds they are.
pub(crate) async fn all(connection: &mut Connection<'_>, records: &[Record]) -> Result<(), DatabaseError> {
    let mut sorted = Sorted::default();
    for record in records {
        sorted.add(record);
    }
    for key in sorted.keys {
        keys::insert(connection, key).await?;
    }
    ACCOUNTS.insert(connection, &values(sorted.accounts.iter().copied(), account)).await?;
    PASSWORDS.insert(connection, &values(sorted.accounts, password)).await?;
    let sessions: Vec<_> = sorted.sessions.into_iter().map(|s| (s, Texts::of_session(s))).collect();
    SESSIONS.insert(connection, &values(&sessions, session)).await?;
    REVOCATIONS.insert(connection, &values(sorted.revocations, revocation)).await?;
    let events: Vec<_> = sorted.events.into_iter().map(|e| (e, Texts::of_client(&e.client))).collect();
    AUDIT_EVENTS.insert(connection, &values(&events, event)).await?;
    ADOPTED_SESSIONS.insert(connection, &values(sorted.adopted, adopted)).await?;
    AUDIT_SEALS.insert(connection, &values(sorted.seals, seal)).await?;
    ONE_TIME_TOKENS.insert(connection, &values(sorted.tokens, one_time_token)).await?;
    let mails: Vec<_> = sorted.mails.into_iter().map(|m| (m, Texts::of_client(&m.client))).collect();
    MAILS.insert(connection, &values(&mails, mail)).await?;
    KNOWN_CLIENTS.insert(connection, &values(sorted.known, known)).await
}

#[derive(Default)]
struct Sorted<'r> {
    keys: Vec<&'r KeyRecord>,
    accounts: Vec<&'r AccountRecord>,
    sessions: Vec<&'r Session>,
    revocations: Vec<&'r Revocation>,
    events: Vec<&'r AuditEvent>,
    adopted: Vec<&'r AdoptedSession>,
    seals: Vec<&'r AuditSeal>,
    tokens: Vec<&'r StoredToken>,
    mails: Vec<&'r QueuedMail>,
    known: Vec<&'r KnownClient>,
}

impl<'r> Sorted<'r> {
    fn add(&mut self, record: &'r Record) {
        match record {
            Record::SigningKey(key) => self.keys.push(key),
            Record::Account(record) => self.accounts.push(record),
            Record::Session(session) => self.sessions.push(session),
            Record::Revocation(revocation) => self.revocations.push(revocation),
            Record::AuditEvent(event) => self.events.push(event),
            Record::AdoptedSession(adopted) => self.adopted.push(adopted),
            Record::AuditSeal(seal) => self.seals.push(seal),
            Record::OneTimeToken(token) => self.tokens.push(token),
            Record::Mail(mail) => self.mails.push(mail),
            Record::KnownClient(known) => self.known.push(known),
        }
    }
}

/// What is a text in the database and not in memory.
struct Texts {
    rotations: String,
    address: Option<String>,
}

impl Texts {
    fn of_session(session: &Session) -> Self {
        Self { rotations: session.rotations.to_text(), ..Self::of_client(&session.client) }
    }

    fn of_client(client: &Client) -> Self {
        Self { rotations: String::new(), address: client.address.map(|address| address.to_string()) }
    }
}

/// The values of all rows, one after the other.
fn values<'r, R>(rows: impl IntoIterator<Item = R>, add: fn(R, &mut Vec<Value<'r>>)) -> Vec<Value<'r>> {
    let mut values = Vec::new();
    for row in rows {
        add(row, &mut values);
    }
    values
}

fn account<'r>(record: &'r AccountRecord, values: &mut Vec<Value<'r>>) {
    let account = &record.account;
    values.extend([
        Value::from(account.id),
        account.number.into(),
        account.external_id.as_deref().into(),
        account.email.as_ref().map(Email::as_str).into(),
        account.email.as_ref().map(Email::key).into(),
        account.username.as_ref().map(Username::as_str).into(),
        account.username.as_ref().map(Username::key).into(),
        account.profile.name.as_deref().into(),
        account.profile.bio.as_deref().into(),
        account.profile.contact.as_deref().into(),
        account.role.as_str().into(),
        account.disabled_at.into(),
        account.cut_over_at.into(),
        account.disowned_at.into(),
        account.locale.map(Locale::as_str).into(),
        account.email_verified_at.into(),
        account.deletion.map(|deletion| deletion.requested_at).into(),
        account.deletion.map(|deletion| deletion.due_at).into(),
        account.created_at.into(),
        account.updated_at.into(),
    ]);
}

fn password<'r>(record: &'r AccountRecord, values: &mut Vec<Value<'r>>) {
    if let Some(password) = &record.password {
        values.extend([
            Value::from(record.account.id),
            password.hash.as_str().into(),
            password.updated_at.into(),
        ]);
    }
}

fn session<'r>((session, texts): &'r (&Session, Texts), values: &mut Vec<Value<'r>>) {
    values.extend([
        Value::from(session.id),
        session.account_id.into(),
        session.generation.into(),
        texts.rotations.as_str().into(),
        texts.address.as_deref().into(),
        session.client.user_agent.as_deref().into(),
        session.created_at.into(),
        session.authenticated_at.into(),
        session.last_seen_at.into(),
        session.expires_at.into(),
        session.idle_expires_at.into(),
        session.access_expires_at.into(),
        session.revoked.map(|(at, _)| at).into(),
        session.revoked.map(|(_, reason)| reason.as_str()).into(),
    ]);
}

fn revocation<'r>(revocation: &'r Revocation, values: &mut Vec<Value<'r>>) {
    values.extend([
        Value::from(revocation.session_id),
        revocation.revoked_at.into(),
        revocation.expires_at.into(),
    ]);
}

fn event<'r>((event, texts): &'r (&AuditEvent, Texts), values: &mut Vec<Value<'r>>) {
    values.extend([
        Value::from(event.id),
        event.at.into(),
        event.kind.as_str().into(),
        event.actor_id.into(),
        event.account_id.into(),
        event.session_id.into(),
        texts.address.as_deref().into(),
        event.client.user_agent.as_deref().into(),
        event.client.request_id.as_deref().into(),
        event.detail.as_ref().map(AuditDetail::as_str).into(),
    ]);
}

fn seal<'r>(seal: &'r AuditSeal, values: &mut Vec<Value<'r>>) {
    values.extend([Value::from(seal.seq), seal.event_id.into(), seal.seal.as_slice().into()]);
}

fn adopted<'r>(adopted: &'r AdoptedSession, values: &mut Vec<Value<'r>>) {
    values.extend([Value::from(adopted.session_id), adopted.expires_at.into()]);
}

fn one_time_token<'r>(token: &'r StoredToken, values: &mut Vec<Value<'r>>) {
    values.extend(one_time_tokens::values(token));
}

fn mail<'r>((mail, texts): &'r (&QueuedMail, Texts), values: &mut Vec<Value<'r>>) {
    values.extend(outbox::values(mail, texts.address.as_deref()));
}

fn known<'r>(known: &'r KnownClient, values: &mut Vec<Value<'r>>) {
    values.extend([Value::from(known.account_id), known.place.as_slice().into(), known.seen_at.into()]);
}
