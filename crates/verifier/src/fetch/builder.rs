//! How is a verifier configured, and which configurations are refused?

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use reqwest::Url;

use super::endpoint::Endpoint;
use super::issuer_keys::IssuerKeys;
use super::revocations::{Parts, RevocationFeed, RevocationSettings};
use super::schedule::{Limits, Schedule};
use super::{Inner, Source, Verifier};
use crate::clock::{Clock, millis, system_clock};
use crate::{Expectation, KeySet, VerifiedCache};

/// Describes a [`Verifier`].
#[must_use]
pub struct VerifierBuilder {
    expectation: Expectation,
    jwks_url: Option<String>,
    transport: Transport,
    http_timeout: Duration,
    limits: Limits,
    fixed_keys: Option<KeySet>,
    cache_capacity: usize,
    clock: Clock,
    revocations: Option<RevocationSettings>,
}

/// Which URLs are trusted to bring the keys.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Transport {
    Encrypted,
    Any,
}

/// Why a verifier cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// [`VerifierBuilder::audience`] was not called, or with an empty text.
    #[error("an audience is required")]
    Audience,
    /// The issuer or the URL of the keys is no `http` or `https` URL.
    #[error("{url:?} is not an http or https URL")]
    Url {
        /// What was given.
        url: String,
    },
    /// A plain `http` URL of another machine.
    #[error("{url:?} must be https: whoever can change the keys on their way can sign tokens")]
    Insecure {
        /// What was given.
        url: String,
    },
    /// [`VerifierBuilder::with_keys`] was given no keys, so that no token could ever be good.
    #[error("the given key set is empty")]
    NoKeys,
    /// The HTTP client cannot start, for instance because the machine has no root certificates.
    #[error("the HTTP client cannot start")]
    Client(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl VerifierBuilder {
    pub(super) fn new(issuer: String) -> Self {
        Self {
            expectation: Expectation::access_token(issuer, ""),
            jwks_url: None,
            transport: Transport::Encrypted,
            http_timeout: Duration::from_secs(5),
            limits: Limits::default(),
            fixed_keys: None,
            cache_capacity: 4096,
            clock: system_clock(),
            revocations: None,
        }
    }

    /// The audience that tokens must be for. Required.
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.expectation.audience = audience.into();
        self
    }

    /// Where the keys are; `<issuer>/.well-known/jwks.json` unless given.
    pub fn jwks_url(mut self, url: impl Into<String>) -> Self {
        self.jwks_url = Some(url.into());
        self
    }

    /// Lets the keys come over plain `http` from any host, not only from this machine.
    ///
    /// Only for a network on which nobody else can answer or listen, such as one between containers of a host.
    pub fn allow_plain_http(mut self) -> Self {
        self.transport = Transport::Any;
        self
    }

    /// Tolerated difference between the clocks of issuer and verifier; 30 seconds unless given.
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.expectation.leeway = leeway;
        self.expectation.future_leeway = leeway;
        self
    }

    /// The `typ` that tokens must have; `at+jwt` unless given.
    pub fn token_type(mut self, token_type: impl Into<String>) -> Self {
        self.expectation.token_type = token_type.into();
        self
    }

    /// Longest time that fetched keys count as fresh; 5 minutes unless given. The issuer may ask for less by
    /// `Cache-Control`, down to 10 seconds.
    ///
    /// A key that the issuer revokes is believed for about this long, unless [`Self::revocations`] tells sooner.
    pub fn max_age(mut self, max_age: Duration) -> Self {
        self.limits.fresh_at_most = max_age;
        self
    }

    /// How long the last keys serve on while the issuer cannot be reached, counted from when they were fetched;
    /// 1 hour unless given. Access tokens live for less, so that later there is nothing left to accept.
    pub fn serve_stale_for(mut self, hard_limit: Duration) -> Self {
        self.limits.usable = hard_limit;
        self
    }

    /// Shortest time between two requests that tokens with an unknown key cause; 10 seconds unless given.
    pub fn unknown_kid_interval(mut self, interval: Duration) -> Self {
        self.limits.unknown_kid_interval = interval;
        self
    }

    /// Longest time that a request for the keys may take; 5 seconds unless given.
    pub fn http_timeout(mut self, timeout: Duration) -> Self {
        self.http_timeout = timeout;
        self
    }

    /// Uses these keys for ever and sends no request: for HS256, whose secret is never published, and for tests.
    pub fn with_keys(mut self, keys: KeySet) -> Self {
        self.fixed_keys = Some(keys);
        self
    }

    /// Follows the feed of ended sessions, so that a session that was ended and a key that was revoked are refused within
    /// seconds. Without it they are noticed when the token expires and when the keys are fetched anew.
    pub fn revocations(mut self, settings: RevocationSettings) -> Self {
        self.revocations = Some(settings);
        self
    }

    /// How many good tokens are remembered; 4096 unless given. See [`VerifiedCache::new`].
    pub fn cache_capacity(mut self, tokens: usize) -> Self {
        self.cache_capacity = tokens;
        self
    }

    /// Another clock than that of the machine.
    pub fn clock(mut self, clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Builds the verifier. Nothing is fetched yet.
    pub fn build(mut self) -> Result<Verifier, BuildError> {
        if self.expectation.audience.is_empty() {
            return Err(BuildError::Audience);
        }
        let settings = self.revocations.take();
        let source = match self.fixed_keys.take() {
            Some(keys) if keys.is_empty() => return Err(BuildError::NoKeys),
            Some(keys) => Source::Fixed(Arc::new(keys)),
            None => {
                let endpoint = self.endpoint(self.jwks_url.as_deref(), "/.well-known/jwks.json")?;
                let clock = Arc::clone(&self.clock);
                let now_millis = Box::new(move || millis(clock()));
                Source::Issuer(Arc::new(IssuerKeys::new(endpoint, Schedule::new(self.limits), now_millis)))
            }
        };
        let revocations = match settings {
            Some(settings) => Some(RevocationFeed::new(Parts {
                endpoint: self.endpoint(settings.url.as_deref(), "/v1/revocations")?,
                source: source.clone(),
                issuer: self.expectation.issuer.clone(),
                leeway: self.expectation.leeway,
                clock: Arc::clone(&self.clock),
                settings,
            })),
            None => None,
        };
        let inner = Inner {
            source,
            expectation: self.expectation,
            cache: VerifiedCache::new(self.cache_capacity),
            clock: self.clock,
            revocations,
        };
        Ok(Verifier { inner: Arc::new(inner) })
    }

    /// The given URL, or a path of the issuer.
    fn endpoint(&self, url: Option<&str>, path: &str) -> Result<Endpoint, BuildError> {
        let of_issuer = || format!("{}{path}", self.expectation.issuer.trim_end_matches('/'));
        let url = url.map_or_else(of_issuer, str::to_owned);
        Endpoint::new(checked(&url, self.transport)?, self.http_timeout)
            .map_err(|error| BuildError::Client(error.into()))
    }
}

/// SECURITY: keys that travel in the clear can be swapped on their way, and then anybody's tokens pass.
fn checked(text: &str, transport: Transport) -> Result<Url, BuildError> {
    let url = Url::parse(text).map_err(|_| BuildError::Url { url: text.to_owned() })?;
    match url.scheme() {
        "https" => Ok(url),
        "http" if transport == Transport::Any || is_loopback(&url) => Ok(url),
        "http" => Err(BuildError::Insecure { url: text.to_owned() }),
        _ => Err(BuildError::Url { url: text.to_owned() }),
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::{BuildError, Transport, Verifier, checked};
    use crate::KeySet;

    #[test]
    fn plain_http_is_for_this_machine() {
        for url in
            ["http://127.0.0.1:3000/k", "http://localhost/k", "http://[::1]:3000/k", "https://auth.example/k"]
        {
            assert!(checked(url, Transport::Encrypted).is_ok(), "{url}");
        }
        for url in [
            "http://auth.example/k",
            "http://localhost.example/k",
            "http://127.0.0.1.example/k",
            "http://127.0.0.1@auth.example/k",
            "http://10.0.0.1/k",
        ] {
            assert!(matches!(checked(url, Transport::Encrypted), Err(BuildError::Insecure { .. })), "{url}");
            assert!(checked(url, Transport::Any).is_ok(), "{url}");
        }
    }

    #[test]
    fn what_is_no_web_address_is_refused() {
        for url in ["", "auth.example", "ftp://auth.example", "file:///etc/keys", "http://"] {
            assert!(matches!(checked(url, Transport::Any), Err(BuildError::Url { .. })), "{url}");
        }
    }

    #[test]
    fn a_verifier_needs_an_audience_and_keys() {
        let issuer = "https://auth.example";
        assert!(matches!(Verifier::builder(issuer).build(), Err(BuildError::Audience)));
        let without_keys = Verifier::builder(issuer).audience("a").with_keys(KeySet::default());
        assert!(matches!(without_keys.build(), Err(BuildError::NoKeys)));
        assert!(Verifier::builder(issuer).audience("a").build().is_ok());
    }
}
