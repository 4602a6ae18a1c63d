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

/// The audit log is only ever added to. What removes from it is named here, and what would change it does not exist.
#[test]
fn no_statement_changes_an_entry_of_the_audit_log_and_these_remove_any() {
    let touching = |verb: &str, table: &str| {
        let wanted = format!("{verb} {table} ");
        let texts = statements().flat_map(|sql| [sql.text().to_owned(), sql.mysql().to_owned()]);
        texts.filter(|text| text.contains(&wanted)).collect::<std::collections::BTreeSet<_>>()
    };
    for table in ["audit_events", "audit_seals"] {
        assert!(touching("UPDATE", table).is_empty());
        let inserts = touching("INSERT INTO", table);
        assert!(!inserts.is_empty() && inserts.iter().all(|text| text.contains(") VALUES (")), "{inserts:?}");
    }
    // Retention, and a move that makes its target anew.
    let removing: Vec<_> = touching("DELETE FROM", "audit_events").into_iter().collect();
    assert_eq!(removing, ["DELETE FROM audit_events WHERE id = $1", "DELETE FROM audit_events WHERE id = ?"]);
    let removing = touching("DELETE FROM", "audit_seals");
    assert!(removing.iter().all(|text| text.contains("WHERE seq < ") || text.contains("WHERE seq = ")));
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
