//! How are the servers that are measured started and stopped?

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

const BINARY: &str = env!("CARGO_BIN_EXE_portcullis");
/// The password of every account.
pub const PASSWORD: &str = "correct horse battery";

/// The release binary on a database of its own.
pub struct Portcullis {
    child: Child,
    address: SocketAddr,
    directory: Option<TempDir>,
    /// From the start of the process to the first answer of `/readyz`.
    pub ready_after: Duration,
}

impl Portcullis {
    /// A server that signs with `algorithm`, on a new database.
    pub fn start(algorithm: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut server = Self::start_in(directory.path(), algorithm);
        server.directory = Some(directory);
        server
    }

    /// A server on a data directory that the caller keeps.
    pub fn start_in(directory: &Path, algorithm: &str) -> Self {
        Self::start_with(directory, &[("PORTCULLIS_TOKEN_ALGORITHM", algorithm)])
    }

    /// A server with these settings, on a new database.
    pub fn start_as(settings: &[(&str, &str)]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut server = Self::start_with(directory.path(), settings);
        server.directory = Some(directory);
        server
    }

    /// A server on a database that has its tables already.
    pub fn start_on(database: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let settings = [("PORTCULLIS_DATABASE_URL", database), ("PORTCULLIS_DATABASE_TLS", "off")];
        let mut server = Self::start_with(directory.path(), &settings);
        server.directory = Some(directory);
        server
    }

    /// A server with these settings on a data directory that the caller keeps.
    pub fn start_with(directory: &Path, settings: &[(&str, &str)]) -> Self {
        let address = free_address();
        let began = Instant::now();
        let child = Command::new(BINARY)
            .arg("serve")
            .current_dir(directory)
            .env_clear()
            .env("PORTCULLIS_DATA_DIR", directory.join("data"))
            .env("PORTCULLIS_HOST", "127.0.0.1")
            .env("PORTCULLIS_PORT", address.port().to_string())
            .envs(settings.iter().copied())
            // The peers write no log either.
            .env("PORTCULLIS_LOG_REQUESTS", "false")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        while try_request(address, "GET", "/readyz", None)
            .is_none_or(|answer| !answer.starts_with("HTTP/1.1 200"))
        {
            assert!(began.elapsed() < Duration::from_secs(20), "portcullis does not become ready");
            std::thread::sleep(Duration::from_micros(500));
        }
        Self { child, address, directory: None, ready_after: began.elapsed() }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Runs a command beside a server that is not running, on its data directory.
    pub fn run_in(directory: &Path, arguments: &[&str]) {
        let output = Command::new(BINARY)
            .args(arguments)
            .current_dir(directory)
            .env_clear()
            .env("PORTCULLIS_DATA_DIR", directory.join("data"))
            .output()
            .unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// Runs a command beside this server, which has a directory of its own.
    pub fn run(&self, arguments: &[&str]) {
        Self::run_in(self.directory.as_ref().unwrap().path(), arguments);
    }

    /// Registers account number `number`; answers the body of a login.
    pub fn log_in(&self, number: usize) -> serde_json::Value {
        let email = email(number);
        let account = serde_json::json!({ "email": email, "password": PASSWORD }).to_string();
        try_request(self.address, "POST", "/v1/register", Some(&account)).unwrap();
        let login = serde_json::json!({ "identifier": email, "password": PASSWORD }).to_string();
        let answer = try_request(self.address, "POST", "/v1/login", Some(&login)).unwrap();
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        serde_json::from_str(body).unwrap()
    }

    /// Resident memory in MiB.
    pub fn resident_mib(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        let kib: f64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
        kib / 1024.0
    }
}

impl Drop for Portcullis {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        // The database goes after the process that has it open.
        self.directory.take();
    }
}

/// The hand-written peer.
pub struct Express {
    child: Child,
    address: SocketAddr,
}

impl Express {
    /// A peer that gives `jsonwebtoken` its secret as a `string`, as such backends do, or as a parsed `key`.
    pub fn start(secret_form: &str) -> Self {
        Self::start_as(&[("SECRET_FORM", secret_form)])
    }

    /// A peer that hashes with a `library`: `bcrypt`, the native one, or `bcryptjs`.
    pub fn hashing_with(library: &str) -> Self {
        Self::start_as(&[("HASHER", library)])
    }

    fn start_as(settings: &[(&str, &str)]) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers/express");
        assert!(folder.join("node_modules").exists(), "run `npm ci` in {} first", folder.display());
        let mut child = Command::new("node")
            .arg("server.js")
            .current_dir(folder)
            .env("NODE_ENV", "production")
            .env("PORT", "0")
            .env("ACCESS_TOKEN_SECRET", SECRET)
            .envs(settings.iter().copied())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let (_, address) = line.trim().rsplit_once('/').unwrap();
        Self { address: address.parse().unwrap(), child }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The request of one client: a token of the usual claims.
    pub fn requests() -> Vec<Vec<u8>> {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
        let claims = serde_json::json!({ "userId": 1, "iat": now, "exp": now + 900 });
        let key = portcullis_core::crypto::refresh_jwt::LegacySecret::new(SECRET.as_bytes()).unwrap();
        let token = key.signer().sign(&claims).unwrap();
        vec![get("/protected", token.expose())]
    }
}

impl Drop for Express {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const SECRET: &str = "Vq0hJm5c1tXk9TzR7uYb3nLw8eGd2fPs";

/// The email address of account number `number`.
pub fn email(number: usize) -> String {
    format!("person-{number}@example.com")
}

/// A request with a Bearer token.
pub fn get(path: &str, token: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n\r\n").into_bytes()
}

/// The size of the release binary in MiB.
pub fn binary_mib() -> f64 {
    std::fs::metadata(BINARY).unwrap().len() as f64 / (1024.0 * 1024.0)
}

fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

fn try_request(address: SocketAddr, method: &str, path: &str, body: Option<&str>) -> Option<String> {
    let mut stream = TcpStream::connect(address).ok()?;
    let body = body.unwrap_or_default();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(head.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    Some(answer)
}
