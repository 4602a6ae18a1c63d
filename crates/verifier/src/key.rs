//! Which key checks a signature, and under which algorithm?
//!
//! A key is parsed once and has exactly one algorithm for its whole life (RFC 8725 §3.1). Cloning shares it.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::{Algorithm, Jwk, KeyError, VerifyError};

/// Longest key id that is looked up, in bytes.
pub const MAX_KID_BYTES: usize = 128;

/// Shortest HS256 secret, in bytes: that of the hash output (RFC 7518 §3.2).
const MIN_SECRET_BYTES: usize = 32;

/// A key that checks signatures of one algorithm.
#[derive(Clone)]
pub struct VerifyingKey {
    inner: Arc<Inner>,
}

struct Inner {
    kid: String,
    algorithm: Algorithm,
    material: Material,
}

enum Material {
    Public { parsed: ParsedPublicKey, numbers: PublicNumbers },
    Secret(Box<hmac::Key>),
}

/// What a JWK says about a public key, decoded.
#[derive(PartialEq, Eq)]
enum PublicNumbers {
    Ed25519 { x: Vec<u8> },
    P256 { x: Vec<u8>, y: Vec<u8> },
    Rsa { n: Vec<u8>, e: Vec<u8> },
}

impl VerifyingKey {
    /// An Ed25519 key from its 32 bytes.
    pub fn ed25519(kid: impl Into<String>, public_key: &[u8]) -> Result<Self, KeyError> {
        if public_key.len() != 32 {
            return Err(KeyError::Invalid);
        }
        let parsed = ParsedPublicKey::new(&ED25519, public_key).map_err(|_| KeyError::Invalid)?;
        let numbers = PublicNumbers::Ed25519 { x: public_key.to_vec() };
        Self::new(kid.into(), Algorithm::EdDsa, Material::Public { parsed, numbers })
    }

    /// A P-256 key from its uncompressed point: 65 bytes, the first is 4 (SEC 1 §2.3.3).
    pub fn es256(kid: impl Into<String>, uncompressed_point: &[u8]) -> Result<Self, KeyError> {
        let coordinates = match uncompressed_point {
            [4, coordinates @ ..] if coordinates.len() == 64 => coordinates,
            _ => return Err(KeyError::Invalid),
        };
        let (x, y) = coordinates.split_at(32);
        let parsed = ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, uncompressed_point)
            .map_err(|_| KeyError::Invalid)?;
        let numbers = PublicNumbers::P256 { x: x.to_vec(), y: y.to_vec() };
        Self::new(kid.into(), Algorithm::Es256, Material::Public { parsed, numbers })
    }

    /// An RSA key from its modulus and exponent, big-endian; leading zeros are tolerated.
    ///
    /// The modulus must have 2048 to 8192 bits (RFC 7518 §3.3 sets the lower bound; the upper one bounds the work
    /// of a verification).
    pub fn rs256(kid: impl Into<String>, n: &[u8], e: &[u8]) -> Result<Self, KeyError> {
        let (n, e) = (without_leading_zeros(n), without_leading_zeros(e));
        if !(2048..=8192).contains(&bit_length(n)) {
            return Err(KeyError::RsaSize);
        }
        // The exponent is odd, above 1 and below 2^33, or the public operation is no RSA or needlessly slow.
        let is_odd = |number: &[u8]| number.last().is_some_and(|byte| byte % 2 == 1);
        if !is_odd(n) || !is_odd(e) || !(2..=33).contains(&bit_length(e)) {
            return Err(KeyError::Invalid);
        }
        let parsed = RsaPublicKeyComponents { n, e }
            .to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256)
            .map_err(|_| KeyError::Invalid)?;
        let numbers = PublicNumbers::Rsa { n: n.to_vec(), e: e.to_vec() };
        Self::new(kid.into(), Algorithm::Rs256, Material::Public { parsed, numbers })
    }

    /// A shared secret of at least 32 bytes (RFC 7518 §3.2).
    pub fn hs256(kid: impl Into<String>, secret: &[u8]) -> Result<Self, KeyError> {
        if secret.len() < MIN_SECRET_BYTES {
            return Err(KeyError::SecretTooShort);
        }
        Self::hs256_legacy(kid, secret)
    }

    /// A shared secret that an older system chose, of any length but zero.
    ///
    /// A short secret can be guessed from one token, off line, by whoever holds the token. Use it only for tokens
    /// that are outstanding or whose other readers cannot be changed, and let nothing but their contract rest on it.
    pub fn hs256_legacy(kid: impl Into<String>, secret: &[u8]) -> Result<Self, KeyError> {
        if secret.is_empty() {
            return Err(KeyError::SecretEmpty);
        }
        Self::new(
            kid.into(),
            Algorithm::Hs256,
            Material::Secret(Box::new(hmac::Key::new(hmac::HMAC_SHA256, secret))),
        )
    }

    /// A key from a JWK Set; its algorithm follows from the key type, and `alg` must agree when present.
    pub fn from_jwk(jwk: &Jwk) -> Result<Self, KeyError> {
        let algorithm = match (jwk.kty.as_str(), jwk.crv.as_deref()) {
            ("OKP", Some("Ed25519")) => Algorithm::EdDsa,
            ("EC", Some("P-256")) => Algorithm::Es256,
            ("RSA", None) => Algorithm::Rs256,
            // SECURITY: `oct` is refused too. A secret in a published document would let every reader sign.
            _ => return Err(KeyError::UnsupportedType),
        };
        if jwk.alg.as_deref().is_some_and(|alg| alg != algorithm.as_str()) {
            return Err(KeyError::Algorithm);
        }
        // RFC 7517 §4.2 and §4.3: an encryption key is not to be used for anything else.
        let wrong_use = jwk.usage.as_deref().is_some_and(|usage| usage != "sig");
        let wrong_operations =
            jwk.key_ops.as_deref().is_some_and(|operations| !operations.iter().any(|op| op == "verify"));
        if wrong_use || wrong_operations {
            return Err(KeyError::Purpose);
        }
        let kid = jwk.kid.clone().ok_or(KeyError::Kid)?;
        match algorithm {
            Algorithm::EdDsa => Self::ed25519(kid, &decode(jwk.x.as_ref())?),
            Algorithm::Es256 => {
                let (x, y) = (decode(jwk.x.as_ref())?, decode(jwk.y.as_ref())?);
                if x.len() != 32 {
                    return Err(KeyError::Invalid);
                }
                Self::es256(kid, &[&[4], x.as_slice(), y.as_slice()].concat())
            }
            Algorithm::Rs256 => Self::rs256(kid, &decode(jwk.n.as_ref())?, &decode(jwk.e.as_ref())?),
            Algorithm::Hs256 => Err(KeyError::UnsupportedType),
        }
    }

    /// The public JWK, or `None` for a shared secret, which is never published.
    pub fn to_jwk(&self) -> Option<Jwk> {
        let Material::Public { numbers, .. } = &self.inner.material else {
            return None;
        };
        let base = Jwk {
            kid: Some(self.inner.kid.clone()),
            usage: Some("sig".to_owned()),
            alg: Some(self.inner.algorithm.as_str().to_owned()),
            ..Jwk::default()
        };
        let encode = |bytes: &[u8]| Some(URL_SAFE_NO_PAD.encode(bytes));
        Some(match numbers {
            PublicNumbers::Ed25519 { x } => {
                Jwk { kty: "OKP".to_owned(), crv: Some("Ed25519".to_owned()), x: encode(x), ..base }
            }
            PublicNumbers::P256 { x, y } => Jwk {
                kty: "EC".to_owned(),
                crv: Some("P-256".to_owned()),
                x: encode(x),
                y: encode(y),
                ..base
            },
            PublicNumbers::Rsa { n, e } => Jwk { kty: "RSA".to_owned(), n: encode(n), e: encode(e), ..base },
        })
    }

    /// The key id that a token names to be checked by this key.
    pub fn kid(&self) -> &str {
        &self.inner.kid
    }

    /// The only algorithm that this key checks.
    pub fn algorithm(&self) -> Algorithm {
        self.inner.algorithm
    }

    /// Whether a token checked by the one would be checked alike by the other. Two keys made of the same public
    /// numbers are the same; a shared secret is the same only as itself or its clone.
    pub fn is_same_key(&self, other: &Self) -> bool {
        if Arc::ptr_eq(&self.inner, &other.inner) {
            return true;
        }
        match (&self.inner.material, &other.inner.material) {
            (Material::Public { numbers: mine, .. }, Material::Public { numbers: theirs, .. }) => {
                self.inner.kid == other.inner.kid && mine == theirs
            }
            _ => false,
        }
    }

    /// Checks `signature` over `message`. HS256 compares in constant time and takes whole tags only.
    pub(crate) fn check(&self, message: &[u8], signature: &[u8]) -> Result<(), VerifyError> {
        let outcome = match &self.inner.material {
            Material::Public { parsed, .. } => parsed.verify_sig(message, signature),
            Material::Secret(key) => hmac::verify(key, message, signature),
        };
        outcome.map_err(|_| VerifyError::BadSignature)
    }

    fn new(kid: String, algorithm: Algorithm, material: Material) -> Result<Self, KeyError> {
        if kid.is_empty() || kid.len() > MAX_KID_BYTES {
            return Err(KeyError::Kid);
        }
        Ok(Self { inner: Arc::new(Inner { kid, algorithm, material }) })
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifyingKey")
            .field("kid", &self.inner.kid)
            .field("algorithm", &self.inner.algorithm)
            .finish_non_exhaustive()
    }
}

fn decode(member: Option<&String>) -> Result<Vec<u8>, KeyError> {
    member.and_then(|text| URL_SAFE_NO_PAD.decode(text).ok()).ok_or(KeyError::Invalid)
}

fn without_leading_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.get(zeros..).unwrap_or_default()
}

/// Bits of a big-endian number without leading zeros.
fn bit_length(number: &[u8]) -> usize {
    number.first().map_or(0, |first| number.len() * 8 - first.leading_zeros() as usize)
}

#[cfg(test)]
mod tests;
