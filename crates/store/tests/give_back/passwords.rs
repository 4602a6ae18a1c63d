//! Does nobody get in at the older backend whom Portcullis does not let in?

use portcullis_store::takeover::Finding;
use portcullis_store::takeover::shape::Field;
use portcullis_store::testing::TestEngine;

use super::world::{ADA, ARGON2, BOB, NEW, World, counts, findings};

super::on_every_engine! {
    a_disabled_account_does_not_get_in_and_comes_back_when_it_is_enabled
    a_column_can_say_that_an_account_is_disabled
    a_hash_that_the_older_backend_cannot_check_is_told_and_opens_nothing
    a_password_that_was_taken_away_opens_nothing
    the_stored_refresh_token_is_gone
}

/// The table `users` of the contract `users-cookies`, as the peer makes it.
pub fn users_cookies(engine: TestEngine, more: &str) -> String {
    let id = match engine {
        TestEngine::Sqlite => "INTEGER PRIMARY KEY AUTOINCREMENT",
        TestEngine::Postgres => "SERIAL PRIMARY KEY",
        TestEngine::MariaDb => "INT AUTO_INCREMENT PRIMARY KEY",
    };
    format!(
        "CREATE TABLE users (id {id}, name VARCHAR(100), email VARCHAR(100) UNIQUE, password VARCHAR(255), bio TEXT, \
         contact VARCHAR(20), \"refreshToken\" VARCHAR(255), created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP{more}); \
         INSERT INTO users (name, email, password, bio, \"refreshToken\") VALUES \
         ('ada', 'ada@example.com', '{ADA}', 'Counts', 'a.b.c'), ('bob', 'bob@example.com', '{BOB}', NULL, NULL);"
    )
    .replace('"', if engine == TestEngine::MariaDb { "`" } else { "\"" })
}

async fn world(engine: TestEngine) -> World {
    World::new(engine, "users-cookies", &users_cookies(engine, "")).await
}

async fn passwords(world: &World) -> Vec<String> {
    world.ask(&["id", "password"], "FROM users ORDER BY id").await
}

async fn a_disabled_account_does_not_get_in_and_comes_back_when_it_is_enabled(engine: TestEngine) {
    let world = world(engine).await;
    world.register("carol", |_| {}).await;
    for number in [1, 3] {
        world.disable(number).await;
    }
    let report = world.give().await;
    let expected =
        vec![(Finding::DisabledLeftOut, 1), (Finding::DisabledLocked, 1), (Finding::TokenRemoved, 1)];
    assert_eq!((counts(&report), findings(&report)), ((0, 1, 1), expected));
    assert_eq!(passwords(&world).await, ["1|!disabled".to_owned(), format!("2|{BOB}")]);
    assert_eq!(counts(&world.give().await), (0, 0, 2));
    world.here("UPDATE accounts SET disabled_at = NULL").await;
    assert_eq!(counts(&world.give().await), (1, 1, 1));
    assert_eq!(passwords(&world).await, [format!("1|{ADA}"), format!("2|{BOB}"), format!("3|{NEW}")]);
}

async fn a_column_can_say_that_an_account_is_disabled(engine: TestEngine) {
    let script = users_cookies(engine, ", blocked BOOLEAN");
    let mut world = World::new(engine, "users-cookies", &script).await;
    world.plan.mapping.set(Field::Disabled, Some("blocked".to_owned()));
    world.register("carol", |_| {}).await;
    world.disable(1).await;
    world.disable(3).await;
    let report = world.give().await;
    assert_eq!((counts(&report), findings(&report)), ((1, 1, 1), vec![(Finding::TokenRemoved, 1)]));
    let rows = world.ask(&["id", "password", "blocked"], "FROM users ORDER BY id").await;
    let yes = if engine == TestEngine::Postgres { "true" } else { "1" };
    assert_eq!(rows, [format!("1|{ADA}|{yes}"), format!("2|{BOB}|NULL"), format!("3|{NEW}|{yes}")]);
    assert_eq!(counts(&world.give().await), (0, 0, 3));
}

async fn a_hash_that_the_older_backend_cannot_check_is_told_and_opens_nothing(engine: TestEngine) {
    let world = world(engine).await;
    world.set_password(1, ARGON2).await;
    world.set_password(2, &BOB.replace("$2b$", "$2x$")).await;
    let report = world.give().await;
    assert_eq!(counts(&report), (0, 2, 0));
    assert_eq!((report.count(Finding::Unreadable), report.not_given_back()), (2, 0));
    assert_eq!(passwords(&world).await, [format!("1|{ARGON2}"), "2|!unreadable".to_owned()]);
    // Their owners set a password again, with bcrypt configured.
    world.set_password(1, NEW).await;
    world.set_password(2, &NEW.replace("$2b$", "$2y$")).await;
    let report = world.give().await;
    assert_eq!((counts(&report), findings(&report)), ((0, 2, 0), vec![(Finding::Renamed, 1)]));
    assert_eq!(passwords(&world).await, [format!("1|{NEW}"), format!("2|{NEW}")]);
    assert_eq!(counts(&world.give().await), (0, 0, 2));
}

async fn a_password_that_was_taken_away_opens_nothing(engine: TestEngine) {
    let world = world(engine).await;
    world.here("DELETE FROM passwords").await;
    world.register("carol", |account| account.password = None).await;
    let report = world.give().await;
    assert_eq!((counts(&report), report.not_given_back()), ((0, 2, 0), 1));
    assert_eq!((report.count(Finding::PasswordTaken), report.count(Finding::NoPassword)), (2, 1));
    assert_eq!(passwords(&world).await, ["1|!none", "2|!none"]);
    assert_eq!(counts(&world.give().await), (0, 0, 2));
}

async fn the_stored_refresh_token_is_gone(engine: TestEngine) {
    let world = world(engine).await;
    let report = world.give().await;
    assert_eq!((counts(&report), findings(&report)), ((0, 1, 1), vec![(Finding::TokenRemoved, 1)]));
    let rows = world.ask(&["id", "bio", "refreshToken"], "FROM users ORDER BY id").await;
    assert_eq!(rows, ["1|Counts|NULL", "2|NULL|NULL"]);
    assert_eq!(counts(&world.give().await), (0, 0, 2));
}
