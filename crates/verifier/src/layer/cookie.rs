//! Which token is in the cookies of a request, and did a page of the service send them?
//!
//! ```text
//! Origin              Sec-Fetch-Site        verdict
//! ────────────────────────────────────────────────────
//! allowed             any                   own page
//! any                 same-origin, none     own page
//! any                 anything else         another site
//! that of Host        absent                own page
//! another, or null    absent                another site
//! absent              absent                no browser: own
//! ```

use axum::http::header::{COOKIE, HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderName, HeaderValue};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The value of a cookie that is there once and not empty.
pub(super) fn find<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.split_once('='));
    let mut values = pairs.filter(|(key, _)| key.trim() == name).map(|(_, value)| value.trim());
    let value = values.next()?;
    // SECURITY: of two cookies with one name, one was planted; which one cannot be known.
    if values.next().is_some() || value.is_empty() { None } else { Some(value) }
}

/// Whether a request that carries cookies was caused by a page of this service, or of an origin that `allows` knows.
pub(super) fn is_from_own_page(headers: &HeaderMap, allows: impl FnOnce(&HeaderValue) -> bool) -> bool {
    let origin = headers.get(ORIGIN);
    if origin.is_some_and(allows) {
        return true;
    }
    match (headers.get(SEC_FETCH_SITE).map(HeaderValue::as_bytes), origin) {
        (Some(site), _) => matches!(site, b"same-origin" | b"none"),
        (None, Some(origin)) => is_host(origin, headers),
        (None, None) => true,
    }
}

/// Whether an origin is the host that the request was sent to. Browsers leave `Sec-Fetch-Site` out over plain `http`.
fn is_host(origin: &HeaderValue, headers: &HeaderMap) -> bool {
    let authority = origin.to_str().ok().and_then(|origin| origin.split_once("://")).map(|(_, rest)| rest);
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    authority.is_some_and(|authority| host.is_some_and(|host| host.eq_ignore_ascii_case(authority)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use axum::http::header::{COOKIE, HOST, ORIGIN};
    use axum::http::{HeaderMap, HeaderName, HeaderValue};

    use super::{SEC_FETCH_SITE, find, is_from_own_page};

    fn headers(pairs: &[(HeaderName, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect()
    }

    fn cookies(lines: &[&'static str]) -> HeaderMap {
        lines.iter().map(|line| (COOKIE, HeaderValue::from_static(line))).collect()
    }

    fn is_own(pairs: &[(HeaderName, &'static str)]) -> bool {
        is_from_own_page(&headers(pairs), |origin| origin == "https://app.example")
    }

    #[test]
    fn a_cookie_is_found_among_others_and_in_every_line() {
        let headers = cookies(&["a=1;b = 2 ; c", "token=x.y-z_; e=a=b"]);
        assert_eq!(find(&headers, "b"), Some("2"));
        assert_eq!(find(&headers, "token"), Some("x.y-z_"));
        assert_eq!(find(&headers, "e"), Some("a=b"));
        assert_eq!(find(&headers, "c"), None);
        assert_eq!(find(&headers, "oken"), None);
        assert_eq!(find(&headers, "Token"), None);
    }

    #[test]
    fn an_empty_or_repeated_cookie_counts_as_absent() {
        assert_eq!(find(&cookies(&["token="]), "token"), None);
        assert_eq!(find(&cookies(&["token=1; token=2"]), "token"), None);
        assert_eq!(find(&cookies(&["token=1", "token=1"]), "token"), None);
    }

    #[test]
    fn the_own_page_is_known_by_what_the_browser_says() {
        assert!(is_own(&[(SEC_FETCH_SITE, "same-origin")]));
        assert!(is_own(&[(SEC_FETCH_SITE, "none")]));
        assert!(is_own(&[(ORIGIN, "https://app.example"), (SEC_FETCH_SITE, "cross-site")]));
        assert!(is_own(&[(ORIGIN, "http://notes.local:4000"), (HOST, "Notes.local:4000")]));
        assert!(is_own(&[(HOST, "notes.local")]), "no browser");
    }

    #[test]
    fn another_page_is_another_site() {
        assert!(!is_own(&[(SEC_FETCH_SITE, "cross-site")]));
        assert!(!is_own(&[(SEC_FETCH_SITE, "same-site")]));
        assert!(!is_own(&[(SEC_FETCH_SITE, "")]));
        assert!(!is_own(&[
            (ORIGIN, "https://notes.local"),
            (HOST, "notes.local"),
            (SEC_FETCH_SITE, "cross-site")
        ]));
        for origin in
            ["null", "", "http://notes.local:5000", "http://notes.local.evil", "https://evil.app.example"]
        {
            assert!(!is_own(&[(ORIGIN, origin), (HOST, "notes.local:4000")]), "{origin}");
        }
        assert!(!is_own(&[(ORIGIN, "https://evil.example")]), "without a host");
    }
}
