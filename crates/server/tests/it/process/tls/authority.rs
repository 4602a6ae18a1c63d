//! Who vouches for the servers of these tests?

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::client::Resumption;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};

use crate::process::deployment::Deployment;
use crate::process::server::Server;

/// Where a deployment has its files.
pub const CERT: &str = "chain.pem";
pub const KEY: &str = "key.pem";

/// A root and an authority below it, which signs.
pub struct Authority {
    root: CertifiedIssuer<'static, KeyPair>,
    signing: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    pub fn new() -> Self {
        let params = |name: &str| {
            let mut params = CertificateParams::default();
            params.distinguished_name.push(rcgen::DnType::CommonName, name);
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            params
        };
        let key = || KeyPair::generate().unwrap();
        let root = CertifiedIssuer::self_signed(params("root"), key()).unwrap();
        let signing = CertifiedIssuer::signed_by(params("signing"), key(), &root).unwrap();
        Self { root, signing }
    }

    /// Certificate and chain, and the key.
    pub fn issue(&self, params: &CertificateParams) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let leaf = params.signed_by(&key, &self.signing).unwrap();
        (leaf.pem() + &self.signing.pem(), key.serialize_pem())
    }

    /// A client that trusts the root, and speaks what it is told to.
    pub fn client(
        &self,
        versions: &[&'static SupportedProtocolVersion],
        protocols: &[&[u8]],
    ) -> TlsConnector {
        let mut roots = RootCertStore::empty();
        roots.add(self.root.der().clone()).unwrap();
        let mut config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_protocol_versions(versions)
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        // A session that goes on shows the certificate that it began with.
        config.resumption = Resumption::disabled();
        config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
        Arc::new(config).into()
    }

    /// The root, for a client that takes it as PEM.
    pub fn root_pem(&self) -> String {
        self.root.pem()
    }
}

/// A certificate for a server on this machine.
pub fn localhost() -> CertificateParams {
    CertificateParams::new(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap()
}

/// A deployment that speaks HTTPS with these files, the key for its owner only.
pub fn deployment((cert, key): &(String, String)) -> Deployment {
    let deployment = Deployment::new().with("PORTCULLIS_TLS_CERT", CERT).with("PORTCULLIS_TLS_KEY", KEY);
    fs::write(deployment.directory().join(CERT), cert).unwrap();
    fs::write(deployment.directory().join(KEY), key).unwrap();
    set_mode(&deployment, KEY, 0o600);
    deployment
}

/// Lets others use a file, or not.
pub fn set_mode(deployment: &Deployment, file: &str, mode: u32) {
    fs::set_permissions(deployment.directory().join(file), fs::Permissions::from_mode(mode)).unwrap();
}

/// A TLS connection to a server.
pub async fn connect(server: &Server, connector: &TlsConnector) -> TlsStream<TcpStream> {
    let stream = TcpStream::connect(server.address).await.unwrap();
    connector.connect(ServerName::try_from("localhost").unwrap(), stream).await.unwrap()
}
