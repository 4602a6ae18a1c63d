//! Does a store hold what was written, to the last character?

use portcullis_core::crypto::keyring::Keyring;
use portcullis_core::crypto::password::StoredHash;
use portcullis_core::model::{Identifier, PageRequest, SessionId, Timestamp};
use portcullis_core::ports::audit_store::AuditFilter;
use portcullis_core::ports::{AuditStore, Store};
use portcullis_store::SqlStore;
use portcullis_store::transfer::{AdoptedSession, Kind, Record};

use crate::world::{self, ADOPTION, DELETED, IMPORTED, NOW, account_id, number, session_id};

/// Reads everything that the version left and compares it.
pub(crate) async fn check(store: &SqlStore, version: i64) {
    assert!(store.integrity_check().await.unwrap().is_empty());
    check_accounts(store, version).await;
    check_sessions(store, version).await;
    check_keys(store).await;
    assert_eq!(about_mails(store).await, world::mails::about_mails(version));
    let events =
        store.list_audit_events(&AuditFilter::default(), PageRequest::first(200)).await.unwrap().items;
    let expected: Vec<_> = world::events(version).into_iter().rev().collect();
    assert_eq!(events, expected);
}

async fn check_accounts(store: &SqlStore, version: i64) {
    let people = world::people(version);
    let accounts = store.list_accounts(PageRequest::first(200)).await.unwrap().items;
    assert_eq!(accounts, people.iter().map(|person| person.account.clone()).collect::<Vec<_>>());
    for person in people {
        let account = &person.account;
        let email = account.email.clone().map(Identifier::Email);
        let username = account.username.clone().map(Identifier::Username);
        let mut found = vec![store.find_account_secret(account.id).await.unwrap()];
        for identifier in email.into_iter().chain(username) {
            found.push(store.find_account_by_identifier(&identifier).await.unwrap());
        }
        let hash = person.password.as_ref().map(|(_, hash)| hash.as_str());
        for secret in found {
            let secret = secret.unwrap_or_else(|| panic!("account {} is not found", account.number));
            assert_eq!(&secret.account, account);
            assert_eq!(secret.password.as_ref().map(StoredHash::as_str), hash);
        }
    }
    for number in DELETED {
        assert_eq!(store.find_account(account_id(number)).await.unwrap(), None);
    }
}

async fn check_sessions(store: &SqlStore, version: i64) {
    for session in world::sessions(version) {
        assert_eq!(store.find_session(session.id).await.unwrap(), Some(session));
    }
    assert_eq!(store.find_session(session_id(number::GONE)).await.unwrap(), None);
    let live =
        [(1, Some(number::LIVE)), (2, Some(number::QUIET)), (6, None), (7, Some(number::RETRIED)), (8, None)];
    let adopted = (version >= ADOPTION).then_some((IMPORTED, Some(number::ADOPTED)));
    for (account, session) in live.into_iter().chain(adopted) {
        let page = PageRequest::<SessionId>::first(200);
        let listed = store.list_sessions(account_id(account), NOW, page).await.unwrap().items;
        assert_eq!(listed, session.map(world::session).into_iter().collect::<Vec<_>>(), "account {account}");
    }
    let feed = store.list_revocations(Timestamp::from_millis(0), NOW).await.unwrap();
    assert_eq!(feed, world::revocations());
    assert_eq!(adopted_sessions(store).await, world::adopted_sessions(version));
}

async fn adopted_sessions(store: &SqlStore) -> Vec<AdoptedSession> {
    let mut snapshot = store.snapshot().await.unwrap();
    let mut adopted = Vec::new();
    while let Some(record) = snapshot.next().await.unwrap() {
        if let Record::AdoptedSession(session) = record {
            adopted.push(session);
        }
    }
    snapshot.close().await;
    adopted
}

async fn about_mails(store: &SqlStore) -> Vec<Record> {
    let mut snapshot = store.snapshot().await.unwrap();
    let mut found = Vec::new();
    while let Some(record) = snapshot.next().await.unwrap() {
        if record.kind() >= Kind::OneTimeToken {
            found.push(record);
        }
    }
    snapshot.close().await;
    found
}

async fn check_keys(store: &SqlStore) {
    let keys = store.list_keys().await.unwrap();
    let held: Vec<_> = keys.iter().map(|key| (key.purpose, key.algorithm.as_str(), key.state)).collect();
    let expected = world::keys();
    assert_eq!(held.len(), expected.len(), "{held:?}");
    for key in expected {
        assert!(held.contains(&key), "{key:?} is not among {held:?}");
    }
    let keyring = Keyring::unseal(&keys, &world::master_key()).unwrap();
    assert_eq!(keyring.verifying_keys().iter().count(), 4, "all but the revoked one");
}
