//! Does honest traffic go on, and how much memory does it take, while somebody opens 10,000 connections?

use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::load::{self, Follow, Plan};
use crate::report::{Report, Row};
use crate::scenario::checks;
use crate::server::Portcullis;

/// As many as the server takes: honest clients need some of them to give way.
const CONNECTIONS: usize = 10_000;
const SETTINGS: [(&str, &str); 1] = [("PORTCULLIS_LOG_LEVEL", "error")];
/// How long a client of the crowd tries to send all it has.
const SENDING: Duration = Duration::from_millis(100);

/// What each of them sends.
struct Attack {
    name: &'static str,
    sends: fn() -> Vec<u8>,
}

const ATTACKS: [Attack; 7] = [
    Attack { name: "that send nothing", sends: || Vec::new() },
    Attack { name: "that send half a request line", sends: || b"GET /v1/tok".to_vec() },
    Attack { name: "that send 12 KiB of header and no end", sends: || header_of(12 * 1024) },
    Attack { name: "that send 16 KB of header and no end", sends: || header_of(16_000) },
    Attack { name: "that ask, and send 15 KiB of the next header and no end", sends: || one_and_a_half() },
    Attack { name: "that send half a body", sends: || half_a_body() },
    Attack { name: "that send 96 KiB of bodies over HTTP/2", sends: || half_bodies_over_http_2() },
];

/// Measures all of it.
pub fn measure(report: &mut Report) {
    for attack in &ATTACKS {
        let portcullis = Portcullis::start_as(&SETTINGS);
        let honest = checks(&portcullis);
        let crowd = open(portcullis.address(), attack);
        let plan = Plan {
            addr: portcullis.address(),
            requests: honest,
            follow: Follow::Repeat,
            connections: 4,
            warm_up: Duration::from_millis(500),
            duration: Duration::from_secs(5),
            pause: Duration::from_millis(10),
        };
        let outcome = load::run(&plan).unwrap();
        assert_eq!((outcome.refused, outcome.broken), (0, 0), "honest requests were refused");
        assert!(outcome.answered > 0, "no honest request was answered");
        let p99 = outcome.latencies.quantile(0.99);
        let memory = portcullis.resident_mib();
        drop(crowd);
        report.add(
            Row::rate(format!("resident memory with 10,000 connections {}", attack.name), memory, "MiB")
                .with_p99(p99),
        );
    }
}

/// Opens them as fast as one client can.
fn open(address: SocketAddr, attack: &Attack) -> Vec<TcpStream> {
    let connect = |_| {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_write_timeout(Some(SENDING)).unwrap();
        // The server may have given up on it already.
        let _ = stream.write_all(&(attack.sends)());
        stream
    };
    (0..CONNECTIONS).map(connect).collect()
}

fn header_of(bytes: usize) -> Vec<u8> {
    format!("GET /v1/token/check HTTP/1.1\r\nhost: localhost\r\nx-filler: {}", "a".repeat(bytes)).into_bytes()
}

fn one_and_a_half() -> Vec<u8> {
    [&b"GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n"[..], &header_of(15 * 1024)].concat()
}

fn half_a_body() -> Vec<u8> {
    format!(
        "POST /v1/login HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
         content-length: 8192\r\n\r\n{{\"identifier\": \"{}",
        "a".repeat(4096)
    )
    .into_bytes()
}

/// Three requests at once whose bodies do not end (RFC 9113 §4.1, RFC 7541).
fn half_bodies_over_http_2() -> Vec<u8> {
    const DATA: u8 = 0;
    const HEADERS: u8 = 1;
    const SETTINGS: u8 = 4;
    const END_HEADERS: u8 = 4;
    let frame = |kind: u8, flags: u8, stream: u32, payload: &[u8]| {
        let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
        [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
    };
    // :method POST, :scheme http, and three that stand in no table.
    let mut head = vec![0x83, 0x86];
    for (name, value) in
        [(&[0x04][..], "/v1/login"), (&[0x01], "localhost"), (&[0x0f, 0x10], "application/json")]
    {
        head.extend_from_slice(name);
        head.push(u8::try_from(value.len()).unwrap());
        head.extend_from_slice(value.as_bytes());
    }
    let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    bytes.extend(frame(SETTINGS, 0, 0, &[]));
    for stream in [1, 3, 5] {
        bytes.extend(frame(HEADERS, END_HEADERS, stream, &head));
        for _ in 0..2 {
            bytes.extend(frame(DATA, 0, stream, &[b'a'; 16 * 1024]));
        }
    }
    bytes
}
