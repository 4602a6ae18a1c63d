//! Which configuration does the server run with, and where does each value come from?
//!
//! ```text
//! portcullis.toml < .env < environment < flags ──▶ Written ──▶ Resolver ──▶ Settings
//!       read/                                     written.rs   resolve.rs   meant.rs
//! ```
//!
//! Invariants
//! - A key is declared once, in `keys.rs`; reading, checking, showing and the reference come from there.
//! - Nothing outside this module reads the environment or a configuration file.
//! - All problems are reported together; with any problem there are no [`Settings`].
//! - No secret is shown, in a report or in a problem.

pub(crate) mod keys;
pub(crate) mod meant;
pub(crate) mod problem;
pub(crate) mod read;
pub(crate) mod reference;
pub(crate) mod report;
pub(crate) mod resolve;
pub(crate) mod value;
pub(crate) mod written;

#[cfg(test)]
mod tests;

pub(crate) use meant::Settings;
pub(crate) use problem::Problems;
pub(crate) use read::{FlagValue, Inputs};
use resolve::Effective;

/// The outcome of reading all sources.
#[derive(Debug)]
pub(crate) struct Configuration {
    /// What each key is in the end, in the order of the reference; also when there are problems.
    pub(crate) effective: Vec<Effective>,
    /// The settings, or all that is wrong.
    pub(crate) settings: Result<Settings, Problems>,
}

/// Reads and understands all sources.
pub(crate) fn load(inputs: Inputs) -> Configuration {
    let (written, problems) = read::read(inputs);
    let (settings, effective, problems) = meant::resolve(&written, problems);
    let settings = match (settings, Problems::from_vec(problems)) {
        (Some(settings), None) => Ok(settings),
        (_, Some(problems)) => Err(problems),
        (None, None) => Err(Problems::unreadable_default()),
    };
    Configuration { effective, settings }
}
