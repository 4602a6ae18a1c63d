//! Does `users-cookies` keep its contract, and none of its holes?
//!
//! - here: what each route answers when all is well, and what its tokens and cookies say.
//! - `profile`: what can be changed, and how much fits.
//! - `sessions`: how a session goes on and ends.
//! - `holes`: what such backends let pass.
//! - `requests`: who may cause a request, and in which form.
//! - `takeover`: what such a backend issued.

mod holes;
mod profile;
mod requests;
mod sessions;
mod takeover;

use portcullis_core::verifier::{LegacyShape, LegacyVerifier};
use portcullis_every_engine::every_engine;
use serde_json::{Value, json};

use super::forge;
use super::replay::replay;
use super::server::{ACCESS_SECRET, Answer, REFRESH_SECRET, Server, Setup};

const NAME: &str = "users-cookies";
const PASSWORD: &str = "correct horse battery";
const JSON: &str = "content-type: application/json";
const DAY_S: i64 = 86_400;

/// What `cookie` says when both are taken away.
const CLEARED: [&str; 2] = [
    "accessToken=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; SameSite=Lax",
    "refreshToken=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; SameSite=Lax",
];

/// A browser with the cookies of one session.
struct Browser {
    access: String,
    refresh: String,
}

impl Browser {
    fn cookies(&self) -> String {
        format!("cookie: accessToken={}; refreshToken={}", self.access, self.refresh)
    }

    async fn send(&self, server: &Server, method: &str, path: &str, body: &Value) -> Answer {
        server.send(method, path, &[JSON, &self.cookies()], &body.to_string()).await
    }

    async fn profile(&self, server: &Server) -> Answer {
        profile_by(server, &self.access).await
    }

    async fn refresh(&self, server: &Server) -> Answer {
        refresh_by(server, &self.refresh).await
    }

    async fn log_out(&self, server: &Server) -> Answer {
        server.send("POST", "/users/logout", &[&self.cookies()], "").await
    }

    /// What a browser has after an answer.
    fn after(answer: &Answer) -> Self {
        let cookie = |name| answer.cookie(name).unwrap();
        Self { access: cookie("accessToken"), refresh: cookie("refreshToken") }
    }
}

async fn profile_by(server: &Server, access: &str) -> Answer {
    server.send("GET", "/users/profile", &[&format!("cookie: accessToken={access}")], "").await
}

async fn refresh_by(server: &Server, token: &str) -> Answer {
    server.send("POST", "/users/refresh-token", &[&format!("cookie: refreshToken={token}")], "").await
}

fn newcomer(name: &str) -> Value {
    json!({ "name": name, "email": format!("{name}@example.com"), "password": PASSWORD })
}

async fn log_in(server: &Server, email: &str) -> Answer {
    server.post("/users/login", &json!({ "email": email, "password": PASSWORD })).await
}

/// Registers somebody and logs them in.
async fn welcome(server: &Server, name: &str) -> Browser {
    let answer = server.post("/users/register", &newcomer(name)).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    Browser::after(&log_in(server, &format!("{name}@example.com")).await)
}

/// An answer is a refusal of this contract: status and message.
fn refusal(answer: &Answer) -> (u16, String) {
    let body = answer.json();
    let expected = json!({ "success": false, "message": body["message"].as_str().unwrap(), "errors": [] });
    assert_eq!(body, expected);
    assert_eq!(answer.header("content-type"), "application/json; charset=utf-8");
    assert_eq!(answer.cookies(), [""; 0], "{answer:?}");
    (answer.status.as_u16(), answer.text("message"))
}

fn refused(status: u16, message: &str) -> (u16, String) {
    (status, message.to_owned())
}

#[every_engine]
async fn it_answers_as_the_backends_did() {
    replay(NAME).await;
}

#[every_engine]
async fn a_registration_answers_the_user_and_logs_nobody_in() {
    let server = Server::speaking(NAME).await;
    let answer = server.post("/users/register", &newcomer("ada")).await;
    assert_eq!(answer.status, 201);
    assert_eq!(answer.body, r#"{"id":1,"name":"ada","email":"ada@example.com","bio":null,"contact":null}"#);
    assert_eq!(answer.header("content-type"), "application/json; charset=utf-8");
    assert_eq!(answer.cookies(), [""; 0]);
    assert_eq!(server.post("/users/register", &newcomer("bob")).await.json()["id"], 2);
}

#[every_engine]
async fn a_login_gives_the_user_and_both_tokens_twice() {
    let server = Server::speaking(NAME).await;
    server.post("/users/register", &newcomer("ada")).await;
    let answer = log_in(&server, "Ada@Example.com").await;
    let Browser { access, refresh } = Browser::after(&answer);
    assert_eq!(answer.status, 200);
    let user = r#"{"id":1,"name":"ada","email":"ada@example.com","bio":null,"contact":null}"#;
    let body = format!(r#"{{"user":{user},"accessToken":"{access}","refreshToken":"{refresh}"}}"#);
    assert_eq!(answer.body, body);
    let cookies = [
        format!("accessToken={access}; Path=/; HttpOnly; SameSite=Lax"),
        format!("refreshToken={refresh}; Path=/; HttpOnly; SameSite=Lax"),
    ];
    assert_eq!(answer.cookies(), cookies);
    assert_eq!(answer.header("cache-control"), "no-store");
}

#[every_engine]
async fn any_text_is_an_address_as_it_always_was() {
    let server = Server::speaking(NAME).await;
    let body = json!({ "name": "n", "email": "nobody", "password": PASSWORD });
    assert_eq!(server.post("/users/register", &body).await.status, 201);
    assert_eq!(log_in(&server, "Nobody").await.json()["user"]["email"], "nobody");
}

#[every_engine]
async fn in_production_the_cookies_travel_over_https_only() {
    let server = Server::start(Setup::of(&[NAME]).in_production()).await;
    server.post("/users/register", &newcomer("ada")).await;
    let answer = log_in(&server, "ada@example.com").await;
    let browser = Browser::after(&answer);
    let refreshed = browser.refresh(&server).await;
    let gone = browser.send(&server, "DELETE", "/users/profile", &json!({})).await;
    assert_eq!((answer.status.as_u16(), refreshed.status.as_u16(), gone.status.as_u16()), (200, 200, 200));
    for line in [answer.cookies(), refreshed.cookies(), gone.cookies()].concat() {
        assert!(line.ends_with("; HttpOnly; Secure; SameSite=Lax"), "{line}");
    }
}

#[every_engine]
async fn the_tokens_say_what_the_contract_says_and_nothing_else_of_the_account() {
    let server = Server::speaking(NAME).await;
    let Browser { access, refresh } = welcome(&server, "ada").await;
    let now = server.now_s();
    let claims = forge::claims(&access);
    assert_eq!((&claims["id"], &claims["email"]), (&json!(1), &json!("ada@example.com")));
    assert_eq!((&claims["iat"], &claims["exp"]), (&json!(now), &json!(now + DAY_S)));
    let names = |claims: &Value| claims.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&claims), ["email", "exp", "iat", "id", "jti", "sid", "sub"]);
    let claims = forge::claims(&refresh);
    assert_eq!((&claims["id"], &claims["exp"]), (&json!(1), &json!(now + 7 * DAY_S)));
    assert_eq!(names(&claims), ["exp", "iat", "id", "jti"]);

    let verifier = LegacyVerifier::new(LegacyShape::UsersCookies, ACCESS_SECRET).unwrap();
    let good = verifier.verify_at(&access, now).unwrap();
    assert_eq!((good.account.to_string(), good.email.as_deref()), ("1".to_owned(), Some("ada@example.com")));
    assert!(verifier.verify_at(&access, now + DAY_S).is_err());
    let verifier = LegacyVerifier::new(LegacyShape::UsersCookies, REFRESH_SECRET).unwrap();
    assert!(verifier.verify_at(&refresh, now).is_err());
}

#[every_engine]
async fn a_refresh_token_fits_the_column_that_such_a_backend_keeps_it_in() {
    // The largest number that JavaScript can hold.
    const LARGEST: i64 = 9_007_199_254_740_991;
    let server = Server::speaking(NAME).await;
    server.import(LARGEST, |_| {}).await;
    let mut browser = Browser::after(&log_in(&server, &format!("old{LARGEST}@example.com")).await);
    for generation in 1..=40 {
        assert!(
            browser.refresh.len() <= 255,
            "{} characters in generation {generation}",
            browser.refresh.len()
        );
        assert_eq!(forge::claims(&browser.refresh)["id"], LARGEST);
        browser = Browser::after(&browser.refresh(&server).await);
    }
}

#[every_engine]
async fn the_profile_is_five_members_whichever_way_the_token_comes() {
    let server = Server::speaking(NAME).await;
    let Browser { access, .. } = welcome(&server, "ada").await;
    let by_cookie = profile_by(&server, &access).await;
    assert_eq!(by_cookie.status, 200);
    assert_eq!(
        by_cookie.body,
        r#"{"id":1,"name":"ada","email":"ada@example.com","bio":null,"contact":null}"#
    );
    assert_eq!(by_cookie.cookies(), [""; 0]);
    let by_header = server.get_as("/users/profile", &access).await;
    assert_eq!((by_header.status, &by_header.body), (by_cookie.status, &by_cookie.body));
    // Middleware that takes `Bearer ` away does not mind when it is not there.
    let bare = server.send("GET", "/users/profile", &[&format!("authorization: {access}")], "").await;
    assert_eq!(bare.status, 200);
}

#[every_engine]
async fn the_cookie_counts_before_the_header_unless_it_is_empty() {
    let server = Server::speaking(NAME).await;
    let (ada, bob) = (welcome(&server, "ada").await, welcome(&server, "bob").await);
    let profile = async |cookie: &str, bearer: &str| {
        let headers = [format!("cookie: accessToken={cookie}"), format!("authorization: Bearer {bearer}")];
        server.send("GET", "/users/profile", &[&headers[0], &headers[1]], "").await
    };
    assert_eq!(profile(&ada.access, &bob.access).await.json()["id"], 1);
    assert_eq!(profile(&format!("\"{}\"", ada.access), "x").await.json()["id"], 1);
    assert_eq!(profile("", &bob.access).await.json()["id"], 2);
    assert_eq!(refusal(&profile("broken", &bob.access).await), refused(401, "Invalid access token"));
    let nothing = server.send("GET", "/users/profile", &["cookie: accessToken="], "").await;
    assert_eq!(refusal(&nothing), refused(401, "Unauthorized request"));
}

#[every_engine]
async fn a_deletion_takes_the_account_its_cookies_and_all_its_tokens_away() {
    let server = Server::speaking(NAME).await;
    let (phone, other) = (welcome(&server, "ada").await, welcome(&server, "bob").await);
    let laptop = Browser::after(&log_in(&server, "ada@example.com").await);
    let answer = laptop.send(&server, "DELETE", "/users/profile", &json!({})).await;
    assert_eq!(
        (answer.status.as_u16(), answer.body.as_str()),
        (200, r#"{"message":"User deleted successfully"}"#)
    );
    assert_eq!(answer.cookies(), CLEARED);
    for server in [&server, &server.another_process().await] {
        for browser in [&phone, &laptop] {
            assert_eq!(refusal(&browser.profile(server).await).0, 401);
            assert_eq!(refusal(&browser.refresh(server).await).0, 401);
            assert_eq!(refusal(&browser.log_out(server).await).0, 401);
            for (method, path) in [("PATCH", "/users/update-profile"), ("DELETE", "/users/profile")] {
                let again = browser.send(server, method, path, &json!({ "bio": "ghost" })).await;
                assert_eq!(refusal(&again).0, 401, "{method}");
            }
        }
        assert_eq!(
            refusal(&log_in(server, "ada@example.com").await),
            refused(401, "Invalid email or password")
        );
        assert_eq!(other.profile(server).await.status, 200);
    }
    let again = server.post("/users/register", &newcomer("ada")).await;
    assert_eq!((again.status.as_u16(), &again.json()["id"]), (201, &json!(3)));
    assert_eq!(phone.profile(&server).await.status, 401);
}
