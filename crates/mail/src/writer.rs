//! Who writes a letter and sends it?

use std::path::PathBuf;
use std::sync::Arc;
use std::{fmt, fs};

use async_trait::async_trait;
use portcullis_core::model::Email;
use portcullis_core::model::mail::Letter;
use portcullis_core::ports::{Mailer, SendError};
use secrecy::ExposeSecret as _;

use crate::message::Sender;
use crate::preview::letters;
use crate::smtp::SmtpClient;
use crate::templates::Templates;
use crate::{MailSettings, TemplateError, Transport, console, folder};

/// The longest cause that is told, in characters: a server may say a lot.
const CAUSE_CHARS: usize = 400;

/// Why no mails can be sent as it is set up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The sender, or where answers go.
    #[error(
        "`{0}` is no address for mail.from or mail.reply_to: write no-reply@example.com or Name <no-reply@example.com>"
    )]
    Address(String),
    /// A template.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// A file of certificates that cannot be read.
    #[error("cannot read the certificates in {} (mail.ca_file): {cause}", path.display())]
    CaFile {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: String,
    },
    /// TLS cannot be used.
    #[error("cannot set TLS up for the mail server: {0}")]
    Tls(String),
    /// A directory that cannot be made.
    #[error("cannot make the directory {} (mail.url): {cause}", path.display())]
    Directory {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: String,
    },
}

/// Writes letters and sends them.
pub struct Writer {
    templates: Templates,
    sender: Sender,
    app_name: String,
    outlet: Outlet,
}

/// Who takes mails.
enum Outlet {
    Smtp(Box<SmtpClient>),
    Folder(PathBuf),
    Console,
}

/// Gets ready to write and send. Every template is rendered once; the mail server is not asked for anything yet.
pub fn open(settings: &MailSettings) -> Result<Arc<Writer>, OpenError> {
    let (templates, sender) = stationery(settings)?;
    let outlet = match &settings.transport {
        Transport::Smtp(server) => {
            let authorities = match &settings.ca_file {
                Some(path) => read_authorities(path)?,
                None => Vec::new(),
            };
            let client = SmtpClient::new(server.clone(), settings.timeouts, &authorities, sender.domain());
            Outlet::Smtp(Box::new(client.map_err(OpenError::Tls)?))
        }
        Transport::File(directory) => {
            folder::prepare(directory).map_err(|error| OpenError::Directory {
                path: directory.clone(),
                cause: error.to_string(),
            })?;
            Outlet::Folder(directory.clone())
        }
        Transport::Console => Outlet::Console,
    };
    Ok(Arc::new(Writer { templates, sender, app_name: settings.app_name.clone(), outlet }))
}

/// What is needed to write: templates that all render, and a sender.
pub(crate) fn stationery(settings: &MailSettings) -> Result<(Templates, Sender), OpenError> {
    let sender = Sender::new(&settings.from, settings.reply_to.as_deref(), &settings.app_name);
    let sender = sender.map_err(OpenError::Address)?;
    let templates = Templates::load(settings.templates.as_deref())?;
    for letter in letters::all().chain(letters::sparse()) {
        templates.check(&letter, &settings.app_name)?;
    }
    Ok((templates, sender))
}

fn read_authorities(path: &PathBuf) -> Result<Vec<u8>, OpenError> {
    let failed = |cause: String| OpenError::CaFile { path: path.clone(), cause };
    let pem = fs::read(path).map_err(|error| failed(error.to_string()))?;
    let has_any = pem.windows(CERTIFICATE.len()).any(|window| window == CERTIFICATE);
    if has_any { Ok(pem) } else { Err(failed("there is no certificate (PEM) in it".to_owned())) }
}

/// What a certificate begins with in PEM.
const CERTIFICATE: &[u8] = b"-----BEGIN CERTIFICATE-----";

impl Writer {
    /// Whether a mail server would take mails of ours: it is connected to, logged in to and told the sender, and nothing is
    /// sent. Where no server is asked, there is nothing that could be in the way.
    pub async fn check(&self) -> Result<(), SendError> {
        match &self.outlet {
            Outlet::Smtp(client) => client.check(self.sender.address()).await,
            Outlet::Folder(_) | Outlet::Console => Ok(()),
        }
    }
}

#[async_trait]
impl Mailer for Writer {
    async fn send(&self, letter: &Letter) -> Result<(), SendError> {
        let rendered =
            self.templates.render(letter, &self.app_name).map_err(|error| later(letter, &error))?;
        let packed = self.sender.pack(letter, &rendered).map_err(|_| SendError::Refused {
            cause: "mails cannot go to this address: it is none (RFC 5321)".to_owned(),
        })?;
        match &self.outlet {
            Outlet::Smtp(client) => client.send(&packed).await.map_err(|error| discreet(letter, error)),
            Outlet::Folder(directory) => {
                let written = folder::write(directory, letter, &packed.bytes).await;
                written.map(drop).map_err(|error| later(letter, &error))
            }
            Outlet::Console => {
                console::show(letter.to.as_str(), &rendered).map_err(|error| later(letter, &error))
            }
        }
    }
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Writer(..)")
    }
}

fn later(letter: &Letter, error: &dyn fmt::Display) -> SendError {
    SendError::Later { cause: discreet_cause(letter, &error.to_string()) }
}

fn discreet(letter: &Letter, error: SendError) -> SendError {
    match error {
        SendError::Later { cause } => SendError::Later { cause: discreet_cause(letter, &cause) },
        SendError::Refused { cause } => SendError::Refused { cause: discreet_cause(letter, &cause) },
    }
}

/// A cause on one line, without what the mail is to keep secret and whom it is for.
// SECURITY: filters repeat what they do not like; causes stand in the database and in logs.
fn discreet_cause(letter: &Letter, cause: &str) -> String {
    let mut cause: String = cause.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let mut hide = |secret: &str| cause = without(&cause, secret);
    // Personal data stays out of logs.
    for email in [Some(&letter.to), letter.other_email.as_ref()].into_iter().flatten() {
        for spelling in spellings(email) {
            hide(&spelling);
        }
    }
    if let Some(link) = &letter.link {
        let link = link.expose_secret();
        hide(link);
        hide(link.rsplit_once("token=").map_or("", |(_, token)| token));
    }
    if let Some(code) = &letter.code {
        hide(&code.expose_in_groups());
        hide(code.expose());
    }
    cause.chars().take(CAUSE_CHARS).collect()
}

/// An address as it is written, as it is folded, and as a mail server gets it: its domain is folded, the rest is not.
fn spellings(email: &Email) -> Vec<String> {
    let parts =
        |address: &str| address.rsplit_once('@').map(|(local, domain)| (local.to_owned(), domain.to_owned()));
    let mut spellings = vec![email.as_str().to_owned(), email.key().to_owned()];
    if let (Some((written, typed)), Some((folded, domain))) = (parts(email.as_str()), parts(email.key())) {
        spellings.extend([format!("{written}@{domain}"), format!("{folded}@{typed}")]);
    }
    spellings
}

/// A text without a secret, in capital or small letters.
fn without(text: &str, secret: &str) -> String {
    if secret.is_empty() {
        return text.to_owned();
    }
    // The case of ASCII changes no length: places in one are places in the other.
    let (folded, wanted) = (text.to_ascii_lowercase(), secret.to_ascii_lowercase());
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for (at, found) in folded.match_indices(&wanted) {
        out.push_str(text.get(done..at).unwrap_or_default());
        out.push_str("[…]");
        done = at + found.len();
    }
    out.push_str(text.get(done..).unwrap_or_default());
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use portcullis_core::model::Locale;
    use portcullis_core::model::mail::LetterKind;

    use super::*;

    #[test]
    fn a_cause_keeps_the_secrets_of_its_mail() {
        let letter = letters::letter(LetterKind::VerifyEmail, Locale::En);
        let link = letter.link.as_ref().unwrap().expose_secret().to_owned();
        let token = link.split_once("token=").unwrap().1.to_owned();
        let code = letter.code.as_ref().unwrap().expose_in_groups();
        let cause = format!("554 spam:\r\n{link} or {token} or {code} or {}", code.replace('-', ""));
        assert_eq!(discreet_cause(&letter, &cause), "554 spam:  […] or […] or […] or […]");
        assert_eq!(discreet_cause(&letter, &"x".repeat(5000)).len(), CAUSE_CHARS);
    }

    #[test]
    fn a_cause_keeps_an_address_in_any_spelling() {
        let letter = Letter {
            to: Email::parse("Zoë.Liddell@BÜCHER.example").unwrap(),
            other_email: Some(Email::parse("Alice@Example.COM").unwrap()),
            ..letters::letter(LetterKind::EmailChanged, Locale::En)
        };
        for said in [
            "Zoë.Liddell@BÜCHER.example",
            "zoë.liddell@xn--bcher-kva.example",
            "Zoë.Liddell@xn--bcher-kva.example",
            "ZOë.LIDDELL@XN--BCHER-KVA.EXAMPLE",
            "alice@example.com",
            "Alice@example.com",
            "ALICE@EXAMPLE.COM",
        ] {
            let cause = format!("550 <{said}>: nobody; <{said}>");
            assert_eq!(discreet_cause(&letter, &cause), "550 <[…]>: nobody; <[…]>");
        }
    }

    #[test]
    fn what_is_set_up_wrongly_is_said() {
        let settings = |from: &str| MailSettings::new(Transport::Console, from, "App");
        for wrong in
            ["", "nobody", "a@b.example, c@d.example", "A <a@b.example", "a@b.example\r\nBcc: x@y.example"]
        {
            assert_eq!(
                open(&settings(wrong)).unwrap_err(),
                OpenError::Address(wrong.to_owned()),
                "{wrong:?}"
            );
        }
        let mut settings = settings("App <no-reply@example.com>");
        settings.reply_to = Some("nobody".to_owned());
        assert_eq!(open(&settings).unwrap_err(), OpenError::Address("nobody".to_owned()));
        settings.reply_to = None;
        settings.transport = Transport::parse("smtp://localhost", None).unwrap();
        settings.ca_file = Some(PathBuf::from("/nowhere.pem"));
        assert!(matches!(open(&settings).unwrap_err(), OpenError::CaFile { .. }));
        settings.ca_file = Some(PathBuf::from("Cargo.toml"));
        assert!(open(&settings).unwrap_err().to_string().contains("no certificate"));
    }
}
