//! How does the server get to speak TLS?
//!
//! Invariants
//! - What no client would accept is refused before the server listens: a certificate that is not of the key, not of this
//!   time, or not for servers.
//! - In production a private key that everybody on the machine can use is refused.
//! - aws-lc-rs is the only cryptography.

use std::fs;
use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use portcullis_core::model::Timestamp;
use portcullis_core::ports::Clock;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::client::verify_server_cert_signed_by_trust_anchor;
use tokio_rustls::rustls::crypto::aws_lc_rs::{self, Ticketer};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use tokio_rustls::rustls::server::{ParsedCertificate, ResolvesServerCert};
use tokio_rustls::rustls::sign::{CertifiedKey, SigningKey, SingleCertAndKey};
use tokio_rustls::rustls::{CertificateError, Error, InconsistentKeys, RootCertStore, ServerConfig};

use super::{SystemClock, data_dir};
use crate::cli::output::time_of;
use crate::config::Problems;
use crate::config::meant::{NamedFile, TlsSettings};
use crate::config::problem::Problem;
use crate::config::value::Environment;

/// What everybody may do with a file. A group may exist for just this purpose.
const EVERYBODY: u32 = 0o007;
/// The year 10000: no certificate lasts longer.
const END_OF_TIME: Timestamp = Timestamp::from_millis(253_402_300_800_000);

/// What makes a TLS connection of a connection. Reads the files.
pub(crate) fn acceptor(settings: &TlsSettings, environment: Environment) -> anyhow::Result<TlsAcceptor> {
    let identity = identity(settings, environment, SystemClock.now())?;
    // Asked at every handshake: here another certificate can take the place of this one.
    let resolver: Arc<dyn ResolvesServerCert> = Arc::new(SingleCertAndKey::from(identity));
    // The safe versions are 1.2 and 1.3. The client's order of preference decides on the rest.
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .context("TLS cannot be set up")?
        .with_no_client_auth()
        .with_cert_resolver(resolver);
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    // The client keeps the session, sealed under keys of ours that change every few hours.
    config.ticketer = Ticketer::new().context("TLS cannot be set up")?;
    Ok(Arc::new(config).into())
}

/// What is in the files: certificates and a key that belong together and are good `now`.
pub(crate) fn identity(
    settings: &TlsSettings,
    environment: Environment,
    now: Timestamp,
) -> Result<CertifiedKey, Problems> {
    match (certificates(&settings.cert), private_key(&settings.key, environment)) {
        (Ok(chain), Ok(key)) => {
            let identity = CertifiedKey::new(chain, key);
            check(&identity, settings, now).map_err(|problem| Problems::of(problem, None))?;
            Ok(identity)
        }
        (Ok(_), Err(problem)) => Err(Problems::of(problem, None)),
        (Err(problem), key) => Err(Problems::of(problem, key.err())),
    }
}

/// When the certificate of the server ends, if it has an end that can be understood.
pub(crate) fn expiry(identity: &CertifiedKey) -> Option<Timestamp> {
    match refusal_at(END_OF_TIME, identity) {
        Some(CertificateError::ExpiredContext { not_after, .. }) => Some(time_from(not_after)),
        _ => None,
    }
}

fn certificates(file: &NamedFile) -> Result<Vec<CertificateDer<'static>>, Problem> {
    let text = read(file)?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    chain.ok().filter(|chain| !chain.is_empty()).ok_or_else(|| {
        let fix = "name a file with lines -----BEGIN CERTIFICATE-----, the certificate of the server first; one in DER \
                   is turned into PEM by `openssl x509 -inform der`";
        Problem::new(format!("{} does not hold certificates in PEM", file.cited), fix)
    })
}

fn private_key(file: &NamedFile, environment: Environment) -> Result<Arc<dyn SigningKey>, Problem> {
    let text = read(file)?;
    let (path, cited) = (file.path.display(), &file.cited);
    // SECURITY: whoever has the key can stand between us and every client.
    if let Ok(Some(mode)) = data_dir::open_to_others(&file.path)
        && mode & EVERYBODY != 0
        && environment == Environment::Production
    {
        let what = format!("{cited} can be used by everybody on this machine (mode {mode:o})");
        return Err(Problem::new(what, format!("chmod 600 {path}, or 640 for a group of its own")));
    }
    if text.windows(9).any(|word| word == b"ENCRYPTED") {
        let fix = format!("write it out without: `(umask 077; openssl pkey -in {path} -out …)`");
        return Err(Problem::new(format!("{cited} is encrypted with a passphrase"), fix));
    }
    let key = PrivateKeyDer::from_pem_slice(&text).map_err(|_| {
        let fix = "name a file with a line -----BEGIN PRIVATE KEY-----; `openssl pkey` writes one";
        Problem::new(format!("{cited} does not hold a private key in PEM"), fix)
    })?;
    aws_lc_rs::default_provider().key_provider.load_private_key(key).map_err(|_| {
        let fix = "take one for RSA from 2048 bits on, ECDSA on P-256, P-384 or P-521, or Ed25519";
        Problem::new(format!("{cited} holds no private key that TLS can use"), fix)
    })
}

fn read(file: &NamedFile) -> Result<Vec<u8>, Problem> {
    let fix = |error: &io::Error| match error.kind() {
        ErrorKind::NotFound => "name a file that is there; the path begins at the working directory",
        _ => "let the user that runs the server read it",
    };
    fs::read(&file.path)
        .map_err(|error| Problem::new(format!("{} cannot be read: {error}", file.cited), fix(&error)))
}

fn check(identity: &CertifiedKey, settings: &TlsSettings, now: Timestamp) -> Result<(), Problem> {
    let TlsSettings { cert, key } = settings;
    let problem = |what: String, fix: &str| Err(Problem::new(format!("{} {what}", cert.cited), fix));
    match identity.keys_match() {
        Ok(()) | Err(Error::InconsistentKeys(InconsistentKeys::Unknown)) => {}
        Err(Error::InconsistentKeys(_)) => {
            let what = format!("is not the certificate of {}", key.cited);
            return problem(
                what,
                "name the two that were made together; of a chain, the server's own comes first",
            );
        }
        Err(error) => {
            return problem(format!("cannot be understood: {error}"), "make it anew: X.509 version 3");
        }
    }
    match refusal_at(now, identity) {
        Some(CertificateError::ExpiredContext { not_after, .. }) => {
            let what = format!("expired at {}", time_of(time_from(not_after)));
            problem(what, "renew the certificate, or correct the clock")
        }
        Some(CertificateError::NotValidYetContext { not_before, .. }) => {
            let what = format!("begins at {} only", time_of(time_from(not_before)));
            problem(what, "wait for it, or correct the clock")
        }
        Some(CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. }) => {
            problem("is not for servers".into(), "make it anew, with the extended key usage serverAuth")
        }
        _ => Ok(()),
    }
}

/// What a client that trusts nobody has against the certificate itself.
fn refusal_at(now: Timestamp, identity: &CertifiedKey) -> Option<CertificateError> {
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

fn time_from(time: UnixTime) -> Timestamp {
    Timestamp::from_millis(i64::try_from(time.as_secs()).unwrap_or(i64::MAX).saturating_mul(1000))
}
