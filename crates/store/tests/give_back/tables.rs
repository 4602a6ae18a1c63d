//! Is what the older backend reads afterwards what was here, and is all else as it was?

use portcullis_store::takeover::shape::Field;
use portcullis_store::takeover::{Finding, MissingRows};
use portcullis_store::testing::TestEngine;

use super::world::{ADA, BOB, NEW, World, counts, findings};

super::on_every_engine! {
    what_changed_is_written_what_is_new_is_added_and_all_else_stays
    times_are_written_as_the_table_has_them
    the_next_number_is_above_every_number_that_was_given_here
    a_dry_run_tells_the_same_and_writes_nothing
    rows_without_an_account_are_told_and_deleted_when_that_is_wanted
    a_table_that_is_not_there_is_told_with_what_to_do
}

/// The table `Users` of the contract `api-session`, as Sequelize makes it, with a column of the team's.
pub fn api_session(engine: TestEngine) -> String {
    let now = "DEFAULT CURRENT_TIMESTAMP";
    let (id, hash, time, key, q) = match engine {
        TestEngine::Sqlite => {
            ("INTEGER PRIMARY KEY AUTOINCREMENT", "VARCHAR BINARY(255)", "DATETIME", "", '`')
        }
        TestEngine::Postgres => {
            ("SERIAL", "BYTEA", "TIMESTAMP WITH TIME ZONE", ", PRIMARY KEY (\"id\")", '"')
        }
        TestEngine::MariaDb => (
            "INTEGER NOT NULL auto_increment",
            "VARCHAR(255) BINARY",
            "DATETIME",
            ", PRIMARY KEY (`id`)",
            '`',
        ),
    };
    let zone = if engine == TestEngine::Sqlite { ".000 +00:00" } else { "" };
    let hash_of = |text: &str| match engine {
        TestEngine::Postgres => format!("convert_to('{text}', 'UTF8')"),
        TestEngine::Sqlite | TestEngine::MariaDb => format!("'{text}'"),
    };
    format!(
        "CREATE TABLE {q}Users{q} ({q}id{q} {id}, {q}username{q} VARCHAR(30) NOT NULL UNIQUE, \
         {q}email{q} VARCHAR(256) NOT NULL UNIQUE, {q}hashedPassword{q} {hash} NOT NULL, \
         {q}createdAt{q} {time} NOT NULL {now}, {q}updatedAt{q} {time} NOT NULL {now}, {q}phone{q} VARCHAR(20){key}); \
         INSERT INTO {q}Users{q} ({q}username{q}, {q}email{q}, {q}hashedPassword{q}, {q}createdAt{q}, {q}updatedAt{q}, {q}phone{q}) \
         VALUES ('adalovelace', 'Ada@Example.com', {ada}, '2024-09-16 11:00:00{zone}', '2024-09-16 11:00:00{zone}', '555'), \
         ('babbage', 'bob@example.com', {bob}, '2024-09-17 11:00:00{zone}', '2024-09-17 11:00:00{zone}', NULL);",
        ada = hash_of(ADA),
        bob = hash_of(BOB),
    )
}

async fn world(engine: TestEngine) -> World {
    World::new(engine, "api-session", &api_session(engine)).await
}

/// What `convert_from` and casts make of a `BYTEA` column.
fn shown(hash: &str, engine: TestEngine) -> String {
    if engine == TestEngine::Postgres { format!("\\x{}", hex::encode(hash)) } else { hash.to_owned() }
}

async fn what_changed_is_written_what_is_new_is_added_and_all_else_stays(engine: TestEngine) {
    let world = world(engine).await;
    assert_eq!(counts(&world.give().await), (0, 0, 2));
    world.set_password(1, NEW).await;
    world.here("UPDATE accounts SET email = 'robert@example.com', email_key = 'robert@example.com' WHERE number = 2").await;
    assert_eq!(world.register("carolshaw", |_| {}).await, 3);
    let report = world.give().await;
    assert_eq!((counts(&report), findings(&report)), ((1, 2, 0), vec![]), "{report:?}");
    assert_eq!(report.described.passed_over, ["phone"]);
    let columns = ["id", "username", "email", "hashedPassword", "phone"];
    let expected = [
        format!("1|adalovelace|Ada@Example.com|{}|555", shown(NEW, engine)),
        format!("2|babbage|robert@example.com|{}|NULL", shown(BOB, engine)),
        format!("3|carolshaw|carolshaw@example.com|{}|NULL", shown(NEW, engine)),
    ];
    assert_eq!(world.ask(&columns, "FROM \"Users\" ORDER BY id").await, expected);
    assert_eq!(counts(&world.give().await), (0, 0, 3));
    assert_eq!(world.ask(&columns, "FROM \"Users\" ORDER BY id").await, expected);
}

async fn times_are_written_as_the_table_has_them(engine: TestEngine) {
    let world = world(engine).await;
    world.set_password(1, NEW).await;
    world.register("carolshaw", |_| {}).await;
    world.give().await;
    let rows = world.ask(&["createdAt", "updatedAt"], "FROM \"Users\" ORDER BY id").await;
    let (old, new) = match engine {
        TestEngine::Sqlite => ("2024-09-16 11:00:00.000 +00:00", "2027-01-15 08:00:00.123 +00:00"),
        TestEngine::Postgres => ("2024-09-16 11:00:00+00", "2027-01-15 08:00:00.123+00"),
        TestEngine::MariaDb => ("2024-09-16 11:00:00", "2027-01-15 08:00:00"),
    };
    assert_eq!(rows[0], format!("{old}|{new}"));
    assert!(rows[1].starts_with("2024-09-17") && !rows[1].contains("2027"), "{rows:?}");
    assert!(rows[2].starts_with(new), "{rows:?}");
}

async fn the_next_number_is_above_every_number_that_was_given_here(engine: TestEngine) {
    let world = world(engine).await;
    world.register("carolshaw", |_| {}).await;
    world.register("disabled", |_| {}).await;
    assert_eq!(world.register("deleted", |_| {}).await, 5);
    world.disable(4).await;
    world.delete(5).await;
    let report = world.give().await;
    assert_eq!((counts(&report), report.numbers_may_repeat), ((1, 0, 2), false), "{report:?}");
    let hash = if engine == TestEngine::Postgres { "'\\x00'" } else { "'x'" };
    let quote = if engine == TestEngine::MariaDb { '`' } else { '"' };
    let insert = format!(
        "INSERT INTO \"Users\" (username, email, \"hashedPassword\") VALUES ('next', 'next@example.com', {hash})"
    );
    world.old.execute(&insert.replace('"', &quote.to_string())).await;
    assert_eq!(world.ask(&["id"], "FROM \"Users\" WHERE username = 'next'").await, ["6"]);
    // A sequence that is further stays where it is.
    world.give().await;
    world.old.execute(&insert.replace("next", "last").replace('"', &quote.to_string())).await;
    assert_eq!(world.ask(&["id"], "FROM \"Users\" WHERE username = 'last'").await, ["7"]);
}

async fn a_dry_run_tells_the_same_and_writes_nothing(engine: TestEngine) {
    let mut world = world(engine).await;
    world.plan.missing = MissingRows::Delete;
    world.set_password(1, NEW).await;
    world.delete(2).await;
    world.register("carolshaw", |_| {}).await;
    let all = ["id", "username", "email", "hashedPassword", "createdAt", "updatedAt", "phone"];
    let before = world.ask(&all, "FROM \"Users\" ORDER BY id").await;
    let looked = world.look().await;
    assert_eq!(world.ask(&all, "FROM \"Users\" ORDER BY id").await, before);
    let done = world.give().await;
    assert_eq!(counts(&looked), (1, 1, 0));
    assert_eq!((counts(&looked), looked.deleted), (counts(&done), done.deleted));
}

async fn rows_without_an_account_are_told_and_deleted_when_that_is_wanted(engine: TestEngine) {
    let mut world = world(engine).await;
    world.delete(1).await;
    let report = world.give().await;
    assert_eq!((counts(&report), findings(&report)), ((0, 0, 1), vec![(Finding::Missing, 1)]));
    assert_eq!(report.findings[&Finding::Missing].first[0].id.as_deref(), Some("1"));
    assert_eq!(report.not_given_back(), 0);
    world.plan.missing = MissingRows::Delete;
    let report = world.give().await;
    assert_eq!((report.deleted, findings(&report)), (1, vec![]));
    assert_eq!(world.ask(&["id"], "FROM \"Users\"").await, ["2"]);
    // When nothing is known here, the wrong database is named.
    world.delete(2).await;
    world.register("carolshaw", |_| {}).await;
    let error = world.try_give().await.unwrap_err();
    assert!(error.to_string().contains("all of them would be deleted"), "{error}");
    assert_eq!(world.ask(&["id"], "FROM \"Users\"").await, ["2"]);
}

async fn a_table_that_is_not_there_is_told_with_what_to_do(engine: TestEngine) {
    let mut world = world(engine).await;
    world.old.execute("CREATE TABLE others (id INTEGER)").await;
    world.plan.mapping.set(Field::Username, Some("login".to_owned()));
    let error = world.try_give().await.unwrap_err();
    assert!(error.to_string().contains("`login`"), "{error}");
    let quote = if engine == TestEngine::MariaDb { '`' } else { '"' };
    world.old.execute(&format!("DROP TABLE {quote}Users{quote}")).await;
    let error = world.try_give().await.unwrap_err();
    assert!(error.to_string().contains("`Users`") && error.to_string().contains("others"), "{error}");
    assert!(error.fix().contains("--table") && error.fix().contains("migrations"), "{}", error.fix());
}
