//! Values that say where something is: addresses, networks, origins, URLs.

use std::net::{IpAddr, Ipv4Addr};

use axum::http::Uri;
use ipnet::IpNet;

use super::{Environment, Refusal, Value, members};

/// An address of this machine to listen on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BindAddress(pub(crate) IpAddr);

impl BindAddress {
    /// The address that suits an environment.
    pub(crate) const fn of(environment: Environment) -> Self {
        match environment {
            Environment::Development => Self(IpAddr::V4(Ipv4Addr::LOCALHOST)),
            Environment::Production => Self(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
        }
    }
}

impl Value for BindAddress {
    fn parse(text: &str) -> Result<Self, Refusal> {
        if text == "localhost" {
            return Ok(Self(Ipv4Addr::LOCALHOST.into()));
        }
        let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
        bare.parse().map(Self).map_err(|_| Refusal::new("is not an address of this machine"))
    }

    fn show(&self) -> String {
        self.0.to_string()
    }

    fn expects() -> String {
        "an IP address such as `127.0.0.1`, `0.0.0.0` or `::`".into()
    }
}

/// Networks whose machines may say who the client is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TrustedProxies(pub(crate) Vec<IpNet>);

impl Value for TrustedProxies {
    fn parse(text: &str) -> Result<Self, Refusal> {
        let net = |member: &str| match member.parse::<IpAddr>() {
            Ok(address) => Ok(IpNet::from(address)),
            Err(_) => member.parse::<IpNet>().map(|net| net.trunc()).map_err(|_| {
                Refusal::new(format!("has the member `{member}`, which is neither an address nor a network"))
            }),
        };
        members(text).map(net).collect::<Result<_, _>>().map(Self)
    }

    fn show(&self) -> String {
        let shown = |net: &IpNet| {
            if net.prefix_len() == net.max_prefix_len() { net.addr().to_string() } else { net.to_string() }
        };
        self.0.iter().map(shown).collect::<Vec<_>>().join(", ")
    }

    fn expects() -> String {
        "a list of addresses and networks such as `10.0.0.0/8, ::1`".into()
    }
}

/// Browser origins that may call the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origins {
    /// Every one.
    Any,
    /// These, each `scheme://host` with the port when it is not the scheme's own.
    Listed(Vec<String>),
}

impl Origins {
    /// The origins that suit an environment.
    pub(crate) const fn of(environment: Environment) -> Self {
        match environment {
            Environment::Development => Self::Any,
            Environment::Production => Self::Listed(Vec::new()),
        }
    }
}

impl Value for Origins {
    fn parse(text: &str) -> Result<Self, Refusal> {
        if text == "*" {
            return Ok(Self::Any);
        }
        members(text).map(origin_of).collect::<Result<_, _>>().map(Self::Listed)
    }

    fn show(&self) -> String {
        match self {
            Self::Any => "*".into(),
            Self::Listed(origins) => origins.join(", "),
        }
    }

    fn expects() -> String {
        "a list of origins such as `https://app.example.com, http://localhost:5173`, or `*` in development"
            .into()
    }
}

/// The origin as a browser writes it (RFC 6454 §6.2): lower case, no default port, no path.
fn origin_of(text: &str) -> Result<String, Refusal> {
    let refusal = |why: &str| Refusal::new(format!("has the member `{text}`, which {why}"));
    let (scheme, authority, path) = split_url(text).ok_or_else(|| refusal("is not an origin"))?;
    if !path.is_empty() {
        return Err(refusal("has a path; an origin ends after the host and port"));
    }
    Ok(format!("{scheme}://{authority}"))
}

/// Whether a host of a URL is this machine, so that nobody is on the way to it. An IPv6 address has no brackets.
pub(crate) fn is_this_machine(host: &str) -> bool {
    let is_loopback = |address: IpAddr| address.to_canonical().is_loopback();
    host.eq_ignore_ascii_case("localhost") || host.parse().is_ok_and(is_loopback)
}

/// How clients reach the server, without a slash at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PublicUrl(String);

impl PublicUrl {
    /// The address of a server on this machine. The scheme is `http` or `https`.
    pub(crate) fn localhost(scheme: &'static str, port: u16) -> Self {
        Self(format!("{scheme}://localhost:{port}"))
    }

    /// The URL.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// A path below it, which begins with a slash.
    pub(crate) fn join(&self, path: &'static str) -> Self {
        Self(format!("{}{path}", self.0))
    }

    /// The URL without its path, as a browser names the origin of a page.
    pub(crate) fn origin(&self) -> String {
        let path = self.0.match_indices('/').nth(2).map_or(self.0.len(), |(at, _)| at);
        self.0.get(..path).unwrap_or(&self.0).to_owned()
    }

    /// The host, an IPv6 address without its brackets.
    pub(crate) fn host(&self) -> &str {
        let (_, rest) = self.0.split_once("://").unwrap_or(("", &self.0));
        let bracketed = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')).map(|(host, _)| host);
        bracketed.unwrap_or_else(|| rest.split([':', '/']).next().unwrap_or(rest))
    }

    /// Whether nobody on the way can read along.
    pub(crate) fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }
}

impl Value for PublicUrl {
    fn parse(text: &str) -> Result<Self, Refusal> {
        let (scheme, authority, path) =
            split_url(text).ok_or_else(|| Refusal::new("is not an http or https URL with a host"))?;
        Ok(Self(format!("{scheme}://{authority}{path}")))
    }

    fn show(&self) -> String {
        self.0.clone()
    }

    fn expects() -> String {
        "a URL such as `https://auth.example.com`".into()
    }
}

/// Scheme, authority without the default port, and path without a slash at its end. `None` for what is no
/// http(s) URL, or one with user, query or fragment.
fn split_url(text: &str) -> Option<(&'static str, String, String)> {
    if text.contains(['#', '?', '@', ' ', '\\']) {
        return None;
    }
    let uri: Uri = text.parse().ok()?;
    let (scheme, default_port) = match uri.scheme_str()?.to_ascii_lowercase().as_str() {
        "http" => ("http", 80),
        "https" => ("https", 443),
        _ => return None,
    };
    let authority = uri.authority()?;
    let host = authority.host().to_ascii_lowercase();
    let port = authority.port_u16().filter(|port| *port != default_port);
    // A port that is no number is not told from none by the parser.
    let has_port = authority.as_str().len() > authority.host().len();
    if host.is_empty() || (has_port && authority.port_u16().is_none()) {
        return None;
    }
    let port = port.map_or_else(String::new, |port| format!(":{port}"));
    Some((scheme, format!("{host}{port}"), uri.path().trim_end_matches('/').to_owned()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn shown<T: Value>(text: &str) -> String {
        T::parse(text).unwrap().show()
    }

    #[test]
    fn addresses_to_listen_on_are_numbers_or_localhost() {
        assert_eq!(shown::<BindAddress>("localhost"), "127.0.0.1");
        assert_eq!(shown::<BindAddress>("[::]"), "::");
        assert!(BindAddress::parse("x86_64-conda-linux-gnu").is_err());
    }

    #[test]
    fn this_machine_is_known_by_its_whole_name() {
        for host in ["localhost", "LOCALHOST", "127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"] {
            assert!(is_this_machine(host), "{host}");
        }
        for host in ["localhost.corp.example", "127.evil.example", "127.0.0.1.example", "10.0.0.5", "::", ""]
        {
            assert!(!is_this_machine(host), "{host}");
        }
    }

    #[test]
    fn proxies_are_addresses_and_networks() {
        assert_eq!(shown::<TrustedProxies>("10.1.2.3/8,::1 , 192.0.2.1"), "10.0.0.0/8, ::1, 192.0.2.1");
        assert_eq!(TrustedProxies::parse(""), Ok(TrustedProxies(Vec::new())));
        let refusal = TrustedProxies::parse("10.0.0.0/8, proxy").unwrap_err();
        assert_eq!(refusal.what, "has the member `proxy`, which is neither an address nor a network");
    }

    #[test]
    fn origins_are_written_as_browsers_write_them() {
        let text = "https://App.Example.com:443/, http://localhost:5173";
        assert_eq!(shown::<Origins>(text), "https://app.example.com, http://localhost:5173");
        for text in
            ["app.example.com", "https://a.b/path", "ftp://a.b", "https://u:p@a.b", "null", "https://"]
        {
            assert!(Origins::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_public_url_may_have_a_path_and_loses_its_last_slash() {
        assert_eq!(shown::<PublicUrl>("https://example.com/auth/"), "https://example.com/auth");
        assert_eq!(shown::<PublicUrl>("HTTPS://Example.com:443"), "https://example.com");
        assert_eq!(
            PublicUrl::parse("https://example.com:1/auth/x").unwrap().origin(),
            "https://example.com:1"
        );
        assert_eq!(PublicUrl::localhost("http", 80).origin(), "http://localhost:80");
        for (url, host) in [("https://[::1]:1/x", "::1"), ("http://a.b", "a.b"), ("http://a.b:1/x:y", "a.b")]
        {
            assert_eq!(PublicUrl::parse(url).unwrap().host(), host);
        }
        for text in ["example.com", "https://a.b/?q=1", "https://a.b/#x", "https://a.b:99999", "https://a.b:"]
        {
            assert!(PublicUrl::parse(text).is_err(), "{text}");
        }
    }
}
