//! How does somebody with a browser and a mailbox get an account, and back into it?

use std::fs;

use portcullis_mail::testing::{ReceivedMail, ServerCertificate, ServerOptions, ServerTls, TestMailServer};
use serde_json::json;

use super::{FROM, NEW_PASSWORD, ON_ITS_WAY, PASSWORD, sign_up};
use crate::process::deployment::Deployment;
use crate::process::server::Server;
use crate::process::tls::authority::{Authority, localhost};

const MAIL_PASSWORD: &str = "p@ss: %word#";

/// A mail server that asks for a password after STARTTLS, and a deployment that knows all of that by files.
async fn with_login() -> (TestMailServer, Deployment) {
    let deployment = Deployment::new();
    let authority = Authority::new();
    let (certificate, key) = authority.issue(&localhost());
    let file = |name: &str, text: &str| {
        let path = deployment.directory().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let of_server =
        ServerCertificate { certificate: file("mail.pem", &certificate), key: file("mail.key", &key) };
    file("mail-ca.pem", &authority.root_pem());
    file("mail-password", &format!("{MAIL_PASSWORD}\n"));
    let mails = TestMailServer::start(ServerOptions {
        tls: ServerTls::StartTls(of_server),
        login: Some(("portcullis@acme.example".to_owned(), MAIL_PASSWORD.to_owned())),
        ..ServerOptions::default()
    })
    .await;
    let url = format!("smtp://portcullis%40acme.example@localhost:{}", mails.port());
    let deployment = deployment
        .with("PORTCULLIS_MAIL_URL", &url)
        .with("PORTCULLIS_MAIL_FROM", FROM)
        .with("PORTCULLIS_MAIL_REPLY_TO", "help@acme.example")
        .with("PORTCULLIS_MAIL_APP_NAME", "Acme")
        .with("PORTCULLIS_MAIL_CA_FILE", "mail-ca.pem")
        .with("PORTCULLIS_MAIL_PASSWORD_FILE", "mail-password");
    (mails, deployment)
}

/// What every mail has.
fn assert_well_made(mail: &ReceivedMail, to: &str) {
    assert_eq!(
        (mail.from.as_str(), mail.to.as_slice()),
        ("no-reply@acme.example", [to.to_owned()].as_slice())
    );
    assert!(mail.tls);
    assert_eq!(mail.user.as_deref(), Some("portcullis@acme.example"));
    for (name, value) in [
        ("from", FROM),
        ("to", to),
        ("reply-to", "help@acme.example"),
        ("auto-submitted", "auto-generated"),
        ("content-language", "en"),
    ] {
        assert_eq!(mail.headers.get(name).map(String::as_str), Some(value), "{name} of {}", mail.data);
    }
    assert!(mail.headers["message-id"].ends_with("@acme.example>"), "{}", mail.data);
    assert!(mail.headers["content-type"].starts_with("multipart/alternative"), "{}", mail.data);
    assert!(mail.text.contains("Acme") && mail.html.contains("Acme"), "{}", mail.data);
}

/// A browser: what it is shown under an address, and what a form of it does.
struct Browser(reqwest::Client);

impl Browser {
    fn new() -> Self {
        Self(reqwest::Client::builder().no_proxy().cookie_store(true).build().unwrap())
    }

    async fn open(&self, url: &str) -> (u16, String) {
        let answer = self.0.get(url).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// Sends the only form of a page with its hidden token and a password.
    async fn submit(&self, server: &Server, page: &str, password: &str) -> (u16, String) {
        let action = attribute(page, "action=\"");
        let token = attribute(page, "name=\"token\" value=\"");
        let url = format!("{}{action}", server.public_url());
        let request = self.0.post(url).header("content-type", "application/x-www-form-urlencoded");
        let answer = request
            .body(format!("token={token}&password={}", password.replace(' ', "+")))
            .send()
            .await
            .unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }
}

fn attribute<'p>(page: &'p str, before: &str) -> &'p str {
    let (_, rest) = page.split_once(before).unwrap_or_else(|| panic!("no {before} in {page}"));
    rest.split('"').next().unwrap()
}

#[tokio::test]
async fn somebody_gets_an_account_and_another_password_by_mails_over_starttls() {
    let (mut mails, deployment) = with_login().await;
    let server = deployment.start().await;
    let (api, browser) = (server.api(), Browser::new());
    let alice = "Alice@Example.com";

    sign_up(&api, alice).await;
    assert_eq!(api.log_in(alice, PASSWORD).await.unwrap().refusal(401), "invalid_credentials");
    let mail = mails.next_mail().await;
    assert_well_made(&mail, "Alice@example.com");
    assert_eq!(mail.subject, "Confirm your registration at Acme");
    let link = mail.link().unwrap();
    let page = format!("{}/account/confirm?token=pc_ot_", server.public_url());
    assert!(link.starts_with(&page), "{link}");
    let href = format!("href=\"{}\"", link.replace('/', "&#x2f;"));
    assert!(mail.html.contains(&href), "{}", mail.html);
    assert!(mail.html.contains(mail.code().unwrap()), "{}", mail.html);

    // Whatever looks into mails opens the link before its owner does.
    let mut pages = Vec::new();
    for _ in 0..2 {
        let (status, page) = browser.open(link).await;
        assert_eq!(status, 200, "{page}");
        assert_eq!(api.log_in(alice, PASSWORD).await.unwrap().status, 401);
        pages.push(page);
    }
    assert_eq!(pages[0], pages[1]);
    assert!(pages[0].contains(" \u{b7} Acme</title>") && pages[0].contains(">Acme</p>"), "{}", pages[0]);
    // Nor does it make an account of somebody who does not know the password.
    let (status, page) = browser.submit(&server, &pages[1], NEW_PASSWORD).await;
    assert!((400..500).contains(&status), "{page}");
    let (status, done) = browser.submit(&server, &pages[1], PASSWORD).await;
    assert_eq!(status, 200, "{done}");
    assert!(done.contains(alice) && !done.contains("pc_ot_"), "{done}");
    assert_eq!(browser.submit(&server, &pages[1], PASSWORD).await.0, 400);
    let session = api.log_in(alice, PASSWORD).await.unwrap().tokens();

    // Nobody can tell who has an account; only its owner gets a mail.
    for email in ["nobody@example.com", alice] {
        let answer = api.post("/v1/password/forgot", None, json!({ "email": email })).await.unwrap();
        assert_eq!(answer.expect(202), json!({ "message": ON_ITS_WAY }));
    }
    let mail = mails.next_mail().await;
    assert_well_made(&mail, "Alice@example.com");
    assert_eq!(mail.subject, "Choose a new password for Acme");
    let body = json!({ "token": mail.token().unwrap(), "new_password": NEW_PASSWORD });
    let reset = async || api.post("/v1/password/reset", None, body.clone()).await.unwrap();
    assert_eq!(reset().await.expect(200)["sessions_ended"], 1);
    assert_eq!(reset().await.refusal(400), "invalid_one_time_token");
    assert_eq!(api.refresh(&session.refresh).await.unwrap().refusal(401), "invalid_refresh_token");
    assert_eq!(api.log_in(alice, PASSWORD).await.unwrap().refusal(401), "invalid_credentials");
    api.log_in(alice, NEW_PASSWORD).await.unwrap().expect(200);
    let notice = mails.next_mail().await;
    assert_well_made(&notice, "Alice@example.com");
    assert_eq!((notice.subject.as_str(), notice.link()), ("Your password for Acme was changed", None));

    // Whoever registers once more is told the same, and the owner of the address is told.
    sign_up(&api, alice).await;
    let mail = mails.next_mail().await;
    assert_eq!((mail.subject.as_str(), mail.token()), ("You already have an account at Acme", None));
    assert!(mails.mails().await.is_empty());
    assert!(!server.log().contains(MAIL_PASSWORD) && !server.log().contains("pc_ot_"), "{}", server.log());
}

#[tokio::test]
async fn a_mail_speaks_the_language_of_whoever_asked_for_it_and_its_code_can_be_typed() {
    let mut mails = TestMailServer::plain().await;
    let server = super::mails_to(&mails.url()).start().await;
    let api = server.api();
    let body = json!({ "email": "jörg@bücher.example", "password": PASSWORD, "locale": "de" });
    api.post("/v1/register", None, body).await.unwrap().expect(202);
    let mail = mails.next_mail().await;
    assert_eq!(mail.headers["content-language"], "de");
    assert!(mail.data.contains("SMTPUTF8") || mail.to[0].starts_with("jörg@"), "{:?}", mail.to);
    let typed = mail.code().unwrap().to_lowercase().replace('-', " ");
    let verify = async |email: &str| {
        let body = json!({ "email": email, "code": typed, "password": PASSWORD });
        api.post("/v1/email/verify", None, body).await.unwrap()
    };
    assert_eq!(verify("somebody@else.example").await.refusal(400), "invalid_one_time_token");
    assert_eq!(verify("jörg@bücher.example").await.expect(200)["email"], "jörg@bücher.example");
    api.log_in("jörg@bücher.example", PASSWORD).await.unwrap().expect(200);
}
