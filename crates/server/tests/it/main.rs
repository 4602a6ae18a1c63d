//! Does the whole keep its promises? One binary, so that it is linked once.
//!
//! - `api`: every route and every refusal over the real router, a real database and a clock that stands still.
//! - `audit_log`: seals, retention, and whoever changes the log.
//! - `dialects`: the contracts of older backends over the real router.
//! - `clocks`: nodes that disagree about the time.
//! - `counting_nodes`: nodes that count wrong passwords together, and lose sight of each other.
//! - `docs_asvs`: what `docs/asvs.md` names, and whether it exists.
//! - `fresh_keys`: keys that one node made and another has not seen yet.
//! - `journeys`: what people do by mail, from the first request to the last link.
//! - `keys_in_time`: keys that take over because their time has come, and master keys that follow each other.
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
mod audit_log;
mod clocks;
mod counting_nodes;
mod dialects;
mod docs_asvs;
mod engine;
mod fresh_keys;
mod journeys;
mod keys_in_time;
mod login_races;
mod node;
mod process;
mod refresh_model;
