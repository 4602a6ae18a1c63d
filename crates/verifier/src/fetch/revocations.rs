//! Which sessions ended before their tokens did, and which keys were revoked?
//!
//! - What is known comes out of answers that the issuer signed, and an answer only ever adds to it.
//! - An answer has to begin where it was asked to. A signed answer to another question is none.
//! - An entry is kept until no token of its session can pass any more, the leeway included.
//! - One attempt at a time. A task makes them for as long as a clone of the verifier lives.

mod document;
mod place;
mod settings;
mod state;

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, PoisonError, RwLock, Weak};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::sleep;

use self::document::{Document, Expected};
use self::place::Beginning;
pub use self::settings::{OnOutage, RevocationSettings};
use self::state::{Reading, State};
use super::endpoint::{Endpoint, FetchError};
use super::{AuthError, Source};
use crate::clock::{Clock, millis};
use crate::expectation::whole_seconds;
use crate::{KeySet, VerifyError};

const ACCEPT: &str = "application/revocations+jwt";

/// Largest answer that is read, in bytes. The server makes pages of a quarter of it.
const MAX_ANSWER_BYTES: usize = 512 * 1024;

/// The most pages of one attempt: more entries than any capacity that makes sense.
const MAX_PAGES: usize = 4096;

/// How long attempts that fail may be apart.
const LONGEST_BACKOFF: Duration = Duration::from_secs(15);

/// The sessions that were ended and the keys that were revoked, as the issuer tells. Cloning shares what is known.
///
/// A [`Verifier`](crate::Verifier) asks it by itself. It also serves beside a
/// [`LegacyVerifier`](crate::LegacyVerifier), and tells how well it is informed.
#[derive(Clone)]
pub struct RevocationFeed {
    inner: Arc<Inner>,
}

/// What a feed is made of.
pub(super) struct Parts {
    pub(super) endpoint: Endpoint,
    pub(super) source: Source,
    pub(super) issuer: String,
    pub(super) leeway: Duration,
    pub(super) clock: Clock,
    pub(super) settings: RevocationSettings,
}

struct Inner {
    parts: Parts,
    state: RwLock<State>,
    flight: tokio::sync::Mutex<()>,
    poller: Mutex<Option<JoinHandle<()>>>,
    jitter: RandomState,
}

impl RevocationFeed {
    pub(super) fn new(parts: Parts) -> Self {
        let inner = Inner {
            parts,
            state: RwLock::default(),
            flight: tokio::sync::Mutex::default(),
            poller: Mutex::default(),
            jitter: RandomState::new(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Whether the session of this `sid` was ended, as far as is known.
    pub fn is_ended(&self, session: &str) -> bool {
        self.inner.read(|state| state.is_ended(session))
    }

    /// How long ago everything was known that had ended by then; `None` before the first answer.
    pub fn age(&self) -> Option<Duration> {
        let now = self.inner.now_millis();
        self.inner.read(|state| state.age(now))
    }

    /// Whether what is known is older than [`RevocationSettings::stale_after`], or nothing is known at all.
    pub fn is_stale(&self) -> bool {
        self.age().is_none_or(|age| age > self.inner.parts.settings.stale_after)
    }

    /// Whether a token of this session that is good otherwise goes on. Waits for the issuer only for its first answer;
    /// from the first call on the feed is followed.
    ///
    /// # Errors
    /// [`AuthError::SessionEnded`]; [`AuthError::RevocationsUnavailable`] under [`OnOutage::Refuse`].
    pub async fn check(&self, session: Option<&str>) -> Result<(), AuthError> {
        self.ready().await;
        self.admit(session)
    }

    /// Asks the issuer now, once.
    ///
    /// # Errors
    /// Why nothing more is known than before.
    pub async fn refresh(&self) -> Result<(), FetchError> {
        let _flight = self.inner.flight.lock().await;
        self.inner.attempt().await
    }

    /// Returns when the issuer has been asked at least once, and sees to it that it is asked from then on.
    pub(super) async fn ready(&self) {
        let (age, attempts) = {
            let now = self.inner.now_millis();
            self.inner.read(|state| (state.age(now), state.attempts))
        };
        // A task that does its work needs no look at it.
        if age.is_none_or(|age| age > self.inner.parts.settings.every * 2) {
            self.keep_polling();
        }
        if attempts > 0 {
            return;
        }
        let _flight = self.inner.flight.lock().await;
        if self.inner.read(|state| state.attempts) == 0 {
            // How it went is told by what is known after it.
            let _ = self.inner.attempt().await;
        }
    }

    /// Whether a good token of this session goes on. Waits for nobody.
    pub(super) fn admit(&self, session: Option<&str>) -> Result<(), AuthError> {
        if session.is_some_and(|session| self.is_ended(session)) {
            return Err(AuthError::SessionEnded);
        }
        let settings = &self.inner.parts.settings;
        if settings.on_outage == OnOutage::Accept || !self.is_stale() {
            return Ok(());
        }
        let cause = self.inner.read(|state| state.failure.clone()).unwrap_or(FetchError::Interrupted);
        Err(AuthError::RevocationsUnavailable {
            retry_after: settings.every.max(Duration::from_secs(1)),
            cause,
        })
    }

    /// The ids of revoked keys.
    pub(super) fn revoked_kids(&self) -> Arc<HashSet<String>> {
        self.inner.read(State::revoked_kids)
    }

    #[expect(clippy::disallowed_methods, reason = "the task ends by itself when the last verifier is gone")]
    fn keep_polling(&self) {
        let mut poller = self.inner.poller.lock().unwrap_or_else(PoisonError::into_inner);
        if poller.as_ref().is_none_or(JoinHandle::is_finished) {
            // The runtime that it ran on may be gone.
            *poller = Some(tokio::spawn(poll(Arc::downgrade(&self.inner))));
        }
    }
}

impl std::fmt::Debug for RevocationFeed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RevocationFeed").field("age", &self.age()).finish_non_exhaustive()
    }
}

/// Asks again and again.
async fn poll(feed: Weak<Inner>) {
    loop {
        let Some(wait) = feed.upgrade().map(|feed| feed.next_wait()) else { return };
        sleep(wait).await;
        let Some(feed) = feed.upgrade() else { return };
        let _flight = feed.flight.lock().await;
        // A failure is told by the log and by the age of what is known.
        let _ = feed.attempt().await;
    }
}

impl Inner {
    /// The caller holds the flight.
    async fn attempt(&self) -> Result<(), FetchError> {
        let outcome = self.read_pages().await;
        let now = self.now_millis();
        let stale_after = self.parts.settings.stale_after;
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        match &outcome {
            Ok(()) => {
                if state.record_success() {
                    tracing::info!("the feed of ended sessions can be read again");
                }
            }
            Err(error) => {
                if state.record_failure(now, error.clone(), stale_after) {
                    let then = match self.parts.settings.on_outage {
                        OnOutage::Accept => "sessions that end now are noticed when their tokens expire",
                        OnOutage::Refuse => "all tokens are refused until it can",
                    };
                    tracing::warn!(%error, "the feed of ended sessions cannot be read: {then}");
                }
            }
        }
        outcome
    }

    async fn read_pages(&self) -> Result<(), FetchError> {
        let begun_at = self.now_millis();
        // Before there is a look at how many there are: once there were too many, nothing else would ever end that.
        self.write(|state| state.forget_expired(begun_at));
        let mut page = self.first_page().await?;
        let (node, is_whole) = (page.document.node.clone(), page.document.from == Beginning::Whole);
        let mut cursor = page.document.cursor.take();
        let mut known_at = page.known_at();
        for _ in 0..MAX_PAGES {
            let next = page.document.next.take();
            if page.document.node != node {
                // It may have been behind the first one, which will not tell that again.
                cursor = None;
            }
            known_at = known_at.min(page.known_at());
            let leeway = whole_seconds(self.parts.leeway);
            let known = self.write(|state| {
                state.take_in(page.document, leeway, begun_at);
                state.len()
            });
            if known > self.parts.settings.capacity {
                return Err(FetchError::TooLarge);
            }
            let Some(next) = next else {
                self.write(|state| state.finish(Reading { is_whole, begun_at, cursor, known_at }));
                return Ok(());
            };
            page = self.page(Some(&next)).await?;
            if !page.document.answers(Some(&next)) {
                return Err(not_from_there());
            }
        }
        Err(FetchError::TooLarge)
    }

    /// What is new, or everything.
    async fn first_page(&self) -> Result<Page, FetchError> {
        if let Some(since) = self.read(|state| state.since(self.now_millis())) {
            let page = self.page(Some(&since)).await?;
            if page.document.answers(Some(&since)) {
                return Ok(page);
            }
        }
        let page = self.page(None).await?;
        // SECURITY: whoever stands between could pass on the answer to what is new, which is next to nothing.
        if page.document.answers(None) { Ok(page) } else { Err(not_from_there()) }
    }

    async fn page(&self, since: Option<&str>) -> Result<Page, FetchError> {
        let query: Vec<_> = since.map(|place| ("since", place)).into_iter().collect();
        let asked_at = self.now_millis();
        let (_, body) = self.parts.endpoint.get(ACCEPT, &query, MAX_ANSWER_BYTES).await?;
        Ok(Page { document: self.open(&body, asked_at).await?, asked_at })
    }

    /// Checks an answer with the keys of the issuer, for which it is asked if they are not known.
    async fn open(&self, body: &[u8], asked_at: i64) -> Result<Document, FetchError> {
        let text = std::str::from_utf8(body).map_err(|_| FetchError::NotFeed(VerifyError::Malformed))?;
        let issuer_keys = match &self.parts.source {
            Source::Fixed(keys) => return self.open_with(text, asked_at, keys).map_err(FetchError::NotFeed),
            Source::Issuer(issuer_keys) => issuer_keys,
        };
        let known = issuer_keys.current().await.map_err(cause)?;
        match self.open_with(text, asked_at, &known.keys) {
            Err(VerifyError::UnknownKey) => {}
            outcome => return outcome.map_err(FetchError::NotFeed),
        }
        let newer = issuer_keys.newer_than(&known).await.map_err(cause)?;
        self.open_with(text, asked_at, &newer.keys).map_err(FetchError::NotFeed)
    }

    fn open_with(&self, text: &str, asked_at: i64, keys: &KeySet) -> Result<Document, VerifyError> {
        let expected = Expected {
            issuer: &self.parts.issuer,
            leeway_seconds: whole_seconds(self.parts.leeway),
            asked_seconds: asked_at.div_euclid(1000),
            now_seconds: self.now_millis().div_euclid(1000),
        };
        // SECURITY: who holds a revoked key could hide what has ended since.
        document::open(text, &keys.without(&self.read(State::revoked_kids)), &expected)
    }

    /// Up to a fifth less than the interval, so that services that began together do not ask together.
    fn next_wait(&self) -> Duration {
        let (attempts, failures) = self.read(|state| (state.attempts, state.failures));
        let every = self.parts.settings.every;
        let wait = every.saturating_mul(1 << failures.min(4)).min(LONGEST_BACKOFF.max(every));
        let fifth = wait / 5;
        let part = u32::try_from(self.jitter.hash_one(attempts) % 1024).unwrap_or_default();
        wait.saturating_sub(fifth.saturating_mul(part) / 1024)
    }

    fn now_millis(&self) -> i64 {
        millis((self.parts.clock)())
    }

    fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.state.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn write<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.write().unwrap_or_else(PoisonError::into_inner))
    }
}

/// An answer, and when it was asked for.
struct Page {
    document: Document,
    asked_at: i64,
}

impl Page {
    /// Up to when the issuer knew what had ended, by our own clock.
    fn known_at(&self) -> i64 {
        self.asked_at.saturating_sub(self.document.lag_seconds.saturating_mul(1000))
    }
}

fn not_from_there() -> FetchError {
    FetchError::NotFeed(VerifyError::Claim("from"))
}

/// Why there are no keys to check the feed with.
fn cause(error: AuthError) -> FetchError {
    match error {
        AuthError::Unavailable { cause, .. } | AuthError::RevocationsUnavailable { cause, .. } => cause,
        AuthError::Refused(error) => FetchError::NotFeed(error),
        AuthError::SessionEnded | AuthError::Reauthenticate { .. } => FetchError::Interrupted,
    }
}
