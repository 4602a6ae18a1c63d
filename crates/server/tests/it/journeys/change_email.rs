//! How does an account get another address, and how does its owner get the old one back?

use std::time::Duration;

use insta::assert_snapshot;
use portcullis_core::model::Email;
use portcullis_core::model::mail::LetterKind;
use portcullis_every_engine::every_engine;
use serde_json::json;

use super::{forget_password, log_in, reset_password, verify, verify_as_alice};
use crate::api::app::{App, Setup};
use crate::api::client::Answer;
use crate::api::persona::Session;

/// Entries of the outbox of one moment go out in any order.
const MOMENT: Duration = Duration::from_millis(1);
const NEW: &str = "alice@new.example";

async fn change(session: &Session, email: &str, password: &str) -> Answer {
    session.post("/v1/me/email").json(&json!({"email": email, "password": password})).await
}

/// Alice's address is changed; what undoes that.
async fn changed(app: &App, session: &Session) -> String {
    assert_eq!(change(session, NEW, &app.alice().password()).await.status, 202);
    let token = app.mail().await.token();
    assert_eq!(verify_as_alice(app, &token).await.status, 200);
    app.mail().await.token()
}

async fn undo(app: &App, token: &str) -> Answer {
    app.post("/v1/email/undo").json(&json!({"token": token})).await
}

#[every_engine]
async fn the_new_address_counts_when_it_is_confirmed_and_the_old_one_hears_of_it() {
    let app = App::start_with(Setup::with_mails()).await;
    let session = app.alice().logged_in().await;
    assert_snapshot!(change(&session, NEW, &app.alice().password()).await, @r#"
    202 Accepted
    content-type: application/json

    {"message":"If this address can be used, a mail is on its way to it."}
    "#);
    let mail = app.mail().await;
    assert_eq!((mail.kind(), mail.to()), (LetterKind::ConfirmNewEmail, NEW));
    assert_eq!(session.get("/v1/me").await.json()["account"]["email"], "alice@example.com");
    let code = json!({"email": NEW, "code": mail.code(), "password": app.alice().password()});
    assert_snapshot!(verify(&app, code).await, @r#"
    200 OK
    content-type: application/json

    {"email":"alice@new.example"}
    "#);
    let account = session.get("/v1/me").await.json()["account"].clone();
    assert_eq!((&account["email"], &account["email_verified"]), (&json!(NEW), &json!(true)));
    let notice = app.mail().await;
    assert_eq!((notice.kind(), notice.to()), (LetterKind::EmailChanged, "alice@example.com"));
    assert_eq!(notice.0.other_email.as_ref().map(Email::as_str), Some(NEW));
    assert_eq!(notice.0.valid_for, Some(Duration::from_hours(24)));
    assert_eq!(log_in(&app, NEW, &app.alice().password()).await.status, 200);
    assert_eq!(log_in(&app, "alice@example.com", &app.alice().password()).await.status, 401);
}

#[every_engine]
async fn whoever_changed_it_is_out_when_the_owner_undoes_it() {
    let app = App::start_with(Setup::with_mails()).await;
    let thief = app.alice().logged_in().await;
    let token = changed(&app, &thief).await;
    // A thief goes on: another password, and the account deleted.
    let stolen = "a thief's correct horse";
    let body = json!({"current_password": app.alice().password(), "new_password": stolen});
    assert_eq!(thief.post("/v1/me/password").json(&body).await.status, 200);
    assert_eq!(thief.delete("/v1/me").json(&json!({"password": stolen})).await.status, 202);
    app.mails().await;
    assert_snapshot!(undo(&app, &token).await, @r#"
    200 OK
    content-type: application/json

    {"email":"alice@example.com"}
    "#);
    assert_eq!(thief.is_let_in().await.code(), "session_ended");
    assert_eq!(log_in(&app, NEW, stolen).await.status, 401);
    assert_eq!(log_in(&app, "alice@example.com", stolen).await.status, 401);
    let mail = app.mail().await;
    assert_eq!((mail.kind(), mail.to()), (LetterKind::ResetPassword, "alice@example.com"));
    assert_eq!(reset_password(&app, &mail.token(), "another correct horse").await.status, 200);
    assert_eq!(log_in(&app, "alice@example.com", "another correct horse").await.status, 200);
    assert_eq!(undo(&app, &token).await.code(), "invalid_one_time_token");
    app.pass(Duration::from_hours(8 * 24));
    assert_eq!(app.auth.delete_due_accounts().await.unwrap(), 0);
}

#[every_engine]
async fn an_address_that_is_taken_is_told_by_mail_only() {
    let app = App::start_with(Setup::with_mails()).await;
    app.bob().registered().await;
    let session = app.alice().logged_in().await;
    let taken = change(&session, "bob@example.com", &app.alice().password()).await;
    let mail = app.mail().await;
    assert_eq!((mail.kind(), mail.to()), (LetterKind::AddressInUse, "bob@example.com"));
    let free = change(&session, NEW, &app.alice().password()).await;
    assert_eq!(app.mail().await.kind(), LetterKind::ConfirmNewEmail);
    assert_eq!((taken.status, taken.text()), (free.status, free.text()));
}

#[every_engine]
async fn it_takes_the_password_and_the_last_wish_counts() {
    let app = App::start_with(Setup::with_mails()).await;
    let session = app.alice().logged_in().await;
    assert_eq!(change(&session, NEW, "wrong password").await.code(), "wrong_password");
    assert!(app.mails().await.is_empty());
    change(&session, NEW, &app.alice().password()).await;
    let first = app.mail().await.token();
    change(&session, "alice@newer.example", &app.alice().password()).await;
    let second = app.mail().await.token();
    assert_eq!(verify(&app, json!({"token": first})).await.code(), "invalid_one_time_token");
    assert_eq!(verify_as_alice(&app, &second).await.status, 200);
}

#[every_engine]
async fn a_link_to_the_old_mailbox_is_worth_nothing_after_the_change_but_for_the_one_that_undoes_it() {
    let app = App::start_with(Setup::with_mails()).await;
    let session = app.alice().logged_in().await;
    forget_password(&app, "alice@example.com").await;
    let reset = app.mail().await.token();
    let undoing = changed(&app, &session).await;
    assert_eq!(reset_password(&app, &reset, "another correct horse").await.code(), "invalid_one_time_token");
    app.pass(Duration::from_hours(24));
    assert_eq!(undo(&app, &undoing).await.code(), "invalid_one_time_token");
}

#[every_engine]
async fn two_who_want_one_address_at_once_do_not_both_get_it() {
    let app = App::start_with(Setup::with_mails()).await;
    let (alice, bob) = (app.alice().logged_in().await, app.bob().logged_in().await);
    change(&alice, NEW, &app.alice().password()).await;
    app.pass(MOMENT);
    change(&bob, NEW, &app.bob().password()).await;
    let mails = app.mails().await;
    app.store.let_two_meet_at("change_email");
    let verify = |at: usize, password: String| {
        let body = json!({"token": mails[at].token(), "password": password});
        app.post("/v1/email/verify").json(&body)
    };
    let (one, other) =
        tokio::join!(verify(0, app.alice().password()).send(), verify(1, app.bob().password()).send());
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
}

/// A mail server was away for longer than the link is good.
#[every_engine]
async fn who_hears_of_a_change_too_late_to_undo_it_hears_of_it_all_the_same() {
    let app = App::start_with(Setup::with_mails()).await;
    let session = app.alice().logged_in().await;
    change(&session, NEW, &app.alice().password()).await;
    let token = app.mail().await.token();
    assert_eq!(verify_as_alice(&app, &token).await.status, 200);
    app.pass(Duration::from_hours(25));
    let notice = app.mail().await;
    assert_eq!((notice.kind(), notice.to()), (LetterKind::EmailChanged, "alice@example.com"));
    assert!(notice.0.link.is_none());
}

/// Who has typed somebody else's address by mistake must not hand them the account by putting it right.
#[every_engine]
async fn an_old_address_that_was_never_verified_hears_of_it_and_gets_no_link() {
    let app = App::start_with(Setup::with_mails_and_open_answers()).await;
    let session = app.alice().logged_in().await;
    app.mails().await;
    change(&session, NEW, &app.alice().password()).await;
    let token = app.mail().await.token();
    assert_eq!(verify_as_alice(&app, &token).await.status, 200);
    let notice = app.mail().await;
    assert_eq!((notice.kind(), notice.to()), (LetterKind::EmailChanged, "alice@example.com"));
    assert!(notice.0.link.is_none() && notice.0.other_email.is_none());
}

/// A thief who has changed the address must not keep its owner from undoing that with an account of the old one.
#[every_engine]
async fn the_old_address_is_kept_for_its_owner_as_long_as_the_change_can_be_undone() {
    let app = App::start_with(Setup::with_mails()).await;
    let session = app.alice().logged_in().await;
    let token = changed(&app, &session).await;
    let revealing = app.second_process_with(Setup::with_mails_and_open_answers()).await;
    let squat = json!({"email": "alice@example.com", "password": "a thief's correct horse"});
    assert_eq!(revealing.post("/v1/register").json(&squat).await.code(), "email_taken");
    assert_eq!(undo(&app, &token).await.status, 200);
}

/// Whoever knew the old password does not slip in behind the change of it.
#[every_engine]
async fn a_new_address_is_not_asked_for_with_a_password_that_was_replaced_meanwhile() {
    let app = App::start_with(Setup::with_mails()).await;
    let (owner, thief) = (app.alice().logged_in().await, app.alice().logs_in().await);
    app.store.let_two_meet_at("find_account_secret");
    let new = json!({"current_password": app.alice().password(), "new_password": "another correct horse"});
    let body = json!({"email": NEW, "password": app.alice().password()});
    let change_password = owner.post("/v1/me/password").json(&new);
    let change_email = thief.post("/v1/me/email").json(&body);
    let (owners, thiefs) = tokio::join!(change_password.send(), change_email.send());
    assert_eq!(owners.status, 200);
    let sent = app.mails().await.into_iter().find(|mail| mail.kind() == LetterKind::ConfirmNewEmail);
    // Whichever was first: what the thief has is worth nothing.
    if let Some(mail) = sent {
        assert_eq!(thiefs.status, 202);
        let late = verify(&app, json!({"token": mail.token()})).await;
        assert_eq!(late.code(), "invalid_one_time_token");
    }
}
