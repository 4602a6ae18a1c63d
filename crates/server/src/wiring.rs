//! How do the parts come together?
//!
//! The one place that knows which store, clock and source of randomness are real, and how settings become the
//! arguments of the other crates.

pub(crate) mod breached;
mod clock;
pub(crate) mod data_dir;
mod database;
pub(crate) mod dialects;
mod entropy;
pub(crate) mod mailer;
pub(crate) mod master_key;
mod metrics;
pub(crate) mod tls;

use std::num::NonZeroUsize;
use std::sync::Arc;

use anyhow::{Context, anyhow};
use axum::Router;
use portcullis_core::auth::OpenError;
use portcullis_core::crypto::MasterKey;
use portcullis_core::crypto::keyring::KeyringError;
use portcullis_core::hash_gate::{HashGate, HashGateLimits};
use portcullis_core::model::session::SessionLifetime;
use portcullis_core::policy::{Guessable, PasswordPolicy, Policy};
use portcullis_core::ports::{Clock, Mailer, Store, StoreError, ThrottleCounters};
use portcullis_core::throttle::ThrottleDeps;
use portcullis_core::{Auth, Deps};
use portcullis_http::dialects::Mount;
use portcullis_http::{CorsOrigins, HttpSettings, RequestLog};
use portcullis_store::{DatabaseOptions, MigrationError, MigrationStatus, RedisCounters, SqlStore};

pub(crate) use clock::SystemClock;
pub(crate) use database::name_of;
pub(crate) use entropy::SystemEntropy;
pub(crate) use metrics::{Metrics, Sources};

use crate::cli::failure::WithFix;
use crate::config::Settings;
use crate::config::meant::{CounterSettings, HashingSettings, MasterKeySource, PasswordSettings};
use crate::config::value::{Environment, Origins};
use crate::traces::Traces;

/// How far hashing stands back (nice(2)): with every core in use a thread that answers requests gets about ten times as
/// much of one.
const HASHING_NICENESS: i32 = 10;

/// Opens the database. An embedded one is made if there is none; a server that cannot be reached is waited for.
pub(crate) async fn open_store(settings: &Settings) -> anyhow::Result<Arc<SqlStore>> {
    // A node with a database server and a master key of its own keeps nothing, and may have nowhere to keep it.
    let keeps_files = matches!(settings.database.options, DatabaseOptions::Sqlite(_))
        || matches!(settings.master_key, MasterKeySource::FileOrNew(_));
    if keeps_files {
        data_dir::ensure(&settings.data_dir)?;
    }
    if let DatabaseOptions::Sqlite(options) = &settings.database.options {
        data_dir::ensure_for_database(&options.path)?;
    }
    Ok(Arc::new(database::open(&settings.database).await?))
}

/// Makes the tables that this version needs; answers what it did.
pub(crate) async fn migrate(store: &SqlStore) -> anyhow::Result<Vec<MigrationStatus>> {
    store.migrate(SystemClock.now()).await.map_err(|error| match error {
        MigrationError::Store(error) => broken("the database could not be migrated", error),
        MigrationError::Newer { .. }
        | MigrationError::Changed { .. }
        | MigrationError::Missing { .. }
        | MigrationError::Open(_)
        | MigrationError::Foreign { .. } => error.into(),
    })
}

/// The master key, made now if that is what the settings say. The database has its tables, and is whole.
pub(crate) async fn obtain_master_key(settings: &Settings, store: &SqlStore) -> anyhow::Result<MasterKey> {
    check_whole(store).await?;
    master_key::obtain(&master_key_source(settings, store).await?, &SystemEntropy)
}

/// Opens the door to all flows. The database has its tables. Without a mailer mails are left to those that have one.
pub(crate) async fn open_auth(
    settings: &Settings,
    store: Arc<SqlStore>,
    hashing: HashingSettings,
    master_key: MasterKey,
    mailer: Option<Arc<dyn Mailer>>,
) -> anyhow::Result<Auth> {
    let limits = HashGateLimits {
        workers: NonZeroUsize::new(hashing.workers).unwrap_or(NonZeroUsize::MIN),
        capacity: hashing.queue,
        deadline: hashing.deadline,
        memory_kib: hashing.memory_kib,
        kernel: hashing.kernel,
        prepare_worker: stand_back,
    };
    let deps = Deps {
        throttle: throttle_deps(settings, &store)?,
        store,
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
        gate: HashGate::start(limits).context("the hashing threads could not be started")?,
        master_key,
        previous_master_key: master_key::previous(settings)?,
        breached: breached::open(settings.password.breached.as_ref())?,
        mailer,
    };
    Auth::open(deps, policy(settings)).await.map_err(|error| match error {
        OpenError::Keys(KeyringError::WrongMasterKey) => anyhow::Error::from(error)
            .with_fix(
                "configure the master key that this database was first started with, or the one that its keys were \
                 sealed under last (`portcullis keys reseal`)",
            ),
        OpenError::Store(error) => broken("the signing keys could not be read", error),
        OpenError::Keys(_) => anyhow::Error::from(error).context("the signing keys could not be opened"),
    })
}

/// Lets all other threads go first: a login may wait, a request with a token shall not.
fn stand_back() {
    // Without a thread Linux takes the one that calls. It is a courtesy: nothing depends on it.
    let _ = rustix::process::setpriority_process(None, HASHING_NICENESS);
}

/// Refuses a database into which a move did not come to its end.
pub(crate) async fn check_whole(store: &SqlStore) -> anyhow::Result<()> {
    let is_half_filled = store.is_half_filled().await;
    if !is_half_filled.map_err(|error| broken("the database could not be read", error))? {
        return Ok(());
    }
    let what = "a `portcullis move` into this database has not come to its end: something is missing";
    let fix = "run the move again, with servers stopped, or use the database that was moved";
    Err(anyhow!(what).with_fix(fix))
}

/// Where the master key comes from, now that the database can be asked: one that has keys was sealed under a master
/// key that exists, and a new one beside it would only hide that it is missing.
async fn master_key_source(settings: &Settings, store: &SqlStore) -> anyhow::Result<MasterKeySource> {
    match &settings.master_key {
        MasterKeySource::FileOrNew(path) if !path.exists() => {
            let keys = store.list_keys().await;
            let keys = keys.map_err(|error| broken("the signing keys could not be read", error))?;
            let is_new = keys.is_empty();
            Ok(if is_new { settings.master_key.clone() } else { MasterKeySource::File(path.clone()) })
        }
        source => Ok(source.clone()),
    }
}

/// A database that is there, and does not do what a start needs.
fn broken(what: &'static str, error: StoreError) -> anyhow::Error {
    let cause = error.to_string();
    let says = |codes: &[&str]| codes.iter().any(|code| cause.contains(&format!("({code})")));
    // The codes are those of PostgreSQL and MySQL.
    let fix = if says(&["42501", "1044", "1142", "1227"]) {
        "let the database user make tables (PostgreSQL: GRANT USAGE, CREATE ON SCHEMA …; MySQL: GRANT ALL ON …), or run \
         `portcullis migrate` as the owner and grant SELECT, INSERT, UPDATE and DELETE on the tables"
    } else if says(&["42P05", "26000"]) {
        "a pooler such as PgBouncer is in between: set PORTCULLIS_DATABASE_POOLING=transaction"
    } else if matches!(error, StoreError::Unavailable { .. }) {
        "see whether the database server is well; with SQLite, whether its disk is full or read-only, or another process \
         writes to it all the time"
    } else {
        "run `portcullis doctor`; if an SQLite file is damaged, keep a copy of it and restore a backup"
    };
    anyhow::Error::from(error).context(what).with_fix(fix)
}

/// Where wrong passwords are counted. Notes stand in the database in any case.
fn throttle_deps(settings: &Settings, store: &Arc<SqlStore>) -> anyhow::Result<ThrottleDeps> {
    if settings.throttle.policy.is_none() {
        return Ok(ThrottleDeps::default());
    }
    let in_database = || Arc::clone(store) as Arc<dyn ThrottleCounters>;
    let shared = match &settings.throttle.counters {
        CounterSettings::Memory => None,
        CounterSettings::Database => Some(in_database()),
        CounterSettings::Redis(url) => {
            let redis = RedisCounters::open(url.expose()).context("the counters in Redis cannot be used")?;
            Some(Arc::new(redis) as Arc<dyn ThrottleCounters>)
        }
    };
    Ok(ThrottleDeps { shared, notes: Some(in_database()), ..ThrottleDeps::default() })
}

/// The rules of the native API.
fn policy(settings: &Settings) -> Policy {
    Policy {
        issuer: settings.token.issuer.clone(),
        audience: settings.token.audience.clone(),
        session: SessionLifetime {
            absolute: settings.session.absolute,
            idle: settings.session.idle,
            access: settings.session.access,
        },
        max_sessions: settings.session.max_per_account,
        step_up: settings.session.step_up,
        refresh_grace: settings.session.refresh_grace,
        password: password_policy(&settings.password),
        access_algorithm: settings.token.algorithm,
        throttle: settings.throttle.policy.clone(),
        links: settings.links.as_str().to_owned(),
        mail: mailer::policy(settings),
        registration: mailer::registration(settings),
        verified_email: mailer::verified_email(settings),
    }
}

/// What a new password must be where the native API is called, and on the command line.
pub(crate) fn password_policy(settings: &PasswordSettings) -> PasswordPolicy {
    PasswordPolicy {
        min_chars: settings.min_chars,
        scheme: settings.scheme,
        common: settings.common,
        identifiers: settings.identifiers,
        breached: Guessable::Refused,
        blocked_words: settings.blocked_words.as_slice().into(),
    }
}

/// Everything that is answered over HTTP.
pub(crate) fn router(
    settings: &Settings,
    auth: &Auth,
    mounts: Vec<Mount>,
    metrics: Option<&Metrics>,
) -> Router {
    let environment = match settings.environment {
        Environment::Development => portcullis_http::Environment::Development,
        Environment::Production => portcullis_http::Environment::Production,
    };
    let mut http = HttpSettings {
        cors: match &settings.cors_origins {
            Origins::Any => CorsOrigins::Any,
            Origins::Listed(origins) => CorsOrigins::Listed(origins.clone()),
        },
        trusted_proxies: settings.trusted_proxies.clone(),
        body_limit_bytes: settings.server.body_limit_bytes,
        request_timeout: settings.server.request_timeout,
        log_requests: if settings.log.requests { RequestLog::On } else { RequestLog::Off },
        hsts: settings.hsts,
        verified_email_routes: mailer::verified_email_routes(settings),
        app_name: settings.mail.as_ref().map(|mail| mail.app_name.clone()),
        continue_trace: Traces::continuation(settings.otel.as_ref()),
        ..HttpSettings::new(environment, settings.public_url.origin())
    };
    if let Some(metrics) = metrics {
        metrics.add_to(&mut http);
    }
    portcullis_http::app(auth, &http, mounts)
}
