//! Is everybody who is told to come back later told when, in the manner of every contract?

use portcullis_every_engine::every_engine;
use serde_json::{Value, json};

use super::api_session::browser::Browser;
use super::server::{Answer, Server, Setup};

/// How much of one kind is borne here from one address.
const MOST: u32 = 3;

async fn strict(dialect: &str) -> Server {
    Server::start(Setup::of(&[dialect]).bearing(MOST)).await
}

/// Something of which every one is refused, until there are too many. The answer to that, with what the others were.
async fn until_refused(ask: impl AsyncFn(u32) -> Answer) -> (Answer, Vec<u16>) {
    let mut others = Vec::new();
    for number in 0..MOST {
        others.push(ask(number).await.status.as_u16());
    }
    (ask(MOST).await, others)
}

fn told(answer: &Answer) -> (u16, &str) {
    (answer.status.as_u16(), answer.header("retry-after"))
}

async fn registrations(server: &Server, path: &str, body: impl Fn(u32) -> Value) {
    let (refused, others) = until_refused(async |number| server.post(path, &body(number)).await).await;
    assert!(others.iter().all(|status| [200, 201].contains(status)), "{path}: {others:?}");
    assert_eq!(told(&refused), (429, "1"), "{path}");
}

async fn tokens(server: &Server, method: &str, path: &str) {
    let lines = ["authorization: Bearer junk.junk.junk"];
    let (refused, others) = until_refused(async |_| server.send(method, path, &lines, "").await).await;
    assert!(others.iter().all(|status| [401, 403].contains(status)), "{path}: {others:?}");
    assert_eq!(told(&refused), (429, "1"), "{method} {path}");
}

async fn refreshes(server: &Server, path: &str) {
    let junk = json!({"refreshToken": "junk"});
    let (refused, others) = until_refused(async |_| server.post(path, &junk).await).await;
    assert!(others.iter().all(|status| [401, 403].contains(status)), "{path}: {others:?}");
    assert_eq!(told(&refused), (429, "1"), "{path}");
}

fn person(number: u32) -> Value {
    json!({"name": "Ada", "username": format!("ada{number}"), "email": format!("ada{number}@example.com"), "password": "correct horse battery"})
}

#[every_engine]
async fn bearer_pair_says_when_to_come_back() {
    registrations(&strict("bearer-pair").await, "/register", person).await;
    tokens(&strict("bearer-pair").await, "GET", "/protected").await;
    tokens(&strict("bearer-pair").await, "POST", "/logout").await;
    refreshes(&strict("bearer-pair").await, "/refresh").await;
}

#[every_engine]
async fn users_cookies_says_when_to_come_back() {
    registrations(&strict("users-cookies").await, "/users/register", person).await;
    tokens(&strict("users-cookies").await, "GET", "/users/profile").await;
    refreshes(&strict("users-cookies").await, "/users/refresh-token").await;
}

#[every_engine]
async fn auth_router_says_when_to_come_back() {
    // No member beyond those that the contract has.
    let person = |number: u32| json!({"name": "Ada", "email": format!("ada{number}@example.com"), "password": "correct horse battery"});
    registrations(&strict("auth-router").await, "/auth/register", person).await;
    tokens(&strict("auth-router").await, "GET", "/").await;
    refreshes(&strict("auth-router").await, "/auth/refresh-token").await;
}

#[every_engine]
async fn bearer_single_says_when_to_come_back() {
    let person =
        |number: u32| json!({"username": format!("ada{number}"), "password": "correct horse battery"});
    registrations(&strict("bearer-single").await, "/register", person).await;
    tokens(&strict("bearer-single").await, "GET", "/protected").await;
}

#[every_engine]
async fn api_session_says_when_to_come_back_and_lets_junk_log_in() {
    let server = strict("api-session").await;
    let browser = Browser::open(&server).await;
    let person = |number: u32| json!({"username": format!("ada-{number}"), "email": format!("ada{number}@example.com"), "password": "password"});
    let (refused, others) =
        until_refused(async |number| browser.post("/api/users", &person(number)).await).await;
    assert!(others.iter().all(|status| *status == 201), "{others:?}");
    assert_eq!(told(&refused), (429, "1"));
    for _ in 0..2 * MOST {
        browser.set("token", "junk.junk.junk");
        assert_eq!(browser.get("/api/session").await.status, 200);
    }
    browser.set("token", "junk.junk.junk");
    assert_eq!(browser.log_in("ada-0", "password").await.status, 200);
}
