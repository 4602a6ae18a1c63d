//! Will clients accept the certificate of this server, and for how long?

use std::time::Duration;

use portcullis_core::model::Timestamp;
use portcullis_core::ports::Clock;
use tokio_rustls::rustls::client::verify_server_name;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::server::ParsedCertificate;
use tokio_rustls::rustls::sign::CertifiedKey;

use super::Finding;
use crate::cli::output::time_of;
use crate::config::Settings;
use crate::wiring::{SystemClock, tls};

/// Programs that renew certificates do it a month before the end, those for short-lived ones later.
const EXPIRES_SOON: Duration = Duration::from_hours(14 * 24);

/// Nothing where TLS is the business of somebody else.
pub(super) fn examine(settings: &Settings) -> Option<Finding> {
    let files = settings.tls.as_ref()?;
    let now = SystemClock.now();
    Some(match tls::identity(files, settings.environment, now) {
        Ok(identity) => finding(&identity, settings.public_url.host(), now),
        Err(problems) => Finding::fail("tls", problems.to_string(), "correct it and come again"),
    })
}

fn finding(identity: &CertifiedKey, host: &str, now: Timestamp) -> Finding {
    if !is_for(identity, host) {
        let advice = "take a certificate with the host of PORTCULLIS_PUBLIC_URL among its alternative names";
        return Finding::warn("tls", format!("the certificate is not for {host}"), advice);
    }
    match tls::expiry(identity) {
        Some(end) if end.since(now) < EXPIRES_SOON => {
            let advice = "renew it, and start the server anew, which reads it once";
            Finding::warn("tls", format!("the certificate for {host} expires at {}", time_of(end)), advice)
        }
        Some(end) => Finding::ok("tls", format!("a certificate for {host} until {}", time_of(end))),
        None => Finding::ok("tls", format!("a certificate for {host}")),
    }
}

fn is_for(identity: &CertifiedKey, host: &str) -> bool {
    let cert = identity.end_entity_cert().and_then(ParsedCertificate::try_from);
    let (Ok(cert), Ok(name)) = (cert, ServerName::try_from(host)) else { return false };
    verify_server_name(&cert, &name).is_ok()
}
