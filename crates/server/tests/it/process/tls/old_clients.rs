//! What becomes of clients that know only what is broken by now?
//!
//! Their first message is written by hand: no library that we would use can say it.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::secure_server;
use crate::process::server::Server;

/// Versions as they are written (RFC 8446 §4.1.2 and before).
const SSL_3: [u8; 2] = [3, 0];
const TLS_1_0: [u8; 2] = [3, 1];
const TLS_1_1: [u8; 2] = [3, 2];
const TLS_1_2: [u8; 2] = [3, 3];
/// Alerts (RFC 8446 §6.2).
const HANDSHAKE_FAILURE: u8 = 40;
const PROTOCOL_VERSION: u8 = 70;

/// ECDHE, ECDSA, AES-128 in GCM: as strong as it gets.
const STRONG: u16 = 0xc02b;
/// RC4, 3DES, CBC with and without forward secrecy, CCM without it, no encryption, no authentication.
const WEAK: [u16; 9] = [0x0005, 0x000a, 0x002f, 0x003d, 0xc009, 0xc023, 0xc09c, 0xc006, 0x00a6];

/// How a server answers a first message.
#[derive(Debug, PartialEq, Eq)]
enum Answer {
    /// It goes on.
    Hello,
    /// It says what is wrong, and ends.
    Alert(u8),
}

fn with_length(bytes: &[u8]) -> Vec<u8> {
    [&u16::try_from(bytes.len()).unwrap().to_be_bytes(), bytes].concat()
}

fn first_message(version: [u8; 2], suites: &[u16]) -> Vec<u8> {
    let suites: Vec<u8> = suites.iter().flat_map(|suite| suite.to_be_bytes()).collect();
    // Groups: X25519 and P-256. Signatures: ECDSA on P-256 with SHA-256 and SHA-1. Points: uncompressed.
    let extensions: [(u16, Vec<u8>); 3] =
        [(10, with_length(&[0, 29, 0, 23])), (13, with_length(&[4, 3, 2, 3])), (11, vec![1, 0])];
    let extensions: Vec<u8> = extensions
        .iter()
        .flat_map(|(kind, content)| [kind.to_be_bytes().to_vec(), with_length(content)].concat())
        .collect();
    let body =
        [version.to_vec(), vec![7; 32], vec![0], with_length(&suites), vec![1, 0], with_length(&extensions)]
            .concat();
    let message = [vec![1, 0], with_length(&body)].concat();
    [vec![22, 3, 1], with_length(&message)].concat()
}

async fn answer_to(server: &Server, version: [u8; 2], suites: &[u16]) -> Answer {
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(&first_message(version, suites)).await.unwrap();
    let mut head = [0; 5];
    stream.read_exact(&mut head).await.unwrap();
    let mut body = vec![0; usize::from(u16::from_be_bytes([head[3], head[4]]))];
    stream.read_exact(&mut body).await.unwrap();
    match (head[0], body.as_slice()) {
        (22, [2, ..]) => Answer::Hello,
        (21, [2, alert]) => Answer::Alert(*alert),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn versions_before_1_2_are_refused() {
    let (server, _) = secure_server().await;
    assert_eq!(answer_to(&server, TLS_1_2, &[STRONG]).await, Answer::Hello);
    for version in [SSL_3, TLS_1_0, TLS_1_1] {
        assert_eq!(answer_to(&server, version, &[STRONG]).await, Answer::Alert(PROTOCOL_VERSION));
    }
}

#[tokio::test]
async fn weak_cipher_suites_are_refused() {
    let (server, _) = secure_server().await;
    for suite in WEAK {
        assert_eq!(
            answer_to(&server, TLS_1_2, &[suite]).await,
            Answer::Alert(HANDSHAKE_FAILURE),
            "{suite:x}"
        );
    }
    let offered: Vec<_> = WEAK.into_iter().chain([STRONG]).collect();
    assert_eq!(answer_to(&server, TLS_1_2, &offered).await, Answer::Hello);
}
