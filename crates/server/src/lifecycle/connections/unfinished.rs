//! How much have clients begun to say, and not said to the end?
//!
//! What is received of a head or a body takes memory until the request is answered. Each connection counts its own, and
//! all of them together are bounded ([`MOST_BYTES`]): past that the heaviest give way
//! ([`Places::lighten`](super::places::Places::lighten)).
//!
//! Invariants
//! - All bytes that come from the network are counted, those of TLS and of HTTP/2 frames too, until the answers to what they
//!   ask; those of a body until the answer to its own request, so that other requests on the same connection do not hide it.
//! - A request whose body has not arrived is not being answered: whoever stops in the middle gives way like all who
//!   wait.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::places::{Guest, Places};

/// The most bytes that all clients together may have begun and not finished. Ten thousand logins at once have a tenth of
/// this.
pub(super) const MOST_BYTES: usize = 24 * 1024 * 1024;
/// More than an honest client has begun at any time. Whoever has more gives way even while something is being answered.
pub(super) const HEAVY_BYTES: usize = 256 * 1024;

/// What may be left of a connection's bytes when all its requests are answered.
const LITTLE_BYTES: usize = 4 * 1024;

/// The bytes of a connection, or of all.
#[derive(Debug)]
pub(super) struct Unfinished {
    /// That are not dealt with.
    received: AtomicUsize,
    /// Of bodies whose requests are not answered.
    bodies: AtomicUsize,
    /// Those of all connections.
    all: Arc<AtomicUsize>,
}

impl Unfinished {
    /// Those of a new connection.
    pub(super) fn among(all: &Arc<AtomicUsize>) -> Self {
        Self { received: AtomicUsize::new(0), bodies: AtomicUsize::new(0), all: Arc::clone(all) }
    }

    /// How many there are.
    pub(super) fn bytes(&self) -> usize {
        self.received.load(Ordering::Relaxed).saturating_add(self.bodies.load(Ordering::Relaxed))
    }

    /// A request of so many bytes is dealt with, as they were before TLS and HTTP/2 made more or less of them. What else
    /// was received with it goes on counting if it is much: the next request may follow at once, and not come to an end.
    pub(super) fn is_dealt_with(&self, bytes: usize) {
        let received = self.received.swap(0, Ordering::Relaxed);
        self.all.fetch_sub(received, Ordering::Relaxed);
        let rest = received.saturating_sub(bytes.saturating_add(bytes / 2));
        if rest > LITTLE_BYTES {
            self.receive(rest);
        }
    }

    fn receive(&self, bytes: usize) {
        self.received.fetch_add(bytes, Ordering::Relaxed);
        self.all.fetch_add(bytes, Ordering::Relaxed);
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        self.all.fetch_sub(self.bytes(), Ordering::Relaxed);
    }
}

/// A TCP connection whose bytes are counted.
#[derive(Debug)]
pub(super) struct Metered {
    stream: TcpStream,
    guest: Arc<Guest>,
    places: Arc<Places>,
}

impl Metered {
    /// Counts what this guest says.
    pub(super) const fn new(stream: TcpStream, guest: Arc<Guest>, places: Arc<Places>) -> Self {
        Self { stream, guest, places }
    }
}

impl AsyncRead for Metered {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let outcome = ready!(Pin::new(&mut self.stream).poll_read(cx, buffer));
        self.guest.unfinished().receive(buffer.filled().len() - before);
        self.places.lighten();
        Poll::Ready(outcome)
    }
}

impl AsyncWrite for Metered {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// A request whose body is on its way.
#[derive(Debug)]
pub(super) struct Saying {
    guest: Arc<Guest>,
    bytes: AtomicUsize,
    is_over: AtomicBool,
}

impl Saying {
    /// One of this guest.
    pub(super) fn of(guest: Arc<Guest>) -> Arc<Self> {
        Arc::new(Self { guest, bytes: AtomicUsize::new(0), is_over: AtomicBool::new(false) })
    }

    /// How much of it has come.
    pub(super) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Ends it; whether it had ended before.
    pub(super) fn ends(&self) -> bool {
        self.is_over.swap(true, Ordering::Relaxed)
    }

    fn says(&self, bytes: usize) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        let unfinished = self.guest.unfinished();
        unfinished.bodies.fetch_add(bytes, Ordering::Relaxed);
        unfinished.all.fetch_add(bytes, Ordering::Relaxed);
    }

    /// All is there, or nobody wants the rest: it is being answered from here on.
    fn is_heard(&self) {
        if !self.ends() {
            self.guest.is_answered();
        }
    }
}

impl Drop for Saying {
    fn drop(&mut self) {
        let (bytes, unfinished) = (*self.bytes.get_mut(), self.guest.unfinished());
        unfinished.bodies.fetch_sub(bytes, Ordering::Relaxed);
        unfinished.all.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// A body that tells how much of it has come.
#[derive(Debug)]
pub(super) struct RequestBody {
    incoming: Incoming,
    /// None, if there is no body.
    saying: Option<Arc<Saying>>,
}

impl RequestBody {
    /// This one.
    pub(super) const fn new(incoming: Incoming, saying: Option<Arc<Saying>>) -> Self {
        Self { incoming, saying }
    }

    fn is_heard(&mut self) {
        if let Some(saying) = self.saying.take() {
            saying.is_heard();
        }
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = ready!(Pin::new(&mut self.incoming).poll_frame(cx));
        if let (Some(saying), Some(Ok(frame))) = (&self.saying, &frame) {
            saying.says(frame.data_ref().map_or(0, Bytes::len));
        }
        if self.incoming.is_end_stream() || !matches!(frame, Some(Ok(_))) {
            self.is_heard();
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}

impl Drop for RequestBody {
    fn drop(&mut self) {
        self.is_heard();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use std::net::IpAddr;

    use futures_util::FutureExt;

    use super::super::places::{Leaving, Place};
    use super::*;

    const GREEDY: &str = "203.0.113.1";
    const MODEST: &str = "198.51.100.1";

    async fn guest(places: &Arc<Places>, address: &str) -> Place {
        places.take(address.parse::<IpAddr>().unwrap()).await
    }

    /// Receives so much, and lets the places look at it.
    fn receives(place: &Place, bytes: usize) {
        place.guest().unfinished().receive(bytes);
        place.places().lighten();
    }

    fn leaves(place: &Place) -> Option<Leaving> {
        place.guest().leaves().now_or_never()
    }

    #[tokio::test]
    async fn below_the_bound_nobody_leaves() {
        let places = Places::new(9);
        let place = guest(&places, GREEDY).await;
        receives(&place, MOST_BYTES);
        assert_eq!(leaves(&place), None);
    }

    #[tokio::test]
    async fn past_it_those_leave_at_once_whose_client_has_begun_most() {
        let places = Places::new(9);
        let modest = guest(&places, MODEST).await;
        let greedy =
            [guest(&places, GREEDY).await, guest(&places, GREEDY).await, guest(&places, GREEDY).await];
        receives(&modest, MOST_BYTES / 4);
        for place in &greedy {
            receives(place, MOST_BYTES / 4 + 1);
        }
        let left: Vec<_> = greedy.iter().filter_map(leaves).collect();
        assert_eq!((left, leaves(&modest)), (vec![Leaving::AtOnce; 2], None));
        drop(greedy);
        receives(&modest, MOST_BYTES / 4);
        assert_eq!(leaves(&modest), None, "what the others had begun is forgotten");
    }

    #[tokio::test]
    async fn what_is_answered_is_no_longer_unfinished() {
        let places = Places::new(9);
        let place = guest(&places, GREEDY).await;
        for _ in 0..9 {
            receives(&place, MOST_BYTES / 2);
            drop(place.guest().asks(MOST_BYTES / 2));
        }
        assert_eq!((place.guest().unfinished().bytes(), leaves(&place)), (0, None));
    }

    #[tokio::test]
    async fn what_comes_behind_a_request_and_has_no_end_goes_on_counting() {
        let places = Places::new(9);
        let place = guest(&places, GREEDY).await;
        for (head, behind, left) in [(400, 0, 0), (400, LITTLE_BYTES, 0), (400, 16_000, 15_800)] {
            receives(&place, head + behind);
            drop(place.guest().asks(head));
            assert_eq!(place.guest().unfinished().bytes(), left, "{behind}");
        }
    }

    #[tokio::test]
    async fn a_body_counts_until_its_own_request_is_answered_whatever_else_is() {
        let places = Places::new(9);
        let place = guest(&places, GREEDY).await;
        let (answering, saying) = place.guest().begins_to_ask(0);
        saying.says(HEAVY_BYTES);
        drop(place.guest().asks(0));
        assert_eq!(place.guest().unfinished().bytes(), HEAVY_BYTES);
        drop((answering, saying));
        assert_eq!(place.guest().unfinished().bytes(), 0);
    }

    #[tokio::test]
    async fn who_is_being_answered_stays_unless_it_has_begun_more_than_anybody_would() {
        let places = Places::new(200);
        let mut busy = Vec::new();
        for _ in 0..MOST_BYTES / HEAVY_BYTES {
            let place = guest(&places, GREEDY).await;
            receives(&place, HEAVY_BYTES);
            let answering = place.guest().asks(0);
            busy.push((place, answering));
        }
        let (one, _) = &busy[0];
        let waiting = guest(&places, MODEST).await;
        receives(&waiting, 1);
        assert_eq!(leaves(&waiting), Some(Leaving::AtOnce));
        assert!(busy.iter().all(|(place, _)| leaves(place).is_none()));
        receives(one, 1);
        assert_eq!(leaves(one), Some(Leaving::AtOnce));
    }
}
