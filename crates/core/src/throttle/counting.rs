//! Where is counted: together with other nodes, or by this one alone?
//!
//! ```text
//!  no counters are shared ─────────────────────────────▶ own
//!  shared ── they fail, or take longer than the deadline ──▶ own ── after RETRY_EVERY one asks again ──▶ shared
//! ```
//!
//! Invariants
//! - It is always counted somewhere. No login fails, or waits for longer than the deadline, because of the counters.
//! - A place that was seen to be known at the shared counters is known while they are away as well.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::memory::{MOST_COUNTERS, MemoryCounters};
use crate::model::Timestamp;
use crate::ports::ThrottleCounters;
use crate::ports::throttle::{Counted, Counter, CounterChange, CounterKey, CountersError, Replaced, Which};

/// How long an administrator waits for the shared counters.
pub(super) const PATIENT_DEADLINE: Duration = Duration::from_secs(5);
/// How often they are asked again while they are away.
const RETRY_EVERY: Duration = Duration::from_secs(1);
/// How often it is said that they are.
const REMIND_EVERY: Duration = Duration::from_mins(1);

/// The shared counters, if there are any, and those of this process.
pub(super) struct Counting {
    shared: Option<Arc<dyn ThrottleCounters>>,
    /// How long a try waits for them.
    deadline: Duration,
    own: MemoryCounters,
    outage: Mutex<Outage>,
    failures: AtomicU64,
}

#[derive(Debug, Default)]
struct Outage {
    /// Until when they are not asked.
    until: Option<Instant>,
    said_at: Option<Instant>,
    /// Whether it is not known yet that it is over.
    is_told: bool,
}

/// Where something is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Shared,
    Own,
}

/// The shared counters do not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Away;

impl Counting {
    pub(super) fn new(shared: Option<Arc<dyn ThrottleCounters>>, deadline: Duration) -> Self {
        Self {
            shared,
            deadline,
            own: MemoryCounters::new(MOST_COUNTERS),
            outage: Mutex::default(),
            failures: AtomicU64::new(0),
        }
    }

    /// The counters of this process.
    pub(super) const fn own(&self) -> &MemoryCounters {
        &self.own
    }

    /// How long a try waits for an answer.
    pub(super) const fn deadline(&self) -> Duration {
        self.deadline
    }

    /// How often the shared counters were asked in vain.
    pub(super) fn failures(&self) -> u64 {
        self.failures.load(Ordering::Relaxed)
    }

    /// Where to count now, and what is kept there.
    pub(super) async fn load(&self, keys: &[CounterKey], now: Timestamp) -> (Place, Vec<Option<Counter>>) {
        let Some(shared) = self.reachable() else { return (Place::Own, self.own.find_all(keys, now)) };
        match self.ask(self.deadline, shared.load(keys, now)).await {
            Ok(found) => {
                self.remember_known(keys, &found, now);
                (Place::Shared, found)
            }
            Err(Away) => (Place::Own, self.own.find_all(keys, now)),
        }
    }

    /// What is kept in that place.
    pub(super) async fn load_at(
        &self,
        place: Place,
        keys: &[CounterKey],
        now: Timestamp,
    ) -> Result<Vec<Option<Counter>>, Away> {
        match (place, self.reachable()) {
            (Place::Own, _) => Ok(self.own.find_all(keys, now)),
            (Place::Shared, Some(shared)) => self.ask(self.deadline, shared.load(keys, now)).await,
            (Place::Shared, None) => Err(Away),
        }
    }

    /// Makes changes in that place, all or none.
    pub(super) async fn replace(
        &self,
        place: Place,
        changes: &[CounterChange],
        now: Timestamp,
    ) -> Result<Replaced, Away> {
        if changes.is_empty() {
            return Ok(Replaced::All);
        }
        match (place, self.reachable()) {
            (Place::Own, _) => Ok(self.own.replace_all(changes, now)),
            (Place::Shared, Some(shared)) => self.ask(self.deadline, shared.replace(changes, now)).await,
            (Place::Shared, None) => Err(Away),
        }
    }

    /// What is kept, here and there, at most so many of each.
    pub(super) async fn list(
        &self,
        which: Which,
        most: usize,
        now: Timestamp,
    ) -> Result<Vec<(Place, CounterKey, Counter)>, Away> {
        let own = self.own.list_some(which, most, now).into_iter();
        let own = own.map(|(key, counter)| (Place::Own, key, counter));
        let Some(shared) = &self.shared else { return Ok(own.collect()) };
        let found = self.ask_patiently(shared.list(which, most, now)).await?;
        Ok(found.into_iter().map(|(key, counter)| (Place::Shared, key, counter)).chain(own).collect())
    }

    /// Forgets what has expired at the shared counters.
    pub(super) async fn prune(&self, now: Timestamp) -> Result<u64, CountersError> {
        match &self.shared {
            Some(shared) => shared.prune(now).await,
            None => Ok(0),
        }
    }

    /// Whether counters are shared with other nodes.
    pub(super) const fn is_shared(&self) -> bool {
        self.shared.is_some()
    }

    fn remember_known(&self, keys: &[CounterKey], found: &[Option<Counter>], now: Timestamp) {
        for (key, counter) in keys.iter().zip(found) {
            if let Some(counter) = counter.as_ref().filter(|counter| counter.counted == Counted::Known)
                && self.own.find(*key, now).is_none()
            {
                self.own.put(*key, counter.clone(), now);
            }
        }
    }

    /// Makes changes in that place for an administrator, who waits for longer.
    pub(super) async fn replace_patiently(
        &self,
        place: Place,
        changes: &[CounterChange],
        now: Timestamp,
    ) -> Result<Replaced, Away> {
        match (place, &self.shared) {
            (Place::Own, _) => Ok(self.own.replace_all(changes, now)),
            (Place::Shared, Some(shared)) => self.ask_patiently(shared.replace(changes, now)).await,
            (Place::Shared, None) => Err(Away),
        }
    }

    /// The shared counters, unless they were away a moment ago. When it is time to ask again, one caller does.
    fn reachable(&self) -> Option<&dyn ThrottleCounters> {
        let shared = self.shared.as_deref()?;
        let mut outage = self.outage();
        if let Some(until) = outage.until {
            let now = Instant::now();
            if now < until {
                return None;
            }
            outage.until = Some(now + RETRY_EVERY);
        }
        Some(shared)
    }

    async fn ask<T>(
        &self,
        deadline: Duration,
        question: impl Future<Output = Result<T, CountersError>>,
    ) -> Result<T, Away> {
        let cause = match timeout(deadline, question).await {
            Ok(Ok(answer)) => {
                self.came_back();
                return Ok(answer);
            }
            Ok(Err(error)) => error.cause,
            Err(_) => format!("no answer within {} ms", deadline.as_millis()),
        };
        self.went_away(&cause);
        Err(Away)
    }

    /// The same for an administrator. What takes long or is refused then says nothing about tries, which go on there.
    async fn ask_patiently<T>(
        &self,
        question: impl Future<Output = Result<T, CountersError>>,
    ) -> Result<T, Away> {
        let cause = match timeout(PATIENT_DEADLINE, question).await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error)) => error.cause,
            Err(_) => format!("no answer within {} s", PATIENT_DEADLINE.as_secs()),
        };
        tracing::warn!(cause, "what wrong passwords weigh could not be listed or cleared");
        Err(Away)
    }

    fn came_back(&self) {
        let mut outage = self.outage();
        outage.until = None;
        if std::mem::take(&mut outage.is_told) {
            drop(outage);
            tracing::info!("the counters of wrong passwords are back: nodes count together again");
        }
    }

    fn went_away(&self, cause: &str) {
        self.failures.fetch_add(1, Ordering::Relaxed);
        let now = Instant::now();
        let mut outage = self.outage();
        outage.until = Some(now + RETRY_EVERY);
        if outage.said_at.is_none_or(|at| now.duration_since(at) >= REMIND_EVERY) {
            (outage.said_at, outage.is_told) = (Some(now), true);
            drop(outage);
            tracing::warn!(
                cause,
                "the counters of wrong passwords are away: this node counts by itself until they are back"
            );
        }
    }

    fn outage(&self) -> MutexGuard<'_, Outage> {
        self.outage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
