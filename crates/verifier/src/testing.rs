//! How do the tests beside the code get signed tokens?

#![allow(clippy::unwrap_used, reason = "tests")]

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::VerifyingKey;

pub(crate) const NOW: i64 = 1_800_000_000;
pub(crate) const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";

/// An Ed25519 key that can sign.
pub(crate) struct Signer {
    pair: Ed25519KeyPair,
    pub(crate) key: VerifyingKey,
}

impl Signer {
    pub(crate) fn new(kid: &str) -> Self {
        let pair = Ed25519KeyPair::generate().unwrap();
        let key = VerifyingKey::ed25519(kid, pair.public_key().as_ref()).unwrap();
        Self { pair, key }
    }

    /// A token of exactly these parts, whatever they are.
    pub(crate) fn sign(&self, header: &str, payload: &str) -> String {
        let signed = signing_input(header, payload);
        let signature = URL_SAFE_NO_PAD.encode(self.pair.sign(signed.as_bytes()));
        format!("{signed}.{signature}")
    }

    /// An access token as the issuer would make it.
    pub(crate) fn access_token(&self, jti: &str) -> String {
        let header = format!(r#"{{"alg":"EdDSA","typ":"at+jwt","kid":"{}"}}"#, self.key.kid());
        let (iat, exp) = (NOW, NOW + 600);
        let payload = format!(
            r#"{{"iss":"issuer","sub":"alice","aud":"service","iat":{iat},"exp":{exp},"jti":"{jti}"}}"#
        );
        self.sign(&header, &payload)
    }
}

/// A token authenticated by `secret`.
pub(crate) fn mac(secret: &[u8], header: &str, payload: &str) -> String {
    let signed = signing_input(header, payload);
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag))
}

fn signing_input(header: &str, payload: &str) -> String {
    format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload))
}
