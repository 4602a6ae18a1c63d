//! The same promises over TLS.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Router;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{CipherSuite, ClientConfig, RootCertStore};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::{REQUEST, Server, large, ok, slow};
use crate::config::meant::{CertificateFiles, CertificateSource, NamedFile, TlsSettings};
use crate::config::value::Environment;
use crate::wiring;

/// The beginning of what a client says first.
const HALF_A_HELLO: &[u8] = b"\x16\x03\x01\x02";

/// A server with a certificate of its own, and a client that believes it.
struct Secure {
    server: Server,
    connector: TlsConnector,
}

impl Secure {
    async fn start(router: Router, max_connections: usize) -> Self {
        let (acceptor, trusted) = acceptor();
        let server =
            Server::start_with(Some(acceptor), router, max_connections, Duration::from_hours(1)).await;
        let mut roots = RootCertStore::empty();
        roots.add(trusted).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        Self { server, connector: Arc::new(config).into() }
    }

    async fn client(&self) -> TlsStream<TcpStream> {
        let name = ServerName::try_from("localhost").unwrap();
        self.connector.connect(name, self.server.client().await.0).await.unwrap()
    }
}

fn acceptor() -> (TlsAcceptor, CertificateDer<'static>) {
    let rcgen::CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str, text: String| {
        let path = directory.path().join(name);
        fs::write(&path, text).unwrap();
        NamedFile { path, cited: name.to_owned() }
    };
    let files =
        CertificateFiles { cert: file("cert", cert.pem()), key: file("key", signing_key.serialize_pem()) };
    let settings = TlsSettings { certificate: CertificateSource::Files(files), redirect_port: None };
    (wiring::tls::open(&settings, Environment::Development).unwrap().acceptor, cert.der().clone())
}

/// Asks, and reads the beginning of the answer.
async fn ask(client: &mut TlsStream<TcpStream>) {
    client.write_all(REQUEST).await.unwrap();
    is_answered(client).await;
}

async fn is_answered(client: &mut TlsStream<TcpStream>) {
    let mut head = [0; 8];
    client.read_exact(&mut head).await.unwrap();
    assert_eq!(&head, b"HTTP/1.1");
}

/// Whether the server ended as TLS wants it; an end without a word is an error here.
async fn says_goodbye(mut client: TlsStream<TcpStream>) -> bool {
    client.read_to_end(&mut Vec::new()).await.is_ok()
}

#[tokio::test]
async fn a_connection_kept_for_later_is_closed_at_the_stop() {
    let secure = Secure::start(ok(), 100).await;
    let mut client = secure.client().await;
    ask(&mut client).await;
    secure.server.stop.cancel();
    assert!(says_goodbye(client).await);
    secure.server.tasks.wait().await;
}

#[tokio::test]
async fn a_request_that_has_begun_is_answered_after_the_stop() {
    let (router, asked, go) = slow();
    let secure = Secure::start(router, 100).await;
    let mut client = secure.client().await;
    client.write_all(REQUEST).await.unwrap();
    asked.notified().await;
    secure.server.stop.cancel();
    while TcpStream::connect(secure.server.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    go.notify_one();
    is_answered(&mut client).await;
    assert!(says_goodbye(client).await);
    secure.server.tasks.wait().await;
}

#[tokio::test(start_paused = true)]
async fn a_handshake_that_stalls_does_not_hold_up_the_stop() {
    let secure = Secure::start(ok(), 100).await;
    let begun = tokio::time::Instant::now();
    let mut silent = secure.server.client().await;
    let mut stuck = secure.server.client().await;
    stuck.0.write_all(HALF_A_HELLO).await.unwrap();
    // They are accepted in order, so the two before it are in their handshakes now.
    ask(&mut secure.client().await).await;
    secure.server.stop.cancel();
    assert!(silent.is_closed().await && stuck.is_closed().await);
    secure.server.tasks.wait().await;
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_handshake_that_stalls_is_ended_after_ten_seconds() {
    let secure = Secure::start(ok(), 100).await;
    let begun = tokio::time::Instant::now();
    let mut stuck = secure.server.client().await;
    stuck.0.write_all(HALF_A_HELLO).await.unwrap();
    assert!(stuck.is_closed().await);
    assert_eq!(begun.elapsed().as_secs(), 10);
}

#[tokio::test(start_paused = true)]
async fn a_handshake_that_stalls_gives_way_to_who_comes() {
    let secure = Secure::start(ok(), 1).await;
    let begun = tokio::time::Instant::now();
    let mut stuck = secure.server.client().await;
    stuck.0.write_all(HALF_A_HELLO).await.unwrap();
    ask(&mut secure.client().await).await;
    assert_eq!(begun.elapsed().as_secs(), 1);
    assert!(stuck.is_closed().await);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_waits_is_ended_with_a_word_when_it_gives_way() {
    let secure = Secure::start(ok(), 1).await;
    let mut waiting = secure.client().await;
    ask(&mut waiting).await;
    ask(&mut secure.client().await).await;
    assert!(says_goodbye(waiting).await);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_never_gets_to_a_request_is_cut_off() {
    let secure = Secure::start(ok(), 100).await;
    let begun = tokio::time::Instant::now();
    let mut silent = secure.client().await;
    let _ = silent.read_to_end(&mut Vec::new()).await;
    assert_eq!(begun.elapsed().as_secs(), 15);
}

#[tokio::test]
async fn what_is_not_tls_is_not_answered_and_closed_at_once() {
    let secure = Secure::start(ok(), 1).await;
    for junk in [REQUEST, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\x16\x03\x01\x00\x05hello"] {
        let mut plain = secure.server.client().await;
        plain.0.write_all(junk).await.unwrap();
        let mut answer = Vec::new();
        let _ = plain.0.read_to_end(&mut answer).await;
        // At most an alert of TLS.
        assert!(answer.is_empty() || answer.first() == Some(&21), "{answer:?}");
    }
    ask(&mut secure.client().await).await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_asks_and_never_reads_is_not_answered_without_bound_and_loses_its_place() {
    let (router, asked) = large();
    let secure = Secure::start(router, 1).await;
    let mut greedy = secure.client().await;
    greedy.write_all(&REQUEST.repeat(1000)).await.unwrap();
    greedy.flush().await.unwrap();
    ask(&mut secure.client().await).await;
    // Without a bound all would have been answered: 250 MiB. What the system buffers is a few MiB.
    assert!((1..500).contains(&asked.load(Ordering::Relaxed)), "{asked:?}");
}

#[tokio::test]
async fn of_the_suites_that_both_know_the_first_of_the_server_is_taken() {
    let (acceptor, trusted) = acceptor();
    let server = Server::start_with(Some(acceptor), ok(), 1, Duration::from_hours(1)).await;
    let mut roots = RootCertStore::empty();
    roots.add(trusted).unwrap();
    let mut provider = aws_lc_rs::default_provider();
    provider.cipher_suites.reverse();
    let config = ClientConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let client = TlsConnector::from(Arc::new(config)).connect(name, server.client().await.0).await.unwrap();
    let suite = client.get_ref().1.negotiated_cipher_suite().unwrap();
    assert_eq!(suite.suite(), CipherSuite::TLS13_AES_256_GCM_SHA384);
}
