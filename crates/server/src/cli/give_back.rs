//! `portcullis export --to`: how do the accounts get back to an older backend?
//!
//! A database is named by a URL and reached as ours is. A file has its name only when it is whole.

mod target;
mod told;

use std::io::{self, BufWriter, ErrorKind};
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use clap::Args;
use portcullis_core::model::{AuditDetail, AuditKind};
use portcullis_store::SqlStore;
use portcullis_store::takeover::shape::{Field, Shape};
use portcullis_store::takeover::{
    GiveBack, GiveBackReport, GiveBackStep, MissingRows, TableName, TakeoverError, give_back, write_out,
};
use portcullis_store::transfer::Mode;

use self::target::Target;
use self::told::Told;
use super::databases;
use super::export::Unfinished;
use super::failure::{WithFix, WrongUsage};
use super::progress::Progress;
use super::record::record;
use super::take_over::{self, FileFormat, mapping};
use crate::config::{FlagValue, Settings};

const INTERRUPTED: &str = "run the same command again: what is there already is passed over";

/// The flags that go with `--to`.
#[derive(Debug, Args)]
#[command(next_help_heading = "Accounts for an older backend")]
pub(super) struct GiveBackTo {
    /// Give the accounts back to an older backend that keeps them in this shape (those of `portcullis import --from`)
    #[arg(long, value_name = "SHAPE", value_parser = take_over::shape)]
    to: Option<&'static Shape>,
    /// Where to: a URL (`mysql:`, `postgres:` with `?schema=`, `sqlite:PATH`) of a database that has the table, or a new
    /// .csv, .json or .jsonl file. `-` takes the URL from `PORTCULLIS_EXPORT_URL`, where nobody sees its password; when
    /// that is not set, it is stdout, and needs `--format`. Without TARGET it is the URL in `PORTCULLIS_EXPORT_URL`, else the configured
    /// database, beside whose tables those of the older backend may stand
    #[arg(value_name = "TARGET", requires = "to")]
    target: Option<PathBuf>,
    /// The field stands in this column; in none, when nothing follows the `=`
    #[arg(long, value_name = "FIELD=COLUMN", requires = "to", value_parser = mapping::entry)]
    map: Vec<(Field, Option<String>)>,
    /// A TOML file that says the same: `table = "…"` and a section `[columns]`
    #[arg(long, value_name = "FILE.toml", requires = "to")]
    mapping: Option<PathBuf>,
    /// The table, when it is not that of the shape; `schema.table` on PostgreSQL
    #[arg(long, value_name = "NAME", requires = "to", value_parser = take_over::table)]
    table: Option<TableName>,
    /// What the file shall be, when its name does not end in .json, .jsonl, .ndjson or .csv
    #[arg(long, requires = "to")]
    format: Option<FileFormat>,
    /// Delete the rows that have no account here, also those that never came
    #[arg(long, requires = "to")]
    delete_missing: bool,
    /// Only tell what would happen
    #[arg(long, requires = "to")]
    dry_run: bool,
    /// Answer with exit code 0 also when some accounts cannot be given back
    #[arg(long, requires = "to")]
    allow_missing: bool,
}

impl GiveBackTo {
    /// The shape, if accounts are to be given back.
    pub(super) const fn shape(&self) -> Option<&'static Shape> {
        self.to
    }

    /// The flags under which the settings are those of the database to write to; `None` when it is a file, or the
    /// configured database itself.
    pub(super) fn target_flags(&self) -> anyhow::Result<Option<Vec<FlagValue>>> {
        if self.to.is_none() {
            return Ok(None);
        }
        target::database_flags(self.target.as_deref())
    }

    /// Gives back. The settings are ours, and those of the database to write to if it is another one.
    pub(super) async fn run(
        &self,
        shape: &'static Shape,
        as_json: bool,
        (settings, of_target): (&Settings, Option<&Settings>),
    ) -> anyhow::Result<()> {
        let mapped = mapping::read(self.mapping.as_deref(), &self.map)?;
        let table = self.table.clone().or(mapped.table);
        let target =
            Target::find(self.target.as_deref(), self.format.map(Into::into), table, (settings, of_target))?;
        let plan = GiveBack {
            shape,
            mapping: mapped.mapping,
            mode: if self.dry_run { Mode::Look } else { Mode::Write },
            missing: if self.delete_missing { MissingRows::Delete } else { MissingRows::Keep },
        };
        self.check(&target, as_json)?;
        let store = databases::open_filled(settings).await?;
        if !self.dry_run {
            let to = AuditDetail::told(format_args!("accounts for an older backend ({})", shape.name));
            record(&store, AuditKind::Exported, to).await;
        }
        let mut progress = Progress::new(as_json);
        let work = self.give(&store, &target, &plan, &mut progress);
        let report = Box::pin(databases::unless_interrupted(work, INTERRUPTED)).await;
        store.close().await;
        drop(progress);
        self.answer(&report?, &target, &plan, as_json)
    }

    /// Refuses what cannot be meant, before anything is opened.
    fn check(&self, target: &Target, as_json: bool) -> anyhow::Result<()> {
        match target {
            Target::Database { .. } => Ok(()),
            _ if self.delete_missing => {
                let what = "a file has no rows to delete: leave --delete-missing out".to_owned();
                Err(WrongUsage(what).into())
            }
            Target::Stdout { .. } if as_json && !self.dry_run => {
                let what = "--json and the accounts would both go to stdout: name a file, or set PORTCULLIS_EXPORT_URL";
                Err(WrongUsage(what.to_owned()).into())
            }
            Target::File { path, .. } if path.symlink_metadata().is_ok() && !self.dry_run => {
                Err(is_there(path))
            }
            Target::Stdout { .. } | Target::File { .. } => Ok(()),
        }
    }

    async fn give(
        &self,
        store: &SqlStore,
        target: &Target,
        plan: &GiveBack,
        progress: &mut Progress,
    ) -> anyhow::Result<GiveBackReport> {
        let mut step = None;
        let at = |now: GiveBackStep, count: u64| {
            if step != Some(now) {
                step = Some(now);
                progress.begin(
                    match now {
                        GiveBackStep::Comparing => "comparing",
                        GiveBackStep::Giving => "exporting",
                    },
                    None,
                );
            }
            progress.at(count);
        };
        match target {
            Target::Database { options, table, .. } => {
                give_back(store, (options, table.as_ref()), plan, at).await.map_err(explained)
            }
            Target::File { format, .. } | Target::Stdout { format } if self.dry_run => {
                write_out(store, (io::sink(), *format), plan, at).await.map_err(explained)
            }
            Target::Stdout { format } => {
                let out = BufWriter::new(io::stdout());
                write_out(store, (out, *format), plan, at).await.map_err(explained)
            }
            Target::File { path, format } => {
                let failed = || format!("{} cannot be written", path.display());
                let unfinished = Unfinished::create(path).with_context(failed)?;
                let report =
                    write_out(store, (unfinished.writer(), *format), plan, at).await.map_err(explained)?;
                match unfinished.keep(path) {
                    Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(is_there(path)),
                    kept => kept.with_context(failed).map(|()| report),
                }
            }
        }
    }

    fn answer(
        &self,
        report: &GiveBackReport,
        target: &Target,
        plan: &GiveBack,
        as_json: bool,
    ) -> anyhow::Result<()> {
        let told = Told { report, plan, target };
        told.show(as_json)?;
        let missing = report.not_given_back();
        if missing == 0 || self.allow_missing {
            return Ok(());
        }
        let verb = if self.dry_run { "would not be" } else { "were not" };
        let what = anyhow!("{missing} of {} accounts {verb} given back", report.accounts);
        Err(what.with_fix(
            "mend what is told above and run the same command again, or accept it with --allow-missing",
        ))
    }
}

fn is_there(path: &Path) -> anyhow::Error {
    anyhow!("{} is there already", path.display()).with_fix("name another file, or take that one away first")
}

fn explained(error: TakeoverError) -> anyhow::Error {
    let fix = error.fix().to_owned();
    anyhow::Error::from(error).with_fix(fix)
}
