//! What `portcullis config` and the reference show.

use std::collections::BTreeSet;

use super::super::{keys, reference, report};
use super::{MASTER_KEY, Place};

#[test]
fn every_key_is_resolved_once_and_shown_in_the_order_of_the_table() {
    let effective = Place::new().load().effective;
    let shown: Vec<_> = effective.iter().map(|e| e.key.name).collect();
    let declared: Vec<_> = keys::ALL.iter().map(|e| e.declared.name).collect();
    assert_eq!(shown, declared);
}

#[test]
fn names_are_unique_and_say_what_they_decide() {
    let names: BTreeSet<_> = keys::ALL.iter().map(|e| e.declared.environment_name()).collect();
    assert_eq!(names.len(), keys::ALL.len());
    for entry in keys::ALL {
        assert!(entry.declared.doc.trim().ends_with('.'), "{}", entry.declared.name);
    }
}

#[test]
fn the_report_names_sources_and_hides_secrets() {
    let configuration = Place::new()
        .toml("\nport = 4001")
        .dot_env("DB_FILE=x.db")
        .variable("PORTCULLIS_MASTER_KEY", MASTER_KEY)
        .load();
    let json = report::json(&configuration.effective).to_string();
    assert!(!json.contains(MASTER_KEY));
    let table = report::table(&configuration.effective);
    assert!(!table.contains(MASTER_KEY));
    let line = |name: &str| table.lines().find(|line| line.starts_with(name)).unwrap().to_owned();
    let words = |name: &str| line(name).split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(words("port "), "port 4001 portcullis.toml:2");
    assert_eq!(words("database.url"), "database.url sqlite:x.db .env:1 DB_FILE");
    assert_eq!(words("master_key "), "master_key ******** environment PORTCULLIS_MASTER_KEY");
    assert_eq!(words("log.level"), "log.level info default");
}

#[test]
fn settings_do_not_print_the_master_key() {
    let settings = Place::new().in_production().settings();
    let printed = format!("{settings:?}").to_lowercase();
    assert!(printed.contains("masterkey(..)"));
    assert!(!printed.contains(MASTER_KEY));
}

#[test]
fn the_reference_describes_every_key() {
    let text = reference::markdown();
    for entry in keys::ALL {
        assert!(text.contains(&format!("### `{}`\n", entry.declared.name)), "{}", entry.declared.name);
        assert!(text.contains(&entry.declared.environment_name()));
    }
}
