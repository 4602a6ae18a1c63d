//! What is the private part of an access key, and how is it made and kept?
//!
//! | algorithm | kept as |
//! |---|---|
//! | EdDSA | the 32-byte seed (RFC 8032 §5.1.5) |
//! | ES256, RS256 | PKCS#8 (RFC 5958) |
//! | HS256 | the 32-byte secret |

use std::fmt;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::hmac;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _};
use portcullis_verifier::{Algorithm, KeyError, VerifyingKey};
use zeroize::Zeroizing;

use super::SigningKey;

/// A private key (or an HS256 secret) together with the one algorithm it is for.
#[derive(Clone)]
pub struct KeyMaterial {
    algorithm: Algorithm,
    bytes: Zeroizing<Vec<u8>>,
}

impl KeyMaterial {
    /// Makes a key: for `EdDSA` and HS256 from the random `seed` alone, for ES256 and RS256 (3072 bits, which may take
    /// some hundred milliseconds) from the crypto library's own random numbers.
    ///
    /// # Errors
    /// [`KeyMaterialError`] when the library fails to make one.
    pub fn generate(algorithm: Algorithm, seed: &[u8; 32]) -> Result<Self, KeyMaterialError> {
        let bytes = match algorithm {
            Algorithm::EdDsa | Algorithm::Hs256 => seed.to_vec(),
            Algorithm::Es256 => {
                EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)?.to_pkcs8v1()?.as_ref().to_vec()
            }
            Algorithm::Rs256 => {
                let der: Pkcs8V1Der<'_> = RsaKeyPair::generate(KeySize::Rsa3072)?.as_der()?;
                der.as_ref().to_vec()
            }
        };
        Ok(Self { algorithm, bytes: Zeroizing::new(bytes) })
    }

    /// Takes what [`Self::to_bytes`] gave, or a PKCS#8 key from elsewhere. Whether it is a key shows when a
    /// [`Signer`](super::Signer) is made of it.
    pub fn from_bytes(algorithm: Algorithm, bytes: &[u8]) -> Self {
        Self { algorithm, bytes: Zeroizing::new(bytes.to_vec()) }
    }

    /// The private key, to be sealed.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        self.bytes.clone()
    }

    /// The algorithm that the key is for.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    pub(super) fn parse(&self, kid: &str) -> Result<(SigningKey, VerifyingKey), KeyMaterialError> {
        Ok(match self.algorithm {
            Algorithm::EdDsa => {
                let pair = Ed25519KeyPair::from_seed_unchecked(&self.bytes).map_err(|_| KeyMaterialError)?;
                let public = VerifyingKey::ed25519(kid, pair.public_key().as_ref())?;
                (SigningKey::EdDsa(pair), public)
            }
            Algorithm::Es256 => {
                let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &self.bytes)
                    .map_err(|_| KeyMaterialError)?;
                let public = VerifyingKey::es256(kid, pair.public_key().as_ref())?;
                (SigningKey::Es256(pair), public)
            }
            Algorithm::Rs256 => {
                let pair = RsaKeyPair::from_pkcs8(&self.bytes).map_err(|_| KeyMaterialError)?;
                let (n, e) = (pair.public_key().modulus(), pair.public_key().exponent());
                let public = VerifyingKey::rs256(
                    kid,
                    n.big_endian_without_leading_zero(),
                    e.big_endian_without_leading_zero(),
                )?;
                (SigningKey::Rs256(pair), public)
            }
            Algorithm::Hs256 => {
                let public = VerifyingKey::hs256(kid, &self.bytes)?;
                (SigningKey::Hs256(Box::new(hmac::Key::new(hmac::HMAC_SHA256, &self.bytes))), public)
            }
        })
    }
}

impl fmt::Debug for KeyMaterial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyMaterial({})", self.algorithm)
    }
}

/// The bytes are no private key of the algorithm, or none could be made. Why is not told: it would describe a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the signing key is not valid for its algorithm")]
pub struct KeyMaterialError;

impl From<Unspecified> for KeyMaterialError {
    fn from(_: Unspecified) -> Self {
        Self
    }
}

impl From<KeyError> for KeyMaterialError {
    fn from(_: KeyError) -> Self {
        Self
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    /// NIST SP 800-57 part 1, table 2: 3072 bits of RSA are 128 of security.
    #[test]
    fn an_rsa_key_has_128_bits_of_security() {
        let material = KeyMaterial::generate(Algorithm::Rs256, &[7; 32]).unwrap();
        let pair = RsaKeyPair::from_pkcs8(&material.to_bytes()).unwrap();
        assert_eq!(pair.public_modulus_len() * 8, 3072);
    }
}
