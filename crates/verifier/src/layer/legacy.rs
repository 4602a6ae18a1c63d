//! May this request, with a token of the shape of an older backend, go on to the route behind?

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::http::{HeaderMap, HeaderValue, Method, Request};
use axum::response::Response;
use tower::{Layer, Service};

use super::cookie;
use super::refusal::{Refusal, bearer_token};
use crate::{LegacyClaims, LegacyVerifier, RevocationFeed};

/// Protects a service with access tokens of the shape of an older backend: puts `Arc<LegacyClaims>` into the extensions
/// of a request, or answers it.
///
/// The token is taken from the cookie of the shape ([`LegacyShape::cookie`](crate::LegacyShape::cookie)), if there is
/// one, else from `Authorization: Bearer`.
///
/// | request | answer |
/// |---|---|
/// | without a token | 401, a challenge without error code (RFC 6750 §3.1) |
/// | token not good | 401, `invalid_token` |
/// | changes something, with a cookie that another site may have sent | 403, `csrf_failed` |
/// | several `Authorization` headers | 400, `invalid_request` |
/// | session ended, where the feed is followed | 401, `invalid_token` |
///
/// The body is `application/problem+json` with a stable `code`. A service that answers in a form of its own calls
/// [`LegacyVerifier::verify`] itself.
///
/// What a verifier cannot see, this layer cannot see either: read [`LegacyVerifier`]. The ends of sessions it sees by
/// [`Self::with_revocations`].
#[derive(Clone, Debug)]
pub struct LegacyTokenLayer {
    rules: Arc<Rules>,
}

#[derive(Clone, Debug)]
struct Rules {
    verifier: LegacyVerifier,
    cookie: Option<&'static str>,
    origins: Vec<String>,
    revocations: Option<RevocationFeed>,
}

/// The service that [`LegacyTokenLayer`] makes of another.
#[derive(Clone, Debug)]
pub struct RequireLegacyToken<S> {
    inner: S,
    rules: Arc<Rules>,
}

impl LegacyTokenLayer {
    /// Lets requests pass whose token `verifier` accepts.
    pub fn new(verifier: LegacyVerifier) -> Self {
        let cookie = verifier.shape().cookie();
        Self { rules: Arc::new(Rules { verifier, cookie, origins: Vec::new(), revocations: None }) }
    }

    /// Takes tokens from the header only.
    #[must_use]
    pub fn without_cookie(mut self) -> Self {
        Arc::make_mut(&mut self.rules).cookie = None;
        self
    }

    /// Refuses tokens of sessions that were ended. The feed is that of a [`Verifier`](crate::Verifier) of the server that
    /// issues them. A token that the older backend issued names no session, and passes.
    #[must_use]
    pub fn with_revocations(mut self, feed: RevocationFeed) -> Self {
        Arc::make_mut(&mut self.rules).revocations = Some(feed);
        self
    }

    /// Lets pages of another origin, exactly as browsers write it (`https://app.example.com`), change something with a
    /// cookie. The origin of this service itself needs no mention.
    #[must_use]
    pub fn allow_origin(mut self, origin: impl Into<String>) -> Self {
        Arc::make_mut(&mut self.rules).origins.push(origin.into());
        self
    }
}

impl Rules {
    fn admit(&self, method: &Method, headers: &HeaderMap) -> Result<LegacyClaims, Refusal> {
        Ok(self.verifier.verify(self.token(method, headers)?)?)
    }

    /// Whether its session goes on.
    async fn follow(&self, claims: &LegacyClaims) -> Result<(), Refusal> {
        match &self.revocations {
            Some(feed) => Ok(feed.check(claims.sid.as_deref()).await?),
            None => Ok(()),
        }
    }

    /// The cookie comes first, as in the older backends.
    fn token<'h>(&self, method: &Method, headers: &'h HeaderMap) -> Result<&'h str, Refusal> {
        let Some(token) = self.cookie.and_then(|name| cookie::find(headers, name)) else {
            return bearer_token(headers);
        };
        // SECURITY: a browser adds cookies to a request whoever caused it. A header it adds for nobody, so that a
        // bearer token counts all the same.
        if method.is_safe() || cookie::is_from_own_page(headers, |origin| self.allows(origin)) {
            return Ok(token);
        }
        bearer_token(headers).map_err(|refusal| match refusal {
            Refusal::NoToken => Refusal::OtherSite,
            other => other,
        })
    }

    fn allows(&self, origin: &HeaderValue) -> bool {
        self.origins.iter().any(|allowed| allowed.as_bytes() == origin.as_bytes())
    }
}

impl<S> Layer<S> for LegacyTokenLayer {
    type Service = RequireLegacyToken<S>;

    fn layer(&self, inner: S) -> Self::Service {
        RequireLegacyToken { inner, rules: Arc::clone(&self.rules) }
    }
}

impl<S, B> Service<Request<B>> for RequireLegacyToken<S>
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
        let rules = Arc::clone(&self.rules);
        let admitted = rules.admit(request.method(), request.headers());
        Box::pin(async move {
            let claims = match admitted {
                Ok(claims) => claims,
                Err(refusal) => return Ok(refusal.into_response()),
            };
            if let Err(refusal) = rules.follow(&claims).await {
                return Ok(refusal.into_response());
            }
            request.extensions_mut().insert(Arc::new(claims));
            inner.call(request).await
        })
    }
}
