//! How does a contract of an older backend, with its tokens and shared secrets, go through the same door?
//!
//! ```text
//!                     signed under the shared secret, and …
//! access token   ──┬─ jti proves that we made it ──▶ account and session, without a look at the database
//!                  └─ another or no jti: foreign ──▶ the account it names is looked up
//! refresh token  ──┬─ jti proves that we made it ──▶ (session, generation), as of a native one
//!                  └─ another or no jti: foreign ──▶ generation 1 of a session whose id follows from the login
//! ```
//!
//! Invariants
//! - A foreign token stands for a session as well: [`foreign_session`]. So it can be ended, and what the older backend
//!   issued at one login (an access and a refresh token) ends together.
//! - A foreign refresh token is exchanged like one of our own: a retry gets the same answer, a copy ends the session.
//! - A secret may have another before it, under which nothing is signed any more. Tokens are looked at under both.
//! - What the older backend issued is believed for accounts that come from there, up to
//!   [`Account::cut_over_at`](crate::model::Account::cut_over_at).
//!
//! SECURITY: whoever knows the shared secret can make access tokens for any account; that is what the older contract
//! gives away. The secret alone must never make a session that can be refreshed for an account that was made here.

mod access;
mod refresh;
mod rules;

use std::sync::Arc;

use portcullis_crypto::access_jwt;
use portcullis_crypto::digest;
use portcullis_crypto::jwt::AccessToken;
use portcullis_crypto::refresh::{RefreshToken, Statement};
use portcullis_crypto::refresh_jwt::{self, Content};
use serde_json::{Map, Value};

pub use access::LegacyAuthenticateError;
pub use rules::{
    ForeignRefresh, LegacyRules, PreviousForeign, PreviousSecret, RefreshRules, TokenShape, Unexpiring,
};

use crate::Auth;
use crate::auth::OpenError;
use crate::flows::{Grant, Trouble};
use crate::model::{AccountId, SessionId, Timestamp};
use crate::policy::Policy;

/// The door as an older contract sees it. Cheap to clone.
#[derive(Clone)]
pub struct LegacyAuth {
    auth: Auth,
    rules: Arc<LegacyRules>,
}

/// The tokens of a session in the form of an older contract.
#[derive(Debug, Clone)]
pub struct LegacyTokens {
    /// A JWT under the access secret.
    pub access: AccessToken,
    /// When it ends.
    pub access_expires_at: Timestamp,
    /// A JWT under the refresh secret, where the contract has one.
    pub refresh: Option<RefreshToken>,
    /// When it ends unless it is used.
    pub refresh_expires_at: Timestamp,
}

impl LegacyAuth {
    /// The same door as `auth`, under rules of its own.
    pub fn new(auth: &Auth, policy: Policy, rules: LegacyRules) -> Self {
        Self { auth: auth.with_policy(policy), rules: Arc::new(rules) }
    }

    /// All flows that need no token, and those for a caller who has proved who they are.
    pub const fn auth(&self) -> &Auth {
        &self.auth
    }

    /// Makes the tokens of a session that was just begun or refreshed.
    pub fn mint(&self, grant: &Grant) -> Result<LegacyTokens, Trouble> {
        let Grant { account, session, now } = grant;
        let (rules, keyring) = (&self.rules, self.auth.keyring());
        let refresh_key = keyring.refresh_key().map_err(OpenError::from)?;
        let access_expires_at = now.plus(self.auth.policy().session.access).min(session.expires_at);
        let statement = access_jwt::Statement {
            account: account.id.as_uuid(),
            session: session.id.as_uuid(),
            iat_s: now.as_seconds(),
            exp_s: access_expires_at.as_seconds(),
        };
        let claims = self.with_issuer((rules.shape.access)(account));
        let access = access_jwt::issue(&rules.access_secret, refresh_key, statement, claims);
        let refresh = rules.refresh.as_ref().map(|refresh| {
            let content = Content {
                statement: Statement { session: session.id.into_bytes(), generation: session.generation },
                iat_s: now.as_seconds(),
                exp_s: session.idle_expires_at.as_seconds(),
                extra: self.with_issuer((rules.shape.refresh)(account)),
            };
            refresh_jwt::issue(&refresh.secret, refresh_key, content)
        });
        let failed = |error: portcullis_crypto::jwt::SignError| Trouble::Minting { cause: error.to_string() };
        Ok(LegacyTokens {
            access: access.map_err(failed)?,
            access_expires_at,
            refresh: refresh.transpose().map_err(failed)?,
            refresh_expires_at: session.idle_expires_at,
        })
    }

    fn with_issuer(&self, mut claims: Map<String, Value>) -> Map<String, Value> {
        if let Some(issuer) = &self.rules.issuer {
            claims.insert("iss".to_owned(), issuer.clone().into());
        }
        claims
    }

    /// Whether foreign claims come from where they should.
    fn is_from_issuer(&self, claims: &Map<String, Value>) -> bool {
        let stated = claims.get("iss").and_then(Value::as_str);
        self.rules.issuer.as_deref().is_none_or(|issuer| stated == Some(issuer))
    }
}

impl std::fmt::Debug for LegacyAuth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LegacyAuth").field("auth", &self.auth).finish_non_exhaustive()
    }
}

/// The session that the tokens of one login at an older backend stand for: those of an account and a second.
///
/// Such a backend signs the same text twice when somebody logs in twice within a second, so a second is as fine as
/// its logins can be told apart.
pub fn foreign_session(account: AccountId, issued_at_s: i64) -> SessionId {
    let parts: [&[u8]; 2] = [&account.into_bytes(), &issued_at_s.to_be_bytes()];
    SessionId::derived(&digest::sha256("portcullis/foreign-session/v1", &parts))
}
