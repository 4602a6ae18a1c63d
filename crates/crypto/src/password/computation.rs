//! What has to be computed for a password, and what can be computed at once?
//!
//! [`StoredHash::verify`] and [`Scheme::hash`] are for one password. [`compute`] is for a thread that has several of them
//! to do: it runs bcrypt of one cost interleaved, three in little more than the time of one.
//!
//! Invariant: what comes out does not depend on what else is in the batch, nor on the kernel.

use super::scheme::clamped_bcrypt;
use super::{Parsed, Password, PasswordError, Scheme, Scratch, StoredHash, argon2, bcrypt};

/// What has to be computed for one password. The password is inside, and overwritten on drop.
pub struct Computation(Work);

enum Work {
    Bcrypt(bcrypt::Job, BcryptGoal),
    Verification(StoredHash, Password),
    Argon2Hashing(argon2::Cost, Password, [u8; 16]),
}

/// What the digest is for.
enum BcryptGoal {
    Verification(bcrypt::Hash),
    Hashing,
}

impl Computation {
    /// Whether `password` is the one that was hashed: becomes [`Computed::Verified`].
    pub fn verification(hash: &StoredHash, password: &Password) -> Self {
        Self(match &hash.parsed {
            Parsed::Bcrypt(stored) => {
                let job = stored.job(password.expose().as_bytes());
                Work::Bcrypt(job, BcryptGoal::Verification(stored.clone()))
            }
            Parsed::Argon2(_) | Parsed::Scrypt(_) | Parsed::Pbkdf2(_) => {
                Work::Verification(hash.clone(), password.clone())
            }
        })
    }

    /// A new hash of `password` with the random `salt`: becomes [`Computed::Hashed`]. Parameters that
    /// [`Scheme::validate`] refuses are taken as the nearest ones it accepts.
    ///
    /// # Errors
    /// Those of [`Scheme::check`].
    pub fn hashing(scheme: Scheme, password: &Password, salt: [u8; 16]) -> Result<Self, PasswordError> {
        scheme.check(password)?;
        Ok(Self(match scheme {
            Scheme::Bcrypt { cost } => {
                let job = bcrypt::Job::new(password.expose().as_bytes(), clamped_bcrypt(cost), salt);
                Work::Bcrypt(job, BcryptGoal::Hashing)
            }
            Scheme::Argon2id { memory_kib, iterations, parallelism } => {
                let cost = argon2::Cost::clamped(memory_kib, iterations, parallelism);
                Work::Argon2Hashing(cost, password.clone(), salt)
            }
        }))
    }

    /// The algorithm with its parameters.
    pub fn kind(&self) -> ComputationKind {
        match &self.0 {
            Work::Bcrypt(job, _) => ComputationKind::Bcrypt { cost: job.cost() },
            Work::Verification(hash, _) => hash.kind(),
            Work::Argon2Hashing(cost, ..) => cost.kind(),
        }
    }

    /// KiB of memory that it needs while it runs.
    pub fn memory_kib(&self) -> u32 {
        self.kind().memory_kib()
    }
}

/// An algorithm with its parameters: what decides how long a computation takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ComputationKind {
    /// bcrypt, of any prefix.
    Bcrypt {
        /// Binary logarithm of the rounds.
        cost: u32,
    },
    /// Argon2, of any version.
    Argon2 {
        /// `argon2id`, `argon2i` or `argon2d`.
        algorithm: &'static str,
        /// Memory in KiB.
        memory_kib: u32,
        /// Passes over the memory.
        iterations: u32,
        /// Lanes, which are computed one after the other.
        parallelism: u32,
    },
    /// scrypt.
    Scrypt {
        /// Binary logarithm of N.
        log_n: u8,
        /// Size of a block, in units of 128 bytes.
        r: u32,
        /// Lanes, which are computed one after the other.
        p: u32,
    },
    /// PBKDF2.
    Pbkdf2 {
        /// `pbkdf2-sha1`, `pbkdf2-sha256` or `pbkdf2-sha512`.
        algorithm: &'static str,
        /// Iterations for each block of output.
        iterations: u32,
        /// Blocks of output.
        blocks: usize,
    },
}

impl ComputationKind {
    /// Whether several of this kind can be computed together in less time than one after the other.
    pub fn is_interleaved(self) -> bool {
        matches!(self, Self::Bcrypt { .. })
    }

    /// KiB of memory that one of this kind needs while it runs.
    pub fn memory_kib(self) -> u32 {
        match self {
            Self::Bcrypt { .. } => bcrypt::MEMORY_KIB,
            Self::Argon2 { memory_kib, .. } => memory_kib,
            Self::Scrypt { log_n, r, p } => {
                let bytes = 128 * u64::from(r) * ((1_u64 << log_n) + u64::from(p));
                u32::try_from(bytes.div_ceil(1024)).unwrap_or(u32::MAX)
            }
            Self::Pbkdf2 { .. } => 0,
        }
    }
}

/// What computes bcrypt in [`compute`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BcryptKernel {
    /// Our own, three at once.
    #[default]
    Interleaved,
    /// Crate `bcrypt`, one after the other.
    Library,
}

impl BcryptKernel {
    /// How many it computes at once at most.
    pub const fn lanes(self) -> usize {
        match self {
            Self::Interleaved => bcrypt::LANES_MAX,
            Self::Library => 1,
        }
    }
}

/// What a [`Computation`] became.
#[derive(Debug, Clone)]
pub enum Computed {
    /// Whether the password is the one that was hashed.
    Verified(bool),
    /// The new hash.
    Hashed(StoredHash),
}

/// Computes all of `batch`; the results are in its order. Takes as long as hashing does: call it on a hashing thread.
pub fn compute(batch: &[Computation], kernel: BcryptKernel, scratch: &mut Scratch) -> Vec<Computed> {
    let mut done = Vec::with_capacity(batch.len());
    let mut bcrypts = Vec::new();
    for (at, Computation(work)) in batch.iter().enumerate() {
        match work {
            Work::Bcrypt(job, goal) => bcrypts.push((at, job, goal)),
            Work::Verification(hash, password) => {
                done.push((at, Computed::Verified(hash.verify(password, scratch))));
            }
            Work::Argon2Hashing(cost, password, salt) => {
                let hash = argon2::Hash::make(password.expose().as_bytes(), *cost, *salt, scratch);
                done.push((at, Computed::Hashed(StoredHash::made(hash.encode(), Parsed::Argon2(hash)))));
            }
        }
    }
    bcrypts.sort_by_key(|(_, job, _)| job.cost());
    let jobs: Vec<&bcrypt::Job> = bcrypts.iter().map(|(_, job, _)| *job).collect();
    let digests = bcrypt::digests(&jobs, kernel);
    done.extend(bcrypts.iter().zip(&digests).map(|((at, job, goal), digest)| (*at, goal.reach(job, digest))));
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, computed)| computed).collect()
}

impl BcryptGoal {
    fn reach(&self, job: &bcrypt::Job, digest: &bcrypt::Digest) -> Computed {
        match self {
            Self::Verification(stored) => Computed::Verified(stored.has(digest)),
            Self::Hashing => {
                let hash = job.hash(digest);
                Computed::Hashed(StoredHash::made(hash.encode(), Parsed::Bcrypt(hash)))
            }
        }
    }
}

#[cfg(test)]
mod tests;
