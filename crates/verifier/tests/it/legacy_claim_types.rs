//! Can claims of the wrong types pass? Judged by serde's types under another implementation of JWT.

use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use portcullis_verifier::{LegacyShape, VerifyError};
use proptest::prelude::*;
use proptest::sample::select;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::legacy_tokens::{SHORT_SECRET, claims, sign, verifier};
use crate::support::NOW;

/// The claims of a shape as types: what is not exactly of these is not to pass.
mod typed {
    #![allow(dead_code, non_snake_case, reason = "they are read by nobody but serde")]

    use serde::Deserialize;

    #[derive(Deserialize)]
    pub(super) struct Times {
        iat: u64,
        exp: u64,
    }

    #[derive(Deserialize)]
    pub(super) struct BearerPair {
        userId: std::num::NonZeroU64,
    }

    #[derive(Deserialize)]
    pub(super) struct UsersCookies {
        id: std::num::NonZeroU64,
        email: String,
    }

    #[derive(Deserialize)]
    pub(super) struct ApiSession {
        data: Data,
    }

    #[derive(Deserialize)]
    pub(super) struct Data {
        id: std::num::NonZeroU64,
        username: String,
        email: String,
    }

    #[derive(Deserialize)]
    pub(super) struct BearerSingle {
        username: String,
    }

    #[derive(Deserialize)]
    pub(super) struct AuthRouter {
        aud: String,
        iss: String,
    }
}

fn is_typed<T: DeserializeOwned>(token: &str) -> bool {
    let mut rules = Validation::new(Algorithm::HS256);
    (rules.validate_exp, rules.validate_aud) = (false, false);
    rules.required_spec_claims.clear();
    let key = DecodingKey::from_secret(SHORT_SECRET.as_bytes());
    decode::<T>(token, &key, &rules).is_ok()
}

fn is_of_shape(shape: LegacyShape, token: &str) -> bool {
    is_typed::<typed::Times>(token)
        && match shape {
            LegacyShape::BearerPair => is_typed::<typed::BearerPair>(token),
            LegacyShape::UsersCookies => is_typed::<typed::UsersCookies>(token),
            LegacyShape::ApiSession => is_typed::<typed::ApiSession>(token),
            LegacyShape::BearerSingle => is_typed::<typed::BearerSingle>(token),
            LegacyShape::AuthRouter => is_typed::<typed::AuthRouter>(token),
        }
}

/// The claims that a shape must have.
fn required(shape: LegacyShape) -> Vec<&'static str> {
    let own: &[&str] = match shape {
        LegacyShape::BearerPair => &["userId"],
        LegacyShape::UsersCookies => &["id", "email"],
        LegacyShape::ApiSession => &["data"],
        LegacyShape::BearerSingle => &["username"],
        LegacyShape::AuthRouter => &["aud", "iss"],
    };
    [own, &["iat", "exp"]].concat()
}

fn any_shape() -> impl Strategy<Value = LegacyShape> {
    select(&LegacyShape::ALL[..])
}

/// JSON of every type, close to what is right where that is possible.
fn any_json() -> impl Strategy<Value = Value> {
    let close = vec![
        json!(12),
        json!("12"),
        json!(12.0),
        json!(1.5),
        json!(0),
        json!(-1),
        json!(""),
        json!("ada"),
        json!("localhost:3000"),
        json!(NOW + 60),
        json!((NOW + 60).to_string()),
        json!(1_800_000_060.5),
        json!(null),
        json!([12]),
        json!(["ada"]),
        json!({ "$gt": 0 }),
    ];
    let leaf = prop_oneof![
        4 => select(close),
        1 => any::<bool>().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<u64>().prop_map(Value::from),
        1 => any::<f64>().prop_map(Value::from),
        1 => "\\PC{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        let names = select(&["id", "username", "email", "$ne", "data"][..]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map(names, inner, 0..4).prop_map(|members| {
                members
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), value))
                    .collect::<Map<_, _>>()
                    .into()
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8_000))]

    #[test]
    fn whatever_passes_has_claims_of_the_right_types(
        shape in any_shape(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any_json()), 1..3),
    ) {
        let mut claims = claims(shape);
        let names = required(shape);
        for (index, value) in changes {
            claims[*index.get(&names)] = value;
        }
        let token = sign(&claims);
        if verifier(shape).verify_at(&token, NOW).is_ok() {
            prop_assert!(is_of_shape(shape, &token), "{shape} {claims}");
        }
    }
}

proptest! {
    #[test]
    fn every_number_and_text_that_is_right_passes(
        id in 1..=i64::MAX,
        name in "\\PC{1,40}",
        at in 0..NOW,
    ) {
        for shape in LegacyShape::ALL {
            let mut claims = claims(shape);
            for claim in required(shape) {
                match claim {
                    "userId" | "id" => claims[claim] = id.into(),
                    "email" | "username" | "aud" => claims[claim] = name.clone().into(),
                    "data" => claims[claim] = json!({ "id": id, "username": name, "email": name }),
                    "iat" => claims[claim] = at.into(),
                    _ => {}
                }
            }
            prop_assert!(verifier(shape).verify_at(&sign(&claims), NOW).is_ok(), "{shape} {claims}");
        }
    }
}

#[test]
fn a_claim_of_another_type_is_refused_by_its_name() {
    let wrong_number = [
        json!("12"),
        json!({ "$gt": 0 }),
        json!(1.5),
        json!(12.0),
        json!(0),
        json!(-1),
        json!([12]),
        json!(null),
        json!(true),
        json!(u64::MAX),
    ];
    let wrong_text = [json!(12), json!(""), json!({ "$ne": null }), json!(["ada"]), json!(null), json!(true)];
    let wrong_time =
        [json!("1800000060"), json!(1_800_000_060.5), json!(-1), json!(null), json!([NOW]), json!({})];
    let refused = |shape, claims: &Value, name| {
        let outcome = verifier(shape).verify_at(&sign(claims), NOW);
        assert_eq!(outcome, Err(VerifyError::Claim(name)), "{shape} {claims}");
    };
    for (shape, name, wrong) in [
        (LegacyShape::BearerPair, "userId", &wrong_number[..]),
        (LegacyShape::UsersCookies, "id", &wrong_number),
        (LegacyShape::UsersCookies, "email", &wrong_text),
        (LegacyShape::BearerSingle, "username", &wrong_text),
        (LegacyShape::AuthRouter, "aud", &wrong_text),
    ] {
        for value in wrong {
            let mut claims = claims(shape);
            claims[name] = value.clone();
            refused(shape, &claims, name);
        }
    }
    for (name, wrong) in [("id", &wrong_number[..]), ("username", &wrong_text), ("email", &wrong_text)] {
        for value in wrong {
            let mut claims = claims(LegacyShape::ApiSession);
            claims["data"][name] = value.clone();
            refused(LegacyShape::ApiSession, &claims, name);
        }
    }
    for shape in LegacyShape::ALL {
        for name in ["iat", "exp", "nbf"] {
            for value in &wrong_time {
                let mut claims = claims(shape);
                claims[name] = value.clone();
                refused(shape, &claims, name);
            }
        }
        for name in ["sub", "sid", "jti", "iss"] {
            for value in [json!(12), json!(null), json!(["a"]), json!({ "$gt": "" })] {
                let mut claims = claims(shape);
                claims[name] = value;
                refused(shape, &claims, name);
            }
        }
        for name in required(shape).into_iter().filter(|name| *name != "iss") {
            let mut claims = claims(shape);
            claims.as_object_mut().unwrap().remove(name);
            refused(shape, &claims, name);
        }
    }
}
