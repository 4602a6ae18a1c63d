//! Do dialects stand beside each other, the native API and the origins that an operator lists?

use portcullis_every_engine::every_engine;
use serde_json::json;

use super::server::{Server, Setup};

const PASSWORD: &str = "correct horse battery";
const PAGE: &str = "https://app.example";

#[every_engine]
async fn a_listed_origin_may_call_every_dialect_with_cookies_and_others_may_not() {
    for (dialect, path) in [
        ("bearer-pair", "/login"),
        ("users-cookies", "/users/login"),
        ("bearer-single", "/login"),
        ("auth-router", "/auth/login"),
    ] {
        let server = Server::start(Setup { listed_origin: Some(PAGE), ..Setup::of(&[dialect]) }).await;
        let asks =
            |origin: &str| [format!("origin: {origin}"), "access-control-request-method: POST".to_owned()];
        let [origin, method] = asks(PAGE);
        let answer = server.send("OPTIONS", path, &[&origin, &method], "").await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("access-control-allow-origin")),
            (204, PAGE),
            "{dialect}"
        );
        assert_eq!(answer.header("access-control-allow-credentials"), "true");
        let answer = server.send("POST", path, &[&origin, "content-type: application/json"], "{}").await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("access-control-allow-origin")),
            (400, PAGE),
            "{dialect}"
        );
        let [origin, method] = asks("https://evil.example");
        for (verb, body) in [("OPTIONS", ""), ("POST", "{}")] {
            let answer =
                server.send(verb, path, &[&origin, &method, "content-type: application/json"], body).await;
            assert_eq!(answer.header("access-control-allow-origin"), "", "{dialect} {verb}");
        }
    }
}

#[every_engine]
async fn cookies_are_secure_where_the_server_is_reached_by_https() {
    for (public_origin, is_secure) in [("https://localhost:5000", true), ("http://localhost:5000", false)] {
        let server = Server::start(Setup { public_origin, ..Setup::of(&["users-cookies"]) }).await;
        let person = json!({ "name": "Ada", "email": "ada@example.com", "password": PASSWORD });
        server.post("/users/register", &person).await;
        let answer = server.post("/users/login", &person).await;
        assert_eq!(answer.cookies().len(), 2);
        assert!(answer.cookies().iter().all(|line| line.contains("; Secure") == is_secure), "{answer:?}");
    }
}

#[every_engine]
async fn all_five_speak_at_once_to_the_same_accounts() {
    let names = ["bearer-pair", "users-cookies", "api-session", "bearer-single=/single", "auth-router"];
    let server = Server::start(Setup::of(&names)).await;
    let person =
        json!({ "username": "adalovelace", "name": "Ada", "email": "ada@example.com", "password": PASSWORD });
    assert_eq!(server.post("/register", &person).await.status, 201);
    assert_eq!(server.post("/users/register", &person).await.status, 409);
    assert_eq!(server.post("/single/login", &person).await.status, 200);
    assert_eq!(server.post("/users/login", &person).await.status, 200);
    let mail = json!({ "email": "ada@example.com", "password": PASSWORD });
    let token = server.post("/auth/login", &mail).await.body;
    assert_eq!(
        (
            server.get_as("/", &token).await.body.as_str(),
            server.get_as("/protected", &token).await.status.as_u16()
        ),
        ("It works!", 200)
    );
    let native = json!({ "identifier": "ada@example.com", "password": PASSWORD });
    let native = server.post("/v1/login", &native).await.text("access_token");
    assert_eq!(server.get_as("/v1/me", &native).await.status, 200);
    for (path, dialect_token) in
        [("/v1/me", &token), ("/v1/admin/accounts", &token), ("/protected", &native), ("/", &native)]
    {
        assert!([401, 403].contains(&server.get_as(path, dialect_token).await.status.as_u16()), "{path}");
    }
}
