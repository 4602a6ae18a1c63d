//! What can somebody see of their account, change and take away?

use std::time::Duration;

use insta::assert_snapshot;
use portcullis_every_engine::every_engine;
use serde_json::json;

use super::app::App;
use super::client::ACCESS_COOKIE;

#[every_engine]
async fn somebody_reads_their_account_over_either_transport() {
    let app = App::start().await;
    let alice = app.alice().logged_in().await;
    let answer = alice.get("/v1/me").await;
    assert_snapshot!(answer, @r#"
    200 OK
    content-type: application/json

    {"account":{"id":"[id 1]","number":1,"email":"alice@example.com","email_verified":false,"username":"alice","name":"alice","bio":null,"contact":null,"locale":null,"role":"user","created_at":"2027-01-15T08:00:00.000Z","updated_at":"2027-01-15T08:00:00.000Z"}}
    "#);
    let in_a_browser = app.alice().logs_in_by_cookie().await;
    assert_eq!(in_a_browser.get("/v1/me").await.body, answer.body);
}

#[every_engine]
async fn a_profile_is_changed_kept_and_cleared_field_by_field() {
    let app = App::start().await;
    let alice = app.alice().logged_in_by_cookie().await;
    let set = alice.patch("/v1/me").json(&json!({"bio": " as\tis ", "contact": ""})).await;
    assert_eq!(set.status, 200);
    app.pass(Duration::from_secs(7));
    assert_snapshot!(alice.patch("/v1/me").without("origin").json(&json!({"name": null})).await, @r#"
    200 OK
    content-type: application/json

    {"account":{"id":"[id 1]","number":1,"email":"alice@example.com","email_verified":false,"username":"alice","name":null,"bio":" as\tis ","contact":"","locale":null,"role":"user","created_at":"2027-01-15T08:00:00.000Z","updated_at":"2027-01-15T08:00:07.000Z"}}
    "#);
    let unchanged = alice.patch("/v1/me").json(&json!({})).await.json();
    assert_eq!(unchanged["account"]["bio"], " as\tis ");
    assert_eq!(unchanged["account"]["contact"], "");
    assert_eq!(unchanged["account"]["name"], serde_json::Value::Null);
}

#[every_engine]
async fn a_profile_text_that_does_not_fit_changes_nothing() {
    let app = App::start().await;
    let alice = app.alice().logged_in().await;
    let before = alice.get("/v1/me").await.body;
    let answer = alice
        .patch("/v1/me")
        .json(&json!({"name": "fits", "bio": "x".repeat(16_001), "contact": "a\u{0}b", "email": "x@y.z", "role": "admin"}))
        .await;
    assert_snapshot!(answer, @r#"
    400 Bad Request
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:invalid_request","title":"The request is not valid","status":400,"code":"invalid_request","errors":[{"field":"bio","code":"too_long","message":"must be at most 16000 characters long"},{"field":"contact","code":"invalid","message":"must not contain a NUL character"},{"field":"role","code":"unknown_field","message":"must not be given: there is no such field"},{"field":"email","code":"unknown_field","message":"must not be given: there is no such field"}],"request_id":"[request]"}
    "#);
    assert_eq!(alice.get("/v1/me").await.body, before);
}

#[every_engine]
async fn a_profile_text_is_counted_in_characters() {
    let app = App::start().await;
    let alice = app.alice().logged_in().await;
    assert_eq!(alice.patch("/v1/me").json(&json!({"name": "🙂".repeat(200)})).await.status, 200);
    let longer = alice.patch("/v1/me").json(&json!({"name": "🙂".repeat(201)})).await;
    assert_eq!(longer.field_errors(), [("name".into(), "too_long".into())]);
}

#[every_engine]
async fn two_changes_at_once_both_happen() {
    let app = App::start().await;
    let alice = app.alice().logged_in().await;
    app.store.let_two_meet_at("update_profile");
    let (one, other) = tokio::join!(
        alice.patch("/v1/me").json(&json!({"bio": "one"})).send(),
        alice.patch("/v1/me").json(&json!({"contact": "other"})).send()
    );
    assert_eq!((one.status.as_u16(), other.status.as_u16()), (200, 200));
    let account = alice.get("/v1/me").await.json();
    assert_eq!(
        (&account["account"]["bio"], &account["account"]["contact"]),
        (&json!("one"), &json!("other"))
    );
}

#[every_engine]
async fn a_new_password_ends_the_other_sessions_and_the_old_password() {
    let app = App::start().await;
    let (alice, other) = (app.alice().logged_in_by_cookie().await, app.alice().logs_in().await);
    let body = json!({"current_password": app.alice().password(), "new_password": "another correct horse"});
    assert_snapshot!(alice.post("/v1/me/password").without("origin").json(&body).await, @r#"
    200 OK
    content-type: application/json

    {"sessions_ended":1}
    "#);
    assert_eq!(other.is_let_in().await.code(), "session_ended");
    assert_eq!(other.refreshes().await.code(), "invalid_refresh_token");
    assert_eq!(alice.refreshes().await.status, 200);
    let log_in = async |password: &str| {
        app.post("/v1/login")
            .json(&json!({"identifier": "alice", "password": password}))
            .await
            .status
            .as_u16()
    };
    assert_eq!(log_in(&app.alice().password()).await, 401);
    assert_eq!(log_in("another correct horse").await, 200);
}

#[every_engine]
async fn a_password_is_changed_only_by_who_knows_it() {
    let app = App::start().await;
    let (alice, other) = (app.alice().logged_in().await, app.alice().logs_in().await);
    let wrong = json!({"current_password": "wrong", "new_password": "another correct horse"});
    assert_snapshot!(alice.post("/v1/me/password").json(&wrong).await, @r#"
    403 Forbidden
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:wrong_password","title":"The password is wrong","status":403,"code":"wrong_password","errors":[{"field":"current_password","code":"wrong","message":"must be the password of the account"}],"request_id":"[request]"}
    "#);
    let short = json!({"current_password": app.alice().password(), "new_password": "short"});
    assert_snapshot!(alice.post("/v1/me/password").json(&short).await, @r#"
    400 Bad Request
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:invalid_request","title":"The request is not valid","status":400,"code":"invalid_request","errors":[{"field":"new_password","code":"too_short","message":"must be at least 8 characters long"}],"request_id":"[request]"}
    "#);
    let long = json!({"current_password": app.alice().password(), "new_password": "x".repeat(73)});
    assert_eq!(
        alice.post("/v1/me/password").json(&long).await.field_errors(),
        [("new_password".into(), "too_long".into())]
    );
    assert_eq!(other.is_let_in().await.status, 200);
    assert_eq!(app.post("/v1/login").json(&app.alice().credentials()).await.status, 200);
}

#[every_engine]
async fn of_two_changes_of_a_password_at_once_one_wins() {
    let app = App::start().await;
    let alice = app.alice().logged_in().await;
    let change = |new: &str| {
        alice
            .post("/v1/me/password")
            .json(&json!({"current_password": app.alice().password(), "new_password": new}))
    };
    app.store.let_two_meet_at("change_password");
    let (one, other) = tokio::join!(change("the first horse").send(), change("the other horse").send());
    let winner = if one.status == 200 { "the first horse" } else { "the other horse" };
    let mut outcomes = [(one.status.as_u16(), one.code()), (other.status.as_u16(), other.code())];
    outcomes.sort_unstable();
    assert_eq!(outcomes, [(200, String::new()), (403, "wrong_password".into())]);
    let login = app.post("/v1/login").json(&json!({"identifier": "alice", "password": winner})).await;
    assert_eq!(login.status, 200);
}

#[every_engine]
async fn an_account_is_deleted_with_all_its_sessions() {
    let app = App::start().await;
    let (alice, other) = (app.alice().logged_in().await, app.alice().logs_in().await);
    let bob = app.bob().logged_in().await;
    assert_snapshot!(alice.delete("/v1/me").json(&json!({"password": "wrong"})).await, @r#"
    403 Forbidden
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:wrong_password","title":"The password is wrong","status":403,"code":"wrong_password","errors":[{"field":"password","code":"wrong","message":"must be the password of the account"}],"request_id":"[request]"}
    "#);
    assert_eq!(other.is_let_in().await.status, 200);
    assert_snapshot!(alice.delete("/v1/me").json(&json!({"password": app.alice().password()})).await, @"204 No Content");
    for session in [alice, other] {
        assert_eq!(session.is_let_in().await.code(), "session_ended");
        assert_eq!(session.refreshes().await.code(), "invalid_refresh_token");
    }
    assert_eq!(app.post("/v1/login").json(&app.alice().credentials()).await.code(), "invalid_credentials");
    assert_eq!(bob.is_let_in().await.status, 200);
}

#[every_engine]
async fn a_browser_that_deletes_its_account_loses_its_cookies() {
    let app = App::start().await;
    let alice = app.alice().logged_in_by_cookie().await;
    let refused = alice.delete("/v1/me").json(&json!({"password": "wrong"})).await;
    assert_eq!((refused.status.as_u16(), refused.cookie(ACCESS_COOKIE)), (403, None));
    let gone = alice.delete("/v1/me").json(&json!({"password": app.alice().password()})).await;
    assert_eq!((gone.status.as_u16(), gone.cookie(ACCESS_COOKIE)), (204, Some(String::new())));
}

#[every_engine]
async fn an_account_is_deleted_once() {
    let app = App::start().await;
    let (alice, root) = (app.alice().logged_in().await, app.root().logged_in().await);
    app.store.let_two_meet_at("delete_account");
    let delete = alice.delete("/v1/me").json(&json!({"password": app.alice().password()}));
    let (one, other) = delete.twice().await;
    let mut outcomes = [(one.status.as_u16(), one.code()), (other.status.as_u16(), other.code())];
    outcomes.sort_unstable();
    assert_eq!(outcomes, [(204, String::new()), (401, "invalid_access_token".into())]);
    let audit = root.get(&format!("/v1/admin/audit?account_id={}", alice.account_id)).await.json();
    let deletions =
        audit["events"].as_array().unwrap().iter().filter(|event| event["kind"] == "account_deleted");
    assert_eq!(deletions.count(), 1);
}

#[every_engine]
async fn everything_that_is_kept_about_somebody_can_be_had() {
    let app = App::start().await;
    let alice = app.alice().registered().await;
    app.pass(Duration::from_secs(1));
    let alice = alice.logs_in().await;
    app.bob().logged_in().await;
    app.pass(Duration::from_secs(1));
    let body = json!({"current_password": app.alice().password(), "new_password": "another correct horse"});
    assert_eq!(alice.post("/v1/me/password").json(&body).await.status, 200);
    assert_snapshot!(alice.get("/v1/me/export").await, @r#"
    200 OK
    content-type: application/json
    content-disposition: attachment; filename="account.json"

    {"account":{"id":"[id 1]","number":1,"email":"alice@example.com","email_verified":false,"username":"alice","name":"alice","bio":null,"contact":null,"locale":null,"role":"user","created_at":"2027-01-15T08:00:00.000Z","updated_at":"2027-01-15T08:00:02.000Z"},"sessions":[{"id":"[id 2]","current":true,"created_at":"2027-01-15T08:00:01.000Z","last_seen_at":"2027-01-15T08:00:01.000Z","idle_expires_at":"2027-01-29T08:00:01.000Z","expires_at":"2027-02-14T08:00:01.000Z","address":"192.0.2.7","user_agent":"phone/1"}],"events":[{"id":"[id 3]","at":"2027-01-15T08:00:02.000Z","kind":"password_changed","outcome":"success","detail":null,"by":"owner","session_id":"[id 2]","address":"192.0.2.7","user_agent":"phone/1"},{"id":"[id 4]","at":"2027-01-15T08:00:01.000Z","kind":"logged_in","outcome":"success","detail":null,"by":"owner","session_id":"[id 2]","address":"192.0.2.7","user_agent":"phone/1"},{"id":"[id 5]","at":"2027-01-15T08:00:00.000Z","kind":"account_created","outcome":"success","detail":null,"by":"owner","session_id":null,"address":"192.0.2.7","user_agent":"phone/1"}]}
    "#);
}

#[every_engine]
async fn whoever_exports_again_and_again_makes_the_audit_log_no_longer() {
    let app = App::start().await;
    let alice = app.alice().logged_in().await;
    for _ in 0..5 {
        assert_eq!(alice.get("/v1/me/export").await.status, 200);
    }
    let root = app.root().logged_in().await;
    let audit = root.get("/v1/admin/audit?kind=account_exported").await.json();
    assert_eq!(audit["events"].as_array().unwrap().len(), 1);
}

#[every_engine]
async fn nothing_of_an_account_is_told_without_a_token() {
    let app = App::start().await;
    app.alice().registered().await;
    assert_snapshot!(app.get("/v1/me").await, @r#"
    401 Unauthorized
    www-authenticate: Bearer realm="portcullis"
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:authentication_required","title":"Authentication is required","status":401,"code":"authentication_required","request_id":"[request]"}
    "#);
    for line in ["Basic YWxpY2U6aG9yc2U=", "Bearer", "Bearer ", "Digest x", "Bearer a, Bearer b"] {
        let answer = app.get("/v1/me").header("authorization", line).await;
        assert_eq!(answer.status, 401, "{line}");
    }
}
