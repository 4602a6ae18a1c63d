//! What happens when the database fails, at whatever moment?

use insta::assert_snapshot;
use portcullis_every_engine::every_engine;
use serde_json::json;

use super::app::{App, Setup};
use super::client::{Answer, REFRESH_COOKIE};
use super::contract;
use super::persona::Persona;
use super::watched_store::Outage;

/// Operations that serve from memory.
const WITHOUT_DATABASE: [&str; 4] = ["livez", "get_jwks", "get_csrf_token", "check_token"];

/// What a client is told of an outage.
const TOLD: [(Outage, &str); 3] = [
    (Outage::Failed, "internal_error"),
    (Outage::Panics, "internal_error"),
    (Outage::Unavailable, "unavailable"),
];

#[every_engine]
async fn whichever_call_of_whichever_route_fails_the_answer_says_nothing_of_the_cause() {
    let mut failures = 0;
    let operations =
        contract::operations().iter().filter(|operation| !WITHOUT_DATABASE.contains(&operation.id.as_str()));
    for operation in operations.filter(|operation| operation.id != "readyz") {
        for (outage, code) in [(Outage::Failed, "internal_error"), (Outage::Unavailable, "unavailable")] {
            let app = App::start_with(Setup::with_mails_and_open_answers()).await;
            let root = app.root().registered().await;
            // Each time one call more succeeds, until the answer does.
            for (working, name) in ["ann", "ben", "cat", "dan", "eve", "fay"].into_iter().enumerate() {
                let newcomer = Persona::user(&app, name).logged_in().await;
                let call = operation.good_call(&root.logs_in().await, &newcomer);
                app.store.goes_down_after(working, outage);
                let answer = call.await;
                app.store.comes_back();
                // Tokens and invitations that are nobody's are found to be so.
                let is_answered = ["invalid_one_time_token", "not_found"].contains(&answer.code().as_str());
                if answer.status.is_success() || is_answered {
                    break;
                }
                check(&answer, code, &format!("{outage:?} after {working} calls of {}", operation.id));
                failures += 1;
            }
        }
    }
    assert!(failures >= 2 * 23, "{failures}");
}

#[every_engine]
async fn what_is_answered_from_memory_is_answered_whatever_the_database_does() {
    let app = App::start().await;
    let (browser, alice) = (app.alice().logged_in_by_cookie().await, app.bob().logged_in().await);
    for (outage, _) in TOLD {
        app.store.goes_down(outage);
        assert_eq!(app.get("/livez").await.status, 200);
        assert_eq!(app.get("/.well-known/jwks.json").await.status, 200);
        assert_eq!(app.get("/openapi.json").await.status, 200);
        assert_eq!(browser.get("/v1/csrf").await.status, 200);
        assert_eq!(alice.is_let_in().await.status, 200);
        assert_eq!(app.get("/v1/me").bearer("junk").await.status, 401);
    }
}

#[every_engine]
async fn the_answer_to_an_outage_is_constant() {
    let app = App::start().await;
    let alice = app.alice().logged_in().await;
    app.store.goes_down(Outage::Failed);
    let failed = alice.get("/v1/me").await;
    assert_snapshot!(failed, @r#"
    500 Internal Server Error
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:internal_error","title":"Something went wrong in the server","status":500,"code":"internal_error","request_id":"[request]"}
    "#);
    app.store.goes_down(Outage::Panics);
    assert_eq!(alice.get("/v1/me").await.to_string(), failed.to_string());
    app.store.goes_down(Outage::Unavailable);
    assert_snapshot!(alice.get("/v1/me").await, @r#"
    503 Service Unavailable
    retry-after: 2
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:unavailable","title":"The server is busy","status":503,"code":"unavailable","request_id":"[request]"}
    "#);
    app.store.comes_back();
    assert_eq!(alice.get("/v1/me").await.status, 200, "a panic ends a request, not the server");
}

#[every_engine]
async fn a_database_that_never_answers_does_not_hold_a_request_for_ever() {
    let app = App::start().await;
    let alice = app.alice().logged_in().await;
    app.store.goes_down(Outage::Silent);
    // Nothing else is going on, so the clock of the runtime runs on to the deadline.
    tokio::time::pause();
    let begun = tokio::time::Instant::now();
    assert_snapshot!(alice.get("/v1/me").await, @r#"
    503 Service Unavailable
    retry-after: 1
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:timeout","title":"The request took too long","status":503,"code":"timeout","request_id":"[request]"}
    "#);
    assert_eq!(begun.elapsed().as_secs(), 30);
}

#[every_engine]
async fn a_browser_keeps_its_cookies_through_an_outage() {
    let app = App::start().await;
    let alice = app.alice().logged_in_by_cookie().await;
    for (outage, code) in TOLD {
        app.store.goes_down(outage);
        let answer = alice.refreshes().await;
        assert_eq!((answer.code().as_str(), answer.cookie(REFRESH_COOKIE)), (code, None));
        let answer = alice.post("/v1/logout").await;
        assert_eq!((answer.code().as_str(), answer.cookie(REFRESH_COOKIE)), (code, None));
    }
    app.store.comes_back();
    assert_eq!(alice.refreshes().await.status, 200);
}

#[every_engine]
async fn what_was_ended_is_ended_though_the_feed_could_not_be_read() {
    let app = App::start().await;
    let alice = app.alice().logged_in().await;
    app.store.goes_down_after(1, Outage::Failed);
    assert_eq!(alice.post("/v1/logout").await.status, 204);
    app.store.comes_back();
    assert_eq!(alice.refreshes().await.code(), "invalid_refresh_token");
    app.auth.synchronise().await.unwrap();
    assert_eq!(alice.is_let_in().await.code(), "session_ended");
}

#[every_engine]
async fn a_registration_that_failed_left_nothing_behind() {
    let app = App::start().await;
    let body = app.alice().registration();
    for (outage, code) in TOLD {
        app.store.goes_down(outage);
        assert_eq!(app.post("/v1/register").json(&body).await.code(), code);
    }
    app.store.comes_back();
    assert_eq!(app.post("/v1/register").json(&body).await.json()["account"]["number"], json!(1));
}

fn check(answer: &Answer, code: &str, what: &str) {
    assert_eq!(answer.code(), code, "{what}");
    assert_eq!(answer.header("retry-after").is_some(), answer.status == 503, "{what}");
    let body = answer.json();
    let members: Vec<&str> = body.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        members,
        ["code", "request_id", "status", "title", "type"],
        "{what}: nothing but the constant parts"
    );
}
