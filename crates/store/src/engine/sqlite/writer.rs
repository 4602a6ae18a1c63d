//! Who writes, and how do writes that wait at the same moment share a commit?
//!
//! Invariants
//! - One thread writes. A group is one transaction, a job of the group one savepoint in it: a job that fails
//!   or panics is undone alone.
//! - Nobody is answered before the commit. If it fails, everybody in the group hears so.
//! - When SQLite itself has rolled the transaction back (a full disk does that), the group ends there and has
//!   failed.
//! - Whoever is told that a write is kept can find it in the file of that name: see [`presence`].
//! - After a failure nothing is kept until SQLite has written to the disk again, not even a transaction without a
//!   change: the question whether the database is ready is one.

mod presence;

use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use super::connection::SqliteConnection;
use super::job::{Desk, Effect, Job, Leaving};
use super::open::APPLICATION_ID;
use crate::connection::DatabaseError;
use presence::Presence;

/// How many writes share a commit at most; bounds how long the first of them waits for the last.
const LARGEST_GROUP: usize = 64;

/// Starts the thread.
#[expect(clippy::disallowed_methods, reason = "`Engine::close` ends the thread and joins it")]
pub(super) fn start(desk: &Arc<Desk>, connection: SqliteConnection) -> io::Result<JoinHandle<()>> {
    let desk = Arc::clone(desk);
    thread::Builder::new().name("sqlite-writer".into()).spawn(move || {
        let _leaving = Leaving(Arc::clone(&desk));
        let presence = Presence::of(connection.raw());
        Writer { desk, connection, presence, has_failed: false }.serve();
    })
}

struct Writer {
    desk: Arc<Desk>,
    connection: SqliteConnection,
    presence: Presence,
    /// Whether the last group was not committed.
    has_failed: bool,
}

impl Writer {
    fn serve(mut self) {
        while let Some(job) = self.desk.queue.pop() {
            if let Some(first) = self.due(job) {
                self.run_group(first);
            }
        }
        self.close();
    }

    /// Begins a transaction with `first`, takes along whoever is waiting, commits, answers.
    fn run_group(&mut self, first: Box<dyn Job>) {
        if let Err(error) = self.presence.check().and_then(|()| self.statement("BEGIN IMMEDIATE")) {
            tracing::warn!(%error, "could not begin a transaction");
            first.answer(Err(&error));
            return;
        }
        let mut group = Vec::with_capacity(LARGEST_GROUP);
        let mut next = Some(first);
        let mut ran = Ok(());
        while let Some(mut job) = next {
            ran = self.run_in_savepoint(job.as_mut());
            group.push(job);
            next = if ran.is_ok() && group.len() < LARGEST_GROUP { self.next_waiting() } else { None };
        }
        let committed = ran.and_then(|()| self.commit());
        self.has_failed = committed.is_err();
        self.count(group.len(), committed.is_ok());
        if let Err(error) = &committed {
            tracing::error!(%error, writes = group.len(), "a group of writes was not committed");
            self.abort();
        }
        for job in group {
            job.answer(committed.as_ref().copied());
        }
    }

    /// Runs one job of a group. An error is the end of the whole group.
    fn run_in_savepoint(&mut self, job: &mut dyn Job) -> Result<(), DatabaseError> {
        self.statement("SAVEPOINT job")?;
        let effect = job.run(&mut self.connection, &self.desk.counters);
        if self.connection.raw().is_autocommit() {
            return Err(DatabaseError::unavailable(
                "SQLite gave up the transaction, as it does when the disk is full",
            ));
        }
        if effect == Effect::Undo {
            self.statement("ROLLBACK TO job")?;
        }
        self.statement("RELEASE job")
    }

    fn commit(&self) -> Result<(), DatabaseError> {
        if self.has_failed {
            // Writes the first page as it is.
            self.statement(&format!("PRAGMA application_id = {APPLICATION_ID}"))?;
        }
        self.statement("COMMIT")?;
        self.presence.check()
    }

    fn next_waiting(&self) -> Option<Box<dyn Job>> {
        while let Some(job) = self.desk.queue.try_pop() {
            if let Some(job) = self.due(job) {
                return Some(job);
            }
        }
        None
    }

    fn due(&self, mut job: Box<dyn Job>) -> Option<Box<dyn Job>> {
        job.is_due(&self.desk.counters).then_some(job)
    }

    fn statement(&self, sql: &str) -> Result<(), DatabaseError> {
        self.connection.raw().prepare_cached(sql)?.raw_execute()?;
        Ok(())
    }

    /// Makes sure that no transaction stays open after a failure.
    fn abort(&self) {
        if self.connection.raw().is_autocommit() {
            return;
        }
        if let Err(error) = self.statement("ROLLBACK") {
            tracing::error!(%error, "could not roll a transaction back");
        }
    }

    fn count(&self, writes: usize, is_committed: bool) {
        let counters = &self.desk.counters;
        counters.writes.add(writes);
        if is_committed {
            counters.commits.add(1);
            counters.largest_group.raise_to(writes);
        } else {
            counters.failed_commits.add(1);
        }
    }

    /// Closes the file. As the last connection this also moves the log into it, so that one file is all there is.
    fn close(self) {
        if let Err((_, error)) = self.connection.into_raw().close() {
            tracing::warn!(%error, "the database was not closed cleanly; it recovers when it is opened");
        }
    }
}

#[cfg(test)]
mod tests;
