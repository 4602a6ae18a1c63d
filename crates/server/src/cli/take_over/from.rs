//! Which database or file is meant by SOURCE?
//!
//! A database is named by a URL and reached as ours is: the same words for TLS, the same refusals. A URL with a password
//! comes from stdin or the environment; the list of processes shows arguments to everybody.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::anyhow;
use portcullis_store::DatabaseOptions;
use portcullis_store::options::{Neighbours, SchemaName};
use portcullis_store::takeover::{Format, Source, TableName};

use crate::cli::failure::{WithFix, WrongUsage};
use crate::cli::move_to;
use crate::config::read::IMPORT_VARIABLE;
use crate::config::{FlagValue, Inputs, Settings, keys};
use crate::wiring::name_of;

/// What a URL of a database begins with.
const SCHEMES: [&str; 5] = ["sqlite", "postgres", "postgresql", "mysql", "mariadb"];

/// What is read, and what people call it.
pub(super) struct From {
    pub(super) source: Source,
    pub(super) name: String,
}

/// The flags under which settings are those of the database to read, if it is one and not ours.
pub(super) fn database_flags(
    source: Option<&Path>,
    has_format: bool,
) -> anyhow::Result<Option<Vec<FlagValue>>> {
    let in_environment = || Inputs::of_process(None, Vec::new()).import_url();
    let (flag, url) = match source.map(|source| source.to_str().unwrap_or_default()) {
        None => match in_environment() {
            Some(url) => (IMPORT_VARIABLE, url),
            None => return Ok(None),
        },
        Some("-") if has_format => return Ok(None),
        Some("-") => match in_environment() {
            Some(url) => (IMPORT_VARIABLE, url),
            None => ("stdin", typed()?),
        },
        Some(text) if is_url(text) || is_mongodb(text) => ("SOURCE", text.to_owned()),
        Some(_) => return Ok(None),
    };
    if is_mongodb(&url) {
        return Err(no_mongodb());
    }
    let (url, schema) = without_schema(url);
    let url = FlagValue { flag, key: &keys::DATABASE_URL.declared, text: url };
    let schema = schema.map(|text| FlagValue { flag, key: &keys::DATABASE_SCHEMA.declared, text });
    Ok(Some([url].into_iter().chain(schema).collect()))
}

fn typed() -> anyhow::Result<String> {
    let line = move_to::read_line("Source URL: ")?;
    match line.trim() {
        "" => {
            Err(WrongUsage("stdin has no URL in its first line; for a file add --format".to_owned()).into())
        }
        url => Ok(url.to_owned()),
    }
}

fn no_mongodb() -> anyhow::Error {
    anyhow!("MongoDB is not read directly").with_fix(
        "write the collection to a file: `mongoexport --uri=… --collection=users --out=users.json`, and import that",
    )
}

pub(in crate::cli) fn is_mongodb(text: &str) -> bool {
    text.starts_with("mongodb:") || text.starts_with("mongodb+srv:")
}

pub(in crate::cli) fn is_url(text: &str) -> bool {
    let scheme = text.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
    scheme.is_some_and(|scheme| SCHEMES.contains(&scheme.as_str()))
}

/// Whether a URL shows a password.
pub(in crate::cli) fn has_password(url: &str) -> bool {
    let authority = url.split_once("://").map(|(_, rest)| rest.split(['/', '?']).next().unwrap_or_default());
    let user = authority.and_then(|authority| authority.rsplit_once('@')).map(|(user, _)| user);
    user.is_some_and(|user| user.split_once(':').is_some_and(|(_, password)| !password.is_empty()))
}

/// Takes `schema=…` out of the parameters: it is the one that is about the table and not about the connection.
pub(in crate::cli) fn without_schema(url: String) -> (String, Option<String>) {
    let Some((head, query)) = url.split_once('?') else { return (url, None) };
    let mut schema = None;
    let kept: Vec<_> = query
        .split('&')
        .filter(|parameter| match parameter.split_once('=') {
            Some(("schema" | "currentSchema", name)) => {
                schema = Some(name.to_owned());
                false
            }
            _ => true,
        })
        .collect();
    if schema.is_none() {
        return (url, None);
    }
    let separator = if kept.is_empty() { "" } else { "?" };
    (format!("{head}{separator}{}", kept.join("&")), schema)
}

/// What is to be read. The settings are ours, and those of the database to read if [`database_flags`] named one.
pub(super) fn source(
    source: Option<&Path>,
    format: Option<Format>,
    table: Option<TableName>,
    (settings, of_source): (&Settings, Option<&Settings>),
) -> anyhow::Result<From> {
    if let Some(settings) = of_source {
        return Ok(database(&settings.database.options, table));
    }
    let Some(path) = source else {
        return match &settings.database.options {
            DatabaseOptions::Sqlite(options) if options.neighbours == Neighbours::Refused => {
                let what = format!("name a SOURCE, or set {IMPORT_VARIABLE}");
                Err(WrongUsage(what).into())
            }
            options => Ok(database(options, table)),
        };
    };
    if table.is_some() {
        return Err(WrongUsage("a file has no tables: leave --table out".to_owned()).into());
    }
    if path == Path::new("-") {
        let format = format.ok_or_else(|| WrongUsage("say with --format what comes on stdin".to_owned()))?;
        return Ok(From { source: Source::Stdin { format }, name: "stdin".to_owned() });
    }
    let Some(format) = format.or_else(|| format_of(path)) else {
        let what = format!(
            "{} is no URL (sqlite:, postgres://, mysql://), and its name does not tell what is in it",
            path.display()
        );
        return Err(WrongUsage(format!("{what}: add --format json or --format csv")).into());
    };
    Ok(From { source: Source::File { path: path.to_owned(), format }, name: path.display().to_string() })
}

fn database(options: &DatabaseOptions, table: Option<TableName>) -> From {
    let name = name_of(options);
    let schema = match options {
        DatabaseOptions::Postgres(options) => options.schema.as_ref().map(SchemaName::as_str),
        DatabaseOptions::Sqlite(_) | DatabaseOptions::MySql(_) => None,
    };
    let name = schema.map_or_else(|| name.clone(), |schema| format!("{name}, schema {schema}"));
    From { source: Source::Database { options: options.clone(), table }, name }
}

pub(in crate::cli) fn format_of(path: &Path) -> Option<Format> {
    match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
        "json" | "jsonl" | "ndjson" => Some(Format::Json),
        "csv" => Some(Format::Csv),
        _ => None,
    }
}

/// Whether a file is there, before a database is made for it.
pub(super) fn check(source: &Source) -> anyhow::Result<()> {
    let path: &PathBuf = match source {
        Source::File { path, .. } => path,
        Source::Database { options: DatabaseOptions::Sqlite(options), .. } => &options.path,
        Source::Database { .. } | Source::Stdin { .. } => return Ok(()),
    };
    let opened = File::open(path).map(drop);
    opened.map_err(|error: io::Error| {
        let what = anyhow!("{} cannot be read: {error}", path.display());
        what.with_fix("name the file of the older backend; nothing was written")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_is_taken_out_of_a_url() {
        let split = |url: &str| without_schema(url.to_owned());
        assert_eq!(split("postgres://h/d"), ("postgres://h/d".into(), None));
        assert_eq!(split("postgres://h/d?schema=app"), ("postgres://h/d".into(), Some("app".into())));
        assert_eq!(
            split("postgres://h/d?sslmode=require&schema=app"),
            ("postgres://h/d?sslmode=require".into(), Some("app".into()))
        );
    }

    #[test]
    fn a_url_is_told_from_a_file() {
        for url in ["sqlite:dev.db", "mysql://u@h/d", "mariadb://h/d", "Postgres://h/d"] {
            assert!(is_url(url), "{url}");
        }
        for file in ["users.json", "./a:b.csv", "C:users.json"] {
            assert!(!is_url(file), "{file}");
        }
    }
}
