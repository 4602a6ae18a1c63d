//! How do keys follow each other, and what becomes of the tokens that they made?

use std::time::Duration;

use insta::assert_snapshot;
use portcullis_every_engine::every_engine;
use serde_json::{Value, json};

use crate::api::app::App;
use crate::api::client::Answer;
use crate::api::persona::Session;

async fn rotate(root: &Session, purpose: &str, urgency: &str) -> Answer {
    let answer =
        root.post("/v1/admin/keys/rotate").json(&json!({"purpose": purpose, "urgency": urgency})).await;
    assert_eq!(answer.status, 200, "{answer}");
    answer
}

/// The kid of each key of a purpose, by state.
fn states(keys: &Answer, purpose: &str) -> Vec<(String, String)> {
    let keys = keys.json();
    let of_purpose = keys["keys"].as_array().unwrap().iter().filter(|key| key["purpose"] == purpose);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    of_purpose.map(|key| (text(&key["state"]), text(&key["kid"]))).collect()
}

fn kid(keys: &[(String, String)], state: &str) -> String {
    keys.iter().find(|(known, _)| known == state).unwrap().1.clone()
}

#[every_engine]
async fn keys_are_listed_without_their_secrets() {
    let app = App::start().await;
    let root = app.root().logged_in().await;
    let answer = root.get("/v1/admin/keys").await;
    for key in answer.json()["keys"].as_array().unwrap() {
        let mut members: Vec<&str> = key.as_object().unwrap().keys().map(String::as_str).collect();
        members.sort_unstable();
        assert_eq!(
            members,
            ["activated_at", "algorithm", "created_at", "kid", "purpose", "retired_at", "state"]
        );
    }
    let mut lines: Vec<String> = answer.json()["keys"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| {
            format!("{} {} {} {}", key["purpose"], key["algorithm"], key["state"], key["activated_at"])
        })
        .collect();
    lines.sort_unstable();
    assert_snapshot!(lines.join("\n"), @r#"
    "access_token" "EdDSA" "active" "2027-01-15T08:00:00.000Z"
    "access_token" "EdDSA" "next" null
    "refresh_token" "HMAC" "active" "2027-01-15T08:00:00.000Z"
    "refresh_token" "HMAC" "next" null
    "#);
}

#[every_engine]
async fn after_a_planned_rotation_the_old_tokens_live_on() {
    let app = App::start().await;
    let (root, alice) = (app.root().logged_in().await, app.alice().logged_in().await);
    let before = states(&root.get("/v1/admin/keys").await, "access_token");
    app.pass(Duration::from_secs(1));
    let after = states(&rotate(&root, "access_token", "planned").await, "access_token");
    assert_eq!(kid(&after, "active"), kid(&before, "next"), "a key is published before it signs");
    assert_eq!(kid(&after, "retired"), kid(&before, "active"));
    assert_eq!(app.get("/.well-known/jwks.json").await.json()["keys"].as_array().unwrap().len(), 3);
    assert_eq!(alice.is_let_in().await.status, 200);
    assert_eq!(alice.refreshes().await.status, 200);
    app.pass(Duration::from_millis(900_001));
    app.auth.maintain(&[]).await.unwrap();
    app.auth.synchronise().await.unwrap();
    assert_eq!(app.get("/.well-known/jwks.json").await.json()["keys"].as_array().unwrap().len(), 2);
    assert_eq!(alice.refreshes().await.status, 200);
}

#[every_engine]
async fn in_an_emergency_the_old_access_tokens_die_and_a_refresh_gives_new_ones() {
    let app = App::start().await;
    let (root, alice) = (app.root().logged_in().await, app.alice().logged_in().await);
    let browser = app.bob().logged_in_by_cookie().await;
    let keys = rotate(&root, "access_token", "emergency").await;
    assert!(states(&keys, "access_token").iter().any(|(state, _)| state == "revoked"));
    assert_eq!(alice.is_let_in().await.code(), "invalid_access_token");
    assert_eq!(app.get("/.well-known/jwks.json").await.json()["keys"].as_array().unwrap().len(), 2);
    for session in [&root, &alice, &browser] {
        assert_eq!(session.refreshes().await.status, 200);
        assert_eq!(session.get("/v1/me").await.status, 200);
    }
}

#[every_engine]
async fn a_new_refresh_key_does_not_disturb_old_refresh_tokens_unless_it_is_an_emergency() {
    let app = App::start().await;
    let (root, alice) = (app.root().logged_in().await, app.alice().logged_in().await);
    let browser = app.bob().logged_in_by_cookie().await;
    rotate(&root, "refresh_token", "planned").await;
    assert_eq!(alice.refreshes().await.status, 200);
    assert_eq!(browser.refreshes().await.status, 200, "nor the CSRF token of a page that is open");
    rotate(&root, "refresh_token", "emergency").await;
    assert_eq!(alice.is_let_in().await.status, 200, "access tokens are not made with it");
    assert_eq!(alice.refreshes().await.code(), "invalid_refresh_token");
    assert_eq!(app.alice().logs_in().await.refreshes().await.status, 200);
}

#[every_engine]
async fn another_process_takes_the_new_keys_in_without_refusing_anything() {
    let app = App::start().await;
    let elsewhere = app.second_process().await;
    let (root, alice) = (app.root().logged_in().await, app.alice().logged_in().await);
    rotate(&root, "access_token", "planned").await;
    alice.refreshes().await;
    let check = async || elsewhere.get("/v1/token/check").bearer(&alice.access()).await;
    assert_eq!(check().await.status, 200, "it has known the next key all along");
    rotate(&root, "access_token", "emergency").await;
    elsewhere.auth.synchronise().await.unwrap();
    assert_eq!(check().await.code(), "invalid_access_token");
}

#[every_engine]
async fn of_two_who_rotate_at_once_one_does() {
    let app = App::start().await;
    let root = app.root().logged_in().await;
    let before = states(&root.get("/v1/admin/keys").await, "access_token").len();
    app.store.let_two_meet_at("rotate_keys");
    let body = json!({"purpose": "access_token"});
    let (one, other) = root.post("/v1/admin/keys/rotate").json(&body).twice().await;
    let mut outcomes = [(one.status.as_u16(), one.code()), (other.status.as_u16(), other.code())];
    outcomes.sort_unstable();
    assert_eq!(outcomes, [(200, String::new()), (409, "conflict".into())]);
    assert_eq!(states(&root.get("/v1/admin/keys").await, "access_token").len(), before + 1);
}

#[every_engine]
async fn what_cannot_be_rotated_is_refused_by_name() {
    let app = App::start().await;
    let root = app.root().logged_in().await;
    let answer =
        root.post("/v1/admin/keys/rotate").json(&json!({"purpose": "session", "urgency": "soon"})).await;
    assert_snapshot!(answer, @r#"
    400 Bad Request
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:invalid_request","title":"The request is not valid","status":400,"code":"invalid_request","errors":[{"field":"purpose","code":"unknown_value","message":"must be one of: access_token, refresh_token"},{"field":"urgency","code":"unknown_value","message":"must be one of: planned, emergency"}],"request_id":"[request]"}
    "#);
    let nothing = root.post("/v1/admin/keys/rotate").json(&json!({})).await;
    assert_eq!(nothing.field_errors(), [("purpose".into(), "required".into())]);
}
