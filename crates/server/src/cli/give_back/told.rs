//! What does an export to an older backend tell about what became of the accounts?

use std::fmt::Write;

use portcullis_store::takeover::{Finding, Format, GiveBack, GiveBackReport, RowName};
use portcullis_store::transfer::Mode;
use serde_json::{Map, Value, json};

use super::target::Target;
use crate::cli::output::{print, print_json};

/// What became of the accounts, and of which.
pub(super) struct Told<'t> {
    pub(super) report: &'t GiveBackReport,
    pub(super) plan: &'t GiveBack,
    pub(super) target: &'t Target,
}

impl Told<'_> {
    /// Prints it: on stderr when the accounts themselves went to stdout.
    pub(super) fn show(&self, as_json: bool) -> anyhow::Result<()> {
        if as_json {
            return print_json(&self.for_scripts());
        }
        let text = self.for_people();
        if matches!(self.target, Target::Stdout { .. }) && !self.is_dry_run() {
            eprint!("{text}");
            return Ok(());
        }
        print(text)
    }

    fn is_dry_run(&self) -> bool {
        self.plan.mode == Mode::Look
    }

    fn for_scripts(&self) -> Value {
        let report = self.report;
        let findings = report.findings.iter().map(|(finding, noted)| {
            let ids: Vec<_> = noted.first.iter().filter_map(|row| row.id.clone()).collect();
            let told = json!({ "count": noted.count, "failed": finding.is_failure(), "ids": ids });
            (finding.as_str().to_owned(), told)
        });
        let columns = report.described.read.iter();
        let columns = columns.map(|(field, column)| (field.to_string(), column.as_str().into()));
        json!({
            "dry_run": self.is_dry_run(),
            "shape": self.plan.shape.name,
            "target": self.target.name(),
            "accounts": report.accounts,
            "inserted": report.inserted,
            "updated": report.updated,
            "unchanged": report.unchanged,
            "deleted": report.deleted,
            "not_given_back": report.not_given_back(),
            "findings": findings.collect::<Map<_, _>>(),
            "database_codes": report.codes,
            "columns": columns.collect::<Map<_, _>>(),
            "left_alone": report.described.passed_over,
            "warnings": self.warnings(),
        })
    }

    fn for_people(&self) -> String {
        let report = self.report;
        let mut text = String::new();
        // Writing to a text cannot fail.
        let mut say = |line: String| {
            let _ = writeln!(text, "{line}");
        };
        let shape = self.plan.shape.name;
        say(format!("{}: {} accounts in the shape {shape}", self.target.name(), report.accounts));
        let columns = report.described.read.iter();
        let columns: Vec<_> = columns.map(|(field, column)| format!("{field} → {column}")).collect();
        say(format!("columns:    {}", columns.join(", ")));
        if !report.described.passed_over.is_empty() {
            say(format!("left alone: {}", report.described.passed_over.join(", ")));
        }
        let would = if self.is_dry_run() { "would be " } else { "" };
        say(match self.target {
            Target::Database { .. } => format!(
                "rows:       {} {would}added, {} {would}changed, {} as they should be, {} {would}deleted",
                report.inserted, report.updated, report.unchanged, report.deleted
            ),
            Target::File { .. } | Target::Stdout { .. } => {
                format!("accounts:   {} {would}written", report.inserted)
            }
        });
        for (finding, noted) in &report.findings {
            let named: Vec<_> = noted.first.iter().map(RowName::to_string).collect();
            let more = if noted.count > named.len() as u64 { ", …" } else { "" };
            say(format!("{}: {finding}: id {}{more}", noted.count, named.join(", ")));
        }
        if !report.codes.is_empty() {
            let codes: Vec<_> = report.codes.iter().map(String::as_str).collect();
            say(format!("codes of the database: {}", codes.join(", ")));
        }
        for warning in self.warnings() {
            say(format!("note:       {warning}"));
        }
        text
    }

    fn warnings(&self) -> Vec<String> {
        let report = self.report;
        let mut warnings = vec![
            "sessions and refresh tokens stay here: an access token is good at the older backend until it expires, and \
             a refresh token as far as that backend keeps none of its own"
                .to_owned(),
        ];
        if report.numbers_may_repeat {
            warnings.push(
                "the table does not remember which numbers were given: the older backend may give one again that an \
                 account here has had (make the column AUTOINCREMENT, or allow ALTER on the table)"
                    .to_owned(),
            );
        }
        if report.count(Finding::DisabledLocked) > 0 {
            warnings.push(
                "disabled accounts cannot log in any more at the older backend, but their access tokens are good there \
                 until they expire; to enable one, set a new password there"
                    .to_owned(),
            );
        }
        match self.target {
            Target::Database { .. } => {}
            Target::File { format: Format::Json, .. } | Target::Stdout { format: Format::Json }
                if self.plan.shape.name == "mongoose" =>
            {
                warnings.push(
                    "take it in with `mongoimport --mode=merge --collection=users --file=…`, which leaves other fields \
                     alone; accounts that were deleted here are not in it, and stay in the collection"
                        .to_owned(),
                );
            }
            Target::File { .. } | Target::Stdout { .. } => {
                warnings.push(
                    "accounts that were deleted here are not in it; what it is merged into keeps them"
                        .to_owned(),
                );
            }
        }
        if matches!(self.target, Target::File { .. }) && !self.is_dry_run() {
            warnings.push("the file holds password hashes: it is as secret as the database".to_owned());
        }
        warnings
    }
}
