//! How are cookies set as Express sets them?

use std::time::Duration;

use http::{HeaderName, HeaderValue, header};
use portcullis_core::model::Timestamp;

use super::clock::http_date;

/// A cookie that an answer sets for every path.
pub(super) struct Cookie<'a> {
    pub(super) name: &'static str,
    /// Characters that need no escape.
    pub(super) value: &'a str,
    /// From when on it lives for how long; `None` until the browser is closed.
    pub(super) lives: Option<(Timestamp, Duration)>,
    /// Out of reach of scripts, or not.
    pub(super) reach: Reach,
    /// Over HTTPS only, or not.
    pub(super) transport: Transport,
    /// What is said about requests that other sites cause.
    pub(super) same_site: Option<&'static str>,
}

/// Who may read a cookie in the browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    HttpOnly,
    Scripts,
}

/// Over what a cookie travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Transport {
    Https,
    Any,
}

impl Transport {
    pub(super) const fn of(is_https_only: bool) -> Self {
        if is_https_only { Self::Https } else { Self::Any }
    }
}

impl Cookie<'_> {
    /// The header that sets it.
    pub(super) fn set(&self) -> (HeaderName, HeaderValue) {
        let lives = self.lives.map_or_else(
            || "; Path=/".to_owned(),
            |(now, lives)| {
                format!("; Max-Age={}; Path=/; Expires={}", lives.as_secs(), http_date(now.plus(lives)))
            },
        );
        self.line(self.value, &lives)
    }

    /// The header that takes it away. A browser wants to be told the same of it as when it was set.
    pub(super) fn clear(&self) -> (HeaderName, HeaderValue) {
        self.line("", "; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT")
    }

    fn line(&self, value: &str, lives: &str) -> (HeaderName, HeaderValue) {
        let mut text = format!("{}={value}{lives}", self.name);
        if self.reach == Reach::HttpOnly {
            text.push_str("; HttpOnly");
        }
        if self.transport == Transport::Https {
            text.push_str("; Secure");
        }
        if let Some(same_site) = self.same_site {
            text.push_str("; SameSite=");
            text.push_str(same_site);
        }
        // Our values need no quoting; one that did would be dropped rather than sent broken.
        let mut line = HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""));
        line.set_sensitive(true);
        (header::SET_COOKIE, line)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn cookie() -> Cookie<'static> {
        Cookie {
            name: "token",
            value: "a.b.c",
            lives: Some((Timestamp::from_millis(1_726_484_400_005), Duration::from_mins(1))),
            reach: Reach::HttpOnly,
            transport: Transport::Https,
            same_site: Some("Lax"),
        }
    }

    #[test]
    fn a_cookie_is_written_as_express_writes_it() {
        assert_eq!(
            cookie().set().1,
            "token=a.b.c; Max-Age=60; Path=/; Expires=Mon, 16 Sep 2024 11:01:00 GMT; HttpOnly; Secure; SameSite=Lax"
        );
        let plain = Cookie {
            lives: None,
            reach: Reach::Scripts,
            transport: Transport::Any,
            same_site: None,
            ..cookie()
        };
        assert_eq!(plain.set().1, "token=a.b.c; Path=/");
        assert_eq!(plain.clear().1, "token=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT");
        assert!(cookie().set().1.is_sensitive());
    }
}
