//! Where is configuration written, and which source wins?
//!
//! `portcullis.toml` < `.env` < environment < flags. Each source is one file below; each adds to [`Written`]
//! what it finds and to the problems what it cannot make sense of.

mod dot_env;
mod environment;
mod toml_file;

use std::ffi::OsString;
use std::path::PathBuf;

use secrecy::ExposeSecret;

use super::keys::{ALL, Alias, Declared, ENV, PREFIX, Visibility};
use super::problem::{Problem, nearest};
use super::written::{Source, Written};

/// The TOML file that is read when none is named.
const DEFAULT_FILE: &str = "portcullis.toml";
/// Names a TOML file, as `--config` does. Not a key: it cannot stand in the file itself.
pub(crate) const FILE_VARIABLE: &str = "PORTCULLIS_CONFIG";
/// Names the database that `portcullis import --from` reads. Not a key: a server has no such database.
pub(crate) const IMPORT_VARIABLE: &str = "PORTCULLIS_IMPORT_URL";
/// Names the database that `portcullis export --to` writes to.
pub(crate) const EXPORT_VARIABLE: &str = "PORTCULLIS_EXPORT_URL";

/// What the PostgreSQL driver takes from the environment and cannot be told to leave alone: settings of the connection,
/// and a certificate to show.
const DRIVER_VARIABLES: [&str; 3] = ["PGOPTIONS", "PGSSLCERT", "PGSSLKEY"];

/// What the configuration is read from.
#[derive(Debug, Default)]
pub(crate) struct Inputs {
    /// The working directory, where `.env` and `portcullis.toml` are looked for.
    pub(crate) directory: PathBuf,
    /// The TOML file of `--config`.
    pub(crate) file: Option<PathBuf>,
    /// The variables of the process.
    pub(crate) variables: Vec<(OsString, OsString)>,
    /// Keys about which nothing but a flag has a say.
    pub(crate) only_by_flag: &'static [&'static Declared],
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
        Self { file, variables: environment::of_process(), flags, ..Self::default() }
    }

    /// What [`IMPORT_VARIABLE`] says, if it says anything.
    pub(crate) fn import_url(&self) -> Option<String> {
        self.url_in(IMPORT_VARIABLE)
    }

    /// What [`EXPORT_VARIABLE`] says, if it says anything.
    pub(crate) fn export_url(&self) -> Option<String> {
        self.url_in(EXPORT_VARIABLE)
    }

    fn url_in(&self, variable: &str) -> Option<String> {
        environment::find(&self.variables, variable).map(|url| url.to_string_lossy().into_owned())
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
    for name in DRIVER_VARIABLES {
        if environment::find(&inputs.variables, name).is_some() {
            written.notes_driver_variable(name);
        }
    }
    let strangers = dot_env.iter().filter(|v| is_stranger(&v.name) && !v.value.trim().is_empty());
    written.notes_strangers(strangers.map(|variable| variable.source.clone()));
    written.notes_strangers(environment::strangers(&inputs.variables));
    // An empty variable is one that a script or compose file did not fill: it says nothing.
    let sources = [dot_env, environment::variables(inputs.variables, &mut problems)]
        .map(|variables| variables.into_iter().filter(|v| !v.value.trim().is_empty()).collect::<Vec<_>>());
    for variables in &sources {
        add_key(&ENV.declared, variables, "", &mut written);
    }
    let environment = written.find(&ENV.declared).map(|value| value.text.clone());
    let environment = environment.as_ref().map_or("development", |text| text.expose_secret());
    for variables in sources {
        for entry in ALL {
            add_key(entry.declared, &variables, environment, &mut written);
        }
        problems.extend(variables.iter().filter(|v| is_unknown(v)).map(unknown_variable));
    }
    inputs.only_by_flag.iter().for_each(|key| written.forget(key));
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

/// Takes what the variables of one source say about a key. Our own name wins over those of older backends, and of
/// those the one that leads in the environment, then the first.
fn add_key(key: &'static Declared, variables: &[Variable], environment: &str, written: &mut Written) {
    let find = |name: &str| variables.iter().rfind(|variable| variable.name == name);
    let old = |alias: &'static Alias| find(alias.name).map(|variable| (alias, variable));
    if let Some(variable) = find(&key.environment_name()) {
        written.set(key, as_written(key, &variable.value), variable.source.clone());
        return;
    }
    let leading = key.aliases.iter().filter(|alias| alias.leads_in == Some(environment));
    if let Some((alias, variable)) = leading.chain(key.aliases).find_map(old) {
        let original = as_written(key, &variable.value);
        written.set_translated(key, (alias.translate)(original), original, variable.source.clone());
    }
}

/// A text without the white space around it, which means nothing, but in a secret: there every byte counts, and a
/// token signed with another one is worth nothing.
fn as_written<'a>(key: &Declared, text: &'a str) -> &'a str {
    match key.visibility {
        Visibility::Hidden => text,
        Visibility::Shown | Visibility::WithoutPassword => text.trim(),
    }
}

fn is_unknown(variable: &Variable) -> bool {
    variable.name.starts_with(PREFIX)
        && variable.name != FILE_VARIABLE
        && !(is_for_a_command(variable) && matches!(variable.source, Source::Environment { .. }))
        && !ALL.iter().any(|entry| entry.declared.environment_name() == variable.name)
}

/// Whether a variable has neither a name of ours nor one of an older backend.
fn is_stranger(name: &str) -> bool {
    !name.starts_with(PREFIX)
        && !ALL.iter().any(|entry| entry.declared.aliases.iter().any(|alias| alias.name == name))
}

fn is_for_a_command(variable: &Variable) -> bool {
    [IMPORT_VARIABLE, EXPORT_VARIABLE].contains(&variable.name.as_str())
}

fn unknown_variable(variable: &Variable) -> Problem {
    let known: Vec<_> = ALL.iter().map(|entry| entry.declared.environment_name()).collect();
    // Somebody may have left the section out.
    let bare = variable.name.strip_prefix(PREFIX).unwrap_or_default();
    let in_section = known.iter().map(String::as_str).find(|name| name.ends_with(&format!("_{bare}")));
    let place = variable.source.place();
    if is_for_a_command(variable) {
        return Problem::new(
            format!("{} is read from the environment only ({place})", variable.name),
            "remove it there, and set it in the environment of the one command that it is for",
        );
    }
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
