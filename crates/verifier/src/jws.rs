//! Was this compact JWS (RFC 7515 §7.1) signed by a key we trust?
//!
//! - Nothing is decoded before the length is bounded, and no payload before its signature is checked.
//! - The key decides the algorithm; the header can only agree or be refused.
//! - A header that brings its own key, points to one, or asks for an extension is refused.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::{Deserializer as _, MapAccess, Visitor};
use serde_json::{Map, Value};

use crate::key::MAX_KID_BYTES;
use crate::{Algorithm, KeySet, VerifyError, VerifyingKey};

/// Longest token that is looked at, in bytes. Servers bound a whole header block at about this size.
pub const MAX_TOKEN_BYTES: usize = 8 * 1024;

/// Header members that change how a signature is to be checked.
///
/// SECURITY: `jwk`, `jku`, `x5c` and `x5u` let the sender choose the key (RFC 8725 §3.10). `crit` must be
/// refused by who does not know its extensions (RFC 7515 §4.1.11), and `b64` is such an extension (RFC 7797 §6).
const REFUSED_MEMBERS: [&str; 6] = ["crit", "b64", "jwk", "jku", "x5c", "x5u"];

/// A token whose signature is good. Nothing is said yet about what it means, for whom, or until when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// The protected header.
    pub header: Header,
    /// The payload as it was signed.
    pub payload: Vec<u8>,
}

/// The protected header (RFC 7515 §4), as far as it matters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The algorithm, which is that of the key.
    pub algorithm: Algorithm,
    /// `kid`: the key id that the token names.
    pub kid: Option<String>,
    /// `typ`: what kind of token it says it is, as written.
    pub token_type: Option<String>,
}

/// Opens a token that must be signed by `key`. A `kid` in the header is not compared: the signature decides.
pub fn open_with(token: &str, key: &VerifyingKey) -> Result<Opened, VerifyError> {
    open_keyed(token, |_| Some(key)).map(|(opened, _)| opened)
}

/// Opens a token with the key of `keys` that its `kid` names.
pub fn open(token: &str, keys: &KeySet) -> Result<Opened, VerifyError> {
    open_keyed(token, |kid| keys.choose(kid)).map(|(opened, _)| opened)
}

/// Reads a JSON object whose members have different names (RFC 7519 §4, RFC 7515 §4).
///
/// SECURITY: of two members with one name, one parser sees the first and another the last; a token must not mean
/// two things. Objects inside the object are read as JSON parsers commonly do: the last one counts.
pub fn claims_object(payload: &[u8]) -> Result<Map<String, Value>, VerifyError> {
    let mut deserializer = serde_json::Deserializer::from_slice(payload);
    let object = deserializer.deserialize_map(UniqueMembers).map_err(|_| VerifyError::Malformed)?;
    deserializer.end().map_err(|_| VerifyError::Malformed)?;
    Ok(object)
}

/// Opens a token with the key that `choose` finds for its key id.
pub(crate) fn open_keyed<'k>(
    token: &str,
    choose: impl FnOnce(Option<&str>) -> Option<&'k VerifyingKey>,
) -> Result<(Opened, &'k VerifyingKey), VerifyError> {
    if token.len() > MAX_TOKEN_BYTES {
        return Err(VerifyError::TooLong);
    }
    open_bounded(token, choose)
}

/// The same for a text whose length somebody else has bounded.
pub(crate) fn open_bounded<'k>(
    token: &str,
    choose: impl FnOnce(Option<&str>) -> Option<&'k VerifyingKey>,
) -> Result<(Opened, &'k VerifyingKey), VerifyError> {
    let (signed, signature) = token.rsplit_once('.').ok_or(VerifyError::Malformed)?;
    let (header, payload) = signed.split_once('.').ok_or(VerifyError::Malformed)?;

    let (algorithm, kid, token_type) = read_header(&decode(header)?)?;
    let key = choose(kid.as_deref()).ok_or(VerifyError::UnknownKey)?;
    // SECURITY: the algorithm is the key's, never the token's, or `none` and "public key as HMAC secret" would
    // pass (RFC 8725 §2.1, §3.1).
    if algorithm != key.algorithm().as_str() {
        return Err(VerifyError::AlgorithmMismatch);
    }
    key.check(signed.as_bytes(), &decode(signature)?)?;

    // A fourth part leaves a dot in the payload, which is no base64url.
    let payload = decode(payload)?;
    let header = Header { algorithm: key.algorithm(), kid, token_type };
    Ok((Opened { header, payload }, key))
}

type RawHeader = (String, Option<String>, Option<String>);

/// The members `alg`, `kid` and `typ` of a header that asks for nothing else.
fn read_header(json: &[u8]) -> Result<RawHeader, VerifyError> {
    let mut header = claims_object(json)?;
    for member in REFUSED_MEMBERS {
        if header.contains_key(member) {
            return Err(VerifyError::UnsupportedHeader(member));
        }
    }
    let Some(Value::String(algorithm)) = header.remove("alg") else {
        return Err(VerifyError::Malformed);
    };
    let mut text = |member| match header.remove(member) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(VerifyError::Malformed),
    };
    let (kid, token_type) = (text("kid")?, text("typ")?);
    // SECURITY: the key id is only ever compared with known ids; a bound keeps it out of logs and maps at length.
    if kid.as_ref().is_some_and(|kid| kid.len() > MAX_KID_BYTES) {
        return Err(VerifyError::UnknownKey);
    }
    Ok((algorithm, kid, token_type))
}

/// Base64url as RFC 7515 §2 wants it: no padding, no other characters, no stray bits at the end.
fn decode(part: &str) -> Result<Vec<u8>, VerifyError> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| VerifyError::Malformed)
}

struct UniqueMembers;

impl<'de> Visitor<'de> for UniqueMembers {
    type Value = Map<String, Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with unique members")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut object = Map::new();
        while let Some((name, value)) = members.next_entry::<String, Value>()? {
            if object.insert(name, value).is_some() {
                return Err(serde::de::Error::custom("duplicate member"));
            }
        }
        Ok(object)
    }
}

#[cfg(test)]
mod tests;
