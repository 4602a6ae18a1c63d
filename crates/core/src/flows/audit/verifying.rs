//! Is the audit log what it was when it was sealed?
//!
//! The whole of it is read, a page at a time, while others go on writing: memory does not grow with the log.

use portcullis_crypto::MasterKey;

use crate::Auth;
use crate::flows::Trouble;
use crate::model::EventId;
use crate::model::audit::NotedSeal;
use crate::policy::audit_chain::{AuditCheck, AuditReport};
use crate::ports::audit_store::{AUDIT_PAGE, EventWindow};

/// What whoever checks the log knows, and the server does not.
#[derive(Debug, Clone, Default)]
pub struct KnownElsewhere {
    /// A seal that was noted earlier.
    pub noted: Option<NotedSeal>,
    /// Master keys that were in use before, the oldest first.
    pub earlier_master_keys: Vec<MasterKey>,
}

/// Hears how many entries were looked at.
pub type Progress<'p> = &'p mut (dyn FnMut(u64) + Send);

impl Auth {
    /// Looks at every entry and every seal.
    pub async fn verify_audit_log(
        &self,
        known: &KnownElsewhere,
        progress: Progress<'_>,
    ) -> Result<AuditReport, Trouble> {
        let sealer = self.sealer().clone().knowing(&known.earlier_master_keys);
        loop {
            let check = AuditCheck::new(&sealer, known.noted.clone());
            let report = self.look_at_audit_log(check, progress).await?;
            // Retention may have cut the log under the eyes of who reads it.
            if report.fault_count == 0 || self.begins_at(report.begins_at).await? {
                return Ok(report);
            }
        }
    }

    async fn look_at_audit_log(
        &self,
        mut check: AuditCheck,
        progress: Progress<'_>,
    ) -> Result<AuditReport, Trouble> {
        let mut seen = 0;
        self.look_at_sealed(&mut check, &mut seen, progress).await?;
        self.look_at_unsealed(&mut check).await?;
        // What was sealed between the two looks, neither has seen: retention may just have told what it did.
        self.look_at_sealed(&mut check, &mut seen, progress).await?;
        Ok(check.finish())
    }

    async fn look_at_sealed(
        &self,
        check: &mut AuditCheck,
        seen: &mut u64,
        progress: Progress<'_>,
    ) -> Result<(), Trouble> {
        loop {
            let page = self.store().list_sealed_audit_entries(check.seen_up_to()).await?;
            if page.is_empty() {
                return Ok(());
            }
            *seen += page.len() as u64;
            for sealed in page {
                check.see(sealed);
            }
            progress(*seen);
        }
    }

    async fn look_at_unsealed(&self, check: &mut AuditCheck) -> Result<(), Trouble> {
        let mut after = EventId::from_uuid(uuid::Uuid::nil());
        loop {
            let up_to = self.store().find_audit_page_end(after).await?;
            let window = EventWindow { after, up_to };
            for entry in self.store().list_unsealed_audit_entries(window, AUDIT_PAGE).await? {
                check.see_unsealed(&entry);
            }
            match up_to {
                Some(end) => after = end,
                None => return Ok(()),
            }
        }
    }

    /// Whether the log still begins where it did.
    async fn begins_at(&self, seq: Option<i64>) -> Result<bool, Trouble> {
        let first = self.store().list_sealed_audit_entries(0).await?.into_iter().next();
        Ok(first.map(|first| first.seal.seq) == seq)
    }
}
