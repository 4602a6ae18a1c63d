//! What do `portcullis mail` and `portcullis account` do by mail, and what do they say?

use std::ffi::OsString;
use std::fs;
use std::net::TcpListener;

use portcullis_core::model::Locale;
use portcullis_core::model::mail::LetterKind;
use portcullis_mail::testing::{Behaviour, ServerCertificate, ServerOptions, ServerTls, TestMailServer};
use serde_json::json;

use super::{NEW_PASSWORD, PASSWORD, SOON, assert_says, join, mailing, mails_to, outbox};
use crate::process::deployment::{Deployment, Outcome};
use crate::process::server::within;
use crate::process::tls::authority::{Authority, localhost};

/// What `portcullis mail test` answers. It needs no database.
fn test(deployment: &Deployment) -> Outcome {
    deployment.run(&["mail", "test", "ops@example.com"])
}

#[tokio::test]
async fn a_test_mail_arrives_and_the_command_says_who_took_it() {
    let mut mails = TestMailServer::plain().await;
    let deployment = mails_to(&mails.url());
    let text = test(&deployment).text();
    assert_eq!(text, format!("the mail to ops@example.com was taken by {}\n", mails.url()));
    let mail = mails.next_mail().await;
    assert_eq!(
        (mail.to.concat().as_str(), mail.subject.as_str()),
        ("ops@example.com", "Test mail from Portcullis")
    );
    let answer = deployment.run(&["mail", "test", "ops@example.com", "--json"]).json();
    assert_eq!(answer, json!({ "sent_to": "ops@example.com", "by": mails.url() }));
    assert!(!deployment.data_dir().exists(), "nothing is made");
    deployment.run(&["migrate"]).text();
    assert!(outbox(&deployment).is_empty(), "it goes past the outbox");
}

#[tokio::test]
async fn a_test_mail_that_does_not_leave_says_exactly_why() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let down = mails_to(&format!("smtp://127.0.0.1:{port}?tls=none"));
    let complaint = test(&down).complaint(1);
    assert_says(
        &complaint,
        &[&format!("127.0.0.1:{port}: the connection failed"), "refused", "fix: ", "doctor"],
    );

    let mut mails = TestMailServer::plain().await;
    let bare = mails_to(&format!("smtp://localhost:{}", mails.port()));
    assert_says(&test(&bare).complaint(1), &["offers no STARTTLS", "fix: "]);
    mails.behave(Behaviour::Refuse).await;
    let complaint = test(&mails_to(&mails.url())).complaint(1);
    assert_says(&complaint, &["RCPT TO failed", "no such mailbox here", "does not want this mail"]);
    mails.behave(Behaviour::RefuseSender).await;
    let complaint = test(&mails_to(&mails.url())).complaint(1);
    assert_says(&complaint, &["MAIL FROM failed", "not your address", "fix: see `mail.from`"]);
    let report = mails_to(&mails.url()).run(&["doctor"]).stdout;
    assert_says(&report, &["MAIL FROM failed", "see `mail.from`"]);

    assert_says(&test(&Deployment::new()).complaint(1), &["`mail.url` is not set", "PORTCULLIS_MAIL_URL"]);
}

#[tokio::test]
async fn a_wrong_password_and_a_certificate_of_nobody_known_are_told_apart() {
    let login = Some(("me".to_owned(), "the right one".to_owned()));
    let mails = TestMailServer::start(ServerOptions { login, ..ServerOptions::default() }).await;
    let wrong = mails_to(&format!("smtp://me@127.0.0.1:{}?tls=none", mails.port()));
    let complaint = test(&wrong.with("PORTCULLIS_MAIL_PASSWORD", "the wrong one")).complaint(1);
    assert_says(&complaint, &["the login (mail.url, mail.password) failed", "535"]);
    assert!(!complaint.contains("the wrong one"), "{complaint}");

    let deployment = Deployment::new();
    let (certificate, key) = Authority::new().issue(&localhost());
    let file = |name: &str, text: &str| {
        let path = deployment.directory().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let files = ServerCertificate { certificate: file("cert.pem", &certificate), key: file("key.pem", &key) };
    let options = ServerOptions { tls: ServerTls::StartTls(files), ..ServerOptions::default() };
    let mails = TestMailServer::start(options).await;
    let unknown = mails_to(&format!("smtp://localhost:{}", mails.port()));
    assert_says(&test(&unknown).complaint(1), &["STARTTLS failed", "certificate", "fix: "]);
    // The doctor sees it as well, without sending anything.
    let report = unknown.run(&["doctor"]);
    let all = format!("{}{}", report.stdout, report.stderr);
    assert_says(&all, &["STARTTLS failed", "certificate"]);
}

#[test]
fn a_preview_shows_every_mail_in_every_language() {
    let deployment = Deployment::new();
    let text = deployment.run(&["mail", "preview", "previews"]).text();
    assert_eq!(text, "open previews/index.html in a browser\n");
    let directory = deployment.directory().join("previews");
    let mut names: Vec<_> =
        fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    let mut expected = vec![OsString::from("index.html")];
    for kind in LetterKind::ALL.map(LetterKind::as_str).into_iter().chain(["email_changed_unverified"]) {
        for locale in Locale::ALL {
            for end in ["eml", "html", "txt"] {
                expected.push(format!("{}-{kind}.{end}", locale.as_str()).into());
            }
        }
    }
    expected.sort();
    assert_eq!(names, expected);
    let german = fs::read_to_string(directory.join("de-reset_password.txt")).unwrap();
    assert!(german.contains("Passwort") && german.contains("Portcullis"), "{german}");
    assert!(!deployment.data_dir().exists(), "nothing else is made");
}

#[test]
fn whoever_sets_a_password_where_no_mails_are_sent_is_told_that_its_owner_is_not() {
    let deployment = Deployment::new();
    let create = ["account", "create", "--email", "ada@example.com", "--password-stdin"];
    deployment.run_with_input(&create, PASSWORD).text();
    let set = ["account", "set-password", "ada@example.com", "--password-stdin"];
    let told = deployment.run_with_input(&set, NEW_PASSWORD);
    assert_eq!(told.code, Some(0), "{told:?}");
    assert_says(&told.stderr, &["no mail.url here: the owner is not told"]);
    let told = mailing(deployment, "console:").run_with_input(&set, PASSWORD);
    assert_eq!((told.code, told.stderr.as_str()), (Some(0), ""));
}

#[tokio::test]
async fn somebody_is_invited_on_the_command_line_and_registers_by_the_mail() {
    let mut mails = TestMailServer::plain().await;
    let deployment = mails_to(&mails.url()).with("PORTCULLIS_REGISTRATION_ACCESS", "invited");
    let server = deployment.start().await;
    let api = server.api();
    let mut body = json!({ "email": "ada@example.com", "username": "ada", "password": PASSWORD });
    assert_eq!(
        api.post("/v1/register", None, body.clone()).await.unwrap().refusal(403),
        "invitation_required"
    );

    let arguments = ["account", "invite", "ada@example.com", "--role", "admin", "--json"];
    let invited = deployment.run(&arguments).json();
    assert_eq!(invited["invitation"]["email"], "ada@example.com");
    assert!(invited["link"].is_null(), "{invited}");
    let mail = mails.next_mail().await;
    assert_eq!(
        (mail.to.concat().as_str(), mail.subject.as_str()),
        ("ada@example.com", "You are invited to Portcullis")
    );
    assert!(mail.link().unwrap().starts_with("https://acme.example/account/register?token="));
    body["invite"] = mail.token().unwrap().into();
    api.post("/v1/register", None, body.clone()).await.unwrap().expect(201);
    let shown = deployment.run(&["account", "show", "ada", "--json"]).json();
    assert_eq!(
        (&shown["account"]["role"], &shown["account"]["email"]),
        (&json!("admin"), &json!("ada@example.com"))
    );
    assert!(shown["account"]["email_verified_at"].is_string(), "{shown}");
    body["username"] = "eve".into();
    assert_eq!(api.post("/v1/register", None, body).await.unwrap().refusal(400), "invitation_invalid");
}

#[tokio::test]
async fn without_a_mail_server_the_link_of_an_invitation_is_handed_out_by_hand() {
    let deployment = Deployment::new()
        .with("PORTCULLIS_REGISTRATION_ACCESS", "invited")
        .with("PORTCULLIS_MAIL_LINKS", "https://auth.example.com/account");
    let server = deployment.start().await;
    let text = deployment.run(&["account", "invite", "ada@example.com"]).text();
    assert!(text.starts_with("https://auth.example.com/account/register?token=pc_ot_"), "{text}");
    assert!(text.contains("Give it to ada@example.com") && text.contains("shown this once"), "{text}");
    let token = text.lines().next().unwrap().rsplit_once('=').unwrap().1;
    let body = json!({ "email": "ada@example.com", "password": PASSWORD, "invite": token });
    server.api().post("/v1/register", None, body).await.unwrap().expect(201);
    assert!(!server.log().contains(token), "{}", server.log());
}

#[tokio::test]
async fn an_operator_marks_an_address_as_verified_and_sees_that_it_is() {
    let mut mails = TestMailServer::plain().await;
    let deployment = mails_to(&mails.url()).with("PORTCULLIS_ACCOUNT_REQUIRE_VERIFIED_EMAIL", "login");
    let server = deployment.start().await;
    let api = server.api();
    let arguments = ["account", "create", "--email", "root@example.com", "--password-stdin", "--json"];
    let made = deployment.run_with_input(&arguments, PASSWORD).json();
    assert!(made["account"]["email_verified_at"].is_null(), "{made}");
    let shown = || deployment.run(&["account", "show", "root@example.com"]).text();
    let verified = || shown().lines().find(|line| line.starts_with("verified")).unwrap().to_owned();
    assert!(verified().ends_with("no"), "{}", shown());
    let log_in = async || api.log_in("root@example.com", PASSWORD).await.unwrap();
    assert_eq!(log_in().await.refusal(403), "email_not_verified");

    deployment.run(&["account", "mark-verified", "root@example.com"]).text();
    assert!(!verified().ends_with("no"), "{}", shown());
    log_in().await.expect(200);
    let events = deployment.run(&["audit", "list", "--json", "--kind", "email_verified"]).text();
    assert_eq!(events.lines().count(), 1, "{events}");
    let complaint = deployment.run(&["account", "mark-verified", "nobody@example.com"]).complaint(1);
    assert_says(&complaint, &["no account \"nobody@example.com\""]);

    // One who confirms by mail is shown the same way.
    join(&api, &mut mails, "ada@example.com").await;
    let ada = deployment.run(&["account", "show", "ada@example.com", "--json"]).json();
    assert!(ada["account"]["email_verified_at"].is_string(), "{ada}");
    let hers = deployment.run(&["mail", "list", "--to", "Ada@Example.com", "--json"]).json();
    let kinds: Vec<_> = hers["mails"].as_array().unwrap().iter().map(|mail| mail["kind"].as_str()).collect();
    assert_eq!(kinds, [Some("register")]);
    within(SOON, "the outbox is empty", async || {
        let pending = deployment.run(&["mail", "list", "--state", "pending", "--json"]).json();
        pending["mails"].as_array().unwrap().is_empty().then_some(())
    })
    .await;
}
