//! What is the audit log of the store, seen from outside?

use async_trait::async_trait;
use portcullis_core::model::audit::SealedEntry;
use portcullis_core::model::{AuditEntry, AuditEvent, AuditSeal, EventId, Page, PageRequest, Timestamp};
use portcullis_core::policy::audit_chain::AuditSealer;
use portcullis_core::ports::StoreError;
use portcullis_core::ports::audit_store::{AuditFilter, AuditStore, EventWindow, Pruned, Sealed};

use crate::SqlStore;
use crate::engine::operation;
use crate::operations::{audit, audit_seals};

#[async_trait]
impl AuditStore for SqlStore {
    async fn append_audit_events(&self, events: &[AuditEvent]) -> Result<(), StoreError> {
        let events = events.to_vec();
        self.engine.write(operation!([events] | c | audit::append_all(c, events))).await
    }

    async fn list_audit_events(
        &self,
        filter: &AuditFilter,
        page: PageRequest<EventId>,
    ) -> Result<Page<AuditEvent, EventId>, StoreError> {
        let filter = filter.clone();
        self.engine.read(operation!([filter, page] | c | audit::list(c, filter, *page))).await
    }

    async fn list_unsealed_audit_entries(
        &self,
        window: EventWindow,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        self.engine
            .read(operation!([window, limit] | c | audit_seals::list_unsealed(c, *window, *limit)))
            .await
    }

    async fn last_audit_seal(&self) -> Result<Option<AuditSeal>, StoreError> {
        self.engine.read(operation!([] | c | audit_seals::last(c))).await
    }

    async fn find_audit_seal_from(&self, seq: i64) -> Result<Option<AuditSeal>, StoreError> {
        self.engine.read(operation!([seq] | c | audit_seals::from(c, *seq))).await
    }

    async fn seal_audit_events(
        &self,
        window: EventWindow,
        sealer: &AuditSealer,
    ) -> Result<Sealed, StoreError> {
        let sealer = sealer.clone();
        self.engine.write(operation!([window, sealer] | c | audit_seals::seal(c, *window, sealer))).await
    }

    async fn find_audit_page_end(&self, after: EventId) -> Result<Option<EventId>, StoreError> {
        self.engine.read(operation!([after] | c | audit_seals::find_page_end(c, *after))).await
    }

    async fn list_sealed_audit_entries(&self, after: i64) -> Result<Vec<SealedEntry>, StoreError> {
        self.engine.read(operation!([after] | c | audit_seals::list_sealed(c, *after))).await
    }

    async fn prune_audit_events(
        &self,
        before: Timestamp,
        event: &AuditEvent,
        sealer: &AuditSealer,
    ) -> Result<Pruned, StoreError> {
        let (event, sealer) = (event.clone(), sealer.clone());
        self.engine
            .write(operation!([before, event, sealer] | c | audit_seals::prune(c, *before, event, sealer)))
            .await
    }
}
