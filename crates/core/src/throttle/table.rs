//! Where are the counters of this process kept, and which are forgotten?
//!
//! Invariants
//! - There are never more than `most` of them without a try under way. When a new one has no room, one of those gives
//!   way that expire first.
//! - Every operation on a key looks at a bounded number of counters.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::model::Timestamp;
use crate::ports::throttle::{Counted, Counter, CounterKey};

/// How many counters a new one makes us look at, to see whether they can be forgotten.
const SWEPT: usize = 4;
/// How many are compared when one has to give way.
const COMPARED: usize = 16;

#[derive(Debug)]
struct Kept {
    key: CounterKey,
    counter: Counter,
}

/// All counters.
#[derive(Debug)]
pub(super) struct Table {
    kept: Vec<Kept>,
    places: HashMap<CounterKey, usize>,
    most: usize,
    /// Where the next sweep begins.
    hand: usize,
}

impl Table {
    /// Without any.
    pub(super) fn new(most: usize) -> Self {
        Self { kept: Vec::new(), places: HashMap::new(), most, hand: 0 }
    }

    /// What is kept under a key.
    pub(super) fn find(&self, key: CounterKey, now: Timestamp) -> Option<&Counter> {
        let kept = self.kept.get(*self.places.get(&key)?)?;
        Some(&kept.counter).filter(|counter| counter.expires_at > now)
    }

    /// Keeps this under a key, in place of what was there; answers what was forgotten for it.
    pub(super) fn put(
        &mut self,
        key: CounterKey,
        counter: Counter,
        now: Timestamp,
    ) -> Vec<(CounterKey, Counter)> {
        let mut gone = Vec::new();
        if !self.places.contains_key(&key) {
            self.make_room(now, &mut gone);
        }
        match self.places.entry(key) {
            Entry::Occupied(entry) => {
                if let Some(kept) = self.kept.get_mut(*entry.get()) {
                    kept.counter = counter;
                }
            }
            Entry::Vacant(entry) => {
                entry.insert(self.kept.len());
                self.kept.push(Kept { key, counter });
            }
        }
        gone
    }

    /// Forgets what is kept under a key, and answers it.
    pub(super) fn remove(&mut self, key: CounterKey) -> Option<Counter> {
        let place = self.places.get(&key).copied()?;
        Some(self.remove_at(place).1)
    }

    /// All that have not expired.
    pub(super) fn iter(&self, now: Timestamp) -> impl Iterator<Item = (CounterKey, &Counter)> {
        let alive = move |kept: &&Kept| kept.counter.expires_at > now;
        self.kept.iter().filter(alive).map(|kept| (kept.key, &kept.counter))
    }

    /// Forgets a few that can be forgotten, and one that cannot if there are too many.
    fn make_room(&mut self, now: Timestamp, gone: &mut Vec<(CounterKey, Counter)>) {
        for _ in 0..SWEPT {
            let place = self.next_place();
            if self.expiry_at(place, now).is_some_and(|(expires_at, _)| expires_at <= now) {
                gone.push(self.remove_at(place));
            }
        }
        if self.kept.len() < self.most {
            return;
        }
        // Those with tries under way stay: there are no more of them than requests.
        let candidate = |_| {
            let place = self.next_place();
            let (expires_at, is_busy) = self.expiry_at(place, now)?;
            (!is_busy).then_some((expires_at, place))
        };
        if let Some((_, place)) = (0..COMPARED).filter_map(candidate).min() {
            gone.push(self.remove_at(place));
        }
    }

    fn next_place(&mut self) -> usize {
        self.hand = if self.hand + 1 < self.kept.len() { self.hand + 1 } else { 0 };
        self.hand
    }

    /// When a counter expires, and whether tries are under way. A clock that was set back makes nothing last for ever.
    fn expiry_at(&mut self, place: usize, now: Timestamp) -> Option<(Timestamp, bool)> {
        let counter = &mut self.kept.get_mut(place)?.counter;
        let ahead = counter.bucket.failed_at.since(now);
        if matches!(counter.counted, Counted::Limit(_)) && !ahead.is_zero() {
            counter.bucket = counter.bucket.not_after(now);
            counter.expires_at = counter.expires_at.minus(ahead);
        }
        Some((counter.expires_at, counter.bucket.is_busy_at(now)))
    }

    fn remove_at(&mut self, place: usize) -> (CounterKey, Counter) {
        let Kept { key, counter } = self.kept.swap_remove(place);
        self.places.remove(&key);
        if let Some(moved) = self.kept.get(place) {
            self.places.insert(moved.key, place);
        }
        (key, counter)
    }
}

#[cfg(test)]
mod tests;
