//! What does an account's owner hear without having asked?

use std::time::Duration;

use portcullis_core::model::mail::LetterKind;
use portcullis_every_engine::every_engine;
use serde_json::json;

use crate::api::app::{App, Setup};
use crate::api::client::Call;

/// Alice logs in with a program, from an address.
fn login(app: &App, user_agent: &str, address: &str) -> Call {
    app.post("/v1/login").json(&app.alice().credentials()).header("user-agent", user_agent).from(address)
}

#[every_engine]
async fn a_changed_password_is_told() {
    let app = App::start_with(Setup::with_mails()).await;
    let session = app.alice().logged_in().await;
    let body = json!({"current_password": app.alice().password(), "new_password": "another correct horse"});
    assert_eq!(session.post("/v1/me/password").json(&body).await.status, 200);
    let mail = app.mail().await;
    assert_eq!((mail.kind(), mail.to()), (LetterKind::PasswordChanged, "alice@example.com"));
    assert!(mail.0.link.is_none() && mail.0.address.is_some());
}

#[every_engine]
async fn a_login_from_a_new_program_or_network_is_told_once() {
    let app = App::start_with(Setup::with_mails()).await;
    app.alice().registered().await;
    for (user_agent, address, is_new) in [
        ("Firefox/140 (Linux)", "192.0.2.7", false),
        ("Firefox/140 (Linux)", "192.0.2.7", false),
        ("Firefox/141 (Linux)", "192.0.2.200", false),
        ("Firefox/141 (Linux)", "198.51.100.9", true),
        ("Firefox/141 (Linux)", "198.51.100.9", false),
        ("curl/8", "192.0.2.7", true),
        ("curl/8", "192.0.2.7", false),
    ] {
        assert_eq!(login(&app, user_agent, address).await.status, 200);
        let mails = app.mails().await;
        let kinds: Vec<_> = mails.iter().map(super::super::api::mailbox::Mail::kind).collect();
        let expected: &[_] = if is_new { &[LetterKind::NewClient] } else { &[] };
        assert_eq!(kinds, expected, "{user_agent} at {address}");
        if let [mail] = mails.as_slice() {
            assert_eq!(mail.0.address.map(|address| address.to_string()).as_deref(), Some(address));
            assert_eq!(mail.0.user_agent.as_deref(), Some(user_agent));
        }
    }
}

/// A thief knew the password, and comes back with another one.
#[every_engine]
async fn after_a_reset_no_place_of_before_is_known() {
    let app = App::start_with(Setup::with_mails()).await;
    app.alice().registered().await;
    assert_eq!(login(&app, "Firefox/140", "192.0.2.7").await.status, 200);
    assert_eq!(login(&app, "thief/1", "198.51.100.9").await.status, 200);
    app.mails().await;
    super::forget_password(&app, "alice@example.com").await;
    let token = app.mail().await.token();
    assert_eq!(super::reset_password(&app, &token, &app.alice().password()).await.status, 200);
    app.mails().await;
    assert_eq!(login(&app, "Firefox/140", "192.0.2.7").await.status, 200);
    assert!(app.mails().await.is_empty(), "it is the first");
    assert_eq!(login(&app, "thief/1", "198.51.100.9").await.status, 200);
    assert_eq!(app.mail().await.kind(), LetterKind::NewClient);
}

#[every_engine]
async fn a_login_that_fails_is_not_told() {
    let app = App::start_with(Setup::with_mails()).await;
    app.alice().logged_in().await;
    let wrong = json!({"identifier": "alice", "password": "wrong password"});
    assert_eq!(app.post("/v1/login").json(&wrong).header("user-agent", "thief/1").await.status, 401);
    assert!(app.mails().await.is_empty());
}

#[every_engine]
async fn a_stolen_refresh_token_is_told_where_it_is_found_out() {
    let app = App::start_with(Setup::with_mails()).await;
    let session = app.alice().logged_in().await;
    let stolen = session.refresh_call();
    session.refreshes().await;
    session.refreshes().await;
    app.pass(Duration::from_mins(1));
    let answer = stolen.by_a_thief().await;
    assert_eq!(answer.status, 401);
    let mail = app.mail().await;
    assert_eq!((mail.kind(), mail.to()), (LetterKind::RefreshTokenReused, "alice@example.com"));
    assert_eq!(session.is_let_in().await.code(), "session_ended");
}

#[every_engine]
async fn where_no_mails_are_sent_none_are_written() {
    let app = App::start().await;
    let session = app.alice().logged_in().await;
    let body = json!({"current_password": app.alice().password(), "new_password": "another correct horse"});
    assert_eq!(session.post("/v1/me/password").json(&body).await.status, 200);
    assert_eq!(app.auth.count_mails().await.unwrap().iter().map(|(_, count)| count).sum::<u64>(), 0);
}

/// An account that somebody made with the address of a stranger does not bomb that with what happens to it.
#[every_engine]
async fn notices_of_one_kind_are_limited_as_well() {
    let app = App::start_with(Setup::with_mails_and_open_answers()).await;
    app.alice().registered().await;
    app.mails().await;
    for number in 0..12 {
        let user_agent = format!("bomb {}", "x".repeat(number));
        assert_eq!(login(&app, &user_agent, "192.0.2.7").await.status, 200);
    }
    assert_eq!(app.mails().await.len(), 5);
    super::forget_password(&app, "alice@example.com").await;
    assert_eq!(app.mail().await.kind(), LetterKind::ResetPassword, "of another kind");
}
