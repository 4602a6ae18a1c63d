//! How is a PostgreSQL server reached, and what is agreed with it?

use secrecy::{ExposeSecret, SecretString};
use sqlx::postgres::{PgConnectOptions, PgDatabaseError, PgSslMode};
use sqlx::{ConnectOptions, Error, Row};

use super::connection::PostgresConnection;
use crate::engine::server::pool::ConnectError;
use crate::engine::server::{password, tls};
use crate::options::{Host, Pooling, PostgresOptions, SchemaName, Tls};

/// What our connections are called in `pg_stat_activity`.
const APPLICATION: &str = "portcullis";

/// What to do when something between us and the server hands connections around.
const POOLER_ADVICE: &str =
    "a pooler such as PgBouncer is in between: set PORTCULLIS_DATABASE_POOLING=transaction";

/// Connects to one server.
pub(crate) async fn connect(
    options: &PostgresOptions,
    host: &Host,
) -> Result<PostgresConnection, ConnectError> {
    tls::check_authorities(&options.server.tls)?;
    let password = password::current(&options.server).await?;
    let connecting = connect_options(options, host, password.as_ref()).connect().await;
    let mut connection = connecting.map_err(|error| explain(&error, options))?;
    let asked = sqlx::raw_sql(
        "SELECT current_setting('transaction_read_only'), current_schema(), current_setting('server_encoding'), \
         (SELECT setting FROM pg_settings WHERE name = 'statement_timeout')",
    );
    let asked = asked.fetch_one(&mut connection).await;
    let standing = asked.map_err(|error| explain(&error, options))?;
    let is_read_only = standing.try_get::<String, _>(0).is_ok_and(|setting| setting == "on");
    let schema: Option<String> = standing.try_get_unchecked(1).unwrap_or_default();
    if is_read_only {
        return Err(ConnectError::temporary("it is read-only, as a standby is"));
    }
    let encoding: String = standing.try_get_unchecked(2).unwrap_or_default();
    if !encoding.eq_ignore_ascii_case("UTF8") {
        let name = &options.server.database;
        return Err(ConnectError::lasting(
            format!("its encoding is {encoding}, which does not know every name"),
            format!("make it anew: CREATE DATABASE \"{name}\" ENCODING 'UTF8' TEMPLATE template0"),
        ));
    }
    let limit: String = standing.try_get_unchecked(3).unwrap_or_default();
    match options.pooling {
        Pooling::Transaction => check_schema(options, schema.as_deref())?,
        // A pooler can also be told to drop what is asked for at the start, without a word.
        Pooling::Session if limit != options.server.timeout.as_millis().to_string() => {
            return Err(ConnectError::lasting(
                "what was set for the connection did not arrive",
                POOLER_ADVICE,
            ));
        }
        Pooling::Session => {}
    }
    // One that is still to be made is not found.
    let schema = options.schema.as_ref().map(|schema| schema.as_str().to_owned()).or(schema);
    Ok(PostgresConnection::new(connection, options.pooling, schema).with_limit(options.server.timeout))
}

/// The options of the driver.
pub(crate) fn connect_options(
    options: &PostgresOptions,
    host: &Host,
    password: Option<&SecretString>,
) -> PgConnectOptions {
    let server = &options.server;
    let mut driver = PgConnectOptions::new_without_pgpass()
        .host(&host.name)
        .port(host.port)
        .username(&server.user)
        .database(&server.database)
        .application_name(APPLICATION)
        // Poolers refuse what they do not know, and we keep no fractions.
        .extra_float_digits(None)
        .disable_statement_logging();
    // SECURITY: what is not said here the driver takes from `PGPASSWORD` and `PGSSLROOTCERT`, which are another
    // program's: a password for another server, an authority for another connection.
    driver = driver.password(password.map_or("", |password| password.expose_secret()));
    let (mode, ca) = match &server.tls {
        Tls::Off => (PgSslMode::Disable, None),
        Tls::Prefer => (PgSslMode::Prefer, None),
        Tls::Require => (PgSslMode::Require, None),
        Tls::VerifyFull { ca } => (PgSslMode::VerifyFull, ca.as_ref()),
    };
    driver = driver.ssl_mode(mode);
    driver = match ca {
        Some(ca) => driver.ssl_root_cert(ca),
        None => driver.ssl_root_cert_from_pem(Vec::new()),
    };
    if options.pooling == Pooling::Transaction {
        return driver.statement_cache_capacity(0);
    }
    // The server ends what we have given up, so that work does not pile up there.
    let milliseconds = server.timeout.as_millis().to_string();
    driver = driver.options([
        ("statement_timeout", milliseconds.as_str()),
        ("idle_in_transaction_session_timeout", milliseconds.as_str()),
    ]);
    match &options.schema {
        // Quoted, as where it is made: without quotes capital letters would be taken for small ones.
        Some(schema) => driver.options([("search_path", format!("\"{}\"", schema.as_str()))]),
        None => driver,
    }
}

/// A pooler does not let us choose the schema; the user must have it as its own.
fn check_schema(options: &PostgresOptions, found: Option<&str>) -> Result<(), ConnectError> {
    let wanted = options.schema.as_ref().map(SchemaName::as_str);
    if wanted.is_none() || wanted == found {
        return Ok(());
    }
    let wanted = wanted.unwrap_or_default();
    let user = &options.server.user;
    Err(ConnectError::lasting(
        format!(
            "behind a pooler the schema cannot be chosen, and the user {user} does not have {wanted} first"
        ),
        format!(
            "once, as the owner: CREATE SCHEMA \"{wanted}\"; ALTER ROLE {user} SET search_path = \"{wanted}\""
        ),
    ))
}

/// What is wrong when the server lets us not in.
pub(crate) fn explain(error: &Error, options: &PostgresOptions) -> ConnectError {
    if let Some(error) = tls::explain(error, &options.server.tls) {
        return error;
    }
    let server = &options.server;
    if matches!(error, Error::Protocol(_)) && error.to_string().contains("SSLRequest") {
        return ConnectError::lasting(
            "what answers there does not speak PostgreSQL",
            "check host and port; for MySQL and MariaDB the URL begins with mysql://",
        );
    }
    let Error::Database(database) = error else { return ConnectError::temporary(error.to_string()) };
    let Some(told) = database.try_downcast_ref::<PgDatabaseError>() else {
        return ConnectError::temporary(error.to_string());
    };
    let message = told.message();
    let cause = format!("{message} ({})", told.code());
    if message.contains("no encryption") || message.contains("SSL off") {
        return ConnectError::lasting(
            cause,
            "the server wants encryption: set PORTCULLIS_DATABASE_TLS=verify-full",
        );
    }
    if message.contains("unsupported startup parameter") {
        return ConnectError::lasting(cause, POOLER_ADVICE);
    }
    match told.code() {
        "28P01" | "28000" => ConnectError::lasting(
            cause,
            format!("check the user {} and its password, and the server's pg_hba.conf", server.user),
        ),
        "3D000" => ConnectError::lasting(
            cause,
            format!("make it: CREATE DATABASE \"{}\" OWNER \"{}\"", server.database, server.user),
        ),
        "42501" => ConnectError::lasting(
            cause,
            format!("allow it: GRANT CONNECT ON DATABASE \"{}\" TO \"{}\"", server.database, server.user),
        ),
        _ => ConnectError::temporary(cause),
    }
}
