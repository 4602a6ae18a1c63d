//! How does a refresh token look to clients that expect a JWT under an older backend's secret?
//!
//! ```text
//! header   { "alg": "HS256", "typ": "JWT" }
//! claims   extra…, "iat", "exp" (seconds),
//!          "jti": base64url( key id (4) ‖ session (16) ‖ generation (4) ‖ MAC (24) over these, iat and exp )
//! ```
//!
//! Invariants
//! - Two keys must agree: the signature under the legacy secret, as the contract wants it, and the MAC in `jti` under
//!   a key of the keyring. Whoever finds the legacy secret can sign a token, but not make its `jti`.
//! - Session and generation are inside `jti`, so that the token fits the 255 characters of the columns in which older
//!   backends keep it.
//! - Only what the MAC covers is proved. The `extra` claims are as strong as the legacy secret and must not be relied
//!   on where the session can be asked.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use portcullis_verifier::jws;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::jwt::SignError;
use crate::mac::{self, SHORT_TAG_LEN};
use crate::refresh::{RefreshKey, RefreshToken, Statement};

pub use crate::jwt::LegacySecret;

const DOMAIN: &str = "portcullis/refresh-jwt/v1";
const KEY_ID_LEN: usize = 4;
const SESSION_LEN: usize = 16;
const GENERATION_LEN: usize = 4;
const RAW_LEN: usize = KEY_ID_LEN + SESSION_LEN + GENERATION_LEN + SHORT_TAG_LEN;

/// What a token is to say.
#[derive(Debug, Clone, PartialEq)]
pub struct Content {
    /// The session and its generation.
    pub statement: Statement,
    /// When it was issued, in seconds since the epoch.
    pub iat_s: i64,
    /// When it ends, in seconds since the epoch.
    pub exp_s: i64,
    /// Further claims that the contract wants. `iat`, `exp` and `jti` among them are replaced.
    pub extra: Map<String, Value>,
}

/// Makes a token.
///
/// # Errors
/// [`SignError::TooLong`] when the `extra` claims are too large for any reader.
pub fn issue(secret: &LegacySecret, key: &RefreshKey, content: Content) -> Result<RefreshToken, SignError> {
    let Content { statement, iat_s, exp_s, extra: mut claims } = content;
    let (id, generation) = (key.id().to_be_bytes(), statement.generation.to_be_bytes());
    let tag = tag(key, statement, iat_s, exp_s);
    let jti = URL_SAFE_NO_PAD.encode([&id[..], &statement.session, &generation, &tag].concat());
    claims.insert("iat".to_owned(), iat_s.into());
    claims.insert("exp".to_owned(), exp_s.into());
    claims.insert("jti".to_owned(), jti.into());
    let payload = Zeroizing::new(serde_json::to_vec(&claims).map_err(|_| SignError::Claims)?);
    let mut token = secret.signer().sign_payload(&payload)?;
    Ok(RefreshToken::new(std::mem::take(&mut token)))
}

/// A token of this server.
#[derive(Debug, Clone, PartialEq)]
pub struct Opened {
    /// What the token proves.
    pub statement: Statement,
    /// All claims; those beside `iat`, `exp` and `jti` are proved by the legacy secret only.
    pub claims: Map<String, Value>,
}

/// Reads a token and checks signature, MAC and expiry. `key` finds a key of the keyring by its id; it is asked only
/// after the signature under the legacy secret was found good.
///
/// # Errors
/// [`OpenError`].
pub fn open<'k>(
    token: &str,
    secret: &LegacySecret,
    key: impl FnOnce(u32) -> Option<&'k RefreshKey>,
    now_s: i64,
) -> Result<Opened, OpenError> {
    let opened = jws::open_with(token, &secret.verifying_key()).map_err(|error| match error {
        error if is_form(error) => OpenError::Malformed,
        _ => OpenError::Forged,
    })?;
    let claims = jws::claims_object(&Zeroizing::new(opened.payload)).map_err(|_| OpenError::Malformed)?;
    let Some(jti) = read_jti(&claims) else {
        // SECURITY: an access token of this server, signed under the same secret, is no refresh token of anybody.
        let is_ours = claims.contains_key("sid");
        return Err(if is_ours { OpenError::Malformed } else { foreign(claims, now_s) });
    };
    let Stated { statement, iat_s, exp_s, key_id, tag: stated } =
        read(&claims, &jti).ok_or(OpenError::Malformed)?;
    // SECURITY: the legacy secret is assumed to be known to an attacker; only this MAC proves the session.
    let key = key(key_id).ok_or(OpenError::UnknownKey)?;
    if !mac::is_equal(&tag(key, statement, iat_s, exp_s), &stated) {
        return Err(OpenError::Forged);
    }
    if exp_s <= now_s {
        return Err(OpenError::Expired);
    }
    Ok(Opened { statement, claims })
}

/// Why a text is not a refresh token that counts.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum OpenError {
    /// Well signed and not expired, but with a `jti` of another form or none: a token that the older backend issued. Whether
    /// it counts is for the caller to judge, who has that backend's records. Anyone who knows the legacy secret can
    /// make one.
    #[error("a refresh token of the older backend")]
    NotOurs {
        /// All its claims.
        claims: Map<String, Value>,
    },
    /// Not signed under the legacy secret, or with a `jti` that this server did not make.
    #[error("the refresh token is forged")]
    Forged,
    /// Well signed, with a `jti` of a key that is not there (any more).
    #[error("the refresh token names an unknown key")]
    UnknownKey,
    /// Made by this server (or, if it is not ours, well signed), but its time is over.
    #[error("the refresh token has expired")]
    Expired,
    /// Not in the form of a refresh token.
    #[error("not a refresh token")]
    Malformed,
}

/// Whether the text was refused for its form, before a signature was checked.
fn is_form(error: portcullis_verifier::VerifyError) -> bool {
    use portcullis_verifier::VerifyError as E;
    matches!(error, E::Malformed | E::TooLong | E::UnsupportedHeader(_))
}

/// A well-signed token that does not speak of a session of this server.
fn foreign(claims: Map<String, Value>, now_s: i64) -> OpenError {
    match claims.get("exp") {
        None => OpenError::NotOurs { claims },
        // RFC 7519 §2: a NumericDate may have a fraction.
        Some(exp) => match exp.as_f64() {
            #[expect(clippy::cast_precision_loss, reason = "seconds since the epoch are far below 2⁵³")]
            Some(exp) if exp > now_s as f64 => OpenError::NotOurs { claims },
            Some(_) => OpenError::Expired,
            None => OpenError::Malformed,
        },
    }
}

struct Stated {
    statement: Statement,
    iat_s: i64,
    exp_s: i64,
    key_id: u32,
    tag: [u8; SHORT_TAG_LEN],
}

/// Whether well-signed claims are those of a refresh token of this server, genuine or not.
pub fn is_refresh_token(claims: &Map<String, Value>) -> bool {
    read_jti(claims).is_some()
}

/// A `jti` in our form.
fn read_jti(claims: &Map<String, Value>) -> Option<[u8; RAW_LEN]> {
    let mut raw = [0; RAW_LEN];
    let jti = claims.get("jti")?.as_str()?;
    (URL_SAFE_NO_PAD.decode_slice(jti, &mut raw) == Ok(RAW_LEN)).then_some(raw)
}

fn read(claims: &Map<String, Value>, jti: &[u8; RAW_LEN]) -> Option<Stated> {
    let (iat_s, exp_s) = (claims.get("iat")?.as_i64()?, claims.get("exp")?.as_i64()?);
    let (key_id, rest) = jti.split_first_chunk()?;
    let (session, rest) = rest.split_first_chunk()?;
    let (generation, tag) = rest.split_first_chunk()?;
    let statement = Statement { session: *session, generation: u32::from_be_bytes(*generation) };
    Some(Stated { statement, iat_s, exp_s, key_id: u32::from_be_bytes(*key_id), tag: tag.try_into().ok()? })
}

fn tag(key: &RefreshKey, statement: Statement, iat_s: i64, exp_s: i64) -> [u8; SHORT_TAG_LEN] {
    let Statement { session, generation } = statement;
    let parts: [&[u8]; 5] = [
        &key.id().to_be_bytes(),
        &session,
        &generation.to_be_bytes(),
        &iat_s.to_be_bytes(),
        &exp_s.to_be_bytes(),
    ];
    key.short_tag(DOMAIN, &parts)
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        reason = "tests"
    )]

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const NOW: i64 = 1_800_000_000;

    fn secret() -> LegacySecret {
        LegacySecret::new("a secret of the older backend").unwrap()
    }

    fn key() -> RefreshKey {
        RefreshKey::new(7, &[9; 32])
    }

    fn content() -> Content {
        let extra = json!({ "userId": 12, "jti": "replaced", "exp": 1 }).as_object().unwrap().clone();
        let statement = Statement { session: [0xab; 16], generation: 3 };
        Content { statement, iat_s: NOW - 10, exp_s: NOW + 10, extra }
    }

    fn open_now(token: &str) -> Result<Opened, OpenError> {
        let key = key();
        open(token, &secret(), |id| (id == 7).then_some(&key), NOW)
    }

    /// What an attacker can do who knows the legacy secret.
    fn sign(claims: &Value) -> String {
        secret().signer().sign(claims).unwrap().expose().to_owned()
    }

    fn issued_claims() -> Value {
        let token = issue(&secret(), &key(), content()).unwrap();
        Value::Object(open_now(token.expose()).unwrap().claims)
    }

    #[test]
    fn a_token_comes_back_with_its_claims() {
        let token = issue(&secret(), &key(), content()).unwrap();
        let opened = open_now(token.expose()).unwrap();
        assert_eq!(opened.statement, content().statement);
        assert_eq!(opened.claims["userId"], 12);
        assert_eq!((&opened.claims["iat"], &opened.claims["exp"]), (&json!(NOW - 10), &json!(NOW + 10)));
    }

    fn jti_with(at: usize, byte: u8) -> Value {
        let mut raw = URL_SAFE_NO_PAD.decode(issued_claims()["jti"].as_str().unwrap()).unwrap();
        raw[at] ^= byte;
        URL_SAFE_NO_PAD.encode(raw).into()
    }

    #[test]
    fn the_legacy_secret_alone_makes_no_token() {
        for (name, value) in [
            ("iat", json!(NOW - 9)),
            ("exp", json!(NOW + 11)),
            // The session, the generation, the MAC.
            ("jti", jti_with(4, 1)),
            ("jti", jti_with(23, 7)),
            ("jti", jti_with(47, 0x80)),
        ] {
            let mut claims = issued_claims();
            claims[name] = value.clone();
            assert_eq!(open_now(&sign(&claims)), Err(OpenError::Forged), "{name} {value}");
        }
        let mut claims = issued_claims();
        claims["jti"] = jti_with(3, 1);
        assert_eq!(open_now(&sign(&claims)), Err(OpenError::UnknownKey));
    }

    #[test]
    fn claims_of_another_form_are_malformed() {
        for (name, value) in [("iat", json!(1.5)), ("iat", json!("1")), ("exp", json!(null))] {
            let mut claims = issued_claims();
            claims[name] = value.clone();
            assert_eq!(open_now(&sign(&claims)), Err(OpenError::Malformed), "{name} {value}");
            claims.as_object_mut().unwrap().remove(name);
            assert_eq!(open_now(&sign(&claims)), Err(OpenError::Malformed), "without {name}");
        }
    }

    #[test]
    fn an_access_token_of_this_server_is_no_refresh_token() {
        let claims = json!({ "userId": 12, "sid": "a-session", "jti": "AAAA", "iat": NOW, "exp": NOW + 9 });
        assert_eq!(open_now(&sign(&claims)), Err(OpenError::Malformed));
    }

    #[test]
    fn a_token_with_a_large_number_fits_255_characters() {
        let extra = json!({ "id": 9_999_999_999_i64 }).as_object().unwrap().clone();
        let statement = Statement { session: [0xff; 16], generation: u32::MAX };
        let content = Content { statement, iat_s: NOW, exp_s: NOW + 604_800, extra };
        let token = issue(&secret(), &key(), content).unwrap();
        assert!(token.expose().len() <= 255, "{}", token.expose().len());
    }

    #[test]
    fn a_token_ends_at_its_expiry() {
        let at = |now_s| {
            let (key, token) = (key(), issue(&secret(), &key(), content()).unwrap());
            open(token.expose(), &secret(), |_| Some(&key), now_s).map(|opened| opened.statement)
        };
        assert_eq!(at(NOW + 9), Ok(content().statement));
        assert_eq!(at(NOW + 10), Err(OpenError::Expired));
    }

    #[test]
    fn a_token_of_the_older_backend_is_told_apart() {
        let not_ours = |claims: Value| {
            let expected = OpenError::NotOurs { claims: claims.as_object().unwrap().clone() };
            assert_eq!(open_now(&sign(&claims)), Err(expected), "{claims}");
        };
        not_ours(json!({ "userId": 12 }));
        not_ours(json!({ "userId": 12, "exp": NOW + 1, "iat": NOW }));
        not_ours(json!({ "userId": 12, "jti": "a-random-one", "exp": 1_800_000_000.5 }));
        assert_eq!(open_now(&sign(&json!({ "userId": 12, "exp": NOW }))), Err(OpenError::Expired));
        assert_eq!(open_now(&sign(&json!({ "userId": 12, "exp": "soon" }))), Err(OpenError::Malformed));
    }

    #[test]
    fn another_secret_or_key_is_forged() {
        let other_secret = LegacySecret::new("another").unwrap();
        let token = issue(&other_secret, &key(), content()).unwrap();
        assert_eq!(open_now(token.expose()), Err(OpenError::Forged));
        let token = issue(&secret(), &RefreshKey::new(7, &[8; 32]), content()).unwrap();
        assert_eq!(open_now(token.expose()), Err(OpenError::Forged));
        let token = issue(&secret(), &RefreshKey::new(8, &[9; 32]), content()).unwrap();
        assert_eq!(open_now(token.expose()), Err(OpenError::UnknownKey));
    }

    #[test]
    fn a_native_mac_does_not_pass_as_a_jti() {
        let native = key().issue(content().statement);
        let raw = URL_SAFE_NO_PAD.decode(&native.expose()["pc_rt_".len()..]).unwrap();
        let mut claims = issued_claims();
        claims["jti"] = URL_SAFE_NO_PAD.encode(raw).into();
        assert_eq!(open_now(&sign(&claims)), Err(OpenError::Forged));
    }

    #[test]
    fn what_is_no_token_is_malformed() {
        for text in ["", "a.b", "a.b.c", "....", "pc_rt_AAAA"] {
            assert_eq!(open_now(text), Err(OpenError::Malformed), "{text}");
        }
        let other_algorithm = format!("{}.e30.AA", URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#));
        assert_eq!(open_now(&other_algorithm), Err(OpenError::Forged));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]

        #[test]
        fn any_single_changed_character_is_refused(session: [u8; 16], generation: u32, by in "[A-Za-z0-9_.-]") {
            let content = Content { statement: Statement { session, generation }, ..content() };
            let good = issue(&secret(), &key(), content).unwrap();
            for at in 0..good.expose().len() {
                let mut changed = good.expose().to_owned();
                changed.replace_range(at..=at, &by);
                if changed != good.expose() {
                    let opened = open_now(&changed);
                    prop_assert!(matches!(opened, Err(OpenError::Forged | OpenError::Malformed)), "{changed}");
                }
            }
        }
    }
}
