//! How is an Argon2 hash (RFC 9106) read, checked and made?
//!
//! The text is a PHC string: `$argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>`. Without `v=` it is version 16, as the
//! reference implementation reads it. Strings with a key id or associated data are refused: they need a secret
//! that is not in the row.
//!
//! Invariant: a new hash is Argon2id, version 19, with 16 bytes of salt and 32 of hash.

use ::argon2::{Algorithm, Argon2, Params, Version};
use zeroize::Zeroizing;

use super::limits::{
    ARGON2_ITERATIONS, ARGON2_LANE_MIN_KIB, ARGON2_MEMORY_MAX_KIB, ARGON2_PARALLELISM, ARGON2_SALT_BYTES,
    ARGON2_WORK_MAX_KIB, OUTPUT_BYTES, OUTPUT_MAX_BYTES, check_len, check_most, check_range,
};
use super::{ComputationKind, HashFormatError, Scratch, fields, overwrite};
use crate::mac;

/// The least that OWASP recommends (7 MiB with 5 iterations), as KiB and as KiB times iterations.
const FLOOR_MEMORY_KIB: u32 = 7168;
const FLOOR_WORK_KIB: u64 = 7168 * 5;
const NEW_OUTPUT_LEN: usize = 32;

#[derive(Clone)]
pub(super) struct Hash {
    algorithm: Algorithm,
    version: Version,
    cost: Cost,
    salt: Box<[u8]>,
    output: Box<[u8]>,
}

/// Parameters inside the limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cost {
    memory_kib: u32,
    iterations: u32,
    parallelism: u32,
}

impl Cost {
    /// # Errors
    /// When one of the parameters or their product is outside the limits.
    pub(super) fn new(memory_kib: u32, iterations: u32, parallelism: u32) -> Result<Self, HashFormatError> {
        check_range("argon2 parallelism", parallelism, &ARGON2_PARALLELISM)?;
        let memory = ARGON2_LANE_MIN_KIB * parallelism..=ARGON2_MEMORY_MAX_KIB;
        check_range("argon2 memory in KiB", memory_kib, &memory)?;
        check_range("argon2 iterations", iterations, &ARGON2_ITERATIONS)?;
        let cost = Self { memory_kib, iterations, parallelism };
        check_most("argon2 memory times iterations in KiB", cost.work_kib(), ARGON2_WORK_MAX_KIB)?;
        Ok(cost)
    }

    /// The nearest parameters inside the limits.
    pub(super) fn clamped(memory_kib: u32, iterations: u32, parallelism: u32) -> Self {
        let parallelism = parallelism.clamp(*ARGON2_PARALLELISM.start(), *ARGON2_PARALLELISM.end());
        let memory_kib = memory_kib.clamp(ARGON2_LANE_MIN_KIB * parallelism, ARGON2_MEMORY_MAX_KIB);
        let affordable = u32::try_from(ARGON2_WORK_MAX_KIB / u64::from(memory_kib)).unwrap_or(u32::MAX);
        let most = affordable.min(*ARGON2_ITERATIONS.end());
        Self { memory_kib, iterations: iterations.clamp(*ARGON2_ITERATIONS.start(), most), parallelism }
    }

    /// What a new hash with these parameters costs.
    pub(super) fn kind(self) -> ComputationKind {
        self.kind_as(Algorithm::Argon2id)
    }

    fn kind_as(self, algorithm: Algorithm) -> ComputationKind {
        let Self { memory_kib, iterations, parallelism } = self;
        ComputationKind::Argon2 { algorithm: algorithm.as_str(), memory_kib, iterations, parallelism }
    }

    fn work_kib(self) -> u64 {
        u64::from(self.memory_kib) * u64::from(self.iterations)
    }
}

impl Hash {
    pub(super) fn parse(encoded: &str) -> Result<Self, HashFormatError> {
        let rest = encoded.strip_prefix('$').ok_or(HashFormatError::Malformed)?;
        let (name, rest) = rest.split_once('$').ok_or(HashFormatError::Malformed)?;
        let algorithm = match name {
            "argon2id" => Algorithm::Argon2id,
            "argon2i" => Algorithm::Argon2i,
            "argon2d" => Algorithm::Argon2d,
            _ => return Err(HashFormatError::Unknown),
        };
        let (version, rest) = match rest.strip_prefix("v=") {
            None => (Version::V0x10, rest),
            Some(versioned) => match versioned.split_once('$') {
                Some(("16", rest)) => (Version::V0x10, rest),
                Some(("19", rest)) => (Version::V0x13, rest),
                _ => return Err(HashFormatError::Malformed),
            },
        };
        let [parameters, salt, hash] = fields::parts(rest, '$')?;
        let [memory, iterations, parallelism] = fields::parts(parameters, ',')?;
        let (salt, hash) = (fields::base64(salt)?, fields::base64(hash)?);
        check_len(&salt, &ARGON2_SALT_BYTES)?;
        check_len(&hash, &OUTPUT_BYTES)?;
        let cost = Cost::new(
            fields::named_number(memory, "m")?,
            fields::named_number(iterations, "t")?,
            fields::named_number(parallelism, "p")?,
        )?;
        Ok(Self { algorithm, version, cost, salt, output: hash })
    }

    pub(super) fn make(password: &[u8], cost: Cost, salt: [u8; 16], scratch: &mut Scratch) -> Self {
        let mut hash = Self {
            algorithm: Algorithm::Argon2id,
            version: Version::V0x13,
            cost,
            salt: salt.into(),
            output: [0; NEW_OUTPUT_LEN].into(),
        };
        #[expect(
            clippy::expect_used,
            reason = "parameters and lengths are inside the limits, which are inside the crate's"
        )]
        let output = hash.compute(password, scratch).expect("Argon2 with parameters inside the limits");
        hash.output = output.iter().copied().take(NEW_OUTPUT_LEN).collect();
        hash
    }

    pub(super) fn encode(&self) -> String {
        let Cost { memory_kib, iterations, parallelism } = self.cost;
        let (salt, hash) = (fields::to_base64(&self.salt), fields::to_base64(&self.output));
        format!("$argon2id$v=19$m={memory_kib},t={iterations},p={parallelism}${salt}${hash}")
    }

    pub(super) fn verify(&self, password: &[u8], scratch: &mut Scratch) -> bool {
        self.compute(password, scratch)
            .and_then(|output| {
                output.get(..self.output.len()).map(|output| mac::is_equal(output, &self.output))
            })
            .unwrap_or(false)
    }

    pub(super) fn algorithm(&self) -> &'static str {
        self.algorithm.as_str()
    }

    pub(super) fn kind(&self) -> ComputationKind {
        self.cost.kind_as(self.algorithm)
    }

    /// The same computation for nobody's password.
    pub(super) fn decoy(&self, salt: &[u8], output: &[u8]) -> Self {
        let mut decoy = self.clone();
        overwrite(&mut decoy.salt, salt);
        overwrite(&mut decoy.output, output);
        decoy
    }

    pub(super) fn is_weaker_than(&self, memory_kib: u32, iterations: u32) -> bool {
        self.algorithm != Algorithm::Argon2id
            || self.version != Version::V0x13
            || self.cost.memory_kib < memory_kib
            || self.cost.iterations < iterations
    }

    pub(super) fn is_below_floor(&self) -> bool {
        self.cost.memory_kib < FLOOR_MEMORY_KIB || self.cost.work_kib() < FLOOR_WORK_KIB
    }

    /// As many bytes as `self.output` has, at the start of a buffer. `None` only outside the limits of the crate,
    /// which are wider than ours.
    fn compute(&self, password: &[u8], scratch: &mut Scratch) -> Option<Zeroizing<[u8; OUTPUT_MAX_BYTES]>> {
        let Cost { memory_kib, iterations, parallelism } = self.cost;
        let params = Params::new(memory_kib, iterations, parallelism, Some(self.output.len())).ok()?;
        let count = params.block_count();
        let argon2 = Argon2::new(self.algorithm, self.version, params);
        let mut buffer = Zeroizing::new([0; OUTPUT_MAX_BYTES]);
        let output = buffer.get_mut(..self.output.len())?;
        scratch
            .with_blocks(count, |blocks| {
                argon2.hash_password_into_with_memory(password, &self.salt, output, blocks)
            })
            .ok()?;
        Some(buffer)
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

    fn accepts(encoded: &str, password: &str) -> bool {
        Hash::parse(encoded).expect("parses").verify(password.as_bytes(), &mut Scratch::new())
    }

    /// `src/test.c` of the reference implementation (P-H-C/phc-winner-argon2), public domain.
    #[test]
    fn the_vectors_of_the_reference_implementation_match() {
        for encoded in [
            "$argon2i$m=256,t=2,p=1$c29tZXNhbHQ$/U3YPXYsSb3q9XxHvc0MLxur+GP960kN9j7emXX8zwY",
            "$argon2i$m=256,t=2,p=2$c29tZXNhbHQ$tsEVYKap1h6scGt5ovl9aLRGOqOth+AMB+KwHpDFZPs",
            "$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$iekCn0Y3spW+sCcFanM2xBT63UP2sghkUoHLIUpWRS8",
            "$argon2i$v=19$m=256,t=2,p=2$c29tZXNhbHQ$T/XOJ2mh1/TIpJHfCdQan76Q5esCFVoT5MAeIM1Oq2E",
            "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
            "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc",
        ] {
            assert!(accepts(encoded, "password"), "{encoded}");
            assert!(!accepts(encoded, "passwore"), "{encoded}");
        }
        let other_salt =
            "$argon2id$v=19$m=65536,t=1,p=1$c29tZXNhbHQ$9qWtwbpyPd3vm1rB1GThgPzZ3/ydHL92zKL+15XZypg";
        assert!(Hash::parse(other_salt).is_ok());
    }

    /// RFC 9106 §5.3 is made with a secret and associated data, which no stored hash has; this checks the crate.
    #[test]
    fn the_vector_of_rfc_9106_matches() {
        let mut builder = ::argon2::ParamsBuilder::new();
        builder.m_cost(32).t_cost(3).p_cost(4).data(::argon2::AssociatedData::new(&[4; 12]).unwrap());
        let params = builder.build().unwrap();
        let argon2 = Argon2::new_with_secret(&[3; 8], Algorithm::Argon2id, Version::V0x13, params).unwrap();
        let mut out = [0; 32];
        let mut scratch = Scratch::new();
        scratch
            .with_blocks(32, |blocks| {
                argon2.hash_password_into_with_memory(&[1; 32], &[2; 16], &mut out, blocks)
            })
            .unwrap();
        assert_eq!(hex::encode(out), "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659");
    }

    #[test]
    fn a_used_buffer_gives_the_same_hash_as_a_fresh_one() {
        let mut used = Scratch::new();
        let small = Cost::new(32, 1, 2).unwrap();
        let large = Cost::new(64, 2, 1).unwrap();
        let _ = Hash::make(b"first", large, [1; 16], &mut used);
        let again = Hash::make(b"second", small, [2; 16], &mut used).encode();
        assert_eq!(again, Hash::make(b"second", small, [2; 16], &mut Scratch::new()).encode());
        assert!(accepts(&again, "second"));
    }

    #[test]
    fn parameters_outside_the_limits_are_refused_before_any_work() {
        let with = |parameters: &str| {
            let text = format!(
                "$argon2id$v=19${parameters}$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"
            );
            Hash::parse(&text).err()
        };
        assert_eq!(with("m=262144,t=4,p=1"), None);
        let too_expensive = [
            ("m=262145,t=1,p=1", "argon2 memory in KiB"),
            ("m=4294967295,t=1,p=1", "argon2 memory in KiB"),
            ("m=256,t=17,p=1", "argon2 iterations"),
            ("m=256,t=1,p=9", "argon2 parallelism"),
            ("m=262144,t=5,p=1", "argon2 memory times iterations in KiB"),
        ];
        for (parameters, name) in too_expensive {
            let found = with(parameters);
            assert!(
                matches!(found, Some(HashFormatError::TooExpensive { parameter, .. }) if parameter == name),
                "{parameters}: {found:?}"
            );
        }
        for parameters in [
            "m=7,t=1,p=1",
            "m=15,t=1,p=2",
            "m=8,t=0,p=1",
            "m=8,t=1,p=0",
            "t=1,m=8,p=1",
            "m=8,t=1",
            "m=08,t=1,p=1",
            "m=8,t=1,p=1,keyid=AAAA",
            "",
        ] {
            assert_eq!(with(parameters), Some(HashFormatError::Malformed), "{parameters}");
        }
    }

    #[test]
    fn a_clamped_cost_is_inside_the_limits() {
        for (m, t, p) in
            [(0, 0, 0), (u32::MAX, u32::MAX, u32::MAX), (262_144, 16, 1), (8, 1, 8), (19_456, 2, 1)]
        {
            let Cost { memory_kib, iterations, parallelism } = Cost::clamped(m, t, p);
            assert!(Cost::new(memory_kib, iterations, parallelism).is_ok(), "{m} {t} {p}");
        }
        assert_eq!(Cost::clamped(19_456, 2, 1), Cost::new(19_456, 2, 1).unwrap());
    }
}
