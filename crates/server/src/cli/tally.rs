//! What does an import tell about what became of the records?

use std::fmt::Write;

use anyhow::anyhow;
use portcullis_store::transfer::{Conflict, HashKinds, ImportReport, Kind};
use serde_json::{Value, json};

use super::output::{Table, print, print_json};

/// How many conflicts are shown one by one.
const SHOWN: usize = 20;

/// Shows it. Fails when something was in conflict.
pub(super) fn show(
    report: &ImportReport,
    hashes: &HashKinds,
    is_dry_run: bool,
    as_json: bool,
) -> anyhow::Result<()> {
    if as_json {
        print_json(&for_scripts(report, hashes, is_dry_run))?;
    } else {
        print(for_people(report, hashes, is_dry_run))?;
    }
    let refused = report.tally.conflicts.total();
    match (refused, is_dry_run) {
        (0, _) => Ok(()),
        (_, false) => Err(anyhow!("{refused} records were not imported: something is in their way")),
        (_, true) => Err(anyhow!("{refused} records would not be imported: something is in their way")),
    }
}

fn for_scripts(report: &ImportReport, hashes: &HashKinds, is_dry_run: bool) -> Value {
    let tally = &report.tally;
    let records = Kind::ALL.into_iter().map(|kind| {
        let counts = json!({
            "new": tally.new.of(kind),
            "there": tally.there.of(kind),
            "conflicts": tally.conflicts.of(kind),
        });
        (kind.plural().to_owned(), counts)
    });
    let hashes = hashes.iter().map(|(kind, count)| (kind.to_owned(), Value::from(count)));
    let conflict = |conflict: &Conflict| {
        json!({
            "line": conflict.line,
            "record": conflict.key.to_string(),
            "conflict": conflict.kind.as_str(),
        })
    };
    json!({
        "dry_run": is_dry_run,
        "records": records.collect::<Value>(),
        "password_hashes": hashes.collect::<Value>(),
        "seals_left_out": report.seals_left_out,
        "conflicts": report.conflicts.iter().take(SHOWN).map(conflict).collect::<Vec<_>>(),
    })
}

fn for_people(report: &ImportReport, hashes: &HashKinds, is_dry_run: bool) -> String {
    let tally = &report.tally;
    let new = if is_dry_run { "WOULD BE NEW" } else { "NEW" };
    let mut table = Table::new(&["", new, "THERE ALREADY", "IN CONFLICT"]);
    for kind in Kind::ALL {
        let counts = [tally.new, tally.there, tally.conflicts].map(|counts| counts.of(kind).to_string());
        let [new, there, conflicts] = counts;
        table.row([kind.plural().replace('_', " "), new, there, conflicts]);
    }
    let mut text = table.to_string();
    let hashes: Vec<_> = hashes.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    if !hashes.is_empty() {
        // Writing to a text cannot fail.
        let _ = writeln!(text, "passwords: {}", hashes.join(", "));
    }
    if report.seals_left_out > 0 {
        let verb = if is_dry_run { "would be" } else { "were" };
        let _ = writeln!(
            text,
            "{} seals of the audit log {verb} left out: the log here has its own, and seals those entries anew, as late",
            report.seals_left_out
        );
    }
    for Conflict { line, key, kind } in report.conflicts.iter().take(SHOWN) {
        let _ = writeln!(text, "line {line}: {key}: {kind}");
    }
    if report.conflicts.len() > SHOWN {
        let _ = writeln!(text, "… and {} more", report.conflicts.len() - SHOWN);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seals_that_are_left_out_are_told() {
        let report = ImportReport { seals_left_out: 10, ..ImportReport::default() };
        let hashes = HashKinds::default();
        assert!(for_people(&report, &hashes, false).contains("10 seals of the audit log were left out"));
        assert!(for_people(&report, &hashes, true).contains("10 seals of the audit log would be left out"));
        assert_eq!(for_scripts(&report, &hashes, false).get("seals_left_out"), Some(&json!(10)));
        assert!(!for_people(&ImportReport::default(), &hashes, false).contains("seals of the audit log"));
    }
}
