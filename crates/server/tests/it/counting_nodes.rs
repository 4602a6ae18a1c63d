//! Do several nodes count wrong passwords like one, wherever they do it, and what if that place goes away?

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use portcullis_core::Auth;
use portcullis_core::crypto::secret::Password;
use portcullis_core::flows::log_in::{LogIn, LogInError, SentIdentifier};
use portcullis_core::flows::register::Register;
use portcullis_core::model::{Client, Profile, Username};
use portcullis_core::ports::ThrottleCounters;
use portcullis_core::testing::{ManualClock, NOW, SeededEntropy};
use portcullis_core::throttle::ThrottleDeps;
use portcullis_every_engine::every_engine;
use portcullis_store::RedisCounters;
use portcullis_store::testing::{OwnServer, ServerKind, TestDatabase};
use tokio::task::JoinSet;

use crate::engine::{self, TestEngine};
use crate::node;

const NODES: usize = 3;
const PASSWORD: &str = "correct horse battery";
const HOME: &str = "192.0.2.7";

/// Where nodes count together.
enum Place<'a> {
    /// Each in its memory.
    Apart,
    Database,
    Redis(&'a OwnServer),
}

struct Cluster {
    nodes: Vec<Auth>,
    clock: Arc<ManualClock>,
    /// Goes away with the test.
    _database: TestDatabase,
}

/// What came of a login.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    In,
    Refused,
    Wait(Duration),
}

impl Cluster {
    async fn start(database: &TestDatabase, count: usize, place: Place<'_>) -> Self {
        // Longer than usual: what is tested is not the speed of a crowded machine.
        Self::start_within(Duration::from_secs(20), database, count, place).await
    }

    async fn start_within(
        deadline: Duration,
        database: &TestDatabase,
        count: usize,
        place: Place<'_>,
    ) -> Self {
        let (clock, entropy) = (Arc::new(ManualClock::new(NOW)), Arc::new(SeededEntropy::new(1)));
        let mut nodes = Vec::new();
        for _ in 0..count {
            let shared: Option<Arc<dyn ThrottleCounters>> = match &place {
                Place::Apart => None,
                Place::Database => Some(Arc::new(node::open_store(database, &clock).await)),
                Place::Redis(server) => Some(Arc::new(RedisCounters::open(server.url()).unwrap())),
            };
            let node = node::start_as(database, &clock, &entropy, |deps, _| {
                deps.throttle = ThrottleDeps { shared, notes: None, deadline };
            });
            nodes.push(node.await.unwrap());
        }
        Self { nodes, clock, _database: database.clone() }
    }

    async fn newcomer(&self, name: &str) {
        let account = Register {
            email: None,
            username: Some(Username::parse(name).unwrap()),
            password: Password::from(PASSWORD),
            profile: Profile::default(),
            external_id: None,
        };
        self.nodes[0].register(account, &Client::default()).await.unwrap();
    }

    /// How many passwords were looked at.
    fn verified(&self) -> u64 {
        self.nodes.iter().map(|node| node.hash_gate_metrics().verified).sum()
    }
}

async fn log_in(node: &Auth, name: &str, password: &str, address: &str) -> Outcome {
    let attempt = LogIn { identifier: SentIdentifier::parse(name), password: Password::from(password) };
    match node.log_in(attempt, &Client::new(address.parse().ok(), None)).await {
        Ok(_) => Outcome::In,
        Err(LogInError::Throttled { retry_after }) => Outcome::Wait(retry_after),
        Err(LogInError::UnknownAccount | LogInError::WrongPassword) => Outcome::Refused,
        Err(error) => panic!("{error}"),
    }
}

/// A Redis, for the first of the engines; the others have the same.
fn redis_once() -> Option<OwnServer> {
    (engine::current() == TestEngine::Sqlite).then(|| OwnServer::start(ServerKind::Redis, &[]))
}

async fn each_place(check: impl AsyncFn(Cluster)) {
    let database = engine::database().await;
    check(Cluster::start(&database, NODES, Place::Database).await).await;
    if let Some(redis) = redis_once() {
        let database = engine::database().await;
        check(Cluster::start(&database, NODES, Place::Redis(&redis)).await).await;
    }
}

#[every_engine]
async fn many_guesses_at_once_get_no_further_at_three_nodes_than_at_one() {
    each_place(async |cluster| {
        cluster.newcomer("alice").await;
        let before = cluster.verified();
        let guesses = (0..60).map(|number| log_in(&cluster.nodes[number % NODES], "alice", "wrong", HOME));
        let outcomes = join_all(guesses).await;
        assert_eq!(cluster.verified() - before, 10);
        assert_eq!(outcomes.iter().filter(|outcome| **outcome == Outcome::Refused).count(), 10);
        for node in &cluster.nodes {
            assert_eq!(log_in(node, "alice", PASSWORD, HOME).await, Outcome::Wait(Duration::from_secs(30)));
        }
    })
    .await;
}

#[every_engine]
async fn many_good_logins_at_once_all_succeed_at_three_nodes() {
    each_place(async |cluster| {
        cluster.newcomer("alice").await;
        let logins = (0..45).map(|number| log_in(&cluster.nodes[number % NODES], "alice", PASSWORD, HOME));
        assert!(join_all(logins).await.iter().all(|outcome| *outcome == Outcome::In));
        assert_eq!(cluster.nodes.iter().map(|node| node.throttle_metrics().counters_away).sum::<u64>(), 0);
    })
    .await;
}

/// Numbers that follow from a seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % most).unwrap()
    }
}

/// People and guessers come and go, time passes, and every answer is the same as that of one node that counts in its
/// memory.
async fn behaves_like_one_node(cluster: &Cluster, lone: &Cluster, seed: u64) {
    let mut dice = Dice(seed);
    for step in 0..150 {
        let name = ["alice", "bob", "nobody"][dice.below(3)];
        let address = [HOME, "192.0.2.8", "198.51.100.9", "2001:db8:1:2::3"][dice.below(4)];
        let password = if dice.below(12) == 0 { PASSWORD } else { "wrong" };
        if dice.below(5) == 0 {
            let millis = i64::try_from(dice.below(120_000)).unwrap();
            cluster.clock.move_by_millis(millis);
            lone.clock.move_by_millis(millis);
        }
        let node = &cluster.nodes[dice.below(NODES as u64)];
        let (theirs, expected) = (
            log_in(node, name, password, address).await,
            log_in(&lone.nodes[0], name, password, address).await,
        );
        assert_eq!(theirs, expected, "seed {seed}, step {step}: {name} from {address} with {password}");
    }
}

#[every_engine]
async fn three_nodes_answer_like_one_whatever_comes() {
    each_place(async |cluster| {
        let lone = Cluster::start(&engine::database().await, 1, Place::Apart).await;
        for name in ["alice", "bob"] {
            cluster.newcomer(name).await;
            lone.newcomer(name).await;
        }
        for seed in 1..4 {
            behaves_like_one_node(&cluster, &lone, seed).await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn logins_go_on_while_the_redis_is_killed_hangs_and_comes_back() {
    let redis = OwnServer::start(ServerKind::Redis, &[]);
    let database = TestDatabase::new(TestEngine::Sqlite).await;
    let deadline = ThrottleDeps::default().deadline;
    let cluster = Cluster::start_within(deadline, &database, NODES, Place::Redis(&redis)).await;
    let cluster = Arc::new(cluster);
    let people: Vec<String> = (0..6).map(|number| format!("person-{number}")).collect();
    for name in &people {
        cluster.newcomer(name).await;
    }
    let (stop, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let mut load = JoinSet::new();
    for (number, name) in people.iter().cloned().enumerate() {
        let (cluster, stop, done) = (Arc::clone(&cluster), Arc::clone(&stop), Arc::clone(&done));
        load.spawn(async move {
            while !stop.load(Ordering::SeqCst) {
                let node = &cluster.nodes[done.fetch_add(1, Ordering::SeqCst) % NODES];
                let outcome = log_in(node, &name, PASSWORD, &format!("203.0.{number}.1")).await;
                assert_eq!(outcome, Outcome::In, "{name}");
            }
        });
    }
    let go_on = async || {
        let before = done.load(Ordering::SeqCst);
        while done.load(Ordering::SeqCst) < before + 60 {
            tokio::task::yield_now().await;
        }
    };
    let away = || cluster.nodes.iter().map(|node| node.throttle_metrics().counters_away).sum::<u64>();
    go_on().await;
    let before = away();
    redis.kill();
    go_on().await;
    assert!(away() > before);
    // Nobody guesses without end meanwhile.
    for node in &cluster.nodes {
        let mut refused = 0;
        for _ in 0..20 {
            refused += usize::from(log_in(node, "mallory", "wrong", HOME).await == Outcome::Refused);
        }
        assert!((10..=12).contains(&refused), "{refused}");
    }
    redis.restart();
    go_on().await;
    redis.pause();
    go_on().await;
    redis.resume();
    go_on().await;
    // They count together again before long.
    let counts_together = async || {
        let known: Vec<_> = cluster.nodes.iter().map(|node| node.throttle_metrics().counters_away).collect();
        for (number, node) in cluster.nodes.iter().enumerate() {
            log_in(node, "mallory", "wrong", &format!("203.0.113.{number}")).await;
        }
        cluster.nodes.iter().zip(known).all(|(node, before)| node.throttle_metrics().counters_away == before)
    };
    let back = async {
        while !counts_together().await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), back).await.expect("the counters are back");
    stop.store(true, Ordering::SeqCst);
    load.join_all().await;
}
