//! One server process, as far as the core and the database are concerned.

use std::sync::Arc;
use std::time::Duration;

use portcullis_core::crypto::password::Scheme;
use portcullis_core::crypto::seal::MasterKey;
use portcullis_core::hash_gate::{HashGate, HashGateLimits};
use portcullis_core::policy::{Policy, ThrottlePolicy};
use portcullis_core::ports::{Clock, Entropy, Store};
use portcullis_core::testing::{ManualClock, SeededEntropy};
use portcullis_core::throttle::ThrottleDeps;
use portcullis_core::{Auth, Deps, OpenError};
use portcullis_store::SqlStore;
use portcullis_store::testing::TestDatabase;

/// The issuer of every test server.
pub const ISSUER: &str = "https://auth.test";

/// The cheapest hash there is: tests are not about its cost. Failures are answered at once.
pub fn cheap_policy() -> Policy {
    let mut policy = Policy::new(ISSUER);
    policy.password.scheme = Scheme::Bcrypt { cost: 4 };
    policy.throttle = Some(ThrottlePolicy { longest_delay: Duration::ZERO, ..ThrottlePolicy::default() });
    policy
}

/// The master key of every test server.
pub fn master_key() -> MasterKey {
    MasterKey::from_hex("8f3c1a5be07742d9961f0b6e2ad4c783519e6fb07d2c48a3e1905bd6f72a8c4e").unwrap()
}

/// Opens the database of a node, migrated.
pub async fn open_store(database: &TestDatabase, clock: &ManualClock) -> SqlStore {
    let store = database.try_open().await.unwrap();
    store.migrate(clock.now()).await.unwrap();
    store
}

/// Starts a node on a database. Nodes on one database are several processes as far as they know.
pub async fn start(database: &TestDatabase, clock: &Arc<ManualClock>, entropy: &Arc<SeededEntropy>) -> Auth {
    start_as(database, clock, entropy, |_, _| {}).await.unwrap()
}

/// The same, where its operator has decided otherwise.
pub async fn start_as(
    database: &TestDatabase,
    clock: &Arc<ManualClock>,
    entropy: &Arc<SeededEntropy>,
    decide: impl FnOnce(&mut Deps, &mut Policy),
) -> Result<Auth, OpenError> {
    start_on(Arc::new(open_store(database, clock).await), clock, entropy, decide).await
}

/// The same on a store that is open.
pub async fn start_on(
    store: Arc<dyn Store>,
    clock: &Arc<ManualClock>,
    entropy: &Arc<SeededEntropy>,
    decide: impl FnOnce(&mut Deps, &mut Policy),
) -> Result<Auth, OpenError> {
    let limits = HashGateLimits { deadline: Duration::from_mins(1), ..HashGateLimits::default() };
    let mut deps = Deps {
        store,
        clock: Arc::clone(clock) as Arc<dyn Clock>,
        entropy: Arc::clone(entropy) as Arc<dyn Entropy>,
        gate: HashGate::start(limits).unwrap(),
        master_key: master_key(),
        previous_master_key: None,
        breached: None,
        throttle: ThrottleDeps::default(),
        mailer: None,
    };
    let mut policy = cheap_policy();
    decide(&mut deps, &mut policy);
    Auth::open(deps, policy).await
}
