//! How does a dialect answer?
//!
//! As its backends do: Express writes JSON and texts with their character set, and so do these.

use std::sync::Arc;
use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;

use crate::problem::Problem;

/// A JSON body, as `res.json` writes it.
pub(super) fn json<B: Serialize>(status: StatusCode, body: &B) -> Response {
    match serde_json::to_vec(body) {
        Ok(body) => {
            let media_type = HeaderValue::from_static("application/json; charset=utf-8");
            (status, [(header::CONTENT_TYPE, media_type)], body).into_response()
        }
        Err(error) => Problem::internal(error).into_response(),
    }
}

/// A text, as `res.send` writes it.
///
/// SECURITY: only for texts that are ours, or that cannot be markup: browsers take this for a page.
pub(super) fn text(status: StatusCode, body: impl Into<String>) -> Response {
    let media_type = HeaderValue::from_static("text/html; charset=utf-8");
    (status, [(header::CONTENT_TYPE, media_type)], body.into()).into_response()
}

/// The name of a status, as `res.sendStatus` writes it.
pub(super) fn status(status: StatusCode) -> Response {
    let media_type = HeaderValue::from_static("text/plain; charset=utf-8");
    let name = status.canonical_reason().unwrap_or_default();
    (status, [(header::CONTENT_TYPE, media_type)], name).into_response()
}

/// An answer that is no success.
pub(super) struct Refusal(Response);

/// What an answer that is written already is about, for the log.
#[derive(Clone)]
pub(crate) struct Noted(pub(crate) Arc<Problem>);

impl Refusal {
    /// With a JSON body.
    pub(super) fn json<B: Serialize>(status: StatusCode, body: &B) -> Self {
        Self(json(status, body))
    }

    /// With the name of the status.
    pub(super) fn status(code: StatusCode) -> Self {
        Self(status(code))
    }

    /// With another header.
    pub(super) fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers_mut().append(name, value);
        self
    }

    /// Says when to try again: whole seconds, rounded up, at least one (RFC 9110 §10.2.3).
    pub(super) fn retry_after(self, after: Duration) -> Self {
        let seconds = after.as_millis().div_ceil(1000).max(1);
        match HeaderValue::try_from(seconds.to_string()) {
            Ok(value) => self.header(header::RETRY_AFTER, value),
            Err(_) => self,
        }
    }

    /// Of a problem, at a route whose errors have another form than the rest of the contract.
    pub(super) fn of(problem: Problem, write: impl FnOnce(&Problem) -> Self) -> Self {
        let problem = Arc::new(problem);
        Self(write(&problem).about(&problem))
    }

    /// Notes what it is about for the log, and takes over the headers of the problem.
    pub(crate) fn about(mut self, problem: &Arc<Problem>) -> Response {
        for (name, value) in problem.headers() {
            if name != header::WWW_AUTHENTICATE {
                self.0.headers_mut().insert(name, value.clone());
            }
        }
        self.0.extensions_mut().insert(Noted(Arc::clone(problem)));
        self.0
    }
}

impl From<Problem> for Refusal {
    /// The envelope writes it in the manner of the dialect.
    fn from(problem: Problem) -> Self {
        Self(problem.into_response())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        self.0
    }
}
