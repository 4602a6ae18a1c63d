//! How is a password turned into what is stored, and how is it checked against what is stored?
//!
//! Invariants
//! - A [`StoredHash`] has been parsed: its parameters are inside [`limits`], so checking it costs a bounded time
//!   and memory, whoever wrote the row.
//! - A new hash is always readable: its parameters obey the same limits.
//! - The bytes of a password are hashed as they were sent.

mod argon2;
mod bcrypt;
mod computation;
mod fields;
pub mod limits;
mod pbkdf2;
mod scheme;
mod scratch;
mod scrypt;

use std::fmt;

pub use computation::{BcryptKernel, Computation, ComputationKind, Computed, compute};
pub use scheme::{PasswordError, Scheme, SchemeError};
pub use scratch::Scratch;

use crate::secret::Password;

/// A stored password hash, in the text form that its algorithm's libraries write.
///
/// | text begins with | algorithm | source |
/// |---|---|---|
/// | `$2a$ $2b$ $2y$` | bcrypt | crypt(3), bcryptjs, node-bcrypt, PHP |
/// | `$2x$` | bcrypt with the sign-extension bug of `crypt_blowfish` before 1.1 (CVE-2011-2483) | |
/// | `$argon2id$ $argon2i$ $argon2d$` | Argon2 (RFC 9106), versions 16 and 19 | PHC string |
/// | `$scrypt$` | scrypt (RFC 7914) | PHC string, passlib |
/// | `$pbkdf2$ $pbkdf2-sha1$ $pbkdf2-sha256$ $pbkdf2-sha512$` | PBKDF2 (RFC 8018) | PHC string (`i=`), passlib (bare number) |
/// | `pbkdf2_sha1$ pbkdf2_sha256$ pbkdf2_sha512$` | PBKDF2 | Django |
#[derive(Clone)]
pub struct StoredHash {
    encoded: Box<str>,
    parsed: Parsed,
}

#[derive(Clone)]
enum Parsed {
    Bcrypt(bcrypt::Hash),
    Argon2(argon2::Hash),
    Scrypt(scrypt::Hash),
    Pbkdf2(pbkdf2::Hash),
}

impl StoredHash {
    /// Reads a stored hash.
    ///
    /// # Errors
    /// [`HashFormatError`]: an unknown algorithm, a text that is not exactly in its form, or parameters outside
    /// [`limits`].
    pub fn parse(encoded: &str) -> Result<Self, HashFormatError> {
        if encoded.len() > limits::ENCODED_MAX_BYTES {
            return Err(HashFormatError::Malformed);
        }
        let parsed = if encoded.starts_with("$2") {
            Parsed::Bcrypt(bcrypt::Hash::parse(encoded)?)
        } else if encoded.starts_with("$argon2") {
            Parsed::Argon2(argon2::Hash::parse(encoded)?)
        } else if let Some(rest) = encoded.strip_prefix("$scrypt$") {
            Parsed::Scrypt(scrypt::Hash::parse(rest)?)
        } else if let Some(rest) = encoded.strip_prefix("$pbkdf2") {
            Parsed::Pbkdf2(pbkdf2::Hash::parse_modular(rest)?)
        } else if let Some(rest) = encoded.strip_prefix("pbkdf2_") {
            Parsed::Pbkdf2(pbkdf2::Hash::parse_django(rest)?)
        } else {
            return Err(HashFormatError::Unknown);
        };
        Ok(Self { encoded: encoded.into(), parsed })
    }

    /// The text to store, as it was parsed or made.
    pub fn as_str(&self) -> &str {
        &self.encoded
    }

    /// `bcrypt`, `argon2id`, `argon2i`, `argon2d`, `scrypt`, `pbkdf2-sha1`, `pbkdf2-sha256` or `pbkdf2-sha512`.
    pub fn algorithm(&self) -> &'static str {
        match &self.parsed {
            Parsed::Bcrypt(_) => "bcrypt",
            Parsed::Argon2(hash) => hash.algorithm(),
            Parsed::Scrypt(_) => "scrypt",
            Parsed::Pbkdf2(hash) => hash.algorithm(),
        }
    }

    /// What [`Self::verify`] has to compute. Two hashes of one kind take the same time.
    pub fn kind(&self) -> ComputationKind {
        match &self.parsed {
            Parsed::Bcrypt(hash) => hash.kind(),
            Parsed::Argon2(hash) => hash.kind(),
            Parsed::Scrypt(hash) => hash.kind(),
            Parsed::Pbkdf2(hash) => hash.kind(),
        }
    }

    /// A hash that takes as long to check as this one and that no password belongs to: algorithm, parameters and
    /// lengths are the same, salt and digest are `random`. It is for checking only: its text is empty and must not be
    /// stored.
    #[must_use]
    pub fn decoy(&self, random: &[u8; 192]) -> Self {
        let (salt, digest) = random.split_at(*limits::SALT_BYTES.end());
        let parsed = match &self.parsed {
            Parsed::Bcrypt(hash) => Parsed::Bcrypt(hash.decoy(salt, digest)),
            Parsed::Argon2(hash) => Parsed::Argon2(hash.decoy(salt, digest)),
            Parsed::Scrypt(hash) => Parsed::Scrypt(hash.decoy(salt, digest)),
            Parsed::Pbkdf2(hash) => Parsed::Pbkdf2(hash.decoy(salt, digest)),
        };
        // SECURITY: not the text of the real hash, which could otherwise be logged or stored in the place of another.
        Self { encoded: "".into(), parsed }
    }

    /// Whether `password` is the one that was hashed. Takes as long as hashing does: call it on a hashing thread.
    /// The comparison takes the same time for every wrong password.
    pub fn verify(&self, password: &Password, scratch: &mut Scratch) -> bool {
        let password = password.expose().as_bytes();
        match &self.parsed {
            Parsed::Bcrypt(hash) => hash.verify(password),
            Parsed::Argon2(hash) => hash.verify(password, scratch),
            Parsed::Scrypt(hash) => hash.verify(password),
            Parsed::Pbkdf2(hash) => hash.verify(password),
        }
    }

    /// Whether no password like this could have been set under the algorithm of this hash: with bcrypt one of more than
    /// 72 bytes or with a NUL, of which [`Self::verify`] sees a part only.
    pub fn scheme_refuses(&self, password: &Password) -> bool {
        match &self.parsed {
            Parsed::Bcrypt(_) => {
                Scheme::Bcrypt { cost: *limits::BCRYPT_COST.start() }.check(password).is_err()
            }
            Parsed::Argon2(_) | Parsed::Scrypt(_) | Parsed::Pbkdf2(_) => false,
        }
    }

    /// Whether a login should replace this hash by one that `scheme` makes.
    ///
    /// | stored | under bcrypt | under Argon2id |
    /// |---|---|---|
    /// | bcrypt | lower cost, or `$2x$` | weaker |
    /// | argon2id, version 19 | below the floor | less memory or fewer iterations than `scheme` |
    /// | argon2i, argon2d, version 16 | below the floor | weaker |
    /// | scrypt | below the floor | weaker |
    /// | pbkdf2 | weaker | weaker |
    ///
    /// The floor of the memory-hard ones is the least setting that OWASP recommends. A stronger hash is never
    /// replaced by a weaker one. Argon2's parallelism does not change the work of an attacker and is not compared.
    pub fn is_weaker_than(&self, scheme: &Scheme) -> bool {
        match (*scheme, &self.parsed) {
            (_, Parsed::Pbkdf2(_)) | (Scheme::Argon2id { .. }, Parsed::Bcrypt(_) | Parsed::Scrypt(_)) => true,
            (Scheme::Bcrypt { cost }, Parsed::Bcrypt(hash)) => hash.is_weaker_than(cost),
            (Scheme::Bcrypt { .. }, Parsed::Argon2(hash)) => hash.is_below_floor(),
            (Scheme::Bcrypt { .. }, Parsed::Scrypt(hash)) => hash.is_below_floor(),
            (Scheme::Argon2id { memory_kib, iterations, .. }, Parsed::Argon2(hash)) => {
                hash.is_weaker_than(memory_kib, iterations)
            }
        }
    }

    /// What `scheme` made; the caller guarantees that the text is in the form of its algorithm.
    fn made(encoded: String, parsed: Parsed) -> Self {
        Self { encoded: encoded.into(), parsed }
    }
}

/// The start of `from` instead of what is in `to`.
fn overwrite(to: &mut [u8], from: &[u8]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
}

impl fmt::Debug for StoredHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StoredHash({})", self.algorithm())
    }
}

/// Why a text is not a hash that can be checked. Shows nothing of the hash itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HashFormatError {
    /// No supported algorithm begins like this.
    #[error("the password hash is of an unknown kind")]
    Unknown,
    /// The algorithm is known, the rest is not in its form.
    #[error("the password hash is malformed")]
    Malformed,
    /// Well formed, but checking it would cost more than [`limits`] allow.
    #[error("the password hash asks for {parameter} {value}, above the limit of {limit}")]
    TooExpensive {
        /// The name of the parameter in [`limits`].
        parameter: &'static str,
        /// What the hash asks for.
        value: u64,
        /// The most that is allowed.
        limit: u64,
    },
}

#[cfg(test)]
mod tests;
