//! What is the store on SQLite, seen from outside?

use std::path::Path;

use async_trait::async_trait;
use portcullis_core::crypto::keyring::{KeyPurpose, KeyRecord};
use portcullis_core::crypto::password::StoredHash;
use portcullis_core::model::{
    Account, AccountId, AccountSecret, AuditEvent, EventId, Identifier, NewAccount, NewSession, Page,
    PageRequest, ProfileChange, Revocation, RevokeReason, Role, Session, SessionId, Timestamp,
};
use portcullis_core::ports::StoreError;
use portcullis_core::ports::store::{
    AccountCreation, AccountDeletion, KeyRotation, PasswordChange, PasswordReplacement, RotationOutcome,
    SessionCreation, SessionRotation, Store,
};

use crate::engine::sqlite::Engine;
use crate::engine::sqlite::connection::SqliteConnection;
use crate::engine::sqlite::metrics::SqliteMetrics;
use crate::engine::sqlite::open::{OpenError, SqliteOptions};
use crate::migrations::{self, MigrationError, MigrationStatus};
use crate::operations::{self, accounts, audit, keys, passwords, revocations, rotation, sessions};

/// The store on an SQLite file. Dropping it closes it.
pub struct SqliteStore {
    engine: Engine,
}

impl SqliteStore {
    /// Opens a database file and creates it if there is none. Its tables are the business of [`Self::migrate`].
    /// Blocks for some milliseconds, or up to [`SqliteOptions::busy_timeout`] while another process writes.
    ///
    /// # Errors
    /// [`OpenError`], which says what to do about it.
    pub fn open(path: &Path, options: &SqliteOptions) -> Result<Self, OpenError> {
        Engine::start(path, options).map(|engine| Self { engine })
    }

    /// Makes the tables that this version needs; answers the migrations that it applied, all in one transaction.
    pub async fn migrate(&self, now: Timestamp) -> Result<Vec<MigrationStatus>, MigrationError> {
        let apply =
            async move |connection: &mut SqliteConnection| migrations::SQLITE.apply(connection, now).await;
        self.engine.write(apply).await?
    }

    /// All migrations, and which of them the database has.
    pub async fn migration_status(&self) -> Result<Vec<MigrationStatus>, MigrationError> {
        let status = async |connection: &mut SqliteConnection| migrations::SQLITE.status(connection).await;
        self.engine.write(status).await?
    }

    /// Reads the whole file; answers what is wrong with it, nothing when all is well.
    pub async fn integrity_check(&self) -> Result<Vec<String>, StoreError> {
        self.engine.read(async |connection: &mut SqliteConnection| connection.integrity_problems()).await
    }

    /// What the engine has been doing.
    pub fn metrics(&self) -> SqliteMetrics {
        self.engine.metrics()
    }

    /// Finishes what was accepted, refuses what comes, closes the file. Blocks until that is done. Once is enough.
    pub fn close(&self) {
        self.engine.close();
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn create_account(
        &self,
        account: &NewAccount,
        session: Option<&NewSession>,
        event: &AuditEvent,
    ) -> Result<AccountCreation, StoreError> {
        let (account, session, event) = (account.clone(), session.cloned(), event.clone());
        let create = async move |connection: &mut SqliteConnection| {
            accounts::create(connection, &account, session.as_ref(), &event).await
        };
        self.engine.write(create).await
    }

    async fn find_account(&self, id: AccountId) -> Result<Option<Account>, StoreError> {
        self.engine
            .read(async move |connection: &mut SqliteConnection| accounts::find(connection, id).await)
            .await
    }

    async fn find_account_by_identifier(
        &self,
        identifier: &Identifier,
    ) -> Result<Option<AccountSecret>, StoreError> {
        let identifier = identifier.clone();
        let find = async move |connection: &mut SqliteConnection| {
            accounts::find_by_identifier(connection, &identifier).await
        };
        self.engine.read(find).await
    }

    async fn find_account_secret(&self, id: AccountId) -> Result<Option<AccountSecret>, StoreError> {
        let find = async move |connection: &mut SqliteConnection| accounts::find_secret(connection, id).await;
        self.engine.read(find).await
    }

    async fn list_accounts(&self, page: PageRequest<i64>) -> Result<Page<Account, i64>, StoreError> {
        self.engine
            .read(async move |connection: &mut SqliteConnection| accounts::list(connection, page).await)
            .await
    }

    async fn update_profile(
        &self,
        id: AccountId,
        change: &ProfileChange,
        now: Timestamp,
    ) -> Result<Option<Account>, StoreError> {
        let change = change.clone();
        let update = async move |connection: &mut SqliteConnection| {
            accounts::update_profile(connection, id, &change, now).await
        };
        self.engine.write(update).await
    }

    async fn delete_account(
        &self,
        id: AccountId,
        checked: Option<&StoredHash>,
        event: &AuditEvent,
    ) -> Result<AccountDeletion, StoreError> {
        let (checked, event) = (checked.cloned(), event.clone());
        let delete = async move |connection: &mut SqliteConnection| {
            accounts::delete(connection, id, checked.as_ref(), &event).await
        };
        self.engine.write(delete).await
    }

    async fn disable_account(&self, id: AccountId, event: &AuditEvent) -> Result<bool, StoreError> {
        let event = event.clone();
        let disable =
            async move |connection: &mut SqliteConnection| accounts::disable(connection, id, &event).await;
        self.engine.write(disable).await
    }

    async fn enable_account(&self, id: AccountId, event: &AuditEvent) -> Result<bool, StoreError> {
        let event = event.clone();
        let enable =
            async move |connection: &mut SqliteConnection| accounts::enable(connection, id, &event).await;
        self.engine.write(enable).await
    }

    async fn set_role(&self, id: AccountId, role: Role, event: &AuditEvent) -> Result<bool, StoreError> {
        let event = event.clone();
        let set = async move |connection: &mut SqliteConnection| {
            accounts::set_role(connection, id, role, &event).await
        };
        self.engine.write(set).await
    }

    async fn change_password(
        &self,
        change: &PasswordReplacement,
        event: &AuditEvent,
    ) -> Result<PasswordChange, StoreError> {
        let (change, event) = (change.clone(), event.clone());
        let replace = async move |connection: &mut SqliteConnection| {
            passwords::change(connection, &change, &event).await
        };
        self.engine.write(replace).await
    }

    async fn upgrade_password_hash(
        &self,
        id: AccountId,
        old: &StoredHash,
        new: &StoredHash,
    ) -> Result<bool, StoreError> {
        let (old, new) = (old.clone(), new.clone());
        let upgrade = async move |connection: &mut SqliteConnection| {
            passwords::upgrade_hash(connection, id, &old, &new).await
        };
        self.engine.write(upgrade).await
    }

    async fn create_session(
        &self,
        session: &NewSession,
        checked: Option<&StoredHash>,
        event: &AuditEvent,
    ) -> Result<SessionCreation, StoreError> {
        let (session, checked, event) = (session.clone(), checked.cloned(), event.clone());
        let create = async move |connection: &mut SqliteConnection| {
            sessions::create(connection, &session, checked.as_ref(), &event).await
        };
        self.engine.write(create).await
    }

    async fn rotate_session(&self, rotation: &SessionRotation) -> Result<RotationOutcome, StoreError> {
        let rotation = rotation.clone();
        let rotate =
            async move |connection: &mut SqliteConnection| rotation::rotate(connection, &rotation).await;
        self.engine.write(rotate).await
    }

    async fn find_session(&self, id: SessionId) -> Result<Option<Session>, StoreError> {
        self.engine
            .read(async move |connection: &mut SqliteConnection| sessions::find(connection, id).await)
            .await
    }

    async fn list_sessions(
        &self,
        account_id: AccountId,
        now: Timestamp,
        page: PageRequest<SessionId>,
    ) -> Result<Page<Session, SessionId>, StoreError> {
        let list = async move |connection: &mut SqliteConnection| {
            sessions::list(connection, account_id, now, page).await
        };
        self.engine.read(list).await
    }

    async fn revoke_session(
        &self,
        account_id: AccountId,
        session_id: SessionId,
        reason: RevokeReason,
        event: &AuditEvent,
    ) -> Result<bool, StoreError> {
        let event = event.clone();
        let revoke = async move |connection: &mut SqliteConnection| {
            revocations::revoke_one(connection, account_id, session_id, reason, &event).await
        };
        self.engine.write(revoke).await
    }

    async fn revoke_sessions(
        &self,
        account_id: AccountId,
        except: Option<SessionId>,
        reason: RevokeReason,
        event: &AuditEvent,
    ) -> Result<Vec<SessionId>, StoreError> {
        let event = event.clone();
        let revoke = async move |connection: &mut SqliteConnection| {
            revocations::revoke_all(connection, account_id, except, reason, &event).await
        };
        self.engine.write(revoke).await
    }

    async fn list_revocations(
        &self,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<Vec<Revocation>, StoreError> {
        let list =
            async move |connection: &mut SqliteConnection| revocations::list(connection, since, now).await;
        self.engine.read(list).await
    }

    async fn list_keys(&self) -> Result<Vec<KeyRecord>, StoreError> {
        self.engine.read(async |connection: &mut SqliteConnection| keys::list(connection).await).await
    }

    async fn add_first_keys(&self, keys: &[KeyRecord]) -> Result<bool, StoreError> {
        let keys = keys.to_vec();
        self.engine
            .write(async move |connection: &mut SqliteConnection| keys::add_first(connection, &keys).await)
            .await
    }

    async fn rotate_keys(&self, rotation: &KeyRotation, event: &AuditEvent) -> Result<bool, StoreError> {
        let (rotation, event) = (rotation.clone(), event.clone());
        let rotate =
            async move |connection: &mut SqliteConnection| keys::rotate(connection, &rotation, &event).await;
        self.engine.write(rotate).await
    }

    async fn delete_keys_retired_before(
        &self,
        purpose: KeyPurpose,
        before: Timestamp,
    ) -> Result<u64, StoreError> {
        let delete = async move |connection: &mut SqliteConnection| {
            keys::delete_retired_before(connection, purpose, before).await
        };
        self.engine.write(delete).await
    }

    async fn prune_sessions(&self, ended_before: Timestamp, now: Timestamp) -> Result<u64, StoreError> {
        let prune_feed =
            async move |connection: &mut SqliteConnection| revocations::prune(connection, now).await;
        self.engine.write(prune_feed).await?;
        let mut forgotten = 0;
        loop {
            let prune = async move |connection: &mut SqliteConnection| {
                sessions::prune(connection, ended_before).await
            };
            let count = self.engine.write(prune).await?;
            forgotten += count;
            if count < sessions::PRUNED_AT_ONCE {
                return Ok(forgotten);
            }
        }
    }

    async fn list_audit_events(
        &self,
        account_id: Option<AccountId>,
        page: PageRequest<EventId>,
    ) -> Result<Page<AuditEvent, EventId>, StoreError> {
        let list =
            async move |connection: &mut SqliteConnection| audit::list(connection, account_id, page).await;
        self.engine.read(list).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.engine
            .read(async |connection: &mut SqliteConnection| operations::ping(connection).await)
            .await?;
        // A transaction without a change: it takes the write lock and leaves the disk alone.
        self.engine.write(async |connection: &mut SqliteConnection| operations::ping(connection).await).await
    }
}
