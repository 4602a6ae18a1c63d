//! How much may a stored hash cost to check?
//!
//! Whoever can write a row of password hashes (an import, an old backend) could otherwise make one login take
//! minutes or all the memory. So the limits are where a check takes about one second; the times were measured
//! on one core of a small virtual machine.
//!
//! | algorithm | parameter | least | most | time at the most |
//! |---|---|---|---|---|
//! | all | text | | 512 bytes | |
//! | bcrypt | cost | 4 | 14 | 870 ms |
//! | Argon2 | memory | 8 KiB a lane | 256 MiB | |
//! | | iterations | 1 | 16 | |
//! | | lanes | 1 | 8 | |
//! | | memory × iterations | | 1 GiB | 730 ms |
//! | | salt | 8 bytes | 64 bytes | |
//! | scrypt | memory, 128·N·r | N = 2 | 128 MiB | |
//! | | r, p | 1 | 64 | |
//! | | work, 128·N·r·p | | 512 MiB | 860 ms |
//! | | salt | 1 byte | 128 bytes | |
//! | PBKDF2 | iterations × output blocks | 1 | 2,000,000 | 240 ms (SHA-256), 820 ms (SHA-512) |
//! | | salt | 1 byte | 128 bytes | |
//! | Argon2, scrypt, PBKDF2 | hash | 16 bytes | 64 bytes | |

use std::ops::RangeInclusive;

use super::HashFormatError;

/// Bytes of the whole text.
pub const ENCODED_MAX_BYTES: usize = 512;

/// bcrypt: binary logarithm of the rounds.
pub const BCRYPT_COST: RangeInclusive<u32> = 4..=14;
/// bcrypt: bytes of a password that count.
pub const BCRYPT_PASSWORD_BYTES: usize = 72;

/// Argon2: KiB for each lane at least.
pub const ARGON2_LANE_MIN_KIB: u32 = 8;
/// Argon2: KiB in all.
pub const ARGON2_MEMORY_MAX_KIB: u32 = 256 * 1024;
/// Argon2: passes over the memory.
pub const ARGON2_ITERATIONS: RangeInclusive<u32> = 1..=16;
/// Argon2: lanes.
pub const ARGON2_PARALLELISM: RangeInclusive<u32> = 1..=8;
/// Argon2: memory times iterations, in KiB.
pub const ARGON2_WORK_MAX_KIB: u64 = 1024 * 1024;
/// Argon2: bytes of salt.
pub const ARGON2_SALT_BYTES: RangeInclusive<usize> = 8..=64;

/// scrypt: `128·N·r` in bytes.
pub const SCRYPT_MEMORY_MAX_BYTES: u64 = 128 * 1024 * 1024;
/// scrypt: `128·N·r·p` in bytes.
pub const SCRYPT_WORK_MAX_BYTES: u64 = 512 * 1024 * 1024;
/// scrypt: block size `r` and lanes `p`, each.
pub const SCRYPT_R_P: RangeInclusive<u32> = 1..=64;

/// PBKDF2: iterations times the blocks of output that each have to be computed.
pub const PBKDF2_WORK_MAX: u64 = 2_000_000;

/// scrypt and PBKDF2: bytes of salt.
pub const SALT_BYTES: RangeInclusive<usize> = 1..=128;
/// Argon2, scrypt and PBKDF2: bytes of hash. Under 16, a wrong password could pass by chance.
pub const OUTPUT_BYTES: RangeInclusive<usize> = 16..=64;
/// The same, as the size of a buffer.
pub(super) const OUTPUT_MAX_BYTES: usize = *OUTPUT_BYTES.end();

/// `Malformed` under the range, `TooExpensive` above it.
pub(super) fn check_range(
    parameter: &'static str,
    value: u32,
    range: &RangeInclusive<u32>,
) -> Result<(), HashFormatError> {
    if value < *range.start() {
        return Err(HashFormatError::Malformed);
    }
    check_most(parameter, u64::from(value), u64::from(*range.end()))
}

/// `TooExpensive` above `limit`.
pub(super) fn check_most(parameter: &'static str, value: u64, limit: u64) -> Result<(), HashFormatError> {
    if value > limit {
        return Err(HashFormatError::TooExpensive { parameter, value, limit });
    }
    Ok(())
}

/// `Malformed` unless `bytes` is as long as `range` wants.
pub(super) fn check_len(bytes: &[u8], range: &RangeInclusive<usize>) -> Result<(), HashFormatError> {
    if range.contains(&bytes.len()) { Ok(()) } else { Err(HashFormatError::Malformed) }
}
