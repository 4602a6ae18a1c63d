//! What does every handler of a dialect have at hand?

use std::sync::Arc;

use axum::extract::FromRef;
use http::{HeaderMap, HeaderValue, header};
use portcullis_core::flows::authenticate::Principal;
use portcullis_core::flows::{Actor, Grant};
use portcullis_core::legacy::{LegacyAuth, LegacyAuthenticateError, LegacyTokens};
use portcullis_core::model::Client;

use crate::extract::same_site;
use crate::face::Face;
use crate::layers::RequestContext;
use crate::problem::{Code, Problem};
use crate::settings::Environment;

/// The state of a dialect's router. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Contract(Arc<Shared>);

pub(crate) struct Shared {
    /// The door, in the form of this contract.
    pub(crate) auth: LegacyAuth,
    face: Face,
}

impl Contract {
    pub(super) fn new(auth: LegacyAuth, face: Face) -> Self {
        Self(Arc::new(Shared { auth, face }))
    }

    /// Whether cookies travel over HTTPS only: in production, and where the server speaks it anyway.
    pub(crate) fn is_https_only(&self) -> bool {
        self.is_production() || self.face.rules.settings.public_origin.starts_with("https://")
    }

    /// Whether this is the real thing.
    pub(crate) fn is_production(&self) -> bool {
        self.face.rules.settings.environment == Environment::Production
    }

    /// Who calls with this access token, from where.
    pub(crate) async fn actor(
        &self,
        token: &str,
        client: Client,
        context: &RequestContext,
    ) -> Result<Actor, LegacyAuthenticateError> {
        let principal: Principal = self.auth.authenticate(token, &client).await.inspect_err(|error| {
            context.note_refusal(reason(error));
        })?;
        context.name_account(principal.account_id);
        Ok(Actor { principal, client })
    }

    /// The tokens of a session that was just begun or refreshed.
    pub(crate) fn mint(&self, grant: &Grant) -> Result<LegacyTokens, Problem> {
        self.auth.mint(grant).map_err(Problem::from)
    }

    /// Ends the session of the caller; one that had ended before is no error.
    pub(crate) async fn log_out(&self, actor: &Actor) -> Result<(), Problem> {
        self.auth.log_out(actor).await.map(drop).map_err(Problem::from)
    }

    /// Checks that no other site caused a request that carries cookies or sets them.
    ///
    /// A page that was loaded from the very host that is asked is none, whatever the server calls itself: such backends
    /// never knew their own name.
    pub(crate) fn check_origin(&self, headers: &HeaderMap) -> Result<(), Problem> {
        if is_of_this_host(headers) {
            return Ok(());
        }
        same_site::check_origin(&self.face.rules.cors, headers)
    }
}

impl std::ops::Deref for Contract {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl FromRef<Contract> for Face {
    fn from_ref(contract: &Contract) -> Self {
        contract.face.clone()
    }
}

/// SECURITY: a browser names the host of a request by itself, so that another site cannot make the two the same. Where it
/// says more about who caused the request, that counts.
fn is_of_this_host(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let (Some(origin), Some(host)) = (text(header::ORIGIN), text(header::HOST)) else { return false };
    let authority = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
    !headers.contains_key("sec-fetch-site") && authority.is_some_and(|authority| authority == host)
}

/// What the log says about a token that proves nothing. The client hears less.
fn reason(error: &LegacyAuthenticateError) -> Code {
    match error {
        LegacyAuthenticateError::Token(_)
        | LegacyAuthenticateError::Forged
        | LegacyAuthenticateError::NotAccess
        | LegacyAuthenticateError::Unexpiring
        | LegacyAuthenticateError::NoAccount => Code::InvalidAccessToken,
        LegacyAuthenticateError::Expired => Code::AccessTokenExpired,
        LegacyAuthenticateError::AccountDisabled => Code::AccountDisabled,
        LegacyAuthenticateError::SessionRevoked => Code::SessionEnded,
        LegacyAuthenticateError::Throttled { .. } => Code::TooManyRequests,
        LegacyAuthenticateError::Trouble(_) => Code::Unavailable,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_page_of_the_host_that_is_asked_is_no_other_site() {
        let is_own = |lines: &[(&'static str, &str)]| {
            let pair = |(name, value): &(&'static str, &str)| {
                (http::HeaderName::from_static(name), value.parse().unwrap())
            };
            is_of_this_host(&lines.iter().map(pair).collect())
        };
        assert!(is_own(&[("origin", "http://10.0.0.5:5000"), ("host", "10.0.0.5:5000")]));
        assert!(is_own(&[("origin", "https://app.example"), ("host", "app.example")]));
        assert!(!is_own(&[("origin", "https://evil.example"), ("host", "app.example")]));
        assert!(!is_own(&[("origin", "https://app.example:444"), ("host", "app.example")]));
        assert!(!is_own(&[("origin", "null"), ("host", "null")]));
        assert!(!is_own(&[("host", "app.example")]));
        let cross = ("sec-fetch-site", "cross-site");
        assert!(!is_own(&[("origin", "https://app.example"), ("host", "app.example"), cross]));
    }
}
