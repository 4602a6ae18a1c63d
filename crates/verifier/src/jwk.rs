//! How do public keys look in a JWK Set document (RFC 7517)?
//!
//! Only public members are known; a private or symmetric member of a document is neither read nor written.

use serde::{Deserialize, Deserializer, Serialize};

/// A public key as JSON (RFC 7517 §4). Binary members are unpadded base64url.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Jwk {
    /// Key type: `OKP`, `EC` or `RSA`.
    pub kty: String,
    /// Key id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kid: Option<String>,
    /// Intended use: `sig`.
    #[serde(rename = "use", skip_serializing_if = "Option::is_none")]
    pub usage: Option<String>,
    /// Permitted operations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_ops: Option<Vec<String>>,
    /// The algorithm that the key is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alg: Option<String>,
    /// Curve of an `OKP` or `EC` key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crv: Option<String>,
    /// Public key of an `OKP` key, or x coordinate of an `EC` key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub x: Option<String>,
    /// Y coordinate of an `EC` key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub y: Option<String>,
    /// Modulus of an `RSA` key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub n: Option<String>,
    /// Exponent of an `RSA` key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub e: Option<String>,
}

/// A JWK Set (RFC 7517 §5).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Jwks {
    /// The keys. Members of the array that do not have the shape of a [`Jwk`] are left out when reading.
    #[serde(deserialize_with = "readable_keys")]
    pub keys: Vec<Jwk>,
}

/// RFC 7517 §5: what a reader does not understand in the array, it ignores.
fn readable_keys<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Jwk>, D::Error> {
    let members = Vec::<serde_json::Value>::deserialize(deserializer)?;
    Ok(members.into_iter().filter_map(|member| serde_json::from_value(member).ok()).collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use super::{Jwk, Jwks};

    #[test]
    fn an_unreadable_member_does_not_hide_the_others() {
        let document = r#"{"keys":[{"kty":5},7,{"kty":"OKP","crv":"Ed25519","kid":"a","x":"AA","new":[]}]}"#;
        let set: Jwks = serde_json::from_str(document).unwrap();
        assert_eq!(set.keys.len(), 1);
        assert_eq!(set.keys[0].kid.as_deref(), Some("a"));
    }

    #[test]
    fn a_document_without_keys_is_an_error() {
        assert!(serde_json::from_str::<Jwks>("{}").is_err());
        assert!(serde_json::from_str::<Jwks>(r#"{"keys":{}}"#).is_err());
    }

    #[test]
    fn absent_members_and_private_parts_are_not_written() {
        let document = r#"{"kty":"OKP","crv":"Ed25519","x":"AA","d":"secret"}"#;
        let key: Jwk = serde_json::from_str(document).unwrap();
        assert_eq!(serde_json::to_string(&key).unwrap(), r#"{"kty":"OKP","crv":"Ed25519","x":"AA"}"#);
    }
}
