//! Does a failed login tell whether an account exists, by its answer or by the work it costs?

use portcullis_core::model::AuditKind;
use portcullis_core::ports::Store as _;
use portcullis_core::testing::{NOW, Personas};
use portcullis_every_engine::every_engine;
use serde_json::{Value, json};

use super::app::App;
use super::client::Answer;

/// A server with an account of each sort: alice, the disabled bob, and carol without a password.
pub(super) async fn populated() -> App {
    let app = App::start().await;
    app.alice().registered().await;
    let (bob, root) = (app.bob().logged_in().await, app.root().logged_in().await);
    let path = format!("/v1/admin/accounts/{}", bob.account_id);
    assert_eq!(root.patch(&path).json(&json!({"disabled": true})).await.status, 200);
    let personas = Personas::default();
    let mut carol = personas.account("carol");
    carol.password = None;
    let event = personas.event(AuditKind::AccountCreated, carol.id, NOW);
    app.store.create_account(&carol, None, &event).await.unwrap();
    app.auth.warm_up().await.unwrap();
    app
}

/// What an attempt is answered, how many passwords were checked for it, and how many hashes were made.
async fn attempt(app: &App, body: &Value) -> (Answer, u64, u64) {
    let before = app.auth.hash_gate_metrics();
    let answer = app.post("/v1/login").json(body).await;
    let after = app.auth.hash_gate_metrics();
    (answer, after.verified - before.verified, after.hashed - before.hashed)
}

#[every_engine]
async fn every_failed_login_costs_one_look_up_and_one_verification_and_gets_the_same_answer() {
    let app = populated().await;
    let (expected, ..) = attempt(&app, &json!({"identifier": "alice", "password": "wrong"})).await;
    assert_eq!(expected.status, 401);
    for (who, identifier) in [
        ("a wrong password", "alice@example.com"),
        ("nobody's address", "mallory@example.com"),
        ("nobody's username", "mallory"),
        ("an account without a password", "carol"),
        ("a disabled account and a wrong password", "bob"),
    ] {
        app.store.take_calls();
        let (answer, verified, hashed) =
            attempt(&app, &json!({"identifier": identifier, "password": "wrong"})).await;
        assert_eq!((verified, hashed), (1, 0), "{who}");
        assert_eq!(app.store.take_calls(), ["find_account_by_identifier"], "{who}");
        assert_same(&answer, &expected, who);
    }
}

#[every_engine]
async fn what_cannot_be_an_identifier_costs_a_verification_too() {
    let app = populated().await;
    let (expected, ..) = attempt(&app, &json!({"identifier": "alice", "password": "wrong"})).await;
    let long = "x".repeat(5000);
    for identifier in
        ["", " ", "@", "a b", "ab", "' or 1=1 --", "alice\u{0}", "a@b@c", "ali\u{202e}ce", long.as_str()]
    {
        let (answer, verified, hashed) =
            attempt(&app, &json!({"identifier": identifier, "password": "wrong"})).await;
        assert_eq!((verified, hashed), (1, 0), "{identifier:?}");
        assert_same(&answer, &expected, identifier);
    }
}

#[every_engine]
async fn a_disabled_account_costs_one_verification_with_the_right_password_as_well() {
    let app = populated().await;
    let (answer, verified, hashed) = attempt(&app, &app.bob().credentials()).await;
    assert_eq!((answer.code().as_str(), verified, hashed), ("account_disabled", 1, 0));
}

#[every_engine]
async fn a_good_login_costs_one_verification() {
    let app = populated().await;
    let (answer, verified, hashed) = attempt(&app, &app.alice().credentials()).await;
    assert_eq!((answer.status.as_u16(), verified, hashed), (200, 1, 0));
}

#[every_engine]
async fn the_first_login_of_nobody_on_a_cold_server_still_costs_one_verification() {
    let app = App::start().await;
    let (answer, verified, hashed) =
        attempt(&app, &json!({"identifier": "mallory", "password": "wrong"})).await;
    assert_eq!((answer.status.as_u16(), verified), (401, 1));
    assert_eq!(hashed, 1, "the hash that nobody's logins are checked against is made once");
    let (_, _, hashed) = attempt(&app, &json!({"identifier": "mallory", "password": "wrong"})).await;
    assert_eq!(hashed, 0);
}

#[every_engine]
async fn registering_a_taken_address_costs_as_much_as_registering_a_free_one() {
    let app = populated().await;
    for (email, status) in [("alice@example.com", 409), ("new@example.com", 201)] {
        let before = app.auth.hash_gate_metrics();
        let answer = app.post("/v1/register").json(&json!({"email": email, "password": "long enough"})).await;
        let after = app.auth.hash_gate_metrics();
        assert_eq!(answer.status, status);
        assert_eq!((after.hashed - before.hashed, after.verified - before.verified), (1, 0), "{email}");
    }
}

/// Byte for byte, but for the name of the request.
pub(super) fn assert_same(answer: &Answer, expected: &Answer, who: &str) {
    let without_name = |answer: &Answer| {
        let name = answer.header("x-request-id").unwrap().to_owned();
        let body = answer.text().replace(&name, "");
        let mut headers = answer.headers.clone();
        headers.remove("x-request-id");
        assert_eq!(headers.remove("content-length").unwrap(), answer.body.len().to_string());
        (answer.status, headers, body)
    };
    assert_eq!(without_name(answer), without_name(expected), "{who}");
}
