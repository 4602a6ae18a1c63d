//! Does a request that a browser sends with its cookies come from the application itself?
//!
//! The CSRF token is a MAC over the session id under a key of the server: a signed double submit. It needs
//! no storage, is good for as long as the session, and for no other session.
//!
//! A contract of an older backend has such tokens before anybody logs in. There a random secret takes the place of the
//! session id: the browser keeps it in a cookie that no script can read.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::Auth;
use crate::model::SessionId;

const DOMAIN: &str = "csrf";
const CLIENT_DOMAIN: &str = "csrf-of-client";

/// Nobody guesses 18 bytes.
const CLIENT_SECRET_LEN: usize = 18;

impl Auth {
    /// The CSRF token of a session.
    pub fn csrf_token(&self, session: SessionId) -> String {
        self.keyring().tag(DOMAIN, &session.into_bytes())
    }

    /// Whether this is the CSRF token of the session. Takes the same time for every wrong token.
    pub fn is_csrf_token(&self, session: SessionId, token: &str) -> bool {
        self.keyring().tag_matches(DOMAIN, &session.into_bytes(), token)
    }

    /// A new secret for a browser to keep: 24 characters of base64url.
    pub fn new_client_secret(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.random::<CLIENT_SECRET_LEN>())
    }

    /// The CSRF token of the browser that keeps this secret.
    pub fn client_csrf_token(&self, secret: &str) -> String {
        self.keyring().tag(CLIENT_DOMAIN, secret.as_bytes())
    }

    /// Whether this is the CSRF token of the browser that keeps this secret. Takes the same time for every wrong token.
    pub fn is_client_csrf_token(&self, secret: &str, token: &str) -> bool {
        self.keyring().tag_matches(CLIENT_DOMAIN, secret.as_bytes(), token)
    }
}
