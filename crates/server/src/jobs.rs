//! What does a running server do without being asked?

use std::time::Duration;

use portcullis_core::Auth;
use tokio::select;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::lifecycle::outage::Outage;

/// How often other processes' revocations and keys are looked at. All nodes know a revocation within two seconds.
const SYNCHRONISE_EVERY: Duration = Duration::from_secs(1);
/// How often what has expired is cleared away.
const CLEAR_EVERY: Duration = Duration::from_hours(1);

/// Starts all jobs on `tasks`; they end when `stop` is cancelled.
pub(crate) fn start(auth: &Auth, tasks: &TaskTracker, stop: &CancellationToken) {
    tasks.spawn(warm_up(auth.clone()));
    tasks.spawn(synchronise(auth.clone(), stop.clone()));
    tasks.spawn(clear_away(auth.clone(), stop.clone()));
}

async fn warm_up(auth: Auth) {
    if let Err(error) = auth.warm_up().await {
        tracing::warn!(%error, "the hash for unknown accounts will be made at the first login");
    }
}

async fn synchronise(auth: Auth, stop: CancellationToken) {
    let mut outage = Outage::new("taking in revocations and keys of other processes");
    let mut ticks = ticks(SYNCHRONISE_EVERY);
    loop {
        select! { biased; () = stop.cancelled() => return, _ = ticks.tick() => {} }
        match auth.synchronise().await {
            Ok(()) => outage.worked(),
            Err(error) => outage.failed(&error),
        }
    }
}

async fn clear_away(auth: Auth, stop: CancellationToken) {
    let mut outage = Outage::new("clearing away what has expired");
    let mut ticks = ticks(CLEAR_EVERY);
    loop {
        select! { biased; () = stop.cancelled() => return, _ = ticks.tick() => {} }
        match auth.maintain(&[]).await {
            Ok(cleared) => {
                outage.worked();
                tracing::debug!(sessions = cleared.sessions, keys = cleared.keys, "cleared away");
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
