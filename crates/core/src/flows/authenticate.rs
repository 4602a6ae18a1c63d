//! Who is calling? Answered without the database.

use std::str::FromStr;
use std::time::Duration;

use portcullis_verifier::{Claims, VerifyError};

use crate::Auth;
use crate::model::{AccountId, Client, Role, SessionId, Timestamp};

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
    /// When a credential of the account was last proved in the session, if the token says so.
    pub authenticated_at: Option<Timestamp>,
    /// Whether the address of the account was verified when the token was made.
    pub email_verified: bool,
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

impl AuthenticateError {
    /// Whether no honest client would send such a token, not even when its time is over or its key is gone.
    const fn is_about_junk(&self) -> bool {
        match self {
            Self::Token(
                VerifyError::Malformed
                | VerifyError::TooLong
                | VerifyError::UnsupportedHeader(_)
                | VerifyError::AlgorithmMismatch
                | VerifyError::BadSignature
                | VerifyError::WrongIssuer
                | VerifyError::WrongAudience
                | VerifyError::WrongType
                | VerifyError::Claim(_),
            ) => true,
            Self::Token(
                VerifyError::UnknownKey
                | VerifyError::Expired
                | VerifyError::NotYetValid
                | VerifyError::IssuedInFuture,
            )
            | Self::Incomplete(_)
            | Self::SessionRevoked => false,
        }
    }
}

impl Auth {
    /// How long whoever sent a token that was refused has to wait, if too many tokens from there were nobody's. A good
    /// token never gets here.
    pub fn wait_after_junk(&self, error: &AuthenticateError, client: &Client) -> Option<Duration> {
        if error.is_about_junk() { self.count_junk(client).err() } else { None }
    }

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
        authenticated_at: claims.auth_time.map(Timestamp::from_seconds),
        email_verified: claims.email_verified.unwrap_or_default(),
        issued_at: Timestamp::from_millis(claims.iat.saturating_mul(1000)),
        expires_at: Timestamp::from_millis(claims.exp.saturating_mul(1000)),
    })
}
