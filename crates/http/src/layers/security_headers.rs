//! Which headers keep a browser from being used against its owner?
//!
//! Every answer has them; a handler that sets one itself keeps its own.

use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, Entry, HeaderMap, HeaderName, HeaderValue, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};

use crate::settings::Hsts;

const COOP: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const CORP: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

const ALWAYS: [(HeaderName, HeaderValue); 7] = [
    // An answer may hold tokens or personal data.
    (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'",
        ),
    ),
    (COOP, HeaderValue::from_static("same-origin")),
    (CORP, HeaderValue::from_static("same-origin")),
];

/// The headers, made once.
pub(crate) struct SecurityHeaders(Vec<(HeaderName, HeaderValue)>);

impl SecurityHeaders {
    pub(crate) fn new(public_origin: &str, hsts: Hsts) -> Self {
        let mut headers = ALWAYS.to_vec();
        let strict = match hsts {
            Hsts::Off => None,
            Hsts::Host => Some("max-age=31536000"),
            Hsts::Subdomains => Some("max-age=31536000; includeSubDomains"),
            Hsts::Preload => Some("max-age=31536000; includeSubDomains; preload"),
        };
        // Over plain http it must not be sent (RFC 6797 §7.2).
        if let Some(strict) = strict.filter(|_| public_origin.starts_with("https://")) {
            headers.push((STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(strict)));
        }
        Self(headers)
    }

    pub(crate) fn add_to(&self, headers: &mut HeaderMap) {
        // Room for these, the request id and CORS at once.
        headers.reserve(self.0.len() + 4);
        for (name, value) in &self.0 {
            if let Entry::Vacant(place) = headers.entry(name) {
                place.insert(value.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
    use super::*;

    #[test]
    fn what_a_handler_set_stays() {
        let mut headers = HeaderMap::new();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
        SecurityHeaders::new("https://auth.example", Hsts::Host).add_to(&mut headers);
        assert_eq!(headers[CACHE_CONTROL], "public, max-age=300");
        assert_eq!(headers[X_FRAME_OPTIONS], "DENY");
        assert_eq!(headers.len(), 8);
    }

    fn strict(public_origin: &str, hsts: Hsts) -> Option<HeaderValue> {
        let mut headers = HeaderMap::new();
        SecurityHeaders::new(public_origin, hsts).add_to(&mut headers);
        headers.remove(STRICT_TRANSPORT_SECURITY)
    }

    #[test]
    fn browsers_are_told_for_a_year_for_which_hosts_they_come_by_https() {
        for (hsts, said) in [
            (Hsts::Host, "max-age=31536000"),
            (Hsts::Subdomains, "max-age=31536000; includeSubDomains"),
            (Hsts::Preload, "max-age=31536000; includeSubDomains; preload"),
        ] {
            assert_eq!(strict("https://auth.example", hsts).unwrap(), said);
            assert_eq!(strict("http://localhost:3000", hsts), None);
        }
        assert_eq!(strict("https://auth.example", Hsts::Off), None);
    }
}
