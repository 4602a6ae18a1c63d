//! Is the target of a move the copy of its source in the end, whatever happened on the way?

use portcullis_core::model::{Change, ProfileChange};
use portcullis_core::ports::Store;
use portcullis_core::ports::store::{Job, JobClaim};
use portcullis_store::testing::TestEngine;
use portcullis_store::transfer::{Comparison, Move, MoveError, MoveReport, Record, Step};
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::task::block_in_place;

use super::world::{World, keys, later};

super::on_every_engine! {
    everything_is_moved_between_any_two_engines
    a_move_that_is_repeated_brings_over_what_has_changed
    a_move_that_was_interrupted_goes_on
    a_target_that_belongs_to_somebody_is_refused
    a_target_that_a_server_has_run_on_is_refused
    a_target_that_was_written_to_since_is_refused
    a_target_that_is_put_to_use_while_it_is_looked_at_is_refused
    a_server_that_is_started_on_the_target_meanwhile_keeps_what_it_has
    a_target_is_half_filled_until_it_is_the_same_as_its_source
    a_dry_run_compares_and_writes_nothing
    nobody_gets_a_number_that_was_given_before
}

async fn run(source: &World, target: &World) -> Result<MoveReport, MoveError> {
    let step = &mut |_, _| ();
    Move::begin(&source.store, &target.store, step).await?.run(step).await
}

async fn everything_is_moved_between_any_two_engines(engine: TestEngine) {
    for other in [TestEngine::Sqlite, TestEngine::Postgres, TestEngine::MariaDb] {
        let (source, target) = (World::in_use(engine).await, World::empty(other).await);
        let report = run(&source, &target).await.unwrap();
        assert_eq!((report.is_faithful, report.since.differences()), (true, 0));
        let records = source.records().await;
        assert_eq!(report.counts.total(), records.len() as u64);
        assert_eq!(target.records().await, records);
        assert_eq!(target.next_number().await, source.next_number().await);
    }
}

async fn a_move_that_is_repeated_brings_over_what_has_changed(engine: TestEngine) {
    let (source, target) = (World::in_use(TestEngine::Sqlite).await, World::empty(engine).await);
    run(&source, &target).await.unwrap();
    let accounts: Vec<_> = source.records().await.into_iter().filter_map(account).collect();
    let [alice, carol, bob] = &accounts[..] else { panic!("{accounts:?}") };
    // One is gone, two have changed, a session is refreshed, and somebody new has the address of who is gone.
    source.delete(carol.id).await;
    let names = [(alice, "one"), (bob, "two")];
    for (account, name) in names {
        let change = ProfileChange { name: Change::Set(name.into()), ..ProfileChange::default() };
        source.store.update_profile(account.id, &change, later(100)).await.unwrap();
    }
    let session = source.log_in(alice.id).await;
    source.store.rotate_session(&source.personas.rotation(session, 1, later(110))).await.unwrap();
    source.create(&source.personas.account("carol")).await;
    // The feed and the id of the adopted session are forgotten.
    source.store.prune_sessions(later(0), later(3 * 3600)).await.unwrap();

    let report = run(&source, &target).await.unwrap();
    assert_eq!(
        (report.is_faithful, report.since),
        (true, Comparison { same: report.counts, ..Default::default() })
    );
    assert_eq!(target.records().await, source.records().await);
}

async fn a_move_that_was_interrupted_goes_on(engine: TestEngine) {
    let (source, target) = (World::in_use(TestEngine::Sqlite).await, World::empty(engine).await);
    let (step, has_begun) = (&mut |_, _| (), Notify::new());
    let mut progress = |step, count| {
        if (step, count) == (Step::Copying, 5) {
            has_begun.notify_one();
        }
    };
    let moving = Move::begin(&source.store, &target.store, step).await.unwrap();
    tokio::select! {
        biased;
        () = has_begun.notified() => {}
        _ = moving.run(&mut progress) => panic!("it was not interrupted"),
    }
    assert!(target.records().await.len() < source.records().await.len());
    let report = run(&source, &target).await.unwrap();
    assert_eq!((report.is_faithful, report.since.differences()), (true, 0));
    assert_eq!(target.records().await, source.records().await);
}

async fn a_target_that_belongs_to_somebody_is_refused(engine: TestEngine) {
    let (source, target) = (World::in_use(TestEngine::Sqlite).await, World::empty(engine).await);
    let number = target.create(&target.personas.account("zed")).await;
    let before = target.records().await;
    assert!(refusal(&source, &target).await.contains("data of its own"));
    assert_eq!(target.records().await, before);
    let zed = account(before[0].clone()).unwrap();
    assert_eq!(zed.number, number);
    // Nor onto itself.
    assert!(refusal(&source, &source).await.contains("data of its own"));
    // Nor into the target of another move.
    let (other, target) = (World::empty(TestEngine::Sqlite).await, World::empty(engine).await);
    let mut other_keys = keys();
    for key in &mut other_keys {
        key.kid.push('0');
    }
    other.store.add_first_keys(&other_keys, &[]).await.unwrap();
    run(&other, &target).await.unwrap();
    assert!(refusal(&source, &target).await.contains("another database"));
}

async fn a_target_that_a_server_has_run_on_is_refused(engine: TestEngine) {
    let (source, target) = (World::in_use(TestEngine::Sqlite).await, World::empty(engine).await);
    run(&source, &target).await.unwrap();
    take_up_a_job(&target).await;
    assert!(refusal(&source, &target).await.contains("a server has run on it"));
}

async fn a_target_that_was_written_to_since_is_refused(engine: TestEngine) {
    let (source, target) = (World::in_use(TestEngine::Sqlite).await, World::empty(engine).await);
    run(&source, &target).await.unwrap();
    target.create(&target.personas.account("zed")).await;
    let before = target.records().await;
    assert!(refusal(&source, &target).await.contains("written to"));
    assert_eq!(target.records().await, before);
}

async fn a_target_that_is_put_to_use_while_it_is_looked_at_is_refused(engine: TestEngine) {
    let (source, step) = (World::in_use(TestEngine::Sqlite).await, &mut |_, _| ());
    // A server makes keys first on an empty database.
    let target = World::empty(engine).await;
    let moving = Move::begin(&source.store, &target.store, step).await.unwrap();
    target.store.add_first_keys(&keys(), &[]).await.unwrap();
    assert!(matches!(moving.run(step).await, Err(MoveError::Used { .. })));
    assert_eq!((target.records().await.len(), target.is_half_filled().await), (keys().len(), false));
    // On one that was filled it takes up a job, and people register there.
    for has_job in [false, true] {
        let target = World::empty(engine).await;
        run(&source, &target).await.unwrap();
        let moving = Move::begin(&source.store, &target.store, step).await.unwrap();
        if has_job {
            take_up_a_job(&target).await;
        } else {
            target.create(&target.personas.account("zed")).await;
        }
        let before = target.records().await;
        let outcome = moving.run(step).await;
        assert!(matches!(outcome, Err(MoveError::Used { .. })), "{outcome:?}");
        assert_eq!((target.records().await, target.is_half_filled().await), (before, false));
    }
    // Of two moves that looked at the same time one goes on.
    let target = World::empty(engine).await;
    let first = Move::begin(&source.store, &target.store, step).await.unwrap();
    let second = Move::begin(&source.store, &target.store, step).await.unwrap();
    first.run(step).await.unwrap();
    assert!(matches!(second.run(step).await, Err(MoveError::Used { .. })));
}

async fn a_server_that_is_started_on_the_target_meanwhile_keeps_what_it_has(engine: TestEngine) {
    let source = World::in_use(TestEngine::Sqlite).await;
    let bob = source.records().await.into_iter().filter_map(account).next_back().unwrap();
    let target = World::empty(engine).await;
    run(&source, &target).await.unwrap();
    source.delete(bob.id).await;
    // Before something is taken away.
    let outcome = run_beside_a_server(&source, &target, Step::Comparing).await;
    assert!(matches!(outcome, Err(MoveError::Joined)), "{outcome:?}");
    assert!(target.records().await.into_iter().filter_map(account).any(|account| account.id == bob.id));
    // Before the end is noted.
    let target = World::empty(engine).await;
    let outcome = run_beside_a_server(&source, &target, Step::Verifying).await;
    assert!(matches!(outcome, Err(MoveError::Joined)), "{outcome:?}");
    assert!(target.is_half_filled().await);
}

async fn a_target_is_half_filled_until_it_is_the_same_as_its_source(engine: TestEngine) {
    let (source, target) = (World::in_use(TestEngine::Sqlite).await, World::empty(engine).await);
    let mut progress = |step, count| {
        if (step, count) == (Step::Verifying, 1) {
            assert!(wait_for(target.is_half_filled()));
        }
        if (step, count) == (Step::Copying, 1) {
            wait_for(source.create(&source.personas.account("late")));
        }
    };
    let moving = Move::begin(&source.store, &target.store, &mut |_, _| ()).await.unwrap();
    let report = moving.run(&mut progress).await.unwrap();
    // The account and its entry in the audit log.
    assert_eq!((report.is_faithful, report.since.differences()), (true, 2));
    assert!(target.is_half_filled().await);
    let report = run(&source, &target).await.unwrap();
    assert_eq!((report.is_faithful, report.since.differences()), (true, 0));
    assert!(!target.is_half_filled().await);
}

async fn a_dry_run_compares_and_writes_nothing(engine: TestEngine) {
    let (source, target) = (World::in_use(TestEngine::Sqlite).await, World::empty(engine).await);
    let step = &mut |_, _| ();
    let compared =
        Move::begin(&source.store, &target.store, step).await.unwrap().compare(step).await.unwrap();
    assert_eq!(compared.new.total(), source.records().await.len() as u64);
    assert_eq!((target.records().await, target.next_number().await), (Vec::new(), 1));
    run(&source, &target).await.unwrap();
    let compared =
        Move::begin(&source.store, &target.store, step).await.unwrap().compare(step).await.unwrap();
    assert_eq!((compared.differences(), compared.same.total()), (0, source.records().await.len() as u64));
}

async fn nobody_gets_a_number_that_was_given_before(engine: TestEngine) {
    let (source, target) = (World::in_use(TestEngine::Postgres).await, World::empty(engine).await);
    run(&source, &target).await.unwrap();
    assert_eq!(target.create(&target.personas.account("erin")).await, 5);
}

/// Runs a move; a server is started on the target at the first record of a step.
async fn run_beside_a_server(source: &World, target: &World, moment: Step) -> Result<MoveReport, MoveError> {
    let mut progress = |step, count| {
        if (step, count) == (moment, 1) {
            wait_for(take_up_a_job(target));
        }
    };
    Move::begin(&source.store, &target.store, &mut |_, _| ()).await?.run(&mut progress).await
}

/// What a server does first.
async fn take_up_a_job(world: &World) {
    let claim = JobClaim { job: Job::ClearAway, holder: "node".into(), now: later(0), until: later(60) };
    assert!(world.store.claim_job(&claim).await.unwrap());
}

/// Does something in the middle of a move.
fn wait_for<T>(work: impl Future<Output = T>) -> T {
    block_in_place(|| Handle::current().block_on(work))
}

async fn refusal(source: &World, target: &World) -> String {
    match run(source, target).await {
        Err(error @ MoveError::Used { .. }) => error.to_string(),
        other => panic!("{other:?}"),
    }
}

fn account(record: Record) -> Option<portcullis_core::model::Account> {
    match record {
        Record::Account(record) => Some(record.account),
        _ => None,
    }
}
