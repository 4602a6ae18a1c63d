//! `portcullis passwords build`: how does a list become a file that is quick to ask?

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use serde_json::json;

use crate::breached::build::{self, BuildError, ListForm, Stage};
use crate::cli::failure::WithFix as _;
use crate::cli::output::{print, print_json};
use crate::cli::progress::Progress;

/// What is read of a list at once.
const BUFFER_BYTES: usize = 1024 * 1024;

#[derive(Debug, Args)]
pub(in crate::cli) struct Build {
    /// The list: lines of a SHA-1 and, behind a colon, how often it was seen; `-` is stdin
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
    /// The file to make; one that is there is replaced at the end
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    /// Leave out what was seen less often
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    min_count: u64,
    /// Each line of the list is a password
    #[arg(long, conflicts_with = "min_count")]
    plain: bool,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

impl Build {
    /// Builds the file.
    pub(super) fn run(self) -> anyhow::Result<()> {
        let form = if self.plain { ListForm::Plain } else { ListForm::Hashes { min_count: self.min_count } };
        let mut progress = Progress::new(self.json);
        progress.begin("reading", None);
        let mut is_writing = false;
        let mut tell = |stage| match stage {
            Stage::Reading(lines) => progress.at(lines),
            Stage::Writing { done, of } => {
                if !is_writing {
                    progress.begin("writing", Some(of));
                    is_writing = true;
                }
                progress.at(done);
            }
        };
        let built = build::build(&mut *list(&self.from)?, form, &self.to, &mut tell).map_err(told)?;
        drop(progress);
        let path = self.to.display();
        if self.json {
            return print_json(&json!({
                "file": path.to_string(), "lines": built.lines, "passwords": built.passwords, "bytes": built.bytes,
            }));
        }
        print(format!(
            "{path}: {} passwords of {} lines, {} bytes\nTo use it: PORTCULLIS_PASSWORD_BREACHED_FILE={path}\n",
            built.passwords, built.lines, built.bytes
        ))
    }
}

fn list(from: &Path) -> anyhow::Result<Box<dyn BufRead>> {
    if from == Path::new("-") {
        return Ok(Box::new(BufReader::with_capacity(BUFFER_BYTES, io::stdin().lock())));
    }
    let file = File::open(from).with_context(|| format!("{} cannot be read", from.display()))?;
    Ok(Box::new(BufReader::with_capacity(BUFFER_BYTES, file)))
}

fn told(error: BuildError) -> anyhow::Error {
    let fix = match &error {
        BuildError::Line { .. } => "nothing was changed; correct the line, or take another list",
        BuildError::Empty => "nothing was changed; take another list, or a smaller --min-count",
        BuildError::Reading(_) => "nothing was changed; see whether the list is readable to its end",
        BuildError::Writing { .. } => {
            "nothing was changed; on the disk of the target there must be room for 11 bytes a password"
        }
    };
    anyhow::Error::from(error).with_fix(fix)
}
