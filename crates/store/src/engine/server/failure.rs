//! What does an error of a driver mean for whoever asked?

use sqlx::Error;

use crate::connection::DatabaseError;

/// The meaning of an error; `of_server` knows what the errors of the engine itself mean.
pub(crate) fn explain<E: sqlx::error::DatabaseError>(
    error: Error,
    of_server: impl FnOnce(&E) -> DatabaseError,
) -> DatabaseError {
    let cause = error.to_string();
    match error {
        Error::Database(error) => match error.try_downcast_ref::<E>() {
            Some(error) => of_server(error),
            None => DatabaseError::Failed { cause },
        },
        Error::Io(_) | Error::Tls(_) | Error::Protocol(_) | Error::WorkerCrashed => {
            DatabaseError::Lost { cause }
        }
        _ => DatabaseError::Failed { cause },
    }
}
