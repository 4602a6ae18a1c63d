//! How are connections accepted, bounded and brought to an end?
//!
//! Invariants
//! - No more than `max_connections` are open, those in a TLS handshake among them; further ones wait in the backlog of
//!   the system.
//! - A client that connects and sends no request, or sends one byte a minute, is cut off.
//! - Nothing that a client does or leaves undone keeps others from being accepted.
//! - No failure to accept ends the server.
//! - When told to stop, no request that has begun is cut off before `shutdown_timeout`.

mod handshake;
mod protocol;
#[cfg(test)]
mod tests;

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::select;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::handshake::Handshake;
use self::protocol::{FirstRequest, Protocol};
use super::outage::Outage;
use crate::config::meant::ServerSettings;

/// The first and the longest pause after the system refused to accept.
const ACCEPT_PAUSE: (Duration, Duration) = (Duration::from_millis(10), Duration::from_secs(1));

/// Serves until `stop` is cancelled and all requests are answered, or their time is up. Plain HTTP without `tls`.
pub(crate) async fn serve(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    router: Router,
    settings: &ServerSettings,
    stop: &CancellationToken,
) {
    let tasks = TaskTracker::new();
    let protocol = Arc::new(Protocol::new(router, tasks.clone()));
    let handshake = tls.map(|acceptor| Handshake::new(acceptor, stop.clone()));
    let graceful = GracefulShutdown::new();
    let permits = Arc::new(Semaphore::new(settings.max_connections));
    let mut outage = Outage::new("accepting connections");
    let mut pause = ACCEPT_PAUSE.0;
    loop {
        let accepted = select! {
            biased;
            () = stop.cancelled() => break,
            accepted = accept(&listener, &permits) => accepted,
        };
        match accepted {
            Ok(Accepted { stream, peer, permit }) => {
                outage.worked();
                pause = ACCEPT_PAUSE.0;
                let protocol = Arc::clone(&protocol);
                let conversation = Conversation { protocol, watcher: graceful.watcher(), peer, permit };
                begin(conversation, stream, handshake.clone(), &tasks);
            }
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                // Most often the limit of open files. Connections that end make room.
                outage.failed(&error);
                select! { () = stop.cancelled() => break, () = sleep(pause) => {} }
                pause = (pause * 2).min(ACCEPT_PAUSE.1);
            }
        }
    }
    drop(listener);
    finish(graceful, tasks, settings.shutdown_timeout).await;
}

struct Accepted {
    stream: TcpStream,
    peer: SocketAddr,
    permit: OwnedSemaphorePermit,
}

async fn accept(listener: &TcpListener, permits: &Arc<Semaphore>) -> io::Result<Accepted> {
    // The semaphore is never closed.
    let permit = Arc::clone(permits).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    Ok(Accepted { stream, peer, permit })
}

/// Whether the client went away between connecting and being accepted.
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionAborted
            | ErrorKind::ConnectionReset
            | ErrorKind::ConnectionRefused
            | ErrorKind::Interrupted
    )
}

/// What serves one client, whatever its requests come over.
struct Conversation {
    protocol: Arc<Protocol>,
    watcher: Watcher,
    peer: SocketAddr,
    permit: OwnedSemaphorePermit,
}

fn begin(conversation: Conversation, stream: TcpStream, handshake: Option<Handshake>, tasks: &TaskTracker) {
    // Answers are small and whole: waiting to fill a packet only delays them.
    let _ = stream.set_nodelay(true);
    let stream = protocol::bounded(stream);
    // Two kinds of tasks, so that those of plain HTTP have no room for the state of TLS.
    match handshake {
        None => tasks.spawn(conversation.hold(stream)),
        Some(handshake) => tasks.spawn(async move {
            if let Some(stream) = handshake.shake(stream, conversation.peer).await {
                conversation.hold(stream).await;
            }
        }),
    };
}

impl Conversation {
    async fn hold<S>(self, stream: S)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let Self { protocol, watcher, peer, permit } = self;
        let first_request = FirstRequest::default();
        let connection = pin!(watcher.watch(protocol.serve(stream, peer, first_request.clone())));
        select! {
            biased;
            ended = connection => {
                if let Err(error) = ended {
                    tracing::debug!(%peer, %error, "a connection broke");
                }
            }
            // SECURITY: connections that never get to a request would fill up all places.
            () = first_request.missed() => tracing::debug!(%peer, "a connection without a request"),
        }
        drop(permit);
    }
}

async fn finish(graceful: GracefulShutdown, tasks: TaskTracker, shutdown_timeout: Duration) {
    tasks.close();
    let finished = async {
        graceful.shutdown().await;
        tasks.wait().await;
    };
    if timeout(shutdown_timeout, finished).await.is_err() {
        tracing::warn!(
            tasks = tasks.len(),
            "requests were cut off: they took longer than server.shutdown_timeout"
        );
    }
}
