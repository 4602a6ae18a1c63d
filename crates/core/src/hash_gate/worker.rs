//! What does a thread do that hashes?
//!
//! It takes the job whose turn it is, with others of the same kind where they can be computed together, and computes
//! them outside of the lock. After a while without work it gives its memory back.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use portcullis_crypto::password::{BcryptKernel, Computation, ComputationKind, Computed, Scratch, compute};
use tokio::sync::oneshot;
use tracing::Span;

use super::HashError;
use super::line::Line;
use super::metrics::Counters;
use super::pace::Pace;
use crate::trace;

/// For how long a worker keeps its Argon2 memory without work.
const KEEP_SCRATCH: Duration = Duration::from_secs(10);

/// What the workers and those who wait for them share.
#[derive(Debug)]
pub(super) struct Shop {
    state: Mutex<State>,
    changed: Condvar,
    pub(super) counters: Counters,
    kernel: BcryptKernel,
    workers: usize,
    memory_kib: u32,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) line: Line<Job>,
    pub(super) pace: Pace,
    /// What the hashes need that are being computed.
    pub(super) memory_kib: u32,
    closed: bool,
}

/// A password that waits.
pub(super) struct Job {
    computation: Computation,
    kind: ComputationKind,
    memory_kib: u32,
    reply: oneshot::Sender<Result<Computed, HashError>>,
    since: Instant,
    spans: Spans,
}

/// Where the time of a job goes, for whoever traces it.
struct Spans {
    whole: Span,
    /// Ends when the job is begun.
    wait: Span,
}

impl Spans {
    /// Of a job that is asked for now.
    fn begin() -> Self {
        let whole = tracing::trace_span!(target: trace::TARGET, "hash");
        let wait = tracing::trace_span!(target: trace::TARGET, parent: &whole, "hash wait");
        Self { whole, wait }
    }

    /// The work on it, which begins now; both end with what this returns.
    fn work(self, together: usize) -> [Span; 2] {
        let Self { whole, wait } = self;
        drop(wait);
        let work = tracing::trace_span!(target: trace::TARGET, parent: &whole, "hash work", together);
        [work, whole]
    }
}

impl Job {
    pub(super) fn new(computation: Computation, reply: oneshot::Sender<Result<Computed, HashError>>) -> Self {
        let (kind, memory_kib) = (computation.kind(), computation.memory_kib());
        Self { computation, kind, memory_kib, reply, since: Instant::now(), spans: Spans::begin() }
    }

    pub(super) const fn kind(&self) -> ComputationKind {
        self.kind
    }

    /// Tells whoever waits that it will not be done.
    pub(super) fn refuse(self, error: HashError) {
        let _ = self.reply.send(Err(error));
    }

    fn is_wanted(&self) -> bool {
        !self.reply.is_closed()
    }
}

impl std::fmt::Debug for Job {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Job").field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl Shop {
    pub(super) fn new(limits: &super::HashGateLimits) -> Self {
        let line = Line::new(limits.capacity);
        let state = State { line, pace: Pace::default(), memory_kib: 0, closed: false };
        Self {
            state: Mutex::new(state),
            changed: Condvar::new(),
            counters: Counters::new(),
            kernel: limits.kernel,
            workers: limits.workers.get(),
            memory_kib: limits.memory_kib,
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        // A worker panics outside of the lock if at all, so what a poisoned lock guards is whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Somebody has come.
    pub(super) fn wake_one(&self) {
        self.changed.notify_one();
    }

    /// Lets the workers end.
    pub(super) fn close(&self) {
        self.state().closed = true;
        self.changed.notify_all();
    }

    /// Takes out those who have left.
    pub(super) fn drop_abandoned(&self, state: &mut State) {
        self.counters.abandoned.add(state.line.retain(Job::is_wanted));
    }

    /// What a worker does until the gate is closed.
    pub(super) fn work(&self) {
        let mut scratch = Scratch::new();
        while let Some(batch) = self.next(&mut scratch) {
            if self.hash(batch, &mut scratch).is_none() {
                scratch = Scratch::new();
            }
        }
    }

    /// The jobs whose turn it is; `None` when the gate is closed and the line empty.
    fn next(&self, scratch: &mut Scratch) -> Option<Vec<Job>> {
        let mut state = self.state();
        loop {
            self.drop_abandoned(&mut state);
            let batch = self.take(&mut state);
            if !batch.is_empty() {
                state.memory_kib += needs(&batch);
                return Some(batch);
            }
            if state.closed {
                return None;
            }
            state = self.wait(state, scratch);
        }
    }

    fn take(&self, state: &mut State) -> Vec<Job> {
        // All workers together, or one would do side by side what two could do at once.
        let share = state.line.len().div_ceil(self.workers);
        let most = self.kernel.lanes().min(share).max(1);
        let free = self.memory_kib.saturating_sub(state.memory_kib);
        // What needs more than all of it is computed alone.
        let is_alone = state.memory_kib == 0;
        let fits = |job: &Job| job.memory_kib <= free || is_alone;
        state.line.next(fits, |first, other| first.kind.is_interleaved() && first.kind == other.kind, most)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>, scratch: &mut Scratch) -> MutexGuard<'a, State> {
        if scratch.held_bytes() == 0 {
            return self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let (state, timeout) =
            self.changed.wait_timeout(state, KEEP_SCRATCH).unwrap_or_else(PoisonError::into_inner);
        if timeout.timed_out() && state.line.len() == 0 {
            scratch.release();
        }
        state
    }

    /// Computes a batch and answers those who wait; `None` if that broke down.
    fn hash(&self, batch: Vec<Job>, scratch: &mut Scratch) -> Option<()> {
        let begun = Instant::now();
        let (count, needed) = (batch.len(), needs(&batch));
        let kind = batch.first()?.kind;
        let (mut computations, mut replies) = (Vec::with_capacity(count), Vec::with_capacity(count));
        let mut working = Vec::with_capacity(count);
        for job in batch {
            self.counters.waited.note(begun - job.since);
            computations.push(job.computation);
            replies.push(job.reply);
            working.push(job.spans.work(count));
        }
        // A panic in one hash must not cost the others their worker. Those who wait see their reply dropped.
        let work = AssertUnwindSafe(|| compute(&computations, self.kernel, scratch));
        let computed = catch_unwind(work).ok();
        let took = begun.elapsed();
        drop(working);
        let together = u32::try_from(count).unwrap_or(1);
        let mut state = self.state();
        state.memory_kib -= needed;
        state.pace.note(kind, together, took / together);
        drop(state);
        // Somebody may have waited for that memory.
        self.changed.notify_one();
        self.counters.worked.note(took);
        if count > 1 {
            self.counters.interleaved.add(count);
        }
        let computed = computed?;
        for (computed, reply) in computed.into_iter().zip(replies) {
            match &computed {
                Computed::Verified(_) => self.counters.verified.add(1),
                Computed::Hashed(_) => self.counters.hashed.add(1),
            }
            // It fails when the caller has left; the work is done all the same.
            let _ = reply.send(Ok(computed));
        }
        Some(())
    }
}

/// What a batch needs: jobs that are computed together are of one kind, and small.
fn needs(batch: &[Job]) -> u32 {
    batch.iter().map(|job| job.memory_kib).sum()
}
