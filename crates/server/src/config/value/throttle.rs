//! Where may wrong passwords be counted?

use portcullis_store::RedisCounters;
use secrecy::{ExposeSecret, SecretString};

use super::{Refusal, Value, is_this_machine};

/// Where they are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CounterPlace {
    /// By each node in its memory.
    Memory,
    /// By all nodes in the database.
    Database,
    /// By all nodes in a Redis or Valkey.
    Redis,
}

/// How a Redis or Valkey is reached.
#[derive(Debug, Clone)]
pub(crate) struct RedisUrl(SecretString);

impl RedisUrl {
    /// The URL, password and all.
    pub(crate) fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Whether it is plain text to another machine.
    pub(crate) fn is_open_to_the_network(&self) -> bool {
        RedisCounters::plain_host(self.expose()).is_some_and(|host| !is_this_machine(&host))
    }
}

impl Value for RedisUrl {
    fn parse(text: &str) -> Result<Self, Refusal> {
        RedisCounters::check_url(text)
            .map_err(|error| Refusal::with_fix("is no URL of a Redis", error.to_string()))?;
        Ok(Self(SecretString::from(text)))
    }

    /// SECURITY: whatever stands before the host may be a password, and so may what comes after the path: to a socket it is
    /// `?pass=…`.
    fn show(&self) -> String {
        const HIDDEN: &str = "********";
        let url = self.expose();
        let (place, tail) = match url.split_once(['?', '#']) {
            Some((place, _)) => (place, format!("?{HIDDEN}")),
            None => (url, String::new()),
        };
        match (place.split_once("://"), place.rsplit_once('@')) {
            (Some((scheme, _)), Some((_, place))) => format!("{scheme}://{HIDDEN}@{place}{tail}"),
            (None, Some(_)) => HIDDEN.to_owned(),
            (_, None) => format!("{place}{tail}"),
        }
    }

    fn expects() -> String {
        "`redis://user:password@host:6379/0`, or `rediss://…` with TLS".into()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_password_is_not_shown() {
        let shown = |url: &str| RedisUrl::parse(url).unwrap().show();
        assert_eq!(shown("redis://127.0.0.1:6379/1"), "redis://127.0.0.1:6379/1");
        assert_eq!(shown("rediss://me:se%40cret@redis.example.com"), "rediss://********@redis.example.com");
        assert_eq!(shown("redis://:secret@host/0"), "redis://********@host/0");
        for (url, expected) in [
            ("redis+unix:///run/redis.sock?user=u&pass=secret", "redis+unix:///run/redis.sock?********"),
            ("redis+unix:///run/redis.sock?pass=sec@ret", "redis+unix:///run/redis.sock?********"),
            ("unix:/run/redis.sock?pass=secret", "unix:/run/redis.sock?********"),
            ("redis://me:12?secret@host/0", "redis://me:12?********"),
            ("redis://:a@host#secret", "redis://********@host?********"),
        ] {
            assert_eq!(shown(url), expected);
        }
        let refused = RedisUrl::parse("http://:secret@host").unwrap_err();
        assert!(!format!("{refused:?}").contains("secret"));
    }

    #[test]
    fn plain_text_to_another_machine_is_noticed() {
        let is_open = |url: &str| RedisUrl::parse(url).unwrap().is_open_to_the_network();
        for url in [
            "redis://10.0.0.5",
            "redis://:a@redis.internal",
            "REDIS://10.0.0.5",
            "valkey://10.0.0.5",
            "redis://localhost.corp.example",
            "redis://127.evil.example",
            "redis://evil.example?@localhost",
        ] {
            assert!(is_open(url), "{url}");
        }
        assert!(
            !is_open("rediss://10.0.0.5")
                && !is_open("redis://localhost")
                && !is_open("redis://:a@127.0.0.1")
                && !is_open("redis://[::1]:6379/1")
                && !is_open("redis+unix:///run/redis.sock")
        );
    }
}
