//! How does an access token look to services that expect a JWT under an older backend's secret, and who made it?
//!
//! ```text
//! header   { "alg": "HS256", "typ": "JWT" }
//! claims   extra…, "sub": account, "sid": session (UUIDs), "iat", "exp" (seconds),
//!          "jti": base64url( key id (4) ‖ MAC (24) over account, session, iat and exp )
//! ```
//!
//! Invariants
//! - Whoever knows the legacy secret can sign a token, but not one that is taken for this server's own: only the MAC
//!   under a key of the keyring proves account and session.
//! - The `extra` claims are as strong as the legacy secret.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use portcullis_verifier::{VerifyError, jws};
use serde_json::{Map, Value};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::jwt::{AccessToken, LegacySecret, SignError};
use crate::mac::{self, SHORT_TAG_LEN};
use crate::refresh::RefreshKey;
use crate::refresh_jwt::is_refresh_token;

const DOMAIN: &str = "portcullis/access-jwt/v1";
const KEY_ID_LEN: usize = 4;
const RAW_LEN: usize = KEY_ID_LEN + SHORT_TAG_LEN;

/// What an access token of this server proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statement {
    /// The account.
    pub account: Uuid,
    /// The session.
    pub session: Uuid,
    /// When the token was issued, in seconds since the epoch.
    pub iat_s: i64,
    /// When it ends, in seconds since the epoch.
    pub exp_s: i64,
}

/// Makes a token that also says `extra`. `sub`, `sid`, `iat`, `exp` and `jti` among them are replaced.
///
/// # Errors
/// [`SignError::TooLong`] when the `extra` claims are too large for any reader.
pub fn issue(
    secret: &LegacySecret,
    key: &RefreshKey,
    statement: Statement,
    extra: Map<String, Value>,
) -> Result<AccessToken, SignError> {
    let mut claims = extra;
    let jti = [&key.id().to_be_bytes()[..], &tag(key, &statement)].concat();
    claims.insert("sub".to_owned(), statement.account.hyphenated().to_string().into());
    claims.insert("sid".to_owned(), statement.session.hyphenated().to_string().into());
    claims.insert("iat".to_owned(), statement.iat_s.into());
    claims.insert("exp".to_owned(), statement.exp_s.into());
    claims.insert("jti".to_owned(), URL_SAFE_NO_PAD.encode(jti).into());
    secret.signer().sign(&claims)
}

/// A token that is well signed under the legacy secret. Nothing was compared with the time yet.
#[derive(Debug, Clone, PartialEq)]
pub enum Opened {
    /// This server made it.
    Own(Statement, Map<String, Value>),
    /// Somebody else did, who knows the secret: the older backend, or a service beside it.
    Foreign(Map<String, Value>),
}

/// Reads a token and checks the signature, and whether this server made it. `key` finds a key of the keyring by its
/// id; it is asked only after the signature was found good.
///
/// # Errors
/// [`OpenError`].
pub fn open<'k>(
    token: &str,
    secret: &LegacySecret,
    key: impl FnOnce(u32) -> Option<&'k RefreshKey>,
) -> Result<Opened, OpenError> {
    let opened = jws::open_with(token, &secret.verifying_key())?;
    let claims = jws::claims_object(&Zeroizing::new(opened.payload))?;
    // SECURITY: the two secrets may be one and the same.
    if is_refresh_token(&claims) {
        return Err(OpenError::NotAccess);
    }
    let Some((key_id, stated)) = read_jti(&claims) else {
        return Ok(Opened::Foreign(claims));
    };
    let statement = read(&claims).ok_or(OpenError::Forged)?;
    // SECURITY: a token that says it is ours and is not is refused, not taken for a foreign one, so that revoking our
    // keys ends what was made under them.
    let key = key(key_id).ok_or(OpenError::UnknownKey)?;
    if !mac::is_equal(&tag(key, &statement), &stated) {
        return Err(OpenError::Forged);
    }
    Ok(Opened::Own(statement, claims))
}

/// Why a text is not an access token that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Not a JWT that is signed under the secret.
    #[error(transparent)]
    Signature(#[from] VerifyError),
    /// It is a refresh token.
    #[error("a refresh token is no access token")]
    NotAccess,
    /// It says that this server made it, with a key that is not there (any more).
    #[error("the access token names an unknown key")]
    UnknownKey,
    /// It says that this server made it, and it did not.
    #[error("the access token is forged")]
    Forged,
}

/// A `jti` in our form.
fn read_jti(claims: &Map<String, Value>) -> Option<(u32, [u8; SHORT_TAG_LEN])> {
    let mut raw = [0; RAW_LEN];
    let jti = claims.get("jti")?.as_str()?;
    if !claims.contains_key("sid") || URL_SAFE_NO_PAD.decode_slice(jti, &mut raw) != Ok(RAW_LEN) {
        return None;
    }
    let (key_id, tag) = raw.split_first_chunk()?;
    Some((u32::from_be_bytes(*key_id), tag.try_into().ok()?))
}

fn read(claims: &Map<String, Value>) -> Option<Statement> {
    let id = |name| Uuid::try_parse(claims.get(name)?.as_str()?).ok();
    let seconds = |name| claims.get(name)?.as_i64();
    Some(Statement {
        account: id("sub")?,
        session: id("sid")?,
        iat_s: seconds("iat")?,
        exp_s: seconds("exp")?,
    })
}

fn tag(key: &RefreshKey, statement: &Statement) -> [u8; SHORT_TAG_LEN] {
    let Statement { account, session, iat_s, exp_s } = statement;
    let parts: [&[u8]; 5] = [
        &key.id().to_be_bytes(),
        account.as_bytes(),
        session.as_bytes(),
        &iat_s.to_be_bytes(),
        &exp_s.to_be_bytes(),
    ];
    key.short_tag(DOMAIN, &parts)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
    use serde_json::json;

    use super::*;
    use crate::refresh_jwt;

    const NOW: i64 = 1_800_000_000;

    fn secret() -> LegacySecret {
        LegacySecret::new("a secret of the older backend").unwrap()
    }

    fn key() -> RefreshKey {
        RefreshKey::new(7, &[9; 32])
    }

    fn statement() -> Statement {
        let (account, session) = (Uuid::from_bytes([1; 16]), Uuid::from_bytes([2; 16]));
        Statement { account, session, iat_s: NOW, exp_s: NOW + 900 }
    }

    fn extra() -> Map<String, Value> {
        json!({ "userId": 12 }).as_object().unwrap().clone()
    }

    fn open_it(token: &str) -> Result<Opened, OpenError> {
        let key = key();
        open(token, &secret(), |id| (id == 7).then_some(&key))
    }

    fn sign(claims: &Value) -> String {
        secret().signer().sign(claims).unwrap().expose().to_owned()
    }

    fn issued_claims() -> Value {
        let token = issue(&secret(), &key(), statement(), extra()).unwrap();
        let Ok(Opened::Own(_, claims)) = open_it(token.expose()) else { unreachable!("it is our own") };
        Value::Object(claims)
    }

    #[test]
    fn a_token_comes_back_as_our_own_with_its_claims() {
        let token = issue(&secret(), &key(), statement(), extra()).unwrap();
        let Ok(Opened::Own(stated, claims)) = open_it(token.expose()) else { unreachable!("it is our own") };
        assert_eq!(stated, statement());
        assert_eq!(claims["userId"], 12);
        assert_eq!(claims["sub"], "01010101-0101-0101-0101-010101010101");
    }

    #[test]
    fn the_legacy_secret_alone_makes_no_token_of_ours() {
        for (name, value) in [
            ("sub", json!("01010101-0101-0101-0101-010101010102")),
            ("sid", json!("02020202-0202-0202-0202-020202020203")),
            ("sub", json!(5)),
            ("iat", json!(NOW + 1)),
            ("exp", json!(NOW + 901)),
            ("exp", json!("never")),
            ("jti", json!(URL_SAFE_NO_PAD.encode([&[0, 0, 0, 7][..], &[0; 24]].concat()))),
        ] {
            let mut claims = issued_claims();
            claims[name] = value.clone();
            assert_eq!(open_it(&sign(&claims)), Err(OpenError::Forged), "{name} {value}");
        }
        let mut claims = issued_claims();
        claims["jti"] = json!(URL_SAFE_NO_PAD.encode([&[0, 0, 0, 8][..], &[0; 24]].concat()));
        assert_eq!(open_it(&sign(&claims)), Err(OpenError::UnknownKey));
    }

    #[test]
    fn what_somebody_else_signed_is_foreign_and_a_refresh_token_is_neither() {
        let foreign = json!({ "userId": 12, "iat": NOW });
        let expected = foreign.as_object().unwrap().clone();
        assert_eq!(open_it(&sign(&foreign)), Ok(Opened::Foreign(expected)));
        let content = refresh_jwt::Content {
            statement: crate::refresh::Statement { session: [3; 16], generation: 1 },
            iat_s: NOW,
            exp_s: NOW + 9,
            extra: extra(),
        };
        let refresh = refresh_jwt::issue(&secret(), &key(), content).unwrap();
        assert_eq!(open_it(refresh.expose()), Err(OpenError::NotAccess));
    }

    #[test]
    fn another_secret_or_algorithm_opens_nothing() {
        let other = LegacySecret::new("another").unwrap();
        let token = issue(&other, &key(), statement(), extra()).unwrap();
        assert_eq!(open_it(token.expose()), Err(OpenError::Signature(VerifyError::BadSignature)));
        let none =
            format!("{}.{}.", URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#), URL_SAFE_NO_PAD.encode("{}"));
        assert_eq!(open_it(&none), Err(OpenError::Signature(VerifyError::AlgorithmMismatch)));
    }
}
