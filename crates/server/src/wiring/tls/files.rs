//! What is in the files that the settings name: a certificate and a key that clients would accept?

use std::fs;
use std::io::{self, ErrorKind};
use std::sync::Arc;

use portcullis_core::model::Timestamp;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::sign::{CertifiedKey, SigningKey};
use tokio_rustls::rustls::{CertificateError, Error, InconsistentKeys};

use super::certificate::{refusal_at, time_from};
use crate::cli::output::time_of;
use crate::config::Problems;
use crate::config::meant::{CertificateFiles, NamedFile};
use crate::config::problem::Problem;
use crate::config::value::Environment;
use crate::wiring::data_dir;

/// What everybody may do with a file. A group may exist for just this purpose.
const EVERYBODY: u32 = 0o007;

/// What is in the files: certificates and a key that belong together and are good `now`.
pub(crate) fn read(
    files: &CertificateFiles,
    environment: Environment,
    now: Timestamp,
) -> Result<CertifiedKey, Problems> {
    match (certificates(&files.cert), private_key(&files.key, environment)) {
        (Ok(chain), Ok(key)) => {
            let identity = CertifiedKey::new(chain, key);
            check(&identity, files, now).map_err(|problem| Problems::of(problem, None))?;
            Ok(identity)
        }
        (Ok(_), Err(problem)) => Err(Problems::of(problem, None)),
        (Err(problem), key) => Err(Problems::of(problem, key.err())),
    }
}

/// Key and certificates that are written one after the other in one text.
#[cfg(feature = "acme")]
pub(crate) fn from_pem(text: &[u8]) -> Result<CertifiedKey, &'static str> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text).collect();
    let chain = chain.ok().filter(|chain| !chain.is_empty()).ok_or("it holds no certificates in PEM")?;
    let key = PrivateKeyDer::from_pem_slice(text).map_err(|_| "it holds no private key in PEM")?;
    let key = aws_lc_rs::default_provider().key_provider.load_private_key(key);
    let identity = CertifiedKey::new(chain, key.map_err(|_| "it holds no private key that TLS can use")?);
    match identity.keys_match() {
        Ok(()) | Err(Error::InconsistentKeys(InconsistentKeys::Unknown)) => Ok(identity),
        Err(_) => Err("its certificate is not of its key"),
    }
}

fn certificates(file: &NamedFile) -> Result<Vec<CertificateDer<'static>>, Problem> {
    let text = text_of(file)?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    chain.ok().filter(|chain| !chain.is_empty()).ok_or_else(|| {
        let fix = "name a file with lines -----BEGIN CERTIFICATE-----, the certificate of the server first; one in DER \
                   is turned into PEM by `openssl x509 -inform der`";
        Problem::new(format!("{} does not hold certificates in PEM", file.cited), fix)
    })
}

fn private_key(file: &NamedFile, environment: Environment) -> Result<Arc<dyn SigningKey>, Problem> {
    let text = text_of(file)?;
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

fn text_of(file: &NamedFile) -> Result<Vec<u8>, Problem> {
    let fix = |error: &io::Error| match error.kind() {
        ErrorKind::NotFound => "name a file that is there; the path begins at the working directory",
        _ => "let the user that runs the server read it",
    };
    fs::read(&file.path)
        .map_err(|error| Problem::new(format!("{} cannot be read: {error}", file.cited), fix(&error)))
}

fn check(identity: &CertifiedKey, files: &CertificateFiles, now: Timestamp) -> Result<(), Problem> {
    let CertificateFiles { cert, key } = files;
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
