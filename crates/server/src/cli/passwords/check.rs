//! `portcullis passwords check`: would this password be taken, and if not, why?

use std::process::ExitCode;

use clap::Args;
use portcullis_core::crypto::Password;
use portcullis_core::policy::{PasswordProblem, Strength, strength};
use serde_json::json;

use crate::cli::output::{print, print_json};
use crate::cli::password::PasswordSource;
use crate::config::{Configuration, Settings};
use crate::{lifecycle, logging, wiring};

#[derive(Debug, Args)]
pub(in crate::cli) struct Check {
    /// The email address of the account that it is for
    #[arg(long)]
    email: Option<String>,
    /// The username of that account
    #[arg(long)]
    username: Option<String>,
    #[command(flatten)]
    password: PasswordSource,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

/// What there is to say.
struct Verdict {
    problems: Vec<PasswordProblem>,
    /// What could not be found out.
    unanswered: Option<String>,
    strength: Strength,
}

impl Check {
    /// Checks; asks no database.
    pub(super) fn run(self, configuration: Configuration) -> anyhow::Result<ExitCode> {
        let settings = configuration.settings?;
        logging::start_for_command()?;
        let password = self.password.read_once()?;
        let verdict = lifecycle::for_command()?.block_on(self.judge(&settings, &password))?;
        if self.json {
            print_json(&verdict.json())?;
        } else {
            print(verdict.text())?;
        }
        Ok(if verdict.problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    async fn judge(&self, settings: &Settings, password: &Password) -> anyhow::Result<Verdict> {
        let policy = wiring::password_policy(&settings.password);
        let identifiers: Vec<&str> =
            [&self.email, &self.username].into_iter().flatten().map(String::as_str).collect();
        let mut problems: Vec<_> = policy.problems(password, &identifiers).collect();
        let mut unanswered = None;
        if let Some(breached) = wiring::breached::open(settings.password.breached.as_ref())? {
            match breached.is_breached(password).await {
                Ok(true) => problems.push(PasswordProblem::Breached),
                Ok(false) => {}
                Err(error) => unanswered = Some(error.cause),
            }
        }
        let known = identifiers.into_iter().chain(policy.blocked_words.iter().map(String::as_str));
        let strength = strength(password, &known.collect::<Vec<_>>());
        Ok(Verdict { problems, unanswered, strength })
    }
}

impl Verdict {
    fn text(&self) -> String {
        let mut lines = Vec::new();
        match self.problems.as_slice() {
            [] => lines.push("accepted".to_owned()),
            problems => lines.extend(problems.iter().map(|problem| format!("refused: it {problem}"))),
        }
        lines.extend(
            self.unanswered.iter().map(|cause| format!("not known whether it was breached: {cause}")),
        );
        lines.push(format!("strength: {} of 4", self.strength.score));
        let advice = self.strength.warning.iter().chain(&self.strength.suggestions);
        lines.extend(advice.map(|sentence| format!("  {sentence}")));
        lines.join("\n") + "\n"
    }

    fn json(&self) -> serde_json::Value {
        json!({
            "acceptable": self.problems.is_empty(),
            "problems": self.problems.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "unanswered": self.unanswered,
            "score": self.strength.score,
            "warning": self.strength.warning,
            "suggestions": self.strength.suggestions,
        })
    }
}
