//! Which database does a URL name, and how is it reached?
//!
//! Invariants
//! - Nothing here shows a password: neither a value, nor a refusal, nor a text that was refused.
//! - What is written in a URL and does not do here what it does elsewhere is refused, not passed over.

mod parameters;
mod percent;
mod redacted;
mod syntax;
#[cfg(test)]
mod tests;

use std::fmt::Write;
use std::path::PathBuf;

use portcullis_store::options::{Host, SchemaName};
use secrecy::{ExposeSecret, SecretString};

pub(super) use redacted::without_password;

use super::{Refusal, TlsMode, Value};

/// Which database, of those that this build knows.
#[derive(Debug, Clone)]
pub(crate) enum DatabaseUrl {
    /// The embedded one, in this file.
    Sqlite(PathBuf),
    /// One that a server keeps.
    Server(ServerAddress),
}

/// The kinds of database servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ServerKind {
    /// PostgreSQL, or what speaks its protocol.
    Postgres,
    /// MySQL or MariaDB, or what speaks their protocol.
    MySql,
}

/// A database on a server.
#[derive(Debug, Clone)]
pub(crate) struct ServerAddress {
    /// What the server speaks.
    pub(crate) kind: ServerKind,
    /// The servers that hold it, the preferred one first.
    pub(crate) hosts: Vec<Host>,
    /// Whom we log in as.
    pub(crate) user: String,
    /// Our password, if there is one.
    pub(crate) password: Option<SecretString>,
    /// Its name.
    pub(crate) database: String,
    /// What the URL says about TLS.
    pub(crate) tls: Option<TlsMode>,
    /// The authorities that the URL names.
    pub(crate) tls_ca: Option<PathBuf>,
}

impl ServerKind {
    /// As people call it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Postgres => "PostgreSQL",
            Self::MySql => "MySQL",
        }
    }

    /// Where such a server listens when nobody says otherwise.
    pub(crate) const fn default_port(self) -> u16 {
        match self {
            Self::Postgres => 5432,
            Self::MySql => 3306,
        }
    }

    /// How a URL says to use TLS in a mode: `sslmode=require`.
    pub(crate) fn tls_parameter(self, mode: TlsMode) -> String {
        format!("{}={}", parameters::names(self).0, parameters::word_of(self, mode))
    }

    const fn scheme(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::MySql => "mysql",
        }
    }

    /// The form of a URL, to follow "write".
    fn form(self) -> String {
        format!("`{}://user:password@host:{}/database`", self.scheme(), self.default_port())
    }
}

impl Value for DatabaseUrl {
    fn parse(text: &str) -> Result<Self, Refusal> {
        let Some((scheme, rest)) = text.split_once(':') else {
            return Err(Refusal::new("is not a database URL"));
        };
        let kind = match scheme.to_ascii_lowercase().as_str() {
            "sqlite" => return sqlite(rest),
            "postgres" | "postgresql" => ServerKind::Postgres,
            "mysql" | "mariadb" => ServerKind::MySql,
            "file" => {
                return Err(Refusal::with_fix(
                    "is not a database URL",
                    "write `sqlite:` in place of `file:`",
                ));
            }
            "mongodb" | "mongodb+srv" => {
                return Err(Refusal::with_fix(
                    "is a MongoDB database, which is not supported",
                    format!("write {}", Self::expects()),
                ));
            }
            _ => return Err(Refusal::new("names a database that is not supported")),
        };
        let Some(rest) = rest.strip_prefix("//") else {
            return Err(Refusal::with_fix("is not a database URL", format!("write {}", kind.form())));
        };
        server(kind, rest).map(Self::Server)
    }

    fn show(&self) -> String {
        match self {
            Self::Sqlite(path) => format!("sqlite:{}", path.display()),
            Self::Server(address) => address.show(),
        }
    }

    fn expects() -> String {
        "`sqlite:path`, `postgres://user:password@host:port/database` or `mysql://user:password@host:port/database` \
         (`postgresql://` and `mariadb://` are the same), several hosts separated by commas"
            .into()
    }
}

fn sqlite(rest: &str) -> Result<DatabaseUrl, Refusal> {
    let path = rest.strip_prefix("//").unwrap_or(rest);
    if path.is_empty() || path.contains(['?', '\0']) || path == ":memory:" {
        let fix = "write `sqlite:` and a path, such as `sqlite:./data/portcullis.db`, or leave it out";
        return Err(Refusal::with_fix("does not name a file", fix));
    }
    Ok(DatabaseUrl::Sqlite(PathBuf::from(path)))
}

/// What follows `scheme://`.
fn server(kind: ServerKind, rest: &str) -> Result<ServerAddress, Refusal> {
    let written = syntax::split(kind, rest)?;
    let hosts = syntax::hosts(written.hosts, kind.default_port())?;
    let parameters = parameters::read(kind, written.query)?;
    let password = written.password.map(|password| percent::decode(password, "password")).transpose()?;
    Ok(ServerAddress {
        kind,
        hosts,
        user: percent::decode(written.user, "user")?,
        password: password.map(SecretString::from),
        database: percent::decode(written.database, "database")?,
        tls: parameters.tls,
        tls_ca: parameters.tls_ca,
    })
}

impl ServerAddress {
    /// The URL, without the password.
    fn show(&self) -> String {
        let hosts: Vec<_> = self.hosts.iter().map(ToString::to_string).collect();
        let mut url = format!(
            "{}://{}{}@{}/{}",
            self.kind.scheme(),
            percent::encode(&self.user),
            if self.password.is_some() { ":********" } else { "" },
            hosts.join(","),
            percent::encode(&self.database),
        );
        let (mode_name, ca_name) = parameters::names(self.kind);
        let mode = self.tls.map(|mode| (mode_name, parameters::word_of(self.kind, mode).to_owned()));
        let ca = self.tls_ca.as_ref().map(|ca| (ca_name, percent::encode(&ca.to_string_lossy())));
        for (separator, (name, value)) in ['?', '&'].into_iter().zip(mode.into_iter().chain(ca)) {
            // Writing to a string cannot fail.
            let _ = write!(url, "{separator}{name}={value}");
        }
        url
    }
}

/// The name or address of one server, without a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HostName(pub(crate) String);

impl Value for HostName {
    fn parse(text: &str) -> Result<Self, Refusal> {
        if text.starts_with('/') {
            return Err(Refusal::with_fix("is a Unix socket, which is not supported", "write `127.0.0.1`"));
        }
        let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
        if syntax::is_host(bare) {
            return Ok(Self(bare.to_owned()));
        }
        match text.split_once(':') {
            Some((host, port)) if syntax::is_host(host) && port.parse::<u16>().is_ok() => {
                Err(Refusal::with_fix("has a port", "write the port as `database.port`"))
            }
            _ => Err(Refusal::new("is neither a host name nor an address")),
        }
    }

    fn show(&self) -> String {
        self.0.clone()
    }

    fn expects() -> String {
        "a host name or an address, such as `db.internal` or `127.0.0.1`".into()
    }
}

/// The password of the database user.
#[derive(Debug, Clone)]
pub(crate) struct DatabasePassword(SecretString);

impl DatabasePassword {
    /// The password, if it has any characters.
    pub(crate) fn into_inner(self) -> Option<SecretString> {
        (!self.0.expose_secret().is_empty()).then_some(self.0)
    }
}

impl Value for DatabasePassword {
    fn parse(text: &str) -> Result<Self, Refusal> {
        if text.contains('\0') {
            return Err(Refusal::new("contains a NUL"));
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

impl Value for SchemaName {
    fn parse(text: &str) -> Result<Self, Refusal> {
        // The name means the store's own function, not this one.
        Self::parse(text).ok_or_else(|| Refusal::new("is not a name for our schema"))
    }

    fn show(&self) -> String {
        self.as_str().to_owned()
    }

    fn expects() -> String {
        "1 to 63 letters, digits and `_`, no digit first, and not `pg_…`, which is PostgreSQL's own".into()
    }
}
