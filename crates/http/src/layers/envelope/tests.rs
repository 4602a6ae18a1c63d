#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::time::Duration;

use axum::Router;
use axum::routing::get;
use http::{HeaderMap, Method, header};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

use super::*;
use crate::problem::Code;
use crate::settings::{CorsOrigins, Environment, HttpSettings, RequestLog};

fn settings() -> HttpSettings {
    HttpSettings {
        cors: CorsOrigins::Listed(vec!["https://app.example".into()]),
        trusted_proxies: vec!["10.0.0.0/8".parse().unwrap()],
        request_timeout: Duration::from_millis(20),
        log_requests: RequestLog::Off,
        ..HttpSettings::new(Environment::Production, "https://auth.example")
    }
}

fn router() -> Router {
    Router::new()
        .route("/fine", get(|| async { "fine" }))
        .route("/broken", get(|| async { Problem::internal("the disk is on fire") }))
        .route("/panics", get(panics))
        .route("/waits", get(std::future::pending::<()>))
        .route("/conflict", get(|| async { Problem::new(Code::Conflict).detail("Twice.") }))
        .layer(EnvelopeLayer::new(Arc::new(Rules::new(settings(), [7; 6]))))
}

async fn panics() {
    panic!("secret detail");
}

fn request(path: &str, from: &str, headers: &[(&str, &str)]) -> Request {
    let mut builder = Request::get(path);
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    let mut request = builder.body(Body::empty()).unwrap();
    let peer: SocketAddr = from.parse().unwrap();
    request.extensions_mut().insert(ConnectInfo(peer));
    request
}

async fn answer(request: Request) -> (StatusCode, HeaderMap, String) {
    let (parts, body) = router().oneshot(request).await.unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    (parts.status, parts.headers, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn every_answer_has_its_headers() {
    for path in ["/fine", "/broken", "/panics", "/conflict"] {
        let (_, headers, _) = answer(request(path, "203.0.113.9:1", &[])).await;
        assert_eq!(headers[header::CACHE_CONTROL], "no-store", "{path}");
        assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff", "{path}");
        assert_eq!(headers[REQUEST_ID], "070707070707-1", "{path}");
        assert!(!headers.contains_key(header::SERVER), "{path}");
    }
}

#[tokio::test]
async fn a_failure_and_a_panic_have_one_constant_body() {
    for path in ["/broken", "/panics"] {
        let (status, headers, body) = answer(request(path, "203.0.113.9:1", &[])).await;
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(headers[header::CONTENT_TYPE], "application/problem+json");
        assert_eq!(
            body,
            r#"{"type":"urn:portcullis:problem:internal_error","title":"Something went wrong in the server","status":500,"code":"internal_error","request_id":"070707070707-1"}"#
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_that_waits_too_long_is_given_up() {
    let (status, headers, body) = answer(request("/waits", "203.0.113.9:1", &[])).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(headers[header::RETRY_AFTER], "1");
    assert!(body.contains(r#""code":"timeout""#));
}

#[tokio::test]
async fn a_request_id_is_taken_from_a_trusted_proxy_only() {
    let (_, headers, _) = answer(request("/fine", "10.1.2.3:1", &[("x-request-id", "from-proxy")])).await;
    assert_eq!(headers[REQUEST_ID], "from-proxy");
    let (_, headers, _) = answer(request("/fine", "10.1.2.3:1", &[("x-request-id", "no good")])).await;
    assert_eq!(headers[REQUEST_ID], "070707070707-1");
    let (_, headers, _) = answer(request("/fine", "203.0.113.9:1", &[("x-request-id", "from-proxy")])).await;
    assert_eq!(headers[REQUEST_ID], "070707070707-1");
}

#[tokio::test]
async fn a_preflight_is_answered_before_any_route() {
    let ask = [("origin", "https://app.example"), ("access-control-request-method", "PATCH")];
    for path in ["/fine", "/panics", "/nowhere"] {
        let mut request = request(path, "203.0.113.9:1", &ask);
        *request.method_mut() = Method::OPTIONS;
        let (status, headers, body) = answer(request).await;
        assert_eq!(status, StatusCode::NO_CONTENT, "{path}");
        assert_eq!(headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], "https://app.example", "{path}");
        assert_eq!(headers[header::ACCESS_CONTROL_ALLOW_METHODS], "GET, POST, PATCH, DELETE", "{path}");
        assert_eq!(body, "", "{path}");
    }
}

#[tokio::test]
async fn a_preflight_of_another_origin_gets_no_leave() {
    let ask = [("origin", "https://evil.example"), ("access-control-request-method", "PATCH")];
    let mut request = request("/fine", "203.0.113.9:1", &ask);
    *request.method_mut() = Method::OPTIONS;
    let (_, headers, _) = answer(request).await;
    assert!(!headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN));
    assert!(!headers.contains_key(header::ACCESS_CONTROL_ALLOW_METHODS));
}
