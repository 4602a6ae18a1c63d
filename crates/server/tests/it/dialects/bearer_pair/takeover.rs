//! Does what a backend of this contract issued go on working, for whom it should and no longer than it should?

use std::time::Duration;

use portcullis_core::crypto::Password;
use portcullis_core::crypto::password::{Scheme, Scratch};
use portcullis_core::model::Timestamp;
use portcullis_every_engine::every_engine;
use serde_json::json;

use super::super::forge;
use super::super::server::{ACCESS_SECRET, REFRESH_SECRET, Server, Setup};
use super::{NAME, ada, log_in, log_out, refresh};

const WEEK_S: i64 = 7 * 86_400;

/// The tokens that the older backend gave account `id` at `issued_s`.
pub(super) fn old_tokens(id: i64, issued_s: i64) -> (String, String) {
    let access = json!({ "userId": id, "iat": issued_s, "exp": issued_s + 900 });
    let refresh = json!({ "userId": id, "iat": issued_s, "exp": issued_s + WEEK_S });
    (forge::sign(&access, ACCESS_SECRET), forge::sign(&refresh, REFRESH_SECRET))
}

#[every_engine]
async fn nobody_is_logged_out_by_the_switch() {
    let server = Server::speaking(NAME).await;
    server.import(41, |_| {}).await;
    let (access, old) = old_tokens(41, server.now_s() - 120);
    assert_eq!(server.get_as("/protected", &access).await.status, 200);
    let answer = refresh(&server, &old).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(forge::claims(&answer.text("accessToken"))["userId"], 41);
    assert_eq!(log_in(&server, "OLD41@example.com").await.status, 200);
    // New accounts get numbers after those that came.
    assert_eq!(server.post("/register", &super::newcomer("ada")).await.json()["id"], 42);
}

#[every_engine]
async fn a_refresh_token_of_the_older_backend_is_exchanged_once_like_one_of_our_own() {
    let server = Server::speaking(NAME).await;
    server.import(41, |_| {}).await;
    let (_, old) = old_tokens(41, server.now_s() - 120);
    let (first, again) = tokio::join!(refresh(&server, &old), refresh(&server, &old));
    assert_eq!((first.status.as_u16(), again.status.as_u16()), (200, 200));
    let sid = |token: &str| forge::claims(token)["sid"].clone();
    assert_eq!(sid(&first.text("accessToken")), sid(&again.text("accessToken")));
    let next = refresh(&server, &first.text("refreshToken")).await;
    assert_eq!(next.status, 200);
    server.pass(Duration::from_mins(5));
    let server = server.another_process().await;
    assert_eq!(refresh(&server, &old).await.status, 403);
    // Somebody has a copy: the session has ended.
    assert_eq!(refresh(&server, &next.text("refreshToken")).await.status, 403);
    assert_eq!(server.get_as("/protected", &next.text("accessToken")).await.status, 403);
}

#[every_engine]
async fn a_session_that_was_adopted_is_over_after_its_time_like_any_other() {
    const DAY: Duration = Duration::from_hours(24);
    let server = Server::speaking(NAME).await;
    server.import(41, |_| {}).await;
    let [(_, used), (_, idle)] = [120, 240].map(|ago| old_tokens(41, server.now_s() - ago));
    let end_s = server.now_s() + 30 * 86_400;
    let idle = refresh(&server, &idle).await.text("refreshToken");
    let mut used = refresh(&server, &used).await.text("refreshToken");
    let nearly_five = Duration::from_mins(5 * 1440 - 5);
    for step in [6 * DAY, DAY, 6 * DAY, 6 * DAY, 6 * DAY, nearly_five] {
        server.pass(step);
        let answer = refresh(&server, &used).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        used = answer.text("refreshToken");
        let access = forge::claims(&answer.text("accessToken"));
        assert_eq!(access["exp"], (server.now_s() + 900).min(end_s));
        assert!(forge::claims(&used)["exp"].as_i64() <= Some(end_s));
    }
    server.pass(Duration::from_mins(5));
    assert_eq!(refresh(&server, &used).await.status, 403);
    assert_eq!(refresh(&server, &idle).await.status, 403, "it was idle for a week and more");
}

#[every_engine]
async fn the_secret_makes_no_session_for_who_was_made_here_or_after_the_switch() {
    let server = Server::speaking(NAME).await;
    server.import(41, |_| {}).await;
    ada(&server).await;
    let now = server.now_s();
    for (id, issued_s, what) in [
        (42, now - 120, "an account that was made here"),
        (41, now - 30, "after the cut-over"),
        (41, now + 30, "in the future"),
        (99, now - 120, "nobody"),
        (41, now - WEEK_S - 1, "expired"),
    ] {
        assert_eq!(refresh(&server, &old_tokens(id, issued_s).1).await.status, 403, "{what}");
    }
    let without_end = json!({ "userId": 41, "iat": now - 120 });
    assert_eq!(refresh(&server, &forge::sign(&without_end, REFRESH_SECRET)).await.status, 403);
    let without_beginning = json!({ "userId": 41, "exp": now + 120 });
    assert_eq!(refresh(&server, &forge::sign(&without_beginning, REFRESH_SECRET)).await.status, 403);
}

#[every_engine]
async fn a_logout_ends_what_the_older_backend_issued_at_that_login() {
    let server = Server::speaking(NAME).await;
    server.import(41, |_| {}).await;
    let (access, old) = old_tokens(41, server.now_s() - 120);
    let (elsewhere, old_elsewhere) = old_tokens(41, server.now_s() - 100);
    assert_eq!(log_out(&server, &access).await.status, 204);
    assert_eq!(server.get_as("/protected", &access).await.status, 403);
    assert_eq!(refresh(&server, &old).await.status, 403);
    assert_eq!(server.get_as("/protected", &elsewhere).await.status, 200);
    assert_eq!(server.post("/logout", &json!({ "refreshToken": old_elsewhere })).await.status, 204);
    assert_eq!(server.get_as("/protected", &elsewhere).await.status, 403);
    let restarted = server.another_process().await;
    assert_eq!(restarted.get_as("/protected", &access).await.status, 403);
    assert_eq!(refresh(&restarted, &old).await.status, 403);
}

#[every_engine]
async fn an_exchanged_session_that_ended_ends_its_old_access_token() {
    let server = Server::speaking(NAME).await;
    server.import(41, |_| {}).await;
    let (access, old) = old_tokens(41, server.now_s() - 120);
    let answer = refresh(&server, &old).await;
    assert_eq!(log_out(&server, &answer.text("accessToken")).await.status, 204);
    assert_eq!(server.get_as("/protected", &access).await.status, 403);
    assert_eq!(refresh(&server, &old).await.status, 403);
}

#[every_engine]
async fn a_disabled_account_gets_nothing_for_its_old_tokens() {
    let server = Server::speaking(NAME).await;
    let now = server.now_s();
    server.import(41, |account| account.disabled_at = Some(Timestamp::from_seconds(now))).await;
    let (access, old) = old_tokens(41, now - 120);
    assert_eq!(server.get_as("/protected", &access).await.status, 403);
    assert_eq!(refresh(&server, &old).await.status, 403);
    assert_eq!(log_in(&server, "old41@example.com").await.status, 400);
}

#[every_engine]
async fn a_token_without_an_end_counts_for_a_week_if_it_is_from_before_the_switch() {
    let server = Server::speaking(NAME).await;
    server.import(41, |_| {}).await;
    let now = server.now_s();
    let token = |issued_s: i64| forge::sign(&json!({ "userId": 41, "iat": issued_s }), ACCESS_SECRET);
    assert_eq!(server.get_as("/protected", &token(now - 120)).await.status, 200);
    assert_eq!(server.get_as("/protected", &token(now - WEEK_S)).await.status, 403);
    assert_eq!(server.get_as("/protected", &token(now - 10)).await.status, 403);
}

#[every_engine]
async fn under_one_secret_the_lifetime_tells_old_tokens_apart() {
    let server = Server::start(Setup::of(&[NAME]).with_one_secret()).await;
    server.import(41, |_| {}).await;
    let issued_s = server.now_s() - 120;
    let access = forge::sign(&json!({ "userId": 41, "iat": issued_s, "exp": issued_s + 900 }), ACCESS_SECRET);
    let old = forge::sign(&json!({ "userId": 41, "iat": issued_s, "exp": issued_s + WEEK_S }), ACCESS_SECRET);
    assert_eq!(server.get_as("/protected", &old).await.status, 403);
    assert_eq!(refresh(&server, &access).await.status, 403);
    assert_eq!(server.get_as("/protected", &access).await.status, 200);
    assert_eq!(refresh(&server, &old).await.status, 200);
}

#[every_engine]
async fn a_new_password_ends_what_the_older_backend_issued_before() {
    let server = Server::speaking(NAME).await;
    let account = server.import(41, |_| {}).await;
    let (access, old) = old_tokens(41, server.now_s() - 120);
    server.auth.set_password(account.id, &Password::from("a better password".to_owned())).await.unwrap();
    assert_eq!(server.get_as("/protected", &access).await.status, 403);
    assert_eq!(refresh(&server, &old).await.status, 403);
    // What another service signs from now on is believed again.
    server.pass(Duration::from_secs(1));
    let (later, _) = old_tokens(41, server.now_s());
    assert_eq!(server.get_as("/protected", &later).await.status, 200);
}

#[every_engine]
async fn a_password_that_was_too_long_for_bcrypt_works_where_it_was_set_and_nowhere_else() {
    let server = Server::speaking(NAME).await;
    let cut = Password::from("x".repeat(72));
    let hash = Scheme::Bcrypt { cost: 4 }.hash(&cut, [7; 16], &mut Scratch::default()).unwrap();
    server.import_with_hash(41, Some(hash.as_str()), |_| {}).await;
    let registered = json!({ "username": "ada", "email": "ada@example.com", "password": "x".repeat(72) });
    assert_eq!(server.post("/register", &registered).await.status, 201);
    for (email, length, status) in [
        ("old41@example.com", 80, 200),
        ("ada@example.com", 80, 400),
        ("ada@example.com", 73, 400),
        ("ada@example.com", 72, 200),
    ] {
        let body = json!({ "email": email, "password": "x".repeat(length) });
        assert_eq!(server.post("/login", &body).await.status, status, "{email} {length}");
    }
}
