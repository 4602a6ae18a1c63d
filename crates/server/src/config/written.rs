//! What did somebody write, and where?
//!
//! Values are texts here; what they mean is `meant`'s business. A stronger source replaces a weaker one:
//! `portcullis.toml`, then `.env`, then the environment, then flags.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use secrecy::SecretString;

use super::keys::Declared;

/// The place that a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// Nobody wrote it.
    Default,
    /// Nobody wrote it, and what is mounted decides.
    DefaultOf {
        /// The dialect, or all of them.
        whom: &'static str,
    },
    /// A secret that is made from the master key.
    MasterKey {
        /// Where one was written that is not used.
        in_place_of: Option<String>,
    },
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
            Self::Default
            | Self::DefaultOf { .. }
            | Self::MasterKey { .. }
            | Self::File { .. }
            | Self::Flag { .. } => None,
        }
    }

    /// The source of a variable without the variable's name.
    pub(crate) fn place(&self) -> String {
        match self {
            Self::DotEnv { line, .. } => format!(".env:{line}"),
            Self::Environment { .. } => "environment".to_owned(),
            other => other.to_string(),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::DefaultOf { whom } => write!(f, "default of {whom}"),
            Self::MasterKey { in_place_of: None } => f.write_str("made from the master key"),
            Self::MasterKey { in_place_of: Some(written) } => {
                write!(f, "made from the master key, not {written}")
            }
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
    /// The text as it stands there, where an older name has words of its own.
    pub(crate) original: SecretString,
    /// Where it stands.
    pub(crate) source: Source,
}

/// All values that somebody wrote, the strongest of each key.
#[derive(Debug, Default)]
pub(crate) struct Written {
    values: BTreeMap<&'static str, WrittenValue>,
    lacks_a_source: bool,
    files: Vec<PathBuf>,
    driver_variables: Vec<&'static str>,
    strangers: Vec<Source>,
}

impl Written {
    /// Writes a value over what weaker sources said.
    pub(crate) fn set(&mut self, key: &'static Declared, text: impl Into<String>, source: Source) {
        let text = SecretString::from(text.into());
        self.values.insert(key.name, WrittenValue { original: text.clone(), text, source });
    }

    /// The same for a text that says in words of its own what ours is.
    pub(crate) fn set_translated(
        &mut self,
        key: &'static Declared,
        text: String,
        original: &str,
        source: Source,
    ) {
        let (text, original) = (SecretString::from(text), SecretString::from(original));
        self.values.insert(key.name, WrittenValue { text, original, source });
    }

    /// Drops what was written for a key.
    pub(crate) fn forget(&mut self, key: &Declared) {
        self.values.remove(key.name);
    }

    /// The strongest value of a key.
    pub(crate) fn find(&self, key: &Declared) -> Option<&WrittenValue> {
        self.values.get(key.name)
    }

    /// Notes a file that was read.
    pub(crate) fn notes_file(&mut self, path: &Path) {
        self.files.push(std::path::absolute(path).unwrap_or_else(|_| path.to_owned()));
    }

    /// The files that were read, the weakest last.
    pub(crate) fn files(&self) -> &[PathBuf] {
        &self.files
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

    /// Notes variables that set nothing here. Only their names are kept, which may be misspelled ones of ours.
    pub(crate) fn notes_strangers(&mut self, strangers: impl IntoIterator<Item = Source>) {
        self.strangers.extend(strangers);
    }

    /// The variables that set nothing here.
    pub(crate) fn strangers(&self) -> &[Source] {
        &self.strangers
    }

    /// Whether every source was read.
    pub(crate) fn is_whole(&self) -> bool {
        !self.lacks_a_source
    }
}
