//! What does an error of PostgreSQL mean for whoever asked?
//!
//! The codes are those of the PostgreSQL manual, appendix A; CockroachDB and YugabyteDB use the same.

use sqlx::Error;
use sqlx::postgres::PgDatabaseError;

use crate::connection::DatabaseError;
use crate::engine::server::failure;

/// The meaning of an error.
pub(super) fn explain(error: Error) -> DatabaseError {
    failure::explain(error, of_server)
}

#[expect(clippy::match_same_arms, reason = "what means the same has different reasons")]
fn of_server(error: &PgDatabaseError) -> DatabaseError {
    let cause = format!("{} ({})", error.message(), error.code());
    if error.code() == "23505" {
        return DatabaseError::Taken { index: error.constraint().unwrap_or_default().to_owned() };
    }
    match error.code() {
        // serialization_failure, deadlock_detected
        "40001" | "40P01" => DatabaseError::Conflict { cause },
        // read_only_sql_transaction: another server leads now. admin_shutdown, crash_shutdown, cannot_connect_now,
        // idle_in_transaction_session_timeout, idle_session_timeout, statement_completion_unknown.
        "25006" | "57P01" | "57P02" | "57P03" | "25P03" | "57P05" | "40003" => DatabaseError::Lost { cause },
        // query_canceled, lock_not_available
        "57014" | "55P03" => DatabaseError::Unavailable { cause },
        // insufficient_privilege, undefined_table, invalid_schema_name: they were there at the start. Somebody is at
        // work on the database, and mends it or not.
        "42501" | "42P01" | "3F000" => DatabaseError::Unavailable { cause },
        // Connection exceptions; insufficient resources; system errors.
        code => match code.get(..2) {
            Some("08") => DatabaseError::Lost { cause },
            Some("53" | "58") => DatabaseError::Unavailable { cause },
            _ => DatabaseError::Failed { cause },
        },
    }
}
