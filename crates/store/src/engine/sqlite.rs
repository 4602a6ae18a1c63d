//! How does the store run on SQLite?
//!
//! ```text
//!  caller ──job──▶ queue ──▶ writer thread:  BEGIN IMMEDIATE · (SAVEPOINT job RELEASE)… · COMMIT ──▶ answers
//!  caller ──job──▶ queue ──▶ reader threads: one SELECT each, on the last committed state ─────────▶ answers
//! ```
//!
//! SQLite has one writer at a time, so there is one thread that writes. Jobs that wait at the same moment
//! share a commit, and with it the wait for the disk. No answer is given before the commit it reports.

pub(crate) mod connection;
pub(crate) mod job;
pub(crate) mod metrics;
pub(crate) mod open;
pub(crate) mod queue;
pub(crate) mod readers;
pub(crate) mod writer;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use portcullis_core::ports::StoreError;

use crate::connection::DatabaseError;
use connection::SqliteConnection;
use job::Desk;
use metrics::{Counters, SqliteMetrics};
use open::{OpenError, SqliteOptions};

/// The threads of one database file, and the desks at which callers wait for them.
pub(crate) struct Engine {
    writer: Arc<Desk>,
    readers: Arc<Desk>,
    counters: Arc<Counters>,
    options: SqliteOptions,
    threads: Mutex<Threads>,
}

#[derive(Default)]
struct Threads {
    readers: Vec<JoinHandle<()>>,
    writer: Option<JoinHandle<()>>,
}

impl Engine {
    /// Opens the file and starts the threads.
    pub(crate) fn start(options: &SqliteOptions) -> Result<Self, OpenError> {
        let writing = open::open_writer(&options.path, options)?;
        let reading = (0..options.readers.max(1)).map(|_| open::open_reader(&options.path, options));
        let reading = reading.collect::<Result<Vec<_>, _>>()?;
        let counters = Arc::new(Counters::default());
        let desk =
            || Arc::new(Desk::new(options.queue_capacity, options.queue_timeout, Arc::clone(&counters)));
        let (writer, readers) = (desk(), desk());
        let options = options.clone();
        let engine = Self { writer, readers, counters, options, threads: Mutex::default() };
        // Each is kept before the next can fail, so that dropping the engine ends them.
        engine.threads().readers = readers::start(&engine.readers, reading).map_err(OpenError::Thread)?;
        engine.threads().writer = Some(writer::start(&engine.writer, writing).map_err(OpenError::Thread)?);
        Ok(engine)
    }

    /// Runs an operation in a transaction of the writer; answers after the commit.
    pub(crate) async fn write<T, W>(&self, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: FnOnce(&mut SqliteConnection) -> Result<T, DatabaseError> + Send + 'static,
    {
        self.counters.writing.observe(self.writer.run(work)).await
    }

    /// Runs a read on the last committed state.
    pub(crate) async fn read<T, W>(&self, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: FnOnce(&mut SqliteConnection) -> Result<T, DatabaseError> + Send + 'static,
    {
        self.counters.reading.observe(self.readers.run(work)).await
    }

    /// A connection besides those of the threads, that cannot write: for what reads for long. Closed before this.
    pub(crate) fn connect_reader(&self) -> Result<SqliteConnection, OpenError> {
        open::open_reader(&self.options.path, &self.options)
    }

    /// What has been done, and who waits.
    pub(crate) fn metrics(&self) -> SqliteMetrics {
        self.counters.snapshot(self.writer.waiting(), self.readers.waiting())
    }

    /// Does what is waiting and ends the threads: the readers first, so that the writer is the last to close
    /// the file and can tidy it up.
    pub(crate) fn close(&self) {
        let mut threads = self.threads();
        self.readers.queue.close();
        threads.readers.drain(..).for_each(join);
        self.writer.queue.close();
        threads.writer.take().into_iter().for_each(join);
    }

    fn threads(&self) -> MutexGuard<'_, Threads> {
        self.threads.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn join(thread: JoinHandle<()>) {
    let name = thread.thread().name().unwrap_or_default().to_owned();
    if thread.join().is_err() {
        tracing::error!(thread = name, "a database thread had panicked");
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.close();
    }
}
