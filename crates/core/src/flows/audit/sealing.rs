//! When are the entries of the audit log sealed, and by whom?
//!
//! Every node looks every second whether there is something to seal; one of them does it. A look goes back a little
//! before the last seal, because entries may be committed late, from time to time by an hour. What comes later still, as by
//! an import, is found when the whole log is walked through.
//!
//! SECURITY: a node remembers the last seal that it has seen, also of another node, and never seals after the log has lost it:
//! what somebody has written anew does not get good seals.

use std::time::Duration;

use tokio::time::Instant;

use crate::Auth;
use crate::flows::Trouble;
use crate::model::{AuditSeal, EventId, Timestamp};
use crate::policy::audit_chain::{AuditSealer, SealingRefusal};
use crate::ports::audit_store::{AUDIT_PAGE, EventWindow, Sealed};
use crate::ports::store::{Job, JobClaim};

/// How far back a look goes: clocks may differ by a minute, and an entry may have waited for the database.
const OVERLAP: Duration = Duration::from_mins(2);
/// How far back it goes from time to time, and how often.
const WIDE_OVERLAP: Duration = Duration::from_hours(1);
const WIDE_EVERY: Duration = Duration::from_mins(1);
/// For how long a node that seals keeps others from it, and with how much of that left it asks again.
const HELD_FOR: Duration = Duration::from_secs(10);
const ASKED_WITH: Duration = Duration::from_secs(4);

/// What a node remembers from one look to the next.
#[derive(Debug, Default)]
pub struct Sealing {
    last_wide: Option<Instant>,
    held_until: Option<Timestamp>,
    seen: Option<AuditSeal>,
}

impl Sealing {
    /// The last seal that was seen.
    pub(super) fn seen(&self) -> Option<AuditSeal> {
        self.seen.clone()
    }
}

impl Auth {
    /// Seals what is new in the audit log, if this node is the one to do it; answers how many entries. To be called every
    /// second.
    pub async fn seal_audit_log(&self) -> Result<u64, Trouble> {
        let mut sealing = self.sealing().lock().await;
        let begun = Instant::now();
        let is_wide = sealing.last_wide.is_none_or(|at| begun.duration_since(at) >= WIDE_EVERY);
        let overlap = if is_wide { WIDE_OVERLAP } else { OVERLAP };
        let mut last = self.look_at_end(&mut sealing).await?;
        let mut sealed = 0;
        loop {
            let window = EventWindow { after: self.seal_from(last.as_ref(), overlap), up_to: None };
            // Most often there is nothing, and nothing is written.
            if self.store().list_unsealed_audit_entries(window, 1).await?.is_empty() {
                break;
            }
            if !self.may_seal(&mut sealing).await? {
                return Ok(sealed);
            }
            let outcome = self.seal_window(&mut sealing, window).await?;
            sealed += outcome.count;
            last = outcome.last;
            if outcome.count < u64::from(AUDIT_PAGE) {
                break;
            }
        }
        if is_wide {
            sealing.last_wide = Some(begun);
        }
        Ok(sealed)
    }

    /// Seals whatever has no seal, however old it is; answers how many entries.
    pub async fn seal_whole_audit_log(&self) -> Result<u64, Trouble> {
        self.look_at_end(&mut *self.sealing().lock().await).await?;
        let mut after = EventId::from_uuid(uuid::Uuid::nil());
        let mut sealed = 0;
        loop {
            let up_to = self.store().find_audit_page_end(after).await?;
            let window = EventWindow { after, up_to };
            while !self.store().list_unsealed_audit_entries(window, 1).await?.is_empty() {
                sealed += self.seal_window(&mut *self.sealing().lock().await, window).await?.count;
            }
            match up_to {
                Some(end) => after = end,
                None => return Ok(sealed),
            }
        }
    }

    /// The last seal, if the log still has what was seen of it.
    async fn look_at_end(&self, sealing: &mut Sealing) -> Result<Option<AuditSeal>, Trouble> {
        let last = self.store().last_audit_seal().await?;
        if last.is_some() && last == sealing.seen {
            return Ok(last);
        }
        let at_seen = match &sealing.seen {
            Some(seen) => self.store().find_audit_seal_from(seen.seq).await?,
            None => None,
        };
        let sealer = self.sealer_having_seen(sealing.seen());
        self.heed(sealer.refusal(last.as_ref(), at_seen.as_ref()))?;
        sealing.seen.clone_from(&last);
        Ok(last)
    }

    async fn seal_window(&self, sealing: &mut Sealing, window: EventWindow) -> Result<Sealed, Trouble> {
        let sealer = self.sealer_having_seen(sealing.seen());
        let outcome = self.store().seal_audit_events(window, &sealer).await?;
        self.heed(outcome.refused)?;
        sealing.seen.clone_from(&outcome.last);
        Ok(outcome)
    }

    pub(super) fn heed(&self, refused: Option<SealingRefusal>) -> Result<(), SealingRefusal> {
        let Some(refused) = refused else { return Ok(()) };
        self.audit_queue().count_refusal();
        Err(refused)
    }

    pub(super) fn sealer_having_seen(&self, seen: Option<AuditSeal>) -> AuditSealer {
        self.sealer().clone().having_seen(seen)
    }

    fn seal_from(&self, last: Option<&AuditSeal>, overlap: Duration) -> EventId {
        match last {
            // An entry may be from a clock that runs ahead.
            Some(last) => EventId::first_at(last.event_id.at().min(self.now()).minus(overlap)),
            None => EventId::from_uuid(uuid::Uuid::nil()),
        }
    }

    async fn may_seal(&self, sealing: &mut Sealing) -> Result<bool, Trouble> {
        let now = self.now();
        if sealing.held_until.is_some_and(|until| until.since(now) >= ASKED_WITH) {
            return Ok(true);
        }
        let (holder, until) = (self.node().to_owned(), now.plus(HELD_FOR));
        let is_ours = self.store().claim_job(&JobClaim { job: Job::SealAudit, holder, now, until }).await?;
        sealing.held_until = is_ours.then_some(until);
        Ok(is_ours)
    }
}
