//! What does a client send, and what does it get back, if anything?

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use reqwest::Method;
use reqwest::header::RETRY_AFTER;
use serde_json::{Value, json};

use super::server::PATIENCE;

/// A client that waits this long has met a server that hangs.
const TIMEOUT: Duration = Duration::from_secs(20);
/// When somebody comes again who was turned away.
const PAUSE: Duration = Duration::from_millis(100);

/// The native API of one server. Cheap to clone; clones share connections.
#[derive(Clone)]
pub struct Api {
    http: reqwest::Client,
    url: String,
    /// For how long somebody who is turned away with 503 comes again.
    patience: Duration,
}

/// An answer that arrived whole.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// After how many seconds to come back, if it says so.
    pub retry_after: Option<u64>,
    pub body: Value,
}

/// The connection broke before an answer was there: what was asked for may have been done or not.
#[derive(Debug)]
pub struct Lost;

/// The tokens of a session.
#[derive(Debug, Clone)]
pub struct Tokens {
    pub access: String,
    pub refresh: String,
}

impl Api {
    /// A client of the server at an address.
    pub fn new(address: SocketAddr) -> Self {
        let http = reqwest::Client::builder().no_proxy().timeout(TIMEOUT).build().unwrap();
        Self { http, url: format!("http://{address}"), patience: Duration::ZERO }
    }

    /// The same for somebody who comes again when turned away, as a client does that is told to. What was turned away
    /// may have happened all the same.
    pub fn patient(&self) -> Self {
        Self { patience: PATIENCE, ..self.clone() }
    }

    /// Sends a request.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        access: Option<&str>,
        body: Option<&Value>,
    ) -> Result<Answer, Lost> {
        let begun = Instant::now();
        loop {
            let answer = self.send_once(method.clone(), path, access, body).await?;
            if answer.status != 503 || begun.elapsed() >= self.patience {
                return Ok(answer);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn send_once(
        &self,
        method: Method,
        path: &str,
        access: Option<&str>,
        body: Option<&Value>,
    ) -> Result<Answer, Lost> {
        let mut request = self.http.request(method, format!("{}{path}", self.url));
        if let Some(token) = access {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let lost = |error: reqwest::Error| {
            assert!(!error.is_timeout() && !error.is_builder(), "{error:?}");
            Lost
        };
        let response = request.send().await.map_err(lost)?;
        let status = response.status().as_u16();
        let retry_after =
            response.headers().get(RETRY_AFTER).map(|value| value.to_str().unwrap().parse().unwrap());
        let bytes = response.bytes().await.map_err(lost)?;
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Ok(Answer { status, retry_after, body })
    }

    /// `GET`.
    pub async fn get(&self, path: &str, access: Option<&str>) -> Result<Answer, Lost> {
        self.send(Method::GET, path, access, None).await
    }

    /// `POST` with a body.
    pub async fn post(&self, path: &str, access: Option<&str>, body: Value) -> Result<Answer, Lost> {
        self.send(Method::POST, path, access, Some(&body)).await
    }

    /// Asks for an account.
    pub async fn register(&self, username: &str, password: &str) -> Result<Answer, Lost> {
        self.post("/v1/register", None, json!({ "username": username, "password": password })).await
    }

    /// Asks for a session.
    pub async fn log_in(&self, username: &str, password: &str) -> Result<Answer, Lost> {
        self.post("/v1/login", None, json!({ "identifier": username, "password": password })).await
    }

    /// Asks for the next pair of tokens.
    pub async fn refresh(&self, refresh: &str) -> Result<Answer, Lost> {
        self.post("/v1/token/refresh", None, json!({ "refresh_token": refresh })).await
    }

    /// Asks for the end of the session of an access token.
    pub async fn log_out(&self, access: &str) -> Result<Answer, Lost> {
        self.post("/v1/logout", Some(access), json!({})).await
    }

    /// Asks for another password.
    pub async fn change_password(&self, access: &str, current: &str, new: &str) -> Result<Answer, Lost> {
        let body = json!({ "current_password": current, "new_password": new });
        self.post("/v1/me/password", Some(access), body).await
    }

    /// Asks whether an access token is good.
    pub async fn check(&self, access: &str) -> Result<Answer, Lost> {
        self.get("/v1/token/check", Some(access)).await
    }

    /// Registers and logs in.
    pub async fn newcomer(&self, username: &str, password: &str) -> Tokens {
        let registered = self.register(username, password).await.unwrap();
        if self.patience.is_zero() || registered.status != 409 {
            registered.expect(201);
        }
        self.log_in(username, password).await.unwrap().tokens()
    }

    /// The ids of the published keys.
    pub async fn published_kids(&self) -> Vec<String> {
        let keys = self.get("/.well-known/jwks.json", None).await.unwrap().expect(200);
        keys["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
    }
}

impl Answer {
    /// The body of an answer with this status.
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.body
    }

    /// The code of a refusal with this status.
    pub fn refusal(self, status: u16) -> String {
        self.expect(status)["code"].as_str().unwrap().to_owned()
    }

    /// The tokens of a login or refresh that succeeded.
    pub fn tokens(self) -> Tokens {
        let body = self.expect(200);
        let text = |name: &str| body[name].as_str().unwrap().to_owned();
        Tokens { access: text("access_token"), refresh: text("refresh_token") }
    }
}
