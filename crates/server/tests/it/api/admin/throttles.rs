//! Can an administrator see whom limits hold up, and end it?

use std::time::Duration;

use insta::assert_snapshot;
use portcullis_core::flows::administer::Administrator;
use portcullis_core::model::AuditKind;
use portcullis_core::model::PageRequest;
use portcullis_core::ports::audit_store::AuditFilter;
use portcullis_every_engine::every_engine;
use serde_json::{Value, json};

use crate::api::app::{App, Counters, Setup};
use crate::api::client::Answer;

async fn guess(app: &App, times: usize, address: &str) -> Vec<u16> {
    let wrong = app.post("/v1/login").json(&json!({"identifier": "alice", "password": "wrong"}));
    let mut statuses = Vec::new();
    for _ in 0..times {
        statuses.push(wrong.clone().from(address).await.status.as_u16());
    }
    statuses
}

/// The members that are the same every time.
fn shown(answer: &Answer) -> Vec<Value> {
    assert_eq!(answer.status, 200, "{}", answer.text());
    let json = answer.json();
    let throttles = json["throttles"].as_array().unwrap();
    throttles.iter().map(|entry| json!([entry["kind"], entry["network"], entry["failures"]])).collect()
}

#[every_engine]
async fn what_makes_somebody_wait_is_shown_and_can_be_cleared() {
    for counters in [Counters::Memory, Counters::Database] {
        let app = App::start_with(Setup { counters, ..Setup::default() }).await;
        let (root, alice) = (app.root().logged_in().await, app.alice().logged_in().await);
        assert_eq!(guess(&app, 12, "203.0.113.7").await[9..], [401, 429, 429]);
        let listed = root.get("/v1/admin/throttles").await;
        assert_eq!(shown(&listed), [json!(["identifier_and_network", "203.0.113.0/24", 10])]);
        assert_eq!(listed.json()["throttles"][0]["node_only"], counters == Counters::Memory);
        if counters == Counters::Memory {
            assert_snapshot!(listed.text(), @r#"{"throttles":[{"kind":"identifier_and_network","network":"203.0.113.0/24","failures":10,"since":"2027-01-15T08:00:00.000Z","waits_until":"2027-01-15T08:00:30.000Z","node_only":true}]}"#);
        }

        let path = format!("/v1/admin/accounts/{}/throttle", alice.account_id);
        let of_alice = shown(&root.get(&path).await);
        let expected =
            [json!(["identifier_and_network", "203.0.113.0/24", 10]), json!(["identifier", null, 10])];
        assert_eq!(of_alice, expected);
        assert_eq!(root.delete(&path).await.json(), json!({"cleared": 2}));
        assert_eq!(shown(&root.get(&path).await), [] as [Value; 0]);
        assert_eq!(guess(&app, 11, "203.0.113.7").await[9..], [401, 429]);
    }
}

#[every_engine]
async fn a_network_is_cleared_by_its_address() {
    let app = App::start().await;
    let root = app.root().logged_in().await;
    for number in 0..41 {
        let body = json!({"identifier": format!("person-{number}"), "password": format!("wrong-{number}")});
        app.post("/v1/login").json(&body).from("203.0.113.7").await;
    }
    let kinds = shown(&root.get("/v1/admin/throttles").await);
    assert_eq!(kinds.len(), 0, "a few of the forty look like one: {kinds:?}");
    for number in 100..140 {
        let body = json!({"identifier": format!("person-{number}"), "password": format!("wrong-{number}")});
        app.post("/v1/login").json(&body).from("203.0.113.7").await;
    }
    let kinds = shown(&root.get("/v1/admin/throttles").await);
    assert_eq!(kinds, [json!(["identifiers_of_address", "203.0.113.7/32", 40])]);
    let clear = root.post("/v1/admin/throttles/clear");
    for network in ["", "nowhere", "203.0.113.0/99"] {
        let refused = clear.clone().json(&json!({"network": network})).await;
        assert_eq!(refused.field_errors(), [("network".to_owned(), "invalid".to_owned())], "{network}");
    }
    assert_eq!(clear.json(&json!({"network": "203.0.113.7"})).await.json(), json!({"cleared": 3}));
    assert_eq!(shown(&root.get("/v1/admin/throttles").await), [] as [Value; 0]);
}

#[every_engine]
async fn a_kind_of_limit_is_cleared_wherever_it_is_counted() {
    for counters in [Counters::Memory, Counters::Database] {
        let app = App::start_with(Setup { counters, ..Setup::default() }).await;
        let root = app.root().logged_in().await;
        for number in 0..60 {
            let body = json!({"identifier": format!("person-{number}"), "password": "Summer2026!"});
            app.post("/v1/login").json(&body).from(&format!("198.51.{number}.1")).await;
        }
        let listed = shown(&root.get("/v1/admin/throttles").await);
        assert_eq!(listed, [json!(["identifiers_of_password", null, 30])]);
        let clear = root.post("/v1/admin/throttles/clear");
        let wrong = clear.clone().json(&json!({"kind": "passwords"})).await.field_errors();
        assert!(wrong.contains(&("kind".to_owned(), "unknown_value".to_owned())), "{wrong:?}");
        let both = json!({"kind": "node", "network": "203.0.113.7"});
        let wrong = clear.clone().json(&both).await.field_errors();
        assert_eq!(wrong, [("kind".to_owned(), "invalid".to_owned())]);
        let wrong = clear.clone().json(&json!({})).await.field_errors();
        assert_eq!(wrong, [("network".to_owned(), "required".to_owned())]);
        let cleared = clear.json(&json!({"kind": "identifiers_of_password"})).await;
        assert_eq!(cleared.json(), json!({"cleared": 1}));
        assert_eq!(shown(&root.get("/v1/admin/throttles").await), [] as [Value; 0]);
    }
}

#[every_engine]
async fn what_one_process_clears_others_clear_in_their_memory() {
    let app = App::start().await;
    let (root, alice) = (app.root().logged_in().await, app.alice().logged_in().await);
    let other = app.second_process().await;
    assert_eq!(guess(&other, 11, "203.0.113.7").await[9..], [401, 429]);
    root.delete(&format!("/v1/admin/accounts/{}/throttle", alice.account_id)).await;
    other.auth.tend_throttle().await;
    assert_eq!(guess(&other, 11, "203.0.113.7").await[9..], [401, 429]);
}

#[every_engine]
async fn the_audit_log_says_what_was_used_up_and_who_cleared_it() {
    let app = App::start().await;
    let (root, alice) = (app.root().logged_in().await, app.alice().logged_in().await);
    guess(&app, 15, "203.0.113.7").await;
    for number in 0..60 {
        let body = json!({"identifier": format!("person-{number}"), "password": "Summer2026!"});
        app.post("/v1/login").json(&body).from(&format!("198.51.{number}.1")).await;
    }
    root.delete(&format!("/v1/admin/accounts/{}/throttle", alice.account_id)).await;
    app.auth.tend_throttle().await;
    app.auth.write_audit_queue().await.unwrap();
    let kinds = vec![AuditKind::TriesExhausted, AuditKind::StuffingSuspected, AuditKind::ThrottleCleared];
    let filter = AuditFilter { kinds, ..AuditFilter::default() };
    let page = app.auth.list_audit_events(&Administrator::operator(), &filter, PageRequest::first(100)).await;
    let mut told: Vec<_> = page
        .unwrap()
        .items
        .into_iter()
        .map(|event| {
            let detail = event.detail.map(|detail| detail.as_str().to_owned());
            (event.kind.as_str().to_owned(), detail.unwrap_or_default())
        })
        .collect();
    told.sort();
    let expected = [
        ("stuffing_suspected", "identifiers_of_password"),
        ("throttle_cleared", "identifier"),
        ("tries_exhausted", "identifier_and_network"),
    ];
    assert_eq!(told, expected.map(|(kind, detail)| (kind.to_owned(), detail.to_owned())));
}

#[every_engine]
async fn counters_that_expired_are_forgotten_in_time() {
    let app = App::start_with(Setup { counters: Counters::Database, ..Setup::default() }).await;
    guess(&app, 5, "203.0.113.7").await;
    app.pass(Duration::from_hours(2));
    let cleared = app.auth.maintain(&[]).await.unwrap().unwrap();
    assert_eq!(cleared.counters, 6, "the pair, the identifier, its address and network, and two of the new");
}
