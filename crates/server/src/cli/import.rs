//! `portcullis import`: how does what was exported get into a database?

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use clap::Args;
use portcullis_core::crypto::keyring::{KeyRecord, Keyring, KeyringError};
use portcullis_core::model::{AuditDetail, AuditKind};
use portcullis_store::SqlStore;
use portcullis_store::transfer::{
    Checked, FileError, FileReader, HashKinds, ImportError, ImportReport, Importer, Mode, Record,
};

use super::databases;
use super::failure::WithFix;
use super::progress::Progress;
use super::record::record;
use super::take_over::{Manner, TakeOver};
use super::tally;
use crate::config::meant::MasterKeySource;
use crate::config::{FlagValue, Settings};
use crate::wiring::{SystemEntropy, master_key};

/// How much is read at once.
const BUFFER_BYTES: usize = 256 * 1024;
const INTERRUPTED: &str = "run the same command again: what is there already is passed over";

/// The flags of `portcullis import`.
#[derive(Debug, Args)]
#[command(after_help = "\
Nothing that is in the database is changed: what is there with the same content is passed over, what is there with \
other content is reported and left alone. A file is checked from beginning to end before anything is written. The \
signing keys in it open with the master key that they were sealed with, and with no other. Trust the file as you trust \
the database: it can bring administrators, and whoever edits it can make its checksum anew.

With --from it is the accounts of an older backend that come, with their ids, password hashes, times, roles and texts. \
The source is only read. Rows that cannot come are told with the reason, and the exit code is 1. It is run again to go \
on, and with --dry-run to see what would come; docs/taking-over.md tells the whole way.")]
pub(super) struct Import {
    /// A file that `portcullis export` made; `-` is stdin, which cannot be checked beforehand. With --from: a database
    /// URL or a file of an older backend
    #[arg(value_name = "FILE|SOURCE", required_unless_present = "from")]
    file: Option<PathBuf>,
    /// Only tell what would happen
    #[arg(long)]
    dry_run: bool,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    take_over: TakeOver,
}

impl Import {
    /// The flags under which the settings are those of the database that an older backend keeps its accounts in.
    pub(super) fn source_flags(&self) -> anyhow::Result<Option<Vec<FlagValue>>> {
        self.take_over.source_flags(self.file.as_deref())
    }

    /// Imports. `source` are the settings under [`Self::source_flags`].
    pub(super) async fn run(self, settings: &Settings, source: Option<&Settings>) -> anyhow::Result<()> {
        match &self.take_over.from {
            Some(shape) => {
                let manner = Manner { dry_run: self.dry_run, json: self.json };
                self.take_over.run(shape, self.file.as_deref(), manner, (settings, source)).await
            }
            None => self.run_export(settings).await,
        }
    }

    async fn run_export(self, settings: &Settings) -> anyhow::Result<()> {
        let mut progress = Progress::new(self.json);
        let checked = self.check(&mut progress)?;
        let total = checked.as_ref().map(|checked| checked.counts.total());
        let mut hashes = HashKinds::default();
        let read = async {
            let mut reader = FileReader::begin(self.open()?).map_err(|error| self.refused(error))?;
            let keys = reader.keys().map_err(|error| self.refused(error))?;
            check_master_key(settings, &keys.iter().map(|(_, key)| key.clone()).collect::<Vec<_>>())?;
            progress.begin(if self.dry_run { "comparing" } else { "importing" }, total);
            self.take_in(settings, reader, keys, &mut |count, record| {
                hashes.add(record);
                progress.at(count);
            })
            .await
        };
        let report = Box::pin(databases::unless_interrupted(read, INTERRUPTED)).await?;
        drop(progress);
        tally::show(&report, &hashes, self.dry_run, self.json)
    }

    /// The command line makes sure that there is one.
    fn file(&self) -> &Path {
        self.file.as_deref().unwrap_or(Path::new("-"))
    }

    fn is_stdin(&self) -> bool {
        self.file() == Path::new("-")
    }

    fn open(&self) -> anyhow::Result<Box<dyn BufRead>> {
        if self.is_stdin() {
            return Ok(Box::new(io::stdin().lock()));
        }
        let file =
            File::open(self.file()).with_context(|| format!("{} cannot be read", self.file().display()))?;
        Ok(Box::new(BufReader::with_capacity(BUFFER_BYTES, file)))
    }

    /// Reads the file to its end before anything is written.
    fn check(&self, progress: &mut Progress) -> anyhow::Result<Option<Checked>> {
        if self.is_stdin() {
            eprintln!("portcullis: stdin is read once: what stands before a fault in it is imported");
            return Ok(None);
        }
        progress.begin("checking", None);
        let checked = Checked::read(self.open()?, |counts| progress.at(counts.total()));
        checked.map(Some).map_err(|error| self.refused(error))
    }

    fn refused(&self, error: FileError) -> anyhow::Error {
        let name = if self.is_stdin() { "stdin".to_owned() } else { self.file().display().to_string() };
        anyhow::Error::from(error).context(format!("{name} is refused"))
    }

    async fn take_in(
        &self,
        settings: &Settings,
        reader: FileReader<Box<dyn BufRead>>,
        keys: Vec<(u64, KeyRecord)>,
        progress: &mut impl FnMut(u64, &Record),
    ) -> anyhow::Result<ImportReport> {
        if self.dry_run {
            let Some(store) = databases::open_to_compare(settings).await? else {
                return self.all_new(reader, keys, progress);
            };
            let outcome = self.fill(&store, Mode::Look, reader, keys, progress).await;
            store.close().await;
            return outcome;
        }
        let store = databases::open_to_add(settings).await?;
        let outcome = self.fill(&store, Mode::Write, reader, keys, progress).await;
        if let Ok(report) = &outcome {
            let new = AuditDetail::told(format_args!("from a file: {} records", report.tally.new.total()));
            record(&store, AuditKind::Imported, new).await;
        }
        store.close().await;
        outcome
    }

    async fn fill(
        &self,
        store: &SqlStore,
        mode: Mode,
        mut reader: FileReader<Box<dyn BufRead>>,
        keys: Vec<(u64, KeyRecord)>,
        progress: &mut impl FnMut(u64, &Record),
    ) -> anyhow::Result<ImportReport> {
        let only_keys: Vec<_> = keys.iter().map(|(_, key)| key.clone()).collect();
        let mut importer = Importer::begin(store, mode, &only_keys).await.map_err(explained)?;
        let mut keys = keys.into_iter().map(|(line, key)| (line, Record::SigningKey(key)));
        let mut count = 0;
        loop {
            let next = match keys.next() {
                Some(key) => Some(key),
                None => reader.next_record().map_err(|error| self.refused(error))?,
            };
            let Some((line, record)) = next else { break };
            count += 1;
            progress(count, &record);
            importer.add(line, record).await.map_err(explained)?;
        }
        importer.finish(reader.next_number()).await.map_err(explained)
    }

    /// What would become of a file whose database is not there yet.
    fn all_new(
        &self,
        mut reader: FileReader<Box<dyn BufRead>>,
        keys: Vec<(u64, KeyRecord)>,
        progress: &mut impl FnMut(u64, &Record),
    ) -> anyhow::Result<ImportReport> {
        let mut report = ImportReport::default();
        let mut note = |record: &Record| {
            report.tally.new.add(record.kind(), 1);
            progress(report.tally.new.total(), record);
        };
        for (_, key) in keys {
            note(&Record::SigningKey(key));
        }
        while let Some((_, record)) = reader.next_record().map_err(|error| self.refused(error))? {
            note(&record);
        }
        Ok(report)
    }
}

fn explained(error: ImportError) -> anyhow::Error {
    let fix = match &error {
        ImportError::OtherKeys => {
            "import into an empty database, or into the one that this file came from; nothing was written"
        }
        ImportError::TooManyConflicts => "see whether DATABASE_URL names the database that is meant",
        ImportError::Store(_) => "see what is wrong with the database, then run the same command again",
    };
    anyhow::Error::from(error).with_fix(fix)
}

/// Refuses keys that the server would not be able to open.
fn check_master_key(settings: &Settings, keys: &[KeyRecord]) -> anyhow::Result<()> {
    if keys.is_empty() {
        return Ok(());
    }
    if let MasterKeySource::FileOrNew(path) = &settings.master_key
        && !path.exists()
    {
        eprintln!(
            "portcullis: there is no master key yet: put the one that belongs to this file at {} before the first start",
            path.display()
        );
        return Ok(());
    }
    let master_key = master_key::obtain(&settings.master_key, &SystemEntropy)?;
    let previous = master_key::previous(settings)?;
    let is_under_previous = || previous.is_some_and(|key| Keyring::unseal(keys, &key).is_ok());
    match Keyring::unseal(keys, &master_key) {
        Ok(_) => Ok(()),
        Err(KeyringError::WrongMasterKey) if is_under_previous() => Ok(()),
        Err(error @ KeyringError::WrongMasterKey) => {
            let fix = "configure the master key of the server that the file came from; nothing was written";
            Err(anyhow::Error::from(error).with_fix(fix))
        }
        Err(error) => Err(anyhow!("the signing keys in the file cannot be used: {error}")),
    }
}
