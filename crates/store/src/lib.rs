//! How does Portcullis keep its data?
//!
//! One call, from the port to the row:
//!
//! ```text
//! Store::create_session           sqlite_store.rs            takes the arguments along to the writer
//!   operations::sessions::create  operations/sessions.rs     what happens, in one transaction, for every engine
//!     INSERT INTO sessions …      the same file              the statement
//!       Connection::execute       engine/sqlite/connection.rs
//! ```
//!
//! - `operations/`: every operation and every statement, written once; knows no engine.
//! - `row/`: how rows become the things of the core.
//! - `engine/`: what is special about an engine: connections, transactions, threads.
//! - `migrations/` (beside `src/`): the tables, a folder for each engine.

#![allow(clippy::doc_markdown, reason = "SQLite and PostgreSQL are names, not code")]

mod connection;
mod engine;
mod migrations;
mod operations;
mod row;
mod sqlite_store;
mod statement;
mod value;

pub use engine::sqlite::metrics::SqliteMetrics;
pub use engine::sqlite::open::{Durability, OpenError, SqliteOptions};
pub use migrations::{MigrationError, MigrationStatus};
pub use sqlite_store::SqliteStore;
