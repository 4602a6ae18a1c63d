//! Are the passwords refused that are guessed first?

use portcullis_core::policy::Guessable;

use super::Finding;
use crate::breached::FilterFile;
use crate::config::Settings;
use crate::config::meant::BreachedSource;

const WHAT: &str = "guessable";

pub(super) fn examine(settings: &Settings) -> Vec<Finding> {
    std::iter::once(blocked(settings)).chain(dialects(settings)).chain(breached(settings)).collect()
}

fn blocked(settings: &Settings) -> Finding {
    let password = &settings.password;
    match (password.common, password.identifiers) {
        (Guessable::Refused, Guessable::Refused) => {
            Finding::ok(WHAT, "passwords that many have, or made of names, are refused")
        }
        (Guessable::Accepted, _) => Finding::warn(
            WHAT,
            "`password1` is a password here",
            "remove PORTCULLIS_PASSWORD_BLOCK_COMMON, so that what is tried first is refused",
        ),
        (Guessable::Refused, Guessable::Accepted) => Finding::warn(
            WHAT,
            "a password may be the name of its account",
            "remove PORTCULLIS_PASSWORD_BLOCK_IDENTIFIERS",
        ),
    }
}

/// Dialects that take what the native API refuses.
fn dialects(settings: &Settings) -> Option<Finding> {
    let lenient = settings.dialects.iter().filter(|spoken| {
        settings.password.common == Guessable::Refused && spoken.common_passwords == Some(Guessable::Accepted)
    });
    let names: Vec<_> = lenient.map(|spoken| spoken.dialect.name).collect();
    (!names.is_empty()).then(|| {
        Finding::warn(
            WHAT,
            format!("{} takes passwords that many have, as its backends did", names.join(", ")),
            "set PORTCULLIS_PASSWORD_BLOCK_COMMON=true to refuse them there as well",
        )
    })
}

fn breached(settings: &Settings) -> Option<Finding> {
    const WHAT: &str = "breached";
    Some(match settings.password.breached.as_ref()? {
        BreachedSource::Service(url) => Finding::ok(WHAT, format!("asked of {}", url.as_str())),
        BreachedSource::File(path) => match FilterFile::at(path).passwords() {
            Ok(passwords) => Finding::ok(WHAT, format!("{passwords} passwords in {}", path.display())),
            Err(error) => Finding::fail(
                WHAT,
                error.to_string(),
                "make the file with `portcullis passwords build`; the server does not start with it, and one that runs \
                 takes passwords without it",
            ),
        },
    })
}
