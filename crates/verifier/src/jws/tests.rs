#![allow(clippy::unwrap_used, reason = "tests")]

use super::{MAX_TOKEN_BYTES, claims_object, open, open_with};
use crate::testing::{SECRET, Signer, mac};
use crate::{Algorithm, KeySet, VerifyError, VerifyingKey};

const HEADER: &str = r#"{"alg":"EdDSA","kid":"a"}"#;

#[test]
fn a_good_token_yields_its_header_and_payload() {
    let signer = Signer::new("a");
    let token = signer.sign(r#"{"alg":"EdDSA","kid":"a","typ":"at+jwt","x5t":"ignored"}"#, "any bytes");
    let opened = open(&token, &KeySet::from_keys([signer.key])).unwrap();
    assert_eq!(opened.payload, b"any bytes");
    assert_eq!(opened.header.algorithm, Algorithm::EdDsa);
    assert_eq!(opened.header.kid.as_deref(), Some("a"));
    assert_eq!(opened.header.token_type.as_deref(), Some("at+jwt"));
}

#[test]
fn the_key_id_chooses_among_the_keys() {
    let (a, b) = (Signer::new("a"), Signer::new("b"));
    let keys = KeySet::from_keys([a.key.clone(), b.key.clone()]);
    assert!(open(&b.sign(r#"{"alg":"EdDSA","kid":"b"}"#, "{}"), &keys).is_ok());
    assert_eq!(open(&b.sign(HEADER, "{}"), &keys), Err(VerifyError::BadSignature));
    assert_eq!(open(&b.sign(r#"{"alg":"EdDSA","kid":"c"}"#, "{}"), &keys), Err(VerifyError::UnknownKey));
}

#[test]
fn a_token_without_key_id_needs_a_set_that_allows_it() {
    let signer = Signer::new("a");
    let token = signer.sign(r#"{"alg":"EdDSA"}"#, "{}");
    let keys = KeySet::from_keys([signer.key.clone()]);
    assert_eq!(open(&token, &keys), Err(VerifyError::UnknownKey));
    assert!(open(&token, &keys.with_key_for_missing_kid(signer.key.clone())).is_ok());
    assert!(open_with(&token, &signer.key).is_ok());
}

#[test]
fn a_pinned_key_does_not_ask_for_its_id() {
    let signer = Signer::new("a");
    assert!(open_with(&signer.sign(r#"{"alg":"EdDSA","kid":"whatever"}"#, "{}"), &signer.key).is_ok());
}

#[test]
fn the_algorithm_of_the_token_must_be_that_of_the_key() {
    let signer = Signer::new("a");
    for alg in ["none", "None", "HS256", "ES256", "RS256", "EdDSA ", "eddsa", ""] {
        let token = signer.sign(&format!(r#"{{"alg":"{alg}","kid":"a"}}"#), "{}");
        assert_eq!(open_with(&token, &signer.key), Err(VerifyError::AlgorithmMismatch), "{alg}");
    }
    for header in ["{}", r#"{"alg":null}"#, r#"{"alg":["EdDSA"]}"#] {
        assert_eq!(
            open_with(&signer.sign(header, "{}"), &signer.key),
            Err(VerifyError::Malformed),
            "{header}"
        );
    }
}

#[test]
fn an_unsigned_token_is_refused_with_and_without_a_signature() {
    let signer = Signer::new("a");
    let token = signer.sign(r#"{"alg":"none","kid":"a"}"#, "{}");
    let unsigned = format!("{}.", token.rsplit_once('.').unwrap().0);
    assert_eq!(open_with(&unsigned, &signer.key), Err(VerifyError::AlgorithmMismatch));
    let token = signer.sign(HEADER, "{}");
    let unsigned = format!("{}.", token.rsplit_once('.').unwrap().0);
    assert_eq!(open_with(&unsigned, &signer.key), Err(VerifyError::BadSignature));
}

#[test]
fn headers_that_choose_their_own_key_or_extension_are_refused() {
    let signer = Signer::new("a");
    for (member, value) in [
        ("crit", r#"["exp"]"#),
        ("crit", "[]"),
        ("b64", "false"),
        ("jwk", "{}"),
        ("jku", r#""https://example.test/keys""#),
        ("x5u", r#""https://example.test/cert""#),
        ("x5c", "[]"),
    ] {
        let header = format!(r#"{{"alg":"EdDSA","kid":"a","{member}":{value}}}"#);
        let outcome = open_with(&signer.sign(&header, "{}"), &signer.key);
        assert_eq!(outcome, Err(VerifyError::UnsupportedHeader(member)));
    }
}

#[test]
fn a_header_with_a_strange_key_id_or_type_is_refused() {
    let signer = Signer::new("a");
    for header in [
        r#"{"alg":"EdDSA","kid":5}"#,
        r#"{"alg":"EdDSA","kid":null}"#,
        r#"{"alg":"EdDSA","kid":["a"]}"#,
        r#"{"alg":"EdDSA","kid":"a","kid":"b"}"#,
        r#"{"alg":"EdDSA","kid":"a","typ":1}"#,
        r#"{"alg":"EdDSA","alg":"none","kid":"a"}"#,
        r#"{"alg":"EdDSA","kid":"a"} "x""#,
        r#"["alg"]"#,
        r#""EdDSA""#,
        "",
        "{",
    ] {
        assert_eq!(
            open_with(&signer.sign(header, "{}"), &signer.key),
            Err(VerifyError::Malformed),
            "{header}"
        );
    }
    let long = format!(r#"{{"alg":"EdDSA","kid":"{}"}}"#, "k".repeat(129));
    assert_eq!(open_with(&signer.sign(&long, "{}"), &signer.key), Err(VerifyError::UnknownKey));
}

#[test]
fn key_ids_that_look_like_paths_or_queries_find_nothing() {
    let signer = Signer::new("a");
    let keys = KeySet::from_keys([signer.key.clone()]);
    for kid in ["", "../a", "a' OR '1'='1", "a\\u0000", "A", "a ", "/dev/null"] {
        let token = signer.sign(&format!(r#"{{"alg":"EdDSA","kid":"{kid}"}}"#), "{}");
        assert_eq!(open(&token, &keys), Err(VerifyError::UnknownKey), "{kid}");
    }
}

#[test]
fn every_changed_character_is_noticed() {
    let signer = Signer::new("a");
    let token = signer.sign(HEADER, r#"{"sub":"alice"}"#);
    for position in 0..token.len() {
        for replacement in ["A", "-", ".", "=", "é"] {
            let changed = format!(
                "{}{replacement}{}",
                token.get(..position).unwrap(),
                token.get(position + 1..).unwrap()
            );
            if changed != token {
                assert!(open_with(&changed, &signer.key).is_err(), "{replacement} at {position}");
            }
        }
    }
}

#[test]
fn every_truncation_and_addition_is_noticed() {
    let signer = Signer::new("a");
    let token = signer.sign(HEADER, r#"{"sub":"alice"}"#);
    for end in 0..token.len() {
        assert!(open_with(token.get(..end).unwrap(), &signer.key).is_err(), "{end}");
    }
    for tail in [".", ".e30", "=", "A", "AA", "AAAA", " ", "\n", "\0"] {
        assert!(open_with(&format!("{token}{tail}"), &signer.key).is_err(), "{tail:?}");
        assert!(open_with(&format!("{tail}{token}"), &signer.key).is_err(), "{tail:?}");
    }
}

#[test]
fn a_signature_with_stray_bits_is_not_a_second_spelling() {
    // 64 bytes end in a character of which only the two upper bits count.
    let signer = Signer::new("a");
    let token = signer.sign(HEADER, "{}");
    let (body, last) = token.split_at(token.len() - 1);
    let same_bits = char::from(last.as_bytes().first().unwrap() + 1);
    assert_eq!(open_with(&format!("{body}{same_bits}"), &signer.key), Err(VerifyError::Malformed));
}

#[test]
fn junk_is_malformed() {
    let key = Signer::new("a").key;
    for junk in ["", ".", "..", "...", "a.b.c", "e30.e30.e30", "Bearer x", "\u{1f511}.\u{1f511}.\u{1f511}"] {
        assert_eq!(open_with(junk, &key), Err(VerifyError::Malformed), "{junk}");
    }
}

#[test]
fn a_token_is_bounded_before_it_is_decoded() {
    let key = Signer::new("a").key;
    assert_eq!(open_with(&"A".repeat(MAX_TOKEN_BYTES), &key), Err(VerifyError::Malformed));
    assert_eq!(open_with(&"A".repeat(MAX_TOKEN_BYTES + 1), &key), Err(VerifyError::TooLong));
    let signer = Signer::new("a");
    let large = signer.sign(HEADER, &format!(r#"{{"x":"{}"}}"#, "x".repeat(10_000)));
    assert_eq!(open_with(&large, &signer.key), Err(VerifyError::TooLong));
}

#[test]
fn a_mac_must_be_whole_and_of_this_secret() {
    let key = VerifyingKey::hs256("a", SECRET).unwrap();
    let header = r#"{"alg":"HS256","kid":"a"}"#;
    let token = mac(SECRET, header, "{}");
    assert!(open_with(&token, &key).is_ok());
    assert_eq!(open_with(&mac(b"another", header, "{}"), &key), Err(VerifyError::BadSignature));
    let (signed, tag) = token.rsplit_once('.').unwrap();
    let half = format!("{signed}.{}", tag.get(..tag.len() / 2 - 1).unwrap());
    assert_eq!(open_with(&half, &key), Err(VerifyError::BadSignature));
}

#[test]
fn an_object_has_each_member_once_and_nothing_after_it() {
    assert_eq!(claims_object(br#" {"a":1,"b":{"a":2}} "#).unwrap().len(), 2);
    for refused in [
        r#"{"a":1,"a":1}"#,
        r#"{"a":1,"\u0061":2}"#,
        "[]",
        "null",
        "1",
        r#""a""#,
        "{}{}",
        "{} x",
        "",
        "{\"a\":1,}",
    ] {
        assert_eq!(claims_object(refused.as_bytes()), Err(VerifyError::Malformed), "{refused}");
    }
    assert_eq!(claims_object(b"{\"a\":\"\xff\"}"), Err(VerifyError::Malformed));
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(1_000), "]".repeat(1_000));
    assert_eq!(claims_object(deep.as_bytes()), Err(VerifyError::Malformed), "depth is bounded");
}
