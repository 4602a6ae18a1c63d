#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use rusqlite::Connection;

use super::statements;

mod plans;

/// A database with all tables, as the migrations make them.
fn database() -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    for script in crate::migrations::SQLITE.scripts() {
        connection.execute_batch(script).unwrap();
    }
    connection
}

fn placeholders(text: &str) -> Vec<usize> {
    let after_dollar = text.split('$').skip(1);
    after_dollar
        .map(|rest| rest.split(|c: char| !c.is_ascii_digit()).next().unwrap().parse().unwrap())
        .collect()
}

#[test]
fn every_statement_fits_the_tables() {
    let database = database();
    let mut count = 0;
    for sql in statements() {
        let statement = database.prepare(sql.text()).unwrap();
        assert_eq!(statement.parameter_count(), placeholders(sql.text()).len(), "{}", sql.text());
        count += 1;
    }
    assert!(count > 40, "only {count} statements are listed");
}

#[test]
fn placeholders_are_numbered_in_order_and_used_once() {
    for sql in statements() {
        let numbers = placeholders(sql.text());
        assert_eq!(numbers, (1..=numbers.len()).collect::<Vec<_>>(), "{}", sql.text());
    }
}

#[test]
fn statements_stay_in_the_portable_subset() {
    let forbidden =
        ["RETURNING", "ON CONFLICT", "ON DUPLICATE", "REPLACE", "IFNULL", "ROWID", "LOWER(", "::", "\"", "`"];
    for sql in statements() {
        let text = sql.text().to_uppercase();
        for word in forbidden {
            assert!(!text.contains(word), "{word} in {}", sql.text());
        }
    }
}
