//! What does an import from an older backend tell about what became of its rows?

use std::fmt::Write;

use portcullis_store::takeover::{Plan, Reason, RowName, TakeoverReport};
use serde_json::{Map, Value, json};

use crate::cli::output::{print, print_json, time_of};

/// A cut-over so much later is most likely a slip of the pen.
const FAR_AHEAD_MILLIS: i64 = 31 * 86_400_000;

/// What became of the rows, and of which.
pub(super) struct Told<'t> {
    pub(super) report: &'t TakeoverReport,
    pub(super) plan: &'t Plan,
    pub(super) source: &'t str,
    pub(super) dry_run: bool,
}

impl Told<'_> {
    /// Prints it.
    pub(super) fn show(&self, as_json: bool) -> anyhow::Result<()> {
        if as_json { print_json(&self.for_scripts()) } else { print(self.for_people()) }
    }

    fn for_scripts(&self) -> Value {
        let report = self.report;
        let row = |row: &RowName| match &row.id {
            Some(id) => json!({ "id": id, (report.places): row.place }),
            None => json!({ (report.places): row.place }),
        };
        let refused = report.refused.iter().map(|(reason, refusals)| {
            let rows: Vec<_> = refusals.first.iter().map(row).collect();
            (reason.as_str().to_owned(), json!({ "count": refusals.count, "rows": rows }))
        });
        let hashes = report.hashes.iter().map(|(kind, count)| (kind.to_owned(), Value::from(count)));
        let columns =
            report.described.read.iter().map(|(field, column)| (field.to_string(), column.as_str().into()));
        let sessions = &report.sessions;
        json!({
            "dry_run": self.dry_run,
            "shape": self.plan.shape.name,
            "source": self.source,
            "cut_over": time_of(self.plan.cut_over),
            "rows": report.rows,
            "accounts": { "new": report.new, "there": report.there, "refused": report.refused_total() },
            "refused": refused.collect::<Map<_, _>>(),
            "duplicate_emails": self.duplicates(),
            "password_hashes": hashes.collect::<Map<_, _>>(),
            "strange_hashes": report.strange_hashes,
            "without_password": report.without_password,
            "disabled": report.disabled,
            "admins": report.admins,
            "other_roles": report.other_roles,
            "sessions": {
                "new": sessions.new,
                "there": sessions.there,
                "expired": sessions.expired,
                "after_cut_over": sessions.late,
                "unreadable": sessions.unreadable,
            },
            "columns": columns.collect::<Map<_, _>>(),
            "passed_over": report.described.passed_over,
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
        say(format!(
            "{}: {} {}s in the shape {}",
            self.source, report.rows, report.places, self.plan.shape.name
        ));
        let columns: Vec<_> =
            report.described.read.iter().map(|(field, column)| format!("{field} ← {column}")).collect();
        say(format!("columns:      {}", columns.join(", ")));
        if !report.described.passed_over.is_empty() {
            say(format!("not imported: {}", report.described.passed_over.join(", ")));
        }
        let verb = if self.dry_run { "would come" } else { "came" };
        say(format!(
            "accounts:     {} {verb}, {} were there already, {} cannot come",
            report.new,
            report.there,
            report.refused_total()
        ));
        let hashes: Vec<_> = report.hashes.iter().map(|(kind, count)| format!("{kind}: {count}")).collect();
        if !hashes.is_empty() {
            say(format!("passwords:    {}", hashes.join(", ")));
        }
        for (count, what) in [
            (report.without_password, "have no password"),
            (report.disabled, "are disabled"),
            (report.admins, "are administrators"),
        ] {
            if count > 0 {
                say(format!("of these:     {count} {what}"));
            }
        }
        let sessions = &report.sessions;
        if sessions.total() > 0 {
            say(format!(
                "sessions:     {} {verb}, {} were there already, {} had expired, {} are from after the cut-over, {} cannot be read",
                sessions.new, sessions.there, sessions.expired, sessions.late, sessions.unreadable
            ));
        }
        say(format!("cut-over:     {}", time_of(self.plan.cut_over)));
        for (reason, refusals) in &report.refused {
            let named: Vec<_> = refusals.first.iter().map(|row| self.name(row)).collect();
            let more = if refusals.count > named.len() as u64 { ", …" } else { "" };
            say(format!("cannot come:  {}: {reason}: {}{more}", refusals.count, named.join(", ")));
        }
        for warning in self.warnings() {
            say(format!("warning:      {warning}"));
        }
        text
    }

    fn name(&self, row: &RowName) -> String {
        match row.id {
            Some(_) => format!("id {row}"),
            None => format!("{} {}", self.report.places, row.place),
        }
    }

    fn duplicates(&self) -> u64 {
        self.report.refused.get(&Reason::EmailTwice).map_or(0, |refusals| refusals.count)
    }

    fn warnings(&self) -> Vec<String> {
        let report = self.report;
        let mut warnings = Vec::new();
        if report.rows == 0 {
            warnings.push("the source has no rows".to_owned());
        }
        if report.strange_hashes > 0 {
            warnings.push(format!(
                "{} hashes are none that bcryptjs or node-bcrypt read ($2a$, $2b$, $2y$): the older backend cannot have \
                 written them, and could not check them after a roll-back",
                report.strange_hashes
            ));
        }
        if !report.other_roles.is_empty() {
            let words: Vec<_> =
                report.other_roles.iter().map(|(word, count)| format!("{word}: {count}")).collect();
            warnings.push(format!("roles other than `user` and `admin` became `user`: {}", words.join(", ")));
        }
        if self.plan.cut_over.as_millis().saturating_sub(self.plan.now.as_millis()) > FAR_AHEAD_MILLIS {
            warnings.push(
                "the cut-over is more than a month ahead: until then whoever knows the shared secret can make tokens \
                 for every account that came"
                    .to_owned(),
            );
        }
        warnings
    }
}
