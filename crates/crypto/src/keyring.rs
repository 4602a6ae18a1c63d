//! Which key signs now, which keys still verify, and how do keys follow each other?
//!
//! ```text
//!                 publish            replace             its last token has expired
//!   new_key ──▶ next ──────▶ active ──────▶ retired ───────────────────────────────▶ (deleted)
//!                 │            │               │
//!                 └────────────┴───────────────┴──▶ revoked                (emergency: stops at once)
//! ```
//!
//! | state | signs | verifies | in the JWKS |
//! |---|---|---|---|
//! | next | no | yes | yes |
//! | active | yes | yes | yes |
//! | retired | no | yes | yes |
//! | revoked | no | no | no |
//!
//! `next` verifies so that nodes may learn of an activation one after the other without refusing each other's tokens.
//!
//! Invariants
//! - A [`Keyring`] has exactly one active key of each purpose, or it does not exist. One that [lost](Keyring::without) it
//!   signs nothing for that purpose.
//! - A sealed key opens only as the key id, purpose and algorithm it was made for: swapping columns or rows of the
//!   table gains nothing. The state is not sealed; who can write it can stop keys, but not make one.

mod record;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use portcullis_verifier::{Jwks, KeySet, VerifyingKey};
use zeroize::Zeroizing;

pub use record::{KeyPurpose, KeyRecord, KeyState, NewKey, new_key, reseal};

use crate::jwt::Signer;
use crate::mac;
use crate::refresh::RefreshKey;
use crate::seal::{MasterKey, SealError};

/// The keys as they are at one moment, opened and ready for use. A change of the records makes a new one.
pub struct Keyring {
    signer: Arc<Signer>,
    /// For which purposes the active key is gone.
    lost: Vec<KeyPurpose>,
    verifying_keys: KeySet,
    refresh_key: RefreshKey,
    refresh_keys: HashMap<u32, RefreshKey>,
}

impl Keyring {
    /// Opens the keys of `records`; revoked ones are passed over.
    ///
    /// # Errors
    /// [`KeyringError`]. That the master key is another one is told apart from a single damaged record.
    pub fn unseal(records: &[KeyRecord], master: &MasterKey) -> Result<Self, KeyringError> {
        let mut opening = Opening::default();
        for (record, secret) in open_all(records, master)? {
            match record.purpose {
                KeyPurpose::AccessToken => opening.add_access_key(record, &secret)?,
                KeyPurpose::RefreshToken => opening.add_refresh_key(record, &secret)?,
            }
        }
        opening.finish()
    }

    /// The same keys but for those that are gone; `None` when none of them is.
    #[must_use]
    pub fn without(&self, is_gone: impl Fn(KeyPurpose, &str) -> bool) -> Option<Self> {
        let is_access_gone = |kid: &str| is_gone(KeyPurpose::AccessToken, kid);
        let is_refresh_gone = |id: u32| is_gone(KeyPurpose::RefreshToken, &record::refresh_kid(id));
        let mut lost = self.lost.clone();
        if is_access_gone(self.signer.kid()) {
            lost.push(KeyPurpose::AccessToken);
        }
        if is_refresh_gone(self.refresh_key.id()) {
            lost.push(KeyPurpose::RefreshToken);
        }
        let verifying_keys: Vec<_> =
            self.verifying_keys.iter().filter(|key| !is_access_gone(key.kid())).cloned().collect();
        let refresh_keys: HashMap<_, _> =
            self.refresh_keys.iter().filter(|(id, _)| !is_refresh_gone(**id)).collect();
        let held = self.verifying_keys.iter().count() + self.refresh_keys.len();
        (verifying_keys.len() + refresh_keys.len() < held).then(|| Self {
            signer: Arc::clone(&self.signer),
            lost,
            verifying_keys: KeySet::from_keys(verifying_keys),
            refresh_key: self.refresh_key.clone(),
            refresh_keys: refresh_keys.into_iter().map(|(id, key)| (*id, key.clone())).collect(),
        })
    }

    /// Signs access tokens: the active key.
    ///
    /// # Errors
    /// [`KeyringError::Lost`].
    pub fn signer(&self) -> Result<&Signer, KeyringError> {
        self.held(KeyPurpose::AccessToken).map(|()| &*self.signer)
    }

    /// Verify access tokens: the keys that are next, active or retired.
    pub fn verifying_keys(&self) -> &KeySet {
        &self.verifying_keys
    }

    /// The document to publish: the public keys of [`Self::verifying_keys`]. An HS256 secret is never among them.
    pub fn jwks(&self) -> Jwks {
        self.verifying_keys.to_jwks()
    }

    /// Makes refresh tokens: the active key.
    ///
    /// # Errors
    /// [`KeyringError::Lost`].
    pub fn refresh_key(&self) -> Result<&RefreshKey, KeyringError> {
        self.held(KeyPurpose::RefreshToken).map(|()| &self.refresh_key)
    }

    fn held(&self, purpose: KeyPurpose) -> Result<(), KeyringError> {
        if self.lost.contains(&purpose) { Err(KeyringError::Lost { purpose }) } else { Ok(()) }
    }

    /// Checks refresh tokens: the key of this id, if it is next, active or retired.
    pub fn refresh_key_by_id(&self, id: u32) -> Option<&RefreshKey> {
        self.refresh_keys.get(&id)
    }

    /// Authenticates `data` for one use, named by `domain` (a CSRF token, a device cookie, a page cursor): 43
    /// characters of base64url. Tags of different domains have nothing to do with each other or with refresh tokens.
    pub fn tag(&self, domain: &str, data: &[u8]) -> String {
        URL_SAFE_NO_PAD.encode(self.refresh_key.tag(&tag_domain(domain), &[data]))
    }

    /// Whether [`Self::tag`] made `tag` for this domain and data, under the active key or one that was or will be.
    /// Takes a time that does not depend on where the tags differ.
    pub fn tag_matches(&self, domain: &str, data: &[u8], tag: &str) -> bool {
        let mut stated = [0; 32];
        if URL_SAFE_NO_PAD.decode_slice(tag, &mut stated) != Ok(stated.len()) {
            return false;
        }
        let domain = tag_domain(domain);
        self.refresh_keys.values().any(|key| mac::is_equal(&key.tag(&domain, &[data]), &stated))
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keyring({:?}, {:?})", self.signer, self.refresh_key)
    }
}

/// Why records do not make a keyring.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyringError {
    /// Not one of the keys opens: they were sealed under another master key.
    #[error("no signing key opens with this master key; it is not the one they were sealed with")]
    WrongMasterKey,
    /// Other keys open, this one does not, or is no key of its algorithm.
    #[error("the signing key {kid} is damaged")]
    Damaged {
        /// The key.
        kid: String,
    },
    /// Nothing can be issued.
    #[error("there is no active {} key", purpose.as_str())]
    NoActiveKey {
        /// The purpose without a key.
        purpose: KeyPurpose,
    },
    /// It is not decided which key signs.
    #[error("there is more than one active {} key", purpose.as_str())]
    SeveralActiveKeys {
        /// The purpose with too many.
        purpose: KeyPurpose,
    },
    /// Two records of one purpose have the same key id.
    #[error("the key id {kid} occurs twice")]
    DuplicateKid {
        /// The key id.
        kid: String,
    },
    /// The active key was taken out of service, and the one that took over is not known here.
    #[error("the {} key in use was taken out of service, and the one after it cannot be opened", purpose.as_str())]
    Lost {
        /// The purpose without a key.
        purpose: KeyPurpose,
    },
    /// A new key cannot be of this algorithm for this purpose, or the crypto library failed to make one.
    #[error("the signing key could not be made")]
    NotMade,
}

/// A keyring in the making.
#[derive(Default)]
struct Opening {
    signers: Vec<Signer>,
    verifying_keys: Vec<VerifyingKey>,
    active_refresh_keys: Vec<RefreshKey>,
    refresh_keys: HashMap<u32, RefreshKey>,
}

impl Opening {
    fn add_access_key(&mut self, record: &KeyRecord, secret: &[u8]) -> Result<(), KeyringError> {
        let signer = record.access_signer(secret).ok_or_else(|| record.damaged())?;
        if self.verifying_keys.iter().any(|key| key.kid() == signer.kid()) {
            return Err(record.duplicate());
        }
        self.verifying_keys.push(signer.verifying_key());
        if record.state == KeyState::Active {
            self.signers.push(signer);
        }
        Ok(())
    }

    fn add_refresh_key(&mut self, record: &KeyRecord, secret: &[u8]) -> Result<(), KeyringError> {
        let key = record.refresh_key(secret).ok_or_else(|| record.damaged())?;
        if record.state == KeyState::Active {
            self.active_refresh_keys.push(key.clone());
        }
        match self.refresh_keys.insert(key.id(), key) {
            Some(_) => Err(record.duplicate()),
            None => Ok(()),
        }
    }

    fn finish(self) -> Result<Keyring, KeyringError> {
        Ok(Keyring {
            signer: Arc::new(only(self.signers, KeyPurpose::AccessToken)?),
            lost: Vec::new(),
            verifying_keys: KeySet::from_keys(self.verifying_keys),
            refresh_key: only(self.active_refresh_keys, KeyPurpose::RefreshToken)?,
            refresh_keys: self.refresh_keys,
        })
    }
}

fn only<T>(mut active: Vec<T>, purpose: KeyPurpose) -> Result<T, KeyringError> {
    let key = active.pop().ok_or(KeyringError::NoActiveKey { purpose })?;
    if active.is_empty() { Ok(key) } else { Err(KeyringError::SeveralActiveKeys { purpose }) }
}

type OpenedRecord<'a> = (&'a KeyRecord, Zeroizing<Vec<u8>>);

fn open_all<'a>(records: &'a [KeyRecord], master: &MasterKey) -> Result<Vec<OpenedRecord<'a>>, KeyringError> {
    let mut opened = Vec::new();
    let mut failed = None;
    let mut is_any_refused = false;
    for record in records.iter().filter(|record| record.state != KeyState::Revoked) {
        match master.open(&record.seal_context(), &record.sealed) {
            Ok(secret) => opened.push((record, secret)),
            Err(error) => {
                is_any_refused |= error == SealError::Refused;
                failed = failed.or(Some(record));
            }
        }
    }
    match failed {
        None => Ok(opened),
        Some(_) if opened.is_empty() && is_any_refused => Err(KeyringError::WrongMasterKey),
        Some(record) => Err(record.damaged()),
    }
}

fn tag_domain(domain: &str) -> String {
    format!("portcullis/tag/v1/{domain}")
}

#[cfg(test)]
mod tests;
