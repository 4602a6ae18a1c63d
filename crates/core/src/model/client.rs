//! From where does a request come, and is it the same place as before?

use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use portcullis_crypto::device::DeviceTokens;

use super::Locale;

/// The longest user agent that is kept, in characters.
const USER_AGENT_CHARS: usize = 256;
/// The longest name of a request.
const REQUEST_ID_BYTES: usize = 64;

/// What the server saw of the program that made a request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Client {
    /// The address, as seen through trusted proxies only.
    pub address: Option<IpAddr>,
    /// The `User-Agent` header, cut to 256 characters.
    pub user_agent: Option<String>,
    /// The name of the request in answers and logs; kept in the audit log only.
    pub request_id: Option<String>,
    /// What it says it has logged in with before; kept nowhere.
    pub devices: DeviceTokens,
    /// The language that it asks for, of those there are; kept nowhere but with mails.
    pub locale: Option<Locale>,
}

impl Client {
    /// A client as the transport saw it. An IPv4 address in IPv6 clothes is kept as IPv4.
    pub fn new(address: Option<IpAddr>, user_agent: Option<&str>) -> Self {
        Self {
            address: address.map(|address| address.to_canonical()),
            user_agent: user_agent
                .map(|text| text.chars().filter(|c| !c.is_control()).take(USER_AGENT_CHARS).collect()),
            request_id: None,
            devices: DeviceTokens::default(),
            locale: None,
        }
    }

    /// The operator at the command line of the machine. Requests over the network have an address; this has none.
    pub fn operator() -> Self {
        Self::new(None, Some("portcullis command line"))
    }

    /// The same client with the name of its request: up to 64 letters, digits and `._-`, else without a name.
    #[must_use]
    pub fn with_request_id(self, name: &str) -> Self {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        let is_name = (1..=REQUEST_ID_BYTES).contains(&name.len()) && name.bytes().all(is_plain);
        Self { request_id: is_name.then(|| name.to_owned()), ..self }
    }

    /// The same client with the language that it asks for.
    #[must_use]
    pub fn with_locale(self, locale: Option<Locale>) -> Self {
        Self { locale, ..self }
    }

    /// The same client with the device tokens that it sent.
    #[must_use]
    pub fn with_devices(self, devices: DeviceTokens) -> Self {
        Self { devices, ..self }
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
    pub(crate) fn network(&self) -> Option<IpNet> {
        self.block(24, 48)
    }

    /// The address itself (IPv4), or the /64 that it is in (IPv6): what one household has, or one machine.
    pub(crate) fn address_block(&self) -> Option<IpNet> {
        self.block(32, 64)
    }

    fn block(&self, prefix_of_v4: u8, prefix_of_v6: u8) -> Option<IpNet> {
        match self.address? {
            IpAddr::V4(address) => Ipv4Net::new(address, prefix_of_v4).ok().map(|net| net.trunc().into()),
            IpAddr::V6(address) => Ipv6Net::new(address, prefix_of_v6).ok().map(|net| net.trunc().into()),
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
    fn an_address_is_in_a_block_of_its_own_and_in_a_network() {
        let blocks = |address: &str| {
            let client = client(address, "");
            let text = |net: Option<IpNet>| net.map(|net| net.to_string()).unwrap_or_default();
            (text(client.address_block()), text(client.network()))
        };
        assert_eq!(blocks("203.0.113.7"), ("203.0.113.7/32".into(), "203.0.113.0/24".into()));
        assert_eq!(blocks("2001:db8:1:2:3::4"), ("2001:db8:1:2::/64".into(), "2001:db8:1::/48".into()));
        assert_eq!(blocks("unknown"), (String::new(), String::new()));
    }

    #[test]
    fn a_user_agent_is_cut_and_loses_control_characters() {
        let long = format!("a\r\n{}", "ü".repeat(400));
        let kept = Client::new(None, Some(&long)).user_agent.unwrap_or_default();
        assert_eq!(kept.chars().count(), 256);
        assert!(kept.starts_with("aü"));
    }

    #[test]
    fn a_request_is_named_by_what_could_be_a_name() {
        let named = |name: &str| Client::default().with_request_id(name).request_id;
        assert_eq!(named("0a1b-7f").as_deref(), Some("0a1b-7f"));
        for odd in ["", "a b", "a\nb", "\"", &"x".repeat(65)] {
            assert_eq!(named(odd), None, "{odd:?}");
        }
        let here = client("203.0.113.7", "app/1");
        assert!(
            here.is_same_as(&here.clone().with_request_id("r-1")),
            "it is another request of the same client"
        );
    }
}
