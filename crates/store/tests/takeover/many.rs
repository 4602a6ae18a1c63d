//! How fast do many accounts come?

use std::time::Instant;

use portcullis_store::testing::TestEngine;

use super::place::{BCRYPT, Folder, Place, plan};

super::on_every_engine! {
    many_accounts_come_and_are_found_again
}

async fn many_accounts_come_and_are_found_again(engine: TestEngine) {
    // Servers are shared by many tests.
    let rows: u32 = if engine == TestEngine::Sqlite { 100_000 } else { 20_000 };
    let folder = Folder::new();
    let source = folder.sqlite(&format!(
        "CREATE TABLE Users (id INTEGER PRIMARY KEY, username TEXT, email TEXT, password TEXT, createdAt TEXT, \
         updatedAt TEXT); \
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows}) \
         INSERT INTO Users SELECT i, 'user' || i, 'user' || i || '@example.com', '{BCRYPT}', \
         '2024-09-16 11:00:00.000 +00:00', '2024-09-16 11:00:00.000 +00:00' FROM n;"
    ));
    let (place, plan) = (Place::new(engine).await, plan("sequelize-users"));
    let begun = Instant::now();
    let report = place.take(&source, &plan).await;
    println!("{engine:?}: {rows} accounts came in {:?}", begun.elapsed());
    assert_eq!((report.new, report.refused_total()), (u64::from(rows), 0));
    let begun = Instant::now();
    let again = place.take(&source, &plan).await;
    println!("{engine:?}: {rows} accounts were found again in {:?}", begun.elapsed());
    assert_eq!(again.there, u64::from(rows));
}
