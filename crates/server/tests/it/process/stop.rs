//! How does a server end?

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::deployment::Deployment;
use super::server::{PATIENCE, Server};

const BODY: &str = r#"{"username": "alice", "password": "correct horse battery"}"#;

/// A registration that the server has begun to read, and whose body is still to come.
struct SlowRequest(BufReader<TcpStream>);

impl SlowRequest {
    fn begin(server: &Server) -> Self {
        let mut stream = TcpStream::connect(server.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let head = format!(
            "POST /v1/register HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
             content-length: {}\r\nexpect: 100-continue\r\n\r\n",
            BODY.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut stream = BufReader::new(stream);
        let mut line = String::new();
        // Somebody inside the server asks for the body: the request has begun.
        stream.read_line(&mut line).unwrap();
        assert_eq!(line, "HTTP/1.1 100 Continue\r\n");
        stream.read_line(&mut line).unwrap();
        Self(stream)
    }

    fn finish(mut self) -> String {
        self.0.get_mut().write_all(BODY.as_bytes()).unwrap();
        let mut answer = String::new();
        self.0.read_to_string(&mut answer).unwrap();
        answer
    }
}

#[tokio::test]
async fn a_request_in_flight_is_answered_while_new_connections_are_refused() {
    let deployment = Deployment::new();
    let mut server = deployment.start().await;
    let request = SlowRequest::begin(&server);
    server.terminate();
    server.refuses_connections().await;
    let answer = request.finish();
    assert!(answer.starts_with("HTTP/1.1 201 Created\r\n"), "{answer}");
    assert_eq!(server.end().await.code(), Some(0));
    assert!(server.log().contains("stopped"), "{}", server.log());

    let server = deployment.start().await;
    server.api().log_in("alice", "correct horse battery").await.unwrap().expect(200);
}

#[tokio::test]
async fn a_second_signal_ends_at_once_what_the_first_waits_for() {
    let mut server = Deployment::new().start().await;
    let _request = SlowRequest::begin(&server);
    server.terminate();
    server.refuses_connections().await;
    let asked = Instant::now();
    server.terminate();
    assert_eq!(server.end().await.code(), Some(1));
    assert!(asked.elapsed() < Duration::from_secs(5), "{:?}", asked.elapsed());
}

#[tokio::test]
async fn a_request_that_never_ends_is_cut_off_after_the_time_that_is_set() {
    let mut server = Deployment::new().with("PORTCULLIS_SERVER_SHUTDOWN_TIMEOUT", "1s").start().await;
    let _request = SlowRequest::begin(&server);
    let asked = Instant::now();
    server.terminate();
    assert_eq!(server.end().await.code(), Some(0));
    let took = asked.elapsed();
    assert!((Duration::from_secs(1)..Duration::from_secs(10)).contains(&took), "{took:?}");
    assert!(server.log().contains("requests were cut off"), "{}", server.log());
}

#[tokio::test]
async fn idle_connections_do_not_hold_up_the_end() {
    let mut server = Deployment::new().start().await;
    let api = server.api();
    api.get("/livez", None).await.unwrap().status.eq(&200).then_some(()).unwrap();
    let _silent = TcpStream::connect(server.address).unwrap();
    let asked = Instant::now();
    server.terminate();
    assert_eq!(server.end().await.code(), Some(0));
    assert!(asked.elapsed() < Duration::from_secs(10), "{:?}", asked.elapsed());
}

#[tokio::test]
async fn what_was_refused_and_limited_in_the_last_moment_is_in_the_audit_log() {
    let deployment = Deployment::new();
    let mut server = deployment.start().await;
    let api = server.api();
    let mut wrong = 0;
    while api.log_in("mallory", "wrong password").await.unwrap().status != 429 {
        wrong += 1;
    }
    server.terminate();
    assert_eq!(server.end().await.code(), Some(0));
    let listed = |kind| deployment.run(&["audit", "list", "--json", "--kind", kind]).stdout;
    assert_eq!(listed("login_failed").lines().count(), wrong);
    assert!(listed("tries_exhausted").contains("identifier_and_network"), "{}", listed("tries_exhausted"));
    let report = deployment.run(&["audit", "verify", "--json"]).json();
    assert_eq!((&report["unsealed"], &report["fault_count"]), (&0.into(), &0.into()));
}
