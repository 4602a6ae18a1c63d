//! Where does the time of a request go?
//!
//! Spans of one target, at the level `trace`, surround requests, flows, operations of the store and password hashes. They
//! name what is done, never for whom. While nobody collects them they cost next to nothing.

use tracing::Span;

/// The target of all spans.
pub const TARGET: &str = "portcullis::span";

/// One flow, from its beginning to its outcome.
pub(crate) fn flow(name: &'static str) -> Span {
    tracing::trace_span!(target: TARGET, "flow", otel.name = name)
}
