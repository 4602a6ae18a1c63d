//! How does a test count, break, silence and hold up the database?

use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use portcullis_core::crypto::keyring::{KeyPurpose, KeyRecord};
use portcullis_core::crypto::one_time::Digest;
use portcullis_core::crypto::password::StoredHash;
use portcullis_core::model::audit::SealedEntry;
use portcullis_core::model::{
    Account, AccountId, AccountName, AccountSecret, AuditEntry, AuditEvent, AuditSeal, Email, EventId,
    Identifier, MailFilter, MailId, MailKind, MailState, NewAccount, NewMail, NewSession, Page, PageRequest,
    ProfileChange, Purpose, QueuedMail, Revocation, RevokeReason, Role, Session, SessionId, StoredToken,
    Timestamp, TokenId,
};
use portcullis_core::policy::audit_chain::AuditSealer;
use portcullis_core::ports::StoreError;
use portcullis_core::ports::audit_store::{AuditFilter, AuditStore, EventWindow, Pruned, Sealed};
use portcullis_core::ports::mail_store::{
    DeletionSchedule, EmailChange, EmailChangeRequest, EmailChangeRequested, EmailChangeUndo, EmailChanged,
    EmailVerification, MailClaim, MailEnd, MailPruning, MailStore, TokenUse,
};
use portcullis_core::ports::store::{
    AccountCreation, AccountDeletion, Adoption, JobClaim, KeyRotation, PasswordChange, PasswordReplacement,
    Reauthentication, ReauthenticationOutcome, RotationOutcome, SessionAdoption, SessionCreation,
    SessionRotation, Store,
};
use portcullis_store::SqlStore;
use tokio::sync::Barrier;

/// What is said of an outage inside the server, and nowhere else.
pub const CAUSE: &str = "no space left on /var/lib/portcullis/vault.db";

/// How the database fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outage {
    /// It is too busy, and says so.
    Unavailable,
    /// It refuses.
    Failed,
    /// It never answers.
    Silent,
    /// The code that talks to it panics.
    Panics,
}

/// The database of a test.
pub struct WatchedStore {
    inner: SqlStore,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    calls: Vec<&'static str>,
    /// After how many more calls it fails, and how.
    outage: Option<(usize, Outage)>,
    meeting: Option<Meeting>,
}

/// Two calls of one operation wait for each other.
struct Meeting {
    operation: &'static str,
    awaited: usize,
    barrier: std::sync::Arc<Barrier>,
}

impl WatchedStore {
    pub fn new(inner: SqlStore) -> Self {
        Self { inner, state: Mutex::default() }
    }

    /// Which operations were asked for since the last time somebody asked.
    pub fn take_calls(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.state().calls)
    }

    /// From now on nothing works.
    pub fn goes_down(&self, outage: Outage) {
        self.goes_down_after(0, outage);
    }

    /// So many calls still work, the others do not.
    pub fn goes_down_after(&self, calls: usize, outage: Outage) {
        self.state().outage = Some((calls, outage));
    }

    /// Everything works again.
    pub fn comes_back(&self) {
        self.state().outage = None;
    }

    /// The next two calls of an operation get to the database together.
    pub fn let_two_meet_at(&self, operation: &'static str) {
        self.state().meeting = Some(Meeting { operation, awaited: 2, barrier: Barrier::new(2).into() });
    }

    async fn pass(&self, operation: &'static str) -> Result<(), StoreError> {
        let (meeting, outage) = {
            let mut state = self.state();
            state.calls.push(operation);
            (state.arrive(operation), state.outage_of_this_call())
        };
        if let Some(barrier) = meeting {
            barrier.wait().await;
        }
        match outage {
            None => Ok(()),
            Some(Outage::Unavailable) => Err(StoreError::Unavailable {
                retry_after: Duration::from_millis(1_500),
                cause: CAUSE.into(),
            }),
            Some(Outage::Failed) => Err(StoreError::Failed { cause: CAUSE.into() }),
            Some(Outage::Silent) => std::future::pending().await,
            Some(Outage::Panics) => panic!("{CAUSE}"),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

impl State {
    fn arrive(&mut self, operation: &'static str) -> Option<std::sync::Arc<Barrier>> {
        let meeting = self.meeting.as_mut().filter(|meeting| meeting.operation == operation)?;
        let barrier = meeting.barrier.clone();
        meeting.awaited -= 1;
        if meeting.awaited == 0 {
            self.meeting = None;
        }
        Some(barrier)
    }

    fn outage_of_this_call(&mut self) -> Option<Outage> {
        let (left, outage) = self.outage.as_mut()?;
        if *left == 0 {
            return Some(*outage);
        }
        *left -= 1;
        None
    }
}

/// Passes every operation on to the inner store, once `pass` lets it.
macro_rules! watched {
    ($port:ident: $(fn $operation:ident($($argument:ident: $kind:ty),*) -> $answer:ty;)*) => {
        #[async_trait]
        impl $port for WatchedStore {
            $(async fn $operation(&self, $($argument: $kind),*) -> Result<$answer, StoreError> {
                self.pass(stringify!($operation)).await?;
                self.inner.$operation($($argument),*).await
            })*
        }
    };
}

watched! {
    Store:
    fn create_account(account: &NewAccount, session: Option<&NewSession>, event: &AuditEvent) -> AccountCreation;
    fn find_account(id: AccountId) -> Option<Account>;
    fn find_account_by_name(name: &AccountName) -> Option<Account>;
    fn find_account_by_identifier(identifier: &Identifier) -> Option<AccountSecret>;
    fn find_account_secret(id: AccountId) -> Option<AccountSecret>;
    fn list_accounts(page: PageRequest<i64>) -> Page<Account, i64>;
    fn update_profile(id: AccountId, change: &ProfileChange, now: Timestamp) -> Option<Account>;
    fn delete_account(
        id: AccountId, checked: Option<&StoredHash>, mail: Option<&NewMail>, event: &AuditEvent
    ) -> AccountDeletion;
    fn disable_account(id: AccountId, event: &AuditEvent) -> bool;
    fn enable_account(id: AccountId, event: &AuditEvent) -> bool;
    fn set_role(id: AccountId, role: Role, event: &AuditEvent) -> bool;
    fn change_password(change: &PasswordReplacement, event: &AuditEvent) -> PasswordChange;
    fn upgrade_password_hash(id: AccountId, old: &StoredHash, new: &StoredHash) -> bool;
    fn list_password_hashes(page: PageRequest<AccountId>) -> Page<(AccountId, StoredHash), AccountId>;
    fn create_session(session: &NewSession, checked: Option<&StoredHash>, event: &AuditEvent) -> SessionCreation;
    fn adopt_session(adoption: &Adoption, event: &AuditEvent) -> SessionAdoption;
    fn end_foreign_session(adoption: &Adoption, access_expires_at: Timestamp, event: &AuditEvent) -> bool;
    fn has_foreign_session_ended(id: SessionId) -> bool;
    fn rotate_session(rotation: &SessionRotation) -> RotationOutcome;
    fn reauthenticate_session(proof: &Reauthentication, event: &AuditEvent) -> ReauthenticationOutcome;
    fn find_session(id: SessionId) -> Option<Session>;
    fn list_sessions(account: AccountId, now: Timestamp, page: PageRequest<SessionId>) -> Page<Session, SessionId>;
    fn revoke_session(account: AccountId, id: SessionId, reason: RevokeReason, event: &AuditEvent) -> bool;
    fn revoke_sessions(
        account: AccountId, except: Option<SessionId>, reason: RevokeReason, event: &AuditEvent
    ) -> Vec<SessionId>;
    fn list_revocations(since: Timestamp, now: Timestamp) -> Vec<Revocation>;
    fn list_keys() -> Vec<KeyRecord>;
    fn add_first_keys(keys: &[KeyRecord], events: &[AuditEvent]) -> bool;
    fn rotate_keys(rotation: &KeyRotation, event: &AuditEvent) -> bool;
    fn replace_next_key(replaced: &KeyRecord, by: &KeyRecord, event: &AuditEvent) -> bool;
    fn reseal_keys(old: &[KeyRecord], new: &[KeyRecord], event: &AuditEvent) -> bool;
    fn delete_keys_retired_before(purpose: KeyPurpose, before: Timestamp) -> u64;
    fn prune_sessions(ended_before: Timestamp, now: Timestamp) -> u64;
    fn claim_job(claim: &JobClaim) -> bool;
    fn database_time() -> Option<Timestamp>;
    fn ping() -> ();
}

watched! {
    MailStore:
    fn request_mail(mail: &NewMail, token: Option<&StoredToken>, event: Option<&AuditEvent>) -> ();
    fn keep_token(token: &StoredToken, event: &AuditEvent) -> ();
    fn issue_token(token: &StoredToken, mail: MailId) -> bool;
    fn request_email_change(request: &EmailChangeRequest, event: &AuditEvent) -> EmailChangeRequested;
    fn find_token_by_code(email: &Email, purpose: Purpose, code: &Digest, now: Timestamp) -> Option<StoredToken>;
    fn find_token(digest: &Digest) -> Option<StoredToken>;
    fn find_token_by_id(id: TokenId) -> Option<StoredToken>;
    fn set_token_code(id: TokenId, code: &Digest) -> ();
    fn find_newest_token(email: &Email, purpose: Purpose, now: Timestamp) -> Option<StoredToken>;
    fn list_invitations(now: Timestamp, page: PageRequest<TokenId>) -> Page<StoredToken, TokenId>;
    fn delete_token(id: TokenId, event: Option<&AuditEvent>) -> bool;
    fn verify_email(token: TokenUse, event: &AuditEvent) -> EmailVerification;
    fn mark_email_verified(account: AccountId, email: &Email, event: &AuditEvent) -> bool;
    fn change_email(change: &EmailChange, event: &AuditEvent) -> EmailChanged;
    fn undo_email_change(undo: &EmailChangeUndo, event: &AuditEvent) -> EmailChanged;
    fn schedule_deletion(deletion: &DeletionSchedule, event: &AuditEvent) -> AccountDeletion;
    fn undo_deletion(token: TokenUse, event: &AuditEvent) -> bool;
    fn list_due_deletions(now: Timestamp) -> Vec<AccountId>;
    fn delete_due_account(id: AccountId, mail: &NewMail, event: &AuditEvent) -> bool;
    fn claim_mails(claim: &MailClaim, limit: u32) -> Vec<QueuedMail>;
    fn finish_mail(id: MailId, holder: &str, end: &MailEnd) -> bool;
    fn count_sent_mails(kind: MailKind, to: Option<&Email>, since: Timestamp) -> u64;
    fn list_mails(filter: &MailFilter, page: PageRequest<MailId>) -> Page<QueuedMail, MailId>;
    fn retry_mails(id: Option<MailId>, now: Timestamp) -> u64;
    fn count_mails_by_state() -> Vec<(MailState, u64)>;
    fn prune_mails(pruning: &MailPruning) -> u64;
}

watched! {
    AuditStore:
    fn append_audit_events(events: &[AuditEvent]) -> ();
    fn list_audit_events(filter: &AuditFilter, page: PageRequest<EventId>) -> Page<AuditEvent, EventId>;
    fn list_unsealed_audit_entries(window: EventWindow, limit: u32) -> Vec<AuditEntry>;
    fn last_audit_seal() -> Option<AuditSeal>;
    fn find_audit_seal_from(seq: i64) -> Option<AuditSeal>;
    fn seal_audit_events(window: EventWindow, sealer: &AuditSealer) -> Sealed;
    fn find_audit_page_end(after: EventId) -> Option<EventId>;
    fn list_sealed_audit_entries(after: i64) -> Vec<SealedEntry>;
    fn prune_audit_events(before: Timestamp, event: &AuditEvent, sealer: &AuditSealer) -> Pruned;
}
