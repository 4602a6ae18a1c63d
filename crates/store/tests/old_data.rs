//! Is what earlier versions left behind read, used, and not taken from under their hands, after every migration since?
//!
//! `old_data/` has a folder for every migration that a release ended with, in it one for every engine; a script there
//! writes them. What they hold is the same in all of them.

#![allow(clippy::unwrap_used, clippy::panic, clippy::doc_markdown, reason = "tests")]

#[path = "old_data/beside.rs"]
mod beside;
#[path = "old_data/folder.rs"]
mod folder;
#[path = "old_data/history.rs"]
mod history;
#[path = "old_data/reading.rs"]
mod reading;
#[path = "old_data/using.rs"]
mod using;
#[path = "old_data/world.rs"]
mod world;

use std::collections::BTreeSet;
use std::fs;
use std::sync::Arc;

use portcullis_store::testing::{TestDatabase, TestEngine, statements};

use crate::folder::{OldData, root, word};

/// The old data of these names is tested.
macro_rules! old_data {
    ($($name:ident: $version:literal $engine:ident,)*) => {
        /// What is tested.
        const TESTED: &[OldData] = &[$(OldData { version: $version, engine: TestEngine::$engine }),*];

        $(mod $name {
            use super::{OldData, TestEngine};

            const DATA: OldData = OldData { version: $version, engine: TestEngine::$engine };

            #[tokio::test]
            async fn is_read_to_the_last_character() {
                super::is_read(DATA).await;
            }

            #[tokio::test]
            async fn is_what_everybody_goes_on_with() {
                super::is_used(DATA).await;
            }

            #[tokio::test]
            async fn can_still_be_used_by_the_binary_that_wrote_it() {
                super::beside::check(DATA).await;
            }
        })*
    };
}

old_data! {
    of_0006_on_sqlite: 6 Sqlite,
    of_0007_on_sqlite: 7 Sqlite,
    of_0007_on_postgres: 7 Postgres,
    of_0007_on_mariadb: 7 MariaDb,
    of_0009_on_sqlite: 9 Sqlite,
    of_0009_on_postgres: 9 Postgres,
    of_0009_on_mariadb: 9 MariaDb,
    of_0013_on_sqlite: 13 Sqlite,
    of_0013_on_postgres: 13 Postgres,
    of_0013_on_mariadb: 13 MariaDb,
    of_0017_on_sqlite: 17 Sqlite,
    of_0017_on_postgres: 17 Postgres,
    of_0017_on_mariadb: 17 MariaDb,
}

async fn is_read(data: OldData) {
    let database = data.load().await;
    let store = database.open().await;
    reading::check(&store, data.version).await;
    store.close().await;
}

async fn is_used(data: OldData) {
    let database = data.load().await;
    let store = Arc::new(database.open().await);
    using::check(&store, data).await;
    store.close().await;
}

/// The migrations that this version ends with.
async fn newest_version() -> i64 {
    let database = TestDatabase::new(TestEngine::Sqlite).await;
    let store = database.open().await;
    let migrations = store.migration_status().await.unwrap();
    store.close().await;
    migrations.last().unwrap().version
}

#[tokio::test]
async fn everything_that_is_kept_is_tested_and_every_engine_keeps_the_newest() {
    let names = |folder: &std::path::Path| {
        let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
        let folders = entries.filter(|entry| entry.file_type().unwrap().is_dir());
        folders.map(|entry| entry.file_name().into_string().unwrap()).collect::<Vec<_>>()
    };
    let kept: BTreeSet<_> = names(&root())
        .iter()
        .flat_map(|version| {
            names(&root().join(version)).into_iter().map(move |engine| format!("{version}/{engine}"))
        })
        .collect();
    let name = |data: &OldData| format!("{:04}/{}", data.version, word(data.engine));
    assert_eq!(kept, TESTED.iter().map(name).collect());
    let version = newest_version().await;
    for engine in [TestEngine::Sqlite, TestEngine::Postgres, TestEngine::MariaDb] {
        let newest = OldData { version, engine };
        assert!(TESTED.contains(&newest), "{} is missing: tests/old_data/write", name(&newest));
    }
}

#[tokio::test]
async fn the_newest_lists_every_statement_of_this_version() {
    let version = newest_version().await;
    for engine in [TestEngine::Sqlite, TestEngine::Postgres, TestEngine::MariaDb] {
        let listed: BTreeSet<_> = OldData { version, engine }.statements().into_iter().collect();
        let sent: BTreeSet<_> = statements(engine).into_iter().map(str::to_owned).collect();
        let differing: Vec<_> = listed.symmetric_difference(&sent).collect();
        assert!(differing.is_empty(), "{engine:?}: tests/old_data/write --statements\n{differing:#?}");
    }
}

#[tokio::test]
async fn what_this_version_writes_is_what_is_expected() {
    let version = newest_version().await;
    for engine in [TestEngine::Sqlite, TestEngine::Postgres, TestEngine::MariaDb] {
        let database = TestDatabase::new(engine).await;
        let store = Arc::new(database.open().await);
        history::write(Arc::clone(&store), version).await;
        reading::check(&store, version).await;
        store.close().await;
    }
}
