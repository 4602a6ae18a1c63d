//! Is an import whole, does it change nothing that is there, and may it be run again?

use portcullis_core::crypto::keyring::{KeyPurpose, KeyState};
use portcullis_core::model::{AccountId, AuditKind, Change, NewAccount, ProfileChange};
use portcullis_core::ports::{AuditStore, Store};
use portcullis_store::testing::TestEngine;
use portcullis_store::transfer::{ConflictKind, ImportError, Importer, Key, Kind, Mode, Record};

use super::world::{World, key, keys, later};

super::on_every_engine! {
    what_was_exported_is_imported_and_exports_as_the_same_file
    numbers_go_on_where_they_were
    an_import_that_is_run_again_finds_everything_there
    an_import_that_was_interrupted_goes_on_where_it_was
    what_is_there_with_other_content_is_a_conflict_and_stays
    whatever_may_be_had_once_is_a_conflict_of_its_own
    two_of_one_file_that_exclude_each_other_are_a_conflict
    what_needs_an_account_that_is_not_there_is_a_conflict
    a_dry_run_tells_the_same_and_writes_nothing
    keys_are_never_mixed
    a_file_without_keys_goes_into_a_store_that_has_some
    seals_come_along_and_go_on_being_good
    a_store_with_seals_of_its_own_seals_what_came_in_by_itself
}

async fn what_was_exported_is_imported_and_exports_as_the_same_file(engine: TestEngine) {
    for other in [TestEngine::Sqlite, TestEngine::Postgres, TestEngine::MariaDb] {
        let (source, target) = (World::in_use(engine).await, World::empty(other).await);
        let file = source.export().await;
        let report = target.import(&file).await.unwrap();
        assert!(report.conflicts.is_empty(), "{:?}", report.conflicts);
        assert_eq!(report.tally.new.total(), source.records().await.len() as u64);
        assert_eq!(String::from_utf8(target.export().await), String::from_utf8(file));
    }
}

async fn numbers_go_on_where_they_were(engine: TestEngine) {
    let (source, target) = (World::in_use(TestEngine::Sqlite).await, World::empty(engine).await);
    target.import(&source.export().await).await.unwrap();
    // Number 4 was dave's, who is gone.
    assert_eq!(target.create(&target.personas.account("erin")).await, 5);
    assert_eq!(target.create(&target.personas.account("fred")).await, 6);
}

async fn an_import_that_is_run_again_finds_everything_there(engine: TestEngine) {
    let (source, target) = (World::in_use(TestEngine::Sqlite).await, World::empty(engine).await);
    let file = source.export().await;
    let first = target.import(&file).await.unwrap();
    let again = target.import(&file).await.unwrap();
    assert_eq!(again.tally.there, first.tally.new);
    assert_eq!((again.tally.new.total(), again.conflicts.len()), (0, 0));
    assert_eq!(target.export().await, file);
}

async fn an_import_that_was_interrupted_goes_on_where_it_was(engine: TestEngine) {
    let (source, target) = (World::in_use(TestEngine::Sqlite).await, World::empty(engine).await);
    let (file, records) = (source.export().await, source.records().await);
    let mut importer = Importer::begin(&target.store, Mode::Write, &keys()).await.unwrap();
    for record in records.iter().filter(|record| record.kind() <= Kind::Session) {
        importer.add(0, record.clone()).await.unwrap();
    }
    // The sessions are still in hand.
    drop(importer);
    let report = target.import(&file).await.unwrap();
    assert_eq!((report.tally.there.of(Kind::Account), report.tally.new.of(Kind::Account)), (3, 0));
    assert_eq!((report.tally.there.of(Kind::Session), report.tally.new.of(Kind::Session)), (0, 5));
    assert_eq!(target.export().await, file);
}

async fn what_is_there_with_other_content_is_a_conflict_and_stays(engine: TestEngine) {
    let (source, target) = (World::in_use(TestEngine::Sqlite).await, World::empty(engine).await);
    let file = source.export().await;
    target.import(&file).await.unwrap();
    let alice = account(&target.records().await, 1);
    let change = ProfileChange { name: Change::Set("Alice".into()), ..ProfileChange::default() };
    target.store.update_profile(alice.account.id, &change, later(50)).await.unwrap();
    let session = target.log_in(alice.account.id).await;
    target.store.rotate_session(&target.personas.rotation(session, 1, later(60))).await.unwrap();
    let before = target.records().await;

    let report = target.import(&file).await.unwrap();
    let [conflict] = &report.conflicts[..] else { panic!("{:?}", report.conflicts) };
    // Below the header and three keys.
    assert_eq!((conflict.line, &conflict.key, conflict.kind), (5, &Key::Account(1), ConflictKind::Differs));
    assert_eq!(report.tally.new.total(), 0);
    assert_eq!(target.records().await, before);
}

async fn whatever_may_be_had_once_is_a_conflict_of_its_own(engine: TestEngine) {
    let (source, target) = (World::in_use(TestEngine::Sqlite).await, World::empty(engine).await);
    let alice = account(&source.records().await, 1);
    // Another account has number 1, another alice's external id, email address, username, id.
    target.create(&target.personas.account("zed")).await;
    let zed = account(&target.records().await, 1);
    for (change, expected) in [
        (None, ConflictKind::Number),
        (Some("external_id"), ConflictKind::ExternalId),
        (Some("email"), ConflictKind::Email),
        (Some("username"), ConflictKind::Username),
        (Some("id"), ConflictKind::Id),
    ] {
        let target = World::empty(engine).await;
        let mut there = zed.clone();
        match change {
            None => {}
            Some("external_id") => there.account.external_id.clone_from(&alice.account.external_id),
            Some("email") => there.account.email.clone_from(&alice.account.email),
            Some("username") => there.account.username.clone_from(&alice.account.username),
            _ => there.account.id = alice.account.id,
        }
        there.account.number = if change.is_some() { 77 } else { 1 };
        let mut importer = Importer::begin(&target.store, Mode::Write, &[]).await.unwrap();
        importer.add(1, Record::Account(there)).await.unwrap();
        importer.finish(1).await.unwrap();

        let looked = target.import_as(&source.export().await, Mode::Look).await.unwrap();
        let report = target.import(&source.export().await).await.unwrap();
        assert_eq!(report.conflicts, looked.conflicts);
        assert_eq!(report.conflicts[0].kind, expected, "{:?}", report.conflicts);
        // Neither her session is written nor her token, her mail and from where she logged in; all the rest is.
        assert_eq!(report.conflicts[1].kind, ConflictKind::AccountRefused);
        assert_eq!(report.conflicts.len(), 6);
        assert_eq!((report.tally.new.of(Kind::Account), report.tally.new.of(Kind::Session)), (2, 4));
    }
}

async fn two_of_one_file_that_exclude_each_other_are_a_conflict(engine: TestEngine) {
    let (source, target) = (World::in_use(TestEngine::Sqlite).await, World::empty(engine).await);
    let records = source.records().await;
    let (alice, mut bob) = (account(&records, 1), account(&records, 3));
    bob.account.email.clone_from(&alice.account.email);
    let mut importer = Importer::begin(&target.store, Mode::Write, &[]).await.unwrap();
    for (line, record) in [(2, &alice), (3, &bob), (4, &account(&records, 2))] {
        importer.add(line, Record::Account(record.clone())).await.unwrap();
    }
    let report = importer.finish(9).await.unwrap();
    let [conflict] = &report.conflicts[..] else { panic!("{:?}", report.conflicts) };
    assert_eq!((conflict.line, conflict.kind), (3, ConflictKind::Email));
    assert_eq!(target.records().await.len(), 2);
    assert_eq!(target.next_number().await, 9);
}

async fn what_needs_an_account_that_is_not_there_is_a_conflict(engine: TestEngine) {
    let (source, target) = (World::in_use(TestEngine::Sqlite).await, World::empty(engine).await);
    let records = source.records().await;
    let mut importer = Importer::begin(&target.store, Mode::Write, &[]).await.unwrap();
    importer.add(2, Record::Account(account(&records, 1))).await.unwrap();
    let kinds = [Kind::Session, Kind::OneTimeToken, Kind::Mail, Kind::KnownClient];
    for record in records.into_iter().filter(|record| kinds.contains(&record.kind())) {
        importer.add(3, record).await.unwrap();
    }
    let report = importer.finish(9).await.unwrap();
    assert_eq!(report.tally.new.of(Kind::Session), 1);
    // A token of nobody and mails need none.
    let new = |kind| report.tally.new.of(kind);
    assert_eq!([Kind::OneTimeToken, Kind::Mail, Kind::KnownClient].map(new), [2, 2, 2]);
    assert_eq!(report.conflicts.iter().filter(|c| c.kind == ConflictKind::NoAccount).count(), 5);
}

async fn a_dry_run_tells_the_same_and_writes_nothing(engine: TestEngine) {
    let (source, target) = (World::in_use(TestEngine::Sqlite).await, World::empty(engine).await);
    let file = source.export().await;
    let looked = target.import_as(&file, Mode::Look).await.unwrap();
    assert_eq!(target.records().await, []);
    assert_eq!(target.next_number().await, 1);
    assert_eq!(target.import(&file).await.unwrap().tally, looked.tally);
    let looked = target.import_as(&file, Mode::Look).await.unwrap();
    assert_eq!(looked.tally, target.import(&file).await.unwrap().tally);
}

async fn keys_are_never_mixed(engine: TestEngine) {
    let (source, target) = (World::in_use(TestEngine::Sqlite).await, World::empty(engine).await);
    let own = [
        key("own", KeyPurpose::AccessToken, KeyState::Active),
        key("0e0e0e0e", KeyPurpose::RefreshToken, KeyState::Active),
    ];
    target.store.add_first_keys(&own, &[]).await.unwrap();
    for mode in [Mode::Look, Mode::Write] {
        let refused = target.import_as(&source.export().await, mode).await;
        assert!(matches!(refused, Err(ImportError::OtherKeys)), "{refused:?}");
    }
    assert_eq!(target.records().await, own.map(Record::SigningKey));
}

async fn a_file_without_keys_goes_into_a_store_that_has_some(engine: TestEngine) {
    let (source, target) = (World::empty(TestEngine::Sqlite).await, World::empty(engine).await);
    target.store.add_first_keys(&keys(), &[]).await.unwrap();
    source.create(&NewAccount { username: None, ..source.personas.account("bob") }).await;
    let report = target.import(&source.export().await).await.unwrap();
    assert_eq!((report.tally.new.of(Kind::Account), report.conflicts.len()), (1, 0));
}

async fn seals_come_along_and_go_on_being_good(engine: TestEngine) {
    let (source, target) = (World::in_use(TestEngine::Sqlite).await, World::empty(engine).await);
    target.import(&source.export().await).await.unwrap();
    assert_eq!((target.seal().await, source.seal().await), (2, 2));
    let report = target.verify().await;
    assert_eq!((report.verified, report.fault_count, report.late.count), (12, 0, 0));
    assert_eq!(
        report.head,
        source.verify().await.head,
        "a head that was noted before is good on the other side"
    );
}

async fn a_store_with_seals_of_its_own_seals_what_came_in_by_itself(engine: TestEngine) {
    let (source, target) = (World::in_use(TestEngine::Sqlite).await, World::empty(engine).await);
    target.store.add_first_keys(&keys(), &[]).await.unwrap();
    let erin = AccountId::new(later(5000), [1; 10]);
    let event = target.personas.event(AuditKind::AccountDeleted, erin, later(5000));
    target.store.append_audit_events(&[event]).await.unwrap();
    assert_eq!(target.seal().await, 1);
    let looked = target.import_as(&source.export().await, Mode::Look).await.unwrap();
    let report = target.import(&source.export().await).await.unwrap();
    assert_eq!((report.conflicts.len(), report.seals_left_out, looked.seals_left_out), (0, 10, 10));
    assert_eq!(report.tally.new.of(Kind::AuditEvent), 12);
    assert_eq!(target.seal().await, 12);
    let report = target.verify().await;
    assert_eq!(
        (report.verified, report.fault_count, report.late.count),
        (13, 0, 1),
        "and says that it came late"
    );
}

fn account(records: &[Record], number: i64) -> portcullis_store::transfer::AccountRecord {
    let found = records.iter().find_map(|record| match record {
        Record::Account(record) if record.account.number == number => Some(record.clone()),
        _ => None,
    });
    found.unwrap()
}
