//! How does a caller hand work to a thread and hear what came of it?
//!
//! Invariants
//! - The work runs at most once, and not at all when its caller has gone or has waited too long.
//! - The answer is given once, by [`Job::answer`], after the commit that decides about it.
//! - A panic in the work is an error of that work and of nothing else.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use portcullis_core::ports::StoreError;
use tokio::sync::oneshot;

use super::connection::SqliteConnection;
use super::metrics::Counters;
use super::queue::{Queue, Refusal};
use crate::connection::DatabaseError;

/// Work that waits for a thread.
pub(super) trait Job: Send {
    /// Whether it is still worth running. If not, the caller knows already or has gone.
    fn is_due(&mut self, counters: &Counters) -> bool;

    /// Runs the work and keeps what came of it.
    fn run(&mut self, connection: &mut SqliteConnection, counters: &Counters) -> Effect;

    /// Tells the caller; `Err` is why nothing of what ran could be kept.
    fn answer(self: Box<Self>, committed: Result<(), &DatabaseError>);
}

/// What is to become of the changes that a job made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    /// They belong into the commit.
    Keep,
    /// They must be undone.
    Undo,
}

/// The queue of one kind of thread, with the way into it.
pub(crate) struct Desk {
    pub(super) queue: Queue<Box<dyn Job>>,
    pub(super) counters: Arc<Counters>,
    longest_wait: Duration,
}

impl Desk {
    /// A desk at which `capacity` callers may wait, each no longer than `longest_wait`.
    pub(super) fn new(capacity: usize, longest_wait: Duration, counters: Arc<Counters>) -> Self {
        Self { queue: Queue::new(capacity), counters, longest_wait }
    }

    /// Queues work and waits until it has been done, for good.
    pub(crate) async fn run<T, W>(&self, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: FnOnce(&mut SqliteConnection) -> Result<T, DatabaseError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let deadline = Instant::now() + self.longest_wait;
        let task = Task { work: Some(work), result: None, reply: Some(reply), deadline };
        self.queue.push(Box::new(task)).map_err(|refusal| self.refused(refusal))?;
        answer
            .await
            .unwrap_or_else(|_| Err(DatabaseError::unavailable("the database thread has ended").into()))
    }

    /// How many wait.
    pub(crate) fn waiting(&self) -> usize {
        self.queue.len()
    }

    fn refused(&self, refusal: Refusal) -> StoreError {
        match refusal {
            Refusal::Full => {
                self.counters.refused.add(1);
                DatabaseError::unavailable("too many callers wait for the database").into()
            }
            Refusal::Closed => DatabaseError::unavailable("the database has been closed").into(),
        }
    }
}

/// Held by a thread that serves a desk: should the thread end unexpectedly, nobody waits for it in vain.
pub(super) struct Leaving(pub(super) Arc<Desk>);

impl Drop for Leaving {
    fn drop(&mut self) {
        self.0.queue.close();
        while self.0.queue.try_pop().is_some() {}
    }
}

struct Task<T, W> {
    work: Option<W>,
    result: Option<Result<T, DatabaseError>>,
    reply: Option<oneshot::Sender<Result<T, StoreError>>>,
    deadline: Instant,
}

impl<T, W> Job for Task<T, W>
where
    T: Send,
    W: FnOnce(&mut SqliteConnection) -> Result<T, DatabaseError> + Send,
{
    fn is_due(&mut self, counters: &Counters) -> bool {
        if self.reply.as_ref().is_none_or(oneshot::Sender::is_closed) {
            counters.abandoned.add(1);
            return false;
        }
        if Instant::now() < self.deadline {
            return true;
        }
        counters.late.add(1);
        self.reply(Err(DatabaseError::unavailable("the database was busy for too long")));
        false
    }

    fn run(&mut self, connection: &mut SqliteConnection, counters: &Counters) -> Effect {
        let Some(work) = self.work.take() else {
            return Effect::Undo;
        };
        // What a panic leaves behind on the connection is undone with the savepoint.
        let outcome = catch_unwind(AssertUnwindSafe(|| work(connection)));
        let result = outcome.unwrap_or_else(|panic| {
            counters.panics.add(1);
            Err(DatabaseError::failed(format!("a store operation panicked: {}", message_of(panic.as_ref()))))
        });
        let effect = if result.is_ok() { Effect::Keep } else { Effect::Undo };
        self.result = Some(result);
        effect
    }

    fn answer(mut self: Box<Self>, committed: Result<(), &DatabaseError>) {
        let result = self.result.take();
        self.reply(match (committed, result) {
            (_, Some(Err(own))) => Err(own),
            (Err(common), _) => Err(common.clone()),
            (Ok(()), Some(Ok(value))) => Ok(value),
            (Ok(()), None) => Err(DatabaseError::failed("a store operation was not run")),
        });
    }
}

impl<T, W> Task<T, W> {
    fn reply(&mut self, result: Result<T, DatabaseError>) {
        if let Some(reply) = self.reply.take() {
            // The caller may have gone; then nobody wants to know.
            let _ = reply.send(result.map_err(StoreError::from));
        }
    }
}

fn message_of(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}
