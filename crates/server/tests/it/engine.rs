//! On which engine does a test run?
//!
//! `#[every_engine]` makes a test on each engine of one function; every database that the function asks for is of
//! that engine. `#[every_server]` leaves out the embedded one.

use std::cell::Cell;
use std::pin::Pin;

use portcullis_store::testing::TestDatabase;
pub use portcullis_store::testing::TestEngine;

thread_local! {
    // All of a test happens on its thread.
    static CURRENT: Cell<Option<TestEngine>> = const { Cell::new(None) };
}

/// Runs a test on an engine.
pub fn run(engine: TestEngine, test: Pin<Box<dyn Future<Output = ()>>>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    // The engines share the snapshots of a test, and answer the same.
    on(engine, || insta::allow_duplicates! { runtime.block_on(test) });
}

/// Runs something that is not async on an engine.
pub fn on(engine: TestEngine, test: impl FnOnce()) {
    CURRENT.set(Some(engine));
    test();
    CURRENT.set(None);
}

/// The engine of this test.
pub fn current() -> TestEngine {
    CURRENT.get().expect("#[every_engine] before the test, which says on which engine it runs")
}

/// An empty database for this test.
pub async fn database() -> TestDatabase {
    TestDatabase::new(current()).await
}
