//! Where does the master key come from, and the one before it?
//!
//! Invariant: nothing is made here, and nothing read. A file is only named.

use std::path::{Path, PathBuf};

use portcullis_core::crypto::MasterKey;
use secrecy::{ExposeSecret, SecretString};

use super::super::keys::{self, Key};
use super::super::resolve::Resolver;

/// Where the master key comes from.
#[derive(Debug, Clone)]
pub(crate) enum MasterKeySource {
    /// The configuration holds it.
    Given(MasterKey),
    /// A file holds it; the file must exist.
    File(PathBuf),
    /// A file holds it, or is made with a new one.
    FileOrNew(PathBuf),
}

/// The written key, the named file, or the file in the data directory.
pub(super) fn resolve(resolver: &mut Resolver<'_>, is_production: bool, data_dir: &Path) -> MasterKeySource {
    let text = resolver.find(&keys::MASTER_KEY);
    let generated = data_dir.join("master.key");
    let named = resolver.is_written(&keys::MASTER_KEY_FILE.declared);
    let file = resolver.get_or(&keys::MASTER_KEY_FILE, || generated.clone());
    let (key, key_file) = (&keys::MASTER_KEY.declared, &keys::MASTER_KEY_FILE.declared);
    match text {
        Some(_) if named => {
            let what = format!("{} and {} are both written", resolver.cite(key), resolver.cite(key_file));
            resolver.forbid(&[key_file], what, "keep one of the two");
        }
        Some(text) => {
            if let Some(source) = given(resolver, &keys::MASTER_KEY, &text) {
                return source;
            }
        }
        None if named => return MasterKeySource::File(file),
        None if !is_production => return MasterKeySource::FileOrNew(file),
        // SECURITY: a key made silently on a fresh disk would be lost with that disk, and every secret with it.
        None if !generated.exists() => resolver.forbid(
            &[key],
            "no master key is configured, and production does not make one",
            "run `openssl rand -hex 32`, keep the output in a safe place, and set PORTCULLIS_MASTER_KEY to it \
             or write it to a file of mode 600 that PORTCULLIS_MASTER_KEY_FILE names",
        ),
        None => {}
    }
    MasterKeySource::File(file)
}

/// The master key before `current`, written or in a file, if there is one.
pub(super) fn previous(resolver: &mut Resolver<'_>, current: &MasterKeySource) -> Option<MasterKeySource> {
    let text = resolver.find(&keys::MASTER_KEY_PREVIOUS);
    let file = resolver.find(&keys::MASTER_KEY_PREVIOUS_FILE);
    let (key, key_file) = (&keys::MASTER_KEY_PREVIOUS.declared, &keys::MASTER_KEY_PREVIOUS_FILE.declared);
    let (previous, named) = match (text, file) {
        (None, None) => return None,
        (Some(_), Some(_)) => {
            let what = format!("{} and {} are both written", resolver.cite(key), resolver.cite(key_file));
            resolver.forbid(&[key, key_file], what, "keep one of the two");
            return None;
        }
        (Some(text), None) => (given(resolver, &keys::MASTER_KEY_PREVIOUS, &text)?, key),
        (None, Some(file)) => (MasterKeySource::File(file), key_file),
    };
    if previous.is_same_as(current) {
        let what = format!("{} is the master key itself", resolver.cite(named));
        let fix = "write the old master key there and the new one in its place, or remove the setting";
        resolver.forbid(&[named, &keys::MASTER_KEY.declared, &keys::MASTER_KEY_FILE.declared], what, fix);
    }
    Some(previous)
}

fn given(
    resolver: &mut Resolver<'_>,
    key: &'static Key<SecretString>,
    text: &SecretString,
) -> Option<MasterKeySource> {
    match MasterKey::from_hex(text.expose_secret()) {
        Ok(master_key) => Some(MasterKeySource::Given(master_key)),
        Err(error) => {
            let what = format!("{} is refused: {error}", resolver.cite(&key.declared));
            resolver.forbid(&[], what, "take the output of `openssl rand -hex 32`");
            None
        }
    }
}

impl MasterKeySource {
    /// Whether both are surely one key.
    fn is_same_as(&self, other: &Self) -> bool {
        let file = |source: &Self| match source {
            Self::Given(_) => None,
            Self::File(path) | Self::FileOrNew(path) => Some(path.clone()),
        };
        match (self, other) {
            (Self::Given(one), Self::Given(other)) => {
                one.to_hex().expose_secret() == other.to_hex().expose_secret()
            }
            (one, other) => file(one).is_some() && file(one) == file(other),
        }
    }
}
