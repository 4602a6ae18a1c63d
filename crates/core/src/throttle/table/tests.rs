use super::*;
use crate::policy::ThrottlePolicy;
use crate::policy::throttle::Budget;

const START: Timestamp = Timestamp::from_millis(1_800_000_000_000);
const MINUTE: Duration = Duration::from_mins(1);

fn limit(number: u128, limited: Limited) -> [Limit; 1] {
    let policy = ThrottlePolicy::default();
    let budget: Budget = match limited {
        Limited::Pair => policy.pair,
        Limited::Identifier => policy.identifier,
        Limited::Network => policy.network,
    };
    [Limit { limited, key: Key(number.to_be_bytes()), budget }]
}

/// Fails as often as that; answers how often it was admitted.
fn fail(table: &mut Table, times: usize, number: u128, now: Timestamp) -> usize {
    let limits = limit(number, Limited::Pair);
    let mut admitted = 0;
    for _ in 0..times {
        if table.begin(&limits, now) == Verdict::Admit {
            admitted += 1;
            table.end(&limits, Ending::Wrong, now);
        }
    }
    admitted
}

impl Table {
    pub(in crate::throttle) fn len(&self) -> usize {
        assert_eq!(self.kept.len(), self.places.len());
        for (place, kept) in self.kept.iter().enumerate() {
            assert_eq!(self.places.get(&kept.key), Some(&place));
        }
        self.kept.len()
    }
}

#[test]
fn however_many_are_tried_memory_is_bounded_and_the_heaviest_are_remembered() {
    let mut table = Table::new(100);
    assert_eq!(fail(&mut table, 11, 0, START), 10);
    for number in 1..10_000 {
        assert_eq!(fail(&mut table, 1, number, START), 1);
        assert!(table.kept.len() <= 100);
    }
    assert_eq!(table.len(), 100);
    assert_eq!(fail(&mut table, 1, 0, START), 0);
}

#[test]
fn tries_under_way_are_not_forgotten() {
    let mut table = Table::new(20);
    for number in 0..50 {
        assert_eq!(table.begin(&limit(number, Limited::Pair), START), Verdict::Admit);
    }
    assert_eq!(table.len(), 50);
    for number in 0..50 {
        table.end(&limit(number, Limited::Pair), Ending::Wrong, START);
    }
    assert_eq!(table.len(), 50);
    // Each new one takes the place of another, until there are as many as there should be: those forgiven go too.
    let later = START.plus(MINUTE * 5);
    for number in 50..100 {
        fail(&mut table, 1, number, later);
    }
    assert!(table.len() <= 51, "{}", table.len());
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
    assert!((400..=500).contains(&table.len()), "{}", table.len());
}

#[test]
fn a_clock_that_is_set_back_keeps_nobody_out_for_longer_and_nothing_for_ever() {
    let mut table = Table::new(100);
    let future = START.plus(MINUTE * 1_000_000);
    assert_eq!(fail(&mut table, 11, 0, future), 10);
    for number in 1..100 {
        fail(&mut table, 1, number, future);
    }
    assert_eq!(table.begin(&limit(0, Limited::Pair), START), Verdict::Refuse(MINUTE / 2));
    let soon = START.plus(MINUTE / 2);
    assert_eq!(fail(&mut table, 1, 0, soon), 1);
    // A look at each of them takes note of the time.
    let (first, later) = (soon, soon.plus(MINUTE * 10));
    for number in 1000..1040 {
        fail(&mut table, 1, number, first);
    }
    for number in 2000..2100 {
        fail(&mut table, 1, number, later);
    }
    assert!(table.kept.iter().all(|kept| kept.bucket.owed_at(later) <= MINUTE * 60));
    let kept = |number: u128| table.places.contains_key(&Key(number.to_be_bytes()));
    assert_eq!((1..100).filter(|number| kept(*number)).count(), 0);
}

#[test]
fn the_log_is_told_once_until_all_is_forgiven() {
    let mut table = Table::new(100);
    let limits = limit(1, Limited::Pair);
    let mut fail_at = |now: Timestamp| {
        assert_eq!(table.begin(&limits, now), Verdict::Admit);
        table.end(&limits, Ending::Wrong, now)
    };
    let told: Vec<usize> = (0..10).map(|_| fail_at(START).len()).collect();
    assert_eq!(told, [0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    assert_eq!(fail_at(START.plus(MINUTE)), []);
    let later = START.plus(MINUTE * 60);
    let told: Vec<usize> = (0..10).map(|_| fail_at(later).len()).collect();
    assert_eq!(told.iter().sum::<usize>(), 1);
}
