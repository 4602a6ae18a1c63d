//! What is answered to who comes without TLS, where the server is reached by HTTPS?
//!
//! ```text
//! GET or HEAD of a page, without credentials ──▶ 308 to the same page of `public_url`
//! everything else ─────────────────────────────▶ 403 `https_required`
//! ```
//!
//! Who types the name of the server into a browser gets to the page. A program that calls the API in clear is a mistake
//! that has to be noticed at the first try: sent on by a redirect, it would go on telling passwords to everybody on the way
//! (ASVS 5.0, V4.1.2).

use axum::Router;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONNECTION, CONTENT_TYPE, COOKIE, LOCATION};
use http::{HeaderValue, Method, StatusCode};

use crate::layers::security_headers::SecurityHeaders;
use crate::pages;
use crate::settings::Hsts;

/// What listens on the port of plain HTTP beside the real one. `public_url` has no slash at its end.
pub fn https_only(public_url: &str) -> Router {
    let refusal = serde_json::json!({
        "type": "urn:portcullis:problem:https_required",
        "title": "This server is reached by HTTPS only",
        "status": StatusCode::FORBIDDEN.as_u16(),
        "code": "https_required",
        "detail": format!("Whatever this request held was sent in clear. Send it to {public_url}"),
    });
    let refusal = Bytes::from(refusal.to_string());
    let public_url = public_url.to_owned();
    Router::new().fallback(async move |request: Request| answer(&request, &public_url, &refusal))
}

fn answer(request: &Request, public_url: &str, refusal: &Bytes) -> Response {
    let mut answer = match page_of(request, public_url) {
        Some(page) => (StatusCode::PERMANENT_REDIRECT, [(LOCATION, page)]).into_response(),
        None => (
            StatusCode::FORBIDDEN,
            [(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"))],
            refusal.clone(),
        )
            .into_response(),
    };
    // Nobody has a second thing to ask here.
    answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    SecurityHeaders::new("", Hsts::Off).add_to(answer.headers_mut());
    answer
}

/// Where a person is sent that asks for a page.
fn page_of(request: &Request, public_url: &str) -> Option<HeaderValue> {
    let is_reading = [Method::GET, Method::HEAD].contains(request.method());
    let tells_a_secret = [AUTHORIZATION, COOKIE].iter().any(|name| request.headers().contains_key(name));
    let path = request.uri().path();
    if !is_reading || tells_a_secret || !pages::PATHS.contains(&path) {
        return None;
    }
    let query = request.uri().query().map_or_else(String::new, |query| format!("?{query}"));
    // SECURITY: the header `Host` is the client's word. A cache in between would send others to wherever it says.
    HeaderValue::try_from(format!("{public_url}{path}{query}")).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use axum::body::Body;
    use http_body_util::BodyExt;
    use tower::ServiceExt;

    use super::*;

    async fn asked(request: http::request::Builder) -> Response {
        let request = request.header("host", "evil.example").body(Body::empty()).unwrap();
        https_only("https://auth.example:8443").oneshot(request).await.unwrap()
    }

    #[tokio::test]
    async fn who_asks_for_a_page_is_sent_to_the_same_page_of_the_public_address() {
        for (path, there) in [
            ("/", "https://auth.example:8443/"),
            ("/docs?x=%0d%0ay&z", "https://auth.example:8443/docs?x=%0d%0ay&z"),
            ("http://evil.example/docs", "https://auth.example:8443/docs"),
        ] {
            for method in [Method::GET, Method::HEAD] {
                let answer = asked(http::Request::builder().method(method).uri(path)).await;
                assert_eq!(answer.status(), StatusCode::PERMANENT_REDIRECT);
                assert_eq!(answer.headers()[LOCATION], there);
                assert_eq!(answer.headers()[CONNECTION], "close");
                assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
            }
        }
    }

    #[tokio::test]
    async fn a_program_that_calls_the_api_in_clear_is_refused_and_told_where_to_call() {
        let request = || http::Request::builder();
        for request in [
            request().uri("/v1/me"),
            request().uri("/livez"),
            request().uri("//evil.example/docs"),
            request().uri("/docs").header("authorization", "Bearer x"),
            request().uri("/docs").header("cookie", "a=b"),
            request().uri("/").method(Method::POST),
            request().uri("/v1/login").method(Method::POST),
            request().uri("auth.example:80").method(Method::CONNECT),
            request().uri("*").method(Method::OPTIONS),
        ] {
            let answer = asked(request).await;
            assert_eq!(answer.status(), StatusCode::FORBIDDEN);
            assert!(!answer.headers().contains_key(LOCATION));
            assert_eq!(answer.headers()[CONTENT_TYPE], "application/problem+json");
            let body = answer.into_body().collect().await.unwrap().to_bytes();
            let problem: serde_json::Value = serde_json::from_slice(&body).unwrap();
            assert_eq!(problem["code"], "https_required");
            assert!(problem["detail"].as_str().unwrap().ends_with("Send it to https://auth.example:8443"));
        }
    }
}
