//! May an import be run again, also after one that was interrupted?

use portcullis_core::model::Timestamp;
use portcullis_store::testing::TestEngine;

use super::place::{BCRYPT, Folder, NOW, Place, plan};

super::on_every_engine! {
    a_second_run_finds_everything_there_and_records_its_cut_over
    what_was_interrupted_goes_on_where_it_was
    the_next_account_gets_a_number_of_its_own
}

fn documents(count: u32) -> String {
    let line = |n: u32| {
        format!(
            r#"{{"_id":{{"$oid":"65f0{:020x}"}},"email":"u{n}@example.com","password":"{BCRYPT}"}}"#,
            count - n
        )
    };
    (0..count).map(line).collect::<Vec<_>>().join("\n")
}

async fn a_second_run_finds_everything_there_and_records_its_cut_over(engine: TestEngine) {
    let folder = Folder::new();
    let source = folder.file("users.json", documents(1300));
    let (place, mut plan) = (Place::new(engine).await, plan("mongoose"));
    assert_eq!(place.take(&source, &plan).await.new, 1300);
    let first = place.accounts().await;
    plan.cut_over = Timestamp::from_seconds(1_800_000_500);
    plan.now = plan.cut_over;
    let again = place.take(&source, &plan).await;
    assert_eq!((again.new, again.there, again.refused_total()), (0, 1300, 0));
    let second = place.accounts().await;
    assert!(first.iter().all(|record| record.account.cut_over_at == Some(NOW)));
    assert!(second.iter().all(|record| record.account.cut_over_at == Some(plan.cut_over)));
    let same = first.into_iter().zip(second).all(|(mut first, second)| {
        first.account.cut_over_at = second.account.cut_over_at;
        first == second
    });
    assert!(same);
}

async fn what_was_interrupted_goes_on_where_it_was(engine: TestEngine) {
    let folder = Folder::new();
    let (place, plan) = (Place::new(engine).await, plan("mongoose"));
    // The first rows had come when it was interrupted, and nothing had been tidied up.
    let all = documents(1300);
    let some: Vec<_> = all.lines().take(700).collect();
    place.take(&folder.file("some.json", some.join("\n")), &plan).await;
    let report = place.take(&folder.file("users.json", &all), &plan).await;
    assert_eq!((report.new, report.there, report.refused_total()), (600, 700, 0));
    let mut numbers: Vec<_> = place.accounts().await.iter().map(|record| record.account.number).collect();
    numbers.dedup();
    assert_eq!(numbers.len(), 1300);
}

async fn the_next_account_gets_a_number_of_its_own(engine: TestEngine) {
    let folder = Folder::new();
    let place = Place::new(engine).await;
    let content = format!("id,username,email,password\n40,ada,ada@example.com,{BCRYPT}\n");
    place.take(&folder.file("users.csv", &content), &plan("bearer-pair")).await;
    assert_eq!(place.create(&place.personas.account("bob")).await, 41);
}
