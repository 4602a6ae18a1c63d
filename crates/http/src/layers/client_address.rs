//! From which address does a request come, when there are proxies in between?
//!
//! `X-Forwarded-For` is read from the right: each proxy adds the address that it saw, and only what a trusted
//! proxy added is believed. The first address that is not itself a trusted proxy is the client. Without trusted
//! proxies the header is not looked at. (`Forwarded` of RFC 7239 is not read: proxies pass on the one that they do
//! not write, and a client would choose its address by it.)

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};

use http::{HeaderMap, HeaderName};
use ipnet::IpNet;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The address of the client.
pub(crate) fn of(peer: Option<IpAddr>, headers: &HeaderMap, trusted: &[IpNet]) -> Option<IpAddr> {
    let mut seen = peer?.to_canonical();
    if !is_trusted(seen, trusted) {
        return Some(seen);
    }
    // An iterator over several values of a header does not run backwards by itself.
    let lines: Vec<&str> =
        headers.get_all(FORWARDED_FOR).iter().map(|line| line.to_str().unwrap_or_default()).collect();
    for text in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
        // What cannot be read ends the walk at the proxy that wrote it.
        let Some(before) = parse(text.trim()) else { break };
        seen = before;
        if !is_trusted(seen, trusted) {
            break;
        }
    }
    Some(seen)
}

/// Whether an address is one of a trusted proxy.
pub(crate) fn is_trusted(address: IpAddr, trusted: &[IpNet]) -> bool {
    trusted.iter().any(|net| net.contains(&address))
}

/// An address, with or without a port.
fn parse(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let address =
        bare.parse::<IpAddr>().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|socket| socket.ip()));
    address.map(|address| address.to_canonical())
}

/// Notices a proxy that nobody told of, behind which all clients look like one: a guesser among them would use up the
/// tries of all.
#[derive(Default)]
pub(crate) struct UntrustedProxies(AtomicBool);

impl UntrustedProxies {
    /// Looks at a request of a peer that is not trusted; says so once.
    pub(crate) fn look_at(&self, peer: IpAddr, headers: &HeaderMap) {
        let is_near = match peer {
            IpAddr::V4(peer) => peer.is_loopback() || peer.is_private(),
            IpAddr::V6(peer) => peer.is_loopback() || peer.is_unique_local(),
        };
        if is_near && headers.contains_key(FORWARDED_FOR) && !self.0.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                %peer,
                "requests come through a proxy that is not trusted, so that all clients look like one; if it is yours, name \
                 it in PORTCULLIS_TRUSTED_PROXIES"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn seen(peer: &str, lines: &[&'static str], trusted: &[&str]) -> String {
        let headers = lines.iter().map(|line| (FORWARDED_FOR, line.parse().unwrap())).collect();
        let trusted: Vec<IpNet> = trusted.iter().map(|net| net.parse().unwrap()).collect();
        of(peer.parse().ok(), &headers, &trusted).map(|address| address.to_string()).unwrap_or_default()
    }

    const PROXIES: &[&str] = &["10.0.0.0/8", "fd00::/8"];

    #[test]
    fn without_trusted_proxies_the_header_is_not_looked_at() {
        assert_eq!(seen("203.0.113.9", &["198.51.100.1"], &[]), "203.0.113.9");
        assert_eq!(seen("203.0.113.9", &["198.51.100.1"], PROXIES), "203.0.113.9");
    }

    #[test]
    fn what_trusted_proxies_saw_is_believed_from_the_right() {
        assert_eq!(seen("10.0.0.1", &["198.51.100.1"], PROXIES), "198.51.100.1");
        assert_eq!(seen("10.0.0.1", &["198.51.100.1, 10.0.0.2"], PROXIES), "198.51.100.1");
        assert_eq!(seen("10.0.0.1", &["198.51.100.1", "10.0.0.3,10.0.0.2"], PROXIES), "198.51.100.1");
    }

    #[test]
    fn what_a_client_wrote_itself_is_not_believed() {
        assert_eq!(seen("10.0.0.1", &["127.0.0.1, 198.51.100.1"], PROXIES), "198.51.100.1");
        assert_eq!(seen("10.0.0.1", &["10.0.0.9, 198.51.100.1, 10.0.0.2"], PROXIES), "198.51.100.1");
    }

    #[test]
    fn ports_brackets_and_mapped_addresses_are_understood() {
        assert_eq!(seen("10.0.0.1", &["198.51.100.1:4711"], PROXIES), "198.51.100.1");
        assert_eq!(seen("fd00::1", &["[2001:db8::1]:4711"], PROXIES), "2001:db8::1");
        assert_eq!(seen("fd00::1", &["[2001:db8::1]"], PROXIES), "2001:db8::1");
        assert_eq!(seen("::ffff:10.0.0.1", &["::ffff:198.51.100.1"], PROXIES), "198.51.100.1");
    }

    #[test]
    fn what_cannot_be_read_ends_at_the_proxy_that_wrote_it() {
        assert_eq!(seen("10.0.0.1", &["198.51.100.1, unknown"], PROXIES), "10.0.0.1");
        assert_eq!(seen("10.0.0.1", &["198.51.100.1, , 10.0.0.2"], PROXIES), "10.0.0.2");
        assert_eq!(seen("10.0.0.1", &[""], PROXIES), "10.0.0.1");
        assert_eq!(seen("10.0.0.1", &[], PROXIES), "10.0.0.1");
    }

    #[test]
    fn an_unknown_peer_stays_unknown() {
        assert_eq!(seen("", &["198.51.100.1"], &["0.0.0.0/0"]), "");
    }

    #[test]
    fn a_proxy_that_nobody_told_of_is_noticed_where_one_can_be() {
        let forwarded = [(FORWARDED_FOR, "203.0.113.9".parse().unwrap())].into_iter().collect();
        let noticed = |peer: &str, headers: &HeaderMap| {
            let proxies = UntrustedProxies::default();
            proxies.look_at(peer.parse().unwrap(), headers);
            proxies.0.load(Ordering::Relaxed)
        };
        assert!(
            noticed("127.0.0.1", &forwarded) && noticed("10.1.2.3", &forwarded) && noticed("::1", &forwarded)
        );
        assert!(!noticed("203.0.113.1", &forwarded) && !noticed("127.0.0.1", &HeaderMap::new()));
    }
}
