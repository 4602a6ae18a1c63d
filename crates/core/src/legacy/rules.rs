//! By which rules does an older contract differ from the native one, beside its policy?

use std::fmt;

use portcullis_crypto::jwt::LegacySecret;
use serde_json::{Map, Value};

use crate::model::{Account, AccountName};

/// What is to be known of an older contract's tokens.
pub struct LegacyRules {
    /// Signs access tokens.
    pub access_secret: LegacySecret,
    /// Its refresh tokens, if it has any.
    pub refresh: Option<RefreshRules>,
    /// The `iss` of its tokens, if they have one. It is written and checked.
    pub issuer: Option<String>,
    /// What its tokens say.
    pub shape: TokenShape,
    /// Whether access tokens may lack `exp`.
    pub unexpiring: Unexpiring,
}

/// What is to be known of an older contract's refresh tokens.
pub struct RefreshRules {
    /// Signs them.
    pub secret: LegacySecret,
    /// Whether it is the access secret as well, so that only their lifetime tells foreign tokens apart.
    pub is_shared: bool,
    /// What becomes of those that the older backend issued.
    pub foreign: ForeignRefresh,
}

/// What the tokens of a contract say, beside `iat`, `exp` and `iss`.
#[derive(Clone, Copy)]
pub struct TokenShape {
    /// The claims of an access token.
    pub access: fn(&Account) -> Map<String, Value>,
    /// The claims of a refresh token.
    pub refresh: fn(&Account) -> Map<String, Value>,
    /// Whose token it is, of either kind. `None` when the claims do not say, or not in the form they should.
    pub account: fn(&Map<String, Value>) -> Option<AccountName>,
}

/// What becomes of refresh tokens that an older backend issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForeignRefresh {
    /// Its session is begun at the first exchange, for an account that comes from there.
    Adopted,
    /// The backend kept a list: those on it became sessions when its accounts were imported. Others are refused.
    ImportedOnly,
}

/// Whether foreign access tokens may lack `exp`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unexpiring {
    /// Never.
    Refused,
    /// When the older backend issued them before the cut-over, for a week.
    BeforeCutOver,
}

impl fmt::Debug for LegacyRules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LegacyRules").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}
