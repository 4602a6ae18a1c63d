//! Which seals does the audit log get, and is it still what it was when it got them?
//!
//! ```text
//! seal 1 = tag(1, nothing, entry) ◀── seal 2 = tag(2, seal 1, entry) ◀── seal 3 = tag(3, seal 2, entry) …
//! ```
//!
//! Entries are sealed soon after they were committed, in the order of their ids; one that was committed late is sealed
//! late. A new master key brings a new key of the chain: seals are made with the newest only, and none with an older one
//! after that. Retention removes the oldest entries with their seals, but keeps the seal of the last one that it removed: the
//! chain goes on from there, and an entry with a tag of its own says so.

mod cut;
mod sealer;

use std::time::Duration;

use portcullis_crypto::chain::{ChainKey, Link};

use self::cut::Told;
pub use self::sealer::{AuditSealer, SealingRefusal};
use self::sealer::{Parts, parts};
use crate::model::audit::{Found, NotedSeal, SealedEntry};
use crate::model::{AuditEntry, AuditKind, AuditSeal, EventId, Timestamp};

/// An entry that is older by more than that than the one that was sealed before it did not come the ordinary way.
pub const LATE_AFTER: Duration = Duration::from_hours(1);

/// So many faults are told one by one; the others are counted.
const MOST_TOLD: usize = 100;

/// Something is not as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuditFault {
    /// An entry, or its seal, was changed.
    Changed {
        /// The number of its seal.
        seq: i64,
        /// The entry.
        event_id: EventId,
    },
    /// The seal of an entry is under a master key that was not given. The first of them is told; nothing is known about
    /// any.
    OtherKey {
        /// The number of its seal.
        seq: i64,
        /// The entry.
        event_id: EventId,
    },
    /// An entry was removed; its seal is there.
    Removed {
        /// The number of its seal.
        seq: i64,
        /// The entry.
        event_id: EventId,
    },
    /// Seals were removed, and what they were of.
    SealsRemoved {
        /// The first that is missing.
        from: i64,
        /// The last that is missing.
        to: i64,
    },
    /// The beginning was removed, and not by retention.
    BeginningRemoved {
        /// The last seal that is missing with its entry.
        up_to: i64,
    },
    /// A seal that was noted elsewhere is beyond the end: the end was removed.
    EndRemoved {
        /// The number that was noted.
        noted: i64,
    },
    /// A seal is another than was noted elsewhere.
    NotAsNoted {
        /// The number that was noted.
        noted: i64,
    },
    /// A seal that was noted elsewhere is older than what retention has left.
    NotedIsPruned {
        /// The number that was noted.
        noted: i64,
    },
}

/// Entries that are older by more than [`LATE_AFTER`] than the one that was sealed before them: they were put in later,
/// by an import or by somebody who can write to the table, or the clock of their node was wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LateEntries {
    /// How many times that happened. What was put in together and sealed together counts once.
    pub count: u64,
    /// The first of them.
    pub first: Option<EventId>,
}

/// What came of a look at the whole log.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AuditReport {
    /// Entries whose seal is good.
    pub verified: u64,
    /// Entries without a seal so far.
    pub unsealed: u64,
    /// The number of the first seal there is.
    pub begins_at: Option<i64>,
    /// The last seal whose entry retention has removed.
    pub pruned_up_to: Option<i64>,
    /// The last seal there is, to be noted elsewhere.
    pub head: Option<NotedSeal>,
    /// What came in late.
    pub late: LateEntries,
    /// The first faults, at most a hundred.
    pub faults: Vec<AuditFault>,
    /// How many faults there are.
    pub fault_count: u64,
}

impl AuditReport {
    fn tell(&mut self, fault: AuditFault) {
        self.fault_count += 1;
        if self.faults.len() < MOST_TOLD {
            self.faults.push(fault);
        }
    }
}

/// What is to be said of one seal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Judgement {
    Good,
    Bad,
    OtherKey,
}

/// Looks at a log from its first seal to its last. Keeps nothing but the last seal.
#[derive(Debug)]
pub struct AuditCheck {
    keys: Vec<ChainKey>,
    /// Which of them made the last seal: no older one makes any after it.
    key_in_use: usize,
    /// The time of the first entry that was sealed with it.
    key_in_use_since: Option<Timestamp>,
    has_told_other_key: bool,
    noted: Option<NotedSeal>,
    last: Option<AuditSeal>,
    /// The time of the last entry with a good seal.
    last_at: Option<Timestamp>,
    /// The seal of the last entry that is gone from the beginning.
    cut_at: Option<AuditSeal>,
    /// Whether the log itself says that it was cut there, and it is true.
    is_cut_told: bool,
    report: AuditReport,
}

impl AuditCheck {
    /// A look that has seen nothing yet. `noted` is what somebody noted elsewhere.
    pub fn new(sealer: &AuditSealer, noted: Option<NotedSeal>) -> Self {
        Self {
            keys: sealer.keys().cloned().collect(),
            key_in_use: 0,
            key_in_use_since: None,
            has_told_other_key: false,
            noted,
            last: None,
            last_at: None,
            cut_at: None,
            is_cut_told: false,
            report: AuditReport::default(),
        }
    }

    /// The number of the last seal that was seen; 0 before the first.
    pub fn seen_up_to(&self) -> i64 {
        self.last.as_ref().map_or(0, |last| last.seq)
    }

    /// Looks at the next seal and its entry.
    pub fn see(&mut self, sealed: SealedEntry) {
        let SealedEntry { seal, found } = sealed;
        self.compare_with_noted(&seal);
        self.report.begins_at = self.report.begins_at.or(Some(seal.seq));
        if self.last.is_none() && found == Found::Nothing {
            self.report.pruned_up_to = Some(seal.seq);
            self.cut_at = Some(seal.clone());
            self.last = Some(seal);
            return;
        }
        let expected = self.seen_up_to().saturating_add(1);
        let follows = seal.seq == expected;
        if !follows {
            self.report.tell(AuditFault::SealsRemoved { from: expected, to: seal.seq.saturating_sub(1) });
        }
        let (seq, event_id) = (seal.seq, seal.event_id);
        match found {
            Found::Nothing => self.report.tell(AuditFault::Removed { seq, event_id }),
            Found::Unreadable => self.report.tell(AuditFault::Changed { seq, event_id }),
            // Without the seal before it nothing can be said about it.
            Found::Entry(_) if !follows => {}
            Found::Entry(entry) => match self.judge(&seal, &entry) {
                Judgement::Good => self.count(&entry),
                Judgement::Bad => self.report.tell(AuditFault::Changed { seq, event_id }),
                Judgement::OtherKey if self.has_told_other_key => {}
                Judgement::OtherKey => {
                    self.has_told_other_key = true;
                    self.report.tell(AuditFault::OtherKey { seq, event_id });
                }
            },
        }
        self.last = Some(seal);
    }

    /// Looks at an entry without a seal. To be called after all that have one.
    pub fn see_unsealed(&mut self, entry: &AuditEntry) {
        self.report.unsealed += 1;
        self.listen(entry);
        self.look_at_time(entry.id);
    }

    /// What came of it.
    pub fn finish(mut self) -> AuditReport {
        if let Some(up_to) = self.report.pruned_up_to
            && !self.is_cut_told
        {
            self.report.tell(AuditFault::BeginningRemoved { up_to });
        }
        let begins_at = self.report.pruned_up_to.unwrap_or(1);
        if let Some(noted) = &self.noted {
            let noted = noted.seq;
            if noted < begins_at {
                self.report.tell(AuditFault::NotedIsPruned { noted });
            } else if noted > self.seen_up_to() {
                self.report.tell(AuditFault::EndRemoved { noted });
            }
        }
        self.report.head = self.last.as_ref().map(AuditSeal::noted);
        self.report
    }

    fn compare_with_noted(&mut self, seal: &AuditSeal) {
        let Some(noted) = self.noted.as_ref().filter(|noted| noted.seq == seal.seq) else { return };
        if noted.seal != seal.seal {
            self.report.tell(AuditFault::NotAsNoted { noted: seal.seq });
        }
    }

    fn judge(&mut self, seal: &AuditSeal, entry: &AuditEntry) -> Judgement {
        let previous = self.last.as_ref().map_or(&[][..], |last| &last.seal);
        let link = Link { number: seal.seq.cast_unsigned(), previous, entry: &entry.canonical() };
        let Some(Parts { form, key_id, tag }) = parts(&seal.seal) else { return Judgement::Bad };
        if !self.keys.iter().any(|key| key.id() == key_id) {
            return Judgement::OtherKey;
        }
        // SECURITY: whoever has an earlier master key must not be able to make the end of the log anew. One that came back
        // into use has a later place as well.
        let later = self.keys.iter().enumerate().skip(self.key_in_use);
        let Some((place, key)) = later.into_iter().find(|(_, key)| key.id() == key_id) else {
            return Judgement::Bad;
        };
        if form != AuditEntry::form() || entry.id != seal.event_id || !key.is_tag(link, tag) {
            return Judgement::Bad;
        }
        if place > self.key_in_use || self.key_in_use_since.is_none() {
            self.key_in_use_since = Some(entry.id.at());
        }
        self.key_in_use = place;
        Judgement::Good
    }

    fn count(&mut self, entry: &AuditEntry) {
        self.report.verified += 1;
        self.listen(entry);
        self.look_at_time(entry.id);
        // Not the newest of all: one clock that ran ahead would make everything after it late.
        self.last_at = Some(entry.id.at());
    }

    fn look_at_time(&mut self, event_id: EventId) {
        if self.last_at.is_some_and(|last| last.since(event_id.at()) > LATE_AFTER) {
            let late = &mut self.report.late;
            late.count += 1;
            late.first = late.first.or(Some(event_id));
        }
    }

    /// Takes the word of an entry that tells of retention, if it proves it.
    ///
    /// SECURITY: who can write to the database could put in an entry that explains why the beginning is gone.
    fn listen(&mut self, entry: &AuditEntry) {
        if entry.kind != AuditKind::AuditPruned.as_str() {
            return;
        }
        let told = entry.detail.as_deref().and_then(Told::read);
        let (Some(told), Some(cut_at)) = (told, &self.cut_at) else { return };
        // An earlier key is good for what was cut before the next came into use, and sealed a little later.
        let is_of_before = self.key_in_use_since.is_none_or(|since| entry.id.at() <= since.plus(LATE_AFTER));
        let first = if is_of_before { 0 } else { self.key_in_use };
        self.is_cut_told |= self.keys.iter().skip(first).any(|key| told.is_true(cut_at, key));
    }
}

#[cfg(test)]
mod tests;
