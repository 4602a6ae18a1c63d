//! How are signing keys kept, when several processes may want to change them at once?

use portcullis_core::crypto::keyring::{KeyPurpose, KeyRecord, KeyState};
use portcullis_core::model::{AuditEvent, Timestamp};
use portcullis_core::ports::store::KeyRotation;

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
    END = "UPDATE signing_keys SET state = $1, retired_at = $2 WHERE purpose = $3 AND kid = $4 AND state = $5";
    REVOKE_RETIRED = "UPDATE signing_keys SET state = $1 WHERE purpose = $2 AND state = $3";
    ACTIVATE = "UPDATE signing_keys SET state = $1, activated_at = $2 WHERE purpose = $3 AND kid = $4 AND state = $5";
    DELETE_ENDED = "DELETE FROM signing_keys WHERE purpose = $1 AND retired_at < $2";
}

/// All keys, oldest first.
pub(crate) async fn list(connection: &mut Connection<'_>) -> Result<Vec<KeyRecord>, DatabaseError> {
    connection.all(&SELECT, &[]).await
}

/// Adds the first keys. False when there are keys already.
pub(crate) async fn add_first(
    connection: &mut Connection<'_>,
    keys: &[KeyRecord],
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
    Ok(true)
}

/// Puts one key in the place of another. False when the other is not active any more.
pub(crate) async fn rotate(
    connection: &mut Connection<'_>,
    rotation: &KeyRotation,
    event: &AuditEvent,
) -> Result<bool, DatabaseError> {
    if !KeyState::Active.can_become(rotation.old_becomes) {
        return Err(DatabaseError::failed("an active key can only be retired or revoked"));
    }
    let (purpose, now) = (rotation.purpose.as_str(), rotation.now);
    let end = [
        rotation.old_becomes.as_str().into(),
        now.into(),
        purpose.into(),
        rotation.replaces.as_str().into(),
        KeyState::Active.as_str().into(),
    ];
    if connection.execute(&END, &end).await? == 0 {
        return Ok(false);
    }
    let activate = [
        KeyState::Active.as_str().into(),
        now.into(),
        purpose.into(),
        rotation.promotes.as_str().into(),
        KeyState::Next.as_str().into(),
    ];
    if connection.execute(&ACTIVATE, &activate).await? == 0 {
        return Err(DatabaseError::failed("the key that should become active is not the next one"));
    }
    if rotation.old_becomes == KeyState::Revoked {
        // Whoever knows the active key may know the ones before it.
        let revoke = [KeyState::Revoked.as_str().into(), purpose.into(), KeyState::Retired.as_str().into()];
        connection.execute(&REVOKE_RETIRED, &revoke).await?;
    }
    insert(connection, &rotation.adds).await?;
    audit::append(connection, event).await?;
    connection.announce();
    Ok(true)
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
