//! Does a server refuse to start where mails could not work, or would tell too much?

use std::fs;

use super::{assert_says, mails_to};
use crate::process::deployment::Deployment;

const MASTER_KEY: &str = "b41f7c09e2d85a6391c07ef24d1b8a5f60e93d7c28f4ab16057dce9b3182f64a";

/// What it says, and that it has made nothing.
fn complaint(deployment: &Deployment) -> String {
    let complaint = deployment.refused().complaint(1);
    assert!(!deployment.data_dir().exists(), "{complaint}");
    assert!(complaint.contains("fix: "), "{complaint}");
    complaint
}

fn in_production(url: &str) -> Deployment {
    mails_to(url)
        .with("PORTCULLIS_ENV", "production")
        .with("PORTCULLIS_MASTER_KEY", MASTER_KEY)
        .with("PORTCULLIS_PUBLIC_URL", "https://auth.example.com")
        .with("PORTCULLIS_TOKEN_ISSUER", "https://auth.example.com")
        .with("PORTCULLIS_TRUSTED_PROXIES", "127.0.0.1")
}

#[test]
fn nothing_is_concealed_without_mails() {
    let deployment = Deployment::new().with("PORTCULLIS_REGISTRATION_ANSWER", "conceal");
    let complaint = complaint(&deployment);
    assert_says(
        &complaint,
        &["PORTCULLIS_REGISTRATION_ANSWER", "`mail.url` is missing", "nobody could get an account"],
    );
    let deployment = Deployment::new().with("PORTCULLIS_ACCOUNT_REQUIRE_VERIFIED_EMAIL", "login");
    assert_says(&self::complaint(&deployment), &["`mail.url` is missing", "nobody could verify an address"]);
    let deployment = Deployment::new().with("PORTCULLIS_MAIL_FROM", super::FROM);
    assert_says(&self::complaint(&deployment), &["PORTCULLIS_MAIL_FROM", "says nothing without `mail.url`"]);
}

#[test]
fn a_password_travels_to_no_other_machine_without_tls() {
    for query in ["?tls=none", "?tls=opportunistic"] {
        let deployment = mails_to(&format!("smtp://me@mail.example.com:587{query}"));
        let complaint = complaint(&deployment.with("PORTCULLIS_MAIL_PASSWORD", "hunter2-hunter2"));
        assert_says(
            &complaint,
            &["PORTCULLIS_MAIL_URL", "would send the password over the network in plain text"],
        );
        assert!(!complaint.contains("hunter2"), "{complaint}");
    }
    let complaint = complaint(&mails_to("smtps://me:hunter2@mail.example.com"));
    assert_says(&complaint, &["PORTCULLIS_MAIL_URL", "has a password", "mail.password_file"]);
    assert!(!complaint.contains("hunter2"), "{complaint}");
    let complaint = self::complaint(&mails_to("smtp://mail.example.com?tls=none"));
    assert_says(&complaint, &["would send mails over the network in plain text"]);
}

#[test]
fn a_password_that_is_missing_is_named() {
    let complaint = complaint(&mails_to("smtps://me@mail.example.com"));
    assert_says(&complaint, &["there is no password", "PORTCULLIS_MAIL_PASSWORD_FILE"]);
    let deployment =
        mails_to("smtps://me@mail.example.com").with("PORTCULLIS_MAIL_PASSWORD_FILE", "nowhere/password");
    let complaint = deployment.refused().complaint(1);
    assert_says(&complaint, &["the mail password cannot be read from nowhere/password", "fix: "]);
}

#[test]
fn production_writes_no_links_into_its_log() {
    let complaint = complaint(&in_production("console:"));
    assert_says(&complaint, &["PORTCULLIS_MAIL_URL", "writes links into the log, which production refuses"]);
    assert_eq!(complaint.matches("fix: ").count(), 1, "{complaint}");
    let plain =
        in_production("smtps://mail.example.com").with("PORTCULLIS_MAIL_LINKS", "http://acme.example");
    assert_says(&self::complaint(&plain), &["PORTCULLIS_MAIL_LINKS", "is not https"]);
}

#[test]
fn a_broken_template_is_named_with_its_line() {
    let with = |name: &str, text: &str| {
        let deployment = mails_to("console:").with("PORTCULLIS_MAIL_TEMPLATES", "words");
        let path = deployment.directory().join("words").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        deployment
    };
    let broken = with("en/reset_password.txt", "Subject: Hello\n\n{{ link }}\n{% if %}\n");
    assert_says(&broken.refused().complaint(1), &["words/en/reset_password.txt, line 4"]);
    let unknown = with("de/reset_password.html", "<p>{{ link }}</p>\n<p>{{ lnik }}</p>\n");
    assert_says(&unknown.refused().complaint(1), &["words/de/reset_password.html, line 2"]);
    let misnamed = with("en/reset-password.txt", "Subject: Hello\n");
    assert_says(&misnamed.refused().complaint(1), &["words/en/reset-password.txt", "template of nothing"]);
    let silent = with("de/invite.txt", "Subject: Hallo\n\nWillkommen.\n");
    assert_says(&silent.refused().complaint(1), &["words/de/invite.txt does not show {{ link }}"]);
    // What is right takes the place of ours.
    let right = with("en/test.txt", "Subject: Hello from {{ app_name }}\n\nIt works.\n");
    let shown = right.run(&["mail", "test", "ops@example.com"]);
    assert_eq!(shown.code, Some(0), "{shown:?}");
    assert_says(&shown.stderr, &["Hello from Portcullis", "It works."]);
}
