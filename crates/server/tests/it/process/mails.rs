//! Do the mails of the real binary arrive at a real mail server, and does it keep what it has promised when that server, a
//! node or nothing at all is there?
//!
//! The mail server is `tests/smtp/server.py`.
//!
//! - `journey`: from the registration to another password, as somebody with a browser and a mailbox goes.
//! - `away`: a mail server that is away, hangs, tells us to come back or refuses.
//! - `killed`: a process that ends with a mail in hand.
//! - `nodes`: several processes and one outbox.
//! - `commands`: `portcullis mail`, and what `portcullis account` does by mail.
//! - `deletion`: accounts that end after their grace.
//! - `files`: mails that become files.
//! - `refused`: settings that no server starts with.

mod away;
mod commands;
mod deletion;
mod files;
mod journey;
mod killed;
mod nodes;
mod refused;

use std::time::Duration;

use portcullis_mail::testing::TestMailServer;
use serde_json::{Value, json};

use super::client::{Answer, Api};
use super::deployment::Deployment;
use super::server::within;

const PASSWORD: &str = "correct horse battery";
const NEW_PASSWORD: &str = "another good password";
const FROM: &str = "Acme <no-reply@acme.example>";
/// The only answer to whoever may get a mail.
const ON_ITS_WAY: &str = "If this address can be used, a mail is on its way to it.";
/// When something has happened that a running server does by itself.
const SOON: Duration = Duration::from_secs(20);

/// A deployment whose mails go there. Links do not change with the port.
fn mails_to(url: &str) -> Deployment {
    mailing(Deployment::new(), url)
}

/// The same, for a deployment that there is.
fn mailing(deployment: Deployment, url: &str) -> Deployment {
    deployment
        .with("PORTCULLIS_MAIL_URL", url)
        .with("PORTCULLIS_MAIL_FROM", FROM)
        .with("PORTCULLIS_MAIL_LINKS", "https://acme.example/account")
        .with("PORTCULLIS_LOG_LEVEL", "debug")
}

/// Registers, which tells nothing.
async fn sign_up(api: &Api, email: &str) {
    let body = json!({ "email": email, "password": PASSWORD });
    let answer = api.post("/v1/register", None, body).await.unwrap();
    assert_eq!(answer.expect(202), json!({ "message": ON_ITS_WAY }));
}

/// Registers and confirms it.
async fn join(api: &Api, mails: &mut TestMailServer, email: &str) {
    sign_up(api, email).await;
    let mail = mails.next_mail().await;
    assert_eq!(mail.to, [email]);
    use_token(api, mail.token().unwrap()).await.expect(200);
}

/// Does what the link of a registration does, for whoever knows the password.
async fn use_token(api: &Api, token: &str) -> Answer {
    let body = json!({ "token": token, "password": PASSWORD });
    api.post("/v1/email/verify", None, body).await.unwrap()
}

/// What the command line lists of the outbox, newest first.
fn outbox(deployment: &Deployment) -> Vec<Value> {
    let mut listed = deployment.run(&["mail", "list", "--json"]).json();
    serde_json::from_value(listed["mails"].take()).unwrap()
}

/// The newest mail in the outbox, when it has become what is waited for.
async fn newest(deployment: &Deployment, what: &str, is_so: impl Fn(&Value) -> bool) -> Value {
    within(SOON, what, async || outbox(deployment).into_iter().next().filter(&is_so)).await
}

/// What has to be in a complaint.
fn assert_says(complaint: &str, words: &[&str]) {
    for word in words {
        assert!(complaint.contains(word), "{word:?} is missing:\n{complaint}");
    }
}
