//! Are the alerts of the documentation about metrics that there are, and is it said what to do?

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::documented;

fn read(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name)).unwrap()
}

/// The words of an expression that name a metric, without what histograms add to it.
fn metrics_in(expression: &str) -> Vec<String> {
    let is_of_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let words = expression.split(|c| !is_of_word(c));
    let words = words.filter(|word| word.starts_with("portcullis_") || word.starts_with("process_"));
    let bare = words.map(|word| {
        let of_histogram = ["_bucket", "_sum", "_count"].iter().find_map(|suffix| word.strip_suffix(suffix));
        of_histogram.unwrap_or(word).to_owned()
    });
    bare.collect()
}

#[test]
fn every_metric_of_an_alert_is_documented() {
    let (alerts, documented) = (read("alerts.yml"), documented());
    let named = metrics_in(&alerts);
    assert!(named.len() > 10);
    for metric in named {
        assert!(documented.contains_key(&metric), "{metric}");
    }
}

#[test]
fn for_every_alert_it_is_said_what_to_do() {
    let alerts = read("alerts.yml");
    let named: BTreeSet<_> =
        alerts.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
    assert!(named.len() >= 10);
    let text = read("metrics.md");
    let explained: BTreeSet<_> = text.lines().filter_map(|line| line.strip_prefix("### ")).collect();
    assert_eq!(named, explained);
    assert_eq!(alerts.matches("expr:").count(), named.len());
    for name in named {
        let link = format!("docs/metrics.md#{}", name.to_lowercase());
        assert!(alerts.contains(&link), "{link}");
    }
}
