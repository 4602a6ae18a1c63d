//! What does the server tell everybody?

use insta::assert_snapshot;
use portcullis_core::verifier::Algorithm;
use portcullis_every_engine::every_engine;
use serde_json::{Value, json};

use super::app::{App, Setup};
use super::contract;
use super::forge::{Forge, hs256};
use super::watched_store::Outage;

#[every_engine]
async fn the_keys_are_public_and_hold_no_secret() {
    let app = App::start().await;
    let answer = app.get("/.well-known/jwks.json").await;
    assert_snapshot!(answer, @r#"
    200 OK
    content-type: application/json
    cache-control: public, max-age=300
    access-control-allow-origin: *
    cross-origin-resource-policy: cross-origin

    {"keys":[{"kty":"OKP","kid":"[key id]","use":"sig","alg":"EdDSA","crv":"Ed25519","x":"[43 random characters]"},{"kty":"OKP","kid":"[key id]","use":"sig","alg":"EdDSA","crv":"Ed25519","x":"[43 random characters]"}]}
    "#);
    let forge = Forge::with_the_real_key(&app).await;
    let keys = answer.json();
    assert_eq!(keys["keys"].as_array().unwrap().len(), 2, "the one that signs and the one that will");
    assert!(keys["keys"].as_array().unwrap().iter().any(|key| key["kid"] == forge.kid));
}

#[every_engine]
async fn every_algorithm_publishes_public_parts_only_and_signs_what_they_verify() {
    for (algorithm, members) in [
        (Algorithm::EdDsa, vec!["alg", "crv", "kid", "kty", "use", "x"]),
        (Algorithm::Es256, vec!["alg", "crv", "kid", "kty", "use", "x", "y"]),
        (Algorithm::Rs256, vec!["alg", "e", "kid", "kty", "n", "use"]),
    ] {
        let app = App::start_with(Setup::signing_with(algorithm)).await;
        for key in app.get("/.well-known/jwks.json").await.json()["keys"].as_array().unwrap() {
            let mut names: Vec<&str> = key.as_object().unwrap().keys().map(String::as_str).collect();
            names.sort_unstable();
            assert_eq!((names, key["alg"].as_str()), (members.clone(), Some(algorithm.as_str())));
        }
        // Every token of this session is checked with those keys on the way.
        let alice = app.alice().logged_in().await;
        assert_eq!(alice.refreshes().await.status, 200);
        assert_eq!(alice.get("/v1/me").await.status, 200);
    }
}

#[every_engine]
async fn a_shared_secret_is_not_published_and_cannot_be_guessed_from_what_is() {
    let app = App::start_with(Setup::signing_with(Algorithm::Hs256)).await;
    assert_snapshot!(app.get("/.well-known/jwks.json").await, @r#"
    200 OK
    content-type: application/json
    cache-control: public, max-age=300
    access-control-allow-origin: *
    cross-origin-resource-policy: cross-origin

    {"keys":[]}
    "#);
    let alice = app.alice().logged_in().await;
    assert_eq!(alice.get("/v1/me").await.status, 200);
    let kid = app.auth.key_infos().into_iter().find(|key| key.algorithm == "HS256").unwrap().kid;
    let header = json!({"alg": "HS256", "typ": "at+jwt", "kid": kid}).to_string();
    let claims = super::forge::claims_of(&alice).to_string();
    for secret in ["", "secret", "HS256", &kid, "null", "your-256-bit-secret"] {
        let forged = hs256(&header, &claims, secret.as_bytes());
        assert_eq!(app.get("/v1/me").bearer(&forged).await.code(), "invalid_access_token", "{secret}");
    }
}

#[every_engine]
async fn the_process_lives_whatever_the_database_does_and_is_ready_only_with_it() {
    let app = App::start().await;
    assert_snapshot!(app.get("/livez").await, @r#"
    200 OK
    content-type: text/plain; charset=utf-8

    ok
    "#);
    app.store.goes_down(Outage::Failed);
    assert_eq!(app.get("/livez").await.status, 200);
    assert_snapshot!(app.get("/readyz").await, @r#"
    503 Service Unavailable
    retry-after: 1
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:unavailable","title":"The server is busy","status":503,"code":"unavailable","request_id":"[request]"}
    "#);
    let up = App::start().await;
    assert_snapshot!(up.get("/readyz").await, @r#"
    200 OK
    content-type: text/plain; charset=utf-8

    ok
    "#);
}

#[every_engine]
async fn many_who_ask_whether_the_server_is_ready_cost_the_database_one_look() {
    let app = App::start().await;
    app.store.take_calls();
    let (one, other) = app.get("/readyz").twice().await;
    assert_eq!((one.status.as_u16(), other.status.as_u16()), (200, 200));
    assert_eq!(app.store.take_calls(), ["ping"]);
}

#[every_engine]
async fn the_description_that_is_served_is_the_one_of_the_code() {
    let app = App::start().await;
    let served = app.get("/openapi.json").await.json();
    let code = serde_json::to_value(portcullis_http::openapi_document()).unwrap();
    assert_eq!(served, code);
    assert!(served["openapi"].as_str().unwrap().starts_with("3.1"));
    assert_eq!(contract::operations().len(), 47);
}

#[test]
fn every_schema_that_the_description_names_is_there() {
    fn references(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                found.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
                members.values().for_each(|member| references(member, found));
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }
    let document = serde_json::to_value(portcullis_http::openapi_document()).unwrap();
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(found.len() > 20);
    for reference in found {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

#[every_engine]
async fn the_documentation_shows_every_operation() {
    let app = App::start().await;
    let page = app.get("/docs").await;
    for operation in contract::operations() {
        assert!(page.text().contains(&format!("id=\"{}\"", operation.id)), "{}", operation.id);
    }
    let style =
        page.text().split("href=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap().to_owned();
    assert_eq!(app.get(&style).await.header("content-type"), Some("text/css; charset=utf-8"), "{style}");
}
