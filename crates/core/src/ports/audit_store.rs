//! What does the core ask of a database for the sake of the audit log?
//!
//! Invariants every engine keeps (`testing::store_contract` checks them):
//! - An entry is never changed. Only [`AuditStore::prune_audit_events`] removes any.
//! - Numbers of seals have no gaps, whoever seals at the same time, and no entry has two seals.
//! - What a sealer refuses is asked in the transaction that would seal or prune, and then nothing is done.

use async_trait::async_trait;

use super::StoreError;
use crate::model::audit::SealedEntry;
use crate::model::{
    AccountId, AuditEntry, AuditEvent, AuditKind, AuditSeal, EventId, Page, PageRequest, Timestamp,
};
use crate::policy::audit_chain::{AuditSealer, SealingRefusal};

/// How many entries [`AuditStore::seal_audit_events`] seals at once, and how many a page of them has.
pub const AUDIT_PAGE: u32 = 1000;

/// The part of the port that keeps the audit log.
#[async_trait]
pub trait AuditStore: Send + Sync + 'static {
    /// Adds entries that no other operation writes. One that is there already is passed over: a writer that was
    /// interrupted begins again.
    async fn append_audit_events(&self, events: &[AuditEvent]) -> Result<(), StoreError>;

    /// Entries that pass a filter, newest first.
    async fn list_audit_events(
        &self,
        filter: &AuditFilter,
        page: PageRequest<EventId>,
    ) -> Result<Page<AuditEvent, EventId>, StoreError>;

    /// Entries of a window that have no seal, up to `limit` of them, by growing id.
    async fn list_unsealed_audit_entries(
        &self,
        window: EventWindow,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, StoreError>;

    /// The last seal.
    async fn last_audit_seal(&self) -> Result<Option<AuditSeal>, StoreError>;

    /// The first seal with that number or a higher one.
    async fn find_audit_seal_from(&self, seq: i64) -> Result<Option<AuditSeal>, StoreError>;

    /// Seals up to [`AUDIT_PAGE`] entries of a window that have no seal, by growing id; answers the last seal after it, and
    /// how many there are new. Nothing is done that `sealer` refuses.
    async fn seal_audit_events(
        &self,
        window: EventWindow,
        sealer: &AuditSealer,
    ) -> Result<Sealed, StoreError>;

    /// The id that is [`AUDIT_PAGE`] entries after another; `None` when there are fewer.
    async fn find_audit_page_end(&self, after: EventId) -> Result<Option<EventId>, StoreError>;

    /// Seals with their entries after a number, up to [`AUDIT_PAGE`] of them, in their order.
    async fn list_sealed_audit_entries(&self, after: i64) -> Result<Vec<SealedEntry>, StoreError>;

    /// Removes the oldest sealed entries that are from before a time, up to [`AUDIT_PAGE`] of them, and all their seals but
    /// the last. Writes `event` down with what it did, if it did anything. Nothing is done that `sealer` refuses.
    async fn prune_audit_events(
        &self,
        before: Timestamp,
        event: &AuditEvent,
        sealer: &AuditSealer,
    ) -> Result<Pruned, StoreError>;
}

/// Which entries of the log are asked for. What is not given does not count.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AuditFilter {
    /// What happened to this account.
    pub account_id: Option<AccountId>,
    /// What is of one of these kinds; of any, when there are none.
    pub kinds: Vec<AuditKind>,
    /// What happened at that time or later.
    pub since: Option<Timestamp>,
    /// What happened before that time.
    pub until: Option<Timestamp>,
}

impl AuditFilter {
    /// What happened to an account.
    pub fn of(account_id: AccountId) -> Self {
        Self { account_id: Some(account_id), ..Self::default() }
    }
}

/// Entries between two ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventWindow {
    /// Those that come after this one.
    pub after: EventId,
    /// Those up to this one; all, when there is none.
    pub up_to: Option<EventId>,
}

/// What was sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// How many entries.
    pub count: u64,
    /// The last seal of all.
    pub last: Option<AuditSeal>,
    /// Why nothing was sealed.
    pub refused: Option<SealingRefusal>,
}

/// What was removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pruned {
    /// How many entries.
    pub count: u64,
    /// Why nothing was removed.
    pub refused: Option<SealingRefusal>,
}
