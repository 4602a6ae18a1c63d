//! Does a request that a browser sends with its cookies come from the application itself?
//!
//! The CSRF token is a MAC over the session id under a key of the server: a signed double submit. It needs
//! no storage, is good for as long as the session, and for no other session.

use crate::Auth;
use crate::model::SessionId;

const DOMAIN: &str = "csrf";

impl Auth {
    /// The CSRF token of a session.
    pub fn csrf_token(&self, session: SessionId) -> String {
        self.keyring().tag(DOMAIN, &session.into_bytes())
    }

    /// Whether this is the CSRF token of the session. Takes the same time for every wrong token.
    pub fn is_csrf_token(&self, session: SessionId, token: &str) -> bool {
        self.keyring().tag_matches(DOMAIN, &session.into_bytes(), token)
    }
}
