//! What stands behind every flow, and how does it come to life?
//!
//! [`Auth`] is the one door to Portcullis: the HTTP API, the legacy contracts and the command line all go
//! through it. It is cheap to clone. Handles made by [`Auth::with_policy`] share everything but the rules.

mod keys;
mod minting;

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use portcullis_crypto::keyring::Keyring;
use portcullis_crypto::password::StoredHash;
use portcullis_crypto::seal::MasterKey;
use portcullis_crypto::secret::Password;
use portcullis_verifier::{Expectation, VerifiedCache};
use tokio::sync::OnceCell;

pub use keys::{KeyInfo, OpenError};

use crate::flows::authenticate::ACCESS_TOKEN_TYPE;
use crate::hash_gate::{HashError, HashGate, HashGateMetrics};
use crate::model::{AccountId, AuditEvent, AuditKind, Client, EventId, NewSession, SessionId, Timestamp};
use crate::policy::Policy;
use crate::ports::{Clock, Entropy, Store, StoreError};
use crate::revoked::RevokedSessions;
use crate::throttle::Throttle;

/// How many checked access tokens are remembered: about 1 KiB each.
const REMEMBERED_TOKENS: usize = 10_000;

/// How far the clocks of two nodes may differ without anybody noticing (RFC 7519 §4.1.5 allows some): what one node
/// has just issued is no token from the future to another.
pub const CLOCK_TOLERANCE: Duration = Duration::from_mins(1);

/// How far back the feed is read again at each look, so that what was committed late is not missed: an entry has
/// the time of the request, by the clock of its node, and may have waited for the database.
const FEED_OVERLAP: Duration = Duration::from_mins(2);

/// How often all of the feed is read again, so that a clock that is wrong by more delays a revocation instead of
/// hiding it.
const FEED_REREAD_EVERY: Duration = Duration::from_secs(30);

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
}

struct Shared {
    deps: Deps,
    keyring: RwLock<Arc<Keyring>>,
    keys_seen: RwLock<Vec<KeyInfo>>,
    revoked: RevokedSessions,
    throttle: Throttle,
    feed_read: RwLock<FeedRead>,
    verified: VerifiedCache,
    dummy_hash: OnceCell<StoredHash>,
    /// What other nodes know this one by.
    node: String,
    /// One look at the keys at a time, so that a slow one cannot undo what a later one saw.
    looks: tokio::sync::Mutex<keys::Looks>,
}

/// Up to when the revocation feed is known.
#[derive(Debug, Clone, Copy, Default)]
struct FeedRead {
    last: Option<Timestamp>,
    whole: Option<Timestamp>,
}

impl Auth {
    /// Opens the door: makes the first keys if there are none, unseals the keyring, reads the revocation feed.
    pub async fn open(deps: Deps, policy: Policy) -> Result<Self, OpenError> {
        let now = deps.clock.now();
        let records = keys::ensure_keys(&deps, &policy, now).await?;
        let keyring = Keyring::unseal(&records, &deps.master_key)?;
        let mut node = [0; 16];
        deps.entropy.fill(&mut node);
        let mut throttle_secret = [0; 32];
        deps.entropy.fill(&mut throttle_secret);
        let shared = Shared {
            deps,
            node: uuid::Uuid::from_bytes(node).simple().to_string(),
            keyring: RwLock::new(Arc::new(keyring)),
            keys_seen: RwLock::new(keys::infos(&records)),
            revoked: RevokedSessions::default(),
            throttle: Throttle::new(throttle_secret),
            feed_read: RwLock::default(),
            verified: VerifiedCache::new(REMEMBERED_TOKENS),
            dummy_hash: OnceCell::new(),
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

    /// What the hash gate has done so far.
    pub fn hash_gate_metrics(&self) -> HashGateMetrics {
        self.shared.deps.gate.metrics()
    }

    /// Whether the server could serve: the database answers.
    pub async fn check_ready(&self) -> Result<(), StoreError> {
        self.store().ping().await
    }

    /// Takes in what other processes did: sessions they ended, keys they changed. To be called every second.
    pub async fn synchronise(&self) -> Result<(), OpenError> {
        self.read_feed().await?;
        self.reload_keys().await
    }

    /// Makes the hash that logins of unknown accounts are checked against. To be called once at the start, so
    /// that the first such login takes no longer than the next.
    pub async fn warm_up(&self) -> Result<(), HashError> {
        self.dummy_hash().await.map(|_| ())
    }

    async fn read_feed(&self) -> Result<(), StoreError> {
        let now = self.now();
        let read = *self.shared.feed_read.read().unwrap_or_else(PoisonError::into_inner);
        let is_due = |whole: Timestamp| now.since(whole) >= FEED_REREAD_EVERY || now < whole;
        let all = read.whole.is_none_or(is_due);
        // The clock may have been set back since the last look: what was ended after that has an earlier time.
        let since = read
            .last
            .filter(|_| !all)
            .map_or(Timestamp::from_millis(0), |at| at.min(now).minus(FEED_OVERLAP));
        let feed = self.store().list_revocations(since, now).await?;
        self.shared.revoked.take_in(&feed, now);
        let whole = if all { Some(now) } else { read.whole };
        *self.shared.feed_read.write().unwrap_or_else(PoisonError::into_inner) =
            FeedRead { last: Some(now), whole };
        Ok(())
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

    /// Refuses the access tokens of what this process has just ended, without waiting for the next second.
    pub(crate) async fn take_in_feed(&self) {
        if let Err(error) = self.read_feed().await {
            // What was ended is ended; only its access tokens live on until the next look succeeds.
            tracing::warn!(%error, "the revocation feed could not be read");
        }
    }

    pub(crate) fn store(&self) -> &dyn Store {
        self.shared.deps.store.as_ref()
    }

    /// What other nodes know this one by; another after every start.
    pub(crate) fn node(&self) -> &str {
        &self.shared.node
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

    pub(crate) fn keyring(&self) -> Arc<Keyring> {
        Arc::clone(&self.shared.keyring.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn expectation(&self) -> &Expectation {
        &self.expectation
    }

    pub(crate) fn verified(&self) -> &VerifiedCache {
        &self.shared.verified
    }

    /// A hash that no password belongs to, made by the hasher that new passwords go through.
    pub(crate) async fn dummy_hash(&self) -> Result<&StoredHash, HashError> {
        let make = || async {
            let nobody = Password::from(URL_SAFE_NO_PAD.encode(self.random::<24>()));
            self.gate().hash(self.policy.password.scheme, &nobody, self.random()).await
        };
        self.shared.dummy_hash.get_or_try_init(make).await
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
            lifetime: self.policy.session,
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
        }
    }
}

impl std::fmt::Debug for Auth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Auth").field("policy", &self.policy).finish_non_exhaustive()
    }
}
