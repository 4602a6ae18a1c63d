//! Whose turn is it at one bucket, and who waits for a try there to end?
//!
//! A few buckets share a lane. That costs them a wait now and then, and changes no answer.

use tokio::sync::{Mutex, Notify};

use crate::ports::throttle::CounterKey;

/// How many buckets can be asked about at once.
const LANES: usize = 1024;

/// All of them.
pub(super) struct Lanes(Box<[Lane; LANES]>);

/// Of a bucket.
#[derive(Debug, Default)]
pub(super) struct Lane {
    /// Whose turn it is to write at the shared counters, so that only nodes get into each other's way.
    pub(super) turn: Mutex<()>,
    /// Whenever a try ends, for one of those who wait for it.
    pub(super) ended: Notify,
}

impl Lanes {
    /// Nobody is there.
    pub(super) fn new() -> Self {
        Self(Box::new(std::array::from_fn(|_| Lane::default())))
    }

    /// The lane of a bucket.
    pub(super) fn of(&self, bucket: CounterKey) -> &Lane {
        let [one, other, ..] = bucket.0;
        let [first, ..] = &*self.0;
        self.0.get(usize::from(u16::from_be_bytes([one, other])) % LANES).unwrap_or(first)
    }
}
