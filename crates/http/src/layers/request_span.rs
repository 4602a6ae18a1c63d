//! Around what does everything stand that is traced of a request?
//!
//! One span, named after the method and the declared route. It holds the status and the request id, by which it is found
//! from the log and back: never a path, a query, a header, an address or an account.

use axum::extract::{MatchedPath, Request};
use http::{HeaderMap, StatusCode};
use portcullis_core::trace;
use tracing::Span;
use tracing::field::Empty;

use super::RequestContext;
use crate::metrics;

/// Makes a span the child of the one that the headers of a request name.
pub type ContinueTrace = fn(&Span, &HeaderMap);

/// The span of a request; none where nobody collects spans.
pub(super) fn begin(request: &Request, context: &RequestContext) -> Span {
    let span = tracing::trace_span!(
        target: trace::TARGET,
        "request",
        otel.kind = "server",
        otel.name = Empty,
        otel.status_code = Empty,
        http.request.method = Empty,
        http.route = Empty,
        http.response.status_code = Empty,
        request_id = context.request_id(),
    );
    if !span.is_disabled() {
        let method = metrics::name_of(request.method());
        let route = request.extensions().get::<MatchedPath>().map_or("other", MatchedPath::as_str);
        span.record("http.request.method", method).record("http.route", route);
        span.record("otel.name", format!("{method} {route}"));
    }
    span
}

/// It is answered.
pub(super) fn end(span: &Span, status: StatusCode) {
    if span.is_disabled() {
        return;
    }
    span.record("http.response.status_code", status.as_u16());
    if status.is_server_error() {
        span.record("otel.status_code", "ERROR");
    }
}
