//! How does the server start, run and end?
//!
//! ```text
//! take port ─▶ open store ─▶ migrate ─▶ open keys ─▶ listen ─▶ ready
//!                                                                │ SIGTERM, SIGINT
//! exit 0 ◀─ close store ◀─ finish the audit log ◀─ stop jobs ◀─ answer what has begun ◀──┘ refuse what is new
//! ```
//!
//! What writes the audit log goes on until nothing is answered any more: requests of the last seconds are refused as well.

mod announcement;
mod connections;
mod listen;
mod metrics;
pub(crate) mod outage;
mod redirect;
mod runtime;
mod signals;

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::connections::Front;
pub(crate) use self::connections::{ConnectionCounts, ConnectionMetrics};
use self::listen::BoundPort;
use self::signals::StopSignals;
use crate::config::Settings;
use crate::traces::Traces;
use crate::wiring::{Metrics, Sources};
use crate::{jobs, logging, wiring};

pub(crate) use metrics::MAX_CONNECTIONS as METRICS_CONNECTIONS;
pub(crate) use redirect::most_connections as most_redirected_connections;
pub(crate) use runtime::for_command;
pub(crate) use signals::HangUps;

/// For how long the end of jobs is waited for: none does more at once than a few times the database, but for a mail at hand,
/// which a mail server may take longer to accept. It is cut off then, and may go out twice.
const JOBS_END_WITHIN: Duration = Duration::from_secs(10);

/// Runs the server until it is told to stop.
pub(crate) fn serve(mut settings: Settings, started: Instant) -> anyhow::Result<()> {
    let runtime = runtime::for_serving()?;
    let traces = Traces::begin(settings.otel.as_ref(), runtime.handle())?;
    logging::start(&settings.log, &traces).context("the log could not be started")?;
    listen::raise_file_limit();
    runtime.block_on(run(&mut settings, started))?;
    traces.finish();
    // What is left now was given its time.
    runtime.shutdown_background();
    tracing::info!("stopped");
    Ok(())
}

async fn run(settings: &mut Settings, started: Instant) -> anyhow::Result<()> {
    let stop = CancellationToken::new();
    let tasks = TaskTracker::new();
    let signals = StopSignals::take().context("signals cannot be received")?;
    let tls = settings.tls.as_ref().map(|tls| wiring::tls::open(tls, settings.environment)).transpose()?;
    // Also where there is nothing to look at again: a SIGHUP that nobody has taken over ends the process.
    let hang_ups = HangUps::take().context("signals cannot be received")?;
    let port = BoundPort::bind(settings.listen, "PORTCULLIS_PORT or --port")?;
    let plain = redirect::bind(settings)?;
    let watched = metrics::bind(settings)?;
    settings.settle_on(port.address);

    // Not among the tasks that are waited for: it ends with the process.
    let watching = CancellationToken::new();
    tasks.spawn(watching.clone().run_until_cancelled_owned(signals.watch(stop.clone())));
    wiring::breached::check(settings.password.breached.as_ref())?;
    let mailer = wiring::mailer::open(settings)?;
    let store = tokio::select! {
        biased;
        () = stop.cancelled() => return Ok(()),
        store = wiring::open_store(settings) => store?,
    };
    let migrations = wiring::migrate(&store).await?.len();
    if migrations > 0 {
        tracing::info!(migrations, "migrated the database");
    }
    announcement::warnings(settings);
    let master_key = wiring::obtain_master_key(settings, &store).await?;
    let hashing = settings.hashing;
    let auth = wiring::open_auth(settings, Arc::clone(&store), hashing, master_key.clone(), mailer).await?;
    let mounts = wiring::dialects::mounts(settings, &master_key);
    drop(master_key);
    let counts = Arc::<ConnectionCounts>::default();
    let certificate = tls.as_ref().map(|tls| Arc::clone(&tls.served));
    let sources =
        Sources { store: Arc::clone(&store), connections: Arc::clone(&counts), certificate, started };
    let metrics = Metrics::begin(settings, &auth, &mounts, sources);
    let router = wiring::router(settings, &auth, mounts, metrics.as_ref());
    let listener = port.listen()?;
    let plain = plain.map(BoundPort::listen).transpose()?;
    let watched = watched.map(BoundPort::listen).transpose()?;

    if let Some(tls) = &tls {
        announcement::certificate(&tls.served);
        jobs::certificate::start(settings, &tls.served, hang_ups, &tasks, &stop);
    }
    let answered = CancellationToken::new();
    let ends = jobs::Ends { stop: &stop, answered: &answered };
    jobs::start(&auth, wiring::dialects::policies(settings), &tasks, ends);
    jobs::audit::start(&auth, settings.audit.retention, &tasks, ends);
    jobs::keys::start(&auth, settings.rotate_keys_every, &tasks, &stop);
    let outbox = metrics.as_ref().map(|metrics| Arc::clone(&metrics.outbox));
    jobs::mails::start(&auth, outbox, &tasks, &stop);
    jobs::audit::begin(&auth).await;
    announcement::ready(settings, started.elapsed());
    let acceptor = tls.map(|tls| tls.acceptor);
    let front = Front { listener, tls: acceptor.clone(), router, counts };
    tokio::join!(
        connections::serve(front, &settings.server, &stop),
        redirect::serve(plain, settings, &stop),
        metrics::serve(watched, metrics.map(|metrics| metrics.page), acceptor, settings, &stop),
    );

    answered.cancel();
    watching.cancel();
    tasks.close();
    let have_ended = timeout(JOBS_END_WITHIN, tasks.wait()).await.is_ok();
    jobs::audit::finish(&auth).await;
    if have_ended {
        store.close().await;
    } else {
        // Closing would wait for what they hold.
        tracing::warn!("jobs did not end in time, and were cut off");
    }
    Ok(())
}
