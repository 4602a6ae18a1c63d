//! What calls a dialect, and in which form does that answer?

use portcullis_core::model::Email;
use serde_json::{Value, json};

use super::super::api_session::browser::Browser;
use super::super::server::{Answer, Server, Setup};

/// The password of every account, those from elsewhere among them.
pub const PASSWORD: &str = "correct horse battery";

pub const ALL: [&str; 5] = ["bearer-pair", "bearer-single", "users-cookies", "auth-router", "api-session"];

/// Where who registers has an address.
pub const WITH_ADDRESSES: [&str; 4] = ["bearer-pair", "users-cookies", "auth-router", "api-session"];

/// An application that speaks a dialect.
pub struct Client {
    pub server: Server,
    dialect: &'static str,
    /// What the application runs in, where the dialect knows browsers only.
    browser: Option<Browser>,
}

impl Client {
    pub async fn of(dialect: &'static str) -> Self {
        Self::with(dialect, Setup::with_mails).await
    }

    pub async fn with(dialect: &'static str, setup: impl FnOnce(Setup) -> Setup) -> Self {
        let server = Server::start(setup(Setup::of(&[dialect]))).await;
        let browser = if dialect == "api-session" { Some(Browser::open(&server).await) } else { None };
        Self { server, dialect, browser }
    }

    /// What the paths of accounts begin with.
    pub fn base(&self) -> &'static str {
        match self.dialect {
            "users-cookies" => "/users",
            "auth-router" => "/auth",
            "api-session" => "/api/users",
            _ => "",
        }
    }

    /// Asks one of the routes for mails.
    pub async fn ask(&self, route: &str, body: &Value) -> Answer {
        self.post(&format!("{}/{route}", self.base()), body).await
    }

    async fn post(&self, path: &str, body: &Value) -> Answer {
        match &self.browser {
            Some(browser) => browser.post(path, body).await,
            None => self.server.post(path, body).await,
        }
    }

    pub async fn register(&self, name: &str) -> Answer {
        let email = format!("{name}@example.com");
        match self.dialect {
            "bearer-single" => {
                self.post("/register", &json!({ "username": name, "password": PASSWORD })).await
            }
            "users-cookies" | "auth-router" => {
                self.ask("register", &json!({ "name": name, "email": email, "password": PASSWORD })).await
            }
            "api-session" => {
                let person = json!({ "username": name, "email": email, "password": PASSWORD });
                self.post("/api/users", &person).await
            }
            _ => {
                self.post("/register", &json!({ "username": name, "email": email, "password": PASSWORD }))
                    .await
            }
        }
    }

    /// Gives somebody an account with an address, whether or not people register with one here.
    pub async fn has_account(&self, name: &str) {
        if self.dialect != "bearer-single" {
            assert!(self.register(name).await.status.is_success());
            return;
        }
        let import = self.server.import(1, |account| {
            account.username = portcullis_core::model::Username::parse(name).ok();
            account.email = Email::parse(&format!("{name}@example.com")).ok();
        });
        import.await;
    }

    /// The access token of a new session.
    pub async fn log_in(&self, name: &str, password: &str) -> Option<String> {
        let email = format!("{name}@example.com");
        let answer = match self.dialect {
            "bearer-single" => self.post("/login", &json!({ "username": name, "password": password })).await,
            "api-session" => {
                let person = json!({ "credential": email, "password": password });
                self.post("/api/session", &person).await
            }
            _ => self.ask("login", &json!({ "email": email, "password": password })).await,
        };
        if answer.status != 200 {
            assert_eq!(answer.cookie("token").or(answer.cookie("accessToken")), None, "{answer:?}");
            return None;
        }
        match self.dialect {
            "bearer-single" => Some(answer.text("token")),
            "bearer-pair" => Some(answer.text("accessToken")),
            "users-cookies" => answer.cookie("accessToken"),
            "auth-router" => Some(answer.body),
            _ => answer.cookie("token"),
        }
    }

    /// Whether an access token is still good.
    pub async fn counts(&self, token: &str) -> bool {
        let answer = match self.dialect {
            "users-cookies" => {
                let line = format!("cookie: accessToken={token}");
                self.server.send("GET", "/users/profile", &[&line], "").await
            }
            "auth-router" => self.server.get_as("/", token).await,
            "api-session" => {
                let line = format!("cookie: token={token}");
                self.server.send("GET", "/api/require-auth", &[&line], "").await
            }
            _ => self.server.get_as("/protected", token).await,
        };
        answer.status == 200
    }

    /// Something was done, and that is said in the manner of the dialect; nobody is logged in by it.
    pub fn assert_done(&self, answer: &Answer, status: u16, sentence: &str) {
        assert_eq!(answer.status, status, "{}: {answer:?}", self.dialect);
        assert_eq!(answer.cookies(), [""; 0], "{}", self.dialect);
        match self.dialect {
            "auth-router" => assert_eq!(answer.body, sentence),
            _ => assert_eq!(answer.json(), json!({ "message": sentence }), "{}", self.dialect),
        }
    }

    /// Nothing was done, and that is said in the manner of the dialect.
    pub fn assert_refused(&self, answer: &Answer, status: u16, sentence: &str) {
        let title = if status == 400 { "Bad Request" } else { "Server Error" };
        let expected = match self.dialect {
            "users-cookies" => json!({ "success": false, "message": sentence, "errors": [] }),
            "auth-router" => json!({ "error": { "status": status, "message": sentence } }),
            "api-session" => {
                json!({ "title": title, "message": sentence, "errors": { "message": sentence } })
            }
            _ => json!({ "error": sentence }),
        };
        assert_eq!((answer.status.as_u16(), answer.json()), (status, expected), "{}", self.dialect);
        assert_eq!(answer.header("content-type"), "application/json; charset=utf-8", "{}", self.dialect);
        assert_eq!(answer.cookies(), [""; 0], "{}", self.dialect);
    }
}
