#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::sync::OnceLock;

use aws_lc_rs::rsa::PublicKeyComponents;
use jsonwebtoken::{DecodingKey, EncodingKey, Validation};
use portcullis_verifier::{VerifyError, jws};
use serde_json::{Value, json};

use super::*;

const SEED: [u8; 32] = [0x42; 32];

/// One key of each algorithm; an RSA key is slow to make.
fn materials() -> &'static [KeyMaterial] {
    static MATERIALS: OnceLock<Vec<KeyMaterial>> = OnceLock::new();
    MATERIALS.get_or_init(|| {
        Algorithm::ALL.into_iter().map(|a| KeyMaterial::generate(a, &SEED).unwrap()).collect()
    })
}

fn signer(material: &KeyMaterial) -> Signer {
    Signer::from_material("key-1", material.algorithm(), "at+jwt", material).unwrap()
}

fn claims() -> Value {
    json!({ "sub": "0197", "exp": 4_102_444_800_i64, "name": "\u{e4}\u{1f980}", "roles": ["user"] })
}

fn oracle_algorithm(algorithm: Algorithm) -> jsonwebtoken::Algorithm {
    match algorithm {
        Algorithm::EdDsa => jsonwebtoken::Algorithm::EdDSA,
        Algorithm::Es256 => jsonwebtoken::Algorithm::ES256,
        Algorithm::Rs256 => jsonwebtoken::Algorithm::RS256,
        Algorithm::Hs256 => jsonwebtoken::Algorithm::HS256,
    }
}

/// The oracle gets the public key by way of the published JWK, so that this is checked as well.
fn oracle_decoding_key(signer: &Signer) -> DecodingKey {
    let Some(jwk) = signer.verifying_key().to_jwk() else { return DecodingKey::from_secret(&SEED) };
    match jwk.kty.as_str() {
        "OKP" => DecodingKey::from_ed_components(&jwk.x.unwrap()).unwrap(),
        "EC" => DecodingKey::from_ec_components(&jwk.x.unwrap(), &jwk.y.unwrap()).unwrap(),
        "RSA" => DecodingKey::from_rsa_components(&jwk.n.unwrap(), &jwk.e.unwrap()).unwrap(),
        other => panic!("{other}"),
    }
}

fn oracle_encoding_key(material: &KeyMaterial) -> EncodingKey {
    let bytes = material.to_bytes();
    match material.algorithm() {
        Algorithm::EdDsa => {
            let pair = Ed25519KeyPair::from_seed_unchecked(&bytes).unwrap();
            EncodingKey::from_ed_der(pair.to_pkcs8().unwrap().as_ref())
        }
        Algorithm::Es256 => EncodingKey::from_ec_der(&bytes),
        Algorithm::Rs256 => EncodingKey::from_rsa_pem(pem(&bytes).as_bytes()).unwrap(),
        Algorithm::Hs256 => EncodingKey::from_secret(&bytes),
    }
}

fn pem(pkcs8: &[u8]) -> String {
    let body = base64::engine::general_purpose::STANDARD.encode(pkcs8);
    let lines: Vec<&str> =
        body.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n"))
}

#[test]
fn what_we_sign_the_oracle_verifies() {
    for material in materials() {
        let signer = signer(material);
        let token = signer.sign(&claims()).unwrap();
        let validation = Validation::new(oracle_algorithm(signer.algorithm()));
        let decoded =
            jsonwebtoken::decode::<Value>(token.expose(), &oracle_decoding_key(&signer), &validation)
                .unwrap();
        assert_eq!(decoded.claims, claims());
        assert_eq!(decoded.header.kid.as_deref(), Some("key-1"));
        assert_eq!(decoded.header.typ.as_deref(), Some("at+jwt"));
    }
}

#[test]
fn what_the_oracle_signs_our_key_verifies() {
    for material in materials() {
        let header = jsonwebtoken::Header::new(oracle_algorithm(material.algorithm()));
        let token = jsonwebtoken::encode(&header, &claims(), &oracle_encoding_key(material)).unwrap();
        let opened = jws::open_with(&token, &signer(material).verifying_key()).unwrap();
        assert_eq!(Value::Object(jws::claims_object(&opened.payload).unwrap()), claims());
    }
}

#[test]
fn what_we_sign_our_key_verifies_and_no_other() {
    for material in materials() {
        let token = signer(material).sign(&claims()).unwrap();
        let opened = jws::open_with(token.expose(), &signer(material).verifying_key()).unwrap();
        assert_eq!(opened.header.kid.as_deref(), Some("key-1"));
        assert_eq!(Value::Object(jws::claims_object(&opened.payload).unwrap()), claims());
        let other = KeyMaterial::generate(material.algorithm(), &[0x43; 32]).unwrap();
        let refused = jws::open_with(token.expose(), &signer(&other).verifying_key());
        assert_eq!(refused.err(), Some(VerifyError::BadSignature));
    }
}

#[test]
fn material_survives_storage() {
    for material in materials() {
        let read = KeyMaterial::from_bytes(material.algorithm(), &material.to_bytes());
        assert_eq!(signer(&read).verifying_key().to_jwk(), signer(material).verifying_key().to_jwk());
        let token = signer(&read).sign(&claims()).unwrap();
        assert!(jws::open_with(token.expose(), &signer(material).verifying_key()).is_ok());
    }
}

#[test]
fn bytes_that_are_no_key_of_the_algorithm_are_refused() {
    for material in materials() {
        let algorithm = material.algorithm();
        for bytes in [&[][..], &[1; 31], &material.to_bytes()[1..]] {
            let wrong = KeyMaterial::from_bytes(algorithm, bytes);
            assert!(Signer::from_material("k", algorithm, "JWT", &wrong).is_err(), "{algorithm}");
        }
        assert!(Signer::from_material("", algorithm, "JWT", material).is_err(), "{algorithm}");
        for other in Algorithm::ALL.into_iter().filter(|other| *other != algorithm) {
            assert!(Signer::from_material("k", other, "JWT", material).is_err(), "{algorithm} as {other}");
        }
    }
    let ec_bytes = materials()[1].to_bytes();
    let ec_as_rsa = KeyMaterial::from_bytes(Algorithm::Rs256, &ec_bytes);
    assert!(Signer::from_material("k", Algorithm::Rs256, "JWT", &ec_as_rsa).is_err());
}

#[test]
fn a_short_rsa_key_is_refused() {
    let components = PublicKeyComponents { n: vec![0xff; 128], e: vec![1, 0, 1] };
    assert!(VerifyingKey::rs256("k", &components.n, &components.e).is_err());
}

/// RFC 8037 appendix A.4, with its key of appendix A.1.
#[test]
fn the_eddsa_signature_of_rfc_8037_is_made() {
    let seed = URL_SAFE_NO_PAD.decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").unwrap();
    let pair = Ed25519KeyPair::from_seed_unchecked(&seed).unwrap();
    let verifying_key = VerifyingKey::hs256("k", &[0; 32]).unwrap();
    let signer =
        Signer { verifying_key, header: "eyJhbGciOiJFZERTQSJ9.".to_owned(), key: SigningKey::EdDsa(pair) };
    let mut token = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc".to_owned();
    signer.append_signature(&mut token).unwrap();
    assert_eq!(
        token,
        "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.\
         hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
    );
}

/// Made with `jsonwebtoken` for Node: `jwt.sign({ id: 7, iat: 1700000000 }, "secret")`.
#[test]
fn a_legacy_token_is_the_one_that_node_makes() {
    #[derive(Serialize)]
    struct Claims {
        id: u32,
        iat: i64,
    }
    let secret = LegacySecret::new("secret").unwrap();
    let token = secret.signer().sign(&Claims { id: 7, iat: 1_700_000_000 }).unwrap();
    assert_eq!(
        token.expose(),
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpZCI6NywiaWF0IjoxNzAwMDAwMDAwfQ.\
         TKK1RIdmfz4lcaWa5u0GFvcI-M-yr8PLAlqLD0sTSF0"
    );
    assert!(jws::open_with(token.expose(), &secret.verifying_key()).is_ok());
    assert_eq!(LegacySecret::new("").err(), Some(EmptySecret));
}

#[test]
fn only_an_object_that_fits_is_signed() {
    let signer = signer(&materials()[3]);
    for claims in [json!(null), json!([1]), json!("{}")] {
        assert_eq!(signer.sign(&claims).err(), Some(SignError::Claims), "{claims}");
    }
    for length in [6_200, 100_000] {
        assert_eq!(signer.sign(&json!({ "x": "x".repeat(length) })).err(), Some(SignError::TooLong));
    }
    let largest = signer.sign(&json!({ "x": "x".repeat(6_000) })).unwrap();
    assert!(jws::open_with(largest.expose(), &signer.verifying_key()).is_ok());
}

#[test]
fn a_document_says_what_it_is_and_may_be_longer_than_a_token() {
    for material in materials() {
        let signer = signer(material);
        let document = signer.sign_document("news+jwt", br#"{"x":1}"#).unwrap();
        let opened = jws::open_with(&document, &signer.verifying_key()).unwrap();
        assert_eq!(opened.header.token_type.as_deref(), Some("news+jwt"));
        assert_eq!(opened.header.kid.as_deref(), Some(signer.kid()));
        assert_eq!(opened.payload, br#"{"x":1}"#);
        let long = format!(r#"{{"x":"{}"}}"#, "x".repeat(100_000));
        assert!(signer.sign_document("news+jwt", long.as_bytes()).unwrap().len() > 130_000);
        assert_eq!(signer.sign_document("news+jwt", b"[]"), Err(SignError::Claims));
    }
}

#[test]
fn nothing_secret_prints() {
    let eddsa = &materials()[0];
    assert_eq!(format!("{eddsa:?}"), "KeyMaterial(EdDSA)");
    assert_eq!(format!("{:?}", signer(eddsa)), "Signer(EdDSA key-1)");
    assert_eq!(format!("{:?}", signer(eddsa).sign(&claims()).unwrap()), "AccessToken(..)");
    assert_eq!(format!("{:?}", LegacySecret::new("secret").unwrap()), "LegacySecret(..)");
}
