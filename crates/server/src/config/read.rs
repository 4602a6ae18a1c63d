//! Where is configuration written, and which source wins?
//!
//! `portcullis.toml` < `.env` < environment < flags. Each source is one file below; each adds to [`Written`]
//! what it finds and to the problems what it cannot make sense of.

mod dot_env;
mod environment;
mod toml_file;

use std::ffi::OsString;
use std::path::PathBuf;

use super::keys::{ALL, Declared, PREFIX};
use super::problem::{Problem, nearest};
use super::written::{Source, Written};

/// The TOML file that is read when none is named.
const DEFAULT_FILE: &str = "portcullis.toml";
/// Names a TOML file, as `--config` does. Not a key: it cannot stand in the file itself.
pub(crate) const FILE_VARIABLE: &str = "PORTCULLIS_CONFIG";

/// What the configuration is read from.
#[derive(Debug, Default)]
pub(crate) struct Inputs {
    /// The working directory, where `.env` and `portcullis.toml` are looked for.
    pub(crate) directory: PathBuf,
    /// The TOML file of `--config`.
    pub(crate) file: Option<PathBuf>,
    /// The variables of the process.
    pub(crate) variables: Vec<(OsString, OsString)>,
    /// The flags that set a key.
    pub(crate) flags: Vec<FlagValue>,
}

/// A flag of the command line that sets a key.
#[derive(Debug)]
pub(crate) struct FlagValue {
    /// With its dashes.
    pub(crate) flag: &'static str,
    /// What it sets.
    pub(crate) key: &'static Declared,
    /// To what.
    pub(crate) text: String,
}

impl Inputs {
    /// The inputs of this process.
    pub(crate) fn of_process(file: Option<PathBuf>, flags: Vec<FlagValue>) -> Self {
        Self { directory: PathBuf::new(), file, variables: environment::of_process(), flags }
    }
}

/// Reads all sources, the weakest first.
pub(crate) fn read(inputs: Inputs) -> (Written, Vec<Problem>) {
    let mut written = Written::default();
    let mut problems = Vec::new();
    let dot_env = dot_env::read(&inputs.directory, &mut written, &mut problems);
    let named = inputs
        .file
        .clone()
        .or_else(|| environment::find(&inputs.variables, FILE_VARIABLE).map(PathBuf::from))
        .or_else(|| dot_env.iter().rfind(|v| v.name == FILE_VARIABLE).map(|v| PathBuf::from(&v.value)));
    toml_file::read(&inputs.directory, named, &mut written, &mut problems);
    add_variables(dot_env, &mut written, &mut problems);
    add_variables(environment::variables(inputs.variables, &mut problems), &mut written, &mut problems);
    for FlagValue { flag, key, text } in inputs.flags {
        written.set(key, text, Source::Flag { name: flag });
    }
    (written, problems)
}

/// A variable of the environment or of `.env`.
struct Variable {
    name: String,
    value: String,
    source: Source,
}

/// Takes the variables that are ours. Our own names win over those of older backends.
fn add_variables(variables: Vec<Variable>, written: &mut Written, problems: &mut Vec<Problem>) {
    // An empty variable is one that a script or compose file did not fill: it says nothing.
    let variables: Vec<_> = variables.into_iter().filter(|v| !v.value.trim().is_empty()).collect();
    for entry in ALL {
        let key = entry.declared;
        for alias in key.aliases.iter().rev() {
            if let Some(variable) = variables.iter().rfind(|v| v.name == alias.name) {
                written.set(key, (alias.translate)(variable.value.trim()), variable.source.clone());
            }
        }
    }
    for variable in variables.into_iter().filter(|v| v.name.starts_with(PREFIX) && v.name != FILE_VARIABLE) {
        match ALL.iter().find(|entry| entry.declared.environment_name() == variable.name) {
            Some(entry) => written.set(entry.declared, variable.value.trim(), variable.source),
            None => problems.push(unknown_variable(&variable)),
        }
    }
}

fn unknown_variable(variable: &Variable) -> Problem {
    let known: Vec<_> = ALL.iter().map(|entry| entry.declared.environment_name()).collect();
    // Somebody may have left the section out.
    let bare = variable.name.strip_prefix(PREFIX).unwrap_or_default();
    let in_section = known.iter().map(String::as_str).find(|name| name.ends_with(&format!("_{bare}")));
    let place = match &variable.source {
        Source::DotEnv { line, .. } => format!(".env:{line}"),
        _ => "environment".to_owned(),
    };
    Problem::new(
        format!("{} is not a variable that Portcullis knows ({place})", variable.name),
        suggestion(nearest(&variable.name, known.iter().map(String::as_str)).or(in_section)),
    )
}

/// What to do about an unknown name.
fn suggestion(near: Option<&str>) -> String {
    near.map_or_else(
        || "remove it; `portcullis config --reference` lists all names".to_owned(),
        |near| format!("did you mean `{near}`?"),
    )
}
