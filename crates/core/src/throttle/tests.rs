#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use async_trait::async_trait;
use portcullis_crypto::secret::Password;
use tokio::task::JoinSet;

use super::memory::MemoryCounters;
use super::*;
use crate::flows::log_in::SentIdentifier;
use crate::model::{AccountId, Timestamp};
use crate::policy::ThrottlePolicy;
use crate::ports::Clock;
use crate::ports::throttle::{Counter, CounterChange, CountersError, Replaced, Which};

mod known;
mod nodes;
mod spread;

const HOME: &str = "192.0.2.7";
const ELSEWHERE: &str = "198.51.100.9";
const START: i64 = 1_800_000_000_000;

/// One node, with default limits that are answered at once, and a clock that stands still.
struct Node {
    throttle: Throttle,
    policy: ThrottlePolicy,
    now: Arc<AtomicI64>,
}

impl Clock for Node {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.now.load(Ordering::SeqCst))
    }
}

impl Node {
    fn alone() -> Arc<Self> {
        Self::with(ThrottleDeps::default(), &Arc::new(AtomicI64::new(START)))
    }

    fn with(deps: ThrottleDeps, now: &Arc<AtomicI64>) -> Arc<Self> {
        let throttle = Throttle::new(&MasterKey::from_bytes([7; 32]), deps);
        let policy = ThrottlePolicy { longest_delay: Duration::ZERO, ..ThrottlePolicy::default() };
        Arc::new(Self { throttle, policy, now: Arc::clone(now) })
    }

    fn pass(&self, time: Duration) {
        self.now.fetch_add(i64::try_from(time.as_millis()).unwrap(), Ordering::SeqCst);
    }

    async fn begin(&self, subject: Subject<'_>, client: &Client) -> Result<Try<'_>, TooManyTries> {
        self.throttle.begin(subject, client, &self.policy, self).await
    }

    /// A try from beginning to end, with a password that nobody else tries. Answers how long to wait instead, if so.
    async fn attempt(&self, name: &str, address: &str, ending: Ending) -> Result<(), Duration> {
        self.attempt_with(name, &format!("{name} {address}"), &from(address), ending).await
    }

    async fn attempt_with(
        &self,
        name: &str,
        password: &str,
        client: &Client,
        ending: Ending,
    ) -> Result<(), Duration> {
        let (sent, password) = (SentIdentifier::parse(name), Password::from(password));
        let begun = self.begin(Subject::Sent(&sent, &password), client).await;
        begun.map_err(|too_many| too_many.retry_after)?.end(ending).await;
        Ok(())
    }

    /// The same for somebody who has a session.
    async fn attempt_of(&self, id: AccountId, address: &str, ending: Ending) -> Result<(), Duration> {
        let begun = self.begin(Subject::Account(id), &from(address)).await;
        begun.map_err(|too_many| too_many.retry_after)?.end(ending).await;
        Ok(())
    }

    /// Tries that all fail; answers how many were admitted.
    async fn fail(&self, times: usize, name: &str, address: &str) -> usize {
        let mut admitted = 0;
        for _ in 0..times {
            admitted += usize::from(self.attempt(name, address, Ending::Wrong).await.is_ok());
        }
        admitted
    }

    fn weighing(&self) -> usize {
        self.throttle.counting.own().weighing(Clock::now(self))
    }
}

fn from(address: &str) -> Client {
    Client::new(address.parse().ok(), None)
}

/// The address with this number, each in a network of its own.
fn far(number: u32) -> String {
    IpAddr::from(((10 << 24) + (number << 8) + 1).to_be_bytes()).to_string()
}

/// Tries for alice at these nodes in turn that begin before any of them has ended; answers how many were admitted.
async fn at_once(nodes: &[Arc<Node>], times: usize, ending: Ending) -> usize {
    let mut tries = JoinSet::new();
    for number in 0..times {
        let node = Arc::clone(&nodes[number % nodes.len()]);
        tries.spawn(async move {
            let (alice, password) = (SentIdentifier::parse("alice"), Password::from("x"));
            let begun = node.begin(Subject::Sent(&alice, &password), &from(HOME)).await;
            let Ok(begun) = begun else { return false };
            tokio::task::yield_now().await;
            begun.end(ending).await;
            true
        });
    }
    tries.join_all().await.into_iter().filter(|was_admitted| *was_admitted).count()
}

#[tokio::test]
async fn many_guesses_at_once_get_no_further_than_guesses_one_by_one() {
    assert_eq!(at_once(&[Node::alone()], 64, Ending::Wrong).await, 10);
}

#[tokio::test]
async fn many_good_logins_at_once_all_succeed() {
    let node = Node::alone();
    assert_eq!(at_once(&[Arc::clone(&node)], 200, Ending::Right).await, 200);
    assert_eq!(node.weighing(), 0);
}

#[tokio::test]
async fn whoever_hangs_up_has_failed() {
    let node = Node::alone();
    let (alice, password) = (SentIdentifier::parse("alice"), Password::from("x"));
    for _ in 0..10 {
        drop(node.begin(Subject::Sent(&alice, &password), &from(HOME)).await.ok().unwrap());
    }
    assert_eq!(node.attempt("alice", HOME, Ending::Right).await, Err(Duration::from_secs(30)));
}

#[tokio::test]
async fn trouble_and_success_count_for_nothing() {
    let node = Node::alone();
    for _ in 0..500 {
        node.attempt("alice", HOME, Ending::Unknown).await.unwrap();
        node.attempt("alice", HOME, Ending::Right).await.unwrap();
    }
    assert_eq!(node.weighing(), 0);
}

#[tokio::test]
async fn a_success_makes_up_for_the_failures_of_its_identifier_and_network_only() {
    let node = Node::alone();
    assert_eq!(node.fail(9, "alice", HOME).await, 9);
    node.attempt("alice", HOME, Ending::Right).await.unwrap();
    // Each of these networks has failed no more than nine times, and is not known.
    for network in 0..10 {
        assert_eq!(node.fail(9, "alice", &far(network)).await, 9);
    }
    // 99 failures weigh on the identifier; the next is the last that comes without a wait.
    assert_eq!(node.fail(2, "alice", ELSEWHERE).await, 1);
}

#[tokio::test]
async fn an_attacker_holds_up_somebody_whom_nobody_knows_after_a_hundred_failures_in_all() {
    let node = Node::alone();
    for network in 0..10 {
        assert_eq!(node.fail(11, "alice", &far(network)).await, 10);
    }
    assert_eq!(node.attempt("alice", HOME, Ending::Right).await, Err(Duration::from_secs(30)));
    node.pass(Duration::from_secs(30));
    node.attempt("alice", HOME, Ending::Right).await.unwrap();
}

#[tokio::test]
async fn a_network_that_tries_many_identifiers_is_held_up_and_no_other() {
    let node = Node::alone();
    for number in 0..300 {
        let neighbour = format!("192.0.2.{}", number % 256);
        node.attempt(&format!("person-{number}"), &neighbour, Ending::Wrong).await.unwrap();
    }
    assert_eq!(node.attempt("bob", HOME, Ending::Right).await, Err(Duration::from_secs(1)));
    node.attempt("bob", ELSEWHERE, Ending::Right).await.unwrap();
    let account = AccountId::new(Clock::now(&*node), [1; 10]);
    node.attempt_of(account, HOME, Ending::Right).await.unwrap();
}

#[tokio::test]
async fn an_address_is_held_up_before_its_network_whatever_it_tries() {
    let node = Node::alone();
    let names: Vec<String> = (0..12).map(|number| format!("person-{number}")).collect();
    let mut admitted = 0;
    for _ in 0..10 {
        for name in &names {
            admitted += node.fail(1, name, HOME).await;
        }
    }
    assert_eq!(admitted, 100);
    assert_eq!(node.attempt("bob", HOME, Ending::Right).await, Err(Duration::from_secs(5)));
    node.attempt("bob", "192.0.2.8", Ending::Right).await.unwrap();
}

#[tokio::test]
async fn one_household_of_ipv6_has_one_limit_however_many_addresses_it_takes() {
    let node = Node::alone();
    for number in 0..100 {
        let (name, address) = (format!("person-{}", number % 15), format!("2001:db8:1:2::{number:x}"));
        assert_eq!(node.fail(1, &name, &address).await, 1, "{number}");
    }
    assert_eq!(node.attempt("bob", "2001:db8:1:2:ffff::1", Ending::Right).await, Err(Duration::from_secs(5)));
    node.attempt("bob", "2001:db8:1:3::1", Ending::Right).await.unwrap();
}

#[tokio::test]
async fn clients_of_unknown_address_are_one_network_that_is_never_known() {
    let node = Node::alone();
    node.attempt("alice", "unknown", Ending::Right).await.unwrap();
    assert_eq!(node.fail(11, "alice", "unknown").await, 10);
    assert_eq!(node.throttle.metrics().known, 0);
    node.attempt("alice", HOME, Ending::Right).await.unwrap();
}

#[tokio::test]
async fn spellings_of_one_identifier_are_one_and_texts_that_cannot_be_one_count_by_their_bytes() {
    let node = Node::alone();
    assert_eq!(node.fail(5, "Alice@Example.com", HOME).await, 5);
    assert_eq!(node.fail(6, "alice@example.COM ", HOME).await, 5);
    assert_eq!(node.fail(11, "no identifier", HOME).await, 10);
    assert_eq!(node.fail(1, "no Identifier", HOME).await, 1);
}

#[tokio::test]
async fn an_account_that_asks_for_its_own_password_has_a_bucket_of_its_own() {
    let node = Node::alone();
    let [one, other] = [1, 2].map(|random| AccountId::new(Clock::now(&*node), [random; 10]));
    for _ in 0..10 {
        node.attempt_of(one, HOME, Ending::Wrong).await.unwrap();
    }
    assert_eq!(node.attempt_of(one, HOME, Ending::Wrong).await, Err(Duration::from_secs(30)));
    node.attempt_of(other, HOME, Ending::Right).await.unwrap();
    node.attempt_of(one, ELSEWHERE, Ending::Right).await.unwrap();
}

#[tokio::test]
async fn a_line_that_is_full_takes_nobody_and_moves_on_when_a_try_ends() {
    let node = Node::alone();
    let (alice, password) = (SentIdentifier::parse("alice"), Password::from("x"));
    let mut under_way = Vec::new();
    for _ in 0..10 {
        under_way.push(node.begin(Subject::Sent(&alice, &password), &from(HOME)).await.ok().unwrap());
    }
    let mut waiting = JoinSet::new();
    for _ in 0..MOST_WAITING {
        let node = Arc::clone(&node);
        waiting.spawn(async move { node.attempt("alice", HOME, Ending::Right).await });
    }
    while node.throttle.strangers.available_permits() > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(node.attempt("alice", HOME, Ending::Right).await, Err(Duration::from_secs(1)));
    under_way.pop().unwrap().end(Ending::Right).await;
    assert!(waiting.join_all().await.into_iter().all(|outcome| outcome.is_ok()));
}

#[tokio::test(start_paused = true)]
async fn a_failure_near_the_end_of_the_budget_is_answered_later_and_nothing_else_is() {
    let node = Node::alone();
    let policy = ThrottlePolicy { longest_delay: Duration::from_secs(2), ..node.policy.clone() };
    let (alice, password) = (SentIdentifier::parse("alice"), Password::from("x"));
    let mut delays = Vec::new();
    for number in 0..10 {
        let begun = node.throttle.begin(Subject::Sent(&alice, &password), &from(HOME), &policy, &*node).await;
        let before = tokio::time::Instant::now();
        begun.ok().unwrap().end(if number == 8 { Ending::Unknown } else { Ending::Wrong }).await;
        delays.push(before.elapsed().as_millis());
    }
    assert_eq!(delays, [0, 0, 0, 0, 0, 400, 800, 1200, 0, 1600]);
    assert_eq!(node.throttle.metrics().delayed, 4);
}

#[tokio::test]
async fn limits_are_told_once_and_cleared_by_an_administrator() {
    let node = Node::alone();
    assert_eq!(node.fail(20, "alice", HOME).await, 10);
    let told: Vec<_> = node.throttle.take_reports().iter().map(|report| report.limit.kind).collect();
    assert_eq!(told, [LimitKind::Pair]);
    let now = Clock::now(&*node);
    let weights = node.throttle.weights(&node.policy, now).await.unwrap();
    assert_eq!(weights.len(), 1);
    assert_eq!((weights[0].kind, weights[0].failures), (LimitKind::Pair, 10));
    assert_eq!(weights[0].network.unwrap().to_string(), "192.0.2.0/24");
    assert_eq!(weights[0].waits_until, Some(now.plus(Duration::from_secs(30))));

    let alice = node.throttle.names.of_sent(&SentIdentifier::parse("alice"));
    assert_eq!(node.throttle.weights_of(alice, &node.policy, now).await.unwrap().len(), 2);
    assert_eq!(node.throttle.clear(Clearing::Subject(alice), now).await.unwrap(), 2);
    assert!(node.throttle.weights_of(alice, &node.policy, now).await.unwrap().is_empty());
    assert_eq!(node.fail(20, "alice", HOME).await, 10);
}

#[tokio::test]
async fn who_has_to_wait_is_found_among_thousands_who_do_not() {
    let node = Node::alone();
    for number in 0..1200 {
        node.fail(1, &format!("person-{number}"), &far(number)).await;
    }
    assert_eq!(node.fail(11, "alice", HOME).await, 10);
    for number in 1200..2400 {
        node.fail(1, &format!("person-{number}"), &far(number)).await;
    }
    let weights = node.throttle.weights(&node.policy, Clock::now(&*node)).await.unwrap();
    assert_eq!(weights.iter().map(|weight| weight.kind).collect::<Vec<_>>(), [LimitKind::Pair]);
}

#[tokio::test]
async fn the_limit_of_a_node_is_cleared_by_its_kind() {
    let mut node = Node::alone();
    Arc::get_mut(&mut node).unwrap().policy.node = ThrottlePolicy::node_of(1);
    for number in 0..5 {
        node.fail(1, &format!("person-{number}"), &far(number)).await;
    }
    let now = Clock::now(&*node);
    let shown = node.throttle.weights(&node.policy, now).await.unwrap();
    assert_eq!(shown.iter().map(|weight| weight.kind).collect::<Vec<_>>(), [LimitKind::Node]);
    assert_eq!(node.throttle.clear(Clearing::Kind(LimitKind::Node), now).await, Ok(1));
    node.attempt("bob", HOME, Ending::Right).await.unwrap();
}

#[tokio::test]
async fn a_network_is_cleared_with_the_address_and_what_is_limited_there() {
    let node = Node::alone();
    for number in 0..100 {
        node.fail(1, &format!("person-{}", number % 15), HOME).await;
    }
    let budget = ThrottlePolicy::registrations_of(1);
    let (now, address) = (Clock::now(&*node), from(HOME).address_block());
    node.throttle.count(LimitKind::Registrations, address, &budget, now).unwrap();
    assert!(node.throttle.count(LimitKind::Registrations, address, &budget, now).is_err());
    assert_eq!(node.attempt("bob", HOME, Ending::Right).await, Err(Duration::from_secs(5)));

    let only_network = "192.0.2.0/24".parse().unwrap();
    assert_eq!(node.throttle.clear(Clearing::Network(only_network), now).await.unwrap(), 1);
    assert_eq!(node.attempt("bob", HOME, Ending::Right).await, Err(Duration::from_secs(5)));
    let with_address = "192.0.2.7/32".parse().unwrap();
    assert_eq!(node.throttle.clear(Clearing::Network(with_address), now).await.unwrap(), 3);
    node.attempt("bob", HOME, Ending::Right).await.unwrap();
    node.throttle.count(LimitKind::Registrations, address, &budget, now).unwrap();
}
