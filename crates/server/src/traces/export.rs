//! How do spans get to a collector?
//!
//! A thread of the SDK gathers them and hands them over every few seconds: OTLP, protobuf over HTTP. When the collector is
//! away or slow they are dropped: no request ever waits for it.

use std::time::Duration;

use anyhow::Context;
use async_trait::async_trait;
use axum::http::HeaderMap;
use opentelemetry::KeyValue;
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::TracerProvider;
use opentelemetry_http::{Bytes, HeaderExtractor, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use portcullis_core::trace;
use tokio::runtime::Handle;
use tracing::{Span, Subscriber};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::registry::LookupSpan;

use crate::config::meant::OtelSettings;

/// How long the collector may take to answer.
const SEND_TIMEOUT: Duration = Duration::from_secs(5);
/// How long sending the last spans may take.
const FINISH_TIMEOUT: Duration = Duration::from_secs(5);

/// The way to the collector.
pub(super) struct Export(SdkTracerProvider);

impl Export {
    /// Begins to gather.
    pub(super) fn begin(settings: &OtelSettings, runtime: Handle) -> anyhow::Result<Self> {
        let client =
            reqwest::Client::builder().timeout(SEND_TIMEOUT).redirect(reqwest::redirect::Policy::none());
        let client = if settings.endpoint.is_https() {
            client
        } else {
            // SECURITY: what goes in clear goes to the collector itself; a proxy would mean another machine.
            client.no_proxy()
        };
        let client = client.build().context("the client of the collector of traces could not be made")?;
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(Sender { client, runtime })
            .with_endpoint(format!("{}/v1/traces", settings.endpoint.as_str()))
            .with_timeout(SEND_TIMEOUT)
            .build()
            .context("the collector of traces cannot be used")?;
        let resource = Resource::builder_empty()
            .with_service_name(settings.service_name.clone())
            .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
            .build();
        let share = f64::from(settings.sample_percent) / 100.0;
        let sampler = Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(share)));
        let provider = SdkTracerProvider::builder()
            .with_resource(resource)
            .with_sampler(sampler)
            .with_batch_exporter(exporter)
            .build();
        Ok(Self(provider))
    }

    /// What sees our spans and no others: a library may put anything into its own.
    pub(super) fn layer<S>(&self) -> Box<dyn Layer<S> + Send + Sync>
    where
        S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
    {
        tracing_opentelemetry::layer()
            .with_tracer(self.0.tracer("portcullis"))
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_level(false)
            .with_tracked_inactivity(false)
            .with_filter(Targets::new().with_target(trace::TARGET, LevelFilter::TRACE))
            .boxed()
    }

    /// Sends what is left.
    pub(super) fn finish(self) {
        if let Err(error) = self.0.shutdown_with_timeout(FINISH_TIMEOUT) {
            tracing::warn!(%error, "the last traces could not be sent");
        }
    }
}

/// Makes a span the child of the one that `traceparent` names (W3C Trace Context).
pub(super) fn continue_trace(span: &Span, headers: &HeaderMap) {
    let parent = TraceContextPropagator::new().extract(&HeaderExtractor(headers));
    // It has just begun, and this layer sees it: neither reason for a failure is there.
    let _ = span.set_parent(parent);
}

/// Sends on the threads of the server, which the thread of the SDK is none of.
#[derive(Debug)]
struct Sender {
    client: reqwest::Client,
    runtime: Handle,
}

#[async_trait]
impl HttpClient for Sender {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let request = reqwest::Request::try_from(request)?;
        let client = self.client.clone();
        // It ends by its timeout at the latest, and `Export::finish` waits for it.
        let sent = self.runtime.spawn(async move {
            let response = client.execute(request).await?;
            let (status, headers) = (response.status(), response.headers().clone());
            Ok::<_, reqwest::Error>((status, headers, response.bytes().await?))
        });
        let (status, headers, body) = sent.await??;
        let mut response = Response::new(body);
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        Ok(response)
    }
}
