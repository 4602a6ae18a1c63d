//! Which other origins may call the API from a browser, and read what it answers?
//!
//! A listed origin may, with cookies. Where any origin may, none gets cookies: the browser does not send them.

use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderValue, Method};

use crate::settings::CorsOrigins;

/// The rule, made once.
pub(crate) struct Cors {
    /// This server's own origin, and those that are listed.
    trusted: Vec<String>,
    others: Others,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Others {
    Refused,
    WithoutCookies,
}

/// What a browser is told about the origin of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// No browser asks, or nobody is to be told anything.
    Silent,
    /// This origin may, with cookies.
    Trusted(HeaderValue),
    /// Any origin may, without cookies.
    Anybody,
    /// This origin may not. Another might, so the answer says what it depends on.
    Refused,
    /// Any origin may, without cookies, and send the headers that it asks for: what the npm package `cors` says.
    LikeExpress(Option<HeaderValue>),
}

impl Cors {
    pub(crate) fn new(public_origin: &str, origins: CorsOrigins) -> Self {
        let (mut trusted, others) = match origins {
            CorsOrigins::Listed(listed) => (listed, Others::Refused),
            CorsOrigins::Any => (Vec::new(), Others::WithoutCookies),
        };
        trusted.push(public_origin.to_owned());
        Self { trusted, others }
    }

    /// Whether an origin is this server's own or a listed one.
    pub(crate) fn trusts(&self, origin: &HeaderValue) -> bool {
        self.trusted.iter().any(|trusted| trusted.as_bytes() == origin.as_bytes())
    }

    /// What to tell it where nobody is told anything but the origins that the operator listed.
    pub(crate) fn judge_listed(&self, headers: &HeaderMap) -> Verdict {
        match headers.get(ORIGIN) {
            Some(origin) if self.trusts(origin) => Verdict::Trusted(origin.clone()),
            Some(_) | None => Verdict::Silent,
        }
    }

    /// What to tell the browser that sent these headers.
    pub(crate) fn judge(&self, headers: &HeaderMap) -> Verdict {
        let Some(origin) = headers.get(ORIGIN) else {
            return Verdict::Silent;
        };
        match self.others {
            _ if self.trusts(origin) => Verdict::Trusted(origin.clone()),
            Others::WithoutCookies => Verdict::Anybody,
            Others::Refused => Verdict::Refused,
        }
    }
}

/// Whether a browser asks for leave before it sends the request that it was told to send.
pub(crate) fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
    *method == Method::OPTIONS
        && headers.contains_key(ORIGIN)
        && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

impl Verdict {
    /// Tells it with the answer to the request itself.
    pub(crate) fn add_to(&self, headers: &mut HeaderMap) {
        match self {
            Self::Silent => return,
            Self::Trusted(origin) => {
                headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
                headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
            }
            Self::Anybody => {
                headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
            }
            Self::LikeExpress(_) => {
                headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
                return;
            }
            Self::Refused => {}
        }
        headers.append(VARY, HeaderValue::from_static("Origin"));
        if *self != Self::Refused {
            let readable = HeaderValue::from_static("X-Request-Id, Retry-After, Location");
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, readable);
        }
    }

    /// Tells it with the answer to a preflight of a dialect, whose clients know more names for a CSRF token.
    pub(crate) fn add_to_preflight_of_dialect(&self, headers: &mut HeaderMap) {
        self.add_to_preflight(headers);
        if matches!(self, Self::Trusted(_)) {
            let names = HeaderValue::from_static(
                "Authorization, Content-Type, X-CSRF-Token, XSRF-Token, X-XSRF-Token, CSRF-Token",
            );
            headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, names);
        }
    }

    /// Tells it with the answer to a preflight.
    pub(crate) fn add_to_preflight(&self, headers: &mut HeaderMap) {
        if let Self::LikeExpress(asked) = self {
            let methods = HeaderValue::from_static("GET,HEAD,PUT,PATCH,POST,DELETE");
            headers.insert(ACCESS_CONTROL_ALLOW_METHODS, methods);
            headers.append(VARY, HeaderValue::from_static("Access-Control-Request-Headers"));
            if let Some(asked) = asked {
                headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, asked.clone());
            }
        }
        if matches!(self, Self::Trusted(_) | Self::Anybody) {
            let methods = HeaderValue::from_static("GET, POST, PATCH, DELETE");
            headers.insert(ACCESS_CONTROL_ALLOW_METHODS, methods);
            let names = HeaderValue::from_static("Authorization, Content-Type, X-CSRF-Token");
            headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, names);
            headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
    use super::*;

    fn from(origin: &'static str) -> HeaderMap {
        [(ORIGIN, HeaderValue::from_static(origin))].into_iter().collect()
    }

    fn listed() -> Cors {
        Cors::new("https://auth.example", CorsOrigins::Listed(vec!["https://app.example".into()]))
    }

    #[test]
    fn a_listed_origin_and_the_own_one_may_with_cookies() {
        for origin in ["https://app.example", "https://auth.example"] {
            let mut answer = HeaderMap::new();
            listed().judge(&from(origin)).add_to(&mut answer);
            assert_eq!(answer[ACCESS_CONTROL_ALLOW_ORIGIN], origin);
            assert_eq!(answer[ACCESS_CONTROL_ALLOW_CREDENTIALS], "true");
            assert_eq!(answer[VARY], "Origin");
        }
    }

    #[test]
    fn another_origin_is_told_nothing_but_that_it_depends_on_the_origin() {
        for origin in
            ["https://app.example.evil.example", "http://app.example", "null", "https://app.example:444"]
        {
            let verdict = listed().judge(&from(origin));
            assert_eq!(verdict, Verdict::Refused, "{origin}");
            let mut answer = HeaderMap::new();
            verdict.add_to(&mut answer);
            verdict.add_to_preflight(&mut answer);
            assert_eq!(answer.len(), 1);
            assert_eq!(answer[VARY], "Origin");
        }
    }

    #[test]
    fn where_any_origin_may_none_gets_cookies() {
        let mut answer = HeaderMap::new();
        let cors = Cors::new("http://localhost:3000", CorsOrigins::Any);
        cors.judge(&from("https://anything.example")).add_to(&mut answer);
        assert_eq!(answer[ACCESS_CONTROL_ALLOW_ORIGIN], "*");
        assert!(!answer.contains_key(ACCESS_CONTROL_ALLOW_CREDENTIALS));
        assert!(!cors.trusts(&"https://anything.example".parse().unwrap()));
    }

    #[test]
    fn a_preflight_asks_from_an_origin_for_a_method() {
        let mut headers = from("https://app.example");
        assert!(!is_preflight(&Method::OPTIONS, &headers));
        headers.insert(ACCESS_CONTROL_REQUEST_METHOD, HeaderValue::from_static("PATCH"));
        assert!(is_preflight(&Method::OPTIONS, &headers));
        assert!(!is_preflight(&Method::POST, &headers));
    }
}
