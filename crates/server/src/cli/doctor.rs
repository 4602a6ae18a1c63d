//! `portcullis doctor`: is this deployment sound?
//!
//! Looks and changes nothing. Works beside a running server.

mod counters;
mod database;
mod keys;
mod machine;
mod mail;
mod passwords;
mod secrets;
mod settings;
mod tls;

use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};

use super::output::{print, print_json};
use crate::config::{Configuration, Settings};
use crate::lifecycle;

/// The flags of `portcullis doctor`.
#[derive(Debug, Args)]
pub(super) struct Doctor {
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

/// How something looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Ok,
    Warn,
    Fail,
}

impl Verdict {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

/// What one look found.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Finding {
    what: &'static str,
    verdict: Verdict,
    seen: String,
    advice: Option<String>,
}

impl Finding {
    fn ok(what: &'static str, seen: impl Into<String>) -> Self {
        Self { what, verdict: Verdict::Ok, seen: seen.into(), advice: None }
    }

    fn warn(what: &'static str, seen: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { what, verdict: Verdict::Warn, seen: seen.into(), advice: Some(advice.into()) }
    }

    fn fail(what: &'static str, seen: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { what, verdict: Verdict::Fail, seen: seen.into(), advice: Some(advice.into()) }
    }
}

impl Doctor {
    /// Looks at everything; exit code 1 when something fails.
    pub(super) fn run(self, configuration: Configuration) -> anyhow::Result<ExitCode> {
        let findings = match configuration.settings {
            Ok(settings) => lifecycle::for_command()?.block_on(examine(&settings)),
            Err(problems) => {
                vec![Finding::fail("configuration", problems.to_string(), "correct it and come again")]
            }
        };
        if self.json {
            print_json(&json!({ "findings": findings.iter().map(entry).collect::<Vec<_>>() }))?;
        } else {
            findings.iter().try_for_each(|finding| print(line(finding)))?;
        }
        let fails = findings.iter().any(|finding| finding.verdict == Verdict::Fail);
        Ok(if fails { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }
}

async fn examine(settings: &Settings) -> Vec<Finding> {
    let mut findings = vec![Finding::ok("configuration", "complete and without contradictions")];
    findings.extend(settings::examine(settings));
    findings.extend(secrets::examine(settings));
    findings.extend(passwords::examine(settings));
    findings.extend(tls::examine(settings));
    findings.extend(machine::examine(settings));
    findings.extend(database::examine(settings).await);
    findings.extend(counters::examine(settings).await);
    findings.extend(mail::examine(settings).await);
    findings
}

fn line(finding: &Finding) -> String {
    let Finding { what, verdict, seen, advice } = finding;
    let advice = advice.as_ref().map_or_else(String::new, |advice| format!("      {:15}→ {advice}\n", ""));
    format!("{:<6}{what:<15}{seen}\n{advice}", verdict.as_str())
}

fn entry(finding: &Finding) -> Value {
    json!({
        "check": finding.what,
        "verdict": finding.verdict.as_str(),
        "seen": finding.seen,
        "advice": finding.advice,
    })
}

#[cfg(test)]
mod tests {
    use super::{Finding, line};

    #[test]
    fn a_finding_is_a_line_and_its_advice_another() {
        assert_eq!(line(&Finding::ok("clock", "fine")), "ok    clock          fine\n");
        let warning = line(&Finding::warn("disk", "nearly full", "make room"));
        assert_eq!(warning, "warn  disk           nearly full\n                     → make room\n");
    }
}
