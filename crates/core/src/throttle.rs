//! Who may try a password now, and who is told to come back later?
//!
//! What is counted stands in `policy::throttle`; here it is asked and written:
//! - A try is judged before it costs anything, by what was sent and from where. It is the same for identifiers that
//!   belong to nobody.
//! - A try that was begun and dropped has failed: whoever hangs up before the answer gets nothing for it.
//! - Where only tries under way are in the way of another, it waits for their end instead of being refused: many
//!   good logins of one person at once all succeed, many guesses at once get no further than guesses one by one.
//! - Whoever is refused has only looked: a flood of such tries is in nobody's way.
//! - All of this holds across nodes that count together. What is limited for many people at once (networks, passwords)
//!   is exact within a node; with several, as much more may pass as the others have under way at that moment.
//!
//! ```text
//! begin: read the counters ─▶ judge ─┬▶ refused: 429                        ┌▶ right: forgiven, the network is known
//!                   ▲                ├▶ busy: wait for an end, look again   ├▶ wrong: weighs, answered later
//!                   └── changed ◀────┴▶ admitted: write ── a password ──────┴▶ no word on it: nothing
//! ```

mod clearing;
mod counting;
mod ending;
mod lanes;
mod limits;
mod look;
mod memory;
mod metrics;
mod notes;
mod routes;
mod settlement;
mod table;
mod tries;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use portcullis_crypto::device::Device;
use portcullis_crypto::device::{DeviceKey, DeviceToken, DeviceTokens, Names as NamesOfAccount};
use portcullis_crypto::pseudonym::PseudonymKey;
use portcullis_crypto::seal::MasterKey;
use tokio::sync::Semaphore;

pub(crate) use self::clearing::Clearing;
pub use self::clearing::Weight;
pub(crate) use self::counting::Away;
use self::counting::Counting;
use self::ending::Unsettled;
use self::lanes::Lanes;
pub(crate) use self::limits::Subject;
use self::limits::{Limit, Names};
use self::metrics::Counts as CountsOfAll;
pub use self::metrics::ThrottleMetrics;
pub(crate) use self::tries::Try;
use crate::Auth;
use crate::flows::Grant;
use crate::model::{Account, AuditDetail, AuditEvent, AuditKind, Client, Timestamp};
use crate::policy::throttle::LimitKind;
use crate::ports::ThrottleCounters;
use crate::ports::throttle::CounterKey;

/// How many tries wait for others to end: of strangers, and of those who are known.
const MOST_WAITING: usize = 256;
/// How many of those who are refused are looked for among the notes at once.
const MOST_REMINDERS: usize = 16;
/// How many tries that were dropped are counted each second.
const SETTLED_AT_ONCE: usize = 1000;
/// How many limits wait to be told to the audit log.
const MOST_REPORTS: usize = 1000;

/// What wrong passwords are counted with.
#[derive(Clone)]
pub struct ThrottleDeps {
    /// Where nodes count together; `None` where each counts in its own memory.
    pub shared: Option<Arc<dyn ThrottleCounters>>,
    /// Where notes outlast the process: which networks are known, if nothing is shared, and what was cleared.
    pub notes: Option<Arc<dyn ThrottleCounters>>,
    /// How long a try waits for the shared counters before its node counts by itself.
    pub deadline: Duration,
}

impl Default for ThrottleDeps {
    /// Each node counts in its own memory, and forgets all at its end. A quarter of a second.
    fn default() -> Self {
        Self { shared: None, notes: None, deadline: Duration::from_millis(250) }
    }
}

/// Everything that is limited.
pub(crate) struct Throttle {
    names: Names,
    counting: Counting,
    notes: Option<Arc<dyn ThrottleCounters>>,
    /// Tries under way at this node, by what is limited for many people at once.
    reserved: Arc<Mutex<Reserved>>,
    /// Tries that were dropped and have failed, and stand in no counter yet.
    unsettled: Mutex<Vec<Unsettled>>,
    lanes: Lanes,
    strangers: Semaphore,
    acquaintances: Semaphore,
    reminders: Semaphore,
    reports: Mutex<Vec<Report>>,
    heeded: Mutex<HashMap<CounterKey, Timestamp>>,
    counts: CountsOfAll,
}

/// How many tries are under way at this node, by what is limited.
type Reserved = HashMap<CounterKey, u32>;

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

/// Too many passwords were wrong, or too much of something else; when to come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooManyTries {
    pub(crate) retry_after: Duration,
}

/// A limit that makes others wait from now on.
#[derive(Debug, Clone, Copy)]
struct Report {
    limit: Limit,
    at: Timestamp,
}

impl Throttle {
    /// Nobody has failed yet, as far as this process knows.
    pub(crate) fn new(master_key: &MasterKey, deps: ThrottleDeps) -> Self {
        Self {
            names: Names::new(PseudonymKey::new(master_key), DeviceKey::new(master_key)),
            counting: Counting::new(deps.shared, deps.deadline),
            notes: deps.notes,
            reserved: Arc::default(),
            unsettled: Mutex::default(),
            lanes: Lanes::new(),
            strangers: Semaphore::new(MOST_WAITING),
            acquaintances: Semaphore::new(MOST_WAITING),
            reminders: Semaphore::new(MOST_REMINDERS),
            reports: Mutex::default(),
            heeded: Mutex::default(),
            counts: CountsOfAll::default(),
        }
    }

    /// Says once that somebody may be guessing. Neither the identifier nor the account is told to the log.
    fn report(&self, limit: Limit, at: Timestamp) {
        let network = limit.network.map(tracing::field::display);
        let what = limit.kind.sentence();
        match limit.kind {
            kind if kind.is_only_told() => {
                tracing::warn!(
                    limit = what,
                    network,
                    "somebody may be trying the identifiers of people who are known there; nobody has to wait for it"
                );
            }
            kind if kind.is_stuffing() => {
                tracing::warn!(
                    limit = what,
                    network,
                    "somebody tries many identifiers; further tries have to wait"
                );
            }
            LimitKind::Registrations | LimitKind::Junk | LimitKind::Mails | LimitKind::MailsOfNetwork => {
                tracing::warn!(limit = what, network, "many requests of one kind; further ones have to wait");
            }
            _ => tracing::warn!(limit = what, network, "many wrong passwords; further tries have to wait"),
        }
        self.counts.exhaust(limit.kind);
        let mut reports = self.reports.lock().unwrap_or_else(PoisonError::into_inner);
        if reports.len() < MOST_REPORTS {
            reports.push(Report { limit, at });
        }
    }

    fn unsettled(&self) -> MutexGuard<'_, Vec<Unsettled>> {
        self.unsettled.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The same for the audit log, each once.
    fn take_reports(&self) -> Vec<Report> {
        std::mem::take(&mut *self.reports.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What a browser gets after a login from it, beside what it had.
    fn device_tokens(&self, account: &Account, device: Device, before: &DeviceTokens) -> DeviceTokens {
        let email = account.email.as_ref().map(|email| self.names.of_email(email));
        let username = account.username.as_ref().map(|username| self.names.of_username(username));
        let one = email.or(username).unwrap_or_else(|| self.names.of_account(account.id));
        let names = NamesOfAccount { one: one.0, other: username.unwrap_or(one).0 };
        let devices = self.names.devices();
        let token: DeviceToken = devices.issue(device, &names);
        let is_of =
            |tokens: &DeviceTokens, name| devices.recognise(tokens, name, device.issued_at_ms).is_some();
        before.after_login(token, |other| is_of(other, &names.one) || is_of(other, &names.other))
    }
}

impl Auth {
    /// Begins a try of somebody's password, unless too many have failed. To be asked before anything that costs.
    pub(crate) async fn begin_try(
        &self,
        subject: Subject<'_>,
        client: &Client,
    ) -> Result<Try<'_>, TooManyTries> {
        match &self.policy().throttle {
            Some(policy) => self.throttle().begin(subject, client, policy, self.clock()).await,
            None => Ok(Try::unlimited(self.throttle(), self.clock())),
        }
    }

    /// Whether a device that was recognised still counts: not if all sessions of the account were ended since.
    ///
    /// SECURITY: that is what a change of the password does. A cookie that was copied before is worth nothing then, and
    /// neither are those that somebody collected under the same name before the account was there.
    pub(crate) fn is_device_current(device: Device, account: Option<&Account>) -> bool {
        let issued_at = Timestamp::from_millis(device.issued_at_ms);
        account.is_some_and(|account| {
            issued_at >= account.created_at && account.disowned_at.is_none_or(|at| issued_at >= at)
        })
    }

    /// By what the browser that somebody has just logged in with is recognised the next time. `None` where nothing is
    /// limited.
    pub fn devices_after_login(&self, grant: &Grant, client: &Client) -> Option<DeviceTokens> {
        self.policy().throttle.as_ref()?;
        let device = Device { id: self.random(), issued_at_ms: grant.now.as_millis() };
        Some(self.throttle().device_tokens(&grant.account, device, &client.devices))
    }

    /// What the limits have done so far.
    pub fn throttle_metrics(&self) -> ThrottleMetrics {
        self.throttle().metrics()
    }

    /// Does what the limits have to do every second: tells the audit log, hears of other nodes, counts what was dropped.
    pub async fn tend_throttle(&self) {
        let throttle = self.throttle();
        throttle.heed_notes(self.now()).await;
        for Report { limit, at } in throttle.take_reports() {
            let is_stuffing = limit.kind.is_stuffing();
            let kind = if is_stuffing { AuditKind::StuffingSuspected } else { AuditKind::TriesExhausted };
            let client = Client::new(limit.network.map(|network| network.addr()), None);
            let event = self.event_of_nobody(kind, &client);
            self.note(AuditEvent { at, ..event }.with_detail(AuditDetail::word(limit.kind.as_str())));
        }
        throttle.settle_dropped(SETTLED_AT_ONCE, self.clock()).await;
    }

    /// Learns where people were known before the start, where that is only noted; answers how many addresses and
    /// networks it is. To be called once.
    pub async fn recall_known_networks(&self) -> usize {
        self.throttle().recall(self.now()).await
    }
}

#[cfg(test)]
mod tests;
