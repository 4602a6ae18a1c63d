#![cfg_attr(feature = "axum", doc = include_str!("../README.md"))]
//!
//! # Map of the crate
//!
//! Who may have signed: [`VerifyingKey`], [`KeySet`], [`Jwks`]. What was signed: [`jws`]. What it says: [`Claims`].
//! Whether it is for us, now: [`Expectation`]. All of that is pure: no I/O, no clock.
//! Tokens under the shared secret of an older backend: [`LegacyVerifier`].
//! With the feature `fetch`, `Verifier` keeps the keys of an issuer current over HTTP and follows its feed of ended
//! sessions; with `axum`, `AccessTokenLayer` and `LegacyTokenLayer` protect routes.

mod algorithm;
mod claims;
mod clock;
mod error;
mod expectation;
mod jwk;
pub mod jws;
mod key;
mod key_set;
mod legacy;
mod verified_cache;

#[cfg(feature = "axum")]
mod extract;
#[cfg(feature = "fetch")]
mod fetch;
#[cfg(feature = "axum")]
mod layer;

#[cfg(test)]
mod testing;

pub use algorithm::Algorithm;
pub use claims::Claims;
pub use clock::Clock;
pub use error::{KeyError, VerifyError};
pub use expectation::{ACCESS_TOKEN_TYPE, DEFAULT_LEEWAY, Expectation};
pub use jwk::{Jwk, Jwks};
pub use jws::MAX_TOKEN_BYTES;
pub use key::{MAX_KID_BYTES, VerifyingKey};
pub use key_set::KeySet;
pub use legacy::{
    DEFAULT_LEGACY_ISSUER, LegacyAccount, LegacyClaims, LegacyShape, LegacyVerifier, is_legacy_refresh_token,
};
pub use verified_cache::VerifiedCache;

#[cfg(feature = "axum")]
pub use extract::ClaimsMissing;
#[cfg(feature = "fetch")]
pub use fetch::{
    AuthError, BuildError, FetchError, OnOutage, RevocationFeed, RevocationSettings, Verifier,
    VerifierBuilder,
};
#[cfg(feature = "axum")]
pub use layer::{AccessTokenLayer, LegacyTokenLayer, RequireAccessToken, RequireLegacyToken};
