//! What happens while a mail server is away, hangs, tells us to come back or refuses?

use std::net::TcpListener;
use std::time::{Duration, Instant};

use portcullis_mail::testing::{Behaviour, ServerOptions, TestMailServer};
use serde_json::{Value, json};

use super::{SOON, assert_says, mails_to, newest, outbox, sign_up, use_token};
use crate::process::client::Api;
use crate::process::deployment::Deployment;
use crate::process::server::within;

/// Far less than a mail server is waited for.
const AT_ONCE: Duration = Duration::from_secs(3);

/// What was tried once and is tried again.
fn waits(mail: &Value) -> bool {
    mail["state"] == "pending" && mail["attempts"] == 1
}

/// Lets a mail be tried at once.
fn retry(deployment: &Deployment, mail: &Value) {
    let answer = deployment.run(&["mail", "retry", mail["id"].as_str().unwrap(), "--json"]).json();
    assert_eq!(answer, json!({ "retried": 1 }));
}

/// A port where nobody listens.
fn closed_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Asks for mails of all kinds that strangers can ask for, and is answered at once.
async fn assert_answers_at_once(api: &Api, name: &str) {
    for number in 0..5 {
        let begun = Instant::now();
        let email = format!("{name}-{number}@example.com");
        sign_up(api, &email).await;
        for path in ["/v1/password/forgot", "/v1/email/verify/resend"] {
            api.post(path, None, json!({ "email": email })).await.unwrap().expect(202);
        }
        assert!(begun.elapsed() < AT_ONCE, "{:?}", begun.elapsed());
    }
}

#[tokio::test]
async fn while_the_mail_server_is_down_requests_are_answered_as_always_and_mails_wait() {
    let port = closed_port();
    let deployment = mails_to(&format!("smtp://127.0.0.1:{port}?tls=none"));
    let server = deployment.start().await;
    sign_up(&server.api(), "alice@example.com").await;
    let mail = newest(&deployment, "the mail waits", waits).await;
    assert_eq!((&mail["kind"], &mail["email"]), (&json!("register"), &json!("alice@example.com")));
    assert!(mail["due_at"].is_string() && mail["finished_at"].is_null(), "{mail}");
    let cause = mail["last_error"].as_str().unwrap();
    assert!(cause.starts_with(&format!("127.0.0.1:{port}: the connection failed: ")), "{cause}");
    assert!(cause.contains("refused"), "{cause}");
    let log = server.log();
    assert!(log.contains("a mail could not be sent; it is tried again"), "{log}");
    assert!(log.contains("the connection failed") && !log.contains("alice@"), "{log}");
    assert_answers_at_once(&server.api(), "down").await;

    let mut mails =
        TestMailServer::start(ServerOptions { port: Some(port), ..ServerOptions::default() }).await;
    retry(&deployment, &mail);
    loop {
        let arrived = mails.next_mail().await;
        if arrived.to == ["alice@example.com"] {
            use_token(&server.api(), arrived.token().unwrap()).await.expect(200);
            break;
        }
    }
    let sent = within(SOON, "it is noted as sent", async || {
        outbox(&deployment).into_iter().find(|entry| entry["id"] == mail["id"] && entry["state"] == "sent")
    });
    assert!(sent.await["finished_at"].is_string());
}

#[tokio::test]
async fn a_mail_server_that_hangs_holds_up_nobody_but_mails() {
    // Connections come to be, and nobody says anything.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let deployment = mails_to(&format!("smtp://127.0.0.1:{port}?tls=none"));
    let mut server = deployment.start().await;
    assert_answers_at_once(&server.api(), "hung").await;
    let first = within(SOON, "the first mail waits", async || outbox(&deployment).into_iter().find(waits));
    let cause = first.await["last_error"].as_str().unwrap().to_owned();
    assert!(cause.contains("gave no answer to the connection within 10s"), "{cause}");
    // It does not hold up the end for longer than it is waited for, either.
    let begun = Instant::now();
    server.terminate();
    assert!(server.end().await.success());
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_mail_that_is_greylisted_is_tried_again() {
    let mut mails = TestMailServer::plain().await;
    mails.behave(Behaviour::Greylist).await;
    let deployment = mails_to(&mails.url());
    let server = deployment.start().await;
    sign_up(&server.api(), "alice@example.com").await;
    let mail = newest(&deployment, "the mail waits", waits).await;
    assert!(mail["last_error"].as_str().unwrap().contains("451"), "{mail}");
    let table = deployment.run(&["mail", "list", "--state", "pending"]).text();
    assert!(table.contains("alice@example.com") && table.contains("greylisted"), "{table}");
    retry(&deployment, &mail);
    let arrived = mails.next_mail().await;
    use_token(&server.api(), arrived.token().unwrap()).await.expect(200);
    let sent = newest(&deployment, "it is noted as sent", |mail| mail["state"] == "sent").await;
    assert_eq!(sent["id"], mail["id"]);
    assert_eq!(mails.state().await.mails, 1);
}

#[tokio::test]
async fn a_mail_that_is_refused_is_given_up_until_an_operator_says_otherwise() {
    let mut mails = TestMailServer::plain().await;
    mails.behave(Behaviour::Refuse).await;
    let deployment = mails_to(&mails.url());
    let server = deployment.start().await;
    // The domain is written as nobody else writes it, and the server repeats the address.
    sign_up(&server.api(), "Alice.Liddell@Example.COM").await;
    let mail = newest(&deployment, "the mail is given up", |mail| mail["state"] == "dead").await;
    let cause = mail["last_error"].as_str().unwrap();
    assert!(cause.contains("RCPT TO failed") && cause.contains("no such mailbox here"), "{cause}");
    let log = server.log();
    assert!(log.contains("a mail was given up; `portcullis mail retry` tries it again"), "{log}");
    assert!(!log.to_lowercase().contains("liddell"), "{log}");
    assert!(!cause.to_lowercase().contains("liddell"), "{cause}");

    mails.behave(Behaviour::Accept).await;
    assert!(mails.mails().await.is_empty());
    assert_eq!(deployment.run(&["mail", "retry", "--all", "--json"]).json(), json!({ "retried": 1 }));
    let arrived = mails.next_mail().await;
    use_token(&server.api(), arrived.token().unwrap()).await.expect(200);
    newest(&deployment, "it is noted as sent", |mail| mail["state"] == "sent").await;
    let complaint = deployment.run(&["mail", "retry", mail["id"].as_str().unwrap()]).complaint(1);
    assert_says(&complaint, &["there is no mail", "given up or waits", "fix: ", "portcullis mail list"]);
}

#[tokio::test]
async fn a_mail_server_that_hangs_up_in_the_middle_gets_the_same_mail_again() {
    let mut mails = TestMailServer::plain().await;
    mails.behave(Behaviour::Drop).await;
    let deployment = mails_to(&mails.url());
    let server = deployment.start().await;
    sign_up(&server.api(), "alice@example.com").await;
    let mail = newest(&deployment, "the mail waits", waits).await;
    assert!(mail["last_error"].as_str().unwrap().contains("the mail failed"), "{mail}");
    assert!(!mail["last_error"].as_str().unwrap().contains("pc_ot_"), "{mail}");
    // The server that repeats what it does not like gets it in a way that nobody reads in the log.
    mails.behave(Behaviour::Scold).await;
    retry(&deployment, &mail);
    let dead = newest(&deployment, "the mail is given up", |mail| mail["state"] == "dead").await;
    let told = format!("{dead}{}", server.log());
    assert!(told.contains("we do not like") && !told.contains("pc_ot_"), "{told}");
    mails.behave(Behaviour::Accept).await;
    retry(&deployment, &mail);
    let arrived = mails.next_mail().await;
    use_token(&server.api(), arrived.token().unwrap()).await.expect(200);
}
