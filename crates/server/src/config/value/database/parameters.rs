//! Which parameters of a database URL are understood?
//!
//! TLS stands in the URL because every driver reads it there. What people copy along from other programs and means
//! nothing here is passed over; what has a key of its own is sent there; all else is refused by name, because
//! whoever wrote it expects it to do something.

use std::path::PathBuf;

use super::super::{Refusal, TlsMode};
use super::{ServerKind, percent};

/// What the parameters say.
#[derive(Debug, Default)]
pub(super) struct Parameters {
    /// How the connection is protected.
    pub(super) tls: Option<TlsMode>,
    /// A PEM file with the authorities.
    pub(super) tls_ca: Option<PathBuf>,
}

/// What a parameter is about.
enum Meaning {
    TlsMode,
    TlsCa,
    /// Nothing here; with these values, or with any when there are none.
    PassedOver(&'static [&'static str]),
    /// Something that is written elsewhere; what to do, after "remove it and".
    Elsewhere(&'static str),
}

/// Reads what follows the `?`.
pub(super) fn read(kind: ServerKind, query: &str) -> Result<Parameters, Refusal> {
    let mut parameters = Parameters::default();
    for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        let value = percent::decode(value, "parameters")?;
        match meaning(kind, name).ok_or_else(|| unknown(kind, name))? {
            Meaning::TlsMode => once(name, &mut parameters.tls, mode_of(kind, name, &value)?)?,
            // The word of libpq for the authorities that every program on the machine trusts.
            Meaning::TlsCa if value == "system" => {}
            Meaning::TlsCa if value.is_empty() => {
                return Err(Refusal::with_fix(
                    format!("has an empty `{name}`"),
                    "name a PEM file, or remove it",
                ));
            }
            Meaning::TlsCa => once(name, &mut parameters.tls_ca, PathBuf::from(value))?,
            Meaning::PassedOver(values) => {
                if !values.is_empty() && !values.iter().any(|known| known.eq_ignore_ascii_case(&value)) {
                    let what = format!("asks for a `{name}` that is not supported");
                    return Err(Refusal::with_fix(what, format!("remove it, or write {}", or(values))));
                }
            }
            Meaning::Elsewhere(what_to_do) => {
                let what = format!("has the parameter `{name}`, which has another place");
                return Err(Refusal::with_fix(what, format!("remove it and {what_to_do}")));
            }
        }
    }
    Ok(parameters)
}

fn meaning(kind: ServerKind, name: &str) -> Option<Meaning> {
    use Meaning::Elsewhere;
    let common = match name {
        "sslmode" => Meaning::TlsMode,
        "host" | "hostaddr" | "socket" | "unix_socket" | "socketPath" => {
            Elsewhere("name the host before the `/`; a Unix socket is not supported, 127.0.0.1 is")
        }
        "port" | "user" | "username" | "password" | "dbname" | "database" => {
            Elsewhere("write user, password, host, port and database before the `?`")
        }
        "connection_limit" | "connectionLimit" | "pool_size" | "max_connections" => {
            Elsewhere("write `database.pool_size`")
        }
        "connect_timeout" | "connectTimeout" | "pool_timeout" => Elsewhere("write `database.timeout`"),
        "ssl" | "useSSL" | "requireSSL" | "sslaccept" => {
            Elsewhere("write `database.tls`, such as `verify-full`, or `require` to believe any certificate")
        }
        _ => return meaning_of_one(kind, name),
    };
    Some(common)
}

fn meaning_of_one(kind: ServerKind, name: &str) -> Option<Meaning> {
    use Meaning::{Elsewhere, PassedOver};
    Some(match (kind, name) {
        (ServerKind::Postgres, "sslrootcert") | (ServerKind::MySql, "ssl-ca") => Meaning::TlsCa,
        (ServerKind::MySql, "ssl-mode") => Meaning::TlsMode,
        (ServerKind::Postgres, "application_name" | "fallback_application_name")
        | (ServerKind::MySql, "timezone" | "collation") => PassedOver(&[]),
        (ServerKind::Postgres, "client_encoding") => PassedOver(&["utf8", "utf-8", "auto"]),
        (ServerKind::Postgres, "target_session_attrs") => PassedOver(&["read-write", "primary"]),
        // The driver has none. What it protects from, `verify-full` protects from as well.
        (ServerKind::Postgres, "channel_binding") => PassedOver(&["prefer", "disable"]),
        (ServerKind::MySql, "charset") => PassedOver(&["utf8mb4", "utf8"]),
        (ServerKind::Postgres, "schema" | "currentSchema" | "search_path" | "options") => {
            Elsewhere("write `database.schema`")
        }
        (ServerKind::Postgres, "pgbouncer" | "statement_cache_size" | "prepareThreshold") => Elsewhere(
            "write `database.pooling` = `transaction` if PgBouncer hands out connections by transaction",
        ),
        _ => return None,
    })
}

fn unknown(kind: ServerKind, name: &str) -> Refusal {
    let is_word = name.len() <= 40 && name.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c));
    let name = if is_word { format!("the parameter `{name}`") } else { "a parameter".to_owned() };
    let known = match kind {
        ServerKind::Postgres => {
            "known are `sslmode` and `sslrootcert`; passed over are `application_name`, `channel_binding`, \
             `client_encoding`, `fallback_application_name` and `target_session_attrs`"
        }
        ServerKind::MySql => {
            "known are `ssl-mode` (or `sslmode`) and `ssl-ca`; passed over are `charset`, `collation` and `timezone`"
        }
    };
    Refusal::with_fix(format!("has {name}, which Portcullis does not know"), format!("remove it; {known}"))
}

fn once<T>(name: &str, place: &mut Option<T>, value: T) -> Result<(), Refusal> {
    if place.is_some() {
        return Err(Refusal::with_fix(
            format!("says a second time with `{name}` how TLS is used"),
            "keep one",
        ));
    }
    *place = Some(value);
    Ok(())
}

/// The words of libpq and of the MySQL client. The first of a mode is the one that is shown.
///
/// SECURITY: who asks for a known authority alone gets the name checked as well: the driver believes every public
/// authority beside the one that is named, and of those anybody can have a certificate for a name of his own.
const fn words(kind: ServerKind) -> &'static [(&'static str, TlsMode)] {
    match kind {
        ServerKind::Postgres => &[
            ("disable", TlsMode::Off),
            ("prefer", TlsMode::Prefer),
            ("allow", TlsMode::Prefer),
            ("require", TlsMode::Require),
            ("verify-full", TlsMode::VerifyFull),
            ("verify-ca", TlsMode::VerifyFull),
        ],
        ServerKind::MySql => &[
            ("DISABLED", TlsMode::Off),
            ("PREFERRED", TlsMode::Prefer),
            ("REQUIRED", TlsMode::Require),
            ("VERIFY_IDENTITY", TlsMode::VerifyFull),
            ("VERIFY_CA", TlsMode::VerifyFull),
        ],
    }
}

fn mode_of(kind: ServerKind, name: &str, value: &str) -> Result<TlsMode, Refusal> {
    let found = words(kind).iter().find(|(word, _)| word.eq_ignore_ascii_case(value));
    found.map(|(_, mode)| *mode).ok_or_else(|| {
        let known: Vec<_> = words(kind).iter().map(|(word, _)| *word).collect();
        Refusal::with_fix(format!("has an unknown word for `{name}`"), format!("write {}", or(&known)))
    })
}

/// The word that the servers of a kind have for a mode.
pub(super) fn word_of(kind: ServerKind, mode: TlsMode) -> &'static str {
    words(kind).iter().find(|(_, known)| *known == mode).map_or("", |(word, _)| *word)
}

/// What the parameters for the mode and for the authorities are called.
pub(super) const fn names(kind: ServerKind) -> (&'static str, &'static str) {
    match kind {
        ServerKind::Postgres => ("sslmode", "sslrootcert"),
        ServerKind::MySql => ("ssl-mode", "ssl-ca"),
    }
}

fn or(words: &[&str]) -> String {
    let words: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
    match words.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => words.concat(),
    }
}
