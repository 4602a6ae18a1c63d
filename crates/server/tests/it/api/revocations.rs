//! What does the server tell services about what ended early?

use std::collections::BTreeSet;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use insta::assert_snapshot;
use portcullis_core::crypto::keyring::KeyPurpose;
use portcullis_core::flows::rotate_keys::Urgency;
use portcullis_core::model::{Client, SessionId};
use portcullis_core::verifier::{Algorithm, Jwks, KeySet, jws};
use portcullis_every_engine::every_engine;
use serde_json::{Value, json};

use super::app::{App, Setup};
use super::client::Answer;
use super::persona::Session;
use crate::engine::{self, TestEngine};

/// What an answer says; it is signed with a published key.
fn opened(app: &App, answer: &Answer) -> Value {
    assert_eq!(answer.status, 200, "{answer}");
    let opened = jws::open(answer.text(), &KeySet::from_jwks(&app.auth.jwks())).unwrap();
    assert_eq!(opened.header.token_type.as_deref(), Some("revocations+jwt"));
    serde_json::from_slice(&opened.payload).unwrap()
}

async fn feed(app: &App) -> Value {
    opened(app, &app.get("/v1/revocations").await)
}

async fn feed_since(app: &App, cursor: &Value) -> Value {
    opened(app, &app.get(&format!("/v1/revocations?since={}", cursor.as_str().unwrap())).await)
}

/// The sessions that an answer names.
fn sessions(feed: &Value) -> Vec<&str> {
    let entries = feed["revoked"].as_array().unwrap();
    entries.iter().map(|entry| entry[0].as_str().unwrap()).collect()
}

async fn ended(app: &App) -> Session {
    let session = app.alice().logs_in().await;
    assert_eq!(session.post("/v1/logout").await.status, 204);
    session
}

#[every_engine]
async fn anybody_is_told_which_sessions_ended_and_until_when_that_matters() {
    let app = App::start().await;
    app.alice().registered().await;
    let empty = feed(&app).await;
    assert_eq!(
        (&empty["revoked"], &empty["revoked_kids"], &empty["from"], &empty["next"]),
        (&json!([]), &json!([]), &Value::Null, &Value::Null)
    );
    let session = ended(&app).await;
    let answer = app.get("/v1/revocations").await;
    assert_eq!(answer.header("content-type"), Some("application/revocations+jwt"));
    assert_eq!(answer.header("cache-control"), Some("public, max-age=1"));
    let told = opened(&app, &answer);
    let now = app.auth.now().as_seconds();
    assert_eq!(told["revoked"], json!([[session.session_id, now + 900 + 1]]));
    assert_eq!(told["iss"], app.policy().issuer.as_str());
    assert_eq!((&told["iat"], &told["exp"], &told["as_of"]), (&json!(now), &json!(now + 60), &json!(now)));
    assert_eq!(session.is_let_in().await.code(), "session_ended");
}

#[every_engine]
async fn the_document_is_no_access_token() {
    let app = App::start().await;
    let document = app.get("/v1/revocations").await;
    assert_eq!(app.get("/v1/me").bearer(document.text()).await.code(), "invalid_access_token");
}

#[every_engine]
async fn whoever_comes_back_is_told_what_is_new() {
    let app = App::start().await;
    app.alice().registered().await;
    let mut cursor = feed(&app).await["cursor"].clone();
    let mut known = Vec::new();
    for _ in 0..5 {
        let session = ended(&app).await;
        let news = feed_since(&app, &cursor).await;
        assert!(sessions(&news).contains(&session.session_id.as_str()));
        known.push(session.session_id);
        cursor = news["cursor"].clone();
        assert_eq!(sessions(&feed_since(&app, &cursor).await), [""; 0]);
    }
    // All of it comes in the order of time and id.
    known.sort();
    assert_eq!(sessions(&feed(&app).await), known);
    // An answer may begin earlier than it was asked to, but not at the beginning each time.
    let session = ended(&app).await;
    assert_eq!(sessions(&feed_since(&app, &cursor).await), [session.session_id]);
}

#[every_engine]
async fn another_node_and_one_that_was_just_started_understand_where_somebody_stopped() {
    let app = App::start().await;
    app.alice().registered().await;
    let long_ago = ended(&app).await;
    app.pass(Duration::from_mins(5));
    app.auth.synchronise().await.unwrap();
    let cursor = feed(&app).await["cursor"].clone();
    let session = ended(&app).await;
    let other = app.second_process().await;
    let everything = feed(&other).await;
    assert_eq!(sessions(&everything), [long_ago.session_id.as_str(), session.session_id.as_str()]);
    assert_eq!(sessions(&feed_since(&other, &cursor).await), [session.session_id.as_str()]);
    // What that node learns by its looks at the database, it tells as well.
    let cursor = everything["cursor"].clone();
    let next = ended(&app).await;
    other.auth.synchronise().await.unwrap();
    assert_eq!(sessions(&feed_since(&other, &cursor).await), [next.session_id]);
}

#[every_engine]
async fn every_answer_says_where_it_begins() {
    let app = App::start().await;
    app.alice().registered().await;
    ended(&app).await;
    app.pass(Duration::from_mins(5));
    app.auth.synchronise().await.unwrap();
    let everything = feed(&app).await;
    let other = app.second_process().await;
    assert_eq!(everything["from"], Value::Null);
    assert_eq!(feed_since(&app, &everything["cursor"]).await["from"], json!({ "number": 1 }));
    // By the time at another node: two minutes back, at a whole half of one.
    let now = app.auth.now().as_millis();
    let at = now - 120_000 - (now - 120_000).rem_euclid(30_000);
    let news = feed_since(&other, &everything["cursor"]).await;
    assert_eq!(news["from"], json!({ "at": at }));
    assert_ne!(news["node"], everything["node"]);
    // What nobody knows is answered with everything.
    let stranger = json!("0123456789abcdef0123456789abcdef.1.1");
    assert_eq!(feed_since(&app, &stranger).await["from"], Value::Null);
}

/// So many sessions end at other nodes, many at the same moment.
async fn end_elsewhere(app: &App, many: u16) -> BTreeSet<String> {
    let now = app.auth.now();
    let until = now.plus(Duration::from_mins(15));
    let rows = (0..many).map(|number| {
        let session = SessionId::new(now, app.auth.random());
        let id = match engine::current() {
            TestEngine::Postgres => format!("'{session}'"),
            TestEngine::Sqlite | TestEngine::MariaDb => format!("x'{}'", session.as_uuid().simple()),
        };
        // Those that arrive first ended last.
        let at = now.minus(Duration::from_secs(u64::from(number / 1500)));
        (session.to_string(), format!("({id}, {at}, {until})"))
    });
    let (ended, rows): (BTreeSet<_>, Vec<_>) = rows.unzip();
    let table = "INSERT INTO revocations (session_id, revoked_at, expires_at) VALUES";
    app.execute(&format!("{table} {};", rows.join(", "))).await;
    ended
}

/// What an answer says that may be longer than any token.
async fn page_of(app: &App, since: Option<&Value>) -> Value {
    let query = since.map(|place| format!("?since={}", place.as_str().unwrap())).unwrap_or_default();
    let answer = app.get(&format!("/v1/revocations{query}")).await;
    assert_eq!(answer.status, 200);
    let payload = answer.text().split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

#[every_engine]
async fn a_long_list_is_read_to_the_end_whichever_node_answers_for_each_page() {
    let app = App::start().await;
    let ended = end_elsewhere(&app, 5000).await;
    let nodes = [app.second_process().await, app.second_process().await];
    let mut told = BTreeSet::new();
    let first = page_of(&nodes[0], None).await;
    let mut page = first.clone();
    // A half of each page is new at the least.
    for turn in 1..=5 {
        assert!(sessions(&page).len() <= 2048);
        told.extend(sessions(&page).into_iter().map(str::to_owned));
        if page["next"].is_null() {
            break;
        }
        page = page_of(&nodes[turn % 2], Some(&page["next"])).await;
        assert!(page["from"]["session"].is_string(), "{}", page["from"]);
        assert_eq!(page["cursor"], Value::Null, "only the first page says where to go on next time");
    }
    assert!(page["next"].is_null() && told == ended, "{} of {}", told.len(), ended.len());
    let news = page_of(&nodes[0], Some(&first["cursor"])).await;
    assert_eq!(sessions(&news), [""; 0]);

    // A service that comes back to the other node is told by the time, likewise to the end.
    let (mut told, mut page) = (BTreeSet::new(), page_of(&nodes[1], Some(&first["cursor"])).await);
    for turn in 0..5 {
        told.extend(sessions(&page).into_iter().map(str::to_owned));
        if page["next"].is_null() {
            break;
        }
        page = page_of(&nodes[turn % 2], Some(&page["next"])).await;
    }
    assert!(page["next"].is_null() && told == ended, "{} of {}", told.len(), ended.len());
}

#[every_engine]
async fn a_node_that_lost_touch_with_the_others_says_since_when() {
    let app = App::start().await;
    let now = app.auth.now().as_seconds();
    app.pass(Duration::from_secs(40));
    assert_eq!(feed(&app).await["as_of"], now);
    app.auth.synchronise().await.unwrap();
    assert_eq!(feed(&app).await["as_of"], now + 40);
}

#[every_engine]
async fn what_is_no_cursor_is_refused_by_name() {
    let app = App::start().await;
    assert_snapshot!(app.get("/v1/revocations?since=yesterday&limit=1").await, @r#"
    400 Bad Request
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:invalid_request","title":"The request is not valid","status":400,"code":"invalid_request","errors":[{"field":"since","code":"invalid","message":"must be the `cursor` or the `next` of an earlier answer"},{"field":"limit","code":"unknown_parameter","message":"must not be given, or only once"}],"request_id":"[request]"}
    "#);
}

#[every_engine]
async fn a_session_is_told_of_for_two_minutes_more_than_its_tokens_live() {
    let app = App::start().await;
    app.alice().registered().await;
    let session = ended(&app).await;
    // Services give tokens a leeway, and their clocks may be behind.
    app.pass(Duration::from_secs(900 + 119));
    app.auth.synchronise().await.unwrap();
    assert_eq!(sessions(&feed(&app).await), [session.session_id]);
    app.pass(Duration::from_secs(1));
    app.auth.synchronise().await.unwrap();
    assert_eq!(sessions(&feed(&app).await), [""; 0]);
}

#[every_engine]
async fn keys_that_were_revoked_are_named_by_the_one_that_took_over() {
    let app = App::start().await;
    let kids_of =
        |keys: &Jwks| -> BTreeSet<String> { keys.keys.iter().filter_map(|key| key.kid.clone()).collect() };
    let before = kids_of(&app.auth.jwks());
    for purpose in [KeyPurpose::AccessToken, KeyPurpose::RefreshToken] {
        app.auth.rotate_keys(purpose, Urgency::Emergency, None, &Client::operator()).await.unwrap();
    }
    let told = feed(&app).await;
    let kids: BTreeSet<String> = serde_json::from_value(told["revoked_kids"].clone()).unwrap();
    assert_eq!(kids, before, "and no refresh key, which is nobody's business");
    assert!(kids.is_disjoint(&kids_of(&app.auth.jwks())));
}

#[every_engine]
async fn a_server_that_signs_with_a_shared_secret_signs_this_with_it_as_well() {
    let app = App::start_with(Setup::signing_with(Algorithm::Hs256)).await;
    let answer = app.get("/v1/revocations").await;
    assert_eq!(answer.status, 200);
    assert!(jws::open(answer.text(), &KeySet::from_jwks(&app.auth.jwks())).is_err(), "nothing is published");
}

#[every_engine]
async fn asking_costs_no_look_at_the_database() {
    let app = App::start().await;
    app.store.take_calls();
    app.get("/v1/revocations").await;
    assert_eq!(app.store.take_calls(), [""; 0]);
}
