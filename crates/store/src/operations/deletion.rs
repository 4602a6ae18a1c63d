//! How is an account deleted that may be kept after all, for a while?
//!
//! Until then it is disabled since the moment at which its owner wanted it. One that is disabled since another moment was
//! disabled by somebody else, and stays so when its owner keeps it.

use portcullis_core::model::{AccountId, AuditEvent, NewMail, Purpose, RevokeReason, Timestamp};
use portcullis_core::ports::mail_store::{DeletionSchedule, TokenUse};
use portcullis_core::ports::store::AccountDeletion;

use super::accounts::{self, Standing};
use super::email::of_account;
use super::{audit, one_time_tokens, outbox, passwords, revocations};
use crate::connection::{Connection, DatabaseError};
use crate::row::Single;
use crate::statement::statements;

/// How many accounts that are due are listed at most.
const MOST_DUE: u32 = 100;

statements! {
    SCHEDULE = "UPDATE accounts SET disabled_at = $1, deletion_requested_at = $2, delete_at = $3, updated_at = $4 \
                WHERE id = $5";
    TAKE_BACK = "UPDATE accounts SET disabled_at = $1, deletion_requested_at = NULL, delete_at = NULL, updated_at = $2 \
                 WHERE id = $3";
    SELECT_DUE = "SELECT id FROM accounts WHERE delete_at <= $1 AND disabled_at IS NOT NULL \
                  ORDER BY delete_at LIMIT $2";
}

/// Disables an account, ends its sessions, and notes when it is to be deleted.
pub(crate) async fn schedule(
    connection: &mut Connection<'_>,
    deletion: &DeletionSchedule,
    event: &AuditEvent,
) -> Result<AccountDeletion, DatabaseError> {
    let (id, now) = (deletion.account_id, event.at);
    let Some(standing) = accounts::lock(connection, id).await? else {
        return Ok(AccountDeletion::NoAccount);
    };
    match &deletion.checked {
        Some(checked) if !passwords::is_current(connection, id, checked).await? => {
            return Ok(AccountDeletion::PasswordChanged);
        }
        Some(_) => {}
        None => passwords::stop_logins(connection, id).await?,
    }
    let by_somebody_else = standing.disabled_at.filter(|_| !standing.is_disabled_by_deletion());
    let disabled_at = by_somebody_else.unwrap_or(now);
    let values = [disabled_at.into(), now.into(), deletion.due_at.into(), now.into(), id.into()];
    connection.execute(&SCHEDULE, &values).await?;
    revocations::end_all(connection, id, None, RevokeReason::AccountDisabled, now).await?;
    if let Some((token, mail)) = &deletion.undo {
        one_time_tokens::replace(connection, &of_account(token, id)).await?;
        outbox::put_about(connection, id, mail).await?;
    }
    audit::append(connection, event).await?;
    Ok(AccountDeletion::Deleted)
}

/// Consumes a token and takes back that its account is to be deleted.
pub(crate) async fn undo(
    connection: &mut Connection<'_>,
    token: TokenUse,
    event: &AuditEvent,
) -> Result<bool, DatabaseError> {
    let found = one_time_tokens::find_by_id(connection, token.id).await?;
    let Some(account_id) = found.and_then(|found| found.account_id) else {
        return Ok(false);
    };
    let Some(standing) = accounts::lock(connection, account_id).await? else {
        return Ok(false);
    };
    if one_time_tokens::hold_of(connection, account_id, token).await?.is_none() {
        return Ok(false);
    }
    one_time_tokens::consume(connection, token).await?;
    if !take_back(connection, account_id, &standing, event.at).await? {
        return Ok(false);
    }
    audit::append(connection, event).await?;
    Ok(true)
}

/// Takes back that an account is to be deleted, and that it is disabled for that. False when it is not to be deleted. The
/// caller holds the account's row.
pub(super) async fn take_back(
    connection: &mut Connection<'_>,
    id: AccountId,
    standing: &Standing,
    now: Timestamp,
) -> Result<bool, DatabaseError> {
    if standing.deletion.is_none() {
        return Ok(false);
    }
    let disabled_at = standing.disabled_at.filter(|_| !standing.is_disabled_by_deletion());
    connection.execute(&TAKE_BACK, &[disabled_at.into(), now.into(), id.into()]).await?;
    one_time_tokens::delete_of_account(connection, id, Purpose::UndoDeletion).await?;
    Ok(true)
}

/// Accounts that are to be deleted by now.
pub(crate) async fn list_due(
    connection: &mut Connection<'_>,
    now: Timestamp,
) -> Result<Vec<AccountId>, DatabaseError> {
    let ids = connection.all::<Single<AccountId>>(&SELECT_DUE, &[now.into(), MOST_DUE.into()]).await?;
    Ok(ids.into_iter().map(|Single(id)| id).collect())
}

/// Deletes an account if its time has come, and writes to the address that it had.
pub(crate) async fn delete_due(
    connection: &mut Connection<'_>,
    id: AccountId,
    mail: &NewMail,
    event: &AuditEvent,
) -> Result<bool, DatabaseError> {
    let Some(standing) = accounts::lock(connection, id).await? else {
        return Ok(false);
    };
    // The release before, which may be in use meanwhile, enables an account and does not know that it was to be deleted.
    let is_kept = standing.disabled_at.is_none();
    if is_kept || standing.deletion.is_none_or(|deletion| deletion.due_at > event.at) {
        return Ok(false);
    }
    outbox::put_about(connection, id, mail).await?;
    accounts::remove(connection, id, event.at).await?;
    audit::append(connection, event).await?;
    Ok(true)
}
