//! Which texts are values of a key, what do they mean, and how are they shown?

mod acme;
mod address;
mod choice;
mod database;
mod dialects;
mod legacy;
mod mail;
mod number;
mod observed;
mod passwords;
mod throttle;

use std::borrow::Cow;
use std::path::PathBuf;

use secrecy::SecretString;

use super::keys::Visibility;

pub(crate) use acme::{AcmeContact, AcmeDirectory, Domains};
pub(crate) use address::{BindAddress, Origins, PublicUrl, TrustedProxies, is_this_machine};
pub(crate) use choice::{Environment, LogFilter, LogFormat, PasswordAlgorithm, TlsMode};
pub(crate) use database::{DatabasePassword, DatabaseUrl, HostName, ServerAddress, ServerKind};
pub(crate) use dialects::Dialects;
pub(crate) use legacy::{SharedSecret, TokenLifetime};
pub(crate) use mail::{
    DeletionGrace, MailDomains, MailPassword, MailRoute, MailUrl, Mailbox, RequiredEmail, domain_of,
};
pub(crate) use number::{Count, Flag, Port, Span, days};
pub(crate) use observed::BearerToken;
pub(crate) use passwords::{RangeUrl, Words};
pub(crate) use throttle::{CounterPlace, RedisUrl};

/// What a key can hold.
pub(crate) trait Value: Sized {
    /// Reads a text, which has no white space around it and is not empty unless it is a list.
    fn parse(text: &str) -> Result<Self, Refusal>;

    /// The text that means this value; stars in the place of a secret.
    fn show(&self) -> String;

    /// What may be written, to follow "write …" in a fix and to stand in the reference.
    fn expects() -> String;
}

/// Why a text is no value. Never quotes the text, which may be a secret.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// Continues "`key` = `text`": "is not a port".
    pub(crate) what: Cow<'static, str>,
    /// What to do, when that is more than what [`Value::expects`] says.
    pub(crate) fix: Option<Cow<'static, str>>,
}

impl Refusal {
    fn new(what: impl Into<Cow<'static, str>>) -> Self {
        Self { what: what.into(), fix: None }
    }

    fn with_fix(what: impl Into<Cow<'static, str>>, fix: impl Into<Cow<'static, str>>) -> Self {
        Self { what: what.into(), fix: Some(fix.into()) }
    }
}

/// A text that was refused, as the visibility of its key allows to quote it.
pub(crate) fn redacted(text: &str, visibility: Visibility) -> String {
    match visibility {
        Visibility::Shown => text.to_owned(),
        Visibility::Hidden => "********".to_owned(),
        Visibility::WithoutPassword => database::without_password(text),
    }
}

/// The members of a list that is written with commas.
fn members(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|member| !member.is_empty())
}

/// Any text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Text(pub(crate) String);

impl Value for Text {
    fn parse(text: &str) -> Result<Self, Refusal> {
        if text.is_empty() {
            return Err(Refusal::new("is empty"));
        }
        if text.chars().any(char::is_control) {
            return Err(Refusal::new("contains a control character"));
        }
        Ok(Self(text.to_owned()))
    }

    fn show(&self) -> String {
        self.0.clone()
    }

    fn expects() -> String {
        "a text".into()
    }
}

impl Value for PathBuf {
    fn parse(text: &str) -> Result<Self, Refusal> {
        if text.is_empty() || text.contains('\0') {
            return Err(Refusal::new("is not a path"));
        }
        Ok(Self::from(text))
    }

    fn show(&self) -> String {
        self.display().to_string()
    }

    fn expects() -> String {
        "a path".into()
    }
}

/// The master key, which its own type reads.
impl Value for SecretString {
    fn parse(text: &str) -> Result<Self, Refusal> {
        if text.is_empty() { Err(Refusal::new("is empty")) } else { Ok(Self::from(text)) }
    }

    fn show(&self) -> String {
        "********".into()
    }

    fn expects() -> String {
        "32 random bytes as 64 hexadecimal digits (`openssl rand -hex 32`)".into()
    }
}
