//! Which keys of the issuer do we have, and who may go and get newer ones?
//!
//! - One attempt at a time: whoever holds `flight`. Others wait for its outcome or go on with what is there.
//! - An attempt is a task of its own, so that it survives the request that caused it. Its length is bounded by the
//!   timeout of the endpoint.
//! - `attempts` counts finished attempts: who waited can see whether one ended meanwhile.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::task::JoinHandle;

use super::endpoint::{Endpoint, FetchError, Fetched};
use super::schedule::{Schedule, Step};
use crate::fetch::AuthError;
use crate::{KeySet, VerifyError};

pub(super) type NowMillis = Box<dyn Fn() -> i64 + Send + Sync>;

pub(super) struct IssuerKeys {
    endpoint: Endpoint,
    now_millis: NowMillis,
    state: RwLock<State>,
    flight: Arc<Mutex<()>>,
}

struct State {
    keys: Arc<KeySet>,
    attempts: u64,
    schedule: Schedule,
    last_failure: FetchError,
}

/// The keys after a number of attempts.
pub(super) struct Snapshot {
    pub(super) keys: Arc<KeySet>,
    attempts: u64,
}

impl IssuerKeys {
    pub(super) fn new(endpoint: Endpoint, schedule: Schedule, now_millis: NowMillis) -> Self {
        let state =
            State { keys: Arc::default(), attempts: 0, schedule, last_failure: FetchError::Interrupted };
        Self { endpoint, now_millis, state: RwLock::new(state), flight: Arc::default() }
    }

    /// The keys to use now.
    pub(super) async fn current(self: &Arc<Self>) -> Result<Snapshot, AuthError> {
        let (step, snapshot) = {
            let state = self.read();
            (state.schedule.step((self.now_millis)()), state.snapshot())
        };
        match step {
            Step::Use => return Ok(snapshot),
            Step::UseAndRefresh => {
                self.refresh_beside(snapshot.attempts);
                return Ok(snapshot);
            }
            Step::RefreshFirst => self.refresh(snapshot.attempts).await,
            Step::GiveUp => {}
        }
        let (state, now) = (self.read(), (self.now_millis)());
        if state.schedule.is_usable(now) { Ok(state.snapshot()) } else { Err(state.unavailable(now)) }
    }

    /// Newer keys than `known`, which has not the key that a token names.
    pub(super) async fn newer_than(self: &Arc<Self>, known: &Snapshot) -> Result<Snapshot, AuthError> {
        let is_our_turn = {
            let mut state = self.write();
            let is_current = state.attempts == known.attempts;
            is_current && state.schedule.take_unknown_kid_turn((self.now_millis)())
        };
        if is_our_turn {
            self.refresh(known.attempts).await;
        } else if self.flight.try_lock().is_err() {
            // The attempt under way may bring the key.
            drop(self.flight.lock().await);
        }
        let state = self.read();
        // Without the newest keys nobody can say that the token is bad.
        if state.schedule.is_failing() {
            return Err(state.unavailable((self.now_millis)()));
        }
        if state.attempts == known.attempts {
            return Err(VerifyError::UnknownKey.into());
        }
        Ok(state.snapshot())
    }

    /// Returns when an attempt has ended that began after `seen_attempts` had.
    async fn refresh(self: &Arc<Self>, seen_attempts: u64) {
        let flight = Arc::clone(&self.flight).lock_owned().await;
        if let Some(attempt) = self.attempt(seen_attempts, flight) {
            // It ends without an outcome only when the runtime does; the state then tells that nothing came.
            drop(attempt.await);
        }
    }

    /// Starts an attempt unless one is under way.
    fn refresh_beside(self: &Arc<Self>, seen_attempts: u64) {
        if let Ok(flight) = Arc::clone(&self.flight).try_lock_owned() {
            drop(self.attempt(seen_attempts, flight));
        }
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the attempt ends by itself, at the latest with its timeout"
    )]
    fn attempt(self: &Arc<Self>, seen_attempts: u64, flight: OwnedMutexGuard<()>) -> Option<JoinHandle<()>> {
        if self.read().attempts != seen_attempts {
            return None;
        }
        let this = Arc::clone(self);
        Some(tokio::spawn(async move {
            let outcome = this.endpoint.fetch_keys().await;
            this.record(outcome);
            drop(flight);
        }))
    }

    fn record(&self, outcome: Result<Fetched, FetchError>) {
        let mut state = self.write();
        let now = (self.now_millis)();
        state.attempts += 1;
        match outcome {
            Ok(Fetched { keys, max_age }) => {
                state.keys = Arc::new(keys);
                state.schedule.record_success(now, max_age);
            }
            Err(failure) => {
                state.last_failure = failure;
                state.schedule.record_failure(now);
            }
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn snapshot(&self) -> Snapshot {
        Snapshot { keys: Arc::clone(&self.keys), attempts: self.attempts }
    }

    fn unavailable(&self, now: i64) -> AuthError {
        AuthError::Unavailable {
            retry_after: self.schedule.retry_after(now),
            cause: self.last_failure.clone(),
        }
    }
}
