//! How does one process count by itself?
//!
//! In its memory: what weighs, and apart from it which places are known, so that neither pushes out the other.

use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::notes::Known;
use super::table::Table;
use crate::model::Timestamp;
use crate::ports::ThrottleCounters;
use crate::ports::throttle::{Counted, Counter, CounterChange, CounterKey, CountersError, Replaced, Which};

/// How many counters are remembered, and how many known places: about 20 MB each when all are in use.
pub(super) const MOST_COUNTERS: usize = 100_000;

/// The counters of one process.
pub(super) struct MemoryCounters(Mutex<Tables>);

struct Tables {
    limits: Table,
    known: Known,
}

impl Tables {
    fn put(&mut self, key: CounterKey, counter: Counter, now: Timestamp) {
        if counter.counted == Counted::Known {
            self.known.put(key, counter, now);
        } else {
            self.limits.put(key, counter, now);
        }
    }

    fn find(&self, key: CounterKey, now: Timestamp) -> Option<&Counter> {
        self.limits.find(key, now).or_else(|| self.known.table().find(key, now))
    }
}

impl MemoryCounters {
    /// Nobody has failed yet.
    pub(super) fn new(most: usize) -> Self {
        Self(Mutex::new(Tables { limits: Table::new(most), known: Known::new(most) }))
    }

    /// What is kept under a key.
    pub(super) fn find(&self, key: CounterKey, now: Timestamp) -> Option<Counter> {
        self.tables().find(key, now).cloned()
    }

    /// What is kept under these keys, in their order.
    pub(super) fn find_all(&self, keys: &[CounterKey], now: Timestamp) -> Vec<Option<Counter>> {
        let tables = self.tables();
        keys.iter().map(|key| tables.find(*key, now).cloned()).collect()
    }

    /// Keeps this under a key, whatever was there.
    pub(super) fn put(&self, key: CounterKey, counter: Counter, now: Timestamp) {
        self.tables().put(key, counter, now);
    }

    /// Remembers known places, of which these are all that are noted or, where some are left out, as many as were read.
    pub(super) fn fill(&self, notes: Vec<(CounterKey, Counter)>, has_left_out: bool, now: Timestamp) {
        let mut tables = self.tables();
        tables.known.was_filled(has_left_out);
        for (key, counter) in notes {
            tables.known.put(key, counter, now);
        }
    }

    /// Whether all known places that are noted are here.
    pub(super) fn knows_all(&self) -> bool {
        self.tables().known.is_whole()
    }

    /// Changes what is kept under a key in one go; `None` is absent.
    pub(super) fn change<T>(
        &self,
        key: CounterKey,
        now: Timestamp,
        change: impl FnOnce(Option<Counter>) -> (Option<Counter>, T),
    ) -> T {
        let mut tables = self.tables();
        let (new, answer) = change(tables.find(key, now).cloned());
        tables.set(key, new, now);
        answer
    }

    /// Makes all of the changes, or none.
    pub(super) fn replace_all(&self, changes: &[CounterChange], now: Timestamp) -> Replaced {
        let mut tables = self.tables();
        if changes.iter().any(|change| tables.find(change.key, now) != change.expected.as_ref()) {
            return Replaced::Nothing;
        }
        for change in changes {
            tables.set(change.key, change.new.clone(), now);
        }
        Replaced::All
    }

    /// Forgets all of those; answers how many.
    pub(super) fn forget_all(&self, which: Which, now: Timestamp) -> usize {
        let mut tables = self.tables();
        let found = tables.limits.iter(now).filter(|(_, counter)| which.takes(counter));
        let keys: Vec<CounterKey> = found.map(|(key, _)| key).collect();
        for key in &keys {
            tables.limits.remove(*key);
        }
        keys.len()
    }

    /// Up to `most` of those that there are, those that last longest first.
    pub(super) fn list_some(&self, which: Which, most: usize, now: Timestamp) -> Vec<(CounterKey, Counter)> {
        let tables = self.tables();
        let all = tables.limits.iter(now).chain(tables.known.table().iter(now));
        let mut found: Vec<_> = all.filter(|(_, counter)| which.takes(counter)).collect();
        found.sort_unstable_by_key(|(key, counter)| (std::cmp::Reverse(counter.expires_at), *key));
        found.into_iter().take(most).map(|(key, counter)| (key, counter.clone())).collect()
    }

    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tables {
    fn set(&mut self, key: CounterKey, new: Option<Counter>, now: Timestamp) {
        if let Some(counter) = new {
            self.put(key, counter, now);
        } else {
            self.limits.remove(key);
            self.known.remove(key);
        }
    }
}

#[async_trait]
impl ThrottleCounters for MemoryCounters {
    async fn load(&self, keys: &[CounterKey], now: Timestamp) -> Result<Vec<Option<Counter>>, CountersError> {
        Ok(self.find_all(keys, now))
    }

    async fn replace(&self, changes: &[CounterChange], now: Timestamp) -> Result<Replaced, CountersError> {
        Ok(self.replace_all(changes, now))
    }

    async fn list(
        &self,
        which: Which,
        most: usize,
        now: Timestamp,
    ) -> Result<Vec<(CounterKey, Counter)>, CountersError> {
        Ok(self.list_some(which, most, now))
    }

    async fn prune(&self, _: Timestamp) -> Result<u64, CountersError> {
        Ok(0)
    }
}

#[cfg(test)]
impl MemoryCounters {
    /// How many counters weigh on somebody.
    pub(super) fn weighing(&self, now: Timestamp) -> usize {
        self.tables().limits.iter(now).count()
    }
}
