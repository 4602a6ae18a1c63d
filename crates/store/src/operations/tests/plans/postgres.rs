//! PostgreSQL, which plans a statement for its values a few times, and then once for all values if that is no worse.

use super::super::statements;
use super::values::values;
use super::{ROWS, can_hold_rows, is_about_a_small_table};
use crate::connection::Connection;
use crate::engine::Engine;
use crate::row::Single;
use crate::statement::Sql;
use crate::testing::{TestDatabase, TestEngine};
use crate::value::Value;

/// So often does the server plan for the values before it thinks about a plan for all.
const TIMES_UNTIL_SETTLED: usize = 5;

const FILL: [&str; 12] = [
    "CREATE FUNCTION row_id(n BIGINT) RETURNS UUID LANGUAGE SQL IMMUTABLE AS \
     $$ SELECT lpad(to_hex(n), 32, '0')::UUID $$",
    "INSERT INTO accounts (id, email, email_key, username, username_key, role, created_at, updated_at) \
     SELECT row_id(n), 'e', 'person-' || n || '@example.com', 'u', 'person-' || n, 'user', n, n \
     FROM generate_series(1, $rows) n",
    "INSERT INTO passwords SELECT id, '$2b$10$' || email_key, created_at FROM accounts",
    "INSERT INTO sessions SELECT row_id(n), row_id(1 + n / 4), 1, '', NULL, NULL, n, n, n, n, n, \
     CASE WHEN n % 20 = 0 THEN n END, NULL, NULL FROM generate_series(1, $rows) n",
    "INSERT INTO revocations SELECT row_id(n), n, n FROM generate_series(1, $rows) n",
    "INSERT INTO audit_events SELECT row_id(n), n, 'logged_in', NULL, row_id(1 + n / 4), NULL, NULL, NULL, \
     NULL, NULL FROM generate_series(1, $rows) n",
    "INSERT INTO audit_seals SELECT n, row_id(n), '\\x01' FROM generate_series(1, $rows) n",
    "INSERT INTO adopted_sessions SELECT row_id(n), n FROM generate_series(1, $rows) n",
    "INSERT INTO throttles SELECT row_id(n), 1 + n % 12, row_id(1 + n / 4), 'x', n FROM generate_series(1, $rows) n",
    "INSERT INTO one_time_tokens SELECT row_id(n), 'reset_password', row_id(1 + n / 4), 'e', \
     'person-' || n / 4 || '@example.com', decode(lpad(to_hex(n), 64, '0'), 'hex'), NULL, NULL, n, n \
     FROM generate_series(1, $rows) n",
    "INSERT INTO outbox SELECT row_id(n), 'reset_password', NULL, 'e', 'person-' || n / 4 || '@example.com', NULL, \
     NULL, NULL, NULL, NULL, n, CASE WHEN n % 200 = 0 THEN 'pending' WHEN n % 200 = 1 THEN 'dead' ELSE 'sent' END, \
     0, n, NULL, NULL, NULL, CASE WHEN n % 200 = 0 THEN NULL ELSE n END, 1 FROM generate_series(1, $rows) n",
    "INSERT INTO known_clients SELECT row_id(1 + n / 4), decode(lpad(to_hex(n), 64, '0'), 'hex'), n \
     FROM generate_series(1, $rows - 4) n",
];

#[tokio::test]
async fn no_statement_reads_or_sorts_all_of_a_table_that_grows() {
    let store = TestDatabase::new(TestEngine::Postgres).await.open().await;
    let Engine::Server(engine) = &store.engine else { panic!("PostgreSQL is a server") };
    let mut session = engine.connect_unhurried().await.unwrap();
    let mut connection = session.connection();
    for script in FILL {
        connection.script(script.replace("$rows", &ROWS.to_string()).leak()).await.unwrap();
    }
    connection.script("ANALYZE").await.unwrap();

    let mut faults = Vec::new();
    for sql in statements().filter(|sql| !is_about_a_small_table(sql)) {
        let locking = can_hold_rows(sql).then(|| sql.locking());
        for text in [sql.text()].into_iter().chain(locking) {
            for plan in plans(&mut connection, text, &values(sql)).await {
                faults.extend(fault(&plan).map(|fault| format!("{fault}: {text}\n{}", plan.join("\n"))));
            }
        }
    }
    session.close().await;
    store.close().await;
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
}

/// The plan of the first time, and the one that the server has settled on after a while.
async fn plans(connection: &mut Connection<'_>, text: &str, values: &[Value<'_>]) -> [Vec<String>; 2] {
    let prepare: &str = format!("PREPARE it AS {text}").leak();
    connection.script(prepare).await.unwrap_or_else(|error| panic!("{error}: {text}"));
    let literals: Vec<_> = values.iter().map(literal).collect();
    let arguments = if literals.is_empty() { String::new() } else { format!("({})", literals.join(", ")) };
    let explain: &str = format!("EXPLAIN EXECUTE it{arguments}").leak();
    let explain: &Sql = Box::leak(Box::new(Sql::new(explain)));
    let first = steps(connection, explain).await;
    for _ in 0..TIMES_UNTIL_SETTLED {
        steps(connection, explain).await;
    }
    let settled = steps(connection, explain).await;
    connection.script("DEALLOCATE it").await.unwrap();
    [first, settled]
}

async fn steps(connection: &mut Connection<'_>, explain: &'static Sql) -> Vec<String> {
    let steps = connection.all::<Single<String>>(explain, &[]).await;
    steps
        .unwrap_or_else(|error| panic!("{error}: {explain:?}"))
        .into_iter()
        .map(|Single(step)| step)
        .collect()
}

fn literal(value: &Value<'_>) -> String {
    match value {
        Value::Integer(None) | Value::Text(None) | Value::Bytes(None) | Value::Id(None) => "NULL".to_owned(),
        Value::Integer(Some(number)) => number.to_string(),
        Value::Flag(flag) => flag.to_string(),
        Value::Text(Some(text)) => format!("'{text}'"),
        Value::Bytes(Some(bytes)) => format!("'\\x{}'", hex::encode(bytes)),
        Value::Id(Some(id)) => format!("'{id}'"),
    }
}

/// What is wrong with a plan.
fn fault(plan: &[String]) -> Option<&'static str> {
    for (place, step) in plan.iter().enumerate() {
        let details = plan.iter().skip(place + 1).take_while(|line| !line.contains("->"));
        let is_by_condition = details.into_iter().any(|line| line.contains("Index Cond:"));
        if step.contains("Seq Scan on ") {
            return Some("reads a whole table");
        }
        if step.contains("Index") && step.contains("Scan") && !is_by_condition {
            return Some("reads a whole index");
        }
        if step.contains("Sort  (") && rows(step) > ROWS / 50 {
            return Some("sorts much");
        }
    }
    None
}

/// How many rows the server thinks a step has: `(cost=… rows=199 width=38)`.
fn rows(step: &str) -> i64 {
    let (_, after) = step.split_once("rows=").unwrap();
    after.split_whitespace().next().unwrap().parse().unwrap()
}
