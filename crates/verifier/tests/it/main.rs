//! Does the published API accept what it should, and nothing else?

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod keys_over_http;
mod legacy_claim_types;
mod legacy_middleware;
mod legacy_tokens;
mod middleware;
mod revocations;
mod support;
mod tokens;
