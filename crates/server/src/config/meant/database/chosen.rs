//! Which keys name the database: `database.url`, or `database.host` and those beside it?
//!
//! What is written under one of our own names wins over what an older backend left in its `.env`. Where that does
//! not decide it, two databases are one too many, and nothing starts.

use std::path::Path;

use portcullis_store::options::Host;

use super::super::super::keys::{self, Declared, Key};
use super::super::super::resolve::{Resolver, Spelling};
use super::super::super::value::{
    Count, DatabasePassword, DatabaseUrl, HostName, ServerAddress, ServerKind, Value,
};

/// The database that the configuration names.
#[derive(Debug)]
pub(super) struct Chosen {
    /// The database.
    pub(super) database: DatabaseUrl,
    /// The key to cite for it.
    pub(super) key: &'static Declared,
}

/// What keeps the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Engine {
    Sqlite,
    Postgres,
    MySql,
}

impl Engine {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
            Self::MySql => "MySQL",
        }
    }
}

impl Chosen {
    /// Whether the configuration says the password.
    pub(super) const fn has_password(&self) -> bool {
        match &self.database {
            DatabaseUrl::Sqlite(_) => false,
            DatabaseUrl::Server(address) => address.password.is_some(),
        }
    }

    pub(super) fn engine(&self) -> Engine {
        match &self.database {
            DatabaseUrl::Sqlite(_) => Engine::Sqlite,
            DatabaseUrl::Server(ServerAddress { kind: ServerKind::Postgres, .. }) => Engine::Postgres,
            DatabaseUrl::Server(ServerAddress { kind: ServerKind::MySql, .. }) => Engine::MySql,
        }
    }
}

const URL: &Declared = &keys::DATABASE_URL.declared;
/// The keys that say that there is a database. The others beside them only say more about it.
const PLACES: [&Declared; 2] = [&keys::DATABASE_HOST.declared, &keys::DATABASE_NAME.declared];

/// The database, after all keys that could name one were looked at.
pub(super) fn choose(resolver: &mut Resolver<'_>, data_dir: &Path) -> Chosen {
    let place = PLACES.into_iter().filter_map(|key| resolver.spelling(key)).max();
    match (resolver.spelling(URL), place) {
        (None, Some(_)) | (Some(Spelling::Old), Some(Spelling::Own)) => by_place(resolver),
        (Some(url), Some(place)) if url == place => two(resolver, data_dir, url),
        _ => by_url(resolver, data_dir),
    }
}

fn by_url(resolver: &mut Resolver<'_>, data_dir: &Path) -> Chosen {
    let database = resolver.get_or(&keys::DATABASE_URL, || default(data_dir));
    leave_out(resolver, &keys::DATABASE_HOST);
    leave_out(resolver, &keys::DATABASE_PORT);
    leave_out(resolver, &keys::DATABASE_USER);
    leave_out(resolver, &keys::DATABASE_PASSWORD);
    leave_out(resolver, &keys::DATABASE_NAME);
    Chosen { database, key: URL }
}

fn default(data_dir: &Path) -> DatabaseUrl {
    DatabaseUrl::Sqlite(data_dir.join("portcullis.db"))
}

/// Refuses a key that has no effect beside the URL, if it was meant.
fn leave_out<T: Value>(resolver: &mut Resolver<'_>, key: &'static Key<T>) {
    let declared = &key.declared;
    if resolver.spelling(declared) != Some(Spelling::Own) {
        return resolver.pass_over(key);
    }
    let _ = resolver.find(key);
    let (cited, url) = (resolver.cite(declared), resolver.cite(URL));
    let fix = if resolver.is_written(URL) {
        format!("write it in the URL, and remove `{}`", declared.name)
    } else {
        "write `database.host` and `database.name` as well, or all in `database.url`".to_owned()
    };
    resolver.forbid(&[declared, URL], format!("{cited} has no effect beside {url}"), fix);
}

/// Refuses two databases under names of the same kind.
fn two(resolver: &mut Resolver<'_>, data_dir: &Path, spelling: Spelling) -> Chosen {
    let database = resolver.get_or(&keys::DATABASE_URL, || default(data_dir));
    let _ = resolver.find(&keys::DATABASE_HOST);
    let _ = resolver.find(&keys::DATABASE_NAME);
    resolver.pass_over(&keys::DATABASE_PORT);
    resolver.pass_over(&keys::DATABASE_USER);
    resolver.pass_over(&keys::DATABASE_PASSWORD);
    let places: Vec<_> = PLACES.into_iter().filter(|key| resolver.is_written(key)).collect();
    let cited: Vec<_> = places.iter().map(|key| resolver.cite(key)).collect();
    let names: Vec<_> = places.iter().map(|key| resolver.name_written(key)).collect();
    let what = format!("{} and {} name two databases", resolver.cite(URL), cited.join(", "));
    let mut fix = format!("remove {}, or {}", resolver.name_written(URL), names.join(" and "));
    if spelling == Spelling::Old {
        fix = format!("{fix}; {} wins over them", URL.environment_name());
    }
    resolver.forbid(&[URL, &keys::DATABASE_HOST.declared, &keys::DATABASE_NAME.declared], what, fix);
    Chosen { database, key: URL }
}

/// A MySQL database whose parts have a key each.
fn by_place(resolver: &mut Resolver<'_>) -> Chosen {
    let kind = ServerKind::MySql;
    resolver.pass_over(&keys::DATABASE_URL);
    let host = resolver.get_or(&keys::DATABASE_HOST, || HostName("127.0.0.1".to_owned()));
    let port = resolver.get_or(&keys::DATABASE_PORT, || Count::clamped(kind.default_port().into()));
    let user = resolver.find(&keys::DATABASE_USER);
    let password = resolver.find(&keys::DATABASE_PASSWORD);
    let name = resolver.find(&keys::DATABASE_NAME);
    let [by_host, by_name] = PLACES;
    let key = if resolver.is_written(by_host) { by_host } else { by_name };
    for missing in [&keys::DATABASE_USER.declared, by_name] {
        if !resolver.is_written(missing) {
            let what = format!(
                "{} tells of a {} database, and `{}` is missing",
                resolver.cite(key),
                kind.name(),
                missing.name
            );
            let old = missing.aliases.first().map_or("", |alias| alias.name);
            let (own, url) = (missing.environment_name(), URL.environment_name());
            let fix = format!("set {old} or {own}; for PostgreSQL set {url}");
            resolver.forbid(&[missing, key], what, fix);
        }
    }
    let address = ServerAddress {
        kind,
        hosts: vec![Host { name: host.0, port: u16::try_from(port.get()).unwrap_or(u16::MAX) }],
        user: user.map_or_else(String::new, |user| user.0),
        password: password.and_then(DatabasePassword::into_inner),
        database: name.map_or_else(String::new, |name| name.0),
        tls: None,
        tls_ca: None,
    };
    Chosen { database: DatabaseUrl::Server(address), key }
}
