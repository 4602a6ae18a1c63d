//! Which computations on secrets does Portcullis make? This crate makes all of them, and nothing else.
//!
//! | module | what lives there |
//! |---|---|
//! | [`password`] | hashing and checking of passwords: what is written ([`password::Scheme`]), what is read ([`password::StoredHash`]), several at once ([`password::compute`]), one file an algorithm, all bounds in one table |
//! | [`digest`] | names that follow from what they name |
//! | [`jwt`] | signing of access tokens: [`jwt::KeyMaterial`], [`jwt::Signer`] |
//! | [`refresh`] | the native refresh token, an authenticated statement of (session, generation) |
//! | [`access_jwt`] | an access token in the shape that services of an older backend know |
//! | [`refresh_jwt`] | the same statement in the shape of a JWT, for clients of an older backend |
//! | [`keyring`] | which key signs, which keys verify, how keys follow each other |
//! | [`chain`] | the tags that tie the entries of the audit log to each other |
//! | [`seal`] | the master key and the encryption of secrets at rest |
//! | [`pseudonym`] | names under which things are counted that nobody may read there |
//! | [`one_time`] | tokens and codes that mails carry |
//! | [`device`] | what a browser is recognised by from which somebody logged in |
//! | [`secret`] | text that must not print |
//!
//! Invariants
//! - No I/O, no async, no clock: time and entropy are arguments. The one exception: RSA and ECDSA key pairs
//!   are generated, and ECDSA signatures made, with the random numbers of the crypto library itself.
//! - No type that holds a secret shows it through `Debug`; those that own its bytes overwrite them on drop.
//! - Secrets are compared in constant time.
//! - What comes from outside (a token, a stored hash) is bounded before any expensive work starts.

pub mod access_jwt;
pub mod chain;
pub mod device;
pub mod digest;
pub mod jwt;
pub mod keyring;
pub mod one_time;
pub mod password;
pub mod pseudonym;
pub mod refresh;
pub mod refresh_jwt;
pub mod seal;
pub mod secret;

mod mac;

pub use keyring::{KeyPurpose, KeyRecord, KeyState, Keyring, KeyringError, NewKey, new_key};
pub use portcullis_verifier::Algorithm;
pub use seal::{MasterKey, MasterKeyError, SealError};
pub use secret::Password;
