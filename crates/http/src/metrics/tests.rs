#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use futures_util::FutureExt as _;
use http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, WWW_AUTHENTICATE};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

use super::*;
use crate::layers::{EnvelopeLayer, Rules};
use crate::settings::{Environment, HttpSettings, RequestLog};

fn counted() -> (Router, Arc<RequestMetrics>) {
    let metrics = Arc::new(RequestMetrics::new(&[]));
    let settings = HttpSettings {
        log_requests: RequestLog::Off,
        requests: Some(Arc::clone(&metrics)),
        ..HttpSettings::new(Environment::Production, "https://auth.example")
    };
    let router = Router::new()
        .route("/livez", get(async || "ok"))
        .route("/v1/me/sessions/{id}", get(async || StatusCode::NO_CONTENT))
        .route("/readyz", get(std::future::pending::<()>))
        .fallback(async || StatusCode::NOT_FOUND)
        .layer(EnvelopeLayer::new(Arc::new(Rules::new(settings, [7; 6]))));
    (router, metrics)
}

fn request(method: &str, path: &str) -> Request {
    Request::builder().method(method).uri(path).body(Body::empty()).unwrap()
}

/// Route, method, answers.
type Seen = (String, &'static str, Vec<(u16, u64)>);

fn seen(metrics: &RequestMetrics) -> Vec<Seen> {
    metrics.snapshot().into_iter().map(|seen| (seen.route, seen.method, seen.answers)).collect()
}

#[tokio::test]
async fn requests_are_counted_by_declared_route_method_and_status() {
    let (router, metrics) = counted();
    for (method, path) in [
        ("GET", "/livez"),
        ("GET", "/livez?token=secret"),
        ("HEAD", "/livez"),
        ("DELETE", "/livez"),
        ("GET", "/v1/me/sessions/0192"),
        ("BREW", "/nobody/has/this"),
    ] {
        router.clone().oneshot(request(method, path)).await.unwrap();
    }
    assert_eq!(
        seen(&metrics),
        [
            ("/livez".to_owned(), "GET", vec![(200, 2)]),
            ("/livez".to_owned(), "HEAD", vec![(200, 1)]),
            ("/livez".to_owned(), "DELETE", vec![(405, 1)]),
            ("/v1/me/sessions/{id}".to_owned(), "GET", vec![(204, 1)]),
            ("other".to_owned(), "other", vec![(404, 1)]),
        ]
    );
    let all = metrics.snapshot();
    for seen in &all {
        let answers: u64 = seen.answers.iter().map(|(_, count)| count).sum();
        assert_eq!(seen.durations.count(), answers);
    }
    assert!(all.iter().all(|seen| seen.in_flight == 0 && seen.abandoned == 0));
}

#[tokio::test]
async fn what_strangers_make_up_makes_no_new_counts() {
    let (router, metrics) = counted();
    for number in 0..1000 {
        let request = request(&format!("M{}", number % 50), &format!("/{number}/{number}?{number}"));
        router.clone().oneshot(request).await.unwrap();
    }
    assert_eq!(seen(&metrics), [("other".to_owned(), "other", vec![(404, 1000)])]);
}

#[tokio::test]
async fn a_request_is_in_flight_until_it_is_answered_or_given_up() {
    let (router, metrics) = counted();
    let mut waiting = Box::pin(router.oneshot(request("GET", "/readyz")));
    assert!((&mut waiting).now_or_never().is_none());
    assert_eq!(metrics.snapshot()[0].in_flight, 1);
    drop(waiting);
    let after = &metrics.snapshot()[0];
    assert_eq!((after.in_flight, after.abandoned, after.durations.count()), (0, 1, 0));
}

async fn page_with(token: Option<&str>, sent: Option<&str>) -> (StatusCode, http::HeaderMap, String) {
    let page = MetricsPage::new(|| "metrics 1\n".to_owned());
    let page = match token {
        Some(token) => page.only_with(token),
        None => page,
    };
    let mut request = Request::get("/metrics");
    if let Some(sent) = sent {
        request = request.header(AUTHORIZATION, sent);
    }
    let response = metrics_only(Arc::new(page)).oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    (parts.status, parts.headers, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn the_page_is_for_everybody_or_for_those_with_the_token() {
    let (status, headers, body) = page_with(None, None).await;
    assert_eq!((status, body.as_str()), (StatusCode::OK, "metrics 1\n"));
    assert_eq!(headers[CONTENT_TYPE], "text/plain; version=0.0.4; charset=utf-8");
    assert_eq!(headers[CACHE_CONTROL], "no-store");
    for sent in ["Bearer right", "bearer right"] {
        assert_eq!(page_with(Some("right"), Some(sent)).await.0, StatusCode::OK);
    }
    for sent in
        [None, Some("Bearer wrong"), Some("Bearer "), Some("Basic right"), Some("right"), Some("Bearer")]
    {
        let (status, headers, body) = page_with(Some("right"), sent).await;
        assert_eq!((status, body.as_str()), (StatusCode::UNAUTHORIZED, ""), "{sent:?}");
        assert_eq!(headers[WWW_AUTHENTICATE], r#"Bearer realm="metrics""#);
    }
}
