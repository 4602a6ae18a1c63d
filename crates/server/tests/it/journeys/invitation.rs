//! How does somebody register where only those may who were invited?

use std::time::Duration;

use portcullis_core::model::mail::LetterKind;
use portcullis_core::policy::RegistrationAccess;
use portcullis_every_engine::every_engine;
use serde_json::{Value, json};

use crate::api::app::{App, Setup};

fn by_invitation() -> Setup {
    let mut setup = Setup::with_mails();
    setup.policy.registration.access = RegistrationAccess::Invited;
    setup
}

fn registration(app: &App, invite: &str) -> Value {
    let mut body = app.alice().registration();
    body["invite"] = json!(invite);
    body
}

#[every_engine]
async fn an_invitation_makes_an_account_whose_address_is_verified_once() {
    let app = App::start_with(by_invitation()).await;
    let root = app.root().logged_in().await;
    app.mails().await;
    let uninvited = app.post("/v1/register").json(&app.alice().registration()).await;
    assert_eq!((uninvited.status.as_u16(), uninvited.code().as_str()), (403, "invitation_required"));
    let invite = json!({"email": "alice@example.com", "role": "admin"});
    let invited = root.post("/v1/admin/invitations").json(&invite).await;
    assert_eq!((invited.status.as_u16(), &invited.json()["link"]), (201, &Value::Null));
    let mail = app.mail().await;
    assert_eq!((mail.kind(), mail.to()), (LetterKind::Invite, "alice@example.com"));
    assert_eq!(mail.link(), format!("/account/register?token={}", mail.token()));
    let mut other = registration(&app, &mail.token());
    other["email"] = json!("mallory@example.com");
    assert_eq!(app.post("/v1/register").json(&other).await.status, 400);
    let made = app.post("/v1/register").json(&registration(&app, &mail.token())).await;
    assert_eq!(made.status, 201);
    let account = &made.json()["account"];
    assert_eq!((&account["email_verified"], &account["role"]), (&json!(true), &json!("admin")));
    app.alice().logs_in().await;
    let again = app.post("/v1/register").json(&registration(&app, &mail.token())).await;
    assert_eq!(again.code(), "invitation_invalid");
}

#[every_engine]
async fn an_invitation_can_be_taken_back_replaced_and_ends_after_a_week() {
    let app = App::start_with(by_invitation()).await;
    let root = app.root().logged_in().await;
    app.mails().await;
    let invite = json!({"email": "alice@example.com"});
    let mut tokens = Vec::new();
    for _ in 0..2 {
        root.post("/v1/admin/invitations").json(&invite).await;
        tokens.push(app.mail().await.token());
    }
    let listed = root.get("/v1/admin/invitations").await.json();
    assert_eq!(listed["invitations"].as_array().unwrap().len(), 1, "{listed}");
    let replaced = app.post("/v1/register").json(&registration(&app, &tokens[0])).await;
    assert_eq!(replaced.code(), "invitation_invalid");
    let path = format!("/v1/admin/invitations/{}", listed["invitations"][0]["id"].as_str().unwrap());
    assert_eq!(root.delete(&path).await.status, 204);
    assert_eq!(root.delete(&path).await.status, 404);
    let withdrawn = app.post("/v1/register").json(&registration(&app, &tokens[1])).await;
    assert_eq!(withdrawn.code(), "invitation_invalid");
    root.post("/v1/admin/invitations").json(&invite).await;
    let token = app.mail().await.token();
    app.pass(Duration::from_hours(7 * 24));
    let late = app.post("/v1/register").json(&registration(&app, &token)).await;
    assert_eq!(late.code(), "invitation_invalid");
}

#[every_engine]
async fn where_no_mails_are_sent_the_administrator_hands_the_link_over() {
    let mut setup = Setup::default();
    setup.policy.registration.access = RegistrationAccess::Invited;
    let app = App::start_with(setup).await;
    let root = app.root().logged_in().await;
    let invited = root.post("/v1/admin/invitations").json(&json!({"email": "alice@example.com"})).await;
    let link = invited.json()["link"].as_str().unwrap().to_owned();
    let token = link.split_once("?token=").unwrap().1;
    assert_eq!(app.post("/v1/register").json(&registration(&app, token)).await.status, 201);
}

#[every_engine]
async fn only_administrators_invite_and_nobody_who_has_an_account() {
    let app = App::start_with(Setup::with_mails()).await;
    let (root, alice) = (app.root().logged_in().await, app.alice().logged_in().await);
    let invite = json!({"email": "alice@example.com"});
    assert_eq!(alice.post("/v1/admin/invitations").json(&invite).await.status, 403);
    assert_eq!(root.post("/v1/admin/invitations").json(&invite).await.code(), "email_taken");
}
