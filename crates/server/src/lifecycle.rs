//! How does the server start, run and end?
//!
//! ```text
//! take port ─▶ open store ─▶ migrate ─▶ open keys ─▶ listen ─▶ ready
//!                                                                │ SIGTERM, SIGINT
//! exit 0 ◀─ close store ◀─ stop jobs ◀─ answer what has begun ◀──┘ refuse what is new
//! ```

mod announcement;
mod connections;
mod listen;
pub(crate) mod outage;
mod runtime;
mod signals;

use std::sync::Arc;
use std::time::Instant;

use anyhow::Context;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::listen::BoundPort;
use self::signals::StopSignals;
use crate::config::Settings;
use crate::{jobs, logging, wiring};

pub(crate) use runtime::for_command;

/// Runs the server until it is told to stop.
pub(crate) fn serve(mut settings: Settings, started: Instant) -> anyhow::Result<()> {
    logging::start(&settings.log).context("the log could not be started")?;
    listen::raise_file_limit();
    let runtime = runtime::for_serving()?;
    runtime.block_on(run(&mut settings, started))?;
    // What is left now was given its time.
    runtime.shutdown_background();
    tracing::info!("stopped");
    Ok(())
}

async fn run(settings: &mut Settings, started: Instant) -> anyhow::Result<()> {
    let stop = CancellationToken::new();
    let tasks = TaskTracker::new();
    let signals = StopSignals::take().context("signals cannot be received")?;
    let tls =
        settings.tls.as_ref().map(|tls| wiring::tls::acceptor(tls, settings.environment)).transpose()?;
    let port = BoundPort::bind(settings.listen)?;
    settings.settle_on(port.address);

    // Not among the tasks that are waited for: it ends with the process.
    let watching = CancellationToken::new();
    tasks.spawn(watching.clone().run_until_cancelled_owned(signals.watch(stop.clone())));
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
    let auth = wiring::open_auth(settings, Arc::clone(&store), settings.hashing, master_key.clone()).await?;
    let router = wiring::router(settings, &auth, &master_key);
    drop(master_key);
    let listener = port.listen()?;

    jobs::start(&auth, wiring::dialects::policies(settings), &tasks, &stop);
    announcement::ready(settings, started.elapsed());
    connections::serve(listener, tls, router, &settings.server, &stop).await;

    watching.cancel();
    tasks.close();
    tasks.wait().await;
    store.close().await;
    Ok(())
}
