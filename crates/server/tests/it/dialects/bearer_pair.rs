//! Does `bearer-pair` keep its contract, and none of its holes?

mod believed;
mod changed_secrets;
mod takeover;

use std::time::Duration;

use portcullis_core::verifier::{LegacyShape, LegacyVerifier};
use portcullis_every_engine::every_engine;
use serde_json::{Value, json};

use super::forge;
use super::replay::replay;
use super::server::{ACCESS_SECRET, Answer, REFRESH_SECRET, Server, Setup};

const NAME: &str = "bearer-pair";
const PASSWORD: &str = "correct horse battery";

#[every_engine]
async fn it_answers_as_the_backends_did() {
    replay(NAME).await;
}

fn newcomer(name: &str) -> Value {
    json!({ "username": name, "email": format!("{name}@example.com"), "password": PASSWORD })
}

async fn log_in(server: &Server, email: &str) -> Answer {
    server.post("/login", &json!({ "email": email, "password": PASSWORD })).await
}

/// Ada, registered and logged in: her access and refresh token.
async fn ada(server: &Server) -> (String, String) {
    server.post("/register", &newcomer("ada")).await;
    let answer = log_in(server, "ada@example.com").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    (answer.text("accessToken"), answer.text("refreshToken"))
}

async fn refresh(server: &Server, token: &str) -> Answer {
    server.post("/refresh", &json!({ "refreshToken": token })).await
}

async fn log_out(server: &Server, token: &str) -> Answer {
    server.send("POST", "/logout", &[&format!("authorization: Bearer {token}")], "").await
}

#[every_engine]
async fn the_claims_are_those_of_the_contract_and_name_nobody_but_the_account() {
    let server = Server::speaking(NAME).await;
    let (access, refresh) = ada(&server).await;
    let now = server.now_s();
    let claims = forge::claims(&access);
    assert_eq!(
        (&claims["userId"], &claims["iat"], &claims["exp"]),
        (&json!(1), &json!(now), &json!(now + 900))
    );
    let names: Vec<&String> = claims.as_object().unwrap().keys().collect();
    assert_eq!(names, ["exp", "iat", "jti", "sid", "sub", "userId"]);
    let claims = forge::claims(&refresh);
    assert_eq!((&claims["userId"], &claims["exp"]), (&json!(1), &json!(now + 7 * 86_400)));
    let verifier = LegacyVerifier::new(LegacyShape::BearerPair, ACCESS_SECRET).unwrap();
    assert_eq!(verifier.verify_at(&access, now).unwrap().account.to_string(), "1");
    let verifier = LegacyVerifier::new(LegacyShape::BearerPair, REFRESH_SECRET).unwrap();
    assert!(verifier.verify_at(&refresh, now).is_err());
}

#[every_engine]
async fn a_refresh_gives_the_next_pair_and_a_retry_the_same_session() {
    let server = Server::speaking(NAME).await;
    let (_, first) = ada(&server).await;
    let answer = refresh(&server, &first).await;
    assert_eq!(answer.status, 200);
    let second = answer.text("refreshToken");
    assert_eq!(forge::claims(&answer.text("accessToken"))["userId"], 1);
    assert_eq!(refresh(&server, &first).await.status, 200);
    assert_eq!(refresh(&server, &second).await.status, 200);
    server.pass(Duration::from_mins(5));
    let reused = refresh(&server, &first).await;
    assert_eq!((reused.status.as_u16(), reused.text("error").is_empty()), (403, false));
    assert_eq!(refresh(&server, &second).await.status, 403);
}

#[every_engine]
async fn a_refresh_without_a_token_is_401_and_with_a_bad_one_403() {
    let server = Server::speaking(NAME).await;
    let (access, good) = ada(&server).await;
    for body in [json!({}), json!({ "refreshToken": null }), json!({ "refreshToken": "" })] {
        assert_eq!(server.post("/refresh", &body).await.status, 401, "{body}");
    }
    assert_eq!(server.send("POST", "/refresh", &[], "").await.status, 401);
    let flipped = format!("{good}x");
    for token in ["x", "a.b.c", &access, &flipped] {
        assert_eq!(refresh(&server, token).await.status, 403, "{token}");
    }
    for body in [json!({ "refreshToken": 5 }), json!({ "refreshToken": { "$gt": "" } })] {
        assert_eq!(server.post("/refresh", &body).await.status, 400, "{body}");
    }
}

#[every_engine]
async fn a_logout_ends_the_session_whichever_token_names_it() {
    let server = Server::speaking(NAME).await;
    let (access, refresh_token) = ada(&server).await;
    let answer = log_out(&server, &access).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (204, ""));
    assert_eq!(server.get_as("/protected", &access).await.status, 403);
    assert_eq!(refresh(&server, &refresh_token).await.status, 403);
    assert_eq!(log_out(&server, &access).await.status, 401);

    let answer = log_in(&server, "ada@example.com").await;
    let body = json!({ "refreshToken": answer.text("refreshToken") });
    assert_eq!(server.post("/logout", &body).await.status, 204);
    assert_eq!(server.get_as("/protected", &answer.text("accessToken")).await.status, 403);
    assert_eq!(server.send("POST", "/logout", &[], "").await.status, 401);
}

#[every_engine]
async fn neither_kind_of_token_passes_for_the_other_even_under_one_secret() {
    for setup in [Setup::of(&[NAME]), Setup::of(&[NAME]).with_one_secret()] {
        let server = Server::start(setup).await;
        let (access, refresh_token) = ada(&server).await;
        assert_eq!(server.get_as("/protected", &refresh_token).await.status, 403);
        assert_eq!(refresh(&server, &access).await.status, 403);
        assert_eq!(server.get_as("/protected", &access).await.status, 200);
        assert_eq!(refresh(&server, &refresh_token).await.status, 200);
    }
}

#[every_engine]
async fn only_hs256_counts() {
    let server = Server::speaking(NAME).await;
    ada(&server).await;
    let now = server.now_s();
    let claims = json!({ "userId": 1, "iat": now, "exp": now + 60 });
    let with = |alg: &str| forge::sign_as(&json!({ "alg": alg, "typ": "JWT" }), &claims, ACCESS_SECRET);
    assert_eq!(server.get_as("/protected", &with("HS256")).await.status, 200);
    for alg in ["HS384", "HS512", "none", "None", "RS256", ""] {
        let answer = server.get_as("/protected", &with(alg)).await;
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (403, "Forbidden"), "{alg}");
    }
}

#[every_engine]
async fn the_secret_alone_makes_no_refresh_token() {
    let server = Server::speaking(NAME).await;
    let (access, good) = ada(&server).await;
    let now = server.now_s();
    let mut claims = forge::claims(&good);
    for (name, value) in
        [("iat", json!(now - 99)), ("exp", json!(now + 999_999)), ("jti", json!("A".repeat(64)))]
    {
        let mut forged = claims.clone();
        forged[name] = value;
        assert_eq!(refresh(&server, &forge::sign(&forged, REFRESH_SECRET)).await.status, 403, "{name}");
    }
    claims["sid"] = forge::claims(&access)["sid"].clone();
    claims.as_object_mut().unwrap().remove("jti");
    assert_eq!(refresh(&server, &forge::sign(&claims, REFRESH_SECRET)).await.status, 403);
}

#[every_engine]
async fn who_has_an_account_is_told_neither_by_words_nor_by_work() {
    let server = Server::speaking(NAME).await;
    ada(&server).await;
    let mut told = Vec::new();
    for email in ["ada@example.com", "nobody@example.com", "nobody", ""] {
        let before = server.auth.hash_gate_metrics().verified;
        let answer = server.post("/login", &json!({ "email": email, "password": "wrong password" })).await;
        let hashes = server.auth.hash_gate_metrics().verified - before;
        told.push((answer.status, answer.body, hashes));
    }
    told.dedup();
    assert_eq!(
        told,
        [(http::StatusCode::BAD_REQUEST, r#"{"error":"Invalid email or password"}"#.to_owned(), 1)]
    );
}

#[every_engine]
async fn too_many_attempts_are_answered_in_the_form_of_the_contract() {
    let server = Server::speaking(NAME).await;
    ada(&server).await;
    let guess = json!({ "email": "ada@example.com", "password": "a wrong password" });
    let mut last = server.post("/login", &guess).await;
    for _ in 0..30 {
        last = server.post("/login", &guess).await;
    }
    assert_eq!(last.status, 429);
    assert!(!last.text("error").is_empty());
    assert!(!last.header("retry-after").is_empty());
}

#[every_engine]
async fn of_sixteen_registrations_at_once_one_wins() {
    let server = Server::speaking(NAME).await;
    let body = newcomer("ada");
    let answers = futures_util::future::join_all((0..16).map(|_| server.post("/register", &body))).await;
    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status.as_u16()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [&[201][..], &[400; 15]].concat());
}

#[every_engine]
async fn what_a_client_must_not_set_is_not_set() {
    let server = Server::speaking(NAME).await;
    let mut body = newcomer("ada");
    for (name, value) in
        [("id", json!(99)), ("role", json!("admin")), ("createdAt", json!("1999-01-01T00:00:00Z"))]
    {
        body[name] = value;
    }
    let answer = server.post("/register", &body).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["id"]), (201, &json!(1)));
    assert!(
        !answer.body.contains("1999") && !answer.body.contains("admin") && !answer.body.contains("password")
    );
}

#[every_engine]
async fn it_answers_under_a_prefix_and_in_its_own_form_there() {
    let server = Server::start(Setup::of(&["bearer-pair=/old"])).await;
    assert_eq!(server.post("/old/register", &newcomer("ada")).await.status, 201);
    assert_eq!(
        server.post("/OLD/Login/", &json!({ "email": "ada@example.com", "password": PASSWORD })).await.status,
        200
    );
    let missing = server.send("GET", "/old/nothing", &[], "").await;
    assert_eq!((missing.status.as_u16(), missing.text("error").is_empty()), (404, false));
    let native = server.send("GET", "/register", &[], "").await;
    assert_eq!(native.header("content-type"), "application/problem+json");
    let native = server.send("POST", "/v1/login", &["content-type: application/json"], "{}").await;
    assert_eq!(native.header("content-type"), "application/problem+json");
}

#[every_engine]
async fn no_other_origin_is_told_anything() {
    let server = Server::speaking(NAME).await;
    let headers = ["origin: https://app.example", "access-control-request-method: POST"];
    let answer = server.send("OPTIONS", "/login", &headers, "").await;
    assert!(answer.headers.keys().all(|name| !name.as_str().starts_with("access-control")), "{answer:?}");
}
