//! Is this a good access token under the shared secret of an older backend?
//!
//! For services that checked the tokens of an older backend by a secret that both know, and go on doing so after
//! Portcullis took that backend's place. Tokens of both have one shape; Portcullis adds `sub`, `sid` and `jti`.
//!
//! - The algorithm is HS256, whatever the token says.
//! - A claim that is read has its type, or the token is refused: a number in quotes is no number.
//! - Whoever can verify can also sign. What a token says is as strong as the secret, `sub` and `sid` included.

mod claims;
mod shape;
mod verifier;

use serde_json::{Map, Value};

pub use self::claims::{LegacyAccount, LegacyClaims};
pub use self::shape::{DEFAULT_LEGACY_ISSUER, LegacyShape};
pub use self::verifier::LegacyVerifier;

/// Characters of the `jti` of a refresh token of Portcullis: 48 bytes as unpadded base64url. That of an access token
/// has 38.
const REFRESH_JTI_CHARS: usize = 64;

/// Whether these claims are those of a refresh token that Portcullis made: its `jti` tells.
///
/// The refresh tokens of an older backend cannot be told by their claims; see [`LegacyVerifier::longest_life`].
pub fn is_legacy_refresh_token(claims: &Map<String, Value>) -> bool {
    let is_base64url = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    claims
        .get("jti")
        .and_then(Value::as_str)
        .is_some_and(|jti| jti.len() == REFRESH_JTI_CHARS && jti.bytes().all(is_base64url))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use serde_json::{Value, json};

    use super::is_legacy_refresh_token;

    fn is_refresh(claims: &Value) -> bool {
        is_legacy_refresh_token(claims.as_object().unwrap())
    }

    #[test]
    fn a_refresh_token_is_known_by_the_length_and_the_alphabet_of_its_jti() {
        let jti = format!("{}-_9z", "A".repeat(60));
        assert!(is_refresh(&json!({ "userId": 1, "jti": jti })));
        for jti in [
            json!("A".repeat(63)),
            json!("A".repeat(65)),
            json!("A".repeat(38)),
            json!(format!("{}=", "A".repeat(63))),
            json!(format!("{}+", "A".repeat(63))),
            json!("é".repeat(32)),
            json!(["A".repeat(64)]),
            json!(null),
        ] {
            assert!(!is_refresh(&json!({ "userId": 1, "jti": jti })), "{jti}");
        }
        assert!(!is_refresh(&json!({ "userId": 1 })));
    }
}
