//! How is a request answered that brings no good token, and how is a bearer token found?

use std::time::Duration;

use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};

use crate::{AuthError, VerifyError};

/// Why a request does not go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    NoToken,
    SeveralTokens,
    Expired,
    SessionEnded,
    BadToken,
    Role,
    /// The person proved who they are too long ago.
    Reauthenticate {
        max_age: Duration,
    },
    /// A cookie that another site may have sent, and nothing else.
    OtherSite,
    Unavailable {
        retry_after: Duration,
    },
    /// Which sessions have ended is not known.
    RevocationsUnavailable {
        retry_after: Duration,
    },
}

impl From<VerifyError> for Refusal {
    fn from(error: VerifyError) -> Self {
        // SECURITY: which other check failed would tell a forger how far the forgery got.
        if error == VerifyError::Expired { Self::Expired } else { Self::BadToken }
    }
}

impl From<AuthError> for Refusal {
    fn from(error: AuthError) -> Self {
        match error {
            AuthError::Refused(error) => error.into(),
            AuthError::SessionEnded => Self::SessionEnded,
            AuthError::Reauthenticate { max_age } => Self::Reauthenticate { max_age },
            AuthError::Unavailable { retry_after, .. } => Self::Unavailable { retry_after },
            AuthError::RevocationsUnavailable { retry_after, .. } => {
                Self::RevocationsUnavailable { retry_after }
            }
        }
    }
}

impl Refusal {
    pub(super) fn into_response(self) -> Response {
        let (status, challenge, body) = match self {
            Self::NoToken => (
                StatusCode::UNAUTHORIZED,
                r#"Bearer realm="portcullis""#,
                r#"{"status":401,"code":"token_required","title":"An access token is required"}"#,
            ),
            Self::SeveralTokens => (
                StatusCode::BAD_REQUEST,
                r#"Bearer realm="portcullis", error="invalid_request""#,
                r#"{"status":400,"code":"invalid_request","title":"The request has several Authorization headers"}"#,
            ),
            Self::Expired => (
                StatusCode::UNAUTHORIZED,
                r#"Bearer realm="portcullis", error="invalid_token", error_description="The access token has expired""#,
                r#"{"status":401,"code":"token_expired","title":"The access token has expired"}"#,
            ),
            Self::SessionEnded => (
                StatusCode::UNAUTHORIZED,
                r#"Bearer realm="portcullis", error="invalid_token", error_description="The session was ended""#,
                r#"{"status":401,"code":"session_ended","title":"The session was ended"}"#,
            ),
            Self::BadToken => (
                StatusCode::UNAUTHORIZED,
                r#"Bearer realm="portcullis", error="invalid_token""#,
                r#"{"status":401,"code":"invalid_token","title":"The access token is not valid"}"#,
            ),
            Self::Role => (
                StatusCode::FORBIDDEN,
                r#"Bearer realm="portcullis", error="insufficient_scope""#,
                r#"{"status":403,"code":"insufficient_role","title":"The account may not do this"}"#,
            ),
            Self::OtherSite => return other_site(),
            Self::Reauthenticate { max_age } => return reauthenticate(max_age),
            Self::Unavailable { retry_after } => {
                let body = r#"{"status":503,"code":"keys_unavailable","title":"Access tokens cannot be checked at the moment"}"#;
                return unavailable(retry_after, body);
            }
            Self::RevocationsUnavailable { retry_after } => {
                let body = r#"{"status":503,"code":"revocations_unavailable","title":"Which sessions have ended is not known at the moment"}"#;
                return unavailable(retry_after, body);
            }
        };
        let mut response = problem(status, body);
        response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        response
    }
}

/// The words of the server itself. No challenge: another token is not what is missing.
fn other_site() -> Response {
    let body =
        r#"{"status":403,"code":"csrf_failed","title":"The request may have been made by another site"}"#;
    problem(StatusCode::FORBIDDEN, body)
}

/// Not 401: a client that answers that with a refresh would get the same again, because a refresh proves nothing new of
/// the person. The challenge is that of RFC 9470 §3, which any answer may carry (RFC 9110 §11.6.1).
fn reauthenticate(max_age: Duration) -> Response {
    let body = r#"{"status":403,"code":"reauthentication_required","title":"The person has to prove again who they are"}"#;
    let mut response = problem(StatusCode::FORBIDDEN, body);
    let challenge = format!(
        r#"Bearer realm="portcullis", error="insufficient_user_authentication", error_description="A more recent authentication is required", max_age="{}""#,
        max_age.as_secs()
    );
    if let Ok(challenge) = HeaderValue::try_from(challenge) {
        response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    }
    response
}

fn unavailable(retry_after: Duration, body: &'static str) -> Response {
    let mut response = problem(StatusCode::SERVICE_UNAVAILABLE, body);
    let seconds = retry_after.as_millis().div_ceil(1000);
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(u32::try_from(seconds).unwrap_or(u32::MAX)));
    response
}

fn problem(status: StatusCode, body: &'static str) -> Response {
    (status, [(CONTENT_TYPE, "application/problem+json")], body).into_response()
}

/// The token of an `Authorization: Bearer` header (RFC 6750 §2.1). The scheme is compared without case (RFC 9110
/// §11.1). Tokens in the query or in a form are not looked for: they end up in logs.
pub(super) fn bearer_token(headers: &HeaderMap) -> Result<&str, Refusal> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = values.next().ok_or(Refusal::NoToken)?;
    // SECURITY: with two headers, a proxy may have looked at the other one.
    if values.next().is_some() {
        return Err(Refusal::SeveralTokens);
    }
    let value = value.to_str().map_err(|_| Refusal::BadToken)?;
    let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Refusal::NoToken);
    }
    Ok(token.trim_matches(' '))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use axum::http::header::AUTHORIZATION;
    use axum::http::{HeaderMap, HeaderValue};

    use super::{Refusal, bearer_token};

    fn token(values: &[&'static [u8]]) -> Result<String, Refusal> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(AUTHORIZATION, HeaderValue::from_bytes(value).unwrap());
        }
        bearer_token(&headers).map(str::to_owned)
    }

    #[test]
    fn a_bearer_token_is_found_whatever_the_case_of_its_scheme() {
        for value in [&b"Bearer a.b.c"[..], b"bearer a.b.c", b"BEARER  a.b.c "] {
            assert_eq!(token(&[value]), Ok("a.b.c".to_owned()));
        }
    }

    #[test]
    fn other_schemes_are_no_token_and_other_bytes_a_bad_one() {
        assert_eq!(token(&[]), Err(Refusal::NoToken));
        assert_eq!(token(&[b"Basic dTpw"]), Err(Refusal::NoToken));
        assert_eq!(token(&[b"Bearera.b.c"]), Err(Refusal::NoToken));
        assert_eq!(token(&[b""]), Err(Refusal::NoToken));
        assert_eq!(token(&[b"Bearer \xff"]), Err(Refusal::BadToken));
        assert_eq!(token(&[b"Bearer a", b"Bearer b"]), Err(Refusal::SeveralTokens));
    }
}
