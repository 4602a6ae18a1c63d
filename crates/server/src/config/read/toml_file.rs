//! What does `portcullis.toml` say?

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::super::keys::{ALL, Declared};
use super::super::problem::{Problem, nearest};
use super::{DEFAULT_FILE, Source, Written, as_written, suggestion};

/// Reads the file that was named, or the default one if it exists.
pub(super) fn read(
    directory: &Path,
    named: Option<PathBuf>,
    written: &mut Written,
    problems: &mut Vec<Problem>,
) {
    let is_named = named.is_some();
    let path = named.unwrap_or_else(|| PathBuf::from(DEFAULT_FILE));
    let text = match std::fs::read_to_string(directory.join(&path)) {
        Ok(text) => {
            written.notes_file(&directory.join(&path));
            text
        }
        Err(error) if error.kind() == ErrorKind::NotFound && !is_named => return,
        Err(error) => {
            written.lacks_a_source();
            let what = format!("the configuration file {} cannot be read: {error}", path.display());
            problems.push(Problem::new(what, "name a readable file in UTF-8"));
            return;
        }
    };
    let path = path.display().to_string();
    match DeTable::parse(&text) {
        Ok(table) => Reading { text: &text, path: &path, written, problems }.table("", table.get_ref()),
        Err(error) => {
            written.lacks_a_source();
            let line = line_at(&text, error.span().map_or(0, |span| span.start));
            problems.push(Problem::new(
                format!("{path}:{line} is not TOML: {}", error.message()),
                "correct the line; strings need quotes, as in host = \"0.0.0.0\"",
            ));
        }
    }
}

/// One pass over a file.
struct Reading<'a> {
    text: &'a str,
    path: &'a str,
    written: &'a mut Written,
    problems: &'a mut Vec<Problem>,
}

impl Reading<'_> {
    fn table(&mut self, section: &str, table: &DeTable<'_>) {
        let mut entries: Vec<_> = table.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        for (key, value) in entries {
            let name = if section.is_empty() {
                key.get_ref().to_string()
            } else {
                format!("{section}.{}", key.get_ref())
            };
            let line = line_at(self.text, key.span().start);
            let declared = ALL.iter().map(|entry| entry.declared).find(|declared| declared.name == name);
            match (declared, value.get_ref()) {
                (Some(declared), _) => self.value(declared, value, line),
                (None, DeValue::Table(inner)) if is_section(&name) => self.table(&name, inner),
                (None, _) if is_section(&name) => self.problems.push(Problem::new(
                    format!("`{name}` is a section, not a key ({}:{line})", self.path),
                    format!("begin it with a line [{name}]"),
                )),
                (None, _) => self.unknown(&name, line),
            }
        }
    }

    fn value(&mut self, key: &'static Declared, value: &Spanned<DeValue<'_>>, line: usize) {
        let source = Source::File { path: self.path.to_owned(), line };
        match text_of(value.get_ref()) {
            Some(text) => self.written.set(key, as_written(key, &text), source),
            None => self.problems.push(Problem::new(
                format!("`{}` is written as a TOML {} ({source})", key.name, value.get_ref().type_str()),
                "write a string, a whole number, true or false, or an array of strings",
            )),
        }
    }

    fn unknown(&mut self, name: &str, line: usize) {
        let sections =
            ALL.iter().filter_map(|entry| entry.declared.name.split_once('.')).map(|(section, _)| section);
        let known = ALL.iter().map(|entry| entry.declared.name).chain(sections);
        let bare = name.rsplit('.').next().unwrap_or(name);
        // A key in the wrong section is told by its own name.
        let elsewhere =
            ALL.iter().map(|e| e.declared.name).find(|known| known.rsplit('.').next() == Some(bare));
        self.problems.push(Problem::new(
            format!("`{name}` is not a key that Portcullis knows ({}:{line})", self.path),
            suggestion(nearest(name, known).or(elsewhere)),
        ));
    }
}

fn is_section(name: &str) -> bool {
    ALL.iter().any(|entry| entry.declared.name.split_once('.').is_some_and(|(section, _)| section == name))
}

/// A value as the text that the environment would have for it.
fn text_of(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) if number.radix() == 10 => Some(number.as_str().to_owned()),
        DeValue::Boolean(flag) => Some(flag.to_string()),
        DeValue::Array(array) => joined(array),
        _ => None,
    }
}

fn joined(array: &DeArray<'_>) -> Option<String> {
    array
        .iter()
        .map(|member| member.get_ref().as_str())
        .collect::<Option<Vec<_>>>()
        .map(|members| members.join(","))
}

/// The line of a byte, counted from 1.
fn line_at(text: &str, at: usize) -> usize {
    1 + text.bytes().take(at).filter(|b| *b == b'\n').count()
}
