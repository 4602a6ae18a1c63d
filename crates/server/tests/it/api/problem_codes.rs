//! What does each problem look like, exactly?
//!
//! One transcript of all of them: a word or a status that changes is a change that clients see.

use std::fmt::Write as _;
use std::time::Duration;

use insta::assert_snapshot;
use portcullis_http::ProblemCode;
use serde_json::json;

use super::app::App;
use super::client::Answer;
use super::persona::{Persona, Session};
use super::watched_store::Outage;

struct Scene {
    app: App,
    root: Session,
    alice: Session,
    browser: Session,
}

impl Scene {
    async fn new() -> Self {
        let app = App::start().await;
        let root = app.root().logged_in().await;
        let alice = app.alice().logged_in().await;
        let browser = app.bob().logged_in_by_cookie().await;
        Self { app, root, alice, browser }
    }

    /// A request that runs into the problem. The match has no catch-all: a new code needs its request here.
    async fn provoke(&self, code: ProblemCode) -> Answer {
        let Self { app, root, alice, browser } = self;
        let wrong_password = json!({"identifier": "alice", "password": "wrong"});
        match code {
            ProblemCode::MalformedJson => app.post("/v1/login").body("application/json", "{").await,
            ProblemCode::InvalidRequest => app.post("/v1/login").json(&json!({})).await,
            ProblemCode::AuthenticationRequired => app.get("/v1/me").await,
            ProblemCode::InvalidAccessToken => app.get("/v1/me").bearer("junk").await,
            ProblemCode::AccessTokenExpired => self.with_an_expired_token().await,
            ProblemCode::SessionEnded => self.with_a_session_that_ended().await,
            ProblemCode::InvalidCredentials => app.post("/v1/login").json(&wrong_password).await,
            ProblemCode::InvalidRefreshToken => app.post("/v1/token/refresh").await,
            ProblemCode::RefreshTokenReused => self.with_a_stolen_token().await,
            ProblemCode::AccountDisabled => self.with_a_disabled_account().await,
            ProblemCode::WrongPassword => alice.delete("/v1/me").json(&json!({"password": "wrong"})).await,
            ProblemCode::CsrfFailed => browser.post("/v1/logout").without("x-csrf-token").without("origin").await,
            ProblemCode::Forbidden => alice.get("/v1/admin/keys").await,
            ProblemCode::NotFound => app.get("/nowhere").await,
            ProblemCode::MethodNotAllowed => app.get("/v1/login").await,
            ProblemCode::EmailTaken => {
                app.post("/v1/register").json(&json!({"email": app.alice().email(), "password": "long enough"})).await
            }
            ProblemCode::UsernameTaken => {
                app.post("/v1/register").json(&json!({"username": "alice", "password": "long enough"})).await
            }
            ProblemCode::OwnAccount => root.delete(&format!("/v1/admin/accounts/{}", root.account_id)).await,
            ProblemCode::Conflict => self.with_two_rotations_at_once().await,
            ProblemCode::BodyTooLarge => app.post("/v1/login").body("application/json", vec![b' '; 200_000]).await,
            ProblemCode::UnsupportedMediaType => app.post("/v1/login").body("text/plain", "{}").await,
            ProblemCode::InternalError => self.during(Outage::Failed).await,
            ProblemCode::Unavailable => self.during(Outage::Unavailable).await,
            ProblemCode::Timeout => self.during(Outage::Silent).await,
        }
    }

    async fn with_an_expired_token(&self) -> Answer {
        self.app.pass(Duration::from_mins(15));
        let answer = self.alice.get("/v1/me").await;
        self.app.clock.move_by_millis(-900_000);
        answer
    }

    async fn with_a_session_that_ended(&self) -> Answer {
        let session = self.app.alice().logs_in().await;
        session.post("/v1/logout").await;
        session.get("/v1/me").await
    }

    async fn with_a_stolen_token(&self) -> Answer {
        let session = self.app.alice().logs_in().await;
        let stolen = session.refresh_call().from_a_thief();
        session.refreshes().await;
        session.refreshes().await;
        stolen.await
    }

    async fn with_a_disabled_account(&self) -> Answer {
        let carol = Persona::user(&self.app, "carol").registered().await;
        let path = format!("/v1/admin/accounts/{}", carol.logs_in().await.account_id);
        self.root.patch(&path).json(&json!({"disabled": true})).await;
        self.app.post("/v1/login").json(&carol.credentials()).await
    }

    async fn with_two_rotations_at_once(&self) -> Answer {
        self.app.store.let_two_meet_at("rotate_keys");
        let rotation = self.root.post("/v1/admin/keys/rotate").json(&json!({"purpose": "refresh_token"}));
        let (one, other) = rotation.twice().await;
        if one.status == 200 { other } else { one }
    }

    async fn during(&self, outage: Outage) -> Answer {
        self.app.store.goes_down(outage);
        if outage == Outage::Silent {
            // Nothing else is going on, so the clock of the runtime runs on to the deadline of the request.
            tokio::time::pause();
        }
        let answer = self.alice.get("/v1/me").await;
        self.app.store.comes_back();
        answer
    }
}

#[tokio::test]
async fn every_problem_has_the_answer_that_was_published() {
    let scene = Scene::new().await;
    let mut transcript = String::new();
    for code in ProblemCode::ALL {
        let answer = scene.provoke(*code).await;
        assert_eq!((answer.code().as_str(), answer.status), (code.as_str(), code.status()), "{code:?}");
        write!(transcript, "{answer}\n\n").unwrap();
    }
    assert_snapshot!(transcript, @"");
}
