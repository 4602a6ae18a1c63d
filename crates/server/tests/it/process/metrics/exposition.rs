//! What does a page of metrics say, read by the letter of the text format 0.0.4?

use std::collections::{BTreeMap, BTreeSet};

/// A page without a mistake in it.
pub struct Exposition {
    /// As it came.
    pub text: String,
    families: BTreeMap<String, String>,
    samples: BTreeMap<Sample, f64>,
}

/// A name and its labels, in the order of their names.
type Sample = (String, BTreeMap<String, String>);

impl Exposition {
    /// Reads a page; what is not exactly right fails the test.
    pub fn parse(text: &str) -> Self {
        assert!(text.ends_with('\n'));
        let (mut families, mut samples) = (BTreeMap::new(), BTreeMap::new());
        let mut lines = text.lines().peekable();
        while let Some(line) = lines.next() {
            let (name, help) = line.strip_prefix("# HELP ").unwrap().split_once(' ').unwrap();
            assert!(help.ends_with('.') && !help.contains('\\'), "{line}");
            let kind = lines.next().unwrap().strip_prefix(&format!("# TYPE {name} ")).unwrap();
            check_name(name, kind);
            assert!(families.insert(name.to_owned(), kind.to_owned()).is_none(), "{name} comes twice");
            while let Some(line) = lines.next_if(|line| !line.starts_with('#')) {
                let (sample, value) = parse_sample(line);
                let suffix = sample.0.strip_prefix(name).unwrap();
                assert!(
                    if kind == "histogram" { suffix.starts_with('_') } else { suffix.is_empty() },
                    "{line}"
                );
                assert!(samples.insert(sample, value).is_none(), "{line} comes twice");
            }
        }
        let page = Self { text: text.to_owned(), families, samples };
        page.check_histograms();
        page
    }

    /// Name and type of each family.
    pub fn families(&self) -> BTreeMap<String, String> {
        self.families.clone()
    }

    /// The samples without their values.
    pub fn samples(&self) -> BTreeSet<Sample> {
        self.samples.keys().cloned().collect()
    }

    /// The value of a sample; 0 for one that has not come yet.
    pub fn value(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let labels = labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let is_of_family = |family: &String| name.starts_with(family.as_str());
        assert!(self.families.keys().any(is_of_family), "there is no {name}");
        self.samples.get(&(name.to_owned(), labels)).copied().unwrap_or_default()
    }

    /// Classes grow, and the last holds all.
    fn check_histograms(&self) {
        let mut classes: BTreeMap<Sample, Vec<(f64, f64)>> = BTreeMap::new();
        for ((name, labels), count) in &self.samples {
            let Some(name) = name.strip_suffix("_bucket") else { continue };
            let mut labels = labels.clone();
            let bound = labels.remove("le").unwrap();
            let bound = if bound == "+Inf" { f64::INFINITY } else { bound.parse().unwrap() };
            classes.entry((name.to_owned(), labels)).or_default().push((bound, *count));
        }
        for ((name, labels), mut classes) in classes {
            classes.sort_by(|(one, _), (other, _)| one.total_cmp(other));
            assert!(classes.is_sorted_by(|(_, one), (_, other)| one <= other), "{name} {labels:?}");
            let (bound, all) = *classes.last().unwrap();
            assert!(bound.is_infinite());
            assert_eq!(self.samples[&(format!("{name}_count"), labels.clone())], all);
            assert!(self.samples.contains_key(&(format!("{name}_sum"), labels)));
        }
    }
}

/// The rules of <https://prometheus.io/docs/practices/naming/> that can be checked.
fn check_name(name: &str, kind: &str) {
    assert!(name.starts_with("portcullis_") || name.starts_with("process_"), "{name}");
    assert!(name.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{name}");
    assert_eq!(kind == "counter", name.ends_with("_total"), "{name} is a {kind}");
    if kind == "histogram" {
        assert!(name.ends_with("_seconds"), "{name}");
    }
    assert!(["counter", "gauge", "histogram"].contains(&kind), "{name} is a {kind}");
}

fn parse_sample(line: &str) -> (Sample, f64) {
    let (sample, value) = line.rsplit_once(' ').unwrap();
    let value: f64 = value.parse().unwrap();
    assert!(value.is_finite() && value >= 0.0, "{line}");
    let Some((name, labels)) = sample.split_once('{') else {
        return ((sample.to_owned(), BTreeMap::new()), value);
    };
    let mut labels = labels.strip_suffix('}').unwrap();
    let mut read = BTreeMap::new();
    while !labels.is_empty() {
        let (name, rest) = labels.split_once("=\"").unwrap();
        // No label of ours needs an escape.
        let (label, rest) = rest.split_once('"').unwrap();
        assert!(!label.contains('\\'), "{line}");
        assert!(read.insert(name.to_owned(), label.to_owned()).is_none(), "{line}");
        labels = rest.strip_prefix(',').unwrap_or(rest);
    }
    ((name.to_owned(), read), value)
}
