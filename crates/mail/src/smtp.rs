//! How does a mail server take a mail, and what does its refusal mean?
//!
//! ```text
//! step                        4xx, no answer   5xx
//! connect, TLS, log in        later            later: the server, or how we speak to it, is set up wrongly
//! MAIL FROM                   later            later: it does not take mails of our sender
//! RCPT TO, DATA, the mail     later            refused: the server has judged the recipient or the mail
//! ```
//!
//! A connection that has taken a mail is kept for the next one, without a task that looks after it: whoever needs one
//! drops those that have been idle for too long, and asks the server whether it is still there.

use std::collections::VecDeque;
use std::future::Future;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use lettre::Address;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use portcullis_core::ports::SendError;
use secrecy::ExposeSecret as _;
use tokio::time::{Instant, timeout};

use crate::message::Packed;
use crate::{Encryption, SmtpServer, Timeouts};

/// The most connections that wait for the next mail.
const MOST_IDLE: usize = 4;
/// For how long one does; servers hang up after some minutes (RFC 5321 §4.5.3.2.7).
const LONGEST_IDLE: Duration = Duration::from_mins(1);

/// A mail server and the connections to it.
pub(crate) struct SmtpClient {
    server: SmtpServer,
    timeouts: Timeouts,
    tls: TlsParameters,
    hello: ClientId,
    idle: Mutex<VecDeque<Idle>>,
}

struct Idle {
    connection: AsyncSmtpConnection,
    since: Instant,
}

/// What a 5xx in a step is about.
#[derive(Clone, Copy)]
enum About {
    /// The server or our settings.
    Us,
    /// The mail or its recipient.
    Mail,
}

impl SmtpClient {
    /// A client that has not spoken to its server yet. It says hello as `name`. `Err` is what is wrong with the certificates.
    pub(crate) fn new(
        server: SmtpServer,
        timeouts: Timeouts,
        authorities: &[u8],
        name: &str,
    ) -> Result<Self, String> {
        let mut tls = TlsParameters::builder(server.host.clone());
        if !authorities.is_empty() {
            let certificates = Certificate::from_pem(authorities).map_err(|error| error.to_string())?;
            tls = tls.add_root_certificate(certificates);
        }
        let tls = tls.build().map_err(|error| error.to_string())?;
        let hello = ClientId::Domain(name.to_owned());
        Ok(Self { server, timeouts, tls, hello, idle: Mutex::new(VecDeque::new()) })
    }

    /// Hands a mail over. The server has it when this is `Ok`.
    pub(crate) async fn send(&self, mail: &Packed) -> Result<(), SendError> {
        match timeout(self.timeouts.mail, self.hand_over(mail)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(self.later(&format!("has not taken the mail within {:?}", self.timeouts.mail))),
        }
    }

    /// Goes as far as one can without a mail: connects, speaks TLS, logs in, says whom a mail would be from, and hangs up.
    pub(crate) async fn check(&self, from: &Address) -> Result<(), SendError> {
        let mut connection = self.connect().await?;
        let parameters = self.parameters(&connection, std::iter::once(from))?;
        let answer = connection.command(Mail::new(Some(from.clone()), parameters));
        self.step("MAIL FROM", About::Us, answer).await?;
        // It would have taken a mail, whatever it answers to these.
        let _ = timeout(self.timeouts.step, connection.command(Rset)).await;
        let _ = timeout(self.timeouts.step, connection.quit()).await;
        Ok(())
    }

    async fn hand_over(&self, mail: &Packed) -> Result<(), SendError> {
        let mut connection = match self.idle_connection().await {
            Some(connection) => connection,
            None => self.connect().await?,
        };
        let outcome = self.speak(&mut connection, mail).await;
        if outcome.is_ok() {
            self.keep(connection);
        } else {
            // Its answer changes nothing any more.
            let _ = timeout(Duration::from_secs(1), connection.abort()).await;
        }
        outcome
    }

    async fn speak(&self, connection: &mut AsyncSmtpConnection, mail: &Packed) -> Result<(), SendError> {
        let addresses = mail.envelope.to().iter().chain(mail.envelope.from());
        let parameters = self.parameters(connection, addresses)?;
        let from = mail.envelope.from().cloned();
        self.step("MAIL FROM", About::Us, connection.command(Mail::new(from, parameters))).await?;
        for to in mail.envelope.to() {
            self.step("RCPT TO", About::Mail, connection.command(Rcpt::new(to.clone(), Vec::new()))).await?;
        }
        self.step("DATA", About::Mail, connection.command(Data)).await?;
        // However long it takes within the time of a mail: scanners look at it before the server answers.
        let taken = connection.message(&mail.bytes).await;
        taken.map(drop).map_err(|error| self.failed("the mail", About::Mail, &error))
    }

    /// An address that is not ASCII needs a server that takes it (RFC 6531).
    fn parameters<'a>(
        &self,
        connection: &AsyncSmtpConnection,
        mut addresses: impl Iterator<Item = &'a Address>,
    ) -> Result<Vec<MailParameter>, SendError> {
        let is_ascii = |address: &Address| AsRef::<str>::as_ref(address).is_ascii();
        if addresses.all(is_ascii) {
            return Ok(Vec::new());
        }
        if !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
            let cause = format!("{} takes no address with letters beyond ASCII", self.place());
            return Err(SendError::Refused { cause });
        }
        // Its header has that address in it.
        Ok(vec![MailParameter::SmtpUtfEight, MailParameter::Body(MailBodyParameter::EightBitMime)])
    }

    async fn idle_connection(&self) -> Option<AsyncSmtpConnection> {
        loop {
            let mut connection = {
                let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
                idle.retain(|idle| idle.since.elapsed() < LONGEST_IDLE);
                idle.pop_back()?.connection
            };
            if timeout(self.timeouts.step, connection.test_connected()).await.unwrap_or(false) {
                return Some(connection);
            }
        }
    }

    fn keep(&self, connection: AsyncSmtpConnection) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.push_back(Idle { connection, since: Instant::now() });
        if idle.len() > MOST_IDLE {
            idle.pop_front();
        }
    }

    /// Connects, and goes on until the server would take a mail.
    async fn connect(&self) -> Result<AsyncSmtpConnection, SendError> {
        let (host, port, encryption) = (self.server.host.as_str(), self.server.port, self.server.encryption);
        let (tls, what) = match encryption {
            Encryption::Implicit => (Some(self.tls.clone()), "the TLS connection"),
            Encryption::StartTls | Encryption::Opportunistic | Encryption::None => (None, "the connection"),
        };
        let wait = Some(self.timeouts.step);
        let connecting = AsyncSmtpConnection::connect_tokio1((host, port), wait, &self.hello, tls, None);
        let connected = timeout(self.timeouts.step, connecting).await;
        let connected = connected.map_err(|_| self.silent(what))?;
        let mut connection = connected.map_err(|error| self.failed(what, About::Us, &error))?;
        let is_offered = connection.can_starttls();
        if encryption == Encryption::StartTls && !is_offered {
            return Err(self.later(
                "offers no STARTTLS, and mails do not travel without TLS: use smtps:// if it speaks TLS from the start",
            ));
        }
        if matches!(encryption, Encryption::StartTls | Encryption::Opportunistic) && is_offered {
            let upgrading = connection.starttls(self.tls.clone(), &self.hello);
            self.step("STARTTLS", About::Us, upgrading).await?;
        }
        if let Some(login) = &self.server.login {
            let password = login.password.expose_secret().to_owned();
            let credentials = Credentials::new(login.user.clone(), password);
            let answer = connection.auth(DEFAULT_MECHANISMS, &credentials);
            self.step("the login (mail.url, mail.password)", About::Us, answer).await?;
        }
        Ok(connection)
    }

    async fn step<T>(
        &self,
        what: &str,
        about: About,
        answer: impl Future<Output = Result<T, Error>> + Send,
    ) -> Result<T, SendError> {
        match timeout(self.timeouts.step, answer).await {
            Ok(answer) => answer.map_err(|error| self.failed(what, about, &error)),
            Err(_) => Err(self.no_answer(what, "")),
        }
    }

    fn no_answer(&self, what: &str, hint: &str) -> SendError {
        self.later(&format!("gave no answer to {what} within {:?}{hint}", self.timeouts.step))
    }

    /// A server that waits for the first byte of TLS says nothing either.
    fn silent(&self, what: &str) -> SendError {
        let is_to_greet = matches!(self.server.encryption, Encryption::StartTls | Encryption::Opportunistic);
        self.no_answer(
            what,
            if is_to_greet { "; is this port for TLS from the first byte? then write smtps://" } else { "" },
        )
    }

    fn failed(&self, what: &str, about: About, error: &Error) -> SendError {
        let chain = chain(error);
        let cause = format!("{}: {what} failed: {chain}{}", self.place(), hint(&chain));
        // 530, 535, 538: we should have logged in, or otherwise (RFC 4954 §6).
        let is_about_login =
            error.status().is_some_and(|code| matches!(code.to_string().as_str(), "530" | "535" | "538"));
        match about {
            About::Mail if error.is_permanent() && !is_about_login => SendError::Refused { cause },
            About::Mail | About::Us => SendError::Later { cause },
        }
    }

    fn later(&self, cause: &str) -> SendError {
        SendError::Later { cause: format!("{} {cause}", self.place()) }
    }

    fn place(&self) -> String {
        format!("{}:{}", self.server.host, self.server.port)
    }
}

/// What to do about a failure of TLS, by the names that rustls has for them.
fn hint(cause: &str) -> &'static str {
    const HINTS: [(&str, &str); 3] = [
        ("UnknownIssuer", "; if the authority is your own, name its certificate in `mail.ca_file`"),
        (
            "CaUsedAsEndEntity",
            "; the certificate is that of an authority itself: issue one for the server with it",
        ),
        // What is no TLS at all: the greeting of a mail server.
        ("InvalidContentType", "; is this port for STARTTLS? then write smtp://"),
    ];
    HINTS.iter().find(|(name, _)| cause.contains(name)).map_or("", |(_, hint)| hint)
}

/// An error with what it came from, as far as that is not said yet.
fn chain(error: &Error) -> String {
    let mut said = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        let text = inner.to_string();
        if !said.contains(&text) {
            said = format!("{said}: {text}");
        }
        source = inner.source();
    }
    said
}
