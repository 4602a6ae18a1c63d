//! Is a row found whatever names it: a number, a text, a UUID, or only a username?

use portcullis_core::model::Username;
use portcullis_store::takeover::Finding;
use portcullis_store::takeover::shape::Field;
use portcullis_store::testing::TestEngine;

use super::world::{ADA, BOB, NEW, World, counts, findings};

super::on_every_engine! {
    usernames_whose_case_counts_are_two_rows
    ids_that_are_texts_are_kept_and_a_new_account_gets_its_own
    two_who_exchanged_their_addresses_one_after_the_other_both_get_them
    the_words_for_roles_are_the_older_backends_own
}

async fn usernames_whose_case_counts_are_two_rows(engine: TestEngine) {
    let collation = if engine == TestEngine::MariaDb { " COLLATE utf8mb4_bin" } else { "" };
    let script = format!(
        "CREATE TABLE users (username VARCHAR(50){collation}, password VARCHAR(60), note TEXT); \
         INSERT INTO users VALUES ('Ada', '{ADA}', 'x'), ('ada', '{BOB}', 'y');"
    );
    let world = World::new(engine, "username-password", &script).await;
    assert_eq!(counts(&world.give().await), (0, 0, 2));
    world.here(&format!("UPDATE passwords SET hash = '{NEW}' WHERE hash = '{ADA}'")).await;
    world.register("carol", |account| account.username = Some(Username::exact("Carol").unwrap())).await;
    world.register("dave", |account| account.username = None).await;
    let report = world.give().await;
    assert_eq!((counts(&report), findings(&report)), ((1, 1, 1), vec![(Finding::NoUsername, 1)]));
    let mut rows = world.ask(&["username", "password", "note"], "FROM users").await;
    rows.sort();
    assert_eq!(rows, [format!("Ada|{NEW}|x"), format!("Carol|{NEW}|NULL"), format!("ada|{BOB}|y")]);
    assert_eq!(counts(&world.give().await), (0, 0, 3));
}

async fn ids_that_are_texts_are_kept_and_a_new_account_gets_its_own(engine: TestEngine) {
    let uuid = "018f0000-0000-7000-8000-000000000001";
    let id = if engine == TestEngine::Postgres { "UUID" } else { "CHAR(36)" };
    let script = format!(
        "CREATE TABLE users (id {id} PRIMARY KEY, name TEXT, email VARCHAR(50) UNIQUE, password VARCHAR(60)); \
         INSERT INTO users VALUES ('{uuid}', 'ada', 'ada@example.com', '{ADA}');"
    );
    let world = World::new(engine, "users-cookies", &script).await;
    assert_eq!(counts(&world.give().await), (0, 0, 1));
    world.here(&format!("UPDATE passwords SET hash = '{NEW}'")).await;
    let mut id = String::new();
    world.register("carol", |account| id = account.id.to_string()).await;
    world.register("dave", |account| account.external_id = Some("65f000000000000000000001".to_owned())).await;
    let report = world.give().await;
    // A column of UUIDs cannot hold every text.
    let (inserted, refused) = if engine == TestEngine::Postgres { (1, 1) } else { (2, 0) };
    assert_eq!((counts(&report), report.count(Finding::Id)), ((inserted, 1, 0), refused), "{report:?}");
    let rows = world.ask(&["id", "password"], "FROM users WHERE name <> 'dave' ORDER BY email").await;
    assert_eq!(rows, [format!("{uuid}|{NEW}"), format!("{id}|{NEW}")]);
    assert_eq!(counts(&world.give().await), (0, 0, 1 + inserted));
}

async fn two_who_exchanged_their_addresses_one_after_the_other_both_get_them(engine: TestEngine) {
    let world = World::new(engine, "users-cookies", &super::passwords::users_cookies(engine, "")).await;
    for (number, email) in [(2, "robert@example.com"), (1, "bob@example.com")] {
        world
            .here(&format!(
                "UPDATE accounts SET email = '{email}', email_key = '{email}' WHERE number = {number}"
            ))
            .await;
    }
    world.register("ada", |_| {}).await;
    let report = world.give().await;
    assert_eq!((counts(&report), report.not_given_back()), ((1, 2, 0), 0), "{report:?}");
    let rows = world.ask(&["id", "email"], "FROM users ORDER BY id").await;
    assert_eq!(rows, ["1|bob@example.com", "2|robert@example.com", "3|ada@example.com"]);
    assert_eq!(counts(&world.give().await), (0, 0, 3));
}

async fn the_words_for_roles_are_the_older_backends_own(engine: TestEngine) {
    let script = super::passwords::users_cookies(engine, ", kind VARCHAR(20) DEFAULT 'editor'");
    let mut world = World::new(engine, "users-cookies", &script).await;
    world.plan.mapping.set(Field::Role, Some("kind".to_owned()));
    world.give().await;
    world.here("UPDATE accounts SET role = 'admin' WHERE number = 2").await;
    assert_eq!(counts(&world.give().await), (0, 1, 1));
    assert_eq!(world.ask(&["kind"], "FROM users ORDER BY id").await, ["editor", "admin"]);
}
