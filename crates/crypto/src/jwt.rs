//! How are access tokens signed?
//!
//! A token is a JWS in compact form (RFC 7515 §7.1) whose payload is a JSON object of claims (RFC 7519). Checking
//! is the work of `portcullis_verifier`.
//!
//! Invariants
//! - A key has one algorithm, fixed when it is made. Its private part is parsed once, not once a token.
//! - What is signed can be verified: a token beyond the verifier's length limit is an error here.

mod legacy;
mod material;

use std::fmt;

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair as RsaKeyPair;
use aws_lc_rs::signature::{EcdsaKeyPair, Ed25519KeyPair, RSA_PKCS1_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use portcullis_verifier::jws::MAX_TOKEN_BYTES;
use portcullis_verifier::{Algorithm, VerifyingKey};
use serde::Serialize;
use zeroize::Zeroizing;

pub use legacy::{EmptySecret, LegacySecret};
pub use material::{KeyMaterial, KeyMaterialError};

/// A key that signs access tokens.
pub struct Signer {
    verifying_key: VerifyingKey,
    /// The encoded header and the dot after it.
    header: String,
    key: SigningKey,
}

enum SigningKey {
    EdDsa(Ed25519KeyPair),
    Es256(EcdsaKeyPair),
    Rs256(RsaKeyPair),
    Hs256(Box<hmac::Key>),
}

impl Signer {
    /// A signer whose tokens name `kid` and say of themselves that they are a `token_type`: `at+jwt` (RFC 9068
    /// §2.1) or, for older readers, `JWT`.
    ///
    /// # Errors
    /// [`KeyMaterialError`] when the material is no key of its algorithm, or `kid` is empty or too long.
    pub fn from_material(
        kid: &str,
        algorithm: Algorithm,
        token_type: &str,
        material: &KeyMaterial,
    ) -> Result<Self, KeyMaterialError> {
        if algorithm != material.algorithm() {
            return Err(KeyMaterialError);
        }
        let (key, verifying_key) = material.parse(kid)?;
        Ok(Self::new(
            key,
            verifying_key,
            &Header { alg: algorithm.as_str(), typ: token_type, kid: Some(kid) },
        ))
    }

    /// Signs a JSON object of claims.
    ///
    /// # Errors
    /// [`SignError`]: the claims are no JSON object, the token would be too long, or the crypto library failed.
    pub fn sign<C: Serialize + ?Sized>(&self, claims: &C) -> Result<AccessToken, SignError> {
        let payload = serde_json::to_vec(claims).map_err(|_| SignError::Claims)?;
        self.sign_payload(&Zeroizing::new(payload)).map(AccessToken)
    }

    /// Signs the JSON text of an object that is no token, says so by its `typ`, and may be longer than one.
    ///
    /// # Errors
    /// [`SignError`]: the payload is no JSON object, or the crypto library failed.
    pub fn sign_document(&self, document_type: &str, payload: &[u8]) -> Result<String, SignError> {
        if !payload.starts_with(b"{") {
            return Err(SignError::Claims);
        }
        let header = Header { alg: self.algorithm().as_str(), typ: document_type, kid: Some(self.kid()) };
        let mut document = encoded(&header);
        URL_SAFE_NO_PAD.encode_string(payload, &mut document);
        self.append_signature(&mut document)?;
        Ok(document)
    }

    /// The key id in the header of every token of this signer. The tokens of a [`LegacySecret`] name none.
    pub fn kid(&self) -> &str {
        self.verifying_key.kid()
    }

    /// The algorithm of every token of this signer.
    pub fn algorithm(&self) -> Algorithm {
        self.verifying_key.algorithm()
    }

    /// The key that verifies the tokens of this signer. Secret itself if the algorithm is HS256.
    pub fn verifying_key(&self) -> VerifyingKey {
        self.verifying_key.clone()
    }

    fn new(key: SigningKey, verifying_key: VerifyingKey, header: &Header<'_>) -> Self {
        Self { verifying_key, header: encoded(header), key }
    }

    /// Signs the JSON text of an object.
    pub(crate) fn sign_payload(&self, payload: &[u8]) -> Result<Zeroizing<String>, SignError> {
        if !payload.starts_with(b"{") {
            return Err(SignError::Claims);
        }
        if payload.len() > MAX_TOKEN_BYTES {
            return Err(SignError::TooLong);
        }
        let mut token =
            Zeroizing::new(String::with_capacity(self.header.len() + payload.len() * 4 / 3 + 352));
        token.push_str(&self.header);
        URL_SAFE_NO_PAD.encode_string(payload, &mut token);
        self.append_signature(&mut token)?;
        if token.len() > MAX_TOKEN_BYTES {
            return Err(SignError::TooLong);
        }
        Ok(token)
    }

    fn append_signature(&self, token: &mut String) -> Result<(), SignError> {
        let message = token.as_bytes();
        let signature = match &self.key {
            SigningKey::EdDsa(pair) => {
                pair.try_sign(message).map(|signature| URL_SAFE_NO_PAD.encode(signature))
            }
            SigningKey::Es256(pair) => {
                pair.sign(&SystemRandom::new(), message).map(|signature| URL_SAFE_NO_PAD.encode(signature))
            }
            SigningKey::Rs256(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)
                    .map(|()| URL_SAFE_NO_PAD.encode(signature))
            }
            SigningKey::Hs256(key) => Ok(URL_SAFE_NO_PAD.encode(hmac::sign(key, message))),
        };
        let signature = signature.map_err(|_| SignError::Signature)?;
        token.push('.');
        token.push_str(&signature);
        Ok(())
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({} {})", self.algorithm(), self.kid())
    }
}

#[derive(Serialize)]
struct Header<'a> {
    alg: &'a str,
    typ: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<&'a str>,
}

/// With the dot after it.
fn encoded(header: &Header<'_>) -> String {
    #[expect(clippy::expect_used, reason = "a struct of three strings always has a JSON form")]
    let json = serde_json::to_vec(header).expect("three strings as JSON");
    let mut header = URL_SAFE_NO_PAD.encode(json);
    header.push('.');
    header
}

/// The text of an access token, for its owner only.
#[derive(Clone)]
pub struct AccessToken(Zeroizing<String>);

impl AccessToken {
    /// The text itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken(..)")
    }
}

/// Why claims could not be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    /// The claims are not a JSON object.
    #[error("the claims are not a JSON object")]
    Claims,
    /// No verifier would take a token of this length.
    #[error("the token would be longer than {MAX_TOKEN_BYTES} bytes")]
    TooLong,
    /// The crypto library refused.
    #[error("the signature could not be computed")]
    Signature,
}

#[cfg(test)]
mod tests;
