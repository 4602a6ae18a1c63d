//! How is a password replaced without losing a race against another replacement or a login?

use portcullis_core::crypto::password::StoredHash;
use portcullis_core::model::{AccountId, AuditEvent, Page, PageRequest, RevokeReason, Timestamp};
use portcullis_core::ports::store::{PasswordChange, PasswordReplacement};
use uuid::Uuid;

use super::{accounts, audit, email, known_clients, one_time_tokens, outbox, page_limits, revocations};
use crate::connection::{Connection, DatabaseError};
use crate::row::{Columns, FromRow, Row, Single};
use crate::statement::statements;

statements! {
    INSERT = "INSERT INTO passwords (account_id, hash, updated_at) VALUES ($1, $2, $3)";
    SELECT_PAGE = "SELECT account_id, hash FROM passwords WHERE account_id > $1 ORDER BY account_id LIMIT $2";
    SELECT_IS_CURRENT = "SELECT 1 FROM passwords WHERE account_id = $1 AND hash = $2";
    TOUCH_IF_CURRENT = "UPDATE passwords SET updated_at = updated_at + 1 WHERE account_id = $1 AND hash = $2";
    TOUCH = "UPDATE passwords SET updated_at = updated_at + 1 WHERE account_id = $1";
    UPDATE = "UPDATE passwords SET hash = $1, updated_at = $2 WHERE account_id = $3";
    UPDATE_IF_CURRENT = "UPDATE passwords SET hash = $1, updated_at = $2 WHERE account_id = $3 AND hash = $4";
    DELETE = "DELETE FROM passwords WHERE account_id = $1";
    UPGRADE_IF_CURRENT = "UPDATE passwords SET hash = $1 WHERE account_id = $2 AND hash = $3";
}

struct Held(AccountId, String);

impl FromRow for Held {
    fn from_row<C: Columns>(row: &mut Row<'_, C>) -> Result<Self, DatabaseError> {
        Ok(Self(row.value()?, row.value()?))
    }
}

/// Hashes by their accounts, but for those that nobody can read.
pub(crate) async fn list(
    connection: &mut Connection<'_>,
    page: PageRequest<AccountId>,
) -> Result<Page<(AccountId, StoredHash), AccountId>, DatabaseError> {
    let (read, shown) = page_limits(&page);
    // Nobody has the least id there could be.
    let after = page.after.unwrap_or(AccountId::from_uuid(Uuid::nil()));
    let held = connection.all::<Held>(&SELECT_PAGE, &[after.into(), read.into()]).await?;
    let page = Page::from_overfull(held, shown, |Held(id, _)| *id);
    let read = |Held(id, hash)| Some((id, StoredHash::parse(&hash).ok()?));
    Ok(Page { items: page.items.into_iter().filter_map(read).collect(), next: page.next })
}

/// Replaces a password and ends all sessions but one.
pub(crate) async fn change(
    connection: &mut Connection<'_>,
    change: &PasswordReplacement,
    event: &AuditEvent,
) -> Result<PasswordChange, DatabaseError> {
    let (id, now) = (change.account_id, event.at);
    let Some(standing) = accounts::lock(connection, id).await? else {
        return Ok(PasswordChange::NoAccount);
    };
    let held = match change.token {
        Some(token) => match one_time_tokens::hold_of(connection, id, token).await? {
            Some(held) => Some((token, held)),
            None => return Ok(PasswordChange::TokenSpent),
        },
        None => None,
    };
    if !replace(connection, change, now).await? {
        return Ok(PasswordChange::Stale);
    }
    accounts::touch(connection, id, now).await?;
    if let Some((token, held)) = held {
        one_time_tokens::consume(connection, token).await?;
        if standing.has_email(&held.email) {
            email::note_verified(connection, id, &standing, now).await?;
        }
    }
    one_time_tokens::delete_all_but_undo(connection, id).await?;
    if change.keep.is_none() {
        known_clients::forget(connection, id).await?;
    }
    let revoked =
        revocations::end_all(connection, id, change.keep, RevokeReason::PasswordChanged, now).await?;
    if let Some(mail) = &change.mail {
        outbox::put_about(connection, id, mail).await?;
    }
    audit::append(connection, event).await?;
    Ok(PasswordChange::Changed { revoked })
}

async fn replace(
    connection: &mut Connection<'_>,
    change: &PasswordReplacement,
    now: Timestamp,
) -> Result<bool, DatabaseError> {
    let (id, new) = (change.account_id, change.new.as_str());
    if let Some(checked) = &change.checked {
        let values = [new.into(), now.into(), id.into(), checked.as_str().into()];
        return Ok(connection.execute(&UPDATE_IF_CURRENT, &values).await? == 1);
    }
    if connection.execute(&UPDATE, &[new.into(), now.into(), id.into()]).await? == 0 {
        insert(connection, id, &change.new, now).await?;
    }
    Ok(true)
}

/// Replaces a hash by a better one of the same password.
pub(crate) async fn upgrade_hash(
    connection: &mut Connection<'_>,
    id: AccountId,
    old: &StoredHash,
    new: &StoredHash,
) -> Result<bool, DatabaseError> {
    let values = [new.as_str().into(), id.into(), old.as_str().into()];
    Ok(connection.execute(&UPGRADE_IF_CURRENT, &values).await? == 1)
}

/// Gives an account its first password.
pub(super) async fn insert(
    connection: &mut Connection<'_>,
    id: AccountId,
    hash: &StoredHash,
    now: Timestamp,
) -> Result<(), DatabaseError> {
    connection.execute(&INSERT, &[id.into(), hash.as_str().into(), now.into()]).await.map(drop)
}

/// Takes the password of an account away, which gets in the way of every login that is under way; see [`is_current`].
pub(super) async fn remove(connection: &mut Connection<'_>, id: AccountId) -> Result<(), DatabaseError> {
    connection.execute(&DELETE, &[id.into()]).await.map(drop)
}

/// Whether `hash` is the one that is stored, and stays so until the transaction ends. The caller holds the account's
/// row.
pub(super) async fn is_current(
    connection: &mut Connection<'_>,
    id: AccountId,
    hash: &StoredHash,
) -> Result<bool, DatabaseError> {
    let values = [id.into(), hash.as_str().into()];
    if connection.holds_only_what_it_writes() {
        // SECURITY: whoever logs in with the old password at one server of a cluster while it is being changed at
        // another would keep the session. Now one of the two is undone, and begins again.
        return Ok(connection.execute(&TOUCH_IF_CURRENT, &values).await? == 1);
    }
    Ok(connection.one::<Single<i64>>(&SELECT_IS_CURRENT, &values).await?.is_some())
}

/// Gets in the way of every login that is under way at another server of a cluster; see [`is_current`].
pub(super) async fn stop_logins(connection: &mut Connection<'_>, id: AccountId) -> Result<(), DatabaseError> {
    if connection.holds_only_what_it_writes() {
        connection.execute(&TOUCH, &[id.into()]).await?;
    }
    Ok(())
}
