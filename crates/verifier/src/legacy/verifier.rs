//! Under which secret, of which shape and at what time is a token good?

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::{DEFAULT_LEGACY_ISSUER, LegacyClaims, LegacyShape, is_legacy_refresh_token};
use crate::clock::{Clock, millis, system_clock};
use crate::expectation::{DEFAULT_LEEWAY, is_same_type, whole_seconds};
use crate::{KeyError, VerifyError, VerifyingKey, jws};

/// The `typ` of a token, where it has one.
const TOKEN_TYPE: &str = "JWT";

/// What the key calls itself; no token names it.
const KID: &str = "legacy";

/// Checks access tokens that an older backend, or Portcullis in its place, signed under a shared secret.
///
/// # What it cannot see
///
/// - **The account and the session.** A logout, a disabled or deleted account or a changed password is noticed when the
///   token expires (`exp`), and not before. Where that matters, follow the feed of ended sessions
///   (`RevocationFeed::check` with [`LegacyClaims::sid`]), or ask the server, with the same token, on a protected
///   route of the dialect: `GET /protected`, `GET /users/profile`, `GET /api/session` (which answers `{"user":null}`)
///   or `GET /`. `GET /v1/token/check` does not take these tokens.
/// - **Who signed.** Every service that holds the secret can make a token for every account. `sub` and `sid` prove
///   nothing more than the secret does.
/// - **What for.** Any token under the secret that has the claims of the shape passes: also one that the older backend
///   made for another purpose, such as a link to reset a password, if it signed that with the same secret. What such
///   a token says in addition is in [`LegacyClaims::extra`].
/// - **Whether it is a refresh token of the older backend**, if that signed both under one secret: see
///   [`longest_life`](Self::longest_life). Refresh tokens of Portcullis are refused.
///
/// A new service is better off with `Verifier` and public keys: it holds no secret that could leak.
#[derive(Clone)]
pub struct LegacyVerifier {
    shape: LegacyShape,
    key: VerifyingKey,
    other_key: Option<VerifyingKey>,
    issuer: Option<String>,
    leeway: Duration,
    future_leeway: Duration,
    longest_life: Option<Duration>,
    age_without_exp: Option<Duration>,
    clock: Clock,
}

impl LegacyVerifier {
    /// A verifier of tokens of `shape` under `secret`: the bytes of the older backend's `ACCESS_TOKEN_SECRET` or
    /// `JWT_SECRET`, as they are.
    ///
    /// The secret may be shorter than the 32 bytes that HS256 asks for (RFC 7518 §3.2), because it cannot be changed
    /// alone. **Such a secret is a risk**: whoever holds a single token, every user does, can search for it off line,
    /// and who finds it signs tokens for every account. Change it as soon as you can, with [`other_secret`](Self::other_secret).
    ///
    /// # Errors
    /// [`KeyError::SecretEmpty`].
    pub fn new(shape: LegacyShape, secret: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        Ok(Self {
            shape,
            key: VerifyingKey::hs256_legacy(KID, secret.as_ref())?,
            other_key: None,
            issuer: (shape == LegacyShape::AuthRouter).then(|| DEFAULT_LEGACY_ISSUER.to_owned()),
            leeway: Duration::ZERO,
            future_leeway: DEFAULT_LEEWAY,
            longest_life: None,
            age_without_exp: None,
            clock: system_clock(),
        })
    }

    /// Another secret under which tokens are good as well, while the secret is changed: the next one, before the server
    /// begins to sign with it, or the one before, until the last token under it has expired.
    ///
    /// # Errors
    /// [`KeyError::SecretEmpty`].
    pub fn other_secret(mut self, secret: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        self.other_key = Some(VerifyingKey::hs256_legacy(KID, secret.as_ref())?);
        Ok(self)
    }

    /// The exact `iss` that a token must have. Unless given, [`LegacyShape::AuthRouter`] expects
    /// [`DEFAULT_LEGACY_ISSUER`] and the other shapes none.
    #[must_use]
    pub fn issuer(mut self, issuer: impl Into<String>) -> Self {
        self.issuer = Some(issuer.into());
        self
    }

    /// For how long after `exp` a token is still accepted, in whole seconds; 0 unless given.
    #[must_use]
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway;
        self
    }

    /// How far `nbf` and `iat` may lie ahead, because the clock of whoever issued the token is, in whole seconds;
    /// [`DEFAULT_LEEWAY`] unless given.
    #[must_use]
    pub fn future_leeway(mut self, leeway: Duration) -> Self {
        self.future_leeway = leeway;
        self
    }

    /// Refuses tokens that were made to live for longer than this, from `iat` to `exp`, in whole seconds.
    ///
    /// An older backend of the shape [`LegacyShape::BearerPair`] or [`LegacyShape::AuthRouter`] that signs access and
    /// refresh tokens under one secret gives both the same claims; only how long they live tells them apart. Give here
    /// how long its access tokens live.
    #[must_use]
    pub fn longest_life(mut self, life: Duration) -> Self {
        self.longest_life = Some(life);
        self
    }

    /// Accepts a token of [`LegacyShape::BearerSingle`] that has no `exp`, until it is so old, by its `iat`. In the
    /// other shapes, and unless this is called, a token needs an `exp`.
    ///
    /// The older backend issued such tokens and Portcullis does not: call this for so long as they are about.
    #[must_use]
    pub fn accept_without_exp(mut self, max_age: Duration) -> Self {
        self.age_without_exp = Some(max_age);
        self
    }

    /// Another clock than that of the machine.
    #[must_use]
    pub fn clock(mut self, clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// The shape of the tokens.
    pub fn shape(&self) -> LegacyShape {
        self.shape
    }

    /// Checks a token: form, signature, kind, claims, issuer and times.
    pub fn verify(&self, token: &str) -> Result<LegacyClaims, VerifyError> {
        self.verify_at(token, millis((self.clock)()).div_euclid(1000))
    }

    /// As [`verify`](Self::verify), at a time in seconds since the Unix epoch.
    pub fn verify_at(&self, token: &str, now_seconds: i64) -> Result<LegacyClaims, VerifyError> {
        let opened = match (jws::open_with(token, &self.key), &self.other_key) {
            (Err(VerifyError::BadSignature), Some(other)) => jws::open_with(token, other)?,
            (opened, _) => opened?,
        };
        // SECURITY: what another application signs under the same secret and calls something else is not for us
        // (RFC 8725 §3.11). Some libraries leave `typ` out.
        if opened.header.token_type.is_some_and(|token_type| !is_same_type(&token_type, TOKEN_TYPE)) {
            return Err(VerifyError::WrongType);
        }
        let object = jws::claims_object(&opened.payload)?;
        // SECURITY: where both secrets are one, a stolen refresh token would open every service for a week.
        if is_legacy_refresh_token(&object) {
            return Err(VerifyError::WrongType);
        }
        let claims = LegacyClaims::read(self.shape, object)?;
        self.check(&claims, now_seconds)?;
        Ok(claims)
    }

    fn check(&self, claims: &LegacyClaims, now_seconds: i64) -> Result<(), VerifyError> {
        if self.issuer.is_some() && claims.iss != self.issuer {
            return Err(VerifyError::WrongIssuer);
        }
        let end = self.end(claims)?;
        // RFC 7519 §4.1.4: at the second of `exp` itself the token is no longer good.
        if end <= now_seconds.saturating_sub(whole_seconds(self.leeway)) {
            return Err(VerifyError::Expired);
        }
        let latest = now_seconds.saturating_add(whole_seconds(self.future_leeway));
        if claims.nbf.is_some_and(|nbf| nbf > latest) {
            return Err(VerifyError::NotYetValid);
        }
        if claims.iat > latest {
            return Err(VerifyError::IssuedInFuture);
        }
        Ok(())
    }

    /// When the token ends.
    fn end(&self, claims: &LegacyClaims) -> Result<i64, VerifyError> {
        match (claims.exp, self.shape, self.age_without_exp) {
            (Some(exp), _, _) => match self.longest_life {
                Some(life) if exp.saturating_sub(claims.iat) > whole_seconds(life) => {
                    Err(VerifyError::WrongType)
                }
                _ => Ok(exp),
            },
            (None, LegacyShape::BearerSingle, Some(max_age)) => {
                Ok(claims.iat.saturating_add(whole_seconds(max_age)))
            }
            (None, _, _) => Err(VerifyError::Claim("exp")),
        }
    }
}

impl fmt::Debug for LegacyVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LegacyVerifier")
            .field("shape", &self.shape)
            .field("issuer", &self.issuer)
            .finish_non_exhaustive()
    }
}
