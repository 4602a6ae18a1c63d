//! Which headers does every kind of answer have?

use insta::assert_snapshot;
use portcullis_every_engine::every_engine;
use serde_json::json;

use super::app::{App, Setup};
use super::client::Answer;
use super::watched_store::Outage;

/// What protects a browser, as it stands on an answer.
fn protection(answer: &Answer) -> String {
    let names = [
        "cache-control",
        "content-security-policy",
        "cross-origin-opener-policy",
        "cross-origin-resource-policy",
        "referrer-policy",
        "strict-transport-security",
        "x-content-type-options",
        "x-frame-options",
    ];
    let line = |name| format!("{name}: {}\n", answer.header(name).unwrap_or("(none)"));
    names.into_iter().map(line).collect()
}

#[every_engine]
async fn every_kind_of_answer_protects_the_browser() {
    let app = App::start().await;
    let alice = app.alice().logged_in().await;
    let success = protection(&alice.get("/v1/me").await);
    assert_snapshot!(success, @r#"
    cache-control: no-store
    content-security-policy: default-src 'none'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'
    cross-origin-opener-policy: same-origin
    cross-origin-resource-policy: same-origin
    referrer-policy: no-referrer
    strict-transport-security: max-age=31536000; includeSubDomains
    x-content-type-options: nosniff
    x-frame-options: DENY
    "#);
    let too_long = vec![b' '; 200_000];
    for (status, call) in [
        (201, app.post("/v1/register").json(&app.bob().registration())),
        (
            204,
            app.call("OPTIONS", "/v1/me")
                .header("origin", "https://x.example")
                .header("access-control-request-method", "GET"),
        ),
        (400, app.post("/v1/login").body("application/json", "{")),
        (401, app.get("/v1/me")),
        (403, alice.get("/v1/admin/keys")),
        (404, app.get("/nowhere")),
        (405, app.call("PUT", "/v1/login")),
        (409, app.post("/v1/register").json(&app.alice().registration())),
        (413, app.post("/v1/login").body("application/json", too_long)),
        (415, app.post("/v1/login").body("text/plain", "{}")),
        (204, alice.post("/v1/logout")),
    ] {
        let answer = call.await;
        assert_eq!((answer.status.as_u16(), protection(&answer)), (status, success.clone()));
    }
    for (outage, status) in [(Outage::Failed, 500), (Outage::Panics, 500), (Outage::Unavailable, 503)] {
        app.store.goes_down(outage);
        let answer = app.post("/v1/login").json(&app.alice().credentials()).await;
        assert_eq!((answer.status.as_u16(), protection(&answer)), (status, success.clone()));
    }
}

#[every_engine]
async fn what_may_be_kept_says_so_and_nothing_else_may() {
    let app = App::start().await;
    for path in ["/.well-known/jwks.json", "/openapi.json", "/docs", "/"] {
        let answer = app.get(path).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("cache-control")),
            (200, Some("public, max-age=300")),
            "{path}"
        );
    }
    let alice = app.alice().logged_in_by_cookie().await;
    for answer in [
        alice.refreshes().await,
        alice.get("/v1/csrf").await,
        alice.get("/v1/me").await,
        alice.get("/v1/me/export").await,
        alice.get("/v1/token/check").await,
        app.get("/livez").await,
        app.get("/readyz").await,
        app.get("/nowhere").await,
    ] {
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{answer}");
    }
}

#[every_engine]
async fn a_page_runs_no_script_and_loads_nothing_from_elsewhere() {
    let app = App::start().await;
    for path in ["/", "/docs"] {
        let page = app.get(path).await;
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'; style-src 'self'"), "{policy}");
        assert!(!policy.contains("script") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
        for forbidden in ["<script", "src=\"http", "href=\"//", "@import", "onclick"] {
            assert!(!page.text().contains(forbidden), "{path} has {forbidden}");
        }
    }
}

#[every_engine]
async fn plain_http_is_not_promised_to_be_https() {
    let app =
        App::start_with(Setup::with(|settings| settings.public_origin = "http://localhost:3000".into()))
            .await;
    assert_eq!(app.get("/livez").await.header("strict-transport-security"), None);
}

#[every_engine]
async fn an_unknown_path_is_nobodys() {
    let app = App::start().await;
    let root = app.root().logged_in().await;
    let nowhere = app.get("/nowhere").await;
    assert_snapshot!(nowhere, @r#"
    404 Not Found
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:not_found","title":"There is nothing here","status":404,"code":"not_found","request_id":"[request]"}
    "#);
    for path in [
        "/v1",
        "/v1/",
        "/v1/me/",
        "/v1//me",
        "/V1/me",
        "/v1/me/sessions/a/b",
        "/v1/admin",
        "/.well-known",
        "/%2e%2e/v1/me",
        "/docs/../v1/me",
        "/favicon.ico",
        "/.env",
        "/v1/me%00",
    ] {
        assert_eq!(root.get(path).await.to_string(), nowhere.to_string(), "{path}");
    }
}

#[every_engine]
async fn a_method_that_a_path_does_not_take_is_refused_with_those_that_it_takes() {
    let app = App::start().await;
    assert_snapshot!(app.call("PUT", "/v1/me").await, @r#"
    405 Method Not Allowed
    content-type: application/problem+json
    allow: GET,HEAD,PATCH,DELETE

    {"type":"urn:portcullis:problem:method_not_allowed","title":"The method is not allowed here","status":405,"code":"method_not_allowed","request_id":"[request]"}
    "#);
    for (method, path) in [
        ("GET", "/v1/login"),
        ("DELETE", "/v1/login"),
        ("TRACE", "/v1/me"),
        ("POST", "/livez"),
        ("BREW", "/v1/me"),
    ] {
        let answer = app.call(method, path).json(&json!({})).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code().as_str()),
            (405, "method_not_allowed"),
            "{method} {path}"
        );
        assert!(answer.header("allow").is_some(), "{method} {path}");
    }
}

#[every_engine]
async fn head_is_answered_like_get_without_the_body() {
    let app = App::start().await;
    let alice = app.alice().logged_in().await;
    for path in ["/v1/me", "/v1/token/check", "/livez", "/.well-known/jwks.json", "/docs"] {
        let (get, head) = (alice.get(path).await, alice.call("HEAD", path).await);
        assert_eq!((head.status, head.body.len()), (get.status, 0), "{path}");
        assert_eq!(head.header("content-type"), get.header("content-type"), "{path}");
    }
}
