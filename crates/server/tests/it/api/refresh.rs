//! May a session go on?

use std::time::Duration;

use insta::assert_snapshot;
use portcullis_every_engine::every_engine;
use serde_json::json;

use super::app::App;
use super::client::{ACCESS_COOKIE, REFRESH_COOKIE};

const DAY: Duration = Duration::from_hours(24);
const GRACE: Duration = Duration::from_secs(30);

#[every_engine]
async fn a_program_gets_the_next_pair_in_the_body() {
    let app = App::start().await;
    let alice = app.alice().logged_in().await;
    let before = (alice.access(), alice.refresh_token());
    app.pass(Duration::from_mins(14));
    assert_snapshot!(alice.refreshes().await, @r#"
    200 OK
    content-type: application/json

    {"session_id":"[id 1]","token_type":"Bearer","access_token":"[access token]","expires_in":900,"refresh_token":"[refresh token]","refresh_expires_in":1209600}
    "#);
    assert_ne!(alice.access(), before.0);
    assert_ne!(alice.refresh_token(), before.1);
    assert_eq!(alice.is_let_in().await.status, 200);
    assert_eq!(
        app.get("/v1/token/check").bearer(&before.0).await.status,
        200,
        "the old one lives until it expires"
    );
}

#[every_engine]
async fn a_browser_gets_the_next_pair_in_cookies() {
    let app = App::start().await;
    let alice = app.alice().logged_in_by_cookie().await;
    app.pass(Duration::from_mins(20));
    let answer = alice.refreshes().await;
    assert_snapshot!(answer, @r#"
    200 OK
    content-type: application/json
    set-cookie: __Host-portcullis_access=[access token]; Path=/; Max-Age=900; HttpOnly; Secure; SameSite=Lax
    set-cookie: __Host-portcullis_refresh=[refresh token]; Path=/; Max-Age=1209600; HttpOnly; Secure; SameSite=Lax
    access-control-allow-origin: https://auth.test
    access-control-allow-credentials: true
    vary: Origin
    access-control-expose-headers: X-Request-Id, Retry-After, Location

    {"session_id":"[id 1]","csrf_token":"[43 random characters]","expires_in":900,"refresh_expires_in":1209600}
    "#);
    assert_eq!(answer.json()["csrf_token"], alice.csrf(), "the CSRF token is good for the whole session");
    assert_eq!(alice.get("/v1/me").await.status, 200);
}

#[every_engine]
async fn two_refreshes_at_once_get_one_generation() {
    let app = App::start().await;
    for alice in [app.alice().logged_in().await, app.alice().logs_in_by_cookie().await] {
        app.store.let_two_meet_at("rotate_session");
        let (one, other) = alice.refresh_call().twice().await;
        assert_eq!((one.status.as_u16(), other.status.as_u16()), (200, 200));
        assert_eq!(one.refresh_token(), other.refresh_token());
        assert_ne!(one.refresh_token().unwrap(), alice.refresh_token());
    }
}

#[every_engine]
async fn a_lost_answer_is_given_again() {
    let app = App::start().await;
    let alice = app.alice().logged_in().await;
    let lost = alice.refresh_call().await;
    app.pass(GRACE);
    let again = alice.refresh_call().by_a_thief().await;
    assert_eq!(again.refresh_token(), lost.refresh_token());
}

#[every_engine]
async fn a_stolen_token_ends_the_session_and_only_that() {
    let app = App::start().await;
    let (alice, at_home) = (app.alice().logged_in().await, app.alice().logs_in().await);
    let stolen = alice.refresh_call();
    alice.refreshes().await;
    app.pass(GRACE + Duration::from_millis(1));
    assert_snapshot!(stolen.clone().by_a_thief().await, @r#"
    401 Unauthorized
    www-authenticate: Bearer realm="portcullis"
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:refresh_token_reused","title":"The refresh token was used twice","status":401,"code":"refresh_token_reused","detail":"The session was ended, because a copy of its refresh token is in use. Log in again; if nobody but you should have had it, change your password and look at your sessions.","request_id":"[request]"}
    "#);
    assert_eq!(alice.is_let_in().await.code(), "session_ended");
    assert_eq!(alice.refreshes().await.code(), "invalid_refresh_token");
    assert_eq!(stolen.by_a_thief().await.code(), "invalid_refresh_token", "the session has ended before");
    assert_eq!(at_home.is_let_in().await.status, 200);
    assert_eq!(at_home.refreshes().await.status, 200);
}

#[every_engine]
async fn of_a_thief_and_the_owner_whoever_comes_second_betrays_the_theft() {
    let app = App::start().await;
    let alice = app.alice().logged_in_by_cookie().await;
    let token = alice.refresh_token();
    let thief = app.post("/v1/token/refresh").json(&json!({"refresh_token": token})).by_a_thief().await;
    assert_eq!(thief.status, 200);
    app.pass(GRACE + Duration::from_secs(1));
    assert_snapshot!(alice.refreshes().await, @r#"
    401 Unauthorized
    www-authenticate: Bearer realm="portcullis"
    set-cookie: __Host-portcullis_access=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax
    set-cookie: __Host-portcullis_refresh=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax
    content-type: application/problem+json
    access-control-allow-origin: https://auth.test
    access-control-allow-credentials: true
    vary: Origin
    access-control-expose-headers: X-Request-Id, Retry-After, Location

    {"type":"urn:portcullis:problem:refresh_token_reused","title":"The refresh token was used twice","status":401,"code":"refresh_token_reused","detail":"The session was ended, because a copy of its refresh token is in use. Log in again; if nobody but you should have had it, change your password and look at your sessions.","request_id":"[request]"}
    "#);
    assert_eq!(app.get("/v1/me").bearer(&thief.access_token().unwrap()).await.code(), "session_ended");
}

#[every_engine]
async fn the_same_client_may_come_back_late_and_it_is_written_down() {
    let app = App::start().await;
    let (alice, root) = (app.alice().logged_in().await, app.root().logged_in().await);
    let lost = alice.refresh_call().await;
    app.pass(DAY);
    let late = alice.refreshes().await;
    assert_eq!(late.refresh_token(), lost.refresh_token());
    root.refreshes().await;
    let audit = root.get(&format!("/v1/admin/audit?account_id={}", alice.account_id)).await;
    assert_eq!(audit.json()["events"][0]["kind"], "refresh_retried_late");
}

#[every_engine]
async fn a_session_ends_when_it_was_idle_for_too_long() {
    let app = App::start().await;
    let alice = app.alice().logged_in().await;
    app.pass((14 * DAY).saturating_sub(Duration::from_millis(1)));
    assert_eq!(alice.refreshes().await.status, 200);
    app.pass(14 * DAY);
    assert_snapshot!(alice.refreshes().await, @r#"
    401 Unauthorized
    www-authenticate: Bearer realm="portcullis"
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:invalid_refresh_token","title":"The refresh token is not valid","status":401,"code":"invalid_refresh_token","request_id":"[request]"}
    "#);
}

#[every_engine]
async fn a_session_ends_after_thirty_days_however_busy() {
    let app = App::start().await;
    let alice = app.alice().logged_in().await;
    for _ in 0..29 {
        app.pass(DAY);
        assert_eq!(alice.refreshes().await.status, 200);
    }
    app.pass(DAY.saturating_sub(Duration::from_mins(1)));
    let last = alice.refreshes().await;
    assert_eq!(last.json()["refresh_expires_in"], 60, "a refresh token does not outlive its session");
    app.pass(Duration::from_mins(1));
    assert_eq!(alice.refreshes().await.code(), "invalid_refresh_token");
}

#[every_engine]
async fn whatever_ended_the_session_is_not_told() {
    let app = App::start().await;
    let root = app.root().logged_in().await;
    let logged_out = app.alice().logged_in().await;
    assert_eq!(logged_out.post("/v1/logout").await.status, 204);
    let disabled = app.alice().logs_in().await;
    let path = format!("/v1/admin/accounts/{}", disabled.account_id);
    assert_eq!(root.patch(&path).json(&json!({"disabled": true})).await.status, 200);
    let deleted = app.bob().logged_in().await;
    assert_eq!(root.delete(&format!("/v1/admin/accounts/{}", deleted.account_id)).await.status, 204);
    let junk = app.post("/v1/token/refresh").json(&json!({"refresh_token": "junk"})).await;
    for session in [logged_out, disabled, deleted] {
        assert_eq!(session.refreshes().await.to_string(), junk.to_string());
    }
}

#[every_engine]
async fn a_refresh_without_a_token_is_told_so() {
    let app = App::start().await;
    let expected = app.post("/v1/token/refresh").await;
    assert_snapshot!(expected, @r#"
    401 Unauthorized
    www-authenticate: Bearer realm="portcullis"
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:invalid_refresh_token","title":"The refresh token is not valid","status":401,"code":"invalid_refresh_token","detail":"There is none in the request.","request_id":"[request]"}
    "#);
    for body in [json!({}), json!({"refresh_token": null})] {
        assert_eq!(app.post("/v1/token/refresh").json(&body).await.to_string(), expected.to_string());
    }
}

#[every_engine]
async fn a_browser_whose_cookie_is_no_good_loses_it() {
    let app = App::start().await;
    let alice = app.alice().logged_in_by_cookie().await;
    let junk = alice.post("/v1/token/refresh").header("cookie", &format!("{REFRESH_COOKIE}=junk")).await;
    assert_snapshot!(junk, @r#"
    401 Unauthorized
    www-authenticate: Bearer realm="portcullis"
    set-cookie: __Host-portcullis_access=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax
    set-cookie: __Host-portcullis_refresh=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax
    content-type: application/problem+json
    access-control-allow-origin: https://auth.test
    access-control-allow-credentials: true
    vary: Origin
    access-control-expose-headers: X-Request-Id, Retry-After, Location

    {"type":"urn:portcullis:problem:invalid_refresh_token","title":"The refresh token is not valid","status":401,"code":"invalid_refresh_token","request_id":"[request]"}
    "#);
    assert_eq!(alice.post("/v1/logout").await.status, 204);
    let ended = alice.refresh_call().await;
    assert_eq!(
        (ended.code(), ended.cookie(REFRESH_COOKIE)),
        ("invalid_refresh_token".into(), Some(String::new()))
    );
}

#[every_engine]
async fn the_token_in_the_body_counts_before_the_cookie() {
    let app = App::start().await;
    let (alice, bob) = (app.alice().logged_in_by_cookie().await, app.bob().logged_in().await);
    let both = alice.post("/v1/token/refresh").json(&json!({"refresh_token": bob.refresh_token()})).await;
    assert_eq!(both.json()["session_id"], bob.session_id);
    assert_eq!(both.cookie(ACCESS_COOKIE), None);
}
