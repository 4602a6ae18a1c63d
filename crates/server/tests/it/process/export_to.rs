//! Do the accounts get back to an older backend by the command, and what does it say?

use std::fs;
use std::os::unix::fs::PermissionsExt;

use portcullis_store::testing::{TestDatabase, TestEngine};
use serde_json::{Value, json};

use super::deployment::{Deployment, Outcome};

const HASH: &str = "$2b$04$dKbNwmQJySXNsl5frB9tdeAKPZowakkEW2GWUJakk9zNtB4D7RWjO";

/// The table of a backend of the contract `bearer-pair`.
const TABLE: &str = "CREATE TABLE `Users` (`id` INTEGER NOT NULL auto_increment, `username` VARCHAR(255) NOT NULL UNIQUE, \
                     `email` VARCHAR(255) NOT NULL UNIQUE, `password` VARCHAR(255) NOT NULL, \
                     `createdAt` DATETIME NOT NULL, `updatedAt` DATETIME NOT NULL, PRIMARY KEY (`id`)) ENGINE=InnoDB";

/// Two accounts that came from a file, and one that has no username.
fn filled() -> Deployment {
    let place = Deployment::new();
    let users = format!(
        "id,username,email,password\n3,ada,ada@example.com,{HASH}\n7,bob,bob@example.com,{HASH}\n9,,eve@example.com,{HASH}\n"
    );
    fs::write(place.directory().join("users.csv"), users).unwrap();
    done(&place.run(&[
        "import",
        "--from",
        "sequelize-users",
        "users.csv",
        "--map",
        "username=username",
        "--json",
    ]));
    place
}

fn done(outcome: &Outcome) -> Value {
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    serde_json::from_str(&outcome.stdout).unwrap()
}

#[tokio::test]
async fn a_table_gets_what_it_lacks_and_a_second_run_has_nothing_to_do() {
    let old = TestDatabase::new(TestEngine::MariaDb).await;
    old.execute(TABLE).await;
    let place = filled().with("PORTCULLIS_EXPORT_URL", old.url());
    let command = ["export", "--to", "bearer-pair", "-", "--json", "--allow-missing"];
    let counts = |report: &Value| (report["inserted"].clone(), report["unchanged"].clone());
    let looked =
        done(&place.run(&["export", "--to", "bearer-pair", "--json", "--allow-missing", "--dry-run"]));
    assert_eq!((counts(&looked), &looked["dry_run"]), ((json!(2), json!(0)), &json!(true)));
    let report = done(&place.run(&command));
    assert_eq!(counts(&report), (json!(2), json!(0)), "{report}");
    assert_eq!(report["findings"]["no_username"], json!({ "count": 1, "failed": true, "ids": ["9"] }));
    assert_eq!(counts(&done(&place.run(&command))), (json!(0), json!(2)));
    // Whoever does not accept what is missing is told what it is, and not with which password the database was opened.
    let refused = place.run(&["export", "--to", "bearer-pair"]);
    assert_eq!(refused.code, Some(1));
    assert!(refused.stdout.contains("no username") && refused.stdout.contains("id 9"), "{refused:?}");
    assert!(refused.stderr.contains("1 of 3 accounts were not given back"), "{refused:?}");
    assert!(!format!("{refused:?}").contains(HASH) && !refused.stdout.contains("portcullis:portcullis@"));
}

#[test]
fn a_file_is_its_owners_alone_and_replaces_none() {
    let place = filled();
    let command = ["export", "--to", "bearer-pair", "back.jsonl", "--json", "--allow-missing"];
    assert_eq!(done(&place.run(&command))["inserted"], 2);
    let path = place.directory().join("back.jsonl");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o600);
    let before = fs::read(&path).unwrap();
    let again = place.run(&command);
    assert_eq!(again.code, Some(1));
    assert!(again.stderr.contains("is there already"), "{again:?}");
    assert_eq!(fs::read(&path).unwrap(), before);
    let first: Value = serde_json::from_slice(before.split(|byte| *byte == b'\n').next().unwrap()).unwrap();
    assert_eq!((&first["id"], &first["password"]), (&json!(3), &json!(HASH)));
    // A look makes no file, also where there is none yet.
    done(&place.run(&[
        "export",
        "--to",
        "bearer-pair",
        "look.csv",
        "--json",
        "--allow-missing",
        "--dry-run",
    ]));
    assert!(!place.directory().join("look.csv").exists());
    assert_eq!(
        fs::read_dir(place.directory())
            .unwrap()
            .filter(|entry| { entry.as_ref().unwrap().file_name().to_string_lossy().contains(".part") })
            .count(),
        0
    );
}

#[test]
fn what_goes_out_comes_in_again_by_stdout() {
    let place = filled();
    let out = place.run(&["export", "--to", "users-cookies", "-", "--format", "csv"]);
    assert_eq!(out.code, Some(0), "{out:?}");
    assert!(out.stdout.starts_with("id,email,name,") && out.stderr.contains("3 written"), "{out:?}");
    let other = Deployment::new();
    let arguments = ["import", "--from", "users-cookies", "-", "--format", "csv", "--json"];
    let report: Value = serde_json::from_str(&other.run_with_input(&arguments, &out.stdout).stdout).unwrap();
    assert_eq!(report["accounts"]["new"], 3, "{report}");
}

#[test]
fn what_cannot_be_meant_is_told_before_anything_is_opened() {
    let place = Deployment::new();
    for (arguments, words) in [
        (vec!["export"], "--output"),
        (vec!["export", "--to", "someday", "x.csv"], "known are sequelize-users"),
        (vec!["export", "x.csv"], "--to"),
        (vec!["export", "--to", "mongoose"], "name a TARGET"),
        (vec!["export", "--to", "mongoose", "users.txt"], "--format"),
        (vec!["export", "--to", "mongoose", "-", "--json", "--format", "json"], "would both go to stdout"),
        (
            vec!["export", "--to", "mongoose", "-"],
            "PORTCULLIS_EXPORT_URL is not set; to write the accounts to stdout add --format",
        ),
        (vec!["export", "--to", "mongoose", "-", "--dry-run"], "PORTCULLIS_EXPORT_URL is not set"),
        (vec!["export", "--to", "mongoose", "x.csv", "--table", "y"], "no tables"),
        (vec!["export", "--to", "mongoose", "x.csv", "--delete-missing"], "no rows"),
        (vec!["export", "--to", "mongoose", "x.csv", "--output", "y"], "--output"),
    ] {
        let outcome = place.run(&arguments);
        assert_eq!(outcome.code, Some(2), "{arguments:?}: {outcome:?}");
        assert!(outcome.stderr.contains(words), "{arguments:?}: {outcome:?}");
    }
    let outcome = place.run(&["export", "--to", "mongoose", "mongodb://127.0.0.1/app"]);
    assert!(outcome.code == Some(1) && outcome.stderr.contains("mongoimport"), "{outcome:?}");
    let outcome = place.run(&["export", "--to", "bearer-pair", "mysql://app:hunter22@127.0.0.1:1/app"]);
    assert!(
        outcome.stderr.contains("PORTCULLIS_EXPORT_URL") && !outcome.stderr.contains("hunter22"),
        "{outcome:?}"
    );
}
