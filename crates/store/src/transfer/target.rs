//! Whose is the target of a move: may what it holds be replaced?
//!
//! A move leaves a note in the table of jobs: that it is under way, or the checksum of what it left. A target without
//! that note, or one that does not hold what the note says, belongs to somebody.
//!
//! Invariants
//! - "Under way" is written in the transaction that sees the target as it was when it was looked at. No server starts
//!   from then on.
//! - A server that was faster leaves a job of its own within moments of its start. Every transaction that takes
//!   something away asks for that first, and so does the one that writes the checksum.

use portcullis_core::crypto::keyring::KeyRecord;
use portcullis_core::model::{EventId, PageRequest};
use portcullis_core::ports::audit_store::AuditFilter;

use super::many::many;
use super::record::{Key, Kind};
use super::{numbers, pages};
use crate::connection::{Connection, DatabaseError};
use crate::operations::{audit, keys};
use crate::row::Single;
use crate::statement::statements;
use crate::value::Value;

/// The name of our note among the jobs.
const MOVE: &str = "move";
/// What it says before the end.
const UNDER_WAY: &str = "under way";
/// More jobs than there are.
const JOBS: u32 = 100;

statements! {
    SELECT_NOTE = "SELECT held_by FROM jobs WHERE name = $1";
    UPDATE_NOTE = "UPDATE jobs SET held_by = $1 WHERE name = $2";
    INSERT_NOTE = "INSERT INTO jobs (name, held_by, held_until) VALUES ($1, $2, $3)";
    SELECT_JOBS = "SELECT name FROM jobs WHERE name > $1 ORDER BY name LIMIT $2";
    DELETE_KEY = "DELETE FROM signing_keys WHERE purpose = $1 AND kid = $2";
    DELETE_ACCOUNT = "DELETE FROM accounts WHERE number = $1";
    DELETE_SESSION = "DELETE FROM sessions WHERE id = $1";
    DELETE_REVOCATION = "DELETE FROM revocations WHERE session_id = $1";
    DELETE_EVENT = "DELETE FROM audit_events WHERE id = $1";
    DELETE_ADOPTED_SESSION = "DELETE FROM adopted_sessions WHERE session_id = $1";
    DELETE_SEAL = "DELETE FROM audit_seals WHERE seq = $1";
    DELETE_TOKEN = "DELETE FROM one_time_tokens WHERE id = $1";
    DELETE_MAIL = "DELETE FROM outbox WHERE id = $1";
    DELETE_KNOWN_CLIENT = "DELETE FROM known_clients WHERE account_id = $1 AND place = $2";
}

many! {
    DELETE_ACCOUNTS = within(DELETE_ACCOUNT);
    DELETE_SESSIONS = within(DELETE_SESSION);
    DELETE_REVOCATIONS = within(DELETE_REVOCATION);
    DELETE_EVENTS = within(DELETE_EVENT);
    DELETE_ADOPTED_SESSIONS = within(DELETE_ADOPTED_SESSION);
    DELETE_SEALS = within(DELETE_SEAL);
    DELETE_TOKENS = within(DELETE_TOKEN);
    DELETE_MAILS = within(DELETE_MAIL);
}

/// Whose a target is, as far as can be told without reading all of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Standing {
    /// It holds nothing and never has.
    Empty,
    /// A move into it was interrupted.
    UnderWay,
    /// A move left it with this checksum.
    Left(String),
    /// It is somebody's. What tells that.
    Used(&'static str),
}

/// What a target looked like, as far as can be told without reading all of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Look {
    pub(super) standing: Standing,
    /// Goes up with every account.
    next_number: i64,
    /// Changes with every login and every deed on an account.
    newest_event: Option<EventId>,
}

/// Looks at a target. `keys` are those of the source.
pub(super) async fn look(connection: &mut Connection<'_>, keys: &[KeyRecord]) -> Result<Look, DatabaseError> {
    let newest = audit::list(connection, &AuditFilter::default(), PageRequest::first(1)).await?;
    Ok(Look {
        standing: standing(connection, keys).await?,
        next_number: numbers::next(connection).await?,
        newest_event: newest.items.first().map(|event| event.id),
    })
}

/// Whose a target is. `keys` are those of the source.
async fn standing(connection: &mut Connection<'_>, keys: &[KeyRecord]) -> Result<Standing, DatabaseError> {
    if has_server(connection).await? {
        return Ok(Standing::Used("a server has run on it"));
    }
    let note = connection.one::<Single<String>>(&SELECT_NOTE, &[MOVE.into()]).await?;
    let Some(Single(note)) = note else {
        let is_new = is_empty(connection).await? && numbers::next(connection).await? == 1;
        return Ok(if is_new { Standing::Empty } else { Standing::Used("it holds data of its own") });
    };
    let there = keys::list(connection).await?;
    let is_ours = |key: &KeyRecord| keys.iter().any(|k| (&k.kid, k.purpose) == (&key.kid, key.purpose));
    if !there.is_empty() && !keys.is_empty() && !there.iter().any(is_ours) {
        return Ok(Standing::Used("another database was moved into it"));
    }
    Ok(if note == UNDER_WAY { Standing::UnderWay } else { Standing::Left(note) })
}

/// Whether a move into this database has not come to its end.
pub(crate) async fn is_half_filled(connection: &mut Connection<'_>) -> Result<bool, DatabaseError> {
    let note = connection.one::<Single<String>>(&SELECT_NOTE, &[MOVE.into()]).await?;
    Ok(note.is_some_and(|Single(note)| note == UNDER_WAY))
}

async fn is_empty(connection: &mut Connection<'_>) -> Result<bool, DatabaseError> {
    for kind in Kind::ALL {
        if !pages::read(connection, kind, None, 1).await?.is_empty() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether a server has run on this database: one takes up jobs when it starts.
async fn has_server(connection: &mut Connection<'_>) -> Result<bool, DatabaseError> {
    let jobs = connection.all::<Single<String>>(&SELECT_JOBS, &["".into(), JOBS.into()]).await?;
    Ok(jobs.iter().any(|Single(name)| name != MOVE))
}

/// Notes that a move is under way. False, and nothing noted, when the target is not as it was `seen`.
pub(super) async fn note_under_way(
    connection: &mut Connection<'_>,
    keys: &[KeyRecord],
    seen: &Look,
) -> Result<bool, DatabaseError> {
    // Another move into the same target waits here until this one has its note.
    connection.one_for_update::<Single<String>>(&SELECT_NOTE, &[MOVE.into()]).await?;
    if look(connection, keys).await? != *seen {
        return Ok(false);
    }
    match note(connection, UNDER_WAY).await {
        Ok(()) => Ok(true),
        // Another move was faster. On PostgreSQL the transaction is over with this, and there is nothing in it.
        Err(DatabaseError::Taken { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Notes the checksum of what a move left. False, and nothing noted, when a server was started on the target.
pub(super) async fn note_end(connection: &mut Connection<'_>, sha256: &str) -> Result<bool, DatabaseError> {
    if has_server(connection).await? {
        return Ok(false);
    }
    note(connection, sha256).await?;
    Ok(true)
}

async fn note(connection: &mut Connection<'_>, text: &str) -> Result<(), DatabaseError> {
    if connection.execute(&UPDATE_NOTE, &[text.into(), MOVE.into()]).await? == 0 {
        connection.execute(&INSERT_NOTE, &[MOVE.into(), text.into(), 0_i64.into()]).await?;
    }
    Ok(())
}

/// Takes the signing keys away unless they are exactly these: there is never one set mixed of two. False, and nothing
/// taken, when a server was started on the target.
pub(super) async fn clear_other_keys(
    connection: &mut Connection<'_>,
    keys: &[KeyRecord],
) -> Result<bool, DatabaseError> {
    if has_server(connection).await? {
        return Ok(false);
    }
    let there = keys::list(connection).await?;
    if there.len() == keys.len() && there.iter().all(|key| keys.contains(key)) {
        return Ok(true);
    }
    for key in there {
        connection.execute(&DELETE_KEY, &[key.purpose.as_str().into(), key.kid.as_str().into()]).await?;
    }
    Ok(true)
}

/// Takes records away, and with accounts what belongs to them. False, and nothing taken, when a server was started on
/// the target.
pub(super) async fn delete(connection: &mut Connection<'_>, keys: &[Key]) -> Result<bool, DatabaseError> {
    if has_server(connection).await? {
        return Ok(false);
    }
    let (mut accounts, mut sessions, mut revocations) = (vec![], vec![], vec![]);
    let (mut events, mut adopted_sessions, mut seals) = (vec![], vec![], vec![]);
    let (mut tokens, mut mails) = (vec![], vec![]);
    for key in keys {
        match key {
            Key::SigningKey(..) => {}
            Key::Account(number) => accounts.push(Value::from(*number)),
            Key::Session(id) => sessions.push(Value::from(*id)),
            Key::Revocation(id) => revocations.push(Value::from(*id)),
            Key::AuditEvent(id) => events.push(Value::from(*id)),
            Key::AdoptedSession(id) => adopted_sessions.push(Value::from(*id)),
            Key::AuditSeal(seq) => seals.push(Value::from(*seq)),
            Key::OneTimeToken(id) => tokens.push(Value::from(*id)),
            Key::Mail(id) => mails.push(Value::from(*id)),
            Key::KnownClient(id, place) => {
                connection.execute(&DELETE_KNOWN_CLIENT, &[(*id).into(), place.as_slice().into()]).await?;
            }
        }
    }
    DELETE_ACCOUNTS.execute(connection, &accounts).await?;
    DELETE_SESSIONS.execute(connection, &sessions).await?;
    DELETE_REVOCATIONS.execute(connection, &revocations).await?;
    DELETE_EVENTS.execute(connection, &events).await?;
    DELETE_ADOPTED_SESSIONS.execute(connection, &adopted_sessions).await?;
    DELETE_SEALS.execute(connection, &seals).await?;
    DELETE_TOKENS.execute(connection, &tokens).await?;
    DELETE_MAILS.execute(connection, &mails).await?;
    Ok(true)
}
