//! How does somebody give up an account, and get it back?

use std::time::Duration;

use insta::assert_snapshot;
use portcullis_core::model::mail::LetterKind;
use portcullis_every_engine::every_engine;
use serde_json::{Value, json};

use super::log_in;
use crate::api::app::{App, Setup};
use crate::api::client::Answer;
use crate::api::mailbox::Mail;

const DAY: Duration = Duration::from_hours(24);

async fn keep(app: &App, token: &str) -> Answer {
    app.post("/v1/account/keep").json(&json!({"token": token})).await
}

fn password(app: &App) -> Value {
    json!({"password": app.alice().password()})
}

#[every_engine]
async fn an_account_can_be_kept_until_its_grace_is_over() {
    let app = App::start_with(Setup::with_mails()).await;
    let session = app.alice().logged_in().await;
    assert_snapshot!(session.delete("/v1/me").json(&password(&app)).await, @r#"
    202 Accepted
    content-type: application/json

    {"delete_at":"2027-01-22T08:00:00.000Z"}
    "#);
    assert_eq!(session.is_let_in().await.code(), "session_ended");
    assert_eq!(log_in(&app, "alice", &app.alice().password()).await.code(), "account_disabled");
    let mail = app.mail().await;
    assert_eq!((mail.kind(), mail.to()), (LetterKind::DeletionScheduled, "alice@example.com"));
    assert_eq!(mail.0.due_at, Some(app.auth.now().plus(7 * DAY)));
    app.pass(6 * DAY);
    assert_eq!(app.auth.delete_due_accounts().await.unwrap(), 0);
    assert_eq!(keep(&app, &mail.token()).await.status, 204);
    assert_eq!(keep(&app, &mail.token()).await.code(), "invalid_one_time_token");
    app.pass(2 * DAY);
    assert_eq!(app.auth.delete_due_accounts().await.unwrap(), 0);
    app.alice().logs_in().await;
}

#[every_engine]
async fn after_the_grace_it_is_gone_and_its_address_is_free() {
    let app = App::start_with(Setup::with_mails()).await;
    let session = app.alice().logged_in().await;
    session.delete("/v1/me").json(&password(&app)).await;
    let token = app.mail().await.token();
    app.pass(7 * DAY);
    assert_eq!(keep(&app, &token).await.code(), "invalid_one_time_token");
    assert_eq!(app.auth.delete_due_accounts().await.unwrap(), 1);
    let mail = app.mail().await;
    assert_eq!((mail.kind(), mail.to()), (LetterKind::AccountDeleted, "alice@example.com"));
    assert_eq!(log_in(&app, "alice", &app.alice().password()).await.code(), "invalid_credentials");
    app.alice().logged_in().await;
}

#[every_engine]
async fn without_a_grace_or_without_mails_it_is_gone_at_once() {
    let mut setup = Setup::with_mails();
    setup.policy.mail.as_mut().unwrap().deletion_grace = Duration::ZERO;
    for setup in [setup, Setup::default()] {
        let sends_mails = setup.policy.mail.is_some();
        let app = App::start_with(setup).await;
        let session = app.alice().logged_in().await;
        assert_eq!(session.delete("/v1/me").json(&password(&app)).await.status, 204);
        let told: Vec<_> = app.mails().await.iter().map(Mail::kind).collect();
        assert_eq!(told, if sends_mails { vec![LetterKind::AccountDeleted] } else { Vec::new() });
        assert_eq!(log_in(&app, "alice", &app.alice().password()).await.code(), "invalid_credentials");
    }
}

#[every_engine]
async fn keeping_an_account_does_not_enable_what_an_administrator_disabled() {
    let app = App::start_with(Setup::with_mails()).await;
    let (root, alice) = (app.root().logged_in().await, app.alice().logged_in().await);
    app.mails().await;
    alice.delete("/v1/me").json(&password(&app)).await;
    let token = app.mail().await.token();
    app.pass(Duration::from_mins(1));
    let path = format!("/v1/admin/accounts/{}", alice.account_id);
    let shown = root.get(&path).await.json();
    assert!(shown["account"]["delete_at"].is_string(), "{shown}");
    assert_eq!(root.patch(&path).json(&json!({"disabled": true})).await.status, 200);
    assert_eq!(keep(&app, &token).await.status, 204);
    assert_eq!(log_in(&app, "alice", &app.alice().password()).await.code(), "account_disabled");
    assert_eq!(root.patch(&path).json(&json!({"disabled": false})).await.status, 200);
    app.alice().logs_in().await;
}

#[every_engine]
async fn an_administrator_who_enables_an_account_keeps_it() {
    let app = App::start_with(Setup::with_mails()).await;
    let (root, alice) = (app.root().logged_in().await, app.alice().logged_in().await);
    alice.delete("/v1/me").json(&password(&app)).await;
    let path = format!("/v1/admin/accounts/{}", alice.account_id);
    assert_eq!(root.patch(&path).json(&json!({"disabled": false})).await.status, 200);
    app.pass(8 * DAY);
    assert_eq!(app.auth.delete_due_accounts().await.unwrap(), 0);
    app.alice().logs_in().await;
}

#[every_engine]
async fn the_export_holds_what_is_kept_about_me() {
    let app = App::start_with(Setup::with_mails()).await;
    let session = app.alice().logged_in().await;
    let export = session.get("/v1/me/export").await;
    assert!(export.header("content-disposition").is_some_and(|value| value.contains("account.json")));
    let export = export.json();
    assert_eq!(export["account"]["email"], "alice@example.com");
    assert_eq!(export["account"]["email_verified"], true);
    assert_eq!(export["sessions"].as_array().unwrap().len(), 1);
    assert!(!export["events"].as_array().unwrap().is_empty());
}
