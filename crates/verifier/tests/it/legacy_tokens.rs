//! Which tokens under the shared secret of an older backend pass? They are signed by `jsonwebtoken`.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use portcullis_verifier::{KeyError, LegacyAccount, LegacyClaims, LegacyShape, LegacyVerifier, VerifyError};
use serde_json::{Value, json};

use crate::support::{NOW, Signer};

/// As short as those of older backends are.
pub(crate) const SHORT_SECRET: &str = "your_access_secret";
const ACCOUNT_ID: &str = "5f8d0d55b54764421b7156d9";

/// The claims of a good token of a shape, as its older backend makes them, for one hour.
pub(crate) fn claims(shape: LegacyShape) -> Value {
    let mut claims = match shape {
        LegacyShape::BearerPair => json!({ "userId": 12 }),
        LegacyShape::UsersCookies => json!({ "id": 12, "email": "ada@example.com" }),
        LegacyShape::ApiSession => {
            json!({ "data": { "id": 12, "username": "ada", "email": "ada@example.com" } })
        }
        LegacyShape::BearerSingle => json!({ "username": "Ada" }),
        LegacyShape::AuthRouter => json!({ "aud": ACCOUNT_ID, "iss": "localhost:3000" }),
    };
    claims["iat"] = NOW.into();
    claims["exp"] = (NOW + 3600).into();
    claims
}

/// Those, with one of them changed or added.
fn with(shape: LegacyShape, name: &str, value: impl Into<Value>) -> Value {
    let mut claims = claims(shape);
    claims[name] = value.into();
    claims
}

fn without(shape: LegacyShape, name: &str) -> Value {
    let mut claims = claims(shape);
    claims.as_object_mut().unwrap().remove(name).unwrap();
    claims
}

pub(crate) fn sign(claims: &Value) -> String {
    sign_as(&Header::new(Algorithm::HS256), claims)
}

fn sign_as(header: &Header, claims: &Value) -> String {
    encode(header, claims, &EncodingKey::from_secret(SHORT_SECRET.as_bytes())).unwrap()
}

pub(crate) fn verifier(shape: LegacyShape) -> LegacyVerifier {
    LegacyVerifier::new(shape, SHORT_SECRET).unwrap()
}

fn verify(shape: LegacyShape, claims: &Value) -> Result<LegacyClaims, VerifyError> {
    verifier(shape).verify_at(&sign(claims), NOW)
}

#[test]
fn a_token_of_every_shape_says_whose_it_is() {
    let verify = |shape| verify(shape, &claims(shape)).unwrap();
    let number = LegacyAccount::Number(12);
    let (ada, email) = (Some("ada".to_owned()), Some("ada@example.com".to_owned()));

    let said = verify(LegacyShape::BearerPair);
    assert_eq!((&said.account, &said.email, &said.username), (&number, &None, &None));
    let said = verify(LegacyShape::UsersCookies);
    assert_eq!((&said.account, &said.email, &said.username), (&number, &email, &None));
    let said = verify(LegacyShape::ApiSession);
    assert_eq!((&said.account, &said.email, &said.username), (&number, &email, &ada));
    let said = verify(LegacyShape::BearerSingle);
    assert_eq!(said.account, LegacyAccount::Username("Ada".to_owned()));
    assert_eq!((said.email, said.username.as_deref()), (None, Some("Ada")));
    let said = verify(LegacyShape::AuthRouter);
    assert_eq!(said.account, LegacyAccount::Id(ACCOUNT_ID.to_owned()));
    assert_eq!(said.iss.as_deref(), Some("localhost:3000"));
}

#[test]
fn a_token_of_an_older_backend_has_no_session_and_nothing_over() {
    for shape in LegacyShape::ALL {
        let said = verify(shape, &claims(shape)).unwrap();
        assert_eq!((said.iat, said.exp, said.nbf), (NOW, Some(NOW + 3600), None), "{shape}");
        assert_eq!((said.sub, said.sid, said.jti), (None, None, None), "{shape}");
        assert!(said.extra.is_empty(), "{shape}");
    }
}

#[test]
fn a_token_of_portcullis_says_account_and_session_too() {
    let account = "018f2b6e-0000-7000-8000-000000000001";
    let session = "018f2b6e-0000-7000-8000-000000000002";
    let jti = "A".repeat(38);
    for shape in LegacyShape::ALL {
        let mut claims = claims(shape);
        for (name, value) in [("sub", account), ("sid", session), ("jti", &jti), ("plan", "free")] {
            claims[name] = value.into();
        }
        let said = verify(shape, &claims).unwrap();
        assert_eq!(said.sub.as_deref(), Some(account), "{shape}");
        assert_eq!(said.sid.as_deref(), Some(session), "{shape}");
        assert_eq!(said.jti.as_deref(), Some(jti.as_str()), "{shape}");
        assert_eq!(Value::from(said.extra), json!({ "plan": "free" }), "{shape}");
    }
}

#[test]
fn what_else_the_data_of_a_session_says_is_kept() {
    let mut claims = claims(LegacyShape::ApiSession);
    claims["data"]["theme"] = "dark".into();
    let said = verify(LegacyShape::ApiSession, &claims).unwrap();
    assert_eq!(said.extra["data"], json!({ "theme": "dark" }));
}

#[test]
fn a_token_of_one_shape_is_none_of_another() {
    for shape in LegacyShape::ALL {
        for other in LegacyShape::ALL.into_iter().filter(|other| *other != shape) {
            assert!(verify(shape, &claims(other)).is_err(), "{other} as {shape}");
        }
    }
}

#[test]
fn refresh_tokens_of_portcullis_do_not_pass_though_the_secret_is_the_same() {
    for shape in LegacyShape::ALL {
        let refresh = with(shape, "jti", URL_SAFE_NO_PAD.encode([0xfb; 48]));
        assert_eq!(verify(shape, &refresh), Err(VerifyError::WrongType), "{shape}");
    }
}

#[test]
fn refresh_tokens_of_an_older_backend_are_told_by_how_long_they_live() {
    for shape in [LegacyShape::BearerPair, LegacyShape::AuthRouter] {
        let strict = verifier(shape).longest_life(Duration::from_hours(1));
        let refresh = with(shape, "exp", NOW + 7 * 86_400);
        assert_eq!(strict.verify_at(&sign(&refresh), NOW), Err(VerifyError::WrongType), "{shape}");
        assert_eq!(
            strict.verify_at(&sign(&with(shape, "exp", NOW + 3601)), NOW),
            Err(VerifyError::WrongType)
        );
        assert!(strict.verify_at(&sign(&claims(shape)), NOW).is_ok(), "{shape}");
    }
}

#[test]
fn only_hs256_passes() {
    let payload = claims(LegacyShape::BearerPair);
    let verifier = verifier(LegacyShape::BearerPair);
    for algorithm in [Algorithm::HS384, Algorithm::HS512] {
        let token = sign_as(&Header::new(algorithm), &payload);
        assert_eq!(verifier.verify_at(&token, NOW), Err(VerifyError::AlgorithmMismatch), "{algorithm:?}");
    }
    for signer in [Signer::rs256("k"), Signer::es256("k"), Signer::ed25519("k")] {
        let header = Header { kid: None, typ: Some("JWT".to_owned()), ..signer.header() };
        let token = encode(&header, &payload, &signer.private).unwrap();
        assert_eq!(
            verifier.verify_at(&token, NOW),
            Err(VerifyError::AlgorithmMismatch),
            "{signer:?}",
            signer = signer.key
        );
    }
    let good = sign(&payload);
    let [_, body, tag] = good.split('.').collect::<Vec<_>>()[..] else { panic!() };
    for alg in ["none", "None", "NONE", "hs256", "HS256 ", ""] {
        let header = URL_SAFE_NO_PAD.encode(json!({ "alg": alg, "typ": "JWT" }).to_string());
        for token in [format!("{header}.{body}."), format!("{header}.{body}.{tag}")] {
            assert_eq!(verifier.verify_at(&token, NOW), Err(VerifyError::AlgorithmMismatch), "{alg}");
        }
    }
}

#[test]
fn another_secret_or_a_changed_token_does_not_pass() {
    let token = sign(&claims(LegacyShape::BearerPair));
    for secret in ["your_access_secre", "your_access_secret ", "Your_access_secret"] {
        let other = LegacyVerifier::new(LegacyShape::BearerPair, secret).unwrap();
        assert_eq!(other.verify_at(&token, NOW), Err(VerifyError::BadSignature), "{secret}");
    }
    let verifier = verifier(LegacyShape::BearerPair);
    for at in 0..token.len() {
        let replacement = if token.as_bytes()[at] == b'A' { "B" } else { "A" };
        let mut changed = token.clone();
        changed.replace_range(at..=at, replacement);
        assert!(verifier.verify_at(&changed, NOW).is_err(), "{at}");
        assert!(verifier.verify_at(&token[..at], NOW).is_err(), "{at}");
    }
    for junk in ["", "null", "a.b.c", "....", "Bearer a.b.c"] {
        assert_eq!(verifier.verify_at(junk, NOW), Err(VerifyError::Malformed), "{junk}");
    }
}

#[test]
fn a_token_that_calls_itself_something_else_does_not_pass() {
    let payload = claims(LegacyShape::BearerPair);
    let typed = |typ: Option<&str>| {
        let header = Header { typ: typ.map(Into::into), ..Header::new(Algorithm::HS256) };
        verifier(LegacyShape::BearerPair).verify_at(&sign_as(&header, &payload), NOW)
    };
    for typ in [None, Some("JWT"), Some("jwt"), Some("application/jwt")] {
        assert!(typed(typ).is_ok(), "{typ:?}");
    }
    for typ in ["at+jwt", "reset+jwt", ""] {
        assert_eq!(typed(Some(typ)), Err(VerifyError::WrongType), "{typ}");
    }
}

#[test]
fn a_token_ends_at_the_exact_second() {
    for shape in LegacyShape::ALL {
        let token = sign(&claims(shape));
        let verifier = verifier(shape);
        assert!(verifier.verify_at(&token, NOW + 3599).is_ok(), "{shape}");
        assert_eq!(verifier.verify_at(&token, NOW + 3600), Err(VerifyError::Expired), "{shape}");
        let lenient = verifier.leeway(Duration::from_secs(5));
        assert!(lenient.verify_at(&token, NOW + 3604).is_ok(), "{shape}");
        assert_eq!(lenient.verify_at(&token, NOW + 3605), Err(VerifyError::Expired), "{shape}");
    }
}

#[test]
fn a_token_without_end_does_not_pass() {
    for shape in LegacyShape::ALL {
        assert_eq!(verify(shape, &without(shape, "exp")), Err(VerifyError::Claim("exp")), "{shape}");
        assert_eq!(verify(shape, &without(shape, "iat")), Err(VerifyError::Claim("iat")), "{shape}");
    }
}

#[test]
fn only_bearer_single_may_lack_an_end_and_only_up_to_the_age_given() {
    for shape in LegacyShape::ALL {
        let lenient = verifier(shape).accept_without_exp(Duration::from_hours(1));
        let token = sign(&without(shape, "exp"));
        if shape != LegacyShape::BearerSingle {
            assert_eq!(lenient.verify_at(&token, NOW), Err(VerifyError::Claim("exp")), "{shape}");
            continue;
        }
        assert_eq!(lenient.verify_at(&token, NOW + 3599).unwrap().exp, None);
        assert_eq!(lenient.verify_at(&token, NOW + 3600), Err(VerifyError::Expired));
        let with_end = sign(&with(shape, "exp", NOW + 60));
        assert_eq!(lenient.verify_at(&with_end, NOW + 60), Err(VerifyError::Expired), "an end counts");
        let ageless = sign(&json!({ "username": "Ada" }));
        assert_eq!(lenient.verify_at(&ageless, NOW), Err(VerifyError::Claim("iat")));
    }
}

#[test]
fn a_token_from_the_future_does_not_pass() {
    let shape = LegacyShape::UsersCookies;
    let strict = verifier(shape).future_leeway(Duration::ZERO);
    for (name, refusal) in [("nbf", VerifyError::NotYetValid), ("iat", VerifyError::IssuedInFuture)] {
        assert!(verify(shape, &with(shape, name, NOW + 30)).is_ok(), "{name}");
        assert_eq!(verify(shape, &with(shape, name, NOW + 31)), Err(refusal), "{name}");
        assert!(strict.verify_at(&sign(&with(shape, name, NOW)), NOW).is_ok(), "{name}");
        assert_eq!(strict.verify_at(&sign(&with(shape, name, NOW + 1)), NOW), Err(refusal), "{name}");
    }
}

#[test]
fn an_absurd_duration_does_not_overflow() {
    let verifier = verifier(LegacyShape::BearerSingle)
        .leeway(Duration::MAX)
        .future_leeway(Duration::MAX)
        .longest_life(Duration::MAX)
        .accept_without_exp(Duration::MAX);
    for claims in [claims(LegacyShape::BearerSingle), without(LegacyShape::BearerSingle, "exp")] {
        for now in [0, NOW, i64::MAX] {
            assert!(verifier.verify_at(&sign(&claims), now).is_ok(), "{now}");
        }
    }
}

#[test]
fn the_issuer_is_compared_exactly_where_one_is_expected() {
    let shape = LegacyShape::AuthRouter;
    for issuer in ["localhost:3001", "Localhost:3000", "", "http://localhost:3000"] {
        assert_eq!(verify(shape, &with(shape, "iss", issuer)), Err(VerifyError::WrongIssuer), "{issuer}");
        let moved = verifier(shape).issuer(issuer);
        assert!(moved.verify_at(&sign(&with(shape, "iss", issuer)), NOW).is_ok(), "{issuer}");
        assert_eq!(moved.verify_at(&sign(&claims(shape)), NOW), Err(VerifyError::WrongIssuer), "{issuer}");
    }
    assert_eq!(verify(shape, &without(shape, "iss")), Err(VerifyError::WrongIssuer));
    let other = verifier(LegacyShape::BearerPair).issuer("localhost:3000");
    assert_eq!(other.verify_at(&sign(&claims(LegacyShape::BearerPair)), NOW), Err(VerifyError::WrongIssuer));
}

#[test]
fn what_verifies_here_verifies_in_another_implementation_too() {
    let key = DecodingKey::from_secret(SHORT_SECRET.as_bytes());
    let now = i64::try_from(jsonwebtoken::get_current_timestamp()).unwrap();
    for shape in LegacyShape::ALL {
        for (exp, nbf) in [(60, -60), (-60, -120), (600, 300), (-1, -1)] {
            let mut claims = claims(shape);
            for (name, at) in [("iat", -600), ("exp", exp), ("nbf", nbf)] {
                claims[name] = (now + at).into();
            }
            let token = sign(&claims);
            let mut rules = Validation::new(Algorithm::HS256);
            (rules.leeway, rules.validate_nbf, rules.validate_aud) = (0, true, false);
            let theirs = decode::<Value>(&token, &key, &rules).is_ok();
            let ours = verifier(shape).verify(&token).is_ok();
            assert_eq!(ours, theirs, "{claims}");
        }
    }
}

#[test]
fn an_empty_secret_is_none() {
    for shape in LegacyShape::ALL {
        assert_eq!(LegacyVerifier::new(shape, "").unwrap_err(), KeyError::SecretEmpty);
        assert!(LegacyVerifier::new(shape, "s").is_ok(), "a short one is for the caller to judge");
    }
}

#[test]
fn the_secret_is_not_printed() {
    let printed = format!("{:?}", verifier(LegacyShape::AuthRouter));
    assert_eq!(printed, r#"LegacyVerifier { shape: AuthRouter, issuer: Some("localhost:3000"), .. }"#);
}
