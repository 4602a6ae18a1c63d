//! Does every dialect look after accounts by mail, in its own manner?
//!
//! - here: what all have in common, asked of each.
//! - `client`: what calls a dialect, and in which form that answers.
//! - `refusals`: what is answered where nothing is done.

mod client;
mod refusals;

use portcullis_core::model::mail::LetterKind;
use portcullis_core::model::{AccountSecret, Email, Identifier};
use portcullis_core::policy::RegistrationAnswer::Conceal;
use portcullis_core::ports::Store as _;
use portcullis_every_engine::every_engine;
use serde_json::{Value, json};

use self::client::{ALL, Client, PASSWORD, WITH_ADDRESSES};
use super::server::{Server, Setup};

const NEW: &str = "another correct horse";
const ON_ITS_WAY: &str = "If there is something to send to this address, it is on its way";

fn address(name: &str) -> Value {
    json!({ "email": format!("{name}@example.com") })
}

async fn stored(server: &Server, email: &str) -> AccountSecret {
    let email = Identifier::Email(Email::parse(email).unwrap());
    server.store.find_account_by_identifier(&email).await.unwrap().unwrap()
}

async fn is_verified(server: &Server, name: &str) -> bool {
    stored(server, &format!("{name}@example.com")).await.account.email_verified_at.is_some()
}

#[every_engine]
async fn a_registration_answers_as_ever_and_the_link_of_its_mail_verifies() {
    for dialect in WITH_ADDRESSES {
        let client = Client::of(dialect).await;
        let answer = client.register("ada-1").await;
        assert!(answer.status.is_success() && answer.status != 202, "{dialect:?}: {answer:?}");
        let mail = client.server.mail().await;
        assert_eq!((mail.kind(), mail.to()), (LetterKind::VerifyEmail, "ada-1@example.com"), "{dialect:?}");
        assert!(!is_verified(&client.server, "ada-1").await);
        let token = json!({ "token": mail.token(), "password": PASSWORD });
        let done = client.ask("verify-email", &token).await;
        client.assert_done(&done, 200, "Email address verified");
        assert!(is_verified(&client.server, "ada-1").await, "{dialect:?}");
        client.assert_refused(
            &client.ask("verify-email", &token).await,
            400,
            "The token or code is not valid",
        );
    }
}

#[every_engine]
async fn the_code_of_a_mail_verifies_as_well_and_only_for_its_address() {
    for dialect in WITH_ADDRESSES {
        let client = Client::of(dialect).await;
        client.register("ada-1").await;
        let code = client.server.mail().await.code();
        client.register("bob-1").await;
        let of = |name: &str| json!({ "email": format!("{name}@example.com"), "code": code, "password": PASSWORD });
        let other = client.ask("verify-email", &of("bob-1")).await;
        client.assert_refused(&other, 400, "The token or code is not valid");
        let done = client.ask("verify-email", &of("ada-1")).await;
        client.assert_done(&done, 200, "Email address verified");
        assert!(is_verified(&client.server, "ada-1").await && !is_verified(&client.server, "bob-1").await);
    }
}

/// At the native API a registration may wait for its mail, and that brings people here as well.
#[every_engine]
async fn a_registration_that_waited_takes_the_password_that_was_chosen_there() {
    for dialect in ALL {
        let concealed =
            |setup: Setup| setup.with_mails().deciding(|policy| policy.registration.answer = Conceal);
        let client = Client::with(dialect, concealed).await;
        let person = json!({ "email": "ada-1@example.com", "username": "ada-1", "password": PASSWORD });
        assert_eq!(client.server.post("/v1/register", &person).await.status, 202, "{dialect:?}");
        let mail = client.server.mail().await;
        let by_code = json!({ "email": "ada-1@example.com", "code": mail.code() });
        for mut proof in [json!({ "token": mail.token() }), by_code] {
            let asked = client.ask("verify-email", &proof).await;
            let status = if dialect == "auth-router" { 422 } else { 400 };
            assert_eq!(asked.status, status, "{dialect:?}: {asked:?}");
            assert!(asked.body.to_lowercase().contains("password must be given"), "{dialect:?}: {asked:?}");
            proof["password"] = json!("a wrong password");
            let refused = client.ask("verify-email", &proof).await;
            assert_eq!(refused.status, 400, "{dialect:?}: {refused:?}");
            assert!(refused.body.contains("The password is not the one"), "{dialect:?}: {refused:?}");
        }
        assert!(client.log_in("ada-1", PASSWORD).await.is_none(), "{dialect:?}");
        let proof = json!({ "token": mail.token(), "password": PASSWORD });
        client.assert_done(&client.ask("verify-email", &proof).await, 200, "Email address verified");
        assert!(client.log_in("ada-1", PASSWORD).await.is_some(), "{dialect:?}");
    }
}

#[every_engine]
async fn a_forgotten_password_is_replaced_all_sessions_end_and_the_new_one_logs_in() {
    for dialect in ALL {
        let client = Client::of(dialect).await;
        client.has_account("ada-1").await;
        let session = client.log_in("ada-1", PASSWORD).await.unwrap();
        assert!(client.counts(&session).await, "{dialect:?}");
        client.server.mails().await;
        client.ask("forgot-password", &address("ada-1")).await;
        let mail = client.server.mail().await;
        assert_eq!((mail.kind(), mail.to()), (LetterKind::ResetPassword, "ada-1@example.com"), "{dialect:?}");
        let reset = json!({ "token": mail.token(), "password": NEW });
        client.assert_done(&client.ask("reset-password", &reset).await, 200, "Password changed");
        assert!(!client.counts(&session).await, "{dialect:?}");
        assert!(client.log_in("ada-1", PASSWORD).await.is_none(), "{dialect:?}");
        let session = client.log_in("ada-1", NEW).await.unwrap();
        assert!(client.counts(&session).await, "{dialect:?}");
        // The older backend gets it back, and knows no other hash.
        let hash = stored(&client.server, "ada-1@example.com").await.password.unwrap();
        assert_eq!(hash.algorithm(), "bcrypt", "{dialect:?}");
        let notice = client.server.mails().await;
        assert!(notice.iter().any(|mail| mail.kind() == LetterKind::PasswordChanged), "{dialect:?}");
        client.assert_refused(
            &client.ask("reset-password", &reset).await,
            400,
            "The token or code is not valid",
        );
    }
}

#[every_engine]
async fn who_asks_for_a_mail_learns_nothing_by_words_or_by_work() {
    for dialect in ALL {
        let client = Client::of(dialect).await;
        client.has_account("ada-1").await;
        client.server.import(7, |bob| bob.disabled_at = Some(bob.created_at)).await;
        client.server.mails().await;
        for route in ["forgot-password", "resend-verification"] {
            let mut seen = Vec::new();
            for name in ["ada-1", "old7", "nobody"] {
                let _ = client.server.store.take_calls();
                let before = client.server.auth.hash_gate_metrics();
                let mut answer = client.ask(route, &address(name)).await;
                let after = client.server.auth.hash_gate_metrics();
                assert_eq!((after.hashed, after.verified), (before.hashed, before.verified), "{dialect:?}");
                client.assert_done(&answer, 202, ON_ITS_WAY);
                answer.headers.remove("x-request-id");
                seen.push((answer.headers, answer.body, client.server.store.take_calls()));
            }
            assert_eq!(seen[0].2, ["request_mail"], "{dialect:?}: {route}");
            assert!(seen.iter().all(|other| *other == seen[0]), "{dialect:?}: {seen:?}");
        }
    }
}

#[every_engine]
async fn another_mail_to_verify_with_goes_to_who_has_something_to_verify() {
    for dialect in WITH_ADDRESSES {
        let client = Client::of(dialect).await;
        client.register("ada-1").await;
        client.server.mails().await;
        client.ask("resend-verification", &address("ada-1")).await;
        client.ask("resend-verification", &address("nobody")).await;
        let mail = client.server.mail().await;
        assert_eq!((mail.kind(), mail.to()), (LetterKind::VerifyEmail, "ada-1@example.com"), "{dialect:?}");
        let done = client.ask("verify-email", &json!({ "token": mail.token(), "password": PASSWORD })).await;
        client.assert_done(&done, 200, "Email address verified");
        client.ask("resend-verification", &address("ada-1")).await;
        assert!(client.server.mails().await.is_empty(), "{dialect:?}");
    }
}

#[every_engine]
async fn an_account_that_came_without_a_password_is_verified_without_one() {
    let client = Client::of("bearer-pair").await;
    client.server.import_with_hash(7, None, |_| {}).await;
    client.ask("resend-verification", &address("old7")).await;
    let mail = client.server.mail().await;
    let done = client.ask("verify-email", &json!({ "token": mail.token() })).await;
    client.assert_done(&done, 200, "Email address verified");
    assert!(is_verified(&client.server, "old7").await);
}

#[every_engine]
async fn who_registers_without_an_address_gets_no_mail_until_there_is_one() {
    let client = Client::of("bearer-single").await;
    let server = &client.server;
    assert_eq!(client.register("ada-1").await.status, 201);
    assert!(server.mails().await.is_empty());
    let login = json!({ "identifier": "ada-1", "password": PASSWORD });
    let native = server.post("/v1/login", &login).await.text("access_token");
    let lines = ["content-type: application/json", &format!("authorization: Bearer {native}")];
    let body = json!({ "email": "ada-1@example.com", "password": PASSWORD }).to_string();
    assert_eq!(server.send("POST", "/v1/me/email", &lines, &body).await.status, 202);
    let mails = server.mails().await;
    let mail = mails.iter().find(|mail| mail.kind() == LetterKind::ConfirmNewEmail).unwrap();
    let proof = json!({ "token": mail.token(), "password": PASSWORD });
    let done = client.ask("verify-email", &proof).await;
    client.assert_done(&done, 200, "Email address verified");
    assert!(is_verified(server, "ada-1").await);
    client.ask("forgot-password", &address("ada-1")).await;
    let mail = server.mail().await;
    client.ask("reset-password", &json!({ "token": mail.token(), "password": NEW })).await;
    assert!(client.log_in("ada-1", NEW).await.is_some());
}

#[every_engine]
async fn users_cookies_deletes_at_once_where_the_native_api_would_wait() {
    let client = Client::of("users-cookies").await;
    client.register("ada-1").await;
    let session = client.log_in("ada-1", PASSWORD).await.unwrap();
    let lines = [&*format!("cookie: accessToken={session}")];
    let answer = client.server.send("DELETE", "/users/profile", &lines, "").await;
    assert_eq!((answer.status.as_u16(), answer.text("message").as_str()), (200, "User deleted successfully"));
    assert!(!client.counts(&session).await && client.log_in("ada-1", PASSWORD).await.is_none());
    assert!(client.register("ada-1").await.status.is_success(), "the address is free");
}
