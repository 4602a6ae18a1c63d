//! When is an entry of the audit log forgotten?

use std::time::Duration;

use crate::Auth;
use crate::flows::Trouble;
use crate::model::{AuditKind, Client};
use crate::ports::store::{Job, JobClaim};

/// For how long a node that keeps the log keeps others from doing the same.
const HELD_FOR: Duration = Duration::from_mins(50);

/// What became of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// Entries whose time was over.
    pub removed: u64,
    /// Entries that had no seal, however old they are.
    pub sealed: u64,
}

impl Auth {
    /// Removes what is older than `retention`, if there is one, and seals what nobody has sealed. `None`, and nothing
    /// done, when another node has seen to it within the hour.
    pub async fn keep_audit_log(&self, retention: Option<Duration>) -> Result<Option<Kept>, Trouble> {
        let now = self.now();
        let (job, holder, until) = (Job::KeepAudit, self.node().to_owned(), now.plus(HELD_FOR));
        if !self.store().claim_job(&JobClaim { job, holder, now, until }).await? {
            return Ok(None);
        }
        let removed = match retention {
            Some(retention) => self.prune_audit_log(retention).await?,
            None => 0,
        };
        Ok(Some(Kept { removed, sealed: self.seal_whole_audit_log().await? }))
    }

    /// Removes entries that were sealed and are older than `retention`; answers how many. The log says itself up to
    /// where it was cut. Several transactions, so that nobody waits for long.
    pub async fn prune_audit_log(&self, retention: Duration) -> Result<u64, Trouble> {
        let before = self.now().minus(retention);
        let mut gone = 0;
        loop {
            let event = self.event_of_nobody(AuditKind::AuditPruned, &Client::operator());
            let sealer = self.sealer_having_seen(self.sealing().lock().await.seen());
            let pruned = self.store().prune_audit_events(before, &event, &sealer).await?;
            self.heed(pruned.refused)?;
            gone += pruned.count;
            if pruned.count == 0 {
                return Ok(gone);
            }
        }
    }
}
