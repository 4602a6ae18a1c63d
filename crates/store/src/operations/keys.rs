//! How are signing keys kept, when several processes may want to change them at once?

use portcullis_core::crypto::keyring::{KeyPurpose, KeyRecord, KeyState};
use portcullis_core::model::{AuditEvent, Timestamp};
use portcullis_core::ports::store::{KeyRotation, KeySuccessor};

use super::audit;
use crate::connection::{Connection, DatabaseError};
use crate::row::Single;
use crate::row::key::key_columns;
use crate::statement::statements;

statements! {
    SELECT = "SELECT ", key_columns!(), " FROM signing_keys ORDER BY created_at, purpose, kid";
    SELECT_ANY = "SELECT 1 FROM signing_keys LIMIT 1";
    // The row of the first migration is always there: it stands for the table that has no rows to hold yet.
    LOCK = "SELECT version FROM schema_migrations WHERE version = 1";
    TOUCH_LOCK = "UPDATE schema_migrations SET applied_at = applied_at + 1 WHERE version = 1";
    INSERT = "INSERT INTO signing_keys (", key_columns!(), ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    END = "UPDATE signing_keys SET state = $1, retired_at = $2 \
           WHERE purpose = $3 AND kid = $4 AND state = $5 AND sealed = $6";
    END_ALL = "UPDATE signing_keys SET state = $1, retired_at = $2 WHERE purpose = $3 AND state = $4";
    ACTIVATE = "UPDATE signing_keys SET state = $1, activated_at = $2 WHERE purpose = $3 AND kid = $4 AND state = $5";
    RESEAL = "UPDATE signing_keys SET sealed = $1 WHERE purpose = $2 AND kid = $3 AND sealed = $4";
    DELETE_ENDED = "DELETE FROM signing_keys WHERE purpose = $1 AND retired_at < $2";
}

/// All keys, oldest first.
pub(crate) async fn list(connection: &mut Connection<'_>) -> Result<Vec<KeyRecord>, DatabaseError> {
    connection.all(&SELECT, &[]).await
}

/// Adds the first keys, and what the audit log says of that. False when there are keys already.
pub(crate) async fn add_first(
    connection: &mut Connection<'_>,
    keys: &[KeyRecord],
    events: &[AuditEvent],
) -> Result<bool, DatabaseError> {
    connection.one_for_update::<Single<i64>>(&LOCK, &[]).await?;
    if connection.one::<Single<i64>>(&SELECT_ANY, &[]).await?.is_some() {
        return Ok(false);
    }
    if connection.holds_only_what_it_writes() {
        connection.execute(&TOUCH_LOCK, &[]).await?;
    }
    for key in keys {
        insert(connection, key).await?;
    }
    for event in events {
        audit::append(connection, event).await?;
    }
    Ok(true)
}

/// Puts one key in the place of another. False when the other is not active any more, or sealed otherwise.
pub(crate) async fn rotate(
    connection: &mut Connection<'_>,
    rotation: &KeyRotation,
    event: &AuditEvent,
) -> Result<bool, DatabaseError> {
    let KeyRotation { replaces, old_becomes, successor, adds, now } = rotation;
    if !KeyState::Active.can_become(*old_becomes) {
        return Err(DatabaseError::failed("an active key can only be retired or revoked"));
    }
    if !end(connection, replaces, *old_becomes, *now).await? {
        return Ok(false);
    }
    let purpose = replaces.purpose.as_str();
    match successor {
        KeySuccessor::Next(kid) => activate(connection, purpose, kid, *now).await?,
        KeySuccessor::New(key) => {
            end_all(connection, purpose, KeyState::Next, *now).await?;
            insert(connection, key).await?;
        }
    }
    if *old_becomes == KeyState::Revoked {
        // Whoever knows the active key may know the ones before it.
        end_all(connection, purpose, KeyState::Retired, *now).await?;
    }
    insert(connection, adds).await?;
    audit::append(connection, event).await?;
    connection.announce();
    Ok(true)
}

/// Takes a key out of the state that the caller knows it in. False when it is in another, or sealed otherwise.
async fn end(
    connection: &mut Connection<'_>,
    key: &KeyRecord,
    becomes: KeyState,
    now: Timestamp,
) -> Result<bool, DatabaseError> {
    let values = [
        becomes.as_str().into(),
        now.into(),
        key.purpose.as_str().into(),
        key.kid.as_str().into(),
        key.state.as_str().into(),
        key.sealed.as_slice().into(),
    ];
    Ok(connection.execute(&END, &values).await? == 1)
}

/// Revokes all keys of a purpose that are in a state. They end now, whenever they were retired: what was revoked is to be
/// known for as long as its tokens would live.
async fn end_all(
    connection: &mut Connection<'_>,
    purpose: &str,
    from: KeyState,
    now: Timestamp,
) -> Result<(), DatabaseError> {
    let revoke = [KeyState::Revoked.as_str().into(), now.into(), purpose.into(), from.as_str().into()];
    connection.execute(&END_ALL, &revoke).await.map(drop)
}

async fn activate(
    connection: &mut Connection<'_>,
    purpose: &str,
    kid: &str,
    now: Timestamp,
) -> Result<(), DatabaseError> {
    let values = [
        KeyState::Active.as_str().into(),
        now.into(),
        purpose.into(),
        kid.into(),
        KeyState::Next.as_str().into(),
    ];
    if connection.execute(&ACTIVATE, &values).await? == 0 {
        return Err(DatabaseError::failed("the key that should become active is not the next one"));
    }
    Ok(())
}

/// Revokes a key that was to be next, and makes another the next one. False when it is not next any more, or sealed
/// otherwise.
pub(crate) async fn replace_next(
    connection: &mut Connection<'_>,
    replaced: &KeyRecord,
    by: &KeyRecord,
    event: &AuditEvent,
) -> Result<bool, DatabaseError> {
    if replaced.state != KeyState::Next || !end(connection, replaced, KeyState::Revoked, event.at).await? {
        return Ok(false);
    }
    insert(connection, by).await?;
    audit::append(connection, event).await?;
    connection.announce();
    Ok(true)
}

/// Puts all keys under another seal. False, and nothing done, when they are not `old` any more.
pub(crate) async fn reseal(
    connection: &mut Connection<'_>,
    old: &[KeyRecord],
    new: &[KeyRecord],
    event: &AuditEvent,
) -> Result<bool, DatabaseError> {
    connection.one_for_update::<Single<i64>>(&LOCK, &[]).await?;
    if connection.holds_only_what_it_writes() {
        connection.execute(&TOUCH_LOCK, &[]).await?;
    }
    if list(connection).await? != old {
        return Ok(false);
    }
    for (old, new) in old.iter().zip(new) {
        let values = [
            new.sealed.as_slice().into(),
            old.purpose.as_str().into(),
            old.kid.as_str().into(),
            old.sealed.as_slice().into(),
        ];
        if connection.execute(&RESEAL, &values).await? == 0 {
            return Err(overtaken());
        }
    }
    // A rotation that ended between the look and the first of these writes has added a key under the old seal. One that
    // comes now has to write to a row that is held here, and finds it sealed otherwise.
    if list(connection).await? != new {
        return Err(overtaken());
    }
    audit::append(connection, event).await?;
    connection.announce();
    Ok(true)
}

fn overtaken() -> DatabaseError {
    DatabaseError::Conflict { cause: "the signing keys were rotated while they were sealed anew".into() }
}

/// Forgets keys of a purpose that were retired or revoked before a time.
pub(crate) async fn delete_retired_before(
    connection: &mut Connection<'_>,
    purpose: KeyPurpose,
    before: Timestamp,
) -> Result<u64, DatabaseError> {
    connection.execute(&DELETE_ENDED, &[purpose.as_str().into(), before.into()]).await
}

/// Adds a key as it is.
pub(crate) async fn insert(connection: &mut Connection<'_>, key: &KeyRecord) -> Result<(), DatabaseError> {
    let values = [
        key.kid.as_str().into(),
        key.purpose.as_str().into(),
        key.algorithm.as_str().into(),
        key.state.as_str().into(),
        key.sealed.as_slice().into(),
        key.created_at.into(),
        key.activated_at.map(Timestamp::from_millis).into(),
        key.retired_at.map(Timestamp::from_millis).into(),
    ];
    connection.execute(&INSERT, &values).await.map(drop)
}
