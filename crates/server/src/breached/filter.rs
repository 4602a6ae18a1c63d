//! What does a file of breached passwords look like, and where in it does a password leave its traces?
//!
//! ```text
//! page 0      header: magic, version, how many pages, how many passwords, a checksum of these
//! page 1…n    Bloom filters of 32768 bits, one a page; a password has 14 bits in one of them
//! ```
//!
//! A key is the first 64 bits of a password's SHA-1. Its upper bits choose the page, so that keys in order have pages in
//! order; all of them together choose the bits. With 20 bits a password, one in about 15,000 of the passwords that are not
//! in the list is taken for one that is.

use portcullis_core::crypto::digest;

/// Bytes of a page, which is what a disk reads at once.
pub(super) const PAGE_BYTES: usize = 4096;
/// Bits of the file for each password.
const BITS_A_PASSWORD: u64 = 20;
/// Bits of a page that each password sets.
const PROBES: usize = 14;
/// What a file begins with; the last byte is the version of the form.
const MAGIC: [u8; 8] = *b"PCBREAC\x01";
/// Magic, pages and passwords.
const COUNTED_BYTES: usize = 24;

/// A part of the file.
pub(super) type Page = [u8; PAGE_BYTES];

/// What the first page says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    /// The pages after the first.
    pub(super) pages: u64,
    /// The passwords in them.
    pub(super) passwords: u64,
}

/// Why a file is none of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum HeaderError {
    #[error("it was not made by `portcullis passwords build`, or by a newer version")]
    Foreign,
    #[error("its first page is damaged")]
    Damaged,
    #[error("it has another length than its first page says; it was cut off, or is still being copied")]
    Length,
}

impl Header {
    /// The header of a file for so many passwords.
    pub(super) fn for_passwords(passwords: u64) -> Self {
        let bits = u128::from(passwords) * u128::from(BITS_A_PASSWORD);
        let pages = bits.div_ceil(PAGE_BYTES as u128 * 8).max(1);
        Self { pages: u64::try_from(pages).unwrap_or(u64::MAX), passwords }
    }

    /// The length of the whole file.
    pub(super) fn file_bytes(self) -> u64 {
        self.pages.saturating_add(1).saturating_mul(PAGE_BYTES as u64)
    }

    /// The first page.
    pub(super) fn encode(self) -> Page {
        let counted: Vec<u8> =
            [MAGIC, self.pages.to_le_bytes(), self.passwords.to_le_bytes()].into_iter().flatten().collect();
        let checksum = checksum(&counted);
        let mut page = [0; PAGE_BYTES];
        page.iter_mut().zip(counted.into_iter().chain(checksum)).for_each(|(to, from)| *to = from);
        page
    }

    /// Reads the first page of a file of this length.
    pub(super) fn decode(page: &Page, file_bytes: u64) -> Result<Self, HeaderError> {
        let (counted, rest) = page.split_at(COUNTED_BYTES);
        if !counted.starts_with(&MAGIC) {
            return Err(HeaderError::Foreign);
        }
        if !rest.starts_with(&checksum(counted)) {
            return Err(HeaderError::Damaged);
        }
        let number =
            |at: usize| counted.get(at..).and_then(<[u8]>::first_chunk).copied().map(u64::from_le_bytes);
        let (Some(pages), Some(passwords)) = (number(8), number(16)) else {
            return Err(HeaderError::Damaged);
        };
        let header = Self { pages, passwords };
        if header.file_bytes() == file_bytes { Ok(header) } else { Err(HeaderError::Length) }
    }
}

fn checksum(counted: &[u8]) -> [u8; 32] {
    digest::sha256("portcullis breached passwords", &[counted])
}

/// The key of a password with this SHA-1.
pub(super) fn key_of(sha1: &[u8; 20]) -> u64 {
    sha1.first_chunk().copied().map_or(0, u64::from_be_bytes)
}

/// The page of a key, counted from 0 behind the header. A greater key is in no earlier page.
pub(super) fn page_of(key: u64, pages: u64) -> u64 {
    let product = u128::from(key) * u128::from(pages);
    u64::try_from(product >> 64).unwrap_or(u64::MAX)
}

/// Notes a key in its page.
pub(super) fn insert(page: &mut Page, key: u64) {
    for (byte, bit) in probes(key) {
        if let Some(byte) = page.get_mut(byte) {
            *byte |= bit;
        }
    }
}

/// Whether a key was noted in its page; seldom, whether others were in such a way that it seems so.
pub(super) fn contains(page: &Page, key: u64) -> bool {
    probes(key).all(|(byte, bit)| page.get(byte).is_some_and(|byte| byte & bit != 0))
}

/// The bits of a key: the byte of the page, and the bit in it.
fn probes(key: u64) -> impl Iterator<Item = (usize, u8)> {
    // Four places of 15 bits out of each number; the key itself has chosen the page, so it is mixed first.
    let places = (1..).flat_map(move |round| {
        let mixed = mix(key.wrapping_add(GOLDEN.wrapping_mul(round)));
        [0, 15, 30, 45].map(|shift| (mixed >> shift) & 0x7fff)
    });
    places.take(PROBES).map(|place| (usize::try_from(place >> 3).unwrap_or(0), 1_u8 << (place & 7)))
}

const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// Spreads every bit of a number over all (the finalizer of `SplitMix64`, public domain).
const fn mix(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
    use super::*;

    #[test]
    fn a_header_is_read_as_it_was_written() {
        for passwords in [0, 1, 1638, 1639, 900_000_000] {
            let header = Header::for_passwords(passwords);
            assert_eq!(Header::decode(&header.encode(), header.file_bytes()), Ok(header));
        }
        assert_eq!(Header::for_passwords(1638).pages, 1);
        assert_eq!(Header::for_passwords(1639).pages, 2);
        assert_eq!(Header::for_passwords(900_000_000).file_bytes(), 2_250_006_528);
    }

    #[test]
    fn what_is_no_such_file_is_told_apart() {
        let header = Header::for_passwords(10);
        let (page, length) = (header.encode(), header.file_bytes());
        assert_eq!(Header::decode(&[0; PAGE_BYTES], length), Err(HeaderError::Foreign));
        assert_eq!(Header::decode(&page, length - 1), Err(HeaderError::Length));
        let mut newer = page;
        newer[7] = 2;
        assert_eq!(Header::decode(&newer, length), Err(HeaderError::Foreign));
        for at in [8, 16, 23, 24, 55] {
            let mut damaged = page;
            damaged[at] ^= 1;
            assert_eq!(Header::decode(&damaged, length), Err(HeaderError::Damaged), "byte {at}");
        }
    }

    #[test]
    fn pages_follow_the_order_of_keys_and_are_filled_alike() {
        assert_eq!(page_of(0, 10), 0);
        assert_eq!(page_of(u64::MAX, 10), 9);
        assert_eq!(page_of(u64::MAX / 2 + 1, 10), 5);
        assert_eq!(page_of(u64::MAX, u64::MAX), u64::MAX - 1);
    }

    #[test]
    fn of_what_was_not_noted_fewer_than_one_in_ten_thousand_seem_so() {
        let mut page = [0; PAGE_BYTES];
        // The keys of one page are alike in their upper bits.
        let key = |number: u64| 0xabcd_0000_0000_0000 | (mix(number) >> 20);
        // A page that is one standard deviation fuller than the average.
        let noted = 1638 + 40;
        (0..noted).for_each(|number| insert(&mut page, key(number)));
        assert!((0..noted).all(|number| contains(&page, key(number))));
        let others = 2_000_000;
        let wrong = (noted..noted + others).filter(|number| contains(&page, key(*number))).count();
        assert!((20..200).contains(&wrong), "{wrong} of {others}");
    }
}
