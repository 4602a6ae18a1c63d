//! Does a new certificate get to clients without a restart, and without one of them noticing?

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use rustix::process::{Signal, kill_process};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::version::{TLS12, TLS13};

use super::authority::{Authority, CERT, KEY, connect, deployment, localhost, set_mode};
use super::listening;
use crate::process::deployment::Deployment;
use crate::process::server::{Server, eventually};

const ASK: &[u8] = b"GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n";

/// A server whose certificate is about to be renewed.
struct Place {
    authority: Authority,
    deployment: Deployment,
    server: Server,
    connector: TlsConnector,
}

impl Place {
    async fn new() -> Self {
        let authority = Authority::new();
        let deployment = deployment(&authority.issue(&localhost()));
        let server = listening(&deployment).await;
        let connector = authority.client(&[&TLS13, &TLS12], &[]);
        Self { authority, deployment, server, connector }
    }

    /// Puts a new pair in the place of the old one, as programs do that renew certificates.
    fn renew(&self) {
        let (cert, key) = self.authority.issue(&localhost());
        self.put(CERT, &cert);
        self.put(KEY, &key);
    }

    fn put(&self, file: &str, text: &str) {
        fs::write(self.deployment.directory().join("new"), text).unwrap();
        set_mode(&self.deployment, "new", 0o600);
        fs::rename(self.deployment.directory().join("new"), self.deployment.directory().join(file)).unwrap();
    }

    fn hang_up(&self) {
        kill_process(self.server.pid(), Signal::HUP).unwrap();
    }

    async fn connect(&self) -> TlsStream<TcpStream> {
        connect(&self.server, &self.connector).await
    }

    async fn log_says(&self, words: &str) {
        eventually(words, async || self.server.log().contains(words).then_some(())).await;
    }

    /// Waits until a handshake shows another certificate than this one.
    async fn shows_another_than(&self, before: &[u8]) {
        eventually("another certificate is shown", async || {
            (shown(&self.connect().await) != before).then_some(())
        })
        .await;
    }
}

fn shown(stream: &TlsStream<TcpStream>) -> Vec<u8> {
    stream.get_ref().1.peer_certificates().unwrap()[0].to_vec()
}

async fn is_served(stream: &mut TlsStream<TcpStream>) -> bool {
    let mut answer = Vec::new();
    if stream.write_all(ASK).await.is_err() {
        return false;
    }
    while !answer.ends_with(b"\r\n\r\nok\n") {
        match stream.read_u8().await {
            Ok(byte) => answer.push(byte),
            Err(_) => return false,
        }
    }
    answer.starts_with(b"HTTP/1.1 200 ")
}

#[tokio::test]
async fn a_sighup_lets_new_connections_see_the_new_certificate_while_open_ones_live_on() {
    let place = Place::new().await;
    let mut open = place.connect().await;
    assert!(is_served(&mut open).await);
    let before = shown(&open);
    place.renew();
    place.hang_up();
    place.shows_another_than(&before).await;
    assert!(is_served(&mut open).await);
    assert!(is_served(&mut place.connect().await).await);
    place
        .log_says("a new certificate is served names=\"localhost\" expires=\"4096-01-01T00:00:00.000Z\"")
        .await;
}

#[tokio::test]
async fn without_a_signal_the_new_certificate_is_found_soon() {
    let place = Place::new().await;
    let before = shown(&place.connect().await);
    place.renew();
    place.shows_another_than(&before).await;
    assert!(!place.server.log().contains("ERROR"), "{}", place.server.log());
}

#[tokio::test]
async fn a_pair_that_is_no_good_is_told_and_the_one_before_goes_on() {
    let place = Place::new().await;
    let before = shown(&place.connect().await);
    let (other, _) = place.authority.issue(&localhost());
    place.put(CERT, &other);
    place.hang_up();
    place.log_says("the certificate is not renewed: `tls.cert` = `chain.pem`").await;
    place.log_says("is not the certificate of `tls.key` = `key.pem`").await;
    place.log_says("fix=\"name the two that were made together").await;
    assert_eq!(shown(&place.connect().await), before);

    place.put(KEY, "swordfish");
    place.hang_up();
    place
        .log_says("`tls.key` = `key.pem` (environment PORTCULLIS_TLS_KEY) does not hold a private key")
        .await;
    assert!(!place.server.log().contains("swordfish"));
    assert_eq!(shown(&place.connect().await), before);

    place.renew();
    place.shows_another_than(&before).await;
}

#[tokio::test]
async fn renewals_under_load_cost_nobody_a_connection_or_an_answer() {
    let place = Arc::new(Place::new().await);
    let (answered, enough) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let mut clients = JoinSet::new();
    for keeps_connection in [true, false, true, false, true, false] {
        let (place, answered, enough) = (Arc::clone(&place), Arc::clone(&answered), Arc::clone(&enough));
        clients.spawn(async move {
            let mut stream = place.connect().await;
            while !enough.load(Ordering::Relaxed) {
                if !keeps_connection {
                    stream = place.connect().await;
                }
                assert!(is_served(&mut stream).await);
                answered.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    for _ in 0..20 {
        let (so_far, before) = (answered.load(Ordering::Relaxed), shown(&place.connect().await));
        place.renew();
        place.hang_up();
        place.shows_another_than(&before).await;
        eventually("clients go on", async || (answered.load(Ordering::Relaxed) > so_far + 20).then_some(()))
            .await;
    }
    enough.store(true, Ordering::Relaxed);
    while let Some(ended) = clients.join_next().await {
        ended.unwrap();
    }
}
