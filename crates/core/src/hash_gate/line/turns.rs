//! Whose turn is it of those who share time equally?
//!
//! Each stands where the time that was spent on it has got it, and whoever stands lowest is next. Whoever comes begins at
//! the level: the time that each has had who shared all along.
//!
//! Invariants
//! - The level never falls while anybody waits, and rises with all that is done: whoever waits is not passed for ever by
//!   others who have just come.
//! - Nobody who waits stands more than one job below the level: whoever comes waits for one job of each of the others.
//! - Only those are known who wait, or who had more than their share a moment ago. When nobody waits any more, nobody is.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::Duration;

/// Those who share.
#[derive(Debug)]
pub(super) struct Turns<K> {
    members: HashMap<K, Member>,
    /// Where whoever comes begins.
    level: Duration,
    /// How many members wait.
    waiting: u32,
}

#[derive(Debug)]
struct Member {
    stands: Duration,
    jobs: usize,
}

impl<K> Default for Turns<K> {
    fn default() -> Self {
        Self { members: HashMap::new(), level: Duration::ZERO, waiting: 0 }
    }
}

impl<K: Hash + Eq> Turns<K> {
    /// Whether nobody waits.
    pub(super) const fn is_empty(&self) -> bool {
        self.waiting == 0
    }

    /// How many are known.
    #[cfg(test)]
    pub(super) fn known(&self) -> usize {
        self.members.len()
    }

    /// Where somebody stands.
    pub(super) fn standing(&self, key: &K) -> Duration {
        self.members.get(key).map_or(self.level, |member| member.stands)
    }

    /// A job of somebody waits from now on.
    pub(super) fn enter(&mut self, key: K) {
        let member = self.members.entry(key).or_insert(Member { stands: self.level, jobs: 0 });
        if member.jobs == 0 {
            self.waiting += 1;
        }
        member.jobs += 1;
    }

    /// A job of somebody waits no more, on which so much time is spent.
    pub(super) fn leave(&mut self, key: &K, cost: Duration) {
        let shared_by = self.waiting.max(1);
        if let Some(member) = self.members.get_mut(key) {
            member.stands += cost;
            member.jobs = member.jobs.saturating_sub(1);
            if member.jobs == 0 {
                self.waiting = self.waiting.saturating_sub(1);
            }
        }
        self.rise(cost, shared_by);
    }

    fn rise(&mut self, cost: Duration, shared_by: u32) {
        let waiting = self.members.values().filter(|member| member.jobs > 0);
        let Some(least) = waiting.map(|member| member.stands).min() else {
            *self = Self::default();
            return;
        };
        // Those who left had their share earlier than the others will: without a bound the level would run ahead of those.
        let risen = (self.level + cost / shared_by).min(least + cost / 2);
        self.level = self.level.max(risen).max(least);
        let level = self.level;
        self.members.retain(|_, member| member.jobs > 0 || member.stands > level);
    }
}
