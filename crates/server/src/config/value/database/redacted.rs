//! What may be shown of a text that was to be a database URL and is none?
//!
//! Such a text is shown for its owner to recognise, not to read: all that stands where a password can stand when
//! somebody forgot to encode it, or wrote it in a place of its own, is left out.

use super::syntax;

const STARS: &str = "********";

/// The text without anything that can be a password.
pub(crate) fn without_password(text: &str) -> String {
    let scheme = text.split(':').next().unwrap_or("").to_ascii_lowercase();
    if matches!(scheme.as_str(), "sqlite" | "file") {
        return text.to_owned();
    }
    let Some((scheme, rest)) = text.split_once("://") else {
        // SECURITY: may be `host=db password=secret`, or a URL that lacks its slashes.
        return if is_path(text) { text.to_owned() } else { STARS.to_owned() };
    };
    if !scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+:-.".contains(c)) || scheme.contains("::") {
        return STARS.to_owned();
    }
    // A raw password may contain anything, an `@` too: the last one ends it.
    let Some((before, after)) = rest.rsplit_once('@') else {
        return format!("{scheme}://{}", beginning(rest));
    };
    // SECURITY: after a `?` the last `@` may stand in `?password=…`, and what follows it be the rest of that.
    let place = if before.contains(['?', '#']) { None } else { place_of(after) };
    format!("{scheme}://{}@{}", beginning(before), place.unwrap_or(STARS))
}

/// What precedes the first `:`, which is the user or, without an `@`, the host.
fn beginning(text: &str) -> String {
    match text.split_once(':') {
        Some((name, _)) if is_path(name) => format!("{name}:{STARS}"),
        None if is_path(text) => text.to_owned(),
        _ => STARS.to_owned(),
    }
}

/// Hosts and database, without the parameters. Without a database it may be a password that was cut off at a `#`.
fn place_of(text: &str) -> Option<&str> {
    let place = text.split(['?', '#']).next()?;
    let (hosts, database) = place.split_once('/')?;
    (syntax::hosts(hosts, 1).is_ok() && is_path(database)).then_some(place)
}

fn is_path(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || "_-./\\".contains(c))
}
