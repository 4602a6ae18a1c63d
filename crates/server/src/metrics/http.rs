//! What goes on between clients and the server?

use portcullis_core::model::Timestamp;
use portcullis_http::EndpointMetrics;

use super::text::Page;
use crate::lifecycle::ConnectionMetrics;
use crate::wiring::tls::{self, Served, Validity};

/// What was asked and answered.
pub(super) fn write_requests(page: &mut Page, endpoints: &[EndpointMetrics]) {
    let mut answers = page.counter(
        "portcullis_http_requests_total",
        "Answers by declared route, method and status; other stands for what is nobody's.",
    );
    for endpoint in endpoints {
        for (status, count) in &endpoint.answers {
            let status = status.to_string();
            let labels = [("method", endpoint.method), ("route", &endpoint.route), ("status", &status)];
            answers.of(&labels, *count);
        }
    }
    let mut durations = page.histogram(
        "portcullis_http_request_duration_seconds",
        "From the head of a request to the head of its answer.",
    );
    for endpoint in endpoints {
        durations.times(&[("method", endpoint.method), ("route", &endpoint.route)], &endpoint.durations);
    }
    let mut abandoned = page.counter(
        "portcullis_http_requests_abandoned_total",
        "Requests whose client hung up before the answer.",
    );
    for endpoint in endpoints {
        abandoned.of(&[("method", endpoint.method), ("route", &endpoint.route)], endpoint.abandoned);
    }
    let in_flight: u64 = endpoints.iter().map(|endpoint| endpoint.in_flight).sum();
    page.gauge("portcullis_http_requests_in_flight", "Requests that are being answered.").is(in_flight);
}

/// Who is connected.
pub(super) fn write_connections(page: &mut Page, metrics: &ConnectionMetrics, max: usize) {
    page.gauge("portcullis_connections_open", "Connections of clients that are open.").is(metrics.open);
    page.gauge("portcullis_connections_max", "How many connections may be open.").is(max);
    page.counter("portcullis_connections_accepted_total", "Connections that were accepted.")
        .is(metrics.accepted);
    page.counter(
        "portcullis_connections_accept_failures_total",
        "Connections that the system did not give, most often for want of open files.",
    )
    .is(metrics.accept_failures);
    page.counter(
        "portcullis_connections_without_request_total",
        "Connections that were closed because no request came.",
    )
    .is(metrics.without_request);
    page.counter(
        "portcullis_connections_displaced_total",
        "Waiting connections that had to give way when all places were taken.",
    )
    .is(metrics.displaced);
}

/// What TLS does.
pub(super) fn write_tls(page: &mut Page, metrics: &ConnectionMetrics, served: &Served) {
    page.counter("portcullis_tls_handshakes_failed_total", "TLS handshakes that failed or took too long.")
        .is(metrics.handshakes_failed);
    write_validity(page, served.identity().and_then(|identity| tls::validity(&identity)));
}

/// Where nothing is served it has ended long ago, so that an alert tells that as well.
fn write_validity(page: &mut Page, validity: Option<Validity>) {
    const LONG_AGO: Timestamp = Timestamp::from_millis(0);
    let Validity { from, until } = validity.unwrap_or(Validity { from: LONG_AGO, until: LONG_AGO });
    page.gauge(
        "portcullis_tls_certificate_start_timestamp_seconds",
        "When the certificate began that is served, since the epoch; 0 without one.",
    )
    .is(from);
    page.gauge(
        "portcullis_tls_certificate_expiry_timestamp_seconds",
        "When the certificate ends that is served, since the epoch; 0 without one.",
    )
    .is(until);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_no_certificate_is_served_it_has_ended_long_ago() {
        let mut page = Page::default();
        write_validity(&mut page, None);
        let text = page.finish();
        assert!(text.contains("\nportcullis_tls_certificate_expiry_timestamp_seconds 0.000\n"), "{text}");
        assert!(text.contains("\nportcullis_tls_certificate_start_timestamp_seconds 0.000\n"), "{text}");
    }
}
