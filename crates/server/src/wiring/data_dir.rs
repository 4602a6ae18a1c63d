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
    make(path).with_context(|| format!("the data directory {} cannot be made", path.display())).map_err(
        |error| error.with_fix("make it writable for this user, or name another with PORTCULLIS_DATA_DIR"),
    )
}

/// Makes the directory that a database file is to be in, in the same way: `DB_FILE` may name one that only the scripts
/// of the older backend would have made.
pub(crate) fn ensure_for_database(file: &Path) -> anyhow::Result<()> {
    let Some(path) = file.parent().filter(|parent| !parent.as_os_str().is_empty()) else { return Ok(()) };
    make(path)
        .with_context(|| format!("the directory {} of the database cannot be made", path.display()))
        .map_err(|error| {
            error.with_fix(
                "let this user write where it is to be, or name another file with PORTCULLIS_DATABASE_URL=sqlite:FILE",
            )
        })
}

fn make(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// The mode of a file or directory if more than its owner may use it.
pub(crate) fn open_to_others(path: &Path) -> io::Result<Option<u32>> {
    let mode = Permissions::mode(&path.metadata()?.permissions()) & 0o7777;
    Ok((mode & GROUP_AND_OTHERS != 0).then_some(mode))
}
