//! How does a session go on, and how does it end?

use std::time::Duration;

use portcullis_core::flows::administer::Administrator;
use portcullis_core::model::Identifier;
use portcullis_every_engine::every_engine;
use serde_json::json;

use super::super::forge;
use super::super::server::{Server, Setup};
use super::{Browser, CLEARED, DAY_S, NAME, log_in, profile_by, refresh_by, refusal, refused, welcome};

const USED: &str = "Refresh token is expired or used";

#[every_engine]
async fn a_refresh_renews_both_tokens_and_both_cookies() {
    let server = Server::speaking(NAME).await;
    let browser = welcome(&server, "ada").await;
    server.pass(Duration::from_hours(1));
    let answer = browser.refresh(&server).await;
    let next = Browser::after(&answer);
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.body,
        format!(r#"{{"accessToken":"{}","refreshToken":"{}"}}"#, next.access, next.refresh)
    );
    let cookies = [
        format!("accessToken={}; Path=/; HttpOnly; SameSite=Lax", next.access),
        format!("refreshToken={}; Path=/; HttpOnly; SameSite=Lax", next.refresh),
    ];
    assert_eq!(answer.cookies(), cookies);
    assert!(next.access != browser.access && next.refresh != browser.refresh);
    assert_eq!(forge::claims(&next.access)["exp"], server.now_s() + DAY_S);
    assert_eq!(next.profile(&server).await.status, 200);
}

#[every_engine]
async fn the_cookie_counts_before_the_body_unless_it_is_empty() {
    let server = Server::speaking(NAME).await;
    let (ada, bob) = (welcome(&server, "ada").await, welcome(&server, "bob").await);
    let refresh = async |cookie: &str, body: &str| {
        let headers = ["content-type: application/json", &format!("cookie: refreshToken={cookie}")];
        server
            .send("POST", "/users/refresh-token", &headers, &json!({ "refreshToken": body }).to_string())
            .await
    };
    let id = |answer: &super::Answer| forge::claims(&answer.text("accessToken"))["id"].clone();
    assert_eq!(id(&refresh(&ada.refresh, &bob.refresh).await), 1);
    assert_eq!(id(&refresh("", &bob.refresh).await), 2);
    assert_eq!(refusal(&refresh("broken", &bob.refresh).await), refused(401, "Invalid refresh token"));
    let by_body = server.post("/users/refresh-token", &json!({ "refreshToken": bob.refresh })).await;
    assert_eq!((by_body.status.as_u16(), id(&by_body)), (200, json!(2)));
}

#[every_engine]
async fn a_retry_gets_the_same_session_and_a_copy_ends_it() {
    let server = Server::speaking(NAME).await;
    let first = welcome(&server, "ada").await;
    let (one, other) = tokio::join!(first.refresh(&server), first.refresh(&server));
    let second = Browser::after(&one);
    let sid = |browser: &Browser| forge::claims(&browser.access)["sid"].clone();
    assert_eq!(sid(&second), sid(&Browser::after(&other)));
    let third = Browser::after(&second.refresh(&server).await);
    server.pass(Duration::from_mins(5));
    assert_eq!(refusal(&first.refresh(&server).await), refused(401, USED));
    assert_eq!(refusal(&third.refresh(&server).await), refused(401, USED));
    assert_eq!(refusal(&third.profile(&server).await).0, 401);
}

#[every_engine]
async fn a_refresh_token_that_does_not_count_is_401() {
    let server = Server::speaking(NAME).await;
    let Browser { access, refresh } = welcome(&server, "ada").await;
    let nothing = refused(401, "Unauthorized request");
    assert_eq!(refusal(&server.send("POST", "/users/refresh-token", &[], "").await), nothing);
    for body in [
        json!({}),
        json!({ "refreshToken": null }),
        json!({ "refreshToken": "" }),
        json!({ "token": refresh }),
    ] {
        assert_eq!(refusal(&server.post("/users/refresh-token", &body).await), nothing, "{body}");
    }
    let invalid = refused(401, "Invalid refresh token");
    for value in [json!(1), json!(true), json!([refresh]), json!({ "$gt": "" })] {
        let answer = server.post("/users/refresh-token", &json!({ "refreshToken": value })).await;
        assert_eq!(refusal(&answer), invalid, "{value}");
    }
    let changed = format!("{refresh}x");
    for token in ["x", "a.b.c", "..", &access, &changed] {
        assert_eq!(refusal(&refresh_by(&server, token).await), invalid, "{token}");
    }
    let by_header = [&format!("authorization: Bearer {refresh}")[..]];
    assert_eq!(refusal(&server.send("POST", "/users/refresh-token", &by_header, "").await), nothing);
    assert_eq!(refresh_by(&server, &refresh).await.status, 200);
}

#[every_engine]
async fn an_access_token_lives_for_a_day_and_an_unused_session_for_a_week() {
    let server = Server::speaking(NAME).await;
    let idle = welcome(&server, "ada").await;
    let used = Browser::after(&log_in(&server, "ada@example.com").await);
    server.pass(Duration::from_secs(24 * 3600 - 1));
    assert_eq!(used.profile(&server).await.status, 200);
    server.pass(Duration::from_secs(1));
    assert_eq!(refusal(&used.profile(&server).await), refused(401, "Access token is expired"));
    let used = Browser::after(&used.refresh(&server).await);
    server.pass(Duration::from_hours(6 * 24));
    assert_eq!(refusal(&idle.refresh(&server).await), refused(401, USED));
    assert_eq!(used.refresh(&server).await.status, 200);
}

#[every_engine]
async fn a_logout_ends_the_session_and_clears_both_cookies() {
    let server = Server::speaking(NAME).await;
    let browser = welcome(&server, "ada").await;
    let elsewhere = Browser::after(&log_in(&server, "ada@example.com").await);
    let answer = browser.log_out(&server).await;
    assert_eq!(
        (answer.status.as_u16(), answer.body.as_str()),
        (200, r#"{"message":"User logged out successfully"}"#)
    );
    assert_eq!(answer.cookies(), CLEARED);
    for server in [&server, &server.another_process().await] {
        assert_eq!(refusal(&browser.profile(server).await), refused(401, "Invalid access token"));
        assert_eq!(refusal(&browser.refresh(server).await), refused(401, USED));
        assert_eq!(refusal(&browser.log_out(server).await).0, 401);
        assert_eq!(elsewhere.profile(server).await.status, 200);
    }
    assert_eq!(elsewhere.refresh(&server).await.status, 200);
}

#[every_engine]
async fn a_logout_goes_by_whichever_token_is_good() {
    let server = Server::speaking(NAME).await;
    welcome(&server, "ada").await;
    let log_in = async || Browser::after(&log_in(&server, "ada@example.com").await);
    let browser = log_in().await;
    let bearer = format!("authorization: Bearer {}", browser.access);
    assert_eq!(server.send("POST", "/users/logout", &[&bearer], "").await.status, 200);
    assert_eq!(browser.refresh(&server).await.status, 401);

    let browser = log_in().await;
    let answer = server.post("/users/logout", &json!({ "refreshToken": browser.refresh })).await;
    assert_eq!((answer.status.as_u16(), answer.cookies().len()), (200, 2));
    assert_eq!(browser.profile(&server).await.status, 401);

    let browser = log_in().await;
    server.pass(Duration::from_hours(25));
    assert_eq!(refusal(&browser.profile(&server).await).0, 401);
    assert_eq!(browser.log_out(&server).await.status, 200);
    assert_eq!(browser.refresh(&server).await.status, 401);

    for headers in
        [&[][..], &["cookie: accessToken=x"], &["cookie: refreshToken=x"], &["authorization: Bearer x"]]
    {
        assert_eq!(refusal(&server.send("POST", "/users/logout", headers, "").await).0, 401, "{headers:?}");
    }
}

#[every_engine]
async fn neither_kind_of_token_passes_for_the_other_even_under_one_secret() {
    for setup in [Setup::of(&[NAME]), Setup::of(&[NAME]).with_one_secret()] {
        let server = Server::start(setup).await;
        let Browser { access, refresh } = welcome(&server, "ada").await;
        assert_eq!(refusal(&profile_by(&server, &refresh).await), refused(401, "Invalid access token"));
        assert_eq!(refusal(&refresh_by(&server, &access).await), refused(401, "Invalid refresh token"));
        assert_eq!(profile_by(&server, &access).await.status, 200);
        assert_eq!(refresh_by(&server, &refresh).await.status, 200);
    }
}

#[every_engine]
async fn tokens_survive_a_restart() {
    let server = Server::speaking(NAME).await;
    let browser = welcome(&server, "ada").await;
    let server = server.another_process().await;
    assert_eq!(browser.profile(&server).await.status, 200);
    let next = Browser::after(&browser.refresh(&server).await);
    assert_eq!(next.profile(&server.another_process().await).await.status, 200);
}

#[every_engine]
async fn a_disabled_account_gets_nowhere() {
    let server = Server::speaking(NAME).await;
    let browser = welcome(&server, "ada").await;
    let operator = Administrator::operator();
    let ada = Identifier::parse("ada@example.com").unwrap();
    let ada = server.auth.account_by_identifier(&operator, &ada).await.unwrap();
    server.auth.disable_account(&operator, ada.id).await.unwrap();
    assert_eq!(refusal(&browser.profile(&server).await), refused(401, "Invalid access token"));
    assert_eq!(refusal(&browser.refresh(&server).await), refused(401, USED));
    assert_eq!(refusal(&log_in(&server, "ada@example.com").await), refused(401, "Invalid email or password"));
}
