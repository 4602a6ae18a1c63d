//! Does everything that changes something need the token of its browser, and what are other origins told?

use portcullis_core::crypto::keyring::KeyPurpose;
use portcullis_core::flows::rotate_keys::Urgency;
use portcullis_core::model::{Client, SessionId};
use portcullis_every_engine::every_engine;
use serde_json::{Value, json};

use super::super::server::{Answer, Server, Setup};
use super::{Browser, NAME, PASSWORD, lovelace, newcomer, shown};

fn assert_refused(answer: &Answer) {
    let words = "invalid csrf token";
    let expected = json!({ "title": "Server Error", "message": words, "errors": { "message": words } });
    assert_eq!((answer.status.as_u16(), answer.json()), (403, expected));
}

fn login() -> Value {
    json!({ "credential": "lovelace", "password": PASSWORD })
}

#[every_engine]
async fn nothing_unsafe_is_looked_at_without_the_token() {
    let server = Server::speaking(NAME).await;
    let browser = lovelace(&server).await;
    for method in ["POST", "PUT", "PATCH", "DELETE", "PROPFIND"] {
        for path in ["/api/session", "/api/users", "/hello/world", "/nothing", "/API/Session/"] {
            for headers in [&[][..], &["content-type: application/json"], &["content-type: text/plain"]] {
                assert_refused(&browser.request(method, path, headers, "{").await);
            }
        }
    }
    let large = json!({ "credential": "x".repeat(200_000) }).to_string();
    assert_refused(
        &browser.request("POST", "/api/session", &["content-type: application/json"], &large).await,
    );
    assert_eq!(browser.get("/api/session").await.json(), shown());
}

#[every_engine]
async fn the_token_is_taken_from_the_headers_that_clients_use_or_from_the_body_and_from_nowhere_else() {
    let server = Server::speaking(NAME).await;
    let browser = lovelace(&server).await;
    let token = browser.cookie("XSRF-TOKEN").unwrap();
    let body = login().to_string();
    let with = async |line: &str| {
        let headers = ["content-type: application/json", line];
        browser.request("POST", "/api/session", &headers, &body).await
    };
    for name in ["XSRF-Token", "X-XSRF-TOKEN", "X-CSRF-Token", "CSRF-Token", "xsrf-token"] {
        assert_eq!(with(&format!("{name}: {token}")).await.status, 200, "{name}");
    }
    for name in ["X-CSRFToken", "_csrf", "Authorization", "X-XSRF"] {
        assert_refused(&with(&format!("{name}: {token}")).await);
    }
    let mut in_body = login();
    in_body["_csrf"] = token.clone().into();
    let json_type = ["content-type: application/json"];
    assert_eq!(browser.request("POST", "/api/session", &json_type, &in_body.to_string()).await.status, 200);
    assert_refused(
        &browser.request("POST", "/api/session", &["content-type: text/plain"], &in_body.to_string()).await,
    );
    let query = format!("/api/session?_csrf={token}");
    assert_refused(&browser.request("POST", &query, &json_type, &body).await);
    for other in ["", "x", &token[1..], &format!("{token}x"), &browser.cookie("_csrf").unwrap()] {
        assert_refused(&with(&format!("XSRF-Token: {other}")).await);
        in_body["_csrf"] = other.into();
        assert_refused(&browser.request("POST", "/api/session", &json_type, &in_body.to_string()).await);
    }
    for odd in [json!(null), json!([token]), json!({ "$ne": "" }), json!(true)] {
        in_body["_csrf"] = odd;
        assert_refused(&browser.request("POST", "/api/session", &json_type, &in_body.to_string()).await);
    }
}

#[every_engine]
async fn a_token_is_good_more_than_once_and_for_no_other_browser() {
    let server = Server::speaking(NAME).await;
    let (one, other) = (lovelace(&server).await, Browser::open(&server).await);
    assert_ne!(one.cookie("_csrf"), other.cookie("_csrf"));
    for _ in 0..3 {
        assert_eq!(one.post("/api/session", &login()).await.status, 200);
    }
    let own = one.cookie("XSRF-TOKEN").unwrap();
    one.set("XSRF-TOKEN", &other.cookie("XSRF-TOKEN").unwrap());
    assert_refused(&one.post("/api/session", &login()).await);
    one.set("XSRF-TOKEN", &own);
    assert_eq!(one.post("/api/session", &login()).await.status, 200);
}

#[every_engine]
async fn a_token_survives_a_restart_and_a_key_rotation_and_ends_with_a_revoked_key() {
    let server = Server::speaking(NAME).await;
    let browser = lovelace(&server).await;
    let restarted = server.another_process().await;
    assert_eq!(browser.at(&restarted).post("/api/session", &login()).await.status, 200);
    let rotate = async |urgency| {
        server.auth.rotate_keys(KeyPurpose::RefreshToken, urgency, None, &Client::default()).await.unwrap();
    };
    rotate(Urgency::Planned).await;
    assert_eq!(browser.post("/api/session", &login()).await.status, 200);
    rotate(Urgency::Emergency).await;
    assert_refused(&browser.post("/api/session", &login()).await);
    browser.get("/api/csrf/restore").await;
    assert_eq!(browser.post("/api/session", &login()).await.status, 200);
}

#[every_engine]
async fn a_refused_request_of_a_new_browser_gets_its_secret() {
    let server = Server::speaking(NAME).await;
    for (method, path, status) in
        [("POST", "/nothing", 403), ("GET", "/nothing", 404), ("GET", "/api/session", 200)]
    {
        let answer = server.send(method, path, &[], "").await;
        assert_eq!(answer.status, status);
        let secret = answer.cookie("_csrf").unwrap();
        assert_eq!(answer.cookies(), [format!("_csrf={secret}; Path=/; HttpOnly")]);
    }
    let known = server.send("POST", "/nothing", &["cookie: _csrf=x"], "").await;
    assert_eq!((known.status.as_u16(), known.cookies().len()), (403, 0));
}

#[every_engine]
async fn a_secret_that_comes_twice_is_none() {
    let server = Server::speaking(NAME).await;
    let answer = server.send("GET", "/api/csrf/restore", &["cookie: _csrf=one; _csrf=two"], "").await;
    assert!(!["one", "two"].contains(&answer.cookie("_csrf").unwrap().as_str()));
}

#[every_engine]
async fn the_token_of_a_native_session_is_none_of_a_browser_that_keeps_its_id() {
    let server = Server::speaking(NAME).await;
    let session = SessionId::from_uuid(uuid::Uuid::from_bytes(*b"sixteen-letters!"));
    let headers =
        ["cookie: _csrf=sixteen-letters!", &*format!("xsrf-token: {}", server.auth.csrf_token(session))];
    assert_refused(&server.send("POST", "/api/session", &headers, "").await);
    let headers =
        [headers[0], &*format!("xsrf-token: {}", server.auth.client_csrf_token("sixteen-letters!"))];
    assert_eq!(server.send("POST", "/api/session", &headers, "").await.status, 400);
}

#[every_engine]
async fn in_production_every_cookie_is_secure_and_for_this_site() {
    let server = Server::start(Setup::of(&[NAME]).in_production()).await;
    let answer = server.send("GET", "/api/csrf/restore", &[], "").await;
    let [secret, token] = answer.cookies()[..] else { panic!("{answer:?}") };
    assert!(secret.ends_with("; Path=/; HttpOnly; Secure; SameSite=Lax"), "{secret}");
    assert!(token.ends_with("; Path=/; Secure; SameSite=Lax"), "{token}");
    let browser = Browser::open(&server).await;
    let answer = browser.post("/api/users", &newcomer("lovelace")).await;
    let [login] = answer.cookies()[..] else { panic!("{answer:?}") };
    assert!(
        login.starts_with("token=eyJ") && login.ends_with(" GMT; HttpOnly; Secure; SameSite=Lax"),
        "{login}"
    );
}

#[every_engine]
async fn any_origin_may_call_in_development_without_cookies_and_none_in_production() {
    let origin = "origin: http://localhost:5173";
    let ask = [origin, "access-control-request-method: POST", "access-control-request-headers: xsrf-token"];
    let server = Server::speaking(NAME).await;
    for (method, path) in [("GET", "/api/session"), ("POST", "/api/session"), ("GET", "/nothing")] {
        let answer = server.send(method, path, &[origin], "").await;
        assert_eq!(answer.header("access-control-allow-origin"), "*");
        assert_eq!(answer.header("access-control-allow-credentials"), "");
    }
    let answer = server.send("OPTIONS", "/api/session", &ask, "").await;
    assert_eq!((answer.status.as_u16(), answer.cookies().len()), (204, 0));
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    assert_eq!(answer.header("access-control-allow-methods"), "GET,HEAD,PUT,PATCH,POST,DELETE");
    assert_eq!(answer.header("access-control-allow-headers"), "xsrf-token");
    assert_eq!(answer.header("access-control-allow-credentials"), "");

    let server = Server::start(Setup::of(&[NAME]).in_production()).await;
    for (method, path) in [("GET", "/api/session"), ("POST", "/api/session"), ("OPTIONS", "/api/session")] {
        let answer = server.send(method, path, &ask, "").await;
        assert!(answer.headers.keys().all(|name| !name.as_str().starts_with("access-control")), "{answer:?}");
    }
}

#[every_engine]
async fn every_answer_has_the_headers_of_helmet() {
    let server = Server::speaking(NAME).await;
    for (method, path) in [("GET", "/hello/world"), ("POST", "/api/session"), ("GET", "/nothing")] {
        let answer = server.send(method, path, &[], "").await;
        for (name, value) in [
            ("cross-origin-resource-policy", "cross-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("origin-agent-cluster", "?1"),
            ("referrer-policy", "no-referrer"),
            ("x-content-type-options", "nosniff"),
            ("x-dns-prefetch-control", "off"),
            ("x-download-options", "noopen"),
            ("x-frame-options", "DENY"),
            ("x-permitted-cross-domain-policies", "none"),
            ("x-xss-protection", "0"),
            ("cache-control", "no-store"),
        ] {
            assert_eq!(answer.header(name), value, "{method} {path}: {name}");
        }
    }
    let native = server.send("GET", "/v1/me", &[], "").await;
    assert_eq!(native.header("cross-origin-resource-policy"), "same-origin");
}
