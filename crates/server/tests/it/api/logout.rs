//! How does somebody end sessions?

use std::time::Duration;

use insta::assert_snapshot;
use portcullis_every_engine::every_engine;
use serde_json::json;

use super::app::App;
use super::client::{ACCESS_COOKIE, REFRESH_COOKIE};

#[every_engine]
async fn a_program_logs_out_and_both_its_tokens_are_dead() {
    let app = App::start().await;
    let (alice, elsewhere) = (app.alice().logged_in().await, app.alice().logs_in().await);
    assert_snapshot!(alice.post("/v1/logout").await, @"204 No Content");
    assert_snapshot!(alice.is_let_in().await, @r#"
    401 Unauthorized
    www-authenticate: Bearer realm="portcullis", error="invalid_token", error_description="The session was ended"
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:session_ended","title":"The session was ended","status":401,"code":"session_ended","request_id":"[request]"}
    "#);
    assert_eq!(alice.refreshes().await.code(), "invalid_refresh_token");
    assert_eq!(elsewhere.is_let_in().await.status, 200);
}

#[every_engine]
async fn a_browser_logs_out_and_its_cookies_are_taken_away() {
    let app = App::start().await;
    let alice = app.alice().logged_in_by_cookie().await;
    assert_snapshot!(alice.post("/v1/logout").await, @r#"
    204 No Content
    set-cookie: __Host-portcullis_access=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax
    set-cookie: __Host-portcullis_refresh=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax
    access-control-allow-origin: https://auth.test
    access-control-allow-credentials: true
    vary: Origin
    access-control-expose-headers: X-Request-Id, Retry-After, Location
    "#);
    assert_eq!(alice.get("/v1/me").await.code(), "session_ended");
}

#[every_engine]
async fn the_other_sessions_end_and_this_one_stays() {
    let app = App::start().await;
    let (alice, first, second) =
        (app.alice().logged_in_by_cookie().await, app.alice().logs_in().await, app.alice().logs_in().await);
    let bob = app.bob().logged_in().await;
    let answer = alice.post("/v1/logout").json(&json!({"sessions": "others"})).await;
    assert_eq!((answer.status.as_u16(), answer.cookie(ACCESS_COOKIE)), (204, None));
    for ended in [first, second] {
        assert_eq!(ended.is_let_in().await.code(), "session_ended");
        assert_eq!(ended.refreshes().await.code(), "invalid_refresh_token");
    }
    assert_eq!(alice.get("/v1/me").await.status, 200);
    assert_eq!(bob.is_let_in().await.status, 200);
}

#[every_engine]
async fn all_sessions_end_at_once() {
    let app = App::start().await;
    let (alice, other) = (app.alice().logged_in_by_cookie().await, app.alice().logs_in().await);
    let bob = app.bob().logged_in().await;
    let answer = alice.post("/v1/logout").json(&json!({"sessions": "all"})).await;
    assert_eq!((answer.status.as_u16(), answer.cookie(ACCESS_COOKIE)), (204, Some(String::new())));
    for ended in [alice, other] {
        assert_eq!(ended.is_let_in().await.code(), "session_ended");
    }
    assert_eq!(bob.is_let_in().await.status, 200);
}

#[every_engine]
async fn logging_out_twice_is_no_error() {
    let app = App::start().await;
    for alice in [app.alice().logged_in().await, app.alice().logs_in_by_cookie().await] {
        app.store.let_two_meet_at("revoke_session");
        let (one, other) = alice.post("/v1/logout").twice().await;
        assert_eq!((one.status.as_u16(), other.status.as_u16()), (204, 204));
        assert_eq!(alice.post("/v1/logout").await.status, 204);
    }
}

#[every_engine]
async fn a_refresh_token_ends_its_session_when_the_access_token_has_expired() {
    let app = App::start().await;
    let alice = app.alice().logged_in().await;
    app.pass(Duration::from_mins(15));
    assert_eq!(alice.post("/v1/logout").await.code(), "access_token_expired");
    let body = json!({"refresh_token": alice.refresh_token()});
    assert_eq!(app.post("/v1/logout").json(&body).await.status, 204);
    assert_eq!(alice.refreshes().await.code(), "invalid_refresh_token");
    assert_eq!(app.post("/v1/logout").json(&body).await.status, 204, "it has ended already");
}

#[every_engine]
async fn a_refresh_token_ends_no_other_session() {
    let app = App::start().await;
    let (alice, other) = (app.alice().logged_in().await, app.alice().logs_in().await);
    for sessions in ["others", "all"] {
        let body = json!({"refresh_token": alice.refresh_token(), "sessions": sessions});
        assert_eq!(app.post("/v1/logout").json(&body).await.code(), "authentication_required");
    }
    let body = json!({"refresh_token": alice.refresh_token(), "sessions": "all"});
    assert_snapshot!(app.post("/v1/logout").json(&body).await, @r#"
    401 Unauthorized
    www-authenticate: Bearer realm="portcullis"
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:authentication_required","title":"Authentication is required","status":401,"code":"authentication_required","detail":"A refresh token ends its own session only; for others an access token is needed.","request_id":"[request]"}
    "#);
    assert_eq!(other.is_let_in().await.status, 200);
    assert_eq!(alice.is_let_in().await.status, 200);
}

#[every_engine]
async fn a_browser_can_log_out_after_its_access_token_has_expired() {
    let app = App::start().await;
    let alice = app.alice().logged_in_by_cookie().await;
    app.pass(Duration::from_mins(15));
    let answer = alice.post("/v1/logout").await;
    assert_eq!((answer.status.as_u16(), answer.cookie(REFRESH_COOKIE)), (204, Some(String::new())));
    assert_eq!(alice.refreshes().await.code(), "invalid_refresh_token");

    // The browser has dropped the access cookie, whose time is over.
    let alice = app.alice().logs_in_by_cookie().await;
    let only_refresh = format!("{REFRESH_COOKIE}={}", alice.refresh_token());
    assert_eq!(alice.post("/v1/logout").header("cookie", &only_refresh).await.status, 204);
    assert_eq!(alice.is_let_in().await.code(), "session_ended");
}

#[every_engine]
async fn a_browser_can_log_out_after_the_key_of_its_access_token_was_revoked() {
    let app = App::start().await;
    let (root, alice) = (app.root().logged_in().await, app.alice().logged_in_by_cookie().await);
    let emergency = json!({"purpose": "access_token", "urgency": "emergency"});
    assert_eq!(root.post("/v1/admin/keys/rotate").json(&emergency).await.status, 200);
    assert_eq!(alice.post("/v1/logout").without("x-csrf-token").await.code(), "csrf_failed");
    let answer = alice.post("/v1/logout").await;
    assert_eq!((answer.status.as_u16(), answer.cookie(REFRESH_COOKIE)), (204, Some(String::new())));
    assert_eq!(alice.refreshes().await.code(), "invalid_refresh_token");
}

#[every_engine]
async fn nobody_can_log_out_who_is_nobody() {
    let app = App::start().await;
    assert_snapshot!(app.post("/v1/logout").await, @r#"
    401 Unauthorized
    www-authenticate: Bearer realm="portcullis"
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:authentication_required","title":"Authentication is required","status":401,"code":"authentication_required","request_id":"[request]"}
    "#);
    assert_snapshot!(app.post("/v1/logout").json(&json!({"refresh_token": "pc_rt_x"})).await, @r#"
    401 Unauthorized
    www-authenticate: Bearer realm="portcullis"
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:invalid_refresh_token","title":"The refresh token is not valid","status":401,"code":"invalid_refresh_token","request_id":"[request]"}
    "#);
    assert_eq!(app.post("/v1/logout").bearer("junk").await.code(), "invalid_access_token");
    let ended = app.alice().logged_in().await;
    ended.post("/v1/logout").await;
    let all = ended.post("/v1/logout").json(&json!({"sessions": "all"})).await;
    assert_eq!(all.code(), "session_ended", "a session that has ended ends no others");
}

#[every_engine]
async fn what_a_logout_does_not_know_is_named() {
    let app = App::start().await;
    let alice = app.alice().logged_in().await;
    let answer = alice
        .post("/v1/logout")
        .json(&json!({"sessions": "some", "everywhere": true, "refresh_token": 1}))
        .await;
    assert_snapshot!(answer, @r#"
    400 Bad Request
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:invalid_request","title":"The request is not valid","status":400,"code":"invalid_request","errors":[{"field":"sessions","code":"unknown_value","message":"must be one of: this, others, all"},{"field":"refresh_token","code":"wrong_type","message":"must be a string"},{"field":"everywhere","code":"unknown_field","message":"must not be given: there is no such field"}],"request_id":"[request]"}
    "#);
    assert_eq!(alice.is_let_in().await.status, 200);
}
