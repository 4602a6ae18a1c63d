//! `portcullis move`: how does everything get from one database into another, of whatever engine?

use std::io::{self, BufRead, IsTerminal};

use anyhow::anyhow;
use clap::Args;
use portcullis_core::model::{AuditDetail, AuditKind};
use portcullis_store::SqlStore;
use portcullis_store::transfer::{Comparison, Counts, Move, MoveError, MoveReport, Step};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::databases;
use super::export::{counted, told};
use super::failure::WithFix;
use super::output::{print, print_json};
use super::progress::Progress;
use super::record::record;
use crate::config::keys::Declared;
use crate::config::{FlagValue, Settings, keys};
use crate::wiring::name_of;

/// What is true of one database and not of another. How long one may wait for either is not among it.
pub(super) static OF_ONE_DATABASE: &[&Declared] = &[
    &keys::DATABASE_URL.declared,
    &keys::DATABASE_HOST.declared,
    &keys::DATABASE_PORT.declared,
    &keys::DATABASE_USER.declared,
    &keys::DATABASE_PASSWORD.declared,
    &keys::DATABASE_PASSWORD_FILE.declared,
    &keys::DATABASE_NAME.declared,
    &keys::DATABASE_SCHEMA.declared,
    &keys::DATABASE_TLS.declared,
    &keys::DATABASE_TLS_CA.declared,
    &keys::DATABASE_POOLING.declared,
    &keys::DATABASE_DURABILITY.declared,
];
const INTERRUPTED: &str = "run the same command again: it goes on with what is missing";

/// The flags of `portcullis move`.
#[derive(Debug, Args)]
#[command(after_help = "\
Stop the servers first, or run it twice: once beside them, and once more, which takes seconds, when they have stopped. \
Both sides are compared at the end. The database that is moved stays as it is. The master key moves with nobody: the \
new database needs the same one.")]
pub(super) struct MoveTo {
    /// The database to fill, as in `DATABASE_URL`, with its TLS settings; empty, or filled by this command before. `-`
    /// reads the URL from the first line of stdin: the password in an argument is seen by every user of the machine
    #[arg(long, value_name = "URL", value_parser = TargetUrl::parse)]
    to: TargetUrl,
    /// The PostgreSQL schema in it
    #[arg(long, value_name = "NAME")]
    to_schema: Option<String>,
    /// Only tell what would happen
    #[arg(long)]
    dry_run: bool,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

/// A URL with a password in it.
#[derive(Debug, Clone)]
struct TargetUrl(SecretString);

impl TargetUrl {
    /// What the flag says, or stdin. Fails in words, as the command line wants it.
    fn parse(argument: &str) -> Result<Self, String> {
        if argument != "-" {
            return Ok(Self(argument.into()));
        }
        let line = read_line("Target URL: ").map_err(|error| format!("no URL was read: {error}"))?;
        match line.trim() {
            "" => Err("stdin has no URL in its first line".to_owned()),
            url => Ok(Self(url.into())),
        }
    }
}

/// What is typed, unseen, or the first line of stdin.
pub(super) fn read_line(prompt: &str) -> io::Result<Zeroizing<String>> {
    if io::stdin().is_terminal() {
        return rpassword::prompt_password(prompt).map(Zeroizing::new);
    }
    let mut line = Zeroizing::new(String::new());
    io::stdin().lock().read_line(&mut line)?;
    Ok(line)
}

impl MoveTo {
    /// The flags under which the settings are those of the target.
    pub(super) fn target_flags(&self) -> Vec<FlagValue> {
        let url = self.to.0.expose_secret().to_owned();
        let url = FlagValue { flag: "--to", key: &keys::DATABASE_URL.declared, text: url };
        let schema = self.to_schema.clone().map(|text| FlagValue {
            flag: "--to-schema",
            key: &keys::DATABASE_SCHEMA.declared,
            text,
        });
        [url].into_iter().chain(schema).collect()
    }

    /// Moves.
    pub(super) async fn run(self, settings: &Settings, target: &Settings) -> anyhow::Result<()> {
        let source = databases::open_filled(settings).await?;
        let outcome = Box::pin(self.with_source(&source, target)).await;
        source.close().await;
        outcome
    }

    async fn with_source(&self, source: &SqlStore, settings: &Settings) -> anyhow::Result<()> {
        if !self.dry_run {
            let target = databases::open_or_make(settings).await?;
            let moved =
                databases::unless_interrupted(self.fill(source, &target, settings), INTERRUPTED).await;
            target.close().await;
            return self.report(&moved?, settings);
        }
        let compared = match databases::open_if_there(settings).await? {
            None => Comparison { new: self.count(source).await?, ..Comparison::default() },
            Some(target) => {
                let compared =
                    databases::unless_interrupted(self.compare(source, &target), INTERRUPTED).await;
                target.close().await;
                compared?
            }
        };
        self.forecast(&compared)
    }

    async fn fill(
        &self,
        source: &SqlStore,
        target: &SqlStore,
        settings: &Settings,
    ) -> anyhow::Result<MoveReport> {
        let mut steps = Steps::new(self.json);
        let mut step = |step, count| steps.at(step, count);
        let moving = Move::begin(source, target, &mut step).await.map_err(explained)?;
        // Before it is read, so that the target has it too.
        let to = AuditDetail::told(format_args!("everything, into {}", name_of(&settings.database.options)));
        record(source, AuditKind::Exported, to).await;
        moving.run(&mut step).await.map_err(explained)
    }

    async fn compare(&self, source: &SqlStore, target: &SqlStore) -> anyhow::Result<Comparison> {
        let mut steps = Steps::new(self.json);
        let mut step = |step, count| steps.at(step, count);
        let moving = Move::begin(source, target, &mut step).await.map_err(explained)?;
        moving.compare(&mut step).await.map_err(explained)
    }

    /// What there is to move into a database that is not there yet.
    async fn count(&self, source: &SqlStore) -> anyhow::Result<Counts> {
        let (mut counts, mut steps) = (Counts::default(), Steps::new(self.json));
        let mut snapshot = source.snapshot().await?;
        while let Some(record) = snapshot.next().await? {
            counts.add(record.kind(), 1);
            steps.at(Step::Comparing, counts.total());
        }
        snapshot.close().await;
        Ok(counts)
    }

    fn forecast(&self, compared: &Comparison) -> anyhow::Result<()> {
        if self.json {
            return print_json(&json!({ "dry_run": true, "differences": differences(compared) }));
        }
        print(format!(
            "there already: {}\nto be added:   {}\nto be changed: {}\nto be removed: {}\n",
            told(&compared.same),
            told(&compared.new),
            told(&compared.changed),
            told(&compared.gone)
        ))
    }

    fn report(&self, report: &MoveReport, settings: &Settings) -> anyhow::Result<()> {
        let target = name_of(&settings.database.options);
        if self.json {
            print_json(&json!({
                "dry_run": false,
                "records": counted(&report.counts),
                "sha256": report.sha256,
                "is_faithful": report.is_faithful,
                "changed_since": differences(&report.since),
            }))?;
        } else {
            let counts = told(&report.counts);
            print(format!("{target} holds {counts}\nSHA-256 of the records: {}\n", report.sha256))?;
        }
        let left = report.since.differences();
        let again = "stop all servers that use either database, then run the same command again: \
                     it brings over what has changed";
        if left > 0 {
            let what = if report.is_faithful {
                anyhow!("{left} records of the source have changed since they were copied")
            } else {
                anyhow!("{left} records differ: both databases were written to meanwhile, or one of them")
            };
            return Err(what.with_fix(again));
        }
        if self.json {
            return Ok(());
        }
        print(
            "Both sides were compared and are the same. Start the servers with the new database and the same master \
             key; keep the old database until they run.\n",
        )
    }
}

/// Tells which step is going on.
struct Steps {
    progress: Progress,
    now: Option<Step>,
}

impl Steps {
    fn new(as_json: bool) -> Self {
        Self { progress: Progress::new(as_json), now: None }
    }

    fn at(&mut self, step: Step, count: u64) {
        if self.now != Some(step) {
            let what = match step {
                Step::Checking => "looking whether the target is as it was left",
                Step::Comparing => "comparing",
                Step::Copying => "copying",
                Step::Verifying => "comparing both sides",
            };
            self.progress.begin(what, None);
            self.now = Some(step);
        }
        self.progress.at(count);
    }
}

fn differences(compared: &Comparison) -> Value {
    json!({
        "same": counted(&compared.same),
        "new": counted(&compared.new),
        "changed": counted(&compared.changed),
        "gone": counted(&compared.gone),
    })
}

fn explained(error: MoveError) -> anyhow::Error {
    let fix = match &error {
        MoveError::Used { .. } => "name an empty database; nothing was written",
        MoveError::Joined => {
            "stop the servers on the target, and name an empty database; the one that is moved is as it was"
        }
        MoveError::Import(_) => "stop all servers that use either database, then run the same command again",
        MoveError::Store(_) => "see what is wrong with the databases, then run the same command again",
    };
    anyhow::Error::from(error).with_fix(fix)
}
