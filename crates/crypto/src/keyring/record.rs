//! What is a signing key in the store?

use std::fmt;

use aws_lc_rs::aead::NONCE_LEN;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use portcullis_verifier::Algorithm;
use zeroize::Zeroizing;

use super::KeyringError;
use crate::jwt::{KeyMaterial, Signer};
use crate::refresh::RefreshKey;
use crate::seal::MasterKey;

/// `typ` of native access tokens (RFC 9068 §2.1).
const ACCESS_TOKEN_TYPE: &str = "at+jwt";
/// What `algorithm` says of a key for refresh tokens.
const REFRESH_ALGORITHM: &str = "HMAC";
const KID_LEN: usize = 16;

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyPurpose {
    /// Signing access tokens.
    AccessToken,
    /// Authenticating refresh tokens, and the tags of [`Keyring::tag`](super::Keyring::tag).
    RefreshToken,
}

impl KeyPurpose {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::AccessToken, Self::RefreshToken];

    /// The word in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AccessToken => "access_token",
            Self::RefreshToken => "refresh_token",
        }
    }

    /// [`Self::as_str`] backwards.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.as_str() == word)
    }
}

/// Where a key is in its life; see the drawing in [`keyring`](super).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyState {
    /// Published, will sign.
    Next,
    /// Signs.
    Active,
    /// Signed; verifies until its last token has expired.
    Retired,
    /// Neither signs nor verifies.
    Revoked,
}

impl KeyState {
    /// All of them, in the order of life.
    pub const ALL: [Self; 4] = [Self::Next, Self::Active, Self::Retired, Self::Revoked];

    /// The word in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Next => "next",
            Self::Active => "active",
            Self::Retired => "retired",
            Self::Revoked => "revoked",
        }
    }

    /// [`Self::as_str`] backwards.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// Whether the life of a key goes from this state to `later` in one step.
    pub const fn can_become(self, later: Self) -> bool {
        matches!(
            (self, later),
            (Self::Next, Self::Active | Self::Revoked)
                | (Self::Active, Self::Retired | Self::Revoked)
                | (Self::Retired, Self::Revoked)
        )
    }
}

/// A key as the store keeps it. All times are milliseconds since the epoch.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyRecord {
    /// The key id, unique within its purpose: 22 characters of base64url for access tokens, 8 hexadecimal digits for
    /// refresh tokens.
    pub kid: String,
    /// What the key is for.
    pub purpose: KeyPurpose,
    /// `EdDSA`, `ES256`, `RS256` or `HS256` for access tokens, `HMAC` for refresh tokens.
    pub algorithm: String,
    /// Where it is in its life.
    pub state: KeyState,
    /// The private key, sealed for this `kid`, `purpose` and `algorithm`.
    pub sealed: Vec<u8>,
    /// When it was made.
    pub created_at: i64,
    /// When it began to sign.
    pub activated_at: Option<i64>,
    /// When it ceased to sign.
    pub retired_at: Option<i64>,
}

impl KeyRecord {
    pub(super) fn seal_context(&self) -> String {
        format!("signing-key:{}:{}:{}", self.purpose.as_str(), self.algorithm, self.kid)
    }

    pub(super) fn access_signer(&self, secret: &[u8]) -> Option<Signer> {
        let algorithm = Algorithm::parse(&self.algorithm)?;
        let material = KeyMaterial::from_bytes(algorithm, secret);
        Signer::from_material(&self.kid, algorithm, ACCESS_TOKEN_TYPE, &material).ok()
    }

    pub(super) fn refresh_key(&self, secret: &[u8]) -> Option<RefreshKey> {
        let id = parse_refresh_kid(&self.kid)?;
        let secret = secret.try_into().ok()?;
        (self.algorithm == REFRESH_ALGORITHM).then(|| RefreshKey::new(id, secret))
    }

    pub(super) fn damaged(&self) -> KeyringError {
        KeyringError::Damaged { kid: self.kid.clone() }
    }

    pub(super) fn duplicate(&self) -> KeyringError {
        KeyringError::DuplicateKid { kid: self.kid.clone() }
    }
}

impl fmt::Debug for KeyRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyRecord")
            .field("kid", &self.kid)
            .field("purpose", &self.purpose)
            .field("algorithm", &self.algorithm)
            .field("state", &self.state)
            .field("created_at", &self.created_at)
            .field("activated_at", &self.activated_at)
            .field("retired_at", &self.retired_at)
            .finish_non_exhaustive()
    }
}

/// What key is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewKey {
    /// What it is for.
    pub purpose: KeyPurpose,
    /// For access tokens: the algorithm, `EdDSA` if absent. For refresh tokens: absent.
    pub algorithm: Option<Algorithm>,
    /// `Next`, or `Active` for the first key and in an emergency.
    pub state: KeyState,
    /// Now, in milliseconds since the epoch.
    pub now_ms: i64,
}

/// Makes a key and seals it. `entropy` fills a buffer with random bytes; ES256 and RS256 keys draw on the crypto
/// library's own.
///
/// # Errors
/// [`KeyringError::NotMade`] for a state in which no key begins, an algorithm for a refresh key, or when the crypto
/// library fails.
pub fn new_key(
    wanted: NewKey,
    master: &MasterKey,
    entropy: &mut dyn FnMut(&mut [u8]),
) -> Result<KeyRecord, KeyringError> {
    let NewKey { purpose, algorithm, state, now_ms } = wanted;
    let activated_at = match state {
        KeyState::Next => None,
        KeyState::Active => Some(now_ms),
        KeyState::Retired | KeyState::Revoked => return Err(KeyringError::NotMade),
    };
    let mut seed = Zeroizing::new([0; 32]);
    entropy(seed.as_mut_slice());
    let (kid, algorithm, secret) = match (purpose, algorithm) {
        (KeyPurpose::AccessToken, algorithm) => {
            let algorithm = algorithm.unwrap_or(Algorithm::EdDsa);
            let material = KeyMaterial::generate(algorithm, &seed).map_err(|_| KeyringError::NotMade)?;
            let mut kid = [0; KID_LEN];
            entropy(&mut kid);
            (URL_SAFE_NO_PAD.encode(kid), algorithm.as_str(), material.to_bytes())
        }
        (KeyPurpose::RefreshToken, None) => {
            let kid = refresh_kid(new_refresh_id(entropy));
            (kid, REFRESH_ALGORITHM, Zeroizing::new(seed.to_vec()))
        }
        (KeyPurpose::RefreshToken, Some(_)) => return Err(KeyringError::NotMade),
    };
    let mut nonce = [0; NONCE_LEN];
    entropy(&mut nonce);
    let mut record = KeyRecord {
        kid,
        purpose,
        algorithm: algorithm.to_owned(),
        state,
        sealed: Vec::new(),
        created_at: now_ms,
        activated_at,
        retired_at: None,
    };
    record.sealed = master.seal(&record.seal_context(), &secret, nonce);
    Ok(record)
}

/// The same keys, sealed under another master key. What has been revoked and does not open any more stays as it is: nobody
/// needs it.
///
/// # Errors
/// As [`Keyring::unseal`](super::Keyring::unseal) under `from`.
pub fn reseal(
    records: &[KeyRecord],
    from: &MasterKey,
    to: &MasterKey,
    entropy: &mut dyn FnMut(&mut [u8]),
) -> Result<Vec<KeyRecord>, KeyringError> {
    super::Keyring::unseal(records, from)?;
    let mut resealed = records.to_vec();
    for record in &mut resealed {
        let context = record.seal_context();
        match from.open(&context, &record.sealed) {
            Ok(secret) => {
                let mut nonce = [0; NONCE_LEN];
                entropy(&mut nonce);
                record.sealed = to.seal(&context, &secret, nonce);
            }
            Err(_) if record.state == KeyState::Revoked => {}
            Err(_) => return Err(record.damaged()),
        }
    }
    Ok(resealed)
}

/// Zero is no id, so that a zeroed buffer never names a key.
fn new_refresh_id(entropy: &mut dyn FnMut(&mut [u8])) -> u32 {
    let mut id = [0; 4];
    entropy(&mut id);
    u32::from_be_bytes(id).max(1)
}

pub(super) fn refresh_kid(id: u32) -> String {
    format!("{id:08x}")
}

/// [`refresh_kid`] backwards; no other spelling is read.
fn parse_refresh_kid(kid: &str) -> Option<u32> {
    let id = u32::from_str_radix(kid, 16).ok()?;
    (id != 0 && refresh_kid(id) == kid).then_some(id)
}
