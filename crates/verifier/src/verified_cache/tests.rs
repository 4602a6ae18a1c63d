#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use super::{SHARDS, VerifiedCache};
use crate::testing::{NOW, SECRET, Signer, mac};
use crate::{Expectation, KeySet, VerifyError, VerifyingKey};

fn expectation() -> Expectation {
    Expectation::access_token("issuer", "service")
}

impl VerifiedCache {
    fn len(&self) -> usize {
        self.shards.iter().map(super::lock).map(|shard| shard.young.len() + shard.old.len()).sum()
    }
}

#[test]
fn a_repeated_token_is_not_parsed_again() {
    let signer = Signer::new("a");
    let (cache, keys) = (VerifiedCache::new(100), KeySet::from_keys([signer.key.clone()]));
    let token = signer.access_token("1");
    let first = cache.verify(&token, &keys, &expectation(), NOW).unwrap();
    let second = cache.verify(&token, &keys, &expectation(), NOW).unwrap();
    assert!(Arc::ptr_eq(&first, &second));
    assert_eq!(*first, keys.verify(&token, &expectation(), NOW).unwrap());
    cache.clear();
    let third = cache.verify(&token, &keys, &expectation(), NOW).unwrap();
    assert!(!Arc::ptr_eq(&first, &third));
}

#[test]
fn a_remembered_token_still_expires_and_is_still_for_one_audience() {
    let signer = Signer::new("a");
    let (cache, keys) = (VerifiedCache::new(100), KeySet::from_keys([signer.key.clone()]));
    let token = signer.access_token("1");
    cache.verify(&token, &keys, &expectation(), NOW).unwrap();
    let outcome = |expect: &Expectation, now| cache.verify(&token, &keys, expect, now).unwrap_err();
    assert_eq!(outcome(&expectation(), NOW + 600 + 30), VerifyError::Expired);
    assert_eq!(outcome(&expectation(), NOW - 31), VerifyError::IssuedInFuture);
    assert_eq!(outcome(&Expectation::access_token("other", "service"), NOW), VerifyError::WrongIssuer);
    assert_eq!(outcome(&Expectation::access_token("issuer", "other"), NOW), VerifyError::WrongAudience);
    let refresh = Expectation { token_type: "rt+jwt".to_owned(), ..expectation() };
    assert_eq!(outcome(&refresh, NOW), VerifyError::WrongType);
    assert!(cache.verify(&token, &keys, &expectation(), NOW).is_ok(), "and is good again where it was good");
}

#[test]
fn a_removed_or_replaced_key_takes_its_tokens_along() {
    let signer = Signer::new("a");
    let cache = VerifiedCache::new(100);
    let token = signer.access_token("1");
    let verify = |keys: &KeySet| cache.verify(&token, keys, &expectation(), NOW).map(|_| ());
    assert_eq!(verify(&KeySet::from_keys([signer.key.clone()])), Ok(()));
    assert_eq!(verify(&KeySet::default()), Err(VerifyError::UnknownKey));
    assert_eq!(verify(&KeySet::from_keys([Signer::new("a").key])), Err(VerifyError::BadSignature));
    let renamed = VerifyingKey::hs256("a", SECRET).unwrap();
    assert_eq!(verify(&KeySet::from_keys([renamed])), Err(VerifyError::AlgorithmMismatch));
    let not_for_named_tokens = KeySet::default().with_key_for_missing_kid(signer.key.clone());
    assert_eq!(verify(&not_for_named_tokens), Err(VerifyError::UnknownKey));
}

#[test]
fn a_key_that_was_fetched_again_keeps_its_tokens() {
    let signer = Signer::new("a");
    let cache = VerifiedCache::new(100);
    let token = signer.access_token("1");
    let jwk = signer.key.to_jwk().unwrap();
    let fetched = || {
        let keys = KeySet::from_keys([VerifyingKey::from_jwk(&jwk).unwrap()]);
        cache.verify(&token, &keys, &expectation(), NOW).unwrap()
    };
    assert!(Arc::ptr_eq(&fetched(), &fetched()));
}

#[test]
fn what_was_refused_leaves_no_trace() {
    let signer = Signer::new("a");
    let (cache, keys) = (VerifiedCache::new(100), KeySet::from_keys([signer.key.clone()]));
    let good = signer.access_token("1");
    let expired = |token: &str| cache.verify(token, &keys, &expectation(), NOW + 10_000);
    assert_eq!(expired(&good).unwrap_err(), VerifyError::Expired);
    for junk in ["", "junk", good.get(1..).unwrap(), &"A".repeat(9_000)] {
        assert!(cache.verify(junk, &keys, &expectation(), NOW).is_err());
    }
    let forged = Signer::new("a").access_token("1");
    assert_eq!(cache.verify(&forged, &keys, &expectation(), NOW).unwrap_err(), VerifyError::BadSignature);
    assert_eq!(cache.len(), 0);
}

#[test]
fn memory_is_bounded_and_tokens_in_use_stay() {
    let keys = KeySet::from_keys([VerifyingKey::hs256("a", SECRET).unwrap()]);
    let capacity = SHARDS * 2 * 4;
    let cache = VerifiedCache::new(capacity);
    let token = |jti: usize| {
        let payload = format!(
            r#"{{"iss":"issuer","sub":"s","aud":"service","iat":{NOW},"exp":{},"jti":"{jti}"}}"#,
            NOW + 9
        );
        mac(SECRET, r#"{"alg":"HS256","typ":"at+jwt","kid":"a"}"#, &payload)
    };
    let popular = token(0);
    let first = cache.verify(&popular, &keys, &expectation(), NOW).unwrap();
    for jti in 1..capacity * 10 {
        cache.verify(&token(jti), &keys, &expectation(), NOW).unwrap();
        let again = cache.verify(&popular, &keys, &expectation(), NOW).unwrap();
        assert!(Arc::ptr_eq(&first, &again), "evicted after {jti}");
        assert!(cache.len() <= capacity);
    }
    assert!(cache.len() > capacity / 2, "the room is used");
}
