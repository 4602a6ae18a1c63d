//! Will clients accept the certificate of this server, and for how long?

use portcullis_core::model::Timestamp;
use portcullis_core::ports::Clock;
use tokio_rustls::rustls::sign::CertifiedKey;

use super::Finding;
use crate::cli::output::time_of;
use crate::config::Settings;
use crate::config::meant::{AcmeSettings, CertificateFiles, CertificateSource};
use crate::wiring::{SystemClock, tls};

/// Nothing where TLS is the business of somebody else.
pub(super) fn examine(settings: &Settings) -> Option<Finding> {
    let now = SystemClock.now();
    Some(match &settings.tls.as_ref()?.certificate {
        CertificateSource::Files(files) => in_files(settings, files, now),
        CertificateSource::Acme(acme) => ordered(settings, acme, now),
    })
}

fn in_files(settings: &Settings, files: &CertificateFiles, now: Timestamp) -> Finding {
    let advice = "renew it; a server that runs takes up the new files by itself";
    match tls::read(files, settings.environment, now) {
        Ok(identity) => finding(&identity, settings.public_url.host(), now, advice),
        Err(problems) => Finding::fail("tls", problems.to_string(), "correct it and come again"),
    }
}

#[cfg(feature = "acme")]
fn ordered(settings: &Settings, acme: &AcmeSettings, now: Timestamp) -> Finding {
    let advice =
        "look for \"no certificate was issued\" in the log of the server, which orders the next one in time";
    match crate::acme::kept(acme, now) {
        Ok(Some(identity)) => finding(&identity, settings.public_url.host(), now, advice),
        Ok(None) => Finding::warn(
            "tls",
            format!("no certificate of {} yet for {}", acme.directory, acme.domains.join(", ")),
            "start the server, which orders it, with port 443 of these names leading to it",
        ),
        Err(error) => Finding::fail("tls", format!("{error:#}"), "correct it and come again"),
    }
}

#[cfg(not(feature = "acme"))]
fn ordered(_: &Settings, acme: &AcmeSettings, _: Timestamp) -> Finding {
    let advice = "build it with `--features acme`, or name files";
    Finding::fail("tls", format!("this binary orders nothing from {}", acme.directory), advice)
}

fn finding(identity: &CertifiedKey, host: &str, now: Timestamp, advice: &str) -> Finding {
    if !tls::is_for(identity, host) {
        let advice = "take a certificate with the host of PORTCULLIS_PUBLIC_URL among its alternative names";
        return Finding::warn("tls", format!("the certificate is not for {host}"), advice);
    }
    if let Some(end) = tls::ends_soon(identity, now) {
        return Finding::warn(
            "tls",
            format!("the certificate for {host} expires at {}", time_of(end)),
            advice,
        );
    }
    match tls::validity(identity) {
        Some(validity) => {
            Finding::ok("tls", format!("a certificate for {host} until {}", time_of(validity.until)))
        }
        None => Finding::ok("tls", format!("a certificate for {host}")),
    }
}
