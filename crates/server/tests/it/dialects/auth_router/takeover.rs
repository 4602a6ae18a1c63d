//! Does what a backend of this contract issued go on working, for whom it should and no longer than it should?

use std::time::Duration;

use portcullis_core::flows::administer::Administrator;
use portcullis_core::model::{Account, Timestamp};
use portcullis_every_engine::every_engine;
use serde_json::{Value, json};

use super::super::forge;
use super::super::server::{ACCESS_SECRET, REFRESH_SECRET, Server, Setup};
use super::{
    HOUR_S, ISSUER, NAME, PASSWORD, YEAR_S, account, ada, fault, log_in, log_out, log_out_with, refresh, said,
};

/// An id as `MongoDB` makes them.
const OLD_ID: &str = "65f0c0ffee65f0c0ffee65f0";

async fn import(server: &Server, change: impl FnOnce(&mut Account)) -> Account {
    let import = |account: &mut Account| {
        account.external_id = Some(OLD_ID.to_owned());
        change(account);
    };
    server.import(41, import).await
}

fn claims(id: &str, issued_s: i64, lifetime_s: i64) -> Value {
    json!({ "iat": issued_s, "exp": issued_s + lifetime_s, "aud": id, "iss": ISSUER })
}

/// The tokens that the older backend gave an account at `issued_s`.
fn old_tokens(id: &str, issued_s: i64) -> (String, String) {
    let access = forge::sign(&claims(id, issued_s, HOUR_S), ACCESS_SECRET);
    (access, forge::sign(&claims(id, issued_s, YEAR_S), REFRESH_SECRET))
}

#[every_engine]
async fn nobody_is_logged_out_by_the_switch() {
    let server = Server::speaking(NAME).await;
    import(&server, |_| {}).await;
    let (access, old) = old_tokens(OLD_ID, server.now_s() - 120);
    assert_eq!(server.get_as("/", &access).await.body, "It works!");
    let answer = refresh(&server, &old).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let claims = forge::claims(&answer.text("accessToken"));
    assert_eq!((&claims["aud"], &claims["iss"]), (&json!(OLD_ID), &json!(ISSUER)));
    assert_eq!(server.get_as("/", &answer.text("accessToken")).await.status, 200);
    assert_eq!(forge::claims(&log_in(&server, "OLD41@example.com").await.body)["aud"], OLD_ID);
}

#[every_engine]
async fn a_refresh_token_of_the_older_backend_is_exchanged_once_like_one_of_our_own() {
    let server = Server::speaking(NAME).await;
    import(&server, |_| {}).await;
    let (_, old) = old_tokens(OLD_ID, server.now_s() - 120);
    let (first, again) = tokio::join!(refresh(&server, &old), refresh(&server, &old));
    assert_eq!((first.status.as_u16(), again.status.as_u16()), (200, 200));
    let sid = |token: &str| forge::claims(token)["sid"].clone();
    assert_eq!(sid(&first.text("accessToken")), sid(&again.text("accessToken")));
    let next = refresh(&server, &first.text("refreshToken")).await;
    assert_eq!(next.status, 200);
    server.pass(Duration::from_mins(5));
    let server = server.another_process().await;
    assert_eq!(said(&refresh(&server, &old).await), fault(401, "Unauthorized"));
    // Somebody has a copy: the session has ended.
    assert_eq!(refresh(&server, &next.text("refreshToken")).await.status, 401);
    assert_eq!(server.get_as("/", &next.text("accessToken")).await.status, 401);
}

#[every_engine]
async fn the_secret_makes_no_session_for_who_was_made_here_or_after_the_switch() {
    let server = Server::speaking(NAME).await;
    import(&server, |_| {}).await;
    ada(&server).await;
    let here = account(&server, "ada@example.com").await;
    let now = server.now_s();
    for (id, issued_s, what) in [
        (here.external_id.unwrap().as_str(), now - 120, "an account that was made here"),
        (&here.id.to_string(), now - 120, "an account that was made here, by its own id"),
        (OLD_ID, now - 30, "after the cut-over"),
        (OLD_ID, now + 30, "in the future"),
        (OLD_ID, now - YEAR_S, "expired"),
        ("65f0c0ffee65f0c0ffee65f1", now - 120, "nobody"),
    ] {
        assert_eq!(
            said(&refresh(&server, &old_tokens(id, issued_s).1).await),
            fault(401, "Unauthorized"),
            "{what}"
        );
    }
    for (name, value) in [
        ("exp", Value::Null),
        ("iat", Value::Null),
        ("iss", Value::Null),
        ("aud", Value::Null),
        ("iss", json!("elsewhere")),
        ("aud", json!([OLD_ID])),
        ("exp", json!("tomorrow")),
    ] {
        let mut claims = claims(OLD_ID, now - 120, YEAR_S);
        match value {
            Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
            value => claims[name] = value,
        }
        assert_eq!(refresh(&server, &forge::sign(&claims, REFRESH_SECRET)).await.status, 401, "{claims}");
    }
}

#[every_engine]
async fn another_service_with_the_secret_goes_on_making_access_tokens() {
    let server = Server::speaking(NAME).await;
    import(&server, |_| {}).await;
    ada(&server).await;
    let here = account(&server, "ada@example.com").await;
    for id in [OLD_ID, here.external_id.unwrap().as_str(), &here.id.to_string()] {
        let token = forge::sign(&claims(id, server.now_s(), 60), ACCESS_SECRET);
        assert_eq!(server.get_as("/", &token).await.status, 200, "{id}");
    }
}

#[every_engine]
async fn an_account_without_an_id_of_the_older_form_is_named_by_its_own() {
    let server = Server::speaking(NAME).await;
    let account = server.import(41, |_| {}).await;
    let token = log_in(&server, "old41@example.com").await.body;
    assert_eq!(forge::claims(&token)["aud"], account.id.to_string());
    let (access, old) = old_tokens(&account.id.to_string(), server.now_s() - 120);
    assert_eq!(server.get_as("/", &access).await.status, 200);
    assert_eq!(refresh(&server, &old).await.status, 200);
}

#[every_engine]
async fn a_logout_ends_what_the_older_backend_issued_at_that_login() {
    let server = Server::speaking(NAME).await;
    import(&server, |_| {}).await;
    let (access, old) = old_tokens(OLD_ID, server.now_s() - 120);
    let (elsewhere, old_elsewhere) = old_tokens(OLD_ID, server.now_s() - 100);
    assert_eq!(log_out(&server, &access).await.status, 200);
    assert_eq!(server.get_as("/", &access).await.status, 401);
    assert_eq!(refresh(&server, &old).await.status, 401);
    assert_eq!(server.get_as("/", &elsewhere).await.status, 200);
    assert_eq!(log_out_with(&server, &json!({ "refreshToken": old_elsewhere })).await.status, 200);
    assert_eq!(server.get_as("/", &elsewhere).await.status, 401);
    let restarted = server.another_process().await;
    for (access, old) in [(&access, &old), (&elsewhere, &old_elsewhere)] {
        assert_eq!(restarted.get_as("/", access).await.status, 401);
        assert_eq!(refresh(&restarted, old).await.status, 401);
    }
}

#[every_engine]
async fn an_exchanged_session_that_ended_ends_its_old_access_token() {
    let server = Server::speaking(NAME).await;
    import(&server, |_| {}).await;
    let (access, old) = old_tokens(OLD_ID, server.now_s() - 120);
    let answer = refresh(&server, &old).await;
    assert_eq!(log_out(&server, &answer.text("accessToken")).await.status, 200);
    assert_eq!(server.get_as("/", &access).await.status, 401);
    assert_eq!(refresh(&server, &old).await.status, 401);
}

#[every_engine]
async fn a_disabled_or_deleted_account_gets_nothing_for_its_old_tokens() {
    let server = Server::speaking(NAME).await;
    let now = server.now_s();
    let account = import(&server, |account| account.disabled_at = Some(Timestamp::from_seconds(now))).await;
    let (access, old) = old_tokens(OLD_ID, now - 120);
    let operator = Administrator::operator();
    for step in ["disabled", "deleted"] {
        assert_eq!(server.get_as("/", &access).await.status, 401, "{step}");
        assert_eq!(refresh(&server, &old).await.status, 401, "{step}");
        let answer = log_in(&server, "old41@example.com").await;
        assert_eq!(said(&answer), fault(401, "Email or password not valid"), "{step}");
        if step == "disabled" {
            server.auth.delete_account(&operator, account.id).await.unwrap();
        }
    }
}

#[every_engine]
async fn a_token_without_an_end_is_not_believed_whenever_it_was_issued() {
    let server = Server::speaking(NAME).await;
    import(&server, |_| {}).await;
    for issued_s in [server.now_s() - 120, server.now_s()] {
        let token = forge::sign(&json!({ "iat": issued_s, "aud": OLD_ID, "iss": ISSUER }), ACCESS_SECRET);
        assert_eq!(said(&server.get_as("/", &token).await), fault(401, "Unauthorized"));
    }
}

#[every_engine]
async fn under_one_secret_the_lifetime_tells_old_tokens_apart() {
    let server = Server::start(Setup::of(&[NAME]).with_one_secret()).await;
    import(&server, |_| {}).await;
    let issued_s = server.now_s() - 120;
    let access = forge::sign(&claims(OLD_ID, issued_s, HOUR_S), ACCESS_SECRET);
    let old = forge::sign(&claims(OLD_ID, issued_s, YEAR_S), ACCESS_SECRET);
    assert_eq!(server.get_as("/", &old).await.status, 401);
    assert_eq!(refresh(&server, &access).await.status, 401);
    assert_eq!(server.get_as("/", &access).await.status, 200);
    assert_eq!(refresh(&server, &old).await.status, 200);
}

#[every_engine]
async fn a_password_of_the_older_backend_is_taken_exactly_as_it_was() {
    let server = Server::speaking(NAME).await;
    import(&server, |_| {}).await;
    for (password, status) in
        [(PASSWORD, 200), ("Correct horse battery", 401), ("correct horse battery ", 401)]
    {
        let body = json!({ "email": "old41@example.com", "password": password });
        assert_eq!(server.post("/auth/login", &body).await.status, status, "{password:?}");
    }
    let mut body = super::newcomer("other");
    body["email"] = json!("Old41@Example.com");
    let answer = server.post("/auth/register", &body).await;
    assert_eq!(said(&answer), fault(409, "old41@example.com is already registered"));
}
