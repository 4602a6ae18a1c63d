//! What do honest clients notice while the server is attacked, and what does the attacker get?
//!
//! - A login flood: 64 clients in networks of their own log in again and again, with right passwords, so that nothing
//!   but hashing limits them. Meanwhile four other clients ask for what needs no hash, every 10 ms each.
//! - The bare kernels are the same computations on the same cores without a server around them.
//! - A crowd of connections: 10,000 at once, most of which never send a whole request.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use portcullis_core::crypto::password::{BcryptKernel, Computation, Scheme, Scratch, compute};
use portcullis_core::crypto::secret::Password;

use crate::load::{self, Follow, Outcome, Plan};
use crate::report::{Report, Row};
use crate::scenario::{put_next_token, refreshes};
use crate::server::{self, Express, PASSWORD, Portcullis};

/// Clients that log in.
const ATTACKERS: usize = 64;
/// Clients that do anything else.
const HONEST: usize = 4;
/// How long an honest client waits before it asks again.
const PAUSE: Duration = Duration::from_millis(10);
const ROUND: Duration = Duration::from_secs(8);
const ROUNDS: usize = 3;

/// What is behind the logins.
struct Target {
    name: &'static str,
    scheme: Scheme,
    settings: &'static [(&'static str, &'static str)],
}

const TARGETS: [Target; 2] = [
    Target {
        name: "bcrypt cost 10",
        scheme: Scheme::Bcrypt { cost: 10 },
        settings: &[("PORTCULLIS_PASSWORD_ALGORITHM", "bcrypt"), PROXY, SESSIONS],
    },
    Target {
        name: "Argon2id 19 MiB",
        scheme: Scheme::Argon2id { memory_kib: 19_456, iterations: 2, parallelism: 1 },
        settings: &[("PORTCULLIS_PASSWORD_ALGORITHM", "argon2id"), PROXY, SESSIONS],
    },
];

/// So that each client can say from which network it comes.
const PROXY: (&str, &str) = ("PORTCULLIS_TRUSTED_PROXIES", "127.0.0.1/32");

/// The honest are accounts of the crowd, whose logins would end their sessions.
const SESSIONS: (&str, &str) = ("PORTCULLIS_SESSION_MAX_PER_ACCOUNT", "0");

/// Measures all of it.
pub fn measure(report: &mut Report) {
    for target in &TARGETS {
        measure_flood(report, target);
    }
    measure_neighbour(report);
}

/// Logins a second beside the bare kernel and the peer, and what others notice.
fn measure_flood(report: &mut Report, target: &Target) {
    let portcullis = Portcullis::start_as(target.settings);
    let is_bcrypt = matches!(target.scheme, Scheme::Bcrypt { .. });
    let native = is_bcrypt.then(|| Express::hashing_with("bcrypt"));
    let script = is_bcrypt.then(|| Express::hashing_with("bcryptjs"));
    let flood = plan(portcullis.address(), logins(&portcullis), Follow::Repeat, ATTACKERS, Duration::ZERO);
    let asking = plan(portcullis.address(), checks(&portcullis), Follow::Repeat, HONEST, PAUSE);
    let mut refreshing =
        plan(portcullis.address(), refreshes(&portcullis), Follow::Rewrite(put_next_token), HONEST, PAUSE);
    let (mut alone, mut kernels, mut natives, mut scripts) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut asked, mut exchanged) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        kernels.push(kernel(target.scheme));
        alone.push(whole(load::run(&flood).unwrap(), "logins").per_second());
        let mut together = load::run_together(&[&flood, &asking, &refreshing]).unwrap().into_iter();
        whole(together.next().unwrap(), "logins");
        asked.push(whole(together.next().unwrap(), "checks").latencies.quantile(0.99));
        let exchange = whole(together.next().unwrap(), "refreshes");
        exchanged.push(exchange.latencies.quantile(0.99));
        // Each goes on with the token that it got last.
        refreshing.requests = exchange.last_requests;
        if let (Some(native), Some(script)) = (&native, &script) {
            natives.push(flooded(native));
            scripts.push(flooded(script));
        }
    }
    let (rate, kernel, asked) = (median(alone), median(kernels), median_time(&asked));
    let mut logins = Row::rate(format!("logins, 64 clients, {}", target.name), rate, "/s")
        .with_ratio("bare kernel", rate / kernel);
    let what = format!("authenticated GET during the flood, {}", target.name);
    let mut checks = Row::rate(what, ms(asked), "ms p99");
    let peers = [
        ("bcrypt", "Express, bcrypt", "better than Express, bcrypt", &natives),
        ("bcryptjs", "Express, bcryptjs", "better than Express, bcryptjs", &scripts),
    ];
    for (name, faster, better, measured) in peers.into_iter().filter(|(.., measured)| !measured.is_empty()) {
        let peer = Peer::median(measured);
        logins = logins.with_ratio(faster, rate / peer.logins);
        checks = checks.with_ratio(better, ms(peer.check) / ms(asked));
        report.add(Row::rate(format!("logins, 64 clients, Express with {name}"), peer.logins, "/s"));
        let what = format!("authenticated GET during the flood, Express with {name}");
        report.add(Row::rate(what, ms(peer.check), "ms p99"));
    }
    report.add(logins);
    report.add(checks);
    let what = format!("refresh during the flood, {}", target.name);
    report.add(Row::rate(what, ms(median_time(&exchanged)), "ms p99"));
    report.add(Row::rate(format!("bare kernel, {}", target.name), kernel, "/s"));
    report.add(Row::rate(
        format!("resident memory after the flood, {}", target.name),
        portcullis.resident_mib(),
        "MiB",
    ));
}

/// How long somebody's login takes while one network floods, beside the same on a quiet server.
fn measure_neighbour(report: &mut Report) {
    let portcullis = Portcullis::start_as(TARGETS[0].settings);
    let all = logins(&portcullis);
    let from_one: Vec<_> = (0..ATTACKERS).map(|number| login(number, 1)).collect();
    let flood = plan(portcullis.address(), from_one, Follow::Repeat, ATTACKERS, Duration::ZERO);
    let somebody = plan(portcullis.address(), vec![all[ATTACKERS - 1].clone()], Follow::Repeat, 1, PAUSE);
    let quiet = whole(load::run(&somebody).unwrap(), "logins").latencies.quantile(0.5);
    let outcome = load::run_together(&[&flood, &somebody]).unwrap().remove(1);
    let flooded = whole(outcome, "logins of somebody else").latencies.quantile(0.5);
    report.add(Row::rate("login of somebody on a quiet server, bcrypt cost 10".into(), ms(quiet), "ms p50"));
    report.add(
        Row::rate("login of somebody while another network floods".into(), ms(flooded), "ms p50")
            .with_ratio("quiet", ms(flooded) / ms(quiet)),
    );
}

/// What a peer reached.
#[derive(Clone, Copy)]
struct Peer {
    logins: f64,
    check: Duration,
}

impl Peer {
    fn median(rounds: &[Self]) -> Self {
        Self {
            logins: median(rounds.iter().map(|round| round.logins).collect()),
            check: median_time(&rounds.iter().map(|round| round.check).collect::<Vec<_>>()),
        }
    }
}

/// A peer by itself, and then with others who ask for what needs no hash.
fn flooded(peer: &Express) -> Peer {
    let requests = (0..ATTACKERS).map(|number| login_at("/login", number, number)).collect();
    let flood = plan(peer.address(), requests, Follow::Repeat, ATTACKERS, Duration::ZERO);
    let checks = plan(peer.address(), Express::requests(), Follow::Repeat, HONEST, PAUSE);
    let logins = load::run(&flood).unwrap().per_second();
    let together = load::run_together(&[&flood, &checks]).unwrap();
    Peer { logins, check: together[1].latencies.quantile(0.99) }
}

/// Hashes a second of the bare computation, on as many threads as there are cores.
fn kernel(scheme: Scheme) -> f64 {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let lanes = BcryptKernel::Interleaved.lanes();
    let run = move || {
        let password = Password::from(PASSWORD.to_owned());
        let mut scratch = Scratch::new();
        let batch: Vec<_> = (0..lanes)
            .map(|lane| Computation::hashing(scheme, &password, [u8::try_from(lane).unwrap(); 16]).unwrap())
            .collect();
        let (begun, mut hashes) = (Instant::now(), 0);
        while begun.elapsed() < ROUND / 2 {
            hashes += compute(&batch, BcryptKernel::Interleaved, &mut scratch).len();
        }
        hashes as f64 / begun.elapsed().as_secs_f64()
    };
    let workers: Vec<_> = (0..threads).map(|_| std::thread::spawn(run)).collect();
    workers.into_iter().map(|worker| worker.join().unwrap()).sum()
}

fn plan(
    addr: SocketAddr,
    requests: Vec<Vec<u8>>,
    follow: Follow,
    connections: usize,
    pause: Duration,
) -> Plan {
    // Whatever is under way when counting begins has been under way for as long as later ones.
    let warm_up = Duration::from_secs(2);
    Plan { addr, requests, follow, connections, warm_up, duration: ROUND, pause }
}

/// Nothing of it was refused.
fn whole(outcome: Outcome, what: &str) -> Outcome {
    assert_eq!((outcome.refused, outcome.broken), (0, 0), "{what} were refused");
    assert!(outcome.answered > 0, "no {what} were answered");
    outcome
}

/// A login of each account, from networks of their own.
fn logins(portcullis: &Portcullis) -> Vec<Vec<u8>> {
    for number in 0..ATTACKERS {
        portcullis.log_in(number);
    }
    (0..ATTACKERS).map(|number| login(number, number)).collect()
}

fn login(number: usize, network: usize) -> Vec<u8> {
    login_at("/v1/login", number, network)
}

fn login_at(path: &str, number: usize, network: usize) -> Vec<u8> {
    let body = serde_json::json!({ "identifier": server::email(number), "password": PASSWORD }).to_string();
    format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
         x-forwarded-for: 10.0.{network}.1\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

fn checks(portcullis: &Portcullis) -> Vec<Vec<u8>> {
    let token = |number| portcullis.log_in(number)["access_token"].as_str().unwrap().to_owned();
    (0..HONEST).map(|number| server::get("/v1/token/check", &token(number))).collect()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn median_time(times: &[Duration]) -> Duration {
    let mut times = times.to_vec();
    times.sort();
    times[times.len() / 2]
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
