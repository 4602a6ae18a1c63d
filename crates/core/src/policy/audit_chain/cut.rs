//! How does the log say that retention has cut its beginning off, so that nobody else can say it?
//!
//! ```text
//! entries up to 7, proved by <id of the key><tag over 7 and seal 7>
//! ```

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use portcullis_crypto::chain::{ChainKey, KEY_ID_LEN};

use crate::model::{AuditDetail, AuditSeal};

const ENTRIES_UP_TO: &str = "entries up to ";
const PROVED_BY: &str = ", proved by ";

/// What an entry about retention says.
#[derive(Debug)]
pub(super) struct Told {
    up_to: i64,
    /// The id of a key in front of a tag.
    proof: Vec<u8>,
}

impl Told {
    /// That everything up to a seal was removed, said by who knows a key.
    pub(super) fn of(last: &AuditSeal, key: &ChainKey) -> Self {
        let tag = key.tag_of_cut(last.seq.cast_unsigned(), &last.seal);
        Self { up_to: last.seq, proof: [&key.id()[..], &tag].concat() }
    }

    /// The words. They are shorter than the longest detail.
    pub(super) fn detail(&self) -> AuditDetail {
        let Self { up_to, proof } = self;
        AuditDetail::told(format_args!("{ENTRIES_UP_TO}{up_to}{PROVED_BY}{}", URL_SAFE_NO_PAD.encode(proof)))
    }

    /// What the words say.
    pub(super) fn read(detail: &str) -> Option<Self> {
        let (up_to, proof) = detail.strip_prefix(ENTRIES_UP_TO)?.split_once(PROVED_BY)?;
        Some(Self { up_to: up_to.parse().ok()?, proof: URL_SAFE_NO_PAD.decode(proof).ok()? })
    }

    /// Whether it speaks of that seal, and was said by who knows the key.
    pub(super) fn is_true(&self, cut_at: &AuditSeal, key: &ChainKey) -> bool {
        let Some((id, tag)) = self.proof.split_first_chunk::<KEY_ID_LEN>() else { return false };
        self.up_to == cut_at.seq
            && *id == key.id()
            && key.is_tag_of_cut(cut_at.seq.cast_unsigned(), &cut_at.seal, tag)
    }
}
