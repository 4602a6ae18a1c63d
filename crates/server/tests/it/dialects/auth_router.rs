//! Does `auth-router` keep its contract?
//!
//! - `holes`: and none of the holes of such backends?
//! - `takeover`: does what such a backend issued go on working?

mod holes;
mod takeover;

use std::time::Duration;

use portcullis_core::flows::administer::Administrator;
use portcullis_core::model::{Account, Identifier, Role};
use portcullis_core::verifier::{LegacyShape, LegacyVerifier, VerifyError};
use portcullis_every_engine::every_engine;
use serde_json::{Value, json};

use super::forge;
use super::replay::replay;
use super::server::{ACCESS_SECRET, Answer, REFRESH_SECRET, Server, Setup};

const NAME: &str = "auth-router";
const PASSWORD: &str = "correct horse battery";
const ISSUER: &str = "localhost:3000";
const HOUR_S: i64 = 3600;
const YEAR_S: i64 = 31_557_600;

#[every_engine]
async fn it_answers_as_the_backends_did() {
    replay(NAME).await;
}

fn newcomer(name: &str) -> Value {
    json!({ "name": name, "email": format!("{name}@example.com"), "password": PASSWORD })
}

async fn register(server: &Server, name: &str) -> Answer {
    server.post("/auth/register", &newcomer(name)).await
}

async fn log_in(server: &Server, email: &str) -> Answer {
    server.post("/auth/login", &json!({ "email": email, "password": PASSWORD })).await
}

/// Ada, who has just registered: her access and refresh token.
async fn ada(server: &Server) -> (String, String) {
    let answer = register(server, "ada").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    (answer.text("accessToken"), answer.text("refreshToken"))
}

async fn refresh(server: &Server, token: &str) -> Answer {
    server.post("/auth/refresh-token", &json!({ "refreshToken": token })).await
}

async fn log_out(server: &Server, token: &str) -> Answer {
    server.send("DELETE", "/auth/logout", &[&format!("authorization: Bearer {token}")], "").await
}

async fn log_out_with(server: &Server, body: &Value) -> Answer {
    server.send("DELETE", "/auth/logout", &["content-type: application/json"], &body.to_string()).await
}

async fn account(server: &Server, email: &str) -> Account {
    let identifier = Identifier::parse(email).unwrap();
    server.auth.account_by_identifier(&Administrator::operator(), &identifier).await.unwrap()
}

/// What an answer that is no success says.
fn said(answer: &Answer) -> (u16, String) {
    assert_eq!(answer.header("content-type"), "application/json; charset=utf-8");
    let error = &answer.json()["error"];
    assert_eq!(
        answer.json(),
        json!({ "error": { "status": answer.status.as_u16(), "message": error["message"] } })
    );
    (answer.status.as_u16(), error["message"].as_str().unwrap().to_owned())
}

fn fault(status: u16, message: &str) -> (u16, String) {
    (status, message.to_owned())
}

#[every_engine]
async fn a_registration_makes_an_ordinary_account_and_logs_it_in() {
    let server = Server::speaking(NAME).await;
    let body = json!({ "name": "Ada L.", "email": "ADA@Example.com", "password": PASSWORD });
    let answer = server.post("/auth/register", &body).await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("content-type")),
        (200, "application/json; charset=utf-8")
    );
    let names: Vec<String> = answer.json().as_object().unwrap().keys().cloned().collect();
    assert_eq!(
        (names, answer.cookies().len()),
        (vec!["accessToken".to_owned(), "refreshToken".to_owned()], 0)
    );
    assert_eq!(server.get_as("/", &answer.text("accessToken")).await.body, "It works!");
    let account = account(&server, "ada@example.com").await;
    assert_eq!((account.role, account.profile.name.as_deref()), (Role::User, Some("Ada L.")));
    assert_eq!(account.email.unwrap().as_str(), "ada@example.com");
    // It could go to MongoDB.
    let id = account.external_id.unwrap();
    assert!(id.len() == 24 && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')), "{id}");
    assert_eq!(i64::from_str_radix(&id[..8], 16).unwrap(), server.now_s());
}

#[every_engine]
async fn the_claims_are_those_of_the_contract_and_name_nobody_but_the_account() {
    let server = Server::speaking(NAME).await;
    let (access, refresh) = ada(&server).await;
    let id = account(&server, "ada@example.com").await.external_id.unwrap();
    let now = server.now_s();
    for (token, lifetime_s) in [(&access, HOUR_S), (&refresh, YEAR_S)] {
        let claims = forge::claims(token);
        assert_eq!((&claims["aud"], &claims["iss"]), (&json!(id), &json!(ISSUER)));
        assert_eq!((&claims["iat"], &claims["exp"]), (&json!(now), &json!(now + lifetime_s)));
    }
    let names =
        |token: &str| -> Vec<String> { forge::claims(token).as_object().unwrap().keys().cloned().collect() };
    assert_eq!(names(&access), ["aud", "exp", "iat", "iss", "jti", "sid", "sub"]);
    assert_eq!(names(&refresh), ["aud", "exp", "iat", "iss", "jti"]);
    let verifier = LegacyVerifier::new(LegacyShape::AuthRouter, ACCESS_SECRET).unwrap();
    assert_eq!(verifier.verify_at(&access, now).unwrap().account.to_string(), id);
    assert_eq!(verifier.verify_at(&access, now + HOUR_S), Err(VerifyError::Expired));
    let verifier = LegacyVerifier::new(LegacyShape::AuthRouter, REFRESH_SECRET).unwrap();
    assert!(verifier.verify_at(&refresh, now).is_err());
}

#[every_engine]
async fn a_registration_that_does_not_validate_is_422_and_says_what_is_wrong() {
    let server = Server::speaking(NAME).await;
    for (field, value, message) in [
        ("name", Value::Null, "name must be given"),
        ("name", json!(""), "name must not be empty"),
        ("name", json!(7), "name must be a string"),
        ("name", json!("x".repeat(201)), "name must be at most 200 characters long"),
        ("name", json!("a\0b"), "name must not contain a NUL character"),
        ("email", Value::Null, "email must be given"),
        ("email", json!(["ada@example.com"]), "email must be a string"),
        ("email", json!("ada"), "email must be an email address like name@example.com"),
        ("email", json!("ada@localhost"), "email must be an email address like name@example.com"),
        ("password", Value::Null, "password must be given"),
        ("password", json!({ "$gt": "" }), "password must be a string"),
        ("password", json!("1234567"), "password must be at least 8 characters long"),
        ("password", json!("p".repeat(73)), "password must be at most 72 bytes long when written in UTF-8"),
        ("password", json!("a\0long enough"), "password must not contain a NUL character"),
    ] {
        let mut body = newcomer("ada");
        body[field] = value.clone();
        let answer = server.post("/auth/register", &body).await;
        assert_eq!(said(&answer), fault(422, message), "{field} {value}");
        body.as_object_mut().unwrap().remove(field);
        let answer = server.post("/auth/register", &body).await;
        assert_eq!(said(&answer), fault(422, &format!("{field} must be given")));
    }
    assert_eq!(said(&server.send("POST", "/auth/register", &[], "").await), fault(422, "name must be given"));
    assert_eq!(register(&server, "ada").await.status, 200);
}

#[every_engine]
async fn an_address_is_registered_once_whatever_its_case() {
    let server = Server::speaking(NAME).await;
    ada(&server).await;
    let mut body = newcomer("other");
    body["email"] = json!("Ada@EXAMPLE.com");
    let answer = server.post("/auth/register", &body).await;
    assert_eq!(said(&answer), fault(409, "ada@example.com is already registered"));
}

#[every_engine]
async fn a_login_answers_the_bare_access_token() {
    let server = Server::speaking(NAME).await;
    ada(&server).await;
    for email in ["ada@example.com", "ADA@example.COM"] {
        let answer = log_in(&server, email).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("content-type")),
            (200, "text/html; charset=utf-8")
        );
        assert_eq!((answer.header("cache-control"), answer.cookies().len()), ("no-store", 0));
        assert!(answer.header("content-security-policy").starts_with("default-src 'none'"));
        assert_eq!(server.get_as("/", &answer.body).await.status, 200, "{answer:?}");
        assert_eq!(forge::claims(&answer.body)["exp"], server.now_s() + HOUR_S);
    }
}

#[every_engine]
async fn a_login_that_does_not_validate_is_400_and_one_that_fails_401() {
    let server = Server::speaking(NAME).await;
    ada(&server).await;
    let good = json!({ "email": "ada@example.com", "password": PASSWORD });
    let with = |field: &str, value: Value| {
        let mut body = good.clone();
        body[field] = value;
        body
    };
    for body in [
        json!({}),
        json!([]),
        json!({ "email": "ada@example.com" }),
        json!({ "password": PASSWORD }),
        with("email", json!("ada")),
        with("email", json!(" ada@example.com")),
        with("email", json!({ "$gt": "" })),
        with("email", json!(["ada@example.com"])),
        with("password", json!("")),
        with("password", json!({ "$ne": 1 })),
        with("password", json!("p".repeat(1025))),
        with("more", json!(1)),
    ] {
        let answer = server.post("/auth/login", &body).await;
        assert_eq!(said(&answer), fault(400, "Invalid username, email or password"), "{body}");
    }
    for body in [
        with("password", json!("another password")),
        with("password", json!("short")),
        with("password", json!(format!("{PASSWORD} "))),
        with("password", json!("p".repeat(73))),
        with("email", json!("nobody@example.com")),
        with("email", json!("<nobody>@example.com")),
    ] {
        let answer = server.post("/auth/login", &body).await;
        assert_eq!(said(&answer), fault(401, "Email or password not valid"), "{body}");
    }
}

#[every_engine]
async fn a_refresh_gives_the_next_pair_and_a_retry_the_same_session() {
    let server = Server::speaking(NAME).await;
    let (access, first) = ada(&server).await;
    server.pass(Duration::from_secs(2));
    let answer = refresh(&server, &first).await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("content-type")),
        (200, "application/json; charset=utf-8")
    );
    let (next, second) = (answer.text("accessToken"), answer.text("refreshToken"));
    for claim in ["aud", "iss", "sid", "sub"] {
        assert_eq!(forge::claims(&next)[claim], forge::claims(&access)[claim], "{claim}");
    }
    assert_eq!(forge::claims(&next)["exp"], server.now_s() + HOUR_S);
    assert_eq!(server.get_as("/", &next).await.status, 200);
    assert_eq!(refresh(&server, &first).await.status, 200);
    assert_eq!(refresh(&server, &second).await.status, 200);
    server.pass(Duration::from_mins(5));
    assert_eq!(said(&refresh(&server, &first).await), fault(401, "Unauthorized"));
    assert_eq!(said(&refresh(&server, &second).await), fault(401, "Unauthorized"));
    assert_eq!(server.get_as("/", &next).await.status, 401);
}

#[every_engine]
async fn a_refresh_without_a_token_is_400_and_with_a_bad_one_401() {
    let server = Server::speaking(NAME).await;
    let (access, good) = ada(&server).await;
    for body in [json!({}), json!({ "refreshToken": null }), json!({ "refreshToken": "" })] {
        let answer = server.post("/auth/refresh-token", &body).await;
        assert_eq!(said(&answer), fault(400, "Bad Request"), "{body}");
    }
    assert_eq!(said(&server.send("POST", "/auth/refresh-token", &[], "").await), fault(400, "Bad Request"));
    for token in [json!(0), json!(1), json!(true), json!([good]), json!({ "$gt": "" })] {
        let answer = server.post("/auth/refresh-token", &json!({ "refreshToken": token })).await;
        assert_eq!(said(&answer), fault(401, "Unauthorized"), "{token}");
    }
    for token in ["x", "a.b.c", &access, &format!("{good}x")] {
        assert_eq!(said(&refresh(&server, token).await), fault(401, "Unauthorized"), "{token}");
    }
    assert_eq!(refresh(&server, &good).await.status, 200);
}

#[every_engine]
async fn an_access_token_lives_an_hour_and_a_refresh_token_a_year() {
    let server = Server::speaking(NAME).await;
    let (access, token) = ada(&server).await;
    server.pass(Duration::from_secs(HOUR_S.unsigned_abs() - 1));
    assert_eq!(server.get_as("/", &access).await.status, 200);
    server.pass(Duration::from_secs(1));
    assert_eq!(said(&server.get_as("/", &access).await), fault(401, "jwt expired"));
    server.pass(Duration::from_secs((YEAR_S - HOUR_S).unsigned_abs() - 1));
    assert_eq!(refresh(&server, &token).await.status, 200);
    server.pass(Duration::from_secs(1));
    assert_eq!(said(&refresh(&server, &token).await), fault(401, "Unauthorized"));
}

#[every_engine]
async fn a_logout_ends_the_session_whichever_token_names_it() {
    let server = Server::speaking(NAME).await;
    let (access, token) = ada(&server).await;
    let answer = log_out(&server, &access).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, "Logout router"));
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(said(&server.get_as("/", &access).await), fault(401, "Unauthorized"));
    assert_eq!(refresh(&server, &token).await.status, 401);
    assert_eq!(said(&log_out(&server, &access).await), fault(401, "Unauthorized"));

    let bob = register(&server, "bob").await;
    let (access, token) = (bob.text("accessToken"), bob.text("refreshToken"));
    assert_eq!(log_out_with(&server, &json!({ "refreshToken": token })).await.body, "Logout router");
    assert_eq!(server.get_as("/", &access).await.status, 401);
    assert_eq!(refresh(&server, &token).await.status, 401);
}

#[every_engine]
async fn a_logout_by_refresh_token_needs_no_access_token_that_is_still_good() {
    let server = Server::speaking(NAME).await;
    let (access, token) = ada(&server).await;
    server.pass(Duration::from_hours(1));
    assert_eq!(said(&log_out(&server, &access).await), fault(401, "jwt expired"));
    let headers = [&format!("authorization: Bearer {access}"), "content-type: application/json"];
    let body = json!({ "refreshToken": token }).to_string();
    assert_eq!(server.send("DELETE", "/auth/logout", &headers, &body).await.status, 200);
    assert_eq!(refresh(&server, &token).await.status, 401);
}

#[every_engine]
async fn a_logout_without_a_token_ends_nothing_and_is_no_fault() {
    let server = Server::speaking(NAME).await;
    let (access, token) = ada(&server).await;
    assert_eq!(server.send("DELETE", "/auth/logout", &[], "").await.body, "Logout router");
    for body in [json!({}), json!({ "refreshToken": null }), json!({ "refreshToken": "" })] {
        assert_eq!(log_out_with(&server, &body).await.status, 200, "{body}");
    }
    for bad in [json!("x"), json!(access), json!([token])] {
        let body = json!({ "refreshToken": bad });
        assert_eq!(said(&log_out_with(&server, &body).await), fault(401, "Unauthorized"), "{body}");
    }
    assert_eq!(said(&log_out(&server, "abc").await), fault(401, "Unauthorized"));
    assert_eq!(server.get_as("/", &access).await.status, 200);
    assert_eq!(refresh(&server, &token).await.status, 200);
}

#[every_engine]
async fn the_root_is_the_protected_route_and_the_servers_own_page_makes_room() {
    let server = Server::speaking(NAME).await;
    let (access, _) = ada(&server).await;
    let answer = server.get_as("/", &access).await;
    assert_eq!(
        (answer.body.as_str(), answer.header("content-type")),
        ("It works!", "text/html; charset=utf-8")
    );
    let head = server.send("HEAD", "/", &[&format!("authorization: Bearer {access}")], "").await;
    assert_eq!((head.status.as_u16(), head.body.as_str()), (200, ""));
    for headers in [&[][..], &["authorization: Bearer"], &["authorization: "], &["authorization: Bearer abc"]]
    {
        assert_eq!(
            said(&server.send("GET", "/", headers, "").await),
            fault(401, "Unauthorized"),
            "{headers:?}"
        );
    }
    let documentation = server.send("GET", "/docs", &[], "").await;
    assert_eq!(documentation.header("content-type"), "text/html; charset=utf-8");
    assert!(documentation.body.contains("<!doctype html"), "{}", documentation.body);
}

#[every_engine]
async fn it_answers_under_a_prefix_and_in_its_own_form_there() {
    let server = Server::start(Setup::of(&["auth-router=/old"])).await;
    let answer = server.post("/old/auth/register", &newcomer("ada")).await;
    assert_eq!(answer.status, 200);
    for root in ["/old", "/old/", "/OLD"] {
        assert_eq!(server.get_as(root, &answer.text("accessToken")).await.body, "It works!", "{root}");
    }
    let credentials = json!({ "email": "ada@example.com", "password": PASSWORD });
    assert_eq!(server.post("/OLD/Auth/Login/", &credentials).await.status, 200);
    assert_eq!(said(&server.send("GET", "/old/nothing", &[], "").await), fault(404, "Not Found"));
    let native = server.send("GET", "/auth/login", &[], "").await;
    assert_eq!(native.header("content-type"), "application/problem+json");
    assert_eq!(server.send("GET", "/", &[], "").await.status, 200);
}
