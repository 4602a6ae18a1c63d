//! How long does a hash take on this machine, and how many of each kind were there?

use std::collections::HashMap;
use std::time::Duration;

use portcullis_crypto::password::ComputationKind;

/// What a hash of a kind is taken for that was never computed here: it is wrong once.
const GUESS: Duration = Duration::from_millis(20);
/// How much the latest time counts: one part in so many.
const WEIGHT: u32 = 8;
/// How many kinds are remembered. A deployment has two or three.
const MOST_KINDS: usize = 64;

/// The time of one hash of each kind, as it was lately.
#[derive(Debug, Default)]
pub(super) struct Pace(HashMap<ComputationKind, Seen>);

#[derive(Debug)]
struct Seen {
    takes: Duration,
    times: u64,
}

impl Pace {
    /// What one of that kind will take.
    pub(super) fn of(&self, kind: ComputationKind) -> Duration {
        self.0.get(&kind).map_or(GUESS, |seen| seen.takes)
    }

    /// So many of that kind took so long each.
    pub(super) fn note(&mut self, kind: ComputationKind, times: u32, took: Duration) {
        if let Some(seen) = self.0.get_mut(&kind) {
            seen.takes = (seen.takes * (WEIGHT - 1) + took) / WEIGHT;
            seen.times += u64::from(times);
        } else if self.0.len() < MOST_KINDS {
            self.0.insert(kind, Seen { takes: took, times: u64::from(times) });
        }
    }

    /// How many there were of each kind.
    pub(super) fn counts(&self) -> HashMap<ComputationKind, u64> {
        self.0.iter().map(|(kind, seen)| (*kind, seen.times)).collect()
    }
}
