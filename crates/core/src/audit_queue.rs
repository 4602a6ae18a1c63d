//! Where do entries of the audit log wait that no transaction writes: those of what was refused?
//!
//! ```text
//! refused ──▶ note(): memory only ──▶ queue ──▶ a writer in the background, many at once ──▶ store
//! ```
//!
//! Invariants
//! - To note something takes the same time whatever it is about: memory only, no database, no account looked up.
//! - The queue is bounded. What it had to leave out is counted by kind, and the log itself says how many there were.
//! - What is being written stays in the queue until it is written; a writer that is interrupted begins again.
//!
//! SECURITY: if only failed logins of accounts that exist were written before the answer, the time of the answer would
//! tell who has one.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use crate::model::{AuditEvent, AuditKind, EventId, Timestamp};

/// How many entries wait at most: about 4 MB.
const CAPACITY: usize = 10_000;
/// How many entries of a kind a minute may be about nobody we know. Anybody can cause them, with names made up for it, and
/// they would fill the disk.
const OF_NOBODY_A_MINUTE: u32 = 60;
/// For how long one session's refusals of a kind are one entry.
const REPEATED_WITHIN: Duration = Duration::from_hours(1);
/// How many sessions' refusals are remembered for that.
const REMEMBERED: usize = 10_000;

/// The queue of one process.
#[derive(Debug, Default)]
pub(crate) struct AuditQueue {
    state: Mutex<State>,
    /// Whenever something is noted.
    noted: Notify,
    /// One writer at a time.
    pub(crate) writing: tokio::sync::Mutex<()>,
}

/// What the queue has done so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AuditQueueMetrics {
    /// Entries that wait to be written.
    pub waiting: u64,
    /// Entries that were written by way of the queue.
    pub written: u64,
    /// Entries that were left out.
    pub dropped: u64,
    /// Times that this process would not go on with the seals of the log: it does not have the master key of the last one,
    /// or has seen one that is gone.
    pub seals_refused: u64,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<AuditEvent>,
    /// How many were left out since the log was told of it last.
    left_out: BTreeMap<AuditKind, u64>,
    written: u64,
    dropped: u64,
    seals_refused: u64,
    minute: Window<BTreeMap<AuditKind, u32>>,
    repeated: Window<HashSet<(AuditKind, [u8; 16])>>,
}

/// Something that is counted for a while, and then from the beginning.
#[derive(Debug, Default)]
struct Window<T> {
    begun: Option<Timestamp>,
    counted: T,
}

impl<T: Default> Window<T> {
    fn at(&mut self, now: Timestamp, length: Duration) -> &mut T {
        // A clock that was set back begins anew as well.
        let is_over = self.begun.is_none_or(|begun| now < begun || now.since(begun) >= length);
        if is_over {
            *self = Self { begun: Some(now), counted: T::default() };
        }
        &mut self.counted
    }
}

impl AuditQueue {
    /// Notes an entry. Does not wait for anything.
    pub(crate) fn note(&self, event: AuditEvent) {
        self.state().note(event);
        self.noted.notify_one();
    }

    /// Waits until something was noted that may wait to be written.
    pub(crate) async fn wait(&self) {
        let is_empty = {
            let state = self.state();
            state.waiting.is_empty() && state.left_out.is_empty()
        };
        if is_empty {
            self.noted.notified().await;
        }
    }

    /// The oldest entries that wait; they go on waiting.
    pub(crate) fn peek(&self, most: usize) -> Vec<AuditEvent> {
        self.state().waiting.iter().take(most).cloned().collect()
    }

    /// Takes away what was written.
    pub(crate) fn take_away(&self, written: &[EventId]) {
        let mut state = self.state();
        let before = state.waiting.len();
        // Some of them may have been left out meanwhile, but all that are there stand in front.
        let written: HashSet<_> = written.iter().copied().collect();
        while state.waiting.front().is_some_and(|event| written.contains(&event.id)) {
            state.waiting.pop_front();
        }
        state.written += (before - state.waiting.len()) as u64;
    }

    /// What was left out since this was asked last, by kind.
    pub(crate) fn take_left_out(&self) -> Vec<(AuditKind, u64)> {
        std::mem::take(&mut self.state().left_out).into_iter().collect()
    }

    /// Gives back what [`Self::take_left_out`] took: it could not be written down.
    pub(crate) fn give_back_left_out(&self, left_out: Vec<(AuditKind, u64)>) {
        let mut state = self.state();
        for (kind, count) in left_out {
            *state.left_out.entry(kind).or_default() += count;
        }
    }

    /// Counts that the log was not sealed, although there is something to seal or to remove.
    pub(crate) fn count_refusal(&self) {
        self.state().seals_refused += 1;
    }

    /// What it has done so far.
    pub(crate) fn metrics(&self) -> AuditQueueMetrics {
        let state = self.state();
        AuditQueueMetrics {
            waiting: state.waiting.len() as u64,
            written: state.written,
            dropped: state.dropped,
            seals_refused: state.seals_refused,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn note(&mut self, event: AuditEvent) {
        if self.is_repeated(&event) {
            return;
        }
        let is_of_nobody = event.account_id.is_none() && event.session_id.is_none();
        // An alarm is rare, and comes when there is much of the other.
        if is_of_nobody && event.kind != AuditKind::StuffingSuspected {
            let so_far = self.minute.at(event.at, Duration::from_mins(1)).entry(event.kind).or_default();
            *so_far = so_far.saturating_add(1);
            if *so_far > OF_NOBODY_A_MINUTE {
                self.leave_out(event.kind);
                return;
            }
        }
        if self.waiting.len() >= CAPACITY
            && let Some(oldest) = self.waiting.pop_front()
        {
            self.leave_out(oldest.kind);
        }
        self.waiting.push_back(event);
    }

    /// Whether a client does again and again what changes nothing: what it was refused before, or a look at what is its own.
    fn is_repeated(&mut self, event: &AuditEvent) -> bool {
        let may_repeat = matches!(
            event.kind,
            AuditKind::RefreshRefused | AuditKind::AuthorizationFailed | AuditKind::AccountExported
        );
        let Some(session) = event.session_id.filter(|_| may_repeat) else { return false };
        let seen = self.repeated.at(event.at, REPEATED_WITHIN);
        seen.len() < REMEMBERED && !seen.insert((event.kind, session.into_bytes()))
    }

    fn leave_out(&mut self, kind: AuditKind) {
        if self.left_out.is_empty() {
            tracing::warn!(
                kind = kind.as_str(),
                "there is more for the audit log than it takes; the log will say how much is missing"
            );
        }
        self.dropped += 1;
        *self.left_out.entry(kind).or_default() += 1;
    }
}

#[cfg(test)]
mod tests;
