//! Who may try a password now, and who is told to come back later?
//!
//! What is counted stands in `policy::throttle`; here is the memory for it, of one process:
//! - A try is judged before it costs anything: by what was sent as an identifier together with the network it came
//!   from, by each of the two alone. It is the same for identifiers that belong to nobody.
//! - A try that was begun and dropped has failed: whoever hangs up before the answer gets nothing for it.
//! - Where only tries under way are in the way of another, it waits for their end instead of being refused: many
//!   good logins of one person at once all succeed, many guesses at once get no further than guesses one by one.
//!
//! SECURITY: memory names nobody. Keys are digests under a secret of the process, which is never written anywhere.

mod table;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ipnet::IpNet;
use portcullis_crypto::digest;
use tokio::sync::{Notify, Semaphore};
use tokio::time::{Instant, timeout_at};

use self::table::{Key, Table};
use crate::Auth;
use crate::flows::log_in::SentIdentifier;
use crate::model::{AccountId, Client, Identifier};
use crate::policy::ThrottlePolicy;
use crate::policy::throttle::{Budget, Verdict};
use crate::ports::Clock;

/// How many buckets are remembered: about 10 MB when all are in use.
const MOST_BUCKETS: usize = 100_000;

/// How many tries wait for others to end.
const MOST_WAITING: usize = 256;

/// For how long they wait, and when they are told to come back.
const PATIENCE: Duration = Duration::from_secs(5);
const COME_BACK: Duration = Duration::from_secs(1);

/// The buckets of one process.
pub(crate) struct Throttle {
    secret: [u8; 32],
    table: Mutex<Table>,
    /// Whenever a try ends.
    ended: Notify,
    waiting: Semaphore,
}

/// Whose password is tried.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Subject<'a> {
    /// Whoever that belongs to, if anybody.
    Sent(&'a SentIdentifier),
    /// Somebody who has a session.
    Account(AccountId),
}

/// What a try said about the password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// It is right.
    Right,
    /// It is wrong, or does not let anybody in.
    Wrong,
    /// Nothing: something else was in the way.
    Unknown,
}

/// Too many passwords were wrong; when to come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooManyTries {
    pub(crate) retry_after: Duration,
}

/// What is limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Limited {
    Pair,
    Identifier,
    Network,
}

impl Limited {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Pair => "one identifier from one network",
            Self::Identifier => "one identifier from all networks",
            Self::Network => "one network",
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Limit {
    limited: Limited,
    key: Key,
    budget: Budget,
}

impl Throttle {
    /// Nobody has failed yet. The secret is 32 random bytes.
    pub(crate) fn new(secret: [u8; 32]) -> Self {
        Self {
            secret,
            table: Mutex::new(Table::new(MOST_BUCKETS)),
            ended: Notify::new(),
            waiting: Semaphore::new(MOST_WAITING),
        }
    }

    /// Begins a try, unless too many have failed.
    async fn begin<'a>(
        &'a self,
        limits: Vec<Limit>,
        network: Option<IpNet>,
        clock: &'a dyn Clock,
    ) -> Result<Try<'a>, TooManyTries> {
        let later = TooManyTries { retry_after: COME_BACK };
        let mut place_in_line = None;
        let until = Instant::now() + PATIENCE;
        loop {
            // Taken before the look, so that no end in between is missed.
            let ended = self.ended.notified();
            match self.table().begin(&limits, clock.now()) {
                Verdict::Admit => return Ok(Try { throttle: self, limits, network, clock }),
                Verdict::Refuse(retry_after) => return Err(TooManyTries { retry_after }),
                Verdict::Busy => {}
            }
            if place_in_line.is_none() {
                place_in_line = Some(self.waiting.try_acquire().map_err(|_| later)?);
            }
            timeout_at(until, ended).await.map_err(|_| later)?;
        }
    }

    fn limits(&self, subject: Subject<'_>, network: Option<IpNet>, policy: &ThrottlePolicy) -> Vec<Limit> {
        let network = network.map(|network| network.to_string()).unwrap_or_default();
        let (name, is_stranger) = match subject {
            Subject::Sent(SentIdentifier::Known(Identifier::Email(email))) => {
                (self.key("email", &[email.key().as_bytes()]), true)
            }
            Subject::Sent(SentIdentifier::Known(Identifier::Username(username))) => {
                (self.key("username", &[username.key().as_bytes()]), true)
            }
            Subject::Sent(SentIdentifier::Nobody(text)) => (self.key("text", &[text.as_bytes()]), true),
            Subject::Account(id) => (self.key("account", &[&id.into_bytes()]), false),
        };
        let pair = self.key("pair", &[&name.0, network.as_bytes()]);
        let limit = |limited, key, budget| Limit { limited, key, budget };
        let mut limits = vec![
            limit(Limited::Pair, pair, policy.pair),
            limit(Limited::Identifier, name, policy.identifier),
        ];
        // Whoever has a session has proved something: what strangers in the same network do does not hold them up.
        if is_stranger {
            let key = self.key("network", &[network.as_bytes()]);
            limits.push(limit(Limited::Network, key, policy.network));
        }
        limits
    }

    fn key(&self, what: &str, parts: &[&[u8]]) -> Key {
        let secret: &[u8] = &self.secret;
        let parts: Vec<&[u8]> = [secret].into_iter().chain(parts.iter().copied()).collect();
        let digest = digest::sha256(&format!("portcullis/throttle/{what}/v1"), &parts);
        let mut key = Key([0; 16]);
        key.0.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
        key
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A password is being tried. Dropped without an ending it has failed.
pub(crate) struct Try<'a> {
    throttle: &'a Throttle,
    /// Empty once it has ended, or where nothing is limited.
    limits: Vec<Limit>,
    network: Option<IpNet>,
    clock: &'a dyn Clock,
}

impl Try<'_> {
    /// It is over.
    pub(crate) fn end(mut self, ending: Ending) {
        self.settle(ending);
    }

    fn settle(&mut self, ending: Ending) {
        let limits = std::mem::take(&mut self.limits);
        if limits.is_empty() {
            return;
        }
        let now = self.clock.now();
        let exhausted = self.throttle.table().end(&limits, ending, now);
        self.throttle.ended.notify_waiters();
        for limited in exhausted {
            self.report(limited);
        }
    }

    /// Says once that somebody may be guessing. Neither the identifier nor the account is told to the log.
    fn report(&self, limited: Limited) {
        let network = match (limited, self.network) {
            (Limited::Identifier, _) => None,
            (Limited::Pair | Limited::Network, network) => network.map(tracing::field::display),
        };
        tracing::warn!(limit = limited.as_str(), network, "many wrong passwords; further tries have to wait");
    }
}

impl Drop for Try<'_> {
    fn drop(&mut self) {
        self.settle(Ending::Wrong);
    }
}

impl Auth {
    /// Begins a try of somebody's password, unless too many have failed. To be asked before anything that costs.
    pub(crate) async fn begin_try(
        &self,
        subject: Subject<'_>,
        client: &Client,
    ) -> Result<Try<'_>, TooManyTries> {
        let (throttle, clock, network) = (self.throttle(), self.clock(), client.network());
        match &self.policy().throttle {
            Some(policy) => throttle.begin(throttle.limits(subject, network, policy), network, clock).await,
            None => Ok(Try { throttle, limits: Vec::new(), network, clock }),
        }
    }
}

#[cfg(test)]
mod tests;
