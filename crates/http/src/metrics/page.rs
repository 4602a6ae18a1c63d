//! `GET /metrics`: who may read what the server has counted?
//!
//! The page tells nothing about anybody, but how much is going on, and how an attack fares. It stands on a listener of its
//! own that strangers do not reach, or asks for a token.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{AUTHORIZATION, CONTENT_TYPE, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, StatusCode};
use portcullis_core::crypto::digest;

use crate::face::Face;
use crate::layers::security_headers::SecurityHeaders;
use crate::problem::{Code, Problem};
use crate::settings::Hsts;

/// Where it stands.
pub(super) const PATH: &str = "/metrics";

/// The text format of Prometheus.
const MEDIA_TYPE: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");

/// What the page is made of.
pub struct MetricsPage {
    write: Box<dyn Fn() -> String + Send + Sync>,
    token: Option<TokenDigest>,
}

/// What is left of a token that is only compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct TokenDigest([u8; 32]);

impl TokenDigest {
    // SECURITY: of two digests the time of a comparison tells nothing about what they are made of.
    fn of(token: &[u8]) -> Self {
        Self(digest::sha256("portcullis/metrics-token/v1", &[token]))
    }
}

impl MetricsPage {
    /// A page that `write` writes anew for everybody who asks.
    pub fn new(write: impl Fn() -> String + Send + Sync + 'static) -> Self {
        Self { write: Box::new(write), token: None }
    }

    /// The same for those only who send this as a Bearer token.
    #[must_use]
    pub fn only_with(self, token: &str) -> Self {
        Self { token: Some(TokenDigest::of(token.as_bytes())), ..self }
    }

    fn admits(&self, headers: &HeaderMap) -> bool {
        let Some(token) = self.token else { return true };
        let sent = headers.get(AUTHORIZATION).map(HeaderValue::as_bytes).unwrap_or_default();
        let sent = sent.split_at_checked(SCHEME.len());
        sent.is_some_and(|(scheme, sent)| {
            scheme.eq_ignore_ascii_case(SCHEME) && TokenDigest::of(sent.trim_ascii()) == token
        })
    }

    fn write(&self) -> Response {
        ([(CONTENT_TYPE, MEDIA_TYPE)], (self.write)()).into_response()
    }
}

const SCHEME: &[u8] = b"Bearer ";

impl std::fmt::Debug for MetricsPage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MetricsPage").finish_non_exhaustive()
    }
}

/// The page alone, for a listener of its own.
pub fn metrics_only(page: Arc<MetricsPage>) -> Router {
    let answer = async |State(page): State<Arc<MetricsPage>>, headers: HeaderMap| {
        if page.admits(&headers) {
            return page.write();
        }
        (
            StatusCode::UNAUTHORIZED,
            [(WWW_AUTHENTICATE, HeaderValue::from_static(r#"Bearer realm="metrics""#))],
        )
            .into_response()
    };
    let security_headers = Arc::new(SecurityHeaders::new("", Hsts::Off));
    Router::new().route(PATH, get(answer)).with_state(page).layer(axum::middleware::map_response(
        move |mut response: Response| {
            security_headers.add_to(response.headers_mut());
            std::future::ready(response)
        },
    ))
}

/// The page beside the native API.
pub(crate) fn beside_api(page: Option<&Arc<MetricsPage>>) -> Router<Face> {
    let Some(page) = page.map(Arc::clone) else { return Router::new() };
    let answer = async move |headers: HeaderMap| {
        if page.admits(&headers) { Ok(page.write()) } else { Err(Problem::new(Code::AuthenticationRequired)) }
    };
    Router::new().route(PATH, get(answer))
}
