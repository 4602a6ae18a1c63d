//! Does every mail go out once if all is well, again if not, and never too often?

use std::time::Duration;

use portcullis_core::flows::administer::Administrator;
use portcullis_core::flows::throttling::Limited;
use portcullis_core::model::mail::LetterKind;
use portcullis_core::model::{MailFilter, MailState, PageRequest};
use portcullis_core::policy::ThrottlePolicy;
use portcullis_core::policy::throttle::Budget;
use portcullis_core::ports::SendError;
use portcullis_every_engine::every_engine;
use serde_json::json;

use super::{forget_password, reset_password};
use crate::api::app::{App, Setup};

fn later() -> SendError {
    SendError::Later { cause: "451 come back".into() }
}

async fn states(app: &App) -> Vec<MailState> {
    let by = Administrator::operator();
    let page = app.auth.list_mails(&by, &MailFilter::default(), PageRequest::first(50)).await.unwrap();
    page.items.iter().map(|mail| mail.state).collect()
}

#[every_engine]
async fn what_nobody_takes_is_tried_again_later_and_carries_the_same_link() {
    let app = App::start_with(Setup::with_mails()).await;
    app.alice().registered().await;
    forget_password(&app, "alice@example.com").await;
    app.mailbox.refuses_next(later());
    app.mailbox.refuses_next(later());
    assert!(app.mails().await.is_empty());
    app.pass(Duration::from_secs(59));
    assert!(app.mails().await.is_empty(), "it is not due");
    app.pass(Duration::from_secs(1));
    assert!(app.mails().await.is_empty(), "refused again");
    app.pass(Duration::from_mins(2));
    let mail = app.mail().await;
    assert_eq!(reset_password(&app, &mail.token(), "another correct horse").await.status, 200);
}

#[every_engine]
async fn what_is_refused_is_dead_until_an_operator_tries_it_again() {
    let app = App::start_with(Setup::with_mails()).await;
    app.alice().registered().await;
    forget_password(&app, "alice@example.com").await;
    app.mailbox.refuses_next(SendError::Refused { cause: "550 no such user".into() });
    assert!(app.mails().await.is_empty());
    app.pass(Duration::from_mins(10));
    assert!(app.mails().await.is_empty());
    let by = Administrator::operator();
    let filter = MailFilter { state: Some(MailState::Dead), email: None };
    let dead = app.auth.list_mails(&by, &filter, PageRequest::first(50)).await.unwrap();
    let [mail] = dead.items.as_slice() else { panic!("{dead:?}") };
    assert_eq!(mail.last_error.as_deref(), Some("550 no such user"));
    assert_eq!(app.auth.retry_mails(&by, Some(mail.id)).await.unwrap(), 1);
    assert_eq!(app.mail().await.kind(), LetterKind::ResetPassword);
    assert_eq!(app.auth.retry_mails(&by, None).await.unwrap(), 0);
}

#[every_engine]
async fn a_node_that_dies_with_a_mail_leaves_it_to_another() {
    let app = App::start_with(Setup::with_mails()).await;
    app.alice().registered().await;
    forget_password(&app, "alice@example.com").await;
    // It has taken the mail, and does not come to say what became of it.
    app.mailbox.refuses_next(later());
    app.store.goes_down_after(calls_until(&app, "finish_mail").await, crate::api::outage());
    assert!(app.auth.deliver_mails().await.is_err());
    app.store.comes_back();
    let other = app.second_process().await;
    assert!(other.mails().await.is_empty(), "it is taken");
    app.pass(Duration::from_mins(1));
    assert_eq!(other.mail().await.kind(), LetterKind::ResetPassword);
    app.pass(Duration::from_mins(10));
    assert!(app.mails().await.is_empty() && other.mails().await.is_empty(), "it is sent");
}

/// How many calls of the database sending a mail like those that wait takes before this one.
async fn calls_until(app: &App, operation: &str) -> usize {
    let _ = app.store.take_calls();
    let twin = App::start_with(Setup::with_mails()).await;
    twin.alice().registered().await;
    forget_password(&twin, "alice@example.com").await;
    let _ = twin.store.take_calls();
    twin.auth.deliver_mails().await.unwrap();
    let calls = twin.store.take_calls();
    calls.iter().position(|call| *call == operation).unwrap()
}

#[every_engine]
async fn two_nodes_send_each_mail_once() {
    let app = App::start_with(Setup::with_mails()).await;
    let other = app.second_process().await;
    for number in 0..20 {
        let body = json!({
            "email": format!("person{number}@example.com"),
            "username": format!("person{number}"),
            "password": "a correct horse battery",
        });
        assert_eq!(app.post("/v1/register").json(&body).await.status, 202);
    }
    let (mine, theirs) = tokio::join!(app.mails(), other.mails());
    let mut to: Vec<_> = mine.iter().chain(&theirs).map(|mail| mail.to().to_owned()).collect();
    to.sort();
    to.dedup();
    assert_eq!((to.len(), mine.len() + theirs.len()), (20, 20));
}

#[every_engine]
async fn nobody_is_bombed_with_mails_through_us() {
    let mut setup = Setup::with_mails();
    setup.policy.throttle = None;
    let app = App::start_with(setup).await;
    app.alice().registered().await;
    for _ in 0..12 {
        assert_eq!(forget_password(&app, "alice@example.com").await.status, 202);
    }
    let mails = app.mails().await;
    assert_eq!(mails.len(), 5);
    assert_eq!(states(&app).await.iter().filter(|state| **state == MailState::Dropped).count(), 7);
    let last = mails.last().unwrap().token();
    assert_eq!(
        reset_password(&app, &last, "another correct horse").await.status,
        200,
        "the last link is good"
    );
    assert_eq!(app.mail().await.kind(), LetterKind::PasswordChanged, "notices are never dropped");
    app.pass(Duration::from_secs(3601));
    forget_password(&app, "alice@example.com").await;
    assert_eq!(app.mails().await.len(), 1);
}

#[every_engine]
async fn more_than_go_out_in_an_hour_wait() {
    let mut setup = Setup::with_mails();
    setup.policy.mail.as_mut().unwrap().hourly = 3;
    let app = App::start_with(setup).await;
    for name in ["anna", "bert", "carl", "dora"] {
        let email = format!("{name}@example.com");
        let body = json!({"email": email, "username": name, "password": "a correct horse battery"});
        assert_eq!(app.post("/v1/register").json(&body).await.status, 202);
    }
    assert_eq!(app.mails().await.len(), 3);
    app.pass(Duration::from_mins(5));
    assert!(app.mails().await.is_empty());
    app.pass(Duration::from_hours(1));
    assert_eq!(app.mails().await.len(), 1);
}

/// Strangers who register do not use up what others need to get in again.
#[every_engine]
async fn what_goes_out_in_an_hour_is_limited_for_each_kind() {
    let mut setup = Setup::with_mails();
    setup.policy.mail.as_mut().unwrap().hourly = 1;
    let app = App::start_with(setup).await;
    app.alice().registered().await;
    let stranger = json!({"email": "stranger@example.com", "password": "a correct horse battery"});
    assert_eq!(app.post("/v1/register").json(&stranger).await.status, 202);
    assert!(app.mails().await.is_empty(), "one was sent to Alice");
    forget_password(&app, "alice@example.com").await;
    assert_eq!(app.mail().await.kind(), LetterKind::ResetPassword);
    forget_password(&app, "alice@example.com").await;
    assert!(app.mails().await.is_empty());
    app.pass(Duration::from_hours(73));
    app.mails().await;
    assert_eq!(states(&app).await.iter().filter(|state| **state == MailState::Pending).count(), 0);
}

#[every_engine]
async fn what_an_owner_must_hear_goes_before_a_flood() {
    let app = App::start_with(Setup::with_mails()).await;
    let session = app.alice().logged_in().await;
    for number in 0..20 {
        forget_password(&app, &format!("nobody{number}@example.com")).await;
    }
    app.pass(Duration::from_secs(1));
    let body = json!({"current_password": app.alice().password(), "new_password": "another correct horse"});
    assert_eq!(session.post("/v1/me/password").json(&body).await.status, 200);
    assert_eq!(app.auth.deliver_mails().await.unwrap().sent, 1);
    assert_eq!(app.mailbox.take().len(), 1);
}

#[every_engine]
async fn a_network_that_asks_for_very_many_mails_is_told_to_come_back() {
    let mut setup = Setup::with_mails();
    let few = Budget::steady(3, Duration::from_secs(2));
    setup.policy.throttle =
        setup.policy.throttle.map(|limits| ThrottlePolicy { mails_of_network: few, ..limits });
    let app = App::start_with(setup).await;
    let ask = async |from: &str| {
        let asked = app.post("/v1/password/forgot").json(&json!({"email": "alice@example.com"}));
        asked.from(from).await
    };
    for address in ["198.51.100.9", "198.51.100.10", "198.51.100.11"] {
        assert_eq!(ask(address).await.status, 202);
    }
    let refused = ask("198.51.100.12").await;
    assert_eq!((refused.status.as_u16(), refused.header("retry-after")), (429, Some("2")));
    assert_eq!(ask("203.0.113.12").await.status, 202);
    let network = Limited::Network("198.51.100.0/24".parse().unwrap());
    assert_eq!(app.auth.clear_throttle(&Administrator::operator(), &network).await.unwrap(), 1);
    assert_eq!(ask("198.51.100.12").await.status, 202);
}

#[every_engine]
async fn whoever_asks_for_very_many_mails_is_told_to_come_back() {
    let app = App::start_with(Setup::with_mails()).await;
    for number in 0..30 {
        let answer = forget_password(&app, &format!("person{number}@example.com")).await;
        assert_eq!(answer.status, 202);
    }
    let refused = forget_password(&app, "alice@example.com").await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (429, "too_many_requests"));
    assert!(refused.header("retry-after").is_some());
    let elsewhere = app.post("/v1/password/forgot").json(&json!({"email": "alice@example.com"}));
    assert_eq!(elsewhere.from("198.51.100.9").await.status, 202);
}

#[every_engine]
async fn a_mail_is_written_with_what_causes_it_or_neither() {
    let app = App::start_with(Setup::with_mails()).await;
    let session = app.alice().logged_in().await;
    app.store.goes_down(crate::api::outage());
    let body = json!({"current_password": app.alice().password(), "new_password": "another correct horse"});
    assert_eq!(session.post("/v1/me/password").json(&body).await.status, 500);
    assert_eq!(forget_password(&app, "alice@example.com").await.status, 500);
    app.store.comes_back();
    assert!(app.mails().await.is_empty());
    app.alice().logs_in().await;
}

/// Where nobody can be found for longer than a link is good, the mail that arrives at last has a good one.
#[every_engine]
async fn a_link_that_has_expired_before_its_mail_was_taken_is_made_anew() {
    let app = App::start_with(Setup::with_mails()).await;
    app.alice().registered().await;
    forget_password(&app, "alice@example.com").await;
    for minutes in [1, 2, 4, 8, 16, 32, 64] {
        app.mailbox.refuses_next(later());
        assert!(app.mails().await.is_empty());
        app.pass(Duration::from_mins(minutes));
    }
    let mail = app.mail().await;
    assert_eq!(reset_password(&app, &mail.token(), "another correct horse").await.status, 200);
}

/// A mail that says no is not lost by being tried twice.
#[every_engine]
async fn what_is_told_to_whoever_has_an_account_is_tried_again_as_well() {
    let app = App::start_with(Setup::with_mails()).await;
    app.alice().registered().await;
    app.post("/v1/register").json(&app.alice().registration()).await;
    app.mailbox.refuses_next(later());
    assert!(app.mails().await.is_empty());
    app.pass(Duration::from_mins(1));
    assert_eq!(app.mail().await.kind(), LetterKind::AddressInUse);
}
