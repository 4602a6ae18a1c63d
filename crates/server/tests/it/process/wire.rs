//! How does the server speak on a connection?

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;

use super::deployment::Deployment;
use super::server::within;

#[tokio::test]
async fn http_2_with_prior_knowledge_works_beside_http_1() {
    let server = Deployment::new().start().await;
    let uri: hyper::Uri = format!("http://{}/livez", server.address).parse().unwrap();
    for (is_2, version) in [(true, hyper::Version::HTTP_2), (false, hyper::Version::HTTP_11)] {
        let client: Client<_, Empty<Bytes>> =
            Client::builder(TokioExecutor::new()).http2_only(is_2).build_http();
        let response = client.get(uri.clone()).await.unwrap();
        assert_eq!((response.status().as_u16(), response.version()), (200, version));
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "ok\n");
    }
}

#[tokio::test]
async fn a_client_that_sends_its_headers_a_byte_at_a_time_is_dropped_while_others_are_served() {
    let server = Deployment::new().start().await;
    let api = server.api();
    let mut slow = TcpStream::connect(server.address).unwrap();
    slow.write_all(b"GET /livez HTTP/1.1\r\nhost: localhost\r\n").unwrap();
    slow.set_nonblocking(true).unwrap();
    within(Duration::from_secs(25), "the slow client is dropped", async || {
        api.get("/livez", None).await.unwrap().status.eq(&200).then_some(())?;
        let sent = slow.write(b"a");
        let answer = slow.read(&mut [0; 1024]);
        let is_dropped = match (sent, answer) {
            (_, Ok(0)) => true,
            (Err(error), _) | (_, Err(error)) => error.kind() != ErrorKind::WouldBlock,
            (Ok(_), Ok(_)) => false,
        };
        is_dropped.then_some(())
    })
    .await;
}

#[tokio::test]
async fn what_is_not_http_gets_a_refusal_and_no_more() {
    let server = Deployment::new().start().await;
    for junk in
        [&b"\x16\x03\x01\x02\x00\x01\x00"[..], b"\0\0\0\0", b"GET\r\n\r\n", b"GET / HTTP/1.1\r\nhost\r\n\r\n"]
    {
        let mut connection = TcpStream::connect(server.address).unwrap();
        connection.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        connection.write_all(junk).unwrap();
        connection.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = Vec::new();
        let ended = connection.read_to_end(&mut answer);
        assert!(ended.is_ok() || ended.is_err_and(|error| error.kind() == ErrorKind::ConnectionReset));
        let answer = String::from_utf8(answer).unwrap();
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400 "), "{answer}");
    }
    server.api().get("/livez", None).await.unwrap();
}

/// Whoever sees two messages in one can be told another's answer (RFC 9112 §6.3; ASVS 5.0, 4.2.1).
#[tokio::test]
async fn a_message_with_two_lengths_is_answered_once_and_the_connection_closed() {
    let server = Deployment::new().start().await;
    let hidden = "GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n";
    let both = format!("content-length: {}\r\n", "0\r\n\r\n".len() + hidden.len());
    for (version, lengths, body) in [
        ("1.1", format!("{both}transfer-encoding: chunked\r\n"), "0\r\n\r\n"),
        ("1.1", format!("transfer-encoding: chunked\r\n{both}"), "0\r\n\r\n"),
        ("1.1", "content-length: 2\r\ncontent-length: 3\r\n".to_owned(), "{} "),
        ("1.1", "content-length: +2\r\n".to_owned(), "{}"),
        ("1.1", "transfer-encoding: identity\r\ncontent-length: 2\r\n".to_owned(), "{}"),
        ("1.1", "transfer-encoding: chunked, x\r\n".to_owned(), "0\r\n\r\n"),
        ("1.1", "transfer-encoding : chunked\r\n".to_owned(), "0\r\n\r\n"),
        ("1.0", "transfer-encoding: chunked\r\n".to_owned(), "0\r\n\r\n"),
    ] {
        let mut connection = TcpStream::connect(server.address).unwrap();
        connection.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let head = format!(
            "POST /v1/login HTTP/{version}\r\nhost: localhost\r\ncontent-type: application/json\r\n{lengths}\r\n"
        );
        connection.write_all(format!("{head}{body}{hidden}").as_bytes()).unwrap();
        let mut answer = Vec::new();
        let ended = connection.read_to_end(&mut answer);
        assert!(
            ended.is_ok() || ended.is_err_and(|error| error.kind() == ErrorKind::ConnectionReset),
            "{lengths}"
        );
        let answer = String::from_utf8(answer).unwrap();
        assert!(
            answer.starts_with("HTTP/1.1 400 ") || answer.starts_with("HTTP/1.0 400 "),
            "{lengths}: {answer}"
        );
        assert_eq!(answer.matches("HTTP/1.").count(), 1, "{lengths}: {answer}");
    }
}
