//! `portcullis passwords`: which passwords are refused?

mod build;
mod check;

use std::process::ExitCode;

use clap::Subcommand;

use crate::config::Configuration;

/// The commands of `portcullis passwords`.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Make the file that `password.breached_file` names out of a list of breached passwords
    Build(build::Build),
    /// Tell what the policy says about a password; exit code 1 when it is refused
    Check(check::Check),
}

impl Command {
    /// Does it. To build, no settings are needed.
    pub(super) fn run(self, load: impl FnOnce() -> Configuration) -> anyhow::Result<ExitCode> {
        match self {
            Self::Build(build) => build.run().map(|()| ExitCode::SUCCESS),
            Self::Check(check) => check.run(load()),
        }
    }
}
