//! Which database or file is meant by TARGET?

use std::path::{Path, PathBuf};

use anyhow::anyhow;
use portcullis_store::DatabaseOptions;
use portcullis_store::options::{Neighbours, PostgresOptions, SchemaName};
use portcullis_store::takeover::{Format, TableName};

use crate::cli::failure::{WithFix, WrongUsage};
use crate::cli::take_over::from::{format_of, has_password, is_mongodb, is_url, without_schema};
use crate::config::read::EXPORT_VARIABLE;
use crate::config::{FlagValue, Inputs, Settings, keys};
use crate::wiring::name_of;

/// Where accounts are given back to.
pub(super) enum Target {
    /// A table.
    Database {
        options: Box<DatabaseOptions>,
        table: Option<TableName>,
        /// What people call it.
        name: String,
    },
    /// A new file.
    File { path: PathBuf, format: Format },
    /// Whoever reads what we print.
    Stdout { format: Format },
}

/// The flags under which settings are those of the database to write to, if it is one and not ours.
pub(super) fn database_flags(target: Option<&Path>) -> anyhow::Result<Option<Vec<FlagValue>>> {
    let in_environment = || Inputs::of_process(None, Vec::new()).export_url();
    let (flag, url) = match target.map(|target| target.to_str().unwrap_or_default()) {
        None | Some("-") => match in_environment() {
            Some(url) => (EXPORT_VARIABLE, url),
            None => return Ok(None),
        },
        Some(text) if is_url(text) || is_mongodb(text) => {
            // SECURITY: the list of processes shows arguments to every user of the machine.
            if has_password(text) {
                eprintln!(
                    "portcullis: other users of this machine see the password in the command line: put the URL into \
                     {EXPORT_VARIABLE} and write `-` in its place"
                );
            }
            ("TARGET", text.to_owned())
        }
        Some(_) => return Ok(None),
    };
    if is_mongodb(&url) {
        let what = anyhow!("MongoDB is not written directly");
        return Err(what.with_fix(
            "name a new file such as users.jsonl, and take it in with `mongoimport --mode=merge --collection=users --file=…`",
        ));
    }
    let (url, schema) = without_schema(url);
    let url = FlagValue { flag, key: &keys::DATABASE_URL.declared, text: url };
    let schema = schema.map(|text| FlagValue { flag, key: &keys::DATABASE_SCHEMA.declared, text });
    Ok(Some([url].into_iter().chain(schema).collect()))
}

impl Target {
    /// What is to be written to. The settings are ours, and those of the database that [`database_flags`] named.
    pub(super) fn find(
        target: Option<&Path>,
        format: Option<Format>,
        table: Option<TableName>,
        (settings, of_target): (&Settings, Option<&Settings>),
    ) -> anyhow::Result<Self> {
        let ours = &settings.database.options;
        if let Some(of_target) = of_target {
            return Ok(Self::database(in_its_schema(&of_target.database.options, ours), table));
        }
        let Some(path) = target else {
            return match ours {
                DatabaseOptions::Sqlite(options) if options.neighbours == Neighbours::Refused => {
                    Err(WrongUsage(format!("name a TARGET, or set {EXPORT_VARIABLE}")).into())
                }
                options => Ok(Self::database(options.clone(), table)),
            };
        };
        if table.is_some() {
            return Err(WrongUsage("a file has no tables: leave --table out".to_owned()).into());
        }
        if path == Path::new("-") {
            // SECURITY: password hashes do not go to a terminal or a log because a variable was forgotten.
            let what =
                || format!("{EXPORT_VARIABLE} is not set; to write the accounts to stdout add --format");
            let format = format.ok_or_else(|| WrongUsage(what()))?;
            return Ok(Self::Stdout { format });
        }
        let Some(format) = format.or_else(|| format_of(path)) else {
            let what = format!(
                "{} is no URL (sqlite:, postgres://, mysql://), and its name does not tell what it shall be: add \
                 --format json or --format csv",
                path.display()
            );
            return Err(WrongUsage(what).into());
        };
        Ok(Self::File { path: path.to_owned(), format })
    }

    fn database(options: DatabaseOptions, table: Option<TableName>) -> Self {
        let name = name_of(&options);
        let schema = match &options {
            DatabaseOptions::Postgres(options) => options.schema.as_ref().map(SchemaName::as_str),
            DatabaseOptions::Sqlite(_) | DatabaseOptions::MySql(_) => None,
        };
        let name = schema.map_or_else(|| name.clone(), |schema| format!("{name}, schema {schema}"));
        Self::Database { options: Box::new(options), table, name }
    }

    /// What people call it.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Database { name, .. } => name.clone(),
            Self::File { path, .. } => path.display().to_string(),
            Self::Stdout { .. } => "stdout".to_owned(),
        }
    }
}

/// A URL without a schema that names the configured database means the schema that is configured: a `.env` has both.
fn in_its_schema(target: &DatabaseOptions, ours: &DatabaseOptions) -> DatabaseOptions {
    let (DatabaseOptions::Postgres(named), DatabaseOptions::Postgres(ours)) = (target, ours) else {
        return target.clone();
    };
    let is_same = named.server.hosts == ours.server.hosts && named.server.database == ours.server.database;
    if named.schema.is_some() || !is_same {
        return target.clone();
    }
    DatabaseOptions::Postgres(PostgresOptions { schema: ours.schema.clone(), ..named.clone() })
}
