//! What is answered on the port of plain HTTP?

use std::net::{SocketAddr, TcpListener};

use reqwest::redirect::Policy;
use serde_json::{Value, json};

use super::authority::{Authority, deployment, localhost};
use super::listening;
use crate::process::server::Server;

/// Where the server listens for plain HTTP.
fn plain_port(server: &Server) -> SocketAddr {
    let log = server.log();
    let (_, rest) = log.split_once("plain HTTP is answered with the way to HTTPS listen=").unwrap();
    rest.lines().next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_page_is_found_by_https_and_the_api_is_not_called_in_clear() {
    let deployment =
        deployment(&Authority::new().issue(&localhost())).with("PORTCULLIS_TLS_REDIRECT_PORT", "0");
    let mut server = listening(&deployment).await;
    let client = reqwest::Client::builder().no_proxy().redirect(Policy::none()).build().unwrap();
    let plain = format!("http://{}", plain_port(&server));
    let secure = format!("https://localhost:{}", server.address.port());

    let answer = client.get(format!("{plain}/docs?x=y")).header("host", "evil.example").send().await.unwrap();
    assert_eq!(answer.status(), 308);
    assert_eq!(answer.headers()["location"], format!("{secure}/docs?x=y"));
    assert!(!answer.headers().contains_key("strict-transport-security"));

    let body = json!({ "identifier": "alice", "password": "correct horse battery" });
    let answer = client.post(format!("{plain}/v1/login")).json(&body).send().await.unwrap();
    assert_eq!(answer.status(), 403);
    let problem: Value = answer.json().await.unwrap();
    assert_eq!(problem["code"], "https_required");
    assert!(problem["detail"].as_str().unwrap().ends_with(&format!("Send it to {secure}")));

    server.terminate();
    assert_eq!(server.end().await.code(), Some(0));
}

#[test]
fn a_port_that_somebody_else_has_stops_the_start_and_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let deployment =
        deployment(&Authority::new().issue(&localhost())).with("PORTCULLIS_TLS_REDIRECT_PORT", &port);
    let complaint = deployment.refused().complaint(1);
    assert!(complaint.contains(&format!("port {port} is in use by another program")), "{complaint}");
    assert!(complaint.contains("name another with PORTCULLIS_TLS_REDIRECT_PORT"), "{complaint}");
    assert!(!deployment.data_dir().exists());
}
