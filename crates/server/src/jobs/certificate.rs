//! Is there a new certificate in the files, and does the one that is served end soon?
//!
//! ```text
//! looked at ─▶ nothing new ─────────────────────────────▶ nothing
//!          └─▶ new, or SIGHUP ─▶ good ──────────────────▶ served from the next handshake on
//!                            └─▶ not good ─▶ SIGHUP ────▶ told; the one before is kept
//!                                        └─▶ the second time in a row ─▶ told once
//! ```
//!
//! Two files are never written at one time, so what is not good is looked at again before anybody is alarmed.

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use portcullis_core::ports::Clock;
use tokio::select;
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::ticks;
use crate::cli::output::time_of;
use crate::config::meant::{CertificateFiles, CertificateSource};
use crate::config::value::Environment;
use crate::config::{Problems, Settings};
use crate::lifecycle::HangUps;
use crate::wiring::SystemClock;
use crate::wiring::tls::{self, Served};

/// How often the files are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// How often the end of the certificate is looked at, and warned of.
const LOOK_AT_END_EVERY: Duration = Duration::from_hours(12);

/// Keeps what is served good until `stop` is cancelled. `hang_ups` ask for a look at once.
pub(crate) fn start(
    settings: &Settings,
    served: &Arc<Served>,
    hang_ups: Option<HangUps>,
    tasks: &TaskTracker,
    stop: &CancellationToken,
) {
    let Some(tls) = &settings.tls else { return };
    tasks.spawn(stop.clone().run_until_cancelled_owned(warn_of_end(Arc::clone(served))));
    let served = Arc::clone(served);
    match &tls.certificate {
        CertificateSource::Files(files) => {
            let watch = Watch::new(files.clone(), settings.environment, served);
            tasks.spawn(stop.clone().run_until_cancelled_owned(watch.keep(hang_ups)));
        }
        #[cfg(feature = "acme")]
        CertificateSource::Acme(acme) => {
            let keeping = crate::acme::keep(acme.clone(), served);
            tasks.spawn(stop.clone().run_until_cancelled_owned(keeping));
        }
        #[cfg(not(feature = "acme"))]
        CertificateSource::Acme(_) => {}
    }
}

async fn warn_of_end(served: Arc<Served>) {
    let mut ticks = ticks(LOOK_AT_END_EVERY);
    loop {
        ticks.tick().await;
        let Some(identity) = served.identity() else { continue };
        let now = SystemClock.now();
        if let Some(end) = tls::ends_soon(&identity, now) {
            let (names, end_at) = (tls::names(&identity).join(", "), time_of(end));
            if end <= now {
                tracing::error!(names, expired = end_at, "the certificate has expired: clients turn away");
            } else {
                tracing::warn!(names, expires = end_at, "the certificate expires soon: renew it");
            }
        }
    }
}

/// Tells that from now on another certificate is shown.
pub(crate) fn tell(identity: &CertifiedKey) {
    let names = tls::names(identity).join(", ");
    let expires = tls::validity(identity).map(|validity| time_of(validity.until));
    tracing::info!(names, expires, "a new certificate is served");
}

/// Why the files are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Occasion {
    /// It is time.
    Tick,
    /// Somebody asks for it.
    HangUp,
}

/// What tells a file from what it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Seen {
    place: (u64, u64),
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

/// What could not be served, in words.
#[derive(Debug)]
struct Refused {
    what: String,
    is_told: bool,
}

/// The files, and what is known of them.
#[derive(Debug)]
struct Watch {
    files: CertificateFiles,
    environment: Environment,
    served: Arc<Served>,
    seen: Option<[Option<Seen>; 2]>,
    refused: Option<Refused>,
}

impl Watch {
    const fn new(files: CertificateFiles, environment: Environment, served: Arc<Served>) -> Self {
        Self { files, environment, served, seen: None, refused: None }
    }

    async fn keep(mut self, mut hang_ups: Option<HangUps>) {
        let mut ticks = ticks(LOOK_EVERY);
        loop {
            let occasion = select! {
                _ = ticks.tick() => Occasion::Tick,
                () = next(&mut hang_ups) => Occasion::HangUp,
            };
            self.look(occasion).await;
        }
    }

    async fn look(&mut self, occasion: Occasion) {
        // Looked at before they are read, so that a change in between is found by the next look.
        let seen = Some([see(&self.files.cert.path).await, see(&self.files.key.path).await]);
        let is_news = seen != self.seen || self.refused.is_some();
        self.seen = seen;
        if occasion == Occasion::Tick && !is_news {
            return;
        }
        let Some(read) = self.read().await else { return };
        match read {
            Ok(identity) => {
                let is_new = self.served.identity().is_none_or(|before| before.cert != identity.cert);
                let was_told = self.refused.take().is_some_and(|refused| refused.is_told);
                if is_new {
                    tell(&identity);
                    self.served.replace(identity);
                } else if occasion == Occasion::HangUp || was_told {
                    tracing::info!("the certificate in the files is the one that is served");
                }
            }
            Err(problems) => self.refuse(&problems, occasion),
        }
    }

    /// `None` if it could not be tried.
    async fn read(&self) -> Option<Result<CertifiedKey, Problems>> {
        let (files, environment) = (self.files.clone(), self.environment);
        #[expect(
            clippy::disallowed_methods,
            reason = "a file system that hangs shall not hold up requests; nobody waits for it at the end"
        )]
        let read = tokio::task::spawn_blocking(move || tls::read(&files, environment, SystemClock.now()));
        read.await.ok()
    }

    fn refuse(&mut self, problems: &Problems, occasion: Occasion) {
        let what = problems.to_string();
        let before = self.refused.take().filter(|before| before.what == what);
        let is_told = before.as_ref().is_some_and(|before| before.is_told);
        let is_due = occasion == Occasion::HangUp || (before.is_some() && !is_told);
        if is_due {
            for problem in problems.all() {
                tracing::error!(fix = problem.fix, "the certificate is not renewed: {}", problem.what);
            }
        }
        self.refused = Some(Refused { what, is_told: is_told || is_due });
    }
}

async fn next(hang_ups: &mut Option<HangUps>) {
    match hang_ups {
        Some(hang_ups) => hang_ups.next().await,
        None => std::future::pending().await,
    }
}

async fn see(path: &Path) -> Option<Seen> {
    let data = tokio::fs::metadata(path).await.ok()?;
    Some(Seen {
        place: (data.dev(), data.ino()),
        size: data.size(),
        modified: (data.mtime(), data.mtime_nsec()),
        changed: (data.ctime(), data.ctime_nsec()),
    })
}

#[cfg(test)]
mod tests;
