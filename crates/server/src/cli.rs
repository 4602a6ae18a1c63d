//! What can be done from the command line?
//!
//! Commands go through the same flows as the HTTP API, and work beside a running server. They answer on stdout and
//! complain on stderr. Exit codes: 0 done, 1 failed, 2 wrong usage.

mod account;
mod audit;
mod databases;
mod doctor;
mod export;
pub(crate) mod failure;
mod give_back;
mod import;
mod keys;
mod mail;
mod migrate;
mod move_to;
mod opened;
pub(crate) mod output;
mod password;
mod passwords;
mod progress;
mod record;
mod seed;
mod show_config;
mod take_over;
mod tally;
mod throttle;

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::{Args, CommandFactory, Parser, Subcommand};
use clap_complete::Shell;

pub(crate) use self::audit::entry as audit_entry;
use self::failure::WrongUsage;
use crate::config::{self, Configuration, FlagValue, Inputs, Settings, keys as config_keys};
use crate::{lifecycle, logging};

/// An authentication server: accounts, login, sessions and tokens in one binary.
#[derive(Debug, Parser)]
#[command(name = "portcullis", version, arg_required_else_help = false)]
struct Cli {
    #[command(flatten)]
    everywhere: Everywhere,
    #[command(subcommand)]
    command: Option<Command>,
}

/// The flags that every command has.
#[derive(Debug, Clone, Args)]
struct Everywhere {
    /// Read this TOML file instead of portcullis.toml
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
    /// Keep the database and the generated master key here
    #[arg(long, value_name = "DIRECTORY", global = true)]
    data_dir: Option<String>,
    /// Use this database
    #[arg(long, value_name = "URL", global = true)]
    database_url: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server (what happens without a command)
    Serve(Serve),
    /// Bring the tables of the database up to date
    Migrate(migrate::Migrate),
    /// Create the three demo users, or remove them (not in production)
    Seed(seed::Seed),
    /// Create, show and change accounts
    #[command(subcommand)]
    Account(account::Command),
    /// Show the outbox, try mails again, see whether they arrive
    #[command(subcommand)]
    Mail(mail::Command),
    /// Refuse passwords that are known from breaches; see what is said about one
    #[command(subcommand)]
    Passwords(passwords::Command),
    /// Show and rotate signing keys
    #[command(subcommand)]
    Keys(keys::Command),
    /// Show and clear what wrong passwords weigh
    #[command(subcommand)]
    Throttle(throttle::Command),
    /// Show and check the audit log
    #[command(subcommand)]
    Audit(audit::Command),
    /// Write everything in the database to a file, or give the accounts back to an older backend
    Export(export::Export),
    /// Take what was exported, or the accounts of an older backend, into the database
    Import(import::Import),
    /// Move everything into another database, of any engine
    Move(move_to::MoveTo),
    /// Show every setting and where it comes from
    Config(show_config::ShowConfig),
    /// Check this deployment
    Doctor(doctor::Doctor),
    /// Print the description of the HTTP API (OpenAPI 3.1, JSON)
    Openapi,
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
}

#[derive(Debug, Args, Default)]
struct Serve {
    /// Listen on this address
    #[arg(long, value_name = "ADDRESS")]
    host: Option<String>,
    /// Listen on this port; 0 takes any free one
    #[arg(long, value_name = "PORT")]
    port: Option<String>,
}

/// Does what the command line says.
pub(crate) fn run(started: Instant) -> ExitCode {
    let Cli { everywhere, command } = Cli::parse();
    match dispatch(&everywhere, command.unwrap_or(Command::Serve(Serve::default())), started) {
        Ok(code) => code,
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("portcullis: {error:#}");
            ExitCode::from(if error.is::<WrongUsage>() { 2 } else { 1 })
        }
    }
}

fn dispatch(everywhere: &Everywhere, command: Command, started: Instant) -> anyhow::Result<ExitCode> {
    let serve_flags = match &command {
        Command::Serve(flags) => flags.values(),
        _ => Vec::new(),
    };
    let load = || everywhere.clone().load(serve_flags);
    match command {
        Command::Serve(_) => lifecycle::serve(load().settings?, started)?,
        Command::Completions { shell } => print_completions(shell)?,
        Command::Openapi => output::print_json(&portcullis_http::openapi_document())?,
        Command::Config(command) => return command.run(load),
        Command::Doctor(command) => return command.run(load()),
        Command::Passwords(command) => return command.run(load),
        Command::Migrate(command) => with_settings(load(), async |settings| command.run(settings).await)?,
        Command::Seed(command) => with_settings(load(), async |settings| command.run(settings).await)?,
        Command::Account(command) => with_settings(load(), async |settings| command.run(settings).await)?,
        Command::Mail(command) => with_settings(load(), async |settings| command.run(settings).await)?,
        Command::Keys(command) => with_settings(load(), async |settings| command.run(settings).await)?,
        Command::Throttle(command) => with_settings(load(), async |settings| command.run(settings).await)?,
        Command::Audit(command) => with_settings(load(), async |settings| command.run(settings).await)?,
        Command::Export(command) => {
            let target = match command.target_flags()? {
                Some(flags) => Some(everywhere.of_other_database(flags).settings?),
                None => None,
            };
            with_settings(load(), async |settings| command.run(settings, target.as_ref()).await)?;
        }
        Command::Import(command) => {
            let source = match command.source_flags()? {
                Some(flags) => Some(everywhere.of_other_database(flags).settings?),
                None => None,
            };
            with_settings(load(), async |settings| command.run(settings, source.as_ref()).await)?;
        }
        Command::Move(command) => {
            let target = everywhere.of_other_database(command.target_flags()).settings?;
            with_settings(load(), async |settings| command.run(settings, &target).await)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Runs a command that does its work and ends.
fn with_settings(
    configuration: Configuration,
    command: impl AsyncFnOnce(&Settings) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let settings = configuration.settings?;
    logging::start_for_command()?;
    lifecycle::for_command()?.block_on(command(&settings))
}

impl Everywhere {
    /// The same settings, but for a database that these flags name: one that is moved to, or that is read.
    fn of_other_database(&self, flags: Vec<FlagValue>) -> Configuration {
        let elsewhere = Self { database_url: None, ..self.clone() };
        let inputs = elsewhere.inputs(flags);
        config::load(Inputs { only_by_flag: move_to::OF_ONE_DATABASE, ..inputs })
    }

    fn load(self, flags: Vec<FlagValue>) -> Configuration {
        config::load(self.inputs(flags))
    }

    fn inputs(self, mut flags: Vec<FlagValue>) -> Inputs {
        let add = |flag, key, text: Option<String>| text.map(|text| FlagValue { flag, key, text });
        flags.extend(add("--data-dir", &config_keys::DATA_DIR.declared, self.data_dir));
        flags.extend(add("--database-url", &config_keys::DATABASE_URL.declared, self.database_url));
        Inputs::of_process(self.config, flags)
    }
}

impl Serve {
    fn values(&self) -> Vec<FlagValue> {
        let add = |flag, key, text: &Option<String>| text.clone().map(|text| FlagValue { flag, key, text });
        let host = add("--host", &config_keys::HOST.declared, &self.host);
        let port = add("--port", &config_keys::PORT.declared, &self.port);
        host.into_iter().chain(port).collect()
    }
}

fn print_completions(shell: Shell) -> anyhow::Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "portcullis", &mut script);
    output::print(String::from_utf8_lossy(&script))
}

/// Whether whoever reads our answer has read enough, as `head` does.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::Cli;

    #[test]
    fn the_command_line_does_not_contradict_itself() {
        Cli::command().debug_assert();
    }
}
