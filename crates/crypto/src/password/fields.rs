//! How are the `$`-separated fields of a stored hash read?
//!
//! Invariant: each value has one spelling. Signs, leading zeros, padding and stray low bits are refused, so that a
//! hash that another library would refuse is not accepted here by accident.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};

use super::HashFormatError;

/// A decimal number without sign and without leading zeros.
pub(super) fn number(text: &str) -> Result<u32, HashFormatError> {
    let is_canonical = text == "0" || !text.starts_with('0');
    if !is_canonical || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(HashFormatError::Malformed);
    }
    text.parse().map_err(|_| HashFormatError::Malformed)
}

/// The number after `name=`.
pub(super) fn named_number(text: &str, name: &str) -> Result<u32, HashFormatError> {
    let value = text.strip_prefix(name).and_then(|rest| rest.strip_prefix('='));
    number(value.ok_or(HashFormatError::Malformed)?)
}

/// Exactly `N` parts of `text` between `separator`s.
pub(super) fn parts<const N: usize>(text: &str, separator: char) -> Result<[&str; N], HashFormatError> {
    let mut found = text.split(separator);
    let mut out = [""; N];
    for slot in &mut out {
        *slot = found.next().ok_or(HashFormatError::Malformed)?;
    }
    if found.next().is_some() { Err(HashFormatError::Malformed) } else { Ok(out) }
}

/// Base64 without padding, as PHC strings have it.
pub(super) fn base64(text: &str) -> Result<Box<[u8]>, HashFormatError> {
    into_bytes(STANDARD_NO_PAD.decode(text))
}

/// Base64 with padding, as Django has it.
pub(super) fn base64_padded(text: &str) -> Result<Box<[u8]>, HashFormatError> {
    into_bytes(STANDARD.decode(text))
}

/// passlib's "ab64": Base64 without padding and with `.` for `+`.
pub(super) fn base64_passlib(text: &str) -> Result<Box<[u8]>, HashFormatError> {
    base64(&text.replace('.', "+"))
}

/// [`base64`] backwards.
pub(super) fn to_base64(bytes: &[u8]) -> String {
    STANDARD_NO_PAD.encode(bytes)
}

fn into_bytes(decoded: Result<Vec<u8>, base64::DecodeError>) -> Result<Box<[u8]>, HashFormatError> {
    decoded.map(Vec::into_boxed_slice).map_err(|_| HashFormatError::Malformed)
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

    #[test]
    fn a_number_has_one_spelling() {
        assert_eq!(number("0"), Ok(0));
        assert_eq!(number("4294967295"), Ok(u32::MAX));
        for wrong in ["", "+1", "-1", "01", "00", " 1", "1 ", "1.0", "0x1", "4294967296", "\u{661}"] {
            assert_eq!(number(wrong), Err(HashFormatError::Malformed), "{wrong:?}");
        }
        assert_eq!(named_number("m=8", "m"), Ok(8));
        assert_eq!(named_number("m8", "m"), Err(HashFormatError::Malformed));
    }

    #[test]
    fn parts_are_neither_more_nor_fewer() {
        assert_eq!(parts::<2>("a$b", '$'), Ok(["a", "b"]));
        assert_eq!(parts::<2>("a", '$'), Err(HashFormatError::Malformed));
        assert_eq!(parts::<2>("a$b$", '$'), Err(HashFormatError::Malformed));
    }

    #[test]
    fn stray_low_bits_are_refused() {
        assert_eq!(&*base64("Zg").unwrap(), b"f");
        assert_eq!(base64("Zh"), Err(HashFormatError::Malformed));
        assert_eq!(base64("Zg=="), Err(HashFormatError::Malformed));
        assert_eq!(&*base64_padded("Zg==").unwrap(), b"f");
        assert_eq!(base64_padded("Zg"), Err(HashFormatError::Malformed));
        assert_eq!(base64_passlib("..w").unwrap(), base64("++w").unwrap());
    }
}
