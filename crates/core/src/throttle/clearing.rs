//! What weighs on somebody, and how is it taken away?
//!
//! What one node takes away in its memory the others hear of: they look for notes every second. So does a running
//! server hear of the command line.

use std::collections::BTreeSet;
use std::sync::PoisonError;
use std::time::Duration;

use ipnet::IpNet;
use tokio::time::timeout;

use super::Throttle;
use super::counting::{Away, PATIENT_DEADLINE, Place};
use super::limits::{Tried, budget_of};
use crate::flows::log_in::SentIdentifier;
use crate::model::{Account, Client, Timestamp};
use crate::policy::ThrottlePolicy;
use crate::policy::throttle::{Bucket, LimitKind};
use crate::ports::throttle::{
    Counted, Counter, CounterChange, CounterKey, CountersError, MOST_KEYS, Replaced, Which,
};

/// How many counters of one kind are looked at.
const MOST_LISTED: usize = 1000;
/// How many listings it takes at most to clear all of a kind.
const MOST_LISTINGS: usize = 1000;
/// How many places are known again after a start.
const MOST_KNOWN: usize = 100_000;
/// For how long a note says that something was cleared.
const NOTED_FOR: Duration = Duration::from_mins(10);
/// How often something is cleared again that was counted meanwhile.
const MOST_ATTEMPTS: usize = 16;
/// What a network can be limited in.
const OF_ADDRESS: [LimitKind; 6] = [
    LimitKind::Address,
    LimitKind::IdentifiersOfAddress,
    LimitKind::KnownOfAddress,
    LimitKind::Registrations,
    LimitKind::Junk,
    LimitKind::Mails,
];

/// What weighs on one thing that is limited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Weight {
    /// What is limited.
    pub kind: LimitKind,
    /// Where, if that is a network.
    pub network: Option<IpNet>,
    /// How many failures weigh.
    pub failures: u32,
    /// Since when.
    pub since: Timestamp,
    /// Until when the next try has to wait, if it has to.
    pub waits_until: Option<Timestamp>,
    /// Whether only this node counts it.
    pub is_of_this_node: bool,
}

/// What is to be cleared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Clearing {
    /// All that weighs on an identifier.
    Subject(CounterKey),
    /// All that weighs on an address and its network, or on a network.
    Network(IpNet),
    /// All limits of a kind.
    Kind(LimitKind),
}

impl Throttle {
    /// By what the counters of an identifier, and of all names of an account, are found.
    pub(crate) fn keys_of(
        &self,
        sent: Option<&SentIdentifier>,
        account: Option<&Account>,
    ) -> BTreeSet<CounterKey> {
        let mut keys = BTreeSet::new();
        keys.extend(sent.map(|sent| self.names.of_sent(sent)));
        if let Some(account) = account {
            keys.extend(account.email.as_ref().map(|email| self.names.of_email(email)));
            keys.extend(account.username.as_ref().map(|username| self.names.of_username(username)));
            keys.insert(self.names.of_account(account.id));
        }
        keys
    }

    /// What weighs on an identifier.
    pub(crate) async fn weights_of(
        &self,
        subject: CounterKey,
        policy: &ThrottlePolicy,
        now: Timestamp,
    ) -> Result<Vec<Weight>, Away> {
        let found = self.counting.list(Which::Subject(subject), MOST_LISTED, now).await?;
        Ok(found.iter().filter_map(|(place, _, counter)| weight(*place, counter, policy, now)).collect())
    }

    /// What makes somebody wait, the longest first.
    pub(crate) async fn weights(&self, policy: &ThrottlePolicy, now: Timestamp) -> Result<Vec<Weight>, Away> {
        let mut weights = Vec::new();
        for kind in LimitKind::ALL.iter().filter(|kind| !kind.is_only_told()) {
            let Some(budget) = budget_of(*kind, policy) else { continue };
            // What makes somebody wait lasts longer than what is free. There may be many more that do not.
            let which = Which::Lasting(Counted::Limit(*kind), now.plus(budget.free()));
            let found = self.counting.list(which, MOST_LISTED, now).await?;
            let found = found.iter().filter_map(|(place, _, counter)| weight(*place, counter, policy, now));
            weights.extend(found.filter(|weight| weight.waits_until.is_some()));
        }
        weights.sort_by_key(|weight| std::cmp::Reverse(weight.waits_until));
        Ok(weights)
    }

    /// Takes away what weighs; answers how much it was. Other nodes and a running server are told: where that cannot be
    /// done it has not worked, and is to be asked for again.
    pub(crate) async fn clear(&self, clearing: Clearing, now: Timestamp) -> Result<usize, Away> {
        let cleared = match clearing {
            Clearing::Subject(subject) => self.clear_subject(subject, now).await?,
            Clearing::Network(network) => self.clear_network(network, now).await?,
            Clearing::Kind(kind) => self.clear_kind(kind, now).await?,
        };
        let (key, subject, network) = match clearing {
            Clearing::Subject(subject) => (self.names.of_clearing(&subject.0), Some(subject), None),
            Clearing::Network(network) => {
                (self.names.of_clearing(network.to_string().as_bytes()), None, Some(network))
            }
            Clearing::Kind(kind) => (self.key_of_clearing(kind), None, None),
        };
        let (bucket, expires_at) = (Bucket::new(now), now.plus(NOTED_FOR));
        let note = Counter { counted: Counted::Cleared, subject, network, bucket, expires_at };
        self.heed_once(key, now);
        if self.note(&[(key, note)], PATIENT_DEADLINE, now).await { Ok(cleared) } else { Err(Away) }
    }

    async fn clear_subject(&self, subject: CounterKey, now: Timestamp) -> Result<usize, Away> {
        let mut cleared = 0;
        for _ in 0..MOST_LISTINGS {
            let mut found = self.counting.list(Which::Subject(subject), MOST_LISTED, now).await?;
            let is_all = found.len() < MOST_LISTED;
            found.retain(|(_, _, counter)| matches!(counter.counted, Counted::Limit(_)));
            let before = cleared;
            for (place, key, counter) in found {
                cleared += usize::from(self.forget(place, key, counter, now).await?);
            }
            if is_all || cleared == before {
                return if is_all { Ok(cleared) } else { Err(Away) };
            }
        }
        Err(Away)
    }

    async fn clear_network(&self, network: IpNet, now: Timestamp) -> Result<usize, Away> {
        let keys = self.keys_of_network(network);
        let places = [Some(Place::Own), self.counting.is_shared().then_some(Place::Shared)];
        let mut cleared = 0;
        for place in places.into_iter().flatten() {
            let kept = self.counting.load_at(place, &keys, now).await?;
            for (key, counter) in keys.iter().zip(kept).filter_map(|(key, kept)| Some((key, kept?))) {
                cleared += usize::from(self.forget(place, *key, counter, now).await?);
            }
        }
        Ok(cleared)
    }

    async fn clear_kind(&self, kind: LimitKind, now: Timestamp) -> Result<usize, Away> {
        let which = Which::Of(Counted::Limit(kind));
        let mut cleared = self.counting.own().forget_all(which, now);
        for _ in 0..MOST_LISTINGS {
            let found = self.counting.list(which, MOST_LISTED, now).await?;
            let changes: Vec<_> = found
                .iter()
                .filter(|(place, ..)| *place == Place::Shared)
                .map(|(_, key, counter)| CounterChange {
                    key: *key,
                    expected: Some(counter.clone()),
                    new: None,
                })
                .collect();
            for changes in changes.chunks(MOST_KEYS) {
                if self.counting.replace_patiently(Place::Shared, changes, now).await? == Replaced::All {
                    cleared += changes.len();
                    continue;
                }
                for CounterChange { key, expected, .. } in changes {
                    let Some(counter) = expected.clone() else { continue };
                    cleared += usize::from(self.forget(Place::Shared, *key, counter, now).await?);
                }
            }
            if changes.len() < MOST_LISTED {
                return Ok(cleared);
            }
        }
        Err(Away)
    }

    /// The note of a kind says what it is about by its key only.
    fn key_of_clearing(&self, kind: LimitKind) -> CounterKey {
        self.names.of_clearing(kind.as_str().as_bytes())
    }

    /// Does in this process what others noted that they cleared.
    pub(crate) async fn heed_notes(&self, now: Timestamp) {
        let Some(notes) = &self.notes else { return };
        let listed = notes.list(Which::Of(Counted::Cleared), MOST_LISTED, now);
        // An outage is told by others, and the notes are there for a while.
        let Ok(Ok(found)) = timeout(self.counting.deadline(), listed).await else { return };
        {
            let mut heeded = self.heeded.lock().unwrap_or_else(PoisonError::into_inner);
            heeded.retain(|key, _| found.iter().any(|(other, _)| other == key));
        }
        for (key, note) in found {
            if self.heed_once(key, note.bucket.since()) {
                continue;
            }
            let clearing = match (note.subject, note.network) {
                (Some(subject), _) => Clearing::Subject(subject),
                (None, Some(network)) => Clearing::Network(network),
                (None, None) => {
                    let mut kinds = LimitKind::ALL.iter();
                    match kinds.find(|kind| self.key_of_clearing(**kind) == key) {
                        Some(kind) => Clearing::Kind(*kind),
                        None => continue,
                    }
                }
            };
            self.forget_here(clearing, now);
        }
    }

    /// Learns which places were known before the process began; answers how many. Where nodes count together nothing
    /// has to be learned.
    pub(crate) async fn recall(&self, now: Timestamp) -> usize {
        let Some(notes) = self.notes.as_ref().filter(|_| !self.counting.is_shared()) else { return 0 };
        match notes.list(Which::Of(Counted::Known), MOST_KNOWN, now).await {
            Ok(known) => {
                let count = known.len();
                self.counting.own().fill(known, count >= MOST_KNOWN, now);
                count
            }
            Err(error) => {
                tracing::warn!(%error, "the networks that were known before the start are not known yet");
                0
            }
        }
    }

    /// Forgets what has expired, at the shared counters and among the notes; answers how much.
    pub(crate) async fn prune(&self, now: Timestamp) -> u64 {
        let mut pruned = 0;
        let shared = self.counting.prune(now).await;
        let noted = match &self.notes {
            Some(notes) => notes.prune(now).await,
            None => Ok(0),
        };
        for outcome in [shared, noted] {
            match outcome {
                Ok(count) => pruned += count,
                Err(error) => {
                    tracing::warn!(%error, "expired counters of wrong passwords stay for another hour");
                }
            }
        }
        pruned
    }

    /// Looks for places at which a client is known, if this process may have forgotten them. Answers whether it was
    /// reminded of one.
    pub(super) async fn remind(&self, tried: &Tried, known: &[Option<Counter>; 2], now: Timestamp) -> bool {
        let (Some(notes), Some(places), [None, _]) = (&self.notes, tried.known, known) else { return false };
        if self.counting.is_shared() || self.counting.own().knows_all() {
            return false;
        }
        // SECURITY: those who are refused ask the database here, so only a few of them do at once.
        let load = async {
            let _place = self.reminders.acquire().await;
            notes.load(&places, now).await
        };
        let Ok(Ok(found)) = timeout(self.counting.deadline(), load).await else { return false };
        let mut is_reminded = false;
        for ((key, before), found) in places.into_iter().zip(known).zip(found) {
            if let (None, Some(counter)) = (before, found.filter(|found| found.counted == Counted::Known)) {
                self.counting.own().put(key, counter, now);
                is_reminded = true;
            }
        }
        is_reminded
    }

    /// Makes notes that outlast the process, all or none, if it can be done in time. Answers whether it was, or nobody
    /// keeps notes.
    pub(super) async fn note(
        &self,
        made: &[(CounterKey, Counter)],
        deadline: Duration,
        now: Timestamp,
    ) -> bool {
        let Some(notes) = &self.notes else { return true };
        let keys: Vec<CounterKey> = made.iter().map(|(key, _)| *key).collect();
        let write = async {
            for _ in 0..MOST_ATTEMPTS {
                let before = notes.load(&keys, now).await?.into_iter();
                let change = |((key, counter), expected): (&(CounterKey, Counter), _)| CounterChange {
                    key: *key,
                    expected,
                    new: Some(counter.clone()),
                };
                let changes: Vec<_> = made.iter().zip(before).map(change).collect();
                if notes.replace(&changes, now).await? == Replaced::All {
                    return Ok::<_, CountersError>(true);
                }
            }
            Ok(false)
        };
        matches!(timeout(deadline, write).await, Ok(Ok(true)))
    }

    fn forget_here(&self, clearing: Clearing, now: Timestamp) {
        let own = self.counting.own();
        match clearing {
            Clearing::Subject(subject) => drop(own.forget_all(Which::Subject(subject), now)),
            Clearing::Kind(kind) => drop(own.forget_all(Which::Of(Counted::Limit(kind)), now)),
            Clearing::Network(network) => {
                for key in self.keys_of_network(network) {
                    own.change(key, now, |_| (None, ()));
                }
            }
        }
    }

    async fn forget(
        &self,
        place: Place,
        key: CounterKey,
        counter: Counter,
        now: Timestamp,
    ) -> Result<bool, Away> {
        let mut expected = Some(counter);
        for _ in 0..MOST_ATTEMPTS {
            let change = CounterChange { key, expected: expected.take(), new: None };
            if self.counting.replace_patiently(place, &[change], now).await? == Replaced::All {
                return Ok(true);
            }
            expected = self.counting.load_at(place, &[key], now).await?.pop().flatten();
            if expected.is_none() {
                return Ok(false);
            }
        }
        Err(Away)
    }

    /// Notes that this process has done what was noted at a time; answers whether it had before.
    fn heed_once(&self, key: CounterKey, at: Timestamp) -> bool {
        self.heeded.lock().unwrap_or_else(PoisonError::into_inner).insert(key, at) == Some(at)
    }

    /// Of an address and the network around it, or of a network.
    fn keys_of_network(&self, network: IpNet) -> Vec<CounterKey> {
        let around = Client::new(Some(network.addr()), None);
        let (wide, narrow) = (around.network(), around.address_block());
        let mut keys: Vec<_> = [LimitKind::Network, LimitKind::MailsOfNetwork]
            .map(|kind| self.names.of_network(kind, wide))
            .into();
        if narrow.is_some_and(|narrow| network.prefix_len() >= narrow.prefix_len()) {
            keys.extend(OF_ADDRESS.map(|kind| self.names.of_network(kind, narrow)));
        }
        keys
    }
}

fn weight(place: Place, counter: &Counter, policy: &ThrottlePolicy, now: Timestamp) -> Option<Weight> {
    let Counted::Limit(kind) = counter.counted else { return None };
    let budget = budget_of(kind, policy)?;
    let bucket = counter.bucket.seen_at(&budget, now);
    let wait = bucket.wait_at(&budget, now);
    let failures = bucket.failures_at(&budget, now);
    (failures > 0).then(|| Weight {
        kind,
        network: counter.network,
        failures,
        since: bucket.since(),
        waits_until: (!wait.is_zero() && !kind.is_only_told()).then(|| now.plus(wait)),
        is_of_this_node: place == Place::Own,
    })
}
