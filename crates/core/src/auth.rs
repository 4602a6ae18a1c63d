//! What stands behind every flow, and how does it come to life?
//!
//! [`Auth`] is the one door to Portcullis: the HTTP API, the legacy contracts and the command line all go
//! through it. It is cheap to clone. Handles made by [`Auth::with_policy`] share everything but the rules.

mod feed;
mod feed_metrics;
mod hashing;
pub(crate) mod keys;
mod mails;
mod minting;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use portcullis_crypto::keyring::Keyring;
use portcullis_crypto::one_time::OneTimeKey;
use portcullis_crypto::password::StoredHash;
use portcullis_crypto::seal::MasterKey;
use portcullis_verifier::{Expectation, VerifiedCache};
use tokio::sync::{Notify, OnceCell};

pub(crate) use feed::FEED_OVERLAP;
pub use feed_metrics::FeedMetrics;
pub use keys::{KeyInfo, OpenError};

use crate::audit_queue::AuditQueue;
use crate::breached::{BreachMetrics, Breached};
use crate::decoys::Decoys;
use crate::estimates::Estimates;
use crate::flows::audit::Sealing;
use crate::flows::authenticate::ACCESS_TOKEN_TYPE;
use crate::hash_gate::{HashGate, HashGateMetrics};
use crate::model::{
    AccountId, AuditEvent, AuditKind, Client, EventId, NewSession, SessionId, SessionLimit, Timestamp,
};
use crate::policy::Policy;
use crate::policy::audit_chain::AuditSealer;
use crate::ports::{BreachedPasswords, Clock, Entropy, Mailer, Store, StoreError};
use crate::revoked::RevokedSessions;
use crate::revoked::publication::Publications;
use crate::tally::Tally;
use crate::throttle::{Throttle, ThrottleDeps};

/// How many checked access tokens are remembered: about 1 KiB each.
const REMEMBERED_TOKENS: usize = 10_000;

/// How far the clocks of two nodes may differ without anybody noticing (RFC 7519 §4.1.5 allows some): what one node
/// has just issued is no token from the future to another.
pub const CLOCK_TOLERANCE: Duration = Duration::from_mins(1);

/// The door to Portcullis.
#[derive(Clone)]
pub struct Auth {
    shared: Arc<Shared>,
    policy: Arc<Policy>,
    /// What an access token must say under this policy.
    expectation: Arc<Expectation>,
}

/// What [`Auth`] is made of.
pub struct Deps {
    /// The database.
    pub store: Arc<dyn Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// The line in front of hashing.
    pub gate: HashGate,
    /// What the signing keys in the database are sealed with.
    pub master_key: MasterKey,
    /// What they may be sealed with still: the master key before that one.
    pub previous_master_key: Option<MasterKey>,
    /// What knows passwords from breaches, if anything does.
    pub breached: Option<Arc<dyn BreachedPasswords>>,
    /// What wrong passwords are counted with.
    pub throttle: ThrottleDeps,
    /// What writes and sends mails, if anything does.
    pub mailer: Option<Arc<dyn Mailer>>,
}

struct Shared {
    deps: Deps,
    keyring: RwLock<Arc<Keyring>>,
    keys_seen: RwLock<keys::Seen>,
    revoked: RevokedSessions,
    throttle: Throttle,
    breached: Breached,
    feed_read: RwLock<feed::FeedRead>,
    publications: Publications,
    /// Whether the last look at what other processes did came to its end.
    is_in_touch: AtomicBool,
    verified: VerifiedCache,
    tally: Tally,
    audit_queue: AuditQueue,
    sealer: AuditSealer,
    sealing: tokio::sync::Mutex<Sealing>,
    decoys: Decoys,
    /// The decoy where nobody has a password yet.
    first_decoy: OnceCell<StoredHash>,
    estimates: Estimates,
    one_time: OneTimeKey,
    previous_one_time: Option<OneTimeKey>,
    /// Told when there is something new in the outbox.
    outbox: Notify,
    /// What other nodes know this one by.
    node: String,
    /// One look at the keys at a time, so that a slow one cannot undo what a later one saw.
    looks: tokio::sync::Mutex<keys::Looks>,
}

impl Auth {
    /// Opens the door: makes the first keys if there are none, unseals the keyring, reads the revocation feed.
    pub async fn open(deps: Deps, policy: Policy) -> Result<Self, OpenError> {
        let now = deps.clock.now();
        let records = keys::ensure_keys(&deps, &policy, now).await?;
        let (keyring, keys_seen) = keys::unseal(records, &deps)?;
        let mut node = [0; 16];
        deps.entropy.fill(&mut node);
        let throttle = Throttle::new(&deps.master_key, deps.throttle.clone());
        let decoys = Decoys::new(&deps.master_key);
        let one_time = OneTimeKey::new(&deps.master_key);
        let previous_one_time = deps.previous_master_key.as_ref().map(OneTimeKey::new);
        let sealer = AuditSealer::new(&deps.master_key).knowing(&deps.previous_master_key);
        let shared = Shared {
            breached: Breached::new(deps.breached.clone()),
            deps,
            node: uuid::Uuid::from_bytes(node).simple().to_string(),
            keyring: RwLock::new(Arc::new(keyring)),
            keys_seen: RwLock::new(keys_seen),
            revoked: RevokedSessions::default(),
            throttle,
            feed_read: RwLock::default(),
            publications: Publications::default(),
            is_in_touch: AtomicBool::new(true),
            verified: VerifiedCache::new(REMEMBERED_TOKENS),
            tally: Tally::default(),
            audit_queue: AuditQueue::default(),
            sealer,
            sealing: tokio::sync::Mutex::default(),
            decoys,
            first_decoy: OnceCell::new(),
            estimates: Estimates::default(),
            one_time,
            previous_one_time,
            outbox: Notify::new(),
            looks: tokio::sync::Mutex::default(),
        };
        let auth = Self::handle(Arc::new(shared), policy);
        auth.synchronise().await?;
        Ok(auth)
    }

    /// The same door under other rules: for a legacy contract with lifetimes or hashes of its own.
    #[must_use]
    pub fn with_policy(&self, policy: Policy) -> Self {
        Self::handle(Arc::clone(&self.shared), policy)
    }

    fn handle(shared: Arc<Shared>, policy: Policy) -> Self {
        let expectation = Expectation {
            issuer: policy.issuer.clone(),
            audience: policy.audience.clone(),
            token_type: ACCESS_TOKEN_TYPE.into(),
            // An access token lives exactly as long as it says.
            leeway: Duration::ZERO,
            future_leeway: CLOCK_TOLERANCE,
        };
        Self { shared, policy: Arc::new(policy), expectation: Arc::new(expectation) }
    }

    /// The rules of this handle.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The time, as flows see it.
    pub fn now(&self) -> Timestamp {
        self.shared.deps.clock.now()
    }

    /// Random bytes, for what a face of the server has to make up itself.
    pub fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.shared.deps.entropy.fill(&mut bytes);
        bytes
    }

    pub(crate) fn master_key(&self) -> &MasterKey {
        &self.shared.deps.master_key
    }

    pub(crate) fn fill(&self, bytes: &mut [u8]) {
        self.shared.deps.entropy.fill(bytes);
    }

    /// What the hash gate has done so far.
    pub fn hash_gate_metrics(&self) -> HashGateMetrics {
        self.shared.deps.gate.metrics()
    }

    /// How often it was asked whether a password is known from a breach.
    pub fn breach_metrics(&self) -> BreachMetrics {
        self.shared.breached.metrics()
    }

    /// Whether the server could serve: the database answers.
    pub async fn check_ready(&self) -> Result<(), StoreError> {
        self.store().ping().await
    }

    /// Takes in what other processes did: sessions they ended, keys they changed. To be called every second.
    pub async fn synchronise(&self) -> Result<(), OpenError> {
        let looked = async {
            self.read_feed().await?;
            self.reload_keys().await
        };
        let looked = looked.await;
        self.shared.is_in_touch.store(looked.is_ok(), Ordering::Relaxed);
        looked
    }

    /// How far the clock of this process is ahead of that of the database, in milliseconds; `None` where the
    /// database has none of its own. A node that is wrong by more than [`CLOCK_TOLERANCE`] harms itself: others
    /// refuse its tokens until their clocks get there.
    pub async fn clock_ahead_ms(&self) -> Result<Option<i64>, StoreError> {
        let theirs = self.store().database_time().await?;
        Ok(theirs.map(|theirs| self.now().as_millis() - theirs.as_millis()))
    }

    /// Waits until another process may have ended a session or changed keys; for ever where that cannot be known.
    pub async fn wait_for_news(&self) {
        self.store().wait_for_news().await;
    }

    pub(crate) fn store(&self) -> &dyn Store {
        self.shared.deps.store.as_ref()
    }

    /// What other nodes know this one by; another after every start.
    pub(crate) fn node(&self) -> &str {
        &self.shared.node
    }

    pub(crate) fn tally(&self) -> &Tally {
        &self.shared.tally
    }

    pub(crate) fn audit_queue(&self) -> &AuditQueue {
        &self.shared.audit_queue
    }

    pub(crate) fn sealer(&self) -> &AuditSealer {
        &self.shared.sealer
    }

    pub(crate) fn sealing(&self) -> &tokio::sync::Mutex<Sealing> {
        &self.shared.sealing
    }

    pub(crate) fn breached(&self) -> &Breached {
        &self.shared.breached
    }

    pub(crate) fn estimates(&self) -> &Estimates {
        &self.shared.estimates
    }

    pub(crate) fn gate(&self) -> &HashGate {
        &self.shared.deps.gate
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        self.shared.deps.clock.as_ref()
    }

    pub(crate) fn throttle(&self) -> &Throttle {
        &self.shared.throttle
    }

    pub(crate) fn revoked(&self) -> &RevokedSessions {
        &self.shared.revoked
    }

    pub(crate) fn publications(&self) -> &Publications {
        &self.shared.publications
    }

    pub(crate) fn keyring(&self) -> Arc<Keyring> {
        Arc::clone(&self.shared.keyring.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn expectation(&self) -> &Expectation {
        &self.expectation
    }

    pub(crate) fn verified(&self) -> &VerifiedCache {
        &self.shared.verified
    }

    pub(crate) fn new_account_id(&self, now: Timestamp) -> AccountId {
        AccountId::new(now, self.random())
    }

    /// A session of the lifetime that this handle's policy gives.
    pub(crate) fn new_session(&self, account_id: AccountId, client: &Client, now: Timestamp) -> NewSession {
        NewSession {
            id: SessionId::new(now, self.random()),
            account_id,
            client: client.clone(),
            created_at: now,
            authenticated_at: now,
            lifetime: self.policy.session,
            limit: self
                .policy
                .max_sessions
                .map(|most| SessionLimit { most, event_id: self.new_event_id(now) }),
            newcomer: None,
        }
    }

    pub(crate) fn new_event_id(&self, now: Timestamp) -> EventId {
        EventId::new(now, self.random())
    }

    /// An audit entry about an account that acts for itself.
    pub(crate) fn event(
        &self,
        kind: AuditKind,
        account_id: AccountId,
        client: &Client,
        now: Timestamp,
    ) -> AuditEvent {
        AuditEvent {
            id: self.new_event_id(now),
            at: now,
            kind,
            actor_id: Some(account_id),
            account_id: Some(account_id),
            session_id: None,
            client: client.clone(),
            detail: None,
        }
    }
}

impl std::fmt::Debug for Auth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Auth").field("policy", &self.policy).finish_non_exhaustive()
    }
}
