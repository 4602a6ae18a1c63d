//! What has to happen to the row of an account?

use super::super::cell::Cell;
use super::super::shape::Field;
use super::entry::{Entry, Given};
use super::report::Finding;
use super::table::{Column, Table, Value};

/// What has to happen.
pub(super) enum Decision {
    /// Nothing.
    Same,
    /// Nothing can, and why.
    Not(Finding),
    /// A row is added.
    Insert(Vec<(Field, Value)>),
    /// These fields of its row are changed.
    Update(Vec<(Field, Value)>),
}

/// A row that is there.
pub(super) type Row = Vec<(Field, Cell)>;

/// Decides, and tells what is to be known.
pub(super) fn decide(
    entry: &Entry,
    key: &Value,
    row: Option<&Row>,
    table: &Table,
) -> (Decision, Vec<Finding>) {
    match row {
        None => (new_row(entry, key, table), entry.finding.into_iter().collect()),
        Some(row) if !entry.owns(row) => (Decision::Not(Finding::IdTaken), Vec::new()),
        Some(row) => changed_row(entry, row, table),
    }
}

fn new_row(entry: &Entry, key: &Value, table: &Table) -> Decision {
    // SECURITY: the older backend would let it in.
    if entry.is_locked() {
        return Decision::Not(Finding::DisabledLeftOut);
    }
    let mut values = Vec::with_capacity(table.columns.len());
    for column in &table.columns {
        let given = entry.give(column.field);
        match (column.field, given) {
            (Field::Id, _) => values.push((Field::Id, key.clone())),
            (Field::RefreshToken, _) if column.needs_value() => {
                values.push((Field::RefreshToken, column.emptied()));
            }
            (Field::RefreshToken, _) => {}
            (field, Given::Nothing) if is_needed(column) => return Decision::Not(lacking(field)),
            // What the database puts there by itself is as good.
            (_, Given::Nothing) => {}
            (field, given) => values.push((field, column.value(given))),
        }
    }
    Decision::Insert(values)
}

/// Nobody could log in to an account without these.
fn is_needed(column: &Column) -> bool {
    column.field == Field::Password || column.needs_value()
}

const fn lacking(field: Field) -> Finding {
    match field {
        Field::Email => Finding::NoEmail,
        Field::Username => Finding::NoUsername,
        Field::Password => Finding::NoPassword,
        _ => Finding::Lacking,
    }
}

fn changed_row(entry: &Entry, row: &Row, table: &Table) -> (Decision, Vec<Finding>) {
    let mut findings: Vec<_> = entry.finding.into_iter().collect();
    let mut values = Vec::new();
    for (column, (field, cell)) in table.columns.iter().zip(row) {
        let follows = !matches!(field, Field::Id | Field::CreatedAt | Field::UpdatedAt);
        let is_key = table.key().is_some_and(|key| key.field == *field);
        if !follows || is_key || entry.is_in(*field, cell.clone()) {
            continue;
        }
        match (field, entry.give(*field)) {
            (Field::RefreshToken, _) => {
                findings.push(Finding::TokenRemoved);
                values.push((*field, column.emptied()));
            }
            // SECURITY: the password that was taken away here must not open the account there.
            (Field::Password, Given::Nothing) => {
                findings.push(Finding::PasswordTaken);
                values.push((*field, column.emptied()));
            }
            (_, Given::Nothing) if !column.fact.is_nullable => findings.push(Finding::Kept),
            (_, given) => values.push((*field, column.value(given))),
        }
    }
    if values.is_empty() {
        return (Decision::Same, findings);
    }
    let updated_at = table.columns.iter().find(|column| column.field == Field::UpdatedAt);
    values.extend(updated_at.map(|column| (Field::UpdatedAt, column.value(entry.give(Field::UpdatedAt)))));
    (Decision::Update(values), findings)
}
