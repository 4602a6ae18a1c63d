//! How is a bcrypt hash read, checked and made?
//!
//! The key is the password, then one NUL byte, repeated up to 72 bytes; what is beyond 72 bytes does not count.
//! That is what bcryptjs and current node-bcrypt compute. So, like bcryptjs and unlike crypt(3), an embedded NUL
//! does not end the password (`"a\0b"` is not `"a"`; `"a\0a"` is, by the repetition). node-bcrypt differs only for
//! `$2a$` hashes of passwords of 255 bytes and more, whose length it wraps around; that bug is not imitated.
//!
//! Invariants
//! - Only the canonical 60 characters are read. bcryptjs encodes what it computed and compares the texts, so for
//!   it a hash with stray low bits in the last character of salt or hash never matches; here it is refused.
//! - A new hash is `$2b$`, which every library in use reads.

use base64::engine::GeneralPurpose;
use base64::engine::general_purpose::NO_PAD;
use base64::{Engine as _, alphabet};
use zeroize::Zeroizing;

use super::HashFormatError;
use super::limits::{BCRYPT_COST, BCRYPT_PASSWORD_BYTES, check_range};
use crate::mac;

const BASE64: GeneralPurpose = GeneralPurpose::new(&alphabet::BCRYPT, NO_PAD);
const ENCODED_LEN: usize = 60;
const SALT_LEN: usize = 16;
const SALT_CHARS: usize = 22;
const HASH_LEN: usize = 23;

type Key = Zeroizing<Vec<u8>>;

#[derive(Clone)]
pub(super) struct Hash {
    variant: Variant,
    cost: u32,
    salt: [u8; SALT_LEN],
    digest: [u8; HASH_LEN],
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Variant {
    /// `$2a$`, `$2b$`, `$2y$`: the same computation by different names.
    Correct,
    /// `$2x$`: bytes from 0x80 up were taken as negative numbers.
    SignExtended,
}

impl Hash {
    pub(super) fn parse(encoded: &str) -> Result<Self, HashFormatError> {
        let variant = match encoded.get(..4) {
            Some("$2a$" | "$2b$" | "$2y$") => Variant::Correct,
            Some("$2x$") => Variant::SignExtended,
            _ => return Err(HashFormatError::Unknown),
        };
        if encoded.len() != ENCODED_LEN || encoded.as_bytes().get(6) != Some(&b'$') {
            return Err(HashFormatError::Malformed);
        }
        let malformed = || HashFormatError::Malformed;
        let cost = parse_cost(encoded.get(4..6).ok_or_else(malformed)?)?;
        let body = encoded.get(7..).ok_or_else(malformed)?;
        let (salt_text, hash_text) = body.split_at_checked(SALT_CHARS).ok_or_else(malformed)?;
        let mut salt = [0; SALT_LEN];
        let mut hash = [0; HASH_LEN];
        BASE64.decode_slice(salt_text, &mut salt).map_err(|_| HashFormatError::Malformed)?;
        BASE64.decode_slice(hash_text, &mut hash).map_err(|_| HashFormatError::Malformed)?;
        check_range("bcrypt cost", cost, &BCRYPT_COST)?;
        Ok(Self { variant, cost, salt, digest: hash })
    }

    /// Hashes `password`, of which only the first 72 bytes count. `cost` must be in [`BCRYPT_COST`].
    pub(super) fn make(password: &[u8], cost: u32, salt: [u8; SALT_LEN]) -> Self {
        Self { variant: Variant::Correct, cost, salt, digest: compute(&key(password), cost, salt) }
    }

    pub(super) fn encode(&self) -> String {
        format!("$2b${:02}${}{}", self.cost, BASE64.encode(self.salt), BASE64.encode(self.digest))
    }

    pub(super) fn verify(&self, password: &[u8]) -> bool {
        let key = match self.variant {
            Variant::Correct => key(password),
            Variant::SignExtended => sign_extended_key(password),
        };
        mac::is_equal(&compute(&key, self.cost, self.salt), &self.digest)
    }

    pub(super) fn is_weaker_than(&self, cost: u32) -> bool {
        self.cost < cost || self.variant == Variant::SignExtended
    }
}

/// Two digits, as `%02d` writes them.
fn parse_cost(digits: &str) -> Result<u32, HashFormatError> {
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(HashFormatError::Malformed);
    }
    digits.parse().map_err(|_| HashFormatError::Malformed)
}

fn compute(key: &Key, cost: u32, salt: [u8; SALT_LEN]) -> [u8; HASH_LEN] {
    let full = Zeroizing::new(::bcrypt::bcrypt(cost, salt, key));
    let mut hash = [0; HASH_LEN];
    for (to, from) in hash.iter_mut().zip(full.iter()) {
        *to = *from;
    }
    hash
}

fn key(password: &[u8]) -> Key {
    let mut key = Zeroizing::new(Vec::with_capacity(BCRYPT_PASSWORD_BYTES));
    key.extend(password.iter().copied().chain([0]).take(BCRYPT_PASSWORD_BYTES));
    key
}

/// The key whose correct hash is the buggy hash of `password`.
///
/// Blowfish takes its key as 18 words of 4 bytes. The bug computed each word as `word << 8 | byte` with the byte
/// extended by its sign, so a byte from 0x80 up set all bits of the bytes before it in the same word. The 18 words
/// so spoilt are 72 bytes, which is a key of full length.
fn sign_extended_key(password: &[u8]) -> Key {
    let mut key = Zeroizing::new(Vec::with_capacity(BCRYPT_PASSWORD_BYTES));
    let mut bytes = password.iter().copied().chain([0]).cycle();
    while key.len() < BCRYPT_PASSWORD_BYTES {
        let word = bytes.by_ref().take(4).fold(0_u32, |word, byte| {
            word << 8 | u32::from_be_bytes(i32::from(byte.cast_signed()).to_be_bytes())
        });
        key.extend_from_slice(&word.to_be_bytes());
    }
    key
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

    use super::*;

    fn accepts(encoded: &str, password: &[u8]) -> bool {
        Hash::parse(encoded).expect("parses").verify(password)
    }

    /// The self-test table of openwall's `crypt_blowfish` (`wrapper.c`), public domain.
    #[test]
    fn the_vectors_of_crypt_blowfish_match() {
        let past_72 = [&[0xaa; 72][..], b"chars after 72 are ignored as usual"].concat();
        let digits = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ\
            0123456789chars after 72 are ignored";
        let vectors: &[(&str, &[u8])] = &[
            ("$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", b"U*U"),
            ("$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK", b"U*U*"),
            ("$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a", b"U*U*U"),
            ("$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui", digits),
            ("$2x$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e", b"\xff\xff\xa3"),
            ("$2x$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e", b"\xa3"),
            ("$2y$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e", b"\xff\xff\xa3"),
            ("$2y$05$/OK.fbVrR/bpIqNJ5ianF.Sa7shbm4.OzKpvFnX1pQLmQW96oUlCq", b"\xa3"),
            ("$2a$05$/OK.fbVrR/bpIqNJ5ianF.Sa7shbm4.OzKpvFnX1pQLmQW96oUlCq", b"\xa3"),
            (
                "$2x$05$/OK.fbVrR/bpIqNJ5ianF.o./n25XVfn6oAPaUvHe.Csk4zRfsYPi",
                b"\xff\xa334\xff\xff\xff\xa3345",
            ),
            ("$2x$05$/OK.fbVrR/bpIqNJ5ianF.o./n25XVfn6oAPaUvHe.Csk4zRfsYPi", b"1\xa3345"),
            ("$2x$05$/OK.fbVrR/bpIqNJ5ianF.6IflQkJytoRVc1yuaNtHfiuq.FRlSIS", b"\xa3ab"),
            ("$2x$05$6bNw2HLQYeqHYyBfLMsv/OiwqTymGIGzFsA4hOTWebfehXHNprcAS", b"\xd1\x91"),
            ("$2x$05$6bNw2HLQYeqHYyBfLMsv/O9LIGgn8OMzuDoHfof8AQimSGfcSWxnS", b"\xd0\xc1\xd2\xcf\xcc\xd8"),
            ("$2a$05$/OK.fbVrR/bpIqNJ5ianF.swQOIzjOiJ9GHEPuhEkvqrUyvWhEMx6", &past_72),
            ("$2a$05$/OK.fbVrR/bpIqNJ5ianF.R9xrDjiycxMbQE2bp.vgqlYpW5wx2yy", &[0xaa, 0x55].repeat(36)),
            ("$2a$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy", b""),
        ];
        for (encoded, password) in vectors {
            assert!(accepts(encoded, password), "{encoded}");
        }
        assert!(!accepts("$2y$05$6bNw2HLQYeqHYyBfLMsv/OiwqTymGIGzFsA4hOTWebfehXHNprcAS", b"\xd1\x91"));
    }

    /// `TestBCrypt.java` of jBCrypt, cost 6.
    #[test]
    fn the_vectors_of_jbcrypt_match() {
        for (encoded, password) in [
            ("$2a$06$DCq7YPn5Rq63x1Lad4cll.TV4S6ytwfsfvkgY8jIucDrjc8deX1s.", ""),
            ("$2a$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe", "a"),
            ("$2a$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i", "abc"),
            ("$2a$06$.rCVZVOThsIa97pEDOxvGuRRgzG64bvtJ0938xuqzv18d3ZpQhstC", "abcdefghijklmnopqrstuvwxyz"),
            (
                "$2a$06$fPIsBO8qRqkjj273rfaOI.HtSV9jLDpTbZn782DC6/t7qT67P6FfO",
                "~!@#$%^&*()      ~!@#$%^&*()PNBFRD",
            ),
        ] {
            assert!(accepts(encoded, password.as_bytes()), "{encoded}");
            assert!(!accepts(encoded, format!("{password}x").as_bytes()), "{encoded}");
        }
    }

    /// Made by libxcrypt 4.4.
    #[test]
    fn the_sign_extension_bug_is_imitated_across_the_words_of_the_key() {
        let umlauts = "p\u{e4}ssw\u{f6}rt \u{1f980}".as_bytes();
        assert!(accepts("$2x$04$6bNw2HLQYeqHYyBfLMsv/OivxyAQEgm6Ncj7nTnqJ.m/6GUrms.xu", umlauts));
        let long = "\u{e4}".repeat(40);
        assert!(accepts("$2x$04$6bNw2HLQYeqHYyBfLMsv/OGdqDb6uLtJ3e3MTQd.TYISTaRDq787i", long.as_bytes()));
        let last = "xyz\u{e4}".as_bytes();
        assert!(accepts("$2x$04$6bNw2HLQYeqHYyBfLMsv/Ox33.yQOMXFPjR78DrwXTayxlQ2rbVIq", last));
    }

    /// Made by bcryptjs 3.0.3.
    #[test]
    fn nul_bytes_and_long_passwords_count_as_in_bcryptjs() {
        let a = "$2b$04$CCCCCCCCCCCCCCCCCCCCC.f/Fm9DOYGp2ai9rjxvG4QHlhtDCuDuu";
        assert!(accepts(a, b"a"));
        assert!(accepts(a, b"a\0a"));
        assert!(!accepts(a, b"a\0b"));
        assert!(accepts("$2b$04$CCCCCCCCCCCCCCCCCCCCC.flu1Gv69OE8XQBS4Bm1aHA6o5dN4y3.", b"a\0b"));
        let empty = "$2b$04$CCCCCCCCCCCCCCCCCCCCC.Cg0ly9t/KVBCBYYDfOmZKwry9JuXClC";
        assert!(accepts(empty, b"") && accepts(empty, b"\0"));
        let full = "$2b$04$CCCCCCCCCCCCCCCCCCCCC.ug0A3dTXhy5U.dFjx/qguZ8I4CB77BC";
        assert!(accepts(full, &[b'x'; 72]) && accepts(full, &[b'x'; 300]) && !accepts(full, &[b'x'; 71]));
        assert!(accepts("$2b$04$CCCCCCCCCCCCCCCCCCCCC.mwrsLq6gtszNEQrpvY85c8XKy5rgdwW", &[b'x'; 71]));
        let umlauts = "p\u{e4}ssw\u{f6}rd \u{2713}".as_bytes();
        assert!(accepts("$2b$04$CCCCCCCCCCCCCCCCCCCCC.htuS2uEHHpp3iDfo2HLUjr/PGhanmaK", umlauts));
        let cyrillic = "\u{436}".repeat(40);
        assert!(accepts("$2b$04$CCCCCCCCCCCCCCCCCCCCC.6UqpEmwjodP3Frk6YYKQHemM8qk4DGi", cyrillic.as_bytes()));
    }

    #[test]
    fn only_the_canonical_text_is_read() {
        let good = "$2b$04$CCCCCCCCCCCCCCCCCCCCC.f/Fm9DOYGp2ai9rjxvG4QHlhtDCuDuu";
        assert!(Hash::parse(good).is_ok());
        let stray_hash_bits = "$2b$04$CCCCCCCCCCCCCCCCCCCCC.f/Fm9DOYGp2ai9rjxvG4QHlhtDCuDuv";
        let stray_salt_bits = "$2b$04$CCCCCCCCCCCCCCCCCCCCC/f/Fm9DOYGp2ai9rjxvG4QHlhtDCuDuu";
        let malformed = [
            &good[..59],
            stray_hash_bits,
            stray_salt_bits,
            &good.replace("$04$", "$+4$"),
            &good.replace("$04$", "$04."),
        ];
        for wrong in malformed {
            assert_eq!(Hash::parse(wrong).err(), Some(HashFormatError::Malformed), "{wrong}");
        }
        for unknown in ["$2c$", "$2$", "$2", "$2B$"] {
            let text = format!("{unknown}{}", &good[4..]);
            assert_eq!(Hash::parse(&text).err(), Some(HashFormatError::Unknown), "{text}");
        }
        assert_eq!(Hash::parse(&good.replace("$04$", "$03$")).err(), Some(HashFormatError::Malformed));
        let expensive = HashFormatError::TooExpensive { parameter: "bcrypt cost", value: 15, limit: 14 };
        assert_eq!(Hash::parse(&good.replace("$04$", "$15$")).err(), Some(expensive));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn the_bug_changes_nothing_for_ascii(password in "[\\x01-\\x7f]{0,80}") {
            let bytes = password.as_bytes();
            let repeated: Vec<u8> = bytes.iter().copied().chain([0]).cycle().take(72).collect();
            prop_assert_eq!(sign_extended_key(bytes).to_vec(), repeated);
        }

        #[test]
        fn what_is_made_equals_what_the_bcrypt_crate_makes(
            password in prop::collection::vec(any::<u8>(), 0..=71), salt: [u8; 16],
        ) {
            let theirs = ::bcrypt::hash_with_salt(&password, 4, salt).unwrap();
            prop_assert_eq!(Hash::make(&password, 4, salt).encode(), theirs.format_for_version(::bcrypt::Version::TwoB));
        }
    }
}
