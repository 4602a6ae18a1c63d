#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RsaKeyPair,
};

use super::{VerifyingKey, bit_length, without_leading_zeros};
use crate::{Algorithm, Jwk, KeyError};

fn ed25519() -> VerifyingKey {
    let pair = Ed25519KeyPair::generate().unwrap();
    VerifyingKey::ed25519("ed", pair.public_key().as_ref()).unwrap()
}

fn es256() -> VerifyingKey {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    VerifyingKey::es256("ec", pair.public_key().as_ref()).unwrap()
}

/// An odd number of so many bits, with which no signature would ever be right.
fn modulus(bits: usize) -> Vec<u8> {
    let mut n = vec![0xff; bits.div_ceil(8)];
    n[0] = 0xff >> (n.len() * 8 - bits);
    n
}

#[test]
fn every_public_key_survives_the_way_through_its_jwk() {
    let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let public = pair.public_key();
    let n = public.modulus().big_endian_without_leading_zero();
    let e = public.exponent().big_endian_without_leading_zero();
    let rs256 = VerifyingKey::rs256("rsa", n, e).unwrap();
    for key in [ed25519(), es256(), rs256] {
        let jwk = key.to_jwk().unwrap();
        assert_eq!(jwk.alg.as_deref(), Some(key.algorithm().as_str()));
        let json = serde_json::to_string(&jwk).unwrap();
        let read = VerifyingKey::from_jwk(&serde_json::from_str(&json).unwrap()).unwrap();
        assert!(read.is_same_key(&key), "{json}");
        assert_eq!(read.to_jwk().unwrap(), jwk);
    }
}

#[test]
fn a_jwk_without_alg_gets_the_algorithm_of_its_type() {
    for key in [ed25519(), es256()] {
        let jwk = Jwk { alg: None, usage: None, ..key.to_jwk().unwrap() };
        assert_eq!(VerifyingKey::from_jwk(&jwk).unwrap().algorithm(), key.algorithm());
    }
}

#[test]
fn a_jwk_for_another_algorithm_or_purpose_is_refused() {
    let good = ed25519().to_jwk().unwrap();
    let refused = |jwk: &Jwk| VerifyingKey::from_jwk(jwk).unwrap_err();
    for alg in ["HS256", "none", "ES256", ""] {
        assert_eq!(refused(&Jwk { alg: Some(alg.into()), ..good.clone() }), KeyError::Algorithm);
    }
    assert_eq!(refused(&Jwk { usage: Some("enc".into()), ..good.clone() }), KeyError::Purpose);
    assert_eq!(refused(&Jwk { key_ops: Some(vec!["encrypt".into()]), ..good.clone() }), KeyError::Purpose);
    assert!(VerifyingKey::from_jwk(&Jwk { key_ops: Some(vec!["verify".into()]), ..good.clone() }).is_ok());
    assert_eq!(refused(&Jwk { kid: None, ..good.clone() }), KeyError::Kid);
    assert_eq!(refused(&Jwk { kid: Some(String::new()), ..good.clone() }), KeyError::Kid);
    assert_eq!(refused(&Jwk { kid: Some("k".repeat(129)), ..good }), KeyError::Kid);
}

#[test]
fn a_jwk_of_another_type_is_refused() {
    let good = ed25519().to_jwk().unwrap();
    for (kty, crv) in
        [("oct", None), ("OKP", Some("X25519")), ("EC", Some("P-384")), ("OKP", None), ("", None)]
    {
        let jwk = Jwk { kty: kty.into(), crv: crv.map(Into::into), ..good.clone() };
        assert_eq!(VerifyingKey::from_jwk(&jwk).unwrap_err(), KeyError::UnsupportedType, "{kty} {crv:?}");
    }
}

#[test]
fn malformed_key_material_is_refused() {
    assert_eq!(VerifyingKey::ed25519("k", &[1; 31]).unwrap_err(), KeyError::Invalid);
    assert_eq!(VerifyingKey::es256("k", &[4; 64]).unwrap_err(), KeyError::Invalid);
    assert_eq!(VerifyingKey::es256("k", &[4; 65]).unwrap_err(), KeyError::Invalid, "a point off the curve");
    let jwk = es256().to_jwk().unwrap();
    let longer_x = Jwk { x: Some("A".repeat(44)), ..jwk.clone() };
    let padded = Jwk { y: jwk.y.as_ref().map(|y| format!("{y}=")), ..jwk.clone() };
    for broken in [longer_x, padded, Jwk { y: None, ..jwk }] {
        assert_eq!(VerifyingKey::from_jwk(&broken).unwrap_err(), KeyError::Invalid);
    }
}

#[test]
fn an_rsa_modulus_is_bounded_in_bits_not_in_bytes() {
    let e = [1, 0, 1];
    for bits in [0, 1024, 2047, 8193] {
        assert_eq!(
            VerifyingKey::rs256("k", &modulus(bits.max(1)), &e).unwrap_err(),
            KeyError::RsaSize,
            "{bits}"
        );
    }
    for bits in [2048, 8192] {
        assert!(VerifyingKey::rs256("k", &modulus(bits), &e).is_ok(), "{bits}");
    }
    assert!(VerifyingKey::rs256("k", &[&[0, 0], modulus(2048).as_slice()].concat(), &e).is_ok());
    assert_eq!(VerifyingKey::rs256("k", &[], &e).unwrap_err(), KeyError::RsaSize);
}

#[test]
fn a_weak_rsa_exponent_is_refused() {
    let n = modulus(2048);
    for e in [&[][..], &[0], &[1], &[2], &[1, 0, 0], &[4, 0, 0, 0, 1]] {
        assert_eq!(VerifyingKey::rs256("k", &n, e).unwrap_err(), KeyError::Invalid, "{e:?}");
    }
    assert!(VerifyingKey::rs256("k", &n, &[3]).is_ok());
}

#[test]
fn a_short_secret_is_only_taken_as_a_legacy_one() {
    assert_eq!(VerifyingKey::hs256("k", &[7; 31]).unwrap_err(), KeyError::SecretTooShort);
    assert!(VerifyingKey::hs256("k", &[7; 32]).is_ok());
    assert_eq!(VerifyingKey::hs256_legacy("k", b"abc").unwrap().algorithm(), Algorithm::Hs256);
    assert_eq!(VerifyingKey::hs256_legacy("k", b"").unwrap_err(), KeyError::SecretEmpty);
}

#[test]
fn a_shared_secret_is_neither_published_nor_printed() {
    let key = VerifyingKey::hs256("k", b"a secret of more than thirty-two bytes").unwrap();
    assert_eq!(key.to_jwk(), None);
    assert_eq!(format!("{key:?}"), r#"VerifyingKey { kid: "k", algorithm: Hs256, .. }"#);
}

#[test]
fn keys_are_the_same_by_public_numbers_and_secrets_by_identity() {
    let jwk = ed25519().to_jwk().unwrap();
    let one = VerifyingKey::from_jwk(&jwk).unwrap();
    assert!(one.is_same_key(&VerifyingKey::from_jwk(&jwk).unwrap()));
    assert!(!one.is_same_key(&ed25519()), "other numbers under the same id");
    let renamed = VerifyingKey::from_jwk(&Jwk { kid: Some("new".into()), ..jwk }).unwrap();
    assert!(!one.is_same_key(&renamed));
    let secret = VerifyingKey::hs256("k", &[7; 32]).unwrap();
    assert!(secret.is_same_key(&secret.clone()));
    assert!(!secret.is_same_key(&VerifyingKey::hs256("k", &[7; 32]).unwrap()));
}

#[test]
fn bits_are_counted_from_the_first_one() {
    assert_eq!(bit_length(without_leading_zeros(&[0, 0, 1, 0])), 9);
    assert_eq!(bit_length(without_leading_zeros(&[0, 0])), 0);
    assert_eq!(bit_length(&[0x80]), 8);
}
