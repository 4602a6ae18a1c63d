//! Is each row that cannot come told with its reason, and does a dry run tell the same?

use std::fmt::Write;

use portcullis_core::model::{Email, Profile, Username};
use portcullis_store::takeover::{Reason, TakeoverReport};
use portcullis_store::testing::TestEngine;

use super::place::{BCRYPT, Folder, Place, look_nowhere, plan, refusals};

super::on_every_engine! {
    what_is_in_the_way_is_told_and_all_else_comes
    an_account_that_has_changed_is_left_alone
}

/// Rows that exclude each other, and faulty ones.
fn rows() -> String {
    let mut rows = "id,username,email,password\n".to_owned();
    for (id, username, email, hash) in [
        ("1", "ada", "ada@example.com", BCRYPT),
        ("2", "bob", "ADA@Example.com", BCRYPT),
        ("3", "Ada", "other@example.com", BCRYPT),
        ("1", "eve", "eve@example.com", BCRYPT),
        // The first to have an address is the first that comes.
        ("5", "fay", "fay@example.com", "plain"),
        ("6", "fay", "fay@example.com", BCRYPT),
        ("7", "gil", "", BCRYPT),
        ("8", "hal", "hal@example.com", ""),
        ("9", "zed", "zed@elsewhere.example", BCRYPT),
    ] {
        writeln!(rows, "{id},{username},{email},{hash}").unwrap();
    }
    rows
}

fn counts(report: &TakeoverReport) -> (u64, u64, Vec<(Reason, u64)>) {
    (report.new, report.there, refusals(report))
}

async fn what_is_in_the_way_is_told_and_all_else_comes(engine: TestEngine) {
    let folder = Folder::new();
    let source = folder.file("users.csv", rows());
    let plan = plan("bearer-pair");
    let nowhere = look_nowhere(&source, &plan).await;
    let in_itself = vec![
        (Reason::NoEmail, 1),
        (Reason::NoPassword, 1),
        (Reason::HashUnknown, 1),
        (Reason::IdTwice, 1),
        (Reason::EmailTwice, 1),
        (Reason::UsernameTwice, 1),
    ];
    assert_eq!(counts(&nowhere), (3, 0, in_itself.clone()));
    assert_eq!(nowhere.refused[&Reason::EmailTwice].first[0].id.as_deref(), Some("2"));
    assert_eq!((nowhere.refused[&Reason::NoEmail].first[0].place, nowhere.places), (8, "line"));

    let place = Place::new(engine).await;
    // Number 1, the address of zed, and the username of fay are taken.
    for (username, email) in [("one", "one@x.y"), ("two", "zed@elsewhere.example"), ("Fay", "three@x.y")] {
        let mut account = place.personas.account(username);
        account.username = Some(Username::lenient(username).unwrap());
        account.email = Some(Email::lenient(email).unwrap());
        account.profile = Profile::default();
        place.create(&account).await;
    }
    let before = place.accounts().await;
    let foreseen = place.look(&source, &plan).await;
    assert_eq!(place.accounts().await, before);
    let report = place.take(&source, &plan).await;
    assert_eq!(counts(&report), counts(&foreseen));
    assert_eq!(report.refused, foreseen.refused);
    assert_eq!(report.refused[&Reason::IdTaken].count, 4);
    assert_eq!(report.refused[&Reason::EmailTaken].first[0].id.as_deref(), Some("9"));
    assert_eq!(report.refused[&Reason::UsernameTaken].first[0].id.as_deref(), Some("6"));
    let mut after = place.accounts().await;
    assert_eq!(after.len() as u64, 3 + report.new);
    // What the older backend signed for whoever could not come names an account that is in the way.
    let in_the_way = after.iter().filter(|there| there.account.cut_over_at.is_none());
    assert!(
        in_the_way.clone().count() == 3
            && in_the_way.clone().all(|there| there.account.disowned_at.is_some())
    );
    for there in &mut after {
        there.account.disowned_at = None;
    }
    assert!(before.iter().all(|there| after.contains(there)), "all else of them is untouched");
}

async fn an_account_that_has_changed_is_left_alone(engine: TestEngine) {
    let folder = Folder::new();
    let (place, plan) = (Place::new(engine).await, plan("bearer-pair"));
    let content = format!("id,username,email,password\n4,ada,ada@example.com,{BCRYPT}\n");
    place.take(&folder.file("users.csv", &content), &plan).await;
    let before = place.accounts().await;
    let changed = content.replace("$10$N9", "$10$N8");
    let source = folder.file("users.csv", changed);
    assert_eq!(counts(&place.look(&source, &plan).await), (0, 0, vec![(Reason::Differs, 1)]));
    assert_eq!(counts(&place.take(&source, &plan).await), (0, 0, vec![(Reason::Differs, 1)]));
    assert_eq!(place.accounts().await, before);
}
