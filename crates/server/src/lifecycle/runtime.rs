//! Which threads run the asynchronous work?

use anyhow::Context;
use tokio::runtime::{Builder, Runtime};

/// For the server: one worker a core.
pub(super) fn for_serving() -> anyhow::Result<Runtime> {
    Builder::new_multi_thread()
        .enable_all()
        .thread_name("http")
        .build()
        .context("the runtime could not be started")
}

/// For a command, which does one thing after the other.
pub(crate) fn for_command() -> anyhow::Result<Runtime> {
    Builder::new_current_thread().enable_all().build().context("the runtime could not be started")
}
