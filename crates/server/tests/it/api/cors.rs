//! Which pages may call the API, and what does a browser get to know about that?

use insta::assert_snapshot;
use portcullis_every_engine::every_engine;
use portcullis_http::{CorsOrigins, Environment, HttpSettings};

use super::app::{App, LISTED_ORIGIN, Setup};
use super::client::Answer;
use crate::node;

async fn preflight(app: &App, origin: &str) -> Answer {
    app.call("OPTIONS", "/v1/me")
        .header("origin", origin)
        .header("access-control-request-method", "PATCH")
        .header("access-control-request-headers", "authorization, content-type, x-csrf-token")
        .await
}

/// A server that lets every origin in, or would.
fn open_in(environment: Environment) -> Setup {
    let mut settings = HttpSettings::new(environment, node::ISSUER);
    settings.cors = CorsOrigins::Any;
    Setup { settings, ..Setup::default() }
}

#[every_engine]
async fn a_listed_origin_may_send_everything_a_client_needs() {
    let app = App::start().await;
    assert_snapshot!(preflight(&app, LISTED_ORIGIN).await, @r#"
    204 No Content
    access-control-allow-methods: GET, POST, PATCH, DELETE
    access-control-allow-headers: Authorization, Content-Type, X-CSRF-Token
    access-control-max-age: 600
    access-control-allow-origin: https://app.test
    access-control-allow-credentials: true
    vary: Origin
    access-control-expose-headers: X-Request-Id, Retry-After, Location
    allow: GET,HEAD,PATCH,DELETE
    "#);
    let alice = app.alice().logged_in().await;
    assert_snapshot!(alice.get("/v1/token/check").header("origin", LISTED_ORIGIN).await, @r#"
    200 OK
    content-type: application/json
    x-portcullis-role: user
    x-portcullis-account-id: [id 1]
    x-portcullis-session-id: [id 2]
    access-control-allow-origin: https://app.test
    access-control-allow-credentials: true
    vary: Origin
    access-control-expose-headers: X-Request-Id, Retry-After, Location

    {"account_id":"[id 1]","session_id":"[id 2]","role":"user","expires_at":"2027-01-15T08:15:00.000Z"}
    "#);
}

#[every_engine]
async fn another_origin_is_told_nothing() {
    let app = App::start().await;
    let refused = preflight(&app, "https://evil.example").await;
    assert_snapshot!(refused, @r#"
    204 No Content
    vary: Origin
    allow: GET,HEAD,PATCH,DELETE
    "#);
    for origin in ["https://app.test.evil.example", "http://app.test", "https://app.test:444", "null", ""] {
        assert_eq!(preflight(&app, origin).await.to_string(), refused.to_string(), "{origin}");
    }
    let alice = app.alice().logged_in().await;
    let answer = alice.get("/v1/me").header("origin", "https://evil.example").await;
    assert_eq!(
        answer.status, 200,
        "the token proves who calls; whether a page may read the answer, its browser decides"
    );
    assert_eq!(answer.header("access-control-allow-origin"), None);
    assert_eq!(answer.header("vary"), Some("Origin"));
}

#[every_engine]
async fn a_page_may_read_what_went_wrong_as_well() {
    let app = App::start().await;
    for (method, path) in
        [("GET", "/v1/me"), ("GET", "/nowhere"), ("PUT", "/v1/login"), ("POST", "/v1/login")]
    {
        let answer = app.call(method, path).header("origin", LISTED_ORIGIN).await;
        assert!(answer.status.is_client_error());
        assert_eq!(answer.header("access-control-allow-origin"), Some(LISTED_ORIGIN), "{method} {path}");
        assert_eq!(answer.header("access-control-allow-credentials"), Some("true"), "{method} {path}");
    }
}

#[every_engine]
async fn without_an_origin_nothing_is_said_about_origins() {
    let app = App::start().await;
    let answer = app.get("/livez").await;
    assert_eq!((answer.header("vary"), answer.header("access-control-allow-origin")), (None, None));
}

#[every_engine]
async fn in_development_every_origin_may_without_cookies() {
    let app = App::start_with(open_in(Environment::Development)).await;
    assert_snapshot!(preflight(&app, "https://anything.example").await, @r#"
    204 No Content
    access-control-allow-methods: GET, POST, PATCH, DELETE
    access-control-allow-headers: Authorization, Content-Type, X-CSRF-Token
    access-control-max-age: 600
    access-control-allow-origin: *
    vary: Origin
    access-control-expose-headers: X-Request-Id, Retry-After, Location
    allow: GET,HEAD,PATCH,DELETE
    "#);
    let own = preflight(&app, node::ISSUER).await;
    assert_eq!(own.header("access-control-allow-credentials"), Some("true"));
}

#[every_engine]
async fn in_production_every_origin_means_none() {
    let app = App::start_with(open_in(Environment::Production)).await;
    let answer = preflight(&app, "https://anything.example").await;
    assert_eq!(answer.header("access-control-allow-origin"), None);
}

#[every_engine]
async fn options_that_is_no_preflight_is_a_method_like_any_other() {
    let app = App::start().await;
    assert_eq!(app.call("OPTIONS", "/v1/me").await.status, 405);
    assert_eq!(app.call("OPTIONS", "/v1/me").header("origin", LISTED_ORIGIN).await.status, 405);
}
