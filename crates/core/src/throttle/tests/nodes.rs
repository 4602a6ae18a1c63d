//! Do several nodes count like one, and what if their counters are away?

use std::future::Future;
use std::pin::pin;
use std::sync::atomic::AtomicUsize;
use std::task::{Context, Waker};

use super::known::browser;
use super::*;

/// Counters that nodes share, and that can be taken away.
struct Shared {
    counters: MemoryCounters,
    is_away: AtomicBool,
    hangs: AtomicBool,
    /// Whether it takes five milliseconds to get there and back.
    is_far: AtomicBool,
    lists_nothing: AtomicBool,
    loads: AtomicUsize,
}

impl Shared {
    fn new() -> Arc<Self> {
        let counters = MemoryCounters::new(1000);
        Arc::new(Self {
            counters,
            is_away: AtomicBool::default(),
            hangs: AtomicBool::default(),
            is_far: AtomicBool::default(),
            lists_nothing: AtomicBool::default(),
            loads: AtomicUsize::default(),
        })
    }

    async fn reached(&self) -> Result<&MemoryCounters, CountersError> {
        // As any network does.
        tokio::task::yield_now().await;
        if self.is_far.load(Ordering::SeqCst) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        if self.hangs.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        if self.is_away.load(Ordering::SeqCst) {
            return Err(CountersError { cause: "away".into() });
        }
        Ok(&self.counters)
    }
}

#[async_trait]
impl ThrottleCounters for Shared {
    async fn load(&self, keys: &[CounterKey], now: Timestamp) -> Result<Vec<Option<Counter>>, CountersError> {
        self.loads.fetch_add(1, Ordering::SeqCst);
        self.reached().await?.load(keys, now).await
    }

    async fn replace(&self, changes: &[CounterChange], now: Timestamp) -> Result<Replaced, CountersError> {
        self.reached().await?.replace(changes, now).await
    }

    async fn list(
        &self,
        which: Which,
        most: usize,
        now: Timestamp,
    ) -> Result<Vec<(CounterKey, Counter)>, CountersError> {
        if self.lists_nothing.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        self.reached().await?.list(which, most, now).await
    }

    async fn prune(&self, now: Timestamp) -> Result<u64, CountersError> {
        self.reached().await?.prune(now).await
    }
}

fn cluster(count: usize) -> (Arc<Shared>, Vec<Arc<Node>>) {
    let (shared, now) = (Shared::new(), Arc::new(AtomicI64::new(START)));
    let deps = || ThrottleDeps {
        shared: Some(Arc::clone(&shared) as Arc<dyn ThrottleCounters>),
        ..ThrottleDeps::default()
    };
    let nodes = (0..count).map(|_| Node::with(deps(), &now)).collect();
    (shared, nodes)
}

#[tokio::test(start_paused = true)]
async fn many_guesses_at_once_get_no_further_at_three_nodes_than_at_one() {
    let (_shared, nodes) = cluster(3);
    assert_eq!(at_once(&nodes, 96, Ending::Wrong).await, 10);
}

#[tokio::test(start_paused = true)]
async fn many_good_logins_at_once_all_succeed_at_three_nodes() {
    let (shared, nodes) = cluster(3);
    assert_eq!(at_once(&nodes, 150, Ending::Right).await, 150);
    assert_eq!(shared.counters.weighing(Clock::now(&*nodes[0])), 0);
}

#[tokio::test]
async fn what_fails_at_one_node_weighs_at_the_others() {
    let (_shared, nodes) = cluster(3);
    let mut admitted = 0;
    for number in 0..30 {
        admitted += nodes[number % 3].fail(1, "alice", HOME).await;
    }
    assert_eq!(admitted, 10);
    for node in &nodes {
        assert_eq!(node.attempt("alice", HOME, Ending::Right).await, Err(Duration::from_secs(30)));
        let weights = node.throttle.weights(&node.policy, Clock::now(&**node)).await.unwrap();
        assert_eq!((weights.len(), weights[0].is_of_this_node), (1, false));
    }
    let alice = nodes[0].throttle.names.of_sent(&SentIdentifier::parse("alice"));
    nodes[0].throttle.clear(Clearing::Subject(alice), Clock::now(&*nodes[0])).await.unwrap();
    nodes[1].attempt("alice", HOME, Ending::Right).await.unwrap();
}

#[tokio::test]
async fn a_network_that_is_known_to_one_node_is_known_to_all() {
    let (_shared, nodes) = cluster(2);
    nodes[0].attempt("alice", HOME, Ending::Right).await.unwrap();
    for network in 0..20 {
        nodes[0].fail(11, "alice", &far(network)).await;
    }
    nodes[1].attempt("alice", HOME, Ending::Right).await.unwrap();
    assert!(nodes[1].attempt("alice", ELSEWHERE, Ending::Right).await.is_err());
}

#[tokio::test]
async fn whoever_hangs_up_at_one_node_has_failed_at_all() {
    let (_shared, nodes) = cluster(2);
    let (alice, password) = (SentIdentifier::parse("alice"), Password::from("x"));
    for _ in 0..10 {
        drop(nodes[0].begin(Subject::Sent(&alice, &password), &from(HOME)).await.ok().unwrap());
    }
    nodes[0].throttle.settle_dropped(usize::MAX, &*nodes[0]).await;
    assert_eq!(nodes[1].attempt("alice", HOME, Ending::Right).await, Err(Duration::from_secs(30)));
}

#[tokio::test(start_paused = true)]
async fn a_node_that_dies_with_tries_under_way_blocks_nobody_for_long() {
    let (_shared, nodes) = cluster(2);
    let (alice, password) = (SentIdentifier::parse("alice"), Password::from("x"));
    for _ in 0..10 {
        std::mem::forget(nodes[0].begin(Subject::Sent(&alice, &password), &from(HOME)).await.ok().unwrap());
    }
    assert_eq!(nodes[1].attempt("alice", HOME, Ending::Right).await, Err(Duration::from_secs(1)));
    nodes[1].pass(Duration::from_mins(2));
    assert_eq!(nodes[1].fail(5, "alice", HOME).await, 1, "the tries that died have failed");
    nodes[1].pass(Duration::from_secs(30));
    nodes[1].attempt("alice", HOME, Ending::Right).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn while_the_counters_are_away_each_node_counts_by_itself() {
    let (shared, nodes) = cluster(2);
    nodes[0].attempt("alice", HOME, Ending::Right).await.unwrap();
    shared.is_away.store(true, Ordering::SeqCst);
    for node in &nodes {
        assert_eq!(node.fail(20, "bob", HOME).await, 10);
        assert!(node.throttle.metrics().counters_away > 0);
    }
    // Who was known to this node goes on to be.
    for network in 0..20 {
        nodes[0].fail(11, "alice", &far(network)).await;
    }
    nodes[0].attempt("alice", HOME, Ending::Right).await.unwrap();
    shared.is_away.store(false, Ordering::SeqCst);
    tokio::time::advance(Duration::from_secs(2)).await;
    assert_eq!(nodes[0].fail(20, "bob", HOME).await, 10, "what was counted together is what counts again");
    assert_eq!(nodes[1].fail(1, "bob", HOME).await, 0);
}

#[tokio::test(start_paused = true)]
async fn counters_that_hang_cost_a_login_a_quarter_of_a_second_once_in_a_while() {
    let (shared, nodes) = cluster(1);
    shared.hangs.store(true, Ordering::SeqCst);
    let before = tokio::time::Instant::now();
    for number in 0..100 {
        nodes[0].attempt(&format!("person-{number}"), &far(number), Ending::Right).await.unwrap();
    }
    assert_eq!(before.elapsed(), Duration::from_millis(250));
}

#[tokio::test(start_paused = true)]
async fn a_guess_that_began_before_the_counters_went_away_weighs_as_well() {
    let (shared, nodes) = cluster(1);
    let (alice, password) = (SentIdentifier::parse("alice"), Password::from("x"));
    let mut under_way = Vec::new();
    for _ in 0..10 {
        under_way.push(nodes[0].begin(Subject::Sent(&alice, &password), &from(HOME)).await.ok().unwrap());
    }
    shared.is_away.store(true, Ordering::SeqCst);
    for guess in under_way {
        guess.end(Ending::Wrong).await;
    }
    assert_eq!(nodes[0].attempt("alice", HOME, Ending::Right).await, Err(Duration::from_secs(30)));
}

#[tokio::test(start_paused = true)]
async fn a_counter_store_that_comes_and_goes_lets_nobody_guess_without_end() {
    let (shared, nodes) = cluster(3);
    let mut admitted = 0;
    for number in 0..3000 {
        shared.is_away.store(number % 7 < 3, Ordering::SeqCst);
        admitted += nodes[number % 3].fail(1, "alice", HOME).await;
        tokio::time::advance(Duration::from_millis(400)).await;
    }
    // Ten where they count together, and ten in the memory of each.
    assert!((10..=40).contains(&admitted), "{admitted}");
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_refused_tries_is_in_nobodys_way() {
    let (shared, nodes) = cluster(1);
    let node = &nodes[0];
    assert_eq!(node.fail(11, "alice", HOME).await, 10);
    for network in 0..9 {
        node.fail(11, "alice", &far(network)).await;
    }
    shared.is_far.store(true, Ordering::SeqCst);
    let before = tokio::time::Instant::now();
    let mut flood = JoinSet::new();
    for _ in 0..2000 {
        let node = Arc::clone(node);
        flood.spawn(async move { (node.attempt("alice", HOME, Ending::Wrong).await, before.elapsed()) });
    }
    tokio::task::yield_now().await;
    let laptop = browser(node, "alice", ELSEWHERE);
    node.attempt_with("alice", "hers", &laptop, Ending::Right).await.unwrap();
    // One look, a beginning and an end.
    assert!(before.elapsed() < Duration::from_millis(30), "{:?}", before.elapsed());
    for (outcome, after) in flood.join_all().await {
        assert_eq!(outcome, Err(Duration::from_secs(30)));
        assert!(after < Duration::from_millis(30), "{after:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_for_a_turn_has_a_place_in_a_line_and_loses_patience() {
    let (shared, nodes) = cluster(1);
    let node = &nodes[0];
    shared.is_far.store(true, Ordering::SeqCst);
    let bucket = {
        let (alice, password) = (SentIdentifier::parse("alice"), Password::from("x"));
        let subject = Subject::Sent(&alice, &password);
        let tried = node.throttle.names.tried(subject, &from(HOME), Clock::now(&**node));
        node.throttle.look(&tried, &node.policy, Clock::now(&**node)).await.0.bucket(&tried)
    };
    let turn = node.throttle.lanes.of(bucket).turn.lock().await;
    let before = tokio::time::Instant::now();
    let mut crowd = JoinSet::new();
    for _ in 0..1000 {
        let node = Arc::clone(node);
        crowd.spawn(async move { node.attempt("alice", HOME, Ending::Wrong).await });
    }
    let refused = crowd.join_all().await;
    assert!(refused.iter().all(|outcome| *outcome == Err(Duration::from_secs(1))));
    assert!(before.elapsed() < Duration::from_millis(5100), "{:?}", before.elapsed());
    drop(turn);
    node.attempt("alice", HOME, Ending::Right).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn those_who_wait_do_not_ask_at_every_end_of_others() {
    let (shared, nodes) = cluster(1);
    let node = &nodes[0];
    let (alice, password) = (SentIdentifier::parse("alice"), Password::from("x"));
    let mut under_way = Vec::new();
    for _ in 0..10 {
        under_way.push(node.begin(Subject::Sent(&alice, &password), &from(HOME)).await.ok().unwrap());
    }
    let mut waiting = JoinSet::new();
    for _ in 0..50 {
        let node = Arc::clone(node);
        waiting.spawn(async move { node.attempt("alice", HOME, Ending::Right).await });
    }
    while node.throttle.strangers.available_permits() > MOST_WAITING - 50 {
        tokio::task::yield_now().await;
    }
    let before = shared.loads.load(Ordering::SeqCst);
    for number in 0..20 {
        node.attempt(&format!("person-{number}"), ELSEWHERE, Ending::Right).await.unwrap();
    }
    assert_eq!(shared.loads.load(Ordering::SeqCst) - before, 20);
    // One end lets one go, and that one the next.
    under_way.pop().unwrap().end(Ending::Right).await;
    assert!(waiting.join_all().await.into_iter().all(|outcome| outcome.is_ok()));
    let asked = shared.loads.load(Ordering::SeqCst) - before - 20;
    assert!(asked < 250, "{asked}");
}

#[tokio::test(start_paused = true)]
async fn strangers_that_their_node_holds_up_ask_once() {
    let (shared, mut nodes) = cluster(1);
    Arc::get_mut(&mut nodes[0]).unwrap().policy.node = ThrottlePolicy::node_of(1);
    for number in 0..5 {
        nodes[0].fail(1, &format!("person-{number}"), &far(number)).await;
    }
    let before = shared.loads.load(Ordering::SeqCst);
    assert_eq!(nodes[0].attempt("bob", HOME, Ending::Right).await, Err(Duration::from_secs(1)));
    assert_eq!(shared.loads.load(Ordering::SeqCst) - before, 1);
}

#[tokio::test(start_paused = true)]
async fn whoever_hangs_up_while_it_is_written_has_failed_wherever_that_is_counted() {
    let (shared, nodes) = cluster(1);
    let node = &nodes[0];
    let (alice, password) = (SentIdentifier::parse("alice"), Password::from("x"));
    let begun = node.begin(Subject::Sent(&alice, &password), &from(HOME)).await.ok().unwrap();
    shared.hangs.store(true, Ordering::SeqCst);
    {
        let mut ending = pin!(begun.end(Ending::Right));
        for _ in 0..3 {
            assert!(ending.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        }
    }
    shared.hangs.store(false, Ordering::SeqCst);
    node.attempt("bob", HOME, Ending::Right).await.unwrap();
    assert_eq!(node.throttle.unsettled().len(), 1, "no request sees to what another has dropped");
    node.throttle.settle_dropped(usize::MAX, &**node).await;
    let now = Clock::now(&**node);
    let key = node.throttle.names.of_node();
    let weight = node.throttle.counting.own().find(key, now).unwrap();
    assert_eq!(weight.bucket.failures_at(&node.policy.node, now), 1);
    let alice = node.throttle.names.of_sent(&alice);
    let weights = node.throttle.weights_of(alice, &node.policy, now).await.unwrap();
    assert_eq!(weights.iter().map(|weight| weight.failures).collect::<Vec<_>>(), [1, 1]);
}

#[tokio::test(start_paused = true)]
async fn a_listing_that_takes_too_long_fails_and_is_no_outage() {
    let (shared, nodes) = cluster(2);
    shared.lists_nothing.store(true, Ordering::SeqCst);
    let now = Clock::now(&*nodes[0]);
    assert!(nodes[0].throttle.weights(&nodes[0].policy, now).await.is_err());
    assert_eq!(nodes[0].throttle.metrics().counters_away, 0);
    assert_eq!(nodes[0].fail(20, "alice", HOME).await, 10);
    assert_eq!(nodes[1].fail(1, "alice", HOME).await, 0, "both count together");
}

#[tokio::test]
async fn a_kind_of_limit_is_cleared_at_all_nodes() {
    let (_shared, nodes) = cluster(2);
    for number in 0..60 {
        let (name, client) = (format!("person-{number}"), from(&far(number)));
        nodes[0].attempt_with(&name, "Summer2026!", &client, Ending::Wrong).await.ok();
    }
    let bob = async || nodes[1].attempt_with("bob", "Summer2026!", &from(HOME), Ending::Right).await;
    assert!(bob().await.is_err());
    let (kind, now) = (Clearing::Kind(LimitKind::IdentifiersOfPassword), Clock::now(&*nodes[0]));
    assert_eq!(nodes[0].throttle.clear(kind, now).await, Ok(1));
    bob().await.unwrap();
    let pairs = nodes[0].throttle.clear(Clearing::Kind(LimitKind::Pair), now).await.unwrap();
    assert!(pairs > 29, "{pairs}");
    assert_eq!(nodes[0].throttle.clear(Clearing::Kind(LimitKind::Pair), now).await, Ok(0));
}
