//! What happens when the table does not take a row, has somebody else in it, or the work is interrupted?

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use portcullis_store::takeover::{Finding, GiveBackStep, give_back};
use portcullis_store::testing::TestEngine;

use super::passwords::users_cookies;
use super::world::{NEW, World, counts, findings};

super::on_every_engine! {
    one_row_that_is_refused_holds_up_no_other
    a_row_that_somebody_else_got_since_is_not_touched
    an_interrupted_export_goes_on
}

async fn world(engine: TestEngine) -> World {
    World::new(engine, "users-cookies", &users_cookies(engine, "")).await
}

async fn one_row_that_is_refused_holds_up_no_other(engine: TestEngine) {
    let world = world(engine).await;
    // SQLite takes texts of any length.
    let check = if engine == TestEngine::Sqlite {
        "CREATE TRIGGER short BEFORE INSERT ON users WHEN length(NEW.contact) > 20 BEGIN SELECT RAISE(ABORT, 'no'); END"
    } else {
        "SELECT 1"
    };
    world.old.execute(check).await;
    world.register("carol", |account| account.profile.contact = Some("x".repeat(21))).await;
    world.register("dave", |account| account.email = None).await;
    world.register("eve", |_| {}).await;
    // Another row has the address, and nobody here has that row.
    world.old.execute("INSERT INTO users (id, email, password) VALUES (77, 'fay@example.com', 'x')").await;
    world.register("fay", |_| {}).await;
    let report = world.give().await;
    // The table takes a row without an address.
    let expected =
        [(Finding::Taken, 1), (Finding::Refused, 1), (Finding::TokenRemoved, 1), (Finding::Missing, 1)];
    assert_eq!(findings(&report), expected);
    assert_eq!((counts(&report), report.not_given_back()), ((2, 1, 1), 2));
    assert!(!report.codes.is_empty() && report.codes.iter().all(|code| !code.contains('@')), "{report:?}");
    let rows = world.ask(&["id", "name"], "FROM users WHERE id > 2 ORDER BY id").await;
    assert_eq!(rows, ["4|dave", "5|eve", "77|NULL"]);
    // What is there now is passed over, and the others are tried again.
    let again = world.give().await;
    assert_eq!((counts(&again), again.not_given_back()), ((0, 0, 4), 2));
}

async fn a_row_that_somebody_else_got_since_is_not_touched(engine: TestEngine) {
    let world = world(engine).await;
    // The older backend went on after the cut-over.
    world
        .old
        .execute("INSERT INTO users (name, email, password) VALUES ('mallory', 'mallory@example.com', 'm')")
        .await;
    assert_eq!(world.register("carol", |_| {}).await, 3);
    let report = world.give().await;
    assert_eq!((report.count(Finding::IdTaken), report.not_given_back()), (1, 1));
    let row = world.ask(&["email", "password"], "FROM users WHERE id = 3").await;
    assert_eq!(row, ["mallory@example.com|m"]);
}

async fn an_interrupted_export_goes_on(engine: TestEngine) {
    let world = world(engine).await;
    for number in 0..450 {
        world.register(&format!("person{number}"), |_| {}).await;
    }
    let stop = |step: GiveBackStep, count: u64| {
        assert!(step == GiveBackStep::Comparing || count < 300, "interrupted");
    };
    let work = give_back(&world.store, (world.old.options(), None), &world.plan, stop);
    assert!(AssertUnwindSafe(work).catch_unwind().await.is_err());
    let there = world.ask(&["id"], "FROM users").await.len();
    assert!((200..450).contains(&there), "{there}");
    let report = world.give().await;
    assert_eq!(counts(&report), (452 - there as u64, 0, there as u64));
    assert_eq!(world.ask(&["id"], &format!("FROM users WHERE password = '{NEW}'")).await.len(), 450);
    assert_eq!(counts(&world.give().await), (0, 0, 452));
}
