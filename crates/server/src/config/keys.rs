//! Which configuration keys are there?
//!
//! Each is declared once, here: the doc comment is its sentence in `docs/configuration.md`, the type says
//! how it is read, checked and shown, `default` what it is when nobody writes it.

use std::marker::PhantomData;
use std::net::SocketAddr;
use std::path::PathBuf;

use portcullis_core::crypto::password::{BcryptKernel, limits};
use portcullis_core::legacy::PreviousForeign;
use portcullis_core::model::Locale;
use portcullis_core::policy::{RegistrationAccess, RegistrationAnswer};
use portcullis_core::verifier::Algorithm;
use portcullis_http::Hsts;
use portcullis_store::options::{Durability, Pooling, SchemaName};
use secrecy::SecretString;

use super::value::{
    AcmeContact, AcmeDirectory, BearerToken, BindAddress, Count, CounterPlace, DatabasePassword, DatabaseUrl,
    DeletionGrace, Dialects, Domains, Environment, Flag, HostName, LogFilter, LogFormat, MailDomains,
    MailPassword, MailUrl, Mailbox, Origins, PasswordAlgorithm, Port, PublicUrl, RangeUrl, RedisUrl,
    RequiredEmail, SharedSecret, Span, Text, TlsMode, TokenLifetime, TrustedProxies, Value, Words, days,
};

/// What the table says about one key, whatever its type.
#[derive(Debug)]
pub(crate) struct Declared {
    /// `key` or `section.key`, as in the TOML file.
    pub(crate) name: &'static str,
    /// What it decides.
    pub(crate) doc: &'static str,
    /// What it is when nobody writes it.
    pub(crate) default: Default,
    /// Names that older backends use for it.
    pub(crate) aliases: &'static [Alias],
    /// Whether its value may be shown.
    pub(crate) visibility: Visibility,
}

impl Declared {
    const fn new(name: &'static str) -> Self {
        Self { name, doc: "", default: Default::Absent, aliases: &[], visibility: Visibility::Shown }
    }

    /// The name of its environment variable.
    pub(crate) fn environment_name(&self) -> String {
        format!("{PREFIX}{}", self.name.replace('.', "_").to_ascii_uppercase())
    }
}

/// What all our environment variables begin with.
pub(crate) const PREFIX: &str = "PORTCULLIS_";

/// The name by which older backends call a database file of theirs.
pub(crate) const DB_FILE: &str = "DB_FILE";

/// The value of a key that nobody writes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Default {
    /// There is none.
    Absent,
    /// This text.
    Text(&'static str),
    /// Depends on other keys; said in words for the reference.
    Computed(&'static str),
}

/// A name from an older backend.
#[derive(Debug)]
pub(crate) struct Alias {
    /// The variable.
    pub(crate) name: &'static str,
    /// Turns its value into ours.
    pub(crate) translate: fn(&str) -> String,
    /// The environment in which it wins over the other names in the same source; else their order decides.
    pub(crate) leads_in: Option<&'static str>,
}

impl Alias {
    const fn same(name: &'static str) -> Self {
        Self { name, translate: str::to_owned, leads_in: None }
    }
}

/// Who may see a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Visibility {
    /// Everybody.
    Shown,
    /// Everybody, but for a password inside a URL.
    WithoutPassword,
    /// Nobody.
    Hidden,
}

/// A key whose value is a `T`.
#[derive(Debug)]
pub(crate) struct Key<T> {
    /// What the table says about it.
    pub(crate) declared: Declared,
    value: PhantomData<fn() -> T>,
}

/// How the reference describes the values of a key.
#[derive(Debug)]
pub(crate) struct Entry {
    /// What the table says about it.
    pub(crate) declared: &'static Declared,
    /// What may be written, in words.
    pub(crate) expects: fn() -> String,
}

macro_rules! keys {
    ($($(#[doc = $doc:literal])+ $id:ident: $type:ty = $name:literal { $($field:ident: $value:expr),* $(,)? })*) => {
        $(
            $(#[doc = $doc])+
            pub(crate) static $id: Key<$type> = Key {
                declared: Declared { doc: concat!($($doc),+), $($field: $value,)* ..Declared::new($name) },
                value: PhantomData,
            };
        )*

        /// Every key, in the order of the reference.
        pub(crate) static ALL: &[Entry] =
            &[$(Entry { declared: &$id.declared, expects: <$type as Value>::expects },)*];
    };
}

keys! {
    /// Whether this is somebody's own machine or the real thing, where nothing insecure starts.
    ENV: Environment = "env" {
        default: Default::Text("development"),
        aliases: &[Alias { translate: environment_of_node, ..Alias::same("NODE_ENV") }],
    }
    /// The address to listen on.
    HOST: BindAddress = "host" {
        default: Default::Computed("`127.0.0.1` in development, `0.0.0.0` in production"),
        aliases: &[Alias::same("HOST")],
    }
    /// The port to listen on; 0 takes any free one.
    PORT: Port = "port" {
        default: Default::Computed("that of the older backend when exactly one dialect is mounted, else `3000`"),
        aliases: &[Alias::same("PORT")],
    }
    /// How clients reach this server; also the issuer of tokens.
    PUBLIC_URL: PublicUrl = "public_url" {
        default: Default::Computed("`http://localhost:<port>` in development, with https where the server speaks it; required in production, with https"),
    }
    /// The directory of the embedded database and the generated master key, relative to the working directory.
    DATA_DIR: PathBuf = "data_dir" { default: Default::Text("./data") }
    /// The key that seals all secrets at rest.
    MASTER_KEY: SecretString = "master_key" { visibility: Visibility::Hidden }
    /// A file that holds the master key, readable by its owner only.
    MASTER_KEY_FILE: PathBuf = "master_key_file" {
        default: Default::Computed("`<data_dir>/master.key`; made at first start in development, used in production when it exists"),
    }
    /// The master key before this one, for as long as the database may be sealed under it: nodes that have both can be
    /// started one after the other, before and after `portcullis keys reseal`.
    MASTER_KEY_PREVIOUS: SecretString = "master_key_previous" { visibility: Visibility::Hidden }
    /// A file that holds the master key before this one, readable by its owner only.
    MASTER_KEY_PREVIOUS_FILE: PathBuf = "master_key_previous_file" {}
    /// The proxies whose word on the client's address is believed.
    TRUSTED_PROXIES: TrustedProxies = "trusted_proxies" { default: Default::Text("") }
    /// The older backends whose clients are served beside the native API, each at its own paths or under a prefix.
    DIALECTS: Dialects = "dialects" { default: Default::Text("") }

    /// The database. User, password and name of a server's database are percent-encoded; of several hosts the first
    /// that is ready is used. TLS may be written as in other programs: `sslmode` and `sslrootcert` for PostgreSQL,
    /// `ssl-mode` and `ssl-ca` for MySQL. Where one source has both old names, `DB_FILE` counts in development and
    /// `DATABASE_URL` in production. A file that `DB_FILE` names may hold the tables of the older backend.
    DATABASE_URL: DatabaseUrl = "database.url" {
        default: Default::Computed("`sqlite:<data_dir>/portcullis.db`, or the MySQL database that `database.host` and `database.name` tell"),
        aliases: &[
            Alias::same("DATABASE_URL"),
            Alias { translate: url_of_sqlite_file, leads_in: Some("development"), ..Alias::same(DB_FILE) },
        ],
        visibility: Visibility::WithoutPassword,
    }
    /// The server of a MySQL or MariaDB database, in place of `database.url`, as older backends write it. A
    /// `database.url` under one of our own names wins over the old names of this and the next four keys; with
    /// `DATABASE_URL` or `DB_FILE` beside `DB_HOST` or `DB_NAME` nothing starts.
    DATABASE_HOST: HostName = "database.host" {
        default: Default::Computed("`127.0.0.1` when `database.name` is written"),
        aliases: &[Alias::same("DB_HOST")],
    }
    /// The port of that server.
    DATABASE_PORT: Count<1, 65_535> = "database.port" {
        default: Default::Computed("`3306` when `database.host` or `database.name` is written"),
        aliases: &[Alias::same("DB_PORT")],
    }
    /// The user on that server.
    DATABASE_USER: Text = "database.user" { aliases: &[Alias::same("DB_USER")] }
    /// The password of that user.
    DATABASE_PASSWORD: DatabasePassword = "database.password" {
        aliases: &[Alias::same("DB_PASSWORD")],
        visibility: Visibility::Hidden,
    }
    /// A file whose first line is the password of that user. It is read for each new connection, so that another password
    /// takes over without a restart: no connection is older than half an hour.
    DATABASE_PASSWORD_FILE: PathBuf = "database.password_file" {}
    /// The name of the database on that server.
    DATABASE_NAME: Text = "database.name" { aliases: &[Alias::same("DB_NAME")] }
    /// The schema of our tables in a PostgreSQL database, made when it is missing.
    DATABASE_SCHEMA: SchemaName = "database.schema" {
        default: Default::Computed("the first of the user's `search_path`"),
        aliases: &[Alias::same("SCHEMA")],
    }
    /// How the connection to a database server is protected: `require` believes any certificate, `verify-full` one of a
    /// known authority for the host that is connected to. `prefer` protects from nobody who is in between, and
    /// production refuses it.
    DATABASE_TLS: TlsMode = "database.tls" {
        default: Default::Computed("what the URL says; else `verify-full` in production or with `database.tls_ca`, `prefer` in development"),
    }
    /// A PEM file with authorities that may vouch for the database server beside the public ones of the web.
    DATABASE_TLS_CA: PathBuf = "database.tls_ca" {
        default: Default::Computed("what the URL says; else the public authorities of the web"),
    }
    /// What something between us and PostgreSQL hands out to its clients: connections for as long as they want, or,
    /// as with `pool_mode = transaction` of `PgBouncer`, for one transaction.
    DATABASE_POOLING: Pooling = "database.pooling" { default: Default::Computed("`session` with PostgreSQL") }
    /// The most connections of this process to a database server.
    DATABASE_POOL_SIZE: Count<1, 1000> = "database.pool_size" { default: Default::Text("16") }
    /// How long an operation may wait for the database before its request is answered with 503.
    DATABASE_TIMEOUT: Span<1, 60> = "database.timeout" { default: Default::Text("5s") }
    /// How long a start waits for a database server that cannot be reached.
    DATABASE_STARTUP_TIMEOUT: Span<0, 3600> = "database.startup_timeout" { default: Default::Text("60s") }
    /// What a power failure leaves of the embedded database: `full` keeps all that was acknowledged, `relaxed` is
    /// faster and may lose the last moments.
    DATABASE_DURABILITY: Durability = "database.durability" { default: Default::Computed("`full` with SQLite") }

    /// How long a session lives at most.
    SESSION_ABSOLUTE: Span<60, { days(3650) }> = "session.absolute" { default: Default::Text("30d") }
    /// How long a session lives without a refresh.
    SESSION_IDLE: Span<60, { days(3650) }> = "session.idle" { default: Default::Text("14d") }
    /// How long an access token lives.
    SESSION_ACCESS: Span<10, { days(1) }> = "session.access" { default: Default::Text("15m") }
    /// For how long an exchanged refresh token still gets the answer that was lost.
    SESSION_REFRESH_GRACE: Span<0, 600> = "session.refresh_grace" { default: Default::Text("30s") }
    /// How many live sessions an account may have; one more ends the one that was used least recently. 0 is any number.
    SESSION_MAX_PER_ACCOUNT: Count<0, 100_000> = "session.max_per_account" { default: Default::Text("100") }
    /// How long ago an administrator may have logged in, or have given the password again, to disable, promote, demote
    /// or delete an account or to rotate keys.
    SESSION_STEP_UP: Span<60, { days(1) }> = "session.step_up" { default: Default::Text("15m") }

    /// What access tokens are signed with. After a change a key of the new algorithm is published at once and signs an
    /// hour later, when every service knows it; where keys are rotated by hand only, with the second rotation.
    TOKEN_ALGORITHM: Algorithm = "token.algorithm" { default: Default::Text("EdDSA") }
    /// The `iss` of access tokens.
    TOKEN_ISSUER: Text = "token.issuer" { default: Default::Computed("the value of `public_url`") }
    /// The `aud` of access tokens.
    TOKEN_AUDIENCE: Text = "token.audience" { default: Default::Text("portcullis") }

    /// For how long a signing key signs before the next one takes over by itself, published for an hour by then; 0 leaves
    /// that to `portcullis keys rotate`. Nobody is logged out by it.
    KEYS_ROTATE_EVERY: Span<0, { days(3650) }> = "keys.rotate_every" { default: Default::Text("90d") }

    /// What signs the access tokens of the dialects that have refresh tokens as well. The secret of the older backend,
    /// byte for byte, so that its tokens go on working. Production needs one that is neither short nor out of a
    /// tutorial; in development a missing one is made from the master key.
    LEGACY_ACCESS_TOKEN_SECRET: SharedSecret = "legacy.access_token_secret" {
        default: Default::Computed("made from the master key in development; required in production where a dialect uses it"),
        aliases: &[Alias::same("ACCESS_TOKEN_SECRET")],
        visibility: Visibility::Hidden,
    }
    /// What signs their refresh tokens; otherwise like `legacy.access_token_secret`.
    LEGACY_REFRESH_TOKEN_SECRET: SharedSecret = "legacy.refresh_token_secret" {
        default: Default::Computed("made from the master key in development; required in production where a dialect uses it"),
        aliases: &[Alias::same("REFRESH_TOKEN_SECRET")],
        visibility: Visibility::Hidden,
    }
    /// What signs the tokens of the dialects that have one kind; otherwise like `legacy.access_token_secret`.
    LEGACY_JWT_SECRET: SharedSecret = "legacy.jwt_secret" {
        default: Default::Computed("made from the master key in development; required in production where a dialect uses it"),
        aliases: &[Alias::same("JWT_SECRET")],
        visibility: Visibility::Hidden,
    }
    /// The `legacy.access_token_secret` before this one: tokens that were signed with it are accepted until they expire.
    /// With one that everybody could find, only those that this server signed.
    LEGACY_ACCESS_TOKEN_SECRET_PREVIOUS: SharedSecret = "legacy.access_token_secret_previous" {
        visibility: Visibility::Hidden,
    }
    /// The `legacy.refresh_token_secret` before this one; otherwise like `legacy.access_token_secret_previous`.
    LEGACY_REFRESH_TOKEN_SECRET_PREVIOUS: SharedSecret = "legacy.refresh_token_secret_previous" {
        visibility: Visibility::Hidden,
    }
    /// The `legacy.jwt_secret` before this one; otherwise like `legacy.access_token_secret_previous`.
    LEGACY_JWT_SECRET_PREVIOUS: SharedSecret = "legacy.jwt_secret_previous" { visibility: Visibility::Hidden }
    /// Which tokens under the secrets before are accepted: `all`, or `own`, those only that this server signed. `own` is for
    /// a secret that leaked: nobody can make such a token with the secret alone.
    LEGACY_PREVIOUS_ACCEPTED: PreviousForeign = "legacy.previous_accepted" { default: Default::Text("all") }
    /// How long access tokens live, where the older backend lets its `.env` decide. A number alone is seconds, as those
    /// who write it mean it; the npm package `jsonwebtoken` takes such a text for milliseconds.
    LEGACY_ACCESS_TOKEN_EXPIRY: TokenLifetime = "legacy.access_token_expiry" {
        default: Default::Computed("that of the dialect"),
        aliases: &[Alias::same("ACCESS_TOKEN_EXPIRY")],
    }
    /// How long refresh tokens live, and with them a session that nobody uses. A number alone is seconds.
    LEGACY_REFRESH_TOKEN_EXPIRY: TokenLifetime = "legacy.refresh_token_expiry" {
        default: Default::Computed("that of the dialect"),
        aliases: &[Alias::same("REFRESH_TOKEN_EXPIRY")],
    }
    /// How long the tokens of the dialects live that have one kind. A number alone is seconds.
    LEGACY_JWT_EXPIRES_IN: TokenLifetime = "legacy.jwt_expires_in" {
        default: Default::Computed("that of the dialect"),
        aliases: &[Alias::same("JWT_EXPIRES_IN")],
    }
    /// The `iss` of tokens, where the older backend writes one. It is checked as well.
    LEGACY_ISSUER: Text = "legacy.issuer" { default: Default::Computed("that of the dialect") }

    /// How new passwords are hashed; hashes of the other kinds go on working. An older backend reads bcrypt only.
    PASSWORD_ALGORITHM: PasswordAlgorithm = "password.algorithm" {
        default: Default::Computed("`bcrypt` where a dialect is mounted, else `argon2id`"),
    }
    /// The cost of new bcrypt hashes; one more doubles the work.
    PASSWORD_BCRYPT_COST: Count<{ *limits::BCRYPT_COST.start() }, { *limits::BCRYPT_COST.end() }> = "password.bcrypt_cost" { default: Default::Text("10") }
    /// The memory of new Argon2id hashes in KiB, needed once by each hashing worker.
    PASSWORD_ARGON2_MEMORY_KIB: Count<{ limits::ARGON2_LANE_MIN_KIB }, { limits::ARGON2_MEMORY_MAX_KIB }> = "password.argon2_memory_kib" { default: Default::Text("19456") }
    /// The passes of new Argon2id hashes over their memory.
    PASSWORD_ARGON2_ITERATIONS: Count<1, { *limits::ARGON2_ITERATIONS.end() }> = "password.argon2_iterations" { default: Default::Text("2") }
    /// The lanes of new Argon2id hashes.
    PASSWORD_ARGON2_PARALLELISM: Count<1, { *limits::ARGON2_PARALLELISM.end() }> = "password.argon2_parallelism" { default: Default::Text("1") }
    /// The fewest characters of a new password. Written, it counts for dialects as well that would ask for another.
    PASSWORD_MIN_LENGTH: Count<1, 128> = "password.min_length" { default: Default::Text("8") }
    /// Whether the passwords that many people have are refused: a list of 21,000 that is part of the program. Written, it
    /// counts for dialects as well that would do otherwise.
    PASSWORD_BLOCK_COMMON: Flag = "password.block_common" { default: Default::Text("true") }
    /// Whether a password is refused that is hardly more than the email address or username of its account.
    PASSWORD_BLOCK_IDENTIFIERS: Flag = "password.block_identifiers" { default: Default::Text("true") }
    /// Words of which a password must not be made, such as the names of the application and of the company. An empty list
    /// blocks none.
    PASSWORD_BLOCKED_WORDS: Words = "password.blocked_words" {
        default: Default::Computed("`portcullis` and the parts of the host name in `public_url`"),
    }
    /// A file of passwords that are known from breaches, made by `portcullis passwords build`. They are refused, in dialects
    /// as well.
    PASSWORD_BREACHED_FILE: PathBuf = "password.breached_file" {}
    /// A range service that knows passwords from breaches, in place of a file, such as
    /// `https://api.pwnedpasswords.com/range/`. It is told five of the forty digits of a SHA-1 when a password is set.
    PASSWORD_BREACHED_URL: RangeUrl = "password.breached_url" {}

    /// How mails leave: over SMTP with TLS from the start (`smtps`) or after a greeting (`smtp`), as files in a directory, or
    /// on stderr, for development. Without it none is sent: nobody who has forgotten a password gets another by mail, and
    /// nobody is told what happens to their account.
    MAIL_URL: MailUrl = "mail.url" { visibility: Visibility::WithoutPassword }
    /// The password of the user in `mail.url`.
    MAIL_PASSWORD: MailPassword = "mail.password" { visibility: Visibility::Hidden }
    /// A file whose first line is that password, in place of `mail.password`.
    MAIL_PASSWORD_FILE: PathBuf = "mail.password_file" {}
    /// Whom mails come from. The mail server must be allowed to send for that domain (SPF, DKIM).
    MAIL_FROM: Mailbox = "mail.from" {
        default: Default::Computed("`<mail.app_name> <no-reply@host of public_url>` with `file:` and `console:`; required with SMTP"),
    }
    /// Where answers to mails go.
    MAIL_REPLY_TO: Mailbox = "mail.reply_to" { default: Default::Computed("to `mail.from`") }
    /// What this service is called, in mails and on the pages that their links lead to.
    MAIL_APP_NAME: Text = "mail.app_name" { default: Default::Text("Portcullis") }
    /// What links begin with, in mails or handed out by an administrator. What follows is the page, such as
    /// `/reset-password?token=…`: of this server, or of an application that calls the API with the token.
    MAIL_LINKS: PublicUrl = "mail.links" { default: Default::Computed("`<public_url>/account`") }
    /// The language of those who have not said any that there is.
    MAIL_LOCALE: Locale = "mail.locale" { default: Default::Text("en") }
    /// A directory of templates that take the place of ours, as `<locale>/<name>.txt` and `.html`.
    MAIL_TEMPLATES: PathBuf = "mail.templates" {}
    /// A PEM file with authorities that may vouch for the mail server beside the public ones of the web.
    MAIL_CA_FILE: PathBuf = "mail.ca_file" {}
    /// How many mails of one kind go to one address in an hour. More are dropped.
    MAIL_PER_ADDRESS_HOURLY: Count<1, 1000> = "mail.per_address_hourly" { default: Default::Text("5") }
    /// How many mails of each kind that anybody can ask for go out in an hour, from all nodes together. More wait.
    MAIL_HOURLY: Count<1, 10_000_000> = "mail.hourly" { default: Default::Text("1000") }

    /// What a registration answers: `conceal` says the same to everybody, and the account comes to be with the link in a
    /// mail; `reveal` makes it at once, and tells whether an address or a username is taken. Dialects always reveal.
    REGISTRATION_ANSWER: RegistrationAnswer = "registration.answer" {
        default: Default::Computed("`conceal` when `mail.url` is written, else `reveal`"),
    }
    /// Who may register: everybody, or those only whom an administrator has invited. Through a dialect nobody who has to be
    /// invited can.
    REGISTRATION_ACCESS: RegistrationAccess = "registration.access" { default: Default::Text("open") }
    /// The only domains of whose addresses accounts are made; each stands for all below it too. Empty: all.
    REGISTRATION_ALLOWED_DOMAINS: MailDomains = "registration.allowed_domains" { default: Default::Text("") }
    /// Domains of whose addresses no account is made; each stands for all below it too.
    REGISTRATION_BLOCKED_DOMAINS: MailDomains = "registration.blocked_domains" { default: Default::Text("") }
    /// A file of more such domains, one a line: a list of those that hand out addresses to throw away. A line that begins
    /// with `#` is passed over. It is read at the start.
    REGISTRATION_BLOCKED_DOMAINS_FILE: PathBuf = "registration.blocked_domains_file" {}
    /// How long an invitation is good.
    REGISTRATION_INVITATION_LIFETIME: Span<3600, { days(365) }> = "registration.invitation_lifetime" { default: Default::Text("7d") }

    /// What an account whose address is not verified is kept from: `never` anything, `login`, or what begins with one of these
    /// paths of the API.
    ACCOUNT_REQUIRE_VERIFIED_EMAIL: RequiredEmail = "account.require_verified_email" { default: Default::Text("never") }
    /// How long an account stays that its owner has deleted, who can take that back until then by a link in a mail. 0 deletes at
    /// once, as happens where no mails are sent.
    ACCOUNT_DELETION_GRACE: DeletionGrace = "account.deletion_grace" { default: Default::Text("7d") }

    /// The threads that hash passwords.
    HASHING_WORKERS: Count<1, 1024> = "hashing.workers" { default: Default::Computed("the number of processor cores") }
    /// How many passwords may wait to be hashed before logins are turned away with 503.
    HASHING_QUEUE: Count<1, 1_000_000> = "hashing.queue" { default: Default::Text("256") }
    /// How long a password may wait to be hashed before its login is turned away with 503.
    HASHING_DEADLINE: Span<1, 300> = "hashing.deadline" { default: Default::Text("5s") }

    /// The most memory in MiB that hashes need at once. One that needs more by itself is computed alone.
    HASHING_MEMORY_MIB: Count<1, 1_048_576> = "hashing.memory_mib" {
        default: Default::Computed("`256`, or what all workers need for new Argon2id hashes if that is more"),
    }
    /// What computes bcrypt: our own code, which does up to three hashes at once in little more time than one, or the
    /// library that it is checked against.
    HASHING_BCRYPT_KERNEL: BcryptKernel = "hashing.bcrypt_kernel" { default: Default::Text("interleaved") }

    /// Whether wrong passwords are counted for each identifier and each client network, so that after many of them the
    /// next ones have to wait (429).
    THROTTLE_ENABLED: Flag = "throttle.enabled" { default: Default::Text("true") }
    /// Where they are counted: by each node in its own memory, or by all nodes together in the database or in a Redis
    /// or Valkey. While those are away each node counts by itself.
    THROTTLE_COUNTERS: CounterPlace = "throttle.counters" {
        default: Default::Computed("`memory` with SQLite, `database` with a database server"),
    }
    /// The Redis or Valkey in which they are counted. One server; a cluster of them is not supported.
    THROTTLE_REDIS_URL: RedisUrl = "throttle.redis_url" { visibility: Visibility::WithoutPassword }
    /// How many wrong passwords for one identifier from one network are answered at once. The next tries wait for 30
    /// seconds to 5 minutes each.
    THROTTLE_TRIES: Count<1, 1000> = "throttle.tries" { default: Default::Text("10") }
    /// How many wrong passwords from one address (IPv4) or /64 (IPv6) are answered at once, whatever they are for; three
    /// times as many from its /24 or /48. Clients that have logged in before are not counted.
    THROTTLE_TRIES_PER_ADDRESS: Count<1, 1_000_000> = "throttle.tries_per_address" { default: Default::Text("100") }
    /// How many wrong passwords a minute a node bears for long; with more, clients that it does not know are slowed down.
    THROTTLE_FAILURES_PER_MINUTE: Count<1, 10_000_000> = "throttle.failures_per_minute" { default: Default::Text("600") }
    /// How many accounts can be registered in an hour from one address (IPv4) or /64 (IPv6); 0 is any number.
    THROTTLE_REGISTRATIONS_PER_HOUR: Count<0, 1_000_000> = "throttle.registrations_per_hour" {
        default: Default::Computed("`60` in production, `0` in development"),
    }
    /// How much later a wrong password is answered at most, when few more are left before a wait.
    THROTTLE_LONGEST_DELAY: Span<0, 10> = "throttle.longest_delay" { default: Default::Text("2s") }

    /// The longest request body in bytes.
    SERVER_BODY_LIMIT_BYTES: Count<1024, 104_857_600> = "server.body_limit_bytes" { default: Default::Text("102400") }
    /// How long a request may take, reading it included.
    SERVER_REQUEST_TIMEOUT: Span<1, 3600> = "server.request_timeout" { default: Default::Text("30s") }
    /// How long requests in flight may go on after the server was told to stop.
    SERVER_SHUTDOWN_TIMEOUT: Span<0, 3600> = "server.shutdown_timeout" { default: Default::Text("30s") }
    /// How many connections are open at once; further ones wait in the backlog of the system.
    SERVER_MAX_CONNECTIONS: Count<1, 1_000_000> = "server.max_connections" { default: Default::Text("10000") }

    /// A PEM file with the certificate of this server, followed by those of the authorities between it and the root.
    /// With it and `tls.key` the server speaks HTTPS itself, and nothing else.
    TLS_CERT: PathBuf = "tls.cert" {}
    /// A PEM file with the private key of the first certificate in `tls.cert`, not encrypted.
    TLS_KEY: PathBuf = "tls.key" {}
    /// The names that the server gets a certificate for by itself, in place of `tls.cert` and `tls.key`: from an authority
    /// that speaks ACME, which connects to port 443 of each of them. To name them is to agree to the terms of the
    /// authority. Certificate and keys are kept in `<data_dir>/acme`.
    TLS_ACME_DOMAINS: Domains = "tls.acme_domains" {}
    /// That authority. `letsencrypt-staging` is for trials, and issues what no client trusts.
    TLS_ACME_DIRECTORY: AcmeDirectory = "tls.acme_directory" {
        default: Default::Computed("`letsencrypt` when `tls.acme_domains` is written"),
    }
    /// A mail address that the authority may write to.
    TLS_ACME_CONTACT: AcmeContact = "tls.acme_contact" {}
    /// A PEM file with the authorities that vouch for the directory of `tls.acme_directory`, in place of the public ones
    /// of the web.
    TLS_ACME_CA: PathBuf = "tls.acme_ca" {}
    /// A port for plain HTTP beside HTTPS, commonly 80: who asks for a page there is sent to `public_url`, a call of the API
    /// is refused. 0 takes any free one.
    TLS_REDIRECT_PORT: Port = "tls.redirect_port" {}
    /// For which hosts browsers that were here once come by HTTPS only, for a year: this `host`, its `subdomains` too, or
    /// these before the first visit (`preload`, which browsers take up at <https://hstspreload.org> only).
    TLS_HSTS: Hsts = "tls.hsts" {
        default: Default::Computed("`subdomains` in production, `off` in development"),
    }

    /// How long entries of the audit log are kept; 0 keeps them for ever.
    AUDIT_RETENTION: Span<0, { days(36500) }> = "audit.retention" { default: Default::Text("365d") }

    /// The browser origins that may call this server.
    CORS_ORIGINS: Origins = "cors.origins" {
        default: Default::Computed("`*` (any) in development, none in production"),
    }

    /// What is logged: a level, or a filter such as `info,portcullis_store=debug`.
    LOG_LEVEL: LogFilter = "log.level" { default: Default::Text("info") }
    /// The form of the log.
    LOG_FORMAT: LogFormat = "log.format" {
        default: Default::Computed("`text` in development, `json` in production"),
    }
    /// Whether each request is logged with a line of its own.
    LOG_REQUESTS: Flag = "log.requests" { default: Default::Text("true") }

    /// Where the metrics are read, in the text format of Prometheus: at `/metrics` of this listener. On an address that
    /// other machines reach it speaks HTTPS where the server does; one that is not private needs `metrics.token`. 0 as the
    /// port takes any free one.
    METRICS_LISTEN: SocketAddr = "metrics.listen" {}
    /// What has to be sent for the metrics, as a Bearer token. Without `metrics.listen` they are at `/metrics` beside the
    /// API, for whoever has it.
    METRICS_TOKEN: BearerToken = "metrics.token" { visibility: Visibility::Hidden }

    /// The collector that spans of requests are sent to: OTLP over HTTP, at `/v1/traces` below this URL. Only in a binary
    /// that was built with the feature `otel`, as the next two.
    OTEL_ENDPOINT: PublicUrl = "otel.endpoint" {}
    /// What this server is called in traces.
    OTEL_SERVICE_NAME: Text = "otel.service_name" { default: Default::Text("portcullis") }
    /// How many of a hundred requests are traced; of those that come through a proxy in `trusted_proxies` with a
    /// `traceparent`, the ones that were chosen there.
    OTEL_SAMPLE_PERCENT: Count<1, 100> = "otel.sample_percent" { default: Default::Text("100") }
}

/// Node programs know more words, and all but one of them mean development.
fn environment_of_node(text: &str) -> String {
    let word = if text.trim() == "production" { "production" } else { "development" };
    word.to_owned()
}

fn url_of_sqlite_file(path: &str) -> String {
    format!("sqlite:{path}")
}
