//! What is asked of the servers?

use std::net::SocketAddr;
use std::time::Duration;

use crate::load::{self, Follow, Plan};
use crate::server::{self, Portcullis};

/// Clients that keep their connection.
const CLIENTS: usize = 32;
const ROUND: Duration = Duration::from_secs(3);

/// A server with the requests it is asked.
pub struct Contender {
    pub name: &'static str,
    plan: Plan,
}

impl Contender {
    /// Clients that ask the same again and again.
    pub fn new(name: &'static str, address: SocketAddr, requests: Vec<Vec<u8>>) -> Self {
        Self::with(name, address, requests, Follow::Repeat)
    }

    /// Clients that each exchange the refresh token they got last.
    pub fn refreshing(name: &'static str, address: SocketAddr, requests: Vec<Vec<u8>>) -> Self {
        Self::with(name, address, requests, Follow::Rewrite(put_next_token))
    }

    fn with(name: &'static str, addr: SocketAddr, requests: Vec<Vec<u8>>, follow: Follow) -> Self {
        let warm_up = Duration::from_millis(500);
        Self {
            name,
            plan: Plan {
                addr,
                requests,
                follow,
                connections: CLIENTS,
                warm_up,
                duration: ROUND,
                pause: Duration::ZERO,
            },
        }
    }

    /// Asks for a while. The next round goes on where this one ended.
    pub fn round(&mut self) -> Rate {
        let outcome = load::run(&self.plan).unwrap();
        assert_eq!(outcome.refused + outcome.broken, 0, "{} refused requests", self.name);
        self.plan.requests.clone_from(&outcome.last_requests);
        Rate { per_second: outcome.per_second(), p99: outcome.latencies.quantile(0.99) }
    }
}

/// What a contender reached.
#[derive(Clone, Copy)]
pub struct Rate {
    pub per_second: f64,
    pub p99: Duration,
}

impl Rate {
    /// The round in the middle.
    pub fn median(mut rounds: Vec<Self>) -> Self {
        rounds.sort_by(|one, other| one.per_second.total_cmp(&other.per_second));
        rounds[rounds.len() / 2]
    }
}

/// Measures all contenders in each round, so that a busy moment of the machine meets all of them.
pub fn in_turns(contenders: &mut [Contender], rounds: usize) -> Vec<Rate> {
    let mut seen: Vec<Vec<Rate>> = contenders.iter().map(|_| Vec::new()).collect();
    for _ in 0..rounds {
        for (contender, seen) in contenders.iter_mut().zip(&mut seen) {
            seen.push(contender.round());
        }
    }
    seen.into_iter().map(Rate::median).collect()
}

/// The authenticated check, by clients of different accounts.
pub fn checks(portcullis: &Portcullis) -> Vec<Vec<u8>> {
    let check =
        |number| server::get("/v1/token/check", portcullis.log_in(number)["access_token"].as_str().unwrap());
    (0..CLIENTS).map(check).collect()
}

/// A first refresh for each client.
pub fn refreshes(portcullis: &Portcullis) -> Vec<Vec<u8>> {
    let refresh = |number| {
        let body =
            serde_json::json!({ "refresh_token": portcullis.log_in(number)["refresh_token"] }).to_string();
        let length = body.len();
        format!(
            "POST /v1/token/refresh HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
             content-length: {length}\r\n\r\n{body}"
        )
        .into_bytes()
    };
    (0..CLIENTS).map(refresh).collect()
}

/// A refresh token always has the same length, so it is replaced in place.
pub fn put_next_token(answer: &[u8], request: &mut [u8]) {
    const MARK: &[u8] = b"pc_rt_";
    const LENGTH: usize = 70;
    let find = |text: &[u8]| text.windows(MARK.len()).position(|window| window == MARK);
    let (Some(from), Some(to)) = (find(answer), find(request)) else { return };
    let Some(token) = answer.get(from..from + LENGTH) else { return };
    request[to..to + LENGTH].copy_from_slice(token);
}

/// How the server starts.
pub struct Starts {
    pub fresh: Duration,
    pub existing: Duration,
    pub resident_mib: f64,
}

/// Medians over `times` starts.
pub fn starts(times: usize) -> Starts {
    let mut fresh = Vec::new();
    let mut existing = Vec::new();
    let mut resident = Vec::new();
    for _ in 0..times {
        let directory = tempfile::tempdir().unwrap();
        fresh.push(Portcullis::start_in(directory.path(), "EdDSA").ready_after);
        let server = Portcullis::start_in(directory.path(), "EdDSA");
        existing.push(server.ready_after);
        resident.push(server);
        if resident.len() > 1 {
            resident.remove(0);
        }
    }
    fresh.sort();
    existing.sort();
    // The hash that unknown accounts are checked against is made right after the start; its memory is given
    // back when the worker has been idle for ten seconds.
    std::thread::sleep(Duration::from_secs(12));
    Starts {
        fresh: fresh[times / 2],
        existing: existing[times / 2],
        resident_mib: resident[0].resident_mib(),
    }
}

/// Resident memory in MiB, twelve seconds after 32 logins and a round of refreshes.
pub fn memory_after_load() -> f64 {
    let portcullis = Portcullis::start("EdDSA");
    Contender::refreshing("Portcullis", portcullis.address(), refreshes(&portcullis)).round();
    std::thread::sleep(Duration::from_secs(12));
    portcullis.resident_mib()
}
