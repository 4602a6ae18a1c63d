//! How does somebody get a session?

use std::time::Duration;

use insta::assert_snapshot;
use portcullis_every_engine::every_engine;
use serde_json::{Value, json};

use super::app::{App, Setup};
use super::client::{Answer, REFRESH_COOKIE};

async fn log_in(app: &App, body: &Value) -> Answer {
    app.post("/v1/login").json(body).await
}

#[every_engine]
async fn a_program_gets_its_tokens_in_the_body() {
    let app = App::start().await;
    app.alice().registered().await;
    assert_snapshot!(log_in(&app, &app.alice().credentials()).await, @r#"
    200 OK
    content-type: application/json
    set-cookie: __Host-portcullis_device=[device token]; Path=/; Max-Age=31536000; HttpOnly; Secure; SameSite=Lax

    {"account":{"id":"[id 1]","number":1,"email":"alice@example.com","email_verified":false,"username":"alice","name":"alice","bio":null,"contact":null,"locale":null,"role":"user","created_at":"2027-01-15T08:00:00.000Z","updated_at":"2027-01-15T08:00:00.000Z"},"session_id":"[id 2]","token_type":"Bearer","access_token":"[access token]","expires_in":900,"refresh_token":"[refresh token]","refresh_expires_in":1209600}
    "#);
}

#[every_engine]
async fn a_browser_gets_its_tokens_in_cookies_and_none_in_the_body() {
    let app = App::start().await;
    app.alice().registered().await;
    let mut body = app.alice().credentials();
    body["transport"] = "cookie".into();
    assert_snapshot!(log_in(&app, &body).await, @r#"
    200 OK
    content-type: application/json
    set-cookie: __Host-portcullis_access=[access token]; Path=/; Max-Age=900; HttpOnly; Secure; SameSite=Lax
    set-cookie: __Host-portcullis_refresh=[refresh token]; Path=/; Max-Age=1209600; HttpOnly; Secure; SameSite=Lax
    set-cookie: __Host-portcullis_device=[device token]; Path=/; Max-Age=31536000; HttpOnly; Secure; SameSite=Lax

    {"account":{"id":"[id 1]","number":1,"email":"alice@example.com","email_verified":false,"username":"alice","name":"alice","bio":null,"contact":null,"locale":null,"role":"user","created_at":"2027-01-15T08:00:00.000Z","updated_at":"2027-01-15T08:00:00.000Z"},"session_id":"[id 2]","csrf_token":"[43 random characters]","expires_in":900,"refresh_expires_in":1209600}
    "#);
}

#[every_engine]
async fn a_browser_that_logs_in_again_has_one_session_and_not_two() {
    let app = App::start().await;
    let before = app.alice().logged_in_by_cookie().await;
    let phone = app.alice().logs_in().await;
    let mut body = app.alice().credentials();
    body["transport"] = "cookie".into();
    let cookie = format!("{REFRESH_COOKIE}={}", before.refresh_token());

    let wrong = json!({"identifier": "alice", "password": "wrong", "transport": "cookie"});
    assert_eq!(app.post("/v1/login").json(&wrong).header("cookie", &cookie).await.status, 401);
    assert_eq!(before.get("/v1/me").await.status, 200, "a login that fails ends nothing");

    let again = app.post("/v1/login").json(&body).header("cookie", &cookie).await;
    assert_eq!(again.status, 200, "{again}");
    assert_eq!(before.get("/v1/me").await.code(), "session_ended");
    assert_eq!(phone.get("/v1/me").await.status, 200, "that of another device goes on");
    let sessions = phone.get("/v1/me/sessions").await.json();
    assert_eq!(sessions["sessions"].as_array().unwrap().len(), 2);
    let junk = format!("{REFRESH_COOKIE}=pc_rt_junk");
    assert_eq!(app.post("/v1/login").json(&body).header("cookie", &junk).await.status, 200);
}

#[every_engine]
async fn either_identifier_will_do_in_any_case() {
    let app = App::start().await;
    app.alice().registered().await;
    for identifier in ["alice", "ALICE", "alice@example.com", " Alice@EXAMPLE.com"] {
        let answer =
            log_in(&app, &json!({"identifier": identifier, "password": app.alice().password()})).await;
        assert_eq!(answer.status, 200, "{identifier}");
    }
}

#[every_engine]
async fn a_password_is_taken_exactly_as_it_is_sent() {
    let app = App::start().await;
    app.alice().registered().await;
    let password = app.alice().password();
    for other in [format!(" {password}"), format!("{password} "), password.to_uppercase(), String::new()] {
        let answer = log_in(&app, &json!({"identifier": "alice", "password": other})).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code().as_str()),
            (401, "invalid_credentials"),
            "{other:?}"
        );
    }
}

#[every_engine]
async fn a_wrong_password_gets_nothing() {
    let app = App::start().await;
    app.alice().registered().await;
    assert_snapshot!(log_in(&app, &json!({"identifier": "alice", "password": "wrong"})).await, @r#"
    401 Unauthorized
    www-authenticate: Bearer realm="portcullis"
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:invalid_credentials","title":"The identifier or the password is wrong","status":401,"code":"invalid_credentials","request_id":"[request]"}
    "#);
}

#[every_engine]
async fn a_disabled_account_is_told_so_only_once_the_password_is_right() {
    let app = App::start().await;
    let (alice, root) = (app.alice().logged_in().await, app.root().logged_in().await);
    let path = format!("/v1/admin/accounts/{}", alice.account_id);
    assert_eq!(root.patch(&path).json(&json!({"disabled": true})).await.status, 200);
    assert_snapshot!(log_in(&app, &app.alice().credentials()).await, @r#"
    403 Forbidden
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:account_disabled","title":"The account is disabled","status":403,"code":"account_disabled","request_id":"[request]"}
    "#);
    let wrong = log_in(&app, &json!({"identifier": "alice", "password": "wrong"})).await;
    assert_eq!(wrong.code(), "invalid_credentials");
}

#[every_engine]
async fn what_is_missing_or_unknown_is_named() {
    let app = App::start().await;
    let answer =
        log_in(&app, &json!({"password": null, "transport": "carrier pigeon", "email": "a@b.c"})).await;
    assert_snapshot!(answer, @r#"
    400 Bad Request
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:invalid_request","title":"The request is not valid","status":400,"code":"invalid_request","errors":[{"field":"identifier","code":"required","message":"must be given"},{"field":"password","code":"required","message":"must be given"},{"field":"transport","code":"unknown_value","message":"must be one of: bearer, cookie"},{"field":"email","code":"unknown_field","message":"must not be given: there is no such field"}],"request_id":"[request]"}
    "#);
}

#[every_engine]
async fn two_logins_at_once_are_two_sessions() {
    let app = App::start().await;
    app.alice().registered().await;
    app.store.let_two_meet_at("create_session");
    let (one, other) = app.post("/v1/login").json(&app.alice().credentials()).twice().await;
    assert_eq!((one.status.as_u16(), other.status.as_u16()), (200, 200));
    assert_ne!(one.json()["session_id"], other.json()["session_id"]);
    assert_ne!(one.refresh_token(), other.refresh_token());
}

#[every_engine]
async fn who_finds_the_line_for_hashing_full_is_told_when_to_come_back() {
    let app = App::start_with(Setup { hash_queue: 0, ..Setup::default() }).await;
    let answer = log_in(&app, &json!({"identifier": "alice", "password": "correct horse"})).await;
    assert_snapshot!(answer, @r#"
    503 Service Unavailable
    retry-after: 60
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:unavailable","title":"The server is busy","status":503,"code":"unavailable","request_id":"[request]"}
    "#);
    let registration = app.post("/v1/register").json(&app.alice().registration()).await;
    assert_eq!((registration.status.as_u16(), registration.header("retry-after")), (503, Some("60")));
}

#[every_engine]
async fn an_access_token_lets_in_until_the_second_it_expires() {
    let app = App::start().await;
    let alice = app.alice().logged_in().await;
    app.pass(Duration::from_secs(899));
    assert_snapshot!(alice.is_let_in().await, @r#"
    200 OK
    content-type: application/json
    x-portcullis-role: user
    x-portcullis-account-id: [id 1]
    x-portcullis-session-id: [id 2]

    {"account_id":"[id 1]","session_id":"[id 2]","role":"user","expires_at":"2027-01-15T08:15:00.000Z"}
    "#);
    app.pass(Duration::from_secs(1));
    assert_snapshot!(alice.is_let_in().await, @r#"
    401 Unauthorized
    www-authenticate: Bearer realm="portcullis", error="invalid_token", error_description="The access token has expired"
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:access_token_expired","title":"The access token has expired","status":401,"code":"access_token_expired","request_id":"[request]"}
    "#);
    assert_eq!(alice.get("/v1/me").await.code(), "access_token_expired");
}
