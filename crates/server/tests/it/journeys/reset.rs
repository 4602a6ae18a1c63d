//! How does somebody who has forgotten a password get in again?

use std::time::Duration;

use insta::assert_snapshot;
use portcullis_core::model::mail::LetterKind;
use portcullis_every_engine::every_engine;
use serde_json::json;

use super::{forget_password, log_in, reset_password};
use crate::api::app::{App, Setup};

const NEW: &str = "another correct horse";

#[every_engine]
async fn the_link_sets_a_password_once_and_ends_every_session() {
    let app = App::start_with(Setup::with_mails()).await;
    let (laptop, phone) = (app.alice().logged_in().await, app.alice().logs_in_by_cookie().await);
    app.mails().await;
    assert_snapshot!(forget_password(&app, "alice@example.com").await, @r#"
    202 Accepted
    content-type: application/json

    {"message":"If this address can be used, a mail is on its way to it."}
    "#);
    let mail = app.mail().await;
    assert_eq!((mail.kind(), mail.to()), (LetterKind::ResetPassword, "alice@example.com"));
    assert_eq!(mail.0.valid_for, Some(Duration::from_hours(1)));
    assert_snapshot!(reset_password(&app, &mail.token(), NEW).await, @r#"
    200 OK
    content-type: application/json

    {"sessions_ended":2}
    "#);
    for session in [&laptop, &phone] {
        assert_eq!(session.is_let_in().await.code(), "session_ended");
        assert_eq!(session.refresh_call().await.status, 401);
    }
    assert_eq!(app.mail().await.kind(), LetterKind::PasswordChanged);
    assert_eq!(log_in(&app, "alice", &app.alice().password()).await.code(), "invalid_credentials");
    assert_eq!(log_in(&app, "alice", NEW).await.status, 200);
    assert_eq!(
        reset_password(&app, &mail.token(), "yet another horse").await.code(),
        "invalid_one_time_token"
    );
}

#[every_engine]
async fn nobody_gets_no_mail_and_the_same_answer() {
    let app = App::start_with(Setup::with_mails()).await;
    app.alice().registered().await;
    let (known, unknown) =
        (forget_password(&app, "alice@example.com").await, forget_password(&app, "nobody@example.com").await);
    assert_eq!((known.status, known.text()), (unknown.status, unknown.text()));
    assert_eq!(app.mail().await.to(), "alice@example.com");
}

#[every_engine]
async fn a_password_that_will_not_do_leaves_the_link_good() {
    let app = App::start_with(Setup::with_mails()).await;
    app.alice().registered().await;
    forget_password(&app, "alice@example.com").await;
    let token = app.mail().await.token();
    assert_snapshot!(reset_password(&app, &token, "short").await, @r#"
    400 Bad Request
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:invalid_request","title":"The request is not valid","status":400,"code":"invalid_request","errors":[{"field":"new_password","code":"too_short","message":"must be at least 8 characters long"}],"request_id":"[request]"}
    "#);
    assert_eq!(reset_password(&app, &token, NEW).await.status, 200);
}

#[every_engine]
async fn a_link_dies_after_an_hour_with_a_newer_one_and_with_any_change_of_the_password() {
    let app = App::start_with(Setup::with_mails()).await;
    let session = app.alice().logged_in().await;
    app.mails().await;
    let mut tokens = Vec::new();
    for _ in 0..2 {
        forget_password(&app, "alice@example.com").await;
        tokens.push(app.mail().await.token());
    }
    assert_eq!(reset_password(&app, &tokens[0], NEW).await.code(), "invalid_one_time_token");
    let change = json!({"current_password": app.alice().password(), "new_password": NEW});
    assert_eq!(session.post("/v1/me/password").json(&change).await.status, 200);
    assert_eq!(reset_password(&app, &tokens[1], "yet another horse").await.code(), "invalid_one_time_token");
    app.mails().await;
    forget_password(&app, "alice@example.com").await;
    let token = app.mail().await.token();
    app.pass(Duration::from_hours(1));
    assert_eq!(reset_password(&app, &token, "yet another horse").await.code(), "invalid_one_time_token");
}

#[every_engine]
async fn twice_at_once_one_password_is_set() {
    let app = App::start_with(Setup::with_mails()).await;
    app.alice().registered().await;
    forget_password(&app, "alice@example.com").await;
    let token = app.mail().await.token();
    app.store.let_two_meet_at("change_password");
    let (one, other) =
        app.post("/v1/password/reset").json(&json!({"token": token, "new_password": NEW})).twice().await;
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 400]);
}

#[every_engine]
async fn a_disabled_account_gets_no_mail_and_a_link_of_before_does_nothing() {
    let app = App::start_with(Setup::with_mails()).await;
    let (root, alice) = (app.root().logged_in().await, app.alice().logged_in().await);
    app.mails().await;
    forget_password(&app, "alice@example.com").await;
    let token = app.mail().await.token();
    let path = format!("/v1/admin/accounts/{}", alice.account_id);
    assert_eq!(root.patch(&path).json(&json!({"disabled": true})).await.status, 200);
    forget_password(&app, "alice@example.com").await;
    assert!(app.mails().await.is_empty());
    assert_eq!(reset_password(&app, &token, NEW).await.code(), "account_disabled");
}

#[every_engine]
async fn where_no_mails_are_sent_that_is_said() {
    let app = App::start().await;
    app.alice().registered().await;
    for address in ["alice@example.com", "nobody@example.com"] {
        let answer = forget_password(&app, address).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (501, "mail_not_configured"));
    }
}

#[every_engine]
async fn a_token_for_one_thing_is_none_for_another() {
    let app = App::start_with(Setup::with_mails_and_open_answers()).await;
    app.alice().registered().await;
    let verification = app.mail().await.token();
    forget_password(&app, "alice@example.com").await;
    let reset = app.mail().await.token();
    assert_eq!(reset_password(&app, &verification, NEW).await.code(), "invalid_one_time_token");
    assert_eq!(super::verify(&app, json!({"token": reset})).await.code(), "invalid_one_time_token");
    for path in ["/v1/email/undo", "/v1/account/keep"] {
        let answer = app.post(path).json(&json!({"token": reset})).await;
        assert_eq!(answer.code(), "invalid_one_time_token", "{path}");
    }
    assert_eq!(reset_password(&app, &reset, NEW).await.status, 200);
}

/// Accounts are found by a folded spelling. A mail goes to the address that the account has.
#[every_engine]
async fn a_link_goes_to_the_mailbox_of_the_account_however_its_address_was_written() {
    let app = App::start_with(Setup::with_mails()).await;
    let registration = json!({"email": "Mike@victim.example", "password": "a correct horse battery"});
    app.post("/v1/register").json(&registration).await;
    let token = app.mail().await.token();
    let confirm = json!({"token": token, "password": "a correct horse battery"});
    assert_eq!(super::verify(&app, confirm).await.status, 200);
    // A Kelvin sign, wide letters, another case.
    for spelling in ["mi\u{212a}e@victim.example", "\u{ff4d}ike@victim.example", "MIKE@VICTIM.example"] {
        forget_password(&app, spelling).await;
        assert_eq!(app.mail().await.to(), "Mike@victim.example", "{spelling}");
    }
    let again = json!({"email": "mi\u{212a}e@victim.example", "password": "a correct horse battery"});
    app.post("/v1/register").json(&again).await;
    assert_eq!(app.mail().await.to(), "Mike@victim.example");
    let free = json!({"email": "\u{212a}arl@victim.example", "password": "a correct horse battery"});
    app.post("/v1/register").json(&free).await;
    assert_eq!(
        app.mail().await.to(),
        "karl@victim.example",
        "nobody proves a mailbox that only folds to another"
    );
}

/// A mail server may have taken a mail, and we do not know. Used is used.
#[every_engine]
async fn a_link_that_was_used_is_not_brought_back_by_a_second_copy_of_its_mail() {
    let app = App::start_with(Setup::with_mails()).await;
    app.alice().registered().await;
    forget_password(&app, "alice@example.com").await;
    app.mailbox.takes_next_without_saying_so();
    let first = app.mail().await;
    assert_eq!(reset_password(&app, &first.token(), NEW).await.status, 200);
    app.mails().await;
    app.pass(Duration::from_mins(1));
    assert!(app.mails().await.is_empty());
    assert_eq!(
        reset_password(&app, &first.token(), "yet another horse").await.code(),
        "invalid_one_time_token"
    );
}
