//! Who did what, when, from where?

use std::fmt::Write as _;
use std::time::Duration;

use insta::assert_snapshot;
use portcullis_core::model::AuditKind;
use portcullis_every_engine::every_engine;
use serde_json::{Value, json};

use crate::api::app::App;
use crate::api::persona::Session;

/// The whole log, oldest first.
async fn log(root: &Session, query: &str) -> Vec<Value> {
    let mut events = root.get(&format!("/v1/admin/audit?limit=200{query}")).await.json()["events"]
        .as_array()
        .unwrap()
        .clone();
    events.reverse();
    events
}

/// Makes everything happen that is worth an entry.
async fn eventful_day(app: &App) -> (Session, Session) {
    // Entries of one millisecond are in no order.
    let step = || app.pass(Duration::from_secs(1));
    let root = app.root().registered().await;
    step();
    let root = root.logs_in().await;
    step();
    let alice = app.alice().registered().await;
    step();
    let alice = alice.logs_in().await;
    let account = format!("/v1/admin/accounts/{}", alice.account_id);
    let password =
        json!({"current_password": app.alice().password(), "new_password": app.alice().password()});
    step();
    let other = app.alice().logs_in().await;
    step();
    other.post("/v1/logout").await;
    step();
    app.alice().logs_in().await;
    step();
    alice.delete("/v1/me/sessions").await;
    step();
    alice.post("/v1/me/password").json(&password).await;
    let lost = alice.refresh_call();
    lost.clone().await;
    app.pass(Duration::from_mins(1));
    alice.refreshes().await;
    alice.refreshes().await;
    app.pass(Duration::from_mins(1));
    lost.by_a_thief().await;
    step();
    root.patch(&account).json(&json!({"role": "admin"})).await;
    step();
    root.patch(&account).json(&json!({"disabled": true})).await;
    step();
    root.patch(&account).json(&json!({"disabled": false})).await;
    step();
    let again = app.alice().logs_in().await;
    step();
    root.delete(&format!("{account}/sessions/{}", again.session_id)).await;
    step();
    root.post("/v1/admin/keys/rotate").json(&json!({"purpose": "access_token"})).await;
    step();
    root.post("/v1/admin/accounts").json(&json!({"username": "deputy", "password": "long enough"})).await;
    step();
    root.delete(&account).await;
    (root, alice)
}

#[every_engine]
async fn everything_worth_an_entry_is_written_down_with_who_and_whence() {
    let app = App::start().await;
    let (root, alice) = eventful_day(&app).await;
    let mut transcript = String::new();
    let name = |id: &Value| match id.as_str() {
        Some(id) if id == root.account_id => "root",
        Some(id) if id == alice.account_id => "alice",
        Some(_) => "somebody",
        None => "-",
    };
    let events = log(&root, "").await;
    for event in &events {
        let session = if event["session_id"].is_null() { "" } else { " in a session" };
        let (actor, account) = (name(&event["actor_id"]), name(&event["account_id"]));
        let place = format!("{} {}", event["address"], event["user_agent"]);
        writeln!(transcript, "{}: {actor} to {account}{session}, {place}", event["kind"].as_str().unwrap())
            .unwrap();
    }
    assert_snapshot!(transcript, @r#"
    account_created: - to root, null null
    logged_in: root to root in a session, "192.0.2.7" "phone/1"
    account_created: alice to alice, "192.0.2.7" "phone/1"
    logged_in: alice to alice in a session, "192.0.2.7" "phone/1"
    logged_in: alice to alice in a session, "192.0.2.7" "phone/1"
    session_revoked: alice to alice in a session, "192.0.2.7" "phone/1"
    logged_in: alice to alice in a session, "192.0.2.7" "phone/1"
    sessions_revoked: alice to alice, "192.0.2.7" "phone/1"
    password_changed: alice to alice in a session, "192.0.2.7" "phone/1"
    refresh_retried_late: - to alice in a session, "192.0.2.7" "phone/1"
    refresh_token_reused: - to alice in a session, "203.0.113.66" "curl/8"
    role_changed: root to alice, "192.0.2.7" "phone/1"
    account_disabled: root to alice, "192.0.2.7" "phone/1"
    account_enabled: root to alice, "192.0.2.7" "phone/1"
    logged_in: alice to alice in a session, "192.0.2.7" "phone/1"
    session_revoked: root to alice in a session, "192.0.2.7" "phone/1"
    keys_rotated: root to -, "192.0.2.7" "phone/1"
    account_created: root to somebody, "192.0.2.7" "phone/1"
    account_deleted: root to alice, "192.0.2.7" "phone/1"
    "#);
    for kind in ALL {
        assert!(events.iter().any(|event| event["kind"] == kind.as_str()), "{kind:?} did not happen");
    }
}

/// Every kind there is; `is_listed` does not compile when one is missing.
const ALL: [AuditKind; 12] = [
    AuditKind::AccountCreated,
    AuditKind::AccountDeleted,
    AuditKind::AccountDisabled,
    AuditKind::AccountEnabled,
    AuditKind::RoleChanged,
    AuditKind::LoggedIn,
    AuditKind::SessionRevoked,
    AuditKind::SessionsRevoked,
    AuditKind::PasswordChanged,
    AuditKind::RefreshRetriedLate,
    AuditKind::RefreshTokenReused,
    AuditKind::KeysRotated,
];

const _: fn(AuditKind) = |kind| match kind {
    AuditKind::AccountCreated
    | AuditKind::AccountDeleted
    | AuditKind::AccountDisabled
    | AuditKind::AccountEnabled
    | AuditKind::RoleChanged
    | AuditKind::LoggedIn
    | AuditKind::SessionRevoked
    | AuditKind::SessionsRevoked
    | AuditKind::PasswordChanged
    | AuditKind::RefreshRetriedLate
    | AuditKind::RefreshTokenReused
    | AuditKind::SessionAdopted
    | AuditKind::KeysRotated => {}
};

#[every_engine]
async fn the_log_of_one_account_holds_what_happened_to_it_only() {
    let app = App::start().await;
    let (root, alice) = eventful_day(&app).await;
    let events = log(&root, &format!("&account_id={}", alice.account_id)).await;
    assert!(events.len() > 8);
    assert!(events.iter().all(|event| event["account_id"] == alice.account_id));
    assert_eq!(events.last().unwrap()["kind"], "account_deleted", "the log outlives the account");
}

#[every_engine]
async fn the_log_comes_newest_first_in_pages_that_miss_nothing() {
    let app = App::start().await;
    let (root, _) = eventful_day(&app).await;
    let whole: Vec<Value> = log(&root, "").await.into_iter().rev().collect();
    let (mut seen, mut path) = (Vec::new(), "/v1/admin/audit?limit=4".to_owned());
    loop {
        let page = root.get(&path).await.json();
        seen.extend(page["events"].as_array().unwrap().iter().cloned());
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/v1/admin/audit?limit=4&after={next}");
    }
    assert_eq!(seen, whole);
    for query in ["account_id=x", "limit=0", "after=1", "kind=logged_in"] {
        assert_eq!(root.get(&format!("/v1/admin/audit?{query}")).await.code(), "invalid_request", "{query}");
    }
}

#[every_engine]
async fn what_did_not_happen_is_not_written_down() {
    let app = App::start().await;
    let (root, alice) = (app.root().logged_in().await, app.alice().logged_in().await);
    let before = log(&root, "").await.len();
    app.post("/v1/login").json(&json!({"identifier": "alice", "password": "wrong"})).await;
    app.post("/v1/register").json(&app.alice().registration()).await;
    alice.delete("/v1/me").json(&json!({"password": "wrong"})).await;
    alice.get("/v1/admin/audit").await;
    alice.patch("/v1/me").json(&json!({"name": "A."})).await;
    root.delete(&format!("/v1/admin/accounts/{}", root.account_id)).await;
    alice.refreshes().await;
    alice.refresh_call().by_a_thief().await;
    assert_eq!(log(&root, "").await.len(), before);
}
