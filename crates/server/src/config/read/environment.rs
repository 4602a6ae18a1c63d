//! What do the variables of the process say? The only file that asks them.

use std::ffi::{OsStr, OsString};

use super::super::problem::Problem;
use super::{Source, Variable, is_stranger};

/// The variables of this process.
#[allow(clippy::disallowed_methods, reason = "this is where `config` itself asks")]
pub(super) fn of_process() -> Vec<(OsString, OsString)> {
    std::env::vars_os().collect()
}

/// The value of one variable, if it says anything.
pub(super) fn find<'a>(variables: &'a [(OsString, OsString)], name: &str) -> Option<&'a OsStr> {
    variables.iter().find(|(n, value)| n == name && !value.is_empty()).map(|(_, value)| value.as_os_str())
}

/// The variables that can be ours.
pub(super) fn variables(all: Vec<(OsString, OsString)>, problems: &mut Vec<Problem>) -> Vec<Variable> {
    let mut variables = Vec::new();
    for (name, value) in all {
        let Ok(name) = name.into_string() else { continue };
        if is_stranger(&name) {
            continue;
        }
        match value.into_string() {
            Ok(value) if is_service_link(&name, &value) => {}
            Ok(value) => {
                variables.push(Variable { source: Source::Environment { name: name.clone() }, name, value });
            }
            Err(_) => {
                problems
                    .push(Problem::new(format!("{name} (environment) is not UTF-8"), "write it in UTF-8"));
            }
        }
    }
    variables
}

/// The variables that cannot be ours, and say something.
pub(super) fn strangers(all: &[(OsString, OsString)]) -> impl Iterator<Item = Source> {
    let names = all.iter().filter(|(_, value)| !value.is_empty()).filter_map(|(name, _)| name.to_str());
    names.filter(|name| is_stranger(name)).map(|name| Source::Environment { name: name.to_owned() })
}

/// Whether Kubernetes or a Docker link made the variable up because a service is called `portcullis`,
/// `portcullis-database`, `db` or so: `DB_PORT=tcp://…`, `PORTCULLIS_SERVICE_HOST`,
/// `PORTCULLIS_DATABASE_PORT_3306_TCP_ADDR`.
fn is_service_link(name: &str, value: &str) -> bool {
    let is_url = value.starts_with("tcp://") || value.starts_with("udp://");
    let begins_with_a_digit = |rest: &str| rest.starts_with(|c: char| c.is_ascii_digit());
    (name.ends_with("_PORT") && is_url)
        || name.ends_with("_SERVICE_HOST")
        || name.contains("_SERVICE_PORT")
        || name.split("_PORT_").skip(1).any(begins_with_a_digit)
}
