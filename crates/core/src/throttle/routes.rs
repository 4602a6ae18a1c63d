//! Who asks too much of a route that takes no password?
//!
//! Counted in the memory of this process, by the address or /64: cheap enough for a flood.

use std::time::Duration;

use ipnet::IpNet;

use super::Throttle;
use super::limits::{Counts, Limit};
use crate::Auth;
use crate::model::{Client, Timestamp};
use crate::policy::throttle::{Bucket, Budget, LimitKind, Verdict};
use crate::ports::throttle::{Counted, Counter};

impl Throttle {
    /// Counts one more from an address; how long to wait instead, if there were too many.
    pub(super) fn count(
        &self,
        kind: LimitKind,
        address: Option<IpNet>,
        budget: &Budget,
        now: Timestamp,
    ) -> Result<(), Duration> {
        let key = self.names.of_network(kind, address);
        let (outcome, is_news) = self.counting.own().change(key, now, |counter| {
            let bucket = counter.as_ref().map_or_else(|| Bucket::new(now), |counter| counter.bucket);
            let mut bucket = bucket.seen_at(budget, now);
            if let Verdict::Refuse(wait) = bucket.judge(budget, now, 0) {
                return (counter, (Err(wait), false));
            }
            let is_news = bucket.fail(budget, now);
            let (counted, expires_at) = (Counted::Limit(kind), bucket.worth_until(budget));
            let new = Counter { counted, subject: None, network: address, bucket, expires_at };
            (Some(new), (Ok(()), is_news))
        });
        if is_news {
            let counts = Counts::Here(*budget);
            self.report(Limit { kind, key, subject: None, network: address, counts }, now);
        }
        if outcome.is_err() {
            self.counts.refused.add(1);
        }
        outcome
    }
}

impl Auth {
    /// Somebody registers; how long to wait instead, if too many did from there.
    pub(crate) fn admit_registration(&self, client: &Client) -> Result<(), Duration> {
        let budget = self.policy().throttle.as_ref().and_then(|policy| policy.registrations);
        let Some(budget) = budget else { return Ok(()) };
        self.throttle().count(LimitKind::Registrations, client.address_block(), &budget, self.now())
    }

    /// Somebody asks for a mail; how long to wait instead, if too many were asked for from there.
    pub(crate) fn count_mail(&self, client: &Client) -> Result<(), Duration> {
        let Some(policy) = &self.policy().throttle else { return Ok(()) };
        let (throttle, now) = (self.throttle(), self.now());
        throttle.count(LimitKind::Mails, client.address_block(), &policy.mails, now)?;
        throttle.count(LimitKind::MailsOfNetwork, client.network(), &policy.mails_of_network, now)
    }

    /// A token came in that is nobody's. Whoever sends very many is told to come back later, which keeps no good token
    /// out: those are never counted.
    ///
    /// # Errors
    /// How long to wait.
    pub fn count_junk(&self, client: &Client) -> Result<(), Duration> {
        let Some(policy) = &self.policy().throttle else { return Ok(()) };
        self.throttle().count(LimitKind::Junk, client.address_block(), &policy.junk, self.now())
    }
}
