//! How is written how a try ended?
//!
//! Invariants
//! - What ended stays in [`Unsettled::held`] until all of it is written: whoever hangs up meanwhile has failed.
//! - A try is out of the way only when the counters know how it ended.

use std::time::Duration;

use tokio::time::{sleep, timeout};

use super::counting::{Away, Place};
use super::limits::Tried;
use super::look::Reservation;
use super::settlement::{After, End, Held, welcome};
use super::{Ending, Throttle};
use crate::model::Timestamp;
use crate::policy::ThrottlePolicy;
use crate::ports::Clock;
use crate::ports::throttle::{Counter, CounterChange, CounterKey, Replaced};

/// How often what cannot be written at once is tried again because somebody else was faster.
pub(super) const MOST_CONFLICTS: u32 = 16;
/// How many dropped tries are remembered until they are counted.
const MOST_UNSETTLED: usize = 10_000;

/// A try that has begun, and stands in the counters as one.
pub(super) struct Unsettled {
    pub(super) place: Place,
    /// What it shares with those only who are taken for the same.
    pub(super) bucket: CounterKey,
    pub(super) held: Vec<Held>,
    pub(super) tried: Tried,
    /// What is noted about the address and the network.
    pub(super) noted: [Option<Counter>; 2],
    pub(super) policy: ThrottlePolicy,
    /// Gone when it is out of the way.
    pub(super) _reservation: Reservation,
}

impl Throttle {
    /// Writes how a try ended; answers how much later that is to be said.
    pub(super) async fn settle(&self, open: &mut Unsettled, ending: Ending, now: Timestamp) -> Duration {
        let end = End { ending, mark: open.tried.mark(), now, longest_delay: open.policy.longest_delay };
        let mut after = After::default();
        let is_written = open.place == Place::Shared && self.settle_there(open, end, &mut after).await;
        if open.place == Place::Shared && !is_written {
            // SECURITY: while the counters are away a guess must weigh somewhere.
            open.held.iter_mut().for_each(Held::forget_lease);
        }
        let rest = open.held.iter_mut().filter(|held| !is_written || held.limit.counts.is_here());
        self.settle_here(rest, end, &mut after);
        // It is counted: whoever hangs up from here on has not failed.
        open.held.clear();
        if ending == Ending::Right {
            let changes = welcome(&open.tried, &open.noted, &open.policy, now);
            self.remember(changes, now).await;
        }
        after.news.into_iter().for_each(|limit| self.report(limit, now));
        after.delay
    }

    fn settle_here<'h>(&self, held: impl Iterator<Item = &'h mut Held>, end: End, after: &mut After) {
        for held in held {
            self.counting.own().change(held.limit.key, end.now, |kept| {
                held.seen = kept;
                match held.end(end, after) {
                    Some(change) => (change.new, ()),
                    None => (held.seen.take(), ()),
                }
            });
        }
    }

    /// False when the shared counters are away, or change all the time.
    async fn settle_there(&self, open: &mut Unsettled, end: End, after: &mut After) -> bool {
        let is_there = |held: &Held| !held.limit.counts.is_here();
        let there = open.held.iter().filter(|held| is_there(held));
        let keys: Vec<CounterKey> = there.map(|held| held.limit.key).collect();
        // Late or not, it is written: a turn only spares a conflict.
        let _turn = timeout(self.counting.deadline(), self.lanes.of(open.bucket).turn.lock()).await;
        for conflicts in 1..=MOST_CONFLICTS {
            *after = After::default();
            let there = open.held.iter().filter(|held| is_there(held));
            let changes: Vec<_> = there.filter_map(|held| held.end(end, after)).collect();
            match self.counting.replace(Place::Shared, &changes, end.now).await {
                Ok(Replaced::All) => return true,
                Ok(Replaced::Nothing) => step_aside(conflicts).await,
                Err(Away) => break,
            }
            let Ok(found) = self.counting.load_at(Place::Shared, &keys, end.now).await else { break };
            for (held, kept) in open.held.iter_mut().filter(|held| is_there(held)).zip(found) {
                held.seen = kept;
            }
        }
        *after = After::default();
        false
    }

    /// Notes that a place is known: where nodes count together and in memory, or in memory and where notes outlast the
    /// process. A note that is not made costs its owner nothing but a limit that others share.
    async fn remember(&self, changes: Vec<CounterChange>, now: Timestamp) {
        let notes: Vec<_> =
            changes.iter().filter_map(|change| Some((change.key, change.new.clone()?))).collect();
        if notes.is_empty() {
            return;
        }
        for (key, counter) in &notes {
            self.counting.own().put(*key, counter.clone(), now);
        }
        if !self.counting.is_shared() {
            if !self.note(&notes, self.counting.deadline(), now).await {
                tracing::debug!("a note on a known network could not be made");
            }
            return;
        }
        if self.counting.replace(Place::Shared, &changes, now).await == Ok(Replaced::Nothing) {
            // Another login from there was faster with one of them.
            for change in changes {
                let _ = self.counting.replace(Place::Shared, &[change], now).await;
            }
        }
    }

    /// A try was dropped: it has failed. What cannot be written at once is left to [`Self::settle_dropped`].
    pub(super) fn drop_try(&self, mut open: Box<Unsettled>, clock: &dyn Clock) {
        if open.held.is_empty() {
            return self.told_of_end(*open);
        }
        if open.place == Place::Shared {
            let mut waiting = self.unsettled();
            if waiting.len() < MOST_UNSETTLED {
                waiting.push(*open);
                return;
            }
            drop(waiting);
            open.held.iter_mut().for_each(Held::forget_lease);
        }
        let now = clock.now();
        let end = End { ending: Ending::Wrong, mark: open.tried.mark(), now, longest_delay: Duration::ZERO };
        let mut after = After::default();
        self.settle_here(open.held.iter_mut(), end, &mut after);
        after.news.into_iter().for_each(|limit| self.report(limit, now));
        self.told_of_end(*open);
    }

    /// Counts tries that were dropped, up to so many. No request does that for others: it could be dropped as well.
    pub(super) async fn settle_dropped(&self, most: usize, clock: &dyn Clock) {
        for _ in 0..most {
            let next = self.unsettled().pop();
            let Some(mut open) = next else { return };
            self.settle(&mut open, Ending::Wrong, clock.now()).await;
            self.told_of_end(open);
        }
    }

    /// A try is out of the way: one that waits for it looks again.
    pub(super) fn told_of_end(&self, open: Unsettled) {
        let bucket = open.bucket;
        drop(open);
        self.lanes.of(bucket).ended.notify_one();
    }
}

/// Lets those go first who are in the way.
pub(super) async fn step_aside(conflicts: u32) {
    match conflicts {
        0 | 1 => tokio::task::yield_now().await,
        _ => sleep(Duration::from_millis(2) * conflicts).await,
    }
}
