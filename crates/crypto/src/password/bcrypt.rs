//! How is a bcrypt hash read, checked and made?
//!
//! The key is the password, then one NUL byte, repeated up to 72 bytes; what is beyond 72 bytes does not count.
//! That is what bcryptjs and current node-bcrypt compute. So, like bcryptjs and unlike crypt(3), an embedded NUL
//! does not end the password (`"a\0b"` is not `"a"`; `"a\0a"` is, by the repetition). node-bcrypt differs only for
//! `$2a$` hashes of passwords of 255 bytes and more, whose length it wraps around; that bug is not imitated.
//!
//! One password by itself is computed by crate `bcrypt`: nothing is gained there by the `kernel` of our own, and each is
//! tested against the other. Several at once are computed by what the caller chooses.
//!
//! Invariants
//! - Only the canonical 60 characters are read. bcryptjs encodes what it computed and compares the texts, so for
//!   it a hash with stray low bits in the last character of salt or hash never matches; here it is refused.
//! - A new hash is `$2b$`, which every library in use reads.

mod kernel;
mod tables;

use base64::engine::GeneralPurpose;
use base64::engine::general_purpose::NO_PAD;
use base64::{Engine as _, alphabet};
use zeroize::Zeroizing;

use super::limits::{BCRYPT_COST, BCRYPT_PASSWORD_BYTES, check_range};
use super::{BcryptKernel, ComputationKind, HashFormatError, overwrite};
use crate::mac;

const BASE64: GeneralPurpose = GeneralPurpose::new(&alphabet::BCRYPT, NO_PAD);
const ENCODED_LEN: usize = 60;
const SALT_LEN: usize = 16;
const SALT_CHARS: usize = 22;
const HASH_LEN: usize = 23;
/// Of tables for each password that is being hashed, rounded up.
pub(super) const MEMORY_KIB: u32 = 5;
/// How many are computed side by side at most.
pub(super) const LANES_MAX: usize = 3;
const KEY_WORDS: usize = BCRYPT_PASSWORD_BYTES / 4;

/// The password as Blowfish takes it: 18 words, the bytes of each from the highest to the lowest.
type Key = Zeroizing<[u32; KEY_WORDS]>;
/// What bcrypt keeps of the text that it encrypts.
pub(super) type Digest = Zeroizing<[u8; HASH_LEN]>;

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
        let job = Job::new(password, cost, salt);
        job.hash(&library_digest(&job))
    }

    pub(super) fn encode(&self) -> String {
        format!("$2b${:02}${}{}", self.cost, BASE64.encode(self.salt), BASE64.encode(self.digest))
    }

    pub(super) fn verify(&self, password: &[u8]) -> bool {
        self.has(&library_digest(&self.job(password)))
    }

    /// What has to be computed to check `password`.
    pub(super) fn job(&self, password: &[u8]) -> Job {
        Job { key: self.variant.key(password), cost: self.cost, salt: self.salt }
    }

    /// Whether this is its digest, in a time that does not depend on the answer.
    pub(super) fn has(&self, digest: &Digest) -> bool {
        mac::is_equal(&**digest, &self.digest)
    }

    pub(super) fn kind(&self) -> ComputationKind {
        ComputationKind::Bcrypt { cost: self.cost }
    }

    /// The same computation for nobody's password.
    pub(super) fn decoy(&self, salt: &[u8], digest: &[u8]) -> Self {
        let mut decoy = self.clone();
        overwrite(&mut decoy.salt, salt);
        overwrite(&mut decoy.digest, digest);
        decoy
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

/// One password to be hashed under one salt.
pub(super) struct Job {
    key: Key,
    cost: u32,
    salt: [u8; SALT_LEN],
}

impl Job {
    /// For a new hash. `cost` must be in [`BCRYPT_COST`].
    pub(super) fn new(password: &[u8], cost: u32, salt: [u8; SALT_LEN]) -> Self {
        Self { key: Variant::Correct.key(password), cost, salt }
    }

    pub(super) fn cost(&self) -> u32 {
        self.cost
    }

    /// The new hash that has this digest.
    pub(super) fn hash(&self, digest: &Digest) -> Hash {
        Hash { variant: Variant::Correct, cost: self.cost, salt: self.salt, digest: **digest }
    }
}

/// The digests of `jobs`, in their order. Neighbours of one cost are computed together.
pub(super) fn digests(jobs: &[&Job], kernel: BcryptKernel) -> Vec<Digest> {
    match kernel {
        BcryptKernel::Interleaved => {
            jobs.chunk_by(|one, next| one.cost == next.cost).flat_map(interleaved_digests).collect()
        }
        BcryptKernel::Library => jobs.iter().map(|job| library_digest(job)).collect(),
    }
}

/// The digests of `jobs`, which are all of one cost.
fn interleaved_digests(jobs: &[&Job]) -> Vec<Digest> {
    match *jobs {
        [] => Vec::new(),
        [one] => lane_digests([one], one.cost).into(),
        [one, two] => lane_digests([one, two], one.cost).into(),
        [one, two, three, ref rest @ ..] => {
            let mut digests = Vec::from(lane_digests([one, two, three], one.cost));
            digests.extend(interleaved_digests(rest));
            digests
        }
    }
}

fn lane_digests<const N: usize>(jobs: [&Job; N], cost: u32) -> [Digest; N] {
    let inputs = jobs.map(|job| kernel::Input { key: &job.key, salt: words(job.salt) });
    let ciphertexts = kernel::compute(inputs, cost);
    let mut digests = [(); N].map(|()| Zeroizing::new([0; HASH_LEN]));
    for (at, halves) in ciphertexts.as_flattened().iter().enumerate() {
        for (digest, half) in digests.iter_mut().zip(halves) {
            // The last byte of the last one has no place: the first implementation left it out.
            digest.iter_mut().skip(4 * at).zip(half.to_be_bytes()).for_each(|(to, from)| *to = from);
        }
    }
    digests
}

fn words(salt: [u8; SALT_LEN]) -> [u32; SALT_LEN / 4] {
    let mut words = [0; SALT_LEN / 4];
    for (word, bytes) in words.iter_mut().zip(salt.as_chunks().0) {
        *word = u32::from_be_bytes(*bytes);
    }
    words
}

/// As crate `bcrypt` computes it.
fn library_digest(job: &Job) -> Digest {
    let mut key = Zeroizing::new([0; BCRYPT_PASSWORD_BYTES]);
    for (to, word) in key.chunks_exact_mut(4).zip(job.key.iter()) {
        to.copy_from_slice(&word.to_be_bytes());
    }
    let full = Zeroizing::new(::bcrypt::bcrypt(job.cost, job.salt, &*key));
    let mut digest = Zeroizing::new([0; HASH_LEN]);
    overwrite(&mut *digest, &*full);
    digest
}

impl Variant {
    /// The password, then one NUL byte, again and again up to 72 bytes.
    ///
    /// The bug computed each word as `word << 8 | byte` with the byte extended by its sign, so a byte from 0x80 up set
    /// all bits of the bytes before it in the same word.
    fn key(self, password: &[u8]) -> Key {
        let mut bytes = password.iter().copied().chain([0]).cycle();
        let mut key = Zeroizing::new([0; KEY_WORDS]);
        for word in key.iter_mut() {
            *word = bytes.by_ref().take(4).fold(0_u32, |word, byte| word << 8 | self.extend(byte));
        }
        key
    }

    fn extend(self, byte: u8) -> u32 {
        match self {
            Self::Correct => u32::from(byte),
            Self::SignExtended => u32::from_be_bytes(i32::from(byte.cast_signed()).to_be_bytes()),
        }
    }
}

#[cfg(test)]
mod tests;
