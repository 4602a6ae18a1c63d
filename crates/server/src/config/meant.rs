//! What does the configuration mean?
//!
//! [`Settings`] is what the rest of the program sees: checked values in their own types, and no contradiction
//! among them. Nothing after this point looks at a text or asks where it came from.

mod database;
mod dialects;
mod rules;
mod tls;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use portcullis_core::crypto::MasterKey;
use portcullis_core::crypto::password::Scheme;
use portcullis_core::verifier::Algorithm;
use secrecy::ExposeSecret;
use tracing_subscriber::filter::Targets;

use super::keys;
use super::problem::{Problem, Warning};
use super::resolve::{Effective, Resolver, Spelling};
use super::value::{
    BindAddress, Count, Dialects, Environment, LogFilter, LogFormat, Origins, PasswordAlgorithm, PublicUrl,
    Text,
};
use super::written::Written;

pub(crate) use database::DatabaseSettings;
pub(crate) use dialects::{DialectSettings, Purpose, SecretSettings, SecretSource};
pub(crate) use tls::{NamedFile, TlsSettings};

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
    /// Where generated files live.
    pub(crate) data_dir: PathBuf,
    /// Where the master key comes from.
    pub(crate) master_key: MasterKeySource,
    /// Whose word on the client's address is believed.
    pub(crate) trusted_proxies: Vec<IpNet>,
    /// The database.
    pub(crate) database: DatabaseSettings,
    /// How long sessions and tokens live.
    pub(crate) session: SessionSettings,
    /// What access tokens look like.
    pub(crate) token: TokenSettings,
    /// What passwords must be and how they are kept.
    pub(crate) password: PasswordSettings,
    /// How much hashing is done at once.
    pub(crate) hashing: HashingSettings,
    /// What becomes of wrong passwords.
    pub(crate) throttle: ThrottleSettings,
    /// The bounds of connections and requests.
    pub(crate) server: ServerSettings,
    /// The browser origins that may call.
    pub(crate) cors_origins: Origins,
    /// What is logged, and how.
    pub(crate) log: LogSettings,
    /// The contracts of older backends that are spoken as well.
    pub(crate) dialects: Vec<DialectSettings>,
    /// The files that this was read from.
    pub(crate) files: Vec<PathBuf>,
    /// What is possible, and seldom wise.
    pub(crate) warnings: Vec<Warning>,
}

/// Where the master key comes from.
#[derive(Debug, Clone)]
pub(crate) enum MasterKeySource {
    /// The configuration holds it.
    Given(MasterKey),
    /// A file holds it; the file must exist.
    File(PathBuf),
    /// A file holds it, or is made with a new one.
    FileOrNew(PathBuf),
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

/// What passwords must be and how they are kept.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PasswordSettings {
    /// How new ones are hashed.
    pub(crate) scheme: Scheme,
    /// Their fewest characters.
    pub(crate) min_chars: usize,
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
}

/// What becomes of wrong passwords.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ThrottleSettings {
    /// Whether they are counted.
    pub(crate) enabled: bool,
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
    let tls = tls::resolve(resolver);
    let public_url = resolver.get_or(&keys::PUBLIC_URL, || tls::local_url(tls.as_ref(), port.0));
    let data_dir = resolver.get(&keys::DATA_DIR)?;
    let master_key = master_key(resolver, is_production, &data_dir);
    Some(Settings {
        environment,
        listen: SocketAddr::new(host.0, port.0),
        host_is_written: resolver.is_written(&keys::HOST.declared),
        tls,
        master_key,
        trusted_proxies: resolver.get(&keys::TRUSTED_PROXIES)?.0,
        database: database::resolve(resolver, environment, &data_dir)?,
        session: SessionSettings {
            absolute: resolver.get(&keys::SESSION_ABSOLUTE)?.get(),
            idle: resolver.get(&keys::SESSION_IDLE)?.get(),
            access: resolver.get(&keys::SESSION_ACCESS)?.get(),
            refresh_grace: resolver.get(&keys::SESSION_REFRESH_GRACE)?.get(),
        },
        token: TokenSettings {
            algorithm: resolver.get(&keys::TOKEN_ALGORITHM)?,
            issuer: resolver.get_or(&keys::TOKEN_ISSUER, || Text(public_url.as_str().to_owned())).0,
            audience: resolver.get(&keys::TOKEN_AUDIENCE)?.0,
        },
        password: password(resolver, &spoken)?,
        hashing: HashingSettings {
            workers: resolver.get_or(&keys::HASHING_WORKERS, || Count::clamped(cores())).as_usize(),
            queue: resolver.get(&keys::HASHING_QUEUE)?.as_usize(),
            deadline: resolver.get(&keys::HASHING_DEADLINE)?.get(),
        },
        throttle: ThrottleSettings { enabled: resolver.get(&keys::THROTTLE_ENABLED)?.0 },
        server: ServerSettings {
            body_limit_bytes: resolver.get(&keys::SERVER_BODY_LIMIT_BYTES)?.as_usize(),
            request_timeout: resolver.get(&keys::SERVER_REQUEST_TIMEOUT)?.get(),
            shutdown_timeout: resolver.get(&keys::SERVER_SHUTDOWN_TIMEOUT)?.get(),
            max_connections: resolver.get(&keys::SERVER_MAX_CONNECTIONS)?.as_usize(),
        },
        cors_origins: resolver.get_or(&keys::CORS_ORIGINS, || Origins::of(environment)),
        log: LogSettings {
            targets: resolver.get(&keys::LOG_LEVEL).map(LogFilter::into_targets)?,
            format: resolver.get_or(&keys::LOG_FORMAT, || LogFormat::of(environment)),
            requests: resolver.get(&keys::LOG_REQUESTS)?.0,
        },
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

fn password(resolver: &mut Resolver<'_>, spoken: &Dialects) -> Option<PasswordSettings> {
    let algorithm = dialects::password_algorithm(resolver, spoken);
    let cost = resolver.get(&keys::PASSWORD_BCRYPT_COST)?.get();
    let memory_kib = resolver.get(&keys::PASSWORD_ARGON2_MEMORY_KIB)?.get();
    let iterations = resolver.get(&keys::PASSWORD_ARGON2_ITERATIONS)?.get();
    let parallelism = resolver.get(&keys::PASSWORD_ARGON2_PARALLELISM)?.get();
    let scheme = match algorithm {
        PasswordAlgorithm::Argon2id => Scheme::Argon2id { memory_kib, iterations, parallelism },
        PasswordAlgorithm::Bcrypt => Scheme::Bcrypt { cost },
    };
    Some(PasswordSettings { scheme, min_chars: resolver.get(&keys::PASSWORD_MIN_LENGTH)?.as_usize() })
}

/// The written key, the named file, or the file in the data directory.
fn master_key(
    resolver: &mut Resolver<'_>,
    is_production: bool,
    data_dir: &std::path::Path,
) -> MasterKeySource {
    let text = resolver.find(&keys::MASTER_KEY);
    let generated = data_dir.join("master.key");
    let named = resolver.is_written(&keys::MASTER_KEY_FILE.declared);
    let file = resolver.get_or(&keys::MASTER_KEY_FILE, || generated.clone());
    let (key, key_file) = (&keys::MASTER_KEY.declared, &keys::MASTER_KEY_FILE.declared);
    match text {
        Some(_) if named => {
            let what = format!("{} and {} are both written", resolver.cite(key), resolver.cite(key_file));
            resolver.forbid(&[key_file], what, "keep one of the two");
        }
        Some(text) => match MasterKey::from_hex(text.expose_secret()) {
            Ok(master_key) => return MasterKeySource::Given(master_key),
            Err(error) => {
                let what = format!("{} is refused: {error}", resolver.cite(key));
                resolver.forbid(&[], what, "take the output of `openssl rand -hex 32`");
            }
        },
        None if named => return MasterKeySource::File(file),
        None if !is_production => return MasterKeySource::FileOrNew(file),
        // SECURITY: a key made silently on a fresh disk would be lost with that disk, and every secret with it.
        None if !generated.exists() => resolver.forbid(
            &[key],
            "no master key is configured, and production does not make one",
            "run `openssl rand -hex 32`, keep the output in a safe place, and set PORTCULLIS_MASTER_KEY to it \
             or write it to a file of mode 600 that PORTCULLIS_MASTER_KEY_FILE names",
        ),
        None => {}
    }
    MasterKeySource::File(file)
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}
