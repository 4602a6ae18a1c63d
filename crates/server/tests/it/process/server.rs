//! How does a test run a server in the background, and end it?

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::client::Api;
use super::deployment::Deployment;

/// Longer than anything takes that a test waits for, even on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// How often a test looks again.
pub const LOOK_EVERY: Duration = Duration::from_millis(5);

/// A server that is ready. Killed when the test lets go of it.
pub struct Server {
    child: Child,
    log: PathBuf,
    pub address: SocketAddr,
    _directory: Arc<TempDir>,
}

impl Server {
    /// Starts a server and waits until it is ready.
    pub async fn start(deployment: &Deployment) -> Self {
        let mut server = Self::begin(deployment);
        server.becomes_ready().await;
        server
    }

    /// Starts a server that may have to wait for something.
    pub fn begin(deployment: &Deployment) -> Self {
        // Each start has a log of its own; the name needs only to be new.
        let name = format!("log-{}", fs::read_dir(deployment.directory()).unwrap().count());
        let (log, file) = deployment.file(&name);
        let mut command = deployment.command(&["serve"]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(file);
        let child = command.spawn().unwrap();
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        Self { child, log, address, _directory: deployment.hold() }
    }

    /// Waits until it can be asked something, ready or not.
    pub async fn listens(&mut self) {
        eventually("the server says where it listens", async || {
            self.assert_runs();
            self.address.set_port(self.announced_port()?);
            Some(())
        })
        .await;
    }

    /// Waits until it is ready.
    pub async fn becomes_ready(&mut self) {
        self.listens().await;
        let api = self.api();
        eventually("the server is ready", async || {
            let answer = api.get("/readyz", None).await.ok()?;
            (answer.status == 200).then_some(())
        })
        .await;
    }

    /// A client of this server.
    pub fn api(&self) -> Api {
        Api::new(self.address)
    }

    /// The URL that the server names as its own in development.
    pub fn public_url(&self) -> String {
        format!("http://localhost:{}", self.address.port())
    }

    /// What the server wrote to stderr so far.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    /// How much memory it has to itself.
    pub fn resident_kilobytes(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// Ends it at once, wherever it is: SIGKILL.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to stop: SIGTERM.
    pub fn terminate(&self) {
        kill_process(self.pid(), Signal::TERM).unwrap();
    }

    /// The number of its process.
    pub fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// How it ended, once it has.
    pub async fn end(&mut self) -> ExitStatus {
        eventually("the server ends", async || self.child.try_wait().unwrap()).await
    }

    /// Waits until nobody can connect any more.
    pub async fn refuses_connections(&self) {
        eventually("connections are refused", async || TcpStream::connect(self.address).err()).await;
    }

    fn assert_runs(&mut self) {
        if let Some(status) = self.child.try_wait().unwrap() {
            panic!("the server ended ({status}):\n{}", self.log());
        }
    }

    /// From the block for people in development, or the line for machines in production.
    fn announced_port(&self) -> Option<u16> {
        let log = self.log();
        let development =
            log.split_once("  server    ").and_then(|(_, rest)| rest.split_once("://localhost:"));
        let (_, rest) = development.or_else(|| log.split_once("\"listen\":\"127.0.0.1:"))?;
        let end = rest.find(['\n', '"'])?;
        rest[..end].parse().ok()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("the server said:\n{}", self.log());
        }
    }
}

/// Looks again and again until there is an answer.
pub async fn eventually<T>(what: &str, look: impl AsyncFnMut() -> Option<T>) -> T {
    within(PATIENCE, what, look).await
}

/// The same, for something that has to happen within a time.
pub async fn within<T>(limit: Duration, what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(answer) = look().await {
            return answer;
        }
        assert!(begun.elapsed() < limit, "within {limit:?}: {what}");
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
