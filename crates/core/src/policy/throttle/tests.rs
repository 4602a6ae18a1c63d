#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]
use proptest::prelude::*;

use super::*;
use crate::model::Timestamp;

const START: Timestamp = Timestamp::from_millis(1_800_000_000_000);
const MILLISECOND: Duration = Duration::from_millis(1);
const MINUTE: Duration = Duration::from_mins(1);

/// A failure that was admitted, from beginning to end.
fn fail(bucket: &mut Bucket, budget: &Budget, now: Timestamp) {
    *bucket = bucket.seen_at(budget, now);
    assert_eq!(bucket.judge(budget, now, 0), Verdict::Admit);
    let lease = bucket.begin();
    bucket.release(lease);
    bucket.fail(budget, now);
}

/// Whoever fails again at the first moment at which that is possible: how long each wait was.
fn waits(budget: &Budget, failures: usize) -> Vec<u64> {
    let (mut bucket, mut now, mut waits) = (Bucket::new(START), START, Vec::new());
    for _ in 0..failures {
        let wait = match bucket.judge(budget, now, 0) {
            Verdict::Admit => Duration::ZERO,
            Verdict::Refuse(wait) => wait,
            Verdict::Busy => panic!("nothing is under way"),
        };
        now = now.plus(wait);
        waits.push(wait.as_secs());
        fail(&mut bucket, budget, now);
    }
    waits
}

#[test]
fn the_first_failures_are_free_and_further_ones_wait_longer_and_longer() {
    let budget = ThrottlePolicy::default().pair;
    let waits = waits(&budget, 30);
    assert_eq!(waits[..10], [0; 10]);
    assert_eq!(waits[10..15], [30, 60, 120, 240, 240]);
    assert_eq!(waits[25..], [300; 5]);
}

#[test]
fn a_bucket_without_growth_gives_one_try_in_each_interval() {
    let policy = ThrottlePolicy::default();
    assert_eq!(waits(&policy.identifier, 103)[99..], [0, 30, 30, 30]);
    assert_eq!(waits(&policy.network, 303)[299..], [0, 1, 1, 1]);
    assert_eq!(waits(&policy.address, 103)[99..], [0, 5, 5, 5]);
}

#[test]
fn tries_at_once_get_no_further_than_tries_one_by_one() {
    let budget = ThrottlePolicy::default().pair;
    let mut bucket = Bucket::new(START).seen_at(&budget, START);
    let mut leases = Vec::new();
    for _ in 0..budget.burst {
        assert_eq!(bucket.judge(&budget, START, 0), Verdict::Admit);
        leases.push(bucket.begin());
    }
    assert_eq!(bucket.judge(&budget, START, 0), Verdict::Busy);
    for lease in leases {
        bucket.release(lease);
        bucket.fail(&budget, START);
    }
    assert_eq!(bucket.judge(&budget, START, 0), Verdict::Refuse(budget.first_wait));
    let now = START.plus(budget.first_wait);
    assert_eq!(bucket.judge(&budget, now, 0), Verdict::Admit);
    bucket.begin();
    assert_eq!(bucket.judge(&budget, now, 0), Verdict::Busy, "beyond the burst it is one at a time");
}

#[test]
fn tries_that_are_counted_elsewhere_are_in_the_way_as_well() {
    let budget = ThrottlePolicy::default().pair;
    let bucket = Bucket::new(START);
    assert_eq!(bucket.judge(&budget, START, 9), Verdict::Admit);
    assert_eq!(bucket.judge(&budget, START, 10), Verdict::Busy);
}

#[test]
fn a_success_makes_up_for_all_failures_and_an_end_without_a_word_for_none() {
    let budget = ThrottlePolicy::default().pair;
    let mut bucket = Bucket::new(START);
    for _ in 0..9 {
        fail(&mut bucket, &budget, START);
    }
    let lease = bucket.begin();
    bucket.release(lease);
    assert_eq!(bucket.owed_at(START), budget.forgive_every * 9);
    assert_eq!(bucket.failures_at(&budget, START), 9);
    bucket.forgive();
    assert_eq!(bucket.owed_at(START), Duration::ZERO);
    assert_eq!(bucket.worth_until(&budget), START);
}

#[test]
fn the_failure_that_makes_others_wait_says_so_once_until_all_is_forgiven() {
    let budget = ThrottlePolicy::pair_of(2);
    let mut bucket = Bucket::new(START);
    let fails = |bucket: &mut Bucket, now| bucket.fail(&budget, now);
    assert!(!fails(&mut bucket, START));
    assert!(fails(&mut bucket, START));
    assert!(!fails(&mut bucket, START.plus(MINUTE)));
    let later = START.plus(MINUTE * 60);
    assert!(!fails(&mut bucket, later));
    assert!(fails(&mut bucket, later));
    assert_eq!(bucket.since(), later);
}

#[test]
fn the_later_half_of_the_burst_is_answered_more_and_more_slowly() {
    let (budget, longest) = (ThrottlePolicy::default().pair, Duration::from_secs(2));
    let mut bucket = Bucket::new(START);
    let mut delays = Vec::new();
    for _ in 0..12 {
        bucket.fail(&budget, START);
        delays.push(bucket.delay(&budget, longest).as_millis());
    }
    assert_eq!(delays, [0, 0, 0, 0, 0, 400, 800, 1200, 1600, 2000, 2000, 2000]);
    assert_eq!(bucket.delay(&budget, Duration::ZERO), Duration::ZERO);
}

#[test]
fn where_new_identifiers_count_one_that_fails_for_ever_weighs_once() {
    let spread = ThrottlePolicy::default().identifiers_of_password;
    let mut bucket = Bucket::new(START);
    for _ in 0..1000 {
        bucket.fail_with(&spread, Mark::of(&[1; 16]), START);
    }
    assert_eq!(bucket.failures_at(&spread.budget, START), 1);
    let told: u32 =
        (2..=30).map(|byte| u32::from(bucket.fail_with(&spread, Mark::of(&[byte; 16]), START))).sum();
    assert_eq!(told, 1);
    assert_eq!(bucket.judge(&spread.budget, START, 0), Verdict::Refuse(Duration::from_mins(2)));
}

#[test]
fn tries_of_a_node_that_died_weigh_but_make_nobody_wait() {
    let budget = ThrottlePolicy::default().pair;
    let mut bucket = Bucket::new(START).seen_at(&budget, START);
    for _ in 0..200 {
        bucket.begin();
    }
    assert_eq!(bucket.judge(&budget, START, 0), Verdict::Busy);
    let later = START.plus(MINUTE * 2);
    let mut bucket = bucket.seen_at(&budget, later);
    assert_eq!(bucket.failures_at(&budget, later), budget.burst - 1);
    fail(&mut bucket, &budget, later);
    assert_eq!(bucket.judge(&budget, later, 0), Verdict::Refuse(budget.first_wait));
}

#[test]
fn budgets_of_an_operator_keep_to_the_rate_that_is_written() {
    assert_eq!(ThrottlePolicy::node_of(600), Budget::steady(3000, Duration::from_millis(100)));
    assert_eq!(ThrottlePolicy::registrations_of(60), Budget::steady(60, MINUTE));
    assert_eq!(ThrottlePolicy::node_of(u32::MAX).forgive_every, MILLISECOND);
    assert_eq!(ThrottlePolicy::registrations_of(0).burst, 1);
}

fn budgets() -> impl Strategy<Value = Budget> {
    (1_u32..20, 1_u64..100, 0_u64..1000).prop_map(|(burst, first, more)| Budget {
        burst,
        first_wait: Duration::from_secs(first),
        forgive_every: Duration::from_secs(first + more),
    })
}

/// What happens next: time passes (or the clock is set back), or somebody tries.
#[derive(Debug, Clone, Copy)]
enum Step {
    Pass(i64),
    Begin,
    Fail,
    Release,
}

fn steps(clock: impl Strategy<Value = i64>) -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        1 => clock.prop_map(Step::Pass),
        1 => (0_i64..2000).prop_map(Step::Pass),
        4 => Just(Step::Begin),
        4 => Just(Step::Fail),
        1 => Just(Step::Release),
    ];
    prop::collection::vec(step, 0..300)
}

/// How long a request takes at most; whatever takes longer has died with its node.
const REQUEST: Duration = Duration::from_secs(30);

/// A bucket, and when what was tried with it failed.
struct Story {
    bucket: Bucket,
    now: Timestamp,
    under_way: Vec<(Timestamp, Lease)>,
    failures: Vec<Timestamp>,
}

impl Story {
    fn of(budget: &Budget, steps: &[Step], mut check: impl FnMut(&Self)) -> Self {
        let (under_way, failures) = (Vec::new(), Vec::new());
        let mut story = Self { bucket: Bucket::new(START), now: START, under_way, failures };
        for step in steps {
            story.take(budget, *step);
            check(&story);
        }
        story
    }

    fn take(&mut self, budget: &Budget, step: Step) {
        match step {
            Step::Pass(millis) => {
                self.now = Timestamp::from_millis(self.now.as_millis() + millis);
                let now = self.now;
                self.under_way.retain(|(begun, _)| now.since(*begun) <= REQUEST);
            }
            Step::Begin => {
                self.bucket = self.bucket.seen_at(budget, self.now);
                if self.bucket.judge(budget, self.now, 0) == Verdict::Admit {
                    self.under_way.push((self.now, self.bucket.begin()));
                }
            }
            Step::Fail if !self.under_way.is_empty() => {
                self.bucket = self.bucket.seen_at(budget, self.now);
                self.bucket.release(self.under_way.remove(0).1);
                self.bucket.fail(budget, self.now);
                self.failures.push(self.now);
            }
            Step::Release if !self.under_way.is_empty() => {
                self.bucket.release(self.under_way.remove(0).1);
            }
            Step::Fail | Step::Release => {}
        }
    }
}

/// How many failures beyond the burst are let in before waits are as long as it takes to be forgiven.
fn dearer(budget: &Budget) -> u64 {
    let steps = budget.forgive_every.as_nanos().div_ceil(budget.first_wait.as_nanos());
    u64::from(steps.next_power_of_two().ilog2()) + 2
}

proptest! {
    #[test]
    fn however_tries_are_spread_no_more_fail_than_the_budget_says(
        budget in budgets(),
        steps in steps(0_i64..400_000),
    ) {
        let story = Story::of(&budget, &steps, |_| {});
        let most = u64::from(budget.burst) + dearer(&budget);
        for (first, begin) in story.failures.iter().enumerate() {
            for (count, end) in (1_u64..).zip(&story.failures[first..]) {
                let forgiven = end.since(*begin).as_nanos() / budget.forgive_every.as_nanos();
                prop_assert!(u128::from(count) <= u128::from(most) + forgiven, "{count} in {:?}", end.since(*begin));
            }
        }
    }

    #[test]
    fn a_refusal_says_exactly_when_the_next_try_is_admitted(
        budget in budgets(),
        steps in steps(0_i64..400_000),
    ) {
        Story::of(&budget, &steps, |story| {
            if let Verdict::Refuse(wait) = story.bucket.judge(&budget, story.now, 0) {
                let then = story.now.plus(wait);
                assert!(!matches!(story.bucket.judge(&budget, then, 0), Verdict::Refuse(_)));
                assert_eq!(story.bucket.judge(&budget, then.minus(MILLISECOND), 0), Verdict::Refuse(MILLISECOND));
            }
        });
    }

    #[test]
    fn nobody_waits_longer_than_until_one_failure_is_forgiven_wherever_the_clock_jumps(
        budget in budgets(),
        steps in steps(-100_000_000_000_i64..400_000_000),
    ) {
        Story::of(&budget, &steps, |story| {
            let bucket = story.bucket.seen_at(&budget, story.now);
            if let Verdict::Refuse(wait) = bucket.judge(&budget, story.now, 0) {
                assert!(wait <= budget.forgive_every);
            }
            let most = u64::from(budget.burst) + dearer(&budget);
            let most = budget.forgive_every * u32::try_from(most).unwrap();
            assert!(bucket.owed_at(story.now) <= most, "{:?}", bucket.owed_at(story.now));
        });
    }
}
