//! May this request go on to the route behind (RFC 6750)?
//!
//! An inner service is only ever called with [`Claims`] in the extensions of its request. An answer never says more
//! about a bad token than whether it has expired.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, Request, StatusCode};
use axum::response::{IntoResponse as _, Response};
use tower::{Layer, Service};

use crate::{AuthError, Claims, Verifier, VerifyError};

/// Protects a service with access tokens: puts `Arc<Claims>` into the extensions of a request, or answers it.
///
/// | request | answer |
/// |---|---|
/// | without a bearer token | 401, a challenge without error code (RFC 6750 §3.1) |
/// | several `Authorization` headers | 400, `invalid_request` |
/// | token not good | 401, `invalid_token` |
/// | token good, role missing | 403, `insufficient_scope` |
/// | keys of the issuer not available | 503 with `Retry-After` |
///
/// The body is `application/problem+json` with a stable `code`.
#[derive(Clone, Debug)]
pub struct AccessTokenLayer {
    verifier: Verifier,
    role: Option<Arc<str>>,
}

/// The service that [`AccessTokenLayer`] makes of another.
#[derive(Clone, Debug)]
pub struct RequireAccessToken<S> {
    inner: S,
    layer: AccessTokenLayer,
}

impl AccessTokenLayer {
    /// Lets requests pass whose token `verifier` accepts.
    pub fn new(verifier: Verifier) -> Self {
        Self { verifier, role: None }
    }

    /// Asks for this role in addition.
    #[must_use]
    pub fn with_role(self, role: impl Into<Arc<str>>) -> Self {
        Self { role: Some(role.into()), ..self }
    }

    async fn admit(&self, token: Result<String, Refusal>) -> Result<Arc<Claims>, Refusal> {
        let claims = self.verifier.verify(&token?).await?;
        match &self.role {
            Some(role) if claims.role.as_deref() != Some(role) => Err(Refusal::Role),
            _ => Ok(claims),
        }
    }
}

impl<S> Layer<S> for AccessTokenLayer {
    type Service = RequireAccessToken<S>;

    fn layer(&self, inner: S) -> Self::Service {
        RequireAccessToken { inner, layer: self.clone() }
    }
}

impl<S, B> Service<Request<B>> for RequireAccessToken<S>
where
    S: Service<Request<B>, Response = Response> + Clone + Send + 'static,
    S::Future: Send,
    B: Send + 'static,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        // The service that was polled ready is the one to call; its clone waits for the next request.
        let next = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, next);
        let layer = self.layer.clone();
        let token = bearer_token(request.headers());
        Box::pin(async move {
            match layer.admit(token).await {
                Ok(claims) => {
                    request.extensions_mut().insert(claims);
                    inner.call(request).await
                }
                Err(refusal) => Ok(refusal.into_response()),
            }
        })
    }
}

/// Why a request does not go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refusal {
    NoToken,
    SeveralTokens,
    Expired,
    BadToken,
    Role,
    Unavailable { retry_after: Duration },
}

impl From<AuthError> for Refusal {
    fn from(error: AuthError) -> Self {
        match error {
            AuthError::Refused(VerifyError::Expired) => Self::Expired,
            // SECURITY: which check failed would tell a forger how far the forgery got.
            AuthError::Refused(_) => Self::BadToken,
            AuthError::Unavailable { retry_after, .. } => Self::Unavailable { retry_after },
        }
    }
}

impl Refusal {
    fn into_response(self) -> Response {
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
            Self::Unavailable { retry_after } => return unavailable(retry_after),
        };
        let mut response = problem(status, body);
        response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        response
    }
}

fn unavailable(retry_after: Duration) -> Response {
    let body =
        r#"{"status":503,"code":"keys_unavailable","title":"Access tokens cannot be checked at the moment"}"#;
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
fn bearer_token(headers: &HeaderMap) -> Result<String, Refusal> {
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
    Ok(token.trim_matches(' ').to_owned())
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
        bearer_token(&headers)
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
