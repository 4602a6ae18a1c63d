//! Is there a directory for the database and the master key, and who can read it?

use std::fs::{DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::Path;

use anyhow::Context;

use crate::cli::failure::WithFix;

/// What group and others may do with a file.
const GROUP_AND_OTHERS: u32 = 0o077;

/// Makes the directory, with those above it, for its owner only. One that exists stays as it is.
pub(crate) fn ensure(path: &Path) -> anyhow::Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .with_context(|| format!("the data directory {} cannot be made", path.display()))
        .map_err(|error| {
            error.with_fix("make it writable for this user, or name another with PORTCULLIS_DATA_DIR")
        })
}

/// The mode of a file or directory if more than its owner may use it.
pub(crate) fn open_to_others(path: &Path) -> io::Result<Option<u32>> {
    let mode = Permissions::mode(&path.metadata()?.permissions()) & 0o7777;
    Ok((mode & GROUP_AND_OTHERS != 0).then_some(mode))
}
