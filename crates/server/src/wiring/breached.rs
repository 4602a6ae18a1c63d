//! Who is asked whether a password is known from a breach?

use std::sync::Arc;

use anyhow::Context as _;
use portcullis_core::ports::BreachedPasswords;

use crate::breached::{DEADLINE, FilterFile, Opening, RangeService};
use crate::cli::failure::WithFix as _;
use crate::config::meant::BreachedSource;

/// What the settings name, if anything. A file is opened when it is first asked: without it passwords are taken, with a
/// warning.
pub(crate) fn open(source: Option<&BreachedSource>) -> anyhow::Result<Option<Arc<dyn BreachedPasswords>>> {
    Ok(match source {
        None => None,
        Some(BreachedSource::File(path)) => Some(Arc::new(FilterFile::at(path))),
        Some(BreachedSource::Service(url)) => {
            let service = RangeService::new(url.as_str(), DEADLINE);
            Some(Arc::new(service.context("`password.breached_url` cannot be asked")?))
        }
    })
}

/// Refuses a file that is not there, or is another one: at the start it is a slip, and is told.
pub(crate) fn check(source: Option<&BreachedSource>) -> anyhow::Result<()> {
    let Some(BreachedSource::File(path)) = source else { return Ok(()) };
    let Err(error) = FilterFile::at(path).passwords() else { return Ok(()) };
    let fix = match &error {
        Opening::Io { .. } => {
            "let the user read it that runs Portcullis, or name another in PORTCULLIS_PASSWORD_BREACHED_FILE"
        }
        Opening::Form { .. } => "make it with `portcullis passwords build`",
    };
    Err(anyhow::Error::from(error).context("`password.breached_file` cannot be used").with_fix(fix))
}
