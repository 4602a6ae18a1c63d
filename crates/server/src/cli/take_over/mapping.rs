//! What do `--map` and the mapping file say?

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, anyhow};
use portcullis_store::takeover::shape::Field;
use portcullis_store::takeover::{Mapping, TableName};
use serde::Deserialize;

use crate::cli::failure::WithFix;

/// What both say together; flags win.
#[derive(Debug, Default)]
pub(in crate::cli) struct Mapped {
    /// Which column holds what.
    pub(in crate::cli) mapping: Mapping,
    /// The table.
    pub(in crate::cli) table: Option<TableName>,
}

/// `FIELD=COLUMN`, or `FIELD=` for a field that has none. Fails in words, as the command line wants it.
pub(in crate::cli) fn entry(text: &str) -> Result<(Field, Option<String>), String> {
    let (field, column) = text.split_once('=').ok_or("write FIELD=COLUMN")?;
    let field = Field::parse(field).ok_or_else(|| unknown(field))?;
    Ok((field, some(column)))
}

fn unknown(field: &str) -> String {
    let known: Vec<_> = Field::ALL.into_iter().map(Field::as_str).collect();
    format!("there is no field `{field}`; there are {}", known.join(", "))
}

fn some(column: &str) -> Option<String> {
    (!column.is_empty()).then(|| column.to_owned())
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    table: Option<String>,
    #[serde(default)]
    columns: BTreeMap<String, String>,
}

/// Reads the file, if there is one, and the flags.
pub(in crate::cli) fn read(file: Option<&Path>, flags: &[(Field, Option<String>)]) -> anyhow::Result<Mapped> {
    let mut mapped = Mapped::default();
    if let Some(path) = file {
        let named = || path.display().to_string();
        let text = fs::read_to_string(path).with_context(|| format!("{} cannot be read", named()))?;
        read_file(&text, &mut mapped).map_err(|error| error.context(named()))?;
    }
    for (field, column) in flags {
        mapped.mapping.set(*field, column.clone());
    }
    Ok(mapped)
}

fn read_file(text: &str, mapped: &mut Mapped) -> anyhow::Result<()> {
    let fix = "write `table = \"users\"` and below `[columns]` lines such as `email = \"mail\"`";
    let file: File = toml::from_str(text).map_err(|error| {
        let line =
            error.span().map_or(1, |span| text.get(..span.start).unwrap_or_default().lines().count().max(1));
        anyhow!("line {line}: {}", error.message()).with_fix(fix)
    })?;
    for (field, column) in file.columns {
        let field = Field::parse(&field).ok_or_else(|| anyhow!("{}", unknown(&field)).with_fix(fix))?;
        mapped.mapping.set(field, some(&column));
    }
    if let Some(table) = file.table {
        let parsed = TableName::parse(&table);
        mapped.table = Some(parsed.ok_or_else(|| anyhow!("`{table}` is no table").with_fix(fix))?);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_field_is_mapped_to_a_column_or_to_none() {
        assert_eq!(entry("email=mail"), Ok((Field::Email, Some("mail".into()))));
        assert_eq!(entry("email=a=b"), Ok((Field::Email, Some("a=b".into()))));
        assert_eq!(entry("role="), Ok((Field::Role, None)));
        assert!(entry("email").is_err());
        assert!(entry("mail=email").unwrap_err().contains("there are id, email"));
    }

    #[test]
    fn a_file_says_the_same_and_faults_in_it_are_named() {
        let mut mapped = Mapped::default();
        read_file("table = \"app.members\"\n[columns]\nemail = \"mail\"\nrole = \"\"\n", &mut mapped)
            .unwrap();
        let mut expected = Mapping::default();
        expected.set(Field::Email, Some("mail".into()));
        expected.set(Field::Role, None);
        assert_eq!(mapped.mapping, expected);
        assert_eq!(mapped.table, TableName::parse("app.members"));
        for (text, word) in [
            ("[columns]\nmail = \"x\"", "there is no field `mail`"),
            ("tabel = \"x\"", "line 1"),
            ("[columns]\n\nemail = 1", "line 3"),
            ("table = \"\"", "is no table"),
        ] {
            let error = read_file(text, &mut Mapped::default()).unwrap_err().to_string();
            assert!(error.contains(word), "{text}: {error}");
        }
    }
}
