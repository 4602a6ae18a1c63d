//! Do the accounts get back to the table of an older backend, as it made that table, on each engine?

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::doc_markdown,
    unreachable_pub,
    reason = "tests"
)]

mod world;

mod columns;
mod files;
mod names;
mod passwords;
mod tables;
mod trouble;

/// The same tests for each engine of the older backend.
macro_rules! on_every_engine {
    ($($case:ident)*) => {
        crate::on_every_engine!(@engine sqlite Sqlite $($case)*);
        crate::on_every_engine!(@engine postgres Postgres $($case)*);
        crate::on_every_engine!(@engine mariadb MariaDb $($case)*);
    };
    (@engine $name:ident $engine:ident $($case:ident)*) => {
        mod $name {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                super::$case(portcullis_store::testing::TestEngine::$engine).await;
            })*
        }
    };
}
use on_every_engine;
