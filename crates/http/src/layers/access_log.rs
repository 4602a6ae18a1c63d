//! What is written down about a request?
//!
//! One line: method, route as it is declared (never the path or the query, which may hold an id or a secret),
//! status, duration, request id, the client's address, and the account when one was proved. No header, no body, no
//! email address. Nothing is measured when nobody reads it.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use http::{Method, StatusCode};

use super::RequestContext;
use crate::settings::RequestLog;

/// What the line will say, as far as it is known at the start.
pub(crate) struct LogLine {
    method: Method,
    route: Option<MatchedPath>,
    begun: Instant,
}

impl LogLine {
    /// `None` when no line is wanted.
    pub(crate) fn begin(request: &Request, wanted: RequestLog) -> Option<Self> {
        if wanted == RequestLog::Off || !tracing::enabled!(target: "request", tracing::Level::INFO) {
            return None;
        }
        let route = request.extensions().get::<MatchedPath>().cloned();
        Some(Self { method: request.method().clone(), route, begun: Instant::now() })
    }

    /// Writes it.
    pub(crate) fn end(self, status: StatusCode, context: &RequestContext) {
        tracing::info!(
            target: "request",
            method = self.method.as_str(),
            route = self.route.as_ref().map_or("none", |route| route.as_str()),
            status = status.as_u16(),
            duration_ms = self.begun.elapsed().as_secs_f64() * 1e3,
            request_id = context.request_id(),
            client = context.client_address.map(tracing::field::display),
            account_id = context.account().map(tracing::field::display),
        );
    }
}
