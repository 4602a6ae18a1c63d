//! Does a request that changes something come from the application itself?
//!
//! As npm `csurf` sees to it with a cookie of its own:
//!
//! ```text
//! _csrf cookie       a random secret of this browser, out of reach of scripts; set by the first answer
//! token              a MAC over the secret under a key of the server; shown by two routes, and in a cookie to read
//! unsafe request     has the cookie, and the token in a header or in the member `_csrf` of its body
//! ```
//!
//! - Every request is checked, also one to a path that is not there, and before anything else about it.
//! - `csurf` takes the token from the query as well. SECURITY: addresses get into logs and histories.

use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRef as _, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use http::HeaderMap;
use http::header::{Entry, HeaderName, HeaderValue, SET_COOKIE};

use super::handlers::transport;
use super::{reveal, wire};
use crate::cookies;
use crate::dialects::contract::Contract;
use crate::extract::Fields;
use crate::face::Face;
use crate::problem::{Code, Problem};

/// In the order in which they are looked at. The first that is not empty counts.
const TOKEN_HEADERS: [&str; 4] = ["csrf-token", "xsrf-token", "x-csrf-token", "x-xsrf-token"];

/// What such backends say with every answer, beside what every answer of this server says.
const HELMET: [(HeaderName, HeaderValue); 6] = [
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("cross-origin")),
    (HeaderName::from_static("origin-agent-cluster"), HeaderValue::from_static("?1")),
    (HeaderName::from_static("x-dns-prefetch-control"), HeaderValue::from_static("off")),
    (HeaderName::from_static("x-download-options"), HeaderValue::from_static("noopen")),
    (HeaderName::from_static("x-permitted-cross-domain-policies"), HeaderValue::from_static("none")),
    (HeaderName::from_static("x-xss-protection"), HeaderValue::from_static("0")),
];

/// The secret of the browser that sent the request. Lies in its extensions.
#[derive(Clone)]
pub(super) struct ClientSecret(Arc<str>);

impl ClientSecret {
    /// The token that goes with it.
    pub(super) fn token(&self, contract: &Contract) -> String {
        contract.auth.auth().client_csrf_token(&self.0)
    }
}

/// Puts the check around all routes.
pub(super) fn around(routes: Router<Contract>, contract: &Contract) -> Router<Contract> {
    routes.layer(from_fn_with_state(contract.clone(), check))
}

async fn check(State(contract): State<Contract>, request: Request, next: Next) -> Response {
    let sent = cookies::find(request.headers(), wire::SECRET_COOKIE).filter(|secret| !secret.is_empty());
    let (secret, is_new) = match sent {
        Some(secret) => (Arc::from(secret), false),
        None => (Arc::from(contract.auth.auth().new_client_secret()), true),
    };
    let secret = ClientSecret(secret);
    let answer = match proven(&contract, &secret, request).await {
        Some(mut request) => {
            request.extensions_mut().insert(secret.clone());
            next.run(request).await
        }
        None => Problem::new(Code::CsrfFailed).into_response(),
    };
    let mut answer = written(answer);
    let headers = answer.headers_mut();
    if is_new {
        set_first(headers, wire::secret_cookie(&secret.0, transport(&contract)));
    }
    for (name, value) in HELMET {
        headers.insert(name, value);
    }
    answer
}

/// The request, if it changes nothing or has the token of its browser.
async fn proven(contract: &Contract, secret: &ClientSecret, request: Request) -> Option<Request> {
    let is_token = |token: &str| contract.auth.auth().is_client_csrf_token(&secret.0, token);
    let is_safe = ["GET", "HEAD", "OPTIONS"].contains(&request.method().as_str());
    if is_safe || in_headers(request.headers()).is_some_and(is_token) {
        return Some(request);
    }
    let limit_bytes = Face::from_ref(contract).rules.settings.body_limit_bytes;
    let (mut fields, request) = Fields::ahead(request, limit_bytes).await.ok()?;
    let in_body = fields.optional_text(wire::TOKEN_MEMBER);
    in_body.is_some_and(|token| is_token(&token)).then_some(request)
}

fn in_headers(headers: &HeaderMap) -> Option<&str> {
    let mut tokens = TOKEN_HEADERS.into_iter().filter_map(|name| headers.get(name)?.to_str().ok());
    tokens.find(|token| !token.is_empty())
}

/// Writes what no handler has written, so that there is an answer to add to.
fn written(mut answer: Response) -> Response {
    match answer.extensions_mut().remove::<Arc<Problem>>() {
        Some(problem) => reveal::problem(&problem).about(&problem),
        None => answer,
    }
}

/// Adds a cookie before those that the answer sets, as the order of the middleware has it.
fn set_first(headers: &mut HeaderMap, cookie: HeaderValue) {
    match headers.entry(SET_COOKIE) {
        Entry::Vacant(place) => drop(place.insert(cookie)),
        Entry::Occupied(mut place) => {
            let others: Vec<HeaderValue> = place.insert_mult(cookie).collect();
            for other in others {
                place.append(other);
            }
        }
    }
}
