#![allow(clippy::unwrap_used, reason = "tests")]

use rusqlite::Connection;

use super::statements;

/// Tables that stay small, so that reading all of one is no harm.
const SMALL_TABLES: [&str; 2] = ["signing_keys", "schema_migrations"];

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

/// The steps by which the database runs a statement.
fn plan(database: &Connection, text: &str) -> Vec<String> {
    let mut explain = database.prepare(&format!("EXPLAIN QUERY PLAN {text}")).unwrap();
    let mut rows = explain.raw_query();
    let mut steps = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        steps.push(row.get("detail").unwrap());
    }
    steps
}

#[test]
fn no_statement_reads_or_sorts_all_of_a_table_that_grows() {
    let database = database();
    for sql in statements() {
        let is_small = SMALL_TABLES.iter().any(|table| sql.text().contains(table));
        for step in plan(&database, sql.text()) {
            let scanned = step.strip_prefix("SCAN ").map(|rest| rest.split(' ').next().unwrap());
            // A constant row, or the inner SELECT of a DELETE, which its LIMIT has cut already.
            let is_harmless = matches!(scanned, None | Some("CONSTANT" | "ended" | "(subquery"));
            let sorts = step.contains("TEMP B-TREE");
            assert!(is_small || is_harmless && !sorts, "{step}: {}", sql.text());
        }
    }
}

#[test]
fn sessions_of_an_account_are_found_by_the_account() {
    let database = database();
    let by_account = statements().filter(|sql| {
        let text = sql.text();
        text.contains("account_id = $") && text.contains("revoked_at IS NULL") && !text.contains(" id = $")
    });
    let mut count = 0;
    for sql in by_account {
        let steps = plan(&database, sql.text());
        assert!(
            steps.iter().any(|step| step.contains("sessions_account_id (account_id=?")),
            "{steps:?}: {}",
            sql.text()
        );
        count += 1;
    }
    assert_eq!(count, 3, "the page of live ones, the unrevoked ones, and their end");
}
