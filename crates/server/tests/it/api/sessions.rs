//! Where is somebody logged in, and how do they end that?

use std::time::Duration;

use insta::assert_snapshot;
use portcullis_every_engine::every_engine;

use super::app::App;

#[every_engine]
async fn somebody_sees_their_sessions_newest_first_and_nobody_elses() {
    let app = App::start().await;
    let first = app.alice().logged_in().await;
    app.bob().logged_in().await;
    app.pass(Duration::from_secs(5));
    let login = app.post("/v1/login").json(&app.alice().credentials()).by_a_thief().await;
    assert_eq!(login.status, 200);
    app.pass(Duration::from_secs(5));
    first.refreshes().await;
    assert_snapshot!(first.get("/v1/me/sessions").await, @r#"
    200 OK
    content-type: application/json

    {"sessions":[{"id":"[id 1]","current":false,"created_at":"2027-01-15T08:00:05.000Z","last_seen_at":"2027-01-15T08:00:05.000Z","idle_expires_at":"2027-01-29T08:00:05.000Z","expires_at":"2027-02-14T08:00:05.000Z","address":"203.0.113.66","user_agent":"curl/8"},{"id":"[id 2]","current":true,"created_at":"2027-01-15T08:00:00.000Z","last_seen_at":"2027-01-15T08:00:10.000Z","idle_expires_at":"2027-01-29T08:00:10.000Z","expires_at":"2027-02-14T08:00:00.000Z","address":"192.0.2.7","user_agent":"phone/1"}],"next":null}
    "#);
}

#[every_engine]
async fn sessions_that_are_over_are_not_listed() {
    let app = App::start().await;
    let (idle, logged_out) = (app.alice().logged_in().await, app.alice().logs_in().await);
    logged_out.post("/v1/logout").await;
    app.pass(Duration::from_hours(24 * 14));
    let alice = app.alice().logs_in().await;
    let list = alice.get("/v1/me/sessions").await.json();
    let ids: Vec<_> =
        list["sessions"].as_array().unwrap().iter().map(|session| session["id"].as_str().unwrap()).collect();
    assert_eq!(ids, [alice.session_id.as_str()]);
    assert_ne!(idle.session_id, alice.session_id);
}

#[every_engine]
async fn a_long_list_comes_in_pages_that_miss_nothing() {
    let app = App::start().await;
    let alice = app.alice().logged_in().await;
    let mut expected = vec![alice.session_id.clone()];
    for _ in 0..6 {
        app.pass(Duration::from_secs(1));
        expected.insert(0, app.alice().logs_in().await.session_id);
    }
    let mut seen = Vec::new();
    let mut path = "/v1/me/sessions?limit=3".to_owned();
    let mut pages = 0;
    loop {
        let page = alice.get(&path).await.json();
        let sessions = page["sessions"].as_array().unwrap();
        seen.extend(sessions.iter().map(|session| session["id"].as_str().unwrap().to_owned()));
        pages += 1;
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/v1/me/sessions?limit=3&after={next}");
    }
    assert_eq!((seen, pages), (expected, 3));
}

#[every_engine]
async fn a_page_that_cannot_be_is_refused_by_name() {
    let app = App::start().await;
    let alice = app.alice().logged_in().await;
    assert_snapshot!(alice.get("/v1/me/sessions?limit=0&after=x&sort=age").await, @r#"
    400 Bad Request
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:invalid_request","title":"The request is not valid","status":400,"code":"invalid_request","errors":[{"field":"limit","code":"out_of_range","message":"must be a number from 1 to 200"},{"field":"after","code":"invalid","message":"must be the `next` of an earlier page"},{"field":"sort","code":"unknown_parameter","message":"must not be given, or only once"}],"request_id":"[request]"}
    "#);
    for query in [
        "limit=201",
        "limit=-1",
        "limit=1e2",
        "limit=99999999999999999999",
        "limit=1&limit=2",
        "%00=1",
        "a=%ff",
    ] {
        assert_eq!(alice.get(&format!("/v1/me/sessions?{query}")).await.code(), "invalid_request", "{query}");
    }
}

#[every_engine]
async fn one_session_is_ended_by_its_id() {
    let app = App::start().await;
    let (alice, other) = (app.alice().logged_in_by_cookie().await, app.alice().logs_in().await);
    let path = format!("/v1/me/sessions/{}", other.session_id);
    assert_snapshot!(alice.delete(&path).await, @r#"
    204 No Content
    access-control-allow-origin: https://auth.test
    access-control-allow-credentials: true
    vary: Origin
    access-control-expose-headers: X-Request-Id, Retry-After, Location
    "#);
    assert_eq!(other.is_let_in().await.code(), "session_ended");
    assert_eq!(other.refreshes().await.code(), "invalid_refresh_token");
    assert_eq!(alice.get("/v1/me").await.status, 200);
    assert_snapshot!(alice.delete(&path).await, @r#"
    404 Not Found
    content-type: application/problem+json
    access-control-allow-origin: https://auth.test
    access-control-allow-credentials: true
    vary: Origin
    access-control-expose-headers: X-Request-Id, Retry-After, Location

    {"type":"urn:portcullis:problem:not_found","title":"There is nothing here","status":404,"code":"not_found","request_id":"[request]"}
    "#);
}

#[every_engine]
async fn of_two_who_end_a_session_at_once_one_does() {
    let app = App::start().await;
    let (alice, other) = (app.alice().logged_in().await, app.alice().logs_in().await);
    app.store.let_two_meet_at("revoke_session");
    let (one, two) = alice.delete(&format!("/v1/me/sessions/{}", other.session_id)).twice().await;
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 404]);
}

#[every_engine]
async fn nobody_ends_somebody_elses_session_or_learns_that_it_exists() {
    let app = App::start().await;
    let (alice, bob) = (app.alice().logged_in().await, app.bob().logged_in().await);
    let theirs = alice.delete(&format!("/v1/me/sessions/{}", bob.session_id)).await;
    for nothing in ["00000000-0000-0000-0000-000000000000", "x", "1", "..%2f..", "%27%20or%201=1", "%00"] {
        let answer = alice.delete(&format!("/v1/me/sessions/{nothing}")).await;
        assert_eq!(answer.to_string(), theirs.to_string(), "{nothing}");
    }
    assert_eq!(theirs.status, 404);
    assert_eq!(bob.is_let_in().await.status, 200);
}

#[every_engine]
async fn the_other_sessions_end_and_are_counted() {
    let app = App::start().await;
    let (alice, other) = (app.alice().logged_in_by_cookie().await, app.alice().logs_in().await);
    app.alice().logs_in().await;
    assert_snapshot!(alice.delete("/v1/me/sessions").without("origin").await, @r#"
    200 OK
    content-type: application/json

    {"sessions_ended":2}
    "#);
    assert_eq!(other.is_let_in().await.code(), "session_ended");
    let again = alice.delete("/v1/me/sessions").await;
    assert_eq!((again.status.as_u16(), again.json()["sessions_ended"].as_u64()), (200, Some(0)));
}

#[every_engine]
async fn what_one_process_ends_another_refuses_once_it_has_looked() {
    let app = App::start().await;
    let other_process = app.second_process().await;
    let alice = app.alice().logged_in().await;
    alice.post("/v1/logout").await;
    other_process.auth.synchronise().await.unwrap();
    assert_eq!(other_process.get("/v1/token/check").bearer(&alice.access()).await.code(), "session_ended");
}
