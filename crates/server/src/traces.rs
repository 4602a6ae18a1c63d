//! Where are the spans of requests sent?
//!
//! To a collector, in the form of OpenTelemetry, by a binary with the feature `otel`. Any other makes none, and its
//! configuration refuses to say where to.

#[cfg(feature = "otel")]
mod export;

use tokio::runtime::Handle;
use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::registry::LookupSpan;

use crate::config::meant::OtelSettings;

/// What is collected, and sent in the background.
pub(crate) struct Traces {
    #[cfg(feature = "otel")]
    export: Option<export::Export>,
}

#[cfg(feature = "otel")]
impl Traces {
    /// Nothing without settings. What is to be sent goes out on `runtime`.
    pub(crate) fn begin(settings: Option<&OtelSettings>, runtime: &Handle) -> anyhow::Result<Self> {
        let export = settings.map(|settings| export::Export::begin(settings, runtime.clone()));
        Ok(Self { export: export.transpose()? })
    }

    /// What has to see all spans.
    pub(crate) fn layer<S>(&self) -> Option<Box<dyn Layer<S> + Send + Sync>>
    where
        S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
    {
        self.export.as_ref().map(export::Export::layer)
    }

    /// How a request goes on with the trace that a proxy has begun.
    pub(crate) fn continuation(settings: Option<&OtelSettings>) -> Option<portcullis_http::ContinueTrace> {
        settings.map(|_| export::continue_trace as portcullis_http::ContinueTrace)
    }

    /// Sends what is left. It takes a few seconds at most.
    pub(crate) fn finish(self) {
        if let Some(export) = self.export {
            export.finish();
        }
    }
}

#[cfg(not(feature = "otel"))]
#[expect(clippy::unnecessary_wraps, clippy::unused_self, reason = "with the feature there is more to it")]
impl Traces {
    /// Nothing.
    pub(crate) fn begin(_: Option<&OtelSettings>, _: &Handle) -> anyhow::Result<Self> {
        Ok(Self {})
    }

    /// Nobody has to see any spans.
    pub(crate) fn layer<S>(&self) -> Option<Box<dyn Layer<S> + Send + Sync>>
    where
        S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
    {
        None
    }

    /// No request goes on with a trace.
    pub(crate) const fn continuation(_: Option<&OtelSettings>) -> Option<portcullis_http::ContinueTrace> {
        None
    }

    /// There is nothing left.
    pub(crate) fn finish(self) {}
}
