//! Are files read as `mongoexport` and others write them, and are their faults told?

use portcullis_core::model::{Email, Role};
use portcullis_store::takeover::Reason;
use portcullis_store::takeover::shape::Field;
use portcullis_store::testing::TestEngine;

use super::place::{BCRYPT, Folder, Place, look_nowhere, plan, refusals};

fn documents() -> [String; 3] {
    [
        format!(
            r#"{{"_id":{{"$oid":"65f000000000000000000002"}},"name":"Bob","email":"bob@example.com","password":"{BCRYPT}","role":"admin","createdAt":{{"$date":"2024-03-12T07:06:40.005Z"}},"__v":0}}"#
        ),
        format!(
            r#"{{"_id":{{"$oid":"65f000000000000000000001"}},"name":"Ada","email":"Ada@Example.com","password":"{BCRYPT}","createdAt":{{"$date":{{"$numberLong":"1710227000000"}}}},"__v":{{"$numberInt":"0"}}}}"#
        ),
        format!(
            r#"{{"_id":"custom","email":"c@example.com","password":"{BCRYPT}","createdAt":{{"$date":1710227300000}}}}"#
        ),
    ]
}

#[tokio::test]
async fn lines_and_an_array_of_mongoexport_bring_the_same() {
    let folder = Folder::new();
    let mut brought = Vec::new();
    for (name, content) in [
        ("lines.json", documents().join("\n")),
        ("blanks.json", format!("\u{feff}\r\n{}\r\n\r\n", documents().join("\r\n"))),
        ("array.json", format!(" [\n{}\n]\n", documents().join(",\n"))),
    ] {
        let source = folder.file(name, content);
        let place = Place::new(TestEngine::Sqlite).await;
        let foreseen = look_nowhere(&source, &plan("auth-router")).await;
        let report = place.take(&source, &plan("mongoose")).await;
        assert_eq!((report.rows, report.new, report.admins), (3, 3, 1), "{name}: {report:?}");
        assert_eq!(foreseen.new, 3);
        assert_eq!(report.described.passed_over, ["__v"]);
        brought.push(place.accounts().await);
    }
    assert!(brought[0] == brought[1] && brought[1] == brought[2]);
    let [ada, bob, custom] = &brought[0][..] else { panic!() };
    assert_eq!(
        (ada.account.number, ada.account.external_id.as_deref()),
        (1, Some("65f000000000000000000001"))
    );
    assert_eq!(ada.account.email.as_ref().map(Email::as_str), Some("Ada@Example.com"));
    assert_eq!(ada.account.created_at.as_millis(), 1_710_227_000_000);
    assert_eq!((bob.account.number, bob.account.role), (2, Role::Admin));
    assert_eq!(bob.account.profile.name.as_deref(), Some("Bob"));
    assert_eq!(bob.account.created_at.as_millis(), 1_710_227_200_005);
    assert_eq!((custom.account.number, custom.account.external_id.as_deref()), (3, Some("custom")));
}

#[tokio::test]
async fn a_name_with_dots_leads_into_documents() {
    let folder = Folder::new();
    let line = format!(r#"{{"_id":7,"local":{{"email":"a@b.c","hash":"{BCRYPT}"}},"tags":[1]}}"#);
    let source = folder.file("users.json", line);
    let mut plan = plan("mongoose");
    plan.mapping.set(Field::Email, Some("local.email".into()));
    plan.mapping.set(Field::Password, Some("local.hash".into()));
    let report = look_nowhere(&source, &plan).await;
    assert_eq!((report.new, report.described.passed_over), (1, vec!["tags".to_owned()]));
    plan.mapping.set(Field::Email, Some("local.mail".into()));
    let place = Place::new(TestEngine::Sqlite).await;
    let error = place.try_take(&source, &plan).await.unwrap_err();
    assert!(error.to_string().contains("local.mail"), "{error}");
}

#[tokio::test]
async fn a_file_of_values_comes_with_its_numbers_and_times() {
    let folder = Folder::new();
    let content = format!(
        "\u{feff}id,username,email,password,createdAt,note\r\n\
         2,ada,Ada@example.com,{BCRYPT},2024-09-16T11:00:00.000Z,\"a, \"\"b\"\"\nc\"\r\n\
         1,bob,bob@example.com,{BCRYPT},1726484400,\r\n\
         ObjectId(65f000000000000000000001),eve,eve@example.com,{BCRYPT},,\\N\r\n"
    );
    let source = folder.file("users.csv", content);
    let place = Place::new(TestEngine::Sqlite).await;
    let report = place.take(&source, &plan("bearer-pair")).await;
    assert_eq!((report.new, refusals(&report)), (3, vec![]), "{report:?}");
    assert_eq!(report.described.passed_over, ["note"]);
    let accounts = place.accounts().await;
    assert_eq!(accounts[0].account.created_at, accounts[1].account.created_at);
    assert_eq!(accounts[0].account.email.as_ref().map(Email::as_str), Some("bob@example.com"));
    assert_eq!(accounts[2].account.external_id.as_deref(), Some("65f000000000000000000001"));
    assert_eq!(accounts[2].account.created_at.as_millis(), 0x65f0_0000 * 1000);
}

#[tokio::test]
async fn usernames_alone_come_and_their_case_counts() {
    let folder = Folder::new();
    let line = |name: &str| format!(r#"{{"username":"{name}","password":"{BCRYPT}"}}"#);
    let source = folder.file("users.json", format!("{}{}{}", line("ada"), line("Ada"), line("ada")));
    let place = Place::new(TestEngine::Sqlite).await;
    let report = place.take(&source, &plan("bearer-single")).await;
    assert_eq!((report.new, refusals(&report)), (2, vec![(Reason::UsernameTwice, 1)]));
    let row = &report.refused[&Reason::UsernameTwice].first[0];
    assert_eq!((row.id.as_deref(), row.place, report.places), (None, 3, "document"));
    let again = place.take(&source, &plan("bearer-single")).await;
    assert_eq!((again.new, again.there, again.refused_total()), (0, 2, 1));
}

#[tokio::test]
async fn a_fault_in_a_file_is_told_with_its_line_before_anything_is_written() {
    let folder = Folder::new();
    let good = &documents()[0];
    let header = "id,username,email,password\n";
    for (name, content, words) in [
        ("cut.json", format!("{good}\n{}", &good[..50]), ["line 2", "middle of a document"]),
        ("odd.json", format!("{good}\n{{nonsense}}\n{good}"), ["line 2", "no JSON"]),
        ("number.json", format!("{good}\n5\n"), ["document 2", "no JSON object"]),
        ("list.json", format!("[{good},\n{good}"), ["line 2", "middle of a document"]),
        ("after.json", format!("[{good}]\n{good}"), ["line 2", "no JSON"]),
        ("short.csv", format!("{header}1,a,a@b.c,{BCRYPT}\n2,b\n"), ["line 3", "2 values"]),
        (
            "columns.csv",
            "id,user,email,password\n1,a,a@b.c,x\n".to_owned(),
            ["`username`", "there are: id, user"],
        ),
    ] {
        let source = folder.file(name, content);
        let shape = if name.ends_with("csv") { "bearer-pair" } else { "mongoose" };
        let place = Place::new(TestEngine::Sqlite).await;
        let error = place.try_take(&source, &plan(shape)).await.unwrap_err();
        let text = error.to_string();
        assert!(words.iter().all(|word| text.contains(word)), "{name}: {text}");
        assert!(!text.contains("example.com") && !error.fix().is_empty());
        assert!(place.accounts().await.is_empty());
    }
}

#[tokio::test]
async fn a_file_without_rows_is_no_fault() {
    let folder = Folder::new();
    for (name, content) in [("a.json", ""), ("b.json", "[]"), ("c.csv", "id,username,email,password\n")] {
        let shape = if name.ends_with("csv") { "bearer-pair" } else { "mongoose" };
        assert_eq!(look_nowhere(&folder.file(name, content), &plan(shape)).await.rows, 0);
    }
}
