//! Who answers on the port of plain HTTP, beside HTTPS?

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::connections::{self, Front};
use super::listen::BoundPort;
use crate::config::Settings;
use crate::config::meant::ServerSettings;

/// Connections to it at once. Each has one thing to ask, and is closed.
const MAX_CONNECTIONS: usize = 1000;

/// Connections that may be open on that port at once.
pub(crate) fn most_connections(settings: &ServerSettings) -> usize {
    settings.max_connections.min(MAX_CONNECTIONS)
}

/// Takes the port, if there is to be one.
pub(super) fn bind(settings: &Settings) -> anyhow::Result<Option<BoundPort>> {
    let port = settings.tls.as_ref().and_then(|tls| tls.redirect_port);
    let bind =
        |port| BoundPort::bind(SocketAddr::new(settings.listen.ip(), port), "PORTCULLIS_TLS_REDIRECT_PORT");
    port.map(bind).transpose()
}

/// Answers until `stop` is cancelled; at once if there is no such port.
pub(super) async fn serve(listener: Option<TcpListener>, settings: &Settings, stop: &CancellationToken) {
    let Some(listener) = listener else { return };
    if let Ok(listen) = listener.local_addr() {
        tracing::info!(%listen, "plain HTTP is answered with the way to HTTPS");
    }
    let server = ServerSettings { max_connections: most_connections(&settings.server), ..settings.server };
    let router = portcullis_http::https_only(settings.public_url.as_str());
    let front = Front { listener, tls: None, router, counts: Arc::default() };
    connections::serve(front, &server, stop).await;
}
