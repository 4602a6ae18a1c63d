//! Where does the log go, and in which form?
//!
//! To stderr, so that stdout belongs to what a command answers.

use std::io;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};
use tracing_subscriber::{Layer, fmt};

use crate::config::meant::LogSettings;
use crate::config::value::LogFormat;
use crate::traces::Traces;

/// The target of the line that each request has.
const REQUEST_TARGET: &str = "request";

/// Sends the log of this process where the settings say, and spans to where they are collected. To be called once.
pub(crate) fn start(settings: &LogSettings, traces: &Traces) -> Result<(), TryInitError> {
    let targets = targets(settings);
    let layer = fmt::layer().with_writer(io::stderr).with_span_events(FmtSpan::NONE);
    let layer = match settings.format {
        LogFormat::Text => layer.with_ansi(is_terminal()).with_filter(targets).boxed(),
        LogFormat::Json => layer
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .with_span_list(false)
            .with_filter(targets)
            .boxed(),
    };
    tracing_subscriber::registry().with(traces.layer()).with(layer).try_init()
}

/// The log of a command: warnings, for people.
pub(crate) fn start_for_command() -> Result<(), TryInitError> {
    let layer =
        fmt::layer().with_writer(io::stderr).with_ansi(is_terminal()).without_time().with_target(false);
    tracing_subscriber::registry().with(layer.with_filter(LevelFilter::WARN)).try_init()
}

fn targets(settings: &LogSettings) -> Targets {
    let targets = settings.targets.clone();
    if settings.requests { targets } else { targets.with_target(REQUEST_TARGET, LevelFilter::OFF) }
}

fn is_terminal() -> bool {
    io::IsTerminal::is_terminal(&io::stderr())
}
