//! Does the store on SQLite keep the contract of the port?

#![allow(clippy::unwrap_used, clippy::doc_markdown, reason = "tests")]

use std::sync::Arc;

use portcullis_core::ports::Store;
use portcullis_core::testing::NOW;
use portcullis_store::{SqliteOptions, SqliteStore};
use tempfile::TempDir;

async fn open() -> (Arc<dyn Store>, TempDir) {
    let folder = TempDir::new().unwrap();
    let store = SqliteStore::open(&folder.path().join("portcullis.db"), &SqliteOptions::default()).unwrap();
    store.migrate(NOW).await.unwrap();
    (Arc::new(store), folder)
}

portcullis_core::store_contract!(open);
