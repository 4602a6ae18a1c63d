//! What stands behind the links of mails, and can a scanner that follows them do harm?

use std::time::Duration;

use portcullis_core::model::mail::LetterKind;
use portcullis_core::policy::throttle::Budget;
use portcullis_core::policy::{RegistrationAccess, ThrottlePolicy};
use portcullis_every_engine::every_engine;
use serde_json::json;

use super::{forget_password, log_in};
use crate::api::app::{App, Setup};
use crate::api::client::Answer;
use crate::api::mailbox::Mail;

const FORM: &str = "application/x-www-form-urlencoded";

async fn submit(app: &App, path: &str, form: &str) -> Answer {
    app.post(path).body(FORM, form).await
}

/// The form of whoever follows the link of a registration.
fn confirmation(mail: &Mail, password: &str) -> String {
    format!("token={}&password={}", mail.token(), password.replace(' ', "+"))
}

/// The path of a link without its query.
fn page(link: &str) -> &str {
    link.split('?').next().unwrap()
}

#[every_engine]
async fn following_a_link_any_number_of_times_changes_nothing_and_reads_nothing() {
    let app = App::start_with(Setup::with_mails()).await;
    app.post("/v1/register").json(&app.alice().registration()).await;
    let mail = app.mail().await;
    let _ = app.store.take_calls();
    for method in ["GET", "HEAD", "GET"] {
        let shown = app.call(method, &mail.link()).await;
        assert_eq!(shown.status, 200);
        assert_eq!(shown.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(shown.header("cache-control"), Some("no-store"));
        assert!(shown.header("set-cookie").is_none());
    }
    assert!(app.store.take_calls().is_empty());
    let form = confirmation(&mail, &app.alice().password());
    let done = submit(&app, page(&mail.link()), &form).await;
    assert_eq!(done.status, 200, "{}", done.text());
    app.alice().logs_in().await;
    let again = submit(&app, page(&mail.link()), &form).await;
    assert_eq!(again.status, 400);
}

/// A stranger registers with somebody's address, who takes the mail for their own.
#[every_engine]
async fn who_follows_the_link_of_a_strangers_registration_does_not_make_the_strangers_account() {
    let app = App::start_with(Setup::with_mails()).await;
    app.post("/v1/register").json(&app.alice().registration()).await;
    let mail = app.mail().await;
    let shown = app.get(&mail.link()).await;
    assert!(
        shown.text().contains(r#"autocomplete="current-password""#) && !shown.text().contains("minlength")
    );
    for form in [confirmation(&mail, "the victim's own"), format!("token={}&password=", mail.token())] {
        let refused = submit(&app, page(&mail.link()), &form).await;
        assert_eq!(refused.status, 400);
        assert!(refused.text().contains(&mail.token()), "the form is shown again");
        assert!(refused.text().contains("aria-invalid") && !refused.text().contains("victim"));
    }
    assert_eq!(log_in(&app, "alice", &app.alice().password()).await.status, 401);
    let whoever_registered = confirmation(&mail, &app.alice().password());
    assert_eq!(submit(&app, page(&mail.link()), &whoever_registered).await.status, 200);
    app.alice().logs_in().await;
}

#[every_engine]
async fn who_guesses_the_password_of_a_registration_is_told_when_to_come_back() {
    let app = App::start_with(Setup::with_mails()).await;
    app.post("/v1/register").json(&app.alice().registration()).await;
    let mail = app.mail().await;
    let mut tried = 0;
    let refused = loop {
        let answer = submit(&app, page(&mail.link()), &confirmation(&mail, &format!("guess {tried}"))).await;
        if answer.status == 429 {
            break answer;
        }
        assert_eq!(answer.status, 400, "{}", answer.text());
        tried += 1;
        assert!(tried <= 20, "guessed without end");
    };
    assert_eq!(tried, 10);
    assert!(refused.header("retry-after").is_some());
}

#[every_engine]
async fn a_registration_is_confirmed_by_its_code_as_well() {
    let app = App::start_with(Setup::with_mails()).await;
    app.post("/v1/register").json(&app.alice().registration()).await;
    let mail = app.mail().await;
    let proof = format!("email=alice%40example.com&code={}", mail.code());
    let asked = submit(&app, "/account/confirm", &proof).await;
    assert_eq!(asked.status, 400);
    assert!(asked.text().contains(&mail.code()), "nothing has to be typed twice");
    let proof = format!("{proof}&password={}", app.alice().password().replace(' ', "+"));
    let done = submit(&app, "/account/confirm", &proof).await;
    assert_eq!(done.status, 200, "{}", done.text());
    app.alice().logs_in().await;
}

#[every_engine]
async fn half_a_link_is_said_to_be_that_and_a_code_does_as_well() {
    let app = App::start_with(Setup::with_mails()).await;
    let path = "/account/confirm";
    let whole = app.get(path).await;
    assert!(whole.status == 200 && !whole.text().contains("incomplete"));
    for half in ["?token=abc", "?token=", "?a=b&token=pc_ot_AAAA"] {
        let shown = app.get(&format!("{path}{half}")).await;
        assert_eq!(shown.status, 400, "{half}");
        assert!(shown.text().contains("incomplete") && shown.text().contains(r#"name="code""#), "{half}");
    }
}

#[every_engine]
async fn a_page_never_shows_what_was_sent_as_markup() {
    let app = App::start_with(Setup::with_mails()).await;
    for (path, _) in forms() {
        let shown = app.get(&format!("{path}?token=%22%3E%3Cscript%3Ealert(1)%3C/script%3E")).await;
        assert!(!shown.text().contains("<script"), "{path}");
        let policy = shown.header("content-security-policy").unwrap();
        assert!(policy.contains("default-src 'none'") && policy.contains("form-action 'self'"), "{path}");
    }
}

#[every_engine]
async fn a_person_resets_a_password_by_the_page() {
    let app = App::start_with(Setup::with_mails()).await;
    app.alice().registered().await;
    forget_password(&app, "alice@example.com").await;
    let mail = app.mail().await;
    let path = page(&mail.link()).to_owned();
    let shown = app.get(&mail.link()).await;
    assert!(
        shown.text().contains(r#"type="password""#)
            && shown.text().contains(r#"autocomplete="new-password""#)
    );
    let short = submit(&app, &path, &format!("token={}&password=short", mail.token())).await;
    assert_eq!(short.status, 400);
    assert!(short.text().contains(&mail.token()), "the form is shown again");
    assert!(!short.text().contains("value=\"short\""));
    let form = format!("token={}&password=another+correct+horse", mail.token());
    assert_eq!(submit(&app, &path, &form).await.status, 200);
    assert_eq!(log_in(&app, "alice", "another correct horse").await.status, 200);
}

#[every_engine]
async fn a_person_undoes_a_change_of_the_address_and_a_deletion_by_the_page() {
    let app = App::start_with(Setup::with_mails()).await;
    let session = app.alice().logged_in().await;
    let body = json!({"email": "alice@new.example", "password": app.alice().password()});
    session.post("/v1/me/email").json(&body).await;
    let confirm = app.mail().await;
    submit(&app, page(&confirm.link()), &confirmation(&confirm, &app.alice().password())).await;
    let undo = app.mail().await;
    assert_eq!(undo.kind(), LetterKind::EmailChanged);
    assert_eq!(submit(&app, page(&undo.link()), &format!("token={}", undo.token())).await.status, 200);
    let reset = app.mail().await;
    let form = format!("token={}&password=another+correct+horse", reset.token());
    assert_eq!(submit(&app, page(&reset.link()), &form).await.status, 200);
    let login = log_in(&app, "alice@example.com", "another correct horse").await;
    let token = login.access_token().unwrap();
    app.mails().await;
    let delete = app.call("DELETE", "/v1/me").bearer(&token);
    assert_eq!(delete.json(&json!({"password": "another correct horse"})).await.status, 202);
    let keep = app.mail().await;
    assert_eq!(submit(&app, page(&keep.link()), &format!("token={}", keep.token())).await.status, 200);
    assert_eq!(log_in(&app, "alice", "another correct horse").await.status, 200);
}

#[every_engine]
async fn a_person_who_was_invited_registers_by_the_page() {
    let mut setup = Setup::with_mails();
    setup.policy.registration.access = RegistrationAccess::Invited;
    let app = App::start_with(setup).await;
    let root = app.root().logged_in().await;
    app.mails().await;
    root.post("/v1/admin/invitations").json(&json!({"email": "alice@example.com"})).await;
    let mail = app.mail().await;
    let form = format!("token={}&username=alice&name=Alice&password=another+correct+horse", mail.token());
    assert_eq!(submit(&app, page(&mail.link()), &form).await.status, 200);
    assert_eq!(log_in(&app, "alice@example.com", "another correct horse").await.status, 200);
}

#[every_engine]
async fn a_page_speaks_the_language_of_the_browser() {
    let app = App::start_with(Setup::with_mails()).await;
    for (languages, lang) in [("de-DE,de;q=0.9", "lang=\"de\""), ("fr", "lang=\"en\""), ("en", "lang=\"en\"")]
    {
        let shown = app.get("/account/reset-password?token=x").header("accept-language", languages).await;
        assert!(shown.text().contains(lang), "{languages}");
    }
}

/// Every page, with a form that is good but for its token, which was never given out.
fn forms() -> [(&'static str, String); 5] {
    let token = format!("token=pc_ot_{}", "A".repeat(43));
    [
        ("/account/confirm", format!("{token}&password=another+correct+horse")),
        ("/account/reset-password", format!("{token}&password=another+correct+horse")),
        ("/account/undo-email-change", token.clone()),
        ("/account/keep-account", token.clone()),
        ("/account/register", format!("{token}&username=alice&name=Alice&password=another+correct+horse")),
    ]
}

#[every_engine]
async fn every_page_says_when_to_come_back_after_too_many_tokens_of_nobody() {
    for (path, form) in forms() {
        let mut setup = Setup::with_mails();
        let few = Budget::steady(3, Duration::from_secs(1));
        setup.policy.throttle = setup.policy.throttle.map(|limits| ThrottlePolicy { junk: few, ..limits });
        let app = App::start_with(setup).await;
        for _ in 0..3 {
            assert_eq!(submit(&app, path, &form).await.status, 400, "{path}");
        }
        let refused = submit(&app, path, &form).await;
        assert_eq!((refused.status.as_u16(), refused.header("retry-after")), (429, Some("1")), "{path}");
        assert_eq!(refused.header("content-type"), Some("text/html; charset=utf-8"), "{path}");
        // Nobody else has to wait for that, and neither do they for long.
        let elsewhere = app.post(path).body(FORM, form.as_str()).from("203.0.113.66").await;
        assert_eq!(elsewhere.status, 400, "{path}");
        app.pass(Duration::from_secs(1));
        assert_eq!(submit(&app, path, &form).await.status, 400, "{path}");
    }
}

#[every_engine]
async fn who_guesses_codes_at_the_page_is_told_when_to_come_back() {
    let app = App::start_with(Setup::with_mails()).await;
    app.post("/v1/register").json(&app.alice().registration()).await;
    let mut answers = Vec::new();
    for name in ["alice", "nobody"] {
        let form = format!("email={name}%40example.com&code=0000-0000");
        let mut tried = 0;
        let refused = loop {
            let answer = submit(&app, "/account/confirm", &form).await;
            if answer.status == 429 {
                break answer;
            }
            assert_eq!(answer.status, 400, "{}", answer.text());
            tried += 1;
            assert!(tried <= 20, "guessed without end");
        };
        answers.push((tried, refused.header("retry-after").unwrap().to_owned(), refused.text().to_owned()));
    }
    assert_eq!(answers[0].0, 10);
    assert_eq!(answers[0], answers[1]);
}
