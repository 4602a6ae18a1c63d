#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use portcullis_verifier::{Algorithm, jws};
use serde_json::json;

use super::*;
use crate::refresh::{self, Statement};

const NOW: i64 = 1_800_000_000_000;

fn master() -> MasterKey {
    MasterKey::from_bytes([0x5a; 32])
}

/// Bytes that differ from call to call and from test key to test key.
fn entropy(seed: u8) -> impl FnMut(&mut [u8]) {
    let mut next = seed;
    move |buffer: &mut [u8]| {
        for byte in buffer {
            next = next.wrapping_mul(31).wrapping_add(17);
            *byte = next;
        }
    }
}

fn key(purpose: KeyPurpose, algorithm: Option<Algorithm>, state: KeyState, seed: u8) -> KeyRecord {
    new_key(NewKey { purpose, algorithm, state, now_ms: NOW }, &master(), &mut entropy(seed)).unwrap()
}

fn access(state: KeyState, seed: u8) -> KeyRecord {
    let mut record = key(KeyPurpose::AccessToken, None, KeyState::Active, seed);
    record.state = state;
    record
}

fn refresh_record(state: KeyState, seed: u8) -> KeyRecord {
    let mut record = key(KeyPurpose::RefreshToken, None, KeyState::Active, seed);
    record.state = state;
    record
}

fn both_active() -> Vec<KeyRecord> {
    vec![access(KeyState::Active, 1), refresh_record(KeyState::Active, 2)]
}

fn unseal(records: &[KeyRecord]) -> Result<Keyring, KeyringError> {
    Keyring::unseal(records, &master())
}

#[test]
fn the_active_keys_issue_what_the_keyring_verifies() {
    let records = both_active();
    let keyring = unseal(&records).unwrap();
    assert_eq!(keyring.signer().unwrap().kid(), records[0].kid);
    assert_eq!(keyring.signer().unwrap().algorithm(), Algorithm::EdDsa);
    let token = keyring.signer().unwrap().sign(&json!({ "sub": "x" })).unwrap();
    let opened = jws::open(token.expose(), keyring.verifying_keys()).unwrap();
    assert_eq!(opened.header.token_type.as_deref(), Some("at+jwt"));
    let statement = Statement { session: [3; 16], generation: 9 };
    let token = keyring.refresh_key().unwrap().issue(statement);
    assert_eq!(refresh::open(token.expose(), |id| keyring.refresh_key_by_id(id)), Ok(statement));
}

#[test]
fn next_and_retired_keys_verify_and_revoked_ones_do_not() {
    let mut records = both_active();
    let states = [(KeyState::Next, 3), (KeyState::Retired, 4), (KeyState::Revoked, 5)];
    for (state, seed) in states {
        records.push(access(state, seed));
        records.push(refresh_record(state, seed));
    }
    let keyring = unseal(&records).unwrap();
    for (state, seed) in states {
        let alone =
            unseal(&[access(KeyState::Active, seed), refresh_record(KeyState::Active, seed)]).unwrap();
        let is_good = state != KeyState::Revoked;
        let token = alone.signer().unwrap().sign(&json!({ "sub": "x" })).unwrap();
        assert_eq!(jws::open(token.expose(), keyring.verifying_keys()).is_ok(), is_good, "{state:?}");
        let token = alone.refresh_key().unwrap().issue(Statement { session: [3; 16], generation: 9 });
        let opened = refresh::open(token.expose(), |id| keyring.refresh_key_by_id(id));
        assert_eq!(opened.is_ok(), is_good, "{state:?}");
        assert_eq!(keyring.tag_matches("csrf", b"data", &alone.tag("csrf", b"data")), is_good, "{state:?}");
    }
    let mut published: Vec<_> = keyring.jwks().keys.into_iter().map(|jwk| jwk.kid.unwrap()).collect();
    let mut expected: Vec<_> = [1, 3, 4].into_iter().map(|seed| access(KeyState::Active, seed).kid).collect();
    published.sort();
    expected.sort();
    assert_eq!(published, expected);
}

#[test]
fn what_is_gone_verifies_nothing_and_signs_nothing() {
    let mut records = both_active();
    records.extend([access(KeyState::Next, 3), refresh_record(KeyState::Retired, 4)]);
    let keyring = unseal(&records).unwrap();
    assert!(keyring.without(|_, _| false).is_none());
    let (active, next) = (records[0].kid.as_str(), records[2].kid.as_str());
    let token = keyring.signer().unwrap().sign(&json!({ "sub": "x" })).unwrap();

    let fewer = keyring.without(|purpose, kid| purpose == KeyPurpose::AccessToken && kid == next).unwrap();
    assert_eq!(fewer.signer().unwrap().kid(), active);
    assert_eq!(fewer.jwks().keys.len(), 1);
    assert!(jws::open(token.expose(), fewer.verifying_keys()).is_ok());
    assert!(fewer.without(|_, kid| kid == next).is_none(), "it is gone already");

    let none = fewer.without(|purpose, _| purpose == KeyPurpose::AccessToken).unwrap();
    let lost = |purpose| Some(KeyringError::Lost { purpose });
    assert_eq!(none.signer().err(), lost(KeyPurpose::AccessToken));
    assert!(jws::open(token.expose(), none.verifying_keys()).is_err());
    let refresh_token = none.refresh_key().unwrap().issue(Statement { session: [3; 16], generation: 9 });

    let nothing = none.without(|_, kid| kid == records[1].kid).unwrap();
    assert_eq!(nothing.signer().err(), lost(KeyPurpose::AccessToken));
    assert_eq!(nothing.refresh_key().err(), lost(KeyPurpose::RefreshToken));
    assert!(refresh::open(refresh_token.expose(), |id| nothing.refresh_key_by_id(id)).is_err());
    assert!(!nothing.tag_matches("csrf", b"data", &keyring.tag("csrf", b"data")));
}

#[test]
fn every_algorithm_signs_and_hs256_is_not_published() {
    for algorithm in Algorithm::ALL {
        let access = key(KeyPurpose::AccessToken, Some(algorithm), KeyState::Active, 1);
        assert_eq!(access.algorithm, algorithm.as_str());
        let keyring = unseal(&[access, refresh_record(KeyState::Active, 2)]).unwrap();
        let token = keyring.signer().unwrap().sign(&json!({ "sub": "x" })).unwrap();
        assert!(jws::open(token.expose(), keyring.verifying_keys()).is_ok(), "{algorithm}");
        let published = usize::from(algorithm != Algorithm::Hs256);
        assert_eq!(keyring.jwks().keys.len(), published, "{algorithm}");
    }
}

#[test]
fn each_purpose_needs_exactly_one_active_key() {
    let no = |purpose| Some(KeyringError::NoActiveKey { purpose });
    let several = |purpose| Some(KeyringError::SeveralActiveKeys { purpose });
    let (a, r) = (KeyPurpose::AccessToken, KeyPurpose::RefreshToken);
    assert_eq!(unseal(&[]).err(), no(a));
    assert_eq!(unseal(&[access(KeyState::Active, 1)]).err(), no(r));
    assert_eq!(unseal(&[refresh_record(KeyState::Active, 1)]).err(), no(a));
    assert_eq!(unseal(&[access(KeyState::Next, 1), refresh_record(KeyState::Active, 1)]).err(), no(a));
    assert_eq!(unseal(&[access(KeyState::Active, 1), refresh_record(KeyState::Revoked, 1)]).err(), no(r));
    let with = |more| unseal(&[both_active(), vec![more]].concat()).err();
    assert_eq!(with(access(KeyState::Active, 3)), several(a));
    assert_eq!(with(refresh_record(KeyState::Active, 3)), several(r));
}

#[test]
fn another_master_key_is_told_from_a_damaged_record() {
    let mut records = both_active();
    let other = MasterKey::from_bytes([0x5b; 32]);
    assert_eq!(Keyring::unseal(&records, &other).err(), Some(KeyringError::WrongMasterKey));
    let last = records[1].sealed.len() - 1;
    records[1].sealed[last] ^= 1;
    assert_eq!(unseal(&records).err(), Some(KeyringError::Damaged { kid: records[1].kid.clone() }));
}

#[test]
fn a_sealed_key_does_not_open_in_another_place() {
    let damaged = |records: &[KeyRecord], at: usize| {
        let kid = records[at].kid.clone();
        assert_eq!(unseal(records).err(), Some(KeyringError::Damaged { kid }));
    };
    let mut other_kid = both_active();
    other_kid[1].kid = "00000001".to_owned();
    damaged(&other_kid, 1);
    // A public key of ES256 used as an HS256 secret would be known to all.
    let mut other_algorithm = both_active();
    other_algorithm[0].algorithm = "HS256".to_owned();
    damaged(&other_algorithm, 0);
    let mut moved = [both_active(), vec![access(KeyState::Retired, 3)]].concat();
    moved[2].sealed = moved[0].sealed.clone();
    damaged(&moved, 2);
    let mut empty = both_active();
    empty[0].sealed.clear();
    damaged(&empty, 0);
}

#[test]
fn a_key_id_occurs_once() {
    let twice = |record: KeyRecord| {
        let kid = record.kid.clone();
        let records = [both_active(), vec![record]].concat();
        assert_eq!(unseal(&records).err(), Some(KeyringError::DuplicateKid { kid }));
    };
    twice(access(KeyState::Retired, 1));
    twice(refresh_record(KeyState::Retired, 2));
}

#[test]
fn a_new_key_says_when_it_was_made_and_activated() {
    let next = key(KeyPurpose::RefreshToken, None, KeyState::Next, 1);
    assert_eq!((next.created_at, next.activated_at, next.retired_at), (NOW, None, None));
    assert_eq!((next.state, next.algorithm.as_str(), next.kid.len()), (KeyState::Next, "HMAC", 8));
    let active = key(KeyPurpose::AccessToken, None, KeyState::Active, 1);
    assert_eq!((active.created_at, active.activated_at, active.retired_at), (NOW, Some(NOW), None));
    assert_eq!((active.algorithm.as_str(), active.kid.len()), ("EdDSA", 22));
    let refused = |purpose, algorithm, state| {
        let wanted = NewKey { purpose, algorithm, state, now_ms: NOW };
        assert_eq!(new_key(wanted, &master(), &mut entropy(1)), Err(KeyringError::NotMade));
    };
    refused(KeyPurpose::AccessToken, None, KeyState::Retired);
    refused(KeyPurpose::AccessToken, None, KeyState::Revoked);
    refused(KeyPurpose::RefreshToken, Some(Algorithm::Hs256), KeyState::Active);
}

#[test]
fn zero_is_no_key_id() {
    let wanted =
        NewKey { purpose: KeyPurpose::RefreshToken, algorithm: None, state: KeyState::Next, now_ms: NOW };
    let record = new_key(wanted, &master(), &mut |buffer: &mut [u8]| buffer.fill(0)).unwrap();
    assert_eq!(record.kid, "00000001");
}

#[test]
fn a_tag_holds_for_its_domain_and_data_only() {
    let keyring = unseal(&both_active()).unwrap();
    let tag = keyring.tag("csrf", b"session");
    assert_eq!(tag.len(), 43);
    assert!(keyring.tag_matches("csrf", b"session", &tag));
    assert!(!keyring.tag_matches("csrf", b"sessio", &tag));
    assert!(!keyring.tag_matches("csr", b"session", &tag));
    assert!(!keyring.tag_matches("csr", b"fsession", &tag));
    let flipped = if tag.starts_with('A') { "B" } else { "A" };
    for wrong in [
        format!("{flipped}{}", &tag[1..]),
        tag[..42].to_owned(),
        format!("{tag}A"),
        format!("{tag}="),
        String::new(),
    ] {
        assert!(!keyring.tag_matches("csrf", b"session", &wrong), "{wrong}");
    }
}

#[test]
fn states_follow_each_other_as_drawn() {
    let allowed: Vec<_> = KeyState::ALL
        .into_iter()
        .flat_map(|from| KeyState::ALL.map(|to| (from, to)))
        .filter(|(from, to)| from.can_become(*to))
        .map(|(from, to)| format!("{}-{}", from.as_str(), to.as_str()))
        .collect();
    assert_eq!(
        allowed,
        ["next-active", "next-revoked", "active-retired", "active-revoked", "retired-revoked"]
    );
}

#[test]
fn words_of_the_store_are_read_back() {
    for state in KeyState::ALL {
        assert_eq!(KeyState::parse(state.as_str()), Some(state));
    }
    for purpose in KeyPurpose::ALL {
        assert_eq!(KeyPurpose::parse(purpose.as_str()), Some(purpose));
    }
    assert_eq!(KeyState::parse("Active"), None);
    assert_eq!(KeyPurpose::parse(""), None);
}

#[test]
fn neither_record_nor_keyring_prints_a_secret() {
    let records = both_active();
    let record = format!("{:?}", records[0]);
    assert!(record.contains(&records[0].kid) && !record.contains("sealed:"), "{record}");
    let keyring = format!("{:?}", unseal(&records).unwrap());
    assert_eq!(keyring, format!("Keyring(Signer(EdDSA {}), RefreshKey({}))", records[0].kid, records[1].kid));
}

#[test]
fn resealed_keys_are_the_same_keys_under_the_other_master_key_only() {
    let other = MasterKey::from_bytes([0x5b; 32]);
    let mut records = both_active();
    records.push(access(KeyState::Retired, 3));
    records.push(access(KeyState::Revoked, 4));
    let token = unseal(&records).unwrap().signer().unwrap().sign(&json!({ "sub": "x" })).unwrap();
    let resealed = reseal(&records, &master(), &other, &mut entropy(9)).unwrap();
    let keyring = Keyring::unseal(&resealed, &other).unwrap();
    assert!(jws::open(token.expose(), keyring.verifying_keys()).is_ok());
    assert_eq!(unseal(&resealed).err(), Some(KeyringError::WrongMasterKey));
    for (old, new) in records.iter().zip(&resealed) {
        assert_ne!(old.sealed, new.sealed, "{}", old.kid);
        assert_eq!(
            KeyRecord { sealed: Vec::new(), ..old.clone() },
            KeyRecord { sealed: Vec::new(), ..new.clone() }
        );
    }
    let back = reseal(&resealed, &other, &master(), &mut entropy(1)).unwrap();
    assert!(unseal(&back).is_ok());
}

#[test]
fn what_does_not_open_is_not_resealed_unless_nobody_needs_it() {
    let other = MasterKey::from_bytes([0x5b; 32]);
    let mut records = both_active();
    let wrong = reseal(&records, &other, &master(), &mut entropy(9));
    assert_eq!(wrong.err(), Some(KeyringError::WrongMasterKey));
    records.push(access(KeyState::Revoked, 3));
    records[2].sealed = vec![1; 40];
    let resealed = reseal(&records, &master(), &other, &mut entropy(9)).unwrap();
    assert_eq!(resealed[2], records[2]);
    records[2].state = KeyState::Retired;
    let damaged = reseal(&records, &master(), &other, &mut entropy(9));
    assert_eq!(damaged.err(), Some(KeyringError::Damaged { kid: records[2].kid.clone() }));
}
