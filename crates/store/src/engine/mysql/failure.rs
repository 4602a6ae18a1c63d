//! What does an error of MySQL or MariaDB mean for whoever asked?
//!
//! By its number: the SQLSTATE of most is the same `HY000`.

use sqlx::Error;
use sqlx::mysql::MySqlDatabaseError;

use crate::connection::DatabaseError;
use crate::engine::server::failure;

/// The meaning of an error.
pub(super) fn explain(error: Error) -> DatabaseError {
    failure::explain(error, of_server)
}

/// Whether a column could not be added because it is there already.
pub(super) fn says_that_the_column_exists(error: &Error) -> bool {
    let error = error.as_database_error().and_then(|error| error.try_downcast_ref::<MySqlDatabaseError>());
    error.is_some_and(|error| error.number() == 1060)
}

#[expect(clippy::match_same_arms, reason = "what means the same has different reasons")]
fn of_server(error: &MySqlDatabaseError) -> DatabaseError {
    let cause = match error.number() {
        // SECURITY: these quote a piece of the value.
        number @ (1264..=1266 | 1292 | 1366 | 1406) => format!("a value does not fit its column ({number})"),
        number => format!("{} ({number})", error.message()),
    };
    match error.number() {
        1062 | 1586 => DatabaseError::Taken { index: index_name(error.message()) },
        // Deadlock, and on Galera a certification that failed; lock wait timeout; record changed since it was read;
        // write conflicts of TiDB.
        1213 | 1205 | 1020 | 9007 | 8002 | 8022 | 8028 => DatabaseError::Conflict { cause },
        // A Galera node outside of its cluster; shutdown; killed; read-only server or transaction.
        1180 if error.message().contains("Primary Component") => DatabaseError::Lost { cause },
        1047 | 1053 | 1077 | 1152..=1161 | 1184 | 1290 | 1792 | 1836 | 1927 | 4031 => {
            DatabaseError::Lost { cause }
        }
        // No database, table or privilege that was there at the start: somebody is at work on the database, and
        // mends it or not.
        1044 | 1045 | 1046 | 1049 | 1142 | 1143 | 1146 | 1227 | 1370 | 4151 => {
            DatabaseError::Unavailable { cause }
        }
        // Too many connections; disk or table full; interrupted or out of time; out of memory or resources.
        1021 | 1037 | 1038 | 1040 | 1041 | 1114 | 1180 | 1203 | 1206 | 1226 | 1317 | 1637 | 1969 | 3024 => {
            DatabaseError::Unavailable { cause }
        }
        _ => DatabaseError::Failed { cause },
    }
}

/// `Duplicate entry 'x' for key 'accounts_email_key'`; MySQL puts the table and a dot before the name. The value
/// stands first and may hold quotes itself.
fn index_name(message: &str) -> String {
    let key = message.rsplit(" for key ").next().unwrap_or_default();
    let key = key.trim().trim_matches('\'');
    key.rsplit('.').next().unwrap_or(key).to_owned()
}

#[cfg(test)]
mod tests {
    use super::index_name;

    #[test]
    fn the_index_is_found_behind_whatever_value_was_refused() {
        assert_eq!(index_name("Duplicate entry 'a@b.c' for key 'accounts_email_key'"), "accounts_email_key");
        assert_eq!(
            index_name("Duplicate entry ' for key 'x'' for key 'accounts.accounts_id'"),
            "accounts_id"
        );
    }
}
