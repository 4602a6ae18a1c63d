//! How does a browser session travel in cookies?
//!
//! All cookies have the prefix `__Host-`: no other host, no subdomain and no plain HTTP page can set one, and no
//! script can read one. A name that occurs twice cannot come from this server and counts as absent.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, header};
use portcullis_core::crypto::device::{self, DeviceTokens};
use portcullis_core::flows::TokenPair;
use portcullis_core::model::Timestamp;

use crate::problem::Problem;

/// Holds the access token.
pub(crate) const ACCESS: &str = "__Host-portcullis_access";
/// Holds the refresh token.
pub(crate) const REFRESH: &str = "__Host-portcullis_refresh";

/// Holds what a browser is recognised by from which somebody has logged in.
pub(crate) const DEVICE: &str = "__Host-portcullis_device";

/// The value of a cookie of the request.
pub(crate) fn find<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let mut values =
        headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok()).flat_map(|line| {
            let pairs = line.split(';').filter_map(|pair| pair.split_once('='));
            pairs.filter(|(key, _)| key.trim() == name).map(|(_, value)| unquoted(value.trim()))
        });
    let value = values.next()?;
    // SECURITY: of two cookies with one name, one was planted; which one cannot be known.
    if values.next().is_some() { None } else { Some(value) }
}

/// The two headers that give a browser its session.
pub(crate) fn set(tokens: &TokenPair, now: Timestamp) -> [(HeaderName, HeaderValue); 2] {
    let access = line(ACCESS, tokens.access.expose(), tokens.access_expires_at.since(now));
    let refresh = line(REFRESH, tokens.refresh.expose(), tokens.refresh_expires_at.since(now));
    [(header::SET_COOKIE, access), (header::SET_COOKIE, refresh)]
}

/// The header that lets a browser be recognised the next time. It stays when the session goes.
pub(crate) fn set_device(devices: &DeviceTokens) -> (HeaderName, HeaderValue) {
    (header::SET_COOKIE, line(DEVICE, &devices.expose(), device::LIFETIME))
}

/// The two headers that take it away.
pub(crate) fn clear() -> [(HeaderName, HeaderValue); 2] {
    [ACCESS, REFRESH].map(|name| (header::SET_COOKIE, line(name, "", Duration::ZERO)))
}

/// Takes the session away together with the refusal.
pub(crate) fn clear_with(problem: Problem) -> Problem {
    clear().into_iter().fold(problem, |problem, (name, value)| problem.header(name, value))
}

fn unquoted(value: &str) -> &str {
    value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value)
}

/// RFC 6265bis §4.1.1. Our tokens consist of characters that need no quoting; a value that did not would be
/// dropped rather than sent broken.
fn line(name: &str, value: &str, max_age: Duration) -> HeaderValue {
    let text =
        format!("{name}={value}; Path=/; Max-Age={}; HttpOnly; Secure; SameSite=Lax", max_age.as_secs());
    let mut line = HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""));
    line.set_sensitive(true);
    line
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn headers(lines: &[&'static str]) -> HeaderMap {
        lines.iter().map(|line| (header::COOKIE, HeaderValue::from_static(line))).collect()
    }

    #[test]
    fn a_cookie_is_found_among_others_and_in_every_line() {
        let headers = headers(&["a=1;b = 2 ; c", "__Host-portcullis_access=x.y-z_; d=\"4\"; e=a=b"]);
        assert_eq!(find(&headers, "b"), Some("2"));
        assert_eq!(find(&headers, ACCESS), Some("x.y-z_"));
        assert_eq!(find(&headers, "d"), Some("4"));
        assert_eq!(find(&headers, "e"), Some("a=b"));
        assert_eq!(find(&headers, "c"), None);
        assert_eq!(find(&headers, "portcullis_access"), None);
    }

    #[test]
    fn a_name_that_occurs_twice_counts_as_absent() {
        assert_eq!(find(&headers(&["a=1; a=2"]), "a"), None);
        assert_eq!(find(&headers(&["a=1", "a=1"]), "a"), None);
    }

    #[test]
    fn a_cookie_is_for_this_host_only_and_out_of_reach_of_scripts() {
        let value = line(ACCESS, "token", Duration::from_mins(15));
        let expected = "__Host-portcullis_access=token; Path=/; Max-Age=900; HttpOnly; Secure; SameSite=Lax";
        assert_eq!(value.to_str().unwrap(), expected);
        assert!(value.is_sensitive());
        let [(_, access), (_, refresh)] = clear();
        assert!(access.to_str().unwrap().starts_with("__Host-portcullis_access=; Path=/; Max-Age=0;"));
        assert!(refresh.to_str().unwrap().starts_with("__Host-portcullis_refresh=; Path=/; Max-Age=0;"));
    }
}
