//! Where do the engines differ? Here and in `migrations/`, nowhere else.
//!
//! SQLite runs in this process, on threads of its own. The others are servers: a pool of connections, a transaction
//! on one of them, and another try when that did not work out.

pub(crate) mod mysql;
pub(crate) mod observed;
pub(crate) mod postgres;
pub(crate) mod server;
pub(crate) mod sqlite;

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use futures_util::future::BoxFuture;
use portcullis_core::ports::StoreError;

use crate::connection::{Connection, DatabaseError};
use server::ServerEngine;

/// The engine of a store.
pub(crate) enum Engine {
    /// An SQLite file.
    Sqlite(sqlite::Engine),
    /// A database server.
    Server(ServerEngine),
}

/// What an operation does with a connection; `operation!` makes one. It may be run more than once.
pub(crate) trait Operation<T>:
    for<'c> Fn(Connection<'c>) -> BoxFuture<'c, Result<T, DatabaseError>> + Send + Sync + 'static
{
}

impl<T, F> Operation<T> for F where
    F: for<'c> Fn(Connection<'c>) -> BoxFuture<'c, Result<T, DatabaseError>> + Send + Sync + 'static
{
}

/// Makes an [`Operation`] of a call and its arguments, which are moved in and borrowed by the call:
/// `operation!([id, event] |connection| accounts::enable(connection, *id, event))`.
macro_rules! operation {
    ([$($argument:ident),*] |$connection:ident| $call:expr) => {{
        let arguments = std::sync::Arc::new(($($argument,)*));
        $crate::engine::any_lifetime(move |mut connection| {
            let arguments = std::sync::Arc::clone(&arguments);
            let run: futures_util::future::BoxFuture<'_, _> = Box::pin(async move {
                let ($($argument,)*) = &*arguments;
                let $connection = &mut connection;
                $call.await
            });
            run
        })
    }};
}
pub(crate) use operation;

/// Tells the compiler that a closure takes connections of any lifetime.
pub(crate) fn any_lifetime<T, F>(closure: F) -> F
where
    F: for<'c> Fn(Connection<'c>) -> BoxFuture<'c, Result<T, DatabaseError>>,
{
    closure
}

impl Engine {
    /// Runs an operation in a transaction; answers after the commit.
    pub(crate) async fn write<T>(&self, operation: impl Operation<T>) -> Result<T, StoreError>
    where
        T: Send + 'static,
    {
        match self {
            Self::Sqlite(engine) => engine.write(move |c| finish(operation(Connection::Sqlite(c)))).await,
            Self::Server(engine) => engine.write(operation).await,
        }
    }

    /// Runs a read of one statement on the last committed state.
    pub(crate) async fn read<T>(&self, operation: impl Operation<T>) -> Result<T, StoreError>
    where
        T: Send + 'static,
    {
        match self {
            Self::Sqlite(engine) => engine.read(move |c| finish(operation(Connection::Sqlite(c)))).await,
            Self::Server(engine) => engine.read(operation).await,
        }
    }
}

/// Runs a future that never waits, because its connection never does.
pub(crate) fn finish<T>(future: impl Future<Output = Result<T, DatabaseError>>) -> Result<T, DatabaseError> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => {
            Err(DatabaseError::failed("a store operation waited for something but its connection"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{DatabaseError, finish};

    #[test]
    fn an_operation_on_sqlite_that_waits_for_something_else_fails_instead_of_hanging() {
        let waiting = async {
            std::future::pending::<()>().await;
            Ok(())
        };
        assert!(matches!(finish(waiting), Err(DatabaseError::Failed { .. })));
        assert_eq!(finish(async { Ok(1) }), Ok(1));
    }
}
