//! Does a collector hear where the time of a request went, and nothing of whom it was for?

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::deployment::Deployment;
use super::server::Server;

const PASSWORD: &str = "correct horse battery";
/// Trace and parent of a request that a proxy has begun to trace.
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const TRACE_PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// A collector that keeps what it is sent.
struct Collector {
    url: String,
    bodies: Arc<Mutex<Vec<u8>>>,
    stop: CancellationToken,
}

impl Collector {
    async fn start(tasks: &TaskTracker) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (bodies, stop) = (Arc::<Mutex<Vec<u8>>>::default(), CancellationToken::new());
        let kept = Arc::clone(&bodies);
        let keep = async move |body: Bytes| kept.lock().unwrap().extend_from_slice(&body);
        let serving = axum::serve(listener, Router::new().route("/v1/traces", post(keep)));
        tasks.spawn(stop.clone().run_until_cancelled_owned(serving.into_future()));
        Self { url, bodies, stop }
    }

    fn holds(&self, part: &[u8]) -> bool {
        self.bodies.lock().unwrap().windows(part.len()).any(|window| window == part)
    }
}

async fn traced(collector: &Collector, trusted: &str) -> Server {
    Deployment::new()
        .with("PORTCULLIS_OTEL_ENDPOINT", &collector.url)
        .with("PORTCULLIS_OTEL_SERVICE_NAME", "door-of-this-test")
        // Nobody is there, and nobody is asked on the way to a collector without TLS.
        .with("http_proxy", "http://127.0.0.1:9")
        .with("PORTCULLIS_TRUSTED_PROXIES", trusted)
        .start()
        .await
}

/// A request that comes with a trace.
async fn ask_in_trace(server: &Server) {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = client.get(format!("http://{}/livez?secret-of-the-query", server.address));
    let answer = request.header("traceparent", TRACE_PARENT).send().await.unwrap();
    assert_eq!(answer.status(), 200);
}

#[tokio::test]
async fn spans_name_what_is_done_and_not_for_whom() {
    let tasks = TaskTracker::new();
    let collector = Collector::start(&tasks).await;
    let mut server = traced(&collector, "127.0.0.1").await;
    let tokens = server.api().newcomer("alice-in-wonderland", PASSWORD).await;
    server.api().refresh(&tokens.refresh).await.unwrap().tokens();
    ask_in_trace(&server).await;
    server.terminate();
    assert!(server.end().await.success());

    for name in [
        "door-of-this-test",
        "POST /v1/login",
        "log_in",
        "refresh",
        "register",
        "store",
        "hash wait",
        "hash work",
    ] {
        assert!(collector.holds(name.as_bytes()), "{name}");
    }
    assert!(collector.holds(&hex::decode(TRACE).unwrap()));
    let secrets = [
        "alice-in-wonderland",
        PASSWORD,
        "secret-of-the-query",
        &tokens.access,
        &tokens.refresh,
        "127.0.0.1",
    ];
    for secret in secrets {
        assert!(!collector.holds(secret.as_bytes()), "{secret}");
    }
    collector.stop.cancel();
}

#[tokio::test]
async fn the_trace_of_a_stranger_is_not_gone_on_with() {
    let tasks = TaskTracker::new();
    let collector = Collector::start(&tasks).await;
    let mut server = traced(&collector, "192.0.2.1").await;
    ask_in_trace(&server).await;
    server.terminate();
    assert!(server.end().await.success());
    assert!(collector.holds(b"GET /livez"));
    assert!(!collector.holds(&hex::decode(TRACE).unwrap()));
    collector.stop.cancel();
}

#[tokio::test]
async fn a_collector_that_is_away_holds_nobody_up() {
    let deployment = Deployment::new().with("PORTCULLIS_OTEL_ENDPOINT", "http://127.0.0.1:9");
    let mut server = deployment.start().await;
    let begun = std::time::Instant::now();
    server.api().newcomer("alice", PASSWORD).await;
    server.terminate();
    assert!(server.end().await.success());
    assert!(begun.elapsed() < Duration::from_secs(20));
}
