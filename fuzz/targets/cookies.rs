//! Which session does a request name, whatever its headers say?
//!
//! The lines of the input become `Cookie` headers, those that begin with `A` become `Authorization` headers.
//!
//! - A cookie is found exactly when a reader that knows only the grammar finds its name once.
//! - No value carries what separates cookies or ends a header, and each is read again as itself.
#![no_main]

use http::{HeaderMap, HeaderValue, header};
use libfuzzer_sys::fuzz_target;
use portcullis_http::fuzzing::{access_token, cookie};

const ACCESS: &str = "__Host-portcullis_access";
const REFRESH: &str = "__Host-portcullis_refresh";

fuzz_target!(|input: &[u8]| {
    let headers = headers_of(input);
    for name in ["a", ACCESS, REFRESH] {
        let found = cookie(&headers, name);
        assert_eq!(found, only_value(&headers, name), "{name}");
        if let Some(value) = found {
            check_value(name, value);
        }
    }
    match (access_token(&headers), headers.contains_key(header::AUTHORIZATION)) {
        (Some(token), true) => assert!(!token.contains(['\r', '\n', '\0'])),
        (token, false) => assert_eq!(token, cookie(&headers, ACCESS)),
        (None, true) => assert_eq!(cookie(&headers, ACCESS), None),
    }
});

fn headers_of(input: &[u8]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for line in input.split(|byte| *byte == b'\n').take(16) {
        let name = if line.starts_with(b"A") { header::AUTHORIZATION } else { header::COOKIE };
        let line = line.strip_prefix(b"A").unwrap_or(line);
        if let Ok(value) = HeaderValue::from_bytes(line) {
            headers.append(name, value);
        }
    }
    headers
}

/// The value of the one cookie of that name: RFC 6265 §4.2, one character after the other.
fn only_value<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let mut only = None;
    for line in headers.get_all(header::COOKIE) {
        let Ok(mut rest) = line.to_str() else {
            continue;
        };
        while !rest.is_empty() {
            let (pair, tail) = rest.split_at(rest.find(';').unwrap_or(rest.len()));
            rest = tail.get(1..).unwrap_or_default();
            let Some(equals) = pair.find('=') else {
                continue;
            };
            if pair[..equals].trim() != name {
                continue;
            }
            if only.is_some() {
                return None;
            }
            let value = pair[equals + 1..].trim();
            let is_quoted = value.len() >= 2 && value.starts_with('"') && value.ends_with('"');
            only = Some(if is_quoted { &value[1..value.len() - 1] } else { value });
        }
    }
    only
}

fn check_value(name: &str, value: &str) {
    assert!(
        !value.contains(';') && value.chars().all(|c| c == '\t' || (' '..='~').contains(&c)),
        "{value:?}"
    );
    let is_plain = value.trim() == value && !value.starts_with('"');
    if is_plain {
        let line =
            HeaderValue::try_from(format!("x=1; {name}={value}; y=2")).expect("a value makes a header");
        let headers = HeaderMap::from_iter([(header::COOKIE, line)]);
        assert_eq!(cookie(&headers, name), Some(value));
    }
}
