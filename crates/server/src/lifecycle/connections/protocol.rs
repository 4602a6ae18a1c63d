//! How is HTTP spoken on one connection?
//!
//! HTTP/1.1 and HTTP/2 on the same port, over TLS as over bare TCP: the client's first bytes tell which.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::extract::Request;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::rt::Executor;
use hyper::service::Service;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulConnection;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::sleep;
use tokio_io_timeout::TimeoutStream;
use tokio_util::task::TaskTracker;

/// How long the head of a request may take, from the first moment that one could be sent. So it is also how long
/// an HTTP/1.1 connection is kept without one; load balancers commonly let go of theirs after 60 seconds.
const HEAD_TIMEOUT: Duration = Duration::from_secs(75);
/// How long a new connection may take to get to its first request.
const FIRST_REQUEST_TIMEOUT: Duration = Duration::from_secs(15);
/// The most that is buffered of an HTTP/1.1 request head or a pipeline.
const HTTP1_BUFFER_BYTES: usize = 64 * 1024;
/// The most headers of an HTTP/1.1 request.
const HTTP1_HEADERS: usize = 100;
/// Requests at once on one HTTP/2 connection.
const HTTP2_STREAMS: u32 = 128;
/// The head of an HTTP/2 request, uncompressed.
const HTTP2_HEADER_LIST_BYTES: u32 = 32 * 1024;
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
            .keep_alive_interval(HTTP2_PING.0)
            .keep_alive_timeout(HTTP2_PING.1);
        Self { builder, router }
    }

    /// The conversation with one client.
    pub(super) fn serve<S>(
        &self,
        stream: S,
        peer: SocketAddr,
        first_request: FirstRequest,
    ) -> impl GracefulConnection<Error: std::fmt::Display> + use<S>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let service = PeerService { router: self.router.clone(), peer, first_request };
        self.builder.serve_connection(TokioIo::new(stream), service).into_owned()
    }
}

/// A connection that ends when the client makes no room for what is written.
pub(super) type BoundedStream = Pin<Box<TimeoutStream<TcpStream>>>;

/// Bounds the writes of a connection: those of an answer, and those of TLS around it.
pub(super) fn bounded(stream: TcpStream) -> BoundedStream {
    // SECURITY: clients that ask and never read would hold their places for ever.
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(WRITE_TIMEOUT));
    Box::pin(stream)
}

/// Tells the router who is asking.
struct PeerService {
    router: Router,
    peer: SocketAddr,
    first_request: FirstRequest,
}

impl Service<Request<Incoming>> for PeerService {
    type Response = Response;
    type Error = Infallible;
    type Future = <Router as tower::Service<Request<Incoming>>>::Future;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        self.first_request.came();
        request.extensions_mut().insert(ConnectInfo(self.peer));
        // A router is always ready.
        tower::Service::call(&mut self.router.clone(), request)
    }
}

/// Whether a connection got to its first request.
#[derive(Debug, Clone, Default)]
pub(super) struct FirstRequest(Arc<AtomicBool>);

impl FirstRequest {
    fn came(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Ends when the time for the first request is over and there was none; else never.
    pub(super) async fn missed(&self) {
        sleep(FIRST_REQUEST_TIMEOUT).await;
        if self.0.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
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
