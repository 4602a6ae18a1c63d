//! How does somebody get an account where a registration tells nothing?

use std::time::Duration;

use insta::assert_snapshot;
use portcullis_core::model::mail::LetterKind;
use portcullis_core::model::{Email, Locale, Purpose};
use portcullis_core::ports::{Clock as _, MailStore as _};
use portcullis_every_engine::every_engine;
use serde_json::json;

use super::{log_in, verify, verify_as_alice};
use crate::api::app::{App, Setup};
use crate::api::client::Answer;
use crate::api::mailbox::Mail;

/// Entries of the outbox of one moment go out in any order.
const MOMENT: Duration = Duration::from_millis(1);
const HOUR: Duration = Duration::from_hours(1);

/// Uses the link of a registration, with a password.
async fn confirm(app: &App, mail: &Mail, password: &str) -> Answer {
    verify(app, json!({"token": mail.token(), "password": password})).await
}

#[every_engine]
async fn the_account_comes_to_be_when_the_link_is_used() {
    let app = App::start_with(Setup::with_mails()).await;
    let alice = app.alice();
    assert_snapshot!(app.post("/v1/register").json(&alice.registration()).await, @r#"
    202 Accepted
    content-type: application/json

    {"message":"If this address can be used, a mail is on its way to it."}
    "#);
    assert_eq!(log_in(&app, "alice", &alice.password()).await.code(), "invalid_credentials");
    let mail = app.mail().await;
    assert_eq!((mail.kind(), mail.to()), (LetterKind::ConfirmRegistration, "alice@example.com"));
    assert_eq!(mail.link(), format!("/account/confirm?token={}", mail.token()));
    assert_snapshot!(confirm(&app, &mail, &alice.password()).await, @r#"
    200 OK
    content-type: application/json

    {"email":"alice@example.com"}
    "#);
    let session = alice.logs_in().await;
    let account = &session.get("/v1/me").await.json()["account"];
    assert_eq!((&account["email_verified"], &account["name"]), (&json!(true), &json!("alice")));
    assert_eq!(confirm(&app, &mail, &alice.password()).await.code(), "invalid_one_time_token");
}

#[every_engine]
async fn the_code_does_the_same_as_the_link() {
    let app = App::start_with(Setup::with_mails()).await;
    app.post("/v1/register").json(&app.alice().registration()).await;
    let mail = app.mail().await;
    let typed = mail.code().to_lowercase().replace('-', " ");
    let password = app.alice().password();
    let body = |email: &str| json!({"email": email, "code": typed, "password": password});
    assert_eq!(verify(&app, body("bob@example.com")).await.code(), "invalid_one_time_token");
    assert_eq!(verify(&app, body("Alice@Example.com")).await.status, 200);
    app.alice().logs_in().await;
    assert_eq!(confirm(&app, &mail, &password).await.code(), "invalid_one_time_token");
}

#[every_engine]
async fn whoever_has_an_account_hears_that_somebody_tried() {
    let app = App::start_with(Setup::with_mails()).await;
    app.alice().registered().await;
    let mut again = app.alice().registration();
    again["username"] = json!("other");
    let first = app.post("/v1/register").json(&app.bob().registration()).await;
    app.pass(MOMENT);
    let second = app.post("/v1/register").json(&again).await;
    assert_eq!((first.status, first.text()), (second.status, second.text()));
    let mails = app.mails().await;
    let told: Vec<_> = mails.iter().map(|mail| (mail.to(), mail.kind())).collect();
    assert_eq!(
        told,
        [
            ("bob@example.com", LetterKind::ConfirmRegistration),
            ("alice@example.com", LetterKind::AddressInUse)
        ]
    );
    assert!(mails[1].0.link.is_none() && mails[1].0.code.is_none());
}

#[every_engine]
async fn a_username_that_is_taken_is_told_by_mail() {
    let app = App::start_with(Setup::with_mails()).await;
    app.alice().registered().await;
    let mut body = app.bob().registration();
    body["username"] = json!("ALICE");
    assert_eq!(app.post("/v1/register").json(&body).await.status, 202);
    let mail = app.mail().await;
    assert_eq!((mail.kind(), mail.to()), (LetterKind::UsernameTaken, "bob@example.com"));
}

#[every_engine]
async fn of_two_who_wait_for_one_username_the_first_to_come_back_gets_it() {
    let app = App::start_with(Setup::with_mails()).await;
    let mut body = app.bob().registration();
    body["username"] = json!("alice");
    app.post("/v1/register").json(&app.alice().registration()).await;
    app.pass(MOMENT);
    app.post("/v1/register").json(&body).await;
    let mails = app.mails().await;
    assert_eq!(confirm(&app, &mails[1], &app.bob().password()).await.status, 200);
    assert_eq!(confirm(&app, &mails[0], &app.alice().password()).await.code(), "username_taken");
}

/// A stranger who registers with the address of somebody else kills neither their link nor gets their account.
#[every_engine]
async fn a_second_registration_does_not_take_the_place_of_the_first() {
    let app = App::start_with(Setup::with_mails()).await;
    app.post("/v1/register").json(&app.alice().registration()).await;
    app.pass(MOMENT);
    let mut stranger = app.alice().registration();
    (stranger["password"], stranger["username"]) = (json!("a stranger's password"), json!("stranger"));
    app.post("/v1/register").json(&stranger).await;
    let mails = app.mails().await;
    assert_eq!(confirm(&app, &mails[0], &app.alice().password()).await.status, 200);
    assert_eq!(confirm(&app, &mails[1], "a stranger's password").await.code(), "email_taken");
    assert_eq!(log_in(&app, "alice@example.com", "a stranger's password").await.status, 401);
    app.alice().logs_in().await;
}

#[every_engine]
async fn a_lost_mail_is_sent_again_and_a_link_is_good_for_a_day() {
    let app = App::start_with(Setup::with_mails()).await;
    app.post("/v1/register").json(&app.alice().registration()).await;
    let lost = app.mail().await;
    let again = app.post("/v1/email/verify/resend").json(&json!({"email": "alice@example.com"})).await;
    assert_eq!(again.status, 202);
    let mail = app.mail().await;
    assert_eq!((mail.kind(), mail.token()), (LetterKind::ConfirmRegistration, lost.token()));
    assert_eq!(mail.0.valid_for, Some(24 * HOUR));
    app.pass(24 * HOUR);
    assert_eq!(confirm(&app, &mail, &app.alice().password()).await.code(), "invalid_one_time_token");
    let code = json!({"email": "alice@example.com", "code": mail.code(), "password": app.alice().password()});
    assert_eq!(verify(&app, code).await.code(), "invalid_one_time_token");
}

#[every_engine]
async fn a_mail_is_in_the_language_of_whoever_registers() {
    let app = App::start_with(Setup::with_mails()).await;
    let german = app.post("/v1/register").json(&app.alice().registration());
    assert_eq!(german.header("accept-language", "fr, de-CH;q=0.9, en;q=0.8").await.status, 202);
    let mail = app.mail().await;
    assert_eq!(mail.0.locale, Locale::De);
    confirm(&app, &mail, &app.alice().password()).await;
    let session = app.alice().logs_in().await;
    assert_eq!(session.get("/v1/me").await.json()["account"]["locale"], "de");
    super::forget_password(&app, "alice@example.com").await;
    assert_eq!(app.mail().await.0.locale, Locale::De, "whatever the request says");
    assert_eq!(session.patch("/v1/me").json(&json!({"locale": "en"})).await.status, 200);
    super::forget_password(&app, "alice@example.com").await;
    assert_eq!(app.mail().await.0.locale, Locale::En);
}

#[every_engine]
async fn an_address_is_needed_and_only_at_domains_that_are_let_in() {
    let mut setup = Setup::with_mails();
    let blocked = ["trash.example".to_owned()].into_iter().collect();
    setup.policy.registration.domains.blocked = std::sync::Arc::new(blocked);
    let app = App::start_with(setup).await;
    let mut body = app.alice().registration();
    body["email"] = json!("alice@mail.trash.example");
    assert_snapshot!(app.post("/v1/register").json(&body).await, @r#"
    400 Bad Request
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:invalid_request","title":"The request is not valid","status":400,"code":"invalid_request","errors":[{"field":"email","code":"domain_not_allowed","message":"must not be at this domain"}],"request_id":"[request]"}
    "#);
    body.as_object_mut().unwrap().remove("email");
    assert_snapshot!(app.post("/v1/register").json(&body).await, @r#"
    400 Bad Request
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:invalid_request","title":"The request is not valid","status":400,"code":"invalid_request","errors":[{"field":"email","code":"required","message":"must be given"}],"request_id":"[request]"}
    "#);
    assert!(app.mails().await.is_empty());
}

#[every_engine]
async fn where_answers_are_open_the_account_is_there_at_once_and_its_address_is_verified_later() {
    let app = App::start_with(Setup::with_mails_and_open_answers()).await;
    let session = app.alice().logged_in().await;
    let mail = app.mail().await;
    assert_eq!((mail.kind(), mail.to()), (LetterKind::VerifyEmail, "alice@example.com"));
    assert_eq!(session.get("/v1/me").await.json()["account"]["email_verified"], false);
    assert_eq!(verify_as_alice(&app, &mail.token()).await.status, 200);
    assert_eq!(session.get("/v1/me").await.json()["account"]["email_verified"], true);
    let again = json!({"email": "Alice@example.com", "password": "a correct horse battery"});
    let taken = app.post("/v1/register").json(&again).await;
    assert_eq!((taken.status.as_u16(), taken.code().as_str()), (409, "email_taken"));
    assert!(app.mails().await.is_empty());
}

/// A stranger who registers an address over and over does not make it easier to guess a code.
#[every_engine]
async fn a_code_is_good_for_nothing_before_there_is_a_mail_with_it() {
    let app = App::start_with(Setup::with_mails()).await;
    app.post("/v1/register").json(&app.alice().registration()).await;
    let email = Email::parse("alice@example.com").unwrap();
    let token = async || {
        app.store.find_newest_token(&email, Purpose::Register, app.clock.now()).await.unwrap().unwrap()
    };
    assert_eq!(token().await.code, None);
    let mail = app.mail().await;
    assert!(token().await.code.is_some());
    let proof =
        json!({"email": "alice@example.com", "code": mail.code(), "password": app.alice().password()});
    assert_eq!(verify(&app, proof).await.status, 200);
    let other = json!({"email": "bob@example.com", "password": "a correct horse battery"});
    for _ in 0..6 {
        app.post("/v1/register").json(&other).await;
        app.pass(Duration::from_secs(1));
    }
    assert_eq!(app.mails().await.len(), 5);
    let email = Email::parse("bob@example.com").unwrap();
    let newest = app.store.find_newest_token(&email, Purpose::Register, app.clock.now()).await.unwrap();
    assert_eq!(newest.unwrap().code, None, "its mail was one too many");
}

/// Who takes the mail of a registration that a stranger began for their own does not make the stranger's account by it.
#[every_engine]
async fn it_takes_the_password_that_was_chosen_to_confirm_a_registration() {
    let app = App::start_with(Setup::with_mails()).await;
    let mut stranger = app.alice().registration();
    stranger["password"] = json!("a stranger's password");
    app.post("/v1/register").json(&stranger).await;
    let mail = app.mail().await;
    assert_eq!(confirm(&app, &mail, &app.alice().password()).await.code(), "wrong_password");
    assert_snapshot!(verify(&app, json!({"token": mail.token()})).await, @r#"
    400 Bad Request
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:invalid_request","title":"The request is not valid","status":400,"code":"invalid_request","errors":[{"field":"password","code":"required","message":"must be given: the one that was chosen for the account"}],"request_id":"[request]"}
    "#);
    assert_eq!(log_in(&app, "alice@example.com", "a stranger's password").await.status, 401);
    app.alice().registered().await;
    app.alice().logs_in().await;
    for _ in 0..9 {
        assert_eq!(confirm(&app, &mail, "guessed").await.code(), "wrong_password");
    }
    assert_eq!(confirm(&app, &mail, "a stranger's password").await.code(), "too_many_attempts");
}
