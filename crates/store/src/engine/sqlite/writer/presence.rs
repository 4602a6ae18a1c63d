//! Are the files on the disk still those that were opened?
//!
//! A file that was deleted, renamed or replaced takes writes as before, and they vanish with the process. Without
//! the index of the log (`-shm`) another process would make its own, and both would write at once.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use crate::connection::DatabaseError;
use crate::engine::sqlite::open::companion;

/// The files of one connection, as they were when it was opened.
pub(super) struct Presence {
    files: Vec<(PathBuf, Identity)>,
}

/// What a file stays when it is written to: its device and its number there.
#[derive(PartialEq, Eq)]
struct Identity(u64, u64);

impl Presence {
    /// Looks at the files of a connection.
    pub(super) fn of(connection: &Connection) -> Self {
        // Whoever reads opens the log and its index.
        if let Err(error) = connection.query_row("PRAGMA schema_version", [], |_| Ok(())) {
            tracing::warn!(%error, "the log could not be opened yet");
        }
        let Some(path) = connection.path().map(PathBuf::from) else {
            return Self { files: Vec::new() };
        };
        let files = [companion(&path, "-wal"), companion(&path, "-shm"), path];
        let present = files.into_iter().filter_map(|file| Some((Identity::of(&file)?, file)));
        Self { files: present.map(|(identity, file)| (file, identity)).collect() }
    }

    /// An error when one of the files is not where it was.
    pub(super) fn check(&self) -> Result<(), DatabaseError> {
        let is_gone = |(file, identity): &&(PathBuf, Identity)| Identity::of(file).as_ref() != Some(identity);
        self.files.iter().find(is_gone).map_or(Ok(()), |(file, _)| {
            Err(DatabaseError::unavailable(format!(
                "{} was deleted, renamed or replaced while it was open; put it back, or restart on a backup",
                file.display()
            )))
        })
    }
}

impl Identity {
    /// None when there is no such file.
    #[cfg(unix)]
    fn of(path: &Path) -> Option<Self> {
        use std::os::unix::fs::MetadataExt;
        fs::metadata(path).ok().map(|metadata| Self(metadata.dev(), metadata.ino()))
    }

    /// None when there is no such file. Here an open file can be neither deleted nor renamed.
    #[cfg(not(unix))]
    fn of(path: &Path) -> Option<Self> {
        fs::metadata(path).ok().map(|_| Self(0, 0))
    }
}
