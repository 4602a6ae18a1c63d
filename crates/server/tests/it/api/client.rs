//! How is the server called, and what must hold of every answer whatever a test looks for?

use std::convert::Infallible;
use std::future::{Future, IntoFuture};
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use axum::extract::ConnectInfo;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use portcullis_core::verifier::{Expectation, Jwks, KeySet};
use serde_json::Value;
use tower::ServiceExt as _;

use super::app::App;
use super::contract;
use super::watched_store::CAUSE;

/// From where requests come unless a test says otherwise.
pub const ADDRESS: &str = "192.0.2.7";
/// What they say they are.
pub const USER_AGENT: &str = "phone/1";

/// A request that is about to be made. Await it to make it.
#[derive(Clone)]
pub struct Call {
    app: App,
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Vec<u8>,
    is_announced: bool,
    peer: Option<IpAddr>,
}

impl Call {
    pub fn new(app: &App, method: Method, path: &str) -> Self {
        let headers = [(header::USER_AGENT, HeaderValue::from_static(USER_AGENT))].into_iter().collect();
        let (app, path) = (app.clone(), path.to_owned());
        Self { app, method, path, headers, body: Vec::new(), is_announced: true, peer: ADDRESS.parse().ok() }
    }

    pub fn json(self, body: &Value) -> Self {
        self.body("application/json", body.to_string())
    }

    pub fn body(mut self, media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self.header("content-type", media_type)
    }

    /// Sends the body without saying how long it will be.
    pub fn unannounced(mut self) -> Self {
        self.is_announced = false;
        self
    }

    /// Sets a header, in place of what it was.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.insert(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
        self
    }

    /// Sets a header to what need not be text.
    pub fn raw_header(mut self, name: &'static str, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// Adds another line of a header.
    pub fn line(mut self, name: &str, value: &str) -> Self {
        self.headers.append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.headers.remove(name);
        self
    }

    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// Sends it to another process.
    pub fn to(mut self, app: &App) -> Self {
        self.app = app.clone();
        self
    }

    /// From another place, with another program.
    pub fn by_a_thief(self) -> Self {
        self.from("203.0.113.66").header("user-agent", "curl/8")
    }

    pub fn from(mut self, peer: &str) -> Self {
        self.peer = Some(peer.parse().unwrap());
        self
    }

    pub fn without_address(mut self) -> Self {
        self.peer = None;
        self
    }

    /// The same request twice, at once.
    pub async fn twice(self) -> (Answer, Answer) {
        tokio::join!(self.clone().send(), self.send())
    }

    pub async fn send(self) -> Answer {
        let mut request = Request::builder().method(self.method.clone()).uri(&self.path);
        *request.headers_mut().unwrap() = self.headers;
        let body =
            if self.is_announced { Body::from(self.body) } else { Body::new(Unannounced(self.body.into())) };
        let mut request = request.body(body).unwrap();
        if let Some(peer) = self.peer {
            request.extensions_mut().insert(ConnectInfo(SocketAddr::new(peer, 4711)));
        }
        let response = self.app.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes().to_vec();
        let answer = Answer { status: parts.status, headers: parts.headers, body };
        answer.check(&self.method, &self.path);
        if let Some(token) = answer.access_token() {
            check_token(&self.app, &token).await;
        }
        answer
    }
}

/// A body of a length that nobody knows before its end.
struct Unannounced(Full<Bytes>);

impl http_body::Body for Unannounced {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Infallible>>> {
        Pin::new(&mut self.0).poll_frame(cx)
    }
}

impl IntoFuture for Call {
    type Output = Answer;
    type IntoFuture = Pin<Box<dyn Future<Output = Answer>>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

/// What the server answered.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The code of a problem; empty for a success.
    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    /// The fields that a problem names, each with its code.
    pub fn field_errors(&self) -> Vec<(String, String)> {
        let json = self.json();
        let errors = json["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        errors.iter().map(|error| (text(&error["field"]), text(&error["code"]))).collect()
    }

    /// A header that has one value, or none.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.get_all(name).iter();
        let value = values.next().map(|value| value.to_str().unwrap());
        assert!(values.next().is_none(), "{name} occurs twice");
        value
    }

    /// The value that a cookie is set to.
    pub fn cookie(&self, name: &str) -> Option<String> {
        let lines = self.headers.get_all(header::SET_COOKIE).iter().map(|line| line.to_str().unwrap());
        let pairs = lines.filter_map(|line| line.split(';').next()?.split_once('='));
        let mut values = pairs.filter(|(known, _)| *known == name).map(|(_, value)| value.to_owned());
        let value = values.next();
        assert!(values.next().is_none(), "{name} is set twice");
        value
    }

    pub fn access_token(&self) -> Option<String> {
        let in_body = self.json()["access_token"].as_str().map(str::to_owned);
        in_body.or_else(|| self.cookie(ACCESS_COOKIE).filter(|token| !token.is_empty()))
    }

    pub fn refresh_token(&self) -> Option<String> {
        let in_body = self.json()["refresh_token"].as_str().map(str::to_owned);
        in_body.or_else(|| self.cookie(REFRESH_COOKIE).filter(|token| !token.is_empty()))
    }

    /// What must hold of every answer.
    fn check(&self, method: &Method, path: &str) {
        let shown = String::from_utf8_lossy(&self.body);
        let request_id = self.header("x-request-id").expect("every answer names its request");
        assert!(!shown.contains(CAUSE) && !shown.contains("vault"), "a cause got out: {shown}");
        assert_eq!(self.header("x-content-type-options"), Some("nosniff"), "{method} {path}");
        assert_eq!(self.header("x-frame-options"), Some("DENY"), "{method} {path}");
        // What stands behind the links of mails is made for people.
        let is_page =
            path.starts_with("/account/") && self.header("content-type") == Some("text/html; charset=utf-8");
        if !is_page && (self.status.is_client_error() || self.status.is_server_error()) {
            assert_eq!(
                self.header("content-type"),
                Some("application/problem+json"),
                "{method} {path}: {shown}"
            );
            assert_eq!(self.json()["request_id"], request_id);
            assert_eq!(self.json()["status"], self.status.as_u16());
        }
        if self.status == StatusCode::TOO_MANY_REQUESTS {
            let wait = self.header("retry-after").expect("every 429 says when to come back");
            assert!(wait.parse::<u64>().unwrap() > 0, "{method} {path}: {wait}");
        }
        if self.access_token().is_some() || self.refresh_token().is_some() {
            assert_eq!(self.header("cache-control"), Some("no-store"), "tokens must not be kept by caches");
        }
        contract::check(method, path, self);
    }
}

pub const ACCESS_COOKIE: &str = "__Host-portcullis_access";
pub const REFRESH_COOKIE: &str = "__Host-portcullis_refresh";

/// Every access token is good for a service that knows nothing but the published keys.
async fn check_token(app: &App, token: &str) {
    let request = Request::get("/.well-known/jwks.json").body(Body::empty()).unwrap();
    let response = app.router.clone().oneshot(request).await.unwrap();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    let keys = KeySet::from_jwks(&serde_json::from_slice::<Jwks>(&body).unwrap());
    if keys.is_empty() {
        // A shared secret is not published; its one holder besides the server would be told it.
        assert!(app.auth.authenticate(token).is_ok());
        return;
    }
    let policy = app.policy();
    let expected = Expectation::access_token(&policy.issuer, &policy.audience);
    let claims = keys.verify(token, &expected, app.auth.now().as_seconds()).unwrap();
    // Shorter towards the end of a session.
    let most = i64::try_from(policy.session.access.as_secs()).unwrap();
    assert!((1..=most).contains(&(claims.exp - claims.iat)) && claims.auth_time.is_some());
    assert!(claims.sid.is_some() && claims.role.is_some() && !claims.jti.is_empty());
}
