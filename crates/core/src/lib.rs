//! Portcullis without its faces: the accounts, the rules, and everything that can be done with them.
//!
//! - [`model`]: the words of the domain as data.
//! - [`policy`]: decisions as pure functions of state and time.
//! - [`flows`]: one use-case a file, all of them methods of [`Auth`], the only door.
//! - [`ports`]: what is needed from the world: a store, a clock, entropy, a list of breached passwords.
//! - [`legacy`]: the same door for tokens in the form of an older contract.
//! - [`hash_gate`]: the bounded line in front of password hashing.
//! - [`throttle`]: what holds up whoever guesses.
//! - [`metrics`], [`trace`]: counts and spans, for operators.
//!
//! Nothing here knows HTTP, SQL, a configuration file or a legacy contract. Errors tell the whole truth;
//! what of it a stranger may hear is decided by who calls.

mod audit_queue;
pub mod auth;
mod breached;
mod decoys;
mod estimates;
pub mod flows;
pub mod hash_gate;
pub mod legacy;
pub mod metrics;
pub mod model;
pub mod policy;
pub mod ports;
mod revoked;
mod tally;
#[cfg(feature = "testing")]
pub mod testing;
pub mod throttle;
pub mod trace;

pub use audit_queue::AuditQueueMetrics;
pub use auth::{Auth, Deps, OpenError};
pub use breached::BreachMetrics;
pub use legacy::LegacyAuth;
pub use portcullis_crypto as crypto;
pub use portcullis_verifier as verifier;
pub use tally::FlowMetrics;
pub use throttle::ThrottleMetrics;
