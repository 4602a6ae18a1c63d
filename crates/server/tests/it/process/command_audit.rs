//! What does `portcullis audit` show, and does it see what was done to the log?

use portcullis_store::testing::{TestDatabase, TestEngine};
use serde_json::{Value, json};

use super::deployment::Deployment;
use super::server::{Server, eventually};

const PASSWORD: &str = "correct horse battery";

/// What `audit list --json` says, oldest first.
fn list(deployment: &Deployment, arguments: &[&str]) -> Vec<Value> {
    let outcome = deployment.run(&[&["audit", "list", "--json"], arguments].concat());
    assert_eq!(outcome.stderr, "");
    outcome.stdout.lines().rev().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn kinds(entries: &[Value]) -> Vec<&str> {
    entries.iter().map(|entry| entry["kind"].as_str().unwrap()).collect()
}

/// A server that somebody has used, and that was stopped.
async fn used() -> Deployment {
    used_with(Deployment::new()).await
}

/// The same, and its database.
async fn used_and_open() -> (Deployment, TestDatabase) {
    let database = TestDatabase::new(TestEngine::Sqlite).await;
    (used_with(Deployment::new().with("DATABASE_URL", database.url())).await, database)
}

async fn used_with(deployment: Deployment) -> Deployment {
    let mut server = deployment.start().await;
    let api = server.api();
    api.newcomer("alice", PASSWORD).await;
    assert_eq!(api.log_in("alice", "wrong password").await.unwrap().status, 401);
    assert_eq!(api.log_in("mallory", "wrong password").await.unwrap().status, 401);
    stop(&mut server).await;
    deployment
}

async fn stop(server: &mut Server) {
    server.terminate();
    assert!(server.end().await.success());
}

#[tokio::test]
async fn the_life_of_a_server_is_in_the_log_to_its_end_and_sealed() {
    let deployment = used().await;
    let whole = list(&deployment, &[]);
    let expected = [
        "keys_created",
        "server_started",
        "account_created",
        "logged_in",
        "login_failed",
        "login_failed",
        "server_stopped",
    ];
    assert_eq!(kinds(&whole), expected);
    assert_eq!(whole[1]["detail"], format!("version {}", env!("CARGO_PKG_VERSION")));
    assert_eq!(
        (&whole[4]["detail"], &whole[5]["detail"]),
        (&json!("wrong_password"), &json!("unknown_account"))
    );
    assert_eq!((&whole[4]["address"], &whole[4]["outcome"]), (&json!("127.0.0.1"), &json!("failure")));
    assert!(whole[4]["request_id"].is_string());
    let report = deployment.run(&["audit", "verify", "--json"]).json();
    assert_eq!(
        (&report["verified"], &report["unsealed"], &report["fault_count"]),
        (&json!(7), &json!(0), &json!(0))
    );
    let text = deployment.run(&["audit", "verify"]).text();
    assert!(text.starts_with("7 entries are as they were sealed\nhead: 7:"), "{text}");
}

#[tokio::test]
async fn entries_are_found_by_account_kind_outcome_and_time() {
    let deployment = used().await;
    let of_alice = list(&deployment, &["--account", "alice"]);
    assert_eq!(kinds(&of_alice), ["account_created", "logged_in", "login_failed"]);
    let id = of_alice[0]["account_id"].as_str().unwrap();
    assert_eq!(list(&deployment, &["--account", id]), of_alice);
    assert_eq!(list(&deployment, &["--kind", "login_failed"]).len(), 2);
    let two = list(&deployment, &["--kind", "server_started", "--kind", "server_stopped"]);
    assert_eq!(kinds(&two), ["server_started", "server_stopped"]);
    assert_eq!(kinds(&list(&deployment, &["--outcome", "failure"])), ["login_failed"; 2]);
    assert_eq!(list(&deployment, &["--outcome", "failure", "--kind", "server_started"]), Vec::<Value>::new());
    assert_eq!(kinds(&list(&deployment, &["--limit", "1"])), ["server_stopped"]);
    assert_eq!(list(&deployment, &["--since", "1h"]).len(), 7);
    assert_eq!(list(&deployment, &["--until", "1h"]).len(), 0);
    assert_eq!(list(&deployment, &["--since", of_alice[2]["at"].as_str().unwrap()]).len(), 3);
    let text = deployment.run(&["audit", "list", "--account", "alice", "--limit", "1"]).text();
    assert!(text.contains("login_failed") && text.contains("wrong_password  account "), "{text}");
    assert!(text.ends_with('\n') && text.lines().count() == 1, "{text}");
    for wrong in [["--kind", "login"], ["--since", "yesterday"], ["--outcome", "maybe"], ["--after", "-1"]] {
        deployment.run(&[&["audit", "list"][..], &wrong].concat()).complaint(2);
    }
}

#[tokio::test]
async fn whoever_goes_on_after_the_last_number_gets_every_entry_once() {
    let deployment = used().await;
    let after = |number: i64, arguments: &[&str]| -> Vec<Value> {
        let number = number.to_string();
        let words = [&["audit", "list", "--json", "--after", &number], arguments].concat();
        let lines = deployment.run(&words).text();
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let first = after(0, &["--limit", "4"]);
    let rest = after(4, &[]);
    let numbers: Vec<_> = first.iter().chain(&rest).map(|entry| entry["number"].as_i64().unwrap()).collect();
    assert_eq!(numbers, [1, 2, 3, 4, 5, 6, 7]);
    let ids = |entries: &[Value]| entries.iter().map(|entry| entry["id"].clone()).collect::<Vec<_>>();
    assert_eq!(ids(&[first, rest].concat()), ids(&list(&deployment, &[])));
    assert_eq!(after(7, &[]), Vec::<Value>::new());
    deployment.run(&["audit", "list", "--after", "0", "--since", "1h"]).complaint(2);
}

#[tokio::test]
async fn what_somebody_did_to_the_tables_is_named() {
    let (deployment, database) = used_and_open().await;
    let head = deployment.run(&["audit", "verify", "--json"]).json()["head"].as_str().unwrap().to_owned();
    deployment.run(&["audit", "verify", "--head", &head]).text();
    let alice = list(&deployment, &["--kind", "account_created"])[0]["id"].as_str().unwrap().to_owned();

    database.execute("CREATE TABLE kept AS SELECT * FROM audit_events").await;
    database.execute("UPDATE audit_events SET address = '192.0.2.1' WHERE kind = 'account_created'").await;
    let outcome = deployment.run(&["audit", "verify"]);
    let told = format!("FAULT: entry {alice} (number 3) or its seal was changed\n");
    assert!(outcome.stdout.contains(&told), "{}", outcome.stdout);
    assert!(outcome.stderr.contains("the audit log is not what it was: 1 fault"), "{}", outcome.stderr);
    assert_eq!(outcome.code, Some(1));
    let report: Value = serde_json::from_str(&deployment.run(&["audit", "verify", "--json"]).stdout).unwrap();
    assert_eq!((&report["faults"][0]["what"], &report["faults"][0]["seq"]), (&json!("changed"), &json!(3)));

    let restore = "DELETE FROM audit_events; INSERT INTO audit_events SELECT * FROM kept";
    database.execute(restore).await;
    deployment.run(&["audit", "verify", "--head", &head]).text();
    let cut = "DELETE FROM audit_events WHERE id = (SELECT event_id FROM audit_seals WHERE seq = 7); \
               DELETE FROM audit_seals WHERE seq = 7";
    database.execute(cut).await;
    deployment.run(&["audit", "verify"]).text();
    let outcome = deployment.run(&["audit", "verify", "--head", &head]);
    assert!(outcome.stdout.contains("FAULT: the noted head 7 is beyond the end"), "{}", outcome.stdout);
    assert_eq!(outcome.code, Some(1));
    deployment.run(&["audit", "verify", "--head", "six"]).complaint(2);
}

#[tokio::test]
async fn an_entry_that_was_put_in_long_after_its_time_is_told() {
    let (deployment, database) = used_and_open().await;
    // Of a second after the epoch.
    let id = "X'00000000 03E8 7000 8000 000000000001'".replace(' ', "");
    database
        .execute(&format!(
            "INSERT INTO audit_events (id, happened_at, kind) VALUES ({id}, 1000, 'logged_in')"
        ))
        .await;
    let outcome = deployment.run(&["audit", "verify"]);
    assert!(outcome.stdout.contains("late: 00000000-03e8-7000-8000-000000000001"), "{}", outcome.stdout);
    assert!(outcome.stderr.contains("more than an hour after their time"), "{}", outcome.stderr);
    assert_eq!(outcome.code, Some(1));
    deployment.run(&["audit", "verify", "--allow-late"]).text();
}

#[tokio::test]
async fn what_was_refused_is_in_the_log_within_moments() {
    let deployment = Deployment::new();
    let server = deployment.start().await;
    server.api().log_in("mallory", "wrong password").await.unwrap();
    eventually("the failed login is written", async || {
        (list(&deployment, &["--kind", "login_failed"]).len() == 1).then_some(())
    })
    .await;
    eventually("it is sealed", async || {
        let report = deployment.run(&["audit", "verify", "--json"]).json();
        (report["unsealed"] == 0 && report["verified"] == 3).then_some(())
    })
    .await;
}

#[tokio::test]
async fn what_is_over_goes_when_the_operator_wants_it() {
    let deployment = used().await.with("PORTCULLIS_AUDIT_RETENTION", "1s");
    let mut removed = 0;
    eventually("all that was sealed is over", async || {
        let answer = deployment.run(&["audit", "prune", "--json"]).json();
        removed += answer["removed"].as_u64().unwrap();
        (removed == 7).then_some(())
    })
    .await;
    assert!(kinds(&list(&deployment, &[])).iter().all(|kind| *kind == "audit_pruned"));
    let report = deployment.run(&["audit", "verify", "--json"]).json();
    assert_eq!((&report["pruned_up_to"], &report["fault_count"]), (&json!(7), &json!(0)));
    let forever = deployment.with("PORTCULLIS_AUDIT_RETENTION", "0");
    assert_eq!(forever.run(&["audit", "prune"]).text(), "removed 0 entries\n");
}

#[tokio::test]
async fn everything_that_goes_out_or_comes_in_is_written_down() {
    let (here, there) = (used().await, Deployment::new());
    let key = here.directory().join("data/master.key");
    let there = there.with("PORTCULLIS_MASTER_KEY_FILE", key.to_str().unwrap());
    here.run(&["export", "--output", "all.jsonl"]).text();
    there.run(&["import", here.directory().join("all.jsonl").to_str().unwrap()]).text();
    let exported = list(&here, &["--kind", "exported"]);
    assert_eq!((exported.len(), &exported[0]["user_agent"]), (1, &json!("portcullis command line")));
    let came = list(&there, &["--kind", "exported", "--kind", "imported"]);
    assert_eq!(kinds(&came), ["exported", "imported"], "the file has its own beginning");
    let report = there.run(&["audit", "verify", "--json"]).json();
    assert_eq!((&report["verified"], &report["fault_count"]), (&json!(7), &json!(0)), "seals come along");
}
