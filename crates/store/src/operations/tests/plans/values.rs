//! Which values does a statement get in life?

use uuid::Uuid;

use super::ROWS;
use crate::statement::Sql;
use crate::value::Value;

/// The values of a statement's placeholders, in their order.
pub(super) fn values(sql: &Sql) -> Vec<Value<'static>> {
    let mut pieces: Vec<&str> = sql.text().split('$').collect();
    pieces.pop();
    let columns = inserted_columns(sql.text());
    let mut values = Vec::new();
    for (place, piece) in pieces.into_iter().enumerate() {
        let is_one_of_many = piece.trim_start_matches(|c: char| c.is_ascii_digit()) == ", ";
        values.push(match columns.len() {
            0 if is_one_of_many => *values.last().unwrap(),
            0 => value_after(piece),
            width => value(columns[place % width], "="),
        });
    }
    values
}

/// The columns of an `INSERT … VALUES`.
fn inserted_columns(text: &'static str) -> Vec<&'static str> {
    let Some((before, _)) = text.split_once(") VALUES (") else { return Vec::new() };
    let (_, columns) = before.split_once('(').unwrap();
    columns.split(", ").collect()
}

/// The value that is compared with, assigned to, or limits what stands before it.
fn value_after(text: &str) -> Value<'static> {
    let (text, is_in) = (text.trim_end_matches(" IN ("), text.ends_with(" IN ("));
    let mut words = text.split_whitespace().rev();
    match (words.next().unwrap(), words.next()) {
        (column, _) if is_in => value(column.rsplit('.').next().unwrap(), "="),
        ("LIMIT", _) => 50_i64.into(),
        ("WHEN", _) => true.into(),
        ("THEN", _) => "something".into(),
        // A new value, where there is one.
        ("COALESCE(", _) => value(words.next().unwrap(), "="),
        (comparison, Some(column)) => {
            value(column.trim_start_matches('(').rsplit('.').next().unwrap(), comparison)
        }
        (word, None) => panic!("no value is known after {word}"),
    }
}

fn value(column: &str, comparison: &str) -> Value<'static> {
    match (column, comparison) {
        ("id", "<>") => Value::Id(Some(Uuid::nil())),
        ("id" | "account_id" | "actor_id" | "session_id" | "event_id" | "subject" | "token_id", _) => {
            Value::Id(Some(id(ROWS / 2 + 1)))
        }
        ("digest" | "code_digest" | "place", _) => Value::Bytes(Some(&[7; 32])),
        ("counted", _) => 5_i64.into(),
        ("priority", _) => 1_i64.into(),
        // A chain is cut at its beginning, and read on from anywhere.
        ("seq", "<") => (ROWS / 100).into(),
        ("seq" | "number", _) => (ROWS / 2).into(),
        // What has ended lately, or is to be forgotten, is little; what is still alive is nearly all.
        (_, "<" | "<=") | ("expires_at" | "idle_expires_at" | "access_expires_at", ">") => {
            (ROWS / 100).into()
        }
        (_, ">" | ">=") => (ROWS - ROWS / 100).into(),
        ("generation" | "version" | "held_until", _) => 1_i64.into(),
        (column, _) if column.ends_with("_at") => (ROWS / 2).into(),
        ("sealed" | "seal" | "counter", _) => Value::Bytes(Some(b"sealed")),
        // What waits is little, what was sent is nearly all.
        ("state", _) => "pending".into(),
        ("purpose", _) => "undo_email_change".into(),
        ("attempts", _) => 1_i64.into(),
        (_, "=") => "person-10000@example.com".into(),
        _ => panic!("no value is known for {column} {comparison}"),
    }
}

/// The id with this number.
fn id(number: i64) -> Uuid {
    Uuid::from_u128(u128::try_from(number).unwrap())
}
