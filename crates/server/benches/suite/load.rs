//! How many requests a second does a server answer over kept-alive connections, and how late?
//!
//! - One thread drives all connections, so that on a small machine the server keeps the other cores.
//! - Closed loop: a connection has at most one request under way (no pipelining), and sends the next
//!   as soon as it has read the whole answer.
//! - Any HTTP/1.1 server will do, if it keeps connections alive and sends `content-length`.
//! - An answer that cannot be read ends its connection and is counted as broken; nothing is retried.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Room for one answer, head and body. A longer one counts as broken.
const ANSWER_BYTES: usize = 16 * 1024;

/// How long after the end of the run an answer may still be under way.
const DRAIN: Duration = Duration::from_secs(20);

/// What to ask, of whom, and for how long.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Where the server listens.
    pub addr: SocketAddr,
    /// Complete requests as bytes. Connection `i` begins with request `i` modulo the number of requests.
    pub requests: Vec<Vec<u8>>,
    /// What a connection asks after it has read a whole answer.
    pub follow: Follow,
    /// Connections that are open at once.
    pub connections: usize,
    /// Answers that arrive before this has passed are not counted.
    pub warm_up: Duration,
    /// How long to count.
    pub duration: Duration,
    /// How long a connection waits after an answer before it asks again.
    pub pause: Duration,
}

/// The next request of a connection.
#[derive(Debug, Clone, Copy)]
pub enum Follow {
    /// The same again.
    Repeat,
    /// Made out of the answer: rewrites the request in place.
    Rewrite(fn(answer: &[u8], request: &mut [u8])),
}

/// What came back inside the counted time.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// Answers with a 2xx status.
    pub answered: u64,
    /// Answers with any other status.
    pub refused: u64,
    /// Connections that failed, were closed by the server, or sent what is not an answer.
    pub broken: u64,
    /// Time from sending a request to having read its answer, 2xx or not.
    pub latencies: Latencies,
    /// The time that was counted.
    pub counted: Duration,
    /// What each connection would have asked next, in the order of the connections.
    pub last_requests: Vec<Vec<u8>>,
}

impl Outcome {
    /// 2xx answers a second.
    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
    pub fn per_second(&self) -> f64 {
        self.answered as f64 / self.counted.as_secs_f64()
    }

    fn add(&mut self, other: &Self) {
        self.answered += other.answered;
        self.refused += other.refused;
        self.broken += other.broken;
        self.latencies.add(&other.latencies);
        self.last_requests.extend_from_slice(&other.last_requests);
    }
}

/// A histogram of latencies whose buckets are about 3 % wide, from 1 µs to over an hour.
#[derive(Debug, Clone)]
pub struct Latencies {
    buckets: Vec<u64>,
}

/// Each power of two is split into this many (as a power of two) equal buckets.
const SPLIT_BITS: u32 = 5;
const BUCKETS: usize = 1024;

impl Default for Latencies {
    fn default() -> Self {
        Self { buckets: vec![0; BUCKETS] }
    }
}

impl Latencies {
    fn record(&mut self, latency: Duration) {
        let micros = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
        if let Some(bucket) = self.buckets.get_mut(Self::bucket_of(micros)) {
            *bucket += 1;
        }
    }

    fn add(&mut self, other: &Self) {
        for (mine, theirs) in self.buckets.iter_mut().zip(&other.buckets) {
            *mine += theirs;
        }
    }

    /// The latency that the given share of the answers did not exceed (0.5 is the median), rounded
    /// up to the end of its bucket. Zero when nothing was recorded.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "counts stay far below 2^52 and the share is between 0 and 1"
    )]
    pub fn quantile(&self, share: f64) -> Duration {
        let total: u64 = self.buckets.iter().sum();
        let wanted = (total as f64 * share.clamp(0.0, 1.0)).ceil() as u64;
        let mut seen = 0;
        for (bucket, count) in self.buckets.iter().enumerate() {
            seen += count;
            if seen >= wanted && seen > 0 {
                return Duration::from_micros(Self::end_of(bucket));
            }
        }
        Duration::ZERO
    }

    /// Values below `2^SPLIT_BITS` have a bucket each; above, a value keeps its top bits only.
    fn bucket_of(micros: u64) -> usize {
        let magnitude = micros.checked_ilog2().unwrap_or(0).saturating_sub(SPLIT_BITS);
        let index = (u64::from(magnitude) << SPLIT_BITS) + (micros >> magnitude);
        usize::try_from(index).map_or(BUCKETS - 1, |index| index.min(BUCKETS - 1))
    }

    /// The largest value that falls into the bucket.
    fn end_of(bucket: usize) -> u64 {
        let bucket = bucket as u64;
        let magnitude = (bucket >> SPLIT_BITS).saturating_sub(1);
        let start = bucket - (magnitude << SPLIT_BITS);
        ((start + 1) << magnitude) - 1
    }
}

/// Carries out the plan on the calling thread and returns when every connection has ended.
///
/// # Errors
/// When the plan holds no request, or a connection cannot be opened.
pub fn run(plan: &Plan) -> io::Result<Outcome> {
    if plan.requests.is_empty() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "the plan holds no request"));
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(drive(plan))
}

/// Carries out several plans at the same time on the calling thread; the outcomes are in their order.
///
/// # Errors
/// When a plan holds no request, or a connection cannot be opened.
pub fn run_together(plans: &[&Plan]) -> io::Result<Vec<Outcome>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(futures_util::future::try_join_all(plans.iter().map(|plan| drive(plan))))
}

async fn drive(plan: &Plan) -> io::Result<Outcome> {
    let mut streams = Vec::with_capacity(plan.connections);
    for request in plan.requests.iter().cycle().take(plan.connections) {
        let stream = TcpStream::connect(plan.addr).await?;
        stream.set_nodelay(true)?;
        streams.push((stream, request.clone()));
    }
    let start = Instant::now() + plan.warm_up;
    let end = start + plan.duration;
    let clients: Vec<_> = streams
        .into_iter()
        .map(|(stream, request)| tokio::spawn(converse(stream, request, plan.clone(), (start, end))))
        .collect();
    let mut outcome = Outcome { counted: plan.duration, ..Outcome::default() };
    let last = tokio::time::Instant::from_std(end + DRAIN);
    for client in clients {
        match tokio::time::timeout_at(last, client).await {
            Ok(Ok(one)) => outcome.add(&one),
            Ok(Err(_)) | Err(_) => outcome.broken += 1,
        }
    }
    Ok(outcome)
}

/// One connection: ask, read, count, until the end.
async fn converse(
    mut stream: TcpStream,
    mut request: Vec<u8>,
    Plan { follow, pause, .. }: Plan,
    (start, end): (Instant, Instant),
) -> Outcome {
    let mut outcome = Outcome::default();
    let mut buffer = vec![0; ANSWER_BYTES];
    let mut asked = Instant::now();
    while asked < end {
        let Ok((status, bytes)) = exchange(&mut stream, &request, &mut buffer).await else {
            outcome.broken += 1;
            return outcome;
        };
        let answered = Instant::now();
        if answered >= start && answered < end {
            match status {
                200..=299 => outcome.answered += 1,
                _ => outcome.refused += 1,
            }
        }
        // Also of the last one, which is answered later: otherwise those that take longest would be left out.
        if answered >= start {
            outcome.latencies.record(answered - asked);
        }
        if let (Follow::Rewrite(rewrite), Some(answer)) = (follow, buffer.get(..bytes)) {
            rewrite(answer, &mut request);
        }
        if !pause.is_zero() {
            tokio::time::sleep(pause).await;
        }
        asked = Instant::now();
    }
    outcome.last_requests.push(request);
    outcome
}

/// Sends the request and reads exactly one answer. Returns its status and length.
async fn exchange(stream: &mut TcpStream, request: &[u8], buffer: &mut [u8]) -> io::Result<(u16, usize)> {
    stream.write_all(request).await?;
    let mut filled = 0;
    loop {
        let room = buffer.get_mut(filled..).unwrap_or_default();
        let read = stream.read(room).await?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        filled += read;
        let Some(head) = head_of(buffer.get(..filled).unwrap_or_default()) else { continue };
        let length = head.bytes + head.body_bytes;
        if filled > length {
            return Err(invalid("more came than one answer"));
        }
        if filled == length {
            return Ok((head.status, length));
        }
    }
}

/// The status of an answer that has arrived whole.
pub fn whole_answer(bytes: &[u8]) -> Option<u16> {
    head_of(bytes).filter(|head| head.bytes + head.body_bytes <= bytes.len()).map(|head| head.status)
}

struct Head {
    status: u16,
    bytes: usize,
    body_bytes: usize,
}

/// Reads status and lengths, once the head has arrived whole.
fn head_of(answer: &[u8]) -> Option<Head> {
    let status = answer.get(9..12).and_then(number)?;
    let mut body_bytes = 0;
    let mut at = 0;
    for line in answer.split_inclusive(|byte| *byte == b'\n') {
        at += line.len();
        match line {
            b"\r\n" => return Some(Head { status: u16::try_from(status).ok()?, bytes: at, body_bytes }),
            [b'c' | b'C', ..] => body_bytes = content_length(line).unwrap_or(body_bytes),
            _ => {}
        }
    }
    None
}

fn content_length(line: &[u8]) -> Option<usize> {
    let (name, value) = line.split_at_checked("content-length:".len())?;
    if !name.eq_ignore_ascii_case(b"content-length:") {
        return None;
    }
    number(value.trim_ascii())
}

fn number(digits: &[u8]) -> Option<usize> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

fn invalid(why: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}
