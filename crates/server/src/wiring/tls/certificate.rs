//! What does a certificate say: for whom it is, and for how long?

use std::time::Duration;

use portcullis_core::model::Timestamp;
use tokio_rustls::rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{ServerName, UnixTime};
use tokio_rustls::rustls::server::ParsedCertificate;
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{CertificateError, Error, RootCertStore};
use webpki::EndEntityCert;

/// Before the first and after the last time that a certificate can be of. The year 10000 comes after all of them.
const BEGINNING_OF_TIME: Timestamp = Timestamp::from_millis(0);
const END_OF_TIME: Timestamp = Timestamp::from_millis(253_402_300_800_000);
/// Programs that renew certificates do it a month before the end, those for short-lived ones when a third is left.
const SOON: Duration = Duration::from_hours(14 * 24);

/// The time of a certificate, as far as it can be understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Validity {
    /// When it begins.
    pub(crate) from: Timestamp,
    /// When it ends.
    pub(crate) until: Timestamp,
}

impl Validity {
    /// What is left of it when a third is left.
    pub(crate) fn third(&self) -> Duration {
        self.until.since(self.from) / 3
    }
}

/// The DNS names that a certificate is for.
pub(crate) fn names(identity: &CertifiedKey) -> Vec<String> {
    let cert = identity.cert.first().and_then(|cert| EndEntityCert::try_from(cert).ok());
    cert.map(|cert| cert.valid_dns_names().map(ToOwned::to_owned).collect()).unwrap_or_default()
}

/// Whether a certificate is for a name or an address.
pub(crate) fn is_for(identity: &CertifiedKey, host: &str) -> bool {
    let cert = identity.end_entity_cert().and_then(ParsedCertificate::try_from);
    let (Ok(cert), Ok(name)) = (cert, ServerName::try_from(host)) else { return false };
    verify_server_name(&cert, &name).is_ok()
}

/// For how long a certificate is good.
pub(crate) fn validity(identity: &CertifiedKey) -> Option<Validity> {
    let until = match refusal_at(END_OF_TIME, identity)? {
        CertificateError::ExpiredContext { not_after, .. } => time_from(not_after),
        _ => return None,
    };
    let from = match refusal_at(BEGINNING_OF_TIME, identity)? {
        CertificateError::NotValidYetContext { not_before, .. } => time_from(not_before),
        _ => BEGINNING_OF_TIME,
    };
    Some(Validity { from, until })
}

/// The end of a certificate, if somebody should have renewed it by now.
pub(crate) fn ends_soon(identity: &CertifiedKey, now: Timestamp) -> Option<Timestamp> {
    let validity = validity(identity)?;
    // Nothing is left of what has ended.
    (validity.until.since(now) < SOON.min(validity.third())).then_some(validity.until)
}

/// What a client that trusts nobody has against the certificate itself.
pub(super) fn refusal_at(now: Timestamp, identity: &CertifiedKey) -> Option<CertificateError> {
    let cert = ParsedCertificate::try_from(identity.end_entity_cert().ok()?).ok()?;
    let now = UnixTime::since_unix_epoch(Duration::from_secs(now.as_seconds().try_into().unwrap_or(0)));
    let algorithms = aws_lc_rs::default_provider().signature_verification_algorithms.all;
    let verified =
        verify_server_cert_signed_by_trust_anchor(&cert, &RootCertStore::empty(), &[], now, algorithms);
    match verified {
        // It looks at the certificate first, and then for somebody to vouch for it.
        Err(Error::InvalidCertificate(refusal)) => Some(refusal),
        Ok(()) | Err(_) => None,
    }
}

pub(super) fn time_from(time: UnixTime) -> Timestamp {
    Timestamp::from_millis(i64::try_from(time.as_secs()).unwrap_or(i64::MAX).saturating_mul(1000))
}
