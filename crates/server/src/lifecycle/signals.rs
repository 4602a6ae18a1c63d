//! When is the server told to stop, or to look at its files again?

use std::io::{self, IsTerminal};

use tokio::select;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// SIGTERM and SIGINT, from now on ours.
#[derive(Debug)]
pub(crate) struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl StopSignals {
    /// Takes the signals over from the system.
    ///
    /// # Errors
    /// When the system does not let go of them.
    pub(crate) fn take() -> io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Cancels `stop` at the first signal and ends the process at the second.
    pub(crate) async fn watch(mut self, stop: CancellationToken) {
        let name = self.next().await;
        tracing::info!(signal = name, "stopping; once more ends at once");
        stop.cancel();
        let name = self.next().await;
        tracing::warn!(signal = name, "ended before everything was finished");
        std::process::exit(1);
    }

    async fn next(&mut self) -> &'static str {
        select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}

/// SIGHUP, by which service managers ask for a look at what has changed.
#[derive(Debug)]
pub(crate) struct HangUps(Signal);

impl HangUps {
    /// Takes the signal over from the system. `None` on a terminal, where it means that the terminal is gone and the server
    /// with it.
    ///
    /// # Errors
    /// When the system does not let go of it.
    pub(crate) fn take() -> io::Result<Option<Self>> {
        if io::stderr().is_terminal() {
            return Ok(None);
        }
        signal(SignalKind::hangup()).map(|signal| Some(Self(signal)))
    }

    /// Ends when the next one has come.
    pub(crate) async fn next(&mut self) {
        if self.0.recv().await.is_none() {
            std::future::pending::<()>().await;
        }
    }
}
