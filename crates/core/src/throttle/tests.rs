#![allow(clippy::unwrap_used, reason = "tests")]
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use tokio::task::JoinSet;

use super::*;
use crate::model::Timestamp;

const HOME: &str = "192.0.2.7";
const ELSEWHERE: &str = "198.51.100.9";

/// The counters of a process, with default limits and a clock that stands still.
struct Counters {
    throttle: Throttle,
    policy: ThrottlePolicy,
    now: AtomicI64,
}

impl Clock for Counters {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.now.load(Ordering::SeqCst))
    }
}

impl Counters {
    fn new() -> Arc<Self> {
        let now = AtomicI64::new(1_800_000_000_000);
        Arc::new(Self { throttle: Throttle::new([7; 32]), policy: ThrottlePolicy::default(), now })
    }

    fn pass(&self, time: Duration) {
        self.now.fetch_add(i64::try_from(time.as_millis()).unwrap(), Ordering::SeqCst);
    }

    async fn begin(&self, subject: Subject<'_>, address: &str) -> Result<Try<'_>, TooManyTries> {
        let network = Client::new(address.parse().ok(), None).network();
        let limits = self.throttle.limits(subject, network, &self.policy);
        self.throttle.begin(limits, network, self).await
    }

    /// A try from beginning to end. Answers how long to wait instead, if so.
    async fn attempt(&self, name: &str, address: &str, ending: Ending) -> Result<(), Duration> {
        let sent = SentIdentifier::parse(name);
        let begun = self.begin(Subject::Sent(&sent), address).await;
        begun.map_err(|too_many| too_many.retry_after)?.end(ending);
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

    /// Tries that begin before any of them has ended; answers how many were admitted.
    async fn at_once(self: &Arc<Self>, times: usize, ending: Ending) -> usize {
        let mut tries = JoinSet::new();
        for _ in 0..times {
            let counters = Arc::clone(self);
            tries.spawn(async move {
                let alice = SentIdentifier::parse("alice");
                let begun = counters.begin(Subject::Sent(&alice), HOME).await;
                let Ok(begun) = begun else { return false };
                tokio::task::yield_now().await;
                begun.end(ending);
                true
            });
        }
        tries.join_all().await.into_iter().filter(|was_admitted| *was_admitted).count()
    }
}

#[tokio::test]
async fn many_guesses_at_once_get_no_further_than_guesses_one_by_one() {
    assert_eq!(Counters::new().at_once(64, Ending::Wrong).await, 10);
}

#[tokio::test]
async fn many_good_logins_at_once_all_succeed() {
    let counters = Counters::new();
    assert_eq!(counters.at_once(200, Ending::Right).await, 200);
    assert_eq!(counters.throttle.table().len(), 0);
}

#[tokio::test]
async fn whoever_hangs_up_has_failed() {
    let counters = Counters::new();
    let alice = SentIdentifier::parse("alice");
    for _ in 0..10 {
        drop(counters.begin(Subject::Sent(&alice), HOME).await.ok().unwrap());
    }
    assert_eq!(counters.attempt("alice", HOME, Ending::Right).await, Err(Duration::from_secs(30)));
}

#[tokio::test]
async fn trouble_and_success_count_for_nothing() {
    let counters = Counters::new();
    for _ in 0..500 {
        counters.attempt("alice", HOME, Ending::Unknown).await.unwrap();
        counters.attempt("alice", HOME, Ending::Right).await.unwrap();
    }
    assert_eq!(counters.throttle.table().len(), 0);
}

#[tokio::test]
async fn a_success_makes_up_for_the_failures_of_its_identifier_and_network_only() {
    let counters = Counters::new();
    for _ in 0..11 {
        assert_eq!(counters.fail(9, "alice", HOME).await, 9);
        counters.attempt("alice", HOME, Ending::Right).await.unwrap();
    }
    // 99 failures weigh on the identifier; the next is the last that comes without a wait.
    assert_eq!(counters.fail(2, "alice", ELSEWHERE).await, 1);
}

#[tokio::test]
async fn an_attacker_elsewhere_holds_nobody_up_before_a_hundred_failures_in_all() {
    let counters = Counters::new();
    for network in 0..9 {
        assert_eq!(counters.fail(11, "alice", &format!("203.0.{network}.1")).await, 10);
    }
    assert_eq!(counters.fail(9, "alice", ELSEWHERE).await, 9);
    counters.attempt("alice", HOME, Ending::Right).await.unwrap();
    assert_eq!(counters.fail(2, "alice", ELSEWHERE).await, 1);
    assert_eq!(counters.attempt("alice", HOME, Ending::Right).await, Err(Duration::from_secs(30)));
    counters.pass(Duration::from_secs(30));
    counters.attempt("alice", HOME, Ending::Right).await.unwrap();
}

#[tokio::test]
async fn a_network_that_tries_many_identifiers_is_held_up_and_no_other() {
    let counters = Counters::new();
    for number in 0..300 {
        let neighbour = format!("192.0.2.{}", number % 256);
        counters.attempt(&format!("person-{number}"), &neighbour, Ending::Wrong).await.unwrap();
    }
    assert_eq!(counters.attempt("bob", HOME, Ending::Right).await, Err(Duration::from_secs(1)));
    counters.attempt("bob", ELSEWHERE, Ending::Right).await.unwrap();
    let account = AccountId::new(counters.now(), [1; 10]);
    counters.begin(Subject::Account(account), HOME).await.ok().unwrap().end(Ending::Right);
}

#[tokio::test]
async fn clients_of_unknown_address_are_one_network() {
    let counters = Counters::new();
    assert_eq!(counters.fail(11, "alice", "unknown").await, 10);
    counters.attempt("alice", HOME, Ending::Right).await.unwrap();
}

#[tokio::test]
async fn spellings_of_one_identifier_are_one_and_texts_that_cannot_be_one_count_by_their_bytes() {
    let counters = Counters::new();
    assert_eq!(counters.fail(5, "Alice@Example.com", HOME).await, 5);
    assert_eq!(counters.fail(6, "alice@example.COM ", HOME).await, 5);
    assert_eq!(counters.fail(11, "no identifier", HOME).await, 10);
    assert_eq!(counters.fail(1, "no Identifier", HOME).await, 1);
}

#[tokio::test]
async fn an_account_that_asks_for_its_own_password_has_a_bucket_of_its_own() {
    let counters = Counters::new();
    let [one, other] = [1, 2].map(|random| AccountId::new(counters.now(), [random; 10]));
    for _ in 0..10 {
        counters.begin(Subject::Account(one), HOME).await.ok().unwrap().end(Ending::Wrong);
    }
    let refused = counters.begin(Subject::Account(one), HOME).await.err().unwrap();
    assert_eq!(refused.retry_after, Duration::from_secs(30));
    counters.begin(Subject::Account(other), HOME).await.ok().unwrap().end(Ending::Right);
    counters.begin(Subject::Account(one), ELSEWHERE).await.ok().unwrap().end(Ending::Right);
}

#[tokio::test]
async fn a_line_that_is_full_takes_nobody_and_moves_on_when_a_try_ends() {
    let counters = Counters::new();
    let alice = SentIdentifier::parse("alice");
    let mut under_way = Vec::new();
    for _ in 0..10 {
        under_way.push(counters.begin(Subject::Sent(&alice), HOME).await.ok().unwrap());
    }
    let mut waiting = JoinSet::new();
    for _ in 0..MOST_WAITING {
        let counters = Arc::clone(&counters);
        waiting.spawn(async move { counters.attempt("alice", HOME, Ending::Right).await });
    }
    while counters.throttle.waiting.available_permits() > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(counters.attempt("alice", HOME, Ending::Right).await, Err(COME_BACK));
    under_way.pop().unwrap().end(Ending::Right);
    assert!(waiting.join_all().await.into_iter().all(|outcome| outcome.is_ok()));
}

#[test]
fn memory_holds_neither_identifiers_nor_what_can_be_computed_from_them_alone() {
    let (one, other) = (Throttle::new([1; 32]), Throttle::new([2; 32]));
    assert_eq!(one.key("email", &[b"alice@example.com"]), one.key("email", &[b"alice@example.com"]));
    assert_ne!(one.key("email", &[b"alice@example.com"]), other.key("email", &[b"alice@example.com"]));
    assert_ne!(one.key("email", &[b"alice"]), one.key("username", &[b"alice"]));
}
