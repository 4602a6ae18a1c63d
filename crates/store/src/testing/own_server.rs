//! How does a test get a database server of its own, to stop, kill and hold up?

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// What kinds of servers there are, by their names in `tests/services`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerKind {
    Postgres,
    /// A copy that follows a PostgreSQL server.
    Standby,
    MariaDb,
    /// Three nodes.
    Galera,
    PgBouncer,
    Redis,
    /// No database: an authority that issues certificates.
    Pebble,
}

/// A server, or a cluster of them, that only one test uses. It ends with the test.
pub struct OwnServer {
    folder: TempDir,
    kind: ServerKind,
    urls: Vec<String>,
}

impl ServerKind {
    const fn word(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::Standby => "standby",
            Self::MariaDb => "mariadb",
            Self::Galera => "galera",
            Self::PgBouncer => "pgbouncer",
            Self::Redis => "redis",
            Self::Pebble => "pebble",
        }
    }
}

impl OwnServer {
    /// Starts one. `arguments` are what `tests/services start` takes besides the directory.
    pub fn start(kind: ServerKind, arguments: &[&str]) -> Self {
        let folder = tempfile::Builder::new().prefix("portcullis-").tempdir().unwrap();
        let mut server = Self { folder, kind, urls: Vec::new() };
        server.urls = server.start_with(arguments);
        server
    }

    /// Where it is reached; it stays the same over restarts.
    pub fn url(&self) -> &str {
        self.urls.first().expect("a URL")
    }

    /// Where each node of a cluster is reached.
    pub fn urls(&self) -> &[String] {
        &self.urls
    }

    /// A file of it, such as `tls/ca.crt`.
    pub fn file(&self, name: &str) -> PathBuf {
        self.directory().join(name)
    }

    /// Starts it again.
    pub fn restart(&self) {
        self.start_with(&[]);
    }

    /// Stops it in good order.
    pub fn stop(&self) {
        services(&["stop"], &self.directory());
    }

    /// Ends it as a crash would.
    pub fn kill(&self) {
        services(&["kill"], &self.directory());
    }

    /// Lets it hang.
    pub fn pause(&self) {
        services(&["pause"], &self.directory());
    }

    /// Lets it go on.
    pub fn resume(&self) {
        services(&["resume"], &self.directory());
    }

    /// Ends one node of a cluster, counted from 1, as a crash would.
    pub fn kill_node(&self, node: usize) {
        services(&["kill"], &self.directory().join(node.to_string()));
    }

    /// Lets one node of a cluster hang.
    pub fn pause_node(&self, node: usize) {
        services(&["pause"], &self.directory().join(node.to_string()));
    }

    /// Brings one node of a cluster back, also one that hangs, and waits until all that run are one group again.
    pub fn restart_node(&self, node: usize) {
        services(&["start", "galera-node"], &self.directory().join(node.to_string()));
    }

    /// A directory below the temporary one: some servers want to own theirs.
    fn directory(&self) -> PathBuf {
        self.folder.path().join("server")
    }

    fn start_with(&self, arguments: &[&str]) -> Vec<String> {
        let (options, places): (Vec<&str>, Vec<&str>) =
            arguments.iter().partition(|argument| argument.starts_with("--"));
        let mut command = vec!["start", self.kind.word()];
        command.extend(options);
        let printed = services_with(&command, &self.directory(), &places);
        printed.lines().map(str::to_owned).collect()
    }
}

impl Drop for OwnServer {
    fn drop(&mut self) {
        // SIGKILL is enough for what is thrown away, if it runs at all. What a killed server leaves outside of its
        // directory goes away with `stop`.
        for way in ["kill", "stop"] {
            let _ = run(&[way], &self.directory(), &[]);
        }
    }
}

fn services(command: &[&str], directory: &Path) -> String {
    services_with(command, directory, &[])
}

/// Runs `tests/services`; answers what it printed.
fn services_with(command: &[&str], directory: &Path, rest: &[&str]) -> String {
    let output = run(command, directory, rest).expect("tests/services can be run");
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "tests/services {command:?} {}:\n{complaints}", directory.display());
    String::from_utf8(output.stdout).expect("URLs")
}

fn run(command: &[&str], directory: &Path, rest: &[&str]) -> io::Result<Output> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/services");
    Command::new(script).args(command).arg(directory).args(rest).stdin(Stdio::null()).output()
}
