//! `portcullis audit`: what happened, and is the log of it what it was?

mod shown;

use std::path::PathBuf;

use anyhow::anyhow;
use clap::{Args, Subcommand};
use portcullis_core::flows::administer::Administrator;
use portcullis_core::flows::audit::KnownElsewhere;
use portcullis_core::model::audit::{Found, NotedSeal, NotedSealError};
use portcullis_core::model::page::MAX_PAGE_ITEMS;
use portcullis_core::model::{AuditKind, AuditOutcome, PageRequest, Timestamp};
use portcullis_core::policy::audit_chain::AuditReport;
use portcullis_core::ports::Clock;
use portcullis_core::ports::audit_store::AuditFilter;
use serde_json::json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

pub(crate) use self::shown::entry;
use super::account;
use super::failure::WithFix;
use super::opened::Opened;
use super::output::{print, print_json};
use super::progress::Progress;
use crate::config::Settings;
use crate::config::value::{Span, Value};
use crate::wiring::{SystemClock, master_key};

/// The commands of `portcullis audit`.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Show what happened, newest first; with --after in the order of the seals
    List(List),
    /// Check that nobody has changed the log, and print the seal of its end
    Verify(Verify),
    /// Remove the entries whose time is over (servers do so every hour)
    Prune(Prune),
}

#[derive(Debug, Args)]
pub(super) struct List {
    /// Only what happened to this account: id, email address or username
    #[arg(long)]
    account: Option<String>,
    /// Only this kind of entry; may be given several times
    #[arg(long, value_parser = kind)]
    kind: Vec<AuditKind>,
    /// Only `success` or only `failure`
    #[arg(long, value_parser = outcome)]
    outcome: Option<AuditOutcome>,
    /// Only what happened then or later: a time (RFC 3339), or how long ago, such as 24h or 30d
    #[arg(long, value_name = "TIME", value_parser = moment)]
    since: Option<Timestamp>,
    /// Only what happened before
    #[arg(long, value_name = "TIME", value_parser = moment)]
    until: Option<Timestamp>,
    /// What was sealed after the entry with this number, oldest first, each with its number: whoever goes on after the last
    /// one gets every entry once. 0 is the beginning
    #[arg(
        long,
        value_name = "NUMBER",
        value_parser = clap::value_parser!(i64).range(0..),
        conflicts_with_all = ["account", "kind", "outcome", "since", "until"]
    )]
    after: Option<i64>,
    /// At most so many
    #[arg(long, value_name = "NUMBER")]
    limit: Option<u64>,
    /// Answer in JSON, an entry a line
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
The exit code is 1 when an entry or a seal was changed or removed. What the last seconds brought may have no seal yet, which \
is no fault. Note the printed head outside of this machine from time to time, and check it with --head: nothing inside can \
tell that the end of the log, or all of it, was cut off.")]
pub(super) struct Verify {
    /// Check that the log has this seal, which was printed as head earlier
    #[arg(long, value_name = "NUMBER:HEX", value_parser = |text: &str| -> Result<NotedSeal, NotedSealError> { text.parse() })]
    head: Option<NotedSeal>,
    /// A file with a master key that was in use before; the oldest first when there are several. That in
    /// `master_key_previous` is known anyway
    #[arg(long, value_name = "FILE")]
    old_master_key_file: Vec<PathBuf>,
    /// Do not fail because of entries that came in late, as by an import
    #[arg(long)]
    allow_late: bool,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct Prune {
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

fn kind(word: &str) -> Result<AuditKind, String> {
    AuditKind::parse(word).ok_or_else(|| {
        let words: Vec<_> = AuditKind::ALL.iter().map(AuditKind::as_str).collect();
        format!("the kinds are {}", words.join(", "))
    })
}

fn outcome(word: &str) -> Result<AuditOutcome, String> {
    AuditOutcome::parse(word).ok_or_else(|| "the outcomes are success and failure".to_owned())
}

/// A time, or how long ago.
fn moment(text: &str) -> Result<Timestamp, String> {
    if let Ok(time) = OffsetDateTime::parse(text, &Rfc3339) {
        let millis = time.unix_timestamp_nanos().div_euclid(1_000_000);
        return i64::try_from(millis).map(Timestamp::from_millis).map_err(|error| error.to_string());
    }
    match Span::<0, { u64::MAX }>::parse(text) {
        Ok(span) => Ok(SystemClock.now().minus(span.get())),
        Err(_) => Err("write it as 2026-01-31T22:00:00Z, or as 24h for a day ago".to_owned()),
    }
}

impl Command {
    /// Does it.
    pub(super) async fn run(self, settings: &Settings) -> anyhow::Result<()> {
        let opened = Opened::open(settings).await?;
        match self {
            Self::List(list) => list.run(&opened).await,
            Self::Verify(verify) => verify.run(&opened).await,
            Self::Prune(prune) => prune.run(settings, &opened).await,
        }
    }
}

impl List {
    async fn run(self, opened: &Opened) -> anyhow::Result<()> {
        let operator = Administrator::operator();
        if let Some(after) = self.after {
            return self.show_sealed(opened, &operator, after).await;
        }
        let account_id = match &self.account {
            Some(text) => Some(account::find(&opened.auth, &operator, text).await?),
            None => None,
        };
        let Some(kinds) = self.kinds() else { return Ok(()) };
        let filter = AuditFilter { account_id, kinds, since: self.since, until: self.until };
        let mut left = self.limit.unwrap_or(u64::MAX);
        let mut after = None;
        while left > 0 {
            let limit = u32::try_from(left).unwrap_or(u32::MAX).min(MAX_PAGE_ITEMS);
            let page =
                opened.auth.list_audit_events(&operator, &filter, PageRequest { after, limit }).await?;
            left = left.saturating_sub(page.items.len() as u64);
            print(shown::lines(&page.items, self.json)?)?;
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        Ok(())
    }

    async fn show_sealed(
        &self,
        opened: &Opened,
        operator: &Administrator,
        mut after: i64,
    ) -> anyhow::Result<()> {
        let mut left = self.limit.unwrap_or(u64::MAX);
        while left > 0 {
            let mut page = opened.auth.list_sealed_audit_entries(operator, after).await?;
            page.truncate(usize::try_from(left).unwrap_or(usize::MAX));
            left -= page.len() as u64;
            match page.last() {
                Some(last) => after = last.seal.seq,
                None => break,
            }
            if page.iter().any(|sealed| sealed.found == Found::Unreadable) {
                eprintln!(
                    "portcullis: an entry cannot be read and is left out: see `portcullis audit verify`"
                );
            }
            print(shown::sealed_lines(&page, self.json)?)?;
        }
        Ok(())
    }

    /// The kinds that are asked for, all when there are none; `None` when no kind fits.
    fn kinds(&self) -> Option<Vec<AuditKind>> {
        let Some(outcome) = self.outcome else { return Some(self.kind.clone()) };
        let asked = if self.kind.is_empty() { AuditKind::ALL } else { &self.kind };
        let kinds: Vec<_> = asked.iter().copied().filter(|kind| kind.outcome() == outcome).collect();
        (!kinds.is_empty()).then_some(kinds)
    }
}

impl Verify {
    async fn run(self, opened: &Opened) -> anyhow::Result<()> {
        let known = KnownElsewhere {
            noted: self.head.clone(),
            earlier_master_keys: self
                .old_master_key_file
                .iter()
                .map(|path| master_key::read(path))
                .collect::<anyhow::Result<_>>()?,
        };
        let mut progress = Progress::new(self.json);
        progress.begin("verifying", None);
        let mut at = |count| progress.at(count);
        let report = opened.auth.verify_audit_log(&known, &mut at).await?;
        drop(progress);
        if self.json {
            print_json(&shown::report_for_scripts(&report))?;
        } else {
            print(shown::report_for_people(&report))?;
        }
        self.judge(&report)
    }

    fn judge(&self, report: &AuditReport) -> anyhow::Result<()> {
        if report.fault_count > 0 {
            let faults = if report.fault_count == 1 { "fault" } else { "faults" };
            let what = anyhow!("the audit log is not what it was: {} {faults}", report.fault_count);
            return Err(what.with_fix(
                "keep a copy of the database as it is, see who can write to it, and compare the log with a backup or with \
                 what was exported",
            ));
        }
        if report.late.count > 0 && !self.allow_late {
            let what = anyhow!("entries came in more than an hour after their time");
            return Err(what.with_fix(
                "an import does that, and so does somebody who writes into the table: if it was you, add --allow-late",
            ));
        }
        Ok(())
    }
}

impl Prune {
    async fn run(self, settings: &Settings, opened: &Opened) -> anyhow::Result<()> {
        let gone = match settings.audit.retention {
            Some(retention) => opened.auth.prune_audit_log(retention).await?,
            None => 0,
        };
        if self.json {
            return print_json(&json!({ "removed": gone }));
        }
        print(format!("removed {gone} entries\n"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_moment_is_a_time_or_how_long_ago() {
        assert_eq!(moment("2023-11-14T22:13:20Z"), Ok(Timestamp::from_millis(1_700_000_000_000)));
        let day_ago = SystemClock.now().minus(std::time::Duration::from_hours(24));
        let difference = moment("24h").unwrap().since(day_ago);
        assert!(difference.as_secs() < 60, "{difference:?}");
        assert!(moment("yesterday").unwrap_err().contains("write it as"));
        assert!(kind("login").unwrap_err().contains("login_failed"));
    }
}
