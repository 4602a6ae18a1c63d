//! Does the server speak HTTPS itself?

mod acme;
pub mod authority;
mod old_clients;
mod plain_port;
mod refused;
mod reload;

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::rustls::ProtocolVersion;
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_util::task::TaskTracker;

use self::authority::{Authority, connect, deployment, localhost};
use super::deployment::Deployment;
use super::server::{Server, within};

const GET: &[u8] = b"GET /livez HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";

/// A server that listens, and who vouches for it.
async fn secure_server() -> (Server, Authority) {
    let authority = Authority::new();
    let server = listening(&deployment(&authority.issue(&localhost()))).await;
    (server, authority)
}

async fn listening(deployment: &Deployment) -> Server {
    let mut server = Server::begin(deployment);
    server.listens().await;
    server
}

#[tokio::test]
async fn a_client_that_trusts_the_authority_is_served_over_https() {
    let (server, authority) = secure_server().await;
    let root = reqwest::Certificate::from_pem(authority.root_pem().as_bytes()).unwrap();
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([root]).build().unwrap();
    let url = format!("https://localhost:{}", server.address.port());
    assert!(server.log().contains(&format!("server    {url}\n")), "{}", server.log());

    let body = serde_json::json!({ "username": "alice", "password": "correct horse battery" });
    let answer = client.post(format!("{url}/v1/register")).json(&body).send().await.unwrap();
    assert_eq!(answer.status(), 201);
    // A browser would keep it for this machine, whatever listens here tomorrow.
    assert!(!answer.headers().contains_key("strict-transport-security"));

    let body = serde_json::json!({
        "identifier": "alice", "password": "correct horse battery", "transport": "cookie",
    });
    let answer = client.post(format!("{url}/v1/login")).json(&body).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    for cookie in answer.headers().get_all("set-cookie") {
        let cookie = cookie.to_str().unwrap();
        assert!(cookie.starts_with("__Host-") && cookie.contains("; Secure"), "{cookie}");
    }
}

#[tokio::test]
async fn a_client_that_does_not_know_the_authority_goes_away_and_others_are_served() {
    let (server, authority) = secure_server().await;
    let stranger = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("https://localhost:{}/livez", server.address.port());
    assert!(stranger.get(url).send().await.unwrap_err().is_connect());
    assert!(get(&server, &authority).await.starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn both_versions_of_tls_are_spoken() {
    let (server, authority) = secure_server().await;
    for (offered, spoken) in [(&TLS12, ProtocolVersion::TLSv1_2), (&TLS13, ProtocolVersion::TLSv1_3)] {
        let mut stream = connect(&server, &authority.client(&[offered], &[])).await;
        assert_eq!(stream.get_ref().1.protocol_version(), Some(spoken));
        stream.write_all(GET).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.ends_with("\r\n\r\nok\n"), "{answer}");
    }
}

#[tokio::test]
async fn http_2_is_spoken_with_clients_that_prefer_it() {
    let (server, authority) = secure_server().await;
    let stream = connect(&server, &authority.client(&[&TLS13], &[b"h2", b"http/1.1"])).await;
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    let tasks = TaskTracker::new();
    tasks.spawn(connection);
    let uri = format!("https://localhost:{}/livez", server.address.port());
    let request = hyper::Request::get(uri).body(Empty::<Bytes>::new()).unwrap();
    let response = sender.send_request(request).await.unwrap();
    assert_eq!((response.status().as_u16(), response.version()), (200, hyper::Version::HTTP_2));
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "ok\n");
}

#[tokio::test]
async fn http_1_is_spoken_with_clients_that_know_nothing_else() {
    let (server, authority) = secure_server().await;
    let stream = connect(&server, &authority.client(&[&TLS13], &[b"http/1.1"])).await;
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
    assert!(get(&server, &authority).await.starts_with("HTTP/1.1 200 "));
}

/// The answer to a request on a connection of its own.
async fn get(server: &Server, authority: &Authority) -> String {
    let mut stream = connect(server, &authority.client(&[&TLS13], &[])).await;
    stream.write_all(GET).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn plain_http_is_neither_answered_nor_left_hanging() {
    let (server, authority) = secure_server().await;
    let mut plain = TcpStream::connect(server.address).unwrap();
    plain.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    plain.write_all(GET).unwrap();
    let mut answer = Vec::new();
    let ended = plain.read_to_end(&mut answer);
    assert!(ended.is_ok() || ended.is_err_and(|error| error.kind() == ErrorKind::ConnectionReset));
    assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
    assert!(get(&server, &authority).await.starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn handshakes_that_stall_are_cut_off_while_others_are_served() {
    let (server, authority) = secure_server().await;
    let begun = Instant::now();
    let mut stalled: Vec<TcpStream> = (0..32)
        .map(|_| {
            let mut stream = TcpStream::connect(server.address).unwrap();
            stream.write_all(b"\x16\x03\x01\x02\x00\x01").unwrap();
            stream.set_nonblocking(true).unwrap();
            stream
        })
        .collect();
    within(Duration::from_secs(20), "the stalled handshakes are cut off", async || {
        assert!(get(&server, &authority).await.starts_with("HTTP/1.1 200 "));
        stalled.retain_mut(|stream| {
            stream.read(&mut [0; 1024]).is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
        });
        stalled.is_empty().then_some(())
    })
    .await;
    assert!(begun.elapsed() > Duration::from_secs(9), "{:?}", begun.elapsed());
    assert!(!server.log().contains("handshake"), "{}", server.log());
}

#[tokio::test]
async fn a_stop_closes_idle_connections_and_answers_what_has_begun() {
    let (mut server, authority) = secure_server().await;
    let connector = authority.client(&[&TLS13], &[]);
    let mut idle = connect(&server, &connector).await;
    let mut busy = connect(&server, &connector).await;
    let body = r#"{"username": "alice", "password": "correct horse battery"}"#;
    let head = format!(
        "POST /v1/register HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
         content-length: {}\r\nexpect: 100-continue\r\n\r\n",
        body.len()
    );
    busy.write_all(head.as_bytes()).await.unwrap();
    let mut line = [0; 25];
    // Somebody inside the server asks for the body: the request has begun.
    busy.read_exact(&mut line).await.unwrap();
    assert_eq!(&line, b"HTTP/1.1 100 Continue\r\n\r\n");

    server.terminate();
    server.refuses_connections().await;
    assert!(matches!(idle.read(&mut [0; 1]).await, Ok(0) | Err(_)));
    busy.write_all(body.as_bytes()).await.unwrap();
    let mut answer = String::new();
    busy.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 201 Created\r\n"), "{answer}");
    assert_eq!(server.end().await.code(), Some(0));
}
