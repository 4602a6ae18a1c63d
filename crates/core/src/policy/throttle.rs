//! May another password be tried now, or have too many been wrong?
//!
//! Wrong passwords weigh on [`Bucket`]s, one for each thing that is limited:
//!
//! ```text
//! who tries                                        what is limited                              what weighs
//! ────────────────────────────────────────────────────────────────────────────────────────────────────────────
//! a known client: a device that has logged in      the device                                   each failure
//! …, or an address (IPv4) or a /64 (IPv6) from     this identifier from there                   each failure
//!    which this identifier was logged in           (identifiers that fail there: only told)     each new identifier
//! …, or elsewhere in such a /24 or /48             this identifier from this network            each failure
//!                                                  identifiers tried from the address           each new identifier
//! anybody else                                     this identifier from this network            each failure
//!                                                  this identifier                              each failure
//!                                                  the address (IPv4), or its /64 (IPv6)        each failure
//!                                                  its /24, or its /48                          each failure
//!                                                  identifiers tried from the address           each new identifier
//!                                                  identifiers tried with this password         each new identifier
//!                                                  everything at this node                      each failure
//! ```
//!
//! A known device or address has a bucket of its own and none of the others: nobody anywhere else can keep it out, and
//! it keeps out nobody else. Elsewhere in a known network only those in the same network can be in the way.

mod bucket;
mod budget;
mod kind;
mod seen;
mod under_way;

use std::time::Duration;

pub use bucket::{Bucket, Verdict};
pub use budget::Budget;
pub use kind::LimitKind;
pub use seen::{Mark, Seen};
pub use under_way::{Lease, UnderWay};

/// How many wrong passwords are borne, and of what else how much.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThrottlePolicy {
    /// Failures for one identifier from one client network; the same for a known client by itself.
    pub pair: Budget,
    /// Failures for one identifier from everywhere.
    pub identifier: Budget,
    /// Failures from one address (IPv4) or /64 (IPv6) for all identifiers.
    pub address: Budget,
    /// Failures from one /24 (IPv4) or /48 (IPv6) for all identifiers.
    pub network: Budget,
    /// Different identifiers that are tried from one address or /64.
    pub identifiers_of_address: Spread,
    /// Different identifiers that one password is tried with.
    pub identifiers_of_password: Spread,
    /// Failures at this node.
    pub node: Budget,
    /// Registrations from one address or /64; any number where there is no budget.
    pub registrations: Option<Budget>,
    /// Tokens from one address or /64 that are nobody's.
    pub junk: Budget,
    /// Mails that are asked for from one address or /64.
    pub mails: Budget,
    /// The same from one /24 or /48.
    pub mails_of_network: Budget,
    /// How late a failure is answered that is the last before a wait. Zero: at once.
    pub longest_delay: Duration,
    /// For how long a client network is known after a login.
    pub known_for: Duration,
}

/// How many different identifiers are borne.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spread {
    /// As many failures, each for another identifier.
    pub budget: Budget,
    /// For how long an identifier that failed before is none that is new.
    pub within: Duration,
}

impl Default for ThrottlePolicy {
    /// - From one network 10 failures for an identifier, then waits from 30 seconds to 5 minutes; from everywhere 100
    ///   for an identifier, then one each 30 seconds.
    /// - From one address 100 failures, then one each 5 seconds; from its network 300, then one each second.
    /// - From one address 40 different identifiers, then one each 20 seconds; with one password 30, then one each 2
    ///   minutes.
    /// - At this node 3000 failures, then 10 each second.
    /// - No limit for registrations; 500 tokens that are nobody's, then five each second; 30 mails from one
    ///   address, then one each 20 seconds, and 300 from one network, then one each 2 seconds.
    /// - The last failures before a wait are answered up to two seconds later; a network is known for 30 days.
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self {
            pair: Self::pair_of(10),
            identifier: Budget::steady(100, seconds(30)),
            address: Budget::steady(100, seconds(5)),
            network: Budget::steady(300, seconds(1)),
            identifiers_of_address: Spread {
                budget: Budget::steady(40, seconds(20)),
                within: Duration::from_hours(1),
            },
            identifiers_of_password: Spread {
                budget: Budget::steady(30, seconds(120)),
                within: Duration::from_hours(6),
            },
            node: Self::node_of(600),
            registrations: None,
            junk: Budget::steady(500, Duration::from_millis(200)),
            mails: Budget::steady(30, seconds(20)),
            mails_of_network: Budget::steady(300, seconds(2)),
            longest_delay: seconds(2),
            known_for: Duration::from_hours(30 * 24),
        }
    }
}

impl ThrottlePolicy {
    /// So many failures at once for one identifier from one network.
    pub const fn pair_of(burst: u32) -> Budget {
        Budget { burst, first_wait: Duration::from_secs(30), forgive_every: Duration::from_mins(5) }
    }

    /// So many failures a minute for long, and those of five minutes at once.
    pub fn node_of(failures_a_minute: u32) -> Budget {
        let failures = failures_a_minute.max(1);
        Budget::steady(failures.saturating_mul(5), Budget::whole_millis(Duration::from_mins(1) / failures))
    }

    /// So many registrations an hour, all at once if need be.
    pub fn registrations_of(an_hour: u32) -> Budget {
        let registrations = an_hour.max(1);
        Budget::steady(registrations, Budget::whole_millis(Duration::from_hours(1) / registrations))
    }
}

#[cfg(test)]
mod tests;
