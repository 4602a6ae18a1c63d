//! How do many rows get into the database at once?
//!
//! One transaction looks at what is there, decides about each row, and writes. So nothing changes in between, an
//! account and the session of its stored refresh token come together or not at all, and running it again does no harm.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use portcullis_core::model::{AccountId, Email, SessionId, Username};

use super::Plan;
use super::candidate::Candidate;
use super::report::Reason;
use super::seen::Seen;
use crate::connection::{Connection, DatabaseError};
use crate::row::Single;
use crate::row::account::account_columns;
use crate::statement::{Sql, statements};
use crate::transfer::look_up::Taken;
use crate::transfer::many::{ROWS, many};
use crate::transfer::{AccountRecord, Record, insert, look_up, numbers};
use crate::value::Value;

statements! {
    BY_ID = "SELECT ", account_columns!(), ", p.hash, p.updated_at \
             FROM accounts a LEFT JOIN passwords p ON p.account_id = a.id WHERE a.id = $1";
    NUMBER = "SELECT number FROM accounts WHERE number = $1";
    LAST_NUMBER = "SELECT number FROM accounts WHERE number >= $1 ORDER BY number DESC LIMIT 1";
    ADOPTED = "SELECT session_id FROM adopted_sessions WHERE session_id = $1";
    SET_CUT_OVER = "UPDATE accounts SET cut_over_at = $1 WHERE id = $2";
    DISOWN_NUMBER = "UPDATE accounts SET disowned_at = $1 WHERE number = $2 AND cut_over_at IS NULL";
    DISOWN_USERNAME = "UPDATE accounts SET disowned_at = $1 WHERE username_key = $2 AND cut_over_at IS NULL";
}

many! {
    BY_IDS = within(BY_ID);
    NUMBERS = within(NUMBER);
    ALL_ADOPTED = within(ADOPTED);
}

/// Until the transaction ends. What was planned when the table was empty would read all of it when it is full.
static PLAN_ANEW_ON_POSTGRES: Sql = Sql::new(
    "SELECT set_config(name, 'force_custom_plan', TRUE) FROM pg_settings WHERE name = 'plan_cache_mode'",
);

/// The same about as many accounts as the statements above.
static SET_CUT_OVERS: LazyLock<Sql> = LazyLock::new(|| {
    let (head, _) = SET_CUT_OVER.text().rsplit_once(" = ").unwrap_or_default();
    let ids: Vec<_> = (2..ROWS + 2).map(|number| format!("${number}")).collect();
    Sql::new(String::leak(format!("{head} IN ({})", ids.join(", "))))
});

/// Rows that can be accounts.
pub(super) struct Batch {
    pub(super) items: Vec<Item>,
    pub(super) plan: Plan,
}

/// A row that can be an account.
pub(super) struct Item {
    pub(super) candidate: Candidate,
    /// The number it has, or gets.
    pub(super) number: i64,
    /// What an earlier row of another batch has already.
    pub(super) twice: Option<Reason>,
}

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) account: Verdict,
    pub(super) session: Option<Verdict>,
}

/// Whether something is new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    New,
    There,
    Refused(Reason),
}

/// What the database has of what a batch would bring.
#[derive(Default)]
struct Found {
    accounts: HashMap<AccountId, AccountRecord>,
    numbers: HashSet<i64>,
    taken: Taken,
    adopted: HashSet<SessionId>,
}

/// The number of the next account, whatever was interrupted before the database learned of it.
pub(super) async fn next_number(connection: &mut Connection<'_>) -> Result<i64, DatabaseError> {
    let next = numbers::next(connection).await?;
    let last = connection.one::<Single<i64>>(&LAST_NUMBER, &[next.into()]).await?;
    Ok(last.map_or(next, |Single(last)| last.saturating_add(1)))
}

/// What would become of rows.
pub(super) async fn look(
    connection: &mut Connection<'_>,
    batch: &Batch,
) -> Result<Vec<Outcome>, DatabaseError> {
    Ok(decide(batch, &find(connection, batch).await?))
}

/// What would become of rows when there is no database yet.
pub(super) fn look_nowhere(batch: &Batch) -> Vec<Outcome> {
    decide(batch, &Found::default())
}

/// Writes what is missing, and the time of the cut-over to what is there.
pub(super) async fn write(
    connection: &mut Connection<'_>,
    batch: &Batch,
) -> Result<Vec<Outcome>, DatabaseError> {
    if let Connection::Postgres(_) = connection {
        connection.one::<Single<String>>(&PLAN_ANEW_ON_POSTGRES, &[]).await?;
    }
    let found = find(connection, batch).await?;
    let outcomes = decide(batch, &found);
    let (mut records, mut behind, mut highest) = (Vec::new(), Vec::new(), 0);
    for (item, outcome) in batch.items.iter().zip(&outcomes) {
        match outcome.account {
            Verdict::New => {
                let record = item.record(&batch.plan);
                highest = highest.max(record.account.number);
                records.push(Record::Account(record));
            }
            Verdict::There => {
                let id = item.candidate.id;
                let recorded = found.accounts.get(&id).and_then(|there| there.account.cut_over_at);
                if recorded != Some(batch.plan.cut_over) {
                    behind.push(Value::from(id));
                }
            }
            Verdict::Refused(reason) => disown(connection, item, reason, &batch.plan).await?,
        }
        if outcome.session == Some(Verdict::New) {
            records.extend(item.candidate.session().into_iter().flatten());
        }
    }
    insert::all(connection, &records).await?;
    if highest > 0 {
        numbers::raise(connection, highest.saturating_add(1)).await?;
    }
    for ids in behind.chunks(ROWS) {
        set_cut_over(connection, &batch.plan, ids).await?;
    }
    Ok(outcomes)
}

/// SECURITY: the tokens of an account that cannot come name the one that is in its way, which was made here.
async fn disown(
    connection: &mut Connection<'_>,
    item: &Item,
    reason: Reason,
    plan: &Plan,
) -> Result<(), DatabaseError> {
    let username = item.candidate.username.as_ref().map(Username::key);
    match (reason, username) {
        (Reason::IdTaken, _) => {
            connection.execute(&DISOWN_NUMBER, &[plan.cut_over.into(), item.number.into()]).await.map(drop)
        }
        (Reason::UsernameTaken, Some(key)) => {
            connection.execute(&DISOWN_USERNAME, &[plan.cut_over.into(), key.into()]).await.map(drop)
        }
        _ => Ok(()),
    }
}

async fn set_cut_over(
    connection: &mut Connection<'_>,
    plan: &Plan,
    ids: &[Value<'_>],
) -> Result<(), DatabaseError> {
    let Some(last) = ids.last().copied() else { return Ok(()) };
    let mut values = vec![Value::from(plan.cut_over)];
    values.extend_from_slice(ids);
    // An account may be named more than once: the last one fills up.
    values.resize(ROWS + 1, last);
    connection.execute(&SET_CUT_OVERS, &values).await.map(drop)
}

impl Item {
    /// The account that it becomes.
    pub(super) fn record(&self, plan: &Plan) -> AccountRecord {
        self.candidate.record(self.number, plan)
    }
}

async fn find(connection: &mut Connection<'_>, batch: &Batch) -> Result<Found, DatabaseError> {
    let candidates = || batch.items.iter().filter(|item| item.twice.is_none()).map(|item| &item.candidate);
    let ids: Vec<Value<'_>> = candidates().map(|candidate| candidate.id.into()).collect();
    let accounts = BY_IDS.find::<AccountRecord>(connection, &ids).await?;
    let accounts: HashMap<_, _> = accounts.into_iter().map(|there| (there.account.id, there)).collect();
    let missing: Vec<_> = batch
        .items
        .iter()
        .filter(|item| item.twice.is_none() && !accounts.contains_key(&item.candidate.id))
        .map(|item| item.record(&batch.plan).account)
        .collect();
    let wanted: Vec<Value<'_>> = missing.iter().map(|account| account.number.into()).collect();
    let numbers = NUMBERS.find::<Single<i64>>(connection, &wanted).await?;
    let taken = look_up::taken(connection, &missing.iter().collect::<Vec<_>>()).await?;
    let sessions: Vec<Value<'_>> =
        candidates().filter_map(Candidate::session_id).map(|(id, _)| id.into()).collect();
    let adopted = ALL_ADOPTED.find::<Single<SessionId>>(connection, &sessions).await?;
    Ok(Found {
        accounts,
        numbers: numbers.into_iter().map(|Single(number)| number).collect(),
        taken,
        adopted: adopted.into_iter().map(|Single(id)| id).collect(),
    })
}

fn decide(batch: &Batch, found: &Found) -> Vec<Outcome> {
    let mut seen = Seen::default();
    let mut outcomes = Vec::with_capacity(batch.items.len());
    for item in &batch.items {
        let twice = item.twice.or_else(|| seen.find(&item.candidate, item.number));
        let account = twice.map_or_else(|| verdict(item, found), Verdict::Refused);
        if !matches!(account, Verdict::Refused(_)) {
            seen.add(&item.candidate, item.number);
        }
        outcomes.push(Outcome { account, session: session_verdict(item, account, found) });
    }
    outcomes
}

fn verdict(item: &Item, found: &Found) -> Verdict {
    let candidate = &item.candidate;
    if let Some(there) = found.accounts.get(&candidate.id) {
        return if candidate.is(there) { Verdict::There } else { Verdict::Refused(Reason::Differs) };
    }
    let taken = &found.taken;
    if found.numbers.contains(&item.number)
        || candidate.external_id().is_some_and(|id| taken.external_ids.contains(id))
    {
        return Verdict::Refused(Reason::IdTaken);
    }
    if candidate.email.as_ref().map(Email::key).is_some_and(|key| taken.email_keys.contains(key)) {
        return Verdict::Refused(Reason::EmailTaken);
    }
    if candidate.username.as_ref().map(Username::key).is_some_and(|key| taken.username_keys.contains(key)) {
        return Verdict::Refused(Reason::UsernameTaken);
    }
    Verdict::New
}

fn session_verdict(item: &Item, account: Verdict, found: &Found) -> Option<Verdict> {
    // A disabled account has no sessions.
    if matches!(account, Verdict::Refused(_)) || item.candidate.is_disabled() {
        return None;
    }
    let (id, issued_at_s) = item.candidate.session_id()?;
    let there = found.accounts.get(&item.candidate.id);
    // SECURITY: what its owner has ended here, all at once, does not come back with a later run.
    let is_ended = there
        .and_then(|there| there.account.disowned_at)
        .is_some_and(|since| issued_at_s <= since.as_seconds());
    Some(if is_ended || found.adopted.contains(&id) { Verdict::There } else { Verdict::New })
}
