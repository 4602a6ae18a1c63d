//! Can anything about an account be learned without its mailbox or its password?
//!
//! What anybody can ask for costs the same store work and the same hash work whoever it is about, and gets the same bytes. How
//! long it takes is measured by the benchmark `timing`.

use portcullis_every_engine::every_engine;
use serde_json::{Value, json};

use crate::api::app::{App, Setup};
use crate::api::client::Answer;

/// Status, headers and body of an answer, but for what names the request; the store work and the hash work that it cost.
async fn cost(app: &App, path: &str, body: &Value) -> (Answer, Vec<&'static str>, u64, u64) {
    let before = app.auth.hash_gate_metrics();
    let _ = app.store.take_calls();
    let answer = app.post(path).json(body).await;
    let calls = app.store.take_calls();
    let after = app.auth.hash_gate_metrics();
    (answer, calls, after.hashed - before.hashed, after.verified - before.verified)
}

/// Asks the same about each of these, and compares everything.
async fn assert_same(app: &App, path: &str, bodies: &[(&str, Value)], calls: &[&str]) {
    let mut first: Option<(String, u64, u64)> = None;
    for (who, body) in bodies {
        let (answer, done, hashed, verified) = cost(app, path, body).await;
        assert_eq!(done, calls, "{path}: {who}");
        let seen = (answer.to_string(), hashed, verified);
        let first = first.get_or_insert_with(|| seen.clone());
        assert_eq!(&seen, first, "{path}: {who}");
    }
}

/// Alice has an account, bob has one that is disabled, carol waits for her mail, and nobody is nobody.
async fn populated() -> App {
    let mut setup = Setup::with_mails();
    setup.policy.throttle = None;
    let app = App::start_with(setup).await;
    let root = app.root().logged_in().await;
    app.alice().registered().await;
    let bob = app.bob().logged_in().await;
    let path = format!("/v1/admin/accounts/{}", bob.account_id);
    assert_eq!(root.patch(&path).json(&json!({"disabled": true})).await.status, 200);
    let carol =
        json!({"email": "carol@example.com", "username": "carol", "password": "a correct horse battery"});
    assert_eq!(app.post("/v1/register").json(&carol).await.status, 202);
    app.mails().await;
    app
}

fn everybody(body: impl Fn(&str) -> Value) -> Vec<(&'static str, Value)> {
    ["alice", "bob", "carol", "nobody"]
        .into_iter()
        .map(|name| (name, body(&format!("{name}@example.com"))))
        .collect()
}

#[every_engine]
async fn a_request_for_a_mail_is_one_insert_whoever_it_is_for() {
    let app = populated().await;
    let bodies = everybody(|email| json!({"email": email}));
    for path in ["/v1/password/forgot", "/v1/email/verify/resend"] {
        assert_same(&app, path, &bodies, &["request_mail"]).await;
    }
}

#[every_engine]
async fn a_registration_is_one_hash_and_one_insert_whatever_is_taken() {
    let app = populated().await;
    let mut bodies = everybody(
        |email| json!({"email": email, "username": "somebody", "password": "a correct horse battery"}),
    );
    let taken =
        json!({"email": "new@example.com", "username": "alice", "password": "a correct horse battery"});
    bodies.push(("a username that is taken", taken));
    assert_same(&app, "/v1/register", &bodies, &["request_mail"]).await;
}

#[every_engine]
async fn a_wrong_code_costs_the_same_whoever_it_is_for() {
    let app = populated().await;
    let bodies = everybody(|email| json!({"email": email, "code": "0000-0000"}));
    let look = "find_token_by_code";
    assert_same(&app, "/v1/email/verify", &bodies, &[look, look, look]).await;
}

#[every_engine]
async fn a_new_address_is_asked_the_same_whoever_has_it() {
    let app = populated().await;
    let session = app.alice().logs_in().await;
    let mut seen = Vec::new();
    for name in ["bob", "carol", "nobody"] {
        let body = json!({"email": format!("{name}@example.com"), "password": app.alice().password()});
        let _ = app.store.take_calls();
        let answer = session.post("/v1/me/email").json(&body).await;
        seen.push((answer.to_string(), app.store.take_calls()));
    }
    assert_eq!(seen[0].1, ["find_account_secret", "request_email_change"]);
    assert!(seen.iter().all(|other| *other == seen[0]), "{seen:?}");
}

#[every_engine]
async fn a_token_that_is_none_tells_nothing_and_costs_no_hash() {
    let app = populated().await;
    let token = format!("pc_ot_{}", "A".repeat(43));
    for (path, body) in [
        ("/v1/email/verify", json!({"token": token})),
        ("/v1/password/reset", json!({"token": token, "new_password": "a correct horse battery"})),
        ("/v1/email/undo", json!({"token": token})),
        ("/v1/account/keep", json!({"token": token})),
    ] {
        let (answer, calls, hashed, verified) = cost(&app, path, &body).await;
        assert_eq!(answer.code(), "invalid_one_time_token", "{path}");
        assert_eq!((calls, hashed, verified), (vec!["find_token"], 0, 0), "{path}");
        let mut malformed = body.clone();
        malformed["token"] = json!("no token");
        let (other, calls, ..) = cost(&app, path, &malformed).await;
        assert_eq!((other.to_string(), calls), (answer.to_string(), vec![]), "{path}");
    }
}
