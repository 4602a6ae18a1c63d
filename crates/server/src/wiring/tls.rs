//! How does the server get to speak TLS?
//!
//! ```text
//! files ───▶ files.rs ──┐  at the start, and whenever they change (jobs::certificate)
//!                       ├─▶ served.rs ──▶ every handshake asks it
//! authority ─▶ acme ────┘  when the certificate nears its end
//! ```
//!
//! Invariants
//! - What no client would accept is refused before it is served: a certificate that is not of the key, not of this
//!   time, or not for servers. At the start that ends the start, later the one before is kept.
//! - In production a private key that everybody on the machine can use is refused.
//! - aws-lc-rs is the only cryptography. TLS 1.2 and 1.3, forward secrecy and authenticated encryption only.

mod certificate;
mod files;
mod served;

use std::sync::Arc;

use anyhow::Context;
use portcullis_core::ports::Clock;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::CryptoProvider;
use tokio_rustls::rustls::crypto::aws_lc_rs::{self, Ticketer, kx_group};

use super::SystemClock;
use crate::config::meant::{CertificateSource, TlsSettings};
use crate::config::value::Environment;

pub(crate) use certificate::{Validity, ends_soon, is_for, names, validity};
#[cfg(feature = "acme")]
pub(crate) use files::from_pem;
pub(crate) use files::read;
pub(crate) use served::Served;

/// The protocol in which an authority asks for the proof of a name (RFC 8737 §6.2).
pub(crate) const ACME_PROTOCOL: &[u8] = b"acme-tls/1";

/// What a server needs to speak TLS.
pub(crate) struct Tls {
    /// Makes a TLS connection of a connection.
    pub(crate) acceptor: TlsAcceptor,
    /// What it shows to clients; another certificate can take its place at any time.
    pub(crate) served: Arc<Served>,
}

/// Reads what is served first. One that is to be ordered may not be there yet: clients are turned away until it is.
pub(crate) fn open(settings: &TlsSettings, environment: Environment) -> anyhow::Result<Tls> {
    let now = SystemClock.now();
    let first = match &settings.certificate {
        CertificateSource::Files(files) => Some(read(files, environment, now)?),
        #[cfg(feature = "acme")]
        CertificateSource::Acme(acme) => crate::acme::kept(acme, now)?,
        #[cfg(not(feature = "acme"))]
        CertificateSource::Acme(_) => None,
    };
    let served = Arc::new(Served::new(first));
    let protocols: &[&[u8]] = match &settings.certificate {
        CertificateSource::Files(_) => &[b"h2", b"http/1.1"],
        CertificateSource::Acme(_) => &[b"h2", b"http/1.1", ACME_PROTOCOL],
    };
    Ok(Tls { acceptor: acceptor(Arc::clone(&served), protocols)?, served })
}

fn acceptor(served: Arc<Served>, protocols: &[&[u8]]) -> anyhow::Result<TlsAcceptor> {
    // The safe versions are 1.2 and 1.3.
    let mut config = ServerConfig::builder_with_provider(Arc::new(provider()))
        .with_safe_default_protocol_versions()
        .context("TLS cannot be set up")?
        .with_no_client_auth()
        .with_cert_resolver(served);
    // Of the cipher suites that the client knows, the first of ours is taken (ASVS 5.0, 12.1.2).
    config.ignore_client_order = true;
    config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
    // The client keeps the session, sealed under keys of ours that change every few hours.
    config.ticketer = Ticketer::new().context("TLS cannot be set up")?;
    Ok(Arc::new(config).into())
}

/// SECURITY: whoever records connections today may have a quantum computer one day, and the passwords in them are as good
/// then. So the hybrid of X25519 and ML-KEM is taken with every client that knows it.
fn provider() -> CryptoProvider {
    let kx_groups =
        vec![kx_group::X25519MLKEM768, kx_group::X25519, kx_group::SECP256R1, kx_group::SECP384R1];
    CryptoProvider { kx_groups, ..aws_lc_rs::default_provider() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cipher_suite_has_forward_secrecy_and_authenticated_encryption() {
        let suites: Vec<_> =
            provider().cipher_suites.iter().map(|suite| suite.suite().as_str().unwrap_or_default()).collect();
        insta::assert_snapshot!(suites.join("\n"), @r"
        TLS13_AES_256_GCM_SHA384
        TLS13_AES_128_GCM_SHA256
        TLS13_CHACHA20_POLY1305_SHA256
        TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384
        TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
        TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256
        TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384
        TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
        TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256
        ");
    }
}
