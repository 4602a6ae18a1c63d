//! How is a PBKDF2 hash (RFC 8018) read and checked?
//!
//! | form | example | salt is |
//! |---|---|---|
//! | PHC | `$pbkdf2-sha256$i=600000,l=32$<base64>$<base64>` (`l` may be absent) | the decoded bytes |
//! | passlib | `$pbkdf2-sha256$29000$<ab64>$<ab64>`, `$pbkdf2$…` for SHA-1 | the decoded bytes |
//! | Django | `pbkdf2_sha256$600000$<text>$<base64, padded>` | the bytes of the text |
//!
//! It is only read: new hashes are bcrypt or Argon2id.

use std::num::NonZeroU32;

use aws_lc_rs::pbkdf2::{self, PBKDF2_HMAC_SHA1, PBKDF2_HMAC_SHA256, PBKDF2_HMAC_SHA512};
use zeroize::Zeroizing;

use super::limits::{OUTPUT_BYTES, OUTPUT_MAX_BYTES, PBKDF2_WORK_MAX, SALT_BYTES, check_len, check_most};
use super::{ComputationKind, HashFormatError, fields, overwrite};
use crate::mac;

#[derive(Clone)]
pub(super) struct Hash {
    digest: Digest,
    iterations: NonZeroU32,
    salt: Box<[u8]>,
    output: Box<[u8]>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Digest {
    Sha1,
    Sha256,
    Sha512,
}

impl Digest {
    fn len(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }

    fn pbkdf2(self) -> pbkdf2::Algorithm {
        match self {
            Self::Sha1 => PBKDF2_HMAC_SHA1,
            Self::Sha256 => PBKDF2_HMAC_SHA256,
            Self::Sha512 => PBKDF2_HMAC_SHA512,
        }
    }
}

impl Hash {
    /// Reads what follows `$pbkdf2`.
    pub(super) fn parse_modular(text: &str) -> Result<Self, HashFormatError> {
        let (digest, rest) = text.split_once('$').ok_or(HashFormatError::Malformed)?;
        let digest = match digest {
            "" | "-sha1" => Digest::Sha1,
            "-sha256" => Digest::Sha256,
            "-sha512" => Digest::Sha512,
            _ => return Err(HashFormatError::Unknown),
        };
        let [parameters, salt, hash] = fields::parts(rest, '$')?;
        if !parameters.starts_with("i=") {
            let (salt, hash) = (fields::base64_passlib(salt)?, fields::base64_passlib(hash)?);
            return Self::new(digest, fields::number(parameters)?, salt, hash);
        }
        let (iterations, length) = match parameters.split_once(',') {
            Some((iterations, length)) => (iterations, Some(fields::named_number(length, "l")?)),
            None => (parameters, None),
        };
        let (salt, hash) = (fields::base64(salt)?, fields::base64(hash)?);
        if length.is_some_and(|length| u32::try_from(hash.len()) != Ok(length)) {
            return Err(HashFormatError::Malformed);
        }
        Self::new(digest, fields::named_number(iterations, "i")?, salt, hash)
    }

    /// Reads what follows `pbkdf2_`.
    pub(super) fn parse_django(text: &str) -> Result<Self, HashFormatError> {
        let (digest, rest) = text.split_once('$').ok_or(HashFormatError::Malformed)?;
        let digest = match digest {
            "sha1" => Digest::Sha1,
            "sha256" => Digest::Sha256,
            "sha512" => Digest::Sha512,
            _ => return Err(HashFormatError::Unknown),
        };
        let [iterations, salt, hash] = fields::parts(rest, '$')?;
        Self::new(digest, fields::number(iterations)?, salt.as_bytes().into(), fields::base64_padded(hash)?)
    }

    fn new(
        digest: Digest,
        iterations: u32,
        salt: Box<[u8]>,
        hash: Box<[u8]>,
    ) -> Result<Self, HashFormatError> {
        check_len(&salt, &SALT_BYTES)?;
        check_len(&hash, &OUTPUT_BYTES)?;
        let iterations = NonZeroU32::new(iterations).ok_or(HashFormatError::Malformed)?;
        let blocks = hash.len().div_ceil(digest.len()) as u64;
        check_most("pbkdf2 iterations times blocks", u64::from(iterations.get()) * blocks, PBKDF2_WORK_MAX)?;
        Ok(Self { digest, iterations, salt, output: hash })
    }

    pub(super) fn verify(&self, password: &[u8]) -> bool {
        let mut buffer = Zeroizing::new([0; OUTPUT_MAX_BYTES]);
        let Some(output) = buffer.get_mut(..self.output.len()) else { return false };
        pbkdf2::derive(self.digest.pbkdf2(), self.iterations, &self.salt, password, output);
        mac::is_equal(output, &self.output)
    }

    pub(super) fn kind(&self) -> ComputationKind {
        ComputationKind::Pbkdf2 {
            algorithm: self.algorithm(),
            iterations: self.iterations.get(),
            blocks: self.output.len().div_ceil(self.digest.len()),
        }
    }

    /// The same computation for nobody's password.
    pub(super) fn decoy(&self, salt: &[u8], output: &[u8]) -> Self {
        let mut decoy = self.clone();
        overwrite(&mut decoy.salt, salt);
        overwrite(&mut decoy.output, output);
        decoy
    }

    pub(super) fn algorithm(&self) -> &'static str {
        match self.digest {
            Digest::Sha1 => "pbkdf2-sha1",
            Digest::Sha256 => "pbkdf2-sha256",
            Digest::Sha512 => "pbkdf2-sha512",
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        reason = "tests"
    )]

    use super::*;

    fn phc(digest: &str, iterations: u32, salt: &[u8], hash_hex: &str) -> Hash {
        let hash = hex::decode(hash_hex).unwrap();
        let (salt, hash) = (fields::to_base64(salt), fields::to_base64(&hash));
        Hash::parse_modular(&format!("{digest}$i={iterations}${salt}${hash}")).unwrap()
    }

    #[test]
    fn the_vectors_of_rfc_6070_match() {
        for (iterations, hash) in [
            (1, "0c60c80f961f0e71f3a9b524af6012062fe037a6"),
            (2, "ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957"),
            (4096, "4b007901b765489abead49d926f721d065a429c1"),
        ] {
            let stored = phc("-sha1", iterations, b"salt", hash);
            assert!(stored.verify(b"password"), "{iterations}");
            assert!(!stored.verify(b"passwore"), "{iterations}");
        }
        let long = phc(
            "-sha1",
            4096,
            b"saltSALTsaltSALTsaltSALTsaltSALTsalt",
            "3d2eec4fe41c849b80c8d83662c0e44a8b291a964cf2f07038",
        );
        assert!(long.verify(b"passwordPASSWORDpassword"));
        assert!(phc("-sha1", 4096, b"sa\0lt", "56fa6aa75548099dcc37d7f03425e0c3").verify(b"pass\0word"));
        assert!(!phc("-sha1", 4096, b"sa\0lt", "56fa6aa75548099dcc37d7f03425e0c3").verify(b"pass"));
    }

    #[test]
    fn the_vector_of_rfc_7914_matches() {
        let hash = "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc\
                    49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783";
        assert!(phc("-sha256", 1, b"salt", hash).verify(b"passwd"));
    }
}
