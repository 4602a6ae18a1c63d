//! What does somebody learn of what happened to their account?

use std::time::Duration;

use insta::assert_snapshot;
use portcullis_every_engine::every_engine;
use serde_json::{Value, json};

use super::app::App;

#[every_engine]
async fn somebody_sees_what_happened_to_their_account_and_from_where() {
    let app = App::start().await;
    let step = || app.pass(Duration::from_secs(1));
    let root = app.root().logged_in().await;
    let alice = app.alice().registered().await;
    step();
    let alice = alice.logs_in().await;
    step();
    let wrong = json!({"identifier": "alice", "password": "wrong"});
    app.post("/v1/login").json(&wrong).by_a_thief().await;
    step();
    app.bob().logged_in().await;
    step();
    root.patch(&format!("/v1/admin/accounts/{}", alice.account_id)).json(&json!({"role": "admin"})).await;
    assert_snapshot!(alice.get("/v1/me/events").await, @r#"
    200 OK
    content-type: application/json

    {"events":[{"id":"[id 1]","at":"2027-01-15T08:00:04.000Z","kind":"role_changed","outcome":"success","detail":"admin","by":"administrator","session_id":null,"address":null,"user_agent":null},{"id":"[id 2]","at":"2027-01-15T08:00:02.000Z","kind":"login_failed","outcome":"failure","detail":"wrong_password","by":"unknown","session_id":null,"address":"203.0.113.66","user_agent":"curl/8"},{"id":"[id 3]","at":"2027-01-15T08:00:01.000Z","kind":"logged_in","outcome":"success","detail":null,"by":"owner","session_id":"[id 4]","address":"192.0.2.7","user_agent":"phone/1"},{"id":"[id 5]","at":"2027-01-15T08:00:00.000Z","kind":"account_created","outcome":"success","detail":null,"by":"owner","session_id":null,"address":"192.0.2.7","user_agent":"phone/1"}],"next":null}
    "#);
}

#[every_engine]
async fn a_long_list_comes_in_pages_that_miss_nothing() {
    let app = App::start().await;
    let alice = app.alice().logged_in().await;
    for _ in 0..6 {
        app.pass(Duration::from_secs(1));
        app.alice().logs_in().await;
    }
    let whole = alice.get("/v1/me/events").await.json()["events"].as_array().unwrap().clone();
    assert_eq!(whole.len(), 8);
    let (mut seen, mut path): (Vec<Value>, _) = (Vec::new(), "/v1/me/events?limit=3".to_owned());
    loop {
        let page = alice.get(&path).await.json();
        seen.extend(page["events"].as_array().unwrap().iter().cloned());
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/v1/me/events?limit=3&after={next}");
    }
    assert_eq!(seen, whole);
}
