//! What do the commands that are not about accounts answer, and with which exit code?

use std::fs;

use serde_json::Value;

use super::deployment::Deployment;

const MASTER_KEY: &str = "b41f7c09e2d85a6391c07ef24d1b8a5f60e93d7c28f4ab16057dce9b3182f64a";

/// The value that `portcullis config --json` shows for a key.
fn shown(settings: &Value, key: &str) -> (String, String) {
    let setting = settings.as_array().unwrap().iter().find(|setting| setting["key"] == key).unwrap();
    let text = |member: &str| setting[member].as_str().unwrap_or_default().to_owned();
    (text("value"), text("source"))
}

#[test]
fn migrate_makes_the_tables_once_and_shows_which_there_are() {
    let deployment = Deployment::new();
    let pending = deployment.run(&["migrate", "--status"]).text();
    assert!(pending.contains("0001_accounts") && pending.contains("pending"), "{pending}");
    let applied = deployment.run(&["migrate"]).text();
    assert!(applied.starts_with("applied 0001_accounts\n"), "{applied}");
    assert_eq!(deployment.run(&["migrate"]).text(), "The database is up to date.\n");

    let status = deployment.run(&["migrate", "--status", "--json"]).json();
    let migrations = status["migrations"].as_array().unwrap();
    assert_eq!(migrations.len(), applied.lines().count());
    assert!(migrations.iter().all(|migration| migration["applied_at"].is_string()), "{status}");
    assert_eq!(deployment.run(&["migrate", "--json"]).json()["migrations"], Value::Array(Vec::new()));
    let table = deployment.run(&["migrate", "--status"]).text();
    assert!(table.starts_with("MIGRATION") && !table.contains("pending"), "{table}");
}

#[test]
fn config_shows_values_and_where_they_come_from_but_no_secrets() {
    let deployment = Deployment::new().with("PORTCULLIS_MASTER_KEY", MASTER_KEY).with("HOST", "127.0.0.2");
    fs::write(deployment.directory().join("portcullis.toml"), "[session]\nidle = \"7d\"\n").unwrap();
    fs::write(deployment.directory().join(".env"), "PORTCULLIS_SESSION_ACCESS=5m\n").unwrap();

    let text = deployment.run(&["config", "--data-dir", "elsewhere"]).text();
    assert!(text.starts_with("KEY") && text.contains("elsewhere"), "{text}");
    let output = deployment.run(&["config", "--json"]);
    assert!(!output.stdout.contains(MASTER_KEY) && !text.contains(MASTER_KEY));
    let settings = output.json();
    assert!(!shown(&settings, "master_key").0.is_empty());
    assert_eq!(shown(&settings, "session.idle").0, "7d");
    assert!(shown(&settings, "session.idle").1.contains("portcullis.toml"));
    assert_eq!(shown(&settings, "session.access").0, "5m");
    assert!(shown(&settings, "session.access").1.contains(".env"));
    assert_eq!(shown(&settings, "host").0, "127.0.0.2");
    assert!(shown(&settings, "host").1.contains("HOST"));
    assert!(!deployment.data_dir().exists(), "looking at settings makes nothing");
}

#[test]
fn config_shows_the_settings_also_when_something_is_wrong_with_them() {
    let outcome = Deployment::new().with("PORTCULLIS_PASSWORD_MIN_LENGTH", "many").run(&["config"]);
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.stdout.contains("session.idle"), "{}", outcome.stdout);
    assert!(outcome.stderr.contains("PORTCULLIS_PASSWORD_MIN_LENGTH"), "{}", outcome.stderr);
    let reference = Deployment::new().run(&["config", "--reference"]).text();
    assert!(reference.contains("PORTCULLIS_MASTER_KEY"), "{reference}");
}

#[tokio::test]
async fn doctor_finds_a_fresh_and_a_running_deployment_sound() {
    let deployment = Deployment::new();
    let before = deployment.run(&["doctor"]);
    assert_eq!(before.code, Some(0), "{before:?}");
    assert!(!deployment.data_dir().exists(), "the doctor makes nothing");
    let _server = deployment.start().await;
    let answer = deployment.run(&["doctor", "--json"]).json();
    let findings = answer["findings"].as_array().unwrap();
    assert!(findings.iter().all(|finding| finding["verdict"] != "fail"), "{answer:#}");
    assert!(findings.iter().any(|finding| finding["check"] == "integrity"), "{answer:#}");
}

#[tokio::test]
async fn doctor_names_what_is_broken_and_fails() {
    let deployment = Deployment::new();
    drop(deployment.start().await);
    fs::write(deployment.master_key(), format!("{MASTER_KEY}\n")).unwrap();
    let outcome = deployment.run(&["doctor"]);
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.stdout.contains("fail  keys"), "{}", outcome.stdout);
    fs::write(deployment.database(), "junk").unwrap();
    let outcome = deployment.run(&["doctor", "--json"]);
    assert_eq!(outcome.code, Some(1));
    let answer: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let database = answer["findings"].as_array().unwrap().iter().find(|f| f["check"] == "database").unwrap();
    assert_eq!(database["verdict"], "fail");
    assert!(database["advice"].is_string());
    let outcome = Deployment::new().with("PORTCULLIS_ENV", "production").run(&["doctor"]);
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.stdout.contains("fail  configuration"), "{}", outcome.stdout);
}

#[test]
fn keys_are_listed_and_rotated() {
    let deployment = Deployment::new();
    deployment.run(&["migrate"]).text();
    let before = deployment.run(&["keys", "list", "--json"]).json();
    let after = deployment.run(&["keys", "rotate", "--purpose", "refresh", "--json"]).json();
    let states = |keys: &Value, purpose: &str| -> Vec<String> {
        let keys = keys["keys"].as_array().unwrap().iter().filter(|key| key["purpose"] == purpose);
        let mut states: Vec<_> = keys.map(|key| key["state"].as_str().unwrap().to_owned()).collect();
        states.sort();
        states
    };
    assert_eq!(states(&before, "refresh_token"), ["active", "next"]);
    assert_eq!(states(&after, "refresh_token"), ["active", "next", "retired"]);
    assert_eq!(states(&after, "access_token"), states(&before, "access_token"));
    let text = deployment.run(&["keys", "rotate", "--emergency"]).text();
    assert!(text.starts_with("PURPOSE") && text.contains("revoked"), "{text}");
    assert_eq!(deployment.run(&["keys", "list"]).text(), text);
}

#[test]
fn completions_are_printed_for_every_shell_and_need_no_configuration() {
    let deployment = Deployment::new().with("PORTCULLIS_ENV", "nowhere");
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = deployment.run(&["completions", shell]).text();
        assert!(script.contains("portcullis") && script.contains("set-password"), "{shell}");
    }
}

#[test]
fn help_and_version_are_answers_and_not_complaints() {
    let deployment = Deployment::new();
    let help = deployment.run(&["--help"]).text();
    for command in ["serve", "migrate", "account", "keys", "config", "doctor", "completions"] {
        assert!(help.contains(&format!("  {command} ")), "{help}");
    }
    let version = deployment.run(&["--version"]).text();
    assert_eq!(version, format!("portcullis {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn wrong_usage_has_an_exit_code_of_its_own() {
    let deployment = Deployment::new();
    for arguments in [
        &["nonsense"][..],
        &["serve", "--nonsense"],
        &["keys"],
        &["keys", "rotate", "--purpose", "nonsense"],
        &["completions"],
        &["config", "--json", "--reference"],
        &["account", "list", "--limit", "0"],
    ] {
        let outcome = deployment.run(arguments);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(!outcome.stderr.is_empty());
    }
    assert!(!deployment.data_dir().exists());
}

#[test]
fn flags_count_more_than_the_environment() {
    let deployment = Deployment::new().with("PORTCULLIS_DATA_DIR", "from-environment");
    deployment.run(&["migrate", "--data-dir", "from-flag"]).text();
    assert!(deployment.directory().join("from-flag/portcullis.db").exists());
    assert!(!deployment.directory().join("from-environment").exists());
    let named = deployment.run(&["account", "list", "--config", "absent.toml"]).complaint(1);
    assert!(named.contains("absent.toml"), "{named}");
}

#[test]
fn a_command_that_only_looks_makes_no_database() {
    let deployment = Deployment::new().with("PORTCULLIS_DATA_DIR", "mistyped");
    for command in [["account", "list"].as_slice(), &["account", "show", "alice"], &["keys", "list"]] {
        let complaint = deployment.run(command).complaint(1);
        assert!(
            complaint.contains("there is nothing in the database yet: mistyped/portcullis.db"),
            "{complaint}"
        );
    }
    assert!(!deployment.directory().join("mistyped").exists());
}
