//! Does the whole keep its promises? One binary, so that it is linked once.
//!
//! - `api`: every route and every refusal over the real router, a real database and a clock that stands still.
//! - `dialects`: the contracts of older backends over the real router.
//! - `clocks`: nodes that disagree about the time.
//! - `fresh_keys`: keys that one node made and another has not seen yet.
//! - `login_races`: logins of one person at the same moment.
//! - `engine`: which engine a test runs on: most run on each, and are named after it.
//! - `process`: the real binary: crashes, restarts, signals, the command line, two processes on one database.
//! - `refresh_model`: sessions under loss, races, theft, restarts and clock jumps, on several nodes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    unreachable_pub,
    reason = "tests"
)]

mod api;
mod clocks;
mod dialects;
mod engine;
mod fresh_keys;
mod login_races;
mod node;
mod process;
mod refresh_model;
