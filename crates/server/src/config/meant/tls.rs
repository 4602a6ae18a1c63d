//! Does the server speak HTTPS itself, and where does its certificate come from?
//!
//! What is in the files is looked at by `wiring::tls`, when they are used.

pub(super) mod rules;

use std::path::{Path, PathBuf};

use portcullis_http::Hsts;

use super::super::keys::{self, Declared, Key};
use super::super::resolve::Resolver;
use super::super::value::{AcmeDirectory, Environment, Port, PublicUrl};

const CERT: &Declared = &keys::TLS_CERT.declared;
const KEY: &Declared = &keys::TLS_KEY.declared;
const DOMAINS: &Declared = &keys::TLS_ACME_DOMAINS.declared;
const DIRECTORY: &Declared = &keys::TLS_ACME_DIRECTORY.declared;
const CONTACT: &Declared = &keys::TLS_ACME_CONTACT.declared;
const CA: &Declared = &keys::TLS_ACME_CA.declared;

/// How HTTPS is spoken.
#[derive(Debug, Clone)]
pub(crate) struct TlsSettings {
    /// Where the certificate comes from.
    pub(crate) certificate: CertificateSource,
    /// Where plain HTTP is answered with the way to HTTPS.
    pub(crate) redirect_port: Option<u16>,
}

/// Where a certificate comes from, and its key.
#[derive(Debug, Clone)]
pub(crate) enum CertificateSource {
    /// Somebody puts it there.
    Files(CertificateFiles),
    /// An authority issues it on demand.
    Acme(AcmeSettings),
}

/// What the server shows to its clients, and what it proves with that it may.
#[derive(Debug, Clone)]
pub(crate) struct CertificateFiles {
    /// Its certificate, followed by those of the authorities between it and the root.
    pub(crate) cert: NamedFile,
    /// The private key of the first.
    pub(crate) key: NamedFile,
}

/// How a certificate is ordered (RFC 8555).
#[derive(Debug, Clone)]
#[cfg_attr(not(feature = "acme"), expect(dead_code, reason = "ordering certificates is a feature"))]
pub(crate) struct AcmeSettings {
    /// The names it is for: at least one.
    pub(crate) domains: Vec<String>,
    /// The authority.
    pub(crate) directory: AcmeDirectory,
    /// The address that the authority may write to.
    pub(crate) contact: Option<String>,
    /// Who vouches for the directory; the public authorities of the web without.
    pub(crate) ca: Option<NamedFile>,
    /// Where account, key and certificate are kept.
    pub(crate) kept_in: PathBuf,
}

/// A file that a key names.
#[derive(Debug, Clone)]
pub(crate) struct NamedFile {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// Key, value and source, to be complained about.
    pub(crate) cited: String,
}

/// How HTTPS is spoken; `None` for plain HTTP.
pub(super) fn resolve(resolver: &mut Resolver<'_>, data_dir: &Path) -> Option<TlsSettings> {
    let files = files(resolver);
    let acme = acme(resolver, data_dir);
    let redirect_port = resolver.find(&keys::TLS_REDIRECT_PORT).map(|Port(port)| port);
    let certificate = match (files, acme) {
        (Some(files), None) => CertificateSource::Files(files),
        (_, Some(acme)) => CertificateSource::Acme(acme),
        (None, None) => return None,
    };
    Some(TlsSettings { certificate, redirect_port })
}

/// Both files, or neither.
fn files(resolver: &mut Resolver<'_>) -> Option<CertificateFiles> {
    let cert = named(resolver, &keys::TLS_CERT);
    let key = named(resolver, &keys::TLS_KEY);
    let (written, missing) = match (cert, key) {
        (Some(cert), Some(key)) => return Some(CertificateFiles { cert, key }),
        (None, None) => return None,
        (Some(cert), None) => (cert, KEY),
        (None, Some(key)) => (key, CERT),
    };
    let what = format!("{} is written, and `{}` is not", written.cited, missing.name);
    let fix = format!("set {} to the other file, or leave both out", missing.environment_name());
    resolver.forbid(&[CERT, KEY], what, fix);
    None
}

fn acme(resolver: &mut Resolver<'_>, data_dir: &Path) -> Option<AcmeSettings> {
    let domains = resolver.find(&keys::TLS_ACME_DOMAINS);
    let directory = match domains {
        Some(_) => Some(resolver.get_or(&keys::TLS_ACME_DIRECTORY, || AcmeDirectory::LetsEncrypt)),
        None => resolver.find(&keys::TLS_ACME_DIRECTORY),
    };
    let contact = resolver.find(&keys::TLS_ACME_CONTACT).map(|contact| contact.0);
    let ca = named(resolver, &keys::TLS_ACME_CA);
    let (domains, directory) = (domains?.0, directory?);
    let kept_in = data_dir.join("acme").join(folder_of(directory.url()));
    Some(AcmeSettings { domains, directory, contact, ca, kept_in })
}

/// What one authority gave is nothing to another.
fn folder_of(url: &str) -> String {
    let bare = url.strip_prefix("https://").unwrap_or(url);
    bare.replace(|c: char| !c.is_ascii_alphanumeric() && !".-".contains(c), "_")
}

fn named(resolver: &mut Resolver<'_>, key: &'static Key<PathBuf>) -> Option<NamedFile> {
    let path = resolver.find(key)?;
    Some(NamedFile { path, cited: resolver.cite(&key.declared) })
}

/// For which hosts browsers come by HTTPS only.
pub(super) fn hsts(resolver: &mut Resolver<'_>, environment: Environment) -> Hsts {
    resolver.get_or(&keys::TLS_HSTS, || {
        Hsts::of(match environment {
            Environment::Development => portcullis_http::Environment::Development,
            Environment::Production => portcullis_http::Environment::Production,
        })
    })
}

/// How a client on this machine reaches the server.
pub(super) fn local_url(tls: Option<&TlsSettings>, port: u16) -> PublicUrl {
    match tls {
        Some(_) => PublicUrl::localhost("https", port),
        None => PublicUrl::localhost("http", port),
    }
}
