//! Who takes the mails, as a URL says it?
//!
//! ```text
//! smtp://[user@]host[:587]                   TLS by STARTTLS, or no mail
//! smtps://[user@]host[:465]                  TLS from the start
//! smtp://[user@]host[:587]?tls=opportunistic TLS if the server offers it; a user only on the own machine
//! smtp://[user@]host[:25]?tls=none           no TLS: on the own machine only
//! file:DIRECTORY                             one file a mail
//! console:                                   to standard error, for development
//! ```

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;

use secrecy::SecretString;

/// Who takes the mails.
#[derive(Debug, Clone)]
pub enum Transport {
    /// A mail server.
    Smtp(SmtpServer),
    /// A directory, one file a mail.
    File(PathBuf),
    /// Standard error. For development: the log of a server is not a mailbox.
    Console,
}

/// A mail server.
#[derive(Debug, Clone)]
pub struct SmtpServer {
    /// Its name or address; certificates are checked against it.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How it is spoken to.
    pub encryption: Encryption,
    /// As whom.
    pub login: Option<Login>,
}

/// How a mail server is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encryption {
    /// By TLS from the start.
    Implicit,
    /// By TLS after STARTTLS, or not at all.
    StartTls,
    /// By TLS if it offers STARTTLS. Who sits between can take the offer away.
    Opportunistic,
    /// Without TLS.
    None,
}

/// As whom we speak to a mail server.
#[derive(Clone)]
pub struct Login {
    /// The name.
    pub user: String,
    /// The password.
    pub password: SecretString,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Login(..)")
    }
}

/// Why a URL names nobody who takes mails. What is wrong, and how it is put right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// Another scheme, or none.
    #[error("`{0}` is no way to send mails: write smtp://, smtps://, file: or console:")]
    Scheme(String),
    /// `file:` without a directory.
    #[error("names no directory: write file:/var/lib/portcullis/mails")]
    NoDirectory,
    /// `console:` with something after it.
    #[error("has something after `console:`, which takes nothing")]
    ConsoleTakesNothing,
    /// No host.
    #[error("names no host: write smtp://user@mail.example.com")]
    NoHost,
    /// A host that cannot be one.
    #[error("`{0}` is no host name; an IPv6 address stands in brackets")]
    Host(String),
    /// A port that is none.
    #[error("`{0}` is no port: write a number from 1 to 65535")]
    Port(String),
    /// A path, which mail servers do not have.
    #[error("has a path after the host, which mail servers do not have: end it after host and port")]
    Path,
    /// A parameter that there is not.
    #[error("`{0}` is no parameter: there is ?tls=none and ?tls=opportunistic, for smtp:// only")]
    Parameter(String),
    /// A `%` that is not followed by two hexadecimal digits, or bytes that are no text.
    #[error("the user is not percent-encoded correctly: write %40 for @, %25 for %")]
    Encoding,
    /// The password stands in the URL.
    #[error(
        "has a password in it, where it ends up in logs: set mail.password or mail.password_file instead"
    )]
    PasswordInUrl,
    /// A user without a password.
    #[error("has the user `{0}` but there is no password: set mail.password or mail.password_file")]
    NoPassword(String),
    /// A password without a user.
    #[error("has no user for the password that is set: write smtp://user@host, or remove the password")]
    NoUser,
    /// A password would travel in the open.
    #[error(
        "would send the password to {0} without TLS: remove ?tls=…, or let a relay on this machine (localhost) send"
    )]
    LoginWithoutTls(String),
    /// Mails would travel in the open.
    #[error("would send mails to {0} without TLS: ?tls=none is for a relay on this machine (localhost) only")]
    RemoteWithoutTls(String),
}

impl Transport {
    /// Reads a URL; the password of its user comes from elsewhere.
    pub fn parse(url: &str, password: Option<SecretString>) -> Result<Self, TransportError> {
        let url = url.trim();
        let scheme = url.split_once(':').map_or(url, |(scheme, _)| scheme);
        let rest = url.get(scheme.len() + 1..).unwrap_or_default();
        let is_one_of_ours = url.contains(':');
        match scheme.to_ascii_lowercase().as_str() {
            "smtp" if is_one_of_ours => server(rest, Encryption::StartTls, password).map(Self::Smtp),
            "smtps" if is_one_of_ours => server(rest, Encryption::Implicit, password).map(Self::Smtp),
            "file" if is_one_of_ours => {
                let directory = rest.strip_prefix("//").unwrap_or(rest);
                let is_named = !directory.is_empty();
                is_named.then(|| Self::File(PathBuf::from(directory))).ok_or(TransportError::NoDirectory)
            }
            "console" if is_one_of_ours => {
                let is_bare = rest.is_empty() || rest == "//";
                is_bare.then_some(Self::Console).ok_or(TransportError::ConsoleTakesNothing)
            }
            _ => Err(TransportError::Scheme(scheme.to_owned())),
        }
    }
}

/// What comes after `smtp:`.
fn server(
    rest: &str,
    by_scheme: Encryption,
    password: Option<SecretString>,
) -> Result<SmtpServer, TransportError> {
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    let (rest, query) = rest.split_once('?').map_or((rest, None), |(rest, query)| (rest, Some(query)));
    // A user may contain an @ that somebody forgot to encode; a host never does.
    let (user, place) = rest.rsplit_once('@').map_or((None, rest), |(user, place)| (Some(user), place));
    let place = place.strip_suffix('/').unwrap_or(place);
    if place.contains('/') {
        return Err(TransportError::Path);
    }
    let encryption = encryption(by_scheme, query)?;
    let (host, port) = host_and_port(place)?;
    let login = login(user, password)?;
    let is_here = is_loopback(&host);
    let may_be_open = matches!(encryption, Encryption::None | Encryption::Opportunistic);
    // SECURITY: whoever sits between us and the server reads a password that travels without TLS, or takes the offer of
    // STARTTLS away to get it.
    if login.is_some() && may_be_open && !is_here {
        return Err(TransportError::LoginWithoutTls(host));
    }
    // SECURITY: whoever reads a mail on its way to the first server resets the password of its reader.
    if encryption == Encryption::None && !is_here {
        return Err(TransportError::RemoteWithoutTls(host));
    }
    let default_port = match encryption {
        Encryption::Implicit => 465,
        Encryption::StartTls | Encryption::Opportunistic => 587,
        Encryption::None => 25,
    };
    Ok(SmtpServer { host, port: port.unwrap_or(default_port), encryption, login })
}

fn encryption(by_scheme: Encryption, query: Option<&str>) -> Result<Encryption, TransportError> {
    match (query, by_scheme) {
        (None | Some(""), _) => Ok(by_scheme),
        (Some("tls=none"), Encryption::StartTls) => Ok(Encryption::None),
        (Some("tls=opportunistic"), Encryption::StartTls) => Ok(Encryption::Opportunistic),
        (Some(other), _) => Err(TransportError::Parameter(other.to_owned())),
    }
}

fn host_and_port(place: &str) -> Result<(String, Option<u16>), TransportError> {
    let (host, port) = match place.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, rest)) => {
            let is_address = address.parse::<std::net::Ipv6Addr>().is_ok();
            let port = rest.strip_prefix(':');
            if !is_address || (port.is_none() && !rest.is_empty()) {
                return Err(TransportError::Host(place.to_owned()));
            }
            (address, port)
        }
        None => place.split_once(':').map_or((place, None), |(host, port)| (host, Some(port))),
    };
    if host.is_empty() {
        return Err(TransportError::NoHost);
    }
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    if !host.contains(':') && !host.bytes().all(is_name) {
        return Err(TransportError::Host(host.to_owned()));
    }
    let read = |text: &str| text.parse().ok().filter(|port| *port > 0);
    let port = match port {
        // More than one colon: an IPv6 address without brackets.
        Some(text) if text.contains(':') => return Err(TransportError::Host(place.to_owned())),
        Some(text) => Some(read(text).ok_or_else(|| TransportError::Port(text.to_owned()))?),
        None => None,
    };
    Ok((host.to_owned(), port))
}

fn login(user: Option<&str>, password: Option<SecretString>) -> Result<Option<Login>, TransportError> {
    let user = match user {
        Some(user) if user.contains(':') => return Err(TransportError::PasswordInUrl),
        Some(user) if !user.is_empty() => Some(percent_decoded(user).ok_or(TransportError::Encoding)?),
        _ => None,
    };
    match (user, password) {
        (Some(user), Some(password)) => Ok(Some(Login { user, password })),
        (Some(user), None) => Err(TransportError::NoPassword(user)),
        (None, Some(_)) => Err(TransportError::NoUser),
        (None, None) => Ok(None),
    }
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let byte = if byte == b'%' {
            let digits = [rest.next()?, rest.next()?].map(|digit| char::from(digit).to_digit(16));
            let [Some(high), Some(low)] = digits else { return None };
            u8::try_from(high * 16 + low).ok()?
        } else {
            byte
        };
        bytes.push(byte);
    }
    String::from_utf8(bytes).ok().filter(|text| !text.contains(char::is_control))
}

/// Whether a host is this machine.
fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
}

#[cfg(test)]
#[path = "transport/tests.rs"]
mod tests;
