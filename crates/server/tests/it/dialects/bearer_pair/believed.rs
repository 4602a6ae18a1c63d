//! Whom does a token of an older backend, or of whoever found its secret, not speak for?

use std::time::Duration;

use portcullis_core::crypto::Password;
use portcullis_core::crypto::password::{Scheme, Scratch};
use portcullis_core::model::{Role, Timestamp};
use portcullis_every_engine::every_engine;
use serde_json::json;

use super::super::forge;
use super::super::server::{ACCESS_SECRET, Server};
use super::takeover::old_tokens;
use super::{NAME, log_out, refresh};

#[every_engine]
async fn an_old_number_does_not_open_an_account_that_got_it_here() {
    let server = Server::speaking(NAME).await;
    let (access, old) = old_tokens(41, server.now_s() - 120);
    // It came from a backend whose ids are texts.
    server.import(41, |account| account.external_id = Some("64b7f3a1c2d3e4f5a6b7c8d9".to_owned())).await;
    assert_eq!(server.get_as("/protected", &access).await.status, 403);
    assert_eq!(refresh(&server, &old).await.status, 403);
}

#[every_engine]
async fn the_shared_secret_opens_no_administrator_who_was_made_here() {
    let server = Server::speaking(NAME).await;
    for (number, cut_over_at, status) in [(41, None, 403), (42, Some(server.now_s() - 60), 200)] {
        let change = |account: &mut portcullis_core::model::Account| {
            account.role = Role::Admin;
            account.cut_over_at = cut_over_at.map(Timestamp::from_seconds);
        };
        server.import(number, change).await;
        let (access, _) = old_tokens(number, server.now_s() - 120);
        assert_eq!(server.get_as("/protected", &access).await.status, status, "{number}");
    }
}

#[every_engine]
async fn what_was_ended_stays_ended_however_long_its_token_lives() {
    let server = Server::speaking(NAME).await;
    server.import(41, |_| {}).await;
    let issued_s = server.now_s() - 120;
    let long = json!({ "userId": 41, "iat": issued_s, "exp": issued_s + 30 * 86_400 });
    let endless = json!({ "userId": 41, "iat": issued_s });
    let tokens = [&long, &endless].map(|claims| forge::sign(claims, ACCESS_SECRET));
    let (_, old) = old_tokens(41, issued_s);
    let own = refresh(&server, &old).await;
    assert_eq!(log_out(&server, &own.text("accessToken")).await.status, 204);
    for hours in [0, 1, 24] {
        server.pass(Duration::from_hours(hours));
        server.auth.synchronise().await.unwrap();
        server.auth.maintain(&[]).await.unwrap();
        for token in &tokens {
            assert_eq!(server.get_as("/protected", token).await.status, 403, "after {hours} hours");
        }
    }
}

#[every_engine]
async fn nothing_is_believed_from_the_future_or_for_more_than_a_year() {
    let server = Server::speaking(NAME).await;
    server.import(41, |_| {}).await;
    let now = server.now_s();
    let year = 366 * 86_400;
    for (issued_s, ends_s, status) in [
        (now + 30, now + 900, 200),
        (now + 61, now + 900, 403),
        (now - year, now + 900, 200),
        (now - 2 * year, now + 900, 403),
        (now, 253_402_300_799, 200),
    ] {
        let token = forge::sign(&json!({ "userId": 41, "iat": issued_s, "exp": ends_s }), ACCESS_SECRET);
        assert_eq!(server.get_as("/protected", &token).await.status, status, "{issued_s} {ends_s}");
    }
}

#[every_engine]
async fn a_logout_that_nobody_waits_for_leaves_no_session_behind() {
    let server = Server::speaking(NAME).await;
    let account = server.import(41, |_| {}).await;
    let (access, old) = old_tokens(41, server.now_s() - 120);
    let (out, refreshed) = tokio::join!(log_out(&server, &access), refresh(&server, &old));
    assert_eq!(out.status, 204);
    assert!([200, 403].contains(&refreshed.status.as_u16()));
    assert_eq!(refresh(&server, &old).await.status, 403);
    if refreshed.status == 200 {
        assert_eq!(refresh(&server, &refreshed.text("refreshToken")).await.status, 403);
    }
    assert_eq!(account.number, 41);
}

#[every_engine]
async fn a_password_counts_as_a_whole_once_it_was_set_here() {
    let server = Server::speaking(NAME).await;
    let cut = Password::from("x".repeat(72));
    let hash = Scheme::Bcrypt { cost: 4 }.hash(&cut, [7; 16], &mut Scratch::default()).unwrap();
    let account = server.import_with_hash(41, Some(hash.as_str()), |_| {}).await;
    let log_in = async |length: usize| {
        let body = json!({ "email": "old41@example.com", "password": "x".repeat(length) });
        server.post("/login", &body).await.status.as_u16()
    };
    assert_eq!((log_in(72).await, log_in(80).await), (200, 200));
    server.auth.set_password(account.id, &cut).await.unwrap();
    assert_eq!((log_in(72).await, log_in(80).await), (200, 400));
}
