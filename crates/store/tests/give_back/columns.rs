//! Are columns written that are not what an older backend's library would have made?

use portcullis_store::takeover::Finding;
use portcullis_store::takeover::shape::Field;
use portcullis_store::testing::TestEngine;

use super::world::{ADA, NEW, World, counts};

super::on_every_engine! {
    numbers_for_times_bytes_for_hashes_and_ids_that_only_the_database_gives
    what_the_table_remembers_of_its_numbers_is_told
    names_that_would_be_statements_are_names
}

async fn numbers_for_times_bytes_for_hashes_and_ids_that_only_the_database_gives(engine: TestEngine) {
    let (id, hash, insert) = match engine {
        TestEngine::Sqlite => ("INTEGER PRIMARY KEY AUTOINCREMENT", "BLOB", format!("CAST('{ADA}' AS BLOB)")),
        TestEngine::Postgres => {
            ("BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY", "BYTEA", format!("'{ADA}'::bytea"))
        }
        TestEngine::MariaDb => {
            ("BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY", "BINARY(100)", format!("'{ADA}'"))
        }
    };
    let script = format!(
        "CREATE TABLE users (id {id}, name TEXT, email VARCHAR(50) UNIQUE, password {hash} NOT NULL, \
         contact INTEGER, created_at BIGINT, updated_at VARCHAR(30)); \
         INSERT INTO users (name, email, password, contact, created_at, updated_at) \
         VALUES ('ada', 'ada@example.com', {insert}, 555, 1700000000, '2023-11-14T22:13:20.000Z');"
    );
    let mut world = World::new(engine, "users-cookies", &script).await;
    world.plan.mapping.set(Field::RefreshToken, None);
    assert_eq!(counts(&world.give().await), (0, 0, 1));
    world.here("UPDATE accounts SET contact = '777'").await;
    world.register("carol", |_| {}).await;
    assert_eq!(counts(&world.give().await), (1, 1, 0));
    let rows = world.ask(&["id", "contact", "created_at", "updated_at"], "FROM users ORDER BY id").await;
    // Her account says itself when it last changed: when it was made.
    assert_eq!(rows[0], "1|777|1700000000|2023-11-14T22:13:20.000Z");
    assert_eq!(rows[1], "2|NULL|1800000000|2027-01-15T08:00:00.123Z");
    assert_eq!(counts(&world.give().await), (0, 0, 2));
    world.set_password(1, NEW).await;
    assert_eq!(counts(&world.give().await), (0, 1, 1));
    assert_eq!(counts(&world.give().await), (0, 0, 2));
    let next = "INSERT INTO users (email, password) VALUES ('next@example.com', 'x')";
    world.old.execute(next).await;
    assert_eq!(world.ask(&["id"], "FROM users WHERE email = 'next@example.com'").await, ["3"]);
}

async fn what_the_table_remembers_of_its_numbers_is_told(engine: TestEngine) {
    let script = format!(
        "CREATE TABLE users (id INTEGER PRIMARY KEY, email VARCHAR(50), password VARCHAR(60)); \
         INSERT INTO users VALUES (1, 'ada@example.com', '{ADA}');"
    );
    let world = World::new(engine, "users-cookies", &script).await;
    assert!(!world.give().await.numbers_may_repeat);
    world.register("carol", |_| {}).await;
    world.delete(2).await;
    assert!(world.give().await.numbers_may_repeat);
}

async fn names_that_would_be_statements_are_names(engine: TestEngine) {
    let quote = if engine == TestEngine::MariaDb { '`' } else { '"' };
    let q = |name: &str| format!("{quote}{}{quote}", name.replace(quote, &format!("{quote}{quote}")));
    let odd = "x\"; DROP TABLE `y`; --?$1";
    let script = format!(
        "CREATE TABLE users (id INTEGER PRIMARY KEY, email VARCHAR(50), {odd} VARCHAR(60)); \
         INSERT INTO users VALUES (1, 'ada@example.com', '{ADA}');",
        odd = q(odd)
    );
    let mut world = World::unread(engine, "users-cookies", &script).await;
    world.plan.mapping.set(Field::Password, Some(odd.to_owned()));
    world.take_over(None).await;
    world.set_password(1, NEW).await;
    world.register("carol", |_| {}).await;
    assert_eq!(counts(&world.give().await), (1, 1, 0));
    assert_eq!(counts(&world.give().await), (0, 0, 2));
}

/// SQLite cuts nothing off and refuses nothing.
async fn a_text_that_would_be_cut_off_is_refused(engine: TestEngine) {
    let script = format!(
        "CREATE TABLE users (id INTEGER PRIMARY KEY, email VARCHAR(20), password VARCHAR(60)); \
         INSERT INTO users VALUES (1, 'ada@example.com', '{ADA}');"
    );
    let world = World::new(engine, "users-cookies", &script).await;
    world.register("somebody.with.a.long.name", |_| {}).await;
    let report = world.give().await;
    assert_eq!((counts(&report), report.count(Finding::Refused)), ((0, 0, 1), 1));
    assert_eq!(world.ask(&["id"], "FROM users").await, ["1"]);
}

#[tokio::test]
async fn a_text_that_postgres_would_cut_off_is_refused() {
    a_text_that_would_be_cut_off_is_refused(TestEngine::Postgres).await;
}

#[tokio::test]
async fn a_text_that_mariadb_would_cut_off_is_refused() {
    a_text_that_would_be_cut_off_is_refused(TestEngine::MariaDb).await;
}
