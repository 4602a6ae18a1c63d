//! How does somebody get an account, and who does not?

use insta::assert_snapshot;
use portcullis_core::policy::ThrottlePolicy;
use portcullis_every_engine::every_engine;
use serde_json::{Value, json};

use super::app::{App, Setup};
use super::client::Answer;

async fn register(app: &App, body: &Value) -> Answer {
    app.post("/v1/register").json(body).await
}

/// How many accounts there are.
async fn accounts(app: &App) -> usize {
    let list = app.root().logged_in().await.get("/v1/admin/accounts").await;
    // The administrator who asks is one of them.
    list.json()["accounts"].as_array().unwrap().len() - 1
}

#[every_engine]
async fn somebody_registers_with_all_there_is() {
    let app = App::start().await;
    let answer = register(
        &app,
        &json!({
            "email": "Alice@Example.com", "username": "Alice", "password": "correct horse battery staple",
            "name": "Alice A.", "bio": "Reads \"everything\".\n", "contact": "☎ 1",
        }),
    )
    .await;
    assert_snapshot!(answer, @r#"
    201 Created
    content-type: application/json
    location: /v1/me

    {"account":{"id":"[id 1]","number":1,"email":"Alice@Example.com","email_verified":false,"username":"Alice","name":"Alice A.","bio":"Reads \"everything\".\n","contact":"☎ 1","locale":null,"role":"user","created_at":"2027-01-15T08:00:00.000Z","updated_at":"2027-01-15T08:00:00.000Z"}}
    "#);
}

#[every_engine]
async fn one_identifier_is_enough() {
    let app = App::start().await;
    let by_name = register(&app, &json!({"username": "alice", "password": "correct horse"})).await;
    assert_snapshot!(by_name, @r#"
    201 Created
    content-type: application/json
    location: /v1/me

    {"account":{"id":"[id 1]","number":1,"email":null,"email_verified":false,"username":"alice","name":null,"bio":null,"contact":null,"locale":null,"role":"user","created_at":"2027-01-15T08:00:00.000Z","updated_at":"2027-01-15T08:00:00.000Z"}}
    "#);
    let by_mail =
        register(&app, &json!({"email": "bob@example.com", "password": "correct horse", "name": null})).await;
    assert_eq!((by_mail.status.as_u16(), by_mail.json()["account"]["number"].as_i64()), (201, Some(2)));
}

#[every_engine]
async fn an_account_needs_an_identifier() {
    let app = App::start().await;
    assert_snapshot!(register(&app, &json!({"password": "correct horse"})).await, @r#"
    400 Bad Request
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:invalid_request","title":"The request is not valid","status":400,"code":"invalid_request","errors":[{"field":"email","code":"required","message":"must be given, or a username"},{"field":"username","code":"required","message":"must be given, or an email address"}],"request_id":"[request]"}
    "#);
    assert_eq!(accounts(&app).await, 0);
}

#[every_engine]
async fn all_that_is_wrong_is_told_at_once_and_by_name() {
    let app = App::start().await;
    let answer = register(
        &app,
        &json!({"email": "alice", "username": "a b", "name": "x".repeat(201), "bio": "\u{0}", "contact": 1, "role": "admin"}),
    )
    .await;
    assert_snapshot!(answer, @r#"
    400 Bad Request
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:invalid_request","title":"The request is not valid","status":400,"code":"invalid_request","errors":[{"field":"email","code":"invalid","message":"must be an email address like name@example.com"},{"field":"username","code":"invalid","message":"must consist of letters, digits and . _ - +"},{"field":"password","code":"required","message":"must be given"},{"field":"name","code":"too_long","message":"must be at most 200 characters long"},{"field":"bio","code":"invalid","message":"must not contain a NUL character"},{"field":"contact","code":"wrong_type","message":"must be a string"},{"field":"role","code":"unknown_field","message":"must not be given: there is no such field"}],"request_id":"[request]"}
    "#);
    assert_eq!(accounts(&app).await, 0);
}

#[every_engine]
async fn a_password_must_be_one_that_can_be_kept() {
    let app = App::start().await;
    let with =
        async |password: &str| register(&app, &json!({"username": "alice", "password": password})).await;
    assert_snapshot!(with("1234567").await, @r#"
    400 Bad Request
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:invalid_request","title":"The request is not valid","status":400,"code":"invalid_request","errors":[{"field":"password","code":"too_short","message":"must be at least 8 characters long"}],"request_id":"[request]"}
    "#);
    assert_snapshot!(with(&"é".repeat(37)).await, @r#"
    400 Bad Request
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:invalid_request","title":"The request is not valid","status":400,"code":"invalid_request","errors":[{"field":"password","code":"too_long","message":"must be at most 72 bytes long when written in UTF-8"}],"request_id":"[request]"}
    "#);
    assert_snapshot!(with("a NUL \u{0} in the middle").await, @r#"
    400 Bad Request
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:invalid_request","title":"The request is not valid","status":400,"code":"invalid_request","errors":[{"field":"password","code":"invalid","message":"must not contain a NUL character"}],"request_id":"[request]"}
    "#);
    assert_snapshot!(with(&"x".repeat(1025)).await, @r#"
    400 Bad Request
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:invalid_request","title":"The request is not valid","status":400,"code":"invalid_request","errors":[{"field":"password","code":"too_long","message":"must be at most 1024 bytes long when written in UTF-8"}],"request_id":"[request]"}
    "#);
    assert_eq!(accounts(&app).await, 0);
    assert_eq!(with(&"x".repeat(72)).await.status, 201);
}

#[every_engine]
async fn an_identifier_that_is_taken_is_taken_in_every_spelling() {
    let app = App::start().await;
    app.alice().registered().await;
    let email = register(&app, &json!({"email": " ALICE@example.COM ", "password": "correct horse"})).await;
    assert_snapshot!(email, @r#"
    409 Conflict
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:email_taken","title":"The email address is taken","status":409,"code":"email_taken","errors":[{"field":"email","code":"taken","message":"must not belong to another account"}],"request_id":"[request]"}
    "#);
    let username = register(&app, &json!({"username": "ＡLICE", "password": "correct horse"})).await;
    assert_snapshot!(username, @r#"
    409 Conflict
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:username_taken","title":"The username is taken","status":409,"code":"username_taken","errors":[{"field":"username","code":"taken","message":"must not belong to another account"}],"request_id":"[request]"}
    "#);
    assert_eq!(accounts(&app).await, 1);
}

#[every_engine]
async fn of_two_who_register_one_address_at_once_one_gets_it() {
    let app = App::start().await;
    app.store.let_two_meet_at("create_account");
    let body = json!({"email": "alice@example.com", "password": "correct horse"});
    let (one, other) = app.post("/v1/register").json(&body).twice().await;
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409]);
    assert!([one.code(), other.code()].contains(&"email_taken".to_owned()));
    assert_eq!(accounts(&app).await, 1);
}

#[every_engine]
async fn an_address_is_free_again_after_its_account_was_deleted() {
    let app = App::start().await;
    let alice = app.alice().logged_in().await;
    let deleted = alice.delete("/v1/me").json(&json!({"password": app.alice().password()})).await;
    assert_eq!(deleted.status, 204);
    let again = register(&app, &app.alice().registration()).await;
    assert_eq!(again.status, 201);
    assert_ne!(again.json()["account"]["id"], alice.account_id);
    assert_eq!(again.json()["account"]["number"], 2, "a number is never given twice");
}

#[every_engine]
async fn whoever_corrects_a_registration_uses_up_no_limit_and_whoever_asks_for_a_hash_does() {
    let mut setup = Setup::default();
    let limits = setup.policy.throttle.take().unwrap_or_default();
    let registrations = Some(ThrottlePolicy::registrations_of(2));
    setup.policy.throttle = Some(ThrottlePolicy { registrations, ..limits });
    let app = App::start_with(setup).await;
    let body = |name: &str, password: &str| json!({"username": name, "password": password});
    for _ in 0..5 {
        assert_eq!(register(&app, &body("alice", "short")).await.status, 400);
    }
    assert_eq!(register(&app, &body("alice", "correct horse battery")).await.status, 201);
    assert_eq!(register(&app, &body("alice", "correct horse battery")).await.status, 409);
    assert_eq!(register(&app, &body("bob", "correct horse battery")).await.status, 429);
    assert_eq!(register(&app, &body("bob", "short")).await.status, 400, "costs nothing, and tells nothing");
}
