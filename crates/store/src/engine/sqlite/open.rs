//! How is a database file opened, and which files are refused?
//!
//! Invariants
//! - A new file and its companions (`-wal`, `-shm`, which inherit its mode) can be read by their owner only.
//! - A file that another program made is not written to, unless the options say that it is meant.
//! - A log whose database is missing is left alone: SQLite would delete it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::connection::SqliteConnection;
use crate::operations;

/// Marks a file as ours in its header: "Port" in ASCII.
pub(super) const APPLICATION_ID: i32 = 0x506f_7274;
/// After how many pages of 4 KiB the log is moved into the database file. More would make a restart after a
/// crash slower, less would write the same page to the file more often.
const CHECKPOINT_PAGES: u32 = 4000;
/// The log file is cut to this size when it has grown beyond it.
const LOG_SIZE_LIMIT_BYTES: u32 = 64 * 1024 * 1024;
/// Pages kept in memory for each connection.
const CACHE_KIB: u32 = 16_000;
/// Statements that only the writer knows: BEGIN, COMMIT, SAVEPOINT and so on.
const OWN_STATEMENTS: usize = 8;

/// How the store on SQLite behaves.
#[derive(Debug, Clone)]
pub struct SqliteOptions {
    /// The database file.
    pub path: PathBuf,
    /// What survives a power failure.
    pub durability: Durability,
    /// How long to wait for another process that is writing to the same file.
    pub busy_timeout: Duration,
    /// How many callers may wait for the writer, and as many for the readers, before more are turned away.
    pub queue_capacity: usize,
    /// How long a caller may wait for its turn before it is turned away.
    pub queue_timeout: Duration,
    /// How many threads read.
    pub readers: usize,
    /// Whether the file may be that of another program.
    pub neighbours: Neighbours,
}

/// What becomes of a file that holds tables of another program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Neighbours {
    /// It is refused: its name was mistyped.
    #[default]
    Refused,
    /// Our tables stand beside the others, as in a server's database.
    Tolerated,
}

impl SqliteOptions {
    /// The usual options for a file.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            durability: Durability::Full,
            busy_timeout: Duration::from_secs(5),
            queue_capacity: 4096,
            queue_timeout: Duration::from_secs(5),
            readers: 2,
            neighbours: Neighbours::Refused,
        }
    }
}

/// What survives a power failure. A crash of the process alone loses nothing in either case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// Everything that was acknowledged.
    #[default]
    Full,
    /// The last moments may be lost, consistently: an exchanged refresh token may be current again.
    Relaxed,
}

/// Why a database file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file cannot be made.
    #[error(
        "cannot create the database {path}: {source}; does the directory exist, and may this user write to it?"
    )]
    Create {
        /// The database file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// Not SQLite, or its first pages are damaged.
    #[error(
        "{path} is not an SQLite database, or it is damaged; restore it from a backup, or name another file"
    )]
    NotADatabase {
        /// The database file.
        path: PathBuf,
    },
    /// The file is missing or empty, and what was to be moved into it is still there.
    #[error(
        "{log} holds changes of a database, but {path} is missing or empty; bring the database back, or move \
         the log away to begin anew"
    )]
    Detached {
        /// The database file.
        path: PathBuf,
        /// Its write-ahead log.
        log: PathBuf,
    },
    /// The file or one of its companions cannot be written to.
    #[error(
        "cannot write to {path}: {cause}; this user must be able to write to the database, to what lies beside it \
         (-wal, -shm) and to their directory, on a file system that is not read-only"
    )]
    NotWritable {
        /// The file that cannot be written to; the database file if that is not known.
        path: PathBuf,
        /// What the operating system or SQLite said.
        cause: String,
    },
    /// Made by another program.
    #[error("{path} is the SQLite database of another program; name a file that does not exist yet")]
    Foreign {
        /// The database file.
        path: PathBuf,
    },
    /// The file system cannot share memory between processes, as the write-ahead log needs.
    #[error("{path} lies on a file system without support for SQLite's write-ahead log; use a local disk")]
    NoWriteAheadLog {
        /// The database file.
        path: PathBuf,
    },
    /// Anything else that SQLite said.
    #[error(
        "cannot open the database {path}: {cause}; see whether its disk is full, or another process keeps it locked"
    )]
    Sqlite {
        /// The database file.
        path: PathBuf,
        /// What it said.
        cause: String,
    },
    /// A thread could not be started.
    #[error("cannot start a database thread: {0}")]
    Thread(io::Error),
}

/// Opens the one connection that writes; creates the file if there is none.
pub(super) fn open_writer(path: &Path, options: &SqliteOptions) -> Result<SqliteConnection, OpenError> {
    refuse_detached_log(path)?;
    create_if_absent(path).map_err(|source| OpenError::Create { path: path.to_owned(), source })?;
    let connection =
        connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE, options).map_err(|error| explain(path, &error))?;
    // SQLite is content to read what it may not write.
    if connection.is_readonly("main").map_err(|error| explain(path, &error))? {
        return Err(not_writable(path, "it can only be read"));
    }
    if !claim(&connection, options.neighbours).map_err(|error| explain(path, &error))? {
        return Err(OpenError::Foreign { path: path.to_owned() });
    }
    if !use_write_ahead_log(&connection).map_err(|error| explain(path, &error))? {
        return Err(OpenError::NoWriteAheadLog { path: path.to_owned() });
    }
    let synchronous = match options.durability {
        Durability::Full => "FULL",
        Durability::Relaxed => "NORMAL",
    };
    let pragmas = format!(
        "PRAGMA synchronous = {synchronous}; PRAGMA foreign_keys = ON; \
         PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}; PRAGMA journal_size_limit = {LOG_SIZE_LIMIT_BYTES}; \
         BEGIN IMMEDIATE; COMMIT;"
    );
    // The empty transaction is told if the log cannot be written to; it leaves the disk alone.
    connection.execute_batch(&pragmas).map_err(|error| explain(path, &error))?;
    Ok(SqliteConnection::new(connection))
}

/// Opens a connection that cannot write to a file that [`open_writer`] has opened.
pub(super) fn open_reader(path: &Path, options: &SqliteOptions) -> Result<SqliteConnection, OpenError> {
    let open = || {
        let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE, options)?;
        connection.execute_batch("PRAGMA query_only = ON;")?;
        Ok(SqliteConnection::new(connection))
    };
    open().map_err(|error| explain(path, &error))
}

/// Opens a file only to see what is in it; `None` when it is missing or empty. Its journal stays as its program has it.
pub(crate) fn open_to_look(options: &SqliteOptions) -> Result<Option<SqliteConnection>, OpenError> {
    let path = &options.path;
    refuse_detached_log(path)?;
    if path.metadata().map_or(0, |metadata| metadata.len()) == 0 {
        return Ok(None);
    }
    let open = || {
        let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY, options)?;
        connection.execute_batch("PRAGMA query_only = ON; SELECT 1 FROM sqlite_schema LIMIT 1;")?;
        Ok(Some(SqliteConnection::new(connection)))
    };
    open().map_err(|error| explain(path, &error))
}

/// SQLite takes a log beside an empty file for a remnant. What was acknowledged last may be in it.
fn refuse_detached_log(path: &Path) -> Result<(), OpenError> {
    let length = |path: &Path| path.metadata().map_or(0, |metadata| metadata.len());
    let log = companion(path, "-wal");
    // A file gets its first page before it gets a log, also when several processes make it at once.
    if length(&log) == 0 || length(path) > 0 {
        return Ok(());
    }
    Err(OpenError::Detached { path: path.to_owned(), log })
}

/// What SQLite keeps beside a database file.
pub(super) fn companion(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn create_if_absent(path: &Path) -> io::Result<()> {
    let mut create = fs::OpenOptions::new();
    create.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut create, 0o600);
    match create.open(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        Ok(_) | Err(_) => Ok(()),
    }
}

fn connect(path: &Path, access: OpenFlags, options: &SqliteOptions) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(options.busy_timeout)?;
    connection.set_prepared_statement_cache_capacity(operations::statements().count() + OWN_STATEMENTS);
    // No memory map: an I/O error would end the process instead of the statement.
    let pragmas = format!(
        "PRAGMA cache_size = -{CACHE_KIB}; PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY; \
         PRAGMA trusted_schema = OFF;"
    );
    connection.execute_batch(&pragmas)?;
    Ok(connection)
}

/// Whether the file is ours; an empty one becomes ours.
fn claim(connection: &Connection, neighbours: Neighbours) -> rusqlite::Result<bool> {
    // The tables first: another process that is making the same file marks it before it makes tables.
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let id: i32 = connection.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    if id == APPLICATION_ID {
        return Ok(true);
    }
    if id != 0 || tables != 0 {
        // The mark of another program stays.
        return Ok(neighbours == Neighbours::Tolerated);
    }
    connection.execute_batch(&format!("PRAGMA application_id = {APPLICATION_ID};"))?;
    Ok(true)
}

fn use_write_ahead_log(connection: &Connection) -> rusqlite::Result<bool> {
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    Ok(mode == "wal")
}

fn explain(path: &Path, error: &rusqlite::Error) -> OpenError {
    let path = path.to_owned();
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => OpenError::NotADatabase { path },
        Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
            not_writable(&path, &error.to_string())
        }
        _ => OpenError::Sqlite { path, cause: error.to_string() },
    }
}

/// Finds out which file refuses, and why. Closing a file gives up the locks that this process has on it; they are
/// of no use any more.
fn not_writable(path: &Path, said: &str) -> OpenError {
    let files = [path.to_owned(), companion(path, "-wal"), companion(path, "-shm")];
    let refusal = files.into_iter().find_map(|file| {
        let refusal = fs::OpenOptions::new().write(true).open(&file).err();
        let refusal = refusal.filter(|error| error.kind() != io::ErrorKind::NotFound)?;
        Some(OpenError::NotWritable { path: file, cause: refusal.to_string() })
    });
    refusal.unwrap_or_else(|| OpenError::NotWritable { path: path.to_owned(), cause: said.to_owned() })
}
