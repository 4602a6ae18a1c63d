//! Is a file what `mongoimport` and the older backends read?

use portcullis_core::crypto::password::StoredHash;
use portcullis_store::takeover::shape::{Field, Shape};
use portcullis_store::takeover::{Finding, Format, GiveBackReport, write_out};
use portcullis_store::testing::TestEngine;
use serde_json::{Value, json};

use super::passwords::users_cookies;
use super::world::{ADA, ARGON2, BOB, NEW, World, findings};

async fn world(shape: &str) -> World {
    let script = users_cookies(TestEngine::Sqlite, "");
    let mut world = World::new(TestEngine::Sqlite, "users-cookies", &script).await;
    world.plan.shape = Shape::named(shape).unwrap();
    world
}

async fn written(world: &World, format: Format) -> (String, GiveBackReport) {
    let mut out = Vec::new();
    let report = write_out(&world.store, (&mut out, format), &world.plan, |_, _| {}).await.unwrap();
    (String::from_utf8(out).unwrap(), report)
}

async fn documents(world: &World) -> (Vec<Value>, GiveBackReport) {
    let (text, report) = written(world, Format::Json).await;
    (text.lines().map(|line| serde_json::from_str(line).unwrap()).collect(), report)
}

#[tokio::test]
async fn documents_are_extended_json() {
    let mut world = world("auth-router").await;
    world.delete(1).await;
    world.delete(2).await;
    let mut id = String::new();
    world
        .register("ada", |account| {
            account.external_id = Some("65f000000000000000000001".to_owned());
            account.password = Some(StoredHash::parse(&ADA.replace("$2a$", "$2y$")).unwrap());
        })
        .await;
    world.register("bob", |account| id = account.id.to_string()).await;
    world.plan.mapping.set(Field::Bio, Some("about.text".to_owned()));
    world.plan.mapping.set(Field::UpdatedAt, None);
    world.here("UPDATE accounts SET bio = 'Counts' WHERE number = 4").await;
    let (documents, report) = documents(&world).await;
    let at = json!({ "$date": "2027-01-15T08:00:00.123Z" });
    let ada = json!({
        "_id": { "$oid": "65f000000000000000000001" }, "email": "ada@example.com", "name": "ada", "role": "user",
        "password": ADA.replace("$2a$", "$2b$"), "createdAt": at,
    });
    let bob = json!({
        "_id": id, "email": "bob@example.com", "name": "bob", "role": "user", "password": NEW, "createdAt": at,
        "about": { "text": "Counts" },
    });
    assert_eq!(documents, [ada, bob]);
    assert_eq!((report.inserted, findings(&report)), (2, vec![(Finding::Renamed, 1)]));
}

#[tokio::test]
async fn names_and_hashes_are_all_that_such_a_backend_keeps() {
    let world = world("bearer-single").await;
    world.register("carol", |_| {}).await;
    world.register("dave", |account| account.password = Some(StoredHash::parse(ARGON2).unwrap())).await;
    let (documents, report) = documents(&world).await;
    let expected =
        [json!({ "username": "carol", "password": NEW }), json!({ "username": "dave", "password": ARGON2 })];
    assert_eq!(documents, expected);
    assert_eq!(findings(&report), [(Finding::NoUsername, 2), (Finding::Unreadable, 1)]);
}

#[tokio::test]
async fn a_disabled_account_is_in_a_file_only_with_a_password_that_none_matches() {
    let mut world = world("users-cookies").await;
    world.register("carol", |_| {}).await;
    world.disable(1).await;
    world.disable(3).await;
    let (text, report) = written(&world, Format::Csv).await;
    let expected = [(Finding::DisabledLeftOut, 1), (Finding::DisabledLocked, 1)];
    assert_eq!((report.inserted, findings(&report)), (2, expected.to_vec()));
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines[0], "id,email,name,bio,contact,password,created_at,updated_at");
    assert!(lines[1].starts_with("1,ada@example.com,ada,Counts,,!disabled,"), "{text}");
    assert!(lines[2].starts_with(&format!("2,bob@example.com,bob,,,{BOB},")), "{text}");
    assert_eq!(lines.len(), 3);
    // A column can say it.
    world.plan.mapping.set(Field::Disabled, Some("blocked".to_owned()));
    let (text, report) = written(&world, Format::Csv).await;
    assert_eq!((report.inserted, findings(&report)), (3, vec![]));
    assert!(text.lines().nth(1).unwrap().ends_with(",true") && text.contains(ADA), "{text}");
}
