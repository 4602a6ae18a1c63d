//! Do the accounts of an older backend come by the command, and what does it say?

use std::fs;
use std::process::Stdio;

use portcullis_store::testing::{TestDatabase, TestEngine};
use serde_json::{Value, json};

use super::deployment::Deployment;
use super::server::eventually;

/// `correct horse`, hashed with cost 4.
const HASH: &str = "$2b$04$dKbNwmQJySXNsl5frB9tdeAKPZowakkEW2GWUJakk9zNtB4D7RWjO";

fn csv(rows: &[(&str, &str, &str)]) -> String {
    let rows = rows.iter().map(|(id, username, email)| format!("{id},{username},{email},{HASH}\n"));
    format!("id,username,email,password\n{}", rows.collect::<String>())
}

fn with_file(name: &str, content: &str) -> Deployment {
    let deployment = Deployment::new();
    fs::write(deployment.directory().join(name), content).unwrap();
    deployment
}

const GOOD: [(&str, &str, &str); 2] = [("3", "ada", "Ada@example.com"), ("7", "bob", "bob@example.com")];

#[tokio::test]
async fn accounts_come_and_log_in_with_the_passwords_they_had() {
    let place = with_file("users.csv", &csv(&GOOD));
    let foreseen = place.run(&["import", "--from", "bearer-pair", "users.csv", "--dry-run", "--json"]).json();
    assert!(!place.database().exists());
    let text =
        place.run(&["import", "--from", "bearer-pair", "users.csv", "--cut-over", "2026-01-31T22:00:00Z"]);
    let text = text.text();
    for words in [
        "2 lines in the shape sequelize-users",
        "2 came, 0 were there already, 0 cannot come",
        "bcrypt 04: 2",
        "2026-01-31T22:00:00.000Z",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let again = place.run(&["import", "--from", "bearer-pair", "users.csv", "--json"]).json();
    assert_eq!(foreseen["accounts"], json!({ "new": 2, "there": 0, "refused": 0 }));
    assert_eq!(again["accounts"], json!({ "new": 0, "there": 2, "refused": 0 }));
    assert_eq!(again["columns"]["email"], "email");

    let server = place.start().await;
    server.api().log_in("ada", "correct horse").await.unwrap().expect(200);
    server.api().log_in("bob@example.com", "correct horse").await.unwrap().expect(200);
    let shown = place.run(&["account", "show", "ada", "--json"]).json();
    assert_eq!(shown["account"]["number"], 3, "{shown}");
}

#[tokio::test]
async fn rows_that_cannot_come_are_told_by_id_and_change_the_exit_code() {
    let rows = csv(&[GOOD[0], ("4", "eve", "ADA@Example.com"), ("0", "sue", "sue@example.com")]);
    let place = with_file("users.csv", &rows);
    let command = ["import", "--from", "bearer-pair", "users.csv"];
    let foreseen = place.run(&[&command[..], &["--dry-run"]].concat());
    assert_eq!(foreseen.code, Some(1));
    assert!(foreseen.stderr.contains("2 of 3 rows would not come"), "{}", foreseen.stderr);
    let done = place.run(&command);
    assert_eq!(done.code, Some(1));
    assert!(done.stderr.contains("2 of 3 rows did not come") && done.stderr.contains("--allow-missing"));
    assert!(done.stdout.contains("an earlier row has its email address"), "{}", done.stdout);
    assert!(done.stdout.contains("id 4") && done.stdout.contains("id 0"), "{}", done.stdout);
    let all = format!("{}{}", done.stdout, done.stderr);
    assert!(!all.to_lowercase().contains("example.com") && !all.contains("$2b$0"), "{all}");

    let told = place.run(&[&command[..], &["--allow-missing", "--json"]].concat()).json();
    assert_eq!(told["accounts"], json!({ "new": 0, "there": 1, "refused": 2 }));
    assert_eq!(told["duplicate_emails"], 1);
    assert_eq!(told["refused"]["email_twice"], json!({ "count": 1, "rows": [{ "id": "4", "line": 3 }] }));
}

#[tokio::test]
async fn a_database_is_read_by_a_url_that_nobody_sees() {
    let source = TestDatabase::new(TestEngine::MariaDb).await;
    source
        .execute(&format!(
            "CREATE TABLE Users (id INT, username TEXT, email TEXT, password TEXT); \
             INSERT INTO Users VALUES (3, 'ada', 'ada@example.com', '{HASH}')"
        ))
        .await;
    let came = |told: Value| (told["accounts"]["new"].clone(), told["source"].clone());
    let place = Deployment::new();
    let command = ["import", "--from", "sequelize-users", "-", "--dry-run", "--json"];
    let by_stdin = came(place.run_with_input(&command, &format!("{}\n", source.url())).json());
    assert_eq!(by_stdin.0, 1);
    assert!(by_stdin.1.as_str().is_some_and(|name| name.starts_with("MySQL test_") && !name.contains('@')));
    let command = ["import", "--from", "sequelize-users", "--dry-run", "--json"];
    let place = Deployment::new().with("PORTCULLIS_IMPORT_URL", source.url());
    assert_eq!(came(place.run(&command).json()), by_stdin);
    let words = ["import", "--from", "sequelize-users", "-", "--dry-run", "--json"];
    assert_eq!(came(place.run(&words).json()), by_stdin);
    // The tables stand in the database of the server itself.
    let place = Deployment::new().on(&source);
    assert_eq!(came(place.run(&command).json()), by_stdin);
    let place = place.run(&["import", "--from", "sequelize-users", "--json"]).json();
    assert_eq!(came(place), by_stdin);
}

#[tokio::test]
async fn a_schema_of_postgresql_stands_in_the_url_or_before_the_table() {
    let source = TestDatabase::new(TestEngine::Postgres).await;
    let schema = source.schema().unwrap();
    source.execute(&format!("CREATE SCHEMA {schema}")).await;
    let table = "CREATE TABLE \"Users\" (id INT, username TEXT, email TEXT, \"hashedPassword\" BYTEA)";
    let row = format!("INSERT INTO \"Users\" VALUES (3, 'ada', 'ada@example.com', '{HASH}')");
    source.execute(&format!("{table}; {row}")).await;
    let place = Deployment::new();
    let dry_run = ["--dry-run", "--json"];
    let by_url = format!("{}?schema={schema}", source.url());
    let told = place.run(&[&["import", "--from", "api-session", &by_url], &dry_run[..]].concat()).json();
    assert_eq!(told["accounts"]["new"], 1);
    let by_table = format!("{schema}.Users");
    let words = ["import", "--from", "api-session", source.url(), "--table", &by_table];
    assert_eq!(place.run(&[&words[..], &dry_run].concat()).json()["accounts"]["new"], 1);
    let complaint = place.run(&["import", "--from", "api-session", &by_url, "--table", "none"]).complaint(1);
    assert!(complaint.contains("there is no table `none`") && complaint.contains(".Users"), "{complaint}");
}

#[tokio::test]
async fn a_table_of_another_shape_is_mapped_by_flags_or_a_file() {
    let place = with_file("members.txt", &format!("key,mail,pw\n9,ada@example.com,{HASH}\n"));
    fs::write(
        place.directory().join("map.toml"),
        "[columns]\nid = \"key\"\nemail = \"mail\"\nusername = \"\"\npassword = \"nothing\"\n",
    )
    .unwrap();
    let words =
        ["import", "--from", "sequelize-users", "members.txt", "--format", "csv", "--mapping", "map.toml"];
    let complaint = place.run(&words).complaint(1);
    assert!(complaint.contains("`nothing`") && complaint.contains("--map password=COLUMN"), "{complaint}");
    let told = place.run(&[&words[..], &["--map", "password=pw", "--json"]].concat()).json();
    assert_eq!((&told["accounts"]["new"], &told["columns"]["id"]), (&1.into(), &"key".into()));
}

#[tokio::test]
async fn documents_come_by_stdin() {
    let place = Deployment::new();
    let line = format!(
        r#"{{"_id":{{"$oid":"65f000000000000000000001"}},"email":"a@b.c","password":"{HASH}","role":"editor"}}"#
    );
    let command = ["import", "--from", "mongoose", "-", "--format", "json"];
    let text = place.run_with_input(&command, &line).text();
    assert!(text.contains("1 documents in the shape mongoose") && text.contains("editor: 1"), "{text}");
}

#[tokio::test]
async fn what_cannot_be_meant_is_wrong_usage_and_makes_no_database() {
    let place = with_file("users.txt", "");
    for (words, said) in [
        (&["import"][..], "FILE|SOURCE"),
        (&["import", "--from", "unknown", "users.csv"], "known are sequelize-users"),
        (&["import", "--from", "mongoose"], "name a SOURCE"),
        (&["import", "--from", "mongoose", "users.txt"], "add --format"),
        (&["import", "--from", "mongoose", "users.txt", "--map", "mail=x"], "there is no field `mail`"),
        (&["import", "--from", "mongoose", "users.txt", "--cut-over", "soon"], "or `now`"),
        (&["import", "users.txt", "--map", "email=x"], "--from"),
        (&["import", "--from", "mongoose", "-"], "stdin has no URL"),
        (&["import", "--from", "mongoose", "a.json", "--table", "x"], "a file has no tables"),
    ] {
        let complaint = place.run(words).complaint(2);
        assert!(complaint.contains(said), "{words:?}: {complaint}");
    }
    for (words, said) in [
        (&["import", "--from", "mongoose", "mongodb://u:open-sesame@h/d"][..], "mongoexport"),
        (&["import", "--from", "mongoose", "none.json"], "none.json cannot be read"),
        (&["import", "--from", "api-session", "sqlite:none.db"], "none.db cannot be read"),
        (&["import", "--from", "api-session", "mysql:/u:open-sesame@h/d"], "SOURCE"),
    ] {
        let complaint = place.run(words).complaint(1);
        assert!(complaint.contains(said) && !complaint.contains("sesame"), "{words:?}: {complaint}");
    }
    assert!(!place.database().exists());
}

#[tokio::test]
async fn an_import_that_was_killed_goes_on_when_it_is_run_again() {
    let rows: Vec<_> =
        (1..=20_000).map(|n| (n.to_string(), format!("u{n}"), format!("u{n}@example.com"))).collect();
    let rows: Vec<_> =
        rows.iter().map(|(id, name, email)| (id.as_str(), name.as_str(), email.as_str())).collect();
    let place = with_file("users.csv", &csv(&rows));
    let command = ["import", "--from", "bearer-pair", "users.csv"];
    let mut child = place
        .command(&command)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let log = place.data_dir().join("portcullis.db-wal");
    // The tables alone are smaller.
    eventually("accounts arrive", async || {
        log.metadata().is_ok_and(|log| log.len() > 2_000_000).then_some(())
    })
    .await;
    child.kill().unwrap();
    child.wait().unwrap();
    let told = place.run(&[&command[..], &["--json"]].concat()).json();
    let (new, there) =
        (told["accounts"]["new"].as_u64().unwrap(), told["accounts"]["there"].as_u64().unwrap());
    assert!(there > 0 && new + there == 20_000, "{told}");
}
