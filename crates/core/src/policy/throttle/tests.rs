#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]
use proptest::prelude::*;

use super::*;

const START: Timestamp = Timestamp::from_millis(1_800_000_000_000);
const MILLISECOND: Duration = Duration::from_millis(1);

/// A failure that was admitted, from beginning to end.
fn fail(bucket: &mut Bucket, budget: &Budget, now: Timestamp) {
    assert_eq!(bucket.judge(budget, now), Verdict::Admit);
    bucket.begin();
    bucket.fail(budget, now);
}

/// Whoever fails again at the first moment at which that is possible: how long each wait was.
fn waits(budget: &Budget, failures: usize) -> Vec<u64> {
    let (mut bucket, mut now, mut waits) = (Bucket::new(START), START, Vec::new());
    for _ in 0..failures {
        let wait = match bucket.judge(budget, now) {
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
}

#[test]
fn tries_at_once_get_no_further_than_tries_one_by_one() {
    let budget = ThrottlePolicy::default().pair;
    let mut bucket = Bucket::new(START);
    for _ in 0..budget.burst {
        assert_eq!(bucket.judge(&budget, START), Verdict::Admit);
        bucket.begin();
    }
    assert_eq!(bucket.judge(&budget, START), Verdict::Busy);
    for _ in 0..budget.burst {
        bucket.fail(&budget, START);
    }
    assert_eq!(bucket.judge(&budget, START), Verdict::Refuse(budget.first_wait));
    let now = START.plus(budget.first_wait);
    assert_eq!(bucket.judge(&budget, now), Verdict::Admit);
    bucket.begin();
    assert_eq!(bucket.judge(&budget, now), Verdict::Busy, "beyond the burst it is one at a time");
}

#[test]
fn a_success_makes_up_for_all_failures_and_an_end_without_a_word_for_none() {
    let budget = ThrottlePolicy::default().pair;
    let mut bucket = Bucket::new(START);
    for _ in 0..9 {
        fail(&mut bucket, &budget, START);
    }
    bucket.begin();
    bucket.release();
    assert_eq!(bucket.owed_at(START), budget.forgive_every * 9);
    bucket.begin();
    bucket.forgive();
    assert_eq!(bucket, Bucket::new(START));
}

#[test]
fn the_failure_that_makes_others_wait_says_so() {
    let budget = Budget { burst: 2, ..ThrottlePolicy::default().pair };
    let mut bucket = Bucket::new(START);
    bucket.begin();
    assert!(!bucket.fail(&budget, START));
    bucket.begin();
    assert!(bucket.fail(&budget, START));
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
        2 => clock.prop_map(Step::Pass),
        4 => Just(Step::Begin),
        4 => Just(Step::Fail),
        1 => Just(Step::Release),
    ];
    prop::collection::vec(step, 0..300)
}

/// A bucket, and when what was tried with it failed.
struct Story {
    bucket: Bucket,
    now: Timestamp,
    under_way: u32,
    failures: Vec<Timestamp>,
}

impl Story {
    fn of(budget: &Budget, steps: &[Step], mut check: impl FnMut(&Self)) -> Self {
        let mut story = Self { bucket: Bucket::new(START), now: START, under_way: 0, failures: Vec::new() };
        for step in steps {
            story.take(budget, *step);
            check(&story);
        }
        story
    }

    fn take(&mut self, budget: &Budget, step: Step) {
        match step {
            Step::Pass(millis) => self.now = Timestamp::from_millis(self.now.as_millis() + millis),
            Step::Begin => {
                self.bucket = self.bucket.seen_at(self.now);
                if self.bucket.judge(budget, self.now) == Verdict::Admit {
                    self.bucket.begin();
                    self.under_way += 1;
                }
            }
            Step::Fail if self.under_way > 0 => {
                self.bucket = self.bucket.seen_at(self.now);
                self.bucket.fail(budget, self.now);
                self.under_way -= 1;
                self.failures.push(self.now);
            }
            Step::Release if self.under_way > 0 => {
                self.bucket.release();
                self.under_way -= 1;
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
            if let Verdict::Refuse(wait) = story.bucket.judge(&budget, story.now) {
                let then = story.now.plus(wait);
                assert!(!matches!(story.bucket.judge(&budget, then), Verdict::Refuse(_)));
                assert_eq!(story.bucket.judge(&budget, then.minus(MILLISECOND)), Verdict::Refuse(MILLISECOND));
            }
        });
    }

    #[test]
    fn nobody_waits_longer_than_until_one_failure_is_forgiven_wherever_the_clock_jumps(
        budget in budgets(),
        steps in steps(-100_000_000_000_i64..400_000_000),
    ) {
        Story::of(&budget, &steps, |story| {
            let bucket = story.bucket.seen_at(story.now);
            if let Verdict::Refuse(wait) = bucket.judge(&budget, story.now) {
                assert!(wait <= budget.forgive_every);
            }
            let most = u64::from(budget.burst) + dearer(&budget);
            let most = budget.forgive_every * u32::try_from(most).unwrap();
            assert!(bucket.owed_at(story.now) <= most, "{:?}", bucket.owed_at(story.now));
        });
    }
}
