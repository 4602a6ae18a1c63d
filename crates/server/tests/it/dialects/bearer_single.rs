//! Does `bearer-single` keep its contract?
//!
//! - `holes`: what its backends let through, and this does not.
//! - `takeover`: what its backends issued.

mod holes;
mod takeover;

use std::time::Duration;

use http::StatusCode;
use portcullis_core::verifier::{LegacyShape, LegacyVerifier};
use portcullis_every_engine::every_engine;
use portcullis_http::dialects::{Dialect, Expiry, Secrets, WellKnown};
use serde_json::{Value, json};

use super::forge;
use super::replay::replay;
use super::server::{ACCESS_SECRET, Answer, Server, Setup};

const NAME: &str = "bearer-single";
const PASSWORD: &str = "correct horse battery";
const FAILED: &str = r#"{"message":"Authentication failed"}"#;
const JSON: &str = "application/json; charset=utf-8";
const NAME_TEXT: &str = "text/plain; charset=utf-8";

#[every_engine]
async fn it_answers_as_the_backends_did() {
    replay(NAME).await;
}

fn credentials(username: &str, password: &str) -> Value {
    json!({ "username": username, "password": password })
}

async fn register(server: &Server, username: &str) -> Answer {
    server.post("/register", &credentials(username, PASSWORD)).await
}

async fn log_in(server: &Server, username: &str) -> Answer {
    server.post("/login", &credentials(username, PASSWORD)).await
}

/// The token of somebody new.
async fn newcomer(server: &Server, username: &str) -> String {
    assert_eq!(register(server, username).await.status, 201);
    log_in(server, username).await.text("token")
}

async fn protected(server: &Server, token: &str) -> u16 {
    server.get_as("/protected", token).await.status.as_u16()
}

/// Status, type and body.
fn seen(answer: &Answer) -> (u16, &str, &str) {
    (answer.status.as_u16(), answer.header("content-type"), &answer.body)
}

#[every_engine]
async fn an_account_registers_logs_in_and_sees_what_is_protected() {
    let server = Server::speaking(NAME).await;
    let answer = register(&server, "ada").await;
    assert_eq!(seen(&answer), (201, JSON, r#"{"message":"User registered successfully"}"#));
    let answer = log_in(&server, "ada").await;
    let token = answer.text("token");
    assert_eq!(seen(&answer), (200, JSON, json!({ "token": token }).to_string().as_str()));
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.cookies(), Vec::<&str>::new());
    let answer = server.get_as("/protected", &token).await;
    assert_eq!(seen(&answer), (200, "text/html; charset=utf-8", "Protected resource accessed successfully"));
    let server = server.another_process().await;
    assert_eq!(protected(&server, &token).await, 200);
}

#[every_engine]
async fn the_claims_are_those_of_the_contract_and_an_end() {
    let server = Server::speaking(NAME).await;
    let token = newcomer(&server, "Ada L").await;
    let now = server.now_s();
    let claims = forge::claims(&token);
    let expected = (json!("Ada L"), json!(now), json!(now + 3600));
    assert_eq!(
        (&claims["username"], &claims["iat"], &claims["exp"]),
        (&expected.0, &expected.1, &expected.2)
    );
    let names: Vec<&String> = claims.as_object().unwrap().keys().collect();
    assert_eq!(names, ["exp", "iat", "jti", "sid", "sub", "username"]);
    let verifier = LegacyVerifier::new(LegacyShape::BearerSingle, ACCESS_SECRET).unwrap();
    let found = verifier.verify_at(&token, now).unwrap();
    assert_eq!((found.account.to_string(), found.exp), ("Ada L".to_owned(), Some(now + 3600)));
    assert!(verifier.verify_at(&token, now + 3600).is_err());
}

#[every_engine]
async fn a_token_ends_after_an_hour() {
    let server = Server::speaking(NAME).await;
    let token = newcomer(&server, "ada").await;
    server.pass(Duration::from_mins(59));
    assert_eq!(protected(&server, &token).await, 200);
    server.pass(Duration::from_mins(1));
    assert_eq!(seen(&server.get_as("/protected", &token).await), (403, NAME_TEXT, "Forbidden"));
    assert_eq!(log_in(&server, "ada").await.status, 200);
}

#[test]
fn it_has_the_port_lifetime_secret_and_routes_of_the_contract() {
    let dialect = Dialect::find(NAME).unwrap();
    assert_eq!((dialect.port, dialect.access.configured_by), (3000, Some(Expiry::Jwt)));
    assert_eq!((dialect.access.most, dialect.refresh), (Duration::from_hours(24 * 7), None));
    assert_eq!(dialect.secrets, Secrets::Single { well_known: WellKnown::Replaced });
    let (contract, beside) = (["POST /register", "POST /login", "GET /protected"], 4);
    let routes = dialect.list_routes();
    assert_eq!(routes.len(), contract.len() + beside);
    assert_eq!(routes.split_at(contract.len()).0, contract);
}

#[every_engine]
async fn the_case_of_a_username_counts_and_so_does_every_space() {
    let server = Server::speaking(NAME).await;
    let names = ["Ada", "ADA", "ada", "ada ", " ada", "a\u{301}da", "\u{e1}da", "ada@example.com", "1"];
    for name in names {
        assert_eq!(register(&server, name).await.status, 201, "{name:?}");
    }
    for name in names {
        assert_eq!(
            seen(&register(&server, name).await),
            (409, JSON, r#"{"error":"username is already taken"}"#)
        );
        assert_eq!(forge::claims(&log_in(&server, name).await.text("token"))["username"], name);
    }
    assert_eq!(seen(&log_in(&server, "aDA").await), (401, JSON, FAILED));
    assert_eq!(seen(&log_in(&server, "ADA@example.com").await), (401, JSON, FAILED));
}

#[every_engine]
async fn an_account_of_the_native_api_is_known_by_the_lower_case_of_its_name() {
    let server = Server::speaking(NAME).await;
    assert_eq!(server.post("/v1/register", &credentials("Bob", PASSWORD)).await.status, 201);
    assert_eq!(register(&server, "bob").await.status, 409);
    assert_eq!(log_in(&server, "Bob").await.status, 401);
    let token = log_in(&server, "bob").await.text("token");
    // Not as it is spelled: that may be another account's name here.
    assert_eq!((protected(&server, &token).await, &forge::claims(&token)["username"]), (200, &json!("bob")));
    assert_eq!(register(&server, "Bob").await.status, 201);
    assert_eq!(forge::claims(&log_in(&server, "Bob").await.text("token"))["username"], "Bob");
}

#[every_engine]
async fn each_refusal_is_in_the_member_where_clients_of_the_route_look() {
    let server = Server::speaking(NAME).await;
    newcomer(&server, "ada").await;
    for (path, member) in [("/register", "error"), ("/login", "message")] {
        for (body, status) in [
            (r#"{"username":"bob"}"#.to_owned(), 400),
            (r#"{"password":"correct horse battery"}"#.to_owned(), 400),
            (r#"{"username":7,"password":"correct horse battery"}"#.to_owned(), 400),
            ("{".to_owned(), 400),
            ("[]".to_owned(), 400),
            (format!(r#"{{"username":"{}"}}"#, "x".repeat(110_000)), 413),
        ] {
            let answer = server.send("POST", path, &["content-type: application/json"], &body).await;
            assert_eq!((answer.status.as_u16(), answer.header("content-type")), (status, JSON), "{path}");
            let members = answer.json();
            let members: Vec<_> = members.as_object().unwrap().iter().collect();
            assert_eq!(members.len(), 1, "{answer:?}");
            assert_eq!((members[0].0.as_str(), members[0].1.is_string()), (member, true), "{answer:?}");
        }
        let answer = server.send("POST", path, &["content-type: text/plain"], "{}").await;
        assert_eq!(
            (answer.status, answer.text(member).is_empty()),
            (StatusCode::UNSUPPORTED_MEDIA_TYPE, false)
        );
    }
    let wrong = server.post("/login", &credentials("ada", "a wrong password")).await;
    assert_eq!(seen(&wrong), (401, JSON, FAILED));
}

#[every_engine]
async fn without_the_header_it_is_401_and_without_a_good_token_403() {
    let server = Server::speaking(NAME).await;
    let token = newcomer(&server, "ada").await;
    for headers in [vec![], vec!["authorization: "]] {
        let answer = server.send("GET", "/protected", &headers, "").await;
        assert_eq!(seen(&answer), (401, NAME_TEXT, "Unauthorized"), "{headers:?}");
    }
    for value in
        ["Bearer", &token, "Bearer x", "Bearer a.b.c", &format!("Bearer  {token}"), "Bearer undefined"]
    {
        let answer = server.send("GET", "/protected", &[&format!("authorization: {value}")], "").await;
        assert_eq!(seen(&answer), (403, NAME_TEXT, "Forbidden"), "{value}");
    }
    // Two headers, of which a proxy may have read the other.
    let two = format!("authorization: Bearer {token}");
    assert_eq!(server.send("GET", "/protected", &[&two, &two], "").await.status, 403);
    for value in [format!("bearer {token}"), format!("JWT {token}"), format!("Bearer {token} more")] {
        let answer = server.send("GET", "/protected", &[&format!("authorization: {value}")], "").await;
        assert_eq!(answer.status, 200, "{value}");
    }
    let head = server.send("HEAD", "/protected", &[&format!("authorization: Bearer {token}")], "").await;
    assert_eq!((head.status.as_u16(), head.body.as_str()), (200, ""));
}

#[every_engine]
async fn paths_match_as_in_express_and_other_methods_do_not() {
    let server = Server::speaking(NAME).await;
    let token = newcomer(&server, "ada").await;
    for path in ["/protected/", "/PROTECTED", "/Protected/?x=1", "/protected?x=1"] {
        assert_eq!(server.get_as(path, &token).await.status, 200, "{path}");
    }
    assert_eq!(server.post("/LOGIN/", &credentials("ada", PASSWORD)).await.status, 200);
    for (method, path) in
        [("GET", "/login"), ("DELETE", "/register"), ("POST", "/protected"), ("OPTIONS", "/login")]
    {
        let answer = server.send(method, path, &[], "").await;
        assert_eq!(
            (answer.status.as_u16(), answer.text("error").is_empty()),
            (405, false),
            "{method} {path}"
        );
    }
    for path in ["/refresh", "/logout", "/nothing", "//protected", "/protected/more", "/%E0%A4%A"] {
        let answer = server.send("POST", path, &[&format!("authorization: Bearer {token}")], "").await;
        assert_eq!((answer.status.as_u16(), answer.header("content-type")), (404, JSON), "{path}");
        assert!(!answer.text("error").is_empty());
    }
    // None of that was a logout.
    assert_eq!(protected(&server, &token).await, 200);
}

#[every_engine]
async fn it_answers_under_a_prefix_and_beside_a_dialect_of_the_same_paths() {
    let server = Server::start(Setup::of(&["bearer-single=/old", "bearer-pair"])).await;
    assert_eq!(server.post("/old/register", &credentials("ada", PASSWORD)).await.status, 201);
    let token = server.post("/OLD/Login/", &credentials("ada", PASSWORD)).await.text("token");
    assert_eq!(
        server.get_as("/old/protected", &token).await.body,
        "Protected resource accessed successfully"
    );
    let missing = server.send("GET", "/old/nothing", &[], "").await;
    assert_eq!((missing.status.as_u16(), missing.text("error").is_empty()), (404, false));
    let elsewhere = server.post("/register", &credentials("ada", PASSWORD)).await;
    assert_eq!((elsewhere.status.as_u16(), elsewhere.text("error").as_str()), (400, "email must be given"));
    let native = server.send("POST", "/v1/login", &["content-type: application/json"], "{}").await;
    assert_eq!(native.header("content-type"), "application/problem+json");
}

#[every_engine]
async fn in_production_it_answers_the_same_and_no_other_origin_is_told_anything() {
    let server = Server::start(Setup::of(&[NAME]).in_production()).await;
    let token = newcomer(&server, "ada").await;
    assert_eq!(protected(&server, &token).await, 200);
    let headers = ["origin: https://app.example", "access-control-request-method: POST"];
    let answer = server.send("OPTIONS", "/login", &headers, "").await;
    assert!(answer.headers.keys().all(|name| !name.as_str().starts_with("access-control")), "{answer:?}");
}
