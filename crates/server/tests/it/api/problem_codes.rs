//! What does each problem look like, exactly?
//!
//! One transcript of all of them: a word or a status that changes is a change that clients see.

use std::fmt::Write as _;
use std::time::Duration;

use insta::assert_snapshot;
use portcullis_core::policy::{RegistrationAccess, VerifiedEmail};
use portcullis_every_engine::every_engine;
use portcullis_http::ProblemCode;
use serde_json::json;

use super::app::{App, Setup};
use super::client::Answer;
use super::contract::NOBODYS_TOKEN;
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
            ProblemCode::ReauthenticationRequired => self.long_after_the_login().await,
            ProblemCode::CsrfFailed => {
                browser.post("/v1/logout").without("x-csrf-token").without("origin").await
            }
            ProblemCode::Forbidden => alice.get("/v1/admin/keys").await,
            ProblemCode::NotFound => app.get("/nowhere").await,
            ProblemCode::MethodNotAllowed => app.get("/v1/login").await,
            ProblemCode::EmailTaken => {
                app.post("/v1/register")
                    .json(&json!({"email": app.alice().email(), "password": "long enough"}))
                    .await
            }
            ProblemCode::UsernameTaken => {
                app.post("/v1/register").json(&json!({"username": "alice", "password": "long enough"})).await
            }
            ProblemCode::InvalidOneTimeToken => {
                app.post("/v1/email/verify").json(&json!({"token": NOBODYS_TOKEN})).await
            }
            ProblemCode::InvitationInvalid => {
                let body = json!({"username": "carl", "password": "long enough", "invite": NOBODYS_TOKEN});
                app.post("/v1/register").json(&body).await
            }
            ProblemCode::InvitationRequired => {
                let mut setup = Setup::default();
                setup.policy.registration.access = RegistrationAccess::Invited;
                let other = app.second_process_with(setup).await;
                other.post("/v1/register").json(&Persona::user(app, "carl").registration()).await
            }
            ProblemCode::EmailNotVerified => {
                let mut setup = Setup::with_mails();
                setup.policy.verified_email = VerifiedEmail::BeforeLogIn;
                let other = app.second_process_with(setup).await;
                other.post("/v1/login").json(&app.alice().credentials()).await
            }
            ProblemCode::MailNotConfigured => {
                app.post("/v1/password/forgot").json(&json!({"email": app.alice().email()})).await
            }
            ProblemCode::OwnAccount => root.delete(&format!("/v1/admin/accounts/{}", root.account_id)).await,
            ProblemCode::Conflict => self.with_two_rotations_at_once().await,
            ProblemCode::BodyTooLarge => {
                app.post("/v1/login").body("application/json", vec![b' '; 200_000]).await
            }
            ProblemCode::UnsupportedMediaType => app.post("/v1/login").body("text/plain", "{}").await,
            ProblemCode::TooManyAttempts => self.after_many_wrong_passwords().await,
            ProblemCode::TooManyRequests => self.after_much_junk().await,
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

    async fn long_after_the_login(&self) -> Answer {
        let root = self.app.root().logs_in().await;
        self.app.pass(Duration::from_mins(10));
        root.refreshes().await;
        self.app.pass(Duration::from_mins(6));
        let answer = root.post("/v1/admin/keys/rotate").json(&json!({"purpose": "access_token"})).await;
        self.app.clock.move_by_millis(-960_000);
        answer
    }

    async fn with_a_session_that_ended(&self) -> Answer {
        let session = self.app.alice().logs_in().await;
        session.post("/v1/logout").await;
        session.get("/v1/me").await
    }

    async fn with_a_stolen_token(&self) -> Answer {
        let session = self.app.alice().logs_in().await;
        let stolen = session.refresh_call().by_a_thief();
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

    async fn after_many_wrong_passwords(&self) -> Answer {
        let wrong = json!({"identifier": "mallory", "password": "wrong"});
        for _ in 0..10 {
            self.app.post("/v1/login").json(&wrong).await;
        }
        self.app.post("/v1/login").json(&wrong).await
    }

    async fn after_much_junk(&self) -> Answer {
        for _ in 0..2000 {
            let answer = self.app.get("/v1/me").bearer("junk").from("203.0.113.67").await;
            if answer.status != 401 {
                return answer;
            }
        }
        panic!("any number of tokens of nobody is looked at");
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

#[expect(clippy::too_many_lines, reason = "one transcript of all problems")]
#[every_engine]
async fn every_problem_has_the_answer_that_was_published() {
    let scene = Scene::new().await;
    let mut transcript = String::new();
    for code in ProblemCode::ALL {
        let answer = scene.provoke(*code).await;
        assert_eq!((answer.code().as_str(), answer.status), (code.as_str(), code.status()), "{code:?}");
        write!(transcript, "{answer}\n\n").unwrap();
    }
    assert_snapshot!(transcript, @r#"
    400 Bad Request
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:malformed_json","title":"The body is not well-formed JSON","status":400,"code":"malformed_json","detail":"Line 1, column 1.","request_id":"[request]"}

    400 Bad Request
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:invalid_request","title":"The request is not valid","status":400,"code":"invalid_request","errors":[{"field":"identifier","code":"required","message":"must be given"},{"field":"password","code":"required","message":"must be given"}],"request_id":"[request]"}

    400 Bad Request
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:invalid_one_time_token","title":"The token or code is not good","status":400,"code":"invalid_one_time_token","request_id":"[request]"}

    400 Bad Request
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:invitation_invalid","title":"The invitation is not good","status":400,"code":"invitation_invalid","errors":[{"field":"invite","code":"invalid","message":"must be the token of an invitation that is still good"}],"request_id":"[request]"}

    401 Unauthorized
    www-authenticate: Bearer realm="portcullis"
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:authentication_required","title":"Authentication is required","status":401,"code":"authentication_required","request_id":"[request]"}

    401 Unauthorized
    www-authenticate: Bearer realm="portcullis", error="invalid_token", error_description="The access token is not valid"
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:invalid_access_token","title":"The access token is not valid","status":401,"code":"invalid_access_token","request_id":"[request]"}

    401 Unauthorized
    www-authenticate: Bearer realm="portcullis", error="invalid_token", error_description="The access token has expired"
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:access_token_expired","title":"The access token has expired","status":401,"code":"access_token_expired","request_id":"[request]"}

    401 Unauthorized
    www-authenticate: Bearer realm="portcullis", error="invalid_token", error_description="The session was ended"
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:session_ended","title":"The session was ended","status":401,"code":"session_ended","request_id":"[request]"}

    401 Unauthorized
    www-authenticate: Bearer realm="portcullis"
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:invalid_credentials","title":"The identifier or the password is wrong","status":401,"code":"invalid_credentials","request_id":"[request]"}

    401 Unauthorized
    www-authenticate: Bearer realm="portcullis"
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:invalid_refresh_token","title":"The refresh token is not valid","status":401,"code":"invalid_refresh_token","detail":"There is none in the request.","request_id":"[request]"}

    401 Unauthorized
    www-authenticate: Bearer realm="portcullis"
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:refresh_token_reused","title":"The refresh token was used twice","status":401,"code":"refresh_token_reused","detail":"The session was ended, because a copy of its refresh token is in use. Log in again; if nobody but you should have had it, change your password and look at your sessions.","request_id":"[request]"}

    403 Forbidden
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:account_disabled","title":"The account is disabled","status":403,"code":"account_disabled","request_id":"[request]"}

    403 Forbidden
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:email_not_verified","title":"The email address is not verified","status":403,"code":"email_not_verified","request_id":"[request]"}

    403 Forbidden
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:invitation_required","title":"An invitation is required","status":403,"code":"invitation_required","request_id":"[request]"}

    403 Forbidden
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:wrong_password","title":"The password is wrong","status":403,"code":"wrong_password","errors":[{"field":"password","code":"wrong","message":"must be the password of the account"}],"request_id":"[request]"}

    403 Forbidden
    www-authenticate: Bearer realm="portcullis", error="insufficient_user_authentication", error_description="A more recent authentication is required", max_age="900"
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:reauthentication_required","title":"The password has to be given again","status":403,"code":"reauthentication_required","request_id":"[request]"}

    403 Forbidden
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:csrf_failed","title":"The request may have been made by another site","status":403,"code":"csrf_failed","detail":"The header X-CSRF-Token is missing.","request_id":"[request]"}

    403 Forbidden
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:forbidden","title":"This is not allowed","status":403,"code":"forbidden","request_id":"[request]"}

    404 Not Found
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:not_found","title":"There is nothing here","status":404,"code":"not_found","request_id":"[request]"}

    405 Method Not Allowed
    content-type: application/problem+json
    allow: POST

    {"type":"urn:portcullis:problem:method_not_allowed","title":"The method is not allowed here","status":405,"code":"method_not_allowed","request_id":"[request]"}

    409 Conflict
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:email_taken","title":"The email address is taken","status":409,"code":"email_taken","errors":[{"field":"email","code":"taken","message":"must not belong to another account"}],"request_id":"[request]"}

    409 Conflict
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:username_taken","title":"The username is taken","status":409,"code":"username_taken","errors":[{"field":"username","code":"taken","message":"must not belong to another account"}],"request_id":"[request]"}

    409 Conflict
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:own_account","title":"This cannot be done to the own account","status":409,"code":"own_account","request_id":"[request]"}

    409 Conflict
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:conflict","title":"Somebody else was faster","status":409,"code":"conflict","request_id":"[request]"}

    413 Payload Too Large
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:body_too_large","title":"The body is too large","status":413,"code":"body_too_large","detail":"It may have 102400 bytes.","request_id":"[request]"}

    415 Unsupported Media Type
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:unsupported_media_type","title":"The body must be application/json","status":415,"code":"unsupported_media_type","request_id":"[request]"}

    429 Too Many Requests
    retry-after: 30
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:too_many_attempts","title":"Too many attempts have failed","status":429,"code":"too_many_attempts","request_id":"[request]"}

    429 Too Many Requests
    retry-after: 1
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:too_many_requests","title":"There were too many requests","status":429,"code":"too_many_requests","request_id":"[request]"}

    500 Internal Server Error
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:internal_error","title":"Something went wrong in the server","status":500,"code":"internal_error","request_id":"[request]"}

    501 Not Implemented
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:mail_not_configured","title":"This server sends no mails","status":501,"code":"mail_not_configured","request_id":"[request]"}

    503 Service Unavailable
    retry-after: 2
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:unavailable","title":"The server is busy","status":503,"code":"unavailable","request_id":"[request]"}

    503 Service Unavailable
    retry-after: 1
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:timeout","title":"The request took too long","status":503,"code":"timeout","request_id":"[request]"}
    "#);
}
