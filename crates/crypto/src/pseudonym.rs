//! By which names are things counted that nobody may read out of the counters?
//!
//! A pseudonym is the first half of an HMAC under a key of the master key: the same at every node and after every
//! start, and worth nothing to somebody who reads the counters without that key.
//!
//! SECURITY: of a password there is less than a pseudonym: 20 bits. Somebody who has the counters and the master key,
//! and tries a dictionary of a billion passwords, is left with a thousand that it could have been.

use std::fmt;

use aws_lc_rs::hmac;
use secrecy::ExposeSecret as _;

use crate::mac;
use crate::seal::MasterKey;
use crate::secret::Password;

/// Bytes of a pseudonym.
pub const LEN: usize = 16;

const CONTEXT: &str = "portcullis/pseudonyms/v1";
const PASSWORD_DOMAIN: &str = "portcullis/pseudonym/password/v1";
const PASSWORD_BITS: u32 = 20;

/// The key that pseudonyms are made with.
#[derive(Clone)]
pub struct PseudonymKey(hmac::Key);

impl PseudonymKey {
    /// The key that belongs to a master key.
    pub fn new(master_key: &MasterKey) -> Self {
        let secret = master_key.derive_secret(CONTEXT);
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret().as_bytes()))
    }

    /// What stands for `parts` (taken as one message) in the use named `domain`.
    pub fn of(&self, domain: &str, parts: &[&[u8]]) -> [u8; LEN] {
        let mut name = [0; LEN];
        name.iter_mut().zip(mac::tag(&self.0, domain, parts)).for_each(|(to, from)| *to = from);
        name
    }

    /// What stands for a password, and for one in a million others: below 2²⁰.
    pub fn of_password(&self, password: &Password) -> u32 {
        let [a, b, c, d, ..] = mac::tag(&self.0, PASSWORD_DOMAIN, &[password.expose().as_bytes()]);
        u32::from_be_bytes([a, b, c, d]) >> (u32::BITS - PASSWORD_BITS)
    }
}

impl fmt::Debug for PseudonymKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PseudonymKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> PseudonymKey {
        PseudonymKey::new(&MasterKey::from_bytes([byte; 32]))
    }

    #[test]
    fn a_pseudonym_is_the_same_at_every_node_and_another_under_another_key_or_for_another_use() {
        assert_eq!(key(1).of("a", &[b"alice"]), key(1).of("a", &[b"alice"]));
        assert_ne!(key(1).of("a", &[b"alice"]), key(2).of("a", &[b"alice"]));
        assert_ne!(key(1).of("a", &[b"alice"]), key(1).of("b", &[b"alice"]));
    }

    #[test]
    fn of_a_password_twenty_bits_are_kept_and_all_of_them_are_used() {
        let mut union = 0;
        for number in 0..2000 {
            let bits = key(1).of_password(&Password::from(format!("password-{number}")));
            assert!(bits < 1 << PASSWORD_BITS);
            union |= bits;
        }
        assert_eq!(union, (1 << PASSWORD_BITS) - 1);
        let [one, other] = [1, 2].map(|byte| key(byte).of_password(&Password::from("hunter2")));
        assert_ne!(one, other);
        assert_eq!(one, key(1).of_password(&Password::from("hunter2")));
    }

    #[test]
    fn a_key_does_not_print() {
        assert_eq!(format!("{:?}", key(1)), "PseudonymKey(..)");
    }
}
