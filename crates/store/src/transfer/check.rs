//! What is in a file, before anything of it is written?

use std::collections::BTreeMap;
use std::io::BufRead;

use portcullis_core::crypto::keyring::{KeyPurpose, KeyRecord, KeyState};
use portcullis_core::crypto::password::StoredHash;

use super::file::{FileError, FileReader, Header};
use super::line::LineError;
use super::record::{Counts, Kind, Record};

/// More kinds than that are counted as one.
const MOST_HASH_KINDS: usize = 50;

/// What a whole file holds.
#[derive(Debug, Clone)]
pub struct Checked {
    /// What it says about itself.
    pub header: Header,
    /// How many records of each kind.
    pub counts: Counts,
    /// Its signing keys.
    pub keys: Vec<KeyRecord>,
    /// What its passwords are hashed with.
    pub hashes: HashKinds,
    /// The number of the next account.
    pub next_number: i64,
}

impl Checked {
    /// Reads a file to its end.
    ///
    /// # Errors
    /// [`FileError`], with the first line that is not believed.
    pub fn read(input: impl BufRead, mut progress: impl FnMut(&Counts)) -> Result<Self, FileError> {
        let mut reader = FileReader::begin(input)?;
        let keys = reader.keys()?;
        let mut counts = Counts::default();
        counts.add(Kind::SigningKey, u64::try_from(keys.len()).unwrap_or(u64::MAX));
        let mut hashes = HashKinds::default();
        while let Some((_, record)) = reader.next_record()? {
            counts.add(record.kind(), 1);
            hashes.add(&record);
            progress(&counts);
        }
        let keys = keys.into_iter().map(|(_, key)| key).collect();
        Ok(Self { header: reader.header().clone(), counts, keys, hashes, next_number: reader.next_number() })
    }
}

/// Refuses keys that no server could start with.
pub(super) fn check_keys(keys: &[(u64, KeyRecord)]) -> Result<(), FileError> {
    let Some((line, _)) = keys.last() else { return Ok(()) };
    for purpose in KeyPurpose::ALL {
        let is_active = |key: &KeyRecord| key.purpose == purpose && key.state == KeyState::Active;
        if keys.iter().filter(|(_, key)| is_active(key)).count() != 1 {
            let what = format!("there is not exactly one active {} key", purpose.as_str());
            return Err(FileError::Line { line: *line, error: LineError::new(what) });
        }
    }
    Ok(())
}

/// How many passwords are hashed with which algorithm and cost.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HashKinds(BTreeMap<String, u64>);

impl HashKinds {
    /// Counts the password of a record, if it has one.
    pub fn add(&mut self, record: &Record) {
        let Record::Account(record) = record else { return };
        let Some(password) = &record.password else { return };
        let kind = name_of(&password.hash);
        if self.0.len() < MOST_HASH_KINDS || self.0.contains_key(&kind) {
            *self.0.entry(kind).or_default() += 1;
        } else {
            *self.0.entry("others".to_owned()).or_default() += 1;
        }
    }

    /// The algorithms with their costs, and how many passwords each has.
    pub fn iter(&self) -> impl Iterator<Item = (&str, u64)> {
        self.0.iter().map(|(kind, count)| (kind.as_str(), *count))
    }
}

/// `bcrypt 10`, `argon2id m=19456,t=2,p=1`: the algorithm and what stands between it and the salt.
fn name_of(hash: &StoredHash) -> String {
    let mut fields = hash.as_str().split('$').filter(|field| !field.is_empty());
    // The version of Argon2 stands before its costs.
    let cost = fields.nth(1).filter(|field| !field.starts_with("v=")).or_else(|| fields.next());
    let algorithm = hash.algorithm();
    cost.map_or_else(|| algorithm.to_owned(), |cost| format!("{algorithm} {cost}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_hash_is_named_by_its_algorithm_and_cost_and_nothing_of_its_salt() {
        for (hash, name) in [
            ("$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy", "bcrypt 10"),
            (
                "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQxMjM0$vRQAwhMCnnuGs1pwMQ6V0mxX6cU3gTqYkTkhmgTOHoQ",
                "argon2id m=19456,t=2,p=1",
            ),
            (
                "pbkdf2_sha256$260000$12345678$7v2a0Uc0Vf9B1m2b3c4d5e6f7g8h9i0jKLMNOPQRSTU=",
                "pbkdf2-sha256 260000",
            ),
        ] {
            assert_eq!(name_of(&StoredHash::parse(hash).unwrap()), name);
        }
    }
}
