//! Where do the keys come from, and how does every process get to know them?

use std::sync::{Arc, PoisonError, RwLockReadGuard};
use std::time::Duration;

use portcullis_crypto::keyring::{self, KeyPurpose, KeyRecord, KeyState, Keyring, KeyringError, NewKey};
use portcullis_crypto::seal::MasterKey;
use portcullis_verifier::Algorithm;
use tokio::time::{Instant, sleep_until};

use super::{Auth, Deps};
use crate::flows::Trouble;
use crate::model::{AuditEvent, AuditKind, Client, EventId, Timestamp};
use crate::policy::Policy;
use crate::ports::StoreError;

/// How often the keys are looked at for the sake of tokens that name an unknown one.
const LOOK_AT_MOST_EVERY: Duration = Duration::from_millis(100);

/// When it makes sense to come back to a node that cannot open the keys.
const AFTER_UNKNOWN_KEYS: Duration = Duration::from_secs(10);

/// Why the door does not open, or cannot be kept up to date.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The keys in the database cannot be used: most often because the master key is another one.
    #[error(transparent)]
    Keys(#[from] KeyringError),
}

/// What may be told about a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyInfo {
    /// The `kid`.
    pub kid: String,
    /// What it is for.
    pub purpose: KeyPurpose,
    /// `EdDSA`, `ES256`, `RS256`, `HS256`, or `HMAC` for refresh tokens.
    pub algorithm: String,
    /// Where it stands.
    pub state: KeyState,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it began to sign.
    pub activated_at: Option<Timestamp>,
    /// When it stopped signing.
    pub retired_at: Option<Timestamp>,
}

/// When the keys were looked at last, and what came of it.
#[derive(Default)]
pub(super) struct Looks {
    /// When the last look began, whatever became of it.
    begun: Option<Instant>,
    /// When the last look that was not given up half-way began, and whether it saw the keys.
    ended: Option<(Instant, Result<(), StoreError>)>,
}

/// The keys as they were seen last, and what they are sealed under.
pub(super) struct Seen {
    records: Vec<KeyRecord>,
    sealed_under: MasterKey,
}

/// Opens the keys of the database under the master key, or under the one before it: all of them are sealed under one.
pub(super) fn unseal(records: Vec<KeyRecord>, deps: &Deps) -> Result<(Keyring, Seen), KeyringError> {
    let opened = Keyring::unseal(&records, &deps.master_key);
    let (keyring, sealed_under) = match (opened, &deps.previous_master_key) {
        (Err(KeyringError::WrongMasterKey), Some(previous)) => {
            (Keyring::unseal(&records, previous)?, previous)
        }
        (opened, _) => (opened?, &deps.master_key),
    };
    let sealed_under = sealed_under.clone();
    Ok((keyring, Seen { records, sealed_under }))
}

/// The keys in the database; the first ones are made here.
pub(super) async fn ensure_keys(
    deps: &Deps,
    policy: &Policy,
    now: Timestamp,
) -> Result<Vec<KeyRecord>, OpenError> {
    let records = deps.store.list_keys().await?;
    if !records.is_empty() {
        return Ok(records);
    }
    let mut first = Vec::new();
    for purpose in [KeyPurpose::AccessToken, KeyPurpose::RefreshToken] {
        for state in [KeyState::Active, KeyState::Next] {
            let wanted = wanted(policy, purpose, state, now);
            first.push(make_key(deps, wanted, &deps.master_key)?);
        }
    }
    // Another process may have been faster; what counts is what the database holds.
    deps.store.add_first_keys(&first, &[keys_created(deps, now)]).await?;
    Ok(deps.store.list_keys().await?)
}

fn keys_created(deps: &Deps, now: Timestamp) -> AuditEvent {
    let mut random = [0; 10];
    deps.entropy.fill(&mut random);
    AuditEvent {
        id: EventId::new(now, random),
        at: now,
        kind: AuditKind::KeysCreated,
        actor_id: None,
        account_id: None,
        session_id: None,
        client: Client::operator(),
        detail: None,
    }
}

/// What a new key is to be under a policy.
fn wanted(policy: &Policy, purpose: KeyPurpose, state: KeyState, now: Timestamp) -> NewKey {
    NewKey { purpose, algorithm: algorithm(policy, purpose), state, now_ms: now.as_millis() }
}

/// What new keys are for, where there is a choice.
pub(crate) const fn algorithm(policy: &Policy, purpose: KeyPurpose) -> Option<Algorithm> {
    match purpose {
        KeyPurpose::AccessToken => Some(policy.access_algorithm),
        KeyPurpose::RefreshToken => None,
    }
}

/// A new key, sealed.
fn make_key(deps: &Deps, wanted: NewKey, master_key: &MasterKey) -> Result<KeyRecord, OpenError> {
    let mut fill = |bytes: &mut [u8]| deps.entropy.fill(bytes);
    Ok(keyring::new_key(wanted, master_key, &mut fill)?)
}

fn infos(records: &[KeyRecord]) -> Vec<KeyInfo> {
    let info = |record: &KeyRecord| KeyInfo {
        kid: record.kid.clone(),
        purpose: record.purpose,
        algorithm: record.algorithm.clone(),
        state: record.state,
        created_at: Timestamp::from_millis(record.created_at),
        activated_at: record.activated_at.map(Timestamp::from_millis),
        retired_at: record.retired_at.map(Timestamp::from_millis),
    };
    records.iter().map(info).collect()
}

impl Auth {
    /// Looks for keys that another node may have made a moment ago, in a look that begins after this call. All who
    /// wait for one share it, and its failure too: otherwise each would have to wait for a failure of its own.
    pub(crate) async fn look_for_new_keys(&self) -> Result<(), Trouble> {
        let called_at = Instant::now();
        let mut looks = self.shared.looks.lock().await;
        if let Some((begun, outcome)) = &looks.ended
            && *begun >= called_at
        {
            return outcome.clone().map_err(Trouble::Store);
        }
        // SECURITY: anybody can name a key that does not exist; however many do, the database is asked rarely.
        if let Some(begun) = looks.begun {
            sleep_until(begun + LOOK_AT_MOST_EVERY).await;
        }
        Ok(self.look(&mut looks).await?)
    }

    /// Takes in the keys of the database when they are not the ones known here.
    pub(crate) async fn reload_keys(&self) -> Result<(), OpenError> {
        let mut looks = self.shared.looks.lock().await;
        self.look(&mut looks).await
    }

    async fn look(&self, looks: &mut Looks) -> Result<(), OpenError> {
        let begun = Instant::now();
        // Said before: if the caller goes away now, the look counts against the rate but answers nobody.
        looks.begun = Some(begun);
        let outcome = self.take_in_keys().await;
        looks.ended = Some((begun, outcome.as_ref().copied().map_err(as_store_error)));
        outcome
    }

    /// The caller holds the lock.
    async fn take_in_keys(&self) -> Result<(), OpenError> {
        let records = self.store().list_keys().await?;
        // Also when they are only sealed otherwise: whoever cannot open them any more is told so at once, and not when
        // the next key is needed.
        if self.seen().records == records {
            return Ok(());
        }
        let (keyring, seen) = match unseal(records.clone(), &self.shared.deps) {
            Ok(opened) => opened,
            Err(error) => {
                self.drop_ended_keys(&records);
                return Err(error.into());
            }
        };
        *self.shared.keyring.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keyring);
        *self.shared.keys_seen.write().unwrap_or_else(PoisonError::into_inner) = seen;
        // SECURITY: a token whose key was revoked must not live on in the cache.
        self.shared.verified.clear();
        Ok(())
    }

    /// Takes the keys out of use that are revoked or gone in the database, where those in their place cannot be opened.
    fn drop_ended_keys(&self, records: &[KeyRecord]) {
        let is_gone = |purpose, kid: &str| {
            let is_it = |record: &&KeyRecord| record.purpose == purpose && record.kid == kid;
            records.iter().find(is_it).is_none_or(|record| record.state == KeyState::Revoked)
        };
        let Some(fewer) = self.keyring().without(is_gone) else { return };
        // SECURITY: in an emergency somebody may hold the keys that this node has. It is better to serve nobody.
        *self.shared.keyring.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(fewer);
        self.shared.verified.clear();
        tracing::error!(
            "signing keys were revoked; this node cannot open those in their place and does without"
        );
    }

    /// Whether tokens can be made.
    ///
    /// # Errors
    /// [`Trouble::Store`], to come again: another node, or this one with the right master key, can.
    pub(crate) fn check_keys(&self) -> Result<(), Trouble> {
        let keyring = self.keyring();
        keyring.signer().map_err(OpenError::from)?;
        keyring.refresh_key().map_err(OpenError::from)?;
        Ok(())
    }

    /// The keys as they are known here.
    pub fn key_infos(&self) -> Vec<KeyInfo> {
        infos(&self.seen().records)
    }

    /// The same, sealed.
    pub(crate) fn key_records(&self) -> Vec<KeyRecord> {
        self.seen().records.clone()
    }

    /// What the keys in the database are sealed under, as far as it is known here.
    pub(crate) fn sealed_under(&self) -> MasterKey {
        self.seen().sealed_under.clone()
    }

    /// A new key, sealed like those that there are.
    pub(crate) fn make_key(
        &self,
        purpose: KeyPurpose,
        state: KeyState,
        now: Timestamp,
    ) -> Result<KeyRecord, OpenError> {
        let wanted = wanted(self.policy(), purpose, state, now);
        make_key(&self.shared.deps, wanted, &self.sealed_under())
    }

    fn seen(&self) -> RwLockReadGuard<'_, Seen> {
        self.shared.keys_seen.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl From<OpenError> for Trouble {
    fn from(error: OpenError) -> Self {
        Self::Store(as_store_error(&error))
    }
}

fn as_store_error(error: &OpenError) -> StoreError {
    match error {
        OpenError::Store(error) => error.clone(),
        // Most often this node has not been given the new master key yet. It soon will be: nobody shall take their
        // tokens for bad because of that.
        OpenError::Keys(error) => {
            StoreError::Unavailable { retry_after: AFTER_UNKNOWN_KEYS, cause: error.to_string() }
        }
    }
}
