//! Which signing keys does a running server replace without being asked?

use std::time::Duration;

use portcullis_core::crypto::keyring::KeyringError;
use portcullis_core::flows::rotate_due_keys::RotateDueKeysError;
use portcullis_core::flows::rotate_keys::Rotated;
use portcullis_core::{Auth, OpenError};
use tokio::select;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::ticks;
use crate::lifecycle::outage::Outage;

/// How often the ages of the keys are looked at, in memory; of several nodes one rotates.
const LOOK_EVERY: Duration = Duration::from_mins(10);

/// Starts the job on `tasks`; it ends when `stop` is cancelled. No key is rotated where `every` is zero.
pub(crate) fn start(auth: &Auth, every: Duration, tasks: &TaskTracker, stop: &CancellationToken) {
    if !every.is_zero() {
        tasks.spawn(rotate(auth.clone(), every, stop.clone()));
    }
}

async fn rotate(auth: Auth, every: Duration, stop: CancellationToken) {
    let mut outage = Outage::new("rotating the signing keys");
    let mut ticks = ticks(LOOK_EVERY);
    loop {
        select! { biased; () = stop.cancelled() => return, _ = ticks.tick() => {} }
        match auth.rotate_due_keys(every).await {
            Ok(done) => {
                outage.worked();
                for (purpose, rotated) in done {
                    let purpose = purpose.as_str();
                    match rotated {
                        Rotated::Replaced => tracing::info!(purpose, "rotated the signing keys"),
                        Rotated::Prepared => {
                            tracing::info!(purpose, "published a signing key of the new algorithm");
                        }
                    }
                }
            }
            // Every time: an operator has to do something.
            Err(error @ RotateDueKeysError::ClockAhead { .. }) => tracing::error!("{error}"),
            Err(RotateDueKeysError::Rotation(error)) => outage.failed(&error),
        }
    }
}

/// What is wrong with the keys, and what to do about it.
pub(super) fn with_advice(error: &OpenError) -> String {
    match error {
        OpenError::Keys(KeyringError::WrongMasterKey) => format!(
            "{error}: give this node the new master key as `master_key`, and the old one as `master_key_previous`, and \
             start it anew; until then it goes on with the keys that it holds"
        ),
        OpenError::Keys(_) | OpenError::Store(_) => error.to_string(),
    }
}
