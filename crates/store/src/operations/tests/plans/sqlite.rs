//! SQLite, whose plans do not depend on what is in the tables.

use rusqlite::Connection;

use super::super::{database, statements};
use super::is_about_a_small_table;

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
        for step in plan(&database, sql.text()) {
            let scanned = step.strip_prefix("SCAN ").map(|rest| rest.split(' ').next().unwrap());
            // A constant row, or the inner SELECT of a DELETE, which its LIMIT has cut already.
            let is_harmless = matches!(scanned, None | Some("CONSTANT" | "ended" | "(subquery"));
            let sorts = step.contains("TEMP B-TREE");
            assert!(is_about_a_small_table(sql) || is_harmless && !sorts, "{step}: {}", sql.text());
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
            steps.iter().any(|step| step.contains("sessions_unrevoked (account_id=?")),
            "{steps:?}: {}",
            sql.text()
        );
        count += 1;
    }
    assert_eq!(count, 4, "the page of live ones, their last use, the unrevoked ones, and their end");
}
