//! How are tokens signed under the shared secret that an older backend chose?

use std::fmt;

use aws_lc_rs::hmac;
use portcullis_verifier::{Algorithm, VerifyingKey};

use super::{Header, Signer, SigningKey};

/// What the verifying key calls itself; it stands in no token.
const KID: &str = "legacy";

/// The HS256 secret of an older backend (`JWT_SECRET` and the like), of any length but zero.
///
/// SECURITY: such a secret may be short enough to be found from one token, off line. So nothing may rest on it but
/// what the older backend's contract already gave away: see [`refresh_jwt`](crate::refresh_jwt).
pub struct LegacySecret(Signer);

impl LegacySecret {
    /// Takes the secret's bytes; the text of an environment variable is its bytes of UTF-8, as in Node.
    ///
    /// # Errors
    /// [`EmptySecret`] when there is none.
    pub fn new(secret: impl AsRef<[u8]>) -> Result<Self, EmptySecret> {
        let secret = secret.as_ref();
        let verifying_key = VerifyingKey::hs256_legacy(KID, secret).map_err(|_| EmptySecret)?;
        let key = SigningKey::Hs256(Box::new(hmac::Key::new(hmac::HMAC_SHA256, secret)));
        let header = Header { alg: Algorithm::Hs256.as_str(), typ: "JWT", kid: None };
        Ok(Self(Signer::new(key, verifying_key, &header)))
    }

    /// Signs as `jsonwebtoken` for Node does: the header is `{"alg":"HS256","typ":"JWT"}`.
    pub fn signer(&self) -> &Signer {
        &self.0
    }

    /// The key that verifies what was signed under this secret, by whomever. As secret as the secret.
    pub fn verifying_key(&self) -> VerifyingKey {
        self.0.verifying_key()
    }
}

impl fmt::Debug for LegacySecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LegacySecret(..)")
    }
}

/// A secret of no bytes signs nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the secret is empty")]
pub struct EmptySecret;
