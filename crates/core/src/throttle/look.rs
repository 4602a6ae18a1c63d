//! What do the counters say of a try that wants to begin?
//!
//! Looking changes nothing at the counters: whoever is refused costs one reading, and is in nobody's way.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::counting::Place;
use super::limits::{Counts, Limit, Standing, Tried};
use super::settlement::Held;
use super::{Reserved, Throttle};
use crate::model::Timestamp;
use crate::policy::ThrottlePolicy;
use crate::policy::throttle::Verdict;
use crate::ports::throttle::{Counted, Counter, CounterKey};

/// How often a try that waits looks again: it does not hear of ends at other nodes, or of all that share its limits.
pub(super) const LOOK_AGAIN_EVERY: Duration = Duration::from_millis(200);

/// What was read for a try.
pub(super) struct Read {
    pub(super) place: Place,
    pub(super) standing: Standing,
    /// The limits of the client, its own first.
    pub(super) held: Vec<Held>,
    /// What is noted about its address and network.
    pub(super) noted: [Option<Counter>; 2],
}

impl Read {
    /// What a client shares with those only who are taken for the same.
    pub(super) fn bucket(&self, tried: &Tried) -> CounterKey {
        self.held.first().map_or(tried.subject, |held| held.limit.key)
    }
}

/// What follows for a try.
pub(super) enum Look {
    /// It may begin.
    May(Reservation),
    /// It may not, for so long.
    Refused(Duration),
    /// Others are in the way; after how long to look again.
    Busy(Duration),
}

/// Tries under way at this node, in what is limited for many people at once.
pub(super) struct Reservation {
    table: Arc<Mutex<Reserved>>,
    keys: Vec<CounterKey>,
}

impl Drop for Reservation {
    fn drop(&mut self) {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        for key in &self.keys {
            if let Some(count) = table.get_mut(key) {
                *count = count.saturating_sub(1);
                if *count == 0 {
                    table.remove(key);
                }
            }
        }
    }
}

impl Throttle {
    /// Looks once.
    pub(super) async fn look(&self, tried: &Tried, policy: &ThrottlePolicy, now: Timestamp) -> (Read, Look) {
        let read = self.read(tried, policy, now).await;
        let look = self.judge(&read.held, now);
        if matches!(look, Look::May(_)) || read.place == Place::Shared || read.standing == Standing::Device {
            return (read, look);
        }
        // Before anybody is held up as a stranger: what this process has forgotten may still be noted.
        if !self.remind(tried, &read.noted, now).await {
            return (read, look);
        }
        let read = self.read(tried, policy, now).await;
        let look = self.judge(&read.held, now);
        (read, look)
    }

    /// How long strangers have to wait for this node, if they do. Costs nothing.
    pub(super) fn slowed(&self, policy: &ThrottlePolicy, now: Timestamp) -> Option<Duration> {
        let limit = self.names.limit_of_node(policy);
        let held = Held::new(limit, self.counting.own().find(limit.key, now));
        let reserved = self.reserved.lock().unwrap_or_else(PoisonError::into_inner);
        slows(held.judge(now, reserved.get(&limit.key).copied().unwrap_or_default()))
    }

    /// What is limited for this client, and what weighs on it.
    async fn read(&self, tried: &Tried, policy: &ThrottlePolicy, now: Timestamp) -> Read {
        let limits = |standing| self.names.limits_of(standing, tried, policy);
        let standings: &[Standing] = match (tried.device, tried.known) {
            (Some(_), _) => &[Standing::Device],
            (None, Some(_)) => &[Standing::Address, Standing::Network, Standing::Stranger],
            (None, None) => &[Standing::Stranger],
        };
        let mut keys: Vec<CounterKey> = tried.known.into_iter().flatten().collect();
        for limit in standings.iter().flat_map(|standing| limits(*standing)) {
            if !limit.counts.is_here() && !keys.contains(&limit.key) {
                keys.push(limit.key);
            }
        }
        let (place, found) = self.counting.load(&keys, now).await;
        let kept = |key| {
            keys.iter().zip(&found).find(|(other, _)| **other == key).and_then(|(_, kept)| kept.clone())
        };
        let is_note = |counter: &Counter| counter.counted == Counted::Known;
        let noted = tried.known.map_or([None, None], |places| places.map(|key| kept(key).filter(is_note)));
        let standing = match (tried.device, &noted) {
            (Some(_), _) => Standing::Device,
            (None, [Some(_), _]) => Standing::Address,
            (None, [None, Some(_)]) => Standing::Network,
            (None, [None, None]) => Standing::Stranger,
        };
        let hold = |limit: Limit| {
            let is_here = limit.counts.is_here();
            let kept = if is_here { self.counting.own().find(limit.key, now) } else { kept(limit.key) };
            Held::new(limit, kept)
        };
        Read { place, standing, held: limits(standing).into_iter().map(hold).collect(), noted }
    }

    /// Judges by all limits; takes a place in those that count what is under way at this node.
    fn judge(&self, held: &[Held], now: Timestamp) -> Look {
        let mut reserved = self.reserved.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut verdict, mut slowed, mut keys) = (Verdict::Admit, None, Vec::new());
        for held in held {
            let key = held.limit.key;
            let others = || reserved.get(&key).copied().unwrap_or_default();
            match held.limit.counts {
                Counts::Tries(_) => verdict = verdict.or_stricter(held.judge(now, 0)),
                // Strangers are slowed down, as long as they wait.
                Counts::Here(_) => {
                    keys.push(key);
                    slowed = slows(held.judge(now, others()));
                }
                Counts::Failures(_) | Counts::Identifiers(_) => {
                    keys.push(key);
                    verdict = verdict.or_stricter(held.judge(now, others()));
                }
                Counts::Told(_) => {}
            }
        }
        match (verdict, slowed) {
            (Verdict::Refuse(wait), _) => return Look::Refused(wait),
            (Verdict::Busy, _) => return Look::Busy(LOOK_AGAIN_EVERY),
            (Verdict::Admit, Some(wait)) => return Look::Busy(wait),
            (Verdict::Admit, None) => {}
        }
        for key in &keys {
            *reserved.entry(*key).or_default() += 1;
        }
        Look::May(Reservation { table: Arc::clone(&self.reserved), keys })
    }
}

/// For how long somebody is slowed down.
const fn slows(verdict: Verdict) -> Option<Duration> {
    match verdict {
        Verdict::Admit => None,
        Verdict::Busy => Some(LOOK_AGAIN_EVERY),
        Verdict::Refuse(wait) => Some(wait),
    }
}
