//! Who may hash a password now, and who is told to come back later?
//!
//! Hashing is the one expensive thing that a stranger can ask for, so it has threads of its own and a line
//! that is bounded in length and in time:
//! - at most `workers` hashes run at once, so memory is bounded as well;
//! - at most `capacity` jobs wait; one more is refused at once;
//! - who has waited longer than `deadline` is refused, and is never hashed afterwards;
//! - a job whose caller has gone away is dropped without being hashed.
//!
//! A worker that has nothing to do for a while gives its Argon2 memory back.

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use portcullis_crypto::password::{PasswordError, Scheme, Scratch, StoredHash};
use portcullis_crypto::secret::Password;
use tokio::sync::oneshot;

/// For how long a worker keeps its Argon2 memory without work.
const KEEP_SCRATCH: Duration = Duration::from_secs(10);

/// How much hashing is allowed.
#[derive(Debug, Clone, Copy)]
pub struct HashGateLimits {
    /// Threads that hash.
    pub workers: NonZeroUsize,
    /// Jobs that may wait.
    pub capacity: usize,
    /// How long a caller waits before it is told to come back.
    pub deadline: Duration,
}

/// The gate. Dropping it lets the workers finish what they are at and ends them.
#[derive(Debug)]
pub struct HashGate {
    line: Arc<Line>,
    limits: HashGateLimits,
}

impl HashGate {
    /// Starts the workers.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(limits: HashGateLimits) -> std::io::Result<Self> {
        let line = Arc::new(Line::default());
        for number in 1..=limits.workers.get() {
            let line = Arc::clone(&line);
            #[expect(
                clippy::disallowed_methods,
                reason = "the gate owns its threads; they end when it is dropped"
            )]
            std::thread::Builder::new().name(format!("hash-{number}")).spawn(move || work(&line))?;
        }
        Ok(Self { line, limits })
    }

    /// Whether the password belongs to the hash.
    pub async fn verify(&self, hash: &StoredHash, password: &Password) -> Result<bool, HashError> {
        let (reply, answer) = oneshot::channel();
        self.admit(Work::Verify { hash: hash.clone(), password: password.clone(), reply })?;
        self.wait(answer).await
    }

    /// A new hash of the password.
    pub async fn hash(
        &self,
        scheme: Scheme,
        password: &Password,
        salt: [u8; 16],
    ) -> Result<StoredHash, HashError> {
        let (reply, answer) = oneshot::channel();
        self.admit(Work::Hash { scheme, password: password.clone(), salt, reply })?;
        self.wait(answer).await?.map_err(HashError::Password)
    }

    /// What the gate has done so far.
    pub fn metrics(&self) -> HashGateMetrics {
        let counters = &self.line.counters;
        HashGateMetrics {
            waiting: self.line.state().jobs.len(),
            verified: counters.verified.load(Ordering::Relaxed),
            hashed: counters.hashed.load(Ordering::Relaxed),
            refused: counters.refused.load(Ordering::Relaxed),
            abandoned: counters.abandoned.load(Ordering::Relaxed),
            waited: Duration::from_micros(counters.waited_micros.load(Ordering::Relaxed)),
            worked: Duration::from_micros(counters.worked_micros.load(Ordering::Relaxed)),
        }
    }

    fn admit(&self, work: Work) -> Result<(), HashError> {
        let mut state = self.line.state();
        if state.jobs.len() >= self.limits.capacity {
            // Those who gave up still stand in the line until a worker reaches them.
            self.line.drop_abandoned(&mut state);
        }
        if state.jobs.len() >= self.limits.capacity {
            return Err(self.refuse());
        }
        state.jobs.push_back(Job { work, since: Instant::now() });
        drop(state);
        self.line.arrived.notify_one();
        Ok(())
    }

    async fn wait<T>(&self, answer: oneshot::Receiver<T>) -> Result<T, HashError> {
        match tokio::time::timeout(self.limits.deadline, answer).await {
            Ok(Ok(answer)) => Ok(answer),
            // Dropping the receiver is what tells the worker that nobody waits any more.
            Err(_too_late) => Err(self.refuse()),
            Ok(Err(_worker_died)) => Err(HashError::Failed),
        }
    }

    fn refuse(&self) -> HashError {
        self.line.counters.refused.fetch_add(1, Ordering::Relaxed);
        HashError::Overloaded { retry_after: self.limits.deadline.max(Duration::from_secs(1)) }
    }
}

impl Drop for HashGate {
    fn drop(&mut self) {
        self.line.state().closed = true;
        self.line.arrived.notify_all();
    }
}

/// Why nothing was hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    /// Too many wait already.
    #[error("too many passwords are being checked")]
    Overloaded {
        /// When to try again.
        retry_after: Duration,
    },
    /// This scheme does not take this password.
    #[error("the password does not fit the hash")]
    Password(PasswordError),
    /// A worker broke down.
    #[error("a hashing worker broke down")]
    Failed,
}

/// Counters since the start. Times are sums over all jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HashGateMetrics {
    /// Jobs in the line now.
    pub waiting: usize,
    /// Passwords compared with a hash.
    pub verified: u64,
    /// New hashes made.
    pub hashed: u64,
    /// Callers told to come back.
    pub refused: u64,
    /// Jobs dropped unhashed because nobody waited for them any more.
    pub abandoned: u64,
    /// Time jobs spent in the line.
    pub waited: Duration,
    /// Time workers spent hashing.
    pub worked: Duration,
}

struct Job {
    work: Work,
    since: Instant,
}

enum Work {
    Verify {
        hash: StoredHash,
        password: Password,
        reply: oneshot::Sender<bool>,
    },
    Hash {
        scheme: Scheme,
        password: Password,
        salt: [u8; 16],
        reply: oneshot::Sender<Result<StoredHash, PasswordError>>,
    },
}

impl Work {
    fn is_abandoned(&self) -> bool {
        match self {
            Self::Verify { reply, .. } => reply.is_closed(),
            Self::Hash { reply, .. } => reply.is_closed(),
        }
    }
}

#[derive(Default)]
struct Line {
    state: Mutex<LineState>,
    arrived: Condvar,
    counters: Counters,
}

#[derive(Default)]
struct LineState {
    jobs: VecDeque<Job>,
    closed: bool,
}

#[derive(Debug, Default)]
struct Counters {
    verified: AtomicU64,
    hashed: AtomicU64,
    refused: AtomicU64,
    abandoned: AtomicU64,
    waited_micros: AtomicU64,
    worked_micros: AtomicU64,
}

impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Line").field("counters", &self.counters).finish_non_exhaustive()
    }
}

impl Line {
    fn state(&self) -> std::sync::MutexGuard<'_, LineState> {
        // A worker panics outside the lock if at all, so what a poisoned lock guards is whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn drop_abandoned(&self, state: &mut LineState) {
        let before = state.jobs.len();
        state.jobs.retain(|job| !job.work.is_abandoned());
        let dropped = u64::try_from(before - state.jobs.len()).unwrap_or(0);
        self.counters.abandoned.fetch_add(dropped, Ordering::Relaxed);
    }

    /// The next job that somebody waits for; `None` when the gate is closed.
    fn next(&self, scratch: &mut Scratch) -> Option<Job> {
        let mut state = self.state();
        loop {
            self.drop_abandoned(&mut state);
            if let Some(job) = state.jobs.pop_front() {
                return Some(job);
            }
            if state.closed {
                return None;
            }
            if scratch.held_bytes() == 0 {
                state = self.arrived.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            let (woken, timeout) =
                self.arrived.wait_timeout(state, KEEP_SCRATCH).unwrap_or_else(PoisonError::into_inner);
            state = woken;
            if timeout.timed_out() && state.jobs.is_empty() {
                scratch.release();
            }
        }
    }
}

fn work(line: &Line) {
    let mut scratch = Scratch::new();
    while let Some(job) = line.next(&mut scratch) {
        let begun = Instant::now();
        line.counters.waited_micros.fetch_add(micros(begun - job.since), Ordering::Relaxed);
        // A panic in one hash must not cost the others their worker. The caller sees its reply dropped.
        let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            hash(&line.counters, job.work, &mut scratch);
        }));
        if done.is_err() {
            scratch = Scratch::new();
        }
        line.counters.worked_micros.fetch_add(micros(begun.elapsed()), Ordering::Relaxed);
    }
}

fn hash(counters: &Counters, work: Work, scratch: &mut Scratch) {
    // A send fails when the caller has left; the work is done all the same.
    match work {
        Work::Verify { hash, password, reply } => {
            let fits = hash.verify(&password, scratch);
            counters.verified.fetch_add(1, Ordering::Relaxed);
            let _ = reply.send(fits);
        }
        Work::Hash { scheme, password, salt, reply } => {
            let hash = scheme.hash(&password, salt, scratch);
            counters.hashed.fetch_add(1, Ordering::Relaxed);
            let _ = reply.send(hash);
        }
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    const CHEAP: Scheme = Scheme::Bcrypt { cost: 4 };

    fn gate(capacity: usize, deadline: Duration) -> HashGate {
        HashGate::start(HashGateLimits { workers: NonZeroUsize::MIN, capacity, deadline }).unwrap()
    }

    fn password(text: &str) -> Password {
        Password::from(text.to_owned())
    }

    #[tokio::test]
    async fn a_password_fits_its_own_hash_only() {
        let gate = gate(4, Duration::from_mins(1));
        let hash = gate.hash(CHEAP, &password("correct horse"), [7; 16]).await.unwrap();
        assert!(gate.verify(&hash, &password("correct horse")).await.unwrap());
        assert!(!gate.verify(&hash, &password("wrong horse")).await.unwrap());
        let metrics = gate.metrics();
        assert_eq!((metrics.hashed, metrics.verified, metrics.waiting), (1, 2, 0));
    }

    #[tokio::test]
    async fn one_too_many_is_told_to_come_back_at_once() {
        let gate = gate(0, Duration::from_mins(1));
        let refused = gate.hash(CHEAP, &password("a password"), [7; 16]).await;
        assert_eq!(refused.err(), Some(HashError::Overloaded { retry_after: Duration::from_mins(1) }));
        assert_eq!(gate.metrics().refused, 1);
    }

    #[tokio::test]
    async fn who_waits_too_long_is_refused_and_never_hashed() {
        let gate = gate(64, Duration::ZERO);
        let refused = gate.hash(Scheme::Bcrypt { cost: 12 }, &password("a password"), [1; 16]).await;
        assert_eq!(refused.err(), Some(HashError::Overloaded { retry_after: Duration::from_secs(1) }));

        let mut state = LineState::default();
        let (reply, answer) = oneshot::channel();
        let work = Work::Hash { scheme: CHEAP, password: password("a password"), salt: [2; 16], reply };
        state.jobs.push_back(Job { work, since: Instant::now() });
        drop(answer);
        gate.line.drop_abandoned(&mut state);
        assert!(state.jobs.is_empty());
        assert!(gate.metrics().abandoned >= 1);
    }

    #[tokio::test]
    async fn a_password_that_the_scheme_cannot_take_is_told_apart() {
        let gate = gate(4, Duration::from_mins(1));
        let refused = gate.hash(CHEAP, &password(&"x".repeat(73)), [7; 16]).await;
        assert_eq!(refused.err(), Some(HashError::Password(PasswordError::TooLong { limit_bytes: 72 })));
    }
}
