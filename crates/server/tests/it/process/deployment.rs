//! Where is the binary run, with which settings, and what did it answer?

use std::fs::File;
use std::io::{Read, Seek, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Instant;

use portcullis_store::testing::{TestDatabase, TestEngine};
use serde_json::Value;
use tempfile::TempDir;

use super::server::{LOOK_EVERY, PATIENCE, Server};
use crate::{engine, node};

/// A directory with settings, as an operator has one. Gone when neither the test nor a server holds it.
#[derive(Clone)]
pub struct Deployment {
    directory: Arc<TempDir>,
    settings: Vec<(String, String)>,
    launcher: Vec<String>,
}

impl Deployment {
    /// In development, on SQLite, with the cheapest hash and an issuer that does not change with the port.
    pub fn new() -> Self {
        Self { directory: Arc::new(tempfile::tempdir().unwrap()), settings: Vec::new(), launcher: Vec::new() }
            .with("PORTCULLIS_PASSWORD_ALGORITHM", "bcrypt")
            .with("PORTCULLIS_PASSWORD_BCRYPT_COST", "4")
            .with("PORTCULLIS_TOKEN_ISSUER", node::ISSUER)
            .with("PORTCULLIS_PORT", "0")
    }

    /// On an empty database of the engine of this test. That of SQLite is in the data directory.
    pub async fn on_this_engine() -> Self {
        match engine::current() {
            TestEngine::Sqlite => Self::new(),
            TestEngine::Postgres | TestEngine::MariaDb => Self::new().on(&engine::database().await),
        }
    }

    /// On a database that others may use as well.
    pub fn on(self, database: &TestDatabase) -> Self {
        let deployment =
            self.with("PORTCULLIS_DATABASE_URL", database.url()).with("PORTCULLIS_DATABASE_TLS", "off");
        match database.schema() {
            Some(schema) => deployment.with("PORTCULLIS_DATABASE_SCHEMA", schema),
            None => deployment,
        }
    }

    /// With wrong passwords that nobody counts: all of a crowd are in one network.
    pub fn without_limits(self) -> Self {
        self.with("PORTCULLIS_THROTTLE_ENABLED", "false")
    }

    /// With another setting; of two with one name the last counts.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.settings.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Without a setting.
    pub fn without(mut self, name: &str) -> Self {
        self.settings.retain(|(known, _)| known != name);
        self
    }

    /// With every process started by a command, which runs what follows it.
    pub fn launched_by(mut self, launcher: &[&str]) -> Self {
        self.launcher = launcher.iter().map(|word| (*word).to_owned()).collect();
        self
    }

    /// Keeps the directory for as long as a process works in it.
    pub fn hold(&self) -> Arc<TempDir> {
        Arc::clone(&self.directory)
    }

    /// The working directory of all processes.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Where the server keeps its files.
    pub fn data_dir(&self) -> PathBuf {
        self.directory().join("data")
    }

    /// The database of SQLite.
    pub fn database(&self) -> PathBuf {
        self.data_dir().join("portcullis.db")
    }

    /// The generated master key.
    pub fn master_key(&self) -> PathBuf {
        self.data_dir().join("master.key")
    }

    /// The binary with nothing in its environment but the settings.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let binary = env!("CARGO_BIN_EXE_portcullis");
        let words = self.launcher.iter().map(String::as_str).chain([binary]);
        let mut words = words.chain(arguments.iter().copied());
        let mut command = Command::new(words.next().unwrap());
        command.args(words).current_dir(self.directory()).env_clear();
        command.envs(self.settings.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs the binary to its end, with nothing on stdin.
    pub fn run(&self, arguments: &[&str]) -> Outcome {
        self.run_with_input(arguments, "")
    }

    /// Runs the binary to its end.
    pub fn run_with_input(&self, arguments: &[&str], input: &str) -> Outcome {
        let (mut stdout, mut stderr) = (tempfile::tempfile().unwrap(), tempfile::tempfile().unwrap());
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped());
        command.stdout(stdout.try_clone().unwrap()).stderr(stderr.try_clone().unwrap());
        let mut child = command.spawn().unwrap();
        // A command that reads nothing may have closed its end by now.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let begun = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            if begun.elapsed() > PATIENCE {
                child.kill().unwrap();
                break child.wait().unwrap();
            }
            std::thread::sleep(LOOK_EVERY);
        };
        Outcome { code: status.code(), stdout: text_of(&mut stdout), stderr: text_of(&mut stderr) }
    }

    /// Starts a server and waits until it is ready.
    pub async fn start(&self) -> Server {
        Server::start(self).await
    }

    /// Starts a server that must refuse to: it has ended by itself.
    pub fn refused(&self) -> Outcome {
        let outcome = self.run(&["serve"]);
        assert_eq!(outcome.code, Some(1), "{outcome:?}");
        assert_eq!(outcome.stdout, "");
        outcome
    }

    /// A file of this name in the directory, to write to.
    pub fn file(&self, name: &str) -> (PathBuf, File) {
        let path = self.directory().join(name);
        let file = File::create(&path).unwrap();
        (path, file)
    }
}

fn text_of(file: &mut File) -> String {
    let mut text = String::new();
    file.rewind().unwrap();
    file.read_to_string(&mut text).unwrap();
    text
}

/// Who may do what with a file.
pub fn mode_of(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o7777
}

/// What a command answered; no code if it was killed because it did not end.
#[derive(Debug)]
pub struct Outcome {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Outcome {
    /// What it printed; it succeeded and had nothing to complain about. That it made the database is no complaint.
    pub fn text(self) -> String {
        let is_complaint = |line: &&str| !line.starts_with("portcullis: there was no database yet; made ");
        let complaints: Vec<&str> = self.stderr.lines().filter(is_complaint).collect();
        assert_eq!((self.code, complaints), (Some(0), Vec::new()), "{}", self.stdout);
        self.stdout
    }

    /// What it printed as JSON; it succeeded.
    pub fn json(self) -> Value {
        serde_json::from_str(&self.text()).unwrap()
    }

    /// What it complained about; it failed with this code and printed nothing.
    pub fn complaint(self, code: i32) -> String {
        assert_eq!((self.code, self.stdout.as_str()), (Some(code), ""), "{}", self.stderr);
        self.stderr
    }
}
