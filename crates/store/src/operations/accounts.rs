//! How are accounts created, found, changed and deleted?

use std::time::Duration;

use portcullis_core::crypto::password::StoredHash;
use portcullis_core::model::{
    Account, AccountId, AccountName, AccountSecret, AuditEvent, Change, Email, Identifier, Locale,
    NewAccount, NewMail, NewSession, Page, PageRequest, PendingDeletion, ProfileChange, Purpose,
    RevokeReason, Role, Timestamp, Username,
};
use portcullis_core::ports::mail_store::TokenUse;
use portcullis_core::ports::store::{AccountCreation, AccountDeletion};

use super::{audit, known_clients, one_time_tokens, outbox, page_limits, passwords, revocations, sessions};
use crate::connection::{Connection, DatabaseError};
use crate::row::account::{account_columns, deletion};
use crate::row::{Columns, FromRow, Row, Single};
use crate::statement::statements;

statements! {
    INSERT = "INSERT INTO accounts (id, external_id, email, email_key, username, username_key, name, bio, contact, \
              role, locale, email_verified_at, created_at, updated_at) \
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";
    SELECT_NUMBER = "SELECT number FROM accounts WHERE id = $1";
    SELECT = "SELECT ", account_columns!(), " FROM accounts a WHERE a.id = $1";
    SELECT_BY_NUMBER = "SELECT ", account_columns!(), " FROM accounts a WHERE a.number = $1";
    SELECT_BY_EXTERNAL_ID = "SELECT ", account_columns!(), " FROM accounts a WHERE a.external_id = $1";
    SELECT_BY_USERNAME = "SELECT ", account_columns!(), " FROM accounts a WHERE a.username_key = $1";
    SELECT_SECRET = "SELECT ", account_columns!(), ", p.hash, p.updated_at \
                     FROM accounts a LEFT JOIN passwords p ON p.account_id = a.id WHERE a.id = $1";
    SELECT_SECRET_BY_EMAIL = "SELECT ", account_columns!(), ", p.hash, p.updated_at \
                     FROM accounts a LEFT JOIN passwords p ON p.account_id = a.id WHERE a.email_key = $1";
    SELECT_SECRET_BY_USERNAME = "SELECT ", account_columns!(), ", p.hash, p.updated_at \
                     FROM accounts a LEFT JOIN passwords p ON p.account_id = a.id WHERE a.username_key = $1";
    SELECT_PAGE = "SELECT ", account_columns!(), " FROM accounts a WHERE a.number > $1 ORDER BY a.number LIMIT $2";
    SELECT_STANDING = "SELECT role, disabled_at, disowned_at, email_key, email_verified_at, deletion_requested_at, \
                       delete_at FROM accounts WHERE id = $1";
    UPDATE_PROFILE = "UPDATE accounts SET name = CASE WHEN $1 THEN $2 ELSE name END, \
                      bio = CASE WHEN $3 THEN $4 ELSE bio END, \
                      contact = CASE WHEN $5 THEN $6 ELSE contact END, \
                      locale = CASE WHEN $7 THEN $8 ELSE locale END, updated_at = $9 WHERE id = $10";
    UPDATE_DISABLED = "UPDATE accounts SET disabled_at = $1, updated_at = $2 WHERE id = $3";
    ENABLE = "UPDATE accounts SET disabled_at = NULL, deletion_requested_at = NULL, delete_at = NULL, updated_at = $1 \
              WHERE id = $2";
    UPDATE_ROLE = "UPDATE accounts SET role = $1, updated_at = $2 WHERE id = $3";
    STIR = "UPDATE accounts SET updated_at = updated_at + 1 WHERE id = $1";
    UPDATE_DISOWNED_AT = "UPDATE accounts SET disowned_at = $1 WHERE id = $2";
    TOUCH = "UPDATE accounts SET updated_at = $1 WHERE id = $2";
    DELETE = "DELETE FROM accounts WHERE id = $1";
}

/// What decides about what an account may do.
pub(super) struct Standing {
    role: Role,
    pub(super) disabled_at: Option<Timestamp>,
    pub(super) disowned_at: Option<Timestamp>,
    pub(super) email_key: Option<String>,
    pub(super) email_verified_at: Option<Timestamp>,
    pub(super) deletion: Option<PendingDeletion>,
}

impl Standing {
    /// Whether it is disabled for nothing but that it is about to be deleted.
    pub(super) fn is_disabled_by_deletion(&self) -> bool {
        self.deletion.is_some_and(|deletion| self.disabled_at == Some(deletion.requested_at))
    }

    /// Whether that is its address.
    pub(super) fn has_email(&self, email: &Email) -> bool {
        self.email_key.as_deref() == Some(email.key())
    }
}

impl FromRow for Standing {
    fn from_row<C: Columns>(row: &mut Row<'_, C>) -> Result<Self, DatabaseError> {
        Ok(Self {
            role: row.parsed(Role::parse)?,
            disabled_at: row.optional()?,
            disowned_at: row.optional()?,
            email_key: row.optional()?,
            email_verified_at: row.optional()?,
            deletion: deletion(row)?,
        })
    }
}

/// Creates an account, with its password and first session. What it comes to be by is looked at before, and consumed after
/// the only statement that can be refused.
pub(crate) async fn create(
    connection: &mut Connection<'_>,
    account: &NewAccount,
    session: Option<&NewSession>,
    event: &AuditEvent,
) -> Result<AccountCreation, DatabaseError> {
    let token = account.token_id.map(|id| TokenUse { id, now: account.created_at });
    if let Some(token) = token
        && one_time_tokens::hold(connection, token).await?.is_none()
    {
        return Ok(AccountCreation::TokenSpent);
    }
    match insert(connection, account).await {
        Ok(()) => {}
        Err(DatabaseError::Taken { index }) if index == "accounts_email_key" => {
            return Ok(AccountCreation::EmailTaken);
        }
        Err(DatabaseError::Taken { index }) if index == "accounts_username_key" => {
            return Ok(AccountCreation::UsernameTaken);
        }
        Err(DatabaseError::Taken { index }) if index == "accounts_external_id" => {
            return Ok(AccountCreation::ExternalIdTaken);
        }
        Err(error) => return Err(error),
    }
    if is_claimed_by_another(connection, account).await? {
        connection.execute(&DELETE, &[account.id.into()]).await?;
        return Ok(AccountCreation::EmailTaken);
    }
    if let Some(token) = token {
        one_time_tokens::consume(connection, token).await?;
    }
    if let Some(hash) = &account.password {
        passwords::insert(connection, account.id, hash, account.created_at).await?;
    }
    if let Some(session) = session {
        sessions::insert(connection, session).await?;
        if let Some(newcomer) = &session.newcomer {
            known_clients::meet(connection, account.id, newcomer, session.created_at).await?;
        }
    }
    if let Some(mail) = &account.mail {
        outbox::put_about(connection, account.id, mail).await?;
    }
    audit::append(connection, event).await?;
    let number = connection.one::<Single<i64>>(&SELECT_NUMBER, &[account.id.into()]).await?;
    let Single(number) = number.ok_or_else(|| DatabaseError::failed("a new account has no number"))?;
    Ok(AccountCreation::Created { number })
}

/// Whether a new account has an address that nobody has shown to be theirs, and that another account may still get back.
///
/// SECURITY: whoever has changed the address of an account that they took over would keep its owner from undoing that.
async fn is_claimed_by_another(
    connection: &mut Connection<'_>,
    account: &NewAccount,
) -> Result<bool, DatabaseError> {
    match &account.email {
        Some(email) if account.email_verified_at.is_none() => {
            one_time_tokens::is_address_claimed(connection, email, account.created_at).await
        }
        _ => Ok(false),
    }
}

async fn insert(connection: &mut Connection<'_>, account: &NewAccount) -> Result<(), DatabaseError> {
    let (email, username, profile) = (account.email.as_ref(), account.username.as_ref(), &account.profile);
    let values = [
        account.id.into(),
        account.external_id.as_deref().into(),
        email.map(Email::as_str).into(),
        email.map(Email::key).into(),
        username.map(Username::as_str).into(),
        username.map(Username::key).into(),
        profile.name.as_deref().into(),
        profile.bio.as_deref().into(),
        profile.contact.as_deref().into(),
        account.role.as_str().into(),
        account.locale.map(Locale::as_str).into(),
        account.email_verified_at.into(),
        account.created_at.into(),
        account.created_at.into(),
    ];
    connection.execute(&INSERT, &values).await.map(drop)
}

/// The account of that id.
pub(crate) async fn find(
    connection: &mut Connection<'_>,
    id: AccountId,
) -> Result<Option<Account>, DatabaseError> {
    connection.one(&SELECT, &[id.into()]).await
}

/// The account of that name.
pub(crate) async fn find_by_name(
    connection: &mut Connection<'_>,
    name: &AccountName,
) -> Result<Option<Account>, DatabaseError> {
    match name {
        AccountName::Number(number) => connection.one(&SELECT_BY_NUMBER, &[(*number).into()]).await,
        // No account has such a name, and PostgreSQL refuses to look for it.
        AccountName::ExternalId(id) if id.contains('\0') => Ok(None),
        AccountName::ExternalId(id) => connection.one(&SELECT_BY_EXTERNAL_ID, &[id.as_str().into()]).await,
        AccountName::Id(id) => find(connection, *id).await,
        AccountName::Username(username) => {
            connection.one(&SELECT_BY_USERNAME, &[username.key().into()]).await
        }
    }
}

/// The account of that id, with its password hash.
pub(crate) async fn find_secret(
    connection: &mut Connection<'_>,
    id: AccountId,
) -> Result<Option<AccountSecret>, DatabaseError> {
    connection.one(&SELECT_SECRET, &[id.into()]).await
}

/// The account that an identifier belongs to, with its password hash.
pub(crate) async fn find_by_identifier(
    connection: &mut Connection<'_>,
    identifier: &Identifier,
) -> Result<Option<AccountSecret>, DatabaseError> {
    match identifier {
        Identifier::Email(email) => connection.one(&SELECT_SECRET_BY_EMAIL, &[email.key().into()]).await,
        Identifier::Username(username) => {
            connection.one(&SELECT_SECRET_BY_USERNAME, &[username.key().into()]).await
        }
    }
}

/// Accounts by growing number.
pub(crate) async fn list(
    connection: &mut Connection<'_>,
    page: PageRequest<i64>,
) -> Result<Page<Account, i64>, DatabaseError> {
    let (read, shown) = page_limits(&page);
    let after = page.after.unwrap_or(i64::MIN);
    let accounts = connection.all::<Account>(&SELECT_PAGE, &[after.into(), read.into()]).await?;
    Ok(Page::from_overfull(accounts, shown, |account| account.number))
}

/// Changes the profile fields that are given.
pub(crate) async fn update_profile(
    connection: &mut Connection<'_>,
    id: AccountId,
    change: &ProfileChange,
    now: Timestamp,
) -> Result<Option<Account>, DatabaseError> {
    if !change.is_empty() {
        let ProfileChange { name, bio, contact, locale } = change;
        let [name, bio, contact, locale] = [name, bio, contact, locale].map(Change::value);
        let values = [
            name.is_some().into(),
            name.flatten().into(),
            bio.is_some().into(),
            bio.flatten().into(),
            contact.is_some().into(),
            contact.flatten().into(),
            locale.is_some().into(),
            locale.flatten().into(),
            now.into(),
            id.into(),
        ];
        connection.execute(&UPDATE_PROFILE, &values).await?;
    }
    find(connection, id).await
}

/// Deletes an account; its passwords and sessions go with it, the feed keeps what it must.
pub(crate) async fn delete(
    connection: &mut Connection<'_>,
    id: AccountId,
    checked: Option<&StoredHash>,
    mail: Option<&NewMail>,
    event: &AuditEvent,
) -> Result<AccountDeletion, DatabaseError> {
    if lock(connection, id).await?.is_none() {
        return Ok(AccountDeletion::NoAccount);
    }
    if let Some(checked) = checked
        && !passwords::is_current(connection, id, checked).await?
    {
        return Ok(AccountDeletion::PasswordChanged);
    }
    if let Some(mail) = mail {
        outbox::put_about(connection, id, mail).await?;
    }
    remove(connection, id, event.at).await?;
    audit::append(connection, event).await?;
    Ok(AccountDeletion::Deleted)
}

/// Removes an account and all that goes with it. The caller holds its row.
pub(super) async fn remove(
    connection: &mut Connection<'_>,
    id: AccountId,
    now: Timestamp,
) -> Result<(), DatabaseError> {
    revocations::end_all(connection, id, None, RevokeReason::AccountDeleted, now).await?;
    connection.execute(&DELETE, &[id.into()]).await.map(drop)
}

/// Lets nobody begin a session any more where [`disable`] alone would have to win against every login that is under
/// way at the other servers of a cluster; elsewhere nothing. To be committed before it.
pub(crate) async fn announce_disabling(
    connection: &mut Connection<'_>,
    id: AccountId,
    event: &AuditEvent,
) -> Result<(), DatabaseError> {
    if connection.holds_only_what_it_writes()
        && let Some(Standing { disabled_at: None, .. }) = lock(connection, id).await?
    {
        set_disabled(connection, id, event.at, event.at).await?;
    }
    Ok(())
}

/// Disables an account and ends all its sessions.
pub(crate) async fn disable(
    connection: &mut Connection<'_>,
    id: AccountId,
    event: &AuditEvent,
) -> Result<bool, DatabaseError> {
    let Some(standing) = lock(connection, id).await? else {
        return Ok(false);
    };
    // Only its owner disabled it: when that is taken back it is to stay as it is.
    let was_only_deleted = standing.is_disabled_by_deletion();
    let is_new = was_only_deleted || standing.disabled_at.is_none_or(|announced_at| announced_at == event.at);
    // What was announced may have stayed without this, the second step.
    if is_new || connection.holds_only_what_it_writes() {
        if standing.disabled_at.is_none() || was_only_deleted {
            // At the same moment as somebody else, it is by somebody else.
            let is_same = was_only_deleted && standing.disabled_at == Some(event.at);
            let at = if is_same { event.at.plus(Duration::from_millis(1)) } else { event.at };
            set_disabled(connection, id, at, event.at).await?;
        }
        passwords::stop_logins(connection, id).await?;
        let reason = RevokeReason::AccountDisabled;
        let ended = revocations::end_all(connection, id, None, reason, event.at).await?;
        if is_new || !ended.is_empty() {
            audit::append(connection, event).await?;
        }
    }
    Ok(true)
}

async fn set_disabled(
    connection: &mut Connection<'_>,
    id: AccountId,
    at: Timestamp,
    now: Timestamp,
) -> Result<(), DatabaseError> {
    connection.execute(&UPDATE_DISABLED, &[at.into(), now.into(), id.into()]).await.map(drop)
}

/// Enables an account. One that is about to be deleted is kept by that.
pub(crate) async fn enable(
    connection: &mut Connection<'_>,
    id: AccountId,
    event: &AuditEvent,
) -> Result<bool, DatabaseError> {
    let Some(standing) = lock(connection, id).await? else {
        return Ok(false);
    };
    if standing.disabled_at.is_some() || standing.deletion.is_some() {
        connection.execute(&ENABLE, &[event.at.into(), id.into()]).await?;
        one_time_tokens::delete_of_account(connection, id, Purpose::UndoDeletion).await?;
        audit::append(connection, event).await?;
    }
    Ok(true)
}

/// Gives an account a role.
pub(crate) async fn set_role(
    connection: &mut Connection<'_>,
    id: AccountId,
    role: Role,
    event: &AuditEvent,
) -> Result<bool, DatabaseError> {
    let Some(standing) = lock(connection, id).await? else {
        return Ok(false);
    };
    if standing.role != role {
        connection.execute(&UPDATE_ROLE, &[role.as_str().into(), event.at.into(), id.into()]).await?;
        audit::append(connection, event).await?;
    }
    Ok(true)
}

/// Holds an account's row until the transaction ends. Everything that begins or ends sessions does so first.
pub(super) async fn lock(
    connection: &mut Connection<'_>,
    id: AccountId,
) -> Result<Option<Standing>, DatabaseError> {
    connection.one_for_update(&SELECT_STANDING, &[id.into()]).await
}

/// Gets in the way of whoever disables the account meanwhile at another server of a cluster; elsewhere nothing.
pub(super) async fn stand_in_the_way(
    connection: &mut Connection<'_>,
    id: AccountId,
) -> Result<(), DatabaseError> {
    if connection.holds_only_what_it_writes() {
        // What changes nothing is not written. Not the password, as logins do: not every account has one.
        connection.execute(&STIR, &[id.into()]).await?;
    }
    Ok(())
}

/// Disowns what other systems signed for an account before.
pub(super) async fn disown(
    connection: &mut Connection<'_>,
    id: AccountId,
    now: Timestamp,
) -> Result<(), DatabaseError> {
    connection.execute(&UPDATE_DISOWNED_AT, &[now.into(), id.into()]).await.map(drop)
}

/// Notes that something of an account changed.
pub(super) async fn touch(
    connection: &mut Connection<'_>,
    id: AccountId,
    now: Timestamp,
) -> Result<(), DatabaseError> {
    connection.execute(&TOUCH, &[now.into(), id.into()]).await.map(drop)
}
