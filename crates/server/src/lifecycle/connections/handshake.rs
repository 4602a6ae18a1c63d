//! How does a connection become a TLS connection?

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;

/// How long a handshake may take.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// The handshakes of a server.
#[derive(Clone)]
pub(super) struct Handshake {
    acceptor: TlsAcceptor,
    stop: CancellationToken,
}

impl Handshake {
    /// With this certificate, until `stop` is cancelled.
    pub(super) const fn new(acceptor: TlsAcceptor, stop: CancellationToken) -> Self {
        Self { acceptor, stop }
    }

    /// The TLS connection. `None` when there will be none, and the connection is to be closed: the client speaks
    /// something else, takes too long, or has asked nothing yet when the server stops.
    pub(super) async fn shake<S>(self, stream: S, peer: SocketAddr) -> Option<TlsStream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        // SECURITY: who connects and never comes to an end would fill up all places.
        let shaken = timeout(HANDSHAKE_TIMEOUT, self.acceptor.accept(stream));
        match self.stop.run_until_cancelled(shaken).await? {
            Ok(Ok(stream)) => return Some(stream),
            // Strangers cause these as they like, so they are no news.
            Ok(Err(error)) => tracing::debug!(%peer, %error, "a TLS handshake failed"),
            Err(_) => tracing::debug!(%peer, "a TLS handshake took too long"),
        }
        None
    }
}
