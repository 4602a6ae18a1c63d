//! The accept loop over real sockets.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod tls;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, Version};
use axum::routing::get;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::{ConnectionCounts, Front, serve};
use crate::config::meant::ServerSettings;

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n";

struct Server {
    address: SocketAddr,
    stop: CancellationToken,
    tasks: TaskTracker,
    counts: Arc<ConnectionCounts>,
}

impl Server {
    async fn start(router: Router, max_connections: usize, shutdown_timeout: Duration) -> Self {
        Self::start_with(None, router, max_connections, shutdown_timeout).await
    }

    async fn start_with(
        tls: Option<TlsAcceptor>,
        router: Router,
        max_connections: usize,
        shutdown_timeout: Duration,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let settings = ServerSettings {
            body_limit_bytes: 1024,
            request_timeout: Duration::from_secs(30),
            shutdown_timeout,
            max_connections,
        };
        let serving = stop.clone();
        let counts = Arc::<ConnectionCounts>::default();
        let front = Front { listener, tls, router, counts: Arc::clone(&counts) };
        tasks.spawn(async move { serve(front, &settings, &serving).await });
        tasks.close();
        Self { address, stop, tasks, counts }
    }

    async fn patient(router: Router) -> Self {
        Self::start(router, 100, Duration::from_hours(1)).await
    }

    async fn client(&self) -> Client {
        Client(TcpStream::connect(self.address).await.unwrap())
    }
}

struct Client(TcpStream);

impl Client {
    async fn send(&mut self) {
        self.0.write_all(REQUEST).await.unwrap();
    }

    /// The body of the next answer, which is two bytes long.
    async fn answer(&mut self) -> String {
        let mut text = Vec::new();
        while !text.windows(4).any(|end| end == b"\r\n\r\n") {
            text.push(self.0.read_u8().await.unwrap());
        }
        let mut body = [0; 2];
        self.0.read_exact(&mut body).await.unwrap();
        String::from_utf8(body.to_vec()).unwrap()
    }

    async fn is_closed(&mut self) -> bool {
        matches!(self.0.read(&mut [0; 1]).await, Ok(0) | Err(_))
    }
}

fn ok() -> Router {
    Router::new().route("/", get(async || "ok"))
}

/// Answers when it has read what was sent.
fn echo() -> Router {
    Router::new().route("/", get(async || "ok").post(async |body: axum::body::Bytes| body))
}

/// Answers when it is told to, and tells when it was asked.
fn slow() -> (Router, Arc<Notify>, Arc<Notify>) {
    let (asked, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (tell, wait) = (Arc::clone(&asked), Arc::clone(&go));
    let handler = async move || {
        tell.notify_one();
        wait.notified().await;
        "ok"
    };
    (Router::new().route("/", get(handler)), asked, go)
}

#[tokio::test]
async fn the_router_is_told_who_is_asking() {
    let router = Router::new().route(
        "/",
        get(
            async |ConnectInfo(peer): ConnectInfo<SocketAddr>| {
                if peer.ip().is_loopback() { "me" } else { "no" }
            },
        ),
    );
    let mut client = Server::patient(router).await.client().await;
    client.send().await;
    assert_eq!(client.answer().await, "me");
}

#[tokio::test]
async fn http_2_is_spoken_on_the_same_port() {
    let server = Server::patient(ok()).await;
    let stream = TokioIo::new(server.client().await.0);
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), stream).await.unwrap();
    server.tasks.spawn(async move { connection.await.unwrap() });
    let request = Request::get(format!("http://{}/", server.address)).body(Body::empty()).unwrap();
    let response = sender.send_request(request).await.unwrap();
    assert_eq!((response.version(), response.status().as_u16()), (Version::HTTP_2, 200));
}

#[tokio::test]
async fn a_request_that_has_begun_is_answered_after_the_stop_and_a_new_connection_is_refused() {
    let (router, asked, go) = slow();
    let server = Server::patient(router).await;
    let mut client = server.client().await;
    client.send().await;
    asked.notified().await;
    server.stop.cancel();
    while TcpStream::connect(server.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    go.notify_one();
    assert_eq!(client.answer().await, "ok");
    assert!(client.is_closed().await);
    server.tasks.wait().await;
}

#[tokio::test]
async fn a_connection_kept_for_later_is_closed_at_the_stop() {
    let server = Server::patient(ok()).await;
    let mut client = server.client().await;
    client.send().await;
    assert_eq!(client.answer().await, "ok");
    server.stop.cancel();
    assert!(client.is_closed().await);
    server.tasks.wait().await;
}

#[tokio::test(start_paused = true)]
async fn a_request_that_takes_too_long_does_not_keep_the_server_from_ending() {
    let (router, asked, _go) = slow();
    let server = Server::start(router, 100, Duration::from_secs(5)).await;
    let mut client = server.client().await;
    client.send().await;
    asked.notified().await;
    server.stop.cancel();
    server.tasks.wait().await;
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_never_gets_to_a_request_is_cut_off() {
    let server = Server::patient(ok()).await;
    let mut silent = server.client().await;
    assert!(silent.is_closed().await);
    let mut stuck = server.client().await;
    stuck.0.write_all(b"PRI * HTTP/2").await.unwrap();
    assert!(stuck.is_closed().await);
}

#[tokio::test(start_paused = true)]
async fn connections_are_counted_by_what_became_of_them() {
    let server = Server::patient(ok()).await;
    let mut client = server.client().await;
    client.send().await;
    assert_eq!(client.answer().await, "ok");
    assert!(server.client().await.is_closed().await);
    // The task of the connection ends a moment after the client knows.
    while server.counts.metrics().open > 1 {
        tokio::task::yield_now().await;
    }
    let metrics = server.counts.metrics();
    assert_eq!((metrics.open, metrics.accepted, metrics.without_request), (1, 2, 1));
    assert_eq!((metrics.displaced, metrics.handshakes_failed, metrics.accept_failures), (0, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_second_request_that_does_not_come_to_an_end_is_cut_off() {
    let server = Server::patient(ok()).await;
    let mut client = server.client().await;
    client.send().await;
    assert_eq!(client.answer().await, "ok");
    client.0.write_all(b"GET / HTTP/1.1\r\nhost").await.unwrap();
    assert!(client.is_closed().await);
}

#[tokio::test]
async fn one_connection_too_many_waits_until_another_ends() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let handler = async move || {
        count.fetch_add(1, Ordering::SeqCst);
        "ok"
    };
    let server = Server::start(Router::new().route("/", get(handler)), 1, Duration::from_hours(1)).await;
    let mut first = server.client().await;
    let mut second = server.client().await;
    second.send().await;
    for _ in 0..10 {
        first.send().await;
        assert_eq!(first.answer().await, "ok");
    }
    assert_eq!(asked.load(Ordering::SeqCst), 10);
    drop(first);
    assert_eq!(second.answer().await, "ok");
}

#[tokio::test(start_paused = true)]
async fn who_only_waits_gives_way_to_who_comes() {
    let server = Server::start(echo(), 1, Duration::from_hours(1)).await;
    let half_a_body = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nhalf";
    for half_a_request in [&b""[..], b"GET", b"PRI * HTTP/2", half_a_body] {
        let mut waiting = server.client().await;
        waiting.0.write_all(half_a_request).await.unwrap();
        let mut next = server.client().await;
        next.send().await;
        assert_eq!(next.answer().await, "ok");
        assert!(waiting.is_closed().await);
    }
}

#[tokio::test(start_paused = true)]
async fn who_is_being_answered_does_not_give_way_however_long_it_takes() {
    let (router, asked, go) = slow();
    let server = Server::start(router, 1, Duration::from_hours(1)).await;
    let mut first = server.client().await;
    first.send().await;
    asked.notified().await;
    let mut second = server.client().await;
    second.send().await;
    tokio::time::sleep(Duration::from_mins(1)).await;
    go.notify_one();
    assert_eq!(first.answer().await, "ok");
    // Now it only waits.
    asked.notified().await;
    go.notify_one();
    assert_eq!(second.answer().await, "ok");
    assert!(first.is_closed().await);
}

#[tokio::test]
async fn an_answer_does_not_wait_for_the_rest_of_the_next_request() {
    let mut client = Server::patient(ok()).await.client().await;
    client.0.write_all(&[REQUEST, b"GET"].concat()).await.unwrap();
    assert_eq!(client.answer().await, "ok");
    client.0.write_all(REQUEST.strip_prefix(b"GET").unwrap()).await.unwrap();
    assert_eq!(client.answer().await, "ok");
}

#[tokio::test]
async fn a_head_that_is_refused_is_answered() {
    let server = Server::patient(ok()).await;
    let many = format!("GET / HTTP/1.1\r\nhost: x\r\n{}\r\n", "x: y\r\n".repeat(200));
    for (head, status) in [("not http at all\r\n\r\n", "400"), (many.as_str(), "431")] {
        let mut client = server.client().await;
        client.0.write_all(head.as_bytes()).await.unwrap();
        let mut line = [0; 12];
        client.0.read_exact(&mut line).await.unwrap();
        assert_eq!(std::str::from_utf8(&line).unwrap(), format!("HTTP/1.1 {status}"));
    }
}

/// A router with large answers, and how many it was asked for.
fn large() -> (Router, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let handler = async move || {
        count.fetch_add(1, Ordering::Relaxed);
        vec![0_u8; 256 * 1024]
    };
    (Router::new().route("/", get(handler)), asked)
}

#[tokio::test]
async fn a_client_that_asks_and_never_reads_is_not_answered_without_bound() {
    let (router, asked) = large();
    let mut client = Server::patient(router).await.client().await;
    // Without a bound this would be 5 GiB of answers. What the system buffers is a few MiB.
    let requests = REQUEST.repeat(20_000);
    // All of it, or as much as the server and the system are willing to take.
    let _ = tokio::time::timeout(Duration::from_secs(1), client.0.write_all(&requests)).await;
    let mut before = usize::MAX;
    while asked.load(Ordering::Relaxed) != before {
        before = asked.load(Ordering::Relaxed);
        assert!(before < 1000, "{before} answers are waiting to be read");
        // Long enough for the server to take many more, if it did.
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_asks_and_never_reads_loses_its_place() {
    let (router, asked) = large();
    let server = Server::start(router, 1, Duration::from_hours(1)).await;
    let mut greedy = server.client().await;
    greedy.0.write_all(&REQUEST.repeat(1000)).await.unwrap();
    while asked.load(Ordering::Relaxed) == 0 {
        tokio::task::yield_now().await;
    }
    let mut next = server.client().await;
    next.send().await;
    assert_eq!(next.0.read_u8().await.unwrap(), b'H');
}

#[tokio::test]
async fn a_body_is_read_to_its_end_and_answered_on_a_connection_that_goes_on() {
    let mut client = Server::patient(echo()).await.client().await;
    for _ in 0..3 {
        client.0.write_all(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\nh").await.unwrap();
        tokio::task::yield_now().await;
        client.0.write_all(b"i").await.unwrap();
        assert_eq!(client.answer().await, "hi");
        client.send().await;
        assert_eq!(client.answer().await, "ok");
    }
}

#[tokio::test(start_paused = true)]
async fn a_quiet_http_2_connection_is_told_to_go_after_ten_minutes() {
    let server = Server::patient(ok()).await;
    let stream = TokioIo::new(server.client().await.0);
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), stream).await.unwrap();
    let connection = server.tasks.spawn(connection);
    let request = Request::get(format!("http://{}/", server.address)).body(Body::empty()).unwrap();
    sender.send_request(request).await.unwrap();
    let before = tokio::time::Instant::now();
    connection.await.unwrap().unwrap();
    let lived = before.elapsed();
    assert!(lived > Duration::from_mins(9) && lived < Duration::from_mins(11), "{lived:?}");
}
