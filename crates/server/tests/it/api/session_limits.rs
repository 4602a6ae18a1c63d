//! How many sessions may somebody have, and for how long?

use std::num::NonZeroU32;
use std::time::Duration;

use portcullis_core::model::session::SessionLifetime;
use portcullis_every_engine::every_engine;

use super::app::{App, Setup};
use super::client::{ACCESS_COOKIE, Answer, REFRESH_COOKIE};
use super::forge::claims_of;

const MINUTE: Duration = Duration::from_mins(1);

fn with_two_sessions() -> Setup {
    let mut setup = Setup::default();
    setup.policy.max_sessions = NonZeroU32::new(2);
    setup
}

#[every_engine]
async fn a_login_too_many_ends_the_session_that_was_used_least_recently() {
    let app = App::start_with(with_two_sessions()).await;
    let first = app.alice().logged_in().await;
    app.pass(MINUTE);
    let second = app.alice().logs_in().await;
    app.pass(MINUTE);
    first.refreshes().await;
    app.pass(MINUTE);
    let third = app.alice().logs_in_by_cookie().await;
    assert_eq!(second.is_let_in().await.code(), "session_ended", "at once, at this node");
    assert_eq!(second.refreshes().await.code(), "invalid_refresh_token");
    assert_eq!(first.is_let_in().await.status, 200);
    let list = third.get("/v1/me/sessions").await.json();
    let ids: Vec<_> =
        list["sessions"].as_array().unwrap().iter().map(|session| session["id"].clone()).collect();
    assert_eq!(ids, [third.session_id.as_str(), first.session_id.as_str()]);
}

#[every_engine]
async fn the_audit_log_says_which_session_made_room() {
    let app = App::start_with(with_two_sessions()).await;
    let first = app.alice().logged_in().await;
    for _ in 0..2 {
        app.pass(MINUTE);
        app.alice().logs_in().await;
    }
    let root = app.root().logged_in().await;
    let log = root.get(&format!("/v1/admin/audit?account_id={}", first.account_id)).await.json();
    let entries = log["events"].as_array().unwrap();
    let entry = entries.iter().find(|entry| entry["kind"] == "session_revoked").unwrap();
    assert_eq!((&entry["session_id"], &entry["detail"]), (&first.session_id.into(), &"displaced".into()));
}

#[every_engine]
async fn of_many_logins_at_once_as_many_sessions_are_left_as_may_be() {
    let app = App::start_with(with_two_sessions()).await;
    app.alice().registered().await;
    let log_in = || app.post("/v1/login").json(&app.alice().credentials());
    app.store.let_two_meet_at("create_session");
    let (one, two) = log_in().twice().await;
    app.store.let_two_meet_at("create_session");
    let (three, four) = log_in().twice().await;
    assert!([&one, &two, &three, &four].iter().all(|answer| answer.status == 200));
    let last = app.alice().logs_in().await;
    assert_eq!(last.get("/v1/me/sessions").await.json()["sessions"].as_array().unwrap().len(), 2);
}

#[every_engine]
async fn without_a_limit_nobody_makes_room() {
    let mut setup = Setup::default();
    setup.policy.max_sessions = None;
    let app = App::start_with(setup).await;
    let first = app.alice().logged_in().await;
    for _ in 0..105 {
        app.alice().logs_in().await;
    }
    assert_eq!(first.is_let_in().await.status, 200);
}

/// Sessions of an hour that may be idle for half of it.
fn for_an_hour() -> Setup {
    let mut setup = Setup::default();
    setup.policy.session = SessionLifetime { absolute: 60 * MINUTE, idle: 30 * MINUTE, access: 15 * MINUTE };
    setup
}

fn lifetimes(answer: &Answer) -> (u64, u64) {
    let body = answer.json();
    (body["expires_in"].as_u64().unwrap(), body["refresh_expires_in"].as_u64().unwrap())
}

/// The `Max-Age` of a cookie.
fn max_age(answer: &Answer, cookie: &str) -> u64 {
    let lines = answer.headers.get_all("set-cookie").iter().map(|line| line.to_str().unwrap());
    let line = lines.into_iter().find(|line| line.starts_with(cookie)).unwrap();
    line.split("Max-Age=").nth(1).unwrap().split(';').next().unwrap().parse().unwrap()
}

#[every_engine]
async fn no_token_outlives_its_session() {
    let app = App::start_with(for_an_hour()).await;
    let (alice, browser) = (app.alice().logged_in().await, app.alice().logs_in_by_cookie().await);
    let began_at = app.auth.now().as_seconds();
    for (minutes, access, refresh) in [(25, 900, 1800), (25, 600, 600), (8, 120, 120)] {
        app.pass(minutes * MINUTE);
        assert_eq!(lifetimes(&alice.refreshes().await), (access, refresh));
        let answer = browser.refreshes().await;
        assert_eq!(lifetimes(&answer), (access, refresh));
        assert_eq!((max_age(&answer, ACCESS_COOKIE), max_age(&answer, REFRESH_COOKIE)), (access, refresh));
    }
    assert_eq!(claims_of(&alice)["exp"], began_at + 3600);
    app.pass(2 * MINUTE);
    assert_eq!(alice.is_let_in().await.code(), "access_token_expired");
    assert_eq!(alice.refreshes().await.code(), "invalid_refresh_token");
    assert_eq!(browser.refreshes().await.code(), "invalid_refresh_token");
}

#[every_engine]
async fn a_session_that_nobody_uses_is_over_before_its_end() {
    let app = App::start_with(for_an_hour()).await;
    let alice = app.alice().logged_in().await;
    app.pass(29 * MINUTE);
    assert_eq!(alice.refreshes().await.status, 200);
    app.pass(30 * MINUTE);
    assert_eq!(alice.refreshes().await.code(), "invalid_refresh_token");
    assert_eq!(alice.is_let_in().await.code(), "access_token_expired");
}
