//! What is limited when somebody tries a password, and under which names is it counted?
//!
//! SECURITY: everything here follows from what was sent and from where. Nothing asks whether there is such an account.

use std::time::Duration;

use ipnet::IpNet;
use portcullis_crypto::device::{Device, DeviceKey};
use portcullis_crypto::pseudonym::PseudonymKey;
use portcullis_crypto::secret::Password;

use crate::flows::log_in::SentIdentifier;
use crate::model::{AccountId, Client, Email, Identifier, Timestamp, TokenId, Username};
use crate::policy::ThrottlePolicy;
use crate::policy::throttle::{Budget, LimitKind, Mark, Spread};
use crate::ports::throttle::CounterKey;

/// Whose password is tried.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Subject<'a> {
    /// Whoever that belongs to, if anybody, with this password.
    Sent(&'a SentIdentifier, &'a Password),
    /// Somebody who has a session.
    Account(AccountId),
    /// Somebody who has read a mail. Nobody else can use up what weighs on that.
    Token(TokenId),
}

/// One thing that is limited.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limit {
    pub(super) kind: LimitKind,
    pub(super) key: CounterKey,
    pub(super) subject: Option<CounterKey>,
    pub(super) network: Option<IpNet>,
    pub(super) counts: Counts,
}

/// What weighs on a limit.
#[derive(Debug, Clone, Copy)]
pub(super) enum Counts {
    /// Each failure, and each try under way, of whatever node.
    Tries(Budget),
    /// Each failure, and each try under way at this node.
    Failures(Budget),
    /// Each failure of another identifier.
    Identifiers(Spread),
    /// Each failure at this node alone.
    Here(Budget),
    /// Each failure of another identifier at this node alone. Nobody has to wait for it.
    Told(Spread),
}

/// As whom a client is treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// A device that was logged in from.
    Device,
    /// Somebody at an address (IPv4) or in a /64 (IPv6) from which it was logged in.
    Address,
    /// Somebody elsewhere in such a /24 or /48.
    Network,
    /// Anybody else.
    Stranger,
}

impl Counts {
    /// Whether this is counted by this node alone.
    pub(super) const fn is_here(&self) -> bool {
        matches!(self, Self::Here(_) | Self::Told(_))
    }

    pub(super) const fn budget(&self) -> &Budget {
        match self {
            Self::Tries(budget) | Self::Failures(budget) | Self::Here(budget) => budget,
            Self::Identifiers(spread) | Self::Told(spread) => &spread.budget,
        }
    }
}

/// By what the counters of this deployment are found.
pub(super) struct Names {
    pseudonyms: PseudonymKey,
    devices: DeviceKey,
}

/// A try as the counters see it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tried {
    /// The identifier.
    pub(super) subject: CounterKey,
    /// The identifier with the address, and with the network: whether it is known there. `None` where nobody is.
    pub(super) known: Option<[CounterKey; 2]>,
    /// The device that it was logged in from.
    pub(super) device: Option<Device>,
    /// The /24 or /48.
    pub(super) network: Option<IpNet>,
    /// The address or /64.
    pub(super) address: Option<IpNet>,
    /// What the password is counted by; `None` for somebody who has a session.
    password: Option<CounterKey>,
}

impl Tried {
    /// Whether somebody tries who has not proved anything.
    pub(super) const fn is_stranger(&self) -> bool {
        self.password.is_some()
    }

    /// What stands for the identifier where only new ones count.
    pub(super) const fn mark(&self) -> Mark {
        Mark::of(&self.subject.0)
    }
}

impl Names {
    pub(super) const fn new(pseudonyms: PseudonymKey, devices: DeviceKey) -> Self {
        Self { pseudonyms, devices }
    }

    pub(super) const fn devices(&self) -> &DeviceKey {
        &self.devices
    }

    pub(super) fn tried(&self, subject: Subject<'_>, client: &Client, now: Timestamp) -> Tried {
        let places = client.address_block().zip(client.network());
        let (address, network) = places.unzip();
        let (name, password) = match subject {
            Subject::Sent(identifier, password) => {
                let bits = self.pseudonyms.of_password(password).to_be_bytes();
                (self.of_sent(identifier), Some(self.key("password", &[&bits])))
            }
            Subject::Account(id) => (self.of_account(id), None),
            Subject::Token(id) => (self.key("token", &[&id.into_bytes()]), None),
        };
        let recognised = || self.devices.recognise(&client.devices, &name.0, now.as_millis());
        // An address that nobody knows is no place to be known at, and whoever has a session need not be.
        let known = places.filter(|_| password.is_some()).map(|(address, network)| {
            [address, network].map(|place| self.key("known", &[&name.0, place.to_string().as_bytes()]))
        });
        Tried {
            subject: name,
            known,
            device: password.and_then(|_| recognised()),
            network,
            address,
            password,
        }
    }

    /// The limits of a client, its own first.
    pub(super) fn limits_of(&self, standing: Standing, tried: &Tried, policy: &ThrottlePolicy) -> Vec<Limit> {
        match standing {
            Standing::Device => self.limit_of_device(tried, policy).into_iter().collect(),
            Standing::Address => {
                let (kind, spread) = (LimitKind::KnownOfAddress, policy.identifiers_of_address);
                // SECURITY: whoever tries what is known at one address is told of, and holds up nobody who is at home.
                let of_address = self.limit_of_network(kind, tried.address, Counts::Told(spread));
                let own = self.limit_of_known(tried, tried.address, policy);
                own.into_iter().chain([of_address]).chain(self.told_of_password(tried, policy)).collect()
            }
            Standing::Network => {
                let (kind, spread) = (LimitKind::IdentifiersOfAddress, policy.identifiers_of_address);
                // SECURITY: only those at this address can use it up. It ends what one machine tries of a whole network.
                let of_address = self.limit_of_network(kind, tried.address, Counts::Identifiers(spread));
                let own = self.limit_of_known(tried, tried.network, policy);
                own.into_iter().chain([of_address]).chain(self.told_of_password(tried, policy)).collect()
            }
            Standing::Stranger => self.limits_of_others(tried, policy),
        }
    }

    fn limit_of_device(&self, tried: &Tried, policy: &ThrottlePolicy) -> Option<Limit> {
        let key = self.key("device", &[&tried.subject.0, &tried.device?.id]);
        Some(of_subject(tried, limit(LimitKind::KnownDevice, key, Counts::Tries(policy.pair))))
    }

    /// Of somebody who is known at this place.
    fn limit_of_known(&self, tried: &Tried, place: Option<IpNet>, policy: &ThrottlePolicy) -> Option<Limit> {
        let network = place.filter(|_| tried.is_stranger())?;
        let key = self.key("known-pair", &[&tried.subject.0, network.to_string().as_bytes()]);
        let known = of_subject(tried, limit(LimitKind::KnownNetwork, key, Counts::Tries(policy.pair)));
        Some(Limit { network: Some(network), ..known })
    }

    /// SECURITY: whoever knows somebody's password in part, or that it is a common one, could use up what is judged by
    /// passwords, from anywhere. So nobody who is known waits for it.
    fn told_of_password(&self, tried: &Tried, policy: &ThrottlePolicy) -> Option<Limit> {
        let kind = LimitKind::KnownOfPassword;
        let key = self.key(kind.as_str(), &[&tried.password?.0]);
        Some(limit(kind, key, Counts::Told(policy.identifiers_of_password)))
    }

    fn limits_of_others(&self, tried: &Tried, policy: &ThrottlePolicy) -> Vec<Limit> {
        let Tried { subject, network, address, .. } = *tried;
        let pair = self.key("pair", &[&subject.0, text_of(network).as_bytes()]);
        let by_pair = of_subject(tried, limit(LimitKind::Pair, pair, Counts::Tries(policy.pair)));
        let by_name = limit(LimitKind::Identifier, subject, Counts::Tries(policy.identifier));
        let mut limits = vec![Limit { network, ..by_pair }, of_subject(tried, by_name)];
        // Whoever has a session has proved something: what strangers do does not hold them up.
        let Some(password) = tried.password else { return limits };
        let spread = policy.identifiers_of_password;
        limits.extend([
            self.limit_of_network(LimitKind::Address, address, Counts::Failures(policy.address)),
            self.limit_of_network(LimitKind::Network, network, Counts::Failures(policy.network)),
            self.limit_of_network(
                LimitKind::IdentifiersOfAddress,
                address,
                Counts::Identifiers(policy.identifiers_of_address),
            ),
            limit(LimitKind::IdentifiersOfPassword, password, Counts::Identifiers(spread)),
            self.limit_of_node(policy),
        ]);
        limits
    }

    /// The limit of all strangers at this node.
    pub(super) fn limit_of_node(&self, policy: &ThrottlePolicy) -> Limit {
        limit(LimitKind::Node, self.of_node(), Counts::Here(policy.node))
    }

    fn limit_of_network(&self, kind: LimitKind, network: Option<IpNet>, counts: Counts) -> Limit {
        Limit { network, ..limit(kind, self.of_network(kind, network), counts) }
    }

    /// The key of an identifier as it was sent.
    pub(super) fn of_sent(&self, sent: &SentIdentifier) -> CounterKey {
        match sent {
            SentIdentifier::Known(Identifier::Email(email)) => self.of_email(email),
            SentIdentifier::Known(Identifier::Username(username)) => self.of_username(username),
            SentIdentifier::Nobody(text) => self.key("text", &[text.as_bytes()]),
        }
    }

    pub(super) fn of_email(&self, email: &Email) -> CounterKey {
        self.key("email", &[email.key().as_bytes()])
    }

    pub(super) fn of_username(&self, username: &Username) -> CounterKey {
        self.key("username", &[username.key().as_bytes()])
    }

    pub(super) fn of_account(&self, id: AccountId) -> CounterKey {
        self.key("account", &[&id.into_bytes()])
    }

    /// The key of what a network or an address is limited in.
    pub(super) fn of_network(&self, kind: LimitKind, network: Option<IpNet>) -> CounterKey {
        self.key(kind.as_str(), &[text_of(network).as_bytes()])
    }

    pub(super) fn of_node(&self) -> CounterKey {
        self.key(LimitKind::Node.as_str(), &[])
    }

    /// The key of the note that something was cleared.
    pub(super) fn of_clearing(&self, of: &[u8]) -> CounterKey {
        self.key("cleared", &[of])
    }

    fn key(&self, what: &str, parts: &[&[u8]]) -> CounterKey {
        CounterKey(self.pseudonyms.of(&format!("portcullis/throttle/{what}/v2"), parts))
    }
}

const fn limit(kind: LimitKind, key: CounterKey, counts: Counts) -> Limit {
    Limit { kind, key, subject: None, network: None, counts }
}

const fn of_subject(tried: &Tried, limit: Limit) -> Limit {
    Limit { subject: Some(tried.subject), ..limit }
}

/// Clients of unknown address are one network.
fn text_of(network: Option<IpNet>) -> String {
    network.map(|network| network.to_string()).unwrap_or_default()
}

/// How the budget of a kind is found when only the kind is known.
pub(super) const fn budget_of(kind: LimitKind, policy: &ThrottlePolicy) -> Option<Budget> {
    Some(match kind {
        LimitKind::Pair | LimitKind::KnownNetwork | LimitKind::KnownDevice => policy.pair,
        LimitKind::Identifier => policy.identifier,
        LimitKind::Address => policy.address,
        LimitKind::Network => policy.network,
        LimitKind::IdentifiersOfAddress | LimitKind::KnownOfAddress => policy.identifiers_of_address.budget,
        LimitKind::IdentifiersOfPassword | LimitKind::KnownOfPassword => {
            policy.identifiers_of_password.budget
        }
        LimitKind::Node => policy.node,
        LimitKind::Registrations => return policy.registrations,
        LimitKind::Junk => policy.junk,
        LimitKind::Mails => policy.mails,
        LimitKind::MailsOfNetwork => policy.mails_of_network,
    })
}

/// When a note on a known network is made again, so that it lasts for as long as somebody comes.
pub(super) const KNOWN_AGAIN_AFTER: Duration = Duration::from_hours(24);

#[cfg(test)]
mod tests {
    use portcullis_crypto::seal::MasterKey;

    use super::*;

    fn names(byte: u8) -> Names {
        let master_key = MasterKey::from_bytes([byte; 32]);
        Names::new(PseudonymKey::new(&master_key), DeviceKey::new(&master_key))
    }

    #[test]
    fn counters_hold_neither_identifiers_nor_what_can_be_computed_from_them_alone() {
        let alice = SentIdentifier::parse("alice@example.com");
        assert_eq!(names(1).of_sent(&alice), names(1).of_sent(&alice));
        assert_ne!(names(1).of_sent(&alice), names(2).of_sent(&alice));
        let text = SentIdentifier::Nobody("alice@example.com".into());
        assert_ne!(names(1).of_sent(&alice), names(1).of_sent(&text));
    }
}
