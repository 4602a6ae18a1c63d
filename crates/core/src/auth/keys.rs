//! Where do the keys come from, and how does every process get to know them?

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use portcullis_crypto::keyring::{self, KeyPurpose, KeyRecord, KeyState, Keyring, KeyringError};
use tokio::time::{Instant, sleep_until};

use super::{Auth, Deps};
use crate::flows::Trouble;
use crate::model::Timestamp;
use crate::policy::Policy;
use crate::ports::StoreError;

/// How often the keys are looked at for the sake of tokens that name an unknown one.
const LOOK_AT_MOST_EVERY: Duration = Duration::from_millis(100);

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
            first.push(make_key(deps, policy, purpose, state, now)?);
        }
    }
    // Another process may have been faster; what counts is what the database holds.
    deps.store.add_first_keys(&first).await?;
    Ok(deps.store.list_keys().await?)
}

/// A new key, sealed.
pub(super) fn make_key(
    deps: &Deps,
    policy: &Policy,
    purpose: KeyPurpose,
    state: KeyState,
    now: Timestamp,
) -> Result<KeyRecord, OpenError> {
    let algorithm = match purpose {
        KeyPurpose::AccessToken => Some(policy.access_algorithm),
        KeyPurpose::RefreshToken => None,
    };
    let wanted = keyring::NewKey { purpose, algorithm, state, now_ms: now.as_millis() };
    let mut fill = |bytes: &mut [u8]| deps.entropy.fill(bytes);
    Ok(keyring::new_key(wanted, &deps.master_key, &mut fill)?)
}

pub(super) fn infos(records: &[KeyRecord]) -> Vec<KeyInfo> {
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
        let seen = infos(&records);
        if *self.shared.keys_seen.read().unwrap_or_else(PoisonError::into_inner) == seen {
            return Ok(());
        }
        let keyring = Keyring::unseal(&records, &self.shared.deps.master_key)?;
        *self.shared.keyring.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keyring);
        *self.shared.keys_seen.write().unwrap_or_else(PoisonError::into_inner) = seen;
        // SECURITY: a token whose key was revoked must not live on in the cache.
        self.shared.verified.clear();
        Ok(())
    }

    /// The keys as they are known here.
    pub fn key_infos(&self) -> Vec<KeyInfo> {
        self.shared.keys_seen.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn make_next_key(&self, purpose: KeyPurpose, now: Timestamp) -> Result<KeyRecord, OpenError> {
        make_key(&self.shared.deps, self.policy(), purpose, KeyState::Next, now)
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
        OpenError::Keys(error) => StoreError::Failed { cause: error.to_string() },
    }
}
