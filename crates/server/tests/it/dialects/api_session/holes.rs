//! Is what was unsafe in such backends safe here?

use portcullis_core::flows::administer::Administrator;
use portcullis_core::model::{Identifier, Username};
use portcullis_every_engine::every_engine;
use serde_json::{Value, json};

use super::super::forge;
use super::super::server::{ACCESS_SECRET, Server};
use super::{Browser, NAME, PASSWORD, lovelace, newcomer, shown};

/// What a session shows for a token.
async fn session(server: &Server, token: &str) -> Value {
    Browser::with(server, "token", token).await.get("/api/session").await.json()
}

fn nobody() -> Value {
    json!({ "user": null })
}

#[every_engine]
async fn who_has_an_account_is_told_neither_by_words_nor_by_work() {
    let server = Server::speaking(NAME).await;
    lovelace(&server).await;
    let browser = Browser::open(&server).await;
    let mut told = Vec::new();
    for credential in ["lovelace", "lovelace@example.com", "nobody", "nobody@example.com", "a\0b", "\u{202e}"]
    {
        let before = server.auth.hash_gate_metrics().verified;
        let answer = browser.log_in(credential, "wrong password").await;
        told.push((answer.status.as_u16(), answer.json(), server.auth.hash_gate_metrics().verified - before));
    }
    told.dedup();
    let errors = json!({ "credential": "The provided credentials were invalid." });
    let expected = json!({ "title": "Login failed", "message": "Login failed", "errors": errors });
    assert_eq!(told, [(401, expected, 1)]);
}

#[every_engine]
async fn too_many_attempts_are_answered_in_the_form_of_the_contract() {
    let server = Server::speaking(NAME).await;
    lovelace(&server).await;
    let browser = Browser::open(&server).await;
    let mut last = browser.log_in("lovelace", "a wrong password").await;
    for _ in 0..30 {
        last = browser.log_in("lovelace", "a wrong password").await;
    }
    let words = "Too many attempts, try again later.";
    let expected = json!({ "title": "Login failed", "message": words, "errors": { "credential": words } });
    assert_eq!((last.status.as_u16(), last.json()), (429, expected));
    assert!(!last.header("retry-after").is_empty());
    // Not with the right password either.
    assert_eq!(browser.log_in("lovelace", PASSWORD).await.status, 429);
}

#[every_engine]
async fn a_value_of_another_type_is_a_wrong_field_and_nothing_else() {
    let server = Server::speaking(NAME).await;
    let browser = lovelace(&server).await;
    let others = [
        json!(null),
        json!(0),
        json!(12.5),
        json!(true),
        json!([]),
        json!(["lovelace"]),
        json!(["lovelace", "x"]),
        json!({}),
        json!({ "$gt": "" }),
        json!({ "$ne": null }),
    ];
    for (path, good) in [
        ("/api/session", json!({ "credential": "lovelace", "password": PASSWORD })),
        ("/api/users", newcomer("somebody")),
    ] {
        for name in good.as_object().unwrap().keys() {
            for value in &others {
                let mut body = good.clone();
                body[name] = value.clone();
                let answer = browser.post(path, &body).await;
                assert_eq!((answer.status.as_u16(), answer.cookies().len()), (400, 0), "{body}");
                assert!(answer.json()["errors"][name].is_string(), "{answer:?}");
            }
        }
    }
}

#[every_engine]
async fn a_body_that_cannot_be_read_is_refused_without_the_words_of_a_library() {
    let server = Server::speaking(NAME).await;
    let browser = Browser::open(&server).await;
    let token = format!("xsrf-token: {}", browser.cookie("XSRF-TOKEN").unwrap());
    let large = json!({ "credential": "x".repeat(200_000) }).to_string();
    for (media_type, body, status, message) in [
        ("application/json", "{", 400, "The body is not well-formed JSON"),
        ("application/json", r#"{"a":1,}"#, 400, "The body is not well-formed JSON"),
        ("application/json", "[]", 400, "Bad request."),
        ("application/json", r#""text""#, 400, "Bad request."),
        ("application/json", "null", 400, "Bad request."),
        ("application/json; charset=iso-8859-1", "{}", 415, "The body must be application/json"),
        ("text/plain", "{}", 415, "The body must be application/json"),
        ("application/x-www-form-urlencoded", "a=b", 415, "The body must be application/json"),
        ("application/json", &large, 413, "request entity too large"),
    ] {
        for path in ["/api/session", "/api/users"] {
            let headers = [&token, &*format!("content-type: {media_type}")];
            let answer = browser.request("POST", path, &headers.map(|line| line as &str), body).await;
            assert_eq!(
                (answer.status.as_u16(), answer.text("message")),
                (status, message.to_owned()),
                "{body}"
            );
            let members: Vec<String> = answer.json().as_object().unwrap().keys().cloned().collect();
            assert_eq!(members, ["errors", "message", "title"]);
        }
    }
}

#[every_engine]
async fn only_hs256_with_an_end_under_the_secret_counts() {
    let server = Server::speaking(NAME).await;
    let own = lovelace(&server).await.cookie("token").unwrap();
    let now = server.now_s();
    let claims = json!({ "data": { "id": 1 }, "iat": now, "exp": now + 60 });
    let header = |alg: &str| json!({ "alg": alg, "typ": "JWT" });
    assert_eq!(session(&server, &forge::sign(&claims, ACCESS_SECRET)).await, shown());
    for alg in ["HS384", "HS512", "none", "None", "RS256", ""] {
        let token = forge::sign_as(&header(alg), &claims, ACCESS_SECRET);
        assert_eq!(session(&server, &token).await, nobody(), "{alg}");
    }
    let with = |name: &str, value: Value| {
        let mut claims = claims.clone();
        claims[name] = value;
        forge::sign(&claims, ACCESS_SECRET)
    };
    for token in [
        forge::sign(&claims, "another secret that is long enough to be one"),
        forge::sign(&json!({ "data": { "id": 1 }, "iat": now }), ACCESS_SECRET),
        with("exp", json!(now)),
        with("exp", json!("tomorrow")),
        with("nbf", json!(now + 30)),
        with("data", json!({ "id": "1" })),
        with("data", json!({ "id": [1] })),
        with("data", json!({ "id": { "$gt": 0 } })),
        with("data", json!(null)),
        with("data", json!({ "username": "lovelace" })),
        with("userId", json!(1)).replace('.', ""),
    ] {
        assert_eq!(session(&server, &token).await, nobody(), "{token}");
    }
    // Whoever knows the secret cannot lengthen a session of ours, nor make one.
    for (name, value) in
        [("exp", json!(now + 99_999_999)), ("sid", json!("0191f0c0-0000-7000-8000-000000000000"))]
    {
        let mut forged = forge::claims(&own);
        forged[name] = value;
        assert_eq!(session(&server, &forge::sign(&forged, ACCESS_SECRET)).await, nobody(), "{name}");
    }
}

#[every_engine]
async fn a_token_is_for_its_own_contract() {
    let server = Server::speaking(NAME).await;
    let own = lovelace(&server).await.cookie("token").unwrap();
    assert_eq!(server.get_as("/v1/me", &own).await.status, 401);
    let body = json!({ "identifier": "lovelace", "password": PASSWORD });
    let native = server.post("/v1/login", &body).await;
    assert_eq!(native.status, 200, "{native:?}");
    for name in ["access_token", "refresh_token"] {
        assert_eq!(session(&server, &native.text(name)).await, nobody(), "{name}");
    }
    // The header is not where such backends look.
    let answer = server.get_as("/api/session", &own).await;
    assert_eq!(answer.json(), nobody());
}

#[every_engine]
async fn a_deleted_or_disabled_account_is_nobody_at_once() {
    for step in ["disabled", "deleted"] {
        let server = Server::speaking(NAME).await;
        let browser = lovelace(&server).await;
        let (token, operator) = (browser.cookie("token").unwrap(), Administrator::operator());
        let name = Identifier::Username(Username::lenient("lovelace").unwrap());
        let id = server.auth.account_by_identifier(&operator, &name).await.unwrap().id;
        // Another process has not heard of it yet: it looks at each request.
        let elsewhere = server.another_process().await;
        match step {
            "disabled" => server.auth.disable_account(&operator, id).await.unwrap(),
            _ => server.auth.delete_account(&operator, id).await.unwrap(),
        }
        for server in [&server, &elsewhere] {
            assert_eq!(session(server, &token).await, nobody(), "{step}");
            let answer = Browser::with(server, "token", &token).await.get("/api/require-auth").await;
            assert_eq!((answer.status.as_u16(), answer.cookie("token").as_deref()), (401, Some("")));
        }
        let now = server.now_s();
        let forged = json!({ "data": { "id": 1 }, "iat": now, "exp": now + 60 });
        assert_eq!(session(&server, &forge::sign(&forged, ACCESS_SECRET)).await, nobody(), "{step}");
        assert_eq!(browser.log_in("lovelace", PASSWORD).await.status, 401, "{step}");
        assert_eq!(browser.delete("/api/session").await.status, 200, "{step}");
    }
}

#[every_engine]
async fn a_password_counts_as_a_whole_and_as_it_was_sent() {
    let server = Server::speaking(NAME).await;
    let browser = Browser::open(&server).await;
    let mut body = newcomer("lovelace");
    body["password"] = "  secret  ".into();
    assert_eq!(browser.post("/api/users", &body).await.status, 201);
    for (password, status) in [("  secret  ", 200), ("secret", 401), ("  secret", 401), ("  secret  \0", 401)]
    {
        assert_eq!(browser.log_in("lovelace", password).await.status, status, "{password:?}");
    }
    assert_eq!(browser.log_in("lovelace", &"x".repeat(5_000)).await.status, 401);
    let mut body = newcomer("babbage");
    body["password"] = "p".repeat(72).into();
    assert_eq!(browser.post("/api/users", &body).await.status, 201);
    assert_eq!(browser.log_in("babbage", &"p".repeat(72)).await.status, 200);
    assert_eq!(browser.log_in("babbage", &"p".repeat(73)).await.status, 401);
}

#[every_engine]
async fn what_a_client_must_not_set_is_not_set() {
    let server = Server::speaking(NAME).await;
    let mut body = newcomer("lovelace");
    for (name, value) in [
        ("id", json!(99)),
        ("role", json!("admin")),
        ("hashedPassword", json!("x")),
        ("createdAt", json!("1999-01-01T00:00:00Z")),
    ] {
        body[name] = value;
    }
    let browser = Browser::open(&server).await;
    let answer = browser.post("/api/users", &body).await;
    assert_eq!((answer.status.as_u16(), answer.json()), (201, shown()));
    let shown = browser.get("/api/require-auth").await.body;
    assert!(!shown.contains("1999") && !shown.contains("admin") && !shown.contains("assword"), "{shown}");
}

#[every_engine]
async fn of_sixteen_sign_ups_at_once_one_wins() {
    let server = Server::speaking(NAME).await;
    let browser = Browser::open(&server).await;
    let body = newcomer("lovelace");
    let answers = (0..16).map(|_| browser.post("/api/users", &body));
    let answers = futures_util::future::join_all(answers).await;
    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status.as_u16()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [&[201][..], &[400; 15]].concat());
    assert_eq!(answers.iter().filter(|answer| !answer.cookies().is_empty()).count(), 1);
}
