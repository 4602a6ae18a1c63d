//! What becomes of a session whose refresh token names a key that another node made a moment ago?

use std::time::Duration;

use futures_util::future::join_all;
use portcullis_core::crypto::keyring::KeyPurpose;
use portcullis_core::flows::rotate_keys::Urgency;
use portcullis_core::model::Client;
use portcullis_every_engine::every_engine;
use serde_json::json;

use super::app::App;
use super::client::{Answer, Call, REFRESH_COOKIE};
use super::persona::{Persona, Session};
use super::watched_store::Outage;

/// Two nodes; the other one does not look at what the first one does unless it has to.
async fn two_nodes() -> (App, App) {
    let one = App::start().await;
    let other = one.second_process().await;
    (one, other)
}

/// From now on the node signs with a key that no other node has seen.
async fn takes_new_key(app: &App) {
    let urgency = Urgency::Emergency;
    for _ in 0..2 {
        app.auth.rotate_keys(KeyPurpose::RefreshToken, urgency, None, &Client::default()).await.unwrap();
    }
}

/// A browser whose access cookie is gone.
fn by_refresh_cookie(session: &Session, method: &str, path: &str) -> Call {
    session.call(method, path).header("cookie", &format!("{REFRESH_COOKIE}={}", session.refresh_token()))
}

/// Every call that an unknown key could stand in the way of, by a session of its own.
async fn calls(app: &App) -> Vec<(&'static str, Call)> {
    let browser = |name| Persona::user(app, name).logged_in_by_cookie();
    let program = |name| Persona::user(app, name).logged_in();
    let (ann, ben, cat) = (browser("ann").await, browser("ben").await, browser("cat").await);
    let (dan, eve) = (program("dan").await, program("eve").await);
    let body = json!({"refresh_token": eve.refresh_token()});
    vec![
        ("refresh of a browser", ann.refresh_call()),
        ("CSRF token of a browser", by_refresh_cookie(&ben, "GET", "/v1/csrf")),
        ("logout of a browser", by_refresh_cookie(&cat, "POST", "/v1/logout")),
        ("refresh of a program", dan.refresh_call()),
        ("logout of a program", app.post("/v1/logout").json(&body)),
    ]
}

fn is_out_of_order(answer: &Answer) -> bool {
    answer.status == 503 && answer.code() == "unavailable" && answer.cookie(REFRESH_COOKIE).is_none()
}

#[every_engine]
async fn every_route_takes_a_refresh_token_of_a_key_that_its_node_has_not_seen_yet() {
    for number in 0..5 {
        // A node that has looked for the sake of one call would know the key at the next.
        let (one, other) = two_nodes().await;
        takes_new_key(&one).await;
        let (name, call) = calls(&one).await.swap_remove(number);
        let answer = call.to(&other).await;
        assert!(answer.status.is_success(), "{name}: {answer:?}");
    }
}

#[every_engine]
async fn a_logout_by_a_key_that_its_node_has_not_seen_yet_ends_the_session() {
    let (one, other) = two_nodes().await;
    takes_new_key(&one).await;
    let alice = one.alice().logged_in_by_cookie().await;
    let answer = by_refresh_cookie(&alice, "POST", "/v1/logout").to(&other).await;
    assert_eq!((answer.status.as_u16(), answer.cookie(REFRESH_COOKIE)), (204, Some(String::new())));
    assert_eq!(alice.refreshes().await.code(), "invalid_refresh_token");

    takes_new_key(&one).await;
    let bob = one.bob().logged_in().await;
    let body = json!({"refresh_token": bob.refresh_token()});
    assert_eq!(other.post("/v1/logout").json(&body).await.status, 204);
    assert_eq!(bob.refreshes().await.code(), "invalid_refresh_token");
}

#[every_engine]
async fn an_unknown_key_is_nobodys_fault_while_the_database_cannot_be_asked_for_it() {
    let (one, other) = two_nodes().await;
    takes_new_key(&one).await;
    let calls = calls(&one).await;
    other.store.goes_down(Outage::Unavailable);
    for (name, call) in &calls {
        let answer = call.clone().to(&other).await;
        assert!(is_out_of_order(&answer), "{name}: {answer:?}");
    }
    other.store.comes_back();
    for (name, call) in calls {
        let answer = call.to(&other).await;
        assert!(answer.status.is_success(), "{name}: {answer:?}");
    }
}

#[every_engine]
async fn all_who_wait_for_a_look_that_fails_are_told_so_and_share_it() {
    let (one, other) = two_nodes().await;
    takes_new_key(&one).await;
    let (browser, program) = (one.alice().logged_in_by_cookie().await, one.bob().logged_in().await);
    let at_once = || {
        let calls = (0..20).flat_map(|_| [browser.refresh_call(), program.refresh_call()]);
        join_all(calls.map(|call| call.to(&other).send()))
    };
    other.store.goes_down(Outage::Unavailable);
    other.store.take_calls();
    for answer in at_once().await {
        assert!(is_out_of_order(&answer), "{answer:?}");
    }
    let looks = other.store.take_calls();
    assert!(looks.len() <= 5, "{looks:?}");

    other.store.comes_back();
    for answer in at_once().await {
        assert_eq!(answer.status, 200, "{answer:?}");
    }
}

#[every_engine]
async fn a_look_that_is_given_up_half_way_is_no_look_for_those_who_wait_for_it() {
    let (one, other) = two_nodes().await;
    takes_new_key(&one).await;
    let alice = one.alice().logged_in_by_cookie().await;
    let call = || alice.refresh_call().to(&other).send();
    // After this one the next has to wait a moment before it looks, while others come to wait for the same.
    other.store.goes_down(Outage::Unavailable);
    assert!(is_out_of_order(&call().await));

    other.store.goes_down(Outage::Silent);
    let goes_away = async {
        assert!(tokio::time::timeout(Duration::from_millis(300), call()).await.is_err());
        other.store.comes_back();
    };
    let ((), answers) = tokio::join!(goes_away, join_all((0..5).map(|_| call())));
    for answer in answers {
        assert_eq!(answer.status, 200, "{answer:?}");
    }
}

#[every_engine]
async fn junk_costs_the_database_few_looks_whichever_route_it_is_sent_to() {
    let app = App::start().await;
    let alice = app.alice().logged_in_by_cookie().await;
    // The first four bytes are the name of the key.
    let junk = format!("pc_rt_AAAAAA{}", &alice.refresh_token()[12..]);
    let in_cookie = format!("{REFRESH_COOKIE}={junk}");
    let calls = [
        app.post("/v1/token/refresh").header("cookie", &in_cookie),
        app.post("/v1/logout").header("cookie", &in_cookie),
        app.get("/v1/csrf").header("cookie", &in_cookie),
        app.post("/v1/logout").json(&json!({"refresh_token": junk})),
    ];
    app.store.take_calls();
    for answer in join_all((0..25).flat_map(|_| calls.clone()).map(Call::send)).await {
        assert_eq!(answer.status, 401, "{answer:?}");
    }
    let looks = app.store.take_calls();
    assert!(
        !looks.is_empty() && looks.len() <= 5 && looks.iter().all(|call| *call == "list_keys"),
        "{looks:?}"
    );
    assert_eq!(alice.refreshes().await.status, 200);
}
