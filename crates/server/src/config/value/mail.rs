//! How do mails leave, in whose name, and whose addresses may be those of accounts?

mod domains;
mod grace;
mod required;

use portcullis_core::model::Email;
use portcullis_mail::{Transport, TransportError};
use secrecy::SecretString;

pub(crate) use domains::{MailDomains, domain_of};
pub(crate) use grace::DeletionGrace;
pub(crate) use required::RequiredEmail;

use super::{Refusal, Value};

/// How mails leave. Without the password, which is no part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MailUrl {
    text: String,
    route: MailRoute,
}

/// The kinds of ways that mails take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MailRoute {
    /// A mail server.
    Smtp {
        /// Whether we log in to it.
        has_user: bool,
    },
    /// Files in a directory.
    Files,
    /// Standard error.
    Console,
}

impl MailUrl {
    /// Which kind it is.
    pub(crate) const fn route(&self) -> MailRoute {
        self.route
    }

    /// Whether we log in to a mail server.
    pub(crate) const fn has_user(&self) -> bool {
        matches!(self.route, MailRoute::Smtp { has_user: true })
    }

    /// Where mails go, now that the password is known.
    pub(crate) fn transport(&self, password: Option<SecretString>) -> Result<Transport, TransportError> {
        Transport::parse(&self.text, password)
    }
}

impl Value for MailUrl {
    fn parse(text: &str) -> Result<Self, Refusal> {
        // Whether the password is there as well, `meant` looks at.
        let with_any = || Transport::parse(text, Some(SecretString::from("any")));
        let transport = match Transport::parse(text, None) {
            Err(TransportError::NoPassword(_)) => with_any(),
            read => read,
        };
        let route = match transport.map_err(|error| refused(&error))? {
            Transport::Smtp(server) => MailRoute::Smtp { has_user: server.login.is_some() },
            Transport::File(_) => MailRoute::Files,
            Transport::Console => MailRoute::Console,
        };
        Ok(Self { text: text.to_owned(), route })
    }

    fn show(&self) -> String {
        self.text.clone()
    }

    fn expects() -> String {
        "`smtps://user@host:465`, `smtp://user@host:587` (with STARTTLS; `?tls=opportunistic` goes on without where it is not offered, on this machine also `?tls=none`), \
         `file:directory` or `console:`"
            .into()
    }
}

/// SECURITY: what stands in a URL that cannot be read may be a password, so that no part of it is quoted but a parameter that
/// is called like ours.
fn refused(error: &TransportError) -> Refusal {
    match error {
        TransportError::Scheme(_) => Refusal::new("names no way to send mails"),
        TransportError::NoDirectory => Refusal::with_fix("names no directory", "write `file:./data/mails`"),
        TransportError::ConsoleTakesNothing => {
            Refusal::with_fix("has something after `console:`", "end it there")
        }
        TransportError::NoHost => Refusal::new("names no host"),
        TransportError::Host(_) => {
            Refusal::with_fix("has no host name", "write a name or an address; one of IPv6 in brackets")
        }
        TransportError::Port(_) => {
            Refusal::with_fix("has no port", "write a number from 1 to 65535 after the host")
        }
        TransportError::Path => Refusal::with_fix("has a path", "end it after host and port"),
        TransportError::Parameter(parameter) => Refusal::with_fix(
            match parameter.strip_prefix("tls=") {
                // Nobody's password.
                Some(word) if word.bytes().all(|byte| byte.is_ascii_lowercase()) => {
                    format!("has the parameter `{parameter}`, which there is not")
                }
                _ => "has a parameter that there is not".to_owned(),
            },
            "leave it out; there is `?tls=none` and `?tls=opportunistic`, for `smtp://` only",
        ),
        TransportError::Encoding => Refusal::with_fix(
            "has a user that is not percent-encoded",
            "write `%40` for `@` and `%25` for `%`",
        ),
        TransportError::PasswordInUrl | TransportError::NoPassword(_) | TransportError::NoUser => {
            Refusal::with_fix(
                "has a password, which would be seen in logs and by other users",
                "write it as `mail.password`, or into a file that `mail.password_file` names",
            )
        }
        TransportError::LoginWithoutTls(_) => Refusal::with_fix(
            "would send the password over the network in plain text",
            "leave `?tls=…` out, or let a relay on this machine send, without a user",
        ),
        TransportError::RemoteWithoutTls(_) => Refusal::with_fix(
            "would send mails over the network in plain text, with links that open accounts",
            "leave `?tls=none` out, or let a relay on this machine send",
        ),
    }
}

/// Who a mail comes from, or where answers go: an address, and a name if there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mailbox {
    /// What they are called.
    pub(crate) name: Option<String>,
    /// Their address.
    pub(crate) address: Email,
}

/// What a name of a mailbox cannot have without being quoted in ways that programs disagree about.
const NOT_IN_NAMES: &str = "<>@,;:\\\"[]()";

impl Value for Mailbox {
    fn parse(text: &str) -> Result<Self, Refusal> {
        let (name, address) = match text.strip_suffix('>').map(|rest| rest.rsplit_once('<')) {
            Some(Some((name, address))) => (name.trim(), address),
            _ => ("", text),
        };
        let name = name.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(name);
        if name.contains(|c: char| c.is_control() || NOT_IN_NAMES.contains(c)) {
            let what = "has a name with a character that mail programs take for something else";
            return Err(Refusal::with_fix(
                what,
                "write the name with letters, digits, blanks, `.`, `-` and `'`",
            ));
        }
        let address = Email::parse(address).map_err(|_| Refusal::new("is no mail address"))?;
        Ok(Self { name: (!name.is_empty()).then(|| name.to_owned()), address })
    }

    fn show(&self) -> String {
        match &self.name {
            Some(name) => format!("{name} <{}>", self.address.as_str()),
            None => self.address.as_str().to_owned(),
        }
    }

    fn expects() -> String {
        "an address, with a name or without, such as `Acme <no-reply@example.com>`".into()
    }
}

/// The password of the user on the mail server.
#[derive(Debug, Clone)]
pub(crate) struct MailPassword(pub(crate) SecretString);

impl Value for MailPassword {
    fn parse(text: &str) -> Result<Self, Refusal> {
        if text.is_empty() || text.contains(char::is_control) {
            return Err(Refusal::new("is empty or contains a control character"));
        }
        Ok(Self(SecretString::from(text)))
    }

    fn show(&self) -> String {
        "********".into()
    }

    fn expects() -> String {
        "the password as it is, without percent-encoding".into()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn mails_leave_by_a_mail_server_as_files_or_on_the_console() {
        let route = |text: &str| MailUrl::parse(text).map(|url| url.route());
        for (text, expected) in [
            ("smtps://mail.example.com", MailRoute::Smtp { has_user: false }),
            ("smtp://me@mail.example.com:587", MailRoute::Smtp { has_user: true }),
            ("smtp://me@localhost:1025?tls=none", MailRoute::Smtp { has_user: true }),
            ("file:./mails", MailRoute::Files),
            ("console:", MailRoute::Console),
        ] {
            assert_eq!(route(text), Ok(expected), "{text}");
        }
        for text in ["mail.example.com", "http://a.b", "smtp://", "file:", "console:x", "smtp://a.b?tls=none"]
        {
            assert!(route(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_may_be_a_password_is_not_quoted() {
        for text in [
            "smtps://me:hunter2@a.b",
            "smtps://me:1?hunter2@a.b",
            "hunter2:x",
            "smtp://hunter2:x:y",
            "smtp://me@a.b:hunter2",
        ] {
            let refusal = MailUrl::parse(text).unwrap_err();
            assert!(!format!("{refusal:?}").contains("hunter2"), "{text}: {refusal:?}");
        }
    }

    #[test]
    fn a_slip_in_our_parameter_is_named() {
        let refusal = MailUrl::parse("smtp://a.b?tls=foo").unwrap_err();
        assert_eq!(refusal.what, "has the parameter `tls=foo`, which there is not");
    }

    #[test]
    fn a_mailbox_is_an_address_with_a_name_or_without() {
        for (text, shown) in [
            ("a@example.com", "a@example.com"),
            ("Acme Shop <no-reply@example.com>", "Acme Shop <no-reply@example.com>"),
            ("\"Zoë's\" <a@bücher.example>", "Zoë's <a@bücher.example>"),
            ("<a@example.com>", "a@example.com"),
        ] {
            assert_eq!(Mailbox::parse(text).unwrap().show(), shown);
        }
        for text in [
            "Acme",
            "a@b@c d",
            "Acme <>",
            "A, b@example.com <c@example.com>",
            "A\nBcc: x <a@example.com>",
            "a@example.com, b@example.com",
        ] {
            assert!(Mailbox::parse(text).is_err(), "{text}");
        }
    }
}
