//! Which known places does one process remember, and has it forgotten any?
//!
//! Invariants
//! - One name has at most [`MOST_OF_NAME`] of them: nobody pushes out the places of others by logging in everywhere.
//! - What gave way to others is noted elsewhere, and [`Known::is_whole`] says that it has to be looked for there.

use std::collections::{HashMap, VecDeque};

use super::table::Table;
use crate::model::Timestamp;
use crate::ports::throttle::{Counter, CounterKey};

/// How many places one name is known at, in the memory of a process.
const MOST_OF_NAME: usize = 64;

/// The places at which somebody has logged in.
#[derive(Debug)]
pub(super) struct Known {
    table: Table,
    /// Of each name, the one that is the longest ago first.
    of_names: HashMap<CounterKey, VecDeque<CounterKey>>,
    /// Whether all that ever were noted are here.
    is_whole: bool,
}

impl Known {
    /// Nobody is known.
    pub(super) fn new(most: usize) -> Self {
        Self { table: Table::new(most), of_names: HashMap::new(), is_whole: false }
    }

    /// All of them.
    pub(super) const fn table(&self) -> &Table {
        &self.table
    }

    /// Whether all that ever were noted are here.
    pub(super) const fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// All that ever were noted have been put here, as far as there was room.
    pub(super) fn was_filled(&mut self, has_given_way: bool) {
        self.is_whole = !has_given_way;
    }

    /// Remembers a place.
    pub(super) fn put(&mut self, key: CounterKey, counter: Counter, now: Timestamp) {
        let name = counter.subject;
        self.unlist(key, name);
        for (key, gone) in self.table.put(key, counter, now) {
            self.is_whole &= gone.expires_at <= now;
            self.unlist(key, gone.subject);
        }
        let Some(name) = name else { return };
        let places = self.of_names.entry(name).or_default();
        places.push_back(key);
        if places.len() > MOST_OF_NAME
            && let Some(oldest) = places.pop_front()
        {
            self.table.remove(oldest);
            self.is_whole = false;
        }
    }

    /// Forgets a place.
    pub(super) fn remove(&mut self, key: CounterKey) {
        if let Some(gone) = self.table.remove(key) {
            self.unlist(key, gone.subject);
        }
    }

    fn unlist(&mut self, key: CounterKey, name: Option<CounterKey>) {
        let Some(name) = name else { return };
        let Some(places) = self.of_names.get_mut(&name) else { return };
        places.retain(|other| *other != key);
        if places.is_empty() {
            self.of_names.remove(&name);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::policy::throttle::Bucket;
    use crate::ports::throttle::Counted;

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    fn key(number: u128) -> CounterKey {
        CounterKey(number.to_be_bytes())
    }

    fn note(name: u128) -> Counter {
        let expires_at = NOW.plus(Duration::from_hours(1));
        let (counted, subject) = (Counted::Known, Some(key(name)));
        Counter { counted, subject, network: None, bucket: Bucket::new(NOW), expires_at }
    }

    #[test]
    fn a_name_that_is_known_everywhere_pushes_out_its_own_oldest_places_only() {
        let mut known = Known::new(200);
        known.was_filled(false);
        known.put(key(1), note(1000), NOW);
        for number in 10..74 {
            known.put(key(number), note(2000), NOW);
        }
        known.put(key(10), note(2000), NOW);
        assert!(known.is_whole());
        for number in 100..400 {
            known.put(key(number), note(2000), NOW);
            if number == 100 {
                let is_there = |number| known.table().find(key(number), NOW).is_some();
                assert!(
                    is_there(10) && !is_there(11),
                    "the one that was not seen for the longest time gives way"
                );
            }
        }
        assert!(known.table().find(key(1), NOW).is_some());
        assert_eq!(known.table().iter(NOW).count(), 65);
        assert!(!known.is_whole());
    }

    #[test]
    fn names_whose_places_are_forgotten_are_forgotten() {
        let mut known = Known::new(10);
        for number in 0..1000 {
            known.put(key(number), note(5000 + number), NOW);
        }
        assert_eq!(known.of_names.len(), 10);
        for number in 0..1000 {
            known.remove(key(number));
        }
        assert_eq!((known.of_names.len(), known.table().iter(NOW).count()), (0, 0));
    }
}
