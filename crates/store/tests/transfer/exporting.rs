//! Is everything read as it was at one moment, page after page?

use portcullis_core::model::{Account, AccountId, Email, Profile, Role};
use portcullis_core::testing::{NOW, password_hash};
use portcullis_store::testing::TestEngine;
use portcullis_store::transfer::{AccountRecord, Importer, Kind, Mode, PasswordRecord, Record};

use super::world::World;

super::on_every_engine! {
    records_come_in_the_order_of_their_keys_and_are_all_there
    what_is_written_while_an_export_runs_is_not_in_it
    a_store_larger_than_a_page_comes_whole
    the_next_number_is_known_after_the_account_with_the_highest_was_deleted
}

async fn records_come_in_the_order_of_their_keys_and_are_all_there(engine: TestEngine) {
    let world = World::in_use(engine).await;
    let records = world.records().await;
    assert!(records.is_sorted_by_key(Record::key), "{records:#?}");
    let count = |kind| records.iter().filter(|record| record.kind() == kind).count();
    assert_eq!(Kind::ALL.map(count), [3, 3, 5, 2, 12, 1, 10, 2, 2, 3]);
}

async fn what_is_written_while_an_export_runs_is_not_in_it(engine: TestEngine) {
    let world = World::in_use(engine).await;
    let before = world.records().await;
    let mut snapshot = world.store.snapshot().await.unwrap();
    let mut seen = vec![snapshot.next().await.unwrap().unwrap()];
    let erin = world.personas.account("erin");
    world.create(&erin).await;
    world.log_in(erin.id).await;
    let Some(Record::Account(alice)) = before.iter().find(|record| record.kind() == Kind::Account) else {
        panic!("there are accounts")
    };
    world.delete(alice.account.id).await;
    while let Some(record) = snapshot.next().await.unwrap() {
        seen.push(record);
    }
    snapshot.close().await;
    assert_eq!(seen, before);
    assert_ne!(world.records().await, before);
}

async fn a_store_larger_than_a_page_comes_whole(engine: TestEngine) {
    let source = World::empty(engine).await;
    // More than two pages, made quickly by an import.
    let accounts: Vec<Record> = (1..=2_345).map(account).collect();
    let mut importer = Importer::begin(&source.store, Mode::Write, &[]).await.unwrap();
    for record in accounts.clone() {
        importer.add(0, record).await.unwrap();
    }
    let report = importer.finish(1).await.unwrap();
    assert_eq!(report.tally.new.of(Kind::Account), 2_345);
    assert_eq!(source.records().await, accounts);
    assert_eq!(source.next_number().await, 2_346);
}

async fn the_next_number_is_known_after_the_account_with_the_highest_was_deleted(engine: TestEngine) {
    let world = World::empty(engine).await;
    assert_eq!(world.next_number().await, 1);
    let world = World::in_use(engine).await;
    assert_eq!(world.next_number().await, 5);
}

/// One of many.
fn account(number: i64) -> Record {
    let mut random = [0; 10];
    random[2..].copy_from_slice(&number.to_be_bytes());
    let account = Account {
        id: AccountId::new(NOW, random),
        number,
        external_id: None,
        email: Some(Email::parse(&format!("person-{number}@example.com")).unwrap()),
        username: None,
        profile: Profile::default(),
        role: Role::User,
        disabled_at: None,
        cut_over_at: None,
        disowned_at: None,
        locale: None,
        email_verified_at: None,
        deletion: None,
        created_at: NOW,
        updated_at: NOW,
    };
    // Every third has none, so that the two tables do not run in step.
    let has_password = number % 3 != 0;
    let password = has_password.then(|| PasswordRecord { hash: password_hash("secret"), updated_at: NOW });
    Record::Account(AccountRecord { account, password })
}
