//! What must every place do where nodes count together?
//!
//! Each case is a sentence and gets empty counters of its own. A place signs up for all of them with
//! [`counters_contract!`](crate::counters_contract).

#![allow(missing_docs, reason = "the name of a case says all there is to say")]

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use super::{MINUTE, NOW};
use crate::model::Timestamp;
use crate::policy::throttle::{Bucket, Budget, LimitKind};
use crate::ports::ThrottleCounters;
use crate::ports::throttle::{Counted, Counter, CounterChange, CounterKey, MOST_KEYS, Replaced, Which};

/// Makes a test of every case. `$open` is an async function without arguments that answers empty counters and a guard
/// that is dropped after the test.
#[macro_export]
macro_rules! counters_contract {
    ($open:ident) => {
        $crate::counters_contract!(@cases $open:
            what_is_kept_is_found_under_its_key
            changes_are_made_only_if_nothing_has_changed
            what_has_expired_is_absent_and_can_be_replaced
            of_many_who_count_at_once_each_is_counted
            those_who_change_the_same_keys_in_another_order_all_get_there
            what_belongs_together_is_listed
            what_lasts_is_found_among_much_that_does_not
            what_is_forgotten_or_replaced_of_an_identifier_is_not_listed
            as_many_keys_as_a_try_has_are_changed_at_once
            what_has_expired_is_forgotten_and_nothing_else_is
        );
    };
    (@cases $open:ident: $($case:ident)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                let (counters, _guard) = $open().await;
                $crate::testing::counters_contract::$case(counters).await;
            }
        )*
    };
}

type Counters = Arc<dyn ThrottleCounters>;

const BUDGET: Budget = Budget::steady(10, MINUTE);

fn key(number: u128) -> CounterKey {
    CounterKey((number + (7 << 100)).to_be_bytes())
}

/// A counter on which so many failures weigh.
fn counter(failures: u32) -> Counter {
    let mut bucket = Bucket::new(NOW);
    for _ in 0..failures {
        bucket.fail(&BUDGET, NOW);
    }
    let (subject, network) = (Some(key(1000)), "192.0.2.0/24".parse().ok());
    let expires_at = bucket.worth_until(&BUDGET);
    Counter { counted: Counted::Limit(LimitKind::Pair), subject, network, bucket, expires_at }
}

fn change(number: u128, expected: Option<Counter>, new: Option<Counter>) -> CounterChange {
    CounterChange { key: key(number), expected, new }
}

async fn keep(counters: &Counters, number: u128, counter: Counter) {
    keep_at(counters, number, counter, NOW).await;
}

async fn keep_at(counters: &Counters, number: u128, counter: Counter, now: Timestamp) {
    let outcome = counters.replace(&[change(number, None, Some(counter))], now).await.unwrap();
    assert_eq!(outcome, Replaced::All);
}

async fn found(counters: &Counters, numbers: &[u128], now: Timestamp) -> Vec<Option<Counter>> {
    let keys: Vec<CounterKey> = numbers.iter().map(|number| key(*number)).collect();
    counters.load(&keys, now).await.unwrap()
}

pub async fn what_is_kept_is_found_under_its_key(counters: Counters) {
    let alone = Counter { subject: None, network: None, counted: Counted::Known, ..counter(2) };
    keep(&counters, 1, counter(1)).await;
    keep(&counters, 2, alone.clone()).await;
    assert_eq!(found(&counters, &[2, 3, 1], NOW).await, [Some(alone), None, Some(counter(1))]);
    assert_eq!(found(&counters, &[], NOW).await, []);
    assert_eq!(counters.replace(&[], NOW).await.unwrap(), Replaced::All);
}

pub async fn changes_are_made_only_if_nothing_has_changed(counters: Counters) {
    keep(&counters, 1, counter(1)).await;
    keep(&counters, 2, counter(1)).await;
    for wrong in [
        vec![change(3, None, Some(counter(3))), change(1, None, Some(counter(2)))],
        vec![change(1, Some(counter(1)), None), change(2, Some(counter(2)), Some(counter(3)))],
        vec![change(2, Some(counter(1)), Some(counter(5))), change(9, Some(counter(1)), None)],
    ] {
        assert_eq!(counters.replace(&wrong, NOW).await.unwrap(), Replaced::Nothing);
    }
    let before = [Some(counter(1)), Some(counter(1)), None];
    assert_eq!(found(&counters, &[1, 2, 3], NOW).await, before);
    let right = [
        change(3, None, Some(counter(3))),
        change(1, Some(counter(1)), None),
        change(2, Some(counter(1)), Some(counter(2))),
        change(4, None, None),
    ];
    assert_eq!(counters.replace(&right, NOW).await.unwrap(), Replaced::All);
    assert_eq!(found(&counters, &[1, 2, 3, 4], NOW).await, [None, Some(counter(2)), Some(counter(3)), None]);
}

pub async fn what_has_expired_is_absent_and_can_be_replaced(counters: Counters) {
    keep(&counters, 1, counter(1)).await;
    let just_before = NOW.plus(MINUTE).minus(Duration::from_millis(1));
    assert_eq!(found(&counters, &[1], just_before).await, [Some(counter(1))]);
    let later = NOW.plus(MINUTE);
    assert_eq!(found(&counters, &[1], later).await, [None]);
    let stale = change(1, Some(counter(1)), Some(counter(2)));
    assert_eq!(counters.replace(&[stale], later).await.unwrap(), Replaced::Nothing);
    let fresh = change(1, None, Some(counter(9)));
    assert_eq!(counters.replace(&[fresh], later).await.unwrap(), Replaced::All);
    assert_eq!(found(&counters, &[1], later).await, [Some(counter(9))]);
}

/// One more failure under these keys, however often that has to be tried.
async fn count(counters: Counters, numbers: [u128; 2]) {
    loop {
        let found = found(&counters, &numbers, NOW).await;
        let more = |kept: &Option<Counter>| {
            let failures = kept.as_ref().map_or(0, |kept| kept.bucket.failures_at(&BUDGET, NOW));
            Some(counter(failures + 1))
        };
        let changes: Vec<_> = numbers
            .iter()
            .zip(&found)
            .map(|(number, kept)| change(*number, kept.clone(), more(kept)))
            .collect();
        // Where much is going on, a place may be too busy for one who could come again.
        if let Ok(Replaced::All) = counters.replace(&changes, NOW).await {
            return;
        }
    }
}

async fn failures(counters: &Counters, number: u128) -> u32 {
    let found = found(counters, &[number], NOW).await.pop().flatten();
    found.map_or(0, |kept| kept.bucket.failures_at(&BUDGET, NOW))
}

pub async fn of_many_who_count_at_once_each_is_counted(counters: Counters) {
    let mut tasks = JoinSet::new();
    for _ in 0..12 {
        tasks.spawn(count(Arc::clone(&counters), [1, 2]));
    }
    tasks.join_all().await;
    assert_eq!((failures(&counters, 1).await, failures(&counters, 2).await), (12, 12));
}

pub async fn those_who_change_the_same_keys_in_another_order_all_get_there(counters: Counters) {
    let mut tasks = JoinSet::new();
    for number in 0..12 {
        let numbers = if number % 2 == 0 { [1, 2] } else { [2, 1] };
        tasks.spawn(count(Arc::clone(&counters), numbers));
    }
    tasks.join_all().await;
    assert_eq!((failures(&counters, 1).await, failures(&counters, 2).await), (12, 12));
}

pub async fn what_belongs_together_is_listed(counters: Counters) {
    let of_other = Counter { subject: Some(key(2000)), ..counter(2) };
    let known = Counter { counted: Counted::Known, ..counter(3) };
    keep(&counters, 1, counter(1)).await;
    keep(&counters, 2, of_other.clone()).await;
    keep(&counters, 3, known.clone()).await;
    let listed = async |which: Which, most: usize| {
        let mut listed = counters.list(which, most, NOW).await.unwrap();
        listed.sort_by_key(|(key, _)| *key);
        listed
    };
    let pairs = Which::Of(Counted::Limit(LimitKind::Pair));
    assert_eq!(listed(pairs, 10).await, [(key(1), counter(1)), (key(2), of_other)]);
    assert_eq!(listed(Which::Subject(key(1000)), 10).await, [(key(1), counter(1)), (key(3), known)]);
    assert_eq!(listed(pairs, 1).await.len(), 1);
    assert_eq!(listed(Which::Of(Counted::Cleared), 10).await, []);
    let later = NOW.plus(MINUTE);
    assert_eq!(counters.list(Which::Subject(key(1000)), 10, later).await.unwrap().len(), 1);
}

pub async fn what_lasts_is_found_among_much_that_does_not(counters: Counters) {
    for number in 0..30 {
        keep(&counters, number, counter(1)).await;
    }
    keep(&counters, 100, counter(5)).await;
    keep(&counters, 101, Counter { counted: Counted::Known, ..counter(5) }).await;
    let pairs = Counted::Limit(LimitKind::Pair);
    let lasting = async |after| counters.list(Which::Lasting(pairs, after), 3, NOW).await.unwrap();
    assert_eq!(lasting(NOW.plus(MINUTE)).await, [(key(100), counter(5))]);
    assert_eq!(lasting(NOW.plus(MINUTE * 5)).await, []);
    assert_eq!(lasting(NOW.minus(MINUTE)).await.len(), 3);
    let later = NOW.plus(MINUTE);
    let all = counters.list(Which::Lasting(pairs, NOW), 9, later).await.unwrap();
    assert_eq!(all, [(key(100), counter(5))], "what has expired does not last");
}

pub async fn what_is_forgotten_or_replaced_of_an_identifier_is_not_listed(counters: Counters) {
    let subject = Which::Subject(key(1000));
    for number in [1000, 1, 2] {
        keep(&counters, number, counter(1)).await;
    }
    let changes = [change(1, Some(counter(1)), None), change(2, Some(counter(1)), Some(counter(4)))];
    assert_eq!(counters.replace(&changes, NOW).await.unwrap(), Replaced::All);
    let mut listed = counters.list(subject, 10, NOW).await.unwrap();
    listed.sort_by_key(|(key, _)| *key);
    assert_eq!(listed, [(key(2), counter(4)), (key(1000), counter(1))]);
    // One expires, and another is counted after that.
    let later = NOW.plus(MINUTE * 2);
    keep_at(&counters, 3, counter(5), later).await;
    let mut listed = counters.list(subject, 10, later).await.unwrap();
    listed.sort_by_key(|(key, _)| *key);
    assert_eq!(listed, [(key(2), counter(4)), (key(3), counter(5))]);
    assert_eq!(counters.list(subject, 1, later).await.unwrap().len(), 1);
}

pub async fn as_many_keys_as_a_try_has_are_changed_at_once(counters: Counters) {
    let numbers: Vec<u128> = (0..).take(MOST_KEYS).collect();
    let changes: Vec<_> = numbers.iter().map(|number| change(*number, None, Some(counter(1)))).collect();
    assert_eq!(counters.replace(&changes, NOW).await.unwrap(), Replaced::All);
    assert_eq!(found(&counters, &numbers, NOW).await, vec![Some(counter(1)); MOST_KEYS]);
}

pub async fn what_has_expired_is_forgotten_and_nothing_else_is(counters: Counters) {
    keep(&counters, 1, counter(1)).await;
    keep(&counters, 2, counter(5)).await;
    counters.prune(NOW.plus(MINUTE)).await.unwrap();
    assert_eq!(found(&counters, &[2], NOW).await, [Some(counter(5))]);
    assert_eq!(counters.prune(NOW.plus(MINUTE)).await.unwrap(), 0);
}
