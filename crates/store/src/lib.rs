//! How does Portcullis keep its data?
//!
//! One call, from the port to the row:
//!
//! ```text
//! Store::create_session           store.rs                   takes the arguments along
//!   Engine::write                 engine.rs                  a thread for SQLite; a pool, and another try, for servers
//!     operations::sessions::create  operations/sessions.rs   what happens, in one transaction, for every engine
//!       INSERT INTO sessions …      the same file            the statement
//!         Connection::execute       connection.rs            the engine's driver
//! ```
//!
//! - `operations/`: every operation and every statement, written once; knows no engine.
//! - `row/`: how rows become the things of the core.
//! - `transfer/`: how all of it gets into another store, or a file.
//! - `takeover/`: how the accounts of an older backend get in.
//! - `engine/`: what is special about an engine: connections, transactions, threads.
//! - `counters.rs`, `redis_counters.rs`: where nodes count wrong passwords together, apart from the store.
//! - `migrations/` (beside `src/`): the tables, a folder for each engine.

#![allow(clippy::doc_markdown, reason = "SQLite and PostgreSQL are names, not code")]

mod audit_store;
mod connection;
mod counters;
mod engine;
mod mail_store;
mod migrations;
mod operations;
pub mod options;
mod redis_counters;
mod row;
mod sql_store;
mod statement;
mod store;
pub mod takeover;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod transfer;
mod value;

pub use engine::observed::OperationMetrics;
pub use engine::server::metrics::ServerMetrics;
pub use engine::sqlite::metrics::SqliteMetrics;
pub use engine::sqlite::open::OpenError as SqliteOpenError;
pub use migrations::{MigrationError, MigrationStatus};
pub use options::{DatabaseOptions, Durability, SqliteOptions};
pub use redis_counters::{RedisCounters, RedisUrlError};
pub use sql_store::{OpenError, SqlStore, StoreMetrics};
