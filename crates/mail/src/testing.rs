//! Where do tests get a mail server, and which mails did it take?
//!
//! It is `tests/smtp/server.py`, on a port of 127.0.0.1. It ends with the value that stands for it. What it needs,
//! `tests/smtp/install` brings.

#![allow(clippy::expect_used, clippy::panic, clippy::missing_panics_doc, missing_docs, reason = "tests")]

use std::collections::{HashMap, VecDeque};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde::Deserialize;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::timeout;

/// For how long something is waited for that has to come.
const PATIENCE: Duration = Duration::from_secs(30);

/// How the server is spoken to.
#[derive(Debug, Clone, Default)]
pub struct ServerOptions {
    pub tls: ServerTls,
    /// Name and password that it asks for; without TLS, too, where it offers none.
    pub login: Option<(String, String)>,
    /// The port; `None`: any.
    pub port: Option<u16>,
    pub addresses: Addresses,
}

/// Which addresses it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Addresses {
    /// Also those with letters beyond ASCII (SMTPUTF8).
    #[default]
    Any,
    Ascii,
}

/// Whether it speaks TLS.
#[derive(Debug, Clone, Default)]
pub enum ServerTls {
    #[default]
    None,
    /// After STARTTLS.
    StartTls(ServerCertificate),
    /// From the start.
    Implicit(ServerCertificate),
}

/// Files of a certificate and its key, in PEM.
#[derive(Debug, Clone)]
pub struct ServerCertificate {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// What the server does with mails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behaviour {
    Accept,
    /// 451 to the first RCPT of each recipient.
    Greylist,
    /// 550 to every RCPT, with the address in it.
    Refuse,
    /// 553 to every MAIL.
    RefuseSender,
    /// 554 to every mail, with the links in it.
    Scold,
    /// Takes mails after so many milliseconds.
    Slow(u32),
    /// Hangs up when a mail is there.
    Drop,
}

/// A mail that the server took.
#[derive(Debug, Clone, Deserialize)]
pub struct ReceivedMail {
    pub from: String,
    pub to: Vec<String>,
    /// The whole message.
    pub data: String,
    pub subject: String,
    /// By names in small letters.
    pub headers: HashMap<String, String>,
    pub text: String,
    pub html: String,
    pub tls: bool,
    /// Who had logged in.
    pub user: Option<String>,
}

impl ReceivedMail {
    /// The link in its text.
    pub fn link(&self) -> Option<&str> {
        self.text.lines().map(str::trim).find(|line| line.starts_with("http") && line.contains("token="))
    }

    /// The token of that link.
    pub fn token(&self) -> Option<&str> {
        self.link()?.rsplit_once("token=").map(|(_, token)| token)
    }

    /// The code in its text: `XXXX-XXXX` on a line of its own.
    pub fn code(&self) -> Option<&str> {
        let is_code = |line: &&str| line.len() == 9 && line.as_bytes().get(4) == Some(&b'-');
        self.text.lines().map(str::trim).find(is_code)
    }
}

/// What the server has seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct ServerState {
    /// How many connections there were.
    pub connections: u32,
    /// How many mails it took.
    pub mails: u32,
    /// How many MAIL, RCPT or mails it refused.
    pub refused: u32,
}

#[derive(Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Event {
    Listening { port: u16 },
    Mail(Box<ReceivedMail>),
    State(ServerState),
}

/// A mail server that runs.
pub struct TestMailServer {
    /// Ends with this value.
    _process: Child,
    commands: ChildStdin,
    events: UnboundedReceiver<String>,
    waiting: VecDeque<ReceivedMail>,
    port: u16,
}

impl TestMailServer {
    /// Starts one that takes every mail, without TLS.
    pub async fn plain() -> Self {
        Self::start(ServerOptions::default()).await
    }

    /// Starts one.
    pub async fn start(options: ServerOptions) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/smtp/server.py");
        // Debian's Python has Debian's packages; another one in the PATH does not.
        let mut command = Command::new("/usr/bin/python3");
        command.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let tls = match &options.tls {
            ServerTls::None => None,
            ServerTls::StartTls(certificate) => Some(("--starttls", certificate)),
            ServerTls::Implicit(certificate) => Some(("--smtps", certificate)),
        };
        if let Some((flag, files)) = tls {
            command.arg(flag).arg("--cert").arg(&files.certificate).arg("--key").arg(&files.key);
        }
        if let Some((user, password)) = &options.login {
            command.args(["--user", user, "--password", password]);
        }
        if let Some(port) = options.port {
            command.args(["--port", &port.to_string()]);
        }
        if options.addresses == Addresses::Ascii {
            command.arg("--ascii");
        }
        let mut process = command.spawn().expect("/usr/bin/python3 is missing: run tests/smtp/install");
        let commands = process.stdin.take().expect("it is piped");
        let mut lines = BufReader::new(process.stdout.take().expect("it is piped")).lines();
        let (told, events) = unbounded_channel();
        // Read at once, whether or not somebody asks: a server that cannot say what it has taken answers nobody.
        let reading = async move {
            while let Some(line) = lines.next_line().await.expect("its output is text") {
                if told.send(line).is_err() {
                    break;
                }
            }
        };
        #[expect(clippy::disallowed_methods, reason = "it ends with the mail server")]
        tokio::spawn(reading);
        let mut server = Self { _process: process, commands, events, waiting: VecDeque::new(), port: 0 };
        match server.next_event().await {
            Event::Listening { port } => server.port = port,
            Event::Mail(_) | Event::State(_) => panic!("a mail server says first where it listens"),
        }
        server
    }

    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The URL of it, where it speaks no TLS.
    pub fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}?tls=none", self.port)
    }

    /// Has it do something else with mails from now on.
    pub async fn behave(&mut self, behaviour: Behaviour) -> ServerState {
        let command = match behaviour {
            Behaviour::Accept => "accept".to_owned(),
            Behaviour::Greylist => "greylist".to_owned(),
            Behaviour::Refuse => "refuse".to_owned(),
            Behaviour::RefuseSender => "refuse-sender".to_owned(),
            Behaviour::Scold => "scold".to_owned(),
            Behaviour::Slow(millis) => format!("slow {}", f64::from(millis) / 1000.0),
            Behaviour::Drop => "drop".to_owned(),
        };
        self.command(&command).await
    }

    /// Closes all connections that are open.
    pub async fn hang_up(&mut self) -> ServerState {
        self.command("close").await
    }

    /// What it has seen.
    pub async fn state(&mut self) -> ServerState {
        self.command("state").await
    }

    /// The next mail that it takes or has taken.
    pub async fn next_mail(&mut self) -> ReceivedMail {
        loop {
            if let Some(mail) = self.waiting.pop_front() {
                return mail;
            }
            if let Event::Mail(mail) = self.next_event().await {
                return *mail;
            }
        }
    }

    /// All mails that it has taken by now and that nobody has asked for.
    pub async fn mails(&mut self) -> Vec<ReceivedMail> {
        self.state().await;
        self.waiting.drain(..).collect()
    }

    async fn command(&mut self, command: &str) -> ServerState {
        self.commands.write_all(format!("{command}\n").as_bytes()).await.expect("the mail server listens");
        self.commands.flush().await.expect("the mail server listens");
        loop {
            match self.next_event().await {
                Event::State(state) => return state,
                Event::Mail(mail) => self.waiting.push_back(*mail),
                Event::Listening { .. } => panic!("a mail server says once where it listens"),
            }
        }
    }

    async fn next_event(&mut self) -> Event {
        let line =
            timeout(PATIENCE, self.events.recv()).await.expect("the mail server says something in time");
        let line = line.expect("it runs; if it does not start, run tests/smtp/install");
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    }
}
