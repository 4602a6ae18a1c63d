//! What does a native token say?

use portcullis_crypto::refresh::{RefreshToken, Statement};
use portcullis_verifier::{Claims, Jwks};

use super::{Auth, OpenError};
use crate::flows::{Grant, TokenPair, Trouble};
use crate::model::Session;

/// The `client_id` of access tokens (RFC 9068 §2.2): there is one client, the application itself.
const CLIENT_ID: &str = "portcullis";

impl Auth {
    /// Makes the native tokens of a session that was just begun or refreshed.
    pub fn mint(&self, grant: &Grant) -> Result<TokenPair, Trouble> {
        let Grant { account, session, now } = grant;
        // A session of 30 days is over after 30 days, for who checks tokens by themselves as well.
        let access_expires_at = now.plus(self.policy().session.access).min(session.expires_at);
        let claims = Claims {
            iss: self.policy().issuer.clone(),
            sub: account.id.to_string(),
            aud: vec![self.policy().audience.clone()],
            exp: access_expires_at.as_seconds(),
            iat: now.as_seconds(),
            nbf: None,
            jti: uuid::Uuid::from_bytes(self.random()).simple().to_string(),
            client_id: Some(CLIENT_ID.into()),
            sid: Some(session.id.to_string()),
            role: Some(account.role.as_str().into()),
            auth_time: Some(session.authenticated_at.as_seconds()),
            // Also while no mail is sent: who reads it need not know how this server is configured.
            email_verified: Some(account.email_verified_at.is_some()),
            extra: serde_json::Map::new(),
        };
        let access = self
            .keyring()
            .signer()
            .map_err(OpenError::from)?
            .sign(&claims)
            .map_err(|error| Trouble::Minting { cause: error.to_string() })?;
        Ok(TokenPair {
            access,
            access_expires_at,
            refresh: self.mint_refresh_token(session)?,
            refresh_expires_at: session.idle_expires_at,
        })
    }

    /// The public keys that access tokens are checked with.
    pub fn jwks(&self) -> Jwks {
        self.keyring().jwks()
    }

    fn mint_refresh_token(&self, session: &Session) -> Result<RefreshToken, Trouble> {
        let statement = Statement { session: session.id.into_bytes(), generation: session.generation };
        Ok(self.keyring().refresh_key().map_err(OpenError::from)?.issue(statement))
    }
}
