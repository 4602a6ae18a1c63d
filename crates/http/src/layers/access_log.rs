//! What is written down about a request?
//!
//! One line: method, route as it is declared (never the path or the query, which may hold an id or a secret),
//! status, problem code, duration, request id, the client's address, and the account when one was proved. No header, no body, no
//! email address. Nothing is measured when nobody reads it.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use http::{Method, StatusCode};

use super::RequestContext;
use crate::problem::Code;
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
    pub(crate) fn end(self, status: StatusCode, problem: Option<Code>, context: &RequestContext) {
        tracing::info!(
            target: "request",
            method = self.method.as_str(),
            route = self.route.as_ref().map_or("none", |route| route.as_str()),
            status = status.as_u16(),
            code = problem.map(Code::as_str),
            duration_us = u64::try_from(self.begun.elapsed().as_micros()).unwrap_or(u64::MAX),
            request_id = context.request_id(),
            client = context.client_address.map(tracing::field::display),
            account_id = context.account().map(tracing::field::display),
        );
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use std::io::Write;
    use std::net::IpAddr;
    use std::sync::{Arc, Mutex};

    use axum::body::Body;
    use http::HeaderValue;
    use portcullis_core::model::{AccountId, Timestamp};

    use super::*;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// What is written about a request whose path, query and headers all hold a secret.
    fn line(wanted: RequestLog) -> String {
        let written = Written::default();
        let writer = written.clone();
        let subscriber =
            tracing_subscriber::fmt().json().without_time().with_writer(move || writer.clone()).finish();
        let request = Request::post("/secret?token=secret")
            .header("authorization", "Bearer secret")
            .body(Body::from("secret"))
            .unwrap();
        let address: Option<IpAddr> = "203.0.113.9".parse().ok();
        let context = RequestContext::new(HeaderValue::from_static("r-1"), address);
        context.name_account(AccountId::new(Timestamp::from_millis(0), [0; 10]));
        tracing::subscriber::with_default(subscriber, || {
            if let Some(log) = LogLine::begin(&request, wanted) {
                log.end(StatusCode::NOT_FOUND, Some(Code::NotFound), &context);
            }
        });
        let bytes = written.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_line_says_who_did_what_and_holds_no_secret() {
        let line = line(RequestLog::On);
        for part in [
            r#""method":"POST""#,
            r#""route":"none""#,
            r#""status":404"#,
            r#""code":"not_found""#,
            r#""duration_us":"#,
            r#""request_id":"r-1""#,
            r#""client":"203.0.113.9""#,
            r#""account_id":"00000000-0000-7000-8000-000000000000""#,
            r#""target":"request""#,
        ] {
            assert!(line.contains(part), "{part} in {line}");
        }
        assert!(!line.contains("secret"), "{line}");
        assert_eq!(line.lines().count(), 1);
    }

    #[test]
    fn nothing_is_written_when_nobody_wants_it() {
        assert_eq!(line(RequestLog::Off), "");
    }
}
