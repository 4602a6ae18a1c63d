//! How does the database come under another master key?
//!
//! All keys are sealed anew in one transaction: whoever is interrupted leaves all of them under the old master key or all
//! under the new one. Nothing else changes, so nobody is logged out. Every process that knows both master keys, or the
//! new one, goes on as if nothing had happened; one that knows the old one only goes on with the keys that it holds.

use portcullis_crypto::keyring::{self, Keyring};
use portcullis_crypto::seal::MasterKey;

use super::Trouble;
use crate::Auth;
use crate::auth::OpenError;
use crate::model::{AuditEvent, AuditKind, Client};

/// How often it is tried again when a rotation gets in between.
const TRIES: usize = 5;

/// Why the keys are sealed as they were.
#[derive(Debug, thiserror::Error)]
pub enum ResealKeysError {
    /// There is nothing to do.
    #[error("the signing keys are sealed under this master key already")]
    SealedAlready,
    /// Other processes changed the keys again and again.
    #[error("the signing keys were changed again and again meanwhile")]
    Raced,
    /// The keys cannot be opened, or the database failed.
    #[error(transparent)]
    Keys(#[from] OpenError),
    /// Not the caller's fault.
    #[error(transparent)]
    Trouble(#[from] Trouble),
}

impl Auth {
    /// Seals all keys under another master key, or under the configured one while they are sealed under the one before
    /// it; answers how many.
    pub async fn reseal_keys(
        &self,
        another: Option<&MasterKey>,
        client: &Client,
    ) -> Result<usize, ResealKeysError> {
        let master_key = another.unwrap_or_else(|| self.master_key());
        for _ in 0..TRIES {
            self.reload_keys().await?;
            let records = self.key_records();
            if Keyring::unseal(&records, master_key).is_ok() {
                return Err(ResealKeysError::SealedAlready);
            }
            let mut fill = |bytes: &mut [u8]| self.fill(bytes);
            let resealed = keyring::reseal(&records, &self.sealed_under(), master_key, &mut fill)
                .map_err(OpenError::from)?;
            let now = self.now();
            let event = AuditEvent {
                id: self.new_event_id(now),
                at: now,
                kind: AuditKind::KeysResealed,
                actor_id: None,
                account_id: None,
                session_id: None,
                client: client.clone(),
                detail: None,
            };
            if self.store().reseal_keys(&records, &resealed, &event).await.map_err(Trouble::from)? {
                return Ok(resealed.len());
            }
        }
        Err(ResealKeysError::Raced)
    }
}
