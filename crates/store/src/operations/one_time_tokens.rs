//! How are one-time tokens kept, and how is one used once?
//!
//! Whoever uses a token holds the row of its account, if it has one, before the row of the token. A token is looked at
//! before anything is written, and consumed afterwards: what is refused for another reason leaves it as it was.

use std::time::Duration;

use portcullis_core::crypto::one_time::Digest;
use portcullis_core::model::{
    AccountId, AuditEvent, Email, MailId, Page, PageRequest, Purpose, StoredToken, Timestamp, TokenId,
};
use portcullis_core::ports::mail_store::TokenUse;
use uuid::Uuid;

use super::sessions::PRUNED_AT_ONCE;
use super::{accounts, again, audit, outbox, page_limits};
use crate::connection::{Connection, DatabaseError};
use crate::row::Single;
use crate::row::one_time_token::one_time_token_columns;
use crate::statement::statements;
use crate::value::Value;

/// What undoes. A test compares it with [`Purpose::outlives_password`].
const THAT_UNDO: [Purpose; 2] = [Purpose::UndoEmailChange, Purpose::UndoDeletion];

statements! {
    INSERT = "INSERT INTO one_time_tokens (", one_time_token_columns!(), ") \
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    SELECT = "SELECT ", one_time_token_columns!(), " FROM one_time_tokens WHERE id = $1";
    SELECT_BY_DIGEST = "SELECT ", one_time_token_columns!(), " FROM one_time_tokens WHERE digest = $1";
    SELECT_NEWEST = "SELECT ", one_time_token_columns!(), " FROM one_time_tokens \
              WHERE email_key = $1 AND purpose = $2 AND expires_at > $3 ORDER BY id DESC LIMIT 1";
    SELECT_BY_CODE = "SELECT ", one_time_token_columns!(), " FROM one_time_tokens \
              WHERE email_key = $1 AND purpose = $2 AND code_digest = $3 AND expires_at > $4 ORDER BY id LIMIT 1";
    SELECT_CLAIM = "SELECT 1 FROM one_time_tokens WHERE email_key = $1 AND purpose = $2 AND expires_at > $3 LIMIT 1";
    SELECT_OF_PURPOSE = "SELECT ", one_time_token_columns!(), " FROM one_time_tokens \
              WHERE purpose = $1 AND id > $2 AND expires_at > $3 ORDER BY id LIMIT $4";
    SET_CODE = "UPDATE one_time_tokens SET code_digest = $1 WHERE id = $2";
    CONSUME = "DELETE FROM one_time_tokens WHERE id = $1 AND expires_at > $2";
    DELETE = "DELETE FROM one_time_tokens WHERE id = $1";
    DELETE_OF_ACCOUNT = "DELETE FROM one_time_tokens WHERE account_id = $1 AND purpose = $2";
    DELETE_OF_ADDRESS = "DELETE FROM one_time_tokens WHERE email_key = $1 AND purpose = $2";
    DELETE_BUT_TWO = "DELETE FROM one_time_tokens WHERE account_id = $1 AND purpose <> $2 AND purpose <> $3";
    DELETE_BUT_EARLIER = "DELETE FROM one_time_tokens WHERE account_id = $1 AND (purpose <> $2 OR created_at >= $3)";
    SELECT_TIMES = "SELECT created_at FROM one_time_tokens WHERE account_id = $1 AND purpose = $2";
    DELETE_EXPIRED = "DELETE FROM one_time_tokens WHERE id IN (SELECT id FROM \
              (SELECT id FROM one_time_tokens WHERE expires_at < $1 LIMIT $2) AS ended)"
              => "DELETE FROM one_time_tokens WHERE expires_at < $1 LIMIT $2";
}

/// Keeps a token that no mail carries. Of an account that is gone there is none.
pub(crate) async fn keep(
    connection: &mut Connection<'_>,
    token: &StoredToken,
    event: &AuditEvent,
) -> Result<(), DatabaseError> {
    if add(connection, token).await? {
        audit::append(connection, event).await?;
    }
    Ok(())
}

/// Writes a token down in place of those that it replaces. False when its account is gone.
pub(super) async fn add(connection: &mut Connection<'_>, token: &StoredToken) -> Result<bool, DatabaseError> {
    if let Some(account_id) = token.account_id
        && accounts::lock(connection, account_id).await?.is_none()
    {
        return Ok(false);
    }
    replace(connection, token).await?;
    Ok(true)
}

/// Gives an account a token in place of those for the same purpose, which this mail carries. False when the account is gone.
pub(crate) async fn issue(
    connection: &mut Connection<'_>,
    token: &StoredToken,
    mail: MailId,
) -> Result<bool, DatabaseError> {
    let is_issued = add(connection, token).await?;
    if is_issued {
        outbox::note_token(connection, mail, token.id).await?;
    }
    Ok(is_issued)
}

/// Writes a token down in place of those that it replaces. The caller holds the account's row.
pub(super) async fn replace(
    connection: &mut Connection<'_>,
    token: &StoredToken,
) -> Result<(), DatabaseError> {
    if let Some(account_id) = token.account_id {
        delete_of_account(connection, account_id, token.purpose).await?;
    } else if token.purpose == Purpose::Invite {
        let values = [token.email.key().into(), token.purpose.as_str().into()];
        connection.execute(&DELETE_OF_ADDRESS, &values).await?;
    }
    insert(connection, token).await
}

/// Writes a token down beside all others.
pub(super) async fn insert(
    connection: &mut Connection<'_>,
    token: &StoredToken,
) -> Result<(), DatabaseError> {
    connection.execute(&INSERT, &values(token)).await.map(drop).map_err(again)
}

/// The values of a row, in the order of its columns.
pub(crate) fn values(token: &StoredToken) -> [Value<'_>; 10] {
    [
        token.id.into(),
        token.purpose.as_str().into(),
        token.account_id.into(),
        token.email.as_str().into(),
        token.email.key().into(),
        token.digest.as_bytes().as_slice().into(),
        token.code.as_ref().map(|code| code.as_bytes().as_slice()).into(),
        token.payload.as_deref().into(),
        token.created_at.into(),
        token.expires_at.into(),
    ]
}

/// The token with that digest.
pub(crate) async fn find(
    connection: &mut Connection<'_>,
    digest: &Digest,
) -> Result<Option<StoredToken>, DatabaseError> {
    connection.one(&SELECT_BY_DIGEST, &[digest.as_bytes().as_slice().into()]).await
}

/// The token of that id.
pub(crate) async fn find_by_id(
    connection: &mut Connection<'_>,
    id: TokenId,
) -> Result<Option<StoredToken>, DatabaseError> {
    connection.one(&SELECT, &[id.into()]).await
}

/// The live token of an address with that code.
pub(crate) async fn find_by_code(
    connection: &mut Connection<'_>,
    email: &Email,
    purpose: Purpose,
    code: &Digest,
    now: Timestamp,
) -> Result<Option<StoredToken>, DatabaseError> {
    let code = code.as_bytes().as_slice();
    let values = [email.key().into(), purpose.as_str().into(), code.into(), now.into()];
    connection.one(&SELECT_BY_CODE, &values).await
}

/// Gives a token its code.
pub(crate) async fn set_code(
    connection: &mut Connection<'_>,
    id: TokenId,
    code: &Digest,
) -> Result<(), DatabaseError> {
    connection.execute(&SET_CODE, &[code.as_bytes().as_slice().into(), id.into()]).await.map(drop)
}

/// The newest live token of an address.
pub(crate) async fn find_newest(
    connection: &mut Connection<'_>,
    email: &Email,
    purpose: Purpose,
    now: Timestamp,
) -> Result<Option<StoredToken>, DatabaseError> {
    let values = [email.key().into(), purpose.as_str().into(), now.into()];
    connection.one(&SELECT_NEWEST, &values).await
}

/// The live invitations.
pub(crate) async fn list_invitations(
    connection: &mut Connection<'_>,
    now: Timestamp,
    page: PageRequest<TokenId>,
) -> Result<Page<StoredToken, TokenId>, DatabaseError> {
    let (read, shown) = page_limits(&page);
    // No id is nil.
    let after = page.after.unwrap_or(TokenId::from_uuid(Uuid::nil()));
    let values = [Purpose::Invite.as_str().into(), after.into(), now.into(), read.into()];
    let tokens = connection.all::<StoredToken>(&SELECT_OF_PURPOSE, &values).await?;
    Ok(Page::from_overfull(tokens, shown, |token| token.id))
}

/// Whether an account may still get an address back that was changed.
pub(super) async fn is_address_claimed(
    connection: &mut Connection<'_>,
    email: &Email,
    now: Timestamp,
) -> Result<bool, DatabaseError> {
    let values = [email.key().into(), Purpose::UndoEmailChange.as_str().into(), now.into()];
    Ok(connection.one::<Single<i64>>(&SELECT_CLAIM, &values).await?.is_some())
}

/// Forgets a token.
pub(crate) async fn delete(
    connection: &mut Connection<'_>,
    id: TokenId,
    event: Option<&AuditEvent>,
) -> Result<bool, DatabaseError> {
    let is_gone = connection.execute(&DELETE, &[id.into()]).await? == 1;
    if let (true, Some(event)) = (is_gone, event) {
        audit::append(connection, event).await?;
    }
    Ok(is_gone)
}

/// A token that can still be used; nobody else uses it before the transaction ends, or [`consume`] tells.
pub(super) async fn hold(
    connection: &mut Connection<'_>,
    token: TokenUse,
) -> Result<Option<StoredToken>, DatabaseError> {
    let found = connection.one_for_update::<StoredToken>(&SELECT, &[token.id.into()]).await?;
    Ok(found.filter(|found| !found.is_expired(token.now)))
}

/// The same, if it is a token of that account.
pub(super) async fn hold_of(
    connection: &mut Connection<'_>,
    account_id: AccountId,
    token: TokenUse,
) -> Result<Option<StoredToken>, DatabaseError> {
    Ok(hold(connection, token).await?.filter(|found| found.account_id == Some(account_id)))
}

/// Consumes a token that is held. At another server of a cluster somebody may do the same: one of the two is undone, and
/// finds the token gone when it begins again.
pub(super) async fn consume(connection: &mut Connection<'_>, token: TokenUse) -> Result<(), DatabaseError> {
    match connection.execute(&CONSUME, &[token.id.into(), token.now.into()]).await? {
        0 => Err(DatabaseError::Conflict { cause: "a one-time token was used meanwhile".to_owned() }),
        _ => Ok(()),
    }
}

/// A token that undoes a change of the address, as one that is later than all of its account: [`delete_all_but_earlier_undo`]
/// goes by their times, and the clocks of several nodes differ. The caller holds the account's row.
pub(super) async fn after_all_that_undo(
    connection: &mut Connection<'_>,
    account_id: AccountId,
    token: &StoredToken,
) -> Result<StoredToken, DatabaseError> {
    let values = [account_id.into(), Purpose::UndoEmailChange.as_str().into()];
    let times = connection.all::<Single<Timestamp>>(&SELECT_TIMES, &values).await?;
    let newest = times.into_iter().map(|Single(time)| time).max();
    let next = newest.map(|newest| newest.plus(Duration::from_millis(1)));
    let created_at = next.map_or(token.created_at, |next| next.max(token.created_at));
    Ok(StoredToken { created_at, ..token.clone() })
}

/// Lets the tokens of an account for one purpose die.
pub(super) async fn delete_of_account(
    connection: &mut Connection<'_>,
    account_id: AccountId,
    purpose: Purpose,
) -> Result<(), DatabaseError> {
    let values = [account_id.into(), purpose.as_str().into()];
    connection.execute(&DELETE_OF_ACCOUNT, &values).await.map(drop)
}

/// Lets the tokens of an account die, but for those that undo.
pub(super) async fn delete_all_but_undo(
    connection: &mut Connection<'_>,
    account_id: AccountId,
) -> Result<(), DatabaseError> {
    let [one, other] = THAT_UNDO;
    let values = [account_id.into(), one.as_str().into(), other.as_str().into()];
    connection.execute(&DELETE_BUT_TWO, &values).await.map(drop)
}

/// Lets the tokens of an account die, but for those that undo a change of the address from before `since`.
///
/// SECURITY: whoever has changed the address twice could otherwise undo the second change, and cut off by that the owner
/// of the first address.
pub(super) async fn delete_all_but_earlier_undo(
    connection: &mut Connection<'_>,
    account_id: AccountId,
    since: Timestamp,
) -> Result<(), DatabaseError> {
    let values = [account_id.into(), Purpose::UndoEmailChange.as_str().into(), since.into()];
    connection.execute(&DELETE_BUT_EARLIER, &values).await.map(drop)
}

/// Forgets up to [`PRUNED_AT_ONCE`] tokens that expired before `now`.
pub(crate) async fn prune(connection: &mut Connection<'_>, now: Timestamp) -> Result<u64, DatabaseError> {
    let limit = i64::try_from(PRUNED_AT_ONCE).unwrap_or(i64::MAX);
    connection.execute(&DELETE_EXPIRED, &[now.into(), limit.into()]).await
}

#[cfg(test)]
mod tests {
    use super::{Purpose, THAT_UNDO};

    #[test]
    fn what_outlives_a_password_is_what_undoes() {
        for purpose in Purpose::ALL {
            assert_eq!(purpose.outlives_password(), THAT_UNDO.contains(&purpose), "{purpose:?}");
        }
    }
}
