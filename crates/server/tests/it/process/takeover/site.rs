//! What stays the same when one backend takes the place of another?

use std::fmt::Write as _;
use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use portcullis_store::testing::{TestDatabase, TestEngine};
use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue, SET_COOKIE};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::super::deployment::{Deployment, Outcome};
use super::super::server::{Server, eventually};

/// A directory with the `.env` of an older backend, and the port that its clients know.
pub struct Site {
    pub dialect: &'static str,
    pub deployment: Deployment,
    port: u16,
    http: reqwest::Client,
}

impl Site {
    /// With these lines in its `.env`, and a port.
    pub fn new(dialect: &'static str, environment: &[(&str, &str)]) -> Self {
        let port = free_port();
        let mut text = format!("PORT={port}\n");
        for (name, value) in environment {
            writeln!(text, "{name}={value}").unwrap();
        }
        let deployment = Deployment::new()
            .without("PORTCULLIS_PORT")
            .without("PORTCULLIS_PASSWORD_ALGORITHM")
            .without("PORTCULLIS_TOKEN_ISSUER")
            .with("PORTCULLIS_DIALECTS", dialect);
        fs::write(deployment.directory().join(".env"), text).unwrap();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { dialect, deployment, port, http }
    }

    /// The older backend, serving.
    pub async fn old_backend(&self) -> OldBackend {
        let peers = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/peers");
        assert!(peers.join("node_modules").is_dir(), "run tests/peers/install, or ./test");
        let (path, file) = self.deployment.file("old-backend.log");
        let child = Command::new(peers.join("start"))
            .arg(self.dialect)
            .arg(self.deployment.directory())
            .env("BCRYPT_COST", "4")
            .stdin(Stdio::null())
            .stdout(file.try_clone().unwrap())
            .stderr(file)
            .spawn()
            .unwrap();
        let mut backend = OldBackend { child, log: path };
        eventually("the older backend listens", async || {
            if let Some(status) = backend.child.try_wait().unwrap() {
                panic!("the older backend ended ({status}): {}", backend.log());
            }
            backend.log().contains("listening on").then_some(())
        })
        .await;
        backend
    }

    /// Portcullis in its place.
    pub async fn portcullis(&self) -> Server {
        let server = self.deployment.start().await;
        assert_eq!(server.address.port(), self.port);
        server
    }

    /// Takes the users over out of the database that the `.env` names.
    pub fn import(&self) -> Value {
        done(&self.deployment.run(&["import", "--from", self.dialect, "--json"]))
    }

    /// Takes the users over from a file.
    pub fn import_file(&self, file: &str) -> Value {
        done(&self.deployment.run(&["import", "--from", self.dialect, file, "--json"]))
    }

    /// Gives the accounts back.
    pub fn export(&self, target: &str) -> Value {
        let deployment = self.deployment.clone().with("PORTCULLIS_EXPORT_URL", target);
        done(&deployment.run(&["export", "--to", self.dialect, "-", "--json"]))
    }

    /// Gives the accounts back into a new file.
    pub fn export_file(&self, file: &str) -> Value {
        done(&self.deployment.run(&["export", "--to", self.dialect, file, "--json"]))
    }

    /// What a client sends; headers as `name: value`.
    pub async fn send(&self, method: &str, path: &str, headers: &[&str], body: Option<&Value>) -> Reply {
        let mut request = self
            .http
            .request(method.parse::<Method>().unwrap(), format!("http://localhost:{}{path}", self.port));
        let mut lines = HeaderMap::new();
        for line in headers {
            let (name, value) = line.split_once(": ").unwrap();
            lines.append(name.parse::<HeaderName>().unwrap(), value.parse::<HeaderValue>().unwrap());
        }
        request = request.headers(lines);
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Reply { status, headers, body: response.text().await.unwrap() }
    }

    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        self.send("POST", path, &[], Some(body)).await
    }

    pub async fn get_as(&self, path: &str, token: &str) -> Reply {
        self.send("GET", path, &[&format!("authorization: Bearer {token}")], None).await
    }
}

/// Asked of the system and given back: the older backend and Portcullis must take the same one after each other.
fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

fn done(outcome: &Outcome) -> Value {
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    serde_json::from_str(&outcome.stdout).unwrap_or_else(|error| panic!("{error}: {outcome:?}"))
}

/// A MariaDB database of its own, as `.env` files name it, and its URL.
pub async fn mariadb() -> (Vec<(&'static str, String)>, String) {
    let database = TestDatabase::new(TestEngine::MariaDb).await;
    let url = reqwest::Url::parse(database.url()).unwrap();
    let environment = vec![
        ("DB_HOST", url.host_str().unwrap().to_owned()),
        ("DB_PORT", url.port().unwrap().to_string()),
        ("DB_USER", url.username().to_owned()),
        ("DB_PASSWORD", url.password().unwrap_or_default().to_owned()),
        ("DB_NAME", url.path().trim_start_matches('/').to_owned()),
    ];
    (environment, database.url().to_owned())
}

/// The lines of an `.env` by reference.
pub fn lines<'l>(
    environment: &'l [(&'static str, String)],
    more: &[(&'l str, &'l str)],
) -> Vec<(&'l str, &'l str)> {
    environment.iter().map(|(name, value)| (*name, value.as_str())).chain(more.iter().copied()).collect()
}

/// A backend that is about to be replaced. Killed when the test lets go of it.
pub struct OldBackend {
    child: Child,
    log: PathBuf,
}

impl OldBackend {
    /// Stops it as an operator does.
    pub async fn stop(mut self) {
        kill_process(Pid::from_child(&self.child), Signal::TERM).unwrap();
        eventually("the older backend ends", async || self.child.try_wait().unwrap()).await;
    }

    fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }
}

impl Drop for OldBackend {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("the older backend said:\n{}", self.log());
        }
    }
}

/// What either of them answers.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl Reply {
    /// It succeeded with this status.
    pub fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// A text of the JSON body.
    pub fn text(&self, name: &str) -> String {
        self.json()[name].as_str().unwrap_or_else(|| panic!("no {name} in {self:?}")).to_owned()
    }

    /// The value that a cookie is set to.
    pub fn cookie(&self, name: &str) -> String {
        let lines = self.headers.get_all(SET_COOKIE).iter().map(|line| line.to_str().unwrap());
        let mut pairs = lines.filter_map(|line| line.split(';').next()?.split_once('='));
        pairs
            .find(|(known, _)| *known == name)
            .unwrap_or_else(|| panic!("no {name} in {self:?}"))
            .1
            .to_owned()
    }
}
