//! Who did what, when, from where?

use std::fmt::Write as _;
use std::time::Duration;

use insta::assert_snapshot;
use portcullis_core::flows::audit::KnownElsewhere;
use portcullis_core::model::{AuditKind, EventId};
use portcullis_core::ports::audit_store::AuditStore;
use portcullis_every_engine::every_engine;
use serde_json::{Value, json};

use crate::api::app::{App, Setup};
use crate::api::persona::Session;
use crate::api::watched_store::Outage;

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
    other.refreshes().await;
    step();
    let wrong = json!({"identifier": "alice", "password": "wrong"});
    app.post("/v1/login").json(&wrong).await;
    step();
    app.post("/v1/login").json(&json!({"identifier": "mallory", "password": "wrong"})).await;
    step();
    let wrong = json!({"current_password": "wrong", "new_password": "long enough"});
    alice.post("/v1/me/password").json(&wrong).await;
    step();
    alice.get("/v1/admin/audit").await;
    step();
    alice.get("/v1/me/export").await;
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
        let kind = event["kind"].as_str().unwrap();
        let detail = event["detail"].as_str().map(|detail| format!(" ({detail})")).unwrap_or_default();
        writeln!(transcript, "{kind}{detail}: {actor} to {account}{session}, {place}").unwrap();
        let outcome = AuditKind::parse(kind).unwrap().outcome();
        assert_eq!(event["outcome"], outcome.as_str());
        let is_of_a_request = event["address"] == "192.0.2.7" || event["address"] == "203.0.113.66";
        assert_eq!(event["request_id"].is_string(), is_of_a_request, "{event}");
    }
    assert_snapshot!(transcript, @r#"
    keys_created: - to -, null "portcullis command line"
    account_created: - to root, null "portcullis command line"
    logged_in: root to root in a session, "192.0.2.7" "phone/1"
    account_created: alice to alice, "192.0.2.7" "phone/1"
    logged_in: alice to alice in a session, "192.0.2.7" "phone/1"
    logged_in: alice to alice in a session, "192.0.2.7" "phone/1"
    session_revoked (logged_out): alice to alice in a session, "192.0.2.7" "phone/1"
    refresh_refused (session_ended): - to alice in a session, "192.0.2.7" "phone/1"
    login_failed (wrong_password): - to alice, "192.0.2.7" "phone/1"
    login_failed (unknown_account): - to -, "192.0.2.7" "phone/1"
    reauthentication_failed (change_password): alice to alice in a session, "192.0.2.7" "phone/1"
    authorization_failed: alice to alice in a session, "192.0.2.7" "phone/1"
    account_exported: alice to alice in a session, "192.0.2.7" "phone/1"
    logged_in: alice to alice in a session, "192.0.2.7" "phone/1"
    sessions_revoked: alice to alice, "192.0.2.7" "phone/1"
    password_changed: alice to alice in a session, "192.0.2.7" "phone/1"
    refresh_retried_late: - to alice in a session, "192.0.2.7" "phone/1"
    refresh_token_reused: - to alice in a session, "203.0.113.66" "curl/8"
    role_changed (admin): root to alice, "192.0.2.7" "phone/1"
    account_disabled: root to alice, "192.0.2.7" "phone/1"
    account_enabled: root to alice, "192.0.2.7" "phone/1"
    logged_in: alice to alice in a session, "192.0.2.7" "phone/1"
    session_revoked (revoked_by_admin): root to alice in a session, "192.0.2.7" "phone/1"
    keys_rotated (access_token, planned): root to -, "192.0.2.7" "phone/1"
    account_created: root to somebody, "192.0.2.7" "phone/1"
    account_deleted: root to alice, "192.0.2.7" "phone/1"
    "#);
    for kind in AuditKind::ALL.iter().filter(|kind| happens_here(**kind)) {
        assert!(events.iter().any(|event| event["kind"] == kind.as_str()), "{kind:?} did not happen");
    }
}

/// Whether a day of people at the native API brings it. No catch-all: a new kind has to say where it is tested.
const fn happens_here(kind: AuditKind) -> bool {
    match kind {
        AuditKind::AccountCreated
        | AuditKind::AccountDeleted
        | AuditKind::AccountDisabled
        | AuditKind::AccountEnabled
        | AuditKind::AccountExported
        | AuditKind::RoleChanged
        | AuditKind::LoggedIn
        | AuditKind::LoginFailed
        | AuditKind::ReauthenticationFailed
        | AuditKind::AuthorizationFailed
        | AuditKind::SessionRevoked
        | AuditKind::SessionsRevoked
        | AuditKind::PasswordChanged
        | AuditKind::RefreshRefused
        | AuditKind::RefreshRetriedLate
        | AuditKind::RefreshTokenReused
        | AuditKind::KeysCreated
        | AuditKind::KeysRotated => true,
        // Journeys by mail: see below.
        AuditKind::PasswordResetRequested
        | AuditKind::EmailVerified
        | AuditKind::EmailChangeRequested
        | AuditKind::EmailChanged
        | AuditKind::EmailChangeUndone
        | AuditKind::DeletionScheduled
        | AuditKind::DeletionUndone
        | AuditKind::Invited
        | AuditKind::InvitationWithdrawn
        // Dialects; step-up; guessing; the process and its command line; retention; the queue of the log.
        | AuditKind::SessionAdopted
        | AuditKind::Reauthenticated
        | AuditKind::TriesExhausted
        | AuditKind::StuffingSuspected
        | AuditKind::ThrottleCleared
        | AuditKind::KeysResealed
        | AuditKind::ServerStarted
        | AuditKind::ServerStopped
        | AuditKind::Imported
        | AuditKind::Exported
        | AuditKind::AuditPruned
        | AuditKind::AuditDropped
        // A newer release.
        | AuditKind::Other(_) => false,
    }
}

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
    for query in [
        "account_id=x",
        "limit=0",
        "after=1",
        "kind=login",
        "kind=",
        "outcome=maybe",
        "since=yesterday",
        "until=1",
        "kinds=logged_in",
    ] {
        assert_eq!(root.get(&format!("/v1/admin/audit?{query}")).await.code(), "invalid_request", "{query}");
    }
}

#[every_engine]
async fn the_log_is_searched_by_kind_outcome_and_time() {
    let app = App::start().await;
    let (root, alice) = eventful_day(&app).await;
    let whole = log(&root, "").await;
    let expect = async |query: &str, wanted: &dyn Fn(&Value) -> bool| {
        let expected: Vec<_> = whole.iter().filter(|event| wanted(event)).cloned().collect();
        assert_eq!(log(&root, query).await, expected, "{query}");
        expected.len()
    };
    let at = whole[9]["at"].as_str().unwrap();
    let is = |event: &Value, kinds: &[&str]| kinds.contains(&event["kind"].as_str().unwrap());
    assert_eq!(expect("&kind=login_failed", &|event| is(event, &["login_failed"])).await, 2);
    let two = ["keys_rotated", "password_changed"];
    assert_eq!(expect("&kind=keys_rotated,password_changed", &|event| is(event, &two)).await, 2);
    assert!(expect("&outcome=failure", &|event| event["outcome"] == "failure").await >= 6);
    let of_alice = format!("&outcome=failure&account_id={}", alice.account_id);
    let failed = |event: &Value| event["outcome"] == "failure" && event["account_id"] == alice.account_id;
    expect(&of_alice, &failed).await;
    expect("&outcome=success&kind=login_failed", &|_| false).await;
    expect(&format!("&since={at}"), &|event| event["at"].as_str().unwrap() >= at).await;
    expect(&format!("&until={at}"), &|event| event["at"].as_str().unwrap() < at).await;
}

#[every_engine]
async fn what_was_refused_is_written_later_and_in_no_answers_way() {
    let app = App::start().await;
    let root = app.root().logged_in().await;
    app.alice().registered().await;
    app.store.take_calls();
    for name in ["alice", "mallory"] {
        app.pass(Duration::from_secs(1));
        app.post("/v1/login").json(&json!({"identifier": name, "password": "wrong"})).await;
        assert_eq!(app.store.take_calls(), ["find_account_by_identifier"], "{name}");
    }
    assert_eq!(app.auth.audit_queue_metrics().waiting, 2);
    // The database is away for a while: nothing is lost, and nobody is kept from anything by it.
    app.store.goes_down(Outage::Unavailable);
    assert!(app.auth.write_audit_queue().await.is_err());
    app.store.comes_back();
    assert_eq!(app.auth.audit_queue_metrics().waiting, 2);
    app.auth.write_audit_queue().await.unwrap();
    let metrics = app.auth.audit_queue_metrics();
    assert_eq!((metrics.waiting, metrics.written, metrics.dropped), (0, 2, 0));
    let failed = log(&root, "&kind=login_failed").await;
    let details: Vec<_> = failed.iter().map(|event| event["detail"].as_str().unwrap()).collect();
    assert_eq!(details, ["wrong_password", "unknown_account"]);
}

#[every_engine]
async fn names_made_up_do_not_fill_the_log_and_it_says_what_it_left_out() {
    let mut setup = Setup::default();
    setup.policy.throttle = None;
    let app = App::start_with(setup).await;
    let root = app.root().logged_in().await;
    for number in 0..65 {
        let body = json!({"identifier": format!("nobody-{number}"), "password": "wrong"});
        app.post("/v1/login").json(&body).await;
    }
    app.pass(Duration::from_secs(1));
    let failed = log(&root, "&outcome=failure").await;
    let dropped = failed.last().unwrap();
    assert_eq!((failed.len(), &dropped["kind"]), (61, &json!("audit_dropped")));
    assert_eq!(dropped["detail"], "login_failed 5");
}

#[every_engine]
async fn what_did_not_happen_is_not_written_down() {
    let app = App::start().await;
    let (root, alice) = (app.root().logged_in().await, app.alice().logged_in().await);
    let before = log(&root, "").await.len();
    app.post("/v1/register").json(&app.alice().registration()).await;
    alice.patch("/v1/me").json(&json!({"name": "A."})).await;
    root.delete(&format!("/v1/admin/accounts/{}", root.account_id)).await;
    alice.refreshes().await;
    alice.refresh_call().by_a_thief().await;
    assert_eq!(log(&root, "").await.len(), before);
}

#[every_engine]
async fn what_is_sealed_while_somebody_verifies_the_log_is_not_overlooked() {
    let app = App::start().await;
    app.alice().registered().await;
    app.auth.seal_audit_log().await.unwrap();
    app.pass(Duration::from_hours(1));
    assert!(app.auth.prune_audit_log(Duration::from_mins(1)).await.unwrap() > 0);
    // Who verifies has read all that is sealed, and is about to read the rest.
    app.store.let_two_meet_at("find_audit_page_end");
    app.store.take_calls();
    let (known, mut progress) = (KnownElsewhere::default(), |_| ());
    let verifying = app.auth.verify_audit_log(&known, &mut progress);
    let meanwhile = async {
        while !app.store.take_calls().contains(&"find_audit_page_end") {
            tokio::task::yield_now().await;
        }
        // Now the entry that tells why the beginning is gone gets its seal.
        assert_eq!(app.auth.seal_audit_log().await.unwrap(), 1);
        app.store.find_audit_page_end(EventId::from_uuid(uuid::Uuid::nil())).await.unwrap();
    };
    let (report, ()) = tokio::join!(verifying, meanwhile);
    let report = report.unwrap();
    assert_eq!((report.verified, report.faults), (1, vec![]));
}
