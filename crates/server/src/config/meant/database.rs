//! Which database does this server use, and how?
//!
//! ```text
//! database.url ──┐ chosen.rs    ┌─ SQLite: durability
//! database.host ─┼──▶ Chosen ──▶┼─ PostgreSQL: schema, pooling, tls
//! database.name ─┘              └─ MySQL: tls
//! ```
//!
//! Invariant: what is written under one of our own names has an effect, or nothing starts. Names of older backends
//! are passed over where they have none: a `.env` of theirs holds more than is meant.

mod chosen;
mod tls;

use std::path::{Path, PathBuf};
use std::time::Duration;

use portcullis_store::DatabaseOptions;
use portcullis_store::options::{Neighbours, PostgresOptions, ServerOptions, SqliteOptions};

use self::chosen::{Chosen, Engine};
use super::super::keys::{self, Key};
use super::super::resolve::{Resolver, Spelling};
use super::super::value::{DatabaseUrl, Environment, ServerAddress, ServerKind, Value};

/// Which database the server uses, and how.
#[derive(Debug, Clone)]
pub(crate) struct DatabaseSettings {
    /// Which, and how it is reached.
    pub(crate) options: DatabaseOptions,
    /// How long a start waits for a server that cannot be reached.
    pub(crate) startup_timeout: Duration,
}

impl DatabaseSettings {
    /// The most connections to a database server; `None` where there is none.
    pub(crate) const fn connections(&self) -> Option<usize> {
        match &self.options {
            DatabaseOptions::Sqlite(_) => None,
            DatabaseOptions::Postgres(options) => Some(options.server.pool_size),
            DatabaseOptions::MySql(options) => Some(options.pool_size),
        }
    }
}

/// `None` only if a default in the key table could not be read.
pub(super) fn resolve(
    resolver: &mut Resolver<'_>,
    environment: Environment,
    data_dir: &Path,
) -> Option<DatabaseSettings> {
    let pool_size = resolver.get(&keys::DATABASE_POOL_SIZE)?.as_usize();
    let timeout = resolver.get(&keys::DATABASE_TIMEOUT)?.get();
    let startup_timeout = resolver.get(&keys::DATABASE_STARTUP_TIMEOUT)?.get();
    let chosen = chosen::choose(resolver, data_dir);
    let durability = of_engine(resolver, &chosen, &keys::DATABASE_DURABILITY, Engine::Sqlite);
    let pooling = of_engine(resolver, &chosen, &keys::DATABASE_POOLING, Engine::Postgres);
    let schema = if has_effect(resolver, &chosen, &keys::DATABASE_SCHEMA, &[Engine::Postgres]) {
        resolver.find(&keys::DATABASE_SCHEMA)
    } else {
        None
    };
    let password_file = password_file(resolver, &chosen);
    let tls = tls::resolve(resolver, &chosen, environment);
    if chosen.engine() == Engine::Postgres {
        for name in resolver.driver_variables() {
            // SECURITY: meant for another program, it could point the server at other tables, or weaken its commits.
            let what = format!("{name} (environment) would change the connection to the database");
            resolver.forbid(
                &[],
                what,
                format!("unset {name}; what Portcullis needs stands in its own settings"),
            );
        }
    }
    // The file of an older backend is named on purpose, and its database is shared like that of a server.
    let neighbours = if resolver.name_written(&keys::DATABASE_URL.declared) == keys::DB_FILE {
        Neighbours::Tolerated
    } else {
        Neighbours::Refused
    };
    let server = |address: ServerAddress| ServerOptions {
        hosts: address.hosts,
        user: address.user,
        password: address.password,
        password_file: password_file.clone(),
        database: address.database,
        tls,
        pool_size,
        timeout,
    };
    let options = match chosen.database {
        DatabaseUrl::Sqlite(path) => DatabaseOptions::Sqlite(SqliteOptions {
            durability,
            busy_timeout: timeout,
            queue_timeout: timeout,
            neighbours,
            ..SqliteOptions::new(path)
        }),
        DatabaseUrl::Server(address) => match address.kind {
            ServerKind::Postgres => {
                DatabaseOptions::Postgres(PostgresOptions { server: server(address), schema, pooling })
            }
            ServerKind::MySql => DatabaseOptions::MySql(server(address)),
        },
    };
    Some(DatabaseSettings { options, startup_timeout })
}

/// Where the password stands, if not in the configuration.
fn password_file(resolver: &mut Resolver<'_>, chosen: &Chosen) -> Option<PathBuf> {
    let key = &keys::DATABASE_PASSWORD_FILE;
    if !has_effect(resolver, chosen, key, &[Engine::Postgres, Engine::MySql]) {
        return None;
    }
    let file = resolver.find(key)?;
    if chosen.has_password() {
        let beside = if chosen.key.name == keys::DATABASE_URL.declared.name {
            chosen.key
        } else {
            &keys::DATABASE_PASSWORD.declared
        };
        let what = format!(
            "{} is written, and {} has a password",
            resolver.cite(&key.declared),
            resolver.cite(beside)
        );
        resolver.forbid(
            &[&key.declared, beside],
            what,
            "keep one of the two: the file can change while we run",
        );
    }
    Some(file)
}

/// The value of a key that means something to one engine, or its usual value.
fn of_engine<T: Value + Default>(
    resolver: &mut Resolver<'_>,
    chosen: &Chosen,
    key: &'static Key<T>,
    engine: Engine,
) -> T {
    if has_effect(resolver, chosen, key, &[engine]) { resolver.get_or(key, T::default) } else { T::default() }
}

/// Whether a key means something to the engine of the database. If not, it is done with.
fn has_effect<T: Value>(
    resolver: &mut Resolver<'_>,
    chosen: &Chosen,
    key: &'static Key<T>,
    engines: &[Engine],
) -> bool {
    let engine = chosen.engine();
    if engines.contains(&engine) {
        return true;
    }
    if resolver.spelling(&key.declared) != Some(Spelling::Own) {
        resolver.pass_over(key);
        return false;
    }
    let _ = resolver.find(key);
    let name = key.declared.name;
    let cited = (resolver.cite(&key.declared), resolver.cite(chosen.key));
    let names: Vec<_> = engines.iter().map(|engine| engine.name()).collect();
    let what =
        format!("{} is for {} only, and {} is {}", cited.0, names.join(" and "), cited.1, engine.name());
    resolver.forbid(&[&key.declared, chosen.key], what, format!("remove `{name}`"));
    false
}
