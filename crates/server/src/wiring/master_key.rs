//! How does the server get hold of its master key?
//!
//! Invariants
//! - A key file that more than its owner can read is refused.
//! - A generated key is at its final path whole and on disk, or not at all, and never replaces another.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::{Context, anyhow};
use portcullis_core::crypto::MasterKey;
use portcullis_core::ports::Entropy;
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use super::data_dir;
use crate::cli::failure::WithFix;
use crate::config::Settings;
use crate::config::meant::MasterKeySource;

/// A key file holds 64 digits and perhaps a line end; nothing longer is read.
const FILE_MAX_BYTES: u64 = 256;

/// The master key, from where the settings say; made now if that is what they say and there is none.
pub(crate) fn obtain(source: &MasterKeySource, entropy: &dyn Entropy) -> anyhow::Result<MasterKey> {
    match source {
        MasterKeySource::Given(key) => Ok(key.clone()),
        MasterKeySource::File(path) => read(path),
        MasterKeySource::FileOrNew(path) => {
            if !path.exists() {
                generate(path, entropy)
                    .with_context(|| format!("the master key {} cannot be made", path.display()))?;
            }
            // Whatever is there now counts: another process may have been faster.
            read(path)
        }
    }
}

/// The master key before that one, if there is one.
pub(crate) fn previous(settings: &Settings) -> anyhow::Result<Option<MasterKey>> {
    match &settings.previous_master_key {
        None => Ok(None),
        Some(MasterKeySource::Given(key)) => Ok(Some(key.clone())),
        Some(MasterKeySource::File(path) | MasterKeySource::FileOrNew(path)) => read(path).map(Some),
    }
}

/// The master key in a file.
pub(crate) fn read(path: &Path) -> anyhow::Result<MasterKey> {
    let what = || format!("the master key file {} cannot be read", path.display());
    // SECURITY: whoever reads this file can open every secret in a copy of the database.
    let mode = data_dir::open_to_others(path).with_context(what).map_err(|error| {
        error.with_fix(
            "put the file back where it was, or name its place with PORTCULLIS_MASTER_KEY_FILE; for another node of \
             the same database, copy the key of the first",
        )
    });
    if let Some(mode) = mode? {
        let error = anyhow!(
            "the master key file {} can be used by others than its owner (mode {mode:o})",
            path.display()
        );
        return Err(error.with_fix(format!("chmod 600 {}", path.display())));
    }
    let mut text = Zeroizing::new(String::new());
    File::open(path)
        .and_then(|file| file.take(FILE_MAX_BYTES).read_to_string(&mut text))
        .with_context(what)?;
    MasterKey::from_hex(&text)
        .with_context(|| format!("the master key file {} is refused", path.display()))
        .map_err(|error| {
            error.with_fix("put the key back that it held before; for a new database, remove the file")
        })
}

/// Writes a new key under a name of its own first, so that no crash leaves half a key behind.
fn generate(path: &Path, entropy: &dyn Entropy) -> io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    let mut key = Zeroizing::new([0; 32]);
    let mut suffix = [0; 8];
    entropy.fill(key.as_mut_slice());
    entropy.fill(&mut suffix);
    let unfinished = path.with_extension(format!("new-{}", hex::encode(suffix)));
    let written = write_secret(&unfinished, &MasterKey::from_bytes(*key).to_hex());
    // A link fails where a file is; a rename would replace it.
    let linked = written.and_then(|()| fs::hard_link(&unfinished, path));
    let removed = fs::remove_file(&unfinished);
    match linked {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        other => other?,
    }
    removed?;
    File::open(directory)?.sync_all()
}

fn write_secret(path: &Path, text: &SecretString) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    writeln!(file, "{}", text.expose_secret())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::wiring::SystemEntropy;

    fn hex_of(key: &MasterKey) -> String {
        key.to_hex().expose_secret().to_owned()
    }

    #[test]
    fn a_generated_key_is_kept_for_its_owner_only_and_found_again() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("master.key");
        let source = MasterKeySource::FileOrNew(path.clone());
        let first = obtain(&source, &SystemEntropy).unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(hex_of(&obtain(&source, &SystemEntropy).unwrap()), hex_of(&first));
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn who_comes_second_gets_the_key_of_who_came_first() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("master.key");
        generate(&path, &SystemEntropy).unwrap();
        let first = fs::read_to_string(&path).unwrap();
        generate(&path, &SystemEntropy).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), first);
    }

    #[test]
    fn a_key_that_others_can_read_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("master.key");
        generate(&path, &SystemEntropy).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let error = format!("{:#}", read(&path).unwrap_err());
        assert!(error.contains("(mode 640)") && error.contains("chmod 600"), "{error}");
    }

    #[test]
    fn a_missing_or_broken_key_file_is_not_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("master.key");
        assert!(obtain(&MasterKeySource::File(path.clone()), &SystemEntropy).is_err());
        write_secret(&path, &SecretString::from("abc")).unwrap();
        let error =
            format!("{:#}", obtain(&MasterKeySource::FileOrNew(path.clone()), &SystemEntropy).unwrap_err());
        assert!(error.contains("64 hexadecimal digits"), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "abc\n");
    }
}
