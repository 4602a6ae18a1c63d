//! Which tokens pass `KeySet::verify`?

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{EncodingKey, Header, encode};
use portcullis_verifier::{Claims, KeySet, VerifyError, jws};
use serde_json::{Value, json};

use crate::support::{NOW, SECRET, Signer, claims, claims_with, expectation, key_set};

fn verify(signer: &Signer, token: &str) -> Result<Claims, VerifyError> {
    key_set(&[signer]).verify(token, &expectation(), NOW)
}

/// A token with these parts as they are, authenticated with `secret`.
fn mac_over(secret: &[u8], header: &str, payload: &str) -> String {
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag))
}

#[test]
fn tokens_of_another_implementation_pass_in_every_algorithm() {
    let signers = [Signer::ed25519("ed"), Signer::es256("ec"), Signer::rs256("rsa"), Signer::hs256("shared")];
    let keys = KeySet::from_keys(signers.iter().map(|signer| signer.key.clone()));
    for signer in &signers {
        let claims = keys.verify(&signer.token(), &expectation(), NOW).unwrap();
        assert_eq!(claims.sub, "alice");
        assert_eq!(claims.aud, ["notes"]);
        assert_eq!(claims.role.as_deref(), Some("user"));
        assert_eq!(serde_json::to_value(&claims).unwrap(), crate::support::claims());
    }
}

#[test]
fn published_keys_verify_what_the_private_ones_signed() {
    let signers = [Signer::ed25519("ed"), Signer::es256("ec"), Signer::rs256("rsa")];
    let keys = KeySet::from_keys(signers.iter().map(|signer| signer.key.clone()));
    let document = serde_json::to_string(&keys.to_jwks()).unwrap();
    let published = KeySet::from_jwks(&serde_json::from_str(&document).unwrap());
    for signer in &signers {
        assert!(published.verify(&signer.token(), &expectation(), NOW).is_ok(), "{:?}", signer.key);
    }
    let foreign: jsonwebtoken::jwk::JwkSet = serde_json::from_str(&document).unwrap();
    assert_eq!(foreign.keys.len(), 3, "another implementation reads the document");
}

#[test]
fn a_key_of_the_same_kind_under_the_same_id_does_not_pass() {
    for (real, other) in [
        (Signer::ed25519("k"), Signer::ed25519("k")),
        (Signer::es256("k"), Signer::es256("k")),
        (Signer::rs256("k"), Signer::rs256("k")),
    ] {
        assert_eq!(verify(&real, &other.token()), Err(VerifyError::BadSignature), "{:?}", real.key);
    }
}

#[test]
fn a_key_of_another_kind_under_the_same_id_does_not_pass() {
    let signers = [Signer::ed25519("k"), Signer::es256("k"), Signer::rs256("k"), Signer::hs256("k")];
    for real in &signers {
        for other in signers.iter().filter(|other| other.algorithm != real.algorithm) {
            assert_eq!(verify(real, &other.token()), Err(VerifyError::AlgorithmMismatch));
        }
    }
}

#[test]
fn a_public_key_is_no_hmac_secret() {
    for signer in [Signer::ed25519("k"), Signer::es256("k"), Signer::rs256("k")] {
        let jwk = signer.key.to_jwk().unwrap();
        let document = serde_json::to_vec(&jwk).unwrap();
        let text = jwk.x.or(jwk.n).unwrap();
        for secret in [URL_SAFE_NO_PAD.decode(&text).unwrap(), text.into_bytes(), document] {
            let header = Header {
                typ: Some("at+jwt".to_owned()),
                kid: Some("k".to_owned()),
                ..Header::new(jsonwebtoken::Algorithm::HS256)
            };
            let token = encode(&header, &claims(), &EncodingKey::from_secret(&secret)).unwrap();
            assert_eq!(verify(&signer, &token), Err(VerifyError::AlgorithmMismatch));
        }
    }
}

#[test]
fn a_token_that_claims_to_need_no_signature_does_not_pass() {
    let signer = Signer::hs256("k");
    for alg in ["none", "None", "NONE", "nOnE"] {
        let token = mac_over(SECRET, &format!(r#"{{"alg":"{alg}","typ":"at+jwt","kid":"k"}}"#), "{}");
        assert_eq!(verify(&signer, &token), Err(VerifyError::AlgorithmMismatch));
        let unsigned = format!("{}.", token.rsplit_once('.').unwrap().0);
        assert_eq!(verify(&signer, &unsigned), Err(VerifyError::AlgorithmMismatch));
    }
}

#[test]
fn a_token_with_two_of_a_claim_does_not_pass_though_its_signature_is_good() {
    let signer = Signer::hs256("k");
    let header = r#"{"alg":"HS256","typ":"at+jwt","kid":"k"}"#;
    let good = claims().to_string();
    assert!(verify(&signer, &mac_over(SECRET, header, &good)).is_ok());
    for name in ["sub", "exp", "role", "aud"] {
        let doubled = good.replacen('{', &format!(r#"{{"{name}":{},"#, claims()[name]), 1);
        let token = mac_over(SECRET, header, &doubled);
        assert_eq!(verify(&signer, &token), Err(VerifyError::Malformed), "{name}");
    }
    let twice_kid = r#"{"alg":"HS256","typ":"at+jwt","kid":"x","kid":"k"}"#;
    assert_eq!(verify(&signer, &mac_over(SECRET, twice_kid, &good)), Err(VerifyError::Malformed));
}

#[test]
fn a_key_id_only_ever_names_a_known_key() {
    let signer = Signer::hs256("k");
    for kid in [
        "",
        "K",
        "../../dev/null",
        "k' OR 1=1 --",
        "k\0",
        "http://evil.example/jwks.json",
        &"k".repeat(5_000),
    ] {
        let header = Header { kid: Some(kid.to_owned()), ..signer.header() };
        let token = encode(&header, &claims(), &signer.private).unwrap();
        assert_eq!(verify(&signer, &token), Err(VerifyError::UnknownKey), "{kid}");
    }
    let header = Header { kid: None, ..signer.header() };
    let token = encode(&header, &claims(), &signer.private).unwrap();
    assert_eq!(verify(&signer, &token), Err(VerifyError::UnknownKey));
}

#[test]
fn a_token_brings_no_key_of_its_own() {
    let signer = Signer::ed25519("k");
    for (header, member) in [
        (Header { jku: Some("https://evil.example".to_owned()), ..signer.header() }, "jku"),
        (Header { x5u: Some("https://evil.example".to_owned()), ..signer.header() }, "x5u"),
        (Header { x5c: Some(vec![]), ..signer.header() }, "x5c"),
        (Header { crit: Some(vec!["exp".to_owned()]), ..signer.header() }, "crit"),
    ] {
        let token = encode(&header, &claims(), &signer.private).unwrap();
        assert_eq!(verify(&signer, &token), Err(VerifyError::UnsupportedHeader(member)));
    }
}

#[test]
fn times_issuer_audience_and_type_are_checked() {
    let signer = Signer::ed25519("k");
    let outcome = |name: &str, value: Value| verify(&signer, &signer.sign(&claims_with(name, value)));
    assert_eq!(outcome("exp", json!(NOW - 30)), Err(VerifyError::Expired));
    assert_eq!(outcome("nbf", json!(NOW + 31)), Err(VerifyError::NotYetValid));
    assert_eq!(outcome("iat", json!(NOW + 31)), Err(VerifyError::IssuedInFuture));
    assert_eq!(outcome("iss", json!("https://evil.example")), Err(VerifyError::WrongIssuer));
    assert_eq!(outcome("aud", json!("mail")), Err(VerifyError::WrongAudience));
    assert_eq!(outcome("aud", json!(["mail", "notes"])).unwrap().aud, ["mail", "notes"]);
    assert_eq!(outcome("exp", json!(1e300)), Err(VerifyError::Claim("exp")));
    assert_eq!(outcome("iat", Value::Null), Err(VerifyError::Claim("iat")));
    for typ in [None, Some("JWT"), Some("rt+jwt"), Some("id_token")] {
        let header = Header { typ: typ.map(str::to_owned), ..signer.header() };
        let token = encode(&header, &claims(), &signer.private).unwrap();
        assert_eq!(verify(&signer, &token), Err(VerifyError::WrongType), "{typ:?}");
    }
    let header = Header { typ: Some("application/AT+JWT".to_owned()), ..signer.header() };
    assert!(verify(&signer, &encode(&header, &claims(), &signer.private).unwrap()).is_ok());
}

#[test]
fn large_truncated_and_junk_tokens_do_not_pass() {
    let signer = Signer::ed25519("k");
    let large = signer.sign(&claims_with("padding", "x".repeat(10_000)));
    assert_eq!(verify(&signer, &large), Err(VerifyError::TooLong));
    let token = signer.token();
    for end in 0..token.len() {
        assert!(verify(&signer, &token[..end]).is_err(), "{end}");
    }
    for junk in ["", "null", "a.b.c", "....", "{}", "\u{0}.\u{0}.\u{0}"] {
        assert_eq!(verify(&signer, junk), Err(VerifyError::Malformed), "{junk:?}");
    }
}

#[test]
fn parts_of_two_good_tokens_do_not_make_a_third() {
    let signer = Signer::ed25519("k");
    let (one, two) = (signer.token(), signer.sign(&claims_with("sub", "mallory")));
    let [a, b] = [&one, &two].map(|token| token.split('.').collect::<Vec<_>>());
    let mixed = format!("{}.{}.{}", a[0], b[1], a[2]);
    assert_eq!(verify(&signer, &mixed), Err(VerifyError::BadSignature));
}

#[test]
fn no_message_repeats_the_token() {
    let signer = Signer::hs256("k");
    let header = r#"{"alg":"marker","typ":"marker","kid":"k"}"#;
    let wrong_algorithm = verify(&signer, &mac_over(SECRET, header, "{}")).unwrap_err();
    let wrong_issuer = verify(&signer, &signer.sign(&claims_with("iss", "marker"))).unwrap_err();
    for error in [wrong_algorithm, wrong_issuer] {
        assert!(!format!("{error} {error:?}").contains("marker"));
    }
}

#[test]
fn a_payload_that_is_no_claims_set_can_still_be_opened() {
    let signer = Signer::hs256("legacy");
    let header = Header { kid: None, typ: Some("JWT".to_owned()), ..signer.header() };
    let payload = json!({ "id": 7, "exp": NOW });
    let token = encode(&header, &payload, &signer.private).unwrap();
    let opened = jws::open_with(&token, &signer.key).unwrap();
    assert_eq!(jws::claims_object(&opened.payload).unwrap()["id"], 7);
    assert_eq!(opened.header.kid, None);
}
