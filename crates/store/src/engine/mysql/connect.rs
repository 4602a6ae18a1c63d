//! How is a MySQL or MariaDB server reached, and what is agreed with it?

use secrecy::{ExposeSecret, SecretString};
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection as Inner, MySqlDatabaseError, MySqlSslMode};
use sqlx::{AssertSqlSafe, ConnectOptions, Error, Row};

use super::connection::MySqlConnection;
use crate::engine::server::pool::{ConnectError, LONGEST_LIFE};
use crate::engine::server::{password, tls};
use crate::options::{Host, ServerOptions, Tls};

/// Connects to one server.
pub(crate) async fn connect(options: &ServerOptions, host: &Host) -> Result<MySqlConnection, ConnectError> {
    tls::check_authorities(&options.tls)?;
    let password = password::current(options).await?;
    let connecting = connect_options(options, host, password.as_ref()).connect().await;
    let mut connection = connecting.map_err(|error| explain(&error, options))?;
    let is_in_cluster = agree(&mut connection, options).await.map_err(|error| explain(&error, options))??;
    Ok(MySqlConnection::new(connection, is_in_cluster))
}

/// The options of the driver.
pub(crate) fn connect_options(
    options: &ServerOptions,
    host: &Host,
    password: Option<&SecretString>,
) -> MySqlConnectOptions {
    let mut driver = MySqlConnectOptions::new()
        .host(&host.name)
        .port(host.port)
        .username(&options.user)
        .database(&options.database)
        // All our times are numbers.
        .timezone(None)
        .pipes_as_concat(false)
        .no_engine_substitution(false)
        .disable_statement_logging();
    if let Some(password) = password {
        driver = driver.password(password.expose_secret());
    }
    let (mode, ca) = match &options.tls {
        Tls::Off => (MySqlSslMode::Disabled, None),
        Tls::Prefer => (MySqlSslMode::Preferred, None),
        Tls::Require => (MySqlSslMode::Required, None),
        Tls::VerifyFull { ca } => (MySqlSslMode::VerifyIdentity, ca.as_ref()),
    };
    driver = driver.ssl_mode(mode);
    match ca {
        Some(ca) => driver.ssl_ca(ca),
        None => driver,
    }
}

/// Finds out what kind of server it is and sets what the operations rely on. Answers whether it is in a cluster.
async fn agree(connection: &mut Inner, options: &ServerOptions) -> Result<Result<bool, ConnectError>, Error> {
    let asked = sqlx::raw_sql("SELECT VERSION(), @@global.read_only").fetch_one(&mut *connection).await?;
    let version: String = asked.try_get_unchecked(0)?;
    let is_read_only: bool = asked.try_get_unchecked(1)?;
    if is_read_only {
        return Ok(Err(ConnectError::temporary("it is read-only, as a replica is")));
    }
    let is_mariadb = version.contains("MariaDB");
    let is_in_cluster =
        variable(connection, "SHOW VARIABLES LIKE 'wsrep_on'").await?.is_some_and(|on| on == "ON");
    if is_in_cluster
        && variable(connection, "SHOW STATUS LIKE 'wsrep_ready'").await?.is_none_or(|on| on != "ON")
    {
        return Ok(Err(ConnectError::temporary("it is not in its Galera cluster at the moment")));
    }
    let seconds = options.timeout.as_secs().max(1);
    let mut settings = vec![
        // A statement without a transaction around it is committed; servers can be set up otherwise.
        "SET SESSION autocommit = 1".to_owned(),
        // The clock is compared as a number, which an hour that comes twice would make ambiguous.
        "SET SESSION time_zone = '+00:00'".to_owned(),
        "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED".to_owned(),
        // Nothing is cut short or made up silently.
        "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'".to_owned(),
        format!("SET SESSION innodb_lock_wait_timeout = {seconds}"),
        format!("SET SESSION lock_wait_timeout = {seconds}"),
    ];
    // The server ends what we have given up, or what a machine that died has left, so that no work piles up there and
    // no row stays held.
    settings.push(format!("SET SESSION wait_timeout = {}", LONGEST_LIFE.as_secs() + 60));
    settings.push(if is_mariadb {
        format!("SET SESSION max_statement_time = {seconds}, SESSION idle_transaction_timeout = {seconds}")
    } else {
        format!("SET SESSION max_execution_time = {}", seconds * 1000)
    });
    if is_in_cluster {
        // What another node has committed is there before anything is read: without it a refresh token that was
        // issued a moment ago could look like one that never was.
        settings.push("SET SESSION wsrep_sync_wait = 7".to_owned());
    }
    sqlx::raw_sql(AssertSqlSafe(settings.join("; "))).execute(connection).await?;
    Ok(Ok(is_in_cluster))
}

/// The value of a variable or counter of the server, if it knows it.
async fn variable(connection: &mut Inner, question: &'static str) -> Result<Option<String>, Error> {
    let row = sqlx::raw_sql(question).fetch_optional(connection).await?;
    row.map(|row| row.try_get_unchecked(1)).transpose()
}

/// What is wrong when the server lets us not in.
pub(crate) fn explain(error: &Error, options: &ServerOptions) -> ConnectError {
    if let Some(error) = tls::explain(error, &options.tls) {
        return error;
    }
    let Error::Database(database) = error else { return ConnectError::temporary(error.to_string()) };
    let Some(told) = database.try_downcast_ref::<MySqlDatabaseError>() else {
        return ConnectError::temporary(error.to_string());
    };
    let cause = format!("{} ({})", told.message(), told.number());
    let (user, name) = (&options.user, &options.database);
    match told.number() {
        1045 | 1698 => ConnectError::lasting(cause, format!("check the user {user} and its password")),
        1049 => {
            ConnectError::lasting(cause, format!("make it: CREATE DATABASE `{name}` CHARACTER SET utf8mb4"))
        }
        1044 | 1142 | 1227 => {
            ConnectError::lasting(cause, format!("allow it: GRANT ALL ON `{name}`.* TO '{user}'@'…'"))
        }
        1130 => ConnectError::lasting(cause, format!("allow the user {user} to come from this machine")),
        3159 => ConnectError::lasting(
            cause,
            "the server wants encryption: set PORTCULLIS_DATABASE_TLS=verify-full",
        ),
        _ => ConnectError::temporary(cause),
    }
}
