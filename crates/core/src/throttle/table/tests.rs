#![allow(clippy::unwrap_used, reason = "tests")]
use std::time::Duration;

use super::*;
use crate::policy::ThrottlePolicy;
use crate::policy::throttle::{Bucket, Budget, LimitKind, Verdict};

const START: Timestamp = Timestamp::from_millis(1_800_000_000_000);
const MINUTE: Duration = Duration::from_mins(1);

fn budget() -> Budget {
    ThrottlePolicy::default().pair
}

fn key(number: u128) -> CounterKey {
    CounterKey(number.to_be_bytes())
}

fn bucket(table: &Table, number: u128, now: Timestamp) -> Bucket {
    let found = table.find(key(number), now).map(|counter| counter.bucket);
    found.unwrap_or_else(|| Bucket::new(now)).seen_at(&budget(), now)
}

fn keep(table: &mut Table, number: u128, bucket: Bucket, now: Timestamp) {
    let (counted, expires_at) = (Counted::Limit(LimitKind::Pair), bucket.worth_until(&budget()));
    table.put(key(number), Counter { counted, subject: None, network: None, bucket, expires_at }, now);
}

/// Fails as often as that; answers how often it was admitted.
fn fail(table: &mut Table, times: usize, number: u128, now: Timestamp) -> usize {
    let mut admitted = 0;
    for _ in 0..times {
        let mut bucket = bucket(table, number, now);
        if bucket.judge(&budget(), now, 0) == Verdict::Admit {
            admitted += 1;
            bucket.fail(&budget(), now);
            keep(table, number, bucket, now);
        }
    }
    admitted
}

fn len(table: &Table) -> usize {
    assert_eq!(table.kept.len(), table.places.len());
    for (place, kept) in table.kept.iter().enumerate() {
        assert_eq!(table.places.get(&kept.key), Some(&place));
    }
    table.kept.len()
}

#[test]
fn however_many_are_tried_memory_is_bounded_and_the_heaviest_are_remembered() {
    let mut table = Table::new(100);
    assert_eq!(fail(&mut table, 11, 0, START), 10);
    for number in 1..10_000 {
        assert_eq!(fail(&mut table, 1, number, START), 1);
        assert!(table.kept.len() <= 100);
    }
    assert_eq!(len(&table), 100);
    assert_eq!(fail(&mut table, 1, 0, START), 0);
}

#[test]
fn tries_under_way_are_not_forgotten() {
    let mut table = Table::new(20);
    for number in 0..50 {
        let mut bucket = bucket(&table, number, START);
        bucket.begin();
        keep(&mut table, number, bucket, START);
    }
    assert_eq!(len(&table), 50);
    // Each new one takes the place of another as soon as those are given up.
    let later = START.plus(MINUTE * 2);
    for number in 50..150 {
        fail(&mut table, 1, number, later);
    }
    assert!(len(&table) <= 51, "{}", len(&table));
}

#[test]
fn what_is_forgiven_is_forgotten_while_others_come() {
    let mut table = Table::new(100_000);
    for number in 0..1000 {
        fail(&mut table, 1, number, START);
    }
    let later = START.plus(MINUTE * 5);
    for number in 1000..1400 {
        fail(&mut table, 1, number, later);
    }
    assert!((400..=500).contains(&len(&table)), "{}", len(&table));
    assert_eq!(table.iter(later).count(), 400);
}

#[test]
fn a_clock_that_is_set_back_keeps_nobody_out_for_longer_and_nothing_for_ever() {
    let mut table = Table::new(100);
    let future = START.plus(MINUTE * 1_000_000);
    assert_eq!(fail(&mut table, 11, 0, future), 10);
    for number in 1..100 {
        fail(&mut table, 1, number, future);
    }
    assert_eq!(bucket(&table, 0, START).judge(&budget(), START, 0), Verdict::Refuse(MINUTE / 2));
    // A look at each of them takes note of the time.
    let later = START.plus(MINUTE * 10);
    for number in 1000..1040 {
        fail(&mut table, 1, number, START);
    }
    for number in 2000..2100 {
        fail(&mut table, 1, number, later);
    }
    assert!(table.kept.iter().all(|kept| kept.counter.bucket.owed_at(later) <= MINUTE * 60));
    assert_eq!((1..100).filter(|number| table.places.contains_key(&key(*number))).count(), 0);
}
