//! What has the gate done so far?

use std::collections::HashMap;
use std::time::Duration;

use portcullis_crypto::password::ComputationKind;

use crate::metrics::{Count, Histogram, Times};

/// The upper ends of the classes that times are counted in.
const BOUNDS: [Duration; 11] = [
    Duration::from_millis(1),
    Duration::from_millis(5),
    Duration::from_millis(10),
    Duration::from_millis(25),
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(250),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_millis(2500),
    Duration::from_secs(5),
];

/// Counters since the start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HashGateMetrics {
    /// Jobs in the line now.
    pub waiting: usize,
    /// Memory that running hashes need now, in KiB.
    pub memory_kib: u32,
    /// Passwords compared with a hash.
    pub verified: u64,
    /// New hashes made.
    pub hashed: u64,
    /// Callers told to come back, for whatever reason.
    pub refused: u64,
    /// Of these, the ones who gave way to somebody who had asked for less.
    pub displaced: u64,
    /// Jobs dropped unhashed because nobody waited for them any more.
    pub abandoned: u64,
    /// Jobs that were computed together with another one.
    pub interleaved: u64,
    /// How many of each kind were computed.
    pub kinds: HashMap<ComputationKind, u64>,
    /// How long jobs stood in the line until they were begun.
    pub waited: Times<{ BOUNDS.len() }>,
    /// How long workers were at it, each batch once.
    pub worked: Times<{ BOUNDS.len() }>,
}

#[derive(Debug)]
pub(super) struct Counters {
    pub(super) verified: Count,
    pub(super) hashed: Count,
    pub(super) refused: Count,
    pub(super) displaced: Count,
    pub(super) abandoned: Count,
    pub(super) interleaved: Count,
    pub(super) waited: Histogram<{ BOUNDS.len() }>,
    pub(super) worked: Histogram<{ BOUNDS.len() }>,
}

impl Counters {
    pub(super) fn new() -> Self {
        Self {
            verified: Count::default(),
            hashed: Count::default(),
            refused: Count::default(),
            displaced: Count::default(),
            abandoned: Count::default(),
            interleaved: Count::default(),
            waited: Histogram::new(&BOUNDS),
            worked: Histogram::new(&BOUNDS),
        }
    }
}
