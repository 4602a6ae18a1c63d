//! How do mails get into the outbox, and out of it?

use portcullis_core::model::{
    AccountId, AuditEvent, Email, Locale, MailFilter, MailId, MailKind, MailState, NewMail, Page,
    PageRequest, QueuedMail, StoredToken, Timestamp, TokenId,
};
use portcullis_core::ports::mail_store::{EmailChangeRequest, EmailChangeRequested, MailClaim, MailEnd};
use uuid::Uuid;

use super::sessions::PRUNED_AT_ONCE;
use super::{accounts, audit, one_time_tokens, page_limits, passwords};
use crate::connection::{Connection, DatabaseError};
use crate::row::mail::mail_columns;
use crate::row::{Columns, FromRow, Row, Single};
use crate::statement::statements;
use crate::value::Value;

/// How many more mails are looked at than are taken: others may take the same ones at the same time.
const TAKEN_BY_OTHERS: u32 = 16;
/// The most characters that are kept of why a try failed.
const CAUSE_CHARS: usize = 1000;

/// What goes first, and what anybody can cause, which goes after it.
const PRIORITIES: [i64; 2] = [0, 1];

statements! {
    INSERT = "INSERT INTO outbox (", mail_columns!(), ", priority) \
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)";
    SELECT_ADDRESS = "SELECT email, email_key, locale FROM accounts WHERE id = $1";
    SELECT = "SELECT ", mail_columns!(), " FROM outbox WHERE id = $1";
    SELECT_DUE = "SELECT id FROM outbox WHERE state = $1 AND priority = $2 AND due_at <= $3 \
                  AND (COALESCE(held_until, 0) <= $4 OR held_until > $5) ORDER BY due_at, id LIMIT $6";
    CLAIM = "UPDATE outbox SET held_by = $1, held_until = $2 WHERE id = $3 AND state = $4 AND due_at <= $5 \
             AND (COALESCE(held_until, 0) <= $6 OR held_until > $7)";
    FINISH = "UPDATE outbox SET state = $1, attempts = attempts + $2, due_at = COALESCE($3, due_at), \
              last_error = COALESCE($4, last_error), finished_at = $5, held_by = NULL, held_until = NULL \
              WHERE id = $6 AND held_by = $7";
    COUNT_SENT = "SELECT COUNT(*) FROM outbox WHERE kind = $1 AND state = $2 AND finished_at >= $3";
    NOTE_TOKEN = "UPDATE outbox SET token_id = $1 WHERE id = $2";
    COUNT_SENT_TO = "SELECT COUNT(*) FROM outbox WHERE email_key = $1 AND kind = $2 AND finished_at >= $3 AND state = $4";
    COUNT_OF_STATE = "SELECT COUNT(*) FROM outbox WHERE state = $1";
    SELECT_PAGE = "SELECT ", mail_columns!(), " FROM outbox WHERE id < $1 ORDER BY id DESC LIMIT $2";
    SELECT_PAGE_OF_STATE = "SELECT ", mail_columns!(), " FROM outbox WHERE state = $1 AND id < $2 ORDER BY id DESC LIMIT $3";
    SELECT_PAGE_TO = "SELECT ", mail_columns!(), " FROM outbox \
              WHERE email_key = $1 AND state IN ($2, $3, $4, $5) AND id < $6 ORDER BY id DESC LIMIT $7"
              // Of two indexes it takes the one after which it has to sort.
              => "SELECT ", mail_columns!(), " FROM outbox FORCE INDEX (outbox_email_id) \
              WHERE email_key = $1 AND state IN ($2, $3, $4, $5) AND id < $6 ORDER BY id DESC LIMIT $7";
    // Whoever has a pending one goes on with it.
    RETRY = "UPDATE outbox SET state = $1, attempts = 0, due_at = $2, finished_at = NULL \
             WHERE id = $3 AND (state = $4 OR state = $5)";
    RETRY_ALL = "UPDATE outbox SET state = $1, attempts = 0, due_at = $2, finished_at = NULL \
                 WHERE state IN ($3, $4)";
    DELETE_FINISHED = "DELETE FROM outbox WHERE id IN (SELECT id FROM \
              (SELECT id FROM outbox WHERE state = $1 AND finished_at < $2 LIMIT $3) AS ended)"
              => "DELETE FROM outbox WHERE state = $1 AND finished_at < $2 LIMIT $3";
}

/// Where an account is written to, and in which language.
struct Address {
    email: Option<Email>,
    locale: Option<Locale>,
}

impl FromRow for Address {
    fn from_row<C: Columns>(row: &mut Row<'_, C>) -> Result<Self, DatabaseError> {
        let (address, key) = (row.optional()?, row.optional()?);
        let email = address.zip(key).map(|(address, key)| Email::from_stored(address, key));
        Ok(Self { email, locale: row.optional_parsed(Locale::parse)? })
    }
}

/// Puts a mail into the outbox, with the token that it carries. Of an account that is gone there is none.
pub(crate) async fn request(
    connection: &mut Connection<'_>,
    mail: &NewMail,
    token: Option<&StoredToken>,
    event: Option<&AuditEvent>,
) -> Result<(), DatabaseError> {
    if let Some(token) = token
        && !one_time_tokens::add(connection, token).await?
    {
        return Ok(());
    }
    put(connection, mail).await?;
    match event {
        Some(event) => audit::append(connection, event).await,
        None => Ok(()),
    }
}

/// Puts a mail into the outbox with the token of a new address, if the password is still the one that was checked.
pub(crate) async fn request_email_change(
    connection: &mut Connection<'_>,
    request: &EmailChangeRequest,
    event: &AuditEvent,
) -> Result<EmailChangeRequested, DatabaseError> {
    let Some(standing) = accounts::lock(connection, request.account_id).await? else {
        return Ok(EmailChangeRequested::NoAccount);
    };
    if standing.disabled_at.is_some() {
        return Ok(EmailChangeRequested::AccountDisabled);
    }
    // SECURITY: whoever knew the old password must not slip in while it is being replaced.
    if !passwords::is_current(connection, request.account_id, &request.checked).await? {
        return Ok(EmailChangeRequested::PasswordChanged);
    }
    one_time_tokens::replace(connection, &request.token).await?;
    put_about(connection, request.account_id, &request.mail).await?;
    audit::append(connection, event).await?;
    Ok(EmailChangeRequested::Requested)
}

/// Notes which token a mail carries.
pub(super) async fn note_token(
    connection: &mut Connection<'_>,
    id: MailId,
    token: TokenId,
) -> Result<(), DatabaseError> {
    connection.execute(&NOTE_TOKEN, &[token.into(), id.into()]).await.map(drop)
}

/// Puts a mail into the outbox: to its address, else to that of its account, else none.
pub(super) async fn put(connection: &mut Connection<'_>, mail: &NewMail) -> Result<(), DatabaseError> {
    let (email, locale) = match (&mail.email, mail.account_id) {
        (Some(email), _) => (Some(email.clone()), mail.locale),
        (None, Some(account_id)) => {
            let account = connection.one::<Address>(&SELECT_ADDRESS, &[account_id.into()]).await?;
            account.map_or((None, None), |account| (account.email, account.locale.or(mail.locale)))
        }
        (None, None) => (None, None),
    };
    let Some(email) = email else { return Ok(()) };
    let queued = QueuedMail {
        id: mail.id,
        kind: mail.kind,
        account_id: mail.account_id,
        email,
        locale,
        client: mail.client.clone(),
        token_id: mail.token_id,
        detail: mail.detail.clone(),
        created_at: mail.at,
        state: MailState::Pending,
        attempts: 0,
        due_at: mail.at,
        last_error: None,
        finished_at: None,
    };
    let address = address(&queued);
    connection.execute(&INSERT, &values(&queued, address.as_deref())).await.map(drop)
}

/// The same, about an account.
pub(super) async fn put_about(
    connection: &mut Connection<'_>,
    account_id: AccountId,
    mail: &NewMail,
) -> Result<(), DatabaseError> {
    put(connection, &NewMail { account_id: Some(account_id), ..mail.clone() }).await
}

/// From where it was caused, as it is stored.
pub(crate) fn address(mail: &QueuedMail) -> Option<String> {
    mail.client.address.map(|address| address.to_string())
}

/// The values of a row, in the order of its columns, and its priority.
pub(crate) fn values<'v>(mail: &'v QueuedMail, address: Option<&'v str>) -> [Value<'v>; 17] {
    [
        mail.id.into(),
        mail.kind.as_str().into(),
        mail.account_id.into(),
        mail.email.as_str().into(),
        mail.email.key().into(),
        mail.locale.map(Locale::as_str).into(),
        address.into(),
        mail.client.user_agent.as_deref().into(),
        mail.token_id.into(),
        mail.detail.as_deref().into(),
        mail.created_at.into(),
        mail.state.as_str().into(),
        mail.attempts.into(),
        mail.due_at.into(),
        mail.last_error.as_deref().into(),
        mail.finished_at.into(),
        i64::from(mail.kind.is_asked_for_by_anybody()).into(),
    ]
}

/// Takes mails that are due. What an owner must hear goes before what anybody can ask for: no flood of the one holds up the
/// other. What somebody else takes at the same time is left to them.
pub(crate) async fn claim(
    connection: &mut Connection<'_>,
    claim: &MailClaim,
    limit: u32,
) -> Result<Vec<QueuedMail>, DatabaseError> {
    let (now, pending) = (claim.now, MailState::Pending.as_str());
    // Nobody may hold a mail twice as long as is asked for now: a clock that ran ahead has claimed it for ever.
    let longest = claim.until.plus(claim.until.since(now));
    let at_most = limit.saturating_add(TAKEN_BY_OTHERS).into();
    let (mut claimed, limit) = (Vec::new(), usize::try_from(limit).unwrap_or(usize::MAX));
    let mut due = Vec::new();
    for priority in PRIORITIES {
        if due.len() < limit {
            let values = [pending.into(), priority.into(), now.into(), now.into(), longest.into(), at_most];
            due.extend(connection.all::<Single<MailId>>(&SELECT_DUE, &values).await?);
        }
    }
    for Single(id) in due {
        if claimed.len() >= limit {
            break;
        }
        let values = [
            claim.holder.as_str().into(),
            claim.until.into(),
            id.into(),
            pending.into(),
            now.into(),
            now.into(),
            longest.into(),
        ];
        if connection.execute(&CLAIM, &values).await? == 1 {
            claimed.extend(connection.one::<QueuedMail>(&SELECT, &[id.into()]).await?);
        }
    }
    Ok(claimed)
}

/// What an end of a try changes of a mail.
struct Change<'e> {
    state: MailState,
    tries: u32,
    due_at: Option<Timestamp>,
    /// Why, where there is a reason.
    cause: Option<&'e str>,
    finished_at: Option<Timestamp>,
}

impl<'e> Change<'e> {
    fn of(end: &'e MailEnd) -> Self {
        let pending =
            Self { state: MailState::Pending, tries: 0, due_at: None, cause: None, finished_at: None };
        match end {
            MailEnd::Sent { at } => {
                Self { state: MailState::Sent, tries: 1, finished_at: Some(*at), ..pending }
            }
            MailEnd::Later { due_at, cause } => {
                Self { tries: 1, due_at: Some(*due_at), cause: Some(cause), ..pending }
            }
            MailEnd::Held { due_at } => Self { due_at: Some(*due_at), ..pending },
            MailEnd::Dead { at, cause } => Self {
                state: MailState::Dead,
                tries: 1,
                cause: Some(cause),
                finished_at: Some(*at),
                ..pending
            },
            MailEnd::Dropped { at, cause } => {
                Self { state: MailState::Dropped, cause: Some(cause), finished_at: Some(*at), ..pending }
            }
        }
    }
}

/// Notes what became of a mail, if `holder` still has it.
pub(crate) async fn finish(
    connection: &mut Connection<'_>,
    id: MailId,
    holder: &str,
    end: &MailEnd,
) -> Result<bool, DatabaseError> {
    let change = Change::of(end);
    // A mail server says what it likes.
    let told = |cause: &str| cause.chars().filter(|c| !c.is_control()).take(CAUSE_CHARS).collect::<String>();
    let cause = change.cause.map(told);
    let values = [
        change.state.as_str().into(),
        change.tries.into(),
        change.due_at.into(),
        cause.as_deref().into(),
        change.finished_at.into(),
        id.into(),
        holder.into(),
    ];
    Ok(connection.execute(&FINISH, &values).await? == 1)
}

/// How many mails of a kind were sent since a time.
pub(crate) async fn count_sent(
    connection: &mut Connection<'_>,
    kind: MailKind,
    to: Option<&Email>,
    since: Timestamp,
) -> Result<u64, DatabaseError> {
    let (kind, sent) = (kind.as_str(), MailState::Sent.as_str());
    let count = if let Some(email) = to {
        let values = [email.key().into(), kind.into(), since.into(), sent.into()];
        connection.one::<Single<i64>>(&COUNT_SENT_TO, &values).await?
    } else {
        connection.one::<Single<i64>>(&COUNT_SENT, &[kind.into(), sent.into(), since.into()]).await?
    };
    Ok(counted(count))
}

fn counted(count: Option<Single<i64>>) -> u64 {
    count.and_then(|Single(count)| u64::try_from(count).ok()).unwrap_or(0)
}

/// Mails, newest first.
pub(crate) async fn list(
    connection: &mut Connection<'_>,
    filter: &MailFilter,
    page: PageRequest<MailId>,
) -> Result<Page<QueuedMail, MailId>, DatabaseError> {
    let (read, shown) = page_limits(&page);
    let before = page.after.unwrap_or(MailId::from_uuid(Uuid::max()));
    let mails = match (&filter.email, filter.state) {
        (Some(email), state) => {
            let [one, two, three, four] = MailState::ALL.map(|any| state.unwrap_or(any).as_str().into());
            let values = [email.key().into(), one, two, three, four, before.into(), read.into()];
            connection.all::<QueuedMail>(&SELECT_PAGE_TO, &values).await?
        }
        (None, Some(state)) => {
            let values = [state.as_str().into(), before.into(), read.into()];
            connection.all::<QueuedMail>(&SELECT_PAGE_OF_STATE, &values).await?
        }
        (None, None) => connection.all::<QueuedMail>(&SELECT_PAGE, &[before.into(), read.into()]).await?,
    };
    Ok(Page::from_overfull(mails, shown, |mail| mail.id))
}

/// Lets mails be tried at once.
pub(crate) async fn retry(
    connection: &mut Connection<'_>,
    id: Option<MailId>,
    now: Timestamp,
) -> Result<u64, DatabaseError> {
    let [pending, dead] = [MailState::Pending, MailState::Dead].map(MailState::as_str);
    if let Some(id) = id {
        let values = [pending.into(), now.into(), id.into(), pending.into(), dead.into()];
        return connection.execute(&RETRY, &values).await;
    }
    connection.execute(&RETRY_ALL, &[pending.into(), now.into(), dead.into(), pending.into()]).await
}

/// How many mails there are of each state.
pub(crate) async fn count_by_state(
    connection: &mut Connection<'_>,
) -> Result<Vec<(MailState, u64)>, DatabaseError> {
    let mut counts = Vec::with_capacity(MailState::ALL.len());
    for state in MailState::ALL {
        let count = connection.one::<Single<i64>>(&COUNT_OF_STATE, &[state.as_str().into()]).await?;
        counts.push((state, counted(count)));
    }
    Ok(counts)
}

/// Forgets up to [`PRUNED_AT_ONCE`] mails of a state that were finished before a time.
pub(crate) async fn prune(
    connection: &mut Connection<'_>,
    state: MailState,
    finished_before: Timestamp,
) -> Result<u64, DatabaseError> {
    let limit = i64::try_from(PRUNED_AT_ONCE).unwrap_or(i64::MAX);
    let values = [state.as_str().into(), finished_before.into(), limit.into()];
    connection.execute(&DELETE_FINISHED, &values).await
}
