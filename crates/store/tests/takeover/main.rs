//! Do the accounts of an older backend get into a store, whatever kept them and whatever keeps them now?

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::doc_markdown,
    unreachable_pub,
    reason = "tests"
)]

mod place;

mod again;
mod files;
mod many;
mod refusals;
mod sessions;
mod tables;

/// The same tests for each engine.
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
