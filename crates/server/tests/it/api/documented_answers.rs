//! Is every answer given that is documented?
//!
//! For every operation and every problem that its description names, a request is made that runs into it.
//! (That no operation answers what it does not document, `contract` checks with every request of every test.)

mod by_mail;

use std::time::Duration;

use portcullis_core::flows::administer::Administrator;
use portcullis_core::policy::ThrottlePolicy;
use portcullis_core::policy::throttle::Budget;
use portcullis_every_engine::every_engine;
use portcullis_http::ProblemCode;
use serde_json::json;

use super::app::{App, Setup};
use super::client::{Answer, Call};
use super::contract::{self, Operation};
use super::persona::Session;
use super::watched_store::Outage;

/// What is documented because anything might break, but is answered from memory.
const WITHOUT_DATABASE: [&str; 5] =
    ["get_jwks", "get_csrf_token", "check_token", "judge_password", "list_revocations"];

/// How many registrations, or tokens of nobody, of one address are looked at.
const MOST_FROM_ONE_ADDRESS: usize = 5;

struct Scene {
    app: App,
    /// Another process, where the feed of revocations has not arrived.
    elsewhere: App,
    root: Session,
    alice: Session,
    operation: &'static Operation,
}

#[every_engine]
async fn every_documented_problem_can_be_run_into() {
    let mut pairs = 0;
    for operation in contract::operations() {
        let app = App::start_with(strict()).await;
        app.root().registered().await;
        app.alice().registered().await;
        for code in ProblemCode::ALL.iter().filter(|code| operation.documents(code.as_str())) {
            let elsewhere = app.second_process().await;
            let (root, alice) = (app.root().logs_in().await, app.alice().logs_in().await);
            let scene = Scene { app: app.clone(), elsewhere, root, alice, operation };
            let Some(answer) = scene.provoke(*code).await else { continue };
            assert_eq!(answer.code(), code.as_str(), "{} {}", operation.method, operation.path);
            pairs += 1;
        }
    }
    assert!(pairs > 250, "{pairs}");
}

/// Few registrations and tokens of nobody are borne.
fn strict() -> Setup {
    let mut setup = Setup::with_mails_and_open_answers();
    let few = Budget::steady(u32::try_from(MOST_FROM_ONE_ADDRESS).unwrap(), Duration::from_secs(1));
    let policy = setup.policy.throttle.take().unwrap();
    setup.policy.throttle =
        Some(ThrottlePolicy { registrations: Some(few), junk: few, mails: few, ..policy });
    setup
}

impl Scene {
    fn good(&self) -> Call {
        self.operation.good_call(&self.root, &self.alice)
    }

    /// A request that runs into the problem; nothing where there is none. No catch-all: a new code has to say how.
    async fn provoke(&self, code: ProblemCode) -> Option<Answer> {
        let Self { app, operation, .. } = self;
        let id = operation.id.as_str();
        Some(match code {
            ProblemCode::MalformedJson => self.good().body("application/json", "{").await,
            ProblemCode::InvalidRequest if operation.takes_body => {
                self.good().json(&json!({"unknown": 1})).await
            }
            ProblemCode::InvalidRequest => {
                self.root.call("GET", &(operation.path_of(&self.alice) + "?limit=0")).await
            }
            ProblemCode::AuthenticationRequired => self.good().without("authorization").await,
            ProblemCode::InvalidAccessToken => self.good().bearer("junk").await,
            ProblemCode::AccessTokenExpired => self.with_an_expired_token().await,
            ProblemCode::SessionEnded => self.with_a_session_that_ended().await,
            ProblemCode::InvalidCredentials => {
                self.good().json(&json!({"identifier": "root", "password": "wrong"})).await
            }
            ProblemCode::InvalidRefreshToken => self.good().json(&json!({"refresh_token": "junk"})).await,
            ProblemCode::RefreshTokenReused => self.with_a_stolen_token().await,
            ProblemCode::AccountDisabled if id == "reset_password" => {
                self.with_a_link_of_a_disabled_account().await
            }
            ProblemCode::AccountDisabled => self.with_a_disabled_account().await,
            ProblemCode::WrongPassword if ["delete_me", "reauthenticate"].contains(&id) => {
                self.good().json(&json!({"password": "wrong"})).await
            }
            ProblemCode::WrongPassword if id == "verify_email" => {
                self.with_a_password_that_was_not_chosen().await
            }
            ProblemCode::WrongPassword if id == "change_my_email" => {
                self.good().json(&json!({"email": "root@new.example", "password": "wrong"})).await
            }
            ProblemCode::WrongPassword => {
                self.good().json(&json!({"current_password": "wrong", "new_password": "long enough"})).await
            }
            ProblemCode::ReauthenticationRequired => self.long_after_the_login().await,
            ProblemCode::CsrfFailed => self.caused_by_another_site().await,
            ProblemCode::Forbidden => operation.good_call(&self.alice, &self.root).await,
            ProblemCode::NotFound => self.for_nothing().await,
            ProblemCode::MethodNotAllowed => panic!("{id} documents that it does not exist"),
            ProblemCode::EmailTaken if ["verify_email", "undo_email_change"].contains(&id) => {
                self.with_an_address_that_was_taken_since().await
            }
            ProblemCode::EmailTaken if id == "create_invitation" => {
                self.good().json(&json!({"email": "alice@example.com"})).await
            }
            ProblemCode::EmailTaken => {
                self.good().json(&json!({"email": "alice@example.com", "password": "long enough"})).await
            }
            ProblemCode::UsernameTaken if id == "verify_email" => {
                self.with_a_username_that_was_taken_since().await
            }
            ProblemCode::UsernameTaken => {
                self.good().json(&json!({"username": "alice", "password": "long enough"})).await
            }
            ProblemCode::InvalidOneTimeToken => self.good().await,
            ProblemCode::InvitationRequired => self.uninvited().await,
            ProblemCode::InvitationInvalid => self.with_nobodys_invitation().await,
            ProblemCode::EmailNotVerified => self.before_the_address_is_verified().await,
            ProblemCode::MailNotConfigured => self.where_no_mails_are_sent().await,
            ProblemCode::OwnAccount => operation.good_call(&self.root, &self.root).await,
            ProblemCode::Conflict => {
                app.store.let_two_meet_at("rotate_keys");
                let (one, other) = self.good().twice().await;
                if one.status == 200 { other } else { one }
            }
            ProblemCode::BodyTooLarge => self.good().body("application/json", vec![b' '; 200_000]).await,
            ProblemCode::UnsupportedMediaType => self.good().body("text/plain", "{}").await,
            ProblemCode::TooManyAttempts => self.after_many_wrong_passwords().await,
            ProblemCode::TooManyRequests => self.after_too_much_from_one_address().await,
            ProblemCode::InternalError => self.during(Outage::Panics).await?,
            ProblemCode::Unavailable => self.during(Outage::Unavailable).await?,
            ProblemCode::Timeout => self.during(Outage::Silent).await?,
        })
    }

    async fn after_too_much_from_one_address(&self) -> Answer {
        let from_there = || self.good().from("198.51.100.67");
        let id = self.operation.id.as_str();
        let junk = |number: usize| match id {
            "register" => {
                let email = format!("person-{number}@example.com");
                from_there().json(&json!({"email": email, "password": "long enough"}))
            }
            "resend_verification" | "forgot_password" | "change_my_email" => {
                self.good().from("198.51.100.67")
            }
            "refresh" => from_there().json(&json!({"refresh_token": "junk"})),
            _ => from_there().bearer("junk"),
        };
        for number in 0..MOST_FROM_ONE_ADDRESS {
            assert_ne!(junk(number).await.status, 429, "{id}");
        }
        junk(MOST_FROM_ONE_ADDRESS).await
    }

    /// The last one may be right.
    async fn after_many_wrong_passwords(&self) -> Answer {
        let wrong = match self.operation.id.as_str() {
            "delete_me" | "reauthenticate" => json!({"password": "wrong"}),
            "verify_email" => by_mail::wrong_code(),
            "change_my_email" => json!({"email": "root@new.example", "password": "wrong"}),
            "change_my_password" => json!({"current_password": "wrong", "new_password": "long enough"}),
            _ => json!({"identifier": "root@example.com", "password": "wrong"}),
        };
        let elsewhere = "203.0.113.66";
        let is_about_tokens =
            ["reset_password", "undo_email_change", "keep_account"].contains(&self.operation.id.as_str());
        if is_about_tokens {
            for _ in 0..MOST_FROM_ONE_ADDRESS {
                self.good().from(elsewhere).await;
            }
        }
        for _ in (0..10).filter(|_| !is_about_tokens) {
            self.good().json(&wrong).from(elsewhere).await;
        }
        if self.operation.id == "verify_email" {
            return self.good().json(&wrong).from(elsewhere).await;
        }
        self.good().from(elsewhere).await
    }

    async fn with_an_expired_token(&self) -> Answer {
        self.app.pass(Duration::from_mins(15));
        let answer = self.good().await;
        self.app.clock.move_by_millis(-900_000);
        answer
    }

    async fn long_after_the_login(&self) -> Answer {
        self.app.pass(Duration::from_mins(10));
        self.root.refreshes().await;
        self.app.pass(Duration::from_mins(6));
        let call = self.good();
        // Nobody needs a recent proof to create an ordinary account.
        let answer = match self.operation.id.as_str() {
            "create_account" => {
                call.json(&json!({"username": "chief", "password": "long enough", "role": "admin"})).await
            }
            "log_out" => call.json(&json!({"sessions": "others"})).await,
            // Its own session ends without one.
            "end_my_session" => self.root.delete(&format!("/v1/me/sessions/{}", self.alice.session_id)).await,
            _ => call.await,
        };
        self.app.clock.move_by_millis(-960_000);
        answer
    }

    async fn with_a_session_that_ended(&self) -> Answer {
        assert_eq!(self.root.post("/v1/logout").await.status, 204);
        // To end what has ended is no error, to end the others with it is.
        if self.operation.id == "log_out" {
            self.good().json(&json!({"sessions": "all"})).await
        } else {
            self.good().await
        }
    }

    async fn with_a_stolen_token(&self) -> Answer {
        let stolen = self.good().by_a_thief();
        self.root.refreshes().await;
        self.app.pass(Duration::from_mins(1));
        let answer = stolen.await;
        self.app.clock.move_by_millis(-60_000);
        answer
    }

    /// Asks a process that has not heard of it.
    async fn with_a_disabled_account(&self) -> Answer {
        let (operator, id) = (Administrator::operator(), self.root.account_id.parse().unwrap());
        self.app.auth.disable_account(&operator, id).await.unwrap();
        let answer = self.good().to(&self.elsewhere).await;
        self.app.auth.enable_account(&operator, id).await.unwrap();
        answer
    }

    async fn caused_by_another_site(&self) -> Answer {
        let browser = self.app.root().logs_in_by_cookie().await;
        let call = match self.operation.id.as_str() {
            "log_in" => {
                let mut body = self.app.root().credentials();
                body["transport"] = "cookie".into();
                self.good().json(&body)
            }
            // A refresh token in the body would be no cookie.
            "refresh" => browser.refresh_call(),
            _ => self.operation.good_call(&browser, &self.alice),
        };
        call.header("origin", "https://evil.example").header("sec-fetch-site", "cross-site").await
    }

    async fn for_nothing(&self) -> Answer {
        let nobody = "00000000-0000-0000-0000-000000000000";
        let path = self.operation.path.replace("{id}", nobody).replace("{session_id}", nobody);
        let call = self.root.call(&self.operation.method, &path);
        if self.operation.takes_body {
            call.json(&self.operation.good_body(&self.root)).await
        } else {
            call.await
        }
    }

    async fn during(&self, outage: Outage) -> Option<Answer> {
        if WITHOUT_DATABASE.contains(&self.operation.id.as_str()) {
            return None;
        }
        // What a process saw of its database counts for a second; this one has not looked.
        let app = &self.elsewhere;
        app.store.goes_down(outage);
        if outage == Outage::Silent {
            // Nothing else is going on, so the clock of the runtime runs on to the deadline of the request.
            tokio::time::pause();
        }
        let answer = self.good().to(app).await;
        if outage == Outage::Silent {
            tokio::time::resume();
        }
        Some(answer)
    }
}
