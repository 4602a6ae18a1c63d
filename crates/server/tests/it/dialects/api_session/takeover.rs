//! Does what a backend of this contract issued go on working, for whom it should and no longer than it should?

use portcullis_core::model::Timestamp;
use portcullis_every_engine::every_engine;
use serde_json::{Value, json};

use super::super::forge;
use super::super::server::{ACCESS_SECRET, Server};
use super::{Browser, NAME, PASSWORD, WEEK_S, lovelace, newcomer};

/// The token that the older backend gave account `id` at `issued_s`.
fn old_token(id: i64, issued_s: i64) -> String {
    let data = json!({ "id": id, "username": "as it was", "email": "then@example.com" });
    forge::sign(&json!({ "data": data, "iat": issued_s, "exp": issued_s + WEEK_S }), ACCESS_SECRET)
}

async fn session(server: &Server, token: &str) -> Value {
    Browser::with(server, "token", token).await.get("/api/session").await.json()
}

fn old41() -> Value {
    json!({ "user": { "id": 41, "username": "old41", "email": "old41@example.com" } })
}

fn nobody() -> Value {
    json!({ "user": null })
}

#[every_engine]
async fn nobody_is_logged_out_by_the_switch() {
    let server = Server::speaking(NAME).await;
    server.import(41, |_| {}).await;
    let now = server.now_s();
    assert_eq!(session(&server, &old_token(41, now - 120)).await, old41());
    assert_eq!(session(&server.another_process().await, &old_token(41, now - WEEK_S + 1)).await, old41());
    let browser = Browser::open(&server).await;
    for credential in ["old41", "OLD41@example.com"] {
        let answer = browser.log_in(credential, PASSWORD).await;
        assert_eq!((answer.status.as_u16(), answer.json()), (200, old41()));
    }
    // New accounts get numbers after those that came.
    assert_eq!(browser.post("/api/users", &newcomer("lovelace")).await.json()["user"]["id"], 42);
}

#[every_engine]
async fn a_browser_keeps_the_secret_that_the_older_backend_gave_it() {
    let server = Server::speaking(NAME).await;
    server.import(41, |_| {}).await;
    let browser = Browser::with(&server, "_csrf", "7Hq0w3mJcQ2vXb9LkT1sYfZd").await;
    let answer = browser.get("/api/csrf/restore").await;
    assert_eq!(answer.cookies().len(), 1);
    assert_eq!(browser.log_in("old41", PASSWORD).await.status, 200);
}

#[every_engine]
async fn a_token_that_another_holder_of_the_secret_makes_is_accepted_for_its_account() {
    let server = Server::speaking(NAME).await;
    lovelace(&server).await;
    let now = server.now_s();
    assert_eq!(session(&server, &old_token(1, now)).await["user"]["username"], "lovelace");
    for (id, issued_s, what) in [(2, now, "nobody"), (1, now - WEEK_S, "expired")] {
        assert_eq!(session(&server, &old_token(id, issued_s)).await, nobody(), "{what}");
    }
}

#[every_engine]
async fn a_logout_ends_what_the_older_backend_issued_at_that_login() {
    let server = Server::speaking(NAME).await;
    server.import(41, |_| {}).await;
    let now = server.now_s();
    let (here, elsewhere) = (old_token(41, now - 120), old_token(41, now - 100));
    let browser = Browser::with(&server, "token", &here).await;
    assert_eq!(browser.delete("/api/session").await.status, 200);
    for server in [&server, &server.another_process().await] {
        assert_eq!(session(server, &here).await, nobody());
        assert_eq!(session(server, &elsewhere).await, old41());
    }
}

#[every_engine]
async fn a_disabled_account_gets_nothing_for_its_old_token() {
    let server = Server::speaking(NAME).await;
    let now = server.now_s();
    server.import(41, |account| account.disabled_at = Some(Timestamp::from_seconds(now))).await;
    assert_eq!(session(&server, &old_token(41, now - 120)).await, nobody());
    assert_eq!(Browser::open(&server).await.log_in("old41", PASSWORD).await.status, 401);
}

#[every_engine]
async fn a_token_without_an_end_was_never_issued() {
    let server = Server::speaking(NAME).await;
    server.import(41, |_| {}).await;
    let token = forge::sign(&json!({ "data": { "id": 41 }, "iat": server.now_s() - 120 }), ACCESS_SECRET);
    assert_eq!(session(&server, &token).await, nobody());
}
