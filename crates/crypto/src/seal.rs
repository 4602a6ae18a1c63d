//! How are secrets kept at rest, and what is the master key that opens them?
//!
//! A sealed value is `version (1 byte) ‖ nonce (12) ‖ ciphertext and tag (AES-256-GCM, +16)`.
//!
//! Invariants
//! - A sealed value opens only under the context it was sealed for, so nobody who can write to the database can
//!   move one record's secret into another record.
//! - Each context has a key of its own: HKDF-SHA-256 of the master key with the context as `info` (RFC 5869).
//!   A random 96-bit nonce must therefore be unique within one context, which holds a handful of values in its
//!   life, and not across the whole database; no counter has to be kept and no salt stored.
//! - A derived secret comes from the master key under another salt, so no context gives a sealing key away.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::{error::Unspecified, hkdf};
use secrecy::SecretString;
use zeroize::{Zeroize, Zeroizing};

const VERSION: u8 = 1;
const KEY_LEN: usize = 32;
const TAG_LEN: usize = 16;
const SALT: &[u8] = b"portcullis/seal/v1";
const SALT_OF_SECRETS: &[u8] = b"portcullis/derived-secret/v1";

/// Fewer different bytes than this among 32 do not occur by chance (the odds are below 2⁻⁷⁰).
const MIN_DISTINCT_BYTES: usize = 16;

/// The key that everything sealed at rest depends on. 256 bits.
#[derive(Clone)]
pub struct MasterKey(Zeroizing<[u8; KEY_LEN]>);

impl MasterKey {
    /// Takes bytes just drawn from the operating system. What an operator wrote goes through [`Self::from_hex`].
    pub fn from_bytes(bytes: [u8; KEY_LEN]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Reads 64 hexadecimal digits, surrounded by white space or not.
    ///
    /// # Errors
    /// [`MasterKeyError`] when the text is not 32 bytes of hex, or when the bytes are plainly not random.
    pub fn from_hex(text: &str) -> Result<Self, MasterKeyError> {
        let text = text.trim();
        let mut bytes = Zeroizing::new([0; KEY_LEN]);
        if !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(MasterKeyError::NotHex);
        }
        if text.len() != 2 * KEY_LEN {
            return Err(MasterKeyError::WrongLength { digits: text.len() });
        }
        hex::decode_to_slice(text, bytes.as_mut_slice()).map_err(|_| MasterKeyError::NotHex)?;
        // SECURITY: a placeholder copied from an example would let anyone who knows it open the whole database.
        if is_plainly_not_random(&bytes) {
            return Err(MasterKeyError::NotRandom);
        }
        Ok(Self(bytes))
    }

    /// The key as 64 hexadecimal digits, for the file that keeps a generated one.
    pub fn to_hex(&self) -> SecretString {
        SecretString::from(hex::encode(self.0.as_slice()))
    }

    /// Encrypts `plain` so that it opens only under the same `context`, e.g. `signing-key:<kid>:<purpose>`.
    /// The nonce must be random, or at least never used before with this context.
    ///
    /// # Panics
    /// For a `plain` above 64 GiB.
    pub fn seal(&self, context: &str, plain: &[u8], nonce: [u8; NONCE_LEN]) -> Vec<u8> {
        let mut body = Zeroizing::new(plain.to_vec());
        let aad = Aad::from([VERSION]);
        let sealing = self.context_key(context).and_then(|key| {
            key.seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), aad, body.as_mut_slice())
        });
        #[expect(
            clippy::expect_used,
            reason = "AES-GCM fails for plaintexts above 64 GiB only (NIST SP 800-38D)"
        )]
        let tag = sealing.expect("sealing a value that fits in memory");
        let mut out = Vec::with_capacity(1 + NONCE_LEN + body.len() + TAG_LEN);
        out.push(VERSION);
        out.extend_from_slice(&nonce);
        out.extend_from_slice(&body);
        out.extend_from_slice(tag.as_ref());
        out
    }

    /// Decrypts what [`Self::seal`] made under the same key and context.
    ///
    /// # Errors
    /// [`SealError::Malformed`] when the bytes are no sealed value; [`SealError::Refused`] when the key or the
    /// context is another, or a bit was changed: these cannot be told apart.
    pub fn open(&self, context: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let (&version, rest) = sealed.split_first().ok_or(SealError::Malformed)?;
        if version != VERSION {
            return Err(SealError::UnknownVersion(version));
        }
        let (nonce, body) = rest.split_first_chunk::<NONCE_LEN>().ok_or(SealError::Malformed)?;
        let plain_len = body.len().checked_sub(TAG_LEN).ok_or(SealError::Malformed)?;
        let key = self.context_key(context).map_err(|_| SealError::Refused)?;
        let mut buffer = Zeroizing::new(body.to_vec());
        key.open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from([version]), buffer.as_mut_slice())
            .map_err(|_| SealError::Refused)?;
        buffer.truncate(plain_len);
        Ok(buffer)
    }

    /// A secret of 256 bits in hexadecimal digits: the same for the same key and `context`, wherever and whenever it is
    /// asked for, and telling nothing about the key, the sealing keys or the secrets of other contexts.
    ///
    /// # Panics
    /// Never: only more than 8160 bytes are too many for HKDF-SHA-256.
    pub fn derive_secret(&self, context: &str) -> SecretString {
        let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, SALT_OF_SECRETS).extract(self.0.as_slice());
        let mut secret = Zeroizing::new([0; KEY_LEN]);
        let info = [context.as_bytes()];
        let derived = prk.expand(&info, hkdf::HKDF_SHA256).and_then(|okm| okm.fill(secret.as_mut_slice()));
        #[expect(clippy::expect_used, reason = "32 bytes are within its bounds (RFC 5869 §2.3)")]
        derived.expect("32 bytes of HKDF-SHA-256");
        SecretString::from(hex::encode(secret.as_slice()))
    }

    fn context_key(&self, context: &str) -> Result<LessSafeKey, Unspecified> {
        let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, SALT).extract(self.0.as_slice());
        let info = [context.as_bytes()];
        let mut key = Zeroizing::new([0; KEY_LEN]);
        prk.expand(&info, &AES_256_GCM)?.fill(key.as_mut_slice())?;
        UnboundKey::new(&AES_256_GCM, key.as_slice()).map(LessSafeKey::new)
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(..)")
    }
}

/// Catches what people write by hand: one byte repeated, a count up or down, a short pattern, a pass phrase.
fn is_plainly_not_random(bytes: &[u8; KEY_LEN]) -> bool {
    let mut sorted = *bytes;
    sorted.sort_unstable();
    let distinct = 1 + sorted.iter().zip(sorted.iter().skip(1)).filter(|(a, b)| a != b).count();
    sorted.zeroize();
    let steps = || bytes.iter().zip(bytes.iter().skip(1)).map(|(a, b)| b.wrapping_sub(*a));
    let is_count = steps().zip(steps().skip(1)).all(|(a, b)| a == b);
    let is_text = bytes.iter().all(|b| b.is_ascii_graphic() || *b == b' ');
    distinct < MIN_DISTINCT_BYTES || is_count || is_text
}

/// Why a text is not a master key. Shows nothing of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MasterKeyError {
    /// A character other than `0-9 a-f A-F`.
    #[error("the master key must be written in hexadecimal digits")]
    NotHex,
    /// Not 32 bytes.
    #[error("the master key must have 64 hexadecimal digits, not {digits}")]
    WrongLength {
        /// How many there were.
        digits: usize,
    },
    /// 32 bytes that no random source would give.
    #[error(
        "the master key is a pattern or a text, not 32 random bytes (make one with `openssl rand -hex 32`)"
    )]
    NotRandom,
}

/// Why a sealed value does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Too short to be a sealed value.
    #[error("the sealed value is cut short")]
    Malformed,
    /// Sealed by a later version of the program.
    #[error("the sealed value has the unknown format version {0}")]
    UnknownVersion(u8),
    /// Another master key, another context, or changed bytes.
    #[error("the sealed value does not open under this master key and context")]
    Refused,
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

    use proptest::prelude::*;
    use secrecy::ExposeSecret as _;

    use super::*;

    const RANDOM: &str = "8f3c1de05b7a4926f1c8e37d02b69a54d7e8103f6c2b95a84d1f7e60c3a59b27";

    fn key() -> MasterKey {
        MasterKey::from_hex(RANDOM).unwrap()
    }

    #[test]
    fn a_random_key_is_read_and_written() {
        assert_eq!(key().to_hex().expose_secret(), RANDOM);
        let loose = MasterKey::from_hex(&format!("  {}\n", RANDOM.to_uppercase())).unwrap();
        assert_eq!(loose.to_hex().expose_secret(), RANDOM);
    }

    #[test]
    fn what_is_not_32_bytes_of_hex_is_no_key() {
        for (text, error) in [
            ("", MasterKeyError::WrongLength { digits: 0 }),
            (&RANDOM[2..], MasterKeyError::WrongLength { digits: 62 }),
            (&RANDOM[1..], MasterKeyError::WrongLength { digits: 63 }),
            (&format!("{RANDOM}00"), MasterKeyError::WrongLength { digits: 66 }),
            (&RANDOM.replace('8', "g"), MasterKeyError::NotHex),
            (&format!("0x{}", &RANDOM[2..]), MasterKeyError::NotHex),
            ("changeme", MasterKeyError::NotHex),
        ] {
            assert_eq!(MasterKey::from_hex(text).err(), Some(error), "{text}");
        }
    }

    #[test]
    fn a_pattern_is_no_key() {
        let count: Vec<u8> = (0..32).collect();
        let down: Vec<u8> = (0..32).rev().collect();
        let threes: Vec<u8> = (0..32).map(|i: u8| i.wrapping_mul(3).wrapping_add(250)).collect();
        for bytes in [
            vec![0; 32],
            vec![0xff; 32],
            count,
            down,
            threes,
            b"\x01\x23\x45\x67\x89\xab\xcd\xef".repeat(4),
            b"correct horse battery staple abc".to_vec(),
            b"0123456789abcdef0123456789ABCDEF".to_vec(),
        ] {
            assert_eq!(
                MasterKey::from_hex(&hex::encode(&bytes)).err(),
                Some(MasterKeyError::NotRandom),
                "{bytes:02x?}"
            );
        }
    }

    /// The expected bytes were computed with the `crypto` module of Node (HKDF, AES-256-GCM).
    #[test]
    fn the_form_does_not_change_between_versions() {
        let sealed = key().seal("signing-key:k1", b"secret", [9; 12]);
        assert_eq!(
            hex::encode(&sealed),
            "01090909090909090909090909bf19bdc82bb6ebb5cdb32f0d6fa74c9a3f923a57dcf2"
        );
    }

    #[test]
    fn each_context_has_a_key_of_its_own() {
        let one = key().seal("a", b"secret", [9; 12]);
        let other = key().seal("b", b"secret", [9; 12]);
        assert_ne!(one[13..], other[13..]);
    }

    #[test]
    fn a_derived_secret_is_the_same_for_ever_and_another_for_each_context() {
        // Computed by the definition in RFC 5869, with another program.
        let expected = "f08c5fe4eb022174804474ccb581ea9ff8bb6834a1023dfd9d0c689b1320701f";
        assert_eq!(key().derive_secret("legacy-secret:access").expose_secret(), expected);
        assert_ne!(key().derive_secret("legacy-secret:refresh").expose_secret(), expected);
        let other = MasterKey::from_bytes([7; 32]);
        assert_ne!(other.derive_secret("legacy-secret:access").expose_secret(), expected);
    }

    #[test]
    fn a_cut_value_and_an_unknown_version_are_told_apart() {
        let sealed = key().seal("a", b"", [9; 12]);
        assert_eq!(sealed.len(), 29);
        for len in 0..29 {
            assert_eq!(key().open("a", &sealed[..len]), Err(SealError::Malformed), "{len}");
        }
        let later = [&[2], &sealed[1..]].concat();
        assert_eq!(key().open("a", &later), Err(SealError::UnknownVersion(2)));
    }

    #[test]
    fn a_master_key_does_not_print() {
        assert_eq!(format!("{:?}", key()), "MasterKey(..)");
    }

    proptest! {
        #[test]
        fn a_sealed_value_opens_under_its_own_key_and_context_only(
            plain in prop::collection::vec(any::<u8>(), 0..200), nonce: [u8; 12],
            context in ".{0,40}", other_context in ".{0,40}", other_key: [u8; 32],
        ) {
            let sealed = key().seal(&context, &plain, nonce);
            prop_assert_eq!(key().open(&context, &sealed).map(|opened| opened.to_vec()), Ok(plain));
            let other = MasterKey::from_bytes(other_key);
            prop_assert_eq!(other.open(&context, &sealed), Err(SealError::Refused));
            if context != other_context {
                prop_assert_eq!(key().open(&other_context, &sealed), Err(SealError::Refused));
            }
        }

        #[test]
        fn a_changed_bit_is_refused(at: prop::sample::Index, bit in 0..8_u32, nonce: [u8; 12]) {
            let mut sealed = key().seal("a", b"a secret of some length", nonce);
            let at = at.index(sealed.len());
            sealed[at] ^= 1 << bit;
            prop_assert!(key().open("a", &sealed).is_err());
        }

        #[test]
        fn no_bytes_make_the_opener_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            prop_assert!(key().open("a", &bytes).is_err());
        }

        #[test]
        fn random_bytes_are_a_key(bytes: [u8; 32]) {
            prop_assume!(!is_plainly_not_random(&bytes));
            prop_assert!(MasterKey::from_hex(&hex::encode(bytes)).is_ok());
        }
    }
}
