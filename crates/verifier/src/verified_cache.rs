//! Has this very token been checked before, under a key that is still trusted?
//!
//! - Only tokens that passed every check get in: junk cannot push good ones out.
//! - A hit repeats all checks that depend on the time, on the expectation and on the keys; it saves the
//!   signature and the parsing.
//! - Tokens are not kept, only their digests.
//! - Memory is bounded: each shard has a young and an old generation, and a full young one replaces the old.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_lc_rs::digest::{SHA256, SHA256_OUTPUT_LEN, digest};

use crate::key_set::Authenticated;
use crate::{Claims, Expectation, KeySet, MAX_TOKEN_BYTES, VerifyError, VerifyingKey};

/// Shards keep cores from waiting for each other.
const SHARDS: usize = 16;

/// Remembers tokens that passed, so that a repeated one costs a SHA-256 instead of a signature check.
///
/// It answers exactly as [`KeySet::verify`] would.
#[derive(Debug)]
pub struct VerifiedCache {
    shards: [Mutex<Shard>; SHARDS],
    /// Most entries of one generation of one shard.
    generation_size: usize,
}

// SECURITY: the key is a digest, not the token. A lookup by the token's bytes would leak by its time how much of a
// guess is right, and would keep usable tokens in memory.
type Digest = [u8; SHA256_OUTPUT_LEN];

#[derive(Debug, Default)]
struct Shard {
    young: HashMap<Digest, Arc<Verified>>,
    old: HashMap<Digest, Arc<Verified>>,
}

#[derive(Debug)]
struct Verified {
    claims: Arc<Claims>,
    token_type: Option<String>,
    kid: Option<String>,
    key: VerifyingKey,
}

impl VerifiedCache {
    /// Keeps about `capacity` tokens, at the least 32: a multiple of 32, rounded up. An entry takes about a
    /// kilobyte.
    pub fn new(capacity: usize) -> Self {
        Self {
            shards: std::array::from_fn(|_| Mutex::default()),
            generation_size: capacity.div_ceil(SHARDS * 2).max(1),
        }
    }

    /// Checks a token completely, as [`KeySet::verify`] does.
    pub fn verify(
        &self,
        token: &str,
        keys: &KeySet,
        expect: &Expectation,
        now_seconds: i64,
    ) -> Result<Arc<Claims>, VerifyError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(VerifyError::TooLong);
        }
        let digest = digest_of(token);
        let mut remembered = self.shard(&digest).find(&digest, self.generation_size);
        // SECURITY: a key that was removed or replaced takes its tokens along at once. Such a token is checked
        // anew, for the key that now has its id.
        remembered.take_if(|verified| !verified.is_backed_by(keys));
        if let Some(verified) = remembered {
            expect.check(verified.token_type.as_deref(), &verified.claims, now_seconds)?;
            return Ok(Arc::clone(&verified.claims));
        }

        let Authenticated { claims, token_type, kid, key } = keys.authenticate(token)?;
        expect.check(token_type.as_deref(), &claims, now_seconds)?;
        let claims = Arc::new(claims);
        let verified = Verified { claims: Arc::clone(&claims), token_type, kid, key };
        self.shard(&digest).insert(digest, Arc::new(verified), self.generation_size);
        Ok(claims)
    }

    /// Forgets every token.
    pub fn clear(&self) {
        for shard in &self.shards {
            *lock(shard) = Shard::default();
        }
    }

    fn shard(&self, digest: &Digest) -> MutexGuard<'_, Shard> {
        let [first, ..] = digest;
        let [shard_0, ..] = &self.shards;
        lock(self.shards.get(usize::from(*first) % SHARDS).unwrap_or(shard_0))
    }
}

impl Shard {
    /// Finds an entry and keeps it from ageing.
    fn find(&mut self, digest: &Digest, generation_size: usize) -> Option<Arc<Verified>> {
        if let Some(verified) = self.young.get(digest) {
            return Some(Arc::clone(verified));
        }
        let verified = self.old.remove(digest)?;
        self.insert(*digest, Arc::clone(&verified), generation_size);
        Some(verified)
    }

    fn insert(&mut self, digest: Digest, verified: Arc<Verified>, generation_size: usize) {
        if self.young.len() >= generation_size && !self.young.contains_key(&digest) {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(digest, verified);
    }
}

impl Verified {
    /// Whether the key that checked the token would still be chosen for it.
    fn is_backed_by(&self, keys: &KeySet) -> bool {
        keys.choose(self.kid.as_deref()).is_some_and(|key| key.is_same_key(&self.key))
    }
}

fn digest_of(token: &str) -> Digest {
    let mut bytes = [0; SHA256_OUTPUT_LEN];
    bytes.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
    bytes
}

/// A shard is consistent between any two statements, so that a panic elsewhere does not spoil it.
fn lock(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
