//! Where are the buckets kept, and which are forgotten?
//!
//! Invariants
//! - A bucket on which nothing weighs is not kept: it is removed when its last try ends well, or soon after the last
//!   failure is forgiven.
//! - There are never more than `most` buckets without a try under way. When a new one has no room, one of those gives
//!   way that were to be forgotten first.
//! - Every operation looks at a bounded number of buckets.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::time::Duration;

use super::{Ending, Limit, Limited};
use crate::model::Timestamp;
use crate::policy::throttle::{Bucket, Verdict};

/// How many buckets a new one makes us look at, to see whether they can be forgotten.
const SWEPT: usize = 4;
/// How many are compared when one has to give way.
const COMPARED: usize = 16;

/// What a bucket is found by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Key(pub(super) [u8; 16]);

#[derive(Debug)]
struct Kept {
    key: Key,
    bucket: Bucket,
    /// Whether the log knows that tries have to wait.
    is_reported: bool,
}

/// All buckets.
#[derive(Debug)]
pub(super) struct Table {
    kept: Vec<Kept>,
    places: HashMap<Key, usize>,
    most: usize,
    /// Where the next sweep begins.
    hand: usize,
}

impl Table {
    /// Without any.
    pub(super) fn new(most: usize) -> Self {
        Self { kept: Vec::new(), places: HashMap::new(), most, hand: 0 }
    }

    /// Begins a try if every limit admits it.
    pub(super) fn begin(&mut self, limits: &[Limit], now: Timestamp) -> Verdict {
        let mut verdict = Verdict::Admit;
        for limit in limits {
            verdict = stricter(verdict, self.judge(limit, now));
        }
        if verdict == Verdict::Admit {
            for limit in limits {
                self.find_or_make(limit.key, now).begin();
            }
        }
        verdict
    }

    /// Ends a try. Answers the limits that make others wait from now on, each of them once.
    pub(super) fn end(&mut self, limits: &[Limit], ending: Ending, now: Timestamp) -> Vec<Limited> {
        let mut exhausted = Vec::new();
        for limit in limits {
            let Some(kept) = self.find(limit.key) else { continue };
            match ending {
                Ending::Wrong => {
                    kept.is_reported &= !kept.bucket.owed_at(now).is_zero();
                    let others_wait = kept.bucket.fail(&limit.budget, now);
                    if others_wait && !kept.is_reported {
                        kept.is_reported = true;
                        exhausted.push(limit.limited);
                    }
                }
                // Who knows one password may still be guessing others, and others the same.
                Ending::Right if limit.limited == Limited::Pair => kept.bucket.forgive(),
                Ending::Right | Ending::Unknown => kept.bucket.release(),
            }
            self.forget_if_forgiven(limit.key, now);
        }
        exhausted
    }

    fn judge(&mut self, limit: &Limit, now: Timestamp) -> Verdict {
        let Some(kept) = self.find(limit.key) else { return Verdict::Admit };
        kept.bucket = kept.bucket.seen_at(now);
        kept.bucket.judge(&limit.budget, now)
    }

    fn find(&mut self, key: Key) -> Option<&mut Kept> {
        self.kept.get_mut(*self.places.get(&key)?)
    }

    fn find_or_make(&mut self, key: Key, now: Timestamp) -> &mut Bucket {
        if !self.places.contains_key(&key) {
            self.make_room(now);
        }
        let place = match self.places.entry(key) {
            Entry::Occupied(entry) => *entry.get(),
            Entry::Vacant(entry) => {
                self.kept.push(Kept { key, bucket: Bucket::new(now), is_reported: false });
                *entry.insert(self.kept.len() - 1)
            }
        };
        #[expect(clippy::indexing_slicing, reason = "`places` points into `kept`")]
        &mut self.kept[place].bucket
    }

    /// Forgets a few that can be forgotten, and one that cannot if there are too many.
    fn make_room(&mut self, now: Timestamp) {
        for _ in 0..SWEPT {
            let place = self.next_place();
            if self.owed_at(place, now).is_some_and(|owed| owed.is_zero()) {
                self.remove(place);
            }
        }
        if self.kept.len() < self.most {
            return;
        }
        // Those with tries under way stay: there are no more of them than requests.
        let candidate = |_| {
            let place = self.next_place();
            Some((self.owed_at(place, now)?, place))
        };
        if let Some((_, place)) = (0..COMPARED).filter_map(candidate).min() {
            self.remove(place);
        }
    }

    fn next_place(&mut self) -> usize {
        self.hand = if self.hand + 1 < self.kept.len() { self.hand + 1 } else { 0 };
        self.hand
    }

    /// After how long a bucket is forgiven; `None` while tries are under way.
    fn owed_at(&mut self, place: usize, now: Timestamp) -> Option<Duration> {
        let bucket = &mut self.kept.get_mut(place)?.bucket;
        *bucket = bucket.seen_at(now);
        (!bucket.is_busy()).then(|| bucket.owed_at(now))
    }

    fn forget_if_forgiven(&mut self, key: Key, now: Timestamp) {
        let Some(place) = self.places.get(&key).copied() else { return };
        if self.owed_at(place, now).is_some_and(|owed| owed.is_zero()) {
            self.remove(place);
        }
    }

    fn remove(&mut self, place: usize) {
        let removed = self.kept.swap_remove(place);
        self.places.remove(&removed.key);
        if let Some(moved) = self.kept.get(place) {
            self.places.insert(moved.key, place);
        }
    }
}

/// Of two verdicts the one that keeps longer.
fn stricter(one: Verdict, other: Verdict) -> Verdict {
    match (one, other) {
        (Verdict::Refuse(one), Verdict::Refuse(other)) => Verdict::Refuse(one.max(other)),
        (Verdict::Refuse(wait), _) | (_, Verdict::Refuse(wait)) => Verdict::Refuse(wait),
        (Verdict::Busy, _) | (_, Verdict::Busy) => Verdict::Busy,
        (Verdict::Admit, Verdict::Admit) => Verdict::Admit,
    }
}

#[cfg(test)]
mod tests;
