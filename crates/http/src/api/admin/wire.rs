//! What JSON do the admin routes answer?
//!
//! The words of `api::wire`, and what only an administrator may see.

use portcullis_core::auth::KeyInfo;
use portcullis_core::model;
use portcullis_core::model::{EventId, Page};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::wire::{Account, AuditEvent, Time};

/// An account as an administrator sees it.
#[derive(Serialize, ToSchema)]
pub(crate) struct ManagedAccount {
    #[serde(flatten)]
    account: Account,
    /// The id that the account had in the system it was imported from.
    external_id: Option<String>,
    /// Since when it may not log in.
    disabled_at: Option<Time>,
    /// When it is deleted, if its owner wants that.
    delete_at: Option<Time>,
}

impl From<model::Account> for ManagedAccount {
    fn from(account: model::Account) -> Self {
        Self {
            external_id: account.external_id.clone(),
            disabled_at: account.disabled_at.map(Time),
            delete_at: account.deletion.map(|deletion| Time(deletion.due_at)),
            account: account.into(),
        }
    }
}

/// An answer that holds one account as an administrator sees it.
#[derive(Serialize, ToSchema)]
pub(crate) struct ManagedAccountAnswer {
    /// The account.
    account: ManagedAccount,
}

impl From<model::Account> for ManagedAccountAnswer {
    fn from(account: model::Account) -> Self {
        Self { account: account.into() }
    }
}

/// A page of accounts by growing number.
#[derive(Serialize, ToSchema)]
pub(crate) struct ManagedAccountList {
    /// The accounts.
    accounts: Vec<ManagedAccount>,
    /// What to pass as `after` for the next page; `null` at the end.
    next: Option<String>,
}

impl From<Page<model::Account, i64>> for ManagedAccountList {
    fn from(page: Page<model::Account, i64>) -> Self {
        Self {
            accounts: page.items.into_iter().map(ManagedAccount::from).collect(),
            next: page.next.map(|cursor| cursor.to_string()),
        }
    }
}

/// A page of the audit log, newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct AuditEventList {
    /// The entries.
    events: Vec<AuditEvent>,
    /// What to pass as `after` for the next page; `null` at the end.
    next: Option<String>,
}

impl From<Page<model::AuditEvent, EventId>> for AuditEventList {
    fn from(page: Page<model::AuditEvent, EventId>) -> Self {
        Self {
            events: page.items.into_iter().map(AuditEvent::from).collect(),
            next: page.next.map(|cursor| cursor.to_string()),
        }
    }
}

/// A key of the keyring, without its secret.
#[derive(Serialize, ToSchema)]
pub(crate) struct SigningKey {
    /// The `kid` in the header of the tokens that it signs.
    kid: String,
    /// `access_token` or `refresh_token`.
    #[schema(example = "access_token")]
    purpose: &'static str,
    /// `EdDSA`, `ES256`, `RS256`, `HS256`, or `HMAC` for refresh tokens.
    #[schema(example = "EdDSA")]
    algorithm: String,
    /// `next` (published, will sign), `active` (signs), `retired` (verifies until its last token has expired)
    /// or `revoked` (verifies no more).
    #[schema(example = "active")]
    state: &'static str,
    /// When it was made.
    created_at: Time,
    /// When it began to sign.
    activated_at: Option<Time>,
    /// When it stopped signing.
    retired_at: Option<Time>,
}

impl From<KeyInfo> for SigningKey {
    fn from(key: KeyInfo) -> Self {
        Self {
            kid: key.kid,
            purpose: key.purpose.as_str(),
            algorithm: key.algorithm,
            state: key.state.as_str(),
            created_at: Time(key.created_at),
            activated_at: key.activated_at.map(Time),
            retired_at: key.retired_at.map(Time),
        }
    }
}

/// The keyring.
#[derive(Serialize, ToSchema)]
pub(crate) struct SigningKeyList {
    /// All keys, of both purposes.
    keys: Vec<SigningKey>,
}

impl From<Vec<KeyInfo>> for SigningKeyList {
    fn from(keys: Vec<KeyInfo>) -> Self {
        Self { keys: keys.into_iter().map(SigningKey::from).collect() }
    }
}
