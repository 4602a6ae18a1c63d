//! What is kept of the dealings with an authority?
//!
//! Invariants
//! - What is kept is for its owner only; what others can read is not used.
//! - A file is whole or not there.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use zeroize::Zeroizing;

use crate::cli::failure::WithFix;
use crate::wiring::data_dir;

/// Who we are to the authority, with the key that proves it.
const ACCOUNT: &str = "account.json";
/// What was ordered in vain, and when the next order may follow.
const TRIES: &str = "tries.json";
/// The private key and the certificates, the server's own first.
const CERTIFICATE: &str = "certificate.pem";

/// The account, if there is one.
pub(super) fn account(directory: &Path) -> anyhow::Result<Option<Zeroizing<Vec<u8>>>> {
    read(&directory.join(ACCOUNT))
}

/// Keeps the account.
pub(super) fn keep_account(directory: &Path, text: &str) -> anyhow::Result<()> {
    write(directory, ACCOUNT, text)
}

/// Forgets an account that the authority does not know any more.
pub(super) fn forget_account(directory: &Path) -> anyhow::Result<()> {
    remove(&directory.join(ACCOUNT))
}

/// What was ordered in vain, if anything.
pub(super) fn tries(directory: &Path) -> anyhow::Result<Option<Zeroizing<Vec<u8>>>> {
    read(&path_of_tries(directory))
}

/// Keeps what was ordered in vain.
pub(super) fn keep_tries(directory: &Path, text: &str) -> anyhow::Result<()> {
    write(directory, TRIES, text)
}

/// Forgets it.
pub(super) fn forget_tries(directory: &Path) -> anyhow::Result<()> {
    remove(&path_of_tries(directory))
}

/// Where it is.
pub(super) fn path_of_tries(directory: &Path) -> PathBuf {
    directory.join(TRIES)
}

/// The certificate with its key, if there is one.
pub(super) fn certificate(directory: &Path) -> anyhow::Result<Option<Zeroizing<Vec<u8>>>> {
    read(&directory.join(CERTIFICATE))
}

/// Keeps the certificate with its key.
pub(super) fn keep_certificate(directory: &Path, text: &str) -> anyhow::Result<()> {
    write(directory, CERTIFICATE, text)
}

fn read(path: &Path) -> anyhow::Result<Option<Zeroizing<Vec<u8>>>> {
    let shown = path.display();
    let text = match fs::read(path) {
        Ok(text) => Zeroizing::new(text),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            let fix = "let the user that runs the server read it, or remove it: another is made";
            return Err(anyhow!("{shown} cannot be read: {error}").with_fix(fix));
        }
    };
    // SECURITY: whoever has the key can stand between us and every client.
    if let Some(mode) = data_dir::open_to_others(path)? {
        let what = anyhow!("{shown} can be used by others than its owner (mode {mode:o})");
        return Err(
            what.with_fix(format!("chmod 600 {shown}; if others have used it, remove it: another is made"))
        );
    }
    Ok(Some(text))
}

/// What is not there is gone already.
fn remove(path: &Path) -> anyhow::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("{} cannot be removed", path.display()))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

fn write(directory: &Path, name: &str, text: &str) -> anyhow::Result<()> {
    put(directory, name, text)
        .with_context(|| format!("{} cannot be written", directory.join(name).display()))
        .map_err(|error| {
            error.with_fix("make room, and let the user that runs the server write into PORTCULLIS_DATA_DIR")
        })
}

/// Under another name first, so that no crash leaves half a file behind.
fn put(directory: &Path, name: &str, text: &str) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    let unfinished = directory.join(format!("{name}.new"));
    // What a crash has left is in the way of `create_new`.
    match fs::remove_file(&unfinished) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&unfinished, directory.join(name))?;
    File::open(directory)?.sync_all()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn what_is_kept_is_for_its_owner_only_and_the_newest_counts() {
        let place = tempfile::tempdir().unwrap();
        let directory = place.path().join("acme/ca.example");
        assert!(certificate(&directory).unwrap().is_none());
        fs::create_dir_all(&directory).unwrap();
        fs::write(directory.join("certificate.pem.new"), "half").unwrap();
        for text in ["first", "second"] {
            keep_certificate(&directory, text).unwrap();
            assert_eq!(certificate(&directory).unwrap().unwrap().as_slice(), text.as_bytes());
        }
        let mode = directory.join(CERTIFICATE).metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(fs::read_dir(&directory).unwrap().count(), 1);
    }

    #[test]
    fn a_directory_that_is_made_is_for_its_owner_only() {
        let place = tempfile::tempdir().unwrap();
        let directory = place.path().join("acme/ca.example");
        keep_account(&directory, "{}").unwrap();
        for directory in [directory.as_path(), &place.path().join("acme")] {
            assert_eq!(directory.metadata().unwrap().permissions().mode() & 0o777, 0o700);
        }
        forget_account(&directory).unwrap();
        assert!(account(&directory).unwrap().is_none());
    }

    #[test]
    fn what_others_can_read_is_not_used() {
        let place = tempfile::tempdir().unwrap();
        keep_account(place.path(), "{}").unwrap();
        fs::set_permissions(place.path().join(ACCOUNT), fs::Permissions::from_mode(0o640)).unwrap();
        let error = format!("{:#}", account(place.path()).unwrap_err());
        assert!(error.contains("(mode 640)") && error.contains("chmod 600"), "{error}");
    }
}
