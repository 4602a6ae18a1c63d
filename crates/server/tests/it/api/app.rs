//! What is the server under test?

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use http::Method;
use portcullis_core::hash_gate::{HashGate, HashGateLimits};
use portcullis_core::policy::{MailPolicy, Policy, RegistrationAnswer};
use portcullis_core::ports::{BreachedPasswords, Clock, Entropy, Mailer, Store, ThrottleCounters};
use portcullis_core::testing::{ManualClock, NOW, SeededEntropy};
use portcullis_core::throttle::ThrottleDeps;
use portcullis_core::verifier::Algorithm;
use portcullis_core::{Auth, Deps};
use portcullis_http::{CorsOrigins, Environment, HttpSettings};
use portcullis_store::testing::TestDatabase;

use super::client::Call;
use super::mailbox::{Mail, Mailbox};
use super::persona::Persona;
use super::watched_store::WatchedStore;
use crate::{engine, node};

/// Another origin that may call the server from a browser.
pub const LISTED_ORIGIN: &str = "https://app.test";
/// The proxy in front of the server.
pub const PROXY: &str = "10.0.0.1";

/// A server in this process. Cheap to clone.
#[derive(Clone)]
pub struct App {
    pub router: Router,
    pub auth: Auth,
    pub store: Arc<WatchedStore>,
    pub clock: Arc<ManualClock>,
    /// Where the mails of this process arrive.
    pub mailbox: Arc<Mailbox>,
    entropy: Arc<SeededEntropy>,
    database: TestDatabase,
    setup: Setup,
}

/// What an operator could have decided.
#[derive(Clone)]
pub struct Setup {
    pub policy: Policy,
    pub settings: HttpSettings,
    /// How many passwords may wait to be hashed.
    pub hash_queue: usize,
    /// What knows passwords from breaches.
    pub breached: Option<Arc<dyn BreachedPasswords>>,
    /// Where wrong passwords are counted.
    pub counters: Counters,
}

/// Where wrong passwords are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counters {
    /// In the memory of each process.
    Memory,
    /// In the database.
    Database,
}

impl Counters {
    async fn deps(self, database: &TestDatabase, clock: &ManualClock) -> ThrottleDeps {
        // Connections of its own, that no test watches or takes away.
        let store = Arc::new(node::open_store(database, clock).await) as Arc<dyn ThrottleCounters>;
        let shared = (self == Self::Database).then(|| Arc::clone(&store));
        // Longer than usual: what is tested is not the speed of a crowded machine.
        ThrottleDeps { shared, notes: Some(store), deadline: Duration::from_secs(20) }
    }
}

impl Default for Setup {
    /// In production, with one listed origin and one proxy, and the cheapest hash.
    fn default() -> Self {
        let mut settings = HttpSettings::new(Environment::Production, node::ISSUER);
        settings.cors = CorsOrigins::Listed(vec![LISTED_ORIGIN.into()]);
        settings.trusted_proxies = vec![format!("{PROXY}/32").parse().unwrap()];
        Self {
            policy: node::cheap_policy(),
            settings,
            hash_queue: 256,
            breached: None,
            counters: Counters::Memory,
        }
    }
}

impl Setup {
    /// Nothing is counted, and nobody is told to come back later.
    pub fn without_throttle() -> Self {
        let mut setup = Self::default();
        setup.policy.throttle = None;
        setup
    }

    /// Mails are sent, and registrations tell nothing.
    pub fn with_mails() -> Self {
        let mut setup = Self::default();
        setup.policy.mail = Some(MailPolicy::default());
        setup.policy.registration.answer = RegistrationAnswer::Conceal;
        setup
    }

    /// Mails are sent, and registrations tell what is taken.
    pub fn with_mails_and_open_answers() -> Self {
        let mut setup = Self::with_mails();
        setup.policy.registration.answer = RegistrationAnswer::Reveal;
        setup
    }

    /// Access tokens are signed with this algorithm.
    pub fn signing_with(algorithm: Algorithm) -> Self {
        let mut setup = Self::default();
        setup.policy.access_algorithm = algorithm;
        setup
    }

    /// The HTTP face is told something else.
    pub fn with(change: impl FnOnce(&mut HttpSettings)) -> Self {
        let mut setup = Self::default();
        change(&mut setup.settings);
        setup
    }
}

impl App {
    pub async fn start() -> Self {
        Self::start_with(Setup::default()).await
    }

    pub async fn start_with(setup: Setup) -> Self {
        let database = engine::database().await;
        let clock = Arc::new(ManualClock::new(NOW));
        Self::open(setup, database, clock, Arc::new(SeededEntropy::new(1))).await
    }

    /// Another process on the same database.
    pub async fn second_process(&self) -> Self {
        self.second_process_with(self.setup.clone()).await
    }

    /// The same, set up otherwise.
    pub async fn second_process_with(&self, setup: Setup) -> Self {
        let clock = Arc::clone(&self.clock);
        Self::open(setup, self.database.clone(), clock, Arc::clone(&self.entropy)).await
    }

    async fn open(
        setup: Setup,
        database: TestDatabase,
        clock: Arc<ManualClock>,
        entropy: Arc<SeededEntropy>,
    ) -> Self {
        let mailbox = Arc::new(Mailbox::default());
        let store = Arc::new(WatchedStore::new(node::open_store(&database, &clock).await));
        let limits = HashGateLimits {
            capacity: setup.hash_queue,
            deadline: Duration::from_mins(1),
            ..HashGateLimits::default()
        };
        let deps = Deps {
            store: Arc::clone(&store) as Arc<dyn Store>,
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            entropy: Arc::clone(&entropy) as Arc<dyn Entropy>,
            gate: HashGate::start(limits).unwrap(),
            master_key: node::master_key(),
            previous_master_key: None,
            breached: setup.breached.clone(),
            throttle: setup.counters.deps(&database, &clock).await,
            mailer: Some(Arc::clone(&mailbox) as Arc<dyn Mailer>),
        };
        let auth = Auth::open(deps, setup.policy.clone()).await.unwrap();
        let router = portcullis_http::app(&auth, &setup.settings, Vec::new());
        Self { router, auth, store, clock, mailbox, entropy, database, setup }
    }

    pub fn policy(&self) -> &Policy {
        &self.setup.policy
    }

    /// Runs statements on the database that the store does not know of.
    pub async fn execute(&self, statements: &str) {
        self.database.execute(statements).await;
    }

    /// Time passes.
    pub fn pass(&self, time: Duration) {
        self.clock.move_by_millis(i64::try_from(time.as_millis()).unwrap());
    }

    /// Sends what is due; answers what arrived by that.
    pub async fn mails(&self) -> Vec<Mail> {
        while self.auth.deliver_mails().await.unwrap().more {}
        self.mailbox.take()
    }

    /// The same, where it is one.
    pub async fn mail(&self) -> Mail {
        let mut mails = self.mails().await;
        assert_eq!(mails.len(), 1, "{mails:?}");
        mails.remove(0)
    }

    pub fn alice(&self) -> Persona<'_> {
        Persona::user(self, "alice")
    }

    pub fn bob(&self) -> Persona<'_> {
        Persona::user(self, "bob")
    }

    /// An administrator.
    pub fn root(&self) -> Persona<'_> {
        Persona::admin(self, "root")
    }

    pub fn get(&self, path: &str) -> Call {
        Call::new(self, Method::GET, path)
    }

    pub fn post(&self, path: &str) -> Call {
        Call::new(self, Method::POST, path)
    }

    pub fn call(&self, method: &str, path: &str) -> Call {
        Call::new(self, method.parse().unwrap(), path)
    }
}
