//! Does a range service know a password, without being told it?
//!
//! The service is sent the first five of the forty digits of the password's SHA-1 and answers what follows them in all
//! the passwords that it knows, some hundreds. It learns that somebody set one of a great many passwords. The form is that of
//! `https://api.pwnedpasswords.com/range/`, and of mirrors of it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use portcullis_core::crypto::{Password, digest};
use portcullis_core::ports::BreachedPasswords;
use portcullis_core::ports::breached::Unanswered;
use reqwest::{Client, Response, StatusCode, redirect};
use zeroize::Zeroizing;

/// The longest that a request may take.
pub(crate) const DEADLINE: Duration = Duration::from_secs(1);
/// For how long nobody is asked after a request that failed, so that not everybody waits for it.
const PAUSE: Duration = Duration::from_secs(10);
/// The longest answer that is read. A usual one has 40 KiB.
const MAX_ANSWER_BYTES: usize = 1024 * 1024;
/// How many answers are remembered: somebody who is refused tries again at once.
const REMEMBERED: usize = 16;
/// For how long.
const REMEMBERED_FOR: Duration = Duration::from_mins(10);
/// Digits that the service is told.
const TOLD_DIGITS: usize = 5;

/// A range service that is asked.
#[derive(Debug)]
pub(crate) struct RangeService {
    client: Client,
    /// Ends before the five digits.
    base: String,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    failed_at: Option<Instant>,
    /// The newest last.
    ranges: Vec<Range>,
}

/// What the service knows of the passwords that begin alike.
#[derive(Debug)]
struct Range {
    prefix: String,
    suffixes: Arc<[String]>,
    asked_at: Instant,
}

impl RangeService {
    /// A service at an address to which five digits are appended.
    pub(crate) fn new(base: &str, deadline: Duration) -> Result<Self, reqwest::Error> {
        // SECURITY: a redirection could lead to plain http, or to a host inside of the network.
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .timeout(deadline)
            .user_agent(concat!("portcullis/", env!("CARGO_PKG_VERSION")));
        let client = if base.starts_with("https://") {
            client.https_only(true)
        } else {
            // This machine: without TLS no authorities are needed, and a proxy would mean another machine.
            client.tls_certs_only([]).no_proxy()
        };
        Ok(Self { client: client.build()?, base: base.to_owned(), state: Mutex::default() })
    }

    /// What is known of passwords that begin so.
    async fn range(&self, prefix: &str) -> Result<Arc<[String]>, Unanswered> {
        if let Some(known) = self.remembered(prefix)? {
            return Ok(known);
        }
        let asked = self.ask(prefix).await;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match asked {
            Ok(suffixes) => {
                state.failed_at = None;
                if state.ranges.len() >= REMEMBERED {
                    state.ranges.remove(0);
                }
                let suffixes: Arc<[String]> = suffixes.into();
                let range = Range {
                    prefix: prefix.to_owned(),
                    suffixes: Arc::clone(&suffixes),
                    asked_at: Instant::now(),
                };
                state.ranges.push(range);
                Ok(suffixes)
            }
            Err(cause) => {
                state.failed_at = Some(Instant::now());
                Err(Unanswered { cause })
            }
        }
    }

    fn remembered(&self, prefix: &str) -> Result<Option<Arc<[String]>>, Unanswered> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.ranges.retain(|range| range.asked_at.elapsed() < REMEMBERED_FOR);
        if let Some(range) = state.ranges.iter().find(|range| range.prefix == prefix) {
            return Ok(Some(Arc::clone(&range.suffixes)));
        }
        if state.failed_at.is_some_and(|at| at.elapsed() < PAUSE) {
            return Err(Unanswered {
                cause: "the range service failed a moment ago, and is left alone".into(),
            });
        }
        Ok(None)
    }

    async fn ask(&self, prefix: &str) -> Result<Vec<String>, String> {
        let url = format!("{}{prefix}", self.base);
        // SECURITY: without padding, the length of the answer tells whoever watches the line which range it is.
        let request = self.client.get(url).header("add-padding", "true");
        let response = request.send().await.map_err(innermost)?;
        if response.status() != StatusCode::OK {
            return Err(format!("the range service answered with status {}", response.status().as_u16()));
        }
        let body = bounded_body(response).await?;
        parse(&body).ok_or_else(|| "what the range service answered is no list of ranges".to_owned())
    }
}

async fn bounded_body(mut response: Response) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(innermost)? {
        if body.len() + chunk.len() > MAX_ANSWER_BYTES {
            return Err("the answer of the range service is too long".into());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The ends of the passwords that are known: lines of 35 digits, a colon, and how often each was seen. Those that were
/// never seen are padding.
fn parse(body: &[u8]) -> Option<Vec<String>> {
    let text = std::str::from_utf8(body).ok()?;
    let mut suffixes = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (suffix, count) = line.split_once(':')?;
        let is_suffix = suffix.len() == 40 - TOLD_DIGITS && suffix.bytes().all(|b| b.is_ascii_hexdigit());
        let count: u64 = count.trim().parse().ok()?;
        if !is_suffix {
            return None;
        }
        if count > 0 {
            suffixes.push(suffix.to_ascii_uppercase());
        }
    }
    Some(suffixes)
}

/// The innermost cause is the one that says what to repair. The address, which has five digits in it, is left out.
fn innermost(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut cause: &dyn std::error::Error = &error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    format!("the range service did not answer: {cause}")
}

#[async_trait]
impl BreachedPasswords for RangeService {
    async fn is_breached(&self, password: &Password) -> Result<bool, Unanswered> {
        let name = Zeroizing::new(hex::encode_upper(*digest::name_in_breach_lists(password)));
        let Some((prefix, suffix)) = name.split_at_checked(TOLD_DIGITS) else { return Ok(false) };
        Ok(self.range(prefix).await?.iter().any(|known| known == suffix))
    }
}

#[cfg(test)]
mod tests;
