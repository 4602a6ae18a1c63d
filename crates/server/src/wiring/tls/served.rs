//! Which certificate does a handshake show?
//!
//! Asked at every handshake, and never waits: a new certificate takes the place of the old one between two of them.
//! Connections that are open do not notice.

use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::{ArcSwap, ArcSwapOption};
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;

use super::ACME_PROTOCOL;

/// What is shown to clients now.
#[derive(Debug)]
pub(crate) struct Served {
    identity: ArcSwapOption<CertifiedKey>,
    /// By the name that an authority wants proved.
    proofs: ArcSwap<HashMap<String, Arc<CertifiedKey>>>,
}

impl Served {
    /// Begins with this; without one every handshake fails.
    pub(crate) fn new(first: Option<CertifiedKey>) -> Self {
        Self { identity: ArcSwapOption::new(first.map(Arc::new)), proofs: ArcSwap::default() }
    }

    /// What handshakes show.
    pub(crate) fn identity(&self) -> Option<Arc<CertifiedKey>> {
        self.identity.load_full()
    }

    /// Shows something else from the next handshake on.
    pub(crate) fn replace(&self, identity: CertifiedKey) {
        self.identity.store(Some(Arc::new(identity)));
    }

    /// Proves these names to an authority that asks for it, and no others.
    #[cfg(feature = "acme")]
    pub(crate) fn prove(&self, proofs: HashMap<String, Arc<CertifiedKey>>) {
        self.proofs.store(Arc::new(proofs));
    }
}

impl ResolvesServerCert for Served {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        // SECURITY: a proof is for the authority alone, which speaks nothing else (RFC 8737 §3). A client that could get one
        // instead of the certificate would see an unknown issuer.
        let asks_for_proof = hello.alpn().is_some_and(|protocols| protocols.eq([ACME_PROTOCOL]));
        if asks_for_proof {
            return self.proofs.load().get(hello.server_name()?).cloned();
        }
        self.identity()
    }
}
