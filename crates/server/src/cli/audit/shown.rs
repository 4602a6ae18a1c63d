//! How are entries of the audit log, and what came of a look at it, printed?

use std::fmt::Write;

use portcullis_core::model::audit::{Found, SealedEntry};
use portcullis_core::model::{AuditEntry, AuditEvent, AuditKind};
use portcullis_core::policy::audit_chain::{AuditFault, AuditReport};
use serde_json::{Value, json};

use crate::cli::output::time_of;

/// Entries, one a line.
pub(super) fn lines(events: &[AuditEvent], as_json: bool) -> anyhow::Result<String> {
    let mut text = String::new();
    for event in events {
        add_line(&mut text, None, &event.into(), as_json)?;
    }
    Ok(text)
}

/// Those that were sealed, one a line, each with its number. What is not there any more is left out.
pub(super) fn sealed_lines(sealed: &[SealedEntry], as_json: bool) -> anyhow::Result<String> {
    let mut text = String::new();
    for SealedEntry { seal, found } in sealed {
        if let Found::Entry(entry) = found {
            add_line(&mut text, Some(seal.seq), entry, as_json)?;
        }
    }
    Ok(text)
}

fn add_line(text: &mut String, number: Option<i64>, entry: &AuditEntry, as_json: bool) -> anyhow::Result<()> {
    if as_json {
        text.push_str(&serde_json::to_string(&for_scripts(number, entry))?);
    } else {
        if let Some(number) = number {
            // Writing to a text cannot fail.
            let _ = write!(text, "{number:>8}  ");
        }
        text.push_str(&for_people(entry));
    }
    text.push('\n');
    Ok(())
}

/// An entry as `audit list --json` shows it.
pub(crate) fn entry(event: &AuditEvent) -> Value {
    for_scripts(None, &event.into())
}

/// The same names as in the HTTP API.
fn for_scripts(number: Option<i64>, entry: &AuditEntry) -> Value {
    let mut value = json!({
        "id": entry.id.to_string(),
        "at": time_of(entry.at),
        "kind": entry.kind,
        "outcome": AuditKind::read(&entry.kind).outcome().as_str(),
        "detail": entry.detail,
        "actor_id": entry.actor_id.map(|id| id.to_string()),
        "account_id": entry.account_id.map(|id| id.to_string()),
        "session_id": entry.session_id.map(|id| id.to_string()),
        "address": entry.address,
        "user_agent": entry.user_agent,
        "request_id": entry.request_id,
    });
    if let (Some(number), Some(fields)) = (number, value.as_object_mut()) {
        fields.insert("number".to_owned(), number.into());
    }
    value
}

fn for_people(event: &AuditEntry) -> String {
    let mut line = format!("{}  {:<24}", time_of(event.at), event.kind);
    let mut add = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            // Writing to a text cannot fail.
            let _ = write!(line, "  {name}{value}");
        }
    };
    add("", event.detail.clone());
    add("account ", event.account_id.map(|id| id.to_string()));
    add("by ", event.actor_id.filter(|id| Some(*id) != event.account_id).map(|id| id.to_string()));
    add("session ", event.session_id.map(|id| id.to_string()));
    add("from ", event.address.clone());
    add("", event.user_agent.as_ref().map(|agent| format!("{agent:?}")));
    add("request ", event.request_id.clone());
    line.replace(char::is_control, "\u{fffd}")
}

/// What came of a look at the whole log.
pub(super) fn report_for_people(report: &AuditReport) -> String {
    let mut text = String::new();
    // Writing to a text cannot fail.
    let _ = writeln!(text, "{} entries are as they were sealed", report.verified);
    if report.unsealed > 0 {
        let _ = writeln!(text, "{} have no seal yet", report.unsealed);
    }
    if let Some(seq) = report.pruned_up_to {
        let _ = writeln!(text, "the oldest, up to number {seq}, were removed by retention");
    }
    if let Some(first) = report.late.first {
        let _ = writeln!(text, "late: {first} came in more than an hour after its time{}", others(report));
    }
    for fault in &report.faults {
        let _ = writeln!(text, "FAULT: {}", told(fault));
    }
    let shown = report.faults.len() as u64;
    if report.fault_count > shown {
        let _ = writeln!(text, "… and {} more", report.fault_count - shown);
    }
    if let Some(head) = &report.head {
        let _ = writeln!(text, "head: {head}");
    }
    text
}

fn others(report: &AuditReport) -> String {
    match report.late.count.saturating_sub(1) {
        0 => String::new(),
        1 => ", and so did one other or more at once".to_owned(),
        count => format!(", and so did others, {count} times"),
    }
}

/// The same for scripts.
pub(super) fn report_for_scripts(report: &AuditReport) -> Value {
    json!({
        "verified": report.verified,
        "unsealed": report.unsealed,
        "pruned_up_to": report.pruned_up_to,
        "head": report.head.as_ref().map(ToString::to_string),
        "late": { "count": report.late.count, "first": report.late.first.map(|id| id.to_string()) },
        "fault_count": report.fault_count,
        "faults": report.faults.iter().map(fault_for_scripts).collect::<Vec<_>>(),
    })
}

fn fault_for_scripts(fault: &AuditFault) -> Value {
    let (what, seq, event_id) = match fault {
        AuditFault::Changed { seq, event_id } => ("changed", *seq, Some(event_id)),
        AuditFault::OtherKey { seq, event_id } => ("other_key", *seq, Some(event_id)),
        AuditFault::Removed { seq, event_id } => ("removed", *seq, Some(event_id)),
        AuditFault::SealsRemoved { from, .. } => ("seals_removed", *from, None),
        AuditFault::BeginningRemoved { up_to } => ("beginning_removed", *up_to, None),
        AuditFault::EndRemoved { noted } => ("end_removed", *noted, None),
        AuditFault::NotAsNoted { noted } => ("not_as_noted", *noted, None),
        AuditFault::NotedIsPruned { noted } => ("noted_is_pruned", *noted, None),
    };
    json!({ "what": what, "seq": seq, "event_id": event_id.map(ToString::to_string), "told": told(fault) })
}

fn told(fault: &AuditFault) -> String {
    match fault {
        AuditFault::Changed { seq, event_id } => {
            format!("entry {event_id} (number {seq}) or its seal was changed")
        }
        AuditFault::OtherKey { seq, .. } => format!(
            "number {seq} and perhaps others were sealed under another master key: give it with --old-master-key-file"
        ),
        AuditFault::Removed { seq, event_id } => format!("entry {event_id} (number {seq}) was removed"),
        AuditFault::SealsRemoved { from, to } if from == to => {
            format!("number {from} was removed with its seal")
        }
        AuditFault::SealsRemoved { from, to } => {
            format!("numbers {from} to {to} were removed with their seals")
        }
        AuditFault::BeginningRemoved { up_to } => {
            format!("the beginning, up to number {up_to}, was removed, and not by retention")
        }
        AuditFault::EndRemoved { noted } => {
            format!("the noted head {noted} is beyond the end: the end was removed")
        }
        AuditFault::NotAsNoted { noted } => format!("the seal of number {noted} is not the noted one"),
        AuditFault::NotedIsPruned { noted } => {
            format!("the noted head {noted} is older than what retention has left: note a newer one")
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
    use portcullis_core::model::{AccountId, AuditDetail, AuditSeal, Client, EventId, Timestamp};

    use super::*;

    fn event() -> AuditEvent {
        let at = Timestamp::from_millis(1_700_000_000_007);
        AuditEvent {
            id: EventId::new(at, [0; 10]),
            at,
            kind: AuditKind::LoginFailed,
            actor_id: None,
            account_id: Some(AccountId::new(at, [1; 10])),
            session_id: None,
            client: Client {
                address: "203.0.113.9".parse().ok(),
                user_agent: Some("curl\u{1b}[2J\u{202e}/8".into()),
                request_id: Some("r-1".into()),
                ..Client::default()
            },
            detail: Some(AuditDetail::word("wrong_password")),
        }
    }

    #[test]
    fn an_entry_is_one_line_and_cannot_deceive_a_terminal() {
        let line = lines(&[event()], false).unwrap();
        assert_eq!(
            line,
            "2023-11-14T22:13:20.007Z  login_failed              wrong_password  \
             account 018bcfe5-6807-7101-8101-010101010101  from 203.0.113.9  \"curl\\u{1b}[2J\\u{202e}/8\"  request r-1\n"
        );
        let line = lines(&[event()], true).unwrap();
        assert_eq!(line.lines().count(), 1);
        let value: Value = serde_json::from_str(&line).unwrap();
        assert_eq!((&value["kind"], &value["outcome"]), (&json!("login_failed"), &json!("failure")));
        assert_eq!(value["user_agent"], "curl\u{1b}[2J\u{202e}/8");
    }

    #[test]
    fn a_sealed_entry_is_shown_with_its_number_and_what_is_gone_is_not() {
        let sealed =
            |seq, found| SealedEntry { seal: AuditSeal { seq, event_id: event().id, seal: vec![1] }, found };
        let entry = || Found::Entry(Box::new(AuditEntry::from(&event())));
        let page = [sealed(7, Found::Nothing), sealed(8, entry()), sealed(9, entry())];
        let text = sealed_lines(&page, true).unwrap();
        let values: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(values.len(), 2);
        assert_eq!((&values[0]["number"], &values[1]["number"]), (&json!(8), &json!(9)));
        let mut bare = values[0].clone();
        bare.as_object_mut().unwrap().remove("number");
        let listed: Value = serde_json::from_str(&lines(&[event()], true).unwrap()).unwrap();
        assert_eq!(bare, listed);
        let text = sealed_lines(&page, false).unwrap();
        assert!(text.starts_with("       8  2023-11-14T22:13:20.007Z  login_failed "), "{text}");
    }

    #[test]
    fn a_report_names_every_fault() {
        let event_id = event().id;
        let report = AuditReport {
            verified: 7,
            faults: vec![
                AuditFault::Changed { seq: 3, event_id },
                AuditFault::SealsRemoved { from: 4, to: 5 },
            ],
            fault_count: 3,
            ..AuditReport::default()
        };
        let text = report_for_people(&report);
        assert!(text.starts_with("7 entries are as they were sealed\n"), "{text}");
        assert!(
            text.contains(&format!("FAULT: entry {event_id} (number 3) or its seal was changed\n")),
            "{text}"
        );
        assert!(
            text.ends_with("FAULT: numbers 4 to 5 were removed with their seals\n… and 1 more\n"),
            "{text}"
        );
        let value = report_for_scripts(&report);
        assert_eq!((&value["faults"][0]["what"], &value["faults"][1]["seq"]), (&json!("changed"), &json!(4)));
    }
}
