//! Does the server speak HTTPS itself, and with which files?
//!
//! What is in the files is looked at by `wiring::tls`, when they are used.

use std::path::PathBuf;

use super::super::keys::{self, Declared, Key};
use super::super::resolve::Resolver;
use super::super::value::PublicUrl;

const CERT: &Declared = &keys::TLS_CERT.declared;
const KEY: &Declared = &keys::TLS_KEY.declared;

/// What the server shows to its clients, and what it proves with that it may.
#[derive(Debug, Clone)]
pub(crate) struct TlsSettings {
    /// Its certificate, followed by those of the authorities between it and the root.
    pub(crate) cert: NamedFile,
    /// The private key of the first.
    pub(crate) key: NamedFile,
}

/// A file that a key names.
#[derive(Debug, Clone)]
pub(crate) struct NamedFile {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// Key, value and source, to be complained about.
    pub(crate) cited: String,
}

/// Both files, or neither: plain HTTP.
pub(super) fn resolve(resolver: &mut Resolver<'_>) -> Option<TlsSettings> {
    let cert = named(resolver, &keys::TLS_CERT);
    let key = named(resolver, &keys::TLS_KEY);
    let (written, missing) = match (cert, key) {
        (Some(cert), Some(key)) => return Some(TlsSettings { cert, key }),
        (None, None) => return None,
        (Some(cert), None) => (cert, KEY),
        (None, Some(key)) => (key, CERT),
    };
    let what = format!("{} is written, and `{}` is not", written.cited, missing.name);
    let fix = format!("set {} to the other file, or leave both out", missing.environment_name());
    resolver.forbid(&[CERT, KEY], what, fix);
    None
}

fn named(resolver: &mut Resolver<'_>, key: &'static Key<PathBuf>) -> Option<NamedFile> {
    let path = resolver.find(key)?;
    Some(NamedFile { path, cited: resolver.cite(&key.declared) })
}

/// How a client on this machine reaches the server.
pub(super) fn local_url(tls: Option<&TlsSettings>, port: u16) -> PublicUrl {
    match tls {
        Some(_) => PublicUrl::localhost("https", port),
        None => PublicUrl::localhost("http", port),
    }
}
