//! Does the store keep the contract of the port, on every engine?

#![allow(clippy::doc_markdown, reason = "tests")]

use std::sync::Arc;

use portcullis_core::ports::Store;
use portcullis_store::testing::{TestDatabase, TestEngine};

async fn open(engine: TestEngine) -> (Arc<dyn Store>, TestDatabase) {
    let database = TestDatabase::new(engine).await;
    (Arc::new(database.open().await), database)
}

mod sqlite {
    async fn open() -> (super::Arc<dyn super::Store>, super::TestDatabase) {
        super::open(super::TestEngine::Sqlite).await
    }

    portcullis_core::store_contract!(open);
}

mod postgres {
    async fn open() -> (super::Arc<dyn super::Store>, super::TestDatabase) {
        super::open(super::TestEngine::Postgres).await
    }

    portcullis_core::store_contract!(open);
}

mod mariadb {
    async fn open() -> (super::Arc<dyn super::Store>, super::TestDatabase) {
        super::open(super::TestEngine::MariaDb).await
    }

    portcullis_core::store_contract!(open);
}
