//! Which texts are no refresh tokens, and what does it cost to find out?

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use portcullis_core::crypto::refresh::{RefreshKey, RefreshTokenError, Statement};
use portcullis_every_engine::every_engine;
use serde_json::json;

use super::app::{App, Setup};
use super::client::REFRESH_COOKIE;

const PREFIX: &str = "pc_rt_";

/// Refuses a token in the body and in a cookie. Without a look into the database, unless it names an unknown key:
/// then with one at the keys each.
async fn assert_refused(app: &App, token: &str, what: &str) {
    let names_unknown_key = matches!(app.auth.open_refresh_token(token), Err(RefreshTokenError::UnknownKey));
    let mut looks = Vec::new();
    app.store.take_calls();
    let in_body = app.post("/v1/token/refresh").json(&json!({"refresh_token": token})).await;
    assert_eq!((in_body.status.as_u16(), in_body.code().as_str()), (401, "invalid_refresh_token"), "{what}");
    let cookie_value =
        !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic() && !b";,\"".contains(&byte));
    if cookie_value {
        let call = app.post("/v1/token/refresh").header("cookie", &format!("{REFRESH_COOKIE}={token}"));
        assert_eq!(call.await.code(), "invalid_refresh_token", "{what}");
        looks.extend(names_unknown_key.then_some("list_keys"));
    }
    looks.extend(names_unknown_key.then_some("list_keys"));
    assert_eq!(app.store.take_calls(), looks, "{what}");
}

fn raw(token: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(token.strip_prefix(PREFIX).unwrap()).unwrap()
}

fn token(raw: &[u8]) -> String {
    format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(raw))
}

#[every_engine]
async fn a_token_with_any_one_bit_changed_is_refused() {
    let app = App::start_with(Setup::without_throttle()).await;
    let alice = app.alice().logged_in().await;
    let good = raw(&alice.refresh_token());
    assert_eq!(good.len() * 8, 384);
    for bit in 0..good.len() * 8 {
        let mut changed = good.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert_refused(&app, &token(&changed), &format!("bit {bit}")).await;
    }
    assert_eq!(alice.refreshes().await.status, 200, "the token itself is still good");
}

#[every_engine]
async fn a_token_with_any_one_character_changed_is_refused() {
    let app = App::start().await;
    let good = app.alice().logged_in().await.refresh_token();
    for position in 0..good.len() {
        let mut changed = good.clone().into_bytes();
        changed[position] = if changed[position] == b'A' { b'B' } else { b'A' };
        assert_refused(&app, std::str::from_utf8(&changed).unwrap(), &format!("character {position}")).await;
    }
}

#[every_engine]
async fn a_token_that_lacks_something_or_has_too_much_is_refused() {
    let app = App::start().await;
    let good = app.alice().logged_in().await.refresh_token();
    for end in 0..good.len() {
        assert_refused(&app, &good[..end], &format!("the first {end} characters")).await;
    }
    for (what, token) in [
        ("one character more", format!("{good}A")),
        ("padding", format!("{good}==")),
        ("a blank before it", format!(" {good}")),
        ("a line feed after it", format!("{good}\n")),
        ("no prefix", good[PREFIX.len()..].to_owned()),
        ("the prefix twice", format!("{PREFIX}{good}")),
        ("another case", good.to_uppercase()),
        ("the other base64 alphabet", good.replace(['-', '_'], "+")),
        ("a NUL", format!("{good}\u{0}")),
        ("two of them", format!("{good}{good}")),
        ("ten kilobytes", format!("{good}{}", "A".repeat(10_000))),
        ("letters of another script", format!("{PREFIX}{}", "é".repeat(32))),
    ] {
        assert_refused(&app, &token, what).await;
    }
}

#[every_engine]
async fn a_token_of_another_key_is_refused_under_every_name() {
    let app = App::start().await;
    let alice = app.alice().logged_in().await;
    let good = raw(&alice.refresh_token());
    let real_id = u32::from_be_bytes(good[..4].try_into().unwrap());
    let session = good[4..20].try_into().unwrap();
    for id in [real_id, real_id ^ 1, 0, u32::MAX] {
        for secret in [[0; 32], [7; 32]] {
            let forged = RefreshKey::new(id, &secret).issue(Statement { session, generation: 1 });
            assert_refused(&app, forged.expose(), "another key").await;
        }
    }
}

#[every_engine]
async fn an_access_token_is_no_refresh_token() {
    let app = App::start().await;
    let alice = app.alice().logged_in().await;
    assert_refused(&app, &alice.access(), "an access token").await;
    assert_refused(&app, &alice.session_id, "the id of a session").await;
}

#[every_engine]
async fn a_token_of_another_server_is_refused() {
    let (app, other) = (App::start().await, App::start().await);
    // The same seed makes the same first key, so the other server puts a new one into service.
    let root = other.root().logged_in().await;
    for _ in 0..2 {
        let body = json!({"purpose": "refresh_token"});
        assert_eq!(root.post("/v1/admin/keys/rotate").json(&body).await.status, 200);
    }
    let foreign = other.alice().logged_in().await.refresh_token();
    assert_refused(&app, &foreign, "another server's token").await;
}
