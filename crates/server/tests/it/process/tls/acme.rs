//! Does the server get its certificate from an authority, and keep it?

use std::fs;
use std::path::PathBuf;

use portcullis_store::testing::{OwnServer, ServerKind};
use rcgen::{CertificateParams, KeyPair};
use time::{Duration, OffsetDateTime};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::listening;
use super::refused::diagnosis;
use crate::process::deployment::{Deployment, mode_of};
use crate::process::server::{Server, eventually};

/// An authority of this test.
struct Authority(OwnServer);

impl Authority {
    fn start() -> Self {
        Self(OwnServer::start(ServerKind::Pebble, &[]))
    }

    fn port(&self, name: &str) -> String {
        fs::read_to_string(self.0.file("ports").join(name)).unwrap().trim().to_owned()
    }

    /// A deployment that orders a certificate for this machine, and listens on a port.
    fn deployment(&self, port: &str) -> Deployment {
        Deployment::new()
            .without("PORTCULLIS_PORT")
            .with("PORTCULLIS_PORT", port)
            .with("PORTCULLIS_TLS_ACME_DOMAINS", "localhost")
            .with("PORTCULLIS_TLS_ACME_DIRECTORY", self.0.url())
            .with("PORTCULLIS_TLS_ACME_CA", self.0.file("tls/ca.crt").to_str().unwrap())
            .with("PORTCULLIS_TLS_ACME_CONTACT", "admin@example.com")
    }

    /// Where a deployment keeps what it has of this authority.
    fn directory(&self, deployment: &Deployment) -> PathBuf {
        let name = self.0.url().trim_start_matches("https://").replace([':', '/'], "_");
        deployment.data_dir().join("acme").join(name)
    }

    /// A client that trusts the certificates of this authority as it is now.
    async fn client(&self, protocols: &[&[u8]]) -> TlsConnector {
        let ca = reqwest::Certificate::from_pem(&fs::read(self.0.file("tls/ca.crt")).unwrap()).unwrap();
        let client = reqwest::Client::builder().no_proxy().tls_certs_only([ca]).build().unwrap();
        let url = format!("https://127.0.0.1:{}/roots/0", self.port("management"));
        let root = client.get(url).send().await.unwrap().bytes().await.unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(&root).unwrap()).unwrap();
        let mut config = ClientConfig::builder_with_provider(aws_lc_rs::default_provider().into())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
        std::sync::Arc::new(config).into()
    }
}

fn kept(deployment: &Deployment, file: &str) -> PathBuf {
    let authorities = fs::read_dir(deployment.data_dir().join("acme")).unwrap();
    authorities.map(|entry| entry.unwrap().path()).next().unwrap().join(file)
}

/// The certificate that a client is shown and believes.
async fn shown(server: &Server, connector: &TlsConnector) -> Option<CertificateDer<'static>> {
    let stream = TcpStream::connect(server.address).await.unwrap();
    let stream = connector.connect(ServerName::try_from("localhost").unwrap(), stream).await.ok()?;
    Some(stream.get_ref().1.peer_certificates().unwrap()[0].clone())
}

async fn log_says(server: &Server, words: &str) {
    eventually(words, async || server.log().contains(words).then_some(())).await;
}

async fn stop(mut server: Server) {
    server.terminate();
    assert_eq!(server.end().await.code(), Some(0));
}

/// Puts a certificate in the place of the kept one that ends in ten days.
fn grow_old(deployment: &Deployment) {
    let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
    params.not_before = OffsetDateTime::now_utc() - Duration::days(80);
    params.not_after = OffsetDateTime::now_utc() + Duration::days(10);
    let key = KeyPair::generate().unwrap();
    let text = key.serialize_pem() + &params.self_signed(&key).unwrap().pem();
    fs::write(kept(deployment, "certificate.pem"), text).unwrap();
}

#[tokio::test]
async fn a_certificate_is_issued_kept_and_renewed() {
    let authority = Authority::start();
    let deployment = authority.deployment(&authority.port("proof"));
    let (verdict, seen) = diagnosis(&deployment);
    assert_eq!(verdict, "warn");
    assert!(seen.starts_with("no certificate of https://127.0.0.1:"), "{seen}");

    // The first start has none, orders one, and shows it.
    let server = listening(&deployment).await;
    log_says(&server, "there is no certificate yet").await;
    log_says(&server, "a new certificate is served names=\"localhost\"").await;
    let client = authority.client(&[b"h2", b"http/1.1"]).await;
    let first = shown(&server, &client).await.unwrap();
    for file in ["account.json", "certificate.pem"] {
        assert_eq!(mode_of(&kept(&deployment, file)), 0o600);
    }
    assert!(!kept(&deployment, "tries.json").exists());
    // Whoever asks for a proof while nothing is to be proved gets nothing.
    assert!(shown(&server, &authority.client(&[b"acme-tls/1"]).await).await.is_none());
    stop(server).await;

    // The second start has it already.
    let (verdict, seen) = diagnosis(&deployment);
    assert_eq!(verdict, "ok");
    assert!(seen.starts_with("a certificate for localhost until "), "{seen}");
    let server = listening(&deployment).await;
    assert_eq!(shown(&server, &client).await, Some(first.clone()));
    assert!(!server.log().contains("ordering a certificate"), "{}", server.log());
    stop(server).await;

    // One that ends soon is shown until the next one is there.
    grow_old(&deployment);
    let server = listening(&deployment).await;
    log_says(&server, "a certificate is served names=\"localhost\"").await;
    log_says(&server, "the certificate expires soon").await;
    log_says(&server, "a new certificate is served").await;
    let second = shown(&server, &client).await.unwrap();
    assert_ne!(second, first);
    stop(server).await;

    // An authority that has forgotten the account gets another.
    grow_old(&deployment);
    let account = fs::read(kept(&deployment, "account.json")).unwrap();
    authority.0.stop();
    authority.0.restart();
    let server = listening(&deployment).await;
    log_says(&server, "a new certificate is served").await;
    assert!(shown(&server, &authority.client(&[]).await).await.is_some());
    assert_ne!(fs::read(kept(&deployment, "account.json")).unwrap(), account);
    stop(server).await;
}

#[tokio::test]
async fn a_name_that_cannot_be_proved_is_told_with_the_reason() {
    let authority = Authority::start();
    // The authority looks elsewhere.
    let deployment = authority.deployment("0");
    let server = listening(&deployment).await;
    log_says(&server, "no certificate was issued").await;
    log_says(&server, "the authority could not prove localhost: ").await;
    log_says(&server, "again_in_s=60").await;
    assert_eq!(mode_of(&kept(&deployment, "tries.json")), 0o600);
    stop(server).await;

    // The next start asks no sooner than this one would have.
    let server = listening(&deployment).await;
    log_says(&server, "no certificate was issued to the start before, so the next order waits").await;
    assert!(!server.log().contains("ordering a certificate"), "{}", server.log());
}

#[tokio::test]
async fn a_certificate_that_cannot_be_kept_is_served_and_not_ordered_again() {
    let authority = Authority::start();
    let deployment = authority.deployment(&authority.port("proof"));
    // Where the certificate is written first.
    let in_the_way = authority.directory(&deployment).join("certificate.pem.new/in the way");
    fs::create_dir_all(&in_the_way).unwrap();
    let server = listening(&deployment).await;
    log_says(&server, "the certificate is served, but not on disk").await;
    assert!(shown(&server, &authority.client(&[]).await).await.is_some());
    assert_eq!(server.log().matches("ordering a certificate").count(), 1, "{}", server.log());
    assert!(!kept(&deployment, "certificate.pem").exists());
    // A restart would order another, and does not do so at once.
    assert!(kept(&deployment, "tries.json").exists());
}

#[tokio::test]
async fn a_directory_that_nobody_known_vouches_for_gets_nothing() {
    let authority = Authority::start();
    let server = listening(&authority.deployment("0").without("PORTCULLIS_TLS_ACME_CA")).await;
    log_says(&server, "no certificate was issued").await;
    log_says(&server, "invalid peer certificate").await;
    let log = fs::read_to_string(authority.0.file("log")).unwrap();
    assert!(log.contains("Listening on") && !log.contains("new-account"), "{log}");
}

#[test]
fn a_kept_key_that_others_can_read_stops_the_start() {
    use std::os::unix::fs::PermissionsExt;
    let authority = Authority::start();
    let deployment = authority.deployment("0");
    let directory = authority.directory(&deployment);
    fs::create_dir_all(&directory).unwrap();
    fs::write(directory.join("certificate.pem"), "x").unwrap();
    fs::set_permissions(directory.join("certificate.pem"), fs::Permissions::from_mode(0o644)).unwrap();
    let complaint = deployment.refused().complaint(1);
    assert!(
        complaint.contains("certificate.pem can be used by others than its owner (mode 644)"),
        "{complaint}"
    );
}
