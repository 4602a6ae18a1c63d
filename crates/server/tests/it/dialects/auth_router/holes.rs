//! Are the holes of such backends closed?

use portcullis_core::flows::administer::Administrator;
use portcullis_core::model::Role;
use portcullis_every_engine::every_engine;
use serde_json::{Value, json};

use super::super::forge;
use super::super::server::{ACCESS_SECRET, Answer, REFRESH_SECRET, Server, Setup};
use super::{
    ISSUER, NAME, PASSWORD, account, ada, fault, log_in, log_out, log_out_with, newcomer, refresh, register,
    said,
};

const ROUTES: [(&str, &str); 5] = [
    ("POST", "/auth/register"),
    ("POST", "/auth/login"),
    ("POST", "/auth/refresh-token"),
    ("DELETE", "/auth/logout"),
    ("GET", "/"),
];

async fn send_json(server: &Server, method: &str, path: &str, body: &str) -> Answer {
    server.send(method, path, &["content-type: application/json"], body).await
}

/// Ada's id, as tokens name it.
async fn id_of_ada(server: &Server) -> String {
    account(server, "ada@example.com").await.external_id.unwrap()
}

#[every_engine]
async fn who_has_an_account_is_told_neither_by_words_nor_by_work() {
    let server = Server::speaking(NAME).await;
    ada(&server).await;
    register(&server, "bob").await;
    let bob = account(&server, "bob@example.com").await;
    server.auth.disable_account(&Administrator::operator(), bob.id).await.unwrap();
    let mut told = Vec::new();
    for (email, password) in [
        ("ada@example.com", "wrong password"),
        ("nobody@example.com", "wrong password"),
        ("no body@example.com", "wrong password"),
        ("bob@example.com", "wrong password"),
        ("bob@example.com", PASSWORD),
    ] {
        let before = server.auth.hash_gate_metrics().verified;
        let answer = server.post("/auth/login", &json!({ "email": email, "password": password })).await;
        told.push((said(&answer), server.auth.hash_gate_metrics().verified - before));
    }
    told.dedup();
    assert_eq!(told, [(fault(401, "Email or password not valid"), 1)]);
}

#[every_engine]
async fn too_many_attempts_are_answered_in_the_form_of_the_contract() {
    let server = Server::speaking(NAME).await;
    ada(&server).await;
    let guess = json!({ "email": "ada@example.com", "password": "a wrong password" });
    let mut last = server.post("/auth/login", &guess).await;
    for _ in 0..30 {
        last = server.post("/auth/login", &guess).await;
    }
    assert_eq!(said(&last), fault(429, "Too Many Requests"));
    assert!(!last.header("retry-after").is_empty());
    assert_eq!(log_in(&server, "ada@example.com").await.status, 429);
}

#[every_engine]
async fn what_is_no_text_is_refused_everywhere_and_harms_nobody() {
    let server = Server::speaking(NAME).await;
    let (access, token) = ada(&server).await;
    let good =
        json!({ "name": "Eve", "email": "eve@example.com", "password": PASSWORD, "refreshToken": token });
    let odd = [
        json!(0),
        json!(1.5),
        json!(true),
        json!([]),
        json!(["ada@example.com"]),
        json!({}),
        json!({ "$gt": "" }),
        json!({ "$ne": null }),
        json!({ "$regex": ".*" }),
        json!([{ "$gt": "" }]),
    ];
    for (method, path, fields, status) in [
        ("POST", "/auth/register", &["name", "email", "password"][..], 422),
        ("POST", "/auth/login", &["email", "password"], 400),
        ("POST", "/auth/refresh-token", &["refreshToken"], 401),
        ("DELETE", "/auth/logout", &["refreshToken"], 401),
    ] {
        for (field, value) in fields.iter().flat_map(|field| odd.iter().map(move |value| (*field, value))) {
            let mut body: Value =
                fields.iter().map(|name| ((*name).to_owned(), good[*name].clone())).collect();
            body[field] = value.clone();
            let answer = send_json(&server, method, path, &body.to_string()).await;
            assert_eq!(said(&answer).0, status, "{path} {body}");
        }
    }
    assert_eq!(server.get_as("/", &access).await.status, 200);
    assert_eq!(refresh(&server, &token).await.status, 200);
}

#[every_engine]
async fn a_body_that_cannot_be_read_is_refused_without_a_word_of_a_library() {
    let server = Server::speaking(NAME).await;
    for (method, path) in &ROUTES[..4] {
        for body in ["{", "{\"email\":\"a@b.c\"", "\"text\"", "null", "[]", "7", "{\"a\":}"] {
            let answer = send_json(&server, method, path, body).await;
            let (status, message) = said(&answer);
            assert_eq!(status, 400, "{path} {body}");
            assert!(
                ["Bad Request", "Invalid username, email or password"].contains(&message.as_str()),
                "{message}"
            );
        }
        let large = json!({ "email": "a@b.c", "more": "a".repeat(102_400) }).to_string();
        assert_eq!(
            said(&send_json(&server, method, path, &large).await),
            fault(413, "Payload Too Large"),
            "{path}"
        );
        for media_type in
            ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin1"]
        {
            let answer = server.send(method, path, &[&format!("content-type: {media_type}")], "{}").await;
            assert_eq!(said(&answer), fault(415, "Unsupported Media Type"), "{path} {media_type}");
        }
        let twice = r#"{"refreshToken":"a","refreshToken":"b","email":"a@b.c","email":"a@b.c"}"#;
        assert!(matches!(said(&send_json(&server, method, path, twice).await).0, 400 | 422), "{path}");
    }
}

#[every_engine]
async fn unknown_paths_and_other_methods_are_answered_in_the_form_of_the_contract() {
    let server = Server::speaking(NAME).await;
    for path in
        ["/nothing", "/auth", "/auth/", "/auth/login/x", "/auth/%E0%A4%A", "//auth/login", "/auth/%3Cb%3E"]
    {
        assert_eq!(said(&server.send("GET", path, &[], "").await), fault(404, "Not Found"), "{path}");
    }
    for (known, path) in ROUTES {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"] {
            if method != known {
                let answer = server.send(method, path, &[], "").await;
                assert_eq!(said(&answer), fault(405, "Method Not Allowed"), "{method} {path}");
                assert!(answer.header("allow").contains(known), "{method} {path}");
            }
        }
    }
}

#[every_engine]
async fn a_client_sets_nothing_but_its_name_address_and_password() {
    let server = Server::speaking(NAME).await;
    for (field, value) in [
        ("role", json!("admin")),
        ("_id", json!("65f0c0ffee65f0c0ffee65f0")),
        ("id", json!(7)),
        ("external_id", json!("65f0c0ffee65f0c0ffee65f0")),
        ("createdAt", json!("1999-01-01T00:00:00Z")),
        ("hashedPassword", json!("$2b$10$")),
        ("refreshToken", json!("x")),
        ("$set", json!({ "role": "admin" })),
        ("__proto__", json!({ "role": "admin" })),
    ] {
        let mut body = newcomer("ada");
        body[field] = value;
        let answer = server.post("/auth/register", &body).await;
        assert_eq!(said(&answer), fault(422, &format!("{field} must not be given: there is no such field")));
    }
    ada(&server).await;
    let account = account(&server, "ada@example.com").await;
    assert_eq!((account.role, account.number, account.is_disabled()), (Role::User, 1, false));
}

#[every_engine]
async fn of_sixteen_registrations_at_once_one_wins() {
    let server = Server::speaking(NAME).await;
    let answers = futures_util::future::join_all((0..16).map(|_| register(&server, "ada"))).await;
    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status.as_u16()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [&[200][..], &[409; 15]].concat());
    let winner = answers.iter().find(|answer| answer.status == 200).unwrap();
    assert_eq!(server.get_as("/", &winner.text("accessToken")).await.status, 200);
}

#[every_engine]
async fn no_password_is_cut() {
    let server = Server::speaking(NAME).await;
    let mut body = newcomer("ada");
    for password in ["p".repeat(73), "ä".repeat(37), "p".repeat(1025)] {
        body["password"] = json!(password);
        let (status, message) = said(&server.post("/auth/register", &body).await);
        assert_eq!((status, message.starts_with("password must be at most")), (422, true), "{message}");
    }
    body["password"] = json!("p".repeat(72));
    assert_eq!(server.post("/auth/register", &body).await.status, 200);
    for (chars, status) in [(72, 200), (71, 401), (73, 401)] {
        let body = json!({ "email": "ada@example.com", "password": "p".repeat(chars) });
        assert_eq!(server.post("/auth/login", &body).await.status, status, "{chars}");
    }
}

#[every_engine]
async fn only_hs256_counts() {
    let server = Server::speaking(NAME).await;
    ada(&server).await;
    let (id, now) = (id_of_ada(&server).await, server.now_s());
    let claims = json!({ "aud": id, "iss": ISSUER, "iat": now, "exp": now + 60 });
    let with = |alg: &str, secret| forge::sign_as(&json!({ "alg": alg, "typ": "JWT" }), &claims, secret);
    assert_eq!(server.get_as("/", &with("HS256", ACCESS_SECRET)).await.status, 200);
    for alg in ["HS384", "HS512", "none", "None", "RS256", ""] {
        let answer = server.get_as("/", &with(alg, ACCESS_SECRET)).await;
        assert_eq!(said(&answer), fault(401, "Unauthorized"), "{alg}");
        let answer = refresh(&server, &with(alg, REFRESH_SECRET)).await;
        assert_eq!(said(&answer), fault(401, "Unauthorized"), "{alg}");
    }
}

#[every_engine]
async fn a_token_names_one_account_that_is_there_and_the_issuer() {
    let server = Server::speaking(NAME).await;
    let (access, _) = ada(&server).await;
    let (id, now) = (id_of_ada(&server).await, server.now_s());
    let good = json!({ "aud": id, "iss": ISSUER, "iat": now, "exp": now + 60 });
    assert_eq!(server.get_as("/", &forge::sign(&good, ACCESS_SECRET)).await.status, 200);
    for (claim, value) in [
        ("iss", json!("elsewhere")),
        ("iss", json!(null)),
        ("iss", json!([ISSUER])),
        ("aud", json!([id])),
        ("aud", json!("65f0c0ffee65f0c0ffee65f0")),
        ("aud", json!(id.to_uppercase() + "0")),
        ("aud", json!({ "$gt": "" })),
        ("aud", json!("a\0b")),
        ("aud", json!(1)),
        ("aud", json!("")),
        ("exp", json!("tomorrow")),
        ("nbf", json!(now + 60)),
    ] {
        let mut claims = good.clone();
        claims[claim] = value.clone();
        let answer = server.get_as("/", &forge::sign(&claims, ACCESS_SECRET)).await;
        assert_eq!(said(&answer), fault(401, "Unauthorized"), "{claim} {value}");
    }
    // Also in a token that is otherwise ours.
    let mut claims = forge::claims(&access);
    claims["iss"] = json!("elsewhere");
    assert_eq!(server.get_as("/", &forge::sign(&claims, ACCESS_SECRET)).await.status, 401);
    let end = json!({ "aud": id, "iss": ISSUER, "iat": now - 60, "exp": now });
    assert_eq!(said(&server.get_as("/", &forge::sign(&end, ACCESS_SECRET)).await), fault(401, "jwt expired"));
    let elsewhere = forge::sign(&end, "another secret altogether, and a long one");
    assert_eq!(said(&server.get_as("/", &elsewhere).await), fault(401, "Unauthorized"));
}

#[every_engine]
async fn neither_kind_of_token_passes_for_the_other_even_under_one_secret() {
    for setup in [Setup::of(&[NAME]), Setup::of(&[NAME]).with_one_secret()] {
        let server = Server::start(setup).await;
        let (access, token) = ada(&server).await;
        assert_eq!(said(&server.get_as("/", &token).await), fault(401, "Unauthorized"));
        assert_eq!(said(&refresh(&server, &access).await), fault(401, "Unauthorized"));
        assert_eq!(log_out(&server, &token).await.status, 401);
        assert_eq!(log_out_with(&server, &json!({ "refreshToken": access })).await.status, 401);
        assert_eq!(server.get_as("/", &access).await.status, 200);
        assert_eq!(refresh(&server, &token).await.status, 200);
    }
}

#[every_engine]
async fn the_secret_alone_makes_no_refresh_token() {
    let server = Server::speaking(NAME).await;
    let (access, good) = ada(&server).await;
    let now = server.now_s();
    let mut claims = forge::claims(&good);
    for (name, value) in [
        ("iat", json!(now - 99)),
        ("exp", json!(now + 99_999_999)),
        ("jti", json!("A".repeat(64))),
        ("iss", json!("elsewhere")),
    ] {
        let mut forged = claims.clone();
        forged[name] = value;
        assert_eq!(refresh(&server, &forge::sign(&forged, REFRESH_SECRET)).await.status, 401, "{name}");
    }
    claims["sid"] = forge::claims(&access)["sid"].clone();
    claims.as_object_mut().unwrap().remove("jti");
    assert_eq!(refresh(&server, &forge::sign(&claims, REFRESH_SECRET)).await.status, 401);
}

#[every_engine]
async fn a_disabled_or_deleted_account_is_nobody_at_once() {
    let server = Server::speaking(NAME).await;
    let operator = Administrator::operator();
    for (name, is_deleted) in [("ada", false), ("bob", true)] {
        let answer = register(&server, name).await;
        let email = format!("{name}@example.com");
        let (id, token) = (account(&server, &email).await.id, log_in(&server, &email).await.body);
        if is_deleted {
            server.auth.delete_account(&operator, id).await.unwrap();
        } else {
            server.auth.disable_account(&operator, id).await.unwrap();
        }
        for token in [&token, &answer.text("accessToken")] {
            assert_eq!(said(&server.get_as("/", token).await), fault(401, "Unauthorized"), "{name}");
        }
        assert_eq!(
            said(&refresh(&server, &answer.text("refreshToken")).await),
            fault(401, "Unauthorized"),
            "{name}"
        );
        assert_eq!(said(&log_in(&server, &email).await), fault(401, "Email or password not valid"), "{name}");
    }
}

#[every_engine]
async fn tokens_and_their_end_survive_another_process() {
    let server = Server::speaking(NAME).await;
    let (access, token) = ada(&server).await;
    let ended = log_in(&server, "ada@example.com").await.body;
    assert_eq!(log_out(&server, &ended).await.status, 200);
    let restarted = server.another_process().await;
    assert_eq!(restarted.get_as("/", &access).await.status, 200);
    assert_eq!(restarted.get_as("/", &ended).await.status, 401);
    assert_eq!(refresh(&restarted, &token).await.status, 200);
}

#[every_engine]
async fn production_answers_the_same_and_sets_no_cookie() {
    let server = Server::start(Setup::of(&[NAME]).in_production()).await;
    let (access, token) = ada(&server).await;
    assert_eq!(server.get_as("/", &access).await.body, "It works!");
    assert_eq!(refresh(&server, &token).await.status, 200);
    let answer = log_in(&server, "ada@example.com").await;
    assert_eq!((answer.header("content-type"), answer.cookies().len()), ("text/html; charset=utf-8", 0));
    let answer = server.post("/auth/register", &newcomer("ada")).await;
    assert_eq!(said(&answer), fault(409, "ada@example.com is already registered"));
}

#[every_engine]
async fn no_other_origin_is_told_anything() {
    let server = Server::speaking(NAME).await;
    let headers = ["origin: https://app.example", "access-control-request-method: POST"];
    let preflight = server.send("OPTIONS", "/auth/login", &headers, "").await;
    let answer = server.send("GET", "/", &headers[..1], "").await;
    for answer in [preflight, answer] {
        assert!(answer.headers.keys().all(|name| !name.as_str().starts_with("access-control")), "{answer:?}");
    }
}

#[every_engine]
async fn markup_in_what_is_sent_comes_back_as_json_only() {
    let server = Server::speaking(NAME).await;
    let script = "<script>alert(1)</script>";
    for (method, path) in &ROUTES[..4] {
        let body = json!({ script: script, "email": script, "refreshToken": script }).to_string();
        let answer = send_json(&server, method, path, &body).await;
        assert_eq!(said(&answer).0, answer.status.as_u16());
    }
    let answer = server.get_as("/", script).await;
    assert_eq!(said(&answer), fault(401, "Unauthorized"));
}
