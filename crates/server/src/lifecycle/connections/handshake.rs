//! How does a connection become a TLS connection?

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::select;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;

use super::counts::ConnectionCounts;
use super::places::Guest;
use crate::wiring::tls::ACME_PROTOCOL;

/// How long a handshake may take.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// The handshakes of a server.
#[derive(Clone)]
pub(super) struct Handshake {
    acceptor: TlsAcceptor,
    counts: Arc<ConnectionCounts>,
    stop: CancellationToken,
}

impl Handshake {
    /// Made by this acceptor, until `stop` is cancelled.
    pub(super) const fn new(
        acceptor: TlsAcceptor,
        counts: Arc<ConnectionCounts>,
        stop: CancellationToken,
    ) -> Self {
        Self { acceptor, counts, stop }
    }

    /// The TLS connection. `None` when there will be none, and the connection is to be closed: the client speaks
    /// something else, takes too long, gives way, wanted no more than a proof, or has asked nothing yet when the server
    /// stops.
    pub(super) async fn shake<S>(
        self,
        stream: S,
        peer: SocketAddr,
        guest: &Guest,
    ) -> Option<Box<TlsStream<S>>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        // SECURITY: who connects and never comes to an end would fill up all places.
        let shaken = timeout(HANDSHAKE_TIMEOUT, self.acceptor.accept(stream));
        let shaken = select! {
            biased;
            () = self.stop.cancelled() => return None,
            _ = guest.leaves() => {
                self.counts.displaced.add(1);
                return None;
            }
            shaken = shaken => shaken,
        };
        match shaken {
            // Nothing follows a proof (RFC 8737 §3).
            Ok(Ok(stream)) if stream.get_ref().1.alpn_protocol() == Some(ACME_PROTOCOL) => {
                tracing::info!(%peer, "an authority has asked for the proof of a name");
                return None;
            }
            // Boxed, because whatever passes it on would have room for it twice.
            Ok(Ok(stream)) => return Some(Box::new(stream)),
            // Strangers cause these as they like, so they are no news.
            Ok(Err(error)) => tracing::debug!(%peer, %error, "a TLS handshake failed"),
            Err(_) => tracing::debug!(%peer, "a TLS handshake took too long"),
        }
        self.counts.handshakes_failed.add(1);
        None
    }
}
