//! Who calls the server?

use std::sync::Mutex;

use http::Method;
use portcullis_core::crypto::Password;
use portcullis_core::flows::administer::Administrator;
use portcullis_core::flows::register::Register;
use portcullis_core::model::{Email, Profile, Role, Username};
use serde_json::{Value, json};

use super::app::App;
use super::client::{ACCESS_COOKIE, Answer, Call, REFRESH_COOKIE};
use crate::node;

/// Somebody with a name, and `<name>@example.com` and a password to go with it.
#[derive(Clone, Copy)]
pub struct Persona<'a> {
    app: &'a App,
    name: &'static str,
    role: Role,
}

impl<'a> Persona<'a> {
    pub fn user(app: &'a App, name: &'static str) -> Self {
        Self { app, name, role: Role::User }
    }

    pub fn admin(app: &'a App, name: &'static str) -> Self {
        Self { app, name, role: Role::Admin }
    }

    pub fn email(self) -> String {
        format!("{}@example.com", self.name)
    }

    pub fn password(self) -> String {
        format!("{}'s correct horse", self.name)
    }

    /// The body of a registration.
    pub fn registration(self) -> Value {
        json!({"email": self.email(), "username": self.name, "password": self.password(), "name": self.name})
    }

    /// The body of a login.
    pub fn credentials(self) -> Value {
        json!({"identifier": self.email(), "password": self.password()})
    }

    /// Has an account.
    pub async fn registered(self) -> Self {
        match self.role {
            Role::User => {
                let answer = self.app.post("/v1/register").json(&self.registration()).await;
                match answer.status.as_u16() {
                    201 => {}
                    202 => {
                        let mails = self.app.mails().await;
                        let mail = mails.iter().find(|mail| mail.to() == self.email());
                        let token = mail.expect("a mail to confirm by").token();
                        let body = json!({"token": token, "password": self.password()});
                        assert_eq!(self.app.post("/v1/email/verify").json(&body).await.status, 200);
                    }
                    _ => panic!("{}", answer.text()),
                }
            }
            Role::Admin => {
                // No request makes the first administrator; the operator does, through the same door.
                let new = Register {
                    email: Email::parse(&self.email()).ok(),
                    username: Username::parse(self.name).ok(),
                    password: Password::from(self.password()),
                    profile: Profile::default(),
                    external_id: None,
                };
                self.app.auth.create_account(&Administrator::operator(), new, Role::Admin).await.unwrap();
            }
        }
        self
    }

    /// Has an account and a session that travels in headers and bodies.
    pub async fn logged_in(self) -> Session {
        self.registered().await.logs_in().await
    }

    /// Has an account and a session that travels in cookies.
    pub async fn logged_in_by_cookie(self) -> Session {
        self.registered().await.logs_in_by_cookie().await
    }

    /// Begins another session.
    pub async fn logs_in(self) -> Session {
        Session::of(self.app, &self.app.post("/v1/login").json(&self.credentials()).await)
    }

    /// Begins another session in a browser.
    pub async fn logs_in_by_cookie(self) -> Session {
        let mut body = self.credentials();
        body["transport"] = "cookie".into();
        Session::of(self.app, &self.app.post("/v1/login").json(&body).await)
    }
}

/// Somebody who is logged in: a program that holds tokens.
#[expect(clippy::struct_field_names, reason = "beside `account_id`, a bare `id` would be ambiguous")]
pub struct Session {
    app: App,
    pub account_id: String,
    pub session_id: String,
    held: Mutex<Held>,
}

#[derive(Clone)]
struct Held {
    access: String,
    refresh: String,
    /// Only in a browser.
    csrf: Option<String>,
}

impl Session {
    pub fn of(app: &App, login: &Answer) -> Self {
        assert_eq!(login.status, 200, "{}", login.text());
        let body = login.json();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Self {
            app: app.clone(),
            account_id: text(&body["account"]["id"]),
            session_id: text(&body["session_id"]),
            held: Mutex::new(Held {
                access: login.access_token().unwrap(),
                refresh: login.refresh_token().unwrap(),
                csrf: body["csrf_token"].as_str().map(str::to_owned),
            }),
        }
    }

    pub fn access(&self) -> String {
        self.held.lock().unwrap().access.clone()
    }

    pub fn refresh_token(&self) -> String {
        self.held.lock().unwrap().refresh.clone()
    }

    /// The CSRF token of a browser session.
    pub fn csrf(&self) -> String {
        self.held.lock().unwrap().csrf.clone().expect("a session in cookies")
    }

    pub fn get(&self, path: &str) -> Call {
        self.call("GET", path)
    }

    pub fn post(&self, path: &str) -> Call {
        self.call("POST", path)
    }

    pub fn patch(&self, path: &str) -> Call {
        self.call("PATCH", path)
    }

    pub fn delete(&self, path: &str) -> Call {
        self.call("DELETE", path)
    }

    /// A call as this program makes it.
    pub fn call(&self, method: &str, path: &str) -> Call {
        let held = self.held.lock().unwrap().clone();
        let call = Call::new(&self.app, method.parse::<Method>().unwrap(), path);
        match held.csrf {
            None => call.bearer(&held.access),
            Some(csrf) => call
                .header(
                    "cookie",
                    &format!("{ACCESS_COOKIE}={}; {REFRESH_COOKIE}={}", held.access, held.refresh),
                )
                .header("origin", node::ISSUER)
                .header("sec-fetch-site", "same-origin")
                .header("x-csrf-token", &csrf),
        }
    }

    /// The call that exchanges the refresh token.
    pub fn refresh_call(&self) -> Call {
        let held = self.held.lock().unwrap().clone();
        match held.csrf {
            None => self.app.post("/v1/token/refresh").json(&json!({"refresh_token": held.refresh})),
            Some(_) => self.post("/v1/token/refresh"),
        }
    }

    /// Exchanges the refresh token and goes on with what it gets.
    pub async fn refreshes(&self) -> Answer {
        let answer = self.refresh_call().await;
        if answer.status == 200 {
            let mut held = self.held.lock().unwrap();
            held.access = answer.access_token().unwrap();
            held.refresh = answer.refresh_token().unwrap();
        }
        answer
    }

    /// What the server says to the access token, whatever the transport.
    pub async fn is_let_in(&self) -> Answer {
        self.app.get("/v1/token/check").bearer(&self.access()).await
    }
}
