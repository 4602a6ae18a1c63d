//! Is what backends of this contract let through closed?

use std::collections::HashSet;
use std::time::Duration;

use http::StatusCode;
use portcullis_core::flows::Actor;
use portcullis_core::flows::administer::Administrator;
use portcullis_core::model::{Account, Client, Identifier, Role, SessionId, Username};
use portcullis_every_engine::every_engine;
use serde_json::json;

use super::super::forge;
use super::super::server::{ACCESS_SECRET, Server, Setup};
use super::{FAILED, JSON, NAME, PASSWORD, credentials, log_in, newcomer, protected, register, seen};

/// The account of a username, as an administrator sees it.
async fn account(server: &Server, username: &str) -> Account {
    let identifier = Identifier::Username(Username::exact(username).unwrap());
    server.auth.account_by_identifier(&Administrator::operator(), &identifier).await.unwrap()
}

#[every_engine]
async fn who_has_an_account_is_told_neither_by_words_nor_by_work() {
    let server = Server::speaking(NAME).await;
    newcomer(&server, "ada").await;
    newcomer(&server, "bob").await;
    let bob = account(&server, "bob").await;
    server.auth.disable_account(&Administrator::operator(), bob.id).await.unwrap();
    let mut told = HashSet::new();
    let too_long = "x".repeat(300);
    for (username, password) in [
        ("ada", "a wrong password"),
        ("ada", ""),
        ("bob", PASSWORD),
        ("bob", "a wrong password"),
        ("nobody", PASSWORD),
        ("ADA", PASSWORD),
        ("", PASSWORD),
        ("a\0b", PASSWORD),
        (&too_long, PASSWORD),
    ] {
        let before = server.auth.hash_gate_metrics().verified;
        let answer = server.post("/login", &credentials(username, password)).await;
        let hashes = server.auth.hash_gate_metrics().verified - before;
        told.insert((answer.status, answer.body, hashes));
    }
    assert_eq!(told, HashSet::from([(StatusCode::UNAUTHORIZED, FAILED.to_owned(), 1)]));
}

#[every_engine]
async fn what_ended_the_process_is_refused_and_ends_nothing() {
    let server = Server::speaking(NAME).await;
    newcomer(&server, "ada").await;
    let headers = ["content-type: application/json"];
    for password in ["null", "7", "true", "[]", "{}", r#"["correct horse battery"]"#, r#"{"$ne":""}"#] {
        for path in ["/login", "/register"] {
            let body = format!(r#"{{"username":"ada","password":{password}}}"#);
            assert_eq!(server.send("POST", path, &headers, &body).await.status, 400, "{path} {password}");
        }
    }
    for body in ["", "{}", "[]", "null", r#""text""#, r#"{"username":"ada"}"#] {
        assert_eq!(server.send("POST", "/login", &headers, body).await.status, 400, "{body}");
    }
    assert_eq!(server.send("POST", "/login", &[], "").await.status, 415);
    assert_eq!(log_in(&server, "ada").await.status, 200);
}

#[every_engine]
async fn only_a_text_is_a_username() {
    let server = Server::speaking(NAME).await;
    newcomer(&server, "ada").await;
    for username in
        [json!(null), json!(1), json!(true), json!(["ada"]), json!([]), json!({ "$gt": "" }), json!({})]
    {
        let body = json!({ "username": username, "password": PASSWORD });
        for path in ["/register", "/login"] {
            assert_eq!(server.post(path, &body).await.status, 400, "{path} {username}");
        }
    }
    for username in ["", "   ", "\u{3000}", "a\0b", "a\nb", &"x".repeat(256), &"é".repeat(128)] {
        assert_eq!(register(&server, username).await.status, 400, "{username:?}");
    }
    for username in ["x".repeat(255), "é".repeat(127), "__proto__".to_owned(), "<b>ada</b>".to_owned()] {
        let token = newcomer(&server, &username).await;
        assert_eq!(protected(&server, &token).await, 200, "{username}");
    }
}

#[every_engine]
async fn a_name_has_one_account_and_one_password() {
    let server = Server::speaking(NAME).await;
    newcomer(&server, "ada").await;
    let again = server.post("/register", &credentials("ada", "another password")).await;
    assert_eq!((again.status.as_u16(), again.text("error").is_empty()), (409, false));
    assert_eq!(server.post("/login", &credentials("ada", "another password")).await.status, 401);
    assert_eq!(log_in(&server, "ada").await.status, 200);
}

#[every_engine]
async fn of_sixteen_registrations_at_once_one_wins() {
    let server = Server::speaking(NAME).await;
    let answers = futures_util::future::join_all((0..16).map(|_| register(&server, "ada"))).await;
    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status.as_u16()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [&[201][..], &[409; 15]].concat());
}

#[every_engine]
async fn no_password_is_cut() {
    let server = Server::speaking(NAME).await;
    let longest = "p".repeat(72);
    assert_eq!(server.post("/register", &credentials("ada", &longest)).await.status, 201);
    assert_eq!(server.post("/login", &credentials("ada", &longest)).await.status, 200);
    assert_eq!(server.post("/login", &credentials("ada", &"p".repeat(71))).await.status, 401);
    assert_eq!(server.post("/login", &credentials("ada", &"p".repeat(5000))).await.status, 400);
    for password in
        ["p".repeat(73), format!("{}é", "p".repeat(71)), "nul in\0side".to_owned(), "short".to_owned()]
    {
        let answer = server.post("/register", &credentials("bob", &password)).await;
        assert_eq!((answer.status.as_u16(), answer.text("error").is_empty()), (400, false), "{password:?}");
    }
}

#[every_engine]
async fn too_many_attempts_are_answered_in_the_form_of_the_contract() {
    let server = Server::speaking(NAME).await;
    newcomer(&server, "ada").await;
    let guess = credentials("ada", "a wrong password");
    let mut last = server.post("/login", &guess).await;
    for _ in 0..30 {
        last = server.post("/login", &guess).await;
    }
    let message = r#"{"message":"Too many attempts, try again later"}"#;
    assert_eq!(seen(&last), (429, JSON, message));
    assert!(last.header("retry-after").parse::<u64>().unwrap() > 0);
}

#[every_engine]
async fn what_a_client_must_not_set_is_not_set() {
    let server = Server::speaking(NAME).await;
    let body = json!({
        "username": "ada", "password": PASSWORD, "id": 99, "role": "admin", "isAdmin": true, "exp": 1, "expiresIn": "10y",
        "createdAt": "1999-01-01T00:00:00Z", "hashedPassword": "x", "refreshToken": "x", "email": "eve@example.com",
        "disabled_at": null, "__proto__": { "role": "admin" },
    });
    let answer = server.post("/register", &body).await;
    assert_eq!(seen(&answer), (201, JSON, r#"{"message":"User registered successfully"}"#));
    let made = account(&server, "ada").await;
    assert_eq!((made.number, made.role, &made.email, &made.cut_over_at), (1, Role::User, &None, &None));
    assert_eq!(made.created_at.as_seconds(), server.now_s());
    let token = server.post("/login", &body).await.text("token");
    assert_eq!(forge::claims(&token)["exp"], server.now_s() + 3600);
}

#[every_engine]
async fn only_hs256_under_the_secret_counts() {
    let server = Server::speaking(NAME).await;
    newcomer(&server, "ada").await;
    let now = server.now_s();
    let claims = json!({ "username": "ada", "iat": now, "exp": now + 60 });
    let with = |alg: &str| forge::sign_as(&json!({ "alg": alg, "typ": "JWT" }), &claims, ACCESS_SECRET);
    assert_eq!(protected(&server, &with("HS256")).await, 200);
    for alg in ["HS384", "HS512", "none", "None", "RS256", ""] {
        assert_eq!(protected(&server, &with(alg)).await, 403, "{alg}");
    }
    for secret in ["your-secret-key", "secret", "another secret altogether, and a long one"] {
        assert_eq!(protected(&server, &forge::sign(&claims, secret)).await, 403, "{secret}");
    }
}

#[every_engine]
async fn a_token_names_an_account_that_is_there() {
    let server = Server::speaking(NAME).await;
    newcomer(&server, "Ada").await;
    let now = server.now_s();
    for (username, status) in [
        (json!("Ada"), 200),
        (json!("ada"), 403),
        (json!("Ada "), 403),
        (json!("nobody"), 403),
        (json!(["Ada"]), 403),
        (json!({ "$gt": "" }), 403),
        (json!(1), 403),
        (json!(null), 403),
    ] {
        let claims = json!({ "username": username, "iat": now, "exp": now + 60 });
        assert_eq!(protected(&server, &forge::sign(&claims, ACCESS_SECRET)).await, status, "{username}");
    }
    let nobody = json!({ "iat": now, "exp": now + 60, "sub": account(&server, "Ada").await.id.to_string() });
    assert_eq!(protected(&server, &forge::sign(&nobody, ACCESS_SECRET)).await, 403);
}

#[every_engine]
async fn a_token_that_says_it_is_ours_has_to_be() {
    let server = Server::speaking(NAME).await;
    let token = newcomer(&server, "ada").await;
    newcomer(&server, "bob").await;
    for (name, value) in [
        ("exp", json!(server.now_s() + 999_999)),
        ("sub", json!(account(&server, "bob").await.id.to_string())),
        ("sid", json!("0192e4a0-0000-7000-8000-000000000000")),
    ] {
        let mut claims = forge::claims(&token);
        claims[name] = value;
        assert_eq!(protected(&server, &forge::sign(&claims, ACCESS_SECRET)).await, 403, "{name}");
    }
    assert_eq!(protected(&server, &token).await, 200);
}

#[every_engine]
async fn a_session_that_an_administrator_ended_ends_its_token() {
    let server = Server::speaking(NAME).await;
    let (first, second) = (newcomer(&server, "ada").await, log_in(&server, "ada").await.text("token"));
    let (operator, ada) = (Administrator::operator(), account(&server, "ada").await);
    let session = forge::claims(&first)["sid"].as_str().unwrap().parse::<SessionId>().unwrap();
    server.auth.revoke_session_of(&operator, ada.id, session).await.unwrap();
    assert_eq!(seen(&server.get_as("/protected", &first).await).2, "Forbidden");
    assert_eq!(protected(&server, &second).await, 200);
    server.auth.revoke_sessions_of(&operator, ada.id).await.unwrap();
    assert_eq!(protected(&server, &second).await, 403);
    let restarted = server.another_process().await;
    assert_eq!((protected(&restarted, &first).await, protected(&restarted, &second).await), (403, 403));
}

#[every_engine]
async fn an_account_that_is_disabled_or_deleted_has_no_good_token() {
    let server = Server::speaking(NAME).await;
    let (ada, bob) = (newcomer(&server, "ada").await, newcomer(&server, "bob").await);
    let operator = Administrator::operator();
    let ada_id = account(&server, "ada").await.id;
    server.auth.disable_account(&operator, ada_id).await.unwrap();
    server.auth.delete_account(&operator, account(&server, "bob").await.id).await.unwrap();
    assert_eq!((protected(&server, &ada).await, protected(&server, &bob).await), (403, 403));
    assert_eq!(log_in(&server, "ada").await.body, FAILED);
    assert_eq!(log_in(&server, "bob").await.body, FAILED);
    server.auth.enable_account(&operator, ada_id).await.unwrap();
    assert_eq!(protected(&server, &ada).await, 403);
    assert_eq!(log_in(&server, "ada").await.status, 200);
}

#[every_engine]
async fn a_new_password_ends_the_tokens_of_the_old_one() {
    let server = Server::speaking(NAME).await;
    let token = newcomer(&server, "ada").await;
    let ada = account(&server, "ada").await;
    server.auth.set_password(ada.id, &"another long password".to_owned().into()).await.unwrap();
    assert_eq!(protected(&server, &token).await, 403);
    assert_eq!(log_in(&server, "ada").await.status, 401);
}

#[every_engine]
async fn a_username_that_is_given_again_does_not_bring_its_old_tokens() {
    let server = Server::speaking(NAME).await;
    let own = newcomer(&server, "ada").await;
    let now = server.now_s();
    let elsewhere = forge::sign(&json!({ "username": "ada", "iat": now, "exp": now + 3000 }), ACCESS_SECRET);
    assert_eq!(protected(&server, &elsewhere).await, 200);
    server.auth.delete_account(&Administrator::operator(), account(&server, "ada").await.id).await.unwrap();
    server.pass(Duration::from_mins(5));
    let next = newcomer(&server, "ada").await;
    assert_eq!((protected(&server, &own).await, protected(&server, &elsewhere).await), (403, 403));
    assert_eq!(protected(&server, &next).await, 200);
}

#[every_engine]
async fn a_native_logout_ends_the_token_of_this_contract() {
    let server = Server::start(Setup::of(&[NAME])).await;
    let token = newcomer(&server, "ada").await;
    let claims = forge::claims(&token);
    let native = server.post("/v1/login", &json!({ "identifier": "ada", "password": PASSWORD })).await;
    assert_eq!(native.status, 200, "{native:?}");
    let principal = server.auth.authenticate(&native.text("access_token")).unwrap();
    let actor = Actor { principal, client: Client::default() };
    let session = claims["sid"].as_str().unwrap().parse().unwrap();
    assert!(server.auth.revoke_session(&actor, session).await.unwrap());
    assert_eq!(protected(&server, &token).await, 403);
}
