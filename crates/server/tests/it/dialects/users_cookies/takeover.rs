//! Does what a backend of this contract issued go on working, for whom it should and no longer than it should?

use std::time::Duration;

use portcullis_core::legacy::foreign_session;
use portcullis_core::model::{Account, Client, Session, Timestamp};
use portcullis_core::policy::refresh::Rotations;
use portcullis_every_engine::every_engine;
use portcullis_store::transfer::{AdoptedSession, Record};
use serde_json::json;

use super::super::forge;
use super::super::server::{ACCESS_SECRET, REFRESH_SECRET, Server, Setup};
use super::{Browser, DAY_S, NAME, log_in, newcomer, profile_by, refresh_by, refusal, refused, welcome};

const USED: &str = "Refresh token is expired or used";
const NUMBER: i64 = 41;

/// The tokens that the older backend gave an account at `issued_s`.
fn old_tokens(id: i64, issued_s: i64) -> Browser {
    let email = format!("old{id}@example.com");
    let access = json!({ "id": id, "email": email, "iat": issued_s, "exp": issued_s + DAY_S });
    let refresh = json!({ "id": id, "iat": issued_s, "exp": issued_s + 7 * DAY_S });
    Browser { access: forge::sign(&access, ACCESS_SECRET), refresh: forge::sign(&refresh, REFRESH_SECRET) }
}

/// What an import makes of the refresh token in an account's row.
async fn bring_session(server: &Server, account: &Account, issued_s: i64) {
    let (created_at, expires_at) =
        (Timestamp::from_seconds(issued_s), Timestamp::from_seconds(issued_s + 7 * DAY_S));
    let session_id = foreign_session(account.id, issued_s);
    let session = Session {
        id: session_id,
        account_id: account.id,
        generation: 1,
        rotations: Rotations::default(),
        client: Client::default(),
        created_at,
        authenticated_at: created_at,
        last_seen_at: created_at,
        expires_at,
        idle_expires_at: expires_at,
        access_expires_at: Timestamp::from_seconds(issued_s + DAY_S),
        revoked: None,
    };
    server.write(Record::Session(session)).await;
    server.write(Record::AdoptedSession(AdoptedSession { session_id, expires_at })).await;
}

/// An account of the older backend whose last login there was two minutes ago, and the cookies of that login.
async fn newly_brought(server: &Server) -> Browser {
    let account = server.import(NUMBER, |_| {}).await;
    let issued_s = server.now_s() - 120;
    bring_session(server, &account, issued_s).await;
    old_tokens(NUMBER, issued_s)
}

#[every_engine]
async fn nobody_is_logged_out_by_the_switch() {
    let server = Server::speaking(NAME).await;
    let browser = newly_brought(&server).await;
    let profile = browser.profile(&server).await;
    assert_eq!(
        profile.body,
        r#"{"id":41,"name":null,"email":"old41@example.com","bio":null,"contact":null}"#
    );
    let answer = browser.refresh(&server).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let next = Browser::after(&answer);
    assert_eq!(forge::claims(&next.access)["id"], NUMBER);
    assert_eq!(next.profile(&server.another_process().await).await.status, 200);
    assert_eq!(browser.profile(&server).await.status, 200);
    assert_eq!(log_in(&server, "OLD41@example.com").await.status, 200);
    // New accounts get numbers after those that came.
    assert_eq!(server.post("/users/register", &newcomer("ada")).await.json()["id"], NUMBER + 1);
}

#[every_engine]
async fn an_old_refresh_token_is_exchanged_once_like_one_of_our_own() {
    let server = Server::speaking(NAME).await;
    let old = newly_brought(&server).await;
    let (one, other) = tokio::join!(old.refresh(&server), old.refresh(&server));
    let sid = |answer| forge::claims(&Browser::after(answer).access)["sid"].clone();
    assert_eq!(sid(&one), sid(&other));
    let next = Browser::after(&Browser::after(&one).refresh(&server).await);
    server.pass(Duration::from_mins(5));
    let server = server.another_process().await;
    assert_eq!(refusal(&old.refresh(&server).await), refused(401, USED));
    // Somebody has a copy: the session has ended.
    assert_eq!(refusal(&next.refresh(&server).await), refused(401, USED));
    assert_eq!(refusal(&next.profile(&server).await).0, 401);
}

#[every_engine]
async fn only_the_refresh_token_in_the_row_counts() {
    let server = Server::speaking(NAME).await;
    let stored = newly_brought(&server).await;
    let now = server.now_s();
    for issued_s in [now - 121, now - 119, now - 3600, now - 61] {
        let never = old_tokens(NUMBER, issued_s);
        assert_eq!(refusal(&never.refresh(&server).await), refused(401, USED), "{issued_s}");
        assert_eq!(never.profile(&server).await.status, 200);
    }
    assert_eq!(stored.refresh(&server).await.status, 200);
}

#[every_engine]
async fn the_secret_makes_no_session_for_who_was_made_here_or_after_the_switch() {
    let server = Server::speaking(NAME).await;
    newly_brought(&server).await;
    welcome(&server, "ada").await;
    let now = server.now_s();
    for (id, issued_s, what) in [
        (NUMBER + 1, now - 120, "an account that was made here"),
        (NUMBER, now - 30, "after the cut-over"),
        (NUMBER, now + 30, "in the future"),
        (99, now - 120, "nobody"),
        (NUMBER, now - 7 * DAY_S - 1, "expired"),
    ] {
        assert_eq!(refusal(&old_tokens(id, issued_s).refresh(&server).await), refused(401, USED), "{what}");
    }
    for claims in [json!({ "id": NUMBER, "iat": now - 120 }), json!({ "id": NUMBER, "exp": now + 120 })] {
        let answer = refresh_by(&server, &forge::sign(&claims, REFRESH_SECRET)).await;
        assert_eq!(refusal(&answer), refused(401, USED), "{claims}");
    }
}

#[every_engine]
async fn a_logout_by_an_old_access_token_ends_what_was_issued_with_it() {
    let server = Server::speaking(NAME).await;
    let browser = newly_brought(&server).await;
    let elsewhere = old_tokens(NUMBER, server.now_s() - 100);
    assert_eq!(browser.log_out(&server).await.status, 200);
    // A login whose refresh token was no longer in the row can be ended as well.
    let last = old_tokens(NUMBER, server.now_s() - 90);
    assert_eq!(last.log_out(&server).await.status, 200);
    for server in [&server, &server.another_process().await] {
        for ended in [&browser, &last] {
            assert_eq!(refusal(&ended.profile(server).await), refused(401, "Invalid access token"));
            assert_eq!(refusal(&ended.refresh(server).await), refused(401, USED));
            assert_eq!(refusal(&ended.log_out(server).await).0, 401);
        }
        assert_eq!(elsewhere.profile(server).await.status, 200);
    }
}

#[every_engine]
async fn a_logout_by_an_old_refresh_token_ends_what_was_issued_with_it() {
    let server = Server::speaking(NAME).await;
    let browser = newly_brought(&server).await;
    let answer = server.post("/users/logout", &json!({ "refreshToken": browser.refresh })).await;
    assert_eq!(answer.status, 200);
    for server in [&server, &server.another_process().await] {
        assert_eq!(refusal(&browser.profile(server).await).0, 401);
        assert_eq!(refusal(&browser.refresh(server).await).0, 401);
    }
}

#[every_engine]
async fn a_logout_after_an_exchange_ends_the_old_tokens_as_well() {
    let server = Server::speaking(NAME).await;
    let browser = newly_brought(&server).await;
    let next = Browser::after(&browser.refresh(&server).await);
    assert_eq!(next.log_out(&server).await.status, 200);
    assert_eq!(refusal(&browser.profile(&server).await).0, 401);
    assert_eq!(refusal(&browser.refresh(&server).await).0, 401);
}

#[every_engine]
async fn a_deletion_by_an_old_token_ends_all_others() {
    let server = Server::speaking(NAME).await;
    let browser = newly_brought(&server).await;
    let elsewhere = old_tokens(NUMBER, server.now_s() - 100);
    assert_eq!(browser.send(&server, "DELETE", "/users/profile", &json!({})).await.status, 200);
    for server in [&server, &server.another_process().await] {
        for ended in [&browser, &elsewhere] {
            assert_eq!(refusal(&ended.profile(server).await).0, 401);
            assert_eq!(refusal(&ended.refresh(server).await).0, 401);
        }
    }
}

#[every_engine]
async fn a_disabled_account_gets_nothing_for_its_old_tokens() {
    let server = Server::speaking(NAME).await;
    let now = server.now_s();
    let account =
        server.import(NUMBER, |account| account.disabled_at = Some(Timestamp::from_seconds(now))).await;
    bring_session(&server, &account, now - 120).await;
    let browser = old_tokens(NUMBER, now - 120);
    assert_eq!(refusal(&browser.profile(&server).await), refused(401, "Invalid access token"));
    assert_eq!(refusal(&browser.refresh(&server).await), refused(401, USED));
    assert_eq!(
        refusal(&log_in(&server, "old41@example.com").await),
        refused(401, "Invalid email or password")
    );
}

#[every_engine]
async fn an_access_token_of_another_holder_of_the_secret_counts_until_it_ends() {
    let server = Server::speaking(NAME).await;
    welcome(&server, "ada").await;
    let now = server.now_s();
    let token = |exp: i64| {
        forge::sign(&json!({ "id": 1, "email": "ada@example.com", "iat": now, "exp": exp }), ACCESS_SECRET)
    };
    assert_eq!(profile_by(&server, &token(now + 60)).await.status, 200);
    assert_eq!(refusal(&profile_by(&server, &token(now)).await), refused(401, "Access token is expired"));
    let endless = forge::sign(&json!({ "id": 1, "email": "ada@example.com", "iat": now }), ACCESS_SECRET);
    assert_eq!(refusal(&profile_by(&server, &endless).await), refused(401, "Invalid access token"));
}

#[every_engine]
async fn under_one_secret_the_lifetime_tells_old_tokens_apart() {
    let server = Server::start(Setup::of(&[NAME]).with_one_secret()).await;
    let account = server.import(NUMBER, |_| {}).await;
    let issued_s = server.now_s() - 120;
    bring_session(&server, &account, issued_s).await;
    let refresh = json!({ "id": NUMBER, "iat": issued_s, "exp": issued_s + 7 * DAY_S });
    let refresh = forge::sign(&refresh, ACCESS_SECRET);
    let Browser { access, .. } = old_tokens(NUMBER, issued_s);
    assert_eq!(refusal(&profile_by(&server, &refresh).await).0, 401);
    assert_eq!(refusal(&refresh_by(&server, &access).await).0, 401);
    assert_eq!(profile_by(&server, &access).await.status, 200);
    assert_eq!(refresh_by(&server, &refresh).await.status, 200);
}
