//! Where do several nodes count wrong passwords together?
//!
//! Invariants every answer keeps (`testing::counters_contract` checks them):
//! - What is kept under several keys is replaced at once, if nothing of it has changed since it was read; otherwise
//!   nothing is.
//! - What has expired is as good as absent, and may be forgotten at any time.
//!
//! SECURITY: no key and nothing that is kept names a person: keys are pseudonyms under a key that is not there.

mod bytes;

use async_trait::async_trait;
use ipnet::IpNet;

use crate::model::Timestamp;
use crate::policy::throttle::{Bucket, LimitKind};

/// How many keys are asked for or changed at once, at most.
pub const MOST_KEYS: usize = 10;

/// The port to the counters.
#[async_trait]
pub trait ThrottleCounters: Send + Sync + 'static {
    /// What is kept under up to [`MOST_KEYS`] keys, in their order.
    async fn load(&self, keys: &[CounterKey], now: Timestamp) -> Result<Vec<Option<Counter>>, CountersError>;

    /// Makes up to [`MOST_KEYS`] changes of different keys, all or none.
    async fn replace(&self, changes: &[CounterChange], now: Timestamp) -> Result<Replaced, CountersError>;

    /// Up to `most` of those that there are, in any order. All that were looked for have been looked at, or it fails.
    async fn list(
        &self,
        which: Which,
        most: usize,
        now: Timestamp,
    ) -> Result<Vec<(CounterKey, Counter)>, CountersError>;

    /// Forgets what has expired; answers how many. Where that happens by itself, none.
    async fn prune(&self, now: Timestamp) -> Result<u64, CountersError>;
}

/// What a counter is found by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CounterKey(pub [u8; 16]);

/// What is kept under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counter {
    /// What is counted.
    pub counted: Counted,
    /// The key of the identifier that it belongs to, if it does to one.
    pub subject: Option<CounterKey>,
    /// The client network that it belongs to, if it does to one.
    pub network: Option<IpNet>,
    /// What weighs on it.
    pub bucket: Bucket,
    /// From when on it is worth nothing.
    pub expires_at: Timestamp,
}

/// What is counted, or noted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Counted {
    /// Something that is limited.
    Limit(LimitKind),
    /// Nothing: somebody has logged in with this identifier from this network.
    Known,
    /// Nothing: an administrator has taken away what weighs on this identifier or network.
    Cleared,
}

impl Counted {
    const CODE_OF_KNOWN: u8 = 100;
    const CODE_OF_CLEARED: u8 = 101;

    /// The number that stands for it.
    pub const fn code(self) -> u8 {
        match self {
            Self::Limit(kind) => kind.code(),
            Self::Known => Self::CODE_OF_KNOWN,
            Self::Cleared => Self::CODE_OF_CLEARED,
        }
    }

    fn of_code(code: u8) -> Option<Self> {
        match code {
            Self::CODE_OF_KNOWN => Some(Self::Known),
            Self::CODE_OF_CLEARED => Some(Self::Cleared),
            code => LimitKind::ALL.iter().copied().find(|kind| kind.code() == code).map(Self::Limit),
        }
    }

    /// Everything that can be pruned or listed.
    pub fn all() -> impl Iterator<Item = Self> {
        LimitKind::ALL.iter().copied().map(Self::Limit).chain([Self::Known, Self::Cleared])
    }
}

/// What becomes of what is kept under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CounterChange {
    /// Which.
    pub key: CounterKey,
    /// What it must still be; `None` when there must be nothing.
    pub expected: Option<Counter>,
    /// What it becomes; `None` when it is forgotten.
    pub new: Option<Counter>,
}

/// What became of changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replaced {
    /// All were made.
    All,
    /// None was: somebody else was faster.
    Nothing,
}

/// Which counters are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// All that count or note the same.
    Of(Counted),
    /// Those of them that expire after a time.
    Lasting(Counted, Timestamp),
    /// All that belong to an identifier.
    Subject(CounterKey),
}

impl Which {
    /// Whether this is one of them.
    pub fn takes(&self, counter: &Counter) -> bool {
        match self {
            Self::Of(what) => counter.counted == *what,
            Self::Lasting(what, after) => counter.counted == *what && counter.expires_at > *after,
            Self::Subject(subject) => counter.subject == Some(*subject),
        }
    }
}

/// Why nothing can be counted there at the moment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the counters cannot be reached: {cause}")]
pub struct CountersError {
    /// For the log only.
    pub cause: String,
}
