//! How many wrong passwords does the server bear, and whom does it hold up then?

use std::time::Duration;

use futures_util::future::join_all;
use insta::assert_snapshot;
use portcullis_core::flows::administer::Administrator;
use portcullis_every_engine::every_engine;
use serde_json::{Value, json};

use super::app::{App, Setup};
use super::client::Answer;
use super::silence::{assert_same, populated};
use super::watched_store::Outage;

/// Wrong passwords for one identifier from one network that are answered at once.
const FREE: usize = 10;
/// What follows them.
const FIRST_WAIT: Duration = Duration::from_secs(30);
const ELSEWHERE: &str = "198.51.100.9";

async fn guess(app: &App, identifier: &str) -> Answer {
    app.post("/v1/login").json(&wrong_for(identifier)).await
}

/// A password that nobody else tries.
fn wrong_for(identifier: &str) -> Value {
    let begin: String = identifier.chars().take(20).collect();
    json!({"identifier": identifier, "password": format!("wrong for {begin}, {}", identifier.len())})
}

async fn guess_from(app: &App, identifier: &str, address: &str) -> Answer {
    app.post("/v1/login").json(&wrong_for(identifier)).from(address).await
}

async fn guess_often(app: &App, identifier: &str) {
    for _ in 0..FREE {
        assert_eq!(guess(app, identifier).await.code(), "invalid_credentials");
    }
}

/// What is computed and looked up for a request.
async fn costs(app: &App, request: impl Future<Output = Answer>) -> (Answer, u64, Vec<&'static str>) {
    app.store.take_calls();
    let before = app.auth.hash_gate_metrics().verified;
    let answer = request.await;
    (answer, app.auth.hash_gate_metrics().verified - before, app.store.take_calls())
}

#[every_engine]
async fn after_many_wrong_passwords_no_other_is_looked_at_for_a_while() {
    let app = App::start().await;
    app.alice().registered().await;
    guess_often(&app, "alice@example.com").await;
    let good = app.post("/v1/login").json(&app.alice().credentials());
    let (refused, hashes, calls) = costs(&app, good.clone().send()).await;
    assert_snapshot!(refused, @r#"
    429 Too Many Requests
    retry-after: 30
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:too_many_attempts","title":"Too many attempts have failed","status":429,"code":"too_many_attempts","request_id":"[request]"}
    "#);
    assert_eq!((hashes, calls.len()), (0, 0), "{calls:?}");

    app.pass(FIRST_WAIT.saturating_sub(Duration::from_millis(1)));
    assert_eq!(good.clone().await.header("retry-after"), Some("1"));
    app.pass(Duration::from_millis(1));
    assert_eq!(good.await.status, 200);
    guess_often(&app, "alice@example.com").await;
    assert_eq!(guess(&app, "alice@example.com").await.status, 429);
}

#[every_engine]
async fn whoever_goes_on_waits_longer_and_longer() {
    let app = App::start().await;
    guess_often(&app, "mallory").await;
    let mut waits = Vec::new();
    for _ in 0..4 {
        let refused = guess(&app, "mallory").await;
        let seconds = refused.header("retry-after").unwrap().parse().unwrap();
        waits.push(seconds);
        app.pass(Duration::from_secs(seconds));
        assert_eq!(guess(&app, "mallory").await.status, 401);
    }
    assert_eq!(waits, [30, 60, 120, 240]);
}

#[every_engine]
async fn limits_do_not_tell_who_has_an_account() {
    let app = populated().await;
    let long = "x".repeat(5000);
    let identifiers =
        ["alice@example.com", "mallory@example.com", "mallory", "bob", "carol", "no identifier", "", &long];
    // Each in a network of its own, so that they meet no limit of each other.
    let network = |number: usize| format!("203.0.{number}.1");
    for step in 0..2 * FREE {
        let expected = guess_from(&app, "nobody@example.com", &network(99)).await;
        assert_eq!(expected.status == 401, step < FREE || step == FREE + 5, "{step}");
        for (number, identifier) in identifiers.into_iter().enumerate() {
            let attempt = async { guess_from(&app, identifier, &network(number)).await };
            let (answer, hashes, calls) = costs(&app, attempt).await;
            assert_same(&answer, &expected, identifier);
            let is_admitted = answer.status == 401;
            assert_eq!(hashes, u64::from(is_admitted), "{identifier}");
            assert!(is_admitted || calls.is_empty(), "{identifier}: {calls:?}");
        }
        if step == FREE + 4 {
            app.pass(FIRST_WAIT);
        }
    }
}

#[every_engine]
async fn many_guesses_at_once_get_no_further_than_guesses_one_by_one() {
    let app = App::start().await;
    app.alice().registered().await;
    app.auth.take_census().await.unwrap();
    let before = app.auth.hash_gate_metrics().verified;
    let answers = join_all((0..64).map(|_| guess(&app, "alice"))).await;
    assert_eq!(app.auth.hash_gate_metrics().verified - before, 10);
    let count = |status: u16| answers.iter().filter(|answer| answer.status == status).count();
    assert_eq!((count(401), count(429)), (FREE, 64 - FREE));
}

#[every_engine]
async fn many_good_logins_of_one_person_at_once_all_succeed() {
    let app = App::start().await;
    app.alice().registered().await;
    let login = app.post("/v1/login").json(&app.alice().credentials());
    let answers = join_all((0..64).map(|_| login.clone().send())).await;
    assert!(answers.iter().all(|answer| answer.status == 200));
}

#[every_engine]
async fn guesses_elsewhere_hold_up_somebody_who_never_was_there_after_a_hundred() {
    let app = App::start().await;
    app.alice().registered().await;
    let from_home = app.post("/v1/login").json(&app.alice().credentials());
    for number in 0..100 {
        let address = format!("203.0.{}.1", number / FREE);
        assert_eq!(guess_from(&app, "alice@example.com", &address).await.status, 401, "{number}");
    }
    let refused = from_home.clone().await;
    assert_eq!((refused.code().as_str(), refused.header("retry-after")), ("too_many_attempts", Some("30")));
    app.pass(Duration::from_secs(30));
    assert_eq!(from_home.await.status, 200);
}

#[every_engine]
async fn a_network_that_tries_everybody_is_held_up_and_no_other() {
    let app = App::start().await;
    app.bob().registered().await;
    let alice = app.alice().logged_in().await;
    for number in 0..300 {
        let address = format!("192.0.2.{}", number % 250);
        assert_eq!(guess_from(&app, &format!("person-{number}"), &address).await.status, 401);
    }
    let login = app.post("/v1/login").json(&app.bob().credentials());
    let refused = login.clone().await;
    assert_eq!((refused.code().as_str(), refused.header("retry-after")), ("too_many_attempts", Some("1")));
    assert_eq!(login.clone().from(ELSEWHERE).await.status, 200);
    assert_eq!(login.clone().without_address().await.status, 200);
    // Whoever is in already goes on.
    assert_eq!(alice.refreshes().await.status, 200);
    let change = json!({"current_password": app.alice().password(), "new_password": "another correct horse"});
    assert_eq!(alice.post("/v1/me/password").json(&change).await.status, 200);
    app.pass(Duration::from_secs(1));
    assert_eq!(guess(&app, "bob").await.status, 401);
}

#[every_engine]
async fn a_stolen_access_token_is_no_way_around_the_limit() {
    let app = App::start().await;
    let alice = app.alice().logged_in().await;
    let wrong_change = json!({"current_password": "wrong", "new_password": "another correct horse"});
    for _ in 0..FREE / 2 {
        let deletion = alice.delete("/v1/me").json(&json!({"password": "wrong"})).await;
        assert_eq!(deletion.code(), "wrong_password");
        assert_eq!(alice.post("/v1/me/password").json(&wrong_change).await.code(), "wrong_password");
    }
    let right: [(&str, &str, Value); 2] = [
        ("DELETE", "/v1/me", json!({"password": app.alice().password()})),
        (
            "POST",
            "/v1/me/password",
            json!({"current_password": app.alice().password(), "new_password": "another correct horse"}),
        ),
    ];
    for (method, path, body) in &right {
        let (answer, hashes, _) = costs(&app, alice.call(method, path).json(body).send()).await;
        assert_eq!((answer.code().as_str(), hashes), ("too_many_attempts", 0), "{method} {path}");
        assert_eq!(answer.header("retry-after"), Some("30"));
    }
    assert_eq!(alice.get("/v1/me").await.status, 200);
    assert_eq!(app.post("/v1/login").json(&app.alice().credentials()).await.status, 200);
    app.pass(FIRST_WAIT);
    assert_eq!(alice.post("/v1/me/password").json(&right[1].2).await.status, 200);
    assert_eq!(alice.post("/v1/me/password").json(&wrong_change).await.code(), "wrong_password");
}

#[every_engine]
async fn what_is_not_the_callers_fault_counts_for_nothing() {
    let app = App::start().await;
    app.alice().registered().await;
    for outage in [Outage::Unavailable, Outage::Failed] {
        app.store.goes_down(outage);
        for _ in 0..2 * FREE {
            let answer = app.post("/v1/login").json(&app.alice().credentials()).await;
            assert!(answer.status.is_server_error());
        }
        app.store.comes_back();
    }
    guess_often(&app, "alice").await;
}

#[every_engine]
async fn a_disabled_account_is_counted_like_a_wrong_password() {
    let app = App::start().await;
    let alice = app.alice().logged_in().await;
    let id = alice.account_id.parse().unwrap();
    app.auth.disable_account(&Administrator::operator(), id).await.unwrap();
    let login = app.post("/v1/login").json(&app.alice().credentials());
    for _ in 0..FREE {
        assert_eq!(login.clone().await.code(), "account_disabled");
    }
    assert_eq!(login.await.code(), "too_many_attempts");
}

#[every_engine]
async fn a_policy_without_limits_looks_at_every_password() {
    let app = App::start_with(Setup::without_throttle()).await;
    for _ in 0..5 * FREE {
        assert_eq!(guess(&app, "mallory").await.status, 401);
    }
}
