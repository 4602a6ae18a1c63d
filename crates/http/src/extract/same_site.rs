//! Does a request that carries cookies come from the application itself?
//!
//! A browser adds cookies to a request whoever caused it. So a request that changes something and is authenticated
//! by a cookie needs two proofs:
//! - a CSRF token of its session in a header, which another site cannot read;
//! - a word of the browser about who caused it, which another site cannot forge.
//!
//! ```text
//! Origin                      Sec-Fetch-Site        verdict
//! ──────────────────────────────────────────────────────────────
//! this server's, or listed    any                   the application
//! any                         same-origin, none     the application
//! any                         anything else         another site
//! another, or null            absent                another site
//! absent                      absent                no browser: the token alone decides
//! ```

use http::{HeaderMap, HeaderName, Method, header};
use portcullis_core::model::SessionId;

use crate::face::Face;
use crate::layers::cors::Cors;
use crate::problem::{Code, Problem};

/// The header that the CSRF token travels in.
pub(crate) const CSRF_HEADER: HeaderName = HeaderName::from_static("x-csrf-token");

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Checks a request that was authenticated by a cookie of the session. A safe method passes (RFC 9110 §9.2.1).
pub(crate) fn check(
    face: &Face,
    method: &Method,
    headers: &HeaderMap,
    session: SessionId,
) -> Result<(), Problem> {
    if method.is_safe() {
        return Ok(());
    }
    check_origin(&face.rules.cors, headers)?;
    let Some(token) = headers.get(CSRF_HEADER) else {
        return Err(refusal("The header X-CSRF-Token is missing."));
    };
    if token.to_str().is_ok_and(|token| face.auth.is_csrf_token(session, token)) {
        return Ok(());
    }
    Err(refusal("The header X-CSRF-Token is not of this session."))
}

/// Checks that no other site caused a request that sets cookies.
///
/// SECURITY: another site could log its visitor in to the attacker's account, and read later what they leave there.
pub(crate) fn check_origin(cors: &Cors, headers: &HeaderMap) -> Result<(), Problem> {
    let origin = headers.get(header::ORIGIN);
    if origin.is_some_and(|origin| cors.trusts(origin)) {
        return Ok(());
    }
    match headers.get(SEC_FETCH_SITE).map(http::HeaderValue::as_bytes) {
        Some(b"same-origin" | b"none") => Ok(()),
        Some(_) => {
            Err(refusal("Another site caused the request, and its Origin is not one that is allowed."))
        }
        None if origin.is_some() => Err(refusal("The Origin is not one that is allowed.")),
        None => Ok(()),
    }
}

fn refusal(detail: &'static str) -> Problem {
    Problem::new(Code::CsrfFailed).detail(detail)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::settings::CorsOrigins;

    fn passes(pairs: &[(HeaderName, &'static str)]) -> bool {
        let cors = Cors::new("https://auth.example", CorsOrigins::Listed(vec!["https://app.example".into()]));
        let headers = pairs.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect();
        check_origin(&cors, &headers).is_ok()
    }

    #[test]
    fn the_application_passes_by_either_word_of_the_browser() {
        assert!(passes(&[(header::ORIGIN, "https://auth.example"), (SEC_FETCH_SITE, "same-origin")]));
        assert!(passes(&[(header::ORIGIN, "https://app.example"), (SEC_FETCH_SITE, "same-site")]));
        assert!(passes(&[(header::ORIGIN, "https://app.example"), (SEC_FETCH_SITE, "cross-site")]));
        assert!(passes(&[(header::ORIGIN, "https://app.example")]));
        assert!(passes(&[(SEC_FETCH_SITE, "same-origin")]));
        assert!(passes(&[(SEC_FETCH_SITE, "none")]));
    }

    #[test]
    fn another_site_does_not_pass() {
        assert!(!passes(&[(header::ORIGIN, "https://evil.example"), (SEC_FETCH_SITE, "cross-site")]));
        assert!(!passes(&[(header::ORIGIN, "https://evil.auth.example"), (SEC_FETCH_SITE, "same-site")]));
        assert!(!passes(&[(header::ORIGIN, "https://evil.example")]));
        assert!(!passes(&[(header::ORIGIN, "https://app.example.evil.example")]));
        assert!(!passes(&[(header::ORIGIN, "http://app.example")]));
        assert!(!passes(&[(header::ORIGIN, "null")]));
        assert!(!passes(&[(SEC_FETCH_SITE, "cross-site")]));
        assert!(!passes(&[(SEC_FETCH_SITE, "")]));
    }

    #[test]
    fn what_is_no_browser_says_nothing_and_passes() {
        assert!(passes(&[]));
    }
}
