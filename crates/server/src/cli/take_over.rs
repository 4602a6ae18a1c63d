//! `portcullis import --from`: how do the accounts of an older backend get into a database?

pub(super) mod from;
pub(super) mod mapping;
mod told;

use std::path::{Path, PathBuf};

use anyhow::anyhow;
use clap::{Args, ValueEnum};
use portcullis_core::model::{AuditDetail, AuditKind, Timestamp};
use portcullis_core::ports::Clock;
use portcullis_store::SqlStore;
use portcullis_store::takeover::shape::{ALL, Field, Shape};
use portcullis_store::takeover::{
    Format, Plan, Source, Step, TableName, TakeoverError, TakeoverReport, WithoutPassword, take_over,
};
use portcullis_store::transfer::Mode;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use self::told::Told;
use super::databases;
use super::failure::WithFix;
use super::progress::Progress;
use super::record::record;
use crate::config::{FlagValue, Settings};
use crate::wiring::SystemClock;

const INTERRUPTED: &str = "run the same command again: what is there already is passed over";

/// The flags that go with `--from`.
#[derive(Debug, Args)]
#[command(next_help_heading = "Accounts of an older backend")]
pub(super) struct TakeOver {
    /// Take over the accounts of an older backend that keeps them in this shape: sequelize-users, api-session,
    /// users-cookies, mongoose, username-password, or the name of its contract (bearer-pair, auth-router,
    /// bearer-single). SOURCE is a URL (`mysql:`, `postgres:` with `?schema=`, `sqlite:PATH`), a JSON file of `mongoexport`
    /// or a CSV file. `-` takes the URL from `PORTCULLIS_IMPORT_URL` or the first line of stdin, where nobody sees its
    /// password; with --format it is the file itself that comes on stdin. Without SOURCE it is the URL in
    /// `PORTCULLIS_IMPORT_URL`, else the configured database, beside whose tables those of the older backend may stand
    #[arg(long, value_name = "SHAPE", value_parser = shape)]
    pub(super) from: Option<&'static Shape>,
    /// The field stands in this column; in none, when nothing follows the `=`. Fields: `id`, `email`,
    /// `username`, `name`, `bio`, `contact`, `password`, `role`, `created_at`, `updated_at`, `disabled`, `refresh_token`
    #[arg(long, value_name = "FIELD=COLUMN", requires = "from", value_parser = mapping::entry)]
    map: Vec<(Field, Option<String>)>,
    /// A TOML file that says the same: `table = "…"` and a section `[columns]`
    #[arg(long, value_name = "FILE.toml", requires = "from")]
    mapping: Option<PathBuf>,
    /// The table, when it is not that of the shape; `schema.table` on PostgreSQL
    #[arg(long, value_name = "NAME", requires = "from", value_parser = table)]
    table: Option<TableName>,
    /// What is in the file, when its name does not end in .json, .jsonl, .ndjson or .csv
    #[arg(long, requires = "from")]
    format: Option<FileFormat>,
    /// Tokens that the older backend issues until then are believed (RFC 3339, or `now`)
    #[arg(long, value_name = "TIME", requires = "from", default_value = "now", value_parser = CutOver::parse)]
    cut_over: CutOver,
    /// Whether an account without a password comes without one, or does not come
    #[arg(long, requires = "from", value_name = "WHAT", default_value = "refuse")]
    without_password: NoPassword,
    /// Answer with exit code 0 also when some rows cannot come
    #[arg(long, requires = "from")]
    allow_missing: bool,
}

/// What is in a file.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum FileFormat {
    Json,
    Csv,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum NoPassword {
    Refuse,
    Keep,
}

/// When the older backend stops.
#[derive(Debug, Clone, Copy)]
enum CutOver {
    Now,
    At(Timestamp),
}

impl CutOver {
    fn parse(text: &str) -> Result<Self, String> {
        if text == "now" {
            return Ok(Self::Now);
        }
        let time = OffsetDateTime::parse(text, &Rfc3339)
            .map_err(|_| "write it as 2025-01-31T22:00:00Z, or `now`".to_owned())?;
        let millis =
            i64::try_from(time.unix_timestamp_nanos() / 1_000_000).map_err(|error| error.to_string())?;
        Ok(Self::At(Timestamp::from_millis(millis)))
    }
}

pub(super) fn shape(name: &str) -> Result<&'static Shape, String> {
    Shape::named(name).ok_or_else(|| {
        let names =
            ALL.iter().flat_map(|shape| [shape.name].into_iter().chain(shape.aliases.iter().copied()));
        format!("known are {}", names.collect::<Vec<_>>().join(", "))
    })
}

pub(super) fn table(name: &str) -> Result<TableName, String> {
    TableName::parse(name).ok_or_else(|| "write `table` or `schema.table`".to_owned())
}

impl From<FileFormat> for Format {
    fn from(format: FileFormat) -> Self {
        match format {
            FileFormat::Json => Self::Json,
            FileFormat::Csv => Self::Csv,
        }
    }
}

/// How the command behaves.
#[derive(Debug, Clone, Copy)]
pub(super) struct Manner {
    /// Nothing is written.
    pub(super) dry_run: bool,
    /// The answer is JSON.
    pub(super) json: bool,
}

impl TakeOver {
    /// The flags under which the settings are those of the database to read; `None` when it is a file, or the
    /// configured database itself.
    pub(super) fn source_flags(&self, source: Option<&Path>) -> anyhow::Result<Option<Vec<FlagValue>>> {
        if self.from.is_none() {
            return Ok(None);
        }
        from::database_flags(source, self.format.is_some())
    }

    /// Takes over. The settings are ours, and those of the database to read if it is one.
    pub(super) async fn run(
        &self,
        shape: &'static Shape,
        source: Option<&Path>,
        manner: Manner,
        (settings, of_source): (&Settings, Option<&Settings>),
    ) -> anyhow::Result<()> {
        let mapped = mapping::read(self.mapping.as_deref(), &self.map)?;
        let table = self.table.clone().or(mapped.table);
        let from = from::source(source, self.format.map(Format::from), table, (settings, of_source))?;
        let now = SystemClock.now();
        let cut_over = match self.cut_over {
            CutOver::Now => now,
            CutOver::At(time) => time,
        };
        let without_password = match self.without_password {
            NoPassword::Refuse => WithoutPassword::Refuse,
            NoPassword::Keep => WithoutPassword::Keep,
        };
        let plan = Plan { shape, mapping: mapped.mapping, cut_over, now, without_password };
        let mut progress = Progress::new(manner.json);
        let work = take_in(settings, &from.source, &plan, manner, &mut progress);
        let report = Box::pin(databases::unless_interrupted(work, INTERRUPTED)).await?;
        drop(progress);
        let told = Told { report: &report, plan: &plan, source: &from.name, dry_run: manner.dry_run };
        told.show(manner.json)?;
        let refused = report.refused_total();
        if refused == 0 || self.allow_missing {
            return Ok(());
        }
        let what = if manner.dry_run {
            anyhow!("{refused} of {} rows would not come", report.rows)
        } else {
            anyhow!("{refused} of {} rows did not come", report.rows)
        };
        Err(what.with_fix(
            "mend them in the source and run the same command again, or accept it with --allow-missing",
        ))
    }
}

async fn take_in(
    settings: &Settings,
    source: &Source,
    plan: &Plan,
    manner: Manner,
    progress: &mut Progress,
) -> anyhow::Result<TakeoverReport> {
    let mut step = None;
    let mut at = |now: Step, count: u64| {
        if step != Some(now) {
            step = Some(now);
            progress.begin(
                match (now, manner.dry_run) {
                    (Step::Checking, _) => "checking",
                    (Step::TakingOver, true) => "comparing",
                    (Step::TakingOver, false) => "importing",
                },
                None,
            );
        }
        progress.at(count);
    };
    if manner.dry_run {
        let Some(store) = databases::open_to_compare(settings).await? else {
            return take_over(None, Mode::Look, source, plan, &mut at).await.map_err(explained);
        };
        let outcome = take_over(Some(&store), Mode::Look, source, plan, &mut at).await;
        store.close().await;
        return outcome.map_err(explained);
    }
    // A source that cannot be read at all leaves no empty database behind.
    from::check(source)?;
    let store: std::sync::Arc<SqlStore> = databases::open_to_add(settings).await?;
    let outcome = take_over(Some(&store), Mode::Write, source, plan, &mut at).await;
    if outcome.is_ok() {
        let from = AuditDetail::told(format_args!("accounts of an older backend ({})", plan.shape.name));
        record(&store, AuditKind::Imported, from).await;
    }
    store.close().await;
    outcome.map_err(explained)
}

fn explained(error: TakeoverError) -> anyhow::Error {
    let fix = error.fix().to_owned();
    anyhow::Error::from(error).with_fix(fix)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_cut_over_is_now_or_a_time() {
        let parsed = |text| match CutOver::parse(text) {
            Ok(CutOver::Now) => "now".to_owned(),
            Ok(CutOver::At(time)) => time.to_string(),
            Err(error) => error,
        };
        assert_eq!(parsed("now"), "now");
        assert_eq!(parsed("2023-11-14T22:13:20Z"), "1700000000000");
        assert_eq!(parsed("2023-11-15T00:13:20.5+02:00"), "1700000000500");
        assert!(parsed("tomorrow").contains("write it as"));
    }

    #[test]
    fn the_help_names_every_shape_and_every_field() {
        let help = <TakeOver as clap::Args>::augment_args(clap::Command::new("import")).render_long_help();
        let help = help.to_string();
        for shape in ALL {
            assert!(help.contains(shape.name), "{}", shape.name);
            assert!(shape.aliases.iter().all(|alias| help.contains(alias)), "{}", shape.name);
        }
        for field in Field::ALL {
            assert!(help.contains(field.as_str()), "{field}");
        }
    }
}
