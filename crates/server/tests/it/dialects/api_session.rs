//! Does `api-session` keep its contract, and none of its holes?
//!
//! - `browser`: a browser with the application of such a backend in it.
//! - `csrf`: what changes something needs a token; what other origins are told.
//! - `holes`: what was unsafe in such backends.
//! - `takeover`: what they issued goes on working.

pub mod browser;
mod csrf;
mod holes;
mod takeover;

use std::time::Duration;

use portcullis_core::flows::register::Register;
use portcullis_core::model::{Client, Email, Profile, Username};
use portcullis_core::policy::Guessable;
use portcullis_core::verifier::{LegacyShape, LegacyVerifier};
use portcullis_every_engine::every_engine;
use serde_json::{Value, json};

use self::browser::Browser;
use super::forge;
use super::replay::replay_after;
use super::server::{ACCESS_SECRET, Server, Setup};

const NAME: &str = "api-session";
const PASSWORD: &str = "correct horse battery";
const WEEK_S: i64 = 7 * 86_400;

/// Those that the seeder of such a backend makes.
async fn demo_users(server: &Server) {
    let mut policy = server.auth.policy().clone();
    policy.password.common = Guessable::Accepted;
    let auth = server.auth.with_policy(policy);
    for (username, email, password) in [
        ("Demo-lition", "demo@user.io", "password"),
        ("FakeUser1", "user1@user.io", "password2"),
        ("FakeUser2", "user2@user.io", "password3"),
    ] {
        let new = Register {
            email: Email::parse(email).ok(),
            username: Username::lenient(username).ok(),
            password: password.to_owned().into(),
            profile: Profile::default(),
            external_id: None,
        };
        auth.register(new, &Client::default()).await.unwrap();
    }
}

#[every_engine]
async fn it_answers_as_the_backends_did() {
    replay_after(NAME, demo_users).await;
}

#[every_engine]
async fn it_answers_in_production_as_the_backends_did() {
    replay_after("api-session-production", demo_users).await;
}

#[every_engine]
async fn passwords_that_many_people_have_are_taken_as_ever_unless_somebody_says_otherwise() {
    let sign_up = async |common_passwords, password: &str| {
        let server = Server::start(Setup { common_passwords, ..Setup::of(&[NAME]) }).await;
        let mut person = newcomer("adalovelace");
        person["password"] = password.into();
        Browser::open(&server).await.post("/api/users", &person).await
    };
    assert_eq!(sign_up(None, "123456").await.status, 201);
    let refused =
        |text: &str| json!({"title": "Bad Request", "message": "Bad request.", "errors": {"password": text}});
    let answer = sign_up(Some(Guessable::Refused), "password1").await;
    let common = refused("Password must not be one of the passwords that many people have.");
    assert_eq!((answer.status.as_u16(), answer.json()), (400, common));
    let answer = sign_up(None, "AdaLovelace1815").await;
    let own = refused("Password must be more than the username or email address of the account.");
    assert_eq!((answer.status.as_u16(), answer.json()), (400, own));
}

fn newcomer(name: &str) -> Value {
    json!({ "username": name, "email": format!("{name}@example.com"), "password": PASSWORD })
}

/// Ada's browser, after she has signed up.
async fn lovelace(server: &Server) -> Browser {
    let browser = Browser::open(server).await;
    let answer = browser.post("/api/users", &newcomer("lovelace")).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    browser
}

fn shown() -> Value {
    json!({ "user": { "id": 1, "username": "lovelace", "email": "lovelace@example.com" } })
}

#[every_engine]
async fn hello_world_gives_a_browser_its_cookies() {
    let server = Server::speaking(NAME).await;
    let answer = server.send("GET", "/hello/world", &[], "").await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, "Hello World!"));
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
    let (secret, token) = (answer.cookie("_csrf").unwrap(), answer.cookie("XSRF-TOKEN").unwrap());
    assert_eq!(secret.len(), 24);
    assert_eq!(
        answer.cookies(),
        [format!("_csrf={secret}; Path=/; HttpOnly"), format!("XSRF-TOKEN={token}; Path=/")]
    );
}

#[every_engine]
async fn the_token_is_restored_in_the_body_and_the_cookie() {
    let server = Server::speaking(NAME).await;
    let answer = server.send("GET", "/api/csrf/restore", &["cookie: _csrf=anything"], "").await;
    assert_eq!(answer.json(), json!({ "XSRF-Token": answer.cookie("XSRF-TOKEN").unwrap() }));
    assert_eq!(answer.cookies().len(), 1);
}

#[every_engine]
async fn who_signs_up_is_logged_in() {
    let server = Server::speaking(NAME).await;
    let browser = Browser::open(&server).await;
    let answer = browser.post("/api/users", &newcomer("lovelace")).await;
    assert_eq!((answer.status.as_u16(), answer.json()), (201, shown()));
    let [cookie] = answer.cookies()[..] else { panic!("{answer:?}") };
    let (token, flags) = cookie.split_once("; ").unwrap();
    assert_eq!(token, format!("token={}", browser.cookie("token").unwrap()));
    let (flags, expires) = flags.split_once("Expires=").unwrap();
    assert_eq!(flags, "Max-Age=604800; Path=/; ");
    assert!(expires.ends_with(" GMT; HttpOnly"), "{expires}");
    assert_eq!(browser.get("/api/session").await.json(), shown());
}

#[every_engine]
async fn the_claims_are_those_of_the_contract() {
    let server = Server::speaking(NAME).await;
    let token = lovelace(&server).await.cookie("token").unwrap();
    let (claims, now) = (forge::claims(&token), server.now_s());
    assert_eq!(claims["data"], shown()["user"]);
    assert_eq!((&claims["iat"], &claims["exp"]), (&json!(now), &json!(now + WEEK_S)));
    let names: Vec<&String> = claims.as_object().unwrap().keys().collect();
    assert_eq!(names, ["data", "exp", "iat", "jti", "sid", "sub"]);
    let verifier = LegacyVerifier::new(LegacyShape::ApiSession, ACCESS_SECRET).unwrap();
    assert_eq!(verifier.verify_at(&token, now).unwrap().account.to_string(), "1");
    assert!(verifier.verify_at(&token, now + WEEK_S).is_err());
}

#[every_engine]
async fn login_is_by_username_or_email_in_any_case() {
    let server = Server::speaking(NAME).await;
    lovelace(&server).await;
    for credential in ["lovelace", "LoveLace", "lovelace@example.com", "LOVELACE@Example.com"] {
        let browser = Browser::open(&server).await;
        let answer = browser.log_in(credential, PASSWORD).await;
        assert_eq!((answer.status.as_u16(), answer.json()), (200, shown()), "{credential}");
        assert_eq!(browser.get("/api/session").await.json(), shown());
    }
    for credential in ["lovelac", "lovelace@example.org", " lovelace", "lovelace@example.com "] {
        let answer = Browser::open(&server).await.log_in(credential, PASSWORD).await;
        assert_eq!((answer.status.as_u16(), answer.cookies().len()), (401, 0), "{credential}");
    }
}

#[every_engine]
async fn a_username_with_an_at_sign_that_is_no_address_logs_in() {
    let server = Server::speaking(NAME).await;
    let browser = Browser::open(&server).await;
    let body = json!({ "username": "ada@home", "email": "ada@example.com", "password": PASSWORD });
    assert_eq!(browser.post("/api/users", &body).await.status, 201);
    assert_eq!(browser.log_in("Ada@Home", PASSWORD).await.status, 200);
}

#[every_engine]
async fn without_a_login_nobody_is_logged_in() {
    let server = Server::speaking(NAME).await;
    let browser = Browser::open(&server).await;
    let answer = browser.get("/api/session").await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, r#"{"user":null}"#));
    assert_eq!(answer.cookies().len(), 0);
    let answer = browser.get("/api/require-auth").await;
    let words = "Authentication required";
    let expected = json!({ "title": words, "message": words, "errors": { "message": words } });
    assert_eq!((answer.status.as_u16(), answer.json()), (401, expected));
}

#[every_engine]
async fn a_cookie_that_is_good_for_nothing_is_taken_away() {
    let server = Server::speaking(NAME).await;
    let browser = lovelace(&server).await;
    let good = browser.cookie("token").unwrap();
    let claims = json!({ "data": { "id": 99 }, "iat": server.now_s(), "exp": server.now_s() + 60 });
    for bad in ["x".to_owned(), format!("{good}x"), forge::sign(&claims, ACCESS_SECRET)] {
        for (path, status) in [("/api/session", 200), ("/api/require-auth", 401)] {
            let answer = server.send("GET", path, &[&format!("cookie: _csrf=x; token={bad}")], "").await;
            assert_eq!(answer.status, status);
            assert_eq!(answer.cookies(), ["token=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT"], "{bad}");
        }
    }
}

#[every_engine]
async fn a_route_that_needs_a_login_shows_the_account_to_its_owner() {
    let server = Server::speaking(NAME).await;
    let answer = lovelace(&server).await.get("/api/require-auth").await;
    let mut expected = shown()["user"].clone();
    for name in ["createdAt", "updatedAt"] {
        let time = answer.text(name);
        assert!(time.ends_with('Z') && time.len() == 24, "{time}");
        expected[name] = time.into();
    }
    assert_eq!((answer.status.as_u16(), answer.json()), (200, expected));
}

#[every_engine]
async fn a_logout_ends_the_session_and_no_other() {
    let server = Server::speaking(NAME).await;
    let (here, elsewhere) = (lovelace(&server).await, Browser::open(&server).await);
    elsewhere.log_in("lovelace", PASSWORD).await;
    let copy = here.cookie("token").unwrap();
    let answer = here.delete("/api/session").await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, r#"{"message":"success"}"#));
    assert_eq!(here.cookie("token"), None);
    assert_eq!(here.get("/api/session").await.json(), json!({ "user": null }));
    for server in [&server, &server.another_process().await] {
        let thief = Browser::with(server, "token", &copy).await;
        assert_eq!(thief.get("/api/session").await.json(), json!({ "user": null }));
    }
    assert_eq!(elsewhere.get("/api/session").await.json(), shown());
    // Whoever is nobody stays so, and is told the same.
    assert_eq!(here.delete("/api/session").await.status, 200);
}

#[every_engine]
async fn a_session_lives_for_a_week() {
    let server = Server::speaking(NAME).await;
    let browser = lovelace(&server).await;
    server.pass(Duration::from_secs(7 * 86_400 - 1));
    assert_eq!(browser.get("/api/session").await.json(), shown());
    let server = server.another_process().await;
    assert_eq!(browser.at(&server).get("/api/session").await.json(), shown());
    server.pass(Duration::from_secs(1));
    assert_eq!(browser.get("/api/session").await.json(), json!({ "user": null }));
}

/// What is answered to a body, field by field.
async fn errors(browser: &Browser, path: &str, body: Value) -> Value {
    let answer = browser.post(path, &body).await;
    assert_eq!((answer.status.as_u16(), answer.cookies().len()), (400, 0), "{body}");
    assert_eq!((answer.text("title"), answer.text("message")), ("Bad Request".into(), "Bad request.".into()));
    answer.json()["errors"].clone()
}

#[every_engine]
async fn every_field_that_is_wrong_is_named_in_the_words_of_the_contract() {
    let server = Server::speaking(NAME).await;
    let browser = Browser::open(&server).await;
    let (who, how) = ("Please provide a valid email or username.", "Please provide a password.");
    let login = async |body: Value| errors(&browser, "/api/session", body).await;
    assert_eq!(login(json!({})).await, json!({ "credential": who, "password": how }));
    assert_eq!(login(json!({ "credential": " \t", "password": "x" })).await, json!({ "credential": who }));
    assert_eq!(login(json!({ "credential": "x", "password": "" })).await, json!({ "password": how }));

    let name = "Please provide a username with at least 4 characters.";
    let (address, password) = ("Please provide a valid email.", "Password must be 6 characters or more.");
    let sign_up = async |body: Value| errors(&browser, "/api/users", body).await;
    let all = json!({ "username": name, "email": address, "password": password });
    assert_eq!(sign_up(json!({})).await, all);
    assert_eq!(sign_up(json!({ "username": "abc", "email": "b", "password": "12345" })).await, all);
    assert_eq!(sign_up(json!({ "username": null, "email": 5, "password": ["secret"] })).await, all);
    for (field, value, words) in [
        ("username", json!("ädä"), name),
        ("username", json!("x".repeat(31)), "Username must be 30 characters or less."),
        ("username", json!("Ada@Example.com"), "Username cannot be an email."),
        ("username", json!("new\nline"), "Username must not contain control characters."),
        ("email", json!("ada@localhost"), address),
        ("email", json!(" ada@example.com"), address),
        ("email", json!(format!("{}@example.com", "x".repeat(250))), address),
        ("password", json!("p".repeat(73)), "Password must be at most 72 bytes long when written in UTF-8."),
        ("password", json!("secret\0"), "Password must not contain a NUL character."),
    ] {
        let mut body = newcomer("lovelace");
        body[field] = value;
        assert_eq!(sign_up(body).await, json!({ field: words }));
    }
}

#[every_engine]
async fn the_smallest_and_the_largest_that_fit_are_taken() {
    let server = Server::speaking(NAME).await;
    let browser = Browser::open(&server).await;
    for (username, password) in [("äöüß".to_owned(), "123456".to_owned()), ("東".repeat(30), "p".repeat(72))]
    {
        let email = format!("a{}@example.com", username.len());
        let body = json!({ "username": username, "email": email, "password": password });
        let answer = browser.post("/api/users", &body).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["user"]["username"]), (201, &json!(username)));
        assert_eq!(browser.log_in(&username, &password).await.status, 200);
    }
}

#[every_engine]
async fn a_name_that_is_taken_is_named_whatever_its_case() {
    let server = Server::speaking(NAME).await;
    let browser = lovelace(&server).await;
    for (field, value) in [("username", "LOVELACE"), ("email", "Lovelace@EXAMPLE.com")] {
        let mut body = newcomer("somebody");
        body[field] = value.into();
        let answer = browser.post("/api/users", &body).await;
        let words = "Validation error";
        let errors = json!({ field: format!("{field} must be unique") });
        let expected = json!({ "title": words, "message": words, "errors": errors });
        assert_eq!((answer.status.as_u16(), answer.json()), (400, expected));
    }
}

#[every_engine]
async fn other_paths_and_methods_are_not_there_in_the_form_of_the_contract() {
    let server = Server::speaking(NAME).await;
    let browser = Browser::open(&server).await;
    let words = "The requested resource couldn't be found.";
    let expected = json!({ "title": "Resource Not Found", "message": words, "errors": { "message": words } });
    for (method, path) in [
        ("GET", "/nothing"),
        ("POST", "/api/nothing"),
        ("PUT", "/api/session"),
        ("PATCH", "/api/users"),
        ("GET", "/api/users"),
        ("DELETE", "/hello/world"),
    ] {
        let answer = browser.send(method, path, &json!({})).await;
        assert_eq!((answer.status.as_u16(), answer.json()), (404, expected.clone()), "{method} {path}");
    }
    assert_eq!(browser.get("/HELLO/World/?x=1").await.body, "Hello World!");
    assert_eq!(browser.get("/Api/Session/").await.body, r#"{"user":null}"#);
}

#[every_engine]
async fn it_answers_under_a_prefix_and_in_its_own_form_there() {
    let server = Server::start(Setup::of(&["api-session=/old"])).await;
    let browser = Browser::open_at(&server, "/old/api/csrf/restore").await;
    assert_eq!(browser.post("/old/api/users", &newcomer("lovelace")).await.status, 201);
    assert_eq!(browser.get("/old/api/session").await.json(), shown());
    assert_eq!(server.send("POST", "/old/nothing", &[], "").await.text("message"), "invalid csrf token");
    let native = server.send("POST", "/api/users", &[], "").await;
    assert_eq!((native.status.as_u16(), native.header("content-type")), (404, "application/problem+json"));
    let native = server.send("POST", "/v1/login", &["content-type: application/json"], "{}").await;
    assert_eq!((native.status.as_u16(), native.header("content-type")), (400, "application/problem+json"));
}
