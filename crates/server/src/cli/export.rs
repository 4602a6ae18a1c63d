//! `portcullis export`: how is everything in the database written to a file?
//!
//! With `--to` it is the accounts alone, for an older backend: `give_back`.
//!
//! Invariants
//! - The file is its owner's alone from its first byte on, and has its name only when it is whole and on the disk.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use clap::Args;
use portcullis_core::model::{AuditDetail, AuditKind};
use portcullis_core::ports::Clock;
use portcullis_store::transfer::{Counts, FileWriter, Header, Kind};
use portcullis_store::{DatabaseOptions, SqlStore};
use serde_json::{Value, json};

use super::databases;
use super::failure::{WithFix, WrongUsage};
use super::give_back::GiveBackTo;
use super::output::{print, print_json};
use super::progress::Progress;
use super::record::record;
use crate::config::{FlagValue, Settings};
use crate::wiring::SystemClock;

/// How much is written at once.
const BUFFER_BYTES: usize = 256 * 1024;
/// How many exports that were killed may have left something beside one file.
const MOST_UNFINISHED: u32 = 100;
const INTERRUPTED: &str = "run it again; there is no half file";

/// The flags of `portcullis export`.
#[derive(Debug, Args)]
#[command(after_help = "\
Without --to everything is in the file: accounts with their password hashes, sessions, revocations, the signing keys as they are \
sealed, and the audit log. It is as secret as the database. The master key is not in it. With --to it is the accounts \
alone.")]
pub(super) struct Export {
    /// Write to this file; `-` is stdout
    #[arg(long, short, value_name = "FILE", required_unless_present = "to", conflicts_with = "to")]
    output: Option<PathBuf>,
    /// Replace the file if there is one
    #[arg(long, conflicts_with = "to")]
    force: bool,
    #[command(flatten)]
    give_back: GiveBackTo,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

/// What was written.
struct Written {
    counts: Counts,
    sha256: String,
}

impl Export {
    /// The flags under which the settings are those of the database of an older backend.
    pub(super) fn target_flags(&self) -> anyhow::Result<Option<Vec<FlagValue>>> {
        self.give_back.target_flags()
    }

    /// Exports. `target` are the settings under [`Self::target_flags`].
    pub(super) async fn run(self, settings: &Settings, target: Option<&Settings>) -> anyhow::Result<()> {
        match self.give_back.shape() {
            Some(shape) => self.give_back.run(shape, self.json, (settings, target)).await,
            None => self.run_whole(settings).await,
        }
    }

    /// The command line makes sure that there is one.
    fn output(&self) -> &Path {
        self.output.as_deref().unwrap_or(Path::new("-"))
    }

    async fn run_whole(self, settings: &Settings) -> anyhow::Result<()> {
        let is_stdout = self.output() == Path::new("-");
        if is_stdout && self.json {
            let what = "--json and --output - would both write to stdout".to_owned();
            return Err(WrongUsage(what).into());
        }
        if !is_stdout {
            self.refuse_to_replace()?;
        }
        let store = databases::open_filled(settings).await?;
        // Before it is read, so that the file has it too.
        record(&store, AuditKind::Exported, AuditDetail::word("everything, into a file")).await;
        let header = Header::new(SystemClock.now().as_millis(), engine_of(&settings.database.options));
        let mut progress = Progress::new(self.json);
        progress.begin("exporting", None);
        let work = async {
            if is_stdout {
                to_stdout(&store, &header, &mut progress).await
            } else {
                self.to_file(&store, &header, &mut progress).await
            }
        };
        let written = databases::unless_interrupted(work, INTERRUPTED).await;
        store.close().await;
        drop(progress);
        self.report(&written?, is_stdout)
    }

    fn refuse_to_replace(&self) -> anyhow::Result<()> {
        if self.force || self.output().symlink_metadata().is_err() {
            return Ok(());
        }
        Err(self.is_there())
    }

    fn is_there(&self) -> anyhow::Error {
        let what = anyhow!("{} is there already", self.output().display());
        what.with_fix("name another file, or replace it with --force")
    }

    async fn to_file(
        &self,
        store: &SqlStore,
        header: &Header,
        progress: &mut Progress,
    ) -> anyhow::Result<Written> {
        let failed = || format!("{} cannot be written", self.output().display());
        let unfinished = Unfinished::create(self.output()).with_context(failed)?;
        let written = write(store, header, unfinished.writer(), progress).await?;
        let kept =
            if self.force { unfinished.replace(self.output()) } else { unfinished.keep(self.output()) };
        match kept {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(self.is_there()),
            kept => kept.with_context(failed).map(|()| written),
        }
    }

    fn report(&self, written: &Written, is_stdout: bool) -> anyhow::Result<()> {
        let Written { counts, sha256 } = written;
        if self.json {
            let file = self.output().display().to_string();
            return print_json(&json!({ "file": file, "records": counted(counts), "sha256": sha256 }));
        }
        let text = format!("exported {}\nSHA-256 of the records: {sha256}\n", told(counts));
        if is_stdout {
            eprint!("{text}");
            return Ok(());
        }
        print(format!("{text}{} is as secret as the database\n", self.output().display()))
    }
}

async fn to_stdout(store: &SqlStore, header: &Header, progress: &mut Progress) -> anyhow::Result<Written> {
    let out = BufWriter::with_capacity(BUFFER_BYTES, io::stdout());
    write(store, header, out, progress).await.map_err(|error| {
        let is_closed = |cause: &io::Error| cause.kind() == ErrorKind::BrokenPipe;
        if error.downcast_ref().is_some_and(is_closed) {
            // Unlike a list, half an export is no answer.
            return anyhow!("stdout was closed before the export was whole");
        }
        error
    })
}

async fn write(
    store: &SqlStore,
    header: &Header,
    out: impl Write,
    progress: &mut Progress,
) -> anyhow::Result<Written> {
    let mut writer = FileWriter::begin(out, header)?;
    let mut snapshot = store.snapshot().await?;
    while let Some(record) = snapshot.next().await? {
        writer.add(&record)?;
        progress.at(writer.counts().total());
    }
    let next_number = snapshot.next_number().await?;
    snapshot.close().await;
    let counts = *writer.counts();
    let (sha256, _) = writer.finish(next_number)?;
    Ok(Written { counts, sha256 })
}

/// A file that has not got its name yet. Removed unless it gets it.
pub(super) struct Unfinished {
    file: File,
    path: PathBuf,
    /// Whether it has left its first name, which another export may have by now.
    is_renamed: bool,
}

impl Unfinished {
    /// Makes a file beside the one that it shall become.
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        let name = path.file_name().ok_or(ErrorKind::InvalidFilename)?;
        for number in 1..=MOST_UNFINISHED {
            let mut name = name.to_owned();
            name.push(if number == 1 { ".part".to_owned() } else { format!(".{number}.part") });
            let path = path.with_file_name(name);
            // SECURITY: a file that is there may be the work of another export, and one that somebody else put here
            // could be read by them. Neither is opened or removed, and no link is followed.
            match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
                Ok(file) => return Ok(Self { file, path, is_renamed: false }),
            }
        }
        Err(io::Error::other("too many exports were killed: remove the files that end in .part"))
    }

    /// What is written goes through this.
    pub(super) fn writer(&self) -> BufWriter<&File> {
        BufWriter::with_capacity(BUFFER_BYTES, &self.file)
    }

    /// Gives it its name, which nobody has.
    pub(super) fn keep(mut self, path: &Path) -> io::Result<()> {
        self.file.sync_all()?;
        match fs::hard_link(&self.path, path) {
            // Not every file system has links.
            Err(error) if error.kind() != ErrorKind::AlreadyExists => self.take_name(path)?,
            outcome => outcome?,
        }
        sync_directory(path)
    }

    /// Gives it its name, whoever has it.
    fn replace(mut self, path: &Path) -> io::Result<()> {
        self.file.sync_all()?;
        self.rename(path)?;
        sync_directory(path)
    }

    /// The same as [`Self::keep`] without links: the name is taken with an empty file, and that is replaced.
    fn take_name(&mut self, path: &Path) -> io::Result<()> {
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        self.rename(path)
    }

    fn rename(&mut self, path: &Path) -> io::Result<()> {
        fs::rename(&self.path, path)?;
        self.is_renamed = true;
        Ok(())
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if !self.is_renamed {
            // What is left behind is in no other export's way.
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn sync_directory(path: &Path) -> io::Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(directory.unwrap_or(Path::new(".")))?.sync_all()
}

/// The word for an engine in a file.
const fn engine_of(options: &DatabaseOptions) -> &'static str {
    match options {
        DatabaseOptions::Sqlite(_) => "sqlite",
        DatabaseOptions::Postgres(_) => "postgres",
        DatabaseOptions::MySql(_) => "mysql",
    }
}

/// Counts for scripts.
pub(super) fn counted(counts: &Counts) -> Value {
    Kind::ALL.into_iter().map(|kind| (kind.plural().to_owned(), Value::from(counts.of(kind)))).collect()
}

/// Counts for people.
pub(super) fn told(counts: &Counts) -> String {
    let of = |kind: Kind| format!("{} {}", counts.of(kind), kind.plural().replace('_', " "));
    Kind::ALL.map(of).join(", ")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use std::fs;
    use std::io::{ErrorKind, Write};
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::Unfinished;

    #[test]
    fn exports_to_one_file_at_the_same_time_do_not_touch_each_other() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("export");
        let elsewhere = directory.path().join("elsewhere");
        symlink(&elsewhere, directory.path().join("export.part")).unwrap();
        let (mut first, mut second) =
            (Unfinished::create(&path).unwrap(), Unfinished::create(&path).unwrap());
        first.file.write_all(b"first").unwrap();
        second.file.write_all(b"second").unwrap();
        first.keep(&path).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"first");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o600);
        assert_eq!(second.keep(&path).unwrap_err().kind(), ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"first");
        let mut third = Unfinished::create(&path).unwrap();
        third.file.write_all(b"third").unwrap();
        third.replace(&path).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"third");
        // The link that somebody else put there is all that is left.
        assert!(!elsewhere.exists());
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 2);
    }

    #[test]
    fn without_links_no_file_is_replaced_either() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("export");
        let mut unfinished = Unfinished::create(&path).unwrap();
        unfinished.file.write_all(b"whole").unwrap();
        unfinished.take_name(&path).unwrap();
        // Its first name is free for the next, and is left to it.
        let mut late = Unfinished::create(&path).unwrap();
        drop(unfinished);
        assert!(late.path.exists());
        assert_eq!(late.take_name(&path).unwrap_err().kind(), ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"whole");
    }
}
