//! How are tokens made that the server did not make?

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use portcullis_core::crypto::keyring::{KeyPurpose, KeyState};
use portcullis_core::ports::Store as _;
use serde_json::{Value, json};

use super::app::App;
use super::persona::Session;
use crate::node;

/// The server's own signing key, as nobody outside has it: what it signs is refused for what it says alone.
pub struct Forge {
    pair: Ed25519KeyPair,
    pub kid: String,
}

impl Forge {
    /// Takes the active key out of the database of the app.
    pub async fn with_the_real_key(app: &App) -> Self {
        let keys = app.store.list_keys().await.unwrap();
        let is_signing = |key: &&_| {
            let key: &portcullis_core::crypto::KeyRecord = key;
            key.purpose == KeyPurpose::AccessToken && key.state == KeyState::Active
        };
        let record = keys.iter().find(is_signing).unwrap();
        let sealed_for = format!("signing-key:access_token:EdDSA:{}", record.kid);
        let seed = node::master_key().open(&sealed_for, &record.sealed).unwrap();
        Self { pair: Ed25519KeyPair::from_seed_unchecked(&seed).unwrap(), kid: record.kid.clone() }
    }

    /// Somebody else's key under the name of the server's.
    pub fn with_another_key(&self) -> Self {
        Self { pair: Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap(), kid: self.kid.clone() }
    }

    pub fn public_key(&self) -> &[u8] {
        self.pair.public_key().as_ref()
    }

    /// The header of the server's own tokens.
    pub fn header(&self) -> Value {
        json!({"alg": "EdDSA", "typ": "at+jwt", "kid": self.kid})
    }

    /// A token with these claims and the right header.
    pub fn token(&self, claims: &Value) -> String {
        self.sign(&self.header().to_string(), &claims.to_string())
    }

    /// A token of these texts, signed with the key.
    pub fn sign(&self, header: &str, payload: &str) -> String {
        let signed = signing_input(header, payload);
        let signature = URL_SAFE_NO_PAD.encode(self.pair.sign(signed.as_bytes()));
        format!("{signed}.{signature}")
    }
}

/// A token of these texts, with an HMAC under any secret.
pub fn hs256(header: &str, payload: &str, secret: &[u8]) -> String {
    let signed = signing_input(header, payload);
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag))
}

pub fn signing_input(header: &str, payload: &str) -> String {
    format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload))
}

/// The claims of somebody's access token.
pub fn claims_of(session: &Session) -> Value {
    let token = session.access();
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}
