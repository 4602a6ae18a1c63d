//! How is HTTP spoken on one connection?
//!
//! HTTP/1.1 and HTTP/2 on the same port, over TLS as over bare TCP: the client's first bytes tell which.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::extract::Request;
use axum::response::Response;
use hyper::body::{Body as _, Incoming};
use hyper::rt::Executor;
use hyper::service::Service;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulConnection;
use pin_project_lite::pin_project;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::sleep;
use tokio_io_timeout::TimeoutStream;
use tokio_util::task::TaskTracker;

use super::places::{Answering, Guest, Places};
use super::unfinished::{Metered, RequestBody};

/// How long the head of a request may take, from the first moment that one could be sent. So it is also how long
/// an HTTP/1.1 connection is kept without one; load balancers commonly let go of theirs after 60 seconds.
const HEAD_TIMEOUT: Duration = Duration::from_secs(75);
/// How long a new connection may take to get to its first request.
const FIRST_REQUEST_TIMEOUT: Duration = Duration::from_secs(15);
/// How long a connection without a request is kept that answers pings: HTTP/2 knows no other end.
const IDLE_TIMEOUT: Duration = Duration::from_mins(10);
/// The most that is buffered of an HTTP/1.1 request head or a pipeline; as much as Node.js takes.
const HTTP1_BUFFER_BYTES: usize = 16 * 1024;
/// The most headers of an HTTP/1.1 request.
const HTTP1_HEADERS: usize = 100;
/// Requests at once on one HTTP/2 connection.
const HTTP2_STREAMS: u32 = 128;
/// The head of an HTTP/2 request, uncompressed.
const HTTP2_HEADER_LIST_BYTES: u32 = 16 * 1024;
/// How much of one body, and of all bodies of a connection, an HTTP/2 client may send ahead of who reads it.
const HTTP2_WINDOWS: (u32, u32) = (64 * 1024, 128 * 1024);
/// How long the client may take to make room for more of an answer.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
/// How often a quiet HTTP/2 client is asked whether it is still there, and how long it may take to answer.
const HTTP2_PING: (Duration, Duration) = (Duration::from_secs(30), Duration::from_secs(20));

/// HTTP with all its limits, in front of the router.
pub(super) struct Protocol {
    builder: Builder<OnTracker>,
    router: Router,
}

impl Protocol {
    /// What the protocol starts runs on `tasks`.
    pub(super) fn new(router: Router, tasks: TaskTracker) -> Self {
        let mut builder = Builder::new(OnTracker(tasks));
        builder
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIMEOUT)
            .max_buf_size(HTTP1_BUFFER_BYTES)
            .max_headers(HTTP1_HEADERS);
        // SECURITY: `pipeline_flush` would buffer answers without bound for a client that asks and never reads.
        builder
            .http2()
            .timer(TokioTimer::new())
            .max_concurrent_streams(HTTP2_STREAMS)
            .max_header_list_size(HTTP2_HEADER_LIST_BYTES)
            .initial_stream_window_size(HTTP2_WINDOWS.0)
            .initial_connection_window_size(HTTP2_WINDOWS.1)
            .keep_alive_interval(HTTP2_PING.0)
            .keep_alive_timeout(HTTP2_PING.1);
        Self { builder, router }
    }

    /// The conversation with one client.
    pub(super) fn serve<S>(
        &self,
        stream: S,
        peer: SocketAddr,
        guest: Arc<Guest>,
    ) -> impl GracefulConnection<Error: std::fmt::Display> + use<S>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let service = PeerService { router: self.router.clone(), peer, guest };
        self.builder.serve_connection(TokioIo::new(stream), service).into_owned()
    }
}

/// A connection that ends when the client makes no room for what is written.
pub(super) type BoundedStream = Pin<Box<TimeoutStream<Metered>>>;

/// Bounds the writes of a connection, those of an answer and those of TLS around it, and counts what is read.
pub(super) fn bounded(stream: TcpStream, guest: &Arc<Guest>, places: &Arc<Places>) -> BoundedStream {
    let stream = Metered::new(stream, Arc::clone(guest), Arc::clone(places));
    // SECURITY: clients that ask and never read would hold their places for ever.
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(WRITE_TIMEOUT));
    Box::pin(stream)
}

/// Tells the router who is asking, and the guest that it is being answered.
struct PeerService {
    router: Router,
    peer: SocketAddr,
    guest: Arc<Guest>,
}

impl Service<Request<Incoming>> for PeerService {
    type Response = Response;
    type Error = Infallible;
    type Future = Answer<<Router as tower::Service<Request<RequestBody>>>::Future>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let head_bytes = head_bytes(&request);
        let (answering, saying) = if request.body().is_end_stream() {
            (self.guest.asks(head_bytes), None)
        } else {
            let (answering, saying) = self.guest.begins_to_ask(head_bytes);
            (answering, Some(saying))
        };
        let mut request = request.map(|incoming| RequestBody::new(incoming, saying));
        request.extensions_mut().insert(ConnectInfo(self.peer));
        // A router is always ready.
        Answer { future: tower::Service::call(&mut self.router.clone(), request), answering }
    }
}

/// About how long the head of a request was.
fn head_bytes<B>(request: &Request<B>) -> usize {
    let target = request.uri().path_and_query().map_or(0, |target| target.as_str().len());
    let headers = request.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + 4);
    target + headers.sum::<usize>()
}

pin_project! {
    /// An answer on its way.
    struct Answer<F> {
        #[pin]
        future: F,
        // Held until the answer is there, or nobody waits for it any more.
        answering: Answering,
    }
}

impl<F: Future> Future for Answer<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.project().future.poll(cx)
    }
}

/// What a client has not done in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Silence {
    /// Ask anything.
    NoRequest,
    /// Ask anything more.
    NoFurther,
}

/// Ends when the time for the first request is over and there was none, or that for a further one.
pub(super) async fn falls_silent(guest: &Guest) -> Silence {
    sleep(FIRST_REQUEST_TIMEOUT).await;
    if !guest.has_asked() {
        return Silence::NoRequest;
    }
    loop {
        let rest = IDLE_TIMEOUT.saturating_sub(guest.waits_for().unwrap_or_default());
        if rest.is_zero() {
            return Silence::NoFurther;
        }
        sleep(rest).await;
    }
}

/// Runs the tasks of HTTP/2 streams where a shutdown waits for them.
#[derive(Debug, Clone)]
struct OnTracker(TaskTracker);

impl<F> Executor<F> for OnTracker
where
    F: Future<Output: Send> + Send + 'static,
{
    fn execute(&self, task: F) {
        self.0.spawn(async move {
            task.await;
        });
    }
}
