//! What does it take to show that an address is one's own, and what is kept back until then?

use std::time::Duration;

use insta::assert_snapshot;
use portcullis_core::model::mail::LetterKind;
use portcullis_core::policy::VerifiedEmail;
use portcullis_every_engine::every_engine;
use serde_json::json;

use super::{log_in, verify, verify_as_alice};
use crate::api::app::{App, Setup};
use crate::api::forge::claims_of;

async fn resend(app: &App, email: &str) {
    let answer = app.post("/v1/email/verify/resend").json(&json!({"email": email})).await;
    assert_eq!(answer.status, 202);
}

#[every_engine]
async fn a_newer_link_takes_the_place_of_an_older_one() {
    let app = App::start_with(Setup::with_mails_and_open_answers()).await;
    app.alice().registered().await;
    let first = app.mail().await;
    resend(&app, "alice@example.com").await;
    let second = app.mail().await;
    assert_eq!(second.kind(), LetterKind::VerifyEmail);
    assert_eq!(verify(&app, json!({"token": first.token()})).await.code(), "invalid_one_time_token");
    assert_eq!(verify_as_alice(&app, &second.token()).await.status, 200);
    resend(&app, "alice@example.com").await;
    resend(&app, "nobody@example.com").await;
    assert!(app.mails().await.is_empty(), "there is nothing to verify");
}

#[every_engine]
async fn a_code_that_is_guessed_is_soon_not_looked_at_any_more() {
    let app = App::start_with(Setup::with_mails_and_open_answers()).await;
    app.alice().registered().await;
    let mail = app.mail().await;
    let guess = json!({"email": "alice@example.com", "code": "0000-0000"});
    for _ in 0..10 {
        assert_eq!(verify(&app, guess.clone()).await.code(), "invalid_one_time_token");
    }
    let password = app.alice().password();
    let right = json!({"email": "alice@example.com", "code": mail.code(), "password": password});
    assert_eq!(verify(&app, right).await.code(), "too_many_attempts");
    let nobody = json!({"email": "nobody@example.com", "code": "0000-0000"});
    for _ in 0..10 {
        assert_eq!(verify(&app, nobody.clone()).await.code(), "invalid_one_time_token");
    }
    assert_eq!(
        verify(&app, nobody).await.code(),
        "too_many_attempts",
        "an address of nobody is no different"
    );
    assert_eq!(verify_as_alice(&app, &mail.token()).await.status, 200, "the link is still good");
}

#[every_engine]
async fn twice_at_once_a_token_counts_once() {
    let app = App::start_with(Setup::with_mails_and_open_answers()).await;
    app.alice().registered().await;
    let token = app.mail().await.token();
    let call =
        app.post("/v1/email/verify").json(&json!({"token": token, "password": app.alice().password()}));
    app.store.let_two_meet_at("verify_email");
    let (one, other) = call.twice().await;
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 400]);
}

#[every_engine]
async fn where_it_is_asked_for_nobody_logs_in_before() {
    let mut setup = Setup::with_mails_and_open_answers();
    setup.policy.verified_email = VerifiedEmail::BeforeLogIn;
    let app = App::start_with(setup).await;
    app.alice().registered().await;
    let mail = app.mail().await;
    assert_snapshot!(log_in(&app, "alice", &app.alice().password()).await, @r#"
    403 Forbidden
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:email_not_verified","title":"The email address is not verified","status":403,"code":"email_not_verified","request_id":"[request]"}
    "#);
    assert_eq!(log_in(&app, "alice", "wrong password").await.code(), "invalid_credentials");
    verify_as_alice(&app, &mail.token()).await;
    app.alice().logs_in().await;
    let nameless = json!({"username": "carol", "password": "carol's correct horse"});
    assert_eq!(app.post("/v1/register").json(&nameless).await.status, 400, "an address is needed");
}

#[every_engine]
async fn routes_can_ask_for_a_verified_address_and_access_tokens_tell() {
    let mut setup = Setup::with_mails_and_open_answers();
    setup.settings.verified_email_routes = vec!["/v1/me/export".into()];
    let app = App::start_with(setup).await;
    let session = app.alice().logged_in().await;
    assert_eq!(claims_of(&session)["email_verified"], false);
    let refused = session.get("/v1/me/export").await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (403, "email_not_verified"));
    assert_eq!(session.get("/v1/me").await.status, 200);
    let token = app.mail().await.token();
    verify_as_alice(&app, &token).await;
    assert_eq!(session.get("/v1/me/export").await.status, 200, "without a new access token");
    session.refreshes().await;
    assert_eq!(claims_of(&session)["email_verified"], true);
}

/// A stranger makes an account with somebody's address, who takes the mail for their own.
#[every_engine]
async fn who_reads_the_mailbox_does_not_verify_the_account_of_a_stranger() {
    let app = App::start_with(Setup::with_mails_and_open_answers()).await;
    let stranger = app.alice().logged_in().await;
    let mail = app.mail().await;
    for proof in [
        json!({"token": mail.token()}),
        json!({"token": mail.token(), "password": "the victim's own"}),
        json!({"email": "alice@example.com", "code": mail.code()}),
        json!({"email": "alice@example.com", "code": mail.code(), "password": "the victim's own"}),
    ] {
        let code = if proof["password"].is_null() { "invalid_request" } else { "wrong_password" };
        assert_eq!(verify(&app, proof).await.code(), code);
    }
    assert_eq!(stranger.get("/v1/me").await.json()["account"]["email_verified"], false);
    // The same by a change of the address of an account of their own.
    let change = json!({"email": "victim@example.com", "password": app.alice().password()});
    assert_eq!(stranger.post("/v1/me/email").json(&change).await.status, 202);
    let mail = app.mail().await;
    assert_eq!(mail.to(), "victim@example.com");
    assert_eq!(verify(&app, json!({"token": mail.token()})).await.code(), "invalid_request");
    assert_eq!(stranger.get("/v1/me").await.json()["account"]["email"], "alice@example.com");
}

#[every_engine]
async fn an_administrator_can_vouch_for_an_address() {
    let app = App::start_with(Setup::with_mails_and_open_answers()).await;
    let (root, alice) = (app.root().logged_in().await, app.alice().logged_in().await);
    let path = format!("/v1/admin/accounts/{}/verify-email", alice.account_id);
    assert_eq!(alice.post(&path).await.status, 403);
    assert_eq!(root.post(&path).await.status, 204);
    assert_eq!(alice.get("/v1/me").await.json()["account"]["email_verified"], true);
}

#[every_engine]
async fn a_reset_shows_as_well_that_the_mailbox_is_read() {
    let app = App::start_with(Setup::with_mails_and_open_answers()).await;
    app.alice().registered().await;
    app.mails().await;
    app.pass(Duration::from_mins(1));
    super::forget_password(&app, "alice@example.com").await;
    let token = app.mail().await.token();
    assert_eq!(super::reset_password(&app, &token, "another correct horse").await.status, 200);
    let login = log_in(&app, "alice", "another correct horse").await;
    assert_eq!(login.json()["account"]["email_verified"], true);
}
