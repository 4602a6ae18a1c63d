//! Who is calling? Answered without the database.

use std::str::FromStr;

use portcullis_verifier::{Claims, VerifyError};

use crate::Auth;
use crate::model::{AccountId, Role, SessionId, Timestamp};

/// The `typ` of access tokens (RFC 9068 §2.1).
pub const ACCESS_TOKEN_TYPE: &str = "at+jwt";

/// Somebody who proved who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Principal {
    /// The account.
    pub account_id: AccountId,
    /// The session the access token was made for.
    pub session_id: SessionId,
    /// The role at the time the token was made.
    pub role: Role,
    /// When the access token was made.
    pub issued_at: Timestamp,
    /// When the access token ends.
    pub expires_at: Timestamp,
}

/// Why a token proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuthenticateError {
    /// Not a good access token of this server.
    #[error("the access token is not good: {0}")]
    Token(#[from] VerifyError),
    /// Good, but it lacks what a native access token says.
    #[error("the access token lacks {0}")]
    Incomplete(&'static str),
    /// Good, but its session was ended.
    #[error("the session was ended")]
    SessionRevoked,
}

impl Auth {
    /// Checks a native access token: signature, `alg`, `typ`, issuer, audience, lifetime, and that its
    /// session was not ended. Reads nothing but memory.
    pub fn authenticate(&self, access_token: &str) -> Result<Principal, AuthenticateError> {
        let keyring = self.keyring();
        let now = self.now().as_seconds();
        let claims =
            self.verified().verify(access_token, keyring.verifying_keys(), self.expectation(), now)?;
        let principal = principal(&claims)?;
        if self.revoked().contains(principal.session_id) {
            return Err(AuthenticateError::SessionRevoked);
        }
        Ok(principal)
    }
}

fn principal(claims: &Claims) -> Result<Principal, AuthenticateError> {
    let session = claims.sid.as_deref().and_then(|sid| SessionId::from_str(sid).ok());
    let role = claims.role.as_deref().and_then(Role::parse);
    Ok(Principal {
        account_id: AccountId::from_str(&claims.sub).map_err(|_| AuthenticateError::Incomplete("sub"))?,
        session_id: session.ok_or(AuthenticateError::Incomplete("sid"))?,
        role: role.ok_or(AuthenticateError::Incomplete("role"))?,
        issued_at: Timestamp::from_millis(claims.iat.saturating_mul(1000)),
        expires_at: Timestamp::from_millis(claims.exp.saturating_mul(1000)),
    })
}
