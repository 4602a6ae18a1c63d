//! How do the parts come together?
//!
//! The one place that knows which store, clock and source of randomness are real, and how settings become the
//! arguments of the other crates.

mod clock;
pub(crate) mod data_dir;
mod entropy;
pub(crate) mod master_key;

use std::num::NonZeroUsize;
use std::sync::Arc;

use anyhow::Context;
use axum::Router;
use portcullis_core::auth::OpenError;
use portcullis_core::crypto::keyring::KeyringError;
use portcullis_core::hash_gate::{HashGate, HashGateLimits};
use portcullis_core::model::session::SessionLifetime;
use portcullis_core::policy::{PasswordPolicy, Policy};
use portcullis_core::ports::{Clock, Store, StoreError};
use portcullis_core::{Auth, Deps};
use portcullis_http::{CorsOrigins, HttpSettings, RequestLog};
use portcullis_store::{MigrationError, MigrationStatus, SqliteOptions, SqliteStore};

pub(crate) use clock::SystemClock;
pub(crate) use entropy::SystemEntropy;

use crate::cli::failure::WithFix;
use crate::config::Settings;
use crate::config::meant::{HashingSettings, MasterKeySource};
use crate::config::value::{DatabaseUrl, Environment, Origins};

/// Opens the database, and makes an empty one if there is none.
pub(crate) fn open_store(settings: &Settings) -> anyhow::Result<Arc<SqliteStore>> {
    data_dir::ensure(&settings.data_dir)?;
    let DatabaseUrl::Sqlite(path) = &settings.database;
    Ok(Arc::new(SqliteStore::open(path, &SqliteOptions::default())?))
}

/// Makes the tables that this version needs; answers what it did.
pub(crate) async fn migrate(store: &SqliteStore) -> anyhow::Result<Vec<MigrationStatus>> {
    store.migrate(SystemClock.now()).await.map_err(|error| match error {
        MigrationError::Store(error) => broken("the database could not be migrated", error),
        MigrationError::Newer { .. } | MigrationError::Changed { .. } => error.into(),
    })
}

/// Opens the door to all flows. The database has its tables.
pub(crate) async fn open_auth(
    settings: &Settings,
    store: Arc<SqliteStore>,
    hashing: HashingSettings,
) -> anyhow::Result<Auth> {
    let limits = HashGateLimits {
        workers: NonZeroUsize::new(hashing.workers).unwrap_or(NonZeroUsize::MIN),
        capacity: hashing.queue,
        deadline: hashing.deadline,
    };
    let master_key = master_key::obtain(&master_key_source(settings, &store).await?, &SystemEntropy)?;
    let deps = Deps {
        store,
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
        gate: HashGate::start(limits).context("the hashing threads could not be started")?,
        master_key,
    };
    Auth::open(deps, policy(settings)).await.map_err(|error| match error {
        OpenError::Keys(KeyringError::WrongMasterKey) => anyhow::Error::from(error)
            .with_fix("configure the master key that this database was first started with"),
        OpenError::Store(error) => broken("the signing keys could not be read", error),
        OpenError::Keys(_) => anyhow::Error::from(error).context("the signing keys could not be opened"),
    })
}

/// Where the master key comes from, now that the database can be asked: one that has keys was sealed under a master
/// key that exists, and a new one beside it would only hide that it is missing.
async fn master_key_source(settings: &Settings, store: &SqliteStore) -> anyhow::Result<MasterKeySource> {
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
    let fix = match error {
        StoreError::Unavailable { .. } => {
            "see whether its disk is full or read-only, or another process writes to it all the time"
        }
        StoreError::Failed { .. } => {
            "run `portcullis doctor`; if the file is damaged, keep a copy of it and restore a backup"
        }
    };
    anyhow::Error::from(error).context(what).with_fix(fix)
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
        refresh_grace: settings.session.refresh_grace,
        password: PasswordPolicy { min_chars: settings.password.min_chars, scheme: settings.password.scheme },
        access_algorithm: settings.token.algorithm,
    }
}

/// Everything that is answered over HTTP.
pub(crate) fn router(settings: &Settings, auth: Auth) -> Router {
    let environment = match settings.environment {
        Environment::Development => portcullis_http::Environment::Development,
        Environment::Production => portcullis_http::Environment::Production,
    };
    let http = HttpSettings {
        environment,
        public_origin: settings.public_url.origin(),
        cors: match &settings.cors_origins {
            Origins::Any => CorsOrigins::Any,
            Origins::Listed(origins) => CorsOrigins::Listed(origins.clone()),
        },
        trusted_proxies: settings.trusted_proxies.clone(),
        body_limit_bytes: settings.server.body_limit_bytes,
        request_timeout: settings.server.request_timeout,
        log_requests: if settings.log.requests { RequestLog::On } else { RequestLog::Off },
    };
    portcullis_http::app(auth, http)
}
