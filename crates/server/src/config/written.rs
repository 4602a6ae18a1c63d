//! What did somebody write, and where?
//!
//! Values are texts here; what they mean is `meant`'s business. A stronger source replaces a weaker one:
//! `portcullis.toml`, then `.env`, then the environment, then flags.

use std::collections::BTreeMap;
use std::fmt;

use secrecy::SecretString;

use super::keys::Declared;

/// The place that a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// Nobody wrote it.
    Default,
    /// The TOML file.
    File {
        /// As it was named.
        path: String,
        /// Counted from 1.
        line: usize,
    },
    /// The `.env` file in the working directory.
    DotEnv {
        /// Counted from 1.
        line: usize,
        /// The variable.
        name: String,
    },
    /// The environment of the process.
    Environment {
        /// The variable.
        name: String,
    },
    /// The command line.
    Flag {
        /// With its dashes.
        name: &'static str,
    },
}

impl Source {
    /// The variable that the value stood in.
    pub(crate) fn variable(&self) -> Option<&str> {
        match self {
            Self::DotEnv { name, .. } | Self::Environment { name } => Some(name),
            Self::Default | Self::File { .. } | Self::Flag { .. } => None,
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line } => write!(f, "{path}:{line}"),
            Self::DotEnv { line, name } => write!(f, ".env:{line} {name}"),
            Self::Environment { name } => write!(f, "environment {name}"),
            Self::Flag { name } => f.write_str(name),
        }
    }
}

/// A value as it was written.
#[derive(Debug, Clone)]
pub(crate) struct WrittenValue {
    /// The text. Any value may be a secret, so none prints.
    pub(crate) text: SecretString,
    /// Where it stands.
    pub(crate) source: Source,
}

/// All values that somebody wrote, the strongest of each key.
#[derive(Debug, Default)]
pub(crate) struct Written {
    values: BTreeMap<&'static str, WrittenValue>,
    lacks_a_source: bool,
    driver_variables: Vec<&'static str>,
}

impl Written {
    /// Writes a value over what weaker sources said.
    pub(crate) fn set(&mut self, key: &'static Declared, text: impl Into<String>, source: Source) {
        let text = SecretString::from(text.into());
        self.values.insert(key.name, WrittenValue { text, source });
    }

    /// Drops what was written for a key.
    pub(crate) fn forget(&mut self, key: &Declared) {
        self.values.remove(key.name);
    }

    /// The strongest value of a key.
    pub(crate) fn find(&self, key: &Declared) -> Option<&WrittenValue> {
        self.values.get(key.name)
    }

    /// Notes that a source exists that could not be read, so that what seems missing may well be written.
    pub(crate) fn lacks_a_source(&mut self) {
        self.lacks_a_source = true;
    }

    /// Notes a variable of the process that a database driver would obey behind our back.
    pub(crate) fn notes_driver_variable(&mut self, name: &'static str) {
        self.driver_variables.push(name);
    }

    /// The variables of the process that a database driver would obey behind our back.
    pub(crate) fn driver_variables(&self) -> &[&'static str] {
        &self.driver_variables
    }

    /// Whether every source was read.
    pub(crate) fn is_whole(&self) -> bool {
        !self.lacks_a_source
    }
}
