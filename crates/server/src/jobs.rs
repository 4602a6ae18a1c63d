//! What does a running server do without being asked?

use std::time::Duration;

use portcullis_core::Auth;
use portcullis_core::auth::CLOCK_TOLERANCE;
use portcullis_core::policy::Policy;
use tokio::select;
use tokio::time::{MissedTickBehavior, interval, sleep};
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
/// How often what has expired is cleared away; of several nodes one does it.
const CLEAR_EVERY: Duration = Duration::from_hours(1);

/// Starts all jobs on `tasks`; they end when `stop` is cancelled. `faces` are the rules of all that is served beside the
/// native API.
pub(crate) fn start(auth: &Auth, faces: Vec<Policy>, tasks: &TaskTracker, stop: &CancellationToken) {
    tasks.spawn(warm_up(auth.clone()));
    tasks.spawn(synchronise(auth.clone(), stop.clone()));
    tasks.spawn(compare_clocks(auth.clone(), stop.clone()));
    tasks.spawn(clear_away(auth.clone(), faces, stop.clone()));
}

async fn warm_up(auth: Auth) {
    if let Err(error) = auth.warm_up().await {
        tracing::warn!(%error, "the hash for unknown accounts will be made at the first login");
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
            Err(error) => outage.failed(&error),
        }
        sleep(SYNCHRONISE_AT_MOST_EVERY).await;
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

async fn clear_away(auth: Auth, faces: Vec<Policy>, stop: CancellationToken) {
    let faces: Vec<_> = faces.iter().collect();
    let mut outage = Outage::new("clearing away what has expired");
    let mut ticks = ticks(CLEAR_EVERY);
    loop {
        select! { biased; () = stop.cancelled() => return, _ = ticks.tick() => {} }
        // SECURITY: with a clock that runs ahead everything would look long over, and be forgotten.
        if let Ok(Some(ahead)) = auth.clock_ahead_ms().await
            && u128::try_from(ahead).is_ok_and(|ahead| ahead > CLOCK_TOLERANCE.as_millis())
        {
            tracing::error!(
                ahead_ms = ahead,
                "nothing is cleared away while the clock is ahead of the database's"
            );
            continue;
        }
        match auth.maintain(&faces).await {
            Ok(cleared) => {
                outage.worked();
                if let Some(cleared) = cleared {
                    tracing::debug!(sessions = cleared.sessions, keys = cleared.keys, "cleared away");
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
