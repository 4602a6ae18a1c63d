//! Portcullis without its faces: the accounts, the rules, and everything that can be done with them.
//!
//! - [`model`]: the words of the domain as data.
//! - [`policy`]: decisions as pure functions of state and time.
//! - [`flows`]: one use-case a file, all of them methods of [`Auth`], the only door.
//! - [`ports`]: what is needed from the world: a store, a clock, entropy.
//! - [`legacy`]: the same door for tokens in the form of an older contract.
//! - [`hash_gate`]: the bounded line in front of password hashing.
//!
//! Nothing here knows HTTP, SQL, a configuration file or a legacy contract. Errors tell the whole truth;
//! what of it a stranger may hear is decided by who calls.

pub mod auth;
pub mod flows;
pub mod hash_gate;
pub mod legacy;
pub mod model;
pub mod policy;
pub mod ports;
mod revoked;
#[cfg(feature = "testing")]
pub mod testing;
mod throttle;

pub use auth::{Auth, Deps, OpenError};
pub use legacy::LegacyAuth;
pub use portcullis_crypto as crypto;
pub use portcullis_verifier as verifier;
