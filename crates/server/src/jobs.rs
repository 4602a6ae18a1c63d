//! What does a running server do without being asked?

pub(crate) mod audit;
pub(crate) mod certificate;
pub(crate) mod keys;
pub(crate) mod mails;

use std::time::Duration;

use portcullis_core::Auth;
use portcullis_core::auth::CLOCK_TOLERANCE;
use portcullis_core::policy::Policy;
use tokio::select;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::lifecycle::outage::Outage;

/// How often other processes' revocations and keys are looked at. All nodes know a revocation within two seconds.
const SYNCHRONISE_EVERY: Duration = Duration::from_secs(1);
/// The shortest time between two looks, however many other processes have something to tell.
const SYNCHRONISE_AT_MOST_EVERY: Duration = Duration::from_millis(50);
/// How often the clock is compared with that of the database.
const COMPARE_CLOCKS_EVERY: Duration = Duration::from_mins(1);
/// A difference that is worth a warning: far from one that does harm, and far from what NTP leaves.
pub(crate) const NOTABLE_CLOCK_DIFFERENCE_MS: i64 = 5_000;
/// How often it is looked whether an administrator has cleared limits elsewhere.
const TEND_THROTTLE_EVERY: Duration = Duration::from_secs(1);
/// How often the kinds of the stored password hashes are counted, for logins of unknown accounts to cost the same.
const TAKE_CENSUS_EVERY: Duration = Duration::from_hours(1);
/// The shortest time between two counts, however much changes.
const TAKE_CENSUS_AT_MOST_EVERY: Duration = Duration::from_mins(1);
/// The pause after a count, as a multiple of the time that it took: many hashes take long to read.
const CENSUS_PAUSE: u32 = 20;
/// How often what has expired is cleared away; of several nodes one does it.
const CLEAR_EVERY: Duration = Duration::from_hours(1);

/// When jobs end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ends<'a> {
    /// Cancelled when the server is to stop.
    pub(crate) stop: &'a CancellationToken,
    /// Cancelled after that, when nothing is answered any more: for jobs that deal with what requests have left.
    pub(crate) answered: &'a CancellationToken,
}

/// Starts all jobs on `tasks`. `faces` are the rules of all that is served beside the native API.
pub(crate) fn start(auth: &Auth, faces: Vec<Policy>, tasks: &TaskTracker, ends: Ends<'_>) {
    let Ends { stop, answered } = ends;
    tasks.spawn(take_census(auth.clone(), stop.clone()));
    tasks.spawn(synchronise(auth.clone(), stop.clone()));
    tasks.spawn(compare_clocks(auth.clone(), stop.clone()));
    tasks.spawn(tend_throttle(auth.clone(), answered.clone()));
    tasks.spawn(clear_away(auth.clone(), faces, stop.clone()));
}

async fn take_census(auth: Auth, stop: CancellationToken) {
    let mut outage = Outage::new("counting what kinds of password hashes there are");
    loop {
        let begun = Instant::now();
        let taken = select! { biased; () = stop.cancelled() => return, taken = auth.take_census() => taken };
        match &taken {
            Ok(()) => outage.worked(),
            Err(error) => outage.failed(error),
        }
        let pause = TAKE_CENSUS_AT_MOST_EVERY.max(begun.elapsed() * CENSUS_PAUSE);
        let is_due = async {
            sleep(pause).await;
            while taken.is_ok() && !auth.is_census_due() && begun.elapsed() < TAKE_CENSUS_EVERY {
                sleep(TAKE_CENSUS_AT_MOST_EVERY).await;
            }
        };
        select! { biased; () = stop.cancelled() => return, () = is_due => {} }
    }
}

async fn synchronise(auth: Auth, stop: CancellationToken) {
    let mut outage = Outage::new("asking the database for revocations and keys");
    let mut ticks = ticks(SYNCHRONISE_EVERY);
    loop {
        select! {
            biased;
            () = stop.cancelled() => return,
            _ = ticks.tick() => {}
            () = auth.wait_for_news() => {}
        }
        match auth.synchronise().await {
            Ok(()) => outage.worked(),
            Err(error) => outage.failed(&keys::with_advice(&error)),
        }
        sleep(SYNCHRONISE_AT_MOST_EVERY).await;
    }
}

async fn tend_throttle(auth: Auth, stop: CancellationToken) {
    let known = auth.recall_known_networks().await;
    tracing::debug!(known, "client networks are known from before");
    let mut ticks = ticks(TEND_THROTTLE_EVERY);
    loop {
        select! { biased; () = stop.cancelled() => return, _ = ticks.tick() => {} }
        auth.tend_throttle().await;
    }
}

async fn compare_clocks(auth: Auth, stop: CancellationToken) {
    let mut ticks = ticks(COMPARE_CLOCKS_EVERY);
    loop {
        select! { biased; () = stop.cancelled() => return, _ = ticks.tick() => {} }
        // An outage is told by the others.
        let Ok(Some(ahead)) = auth.clock_ahead_ms().await else { continue };
        if ahead.abs() > NOTABLE_CLOCK_DIFFERENCE_MS {
            tracing::warn!(
                ahead_ms = ahead,
                "the clock of this machine differs from that of the database: set it, and keep it right with NTP"
            );
        }
    }
}

/// Whether the clock runs ahead of the database's, which is told.
///
/// SECURITY: everything would look long over then, and be forgotten.
async fn must_not_forget(auth: &Auth, so: &str) -> bool {
    let ahead = auth.clock_ahead_ms().await.ok().flatten();
    let ahead =
        ahead.filter(|ahead| u128::try_from(*ahead).is_ok_and(|ahead| ahead > CLOCK_TOLERANCE.as_millis()));
    if let Some(ahead) = ahead {
        tracing::error!(ahead_ms = ahead, "{so} while the clock is ahead of the database's");
    }
    ahead.is_some()
}

async fn clear_away(auth: Auth, faces: Vec<Policy>, stop: CancellationToken) {
    let faces: Vec<_> = faces.iter().collect();
    let mut outage = Outage::new("clearing away what has expired");
    let mut ticks = ticks(CLEAR_EVERY);
    loop {
        select! { biased; () = stop.cancelled() => return, _ = ticks.tick() => {} }
        if must_not_forget(&auth, "nothing is cleared away").await {
            continue;
        }
        match auth.maintain(&faces).await {
            Ok(cleared) => {
                outage.worked();
                if let Some(cleared) = cleared {
                    tracing::debug!(
                        sessions = cleared.sessions,
                        keys = cleared.keys,
                        counters = cleared.counters,
                        mails = cleared.mails,
                        "cleared away"
                    );
                }
            }
            Err(error) => outage.failed(&error),
        }
    }
}

fn ticks(period: Duration) -> tokio::time::Interval {
    let mut ticks = interval(period);
    // After a pause of the machine one look is enough.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}
