//! What does a dialect answer where a mail is not sent, or what came by one is not good?

use portcullis_core::model::mail::LetterKind;
use portcullis_core::policy::{RegistrationAccess, VerifiedEmail};
use portcullis_every_engine::every_engine;
use serde_json::{Value, json};

use super::super::server::{Answer, Setup};
use super::client::{ALL, Client, PASSWORD, WITH_ADDRESSES};
use super::{NEW, address};

const NOT_GOOD: &str = "The token or code is not valid";
const ROUTES: [&str; 4] = ["forgot-password", "reset-password", "verify-email", "resend-verification"];
/// How much of one kind is borne here from one address.
const MOST: u32 = 3;

/// A token that was never given out.
fn unknown() -> String {
    format!("pc_ot_{}", "A".repeat(43))
}

#[every_engine]
async fn a_server_that_sends_no_mails_says_so() {
    for dialect in ALL {
        let client = Client::with(dialect, |setup| setup).await;
        for route in ["forgot-password", "resend-verification"] {
            let answer = client.ask(route, &address("ada-1")).await;
            client.assert_refused(&answer, 501, "This server sends no mails");
        }
        let reset = json!({ "token": unknown(), "password": NEW });
        client.assert_refused(&client.ask("reset-password", &reset).await, 400, NOT_GOOD);
    }
}

#[every_engine]
async fn what_is_no_token_is_answered_like_one_that_was_never_given_out() {
    for dialect in ALL {
        let client = Client::of(dialect).await;
        client.has_account("ada-1").await;
        for token in [unknown(), "x".to_owned(), String::new()] {
            let answer = client.ask("verify-email", &json!({ "token": token })).await;
            client.assert_refused(&answer, 400, NOT_GOOD);
            let reset = json!({ "token": token, "password": NEW });
            client.assert_refused(&client.ask("reset-password", &reset).await, 400, NOT_GOOD);
        }
        for (name, code) in [("ada-1", "0000-0000"), ("nobody", "0000-0000"), ("ada-1", "x")] {
            let body = json!({ "email": format!("{name}@example.com"), "code": code });
            client.assert_refused(&client.ask("verify-email", &body).await, 400, NOT_GOOD);
        }
    }
}

#[every_engine]
async fn what_verifies_an_address_resets_no_password() {
    for dialect in WITH_ADDRESSES {
        let client = Client::of(dialect).await;
        client.register("ada-1").await;
        let token = client.server.mail().await.token();
        let reset = json!({ "token": token, "password": NEW });
        client.assert_refused(&client.ask("reset-password", &reset).await, 400, NOT_GOOD);
        assert!(client.log_in("ada-1", PASSWORD).await.is_some(), "{dialect}");
        client.server.mails().await;
        client.ask("forgot-password", &address("ada-1")).await;
        let token = client.server.mail().await.token();
        client.assert_refused(&client.ask("verify-email", &json!({ "token": token })).await, 400, NOT_GOOD);
    }
}

#[every_engine]
async fn a_password_that_will_not_do_is_named_and_the_link_stays_good() {
    for dialect in ALL {
        let client = Client::of(dialect).await;
        client.has_account("ada-1").await;
        client.server.mails().await;
        client.ask("forgot-password", &address("ada-1")).await;
        let token = client.server.mail().await.token();
        let status = if dialect == "auth-router" { 422 } else { 400 };
        // The second one is longer than the older backend could check.
        for password in ["short", &"é".repeat(37)] {
            let refused =
                client.ask("reset-password", &json!({ "token": token, "password": password })).await;
            assert_eq!(refused.status, status, "{dialect}: {refused:?}");
            assert!(refused.body.to_lowercase().contains("password must"), "{dialect}: {refused:?}");
        }
        let done = client.ask("reset-password", &json!({ "token": token, "password": NEW })).await;
        client.assert_done(&done, 200, "Password changed");
    }
}

#[every_engine]
async fn what_is_missing_is_named_in_the_manner_of_the_dialect() {
    for dialect in ALL {
        let client = Client::of(dialect).await;
        let _ = client.server.store.take_calls();
        for route in ROUTES {
            for body in [json!({}), json!({ "email": "no address", "token": 7, "password": 7 })] {
                let answer = client.ask(route, &body).await;
                let status = if dialect == "auth-router" { 422 } else { 400 };
                assert_eq!(answer.status, status, "{dialect}: {route}: {answer:?}");
                assert!(answer.json().is_object(), "{dialect}: {route}: {answer:?}");
            }
        }
        assert!(client.server.store.take_calls().is_empty(), "{dialect}");
    }
}

#[every_engine]
async fn too_many_mails_and_too_many_tokens_are_told_when_to_come_back() {
    for dialect in ALL {
        let (reset, token) = (json!({ "token": unknown(), "password": NEW }), json!({ "token": unknown() }));
        let mail = address("nobody");
        let asked: [(&str, &Value, u16); 4] = [
            ("forgot-password", &mail, 202),
            ("resend-verification", &mail, 202),
            ("reset-password", &reset, 400),
            ("verify-email", &token, 400),
        ];
        for (route, body, status) in asked {
            let client = Client::with(dialect, |setup| setup.with_mails().bearing(MOST)).await;
            for _ in 0..MOST {
                assert_eq!(client.ask(route, body).await.status, status, "{dialect}: {route}");
            }
            let refused: Answer = client.ask(route, body).await;
            assert_eq!(
                (refused.status.as_u16(), refused.header("retry-after")),
                (429, "1"),
                "{dialect}: {route}"
            );
            assert!(refused.json().is_object(), "{dialect}: {route}: {refused:?}");
        }
    }
}

#[every_engine]
async fn who_has_to_verify_first_is_told_after_the_right_password_only() {
    let verified = |setup: Setup| {
        setup.with_mails().deciding(|policy| policy.verified_email = VerifiedEmail::BeforeLogIn)
    };
    for (dialect, path, status) in [("bearer-pair", "/login", 400), ("users-cookies", "/users/login", 401)] {
        let client = Client::with(dialect, verified).await;
        client.register("ada-1").await;
        let login = |password: &str| json!({ "email": "ada-1@example.com", "password": password });
        let refused = client.server.post(path, &login(PASSWORD)).await;
        client.assert_refused(&refused, status, "Verify your email address first");
        let wrong = client.server.post(path, &login("a wrong password")).await;
        client.assert_refused(&wrong, status, "Invalid email or password");
        let mail = client.server.mail().await;
        client.ask("verify-email", &json!({ "token": mail.token(), "password": PASSWORD })).await;
        assert!(client.log_in("ada-1", PASSWORD).await.is_some(), "{dialect}");
    }
}

#[every_engine]
async fn where_people_are_invited_nobody_else_registers() {
    for dialect in ALL {
        let invited = |setup: Setup| {
            let decided = setup.with_mails();
            decided.deciding(|policy| policy.registration.access = RegistrationAccess::Invited)
        };
        let client = Client::with(dialect, invited).await;
        let refused = client.register("ada-1").await;
        client.assert_refused(&refused, 403, "Registration is by invitation only");
        assert!(client.server.mails().await.is_empty(), "{dialect}");
    }
}

#[every_engine]
async fn an_address_that_somebody_else_has_by_now_is_told_to_who_reads_its_mails() {
    for dialect in WITH_ADDRESSES {
        let client = Client::of(dialect).await;
        let server = &client.server;
        client.register("ada-1").await;
        let login = json!({ "identifier": "ada-1@example.com", "password": PASSWORD });
        let native = server.post("/v1/login", &login).await.text("access_token");
        server.mails().await;
        let lines = ["content-type: application/json", &format!("authorization: Bearer {native}")];
        let body = json!({ "email": "bob-1@example.com", "password": PASSWORD }).to_string();
        assert_eq!(server.send("POST", "/v1/me/email", &lines, &body).await.status, 202, "{dialect}");
        let mail = server.mail().await;
        assert_eq!(mail.kind(), LetterKind::ConfirmNewEmail);
        assert!(client.register("bob-1").await.status.is_success(), "{dialect}");
        let proof = json!({ "token": mail.token(), "password": PASSWORD });
        let refused = client.ask("verify-email", &proof).await;
        match dialect {
            "bearer-pair" => client.assert_refused(&refused, 400, "The email address is taken"),
            "api-session" => {
                let errors = json!({ "email": "email must be unique" });
                assert_eq!((refused.status.as_u16(), &refused.json()["errors"]), (400, &errors));
            }
            _ => client.assert_refused(&refused, 409, "The email address is taken"),
        }
    }
}

#[every_engine]
async fn a_browser_needs_its_csrf_token_for_each_of_them() {
    let client = Client::of("api-session").await;
    let server = &client.server;
    let _ = server.store.take_calls();
    for route in ROUTES {
        let body = json!({ "email": "ada@example.com", "token": unknown(), "password": NEW }).to_string();
        let path = format!("/api/users/{route}");
        let answer = server.send("POST", &path, &["content-type: application/json"], &body).await;
        assert_eq!((answer.status.as_u16(), answer.text("message").as_str()), (403, "invalid csrf token"));
    }
    assert!(server.store.take_calls().is_empty());
}

#[every_engine]
async fn no_other_site_asks_for_anything_in_the_name_of_who_has_cookies() {
    let client = Client::of("users-cookies").await;
    let server = &client.server;
    let _ = server.store.take_calls();
    for route in ROUTES {
        let lines =
            ["content-type: application/json", "cookie: accessToken=x", "origin: https://evil.example"];
        let body = json!({ "email": "ada@example.com", "token": unknown(), "password": NEW }).to_string();
        let answer = server.send("POST", &format!("/users/{route}"), &lines, &body).await;
        assert_eq!(answer.status, 403, "{route}");
    }
    assert!(server.store.take_calls().is_empty());
}
