//! Does the time of an answer tell who has an account?
//!
//! For each kind of stored hash a server of its own with that kind only, and one with several. A pair is two requests
//! one right after the other: one about somebody who has no account, one about somebody who has. Which of them comes
//! first is drawn. What is compared is the difference of the two medians with the time of a hash, and how often the
//! one was slower than the other: one half means that a single answer tells nothing.
//!
//! What is asked for and answered by mail is in `mails`.
//!
//! Limits on wrong passwords are off, but where they are what is measured: with them a stranger gets a few tries. What
//! says openly who is here, a registration under a name that is taken, is measured all the same.

mod mails;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::report::{Report, Row};
use crate::server::Portcullis;

/// Pairs of each comparison.
const PAIRS: usize = 400;
/// Accounts that are asked about in turn.
const ACCOUNTS: usize = 40;
/// What is resampled for the interval of a difference.
const RESAMPLES: usize = 400;

/// Hashes of one kind, as an older system may have left them.
struct Kind {
    name: &'static str,
    hashes: &'static [&'static str],
}

const BCRYPT_10: &str = "$2b$10$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
const BCRYPT_12: &str = "$2b$12$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
const ARGON2ID: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$N0lzVjJ3WmxqcVRkMkxIYmhUWTdGQ3RkTWZBQ2Q5Zm8";
const SCRYPT: &str =
    "$scrypt$ln=14,r=8,p=1$c29tZXNhbHRzb21lc2FsdA$N0lzVjJ3WmxqcVRkMkxIYmhUWTdGQ3RkTWZBQ2Q5Zm8";
const PBKDF2: &str =
    "$pbkdf2-sha256$i=210000,l=32$c29tZXNhbHRzb21lc2FsdA$N0lzVjJ3WmxqcVRkMkxIYmhUWTdGQ3RkTWZBQ2Q5Zm8";

const KINDS: [Kind; 6] = [
    Kind { name: "bcrypt cost 10", hashes: &[BCRYPT_10] },
    Kind { name: "bcrypt cost 12", hashes: &[BCRYPT_12] },
    Kind { name: "Argon2id 19 MiB", hashes: &[ARGON2ID] },
    Kind { name: "scrypt 2^14", hashes: &[SCRYPT] },
    Kind { name: "PBKDF2-SHA-256, 210,000", hashes: &[PBKDF2] },
    // Not half of each: the median would lie between the two.
    Kind {
        name: "bcrypt 10 and Argon2id, three to one",
        hashes: &[BCRYPT_10, BCRYPT_10, BCRYPT_10, ARGON2ID],
    },
];

/// Measures all of it.
pub fn measure(report: &mut Report) {
    for kind in &KINDS {
        let directory = tempfile::tempdir().unwrap();
        fill(directory.path(), kind);
        let portcullis = Portcullis::start_with(directory.path(), &[UNLIMITED]);
        // The kinds of hashes are counted right after the start.
        std::thread::sleep(Duration::from_millis(500));
        let pairs = Pairs::take(
            portcullis.address(),
            |number| login(&nobody(number), "not the password"),
            |number| login(&somebody(number % ACCOUNTS), "not the password"),
        );
        pairs.report(report, &format!("login, {}: unknown / wrong password", kind.name), pairs.hash());
    }
    measure_states(report);
    measure_registration(report);
    measure_refresh(report);
    measure_throttled(report);
    mails::measure(report);
}

/// Accounts that have something the matter with them.
fn measure_states(report: &mut Report) {
    let portcullis = Portcullis::start_as(&[UNLIMITED]);
    for number in 0..ACCOUNTS {
        portcullis.log_in(number);
        portcullis.run(&["account", "disable", &crate::server::email(number)]);
    }
    std::thread::sleep(Duration::from_millis(500));
    let wrong = Pairs::take(
        portcullis.address(),
        |number| login(&nobody(number), "not the password"),
        |number| login(&crate::server::email(number % ACCOUNTS), "not the password"),
    );
    wrong.report(report, "login: unknown / disabled, wrong password", wrong.hash());
}

/// Names that are free and one that is taken.
fn measure_registration(report: &mut Report) {
    let portcullis = Portcullis::start_as(&[UNLIMITED]);
    portcullis.log_in(0);
    let taken = crate::server::email(0);
    let pairs = Pairs::take(portcullis.address(), |number| register(&nobody(number)), |_| register(&taken));
    pairs.report(report, "register: free / taken name, told openly", pairs.hash());
}

/// Tokens that were never given out and one whose session has ended.
fn measure_refresh(report: &mut Report) {
    let portcullis = Portcullis::start_as(&[UNLIMITED]);
    let ended = portcullis.log_in(0)["refresh_token"].as_str().unwrap().to_owned();
    let mut connection = Connection::new(portcullis.address());
    let logout = post("/v1/logout", &serde_json::json!({ "refresh_token": ended }));
    assert_eq!(connection.ask(&logout).0, 204);
    // The last 32 characters are the proof that the server made it.
    let (said, proof) = ended.split_at(ended.len() - 32);
    let forged = format!("{said}{}", proof.chars().rev().collect::<String>());
    let refresh = |token: &str| post("/v1/token/refresh", &serde_json::json!({ "refresh_token": token }));
    let pairs = Pairs::take(portcullis.address(), |_| refresh(&forged), |_| refresh(&ended));
    pairs.report(report, "refresh: forged token / token of an ended session", TYPICAL_HASH);
}

/// With limits: what is refused without a look at the password.
fn measure_throttled(report: &mut Report) {
    let portcullis = Portcullis::start_as(&[]);
    portcullis.log_in(0);
    let (known, unknown) = (crate::server::email(0), nobody(0));
    let mut connection = Connection::new(portcullis.address());
    for name in [&known, &unknown] {
        while connection.ask(&login(name, "not the password")).0 != 429 {}
    }
    let throttled = Pairs::take(
        portcullis.address(),
        |_| login(&unknown, "not the password"),
        |_| login(&known, "not the password"),
    );
    throttled.report(report, "login, throttled: unknown / wrong password", TYPICAL_HASH);
}

/// What answers without a hash may differ by is measured against one of Argon2id all the same.
const TYPICAL_HASH: Duration = Duration::from_millis(13);
const UNLIMITED: (&str, &str) = ("PORTCULLIS_THROTTLE_ENABLED", "false");

fn nobody(number: usize) -> String {
    format!("nobody-{number}@example.com")
}

fn somebody(number: usize) -> String {
    format!("somebody-{number}@example.com")
}

fn login(email: &str, password: &str) -> Vec<u8> {
    post("/v1/login", &serde_json::json!({ "identifier": email, "password": password }))
}

fn register(email: &str) -> Vec<u8> {
    post("/v1/register", &serde_json::json!({ "email": email, "password": "correct horse battery staple" }))
}

fn post(path: &str, body: &serde_json::Value) -> Vec<u8> {
    post_with(path, "", body)
}

/// The same with another header, if there is any: a whole line.
fn post_with(path: &str, header: &str, body: &serde_json::Value) -> Vec<u8> {
    let body = body.to_string();
    format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n{header}content-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Imports accounts with such hashes into a new database.
fn fill(directory: &Path, kind: &Kind) {
    let mut table = "id,username,email,password,createdAt\n".to_owned();
    for number in 0..ACCOUNTS {
        let hash = kind.hashes[number % kind.hashes.len()];
        writeln!(
            table,
            "{},somebody-{number},{},\"{hash}\",2020-01-01T00:00:00Z",
            number + 1,
            somebody(number)
        )
        .unwrap();
    }
    let file = directory.join("users.csv");
    std::fs::write(&file, table).unwrap();
    Portcullis::run_in(directory, &["import", "--from", "sequelize-users", file.to_str().unwrap()]);
}

/// The times of answers about people without and with an account.
struct Pairs {
    without: Vec<Duration>,
    with: Vec<Duration>,
    statuses: BTreeSet<u16>,
}

impl Pairs {
    /// Asks about one of each, again and again.
    fn take(
        address: SocketAddr,
        without: impl Fn(usize) -> Vec<u8>,
        with: impl Fn(usize) -> Vec<u8>,
    ) -> Self {
        Self::take_with_pauses(address, Duration::ZERO, without, with)
    }

    /// The same with a pause before each request.
    fn take_with_pauses(
        address: SocketAddr,
        pause: Duration,
        without: impl Fn(usize) -> Vec<u8>,
        with: impl Fn(usize) -> Vec<u8>,
    ) -> Self {
        let mut connection = Connection::new(address);
        let mut draw = Draw(0x9e37_79b9_7f4a_7c15);
        let mut pairs = Self { without: Vec::new(), with: Vec::new(), statuses: BTreeSet::new() };
        for number in 0..PAIRS + 20 {
            let first_is_without = draw.next() & 1 == 0;
            for is_without in [first_is_without, !first_is_without] {
                let request = if is_without { without(number) } else { with(number) };
                std::thread::sleep(pause);
                let (status, took) = connection.ask(&request);
                pairs.statuses.insert(status);
                // The first ones warm the caches.
                match (number < 20, is_without) {
                    (true, _) => {}
                    (false, true) => pairs.without.push(took),
                    (false, false) => pairs.with.push(took),
                }
            }
        }
        pairs
    }

    /// The time of a hash, in which nearly all of an answer goes.
    fn hash(&self) -> Duration {
        median(&self.without)
    }

    fn report(&self, report: &mut Report, what: &str, hash: Duration) {
        let difference = signed_ms(median(&self.with)) - signed_ms(median(&self.without));
        let (least, most) = self.interval();
        let share = difference.abs() / signed_ms(hash);
        report.add(Row::rate(what.to_owned(), difference, "ms").with_ratio("of a hash", share).with_note(
            format!(
                "medians {:.3} and {:.3} ms; 95 % of resampled differences {least:+.3} to {most:+.3} ms; \
                     with an account slower in {:.1} % of pairs",
                signed_ms(median(&self.without)),
                signed_ms(median(&self.with)),
                self.slower() * 100.0,
            ),
        ));
    }

    /// How often the answer about somebody with an account was the later one.
    fn slower(&self) -> f64 {
        let slower = self.with.iter().zip(&self.without).filter(|(with, without)| with > without).count();
        slower as f64 / self.with.len() as f64
    }

    /// Where 95 of 100 differences of medians lie when the pairs are drawn again.
    fn interval(&self) -> (f64, f64) {
        let mut draw = Draw(0x2545_f491_4f6c_dd1d);
        let mut differences: Vec<f64> = (0..RESAMPLES)
            .map(|_| {
                let places: Vec<usize> = (0..self.with.len()).map(|_| draw.below(self.with.len())).collect();
                let of = |times: &[Duration]| {
                    median(&places.iter().map(|place| times[*place]).collect::<Vec<_>>())
                };
                signed_ms(of(&self.with)) - signed_ms(of(&self.without))
            })
            .collect();
        differences.sort_by(f64::total_cmp);
        (differences[RESAMPLES / 40], differences[RESAMPLES - 1 - RESAMPLES / 40])
    }
}

/// A connection that is kept.
struct Connection(TcpStream);

impl Connection {
    fn new(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        Self(stream)
    }

    /// The status of the answer, and after how long all of it was there.
    fn ask(&mut self, request: &[u8]) -> (u16, Duration) {
        let mut buffer = vec![0; 16 * 1024];
        let mut filled = 0;
        let asked = Instant::now();
        self.0.write_all(request).unwrap();
        loop {
            let read = self.0.read(&mut buffer[filled..]).unwrap();
            assert!(read > 0, "the server closed a connection");
            filled += read;
            if let Some(status) = crate::load::whole_answer(&buffer[..filled]) {
                return (status, asked.elapsed());
            }
        }
    }
}

/// Numbers that look drawn (xorshift64*).
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next()).unwrap() % bound
    }
}

fn median(times: &[Duration]) -> Duration {
    let mut times = times.to_vec();
    times.sort();
    times[times.len() / 2]
}

fn signed_ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
