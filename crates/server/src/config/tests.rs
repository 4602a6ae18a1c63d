//! The rules of the configuration, with real files in a directory of their own.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod database;
mod dialects;
mod mail;
mod observed;
mod passwords;
mod precedence;
mod previous;
mod refusals;
mod registration;
mod secrets;
mod shown;
mod tls;

use std::fs;
use std::path::PathBuf;

use portcullis_store::DatabaseOptions;
use tempfile::TempDir;

use super::{Configuration, FlagValue, Inputs, Settings, keys, load};

/// Random, and used nowhere else.
const MASTER_KEY: &str = "6d1f0c8e25b94a7703fe9b61d84c2a5fe0913b7c46d85a2f11c07e9d3ba4f862";

/// A working directory and the sources around it.
struct Place {
    directory: TempDir,
    inputs: Inputs,
}

impl Place {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let inputs = Inputs { directory: directory.path().to_owned(), ..Inputs::default() };
        Self { directory, inputs }
    }

    fn file(self, name: &str, text: &str) -> Self {
        fs::write(self.directory.path().join(name), text).unwrap();
        self
    }

    fn toml(self, text: &str) -> Self {
        self.file("portcullis.toml", text)
    }

    fn dot_env(self, text: &str) -> Self {
        self.file(".env", text)
    }

    fn variable(mut self, name: &str, value: &str) -> Self {
        self.inputs.variables.push((name.into(), value.into()));
        self
    }

    fn flag_port(mut self, text: &str) -> Self {
        self.inputs.flags.push(FlagValue { flag: "--port", key: &keys::PORT.declared, text: text.into() });
        self
    }

    fn config_file(mut self, name: &str) -> Self {
        self.inputs.file = Some(PathBuf::from(name));
        self
    }

    /// With all that production asks for.
    fn in_production(self) -> Self {
        self.in_production_without_proxy().variable("PORTCULLIS_TRUSTED_PROXIES", "10.0.0.0/8")
    }

    fn in_production_without_proxy(self) -> Self {
        self.variable("PORTCULLIS_ENV", "production")
            .variable("PORTCULLIS_PUBLIC_URL", "https://auth.example.com")
            .variable("PORTCULLIS_MASTER_KEY", MASTER_KEY)
    }

    fn load(self) -> Configuration {
        load(self.inputs)
    }

    fn settings(self) -> Settings {
        self.load().settings.unwrap()
    }

    fn problems(self) -> String {
        self.load().settings.unwrap_err().to_string()
    }
}

/// The file of the embedded database.
fn sqlite_path(settings: &Settings) -> &str {
    match &settings.database.options {
        DatabaseOptions::Sqlite(options) => options.path.to_str().unwrap(),
        other => panic!("{other:?}"),
    }
}
