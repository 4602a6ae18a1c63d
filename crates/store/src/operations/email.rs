//! How is the address of an account verified, changed, and given back?
//!
//! What may be refused by a unique index comes before anything that is written: on PostgreSQL the transaction is over with
//! such a refusal, and there must be nothing in it.

use portcullis_core::model::{AccountId, AuditEvent, Email, Purpose, RevokeReason, StoredToken, Timestamp};
use portcullis_core::ports::mail_store::{
    EmailChange, EmailChangeUndo, EmailChanged, EmailVerification, TokenUse,
};

use super::accounts::{self, Standing};
use super::{audit, deletion, known_clients, one_time_tokens, outbox, passwords, revocations};
use crate::connection::{Connection, DatabaseError};
use crate::statement::statements;

statements! {
    UPDATE = "UPDATE accounts SET email = $1, email_key = $2, email_verified_at = $3, updated_at = $4 WHERE id = $5";
    UPDATE_VERIFIED = "UPDATE accounts SET email_verified_at = $1, updated_at = $2 WHERE id = $3";
}

/// Consumes a token and notes that the address of its account is verified.
pub(crate) async fn verify(
    connection: &mut Connection<'_>,
    token: TokenUse,
    event: &AuditEvent,
) -> Result<EmailVerification, DatabaseError> {
    let found = one_time_tokens::find_by_id(connection, token.id).await?;
    let Some(account_id) = found.and_then(|found| found.account_id) else {
        return Ok(EmailVerification::Spent);
    };
    let Some(standing) = accounts::lock(connection, account_id).await? else {
        return Ok(EmailVerification::Spent);
    };
    let Some(held) = one_time_tokens::hold_of(connection, account_id, token).await? else {
        return Ok(EmailVerification::Spent);
    };
    if !standing.has_email(&held.email) {
        return Ok(EmailVerification::OtherAddress);
    }
    note_verified(connection, account_id, &standing, event.at).await?;
    one_time_tokens::consume(connection, token).await?;
    one_time_tokens::delete_of_account(connection, account_id, Purpose::VerifyEmail).await?;
    audit::append(connection, event).await?;
    Ok(EmailVerification::Verified)
}

/// Notes that the address of an account is verified, if it is that one.
pub(crate) async fn mark_verified(
    connection: &mut Connection<'_>,
    account_id: AccountId,
    email: &Email,
    event: &AuditEvent,
) -> Result<bool, DatabaseError> {
    let standing = accounts::lock(connection, account_id).await?;
    let Some(standing) = standing.filter(|standing| standing.has_email(email)) else {
        return Ok(false);
    };
    if standing.email_verified_at.is_none() {
        note_verified(connection, account_id, &standing, event.at).await?;
        audit::append(connection, event).await?;
    }
    Ok(true)
}

/// Notes that the address of an account is verified, since when it first was. The caller holds the account's row.
pub(super) async fn note_verified(
    connection: &mut Connection<'_>,
    account_id: AccountId,
    standing: &Standing,
    now: Timestamp,
) -> Result<(), DatabaseError> {
    let since = standing.email_verified_at.unwrap_or(now);
    connection.execute(&UPDATE_VERIFIED, &[since.into(), now.into(), account_id.into()]).await.map(drop)
}

/// Consumes a token and gives its account another address.
pub(crate) async fn change(
    connection: &mut Connection<'_>,
    change: &EmailChange,
    event: &AuditEvent,
) -> Result<EmailChanged, DatabaseError> {
    let id = change.account_id;
    let Some(standing) = accounts::lock(connection, id).await? else {
        return Ok(EmailChanged::NoAccount);
    };
    let old = change.old.as_ref().map(Email::key);
    if standing.email_key.as_deref() != old || standing.disabled_at.is_some() {
        return Ok(EmailChanged::Stale);
    }
    if one_time_tokens::hold_of(connection, id, change.token).await?.is_none() {
        return Ok(EmailChanged::Spent);
    }
    if !set(connection, id, &change.new, event.at).await? {
        return Ok(EmailChanged::EmailTaken);
    }
    one_time_tokens::consume(connection, change.token).await?;
    one_time_tokens::delete_all_but_undo(connection, id).await?;
    if let Some(token) = &change.undo {
        let token = &one_time_tokens::after_all_that_undo(connection, id, token).await?;
        // Beside those that undo earlier changes: the first owner is the one who was robbed.
        one_time_tokens::insert(connection, &of_account(token, id)).await?;
    }
    if let Some(mail) = &change.mail {
        outbox::put_about(connection, id, mail).await?;
    }
    audit::append(connection, event).await?;
    Ok(EmailChanged::Changed { revoked: Vec::new() })
}

/// Consumes a token and gives its account the address back that it had. Whoever had it meanwhile gets in no more, and does
/// not delete it either.
pub(crate) async fn undo(
    connection: &mut Connection<'_>,
    undo: &EmailChangeUndo,
    event: &AuditEvent,
) -> Result<EmailChanged, DatabaseError> {
    let (id, now) = (undo.account_id, event.at);
    let Some(standing) = accounts::lock(connection, id).await? else {
        return Ok(EmailChanged::NoAccount);
    };
    let Some(held) = one_time_tokens::hold_of(connection, id, undo.token).await? else {
        return Ok(EmailChanged::Spent);
    };
    if !set(connection, id, &undo.email, now).await? {
        return Ok(EmailChanged::EmailTaken);
    }
    one_time_tokens::consume(connection, undo.token).await?;
    one_time_tokens::delete_all_but_earlier_undo(connection, id, held.created_at).await?;
    // SECURITY: whoever has taken an account over may have deleted it, and got the mail that undoes that.
    deletion::take_back(connection, id, &standing, now).await?;
    passwords::remove(connection, id).await?;
    known_clients::forget(connection, id).await?;
    let revoked = revocations::end_all(connection, id, None, RevokeReason::PasswordChanged, now).await?;
    outbox::put_about(connection, id, &undo.mail).await?;
    audit::append(connection, event).await?;
    Ok(EmailChanged::Changed { revoked })
}

/// Gives an account an address that was just verified. False when another one has it.
async fn set(
    connection: &mut Connection<'_>,
    id: AccountId,
    email: &Email,
    now: Timestamp,
) -> Result<bool, DatabaseError> {
    let values = [email.as_str().into(), email.key().into(), now.into(), now.into(), id.into()];
    match connection.execute(&UPDATE, &values).await {
        Ok(_) => Ok(true),
        Err(DatabaseError::Taken { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

/// A token that goes with an account.
pub(super) fn of_account(token: &StoredToken, id: AccountId) -> StoredToken {
    StoredToken { account_id: Some(id), ..token.clone() }
}
