//! Who keeps the audit log: writes what was noted, seals it, forgets what is over?

use std::time::Duration;

use portcullis_core::Auth;
use portcullis_core::flows::Trouble;
use portcullis_core::model::{AuditDetail, AuditKind};
use portcullis_core::policy::audit_chain::SealingRefusal;
use tokio::select;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::{Ends, must_not_forget, ticks};
use crate::cli::audit_entry;
use crate::lifecycle::outage::Outage;

/// For how long entries gather before they are written together.
const GATHER: Duration = Duration::from_millis(100);
/// How long after a failure they are written again.
const TRY_AGAIN_AFTER: Duration = Duration::from_secs(1);
/// How often somebody looks for entries without a seal.
const SEAL_EVERY: Duration = Duration::from_secs(1);
/// How often what is over is forgotten; of several nodes one does it.
const KEEP_EVERY: Duration = Duration::from_hours(1);
/// What the log gets at the end of a process.
const FINISH_WITHIN: Duration = Duration::from_secs(5);

/// Starts the jobs on `tasks`.
pub(crate) fn start(auth: &Auth, retention: Option<Duration>, tasks: &TaskTracker, ends: Ends<'_>) {
    tasks.spawn(write(auth.clone(), ends.answered.clone()));
    tasks.spawn(seal(auth.clone(), ends.answered.clone()));
    tasks.spawn(keep(auth.clone(), retention, ends.stop.clone()));
}

/// Writes down that this node was started.
pub(crate) async fn begin(auth: &Auth) {
    let version = AuditDetail::told(format_args!("version {}", env!("CARGO_PKG_VERSION")));
    if let Err(error) = auth.record(AuditKind::ServerStarted, version).await {
        tracing::warn!(%error, "the audit log does not have the start of this node");
    }
}

/// Writes what is left, and that this node was stopped. To be called when nothing is answered any more. What the database
/// does not take goes to the log of this process.
pub(crate) async fn finish(auth: &Auth) {
    let work = async {
        // What was limited in the last second is not noted yet.
        auth.tend_throttle().await;
        auth.write_audit_queue().await?;
        auth.record(AuditKind::ServerStopped, AuditDetail::word("as it was told to")).await?;
        auth.seal_audit_log().await
    };
    let problem = match timeout(FINISH_WITHIN, work).await {
        Ok(Ok(_)) => return,
        Ok(Err(error)) => error.to_string(),
        Err(_) => "the database did not answer in time".to_owned(),
    };
    let unwritten = auth.unwritten_audit_events();
    tracing::warn!(unwritten = unwritten.len(), "the audit log could not be finished: {problem}");
    for event in &unwritten {
        tracing::warn!(entry = %audit_entry(event), "not in the audit log");
    }
}

async fn write(auth: Auth, stop: CancellationToken) {
    let mut outage = Outage::new("writing to the audit log what was refused");
    loop {
        select! { biased; () = stop.cancelled() => return, () = auth.wait_for_audit_queue() => {} }
        select! { biased; () = stop.cancelled() => return, () = sleep(GATHER) => {} }
        match auth.write_audit_queue().await {
            Ok(()) => outage.worked(),
            Err(error) => {
                outage.failed(&error);
                select! { biased; () = stop.cancelled() => return, () = sleep(TRY_AGAIN_AFTER) => {} }
            }
        }
    }
}

async fn seal(auth: Auth, stop: CancellationToken) {
    let mut outage = Outage::new("sealing the audit log");
    let mut is_left_to_others = false;
    let mut ticks = ticks(SEAL_EVERY);
    loop {
        select! { biased; () = stop.cancelled() => return, _ = ticks.tick() => {} }
        select! {
            biased;
            () = stop.cancelled() => return,
            sealed = auth.seal_audit_log() => match sealed {
                Ok(_) => {
                    is_left_to_others = false;
                    outage.worked();
                }
                // As it should be while the nodes get another master key one after the other.
                Err(Trouble::Sealing(refused @ SealingRefusal::OtherKey { .. })) => {
                    if !is_left_to_others {
                        tracing::warn!("the audit log is sealed by other nodes: {refused}");
                    }
                    is_left_to_others = true;
                }
                Err(error) => outage.failed(&error),
            }
        }
    }
}

async fn keep(auth: Auth, retention: Option<Duration>, stop: CancellationToken) {
    let mut outage = Outage::new("forgetting what is over in the audit log");
    let mut ticks = ticks(KEEP_EVERY);
    loop {
        select! { biased; () = stop.cancelled() => return, _ = ticks.tick() => {} }
        if must_not_forget(&auth, "the audit log is not cut").await {
            continue;
        }
        select! {
            biased;
            () = stop.cancelled() => return,
            kept = auth.keep_audit_log(retention) => match kept {
                Ok(kept) => {
                    outage.worked();
                    if let Some(kept) = kept {
                        tracing::debug!(removed = kept.removed, sealed_late = kept.sealed, "kept the audit log");
                    }
                }
                Err(error) => outage.failed(&error),
            }
        }
    }
}
