//! What do the tests of all crates share?
//!
//! - [`ManualClock`] and [`SeededEntropy`]: a world in which nothing happens by itself.
//! - [`Personas`]: accounts, sessions and events to store.
//! - [`counters_contract`]: what every place must do where nodes count together.
//! - [`store_contract`]: what every engine of the store must do, as tests it signs up for.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::disallowed_methods,
    reason = "tests"
)]

mod clock;
pub mod counters_contract;
mod entropy;
mod personas;
pub mod store_contract;

pub use clock::ManualClock;
pub use entropy::SeededEntropy;
pub use personas::{DAY, MINUTE, NOW, Personas, password_hash};
