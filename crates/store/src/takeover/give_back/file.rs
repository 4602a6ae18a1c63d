//! How are accounts written to a file that an older backend, or its database's import, reads?
//!
//! An account that is disabled is in the file only when it came from the older backend, and with a password that none
//! matches: so its old document does not stay as it was when the file is merged into a collection.

use std::io::{self, Write};

use serde_json::{Map, Value, json};

use super::super::TakeoverError;
use super::super::mapping::{Described, Wanted};
use super::super::shape::{Field, Need, Shape};
use super::super::source::Format;
use super::entry::{Entry, Given, Rules};
use super::moment::Written;
use super::report::{Finding, GiveBackReport};
use super::run::next_account;
use super::{GiveBack, GiveBackStep};
use crate::SqlStore;

/// Writes all accounts.
pub(super) async fn write(
    store: &SqlStore,
    (mut out, format): (impl Write, Format),
    plan: &GiveBack,
    progress: &mut impl FnMut(GiveBackStep, u64),
) -> Result<GiveBackReport, TakeoverError> {
    let columns = columns(plan);
    let rules = Rules {
        shape: plan.shape,
        tells_disabled: columns.iter().any(|(field, _)| *field == Field::Disabled),
    };
    let described = Described { read: columns.clone(), passed_over: Vec::new() };
    let mut report = GiveBackReport { described, ..GiveBackReport::default() };
    let mut lines = Lines { format, shape: plan.shape, line: Vec::new() };
    if format == Format::Csv {
        let names: Vec<_> = columns.iter().map(|(_, name)| name.as_str()).collect();
        out.write_all(lines.separated(&names)?).map_err(|error| failed(&error))?;
    }
    let mut snapshot = store.snapshot().await?;
    while let Some(record) = next_account(&mut snapshot).await? {
        report.accounts += 1;
        let entry = Entry::of(record, rules);
        let name = entry.name();
        if let Some(finding) = reason_against(&entry, plan, &columns) {
            report.note(finding, Some(&name));
        } else {
            out.write_all(lines.of(&entry, &columns)?).map_err(|error| failed(&error))?;
            report.inserted += 1;
            entry.finding.into_iter().for_each(|finding| report.note(finding, Some(&name)));
        }
        progress(GiveBackStep::Giving, report.accounts);
    }
    snapshot.close().await;
    out.flush().map_err(|error| failed(&error))?;
    Ok(report)
}

/// The fields that are written, and what they are called there.
fn columns(plan: &GiveBack) -> Vec<(Field, String)> {
    // What is identified by a username is kept as that and a hash, unless more is asked for.
    let is_short = plan.shape.identifier == Field::Username;
    let is_written =
        |wanted: &Wanted| wanted.field != Field::RefreshToken && (!is_short || wanted.need == Need::Required);
    let wanted = plan.mapping.wanted(plan.shape).into_iter().filter(is_written);
    wanted.filter_map(|wanted| Some((wanted.field, wanted.names.into_iter().next()?))).collect()
}

fn reason_against(entry: &Entry, plan: &GiveBack, columns: &[(Field, String)]) -> Option<Finding> {
    if entry.is_locked() && entry.account.cut_over_at.is_none() {
        return Some(Finding::DisabledLeftOut);
    }
    let needs = |field: Field| {
        let is_required = plan.shape.column(field).is_some_and(|column| column.need == Need::Required);
        is_required && columns.iter().any(|(known, _)| *known == field)
    };
    let lacks = |field: Field| needs(field) && matches!(entry.give(field), Given::Nothing);
    let reasons = [
        (Field::Email, Finding::NoEmail),
        (Field::Username, Finding::NoUsername),
        (Field::Password, Finding::NoPassword),
    ];
    reasons.into_iter().find(|(field, _)| lacks(*field)).map(|(_, finding)| finding)
}

struct Lines {
    format: Format,
    shape: &'static Shape,
    line: Vec<u8>,
}

impl Lines {
    fn of(&mut self, entry: &Entry, columns: &[(Field, String)]) -> Result<&[u8], TakeoverError> {
        match self.format {
            Format::Json => {
                let mut document = Map::new();
                for (field, path) in columns {
                    if let Some(value) = document_value(entry, *field, self.shape) {
                        put(&mut document, path, value);
                    }
                }
                self.line = Value::Object(document).to_string().into_bytes();
                self.line.push(b'\n');
                Ok(&self.line)
            }
            Format::Csv => {
                let values: Vec<_> =
                    columns.iter().map(|(field, _)| csv_value(entry, *field, self.shape)).collect();
                let values: Vec<_> = values.iter().map(String::as_str).collect();
                self.separated(&values)
            }
        }
    }

    fn separated(&mut self, values: &[&str]) -> Result<&[u8], TakeoverError> {
        self.line.clear();
        let mut writer = csv::Writer::from_writer(&mut self.line);
        let written = writer.write_record(values).map_err(io::Error::from);
        written.and_then(|()| writer.flush()).map_err(|error| failed(&error))?;
        drop(writer);
        Ok(&self.line)
    }
}

/// A value as `mongoimport` reads it; `None` for a key that the document does not have.
fn document_value(entry: &Entry, field: Field, shape: &Shape) -> Option<Value> {
    if field == Field::Id {
        return Some(match id(entry, shape) {
            Id::Number(number) => json!(number),
            Id::Text(id) if is_object_id(&id) => json!({ "$oid": id }),
            Id::Text(id) => json!(id),
        });
    }
    Some(match entry.give(field) {
        Given::Nothing => return None,
        Given::Text(text) => json!(text),
        Given::Time(time) => json!({ "$date": Written::of(time).iso() }),
        Given::Disabled(since) => json!(since.is_some()),
    })
}

fn csv_value(entry: &Entry, field: Field, shape: &Shape) -> String {
    match (field, entry.give(field)) {
        (Field::Id, _) => match id(entry, shape) {
            Id::Number(number) => number.to_string(),
            Id::Text(text) => text,
        },
        (_, Given::Nothing) => String::new(),
        (_, Given::Text(text)) => text,
        (_, Given::Time(time)) => Written::of(time).iso(),
        (_, Given::Disabled(since)) => since.is_some().to_string(),
    }
}

enum Id {
    Number(i64),
    Text(String),
}

/// What the account is called in tokens of such a backend.
fn id(entry: &Entry, shape: &Shape) -> Id {
    let account = &entry.account;
    let has_texts = shape.column_name(Field::Id) == Some("_id");
    match &account.external_id {
        Some(id) => Id::Text(id.clone()),
        None if has_texts => Id::Text(account.id.to_string()),
        None => Id::Number(account.number),
    }
}

fn is_object_id(id: &str) -> bool {
    id.len() == 24 && id.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Puts a value where the dots of a path lead.
fn put(document: &mut Map<String, Value>, path: &str, value: Value) {
    let Some((first, rest)) = path.split_once('.') else {
        document.insert(path.to_owned(), value);
        return;
    };
    let inner = document.entry(first.to_owned()).or_insert_with(|| Value::Object(Map::new()));
    if let Value::Object(inner) = inner {
        put(inner, rest, value);
    }
}

fn failed(error: &io::Error) -> TakeoverError {
    TakeoverError::source(
        format!("the accounts cannot be written: {error}"),
        "see whether there is room, and whoever reads them goes on reading; then run the same command again",
    )
}
