//! Is a token good according to the keys that its issuer publishes now?
//!
//! - At most one request to the issuer is under way at a time, whatever the tokens say.
//! - "Refused" and "cannot tell" are different answers: only the first blames the token.

mod builder;
mod endpoint;
mod issuer_keys;
mod revocations;
mod schedule;

use std::sync::Arc;
use std::time::Duration;

pub use self::builder::{BuildError, VerifierBuilder};
pub use self::endpoint::FetchError;
use self::issuer_keys::IssuerKeys;
pub use self::revocations::{OnOutage, RevocationFeed, RevocationSettings};
use crate::clock::{Clock, millis};
use crate::{Claims, Expectation, KeySet, VerifiedCache, VerifyError};

/// Checks access tokens for one audience of one issuer. Cloning shares the keys and the memory of good tokens.
///
/// The keys are fetched with the first token and then kept current as tokens come in. While the issuer cannot be
/// reached, the last keys serve on, up to [`VerifierBuilder::serve_stale_for`].
#[derive(Clone)]
pub struct Verifier {
    inner: Arc<Inner>,
}

struct Inner {
    source: Source,
    expectation: Expectation,
    cache: VerifiedCache,
    clock: Clock,
    revocations: Option<RevocationFeed>,
}

#[derive(Clone)]
enum Source {
    Fixed(Arc<KeySet>),
    Issuer(Arc<IssuerKeys>),
}

/// Why a request cannot be authenticated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// The token is not good: answer 401.
    #[error(transparent)]
    Refused(#[from] VerifyError),
    /// The keys to check it with are missing: answer 503.
    #[error("the keys of the issuer are not available: {cause}")]
    Unavailable {
        /// When it makes sense to try again; at least a second.
        retry_after: Duration,
        /// What went wrong at the last attempt.
        cause: FetchError,
    },
    /// The session of the token was ended: answer 401.
    #[error("the session was ended")]
    SessionEnded,
    /// The person proved who they are too long ago: answer 403, or 401 where clients know what to do then (RFC 9470).
    #[error("the person has to prove again who they are")]
    Reauthenticate {
        /// How long ago it may be.
        max_age: Duration,
    },
    /// Which sessions have ended is not known, and [`OnOutage::Refuse`] was chosen: answer 503.
    #[error("the feed of ended sessions is not available: {cause}")]
    RevocationsUnavailable {
        /// When it makes sense to try again; at least a second.
        retry_after: Duration,
        /// What went wrong at the last attempt.
        cause: FetchError,
    },
}

impl Verifier {
    /// Starts to describe a verifier of the tokens of `issuer`, which is the exact value of `iss` and, unless
    /// [`VerifierBuilder::jwks_url`] says otherwise, the base of the URL of the keys.
    pub fn builder(issuer: impl Into<String>) -> VerifierBuilder {
        VerifierBuilder::new(issuer.into())
    }

    /// Checks an access token completely.
    ///
    /// Waits for the issuer only when there are no keys yet, when they are long out of date, or when a new key
    /// seems to have been taken into use; with [`VerifierBuilder::revocations`] also for the first answer of the feed.
    pub async fn verify(&self, token: &str) -> Result<Arc<Claims>, AuthError> {
        let Some(feed) = &self.inner.revocations else {
            return self.verify_signed(token).await;
        };
        // Before the signature is looked at: the key may have been revoked.
        feed.ready().await;
        let claims = self.verify_signed(token).await?;
        feed.admit(claims.sid.as_deref())?;
        Ok(claims)
    }

    /// The same for what is sensitive: the person has to have proved who they are in the last `max_age` (RFC 9470).
    pub async fn verify_recent(&self, token: &str, max_age: Duration) -> Result<Arc<Claims>, AuthError> {
        let claims = self.verify(token).await?;
        if claims.is_authenticated_within(max_age, self.now_seconds()) {
            Ok(claims)
        } else {
            Err(AuthError::Reauthenticate { max_age })
        }
    }

    /// The feed of ended sessions, if [`VerifierBuilder::revocations`] asked for it.
    pub fn revocations(&self) -> Option<&RevocationFeed> {
        self.inner.revocations.as_ref()
    }

    async fn verify_signed(&self, token: &str) -> Result<Arc<Claims>, AuthError> {
        let issuer_keys = match &self.inner.source {
            Source::Fixed(keys) => return Ok(self.check(token, keys)?),
            Source::Issuer(issuer_keys) => issuer_keys,
        };
        let known = issuer_keys.current().await?;
        match self.check(token, &known.keys) {
            Err(VerifyError::UnknownKey) => {}
            outcome => return Ok(outcome?),
        }
        let newer = issuer_keys.newer_than(&known).await?;
        Ok(self.check(token, &newer.keys)?)
    }

    fn check(&self, token: &str, keys: &KeySet) -> Result<Arc<Claims>, VerifyError> {
        let now_seconds = self.now_seconds();
        let verify = |keys| self.inner.cache.verify(token, keys, &self.inner.expectation, now_seconds);
        let revoked = self.inner.revocations.as_ref().map(RevocationFeed::revoked_kids).unwrap_or_default();
        // SECURITY: a copy of the keys may be older than the news that one of them leaked.
        if keys.has_any_of(&revoked) {
            return verify(&keys.without(&revoked));
        }
        verify(keys)
    }

    fn now_seconds(&self) -> i64 {
        millis((self.inner.clock)()).div_euclid(1000)
    }
}

impl std::fmt::Debug for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Verifier").field("expectation", &self.inner.expectation).finish_non_exhaustive()
    }
}
