//! What have the limits done so far?

use std::sync::atomic::{AtomicU64, Ordering};

use super::Throttle;
use crate::policy::throttle::LimitKind;

/// Numbers since the start of the process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThrottleMetrics {
    /// Tries that were told to come back later.
    pub refused: u64,
    /// Failures that were answered later.
    pub delayed: u64,
    /// Limits that were used up, by kind.
    pub exhausted: Vec<(LimitKind, u64)>,
    /// Tries that waited for others to end.
    pub waited: u64,
    /// Tries of clients that were known.
    pub known: u64,
    /// How often shared counters were asked in vain, so that this node counted by itself.
    pub counters_away: u64,
}

#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) refused: Count,
    pub(super) delayed: Count,
    exhausted: [Count; LimitKind::ALL.len()],
    pub(super) waited: Count,
    pub(super) known: Count,
}

#[derive(Debug, Default)]
pub(super) struct Count(AtomicU64);

impl Count {
    pub(super) fn add(&self, number: u64) {
        self.0.fetch_add(number, Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Counts {
    /// A limit of this kind is used up.
    pub(super) fn exhaust(&self, kind: LimitKind) {
        for (_, count) in LimitKind::ALL.iter().zip(&self.exhausted).filter(|(known, _)| **known == kind) {
            count.add(1);
        }
    }

    fn exhausted(&self) -> Vec<(LimitKind, u64)> {
        LimitKind::ALL.iter().zip(&self.exhausted).map(|(kind, count)| (*kind, count.get())).collect()
    }
}

impl Throttle {
    pub(super) fn metrics(&self) -> ThrottleMetrics {
        ThrottleMetrics {
            refused: self.counts.refused.get(),
            delayed: self.counts.delayed.get(),
            exhausted: self.counts.exhausted(),
            waited: self.counts.waited.get(),
            known: self.counts.known.get(),
            counters_away: self.counting.failures(),
        }
    }
}
