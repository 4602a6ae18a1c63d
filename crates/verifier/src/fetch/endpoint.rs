//! What does the issuer publish at this moment?
//!
//! The answer of the other side is bounded in time and size, and it cannot send us anywhere else.

use std::time::Duration;

use reqwest::header::{ACCEPT, CACHE_CONTROL, HeaderMap};
use reqwest::{Client, Response, StatusCode, Url, redirect};

use crate::{Jwks, KeySet, VerifyError};

/// Largest set of keys that is read, in bytes. A key takes less than two thousand.
const MAX_DOCUMENT_BYTES: usize = 64 * 1024;

/// A URL of the issuer.
pub(super) struct Endpoint {
    client: Client,
    url: Url,
}

/// What the issuer published.
pub(super) struct Fetched {
    pub(super) keys: KeySet,
    /// How long the issuer lets it be cached, if it says so.
    pub(super) max_age: Option<Duration>,
}

/// Why the keys, or the feed of ended sessions, could not be fetched.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// No connection, no trust in it, or no complete answer in time.
    #[error("no answer from the issuer: {0}")]
    Unreachable(String),
    /// Another status than 200; redirections are not followed.
    #[error("the issuer answered with status {0}")]
    Status(u16),
    /// An answer above 64 KiB, or a feed of more sessions than are to be remembered.
    #[error("the answer of the issuer is too large")]
    TooLarge,
    /// An answer that is no JWK Set.
    #[error("the answer of the issuer is not a JWK Set")]
    NotJwks,
    /// A JWK Set without a key that could be used.
    #[error("the issuer publishes no key that can be used")]
    NoKeys,
    /// An answer that is no feed of ended sessions, or none that the issuer signed just now.
    #[error("the answer of the issuer is not its feed of ended sessions: {0}")]
    NotFeed(VerifyError),
    /// The attempt was given up, because the runtime is shutting down.
    #[error("the attempt was interrupted")]
    Interrupted,
}

impl Endpoint {
    pub(super) fn new(url: Url, timeout: Duration) -> Result<Self, reqwest::Error> {
        // SECURITY: a redirection could lead to plain http or to a host inside the network.
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .timeout(timeout)
            .user_agent(concat!("portcullis-verifier/", env!("CARGO_PKG_VERSION")));
        let client = if url.scheme() == "https" {
            client.https_only(true)
        } else {
            // Without TLS no root certificate is needed, and a machine may have none; a proxy would not find
            // the loopback address that we mean.
            client.tls_certs_only([]).no_proxy()
        };
        Ok(Self { client: client.build()?, url })
    }

    /// The headers and the body of an answer.
    pub(super) async fn get(
        &self,
        accept: &'static str,
        query: &[(&str, &str)],
        max_bytes: usize,
    ) -> Result<(HeaderMap, Vec<u8>), FetchError> {
        let mut url = self.url.clone();
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let response = self.client.get(url).header(ACCEPT, accept).send().await.map_err(unreachable)?;
        if response.status() != StatusCode::OK {
            return Err(FetchError::Status(response.status().as_u16()));
        }
        let headers = response.headers().clone();
        Ok((headers, bounded_body(response, max_bytes).await?))
    }

    /// The keys, where the URL is that of a JWK Set.
    pub(super) async fn fetch_keys(&self) -> Result<Fetched, FetchError> {
        let accept = "application/jwk-set+json, application/json";
        let (headers, document) = self.get(accept, &[], MAX_DOCUMENT_BYTES).await?;
        let max_age = max_age(&headers);
        let jwks: Jwks = serde_json::from_slice(&document).map_err(|_| FetchError::NotJwks)?;
        let keys = KeySet::from_jwks(&jwks);
        if keys.is_empty() {
            return Err(FetchError::NoKeys);
        }
        Ok(Fetched { keys, max_age })
    }
}

async fn bounded_body(mut response: Response, max_bytes: usize) -> Result<Vec<u8>, FetchError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
        if body.len() + chunk.len() > max_bytes {
            return Err(FetchError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The innermost cause is the one that says what to repair.
fn unreachable(error: reqwest::Error) -> FetchError {
    let error = error.without_url();
    let mut cause: &dyn std::error::Error = &error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    FetchError::Unreachable(cause.to_string())
}

/// `max-age` (RFC 9111 §5.2.2.1); zero where the answer is not to be reused.
fn max_age(headers: &HeaderMap) -> Option<Duration> {
    let directives = || {
        let values = headers.get_all(CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok());
        values.flat_map(|value| value.split(',')).map(str::trim)
    };
    if directives().any(|name| name.eq_ignore_ascii_case("no-store") || name.eq_ignore_ascii_case("no-cache"))
    {
        return Some(Duration::ZERO);
    }
    directives().find_map(|directive| {
        let (name, seconds) = directive.split_once('=')?;
        let seconds = seconds.trim_matches('"').parse().ok()?;
        name.eq_ignore_ascii_case("max-age").then(|| Duration::from_secs(seconds))
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::time::Duration;

    use reqwest::header::{CACHE_CONTROL, HeaderMap, HeaderValue};

    use super::max_age;

    fn seconds(values: &[&'static str]) -> Option<u64> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(CACHE_CONTROL, HeaderValue::from_static(value));
        }
        max_age(&headers).as_ref().map(Duration::as_secs)
    }

    #[test]
    fn the_issuer_says_how_long_its_keys_may_be_cached() {
        assert_eq!(seconds(&[]), None);
        assert_eq!(seconds(&["public"]), None);
        assert_eq!(seconds(&["max-age=60"]), Some(60));
        assert_eq!(seconds(&["public, Max-Age=\"60\", must-revalidate"]), Some(60));
        assert_eq!(seconds(&["public", "max-age=60"]), Some(60));
        assert_eq!(seconds(&["max-age=60, no-cache"]), Some(0));
        assert_eq!(seconds(&["no-store"]), Some(0));
    }

    #[test]
    fn a_strange_max_age_is_no_max_age() {
        for value in
            ["max-age", "max-age=", "max-age=-1", "max-age=1.5", "max-age=99999999999999999999", "s-maxage=5"]
        {
            assert_eq!(seconds(&[value]), None, "{value}");
        }
    }
}
