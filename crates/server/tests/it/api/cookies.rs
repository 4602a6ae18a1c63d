//! Can a browser session be used by anybody but the application that began it?

use insta::assert_snapshot;
use portcullis_every_engine::every_engine;
use serde_json::json;

use super::app::{App, LISTED_ORIGIN};
use super::client::{ACCESS_COOKIE, Answer, Call, REFRESH_COOKIE};
use super::contract;

/// A call by which a session would do something, and what must not have happened by it.
fn change(call: Call) -> Call {
    call.json(&json!({"name": "changed"}))
}

fn is_refused(answer: &Answer) -> bool {
    answer.status == 403 && answer.code() == "csrf_failed"
}

#[every_engine]
async fn a_change_needs_the_csrf_token_of_the_session() {
    let app = App::start().await;
    let (alice, other, bob) = (
        app.alice().logged_in_by_cookie().await,
        app.alice().logs_in_by_cookie().await,
        app.bob().logged_in_by_cookie().await,
    );
    let me = || change(alice.patch("/v1/me"));
    assert_snapshot!(me().without("x-csrf-token").without("origin").await, @r#"
    403 Forbidden
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:csrf_failed","title":"The request may have been made by another site","status":403,"code":"csrf_failed","detail":"The header X-CSRF-Token is missing.","request_id":"[request]"}
    "#);
    assert_snapshot!(me().header("x-csrf-token", &other.csrf()).without("origin").await, @r#"
    403 Forbidden
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:csrf_failed","title":"The request may have been made by another site","status":403,"code":"csrf_failed","detail":"The header X-CSRF-Token is not of this session.","request_id":"[request]"}
    "#);
    let almost = if alice.csrf().starts_with('A') { "B" } else { "A" }.to_owned() + &alice.csrf()[1..];
    let (shorter, longer) = (alice.csrf()[..42].to_owned(), alice.csrf() + "A");
    for wrong in
        ["", "null", &bob.csrf(), &alice.session_id, &almost, &shorter, &longer, &alice.csrf().to_lowercase()]
    {
        assert!(is_refused(&me().header("x-csrf-token", wrong).await), "{wrong}");
    }
    assert_eq!(alice.get("/v1/me").await.json()["account"]["name"], "alice");
    assert_eq!(me().await.status, 200);
}

#[every_engine]
async fn every_route_that_changes_something_asks_cookies_for_the_csrf_token() {
    let app = App::start().await;
    let (alice, root) = (app.alice().logged_in().await, app.root().logged_in_by_cookie().await);
    let asked = contract::operations().iter().filter(|operation| operation.documents("csrf_failed"));
    let mut count = 0;
    for operation in asked.filter(|operation| operation.path != "/v1/login") {
        let mut call = operation.good_call(&root, &alice).without("x-csrf-token");
        if operation.path == "/v1/token/refresh" {
            call = root.post("/v1/token/refresh").without("x-csrf-token");
        }
        let answer = call.await;
        assert!(is_refused(&answer), "{operation:?}: {answer}");
        count += 1;
    }
    assert_eq!(count, 20, "the routes that take cookies and change something");
    assert_eq!(alice.is_let_in().await.status, 200);
    assert_eq!(root.get("/v1/me").await.status, 200);
}

#[every_engine]
async fn reading_needs_no_csrf_token() {
    let app = App::start().await;
    let root = app.root().logged_in_by_cookie().await;
    for operation in contract::operations().iter().filter(|operation| operation.method == "GET") {
        let call = operation
            .good_call(&root, &root)
            .without("x-csrf-token")
            .without("origin")
            .without("sec-fetch-site");
        assert_eq!(call.await.status, 200, "{operation:?}");
    }
}

#[every_engine]
async fn another_site_changes_nothing_even_with_the_csrf_token() {
    let app = App::start().await;
    let alice = app.alice().logged_in_by_cookie().await;
    let from = |origin: Option<&str>, site: Option<&str>| {
        let call = change(alice.patch("/v1/me")).without("origin").without("sec-fetch-site");
        let call = match origin {
            Some(origin) => call.header("origin", origin),
            None => call,
        };
        match site {
            Some(site) => call.header("sec-fetch-site", site),
            None => call,
        }
    };
    for (origin, site) in [
        (Some("https://evil.example"), Some("cross-site")),
        (Some("https://evil.auth.test"), Some("same-site")),
        (Some("https://evil.example"), None),
        (Some("https://auth.test.evil.example"), None),
        (Some("https://auth.test:8443"), None),
        (Some("http://auth.test"), None),
        (Some("null"), None),
        (Some(""), None),
        (None, Some("cross-site")),
        (None, Some("same-site")),
        (None, Some("something new")),
    ] {
        assert!(is_refused(&from(origin, site).await), "{origin:?} {site:?}");
    }
    assert_eq!(alice.get("/v1/me").await.json()["account"]["name"], "alice");
    for (origin, site) in [
        (Some("https://auth.test"), Some("same-origin")),
        (Some(LISTED_ORIGIN), Some("cross-site")),
        (Some(LISTED_ORIGIN), None),
        (None, Some("same-origin")),
        (None, Some("none")),
        (None, None),
    ] {
        assert_eq!(from(origin, site).await.status, 200, "{origin:?} {site:?}");
    }
    assert_snapshot!(from(Some("https://evil.example"), Some("cross-site")).await, @r#"
    403 Forbidden
    content-type: application/problem+json
    vary: Origin

    {"type":"urn:portcullis:problem:csrf_failed","title":"The request may have been made by another site","status":403,"code":"csrf_failed","detail":"Another site caused the request, and its Origin is not one that is allowed.","request_id":"[request]"}
    "#);
}

#[every_engine]
async fn another_site_cannot_log_its_visitor_in() {
    let app = App::start().await;
    app.alice().registered().await;
    let mut body = app.alice().credentials();
    body["transport"] = "cookie".into();
    let login = app.post("/v1/login").json(&body).header("origin", "https://evil.example");
    let before = app.auth.hash_gate_metrics();
    assert_snapshot!(login.header("sec-fetch-site", "cross-site").await, @r#"
    403 Forbidden
    content-type: application/problem+json
    vary: Origin

    {"type":"urn:portcullis:problem:csrf_failed","title":"The request may have been made by another site","status":403,"code":"csrf_failed","detail":"Another site caused the request, and its Origin is not one that is allowed.","request_id":"[request]"}
    "#);
    assert_eq!(app.auth.hash_gate_metrics().verified, before.verified, "nothing is looked at");
}

#[every_engine]
async fn where_header_and_cookie_disagree_the_header_counts_and_needs_no_csrf_token() {
    let app = App::start().await;
    let (alice, bob) = (app.alice().logged_in_by_cookie().await, app.bob().logged_in().await);
    let as_bob =
        change(alice.patch("/v1/me")).without("x-csrf-token").header("origin", "https://evil.example");
    let answer = as_bob.bearer(&bob.access()).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["account"]["id"]), (200, &json!(bob.account_id)));
    let bad_header = alice.get("/v1/me").bearer("junk").await;
    assert_eq!(bad_header.code(), "invalid_access_token", "a bad header is not made good by a cookie");
    let others = alice.get("/v1/me").header("authorization", "Basic cHJveHk6eA==").await;
    assert_eq!(others.json()["account"]["id"], alice.account_id, "another scheme is for a proxy on the way");
}

#[every_engine]
async fn a_cookie_that_somebody_planted_beside_the_real_one_is_not_used() {
    let app = App::start().await;
    let (alice, bob) = (app.alice().logged_in_by_cookie().await, app.bob().logged_in_by_cookie().await);
    let (real, planted) = (alice.access(), bob.access());
    let both = format!("{ACCESS_COOKIE}={planted}; {ACCESS_COOKIE}={real}");
    assert_eq!(alice.get("/v1/me").header("cookie", &both).await.code(), "authentication_required");
    let in_two_lines = alice.get("/v1/me").header("cookie", &format!("{ACCESS_COOKIE}={planted}"));
    let answer = in_two_lines.line("cookie", &format!("{ACCESS_COOKIE}={real}")).await;
    assert_eq!(answer.code(), "authentication_required");
    for other_name in ["portcullis_access", "__host-portcullis_access", "__Secure-portcullis_access"] {
        let answer = alice.get("/v1/me").header("cookie", &format!("{other_name}={real}")).await;
        assert_eq!(answer.code(), "authentication_required", "{other_name}");
    }
}

#[every_engine]
async fn a_cookie_is_found_among_those_of_others() {
    let app = App::start().await;
    let alice = app.alice().logged_in_by_cookie().await;
    let among = format!("a=1; b=\"x; y\"; =; ;;{ACCESS_COOKIE}={}; theme=dark; a=2", alice.access());
    assert_eq!(alice.get("/v1/me").header("cookie", &among).await.status, 200);
}

#[every_engine]
async fn a_page_that_was_loaded_anew_asks_for_its_csrf_token() {
    let app = App::start().await;
    let alice = app.alice().logged_in_by_cookie().await;
    let answer = alice.get("/v1/csrf").without("origin").await;
    assert_snapshot!(answer, @r#"
    200 OK
    content-type: application/json

    {"csrf_token":"[43 random characters]"}
    "#);
    assert_eq!(answer.json()["csrf_token"], alice.csrf());
    app.pass(std::time::Duration::from_mins(16));
    assert_eq!(
        alice.get("/v1/csrf").await.json()["csrf_token"],
        alice.csrf(),
        "the refresh cookie is enough"
    );
    assert_eq!(app.get("/v1/csrf").await.code(), "authentication_required");
    let junk = format!("{ACCESS_COOKIE}=junk; {REFRESH_COOKIE}=junk");
    assert_eq!(app.get("/v1/csrf").header("cookie", &junk).await.code(), "authentication_required");
    let bob = app.bob().logged_in().await;
    assert_eq!(bob.get("/v1/csrf").await.code(), "authentication_required", "a program has none");
}

#[every_engine]
async fn a_refresh_by_cookie_needs_the_csrf_token_and_leaves_the_cookies_alone_without_it() {
    let app = App::start().await;
    let alice = app.alice().logged_in_by_cookie().await;
    for call in [
        alice.refresh_call().without("x-csrf-token"),
        alice.refresh_call().header("x-csrf-token", "x"),
        alice.refresh_call().header("origin", "https://evil.example").header("sec-fetch-site", "cross-site"),
    ] {
        let answer = call.await;
        assert!(is_refused(&answer));
        assert_eq!(answer.cookie(REFRESH_COOKIE), None, "a forger must not be able to log anybody out");
    }
    assert_eq!(alice.refreshes().await.status, 200);
}
