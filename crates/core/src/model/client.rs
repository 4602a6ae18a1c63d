//! From where does a request come, and is it the same place as before?

use std::net::IpAddr;

use ipnet::{Ipv4Net, Ipv6Net};

/// The longest user agent that is kept, in characters.
const USER_AGENT_CHARS: usize = 256;

/// What the server saw of the program that made a request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Client {
    /// The address, as seen through trusted proxies only.
    pub address: Option<IpAddr>,
    /// The `User-Agent` header, cut to 256 characters.
    pub user_agent: Option<String>,
}

impl Client {
    /// A client as the transport saw it. An IPv4 address in IPv6 clothes is kept as IPv4.
    pub fn new(address: Option<IpAddr>, user_agent: Option<&str>) -> Self {
        Self {
            address: address.map(|address| address.to_canonical()),
            user_agent: user_agent
                .map(|text| text.chars().filter(|c| !c.is_control()).take(USER_AGENT_CHARS).collect()),
        }
    }

    /// Whether `other` is the same program on the same network: equal user agent, and addresses that
    /// share a /24 (IPv4) or a /48 (IPv6). Two clients of unknown address are not known to be the same.
    pub fn is_same_as(&self, other: &Self) -> bool {
        let (Some(mine), Some(theirs)) = (self.network(), other.network()) else {
            return false;
        };
        mine == theirs && self.user_agent == other.user_agent
    }

    /// The /24 (IPv4) or /48 (IPv6) that the address is in.
    pub(crate) fn network(&self) -> Option<ipnet::IpNet> {
        match self.address? {
            IpAddr::V4(address) => Ipv4Net::new(address, 24).ok().map(|net| net.trunc().into()),
            IpAddr::V6(address) => Ipv6Net::new(address, 48).ok().map(|net| net.trunc().into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(address: &str, user_agent: &str) -> Client {
        Client::new(address.parse().ok(), Some(user_agent))
    }

    #[test]
    fn a_neighbour_in_the_same_network_with_the_same_program_is_the_same_client() {
        assert!(client("203.0.113.7", "app/1").is_same_as(&client("203.0.113.250", "app/1")));
        assert!(client("2001:db8:1:2::1", "app/1").is_same_as(&client("2001:db8:1:ffff::9", "app/1")));
        assert!(client("::ffff:203.0.113.7", "app/1").is_same_as(&client("203.0.113.9", "app/1")));
    }

    #[test]
    fn another_network_program_or_an_unknown_address_is_another_client() {
        assert!(!client("203.0.113.7", "app/1").is_same_as(&client("203.0.114.7", "app/1")));
        assert!(!client("203.0.113.7", "app/1").is_same_as(&client("203.0.113.7", "app/2")));
        assert!(!Client::default().is_same_as(&Client::default()));
    }

    #[test]
    fn a_user_agent_is_cut_and_loses_control_characters() {
        let long = format!("a\r\n{}", "ü".repeat(400));
        let kept = Client::new(None, Some(&long)).user_agent.unwrap_or_default();
        assert_eq!(kept.chars().count(), 256);
        assert!(kept.starts_with("aü"));
    }
}
