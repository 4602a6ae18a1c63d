//! How does the server get its certificate from an authority, and the next one in time?
//!
//! ```text
//! start ─▶ kept one, if it is good ─▶ served
//!      └─▶ due? ─▶ order ─▶ prove each name over TLS ─▶ served and kept ─▶ due when a third of its time is left
//!                      └─▶ refused ─▶ told, and tried again: a minute later, and ever more seldom
//! ```
//!
//! Invariants
//! - What was issued is served in any case, and written to the disk until that succeeds. Nothing is ordered while one is
//!   served that is not due; a restart orders nothing that is there.
//! - Failed orders become ever more seldom, whatever ends and begins in between.

mod directory;
mod kept;
mod order;
mod tries;

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use portcullis_core::model::Timestamp;
use portcullis_core::ports::Clock;
use tokio::time::{sleep, timeout};
use tokio_rustls::rustls::sign::CertifiedKey;
use zeroize::Zeroizing;

use self::tries::Tries;
use crate::config::meant::AcmeSettings;
use crate::jobs::certificate::tell;
use crate::wiring::SystemClock;
use crate::wiring::tls::{self, Served};

/// How often it is asked whether the time has come: clocks jump, and machines sleep.
const LOOK_EVERY: Duration = Duration::from_hours(1);
/// How long an order may take.
const ORDER_TIMEOUT: Duration = Duration::from_mins(10);
/// How often it is tried again to write what is served to the disk.
const KEEP_AGAIN_EVERY: Duration = Duration::from_mins(5);

/// The certificate that was issued to an earlier start, if it is good `now`.
///
/// # Errors
/// When others than the owner can read it, or when the directory could not be believed anyway.
pub(crate) fn kept(settings: &AcmeSettings, now: Timestamp) -> anyhow::Result<Option<CertifiedKey>> {
    directory::roots(settings.ca.as_ref())?;
    let Some(text) = kept::certificate(&settings.kept_in)? else { return Ok(None) };
    match tls::from_pem(&text) {
        Ok(identity) if tls::validity(&identity).is_some_and(|validity| validity.until > now) => {
            Ok(Some(identity))
        }
        Ok(_) => Ok(None),
        Err(reason) => {
            let directory = settings.kept_in.display();
            tracing::warn!(%directory, reason, "the kept certificate is damaged, and ordered anew");
            Ok(None)
        }
    }
}

/// Orders certificates whenever one is due. Never ends.
pub(crate) async fn keep(settings: AcmeSettings, served: Arc<Served>) {
    let mut tries = Tries::begin(&settings, SystemClock.now());
    // One that is served, and not on disk.
    let mut unkept = None;
    loop {
        let now = SystemClock.now();
        let due_in =
            served.identity().map_or(Duration::ZERO, |identity| due_in(&identity, &settings.domains, now));
        let wait = due_in.max(tries.pause(now));
        if !wait.is_zero() {
            let look_in = if unkept.is_some() { KEEP_AGAIN_EVERY } else { LOOK_EVERY };
            sleep(wait.min(look_in)).await;
            unkept = unkept.take().and_then(|text| put_away(&settings, &tries, text));
            continue;
        }
        tracing::info!(domains = settings.domains.join(", "), directory = %settings.directory, "ordering a certificate");
        tries.placed(now);
        match obtain(&settings, &served).await {
            Ok((identity, text)) => {
                tries.issued(LOOK_EVERY, SystemClock.now());
                tell(&identity);
                served.replace(identity);
                unkept = put_away(&settings, &tries, text);
            }
            Err(error) => {
                let pause = tries.failed(&error, SystemClock.now());
                tracing::error!(
                    error = format!("{error:#}"),
                    again_in_s = pause.as_secs(),
                    "no certificate was issued"
                );
            }
        }
    }
}

/// The certificate, and the text of it and its key.
async fn obtain(
    settings: &AcmeSettings,
    served: &Served,
) -> anyhow::Result<(CertifiedKey, Zeroizing<String>)> {
    let ordered = timeout(ORDER_TIMEOUT, order::obtain(settings, served));
    let text = ordered.await.context("the authority took too long")??;
    let identity =
        tls::from_pem(text.as_bytes()).map_err(|reason| anyhow::anyhow!("what came is no use: {reason}"))?;
    Ok((identity, text))
}

/// Writes what was issued to the disk. Answers it when that fails, to be tried again.
fn put_away(settings: &AcmeSettings, tries: &Tries, text: Zeroizing<String>) -> Option<Zeroizing<String>> {
    match kept::keep_certificate(&settings.kept_in, &text) {
        Ok(()) => {
            tries.forget();
            None
        }
        Err(error) => {
            tracing::error!(
                error = format!("{error:#}"),
                again_in_s = KEEP_AGAIN_EVERY.as_secs(),
                "the certificate is served, but not on disk: a restart would have to order another"
            );
            Some(text)
        }
    }
}

/// How long until the next certificate is to be ordered.
fn due_in(identity: &CertifiedKey, domains: &[String], now: Timestamp) -> Duration {
    let is_for_all = domains.iter().all(|domain| tls::is_for(identity, domain));
    let Some(validity) = tls::validity(identity).filter(|_| is_for_all) else { return Duration::ZERO };
    validity.until.minus(validity.third()).since(now)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use rcgen::{CertificateParams, KeyPair};
    use time::{Duration as Span, OffsetDateTime};

    use super::*;

    /// One of ninety days.
    fn issued(names: &[&str], at: OffsetDateTime) -> CertifiedKey {
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        (params.not_before, params.not_after) = (at, at + Span::days(90));
        let key = KeyPair::generate().unwrap();
        let cert = params.self_signed(&key).unwrap();
        tls::from_pem((key.serialize_pem() + &cert.pem()).as_bytes()).unwrap()
    }

    fn days(count: u64) -> Duration {
        Duration::from_hours(24 * count)
    }

    #[test]
    fn the_next_one_is_due_when_a_third_is_left() {
        let at = OffsetDateTime::from_unix_timestamp(1_800_000_000).unwrap();
        let now = Timestamp::from_seconds(at.unix_timestamp());
        let identity = issued(&["a.example", "b.example"], at);
        let domains = ["a.example".to_owned(), "b.example".to_owned()];
        assert_eq!(due_in(&identity, &domains, now), days(60));
        assert_eq!(due_in(&identity, &domains, now.plus(days(59))), days(1));
        assert_eq!(due_in(&identity, &domains, now.plus(days(61))), Duration::ZERO);
        assert_eq!(due_in(&identity, &domains, now.plus(days(1000))), Duration::ZERO);
    }

    #[test]
    fn one_that_lacks_a_name_is_replaced_at_once_and_one_with_more_names_is_not() {
        let at = OffsetDateTime::from_unix_timestamp(1_800_000_000).unwrap();
        let now = Timestamp::from_seconds(at.unix_timestamp());
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let identity = issued(&["a.example", "b.example"], at);
        assert_eq!(due_in(&identity, &names(&["a.example", "c.example"]), now), Duration::ZERO);
        assert_eq!(due_in(&identity, &names(&["b.example"]), now), days(60));
    }
}
