//! `portcullis config`: which settings hold, and where do they come from?

use std::process::ExitCode;

use clap::Args;

use super::output::{print, print_json};
use crate::config::{Configuration, reference, report};

/// The flags of `portcullis config`.
#[derive(Debug, Args)]
pub(super) struct ShowConfig {
    /// Answer in JSON
    #[arg(long)]
    json: bool,
    /// Print the reference of all settings in Markdown instead
    #[arg(long, conflicts_with = "json")]
    reference: bool,
}

impl ShowConfig {
    /// Shows the settings also when there are problems: they are what one looks for then.
    pub(super) fn run(self, load: impl FnOnce() -> Configuration) -> anyhow::Result<ExitCode> {
        if self.reference {
            print(reference::markdown())?;
            return Ok(ExitCode::SUCCESS);
        }
        let configuration = load();
        if self.json {
            print_json(&report::json(&configuration.effective))?;
        } else {
            print(report::table(&configuration.effective))?;
        }
        configuration.settings?;
        Ok(ExitCode::SUCCESS)
    }
}
