//! Does `docs/asvs.md` decide about every requirement, and do it and `docs/security.md` name nothing that does not exist?
//!
//! In the last column of its tables a name with `::` is a test (crate, file, function), any other name a setting. In
//! `docs/security.md` a test of this crate is named without it, and `::*` means all of a file or folder.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

/// Requirements of the chapters that the page goes through.
const REQUIREMENTS: usize = 220;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Id, verdict and what it rests on.
fn rows(page: &str) -> Vec<[&str; 3]> {
    let rows = page.lines().filter_map(|line| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let ["", id, "1" | "2" | "3", about, verdict, by, ""] = cells[..] else { return None };
        (id.starts_with('V') && !about.is_empty()).then_some([id, verdict, by])
    });
    rows.collect()
}

/// The source files below a folder, by crate and path: `server::it::docs_asvs`.
fn sources(folder: &Path, found: &mut HashMap<String, String>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let path_in_crates = path.strip_prefix(root().join("crates")).unwrap().with_extension("");
            let words: Vec<_> = path_in_crates.iter().map(|word| word.to_str().unwrap()).collect();
            let [of_crate, _src_or_tests, file @ ..] = &words[..] else { continue };
            found.insert(format!("{of_crate}::{}", file.join("::")), read(&path));
        }
    }
}

/// What the headings of a page are called in links.
fn anchors(page: &str) -> BTreeSet<String> {
    let headings = page.lines().filter(|line| line.starts_with('#'));
    let anchors = headings.map(|heading| {
        let text = heading.trim_start_matches('#').trim().to_lowercase();
        let kept = text.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    });
    anchors.collect()
}

#[test]
fn every_requirement_has_a_verdict_and_what_it_rests_on() {
    let page = read(&root().join("docs/asvs.md"));
    let rows = rows(&page);
    let ids: BTreeSet<_> = rows.iter().map(|[id, ..]| id).collect();
    assert_eq!((rows.len(), ids.len()), (REQUIREMENTS, REQUIREMENTS));
    for [id, verdict, by] in rows {
        assert!(["held", "not applicable", "open"].contains(&verdict), "{id}: {verdict}");
        assert!(!by.is_empty() && !by.contains("(pending)"), "{id}: {by}");
        assert!(verdict != "held" || by.contains('`') || by.contains("]("), "{id} rests on nothing: {by}");
    }
}

#[test]
fn every_test_setting_and_section_that_is_named_exists() {
    let docs = root().join("docs");
    let page = read(&docs.join("asvs.md"));
    let settings = read(&root().join("crates/server/src/config/keys.rs"));
    let mut files = HashMap::new();
    sources(&root().join("crates"), &mut files);
    for [id, _, by] in rows(&page) {
        for name in by.split('`').skip(1).step_by(2) {
            let exists = match name.rsplit_once("::") {
                Some((file, test)) => {
                    files.get(file).is_some_and(|source| source.contains(&format!("fn {test}(")))
                }
                None => settings.contains(&format!("= \"{name}\" {{")),
            };
            assert!(exists, "{id}: there is no {name}");
        }
    }
    let links = page.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(link, _)| link);
    for link in links.filter(|link| !link.starts_with("http")) {
        let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
        let target = docs.join(if file.is_empty() { "asvs.md" } else { file });
        assert!(target.exists(), "{link}");
        assert!(anchor.is_empty() || anchors(&read(&target)).contains(anchor), "{link}");
    }
}

#[test]
fn every_test_that_the_promises_rest_on_exists() {
    const CRATES: [&str; 6] = ["core", "crypto", "http", "server", "store", "verifier"];
    let mut files = HashMap::new();
    sources(&root().join("crates"), &mut files);
    let page = read(&root().join("docs/security.md"));
    let names: Vec<&str> = page
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|name| name.contains("::") && name.starts_with(char::is_lowercase))
        .collect();
    assert!(names.len() > 60, "{}", names.len());
    for name in names.into_iter().filter(|name| !name.contains(['…', ' '])) {
        let is_elsewhere = CRATES.iter().any(|of_crate| name.starts_with(&format!("{of_crate}::")));
        let whole = if is_elsewhere { name.to_owned() } else { format!("server::it::{name}") };
        let exists = match whole.rsplit_once("::") {
            Some((file, "*")) => {
                files.keys().any(|known| known == file || known.starts_with(&format!("{file}::")))
            }
            Some((file, test)) => {
                files.get(file).is_some_and(|source| source.contains(&format!("fn {test}(")))
                    || files.keys().any(|known| known.starts_with(&format!("{whole}::")) || *known == whole)
            }
            None => false,
        };
        assert!(exists, "there is no {name}");
    }
}
