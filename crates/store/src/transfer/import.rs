//! How do records get into a store that may have some of them already?
//!
//! ```text
//! batch ──▶ look up by key ──▶ insert all that is missing, one transaction ──▶ done
//!           (not if the table          │ refused
//!            was empty)                ▼
//!                              one by one, each looked at before it is written
//! ```
//!
//! Invariants
//! - What is there is never changed. A record that is there with the same content is passed over, so an import that
//!   was interrupted is run again and goes on where it was.
//! - Of a record that is in conflict nothing is written, and of an account in conflict no session either: the one that
//!   is there may be somebody else's, or have been locked since.
//! - Two sets of signing keys are never mixed: two active keys of one purpose would keep every server from starting.
//! - Two chains of seals are never mixed: a store that has begun a chain of its own seals what came in by itself.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use portcullis_core::crypto::keyring::KeyRecord;
use portcullis_core::model::{AccountId, AuditSeal};
use portcullis_core::ports::StoreError;

use super::look_up::{self, Taken};
use super::record::{Kind, Record};
use super::report::{Conflict, ConflictKind, ImportReport, Tally};
use super::{insert, numbers, pages};
use crate::SqlStore;
use crate::connection::{Connection, DatabaseError};
use crate::engine::operation;
use crate::operations::{audit_seals, keys};

/// How many records one transaction writes.
const BATCH: usize = 1000;
/// How many when each is looked at alone: several statements a record must fit into the time that an operation has.
const CAREFUL_BATCH: usize = 100;
/// After so many conflicts it is not the database that the records belong to.
const MOST_CONFLICTS: usize = 10_000;

/// Whether anything is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Records are written.
    Write,
    /// Records are only compared with what is there. What would only meet in the database, such as two accounts of
    /// one address that are both new, is not found.
    Look,
}

/// Why an import cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The signing keys that are there are not those that should come.
    #[error("the database has other signing keys than those that should come into it")]
    OtherKeys,
    /// It cannot be meant.
    #[error("more than {MOST_CONFLICTS} records are in conflict with what the database holds")]
    TooManyConflicts,
    /// The database did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<DatabaseError> for ImportError {
    fn from(error: DatabaseError) -> Self {
        Self::Store(error.into())
    }
}

/// Takes records into a store.
pub struct Importer<'s> {
    store: &'s SqlStore,
    mode: Mode,
    /// Kinds of which the store had nothing when we began.
    absent: HashSet<Kind>,
    batch: Vec<Record>,
    lines: Vec<u64>,
    report: ImportReport,
    refused: HashSet<AccountId>,
    seals: Seals,
    highest_number: i64,
}

/// Whether seals of the audit log can be taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seals {
    /// None has come yet.
    Unknown,
    /// They belong to those that are there, or none are there.
    TakenIn,
    /// The store has others.
    LeftOut,
}

/// What became of one record.
enum Outcome {
    New,
    There,
    Refused(ConflictKind),
}

impl<'s> Importer<'s> {
    /// Begins an import of these signing keys and whatever comes with them. They are to be added like all else.
    ///
    /// # Errors
    /// [`ImportError::OtherKeys`], before anything is written.
    pub async fn begin(store: &'s SqlStore, mode: Mode, keys: &[KeyRecord]) -> Result<Self, ImportError> {
        let there = store.engine.read(operation!([] | c | keys::list(c))).await?;
        let are_equal = there.len() == keys.len() && keys.iter().all(|key| there.contains(key));
        if !keys.is_empty() && !there.is_empty() && !are_equal {
            return Err(ImportError::OtherKeys);
        }
        let mut absent = HashSet::new();
        for kind in Kind::ALL {
            if store.engine.read(operation!([kind] | c | pages::read(c, *kind, None, 1))).await?.is_empty() {
                absent.insert(kind);
            }
        }
        Ok(Self {
            store,
            mode,
            absent,
            batch: Vec::with_capacity(BATCH),
            lines: Vec::with_capacity(BATCH),
            report: ImportReport::default(),
            refused: HashSet::new(),
            seals: Seals::Unknown,
            highest_number: 0,
        })
    }

    /// Takes the next record. `line` is what a conflict is reported with. Kinds come in their order.
    pub async fn add(&mut self, line: u64, record: Record) -> Result<(), ImportError> {
        if self.batch.first().is_some_and(|first| first.kind() != record.kind()) {
            self.flush().await?;
        }
        if let Record::Account(record) = &record {
            self.highest_number = self.highest_number.max(record.account.number);
        }
        self.batch.push(record);
        self.lines.push(line);
        if self.batch.len() >= BATCH {
            self.flush().await?;
        }
        Ok(())
    }

    /// How far it has come.
    pub const fn tally(&self) -> &Tally {
        &self.report.tally
    }

    /// Writes what is still in hand. From now on new accounts get `next_number` or a higher one.
    pub async fn finish(mut self, next_number: i64) -> Result<ImportReport, ImportError> {
        self.flush().await?;
        if self.mode == Mode::Write {
            let next = next_number.max(self.highest_number.saturating_add(1));
            self.store.engine.write(operation!([next] | c | numbers::raise(c, *next))).await?;
        }
        Ok(self.report)
    }

    async fn flush(&mut self) -> Result<(), ImportError> {
        let (batch, lines) = (std::mem::take(&mut self.batch), std::mem::take(&mut self.lines));
        let Some(first) = batch.first() else { return Ok(()) };
        if let Record::AuditSeal(seal) = first
            && self.look_at_seals(&seal.clone(), &batch).await? == Seals::LeftOut
        {
            self.report.seals_left_out += batch.len() as u64;
            return Ok(());
        }
        let is_absent = self.absent.contains(&first.kind());
        let batch = Arc::new(batch);
        let (missing, lines) = self.sort_out(batch, lines, is_absent).await?;
        let missing = Arc::new(missing);
        let outcomes = match self.mode {
            Mode::Look if is_absent => None,
            Mode::Look => Some(self.look(&missing).await?),
            Mode::Write => self.write(&missing).await?,
        };
        let Some(outcomes) = outcomes else {
            missing.iter().for_each(|record| self.report.tally.new.add(record.kind(), 1));
            return Ok(());
        };
        for ((record, line), outcome) in missing.iter().zip(lines).zip(outcomes) {
            self.note(line, record, &outcome)?;
        }
        Ok(())
    }

    /// Whether this batch of seals goes on with the chain that the store has, if it has one.
    async fn look_at_seals(&mut self, first: &AuditSeal, batch: &[Record]) -> Result<Seals, ImportError> {
        if self.seals == Seals::Unknown {
            let there = self.store.engine.read(operation!([] | c | audit_seals::first(c))).await?;
            let is_same = there.is_none_or(|there| there == *first);
            self.seals = if is_same { Seals::TakenIn } else { Seals::LeftOut };
        }
        if self.seals == Seals::TakenIn {
            let asked = batch.to_vec();
            let there = self.store.engine.read(operation!([asked] | c | look_up::existing(c, asked))).await?;
            if batch.iter().any(|seal| there.get(&seal.key()).is_some_and(|found| found != seal)) {
                self.seals = Seals::LeftOut;
            }
        }
        Ok(self.seals)
    }

    /// Sets aside what is there and what is in conflict with that; answers the rest.
    async fn sort_out(
        &mut self,
        batch: Arc<Vec<Record>>,
        lines: Vec<u64>,
        is_absent: bool,
    ) -> Result<(Vec<Record>, Vec<u64>), ImportError> {
        let there = if is_absent {
            HashMap::new()
        } else {
            let batch = Arc::clone(&batch);
            self.store.engine.read(operation!([batch] | c | look_up::existing(c, batch))).await?
        };
        let batch = Arc::unwrap_or_clone(batch);
        if there.is_empty() && self.refused.is_empty() {
            return Ok((batch, lines));
        }
        let (mut missing, mut missing_lines) = (Vec::new(), Vec::new());
        for (record, line) in batch.into_iter().zip(lines) {
            let is_refused = || record.account_id().is_some_and(|id| self.refused.contains(&id));
            match there.get(&record.key()) {
                Some(found) => self.note(line, &record, &compare(&record, found))?,
                None if is_refused() => {
                    self.note(line, &record, &Outcome::Refused(ConflictKind::AccountRefused))?;
                }
                None => {
                    missing.push(record);
                    missing_lines.push(line);
                }
            }
        }
        Ok((missing, missing_lines))
    }

    /// What would be in the way of records that are not there.
    async fn look(&self, records: &Arc<Vec<Record>>) -> Result<Vec<Outcome>, ImportError> {
        let batch = Arc::clone(records);
        let taken = self.store.engine.read(operation!([batch] | c | taken_by_others(c, batch))).await?;
        let outcome = |record| obstacle(record, &taken).map_or(Outcome::New, Outcome::Refused);
        Ok(records.iter().map(outcome).collect())
    }

    /// Writes records that are not there; `None` when nothing was in their way.
    async fn write(&self, records: &Arc<Vec<Record>>) -> Result<Option<Vec<Outcome>>, ImportError> {
        let batch = Arc::clone(records);
        match self.store.engine.write(operation!([batch] | c | insert::all(c, batch))).await {
            Ok(()) => return Ok(None),
            // One of them cannot be written, or none can: one by one they tell.
            Err(StoreError::Failed { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        let mut outcomes = Vec::with_capacity(records.len());
        for chunk in records.chunks(CAREFUL_BATCH) {
            let chunk = chunk.to_vec();
            outcomes.extend(self.store.engine.write(operation!([chunk] | c | one_by_one(c, chunk))).await?);
        }
        Ok(Some(outcomes))
    }

    fn note(&mut self, line: u64, record: &Record, outcome: &Outcome) -> Result<(), ImportError> {
        let tally = &mut self.report.tally;
        match outcome {
            Outcome::New => tally.new.add(record.kind(), 1),
            Outcome::There => tally.there.add(record.kind(), 1),
            Outcome::Refused(kind) => {
                tally.conflicts.add(record.kind(), 1);
                self.report.conflicts.push(Conflict { line, key: record.key(), kind: *kind });
                if let Record::Account(record) = record {
                    self.refused.insert(record.account.id);
                }
                if self.report.conflicts.len() > MOST_CONFLICTS {
                    return Err(ImportError::TooManyConflicts);
                }
            }
        }
        Ok(())
    }
}

/// Writes records of which something may be in the way of some.
async fn one_by_one(
    connection: &mut Connection<'_>,
    records: &[Record],
) -> Result<Vec<Outcome>, DatabaseError> {
    let mut outcomes = Vec::with_capacity(records.len());
    for record in records {
        outcomes.push(one(connection, record).await?);
    }
    Ok(outcomes)
}

async fn one(connection: &mut Connection<'_>, record: &Record) -> Result<Outcome, DatabaseError> {
    let alone = std::slice::from_ref(record);
    if let Some(there) = look_up::existing(connection, alone).await?.get(&record.key()) {
        return Ok(compare(record, there));
    }
    if let Some(kind) = obstacle(record, &taken_by_others(connection, alone).await?) {
        return Ok(Outcome::Refused(kind));
    }
    if let Some(account_id) = needed_account(record)
        && !look_up::account_exists(connection, account_id).await?
    {
        return Ok(Outcome::Refused(ConflictKind::NoAccount));
    }
    insert::all(connection, alone).await?;
    Ok(Outcome::New)
}

/// The account without which a record cannot be there. A mail may outlive its own.
const fn needed_account(record: &Record) -> Option<AccountId> {
    match record {
        Record::Account(_) | Record::Mail(_) => None,
        record => record.account_id(),
    }
}

async fn taken_by_others(
    connection: &mut Connection<'_>,
    records: &[Record],
) -> Result<Taken, DatabaseError> {
    let accounts = records.iter().filter_map(|record| match record {
        Record::Account(record) => Some(&record.account),
        _ => None,
    });
    look_up::taken(connection, &accounts.collect::<Vec<_>>()).await
}

fn compare(record: &Record, there: &Record) -> Outcome {
    match (record, there) {
        _ if record == there => Outcome::There,
        (Record::Account(record), Record::Account(there)) if record.account.id != there.account.id => {
            Outcome::Refused(ConflictKind::Number)
        }
        _ => Outcome::Refused(ConflictKind::Differs),
    }
}

/// What is in the way of a record that is not there by its key.
fn obstacle(record: &Record, taken: &Taken) -> Option<ConflictKind> {
    let Record::Account(record) = record else { return None };
    let account = &record.account;
    if taken.ids.contains(&account.id) {
        return Some(ConflictKind::Id);
    }
    if account.external_id.as_ref().is_some_and(|id| taken.external_ids.contains(id)) {
        return Some(ConflictKind::ExternalId);
    }
    if account.email.as_ref().is_some_and(|email| taken.email_keys.contains(email.key())) {
        return Some(ConflictKind::Email);
    }
    let is_taken = account.username.as_ref().is_some_and(|name| taken.username_keys.contains(name.key()));
    is_taken.then_some(ConflictKind::Username)
}
