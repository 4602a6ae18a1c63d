//! Who sends what is in the outbox, and deletes accounts whose time has come?

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use portcullis_core::Auth;
use portcullis_core::flows::deliver_mails::MailRound;
use tokio::select;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::{must_not_forget, ticks};
use crate::lifecycle::outage::Outage;
use crate::metrics::Outbox;

/// How often the outbox is looked at for what other nodes have put there, or what is due again; up to
/// [`SPREAD_MILLIS`] later, so that not all nodes ask at once.
const LOOK_EVERY: Duration = Duration::from_secs(1);
const SPREAD_MILLIS: u16 = 250;
/// How many mails a node sends at once, so that one mail server that is slow to answer does not hold up all others.
const LANES: usize = 4;
/// The longest that an entry with nobody to write to holds its lane.
const LONGEST_PACE: Duration = Duration::from_secs(5);
/// How long after a failure of the database it is asked again.
const TRY_AGAIN_AFTER: Duration = Duration::from_secs(5);
/// How often the outbox is counted for the metrics.
const COUNT_EVERY: Duration = Duration::from_secs(30);
/// How often accounts are looked for whose time has come.
const DELETE_EVERY: Duration = Duration::from_mins(1);

/// Starts the jobs on `tasks`; they end when `stop` is cancelled, between two mails.
/// `outbox` is told how many there are, if anybody looks.
pub(crate) fn start(auth: &Auth, outbox: Option<Arc<Outbox>>, tasks: &TaskTracker, stop: &CancellationToken) {
    if auth.policy().mail.is_some() {
        let usual = Arc::new(Usual::default());
        for _ in 0..LANES {
            tasks.spawn(deliver(auth.clone(), Arc::clone(&usual), stop.clone()));
        }
    }
    if let Some(outbox) = outbox {
        tasks.spawn(count(auth.clone(), outbox, stop.clone()));
    }
    // Also where no mails are sent any more: what was announced by one still happens.
    tasks.spawn(delete_due(auth.clone(), stop.clone()));
}

/// How long it lately took to send a mail.
///
/// SECURITY: an entry with nobody to write to holds its lane for as long. Whoever asks for mails to others and for one of
/// their own behind them must not tell from its delay which of the others have an account.
#[derive(Default)]
struct Usual(AtomicU64);

impl Usual {
    /// Waits as long as a mail takes that is sent; learns from those that are.
    async fn keep_pace(&self, round: &MailRound, took: Duration) {
        if round.sent > 0 || round.postponed > 0 || round.dead > 0 {
            let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
            self.0.store(millis, Ordering::Relaxed);
        } else if round.dropped > 0 {
            let usual = Duration::from_millis(self.0.load(Ordering::Relaxed)).min(LONGEST_PACE);
            sleep(usual.saturating_sub(took)).await;
        }
    }
}

async fn deliver(auth: Auth, usual: Arc<Usual>, stop: CancellationToken) {
    // What keeps single mails from being sent, the flow tells itself.
    let mut outage = Outage::new("looking into the outbox");
    loop {
        // A mail at hand is sent to its end and noted as sent, as long as the end of jobs is waited for. One that is cut off
        // then is sent once more by whoever looks into the outbox next.
        let begun = Instant::now();
        let pause = match auth.deliver_mails().await {
            Ok(round) => {
                outage.worked();
                usual.keep_pace(&round, begun.elapsed()).await;
                if round.more { Duration::ZERO } else { LOOK_EVERY + spread(&auth) }
            }
            Err(error) => {
                outage.failed(&error);
                TRY_AGAIN_AFTER
            }
        };
        select! {
            biased;
            () = stop.cancelled() => return,
            () = sleep(pause) => {}
            () = auth.wait_for_mail() => {}
        }
    }
}

async fn count(auth: Auth, outbox: Arc<Outbox>, stop: CancellationToken) {
    let mut ticks = ticks(COUNT_EVERY);
    loop {
        select! { biased; () = stop.cancelled() => return, _ = ticks.tick() => {} }
        // An outage is told by the others.
        if let Ok(counts) = auth.count_mails().await {
            outbox.note(counts);
        }
    }
}

fn spread(auth: &Auth) -> Duration {
    Duration::from_millis((u16::from_le_bytes(auth.random()) % SPREAD_MILLIS).into())
}

async fn delete_due(auth: Auth, stop: CancellationToken) {
    let mut outage = Outage::new("deleting accounts whose time has come");
    let mut ticks = ticks(DELETE_EVERY);
    loop {
        select! { biased; () = stop.cancelled() => return, _ = ticks.tick() => {} }
        if must_not_forget(&auth, "no account is deleted").await {
            continue;
        }
        match auth.delete_due_accounts().await {
            Ok(deleted) => {
                outage.worked();
                if deleted > 0 {
                    tracing::info!(deleted, "accounts are gone that their owners had deleted");
                }
            }
            Err(error) => outage.failed(&error),
        }
    }
}
