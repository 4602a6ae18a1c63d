//! Who calls?
//!
//! A request proves its caller by `Authorization: Bearer` or by the access cookie of a browser session. When both
//! are there the header counts: a script that could set it needs no cookie, and no forger can set it. An
//! `Authorization` of another scheme belongs to somebody else on the way and is not looked at.
//!
//! Where the operator wants a verified email address, nobody comes through without one.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::request::Parts;
use http::{HeaderMap, header};
use portcullis_core::flows::Actor;
use portcullis_core::flows::authenticate::Principal;

use super::{FromClient, same_site, verified_email};
use crate::cookies;
use crate::face::Face;
use crate::layers::RequestContext;
use crate::problem::{Code, Problem};

/// What a request brought to prove its caller, not yet looked at.
#[derive(Clone, Copy)]
pub(crate) enum Credentials<'h> {
    /// The token of an `Authorization: Bearer` header.
    Bearer(&'h str),
    /// The access cookie.
    Cookie(&'h str),
    /// Nothing.
    None,
}

impl<'h> Credentials<'h> {
    pub(crate) fn of(headers: &'h HeaderMap) -> Self {
        if let Some(token) = bearer(headers) {
            return Self::Bearer(token);
        }
        cookies::find(headers, cookies::ACCESS).map_or(Self::None, Self::Cookie)
    }
}

/// Somebody who proved who they are, without a look at the database, unless it is to be seen whether their email address
/// is verified.
pub(crate) struct Proven {
    pub(crate) principal: Principal,
}

impl FromRequestParts<Face> for Proven {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, face: &Face) -> Result<Self, Problem> {
        let principal = match Credentials::of(&parts.headers) {
            Credentials::None => return Err(Problem::new(Code::AuthenticationRequired)),
            Credentials::Bearer(token) => authenticate(token, parts, face)?,
            Credentials::Cookie(token) => {
                let principal = authenticate(token, parts, face)?;
                same_site::check(face, &parts.method, &parts.headers, principal.session_id)?;
                principal
            }
        };
        if let Some(context) = parts.extensions.get::<Arc<RequestContext>>() {
            context.name_account(principal.account_id);
        }
        verified_email::check(parts, face, &principal).await?;
        Ok(Self { principal })
    }
}

fn authenticate(token: &str, parts: &Parts, face: &Face) -> Result<Principal, Problem> {
    face.auth.authenticate(token).map_err(|error| {
        let wait = face.auth.wait_after_junk(&error, &FromClient::of(parts));
        wait.map_or_else(|| error.into(), Problem::too_many_requests)
    })
}

/// Somebody who proved who they are, and from where they call.
pub(crate) struct Caller {
    /// What flows ask for.
    pub(crate) actor: Actor,
}

impl FromRequestParts<Face> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, face: &Face) -> Result<Self, Problem> {
        let Proven { principal } = Proven::from_request_parts(parts, face).await?;
        Ok(Self { actor: Actor { principal, client: FromClient::of(parts) } })
    }
}

/// The token of an `Authorization: Bearer` header (RFC 6750 §2.1). Several such headers are no good token.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut tokens = headers.get_all(header::AUTHORIZATION).iter().filter_map(|value| {
        let (scheme, token) = value.as_bytes().split_at_checked(6)?;
        if !scheme.eq_ignore_ascii_case(b"bearer") {
            return None;
        }
        match token.first() {
            None | Some(b' ') => Some(std::str::from_utf8(token).unwrap_or_default().trim_matches(' ')),
            Some(_) => None,
        }
    });
    let token = tokens.next()?;
    if tokens.next().is_some() { Some("") } else { Some(token) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use http::HeaderValue;

    use super::*;

    fn bearer_of(lines: &[&'static str]) -> Option<String> {
        let headers: HeaderMap =
            lines.iter().map(|line| (header::AUTHORIZATION, HeaderValue::from_static(line))).collect();
        bearer(&headers).map(str::to_owned)
    }

    #[test]
    fn a_bearer_token_is_read_whatever_the_case_of_its_scheme() {
        assert_eq!(bearer_of(&["Bearer a.b.c"]).as_deref(), Some("a.b.c"));
        assert_eq!(bearer_of(&["bearer   a.b.c "]).as_deref(), Some("a.b.c"));
    }

    #[test]
    fn another_scheme_is_not_ours() {
        assert_eq!(bearer_of(&["Basic YTpi"]), None);
        assert_eq!(bearer_of(&["Bearerx a"]), None);
        assert_eq!(bearer_of(&["Bear"]), None);
        assert_eq!(bearer_of(&["Basic YTpi", "Bearer a"]).as_deref(), Some("a"));
    }

    #[test]
    fn an_empty_or_ambiguous_token_is_one_that_cannot_be_good() {
        assert_eq!(bearer_of(&["Bearer"]).as_deref(), Some(""));
        assert_eq!(bearer_of(&["Bearer a", "Bearer b"]).as_deref(), Some(""));
    }

    #[test]
    fn the_header_counts_before_the_cookie() {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::from_static("__Host-portcullis_access=c"));
        assert!(matches!(Credentials::of(&headers), Credentials::Cookie("c")));
        headers.insert(header::AUTHORIZATION, HeaderValue::from_static("Basic x"));
        assert!(matches!(Credentials::of(&headers), Credentials::Cookie("c")));
        headers.insert(header::AUTHORIZATION, HeaderValue::from_static("Bearer b"));
        assert!(matches!(Credentials::of(&headers), Credentials::Bearer("b")));
    }
}
