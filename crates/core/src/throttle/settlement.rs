//! What becomes of the counters when a try begins and when it ends?
//!
//! Pure: out of what is kept, what is to be kept. The limits of a try and what was read for them go together here.

use std::time::Duration;

use super::Ending;
use super::limits::{Counts, KNOWN_AGAIN_AFTER, Limit, Tried};
use crate::model::Timestamp;
use crate::policy::ThrottlePolicy;
use crate::policy::throttle::{Bucket, Lease, LimitKind, Mark, Verdict};
use crate::ports::throttle::{Counted, Counter, CounterChange};

/// A limit of a try, and what is known of its counter.
#[derive(Debug, Clone)]
pub(super) struct Held {
    pub(super) limit: Limit,
    /// As it was read, or written, last.
    pub(super) seen: Option<Counter>,
    /// Where the try is counted.
    lease: Option<Lease>,
}

/// What has to be said and done after a try has ended.
#[derive(Debug, Default)]
pub(super) struct After {
    /// Limits that make others wait from now on, and nobody knows yet.
    pub(super) news: Vec<Limit>,
    /// How much later a failure is answered.
    pub(super) delay: Duration,
}

impl Held {
    pub(super) const fn new(limit: Limit, seen: Option<Counter>) -> Self {
        Self { limit, seen, lease: None }
    }

    /// Whether another try may begin, beside `others` that are under way and counted elsewhere.
    pub(super) fn judge(&self, now: Timestamp, others: u32) -> Verdict {
        self.bucket(now).judge(self.limit.counts.budget(), now, others)
    }

    /// The try begins; what that changes. Only what counts tries takes note.
    pub(super) fn begin(&mut self, now: Timestamp) -> Option<CounterChange> {
        if !matches!(self.limit.counts, Counts::Tries(_)) {
            return None;
        }
        let mut bucket = self.bucket(now);
        self.lease = Some(bucket.begin());
        Some(self.becomes(bucket, now))
    }

    /// The change of a beginning was made.
    pub(super) fn has_begun(&mut self, change: &CounterChange) {
        if change.key == self.limit.key {
            self.seen.clone_from(&change.new);
        }
    }

    /// Forgets where the try is counted, because it is somewhere else.
    pub(super) fn forget_lease(&mut self) {
        self.lease = None;
    }

    /// The try ends; what that changes.
    pub(super) fn end(&self, end: End, after: &mut After) -> Option<CounterChange> {
        let End { ending, mark, now, longest_delay } = end;
        let mut bucket = self.bucket(now);
        if let Some(lease) = self.lease {
            bucket.release(lease);
        }
        let budget = self.limit.counts.budget();
        match ending {
            Ending::Wrong => {
                let is_news = match &self.limit.counts {
                    Counts::Identifiers(spread) | Counts::Told(spread) => bucket.fail_with(spread, mark, now),
                    Counts::Tries(budget) | Counts::Failures(budget) | Counts::Here(budget) => {
                        bucket.fail(budget, now)
                    }
                };
                if is_news {
                    after.news.push(self.limit);
                }
                // Whoever comes from a device that is known proves it with every try, and may mistype.
                if self.limit.kind != LimitKind::KnownDevice && !self.limit.kind.is_only_told() {
                    after.delay = after.delay.max(bucket.delay(budget, longest_delay));
                }
            }
            // Who knows one password may still be guessing others, and others the same.
            Ending::Right if is_of_one_client(self.limit.kind) => bucket.forgive(),
            Ending::Right | Ending::Unknown if self.lease.is_none() => return None,
            Ending::Right | Ending::Unknown => {}
        }
        Some(self.becomes(bucket, now)).filter(|change| change.expected != change.new)
    }

    fn bucket(&self, now: Timestamp) -> Bucket {
        let bucket = self.seen.as_ref().map_or_else(|| Bucket::new(now), |counter| counter.bucket);
        bucket.seen_at(self.limit.counts.budget(), now)
    }

    fn becomes(&self, bucket: Bucket, now: Timestamp) -> CounterChange {
        let Limit { kind, key, subject, network, counts } = self.limit;
        let expires_at = bucket.worth_until(counts.budget());
        let counter = Counter { counted: Counted::Limit(kind), subject, network, bucket, expires_at };
        CounterChange { key, expected: self.seen.clone(), new: Some(counter).filter(|_| expires_at > now) }
    }
}

/// How a try ends.
#[derive(Debug, Clone, Copy)]
pub(super) struct End {
    pub(super) ending: Ending,
    pub(super) mark: Mark,
    pub(super) now: Timestamp,
    pub(super) longest_delay: Duration,
}

const fn is_of_one_client(kind: LimitKind) -> bool {
    matches!(kind, LimitKind::Pair | LimitKind::KnownNetwork | LimitKind::KnownDevice)
}

/// What is noted about where somebody has logged in, unless it was lately: the address, and its network.
pub(super) fn welcome(
    tried: &Tried,
    noted: &[Option<Counter>; 2],
    policy: &ThrottlePolicy,
    now: Timestamp,
) -> Vec<CounterChange> {
    let Some(places) = tried.known else { return Vec::new() };
    let is_old = |noted: &Option<Counter>| {
        noted.as_ref().is_none_or(|noted| now.since(noted.bucket.since()) >= KNOWN_AGAIN_AFTER)
    };
    let counter = Counter {
        counted: Counted::Known,
        subject: Some(tried.subject),
        network: None,
        bucket: Bucket::new(now),
        expires_at: now.plus(policy.known_for),
    };
    let old = places.into_iter().zip(noted).filter(|(_, noted)| is_old(noted));
    let change = |(key, noted): (_, &Option<Counter>)| CounterChange {
        key,
        expected: noted.clone(),
        new: Some(counter.clone()),
    };
    old.map(change).collect()
}
