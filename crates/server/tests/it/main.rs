//! Does the whole keep its promises? One binary, so that it is linked once.
//!
//! - `refresh_model`: sessions under loss, races, theft, restarts and clock jumps, on several nodes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "tests"
)]

mod node;
mod refresh_model;
