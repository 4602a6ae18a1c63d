//! How are connections accepted, bounded and brought to an end?
//!
//! Invariants
//! - No more than `max_connections` are open, those in a TLS handshake among them; for further ones those that only wait
//!   give way, or they wait in the backlog of the system.
//! - A client that connects and sends no request, or sends one byte a minute, is cut off.
//! - Nothing that a client does or leaves undone keeps others from being accepted, and what all of them leave undone takes
//!   a bounded amount of memory.
//! - No failure to accept ends the server.
//! - When told to stop, no request that has begun is cut off before `shutdown_timeout`.

mod counts;
mod handshake;
mod places;
mod protocol;
#[cfg(test)]
mod tests;
mod unfinished;

use std::fmt::Display;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper_util::server::graceful::GracefulConnection;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::select;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::counts::Counted;
pub(crate) use self::counts::{ConnectionCounts, ConnectionMetrics};
use self::handshake::Handshake;
use self::places::{Guest, Leaving, Place, Places};
use self::protocol::{Protocol, Silence, falls_silent};
use super::outage::Outage;
use crate::config::meant::ServerSettings;

/// The first and the longest pause after the system refused to accept.
const ACCEPT_PAUSE: (Duration, Duration) = (Duration::from_millis(10), Duration::from_secs(1));
/// How long one that gives way may take to finish what it has begun to ask. Somebody waits for its place.
const FINISH_TIMEOUT: Duration = Duration::from_millis(200);
/// How long it may take then to get its last answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// A port, and what is behind it.
pub(crate) struct Front {
    /// The port.
    pub(crate) listener: TcpListener,
    /// Plain HTTP without it.
    pub(crate) tls: Option<TlsAcceptor>,
    /// What answers.
    pub(crate) router: Router,
    /// Where its connections are counted.
    pub(crate) counts: Arc<ConnectionCounts>,
}

/// Serves until `stop` is cancelled and all requests are answered, or their time is up.
pub(crate) async fn serve(front: Front, settings: &ServerSettings, stop: &CancellationToken) {
    let Front { listener, tls, router, counts } = front;
    let tasks = TaskTracker::new();
    let protocol = Arc::new(Protocol::new(router, tasks.clone()));
    let handshake = tls.map(|acceptor| Handshake::new(acceptor, Arc::clone(&counts), stop.clone()));
    let places = Places::new(settings.max_connections);
    let mut outage = Outage::new("accepting connections");
    let mut pause = ACCEPT_PAUSE.0;
    loop {
        let accepted = select! {
            biased;
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                outage.worked();
                pause = ACCEPT_PAUSE.0;
                let counted = counts.open();
                let Some(place) = stop.run_until_cancelled(places.take(peer.ip())).await else { break };
                let (protocol, stop) = (Arc::clone(&protocol), stop.clone());
                let conversation = Conversation { protocol, stop, peer, place, counted };
                begin(conversation, stream, handshake.clone(), &tasks);
            }
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                // Most often the limit of open files. Connections that end make room.
                counts.accept_failures.add(1);
                outage.failed(&error);
                select! { () = stop.cancelled() => break, () = sleep(pause) => {} }
                pause = (pause * 2).min(ACCEPT_PAUSE.1);
            }
        }
    }
    drop(listener);
    finish(tasks, settings.shutdown_timeout).await;
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
    stop: CancellationToken,
    peer: SocketAddr,
    place: Place,
    counted: Counted,
}

fn begin(conversation: Conversation, stream: TcpStream, handshake: Option<Handshake>, tasks: &TaskTracker) {
    // Answers are small and whole: waiting to fill a packet only delays them.
    let _ = stream.set_nodelay(true);
    let stream = protocol::bounded(stream, conversation.place.guest(), conversation.place.places());
    // Two kinds of tasks, so that those of plain HTTP have no room for the state of TLS.
    match handshake {
        None => tasks.spawn(conversation.hold(stream)),
        Some(handshake) => tasks.spawn(async move {
            let guest = conversation.place.guest();
            // Boxed, so that what the handshake needs is given back when it is over.
            let shaken = Box::pin(handshake.shake(stream, conversation.peer, guest)).await;
            if let Some(stream) = shaken {
                conversation.place.guest().unfinished().is_dealt_with(usize::MAX);
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
        let Self { protocol, stop, peer, place, counted } = self;
        let guest = place.guest();
        let mut connection = pin!(protocol.serve(stream, peer, Arc::clone(guest)));
        // SECURITY: connections that never get to a request would fill up all places.
        let mut silence = pin!(falls_silent(guest));
        let asked_nothing = || {
            counted.without_request.add(1);
            tell_end(peer, Err("no request came"));
        };
        let too_heavy = || tell_end(peer, Err("it left too much unfinished"));
        let mut is_quiet = false;
        let time_left = select! {
            biased;
            ended = &mut connection => return tell_end(peer, ended),
            // Whoever waits for all of them knows when it takes too long.
            () = stop.cancelled() => Duration::MAX,
            leaving = guest.leaves() => {
                counted.displaced.add(1);
                if leaving == Leaving::AtOnce {
                    return too_heavy();
                }
                FINISH_TIMEOUT
            }
            silence = &mut silence => match silence {
                Silence::NoRequest => return asked_nothing(),
                Silence::NoFurther => {
                    is_quiet = true;
                    FINISH_TIMEOUT
                }
            },
        };
        connection.as_mut().graceful_shutdown();
        select! {
            biased;
            ended = connection => tell_end(peer, ended),
            Silence::NoRequest = silence, if !is_quiet => asked_nothing(),
            _ = guest.leaves() => too_heavy(),
            () = time_is_up(guest, time_left) => tell_end(peer, Err("it had to give way")),
        }
    }
}

/// Ends when the time is over, and that of the answer to what was asked in it.
async fn time_is_up(guest: &Guest, time_left: Duration) {
    sleep(time_left).await;
    if guest.is_being_answered() {
        sleep(ANSWER_TIMEOUT).await;
    }
}

fn tell_end(peer: SocketAddr, ended: Result<(), impl Display>) {
    // Strangers cause these as they like, so they are no news.
    if let Err(error) = ended {
        tracing::debug!(%peer, %error, "a connection broke");
    }
}

async fn finish(tasks: TaskTracker, shutdown_timeout: Duration) {
    tasks.close();
    if timeout(shutdown_timeout, tasks.wait()).await.is_err() {
        tracing::warn!(
            tasks = tasks.len(),
            "requests were cut off: they took longer than server.shutdown_timeout"
        );
    }
}
