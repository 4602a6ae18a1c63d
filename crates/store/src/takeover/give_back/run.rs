//! How does one account after the other get into the table, from the first to the last?
//!
//! ```text
//! the numbers that the database gives are put above ours
//! every key here is noted ──▶ rows without an account are told, or deleted
//! a batch of accounts ──▶ their rows are held and compared ──▶ written, all or none: one transaction
//!                          └─ the database refused one: the batch again, row by row
//! whose email or name another row had ──▶ once more, as long as that helps
//! ```

use std::collections::{HashMap, HashSet};

use super::super::TakeoverError;
use super::super::shape::Field;
use super::super::source::TableName;
use super::compare::{Decision, Row, decide};
use super::entry::{Entry, Rules};
use super::report::{Finding, GiveBackReport};
use super::session::{Failure, Session};
use super::table::{Table, Value};
use super::{GiveBack, GiveBackStep, MissingRows};
use crate::SqlStore;
use crate::options::DatabaseOptions;
use crate::transfer::{AccountRecord, Mode, Record, Snapshot};

/// How many accounts are given back in one transaction.
const BATCH: usize = 200;

pub(super) struct Run<'r> {
    plan: &'r GiveBack,
    session: Session,
    table: Table,
    rules: Rules,
    report: GiveBackReport,
    /// What the database was in the way of, and may not be any more.
    deferred: Vec<AccountRecord>,
}

/// What became of an account.
enum Outcome {
    Same,
    Inserted,
    Updated,
    Not(Finding),
}

/// Whether a batch is expected to go through.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Care {
    /// It is: all of it, or nothing.
    Swift,
    /// It did not: what is refused is left out.
    RowByRow,
}

impl<'r> Run<'r> {
    pub(super) async fn open(
        options: &DatabaseOptions,
        table: Option<&TableName>,
        plan: &'r GiveBack,
    ) -> Result<Self, TakeoverError> {
        let mut session = Session::open(options).await?;
        let of_shape = || TableName { schema: None, name: plan.shape.table.to_owned() };
        let found = session.find(options, &table.cloned().unwrap_or_else(of_shape)).await?;
        let wanted = plan.mapping.wanted(plan.shape);
        let table = Table::new(session.dialect(), found.name, &found.facts, (plan.shape, &wanted))?;
        let tells_disabled = table.described.column(Field::Disabled).is_some();
        let rules = Rules { shape: plan.shape, tells_disabled };
        let report = GiveBackReport { described: table.described.clone(), ..GiveBackReport::default() };
        let mut run = Self { plan, session, table, rules, report, deferred: Vec::new() };
        run.learn_times().await?;
        Ok(run)
    }

    /// Looks how the table holds times where its database does not say so.
    async fn learn_times(&mut self) -> Result<(), TakeoverError> {
        let times = [Field::CreatedAt, Field::UpdatedAt, Field::Disabled];
        let columns = self.table.columns.iter().filter(|column| times.contains(&column.field));
        let asked: Vec<_> =
            columns.map(|column| (column.field, column.fact.kind, self.table.sample(column))).collect();
        for (field, kind, sql) in asked {
            let row = self.session.all((&sql, &[]), &[kind]).await?;
            if let Some(cell) = row.first().and_then(|row| row.first()) {
                self.table.learn(field, cell);
            }
        }
        Ok(())
    }

    /// Gives all accounts back.
    pub(super) async fn run(
        mut self,
        store: &SqlStore,
        progress: &mut impl FnMut(GiveBackStep, u64),
    ) -> Result<GiveBackReport, TakeoverError> {
        let outcome = self.run_through(store, progress).await;
        self.session.close().await;
        outcome.map(|()| self.report)
    }

    async fn run_through(
        &mut self,
        store: &SqlStore,
        progress: &mut impl FnMut(GiveBackStep, u64),
    ) -> Result<(), TakeoverError> {
        let mut snapshot = store.snapshot().await?;
        let last = snapshot.next_number().await?.saturating_sub(1);
        let mut keys = HashSet::new();
        while let Some(record) = next_account(&mut snapshot).await? {
            keys.extend(self.table.key_of(&Entry::of(record, self.rules)).map(|(key, _)| key));
            progress(GiveBackStep::Comparing, keys.len() as u64);
        }
        snapshot.close().await;
        self.put_numbers_above(last).await?;
        self.look_for_missing(&keys).await?;
        drop(keys);
        let mut snapshot = store.snapshot().await?;
        let mut batch = Vec::with_capacity(BATCH);
        while let Some(record) = next_account(&mut snapshot).await? {
            self.report.accounts += 1;
            batch.push(record);
            if batch.len() == BATCH {
                self.give(std::mem::take(&mut batch)).await?;
                progress(GiveBackStep::Giving, self.report.accounts);
            }
        }
        self.give(batch).await?;
        snapshot.close().await;
        progress(GiveBackStep::Giving, self.report.accounts);
        self.give_deferred().await
    }

    /// SECURITY: a number that an account here had must not be given to somebody else: tokens that name it are believed
    /// by the older backend until they expire. It is done first, so that nothing that interrupts the rest leaves it out.
    async fn put_numbers_above(&mut self, last: i64) -> Result<(), TakeoverError> {
        if !self.table.is_numbered() || self.plan.mode == Mode::Look {
            return Ok(());
        }
        let is_above = match &mut self.session {
            Session::Sqlite(connection) => super::sqlite::raise(connection, &self.table, last)?,
            Session::Postgres(connection) => super::postgres::raise(connection, &self.table, last).await?,
            Session::MySql(connection) => super::mysql::raise(connection, &self.table, last).await?,
        };
        self.report.numbers_may_repeat = !is_above;
        Ok(())
    }

    /// Tells rows without an account, and deletes them if that is wanted.
    async fn look_for_missing(&mut self, keys: &HashSet<String>) -> Result<(), TakeoverError> {
        let Some(key) = self.table.key() else { return Ok(()) };
        let (kind, sql) = (key.fact.kind, self.table.select_keys());
        let (mut missing, mut rows) = (Vec::new(), 0_usize);
        let mut note = |row: Vec<_>| {
            rows += 1;
            let Some(cell) = row.into_iter().next() else { return };
            let value = self.table.value_of_key(&cell);
            if let Some(key) = self.table.key_of_row(cell).filter(|key| !keys.contains(key)) {
                missing.push((key, value));
            }
        };
        self.session.each((&sql, &[]), &[kind], &mut note).await?;
        if self.plan.missing == MissingRows::Keep {
            for (key, _) in &missing {
                self.report.note(Finding::Missing, Some(key));
            }
            return Ok(());
        }
        if rows > 0 && missing.len() == rows {
            return Err(TakeoverError::source(
                "no row of the table is of an account here, and all of them would be deleted",
                "see whether both databases are the ones that are meant; empty the table yourself if it is",
            ));
        }
        if self.plan.mode == Mode::Look {
            self.report.deleted = missing.len() as u64;
            return Ok(());
        }
        for keys in missing.chunks(BATCH) {
            self.delete(keys).await?;
        }
        Ok(())
    }

    async fn delete(&mut self, keys: &[(String, Option<Value>)]) -> Result<(), TakeoverError> {
        let sql = self.table.delete();
        self.session.begin().await?;
        for (key, value) in keys {
            let Some(value) = value else { continue };
            let values = vec![value.clone(); self.table.keys_of_one()];
            self.session.script("SAVEPOINT one").await?;
            match self.session.execute(&sql, &values).await {
                Ok(count) => self.report.deleted += count,
                Err(Failure::Row { code, .. }) => {
                    self.session.script("ROLLBACK TO SAVEPOINT one").await?;
                    self.report.codes.insert(code);
                    self.report.note(Finding::Refused, Some(key));
                }
                Err(Failure::Fatal(error)) => return Err(error),
            }
            self.session.script("RELEASE SAVEPOINT one").await?;
        }
        Ok(self.session.script("COMMIT").await?)
    }

    async fn give(&mut self, records: Vec<AccountRecord>) -> Result<(), TakeoverError> {
        let (mut entries, mut kept) = (Vec::new(), Vec::new());
        for record in records {
            let entry = Entry::of(record.clone(), self.rules);
            match self.table.key_of(&entry) {
                Some(key) => {
                    entries.push((entry, key));
                    kept.push(record);
                }
                None => self.report.note(self.table.without_key(), Some(&entry.name())),
            }
        }
        if entries.is_empty() {
            return Ok(());
        }
        let done = match self.write(&entries, Care::Swift).await {
            Err(Failure::Row { .. }) => {
                self.session.script("ROLLBACK").await?;
                self.write(&entries, Care::RowByRow).await?
            }
            done => done?,
        };
        for (((entry, _), record), (outcome, findings)) in entries.iter().zip(kept).zip(done) {
            self.count(entry, record, &outcome, &findings);
        }
        Ok(())
    }

    fn count(&mut self, entry: &Entry, record: AccountRecord, outcome: &Outcome, findings: &[Finding]) {
        let name = entry.name();
        match outcome {
            Outcome::Same => self.report.unchanged += 1,
            Outcome::Inserted => self.report.inserted += 1,
            Outcome::Updated => self.report.updated += 1,
            Outcome::Not(Finding::Taken) => return self.deferred.push(record),
            Outcome::Not(finding) => return self.report.note(*finding, Some(&name)),
        }
        for finding in findings {
            self.report.note(*finding, Some(&name));
        }
    }

    /// Whoever was in the way of an account may have got another name since.
    async fn give_deferred(&mut self) -> Result<(), TakeoverError> {
        loop {
            let before = self.deferred.len();
            let deferred = std::mem::take(&mut self.deferred);
            for records in deferred.chunks(BATCH) {
                self.give(records.to_vec()).await?;
            }
            if self.deferred.len() == before || self.deferred.is_empty() {
                break;
            }
        }
        for record in std::mem::take(&mut self.deferred) {
            let name = Entry::of(record, self.rules).name();
            self.report.note(Finding::Taken, Some(&name));
        }
        Ok(())
    }

    /// Compares and writes a batch in one transaction, of which a failure leaves nothing.
    async fn write(
        &mut self,
        entries: &[(Entry, (String, Value))],
        care: Care,
    ) -> Result<Vec<(Outcome, Vec<Finding>)>, Failure> {
        let is_look = self.plan.mode == Mode::Look;
        if !is_look {
            self.session.begin().await?;
        }
        let rows = self.rows(entries, if is_look { "" } else { " FOR UPDATE" }).await?;
        let mut outcomes = Vec::with_capacity(entries.len());
        for (entry, (key, value)) in entries {
            let (decision, findings) = decide(entry, value, rows.get(key), &self.table);
            let outcome = match (decision, is_look) {
                (Decision::Same, _) => Outcome::Same,
                (Decision::Not(finding), _) => Outcome::Not(finding),
                (Decision::Insert(_), true) => Outcome::Inserted,
                (Decision::Update(_), true) => Outcome::Updated,
                (Decision::Insert(values), false) => {
                    self.change(None, values, care, Outcome::Inserted).await?
                }
                (Decision::Update(values), false) => {
                    self.change(Some(value), values, care, Outcome::Updated).await?
                }
            };
            outcomes.push((outcome, findings));
        }
        if !is_look {
            self.session.script("COMMIT").await?;
        }
        Ok(outcomes)
    }

    async fn rows(
        &mut self,
        entries: &[(Entry, (String, Value))],
        lock: &str,
    ) -> Result<HashMap<String, Row>, Failure> {
        let keys: Vec<_> = entries.iter().map(|(_, (_, value))| value.clone()).collect();
        let kinds: Vec<_> = self.table.columns.iter().map(|column| column.fact.kind).collect();
        let found = self.session.all((&self.table.select(keys.len(), lock), &keys), &kinds).await?;
        let fields = || self.table.columns.iter().map(|column| column.field);
        let key_field = self.table.key().map(|key| key.field);
        let keyed = found.into_iter().filter_map(|cells| {
            let row: Row = fields().zip(cells).collect();
            let key = row.iter().find(|(field, _)| Some(*field) == key_field)?.1.clone();
            Some((self.table.key_of_row(key)?, row))
        });
        // Of rows with one name the first is the one who gets in.
        let mut rows = HashMap::new();
        for (key, row) in keyed {
            rows.entry(key).or_insert(row);
        }
        Ok(rows)
    }

    /// Adds a row, or changes the one of a key.
    async fn change(
        &mut self,
        key: Option<&Value>,
        values: Vec<(Field, Value)>,
        care: Care,
        done: Outcome,
    ) -> Result<Outcome, Failure> {
        let (fields, mut values): (Vec<_>, Vec<_>) = values.into_iter().unzip();
        let columns = fields.iter().filter_map(|field| self.table.columns.iter().find(|c| c.field == *field));
        let columns: Vec<_> = columns.collect();
        let sql = match key {
            None => self.table.insert(&columns),
            Some(key) => {
                values.extend(std::iter::repeat_n(key.clone(), self.table.keys_of_one()));
                self.table.update(&columns)
            }
        };
        if care == Care::Swift {
            return self.session.execute(&sql, &values).await.map(|_| done);
        }
        self.session.script("SAVEPOINT one").await?;
        let outcome = match self.session.execute(&sql, &values).await {
            Ok(_) => done,
            Err(Failure::Row { is_taken, code }) => {
                self.session.script("ROLLBACK TO SAVEPOINT one").await?;
                self.report.codes.insert(code);
                Outcome::Not(if is_taken { Finding::Taken } else { Finding::Refused })
            }
            Err(fatal) => return Err(fatal),
        };
        self.session.script("RELEASE SAVEPOINT one").await?;
        Ok(outcome)
    }
}

/// The next account of a state of the store.
pub(super) async fn next_account(snapshot: &mut Snapshot) -> Result<Option<AccountRecord>, TakeoverError> {
    while let Some(record) = snapshot.next().await? {
        match record {
            Record::SigningKey(_) => {}
            Record::Account(record) => return Ok(Some(record)),
            // Accounts come before these.
            Record::Session(_)
            | Record::Revocation(_)
            | Record::AuditEvent(_)
            | Record::AdoptedSession(_)
            | Record::AuditSeal(_)
            | Record::OneTimeToken(_)
            | Record::Mail(_)
            | Record::KnownClient(_) => return Ok(None),
        }
    }
    Ok(None)
}
