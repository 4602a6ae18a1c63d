//! What does the configuration mean?
//!
//! [`Settings`] is what the rest of the program sees: checked values in their own types, and no contradiction
//! among them. Nothing after this point looks at a text or asks where it came from.

mod database;
mod dialects;
mod mail;
mod master_key;
mod observed;
mod password;
mod registration;
mod rules;
mod throttle;
mod tls;

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use portcullis_core::crypto::password::{BcryptKernel, Scheme};
use portcullis_core::policy::RegistrationAnswer;
use portcullis_core::policy::key_rotation::PUBLISHED_FOR;
use portcullis_core::verifier::Algorithm;
use portcullis_http::Hsts;
use tracing_subscriber::filter::Targets;

use super::keys;
use super::problem::{Problem, Warning};
use super::resolve::{Effective, Resolver, Spelling};
use super::value::{BindAddress, Count, Environment, LogFilter, LogFormat, Origins, PublicUrl, Text};
use super::written::Written;

pub(crate) use database::DatabaseSettings;
pub(crate) use dialects::{
    DialectSettings, PreviousSecret, PreviousSecrets, Purpose, SecretSettings, SecretSource,
};
#[cfg(test)]
pub(crate) use dialects::{LOGS_IN_AT_REGISTRATION, REGISTERS_WITHOUT_EMAIL};
pub(crate) use mail::{MailSecret, MailSettings};
pub(crate) use master_key::MasterKeySource;
pub(crate) use observed::{MetricsSettings, OtelSettings};
pub(crate) use password::{BreachedSource, PasswordSettings};
pub(crate) use registration::{AccountSettings, RegistrationSettings};
pub(crate) use throttle::{CounterSettings, ThrottleSettings};
pub(crate) use tls::{AcmeSettings, CertificateFiles, CertificateSource, NamedFile, TlsSettings};

/// How this server is to run.
#[derive(Debug)]
pub(crate) struct Settings {
    /// Whether this is the real thing.
    pub(crate) environment: Environment,
    /// Where to listen.
    pub(crate) listen: SocketAddr,
    /// Whether somebody wrote the address of it.
    pub(crate) host_is_written: bool,
    /// What it speaks HTTPS with; plain HTTP without.
    pub(crate) tls: Option<TlsSettings>,
    /// How clients reach the server.
    pub(crate) public_url: PublicUrl,
    /// For which hosts browsers come by HTTPS only.
    pub(crate) hsts: Hsts,
    /// Where generated files live.
    pub(crate) data_dir: PathBuf,
    /// Where the master key comes from.
    pub(crate) master_key: MasterKeySource,
    /// Where the one before it comes from, while it is needed.
    pub(crate) previous_master_key: Option<MasterKeySource>,
    /// Whose word on the client's address is believed.
    pub(crate) trusted_proxies: Vec<IpNet>,
    /// The database.
    pub(crate) database: DatabaseSettings,
    /// How long sessions and tokens live.
    pub(crate) session: SessionSettings,
    /// What access tokens look like.
    pub(crate) token: TokenSettings,
    /// After how long the next signing key takes over by itself; never where it is zero.
    pub(crate) rotate_keys_every: Duration,
    /// What passwords must be and how they are kept.
    pub(crate) password: PasswordSettings,
    /// How mails are sent, if at all.
    pub(crate) mail: Option<MailSettings>,
    /// What links to the pages begin with that mails lead to.
    pub(crate) links: PublicUrl,
    /// Who gets an account.
    pub(crate) registration: RegistrationSettings,
    /// What becomes of accounts.
    pub(crate) account: AccountSettings,
    /// How much hashing is done at once.
    pub(crate) hashing: HashingSettings,
    /// What becomes of wrong passwords.
    pub(crate) throttle: ThrottleSettings,
    /// The bounds of connections and requests.
    pub(crate) server: ServerSettings,
    /// How long the audit log is.
    pub(crate) audit: AuditSettings,
    /// The browser origins that may call.
    pub(crate) cors_origins: Origins,
    /// What is logged, and how.
    pub(crate) log: LogSettings,
    /// Where the metrics are.
    pub(crate) metrics: MetricsSettings,
    /// Where the spans of requests are sent, if anywhere.
    pub(crate) otel: Option<OtelSettings>,
    /// The contracts of older backends that are spoken as well.
    pub(crate) dialects: Vec<DialectSettings>,
    /// The files that this was read from.
    pub(crate) files: Vec<PathBuf>,
    /// What is possible, and seldom wise.
    pub(crate) warnings: Vec<Warning>,
}

/// How long sessions and tokens live.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SessionSettings {
    /// A session at most.
    pub(crate) absolute: Duration,
    /// A session without a refresh.
    pub(crate) idle: Duration,
    /// An access token.
    pub(crate) access: Duration,
    /// The answer to an exchanged refresh token.
    pub(crate) refresh_grace: Duration,
    /// How many an account may have; any number without.
    pub(crate) max_per_account: Option<NonZeroU32>,
    /// A proof of the person, for what is sensitive.
    pub(crate) step_up: Duration,
}

/// What access tokens look like.
#[derive(Debug, Clone)]
pub(crate) struct TokenSettings {
    /// What the next key signs with.
    pub(crate) algorithm: Algorithm,
    /// Their `iss`.
    pub(crate) issuer: String,
    /// Their `aud`.
    pub(crate) audience: String,
}

/// How much hashing is done at once.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HashingSettings {
    /// Threads.
    pub(crate) workers: usize,
    /// Waiting passwords.
    pub(crate) queue: usize,
    /// The longest wait.
    pub(crate) deadline: Duration,
    /// Memory for hashes that run at once, in KiB.
    pub(crate) memory_kib: u32,
    /// What computes bcrypt.
    pub(crate) kernel: BcryptKernel,
}

/// The bounds of connections and requests.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ServerSettings {
    /// The longest body.
    pub(crate) body_limit_bytes: usize,
    /// The longest request.
    pub(crate) request_timeout: Duration,
    /// What requests in flight get at the end.
    pub(crate) shutdown_timeout: Duration,
    /// Open connections.
    pub(crate) max_connections: usize,
}

/// How long the audit log is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AuditSettings {
    /// How long entries are kept; for ever without.
    pub(crate) retention: Option<Duration>,
}

/// What is logged, and how.
#[derive(Debug, Clone)]
pub(crate) struct LogSettings {
    /// Which events.
    pub(crate) targets: Targets,
    /// In which form.
    pub(crate) format: LogFormat,
    /// Whether each request has a line.
    pub(crate) requests: bool,
}

impl Settings {
    /// Whether this is the real thing.
    pub(crate) fn is_production(&self) -> bool {
        self.environment == Environment::Production
    }

    /// Takes note of the port that the system gave for port 0, where it stands in a default.
    pub(crate) fn settle_on(&mut self, address: SocketAddr) {
        let [assumed, actual] =
            [self.listen.port(), address.port()].map(|port| tls::local_url(self.tls.as_ref(), port));
        if self.token.issuer == assumed.as_str() {
            actual.as_str().clone_into(&mut self.token.issuer);
        }
        if self.links == mail::default_links(&assumed) {
            self.links = mail::default_links(&actual);
        }
        if self.public_url == assumed {
            self.public_url = actual;
        }
        self.listen = address;
    }
}

/// What was written, understood: the settings unless there are problems, and what to show in any case.
pub(super) fn resolve(
    written: &Written,
    problems: Vec<Problem>,
) -> (Option<Settings>, Vec<Effective>, Vec<Problem>) {
    let mut resolver = Resolver::new(written, problems);
    let mut settings = settings(&mut resolver);
    if let Some(settings) = &mut settings {
        rules::check(&mut resolver, settings);
        settings.warnings = resolver.take_warnings();
    }
    let (mut effective, problems) = resolver.finish();
    effective.sort_by_key(|effective| keys::ALL.iter().position(|e| e.declared.name == effective.key.name));
    (settings.filter(|_| problems.is_empty()), effective, problems)
}

/// `None` only if a default in the key table could not be read, which a test rules out.
fn settings(resolver: &mut Resolver<'_>) -> Option<Settings> {
    let environment = resolver.get(&keys::ENV)?;
    warn_of_environment(resolver);
    let is_production = environment == Environment::Production;
    let host = resolver.get_or(&keys::HOST, || BindAddress::of(environment));
    let spoken = resolver.get(&keys::DIALECTS)?;
    let port = dialects::port(resolver, &spoken);
    let data_dir = resolver.get(&keys::DATA_DIR)?;
    let tls = tls::resolve(resolver, &data_dir);
    let public_url = resolver.get_or(&keys::PUBLIC_URL, || tls::local_url(tls.as_ref(), port.0));
    let master_key = master_key::resolve(resolver, is_production, &data_dir);
    let previous_master_key = master_key::previous(resolver, &master_key);
    let database = database::resolve(resolver, environment, &data_dir)?;
    let throttle = throttle::resolve(resolver, is_production, &database.options)?;
    let session = session(resolver)?;
    let password = password::resolve(resolver, &spoken, &public_url)?;
    let mail = mail::resolve(resolver, &public_url);
    let usual = if mail.is_some() { RegistrationAnswer::Conceal } else { RegistrationAnswer::Reveal };
    let registration = registration::resolve(resolver, usual)?;
    Some(Settings {
        environment,
        listen: SocketAddr::new(host.0, port.0),
        host_is_written: resolver.is_written(&keys::HOST.declared),
        tls,
        hsts: tls::hsts(resolver, environment),
        master_key,
        previous_master_key,
        trusted_proxies: resolver.get(&keys::TRUSTED_PROXIES)?.0,
        database,
        session,
        token: TokenSettings {
            algorithm: resolver.get(&keys::TOKEN_ALGORITHM)?,
            issuer: resolver.get_or(&keys::TOKEN_ISSUER, || Text(public_url.as_str().to_owned())).0,
            audience: resolver.get(&keys::TOKEN_AUDIENCE)?.0,
        },
        rotate_keys_every: rotate_keys_every(resolver)?,
        hashing: hashing(resolver, password.scheme)?,
        password,
        links: mail::links(resolver, &public_url),
        mail,
        registration,
        account: registration::accounts(resolver)?,
        throttle,
        server: ServerSettings {
            body_limit_bytes: resolver.get(&keys::SERVER_BODY_LIMIT_BYTES)?.as_usize(),
            request_timeout: resolver.get(&keys::SERVER_REQUEST_TIMEOUT)?.get(),
            shutdown_timeout: resolver.get(&keys::SERVER_SHUTDOWN_TIMEOUT)?.get(),
            max_connections: resolver.get(&keys::SERVER_MAX_CONNECTIONS)?.as_usize(),
        },
        audit: AuditSettings {
            retention: Some(resolver.get(&keys::AUDIT_RETENTION)?.get()).filter(|time| !time.is_zero()),
        },
        cors_origins: resolver.get_or(&keys::CORS_ORIGINS, || Origins::of(environment)),
        log: LogSettings {
            targets: resolver.get(&keys::LOG_LEVEL).map(LogFilter::into_targets)?,
            format: resolver.get_or(&keys::LOG_FORMAT, || LogFormat::of(environment)),
            requests: resolver.get(&keys::LOG_REQUESTS)?.0,
        },
        metrics: observed::metrics(resolver),
        otel: observed::otel(resolver),
        dialects: dialects::resolve(resolver, environment, spoken),
        files: resolver.files().to_vec(),
        warnings: Vec::new(),
        public_url,
        data_dir,
    })
}

/// SECURITY: `NODE_ENV=prod` is development to whoever compares with `production`, and development starts with what
/// is not safe. So a slip is told.
fn warn_of_environment(resolver: &mut Resolver<'_>) {
    let key = &keys::ENV.declared;
    let word = resolver.original(key).filter(|_| resolver.spelling(key) == Some(Spelling::Old));
    let Some(word) = word.filter(|word| !["production", "development", "test"].contains(word)) else {
        return;
    };
    let what = format!(
        "{}: every word but `production` means development, as in Express apps that compare with it",
        resolver.cite_with_original(key)
    );
    let advice =
        format!("write `production` in place of `{word}` on the real thing, else `development` or `test`");
    resolver.warn("environment", what, advice);
}

fn session(resolver: &mut Resolver<'_>) -> Option<SessionSettings> {
    Some(SessionSettings {
        absolute: resolver.get(&keys::SESSION_ABSOLUTE)?.get(),
        idle: resolver.get(&keys::SESSION_IDLE)?.get(),
        access: resolver.get(&keys::SESSION_ACCESS)?.get(),
        refresh_grace: resolver.get(&keys::SESSION_REFRESH_GRACE)?.get(),
        max_per_account: NonZeroU32::new(resolver.get(&keys::SESSION_MAX_PER_ACCOUNT)?.get()),
        step_up: resolver.get(&keys::SESSION_STEP_UP)?.get(),
    })
}

fn hashing(resolver: &mut Resolver<'_>, of_new_ones: Scheme) -> Option<HashingSettings> {
    let workers = resolver.get_or(&keys::HASHING_WORKERS, || Count::clamped(cores()));
    let memory_kib = match of_new_ones {
        Scheme::Argon2id { memory_kib, .. } => memory_kib,
        Scheme::Bcrypt { .. } => 0,
    };
    let memory = memory_kib.saturating_mul(workers.get()).div_ceil(1024).max(256);
    let memory = || Count::clamped(usize::try_from(memory).unwrap_or(usize::MAX));
    Some(HashingSettings {
        workers: workers.as_usize(),
        queue: resolver.get(&keys::HASHING_QUEUE)?.as_usize(),
        deadline: resolver.get(&keys::HASHING_DEADLINE)?.get(),
        memory_kib: resolver.get_or(&keys::HASHING_MEMORY_MIB, memory).get().saturating_mul(1024),
        kernel: resolver.get(&keys::HASHING_BCRYPT_KERNEL)?,
    })
}

/// A key is published for an hour before it signs, so none can sign for less.
fn rotate_keys_every(resolver: &mut Resolver<'_>) -> Option<Duration> {
    let key = &keys::KEYS_ROTATE_EVERY;
    let every = resolver.get(key)?.get();
    if !every.is_zero() && every < PUBLISHED_FOR {
        let what = format!(
            "{} is shorter than the hour for which a key is published before it signs",
            resolver.cite(&key.declared)
        );
        resolver.forbid(&[], what, "write an hour or more, or 0 to rotate by hand only");
    }
    Some(every)
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}
