//! Where operators look at a running server, and what they show for it.

use std::net::{Ipv4Addr, SocketAddr};

use secrecy::SecretString;

use super::{Refusal, Value};

/// An address of this machine and a port; 0 stands for any free one.
impl Value for SocketAddr {
    fn parse(text: &str) -> Result<Self, Refusal> {
        let of_localhost = text.strip_prefix("localhost:").and_then(|port| port.parse().ok());
        let localhost = of_localhost.map(|port| Self::new(Ipv4Addr::LOCALHOST.into(), port));
        localhost.map_or_else(|| text.parse(), Ok).map_err(|_| Refusal::new("is not an address with a port"))
    }

    fn show(&self) -> String {
        self.to_string()
    }

    fn expects() -> String {
        "an IP address and a port such as `127.0.0.1:9464`, `0.0.0.0:9464` or `[::1]:9464`".into()
    }
}

/// The shortest token: of random letters and digits nobody guesses it.
const TOKEN_CHARS: usize = 24;

/// What somebody sends to be let in, in a header.
#[derive(Debug, Clone)]
pub(crate) struct BearerToken(pub(crate) SecretString);

impl Value for BearerToken {
    fn parse(text: &str) -> Result<Self, Refusal> {
        // RFC 6750 §2.1.
        let is_fit = |c: char| c.is_ascii_alphanumeric() || "-._~+/=".contains(c);
        if !text.chars().all(is_fit) {
            return Err(Refusal::new("has characters that a Bearer token cannot have"));
        }
        if text.len() < TOKEN_CHARS {
            return Err(Refusal::new("is so short that it can be guessed"));
        }
        Ok(Self(SecretString::from(text)))
    }

    fn show(&self) -> String {
        "********".into()
    }

    fn expects() -> String {
        format!("at least {TOKEN_CHARS} random letters and digits (`openssl rand -hex 32`)")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn an_address_has_a_port() {
        for (text, shown) in [
            ("127.0.0.1:9464", "127.0.0.1:9464"),
            ("localhost:0", "127.0.0.1:0"),
            ("[::1]:9464", "[::1]:9464"),
        ] {
            assert_eq!(SocketAddr::parse(text).unwrap().show(), shown);
        }
        for text in
            ["9464", "127.0.0.1", ":9464", "localhost", "localhost:x", "example.com:9464", "::1:70000"]
        {
            assert!(<SocketAddr as Value>::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_token_is_long_and_fits_into_a_header() {
        assert!(BearerToken::parse("0123456789abcdef01234567").is_ok());
        assert!(BearerToken::parse("abcDEF-._~+/0123456789==").is_ok());
        assert!(BearerToken::parse("0123456789abcdef0123456").is_err());
        assert!(BearerToken::parse("0123456789abcdef 01234567").is_err());
    }
}
