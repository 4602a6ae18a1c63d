//! What does the audit log say of what people do by mail?

use std::fmt::Write as _;

use insta::assert_snapshot;
use portcullis_every_engine::every_engine;
use serde_json::json;

use super::{forget_password, reset_password, verify_as_alice};
use crate::api::app::{App, Setup};

#[every_engine]
async fn every_step_is_written_down_with_who_and_without_any_address_or_token() {
    let app = App::start_with(Setup::with_mails()).await;
    let step = || app.pass(std::time::Duration::from_secs(1));
    let root = app.root().registered().await;
    step();
    let root = root.logs_in().await;
    app.mails().await;
    step();
    let alice = app.alice().registered().await;
    step();
    let alice = alice.logs_in().await;
    step();
    alice
        .post("/v1/me/email")
        .json(&json!({"email": "a@new.example", "password": app.alice().password()}))
        .await;
    step();
    let confirm = app.mail().await.token();
    verify_as_alice(&app, &confirm).await;
    step();
    let undo = app.mail().await.token();
    app.post("/v1/email/undo").json(&json!({"token": undo})).await;
    step();
    let reset = app.mail().await.token();
    reset_password(&app, &reset, &app.alice().password()).await;
    step();
    forget_password(&app, "alice@example.com").await;
    app.mails().await;
    step();
    let alice = app.alice().logs_in().await;
    step();
    alice.delete("/v1/me").json(&json!({"password": app.alice().password()})).await;
    step();
    let keep = app.mail().await.token();
    app.post("/v1/account/keep").json(&json!({"token": keep})).await;
    step();
    root.post(&format!("/v1/admin/accounts/{}/verify-email", alice.account_id)).await;
    step();
    let invitation = root.post("/v1/admin/invitations").json(&json!({"email": "carl@example.com"})).await;
    step();
    let id = invitation.json()["invitation"]["id"].as_str().unwrap().to_owned();
    root.delete(&format!("/v1/admin/invitations/{id}")).await;
    app.auth.write_audit_queue().await.unwrap();
    let page = root.get("/v1/admin/audit?limit=100").await;
    for secret in [confirm, undo, reset, keep, "@".to_owned()] {
        assert!(!page.text().contains(&secret), "{secret}");
    }
    let mut transcript = String::new();
    for event in page.json()["events"].as_array().unwrap().iter().rev() {
        let by = if event["actor_id"].is_null() { "nobody" } else { "somebody" };
        let detail = event["detail"].as_str().map(|detail| format!(" ({})", detail.replace(&id, "[id]")));
        writeln!(transcript, "{}{} by {by}", event["kind"].as_str().unwrap(), detail.unwrap_or_default())
            .unwrap();
    }
    assert_snapshot!(transcript, @r#"
    keys_created by nobody
    account_created by nobody
    logged_in by somebody
    account_created by somebody
    logged_in by somebody
    email_change_requested by somebody
    email_changed by somebody
    email_change_undone by somebody
    password_reset_requested by nobody
    password_changed (reset) by somebody
    password_reset_requested by nobody
    logged_in by somebody
    deletion_scheduled by somebody
    deletion_undone by somebody
    invited ([id]) by somebody
    invitation_withdrawn ([id]) by somebody
    "#);
}
