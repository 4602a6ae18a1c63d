//! How does the server get to its database, which may not be there yet?

use std::time::Duration;

use portcullis_store::options::{DatabaseOptions, Tls};
use portcullis_store::{OpenError, SqlStore, SqliteOpenError};
use tokio::time::{Instant, sleep};

use crate::cli::failure::WithFix;
use crate::config::meant::DatabaseSettings;
use crate::config::value::is_this_machine;

/// The pause between two attempts to reach a server.
const PAUSE: Duration = Duration::from_secs(1);
/// How often it is said that the server is still waited for.
const REMIND_EVERY: Duration = Duration::from_secs(10);

/// What becomes of the SQLite file of an older backend, which `DB_FILE` names.
const LEAVE_IT: &str = "leave the file to its program and give Portcullis one of its own: \
                        PORTCULLIS_DATABASE_URL=sqlite:data/portcullis.db; `portcullis import --from` brings the \
                        accounts of an older backend over";

/// Opens the database; waits for a server that cannot be reached as long as the settings say.
pub(super) async fn open(settings: &DatabaseSettings) -> anyhow::Result<SqlStore> {
    warn_of_strangers(&settings.options);
    let begun = Instant::now();
    let mut said_at = None;
    loop {
        let error = match SqlStore::open(&settings.options).await {
            Ok(store) => return Ok(store),
            Err(error) if error.is_temporary() => error,
            Err(error @ OpenError::Sqlite(SqliteOpenError::Foreign { .. })) => {
                return Err(anyhow::Error::from(error).with_fix(LEAVE_IT));
            }
            Err(error) => return Err(error.into()),
        };
        let waited = begun.elapsed();
        if waited >= settings.startup_timeout {
            return Err(gave_up(error, waited));
        }
        if said_at.is_none_or(|at: Instant| at.elapsed() >= REMIND_EVERY) {
            let left = settings.startup_timeout.saturating_sub(waited).as_secs();
            tracing::warn!(%error, seconds_left = left, "waiting for the database");
            said_at = Some(Instant::now());
        }
        sleep(PAUSE.min(settings.startup_timeout.saturating_sub(waited))).await;
    }
}

/// What people call the database: its file, or its name and servers.
pub(crate) fn name_of(options: &DatabaseOptions) -> String {
    let (engine, server) = match options {
        DatabaseOptions::Sqlite(options) => return options.path.display().to_string(),
        DatabaseOptions::Postgres(options) => ("PostgreSQL", &options.server),
        DatabaseOptions::MySql(options) => ("MySQL", options),
    };
    let hosts: Vec<_> = server.hosts.iter().map(ToString::to_string).collect();
    format!("{engine} {} at {}", server.database, hosts.join(", "))
}

fn gave_up(error: OpenError, waited: Duration) -> anyhow::Error {
    let error = anyhow::Error::from(error).context(format!("gave up after {} seconds", waited.as_secs()));
    error.with_fix(
        "see whether the server runs and can be reached from here; \
         PORTCULLIS_DATABASE_STARTUP_TIMEOUT decides how long a start waits for it",
    )
}

/// SECURITY: whoever is in between may read, or answer in the server's place; nobody shall have that by accident.
fn warn_of_strangers(options: &DatabaseOptions) {
    let server = match options {
        DatabaseOptions::Sqlite(_) => return,
        DatabaseOptions::Postgres(options) => &options.server,
        DatabaseOptions::MySql(options) => options,
    };
    let is_elsewhere = server.hosts.iter().any(|host| !is_this_machine(&host.name));
    match &server.tls {
        Tls::Off if is_elsewhere => {
            tracing::warn!(
                "the connection to the database is not encrypted: whoever is on the way can read along and take the password"
            );
        }
        Tls::Require => {
            tracing::warn!(
                "the certificate of the database server is not checked: whoever is in its place is believed, and told the password"
            );
        }
        Tls::Off | Tls::Prefer | Tls::VerifyFull { .. } => {}
    }
}
