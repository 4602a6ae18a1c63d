//! Who reads the metrics on a listener of their own?
//!
//! On this machine whoever gets there, over plain HTTP; on others over TLS, where the server has a certificate.

use std::net::IpAddr;
use std::sync::Arc;

use portcullis_http::MetricsPage;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use super::connections::{self, Front};
use super::listen::BoundPort;
use crate::config::Settings;
use crate::config::meant::{MetricsSettings, ServerSettings};

/// Connections to it at once: those of a few programs that look every few seconds.
pub(crate) const MAX_CONNECTIONS: usize = 16;

/// Takes the port, if there is to be one.
pub(super) fn bind(settings: &Settings) -> anyhow::Result<Option<BoundPort>> {
    match settings.metrics {
        MetricsSettings::Apart { listen, .. } => {
            BoundPort::bind(listen, "PORTCULLIS_METRICS_LISTEN").map(Some)
        }
        MetricsSettings::Off | MetricsSettings::BesideApi { .. } => Ok(None),
    }
}

/// Answers until `stop` is cancelled; at once if there is no such port. `tls` is what the server itself speaks.
pub(super) async fn serve(
    listener: Option<TcpListener>,
    page: Option<Arc<MetricsPage>>,
    tls: Option<TlsAcceptor>,
    settings: &Settings,
    stop: &CancellationToken,
) {
    let (Some(listener), Some(page)) = (listener, page) else { return };
    let Ok(listen) = listener.local_addr() else { return };
    let tls = tls.filter(|_| leaves_the_machine(listen.ip()));
    tracing::info!(%listen, tls = tls.is_some(), "metrics can be read");
    let server = ServerSettings { max_connections: MAX_CONNECTIONS, ..settings.server };
    let router = portcullis_http::metrics_only(page);
    // Who looks at the server is no client of it.
    let front = Front { listener, tls, router, counts: Arc::default() };
    connections::serve(front, &server, stop).await;
}

/// Whether what is said on a listener can be heard elsewhere.
fn leaves_the_machine(address: IpAddr) -> bool {
    !address.to_canonical().is_loopback()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::leaves_the_machine;

    #[test]
    fn only_a_loopback_address_is_heard_by_nobody_else() {
        for (address, leaves) in [
            ("127.0.0.1", false),
            ("::1", false),
            ("::ffff:127.0.0.1", false),
            ("0.0.0.0", true),
            ("::", true),
            ("10.0.0.5", true),
            ("fd00::5", true),
        ] {
            assert_eq!(leaves_the_machine(address.parse().unwrap()), leaves, "{address}");
        }
    }
}
