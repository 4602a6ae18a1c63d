//! What does the core ask of a database?
//!
//! Invariants every engine keeps (`testing::store_contract` checks them):
//! - An operation happens wholly or not at all, and has happened for good when it answers.
//! - What several callers can race for is one operation with an outcome; nothing is read, decided and
//!   written in separate calls.
//! - Whatever an operation reports to the audit log is written in the same transaction.
//! - Ending a session adds it to the revocation feed while an access token of it may be alive to anybody: up to
//!   [`FEED_MARGIN`] after its end.

mod sessions;

use std::time::Duration;

use async_trait::async_trait;
use portcullis_crypto::keyring::{KeyPurpose, KeyRecord, KeyState};
use portcullis_crypto::password::StoredHash;

pub use self::sessions::{
    Adoption, Reauthentication, ReauthenticationOutcome, RotationOutcome, SessionAdoption, SessionCreation,
    SessionRotation,
};
use super::mail_store::TokenUse;
use super::{AuditStore, MailStore};
use crate::model::{
    Account, AccountId, AccountName, AccountSecret, AuditEvent, Identifier, NewAccount, NewMail, NewSession,
    Page, PageRequest, ProfileChange, Revocation, RevokeReason, Role, Session, SessionId, Timestamp,
};

/// How much longer than the clock of the writing node would ask for an entry of the feed is written and kept.
///
/// SECURITY: that clock may be ahead; to another node, an access token that looks dead to it is alive.
pub const FEED_MARGIN: Duration = Duration::from_hours(1);

/// The port to the database.
#[async_trait]
pub trait Store: AuditStore + MailStore + Send + Sync + 'static {
    /// Creates an account, and the session of its first login with it when one is given. An address that another account may
    /// still get back ([`crate::model::Purpose::UndoEmailChange`]) is taken for who has not shown that it is theirs.
    async fn create_account(
        &self,
        account: &NewAccount,
        session: Option<&NewSession>,
        event: &AuditEvent,
    ) -> Result<AccountCreation, StoreError>;

    /// The account of that id.
    async fn find_account(&self, id: AccountId) -> Result<Option<Account>, StoreError>;

    /// The account of that name.
    async fn find_account_by_name(&self, name: &AccountName) -> Result<Option<Account>, StoreError>;

    /// The account that an identifier belongs to, with its password hash.
    async fn find_account_by_identifier(
        &self,
        identifier: &Identifier,
    ) -> Result<Option<AccountSecret>, StoreError>;

    /// The account of that id, with its password hash.
    async fn find_account_secret(&self, id: AccountId) -> Result<Option<AccountSecret>, StoreError>;

    /// Accounts by growing number.
    async fn list_accounts(&self, page: PageRequest<i64>) -> Result<Page<Account, i64>, StoreError>;

    /// Changes the profile fields that are given; answers the account after it, `None` when there is none.
    async fn update_profile(
        &self,
        id: AccountId,
        change: &ProfileChange,
        now: Timestamp,
    ) -> Result<Option<Account>, StoreError>;

    /// Deletes an account with all that belongs to it, and writes to the address that it had. With `checked`, only if that is
    /// still its password.
    async fn delete_account(
        &self,
        id: AccountId,
        checked: Option<&StoredHash>,
        mail: Option<&NewMail>,
        event: &AuditEvent,
    ) -> Result<AccountDeletion, StoreError>;

    /// Disables an account at the time of the event and ends all its sessions. False when there is none;
    /// an account that was disabled before keeps its date.
    async fn disable_account(&self, id: AccountId, event: &AuditEvent) -> Result<bool, StoreError>;

    /// Enables an account. False when there is none.
    async fn enable_account(&self, id: AccountId, event: &AuditEvent) -> Result<bool, StoreError>;

    /// Gives an account a role. False when there is none.
    async fn set_role(&self, id: AccountId, role: Role, event: &AuditEvent) -> Result<bool, StoreError>;

    /// Replaces a password if it is still the one that was checked, and ends all other sessions. Tokens of the account die,
    /// but for those that undo.
    async fn change_password(
        &self,
        change: &PasswordReplacement,
        event: &AuditEvent,
    ) -> Result<PasswordChange, StoreError>;

    /// Replaces a hash by a better one of the same password, if it is still the one that was checked.
    async fn upgrade_password_hash(
        &self,
        id: AccountId,
        old: &StoredHash,
        new: &StoredHash,
    ) -> Result<bool, StoreError>;

    /// Password hashes by their accounts, but for those that nobody can read.
    async fn list_password_hashes(
        &self,
        page: PageRequest<AccountId>,
    ) -> Result<Page<(AccountId, StoredHash), AccountId>, StoreError>;

    /// Begins a session. The account is looked at in the same transaction: one that was disabled, deleted,
    /// or whose password was replaced while the old one was being checked gets none. One that has as many as it may have
    /// ([`NewSession::limit`]) loses those that were used least recently.
    async fn create_session(
        &self,
        session: &NewSession,
        checked: Option<&StoredHash>,
        event: &AuditEvent,
    ) -> Result<SessionCreation, StoreError>;

    /// Begins the session that a refresh token of an older system stands for, once. Its account is looked at in the same
    /// transaction: one that is disabled, gone, or has ended all its sessions since gets none. The limit counts as for any.
    async fn adopt_session(
        &self,
        adoption: &Adoption,
        event: &AuditEvent,
    ) -> Result<SessionAdoption, StoreError>;

    /// Ends a session that an older system began, whether it was adopted or not, for good: it is never adopted after
    /// this, and its access tokens are refused until `access_expires_at`, or for longer if they may live for longer.
    /// False when it had ended before.
    async fn end_foreign_session(
        &self,
        adoption: &Adoption,
        access_expires_at: Timestamp,
        event: &AuditEvent,
    ) -> Result<bool, StoreError>;

    /// Whether a session that an older system began was ended, however long ago.
    async fn has_foreign_session_ended(&self, id: SessionId) -> Result<bool, StoreError>;

    /// Judges a refresh token (`policy::refresh::judge`) and does what the verdict says, in one transaction.
    async fn rotate_session(&self, rotation: &SessionRotation) -> Result<RotationOutcome, StoreError>;

    /// Notes that the password of the account was proved again in one of its live sessions, if it is still the one that
    /// was checked, and makes the next generation current: older refresh tokens do not share in the proof.
    async fn reauthenticate_session(
        &self,
        proof: &Reauthentication,
        event: &AuditEvent,
    ) -> Result<ReauthenticationOutcome, StoreError>;

    /// The session of that id, ended and expired ones too until they are pruned.
    async fn find_session(&self, id: SessionId) -> Result<Option<Session>, StoreError>;

    /// The live sessions of an account, newest first.
    async fn list_sessions(
        &self,
        account_id: AccountId,
        now: Timestamp,
        page: PageRequest<SessionId>,
    ) -> Result<Page<Session, SessionId>, StoreError>;

    /// Ends one session if it belongs to the account and was not ended before.
    async fn revoke_session(
        &self,
        account_id: AccountId,
        session_id: SessionId,
        reason: RevokeReason,
        event: &AuditEvent,
    ) -> Result<bool, StoreError>;

    /// Ends all sessions of an account but one; answers those that it ended.
    async fn revoke_sessions(
        &self,
        account_id: AccountId,
        except: Option<SessionId>,
        reason: RevokeReason,
        event: &AuditEvent,
    ) -> Result<Vec<SessionId>, StoreError>;

    /// The revocation feed: entries made at or after `since` that have not expired at `now`.
    async fn list_revocations(&self, since: Timestamp, now: Timestamp)
    -> Result<Vec<Revocation>, StoreError>;

    /// All keys, whatever their state.
    async fn list_keys(&self) -> Result<Vec<KeyRecord>, StoreError>;

    /// Adds the first keys, and what the audit log says of that. False, and nothing added, when there are keys already:
    /// another process was faster.
    async fn add_first_keys(&self, keys: &[KeyRecord], events: &[AuditEvent]) -> Result<bool, StoreError>;

    /// Takes one key out of service and puts another into it. False when `replaces` is not active any more, or sealed
    /// otherwise: another process was faster.
    async fn rotate_keys(&self, rotation: &KeyRotation, event: &AuditEvent) -> Result<bool, StoreError>;

    /// Revokes a key that is next, and makes another the next one. False when it is not next any more, or sealed
    /// otherwise: another process was faster.
    async fn replace_next_key(
        &self,
        replaced: &KeyRecord,
        by: &KeyRecord,
        event: &AuditEvent,
    ) -> Result<bool, StoreError>;

    /// Puts all keys under another seal at once: `new` are those of `old`, in the same order. False, and nothing done,
    /// when the keys are not `old` any more.
    async fn reseal_keys(
        &self,
        old: &[KeyRecord],
        new: &[KeyRecord],
        event: &AuditEvent,
    ) -> Result<bool, StoreError>;

    /// Forgets keys of a purpose that were retired or revoked before a time.
    async fn delete_keys_retired_before(
        &self,
        purpose: KeyPurpose,
        before: Timestamp,
    ) -> Result<u64, StoreError>;

    /// Forgets sessions that ended before a time, and entries of the feed and adopted sessions' ids whose time is over
    /// at `now`; answers
    /// how many sessions. A heap of them is forgotten in several transactions, so that nobody waits for long.
    async fn prune_sessions(&self, ended_before: Timestamp, now: Timestamp) -> Result<u64, StoreError>;

    /// Takes a job that only one node should do, or keeps it for longer. False when another node has it.
    async fn claim_job(&self, claim: &JobClaim) -> Result<bool, StoreError>;

    /// Waits until another node may have ended a session or changed the keys. For ever where the database cannot
    /// tell: what matters is looked at every second anyway.
    async fn wait_for_news(&self) {
        std::future::pending::<()>().await;
    }

    /// What the clock of the database says, where it has one of its own.
    async fn database_time(&self) -> Result<Option<Timestamp>, StoreError>;

    /// Whether the database answers reads and could take a write.
    async fn ping(&self) -> Result<(), StoreError>;
}

/// What one node does for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Job {
    /// Forgetting what has expired.
    ClearAway,
    /// Sealing the audit log.
    SealAudit,
    /// Forgetting what is over in the audit log.
    KeepAudit,
    /// Rotating the signing keys whose time has come.
    RotateKeys,
}

impl Job {
    /// Its name in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ClearAway => "clear_away",
            Self::SealAudit => "seal_audit",
            Self::KeepAudit => "keep_audit",
            Self::RotateKeys => "rotate_keys",
        }
    }
}

/// A node wants to do a job for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobClaim {
    /// Which.
    pub job: Job,
    /// The node; a name that no other has.
    pub holder: String,
    /// When it asks.
    pub now: Timestamp,
    /// Until when no other node gets it.
    pub until: Timestamp,
}

/// Why an operation did not happen.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be reached or is too busy; worth another try.
    #[error("the database is unavailable: {cause}")]
    Unavailable {
        /// When to try again.
        retry_after: Duration,
        /// For the log only.
        cause: String,
    },
    /// The database refused, or holds something that cannot be read. Another try will not help.
    #[error("the database failed: {cause}")]
    Failed {
        /// For the log only.
        cause: String,
    },
}

/// What became of a new account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountCreation {
    /// It exists, under this number.
    Created {
        /// [`Account::number`]
        number: i64,
    },
    /// Its email address belongs to another account.
    EmailTaken,
    /// Its username belongs to another account.
    UsernameTaken,
    /// Its `external_id` belongs to another account.
    ExternalIdTaken,
    /// The token that it was to come to be by was used before, or has expired.
    TokenSpent,
}

/// What became of an account that was to be deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountDeletion {
    /// It is gone.
    Deleted,
    /// There was none.
    NoAccount,
    /// The password was replaced while the old one was being checked.
    PasswordChanged,
}

/// A new password for an account.
#[derive(Debug, Clone)]
pub struct PasswordReplacement {
    /// Whose.
    pub account_id: AccountId,
    /// The hash that the current password was checked against; `None` when there was none, or when an
    /// operator sets the password whatever it was before.
    pub checked: Option<StoredHash>,
    /// The hash of the new one.
    pub new: StoredHash,
    /// The session that stays.
    pub keep: Option<SessionId>,
    /// The token that lets it be set, which is spent by that. Whoever has it reads mails to the address that it was sent to:
    /// that is verified, if the account still has it.
    pub token: Option<TokenUse>,
    /// The mail that says so.
    pub mail: Option<NewMail>,
}

/// What became of a new password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PasswordChange {
    /// It is set.
    Changed {
        /// The sessions that were ended by it.
        revoked: Vec<SessionId>,
    },
    /// The old one was replaced meanwhile by somebody else.
    Stale,
    /// The token was used before, or has expired.
    TokenSpent,
    /// There is no such account.
    NoAccount,
}

/// One key takes the place of another of its purpose.
#[derive(Debug, Clone)]
pub struct KeyRotation {
    /// The key that is active now, as whoever asks knows it: also sealed as it is, so that no key is added under a master
    /// key that has just been replaced.
    pub replaces: KeyRecord,
    /// What becomes of it: [`KeyState::Retired`], or [`KeyState::Revoked`] as do the retired ones before it.
    pub old_becomes: KeyState,
    /// What signs from now on.
    pub successor: KeySuccessor,
    /// The new `next` key.
    pub adds: KeyRecord,
    /// When.
    pub now: Timestamp,
}

/// Which key becomes active.
#[derive(Debug, Clone)]
pub enum KeySuccessor {
    /// The one of this id, with state `next`.
    Next(String),
    /// One that nobody has seen yet, made active. Those that are `next` are revoked.
    New(KeyRecord),
}
