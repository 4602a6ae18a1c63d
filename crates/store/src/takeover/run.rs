//! How does one row after the other come, from the first to the last?

use std::sync::Arc;

use portcullis_core::ports::StoreError;
use tokio::sync::mpsc;

use super::batch::{self, Batch, Item, Outcome, Verdict};
use super::mapping::Described;
use super::report::{RowName, TakeoverReport};
use super::row::{self, ReadRow, Rules};
use super::seen::Seen;
use super::source::{AHEAD, Feed, Order, Reading, Source, SourceRow};
use super::token::Token;
use super::{Plan, TakeoverError};
use crate::SqlStore;
use crate::engine::operation;
use crate::transfer::{Mode, Record};

/// How often a batch is tried that somebody else got in the way of.
const ATTEMPTS: u32 = 5;

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A file is read to its end, before anything is written.
    Checking,
    /// Rows come.
    TakingOver,
}

/// Takes the accounts of a source into a store. Without one, or in [`Mode::Look`], nothing is written.
///
/// # Errors
/// [`TakeoverError`]; what came until then stays, and is passed over when it is done again.
pub async fn take_over(
    store: Option<&SqlStore>,
    mode: Mode,
    source: &Source,
    plan: &Plan,
    mut progress: impl FnMut(Step, u64),
) -> Result<TakeoverReport, TakeoverError> {
    let reading = Reading::new(source, plan.shape, &plan.mapping);
    let order = reading.examine(|count| progress(Step::Checking, count))?;
    let mut run = Run {
        store,
        mode,
        plan,
        rules: Rules::of(plan),
        order,
        first_number: 1,
        seen: Seen::default(),
        report: TakeoverReport { places: reading.places(), ..TakeoverReport::default() },
    };
    if let Some(store) = store {
        run.first_number = store.engine.read(operation!([] | c | batch::next_number(c))).await?;
    }
    run.first_number = run.first_number.max(run.order.after_numbers());
    let (sender, receiver) = mpsc::channel(AHEAD);
    let taken = run.take_all(receiver, &mut progress);
    let (described, taken) = tokio::join!(reading.run(Feed::new(sender)), taken);
    // When nothing more was taken, that is why nothing more was read.
    taken?;
    let described: Described = described?;
    run.report.described = described;
    Ok(run.report)
}

struct Run<'r> {
    store: Option<&'r SqlStore>,
    mode: Mode,
    plan: &'r Plan,
    rules: Rules<'r>,
    order: Order,
    /// The number of the first row that has none of its own.
    first_number: i64,
    seen: Seen,
    report: TakeoverReport,
}

/// Where a row stands, and the word for its role.
struct Note {
    name: RowName,
    strange_role: Option<String>,
}

impl Run<'_> {
    async fn take_all(
        &mut self,
        mut rows: mpsc::Receiver<Vec<SourceRow>>,
        progress: &mut impl FnMut(Step, u64),
    ) -> Result<(), TakeoverError> {
        while let Some(rows) = rows.recv().await {
            self.take(rows).await?;
            progress(Step::TakingOver, self.report.rows);
        }
        Ok(())
    }

    async fn take(&mut self, rows: Vec<SourceRow>) -> Result<(), TakeoverError> {
        let (mut items, mut notes) = (Vec::with_capacity(rows.len()), Vec::with_capacity(rows.len()));
        for row in rows {
            self.report.rows += 1;
            let ReadRow { ordinal, place, name, strange_role, outcome } = row::read(row, &self.rules);
            let name = RowName { id: name, place };
            match outcome {
                Err(reason) => self.report.refuse(reason, name),
                Ok(candidate) => {
                    let rank = self.order.rank(ordinal);
                    let number = candidate.number().unwrap_or(self.first_number.saturating_add(rank));
                    let twice = self.seen.find(&candidate, number);
                    items.push(Item { candidate, number, twice });
                    notes.push(Note { name, strange_role });
                }
            }
        }
        let batch = Arc::new(Batch { items, plan: self.plan.clone() });
        let outcomes = self.decide(&batch).await?;
        for ((item, note), outcome) in batch.items.iter().zip(notes).zip(outcomes) {
            self.count(item, note, outcome);
        }
        Ok(())
    }

    async fn decide(&self, batch: &Arc<Batch>) -> Result<Vec<Outcome>, StoreError> {
        let Some(store) = self.store else { return Ok(batch::look_nowhere(batch)) };
        let mut attempt = 1;
        loop {
            let batch = Arc::clone(batch);
            let outcome = match self.mode {
                Mode::Look => store.engine.read(operation!([batch] | c | batch::look(c, batch))).await,
                Mode::Write => store.engine.write(operation!([batch] | c | batch::write(c, batch))).await,
            };
            match outcome {
                // Somebody else took a name or a number in between: it is looked at once more.
                Err(StoreError::Failed { .. }) if attempt < ATTEMPTS => attempt += 1,
                outcome => return outcome,
            }
        }
    }

    fn count(&mut self, item: &Item, note: Note, outcome: Outcome) {
        let report = &mut self.report;
        match outcome.account {
            Verdict::Refused(reason) => return report.refuse(reason, note.name),
            Verdict::New => report.new += 1,
            Verdict::There => report.there += 1,
        }
        self.seen.add(&item.candidate, item.number);
        let record = item.record(self.plan);
        report.disabled += u64::from(record.account.is_disabled());
        report.admins += u64::from(record.account.role == portcullis_core::model::Role::Admin);
        match &record.password {
            None => report.without_password += 1,
            Some(password) => report.strange_hashes += u64::from(!is_familiar(password.hash.as_str())),
        }
        report.hashes.add(&Record::Account(record));
        if let Some(word) = note.strange_role {
            report.count_role(&word);
        }
        let sessions = &mut report.sessions;
        match (outcome.session, item.candidate.token) {
            (Some(Verdict::New), _) => sessions.new += 1,
            (Some(Verdict::There), _) => sessions.there += 1,
            (_, Some(Token::Expired)) => sessions.expired += 1,
            (_, Some(Token::Late)) => sessions.late += 1,
            (_, Some(Token::Unreadable)) => sessions.unreadable += 1,
            _ => {}
        }
    }
}

/// Whether bcryptjs and node-bcrypt read a hash.
fn is_familiar(hash: &str) -> bool {
    ["$2a$", "$2b$", "$2y$"].iter().any(|prefix| hash.starts_with(prefix))
}
