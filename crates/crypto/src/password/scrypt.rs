//! How is an scrypt hash (RFC 7914) read and checked?
//!
//! The text is `$scrypt$ln=17,r=8,p=1$<salt>$<hash>`, the PHC string that passlib writes as well. It is only read:
//! new hashes are bcrypt or Argon2id.

use ::scrypt::Params;
use zeroize::Zeroizing;

use super::limits::{
    OUTPUT_BYTES, OUTPUT_MAX_BYTES, SALT_BYTES, SCRYPT_MEMORY_MAX_BYTES, SCRYPT_R_P, SCRYPT_WORK_MAX_BYTES,
    check_len, check_most, check_range,
};
use super::{ComputationKind, HashFormatError, fields, overwrite};
use crate::mac;

/// The least that OWASP recommends (N = 2¹³, r = 8, p = 10), as `128·N·r` and `128·N·r·p`.
const FLOOR_MEMORY_BYTES: u64 = 128 * 8192 * 8;
const FLOOR_WORK_BYTES: u64 = FLOOR_MEMORY_BYTES * 10;

#[derive(Clone)]
pub(super) struct Hash {
    params: Params,
    salt: Box<[u8]>,
    output: Box<[u8]>,
}

impl Hash {
    /// Reads what follows `$scrypt$`.
    pub(super) fn parse(text: &str) -> Result<Self, HashFormatError> {
        let [parameters, salt, hash] = fields::parts(text, '$')?;
        let [log_n, r, p] = fields::parts(parameters, ',')?;
        let (salt, hash) = (fields::base64(salt)?, fields::base64(hash)?);
        check_len(&salt, &SALT_BYTES)?;
        check_len(&hash, &OUTPUT_BYTES)?;
        let log_n = fields::named_number(log_n, "ln")?;
        let (r, p) = (fields::named_number(r, "r")?, fields::named_number(p, "p")?);
        // 2³² bytes already exceed the memory limit.
        check_range("scrypt ln", log_n, &(1..=32))?;
        check_range("scrypt r", r, &SCRYPT_R_P)?;
        check_range("scrypt p", p, &SCRYPT_R_P)?;
        let memory = (128 * u64::from(r)) << log_n;
        check_most("scrypt memory in bytes", memory, SCRYPT_MEMORY_MAX_BYTES)?;
        check_most("scrypt work in bytes", memory * u64::from(p), SCRYPT_WORK_MAX_BYTES)?;
        let log_n = u8::try_from(log_n).map_err(|_| HashFormatError::Malformed)?;
        let params = Params::new(log_n, r, p).map_err(|_| HashFormatError::Malformed)?;
        Ok(Self { params, salt, output: hash })
    }

    pub(super) fn verify(&self, password: &[u8]) -> bool {
        let mut buffer = Zeroizing::new([0; OUTPUT_MAX_BYTES]);
        let Some(output) = buffer.get_mut(..self.output.len()) else { return false };
        ::scrypt::scrypt(password, &self.salt, &self.params, output).is_ok()
            && mac::is_equal(output, &self.output)
    }

    pub(super) fn kind(&self) -> ComputationKind {
        ComputationKind::Scrypt { log_n: self.params.log_n(), r: self.params.r(), p: self.params.p() }
    }

    /// The same computation for nobody's password.
    pub(super) fn decoy(&self, salt: &[u8], output: &[u8]) -> Self {
        let mut decoy = self.clone();
        overwrite(&mut decoy.salt, salt);
        overwrite(&mut decoy.output, output);
        decoy
    }

    pub(super) fn is_below_floor(&self) -> bool {
        let memory = 128 * self.params.n() * u64::from(self.params.r());
        memory < FLOOR_MEMORY_BYTES || memory * u64::from(self.params.p()) < FLOOR_WORK_BYTES
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

    fn phc(parameters: &str, salt: &[u8], hash_hex: &str) -> String {
        let hash = hex::decode(hash_hex).unwrap();
        format!("{parameters}${}${}", fields::to_base64(salt), fields::to_base64(&hash))
    }

    #[test]
    fn the_vectors_of_rfc_7914_match() {
        let nacl = phc(
            "ln=10,r=8,p=16",
            b"NaCl",
            "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d9830da\
             c727afb94a83ee6d8360cbdfa2cc0640",
        );
        let hash = Hash::parse(&nacl).unwrap();
        assert!(hash.verify(b"password"));
        assert!(!hash.verify(b"passwore"));
        let sodium = phc(
            "ln=14,r=8,p=1",
            b"SodiumChloride",
            "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9\
             e61e85dc0d651e40dfcf017b45575887",
        );
        assert!(Hash::parse(&sodium).unwrap().verify(b"pleaseletmein"));
    }

    #[test]
    fn parameters_outside_the_limits_are_refused_before_any_work() {
        let with = |parameters: &str| Hash::parse(&phc(parameters, b"salt", &"00".repeat(32))).err();
        assert_eq!(with("ln=17,r=8,p=1"), None);
        for (parameters, name) in [
            ("ln=18,r=8,p=1", "scrypt memory in bytes"),
            ("ln=17,r=9,p=1", "scrypt memory in bytes"),
            ("ln=17,r=8,p=5", "scrypt work in bytes"),
            ("ln=32,r=64,p=64", "scrypt memory in bytes"),
            ("ln=33,r=1,p=1", "scrypt ln"),
            ("ln=1,r=65,p=1", "scrypt r"),
            ("ln=1,r=1,p=65", "scrypt p"),
        ] {
            let found = with(parameters);
            assert!(
                matches!(found, Some(HashFormatError::TooExpensive { parameter, .. }) if parameter == name),
                "{parameters}: {found:?}"
            );
        }
        for parameters in
            ["ln=0,r=8,p=1", "ln=4,r=0,p=1", "ln=4,r=8,p=0", "ln=4,r=8", "r=8,ln=4,p=1", "ln=4,r=8,p=1,x=1"]
        {
            assert_eq!(with(parameters), Some(HashFormatError::Malformed), "{parameters}");
        }
        assert_eq!(
            Hash::parse(&phc("ln=4,r=8,p=1", b"", &"00".repeat(32))).err(),
            Some(HashFormatError::Malformed)
        );
        assert_eq!(
            Hash::parse(&phc("ln=4,r=8,p=1", b"s", &"00".repeat(15))).err(),
            Some(HashFormatError::Malformed)
        );
    }
}
