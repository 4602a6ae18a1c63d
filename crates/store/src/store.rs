//! What is the store, seen from outside?

use async_trait::async_trait;
use portcullis_core::crypto::keyring::{KeyPurpose, KeyRecord};
use portcullis_core::crypto::password::StoredHash;
use portcullis_core::model::{
    Account, AccountId, AccountName, AccountSecret, AuditEvent, Identifier, NewAccount, NewMail, NewSession,
    Page, PageRequest, ProfileChange, Revocation, RevokeReason, Role, Session, SessionId, Timestamp,
};
use portcullis_core::ports::StoreError;
use portcullis_core::ports::store::{
    AccountCreation, AccountDeletion, Adoption, JobClaim, KeyRotation, PasswordChange, PasswordReplacement,
    Reauthentication, ReauthenticationOutcome, RotationOutcome, SessionAdoption, SessionCreation,
    SessionRotation, Store,
};

use crate::SqlStore;
use crate::engine::{Engine, operation};
use crate::operations::{
    self, accounts, adoption, jobs, keys, passwords, reauthentication, revocations, rotation, sessions,
};

#[async_trait]
impl Store for SqlStore {
    async fn create_account(
        &self,
        account: &NewAccount,
        session: Option<&NewSession>,
        event: &AuditEvent,
    ) -> Result<AccountCreation, StoreError> {
        let (account, session, event) = (account.clone(), session.cloned(), event.clone());
        self.engine
            .write(operation!(
                [account, session, event] | c | accounts::create(c, account, session.as_ref(), event)
            ))
            .await
    }

    async fn find_account(&self, id: AccountId) -> Result<Option<Account>, StoreError> {
        self.engine.read(operation!([id] | c | accounts::find(c, *id))).await
    }

    async fn find_account_by_name(&self, name: &AccountName) -> Result<Option<Account>, StoreError> {
        let name = name.clone();
        self.engine.read(operation!([name] | c | accounts::find_by_name(c, name))).await
    }

    async fn find_account_by_identifier(
        &self,
        identifier: &Identifier,
    ) -> Result<Option<AccountSecret>, StoreError> {
        let identifier = identifier.clone();
        self.engine.read(operation!([identifier] | c | accounts::find_by_identifier(c, identifier))).await
    }

    async fn find_account_secret(&self, id: AccountId) -> Result<Option<AccountSecret>, StoreError> {
        self.engine.read(operation!([id] | c | accounts::find_secret(c, *id))).await
    }

    async fn list_accounts(&self, page: PageRequest<i64>) -> Result<Page<Account, i64>, StoreError> {
        self.engine.read(operation!([page] | c | accounts::list(c, *page))).await
    }

    async fn update_profile(
        &self,
        id: AccountId,
        change: &ProfileChange,
        now: Timestamp,
    ) -> Result<Option<Account>, StoreError> {
        let change = change.clone();
        self.engine
            .write(operation!([id, change, now] | c | accounts::update_profile(c, *id, change, *now)))
            .await
    }

    async fn delete_account(
        &self,
        id: AccountId,
        checked: Option<&StoredHash>,
        mail: Option<&NewMail>,
        event: &AuditEvent,
    ) -> Result<AccountDeletion, StoreError> {
        let (checked, mail, event) = (checked.cloned(), mail.cloned(), event.clone());
        self.engine
            .write(operation!(
                [id, checked, mail, event]
                    | c
                    | accounts::delete(c, *id, checked.as_ref(), mail.as_ref(), event)
            ))
            .await
    }

    async fn disable_account(&self, id: AccountId, event: &AuditEvent) -> Result<bool, StoreError> {
        let event = event.clone();
        if let Engine::Server(engine) = &self.engine {
            let event = event.clone();
            engine.write(operation!([id, event] | c | accounts::announce_disabling(c, *id, event))).await?;
        }
        self.engine.write(operation!([id, event] | c | accounts::disable(c, *id, event))).await
    }

    async fn enable_account(&self, id: AccountId, event: &AuditEvent) -> Result<bool, StoreError> {
        let event = event.clone();
        self.engine.write(operation!([id, event] | c | accounts::enable(c, *id, event))).await
    }

    async fn set_role(&self, id: AccountId, role: Role, event: &AuditEvent) -> Result<bool, StoreError> {
        let event = event.clone();
        self.engine.write(operation!([id, role, event] | c | accounts::set_role(c, *id, *role, event))).await
    }

    async fn change_password(
        &self,
        change: &PasswordReplacement,
        event: &AuditEvent,
    ) -> Result<PasswordChange, StoreError> {
        let (change, event) = (change.clone(), event.clone());
        self.engine.write(operation!([change, event] | c | passwords::change(c, change, event))).await
    }

    async fn list_password_hashes(
        &self,
        page: PageRequest<AccountId>,
    ) -> Result<Page<(AccountId, StoredHash), AccountId>, StoreError> {
        self.engine.read(operation!([page] | c | passwords::list(c, *page))).await
    }

    async fn upgrade_password_hash(
        &self,
        id: AccountId,
        old: &StoredHash,
        new: &StoredHash,
    ) -> Result<bool, StoreError> {
        let (old, new) = (old.clone(), new.clone());
        self.engine.write(operation!([id, old, new] | c | passwords::upgrade_hash(c, *id, old, new))).await
    }

    async fn create_session(
        &self,
        session: &NewSession,
        checked: Option<&StoredHash>,
        event: &AuditEvent,
    ) -> Result<SessionCreation, StoreError> {
        let (session, checked, event) = (session.clone(), checked.cloned(), event.clone());
        self.engine
            .write(operation!(
                [session, checked, event] | c | sessions::create(c, session, checked.as_ref(), event)
            ))
            .await
    }

    async fn adopt_session(
        &self,
        adoption: &Adoption,
        event: &AuditEvent,
    ) -> Result<SessionAdoption, StoreError> {
        let (adoption, event) = (adoption.clone(), event.clone());
        self.engine.write(operation!([adoption, event] | c | adoption::adopt(c, adoption, event))).await
    }

    async fn end_foreign_session(
        &self,
        adoption: &Adoption,
        access_expires_at: Timestamp,
        event: &AuditEvent,
    ) -> Result<bool, StoreError> {
        let (adoption, event) = (adoption.clone(), event.clone());
        self.engine
            .write(operation!(
                [adoption, access_expires_at, event]
                    | c
                    | adoption::end_foreign(c, adoption, *access_expires_at, event)
            ))
            .await
    }

    async fn has_foreign_session_ended(&self, id: SessionId) -> Result<bool, StoreError> {
        self.engine.read(operation!([id] | c | adoption::has_ended(c, *id))).await
    }

    async fn rotate_session(&self, rotation: &SessionRotation) -> Result<RotationOutcome, StoreError> {
        let rotation = rotation.clone();
        if let Engine::Server(engine) = &self.engine {
            let rotation = rotation.clone();
            let alone = operation!([rotation] | c | rotation::rotate_alone(c, rotation));
            if let Some(outcome) = engine.write_alone(alone).await? {
                return Ok(outcome);
            }
        }
        self.engine.write(operation!([rotation] | c | rotation::rotate(c, rotation))).await
    }

    async fn reauthenticate_session(
        &self,
        proof: &Reauthentication,
        event: &AuditEvent,
    ) -> Result<ReauthenticationOutcome, StoreError> {
        let (proof, event) = (proof.clone(), event.clone());
        self.engine
            .write(operation!([proof, event] | c | reauthentication::reauthenticate(c, proof, event)))
            .await
    }

    async fn find_session(&self, id: SessionId) -> Result<Option<Session>, StoreError> {
        self.engine.read(operation!([id] | c | sessions::find(c, *id))).await
    }

    async fn list_sessions(
        &self,
        account_id: AccountId,
        now: Timestamp,
        page: PageRequest<SessionId>,
    ) -> Result<Page<Session, SessionId>, StoreError> {
        self.engine
            .read(operation!([account_id, now, page] | c | sessions::list(c, *account_id, *now, *page)))
            .await
    }

    async fn revoke_session(
        &self,
        account_id: AccountId,
        session_id: SessionId,
        reason: RevokeReason,
        event: &AuditEvent,
    ) -> Result<bool, StoreError> {
        let event = event.clone();
        self.engine
            .write(operation!(
                [account_id, session_id, reason, event]
                    | c
                    | revocations::revoke_one(c, *account_id, *session_id, *reason, event)
            ))
            .await
    }

    async fn revoke_sessions(
        &self,
        account_id: AccountId,
        except: Option<SessionId>,
        reason: RevokeReason,
        event: &AuditEvent,
    ) -> Result<Vec<SessionId>, StoreError> {
        let event = event.clone();
        self.engine
            .write(operation!(
                [account_id, except, reason, event]
                    | c
                    | revocations::revoke_all(c, *account_id, *except, *reason, event)
            ))
            .await
    }

    async fn list_revocations(
        &self,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<Vec<Revocation>, StoreError> {
        self.engine.read(operation!([since, now] | c | revocations::list(c, *since, *now))).await
    }

    async fn list_keys(&self) -> Result<Vec<KeyRecord>, StoreError> {
        self.engine.read(operation!([] | c | keys::list(c))).await
    }

    async fn add_first_keys(&self, keys: &[KeyRecord], events: &[AuditEvent]) -> Result<bool, StoreError> {
        let (keys, events) = (keys.to_vec(), events.to_vec());
        self.engine.write(operation!([keys, events] | c | keys::add_first(c, keys, events))).await
    }

    async fn rotate_keys(&self, rotation: &KeyRotation, event: &AuditEvent) -> Result<bool, StoreError> {
        let (rotation, event) = (rotation.clone(), event.clone());
        self.engine.write(operation!([rotation, event] | c | keys::rotate(c, rotation, event))).await
    }

    async fn replace_next_key(
        &self,
        replaced: &KeyRecord,
        by: &KeyRecord,
        event: &AuditEvent,
    ) -> Result<bool, StoreError> {
        let (replaced, by, event) = (replaced.clone(), by.clone(), event.clone());
        self.engine
            .write(operation!([replaced, by, event] | c | keys::replace_next(c, replaced, by, event)))
            .await
    }

    async fn reseal_keys(
        &self,
        old: &[KeyRecord],
        new: &[KeyRecord],
        event: &AuditEvent,
    ) -> Result<bool, StoreError> {
        let (old, new, event) = (old.to_vec(), new.to_vec(), event.clone());
        self.engine.write(operation!([old, new, event] | c | keys::reseal(c, old, new, event))).await
    }

    async fn delete_keys_retired_before(
        &self,
        purpose: KeyPurpose,
        before: Timestamp,
    ) -> Result<u64, StoreError> {
        self.engine
            .write(operation!([purpose, before] | c | keys::delete_retired_before(c, *purpose, *before)))
            .await
    }

    async fn prune_sessions(&self, ended_before: Timestamp, now: Timestamp) -> Result<u64, StoreError> {
        self.engine.write(operation!([now] | c | revocations::prune(c, *now))).await?;
        while self.engine.write(operation!([now] | c | adoption::prune(c, *now))).await?
            >= sessions::PRUNED_AT_ONCE
        {}
        let mut forgotten = 0;
        loop {
            let count =
                self.engine.write(operation!([ended_before] | c | sessions::prune(c, *ended_before))).await?;
            forgotten += count;
            if count < sessions::PRUNED_AT_ONCE {
                return Ok(forgotten);
            }
        }
    }

    async fn claim_job(&self, claim: &JobClaim) -> Result<bool, StoreError> {
        let claim = claim.clone();
        self.engine.write(operation!([claim] | c | jobs::claim(c, claim))).await
    }

    async fn wait_for_news(&self) {
        match &self.engine {
            Engine::Sqlite(_) => std::future::pending().await,
            Engine::Server(engine) => engine.wait_for_news().await,
        }
    }

    async fn database_time(&self) -> Result<Option<Timestamp>, StoreError> {
        match &self.engine {
            Engine::Sqlite(_) => Ok(None),
            Engine::Server(engine) => {
                engine.read(operation!([] | c | operations::database_time(c))).await.map(Some)
            }
        }
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.engine.read(operation!([] | c | operations::ping(c))).await?;
        // A change of nothing: on SQLite it takes the write lock and leaves the disk alone, on a server it is refused
        // where nothing may be changed.
        self.engine.write(operation!([] | c | jobs::pretend(c))).await
    }
}
