//! Does any statement read or sort all of a table that grows?
//!
//! Each engine is asked for its plan of every statement. Servers choose their plan by what is in the tables, so these
//! are filled first, and statements get values as in life: of one account, of the last page, of what has just ended.

mod mariadb;
mod postgres;
mod sqlite;
mod values;

use crate::statement::Sql;

/// Tables that stay small, so that reading all of one is no harm.
const SMALL_TABLES: [&str; 3] = ["signing_keys", "schema_migrations", "jobs"];

/// How many rows each table that grows is filled with.
const ROWS: i64 = 20_000;

fn is_about_a_small_table(sql: &Sql) -> bool {
    SMALL_TABLES.iter().any(|table| sql.text().contains(table))
}

/// Whether the rows that a statement reads can be held, as `one_for_update` does: they are of one table, and not counted.
fn can_hold_rows(sql: &Sql) -> bool {
    let text = sql.text();
    let is_one_table = text.starts_with("SELECT ") && text.contains(" FROM ") && !text.contains(" JOIN ");
    is_one_table && !text.contains("COUNT(")
}
