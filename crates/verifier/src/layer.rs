//! May this request go on to the route behind (RFC 6750)?
//!
//! An inner service is only ever called with [`Claims`], or behind [`LegacyTokenLayer`] with
//! [`LegacyClaims`](crate::LegacyClaims), in the extensions of its request. An answer never says more about a bad
//! token than whether it has expired.

mod cookie;
mod legacy;
mod refusal;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::http::Request;
use axum::response::Response;
use tower::{Layer, Service};

pub use self::legacy::{LegacyTokenLayer, RequireLegacyToken};
use self::refusal::{Refusal, bearer_token};
use crate::{Claims, Verifier};

/// Protects a service with access tokens: puts `Arc<Claims>` into the extensions of a request, or answers it.
///
/// | request | answer |
/// |---|---|
/// | without a bearer token | 401, a challenge without error code (RFC 6750 §3.1) |
/// | several `Authorization` headers | 400, `invalid_request` |
/// | token not good | 401, `invalid_token` |
/// | session ended, where the feed is followed | 401, `invalid_token` |
/// | token good, role missing | 403, `insufficient_scope` |
/// | token good, but the person proved who they are too long ago | 403, `insufficient_user_authentication` (RFC 9470) |
/// | keys of the issuer not available | 503 with `Retry-After` |
///
/// The body is `application/problem+json` with a stable `code`.
#[derive(Clone, Debug)]
pub struct AccessTokenLayer {
    verifier: Verifier,
    role: Option<Arc<str>>,
    max_age: Option<Duration>,
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
        Self { verifier, role: None, max_age: None }
    }

    /// Asks for this role in addition.
    #[must_use]
    pub fn with_role(self, role: impl Into<Arc<str>>) -> Self {
        Self { role: Some(role.into()), ..self }
    }

    /// Asks that the person has proved who they are in the last `max_age`: for what is sensitive.
    #[must_use]
    pub fn with_max_age(self, max_age: Duration) -> Self {
        Self { max_age: Some(max_age), ..self }
    }

    async fn admit(&self, token: Result<String, Refusal>) -> Result<Arc<Claims>, Refusal> {
        let token = token?;
        let claims = match self.max_age {
            Some(max_age) => self.verifier.verify_recent(&token, max_age).await?,
            None => self.verifier.verify(&token).await?,
        };
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
        let token = bearer_token(request.headers()).map(str::to_owned);
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
