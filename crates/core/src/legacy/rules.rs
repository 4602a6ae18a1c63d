//! By which rules does an older contract differ from the native one, beside its policy?

use std::fmt;

use portcullis_crypto::jwt::LegacySecret;
use serde_json::{Map, Value};

use crate::model::{Account, AccountName};

/// What is to be known of an older contract's tokens.
pub struct LegacyRules {
    /// Signs access tokens.
    pub access_secret: LegacySecret,
    /// Signed them before.
    pub previous_access: Option<PreviousSecret>,
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
    /// Signed them before.
    pub previous: Option<PreviousSecret>,
    /// Whether one of the two is an access secret as well, so that only their lifetime tells foreign tokens apart.
    pub is_shared: bool,
    /// What becomes of those that the older backend issued.
    pub foreign: ForeignRefresh,
}

/// A secret that another has taken the place of. Tokens under it are accepted until they expire.
pub struct PreviousSecret {
    /// It signs nothing any more.
    pub secret: LegacySecret,
    /// What becomes of tokens under it that this server did not make.
    pub foreign: PreviousForeign,
}

/// What becomes of foreign tokens under a secret that another has taken the place of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PreviousForeign {
    /// They count for what they would under the secret of today.
    Believed,
    /// SECURITY: somebody else knows the secret, or could find it. A token of our own is proved by its `jti` too, which
    /// nobody makes who has only the secret; of a foreign one nothing is proved.
    Refused,
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
