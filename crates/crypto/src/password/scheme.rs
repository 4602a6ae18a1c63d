//! How are new passwords hashed, and which passwords can be hashed so?

use super::limits::{
    ARGON2_ITERATIONS, ARGON2_LANE_MIN_KIB, ARGON2_MEMORY_MAX_KIB, ARGON2_PARALLELISM, ARGON2_WORK_MAX_KIB,
    BCRYPT_COST, BCRYPT_PASSWORD_BYTES,
};
use super::{ComputationKind, Parsed, Password, Scratch, StoredHash, argon2, bcrypt};

/// What new password hashes are made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// bcrypt `$2b$`: what an older backend on the same table can read.
    Bcrypt {
        /// Binary logarithm of the rounds, 4 to 14.
        cost: u32,
    },
    /// Argon2id, version 19.
    Argon2id {
        /// Memory in KiB, from 8 a lane to 256 MiB.
        memory_kib: u32,
        /// Passes over the memory, 1 to 16; times the memory at most 1 GiB.
        iterations: u32,
        /// Lanes, 1 to 8. They are computed one after the other.
        parallelism: u32,
    },
}

impl Scheme {
    /// 19 MiB, two passes, one lane: one of the settings that OWASP recommends, about 13 ms.
    pub const fn argon2id_default() -> Self {
        Self::Argon2id { memory_kib: 19_456, iterations: 2, parallelism: 1 }
    }

    /// Cost 10, the default of the Node libraries, about 55 ms.
    pub const fn bcrypt_default() -> Self {
        Self::Bcrypt { cost: 10 }
    }

    /// Whether the parameters are inside the [limits](super::limits) for reading: a hash that could be written but
    /// not read again would lock its owner out.
    ///
    /// # Errors
    /// [`SchemeError`], with the parameter and its bounds.
    pub fn validate(&self) -> Result<(), SchemeError> {
        match *self {
            Self::Bcrypt { cost } => check("cost", cost, *BCRYPT_COST.start(), *BCRYPT_COST.end()),
            Self::Argon2id { memory_kib, iterations, parallelism } => {
                check("parallelism", parallelism, *ARGON2_PARALLELISM.start(), *ARGON2_PARALLELISM.end())?;
                check("memory_kib", memory_kib, ARGON2_LANE_MIN_KIB * parallelism, ARGON2_MEMORY_MAX_KIB)?;
                check("iterations", iterations, *ARGON2_ITERATIONS.start(), *ARGON2_ITERATIONS.end())?;
                let affordable =
                    u32::try_from(ARGON2_WORK_MAX_KIB / u64::from(memory_kib)).unwrap_or(u32::MAX);
                check("iterations", iterations, *ARGON2_ITERATIONS.start(), affordable)
            }
        }
    }

    /// Whether `password` can be hashed without loss.
    ///
    /// # Errors
    /// Under bcrypt: [`PasswordError`] for more than 72 bytes or a NUL byte. Never under Argon2id.
    pub fn check(&self, password: &Password) -> Result<(), PasswordError> {
        match self {
            // SECURITY: bcrypt would ignore what follows byte 72, so that two passwords open one account; and by its
            // cyclic key, `a` and `a NUL a` are one password, which C readers of the table cut at the NUL as well.
            Self::Bcrypt { .. } if password.len_bytes() > BCRYPT_PASSWORD_BYTES => {
                Err(PasswordError::TooLong { limit_bytes: BCRYPT_PASSWORD_BYTES })
            }
            Self::Bcrypt { .. } if password.expose().contains('\0') => Err(PasswordError::ContainsNul),
            Self::Bcrypt { .. } | Self::Argon2id { .. } => Ok(()),
        }
    }

    /// What [`Self::hash`] has to compute.
    pub fn kind(&self) -> ComputationKind {
        match *self {
            Self::Bcrypt { cost } => ComputationKind::Bcrypt { cost: clamped_bcrypt(cost) },
            Self::Argon2id { memory_kib, iterations, parallelism } => {
                argon2::Cost::clamped(memory_kib, iterations, parallelism).kind()
            }
        }
    }

    /// Hashes `password` with the random `salt`. Takes as long as hashing does: call it on a hashing thread.
    /// Parameters that [`Self::validate`] refuses are taken as the nearest ones it accepts.
    ///
    /// # Errors
    /// Those of [`Self::check`].
    pub fn hash(
        &self,
        password: &Password,
        salt: [u8; 16],
        scratch: &mut Scratch,
    ) -> Result<StoredHash, PasswordError> {
        self.check(password)?;
        let password = password.expose().as_bytes();
        Ok(match *self {
            Self::Bcrypt { cost } => {
                let hash = bcrypt::Hash::make(password, clamped_bcrypt(cost), salt);
                StoredHash::made(hash.encode(), Parsed::Bcrypt(hash))
            }
            Self::Argon2id { memory_kib, iterations, parallelism } => {
                let cost = argon2::Cost::clamped(memory_kib, iterations, parallelism);
                let hash = argon2::Hash::make(password, cost, salt, scratch);
                StoredHash::made(hash.encode(), Parsed::Argon2(hash))
            }
        })
    }
}

pub(super) fn clamped_bcrypt(cost: u32) -> u32 {
    cost.clamp(*BCRYPT_COST.start(), *BCRYPT_COST.end())
}

fn check(parameter: &'static str, value: u32, least: u32, most: u32) -> Result<(), SchemeError> {
    if (least..=most).contains(&value) { Ok(()) } else { Err(SchemeError { parameter, value, least, most }) }
}

/// A parameter of a [`Scheme`] outside its bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{parameter} is {value}, but must be from {least} to {most}")]
pub struct SchemeError {
    /// `cost`, `memory_kib`, `iterations` or `parallelism`.
    pub parameter: &'static str,
    /// What was asked for.
    pub value: u32,
    /// The least that is allowed.
    pub least: u32,
    /// The most that is allowed, given the other parameters.
    pub most: u32,
}

/// Why a password cannot be hashed without loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// The algorithm does not look at bytes beyond the limit.
    #[error("the password is longer than {limit_bytes} bytes")]
    TooLong {
        /// The most bytes of UTF-8 that count.
        limit_bytes: usize,
    },
    /// The algorithm, or another reader of its hashes, ends a password at a NUL byte.
    #[error("the password contains a NUL character")]
    ContainsNul,
}
