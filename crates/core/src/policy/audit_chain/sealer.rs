//! Which seals come after those that there are, and when are there to be none?

use portcullis_crypto::MasterKey;
use portcullis_crypto::chain::{ChainKey, KEY_ID_LEN, Link};

use super::cut::Told;
use crate::model::{AuditDetail, AuditEntry, AuditSeal};

/// Makes seals, and knows those that were made before.
#[derive(Debug, Clone)]
pub struct AuditSealer {
    newest: ChainKey,
    /// The newest of them last.
    older: Vec<ChainKey>,
    /// The last seal that this process has seen.
    seen: Option<AuditSeal>,
}

/// Why a log is not to be sealed, nor cut: nothing was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealingRefusal {
    /// The last seal was made with a key that is not known here: this node has an older master key than others.
    #[error(
        "seal {seq}, the last of the audit log, was made under a master key that this node does not have; it neither seals nor \
         cuts the log. Give it the master key of the other nodes"
    )]
    OtherKey {
        /// The number of that seal.
        seq: i64,
    },
    /// The last seal that was seen is gone, or another one has its number.
    #[error(
        "seal {seq} of the audit log, which this node has seen, is gone or another one: the end of the log was removed or \
         written anew. This node neither seals nor cuts it until it is started again. Keep a copy of the database, and run \
         `portcullis audit verify` with the head that was noted last"
    )]
    Rewritten {
        /// The number of that seal.
        seq: i64,
    },
}

impl AuditSealer {
    /// The sealer of all nodes that have this master key.
    pub fn new(master_key: &MasterKey) -> Self {
        Self { newest: ChainKey::of(master_key), older: Vec::new(), seen: None }
    }

    /// The same, which also knows the seals under earlier master keys, the oldest of them first.
    #[must_use]
    pub fn knowing<'k>(self, earlier: impl IntoIterator<Item = &'k MasterKey>) -> Self {
        let earlier = earlier.into_iter().map(ChainKey::of);
        Self { older: earlier.chain(self.older).collect(), ..self }
    }

    /// The same, of a process that has seen this seal.
    #[must_use]
    pub fn having_seen(self, seen: Option<AuditSeal>) -> Self {
        Self { seen, ..self }
    }

    /// The last seal that this process has seen.
    pub const fn seen(&self) -> Option<&AuditSeal> {
        self.seen.as_ref()
    }

    /// Why it is not for this process to go on from the last seal, if there is a reason. `at_seen` is the first seal with
    /// the number of [`Self::seen`] or a higher one.
    ///
    /// SECURITY: else whoever can write to the database cuts the end off, changes what has lost its seal, and has it sealed
    /// again.
    pub fn refusal(&self, last: Option<&AuditSeal>, at_seen: Option<&AuditSeal>) -> Option<SealingRefusal> {
        if let Some(seen) = &self.seen
            // Retention may have removed it meanwhile, with all before a later one.
            && at_seen.is_none_or(|there| there.seq == seen.seq && there != seen)
        {
            return Some(SealingRefusal::Rewritten { seq: seen.seq });
        }
        let last = last.filter(|last| !self.knows(last))?;
        Some(SealingRefusal::OtherKey { seq: last.seq })
    }

    /// Whether a seal was made with a key that is known here.
    fn knows(&self, seal: &AuditSeal) -> bool {
        parts(&seal.seal).is_some_and(|parts| self.keys().any(|key| key.id() == parts.key_id))
    }

    /// What an entry says about retention that has removed everything up to a seal: `entries up to 7`, and the proof that it
    /// was somebody with the master key.
    pub fn told_pruned(&self, last: &AuditSeal) -> AuditDetail {
        Told::of(last, &self.newest).detail()
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &ChainKey> {
        self.older.iter().chain([&self.newest])
    }

    /// The seals of entries that follow the last one that has a seal.
    pub fn seal(&self, last: Option<&AuditSeal>, entries: &[AuditEntry]) -> Vec<AuditSeal> {
        let mut last = last.cloned();
        let mut seals = Vec::with_capacity(entries.len());
        for entry in entries {
            let seal = self.next(last.as_ref(), entry);
            last = Some(seal.clone());
            seals.push(seal);
        }
        seals
    }

    fn next(&self, last: Option<&AuditSeal>, entry: &AuditEntry) -> AuditSeal {
        let seq = last.map_or(0, |last| last.seq).saturating_add(1);
        let previous = last.map_or(&[][..], |last| &last.seal);
        let link = Link { number: seq.cast_unsigned(), previous, entry: &entry.canonical() };
        let (id, tag) = (self.newest.id(), self.newest.tag(link));
        AuditSeal { seq, event_id: entry.id, seal: [&[AuditEntry::form()], &id[..], &tag[..]].concat() }
    }
}

/// What a seal is made of.
pub(super) struct Parts<'a> {
    pub(super) form: u8,
    pub(super) key_id: [u8; KEY_ID_LEN],
    pub(super) tag: &'a [u8],
}

pub(super) fn parts(seal: &[u8]) -> Option<Parts<'_>> {
    let (&form, rest) = seal.split_first()?;
    let (&key_id, tag) = rest.split_first_chunk::<KEY_ID_LEN>()?;
    Some(Parts { form, key_id, tag })
}
