//! MariaDB, asked in the same protocol and with the same types of values as in life.

use std::fmt;

use super::super::statements;
use super::values::values;
use super::{ROWS, can_hold_rows, is_about_a_small_table};
use crate::SqlStore;
use crate::connection::{Connection, DatabaseError};
use crate::engine::Engine;
use crate::engine::server::Session;
use crate::row::{Columns, FromRow, Row};
use crate::testing::{TestDatabase, TestEngine};
use crate::value::Value;

const FILL: [&str; 11] = [
    "INSERT INTO accounts (id, email, email_key, username, username_key, role, created_at, updated_at) \
     SELECT UNHEX(LPAD(HEX(seq), 32, '0')), 'e', CONCAT('person-', seq, '@example.com'), 'u', \
     CONCAT('person-', seq), 'user', seq, seq FROM seq_1_to_$rows",
    "INSERT INTO passwords SELECT id, CONCAT('$2b$10$', email_key), created_at FROM accounts",
    "INSERT INTO sessions SELECT UNHEX(LPAD(HEX(seq), 32, '0')), UNHEX(LPAD(HEX(1 + seq DIV 4), 32, '0')), \
     1, '', NULL, NULL, seq, seq, seq, seq, seq, IF(seq % 20 = 0, seq, NULL), NULL, NULL FROM seq_1_to_$rows",
    "INSERT INTO revocations SELECT UNHEX(LPAD(HEX(seq), 32, '0')), seq, seq FROM seq_1_to_$rows",
    "INSERT INTO audit_events SELECT UNHEX(LPAD(HEX(seq), 32, '0')), seq, 'logged_in', NULL, \
     UNHEX(LPAD(HEX(1 + seq DIV 4), 32, '0')), NULL, NULL, NULL, NULL, NULL FROM seq_1_to_$rows",
    "INSERT INTO audit_seals SELECT seq, UNHEX(LPAD(HEX(seq), 32, '0')), 'seal' FROM seq_1_to_$rows",
    "INSERT INTO adopted_sessions SELECT UNHEX(LPAD(HEX(seq), 32, '0')), seq FROM seq_1_to_$rows",
    "INSERT INTO throttles SELECT UNHEX(LPAD(HEX(seq), 32, '0')), 1 + seq % 12, \
     UNHEX(LPAD(HEX(1 + seq DIV 4), 32, '0')), 'x', seq FROM seq_1_to_$rows",
    "INSERT INTO one_time_tokens SELECT UNHEX(LPAD(HEX(seq), 32, '0')), 'reset_password', \
     UNHEX(LPAD(HEX(1 + seq DIV 4), 32, '0')), 'e', CONCAT('person-', seq DIV 4, '@example.com'), \
     UNHEX(LPAD(HEX(seq), 64, '0')), NULL, NULL, seq, seq FROM seq_1_to_$rows WHERE seq < $rows - 4",
    "INSERT INTO outbox SELECT UNHEX(LPAD(HEX(seq), 32, '0')), 'reset_password', NULL, 'e', \
     CONCAT('person-', seq DIV 4, '@example.com'), NULL, NULL, NULL, NULL, NULL, seq, \
     CASE seq % 200 WHEN 0 THEN 'pending' WHEN 1 THEN 'dead' ELSE 'sent' END, 0, seq, NULL, NULL, NULL, \
     IF(seq % 200 = 0, NULL, seq), 1 FROM seq_1_to_$rows",
    "INSERT INTO known_clients SELECT UNHEX(LPAD(HEX(1 + seq DIV 4), 32, '0')), UNHEX(LPAD(HEX(seq), 64, '0')), seq \
     FROM seq_1_to_$rows WHERE seq < $rows - 4",
];

/// One line of an `EXPLAIN`.
struct Step {
    select: Option<String>,
    table: Option<String>,
    access: Option<String>,
    key: Option<String>,
    extra: Option<String>,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = [&self.select, &self.table, &self.access, &self.key, &self.extra];
        f.write_str(&words.map(|word| word.as_deref().unwrap_or("-")).join(" | "))
    }
}

impl FromRow for Step {
    fn from_row<C: Columns>(row: &mut Row<'_, C>) -> Result<Self, DatabaseError> {
        // The number of the SELECT.
        row.optional::<Vec<u8>>()?;
        let [select, table, access, _possible_keys, key, _key_length, _reference] = [
            row.optional()?,
            row.optional()?,
            row.optional()?,
            row.optional()?,
            row.optional()?,
            row.optional()?,
            row.optional()?,
        ];
        // The number of rows.
        row.optional::<Vec<u8>>()?;
        Ok(Self { select, table, access, key, extra: row.optional()? })
    }
}

impl Step {
    /// What is wrong with it.
    fn fault(&self) -> Option<&'static str> {
        let is = |what: &Option<String>, value| what.as_deref() == Some(value);
        if is(&self.select, "INSERT") {
            return None;
        }
        match self.access.as_deref() {
            Some("ALL") => Some("reads a whole table"),
            Some("index") => Some("reads a whole index"),
            _ if self.extra.as_deref().is_some_and(|extra| extra.contains("filesort")) => Some("sorts"),
            _ => None,
        }
    }
}

/// A server with full tables, and a connection to it.
async fn server() -> (SqlStore, Session) {
    let store = TestDatabase::new(TestEngine::MariaDb).await.open().await;
    let Engine::Server(engine) = &store.engine else { panic!("MariaDB is a server") };
    let mut session = engine.connect_unhurried().await.unwrap();
    for script in FILL {
        let script = script.replace("$rows", &ROWS.to_string()).leak();
        session.connection().script(script).await.unwrap();
    }
    let analyze = "ANALYZE TABLE accounts, passwords, sessions, revocations, audit_events, audit_seals, adopted_sessions, throttles, \
                   one_time_tokens, outbox, known_clients";
    session.connection().script(analyze).await.unwrap();
    (store, session)
}

/// The steps by which the server runs a statement.
async fn plan(session: &mut Session, text: &str, values: &[Value<'_>]) -> Vec<Step> {
    let Connection::MySql(connection) = session.connection() else { panic!("it is MariaDB") };
    let steps = connection.all::<Step>(format!("EXPLAIN {text}").leak(), values).await;
    steps.unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[tokio::test]
async fn no_statement_reads_or_sorts_all_of_a_table_that_grows() {
    let (store, mut session) = server().await;
    let mut faults = Vec::new();
    for sql in statements().filter(|sql| !is_about_a_small_table(sql)) {
        let locking = can_hold_rows(sql).then(|| sql.mysql_locking());
        for text in [sql.mysql()].into_iter().chain(locking) {
            for step in plan(&mut session, text, &values(sql)).await {
                faults.extend(step.fault().map(|fault| format!("{fault}: {text}\n{step}")));
            }
        }
    }
    session.close().await;
    store.close().await;
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
}

/// A statement locks the entry by which it finds a row, then the row, then the entries that it changes. Rivals that
/// meet those in another order are in each other's way.
#[tokio::test]
async fn sessions_are_not_changed_by_way_of_an_index_that_changes() {
    let (store, mut session) = server().await;
    let mut count = 0;
    for sql in statements().filter(|sql| sql.text().starts_with("UPDATE sessions ")) {
        for step in plan(&mut session, sql.mysql(), &values(sql)).await {
            let is_fixed = matches!(step.key.as_deref(), Some("PRIMARY" | "sessions_account_id"));
            assert!(is_fixed, "{step}: {}", sql.mysql());
        }
        count += 1;
    }
    session.close().await;
    store.close().await;
    assert_eq!(count, 4, "the next generation, the same one again, the end of one, the end of all");
}
