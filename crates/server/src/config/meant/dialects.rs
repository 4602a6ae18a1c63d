//! Which contracts of older backends are spoken, and under which rules?
//!
//! ```text
//! dialects ──▶ port                          the backend's own, when it is the only one
//!    │
//!    ├──────▶ legacy.*_secret   secrets.rs   written, or made from the master key
//!    ├──────▶ legacy.*_previous previous.rs  the secrets before them, accepted only
//!    ├──────▶ legacy.*_expiry   lifetimes.rs written, or the dialect's own
//!    └──────▶ legacy.issuer                  written, or the dialect's own
//! ```
//!
//! Invariant: what is written under one of our own names has an effect, or nothing starts. The old names are passed
//! over where no dialect asks for them.

mod lifetimes;
mod previous;
pub(super) mod rules;
pub(super) mod secrets;
mod well_known;

use std::time::Duration;

use portcullis_core::policy::Guessable;
use portcullis_http::dialects::{Dialect, Expiry, Prefix};
use secrecy::SecretString;

use super::super::keys::{self, Key};
use super::super::resolve::{Resolver, Spelling};
use super::super::value::{
    Dialects, Environment, PasswordAlgorithm, Port, SharedSecret, Text, TokenLifetime, Value,
};

pub(crate) use self::previous::{PreviousSecret, PreviousSecrets};

/// The port where nothing is written and no dialect has one of its own.
const PORT: u16 = 3000;
/// Who decides a default when there are several dialects.
const ALL_OF_THEM: &str = "the dialects";
/// Those that log in whoever registers, in one request: there is no time to verify an address.
pub(crate) const LOGS_IN_AT_REGISTRATION: [&str; 2] = ["api-session", "auth-router"];
/// Those whose accounts have a username and nothing else.
pub(crate) const REGISTERS_WITHOUT_EMAIL: [&str; 1] = ["bearer-single"];

/// A contract that is spoken, and its rules.
#[derive(Debug)]
pub(crate) struct DialectSettings {
    /// Which.
    pub(crate) dialect: &'static Dialect,
    /// What its paths begin with.
    pub(crate) prefix: Prefix,
    /// How long its access tokens live.
    pub(crate) access: Duration,
    /// How long its refresh tokens live, where it has any.
    pub(crate) refresh: Option<Duration>,
    /// The `iss` of its tokens, where they have one.
    pub(crate) issuer: Option<String>,
    /// The fewest characters of a new password, where it is not as elsewhere.
    pub(crate) min_password_chars: Option<usize>,
    /// What becomes of passwords that many people have, where it is not as elsewhere.
    pub(crate) common_passwords: Option<Guessable>,
    /// What signs its tokens.
    pub(crate) secrets: SecretSettings,
    /// What signed them before.
    pub(crate) previous: PreviousSecrets,
}

/// What signs the tokens of a dialect.
#[derive(Debug, Clone)]
pub(crate) enum SecretSettings {
    /// One secret for each kind.
    Pair {
        /// For access tokens.
        access: SecretSource,
        /// For refresh tokens.
        refresh: SecretSource,
    },
    /// One secret.
    Single(SecretSource),
}

/// Where a secret comes from.
#[derive(Debug, Clone)]
pub(crate) enum SecretSource {
    /// The older backend, by the configuration.
    Written(SecretString),
    /// The master key, for this purpose. The same on every node and after every start.
    MasterKey(Purpose),
}

/// What a secret is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Access tokens, where there are refresh tokens as well.
    Access,
    /// Refresh tokens.
    Refresh,
    /// The tokens of a dialect with one kind.
    Jwt,
}

impl Purpose {
    const ALL: [Self; 3] = [Self::Access, Self::Refresh, Self::Jwt];

    pub(super) const fn key(self) -> &'static Key<SharedSecret> {
        match self {
            Self::Access => &keys::LEGACY_ACCESS_TOKEN_SECRET,
            Self::Refresh => &keys::LEGACY_REFRESH_TOKEN_SECRET,
            Self::Jwt => &keys::LEGACY_JWT_SECRET,
        }
    }
}

const fn key_of(expiry: Expiry) -> &'static Key<TokenLifetime> {
    match expiry {
        Expiry::Access => &keys::LEGACY_ACCESS_TOKEN_EXPIRY,
        Expiry::Refresh => &keys::LEGACY_REFRESH_TOKEN_EXPIRY,
        Expiry::Jwt => &keys::LEGACY_JWT_EXPIRES_IN,
    }
}

/// Whether whoever registers there is logged in by that.
pub(super) fn logs_in_at_registration(dialect: &str) -> bool {
    LOGS_IN_AT_REGISTRATION.contains(&dialect)
}

/// Whether whoever registers there gives no email address.
pub(super) fn registers_without_email(dialect: &str) -> bool {
    REGISTERS_WITHOUT_EMAIL.contains(&dialect)
}

/// The port: that of the only dialect, when nobody wrote another.
pub(super) fn port(resolver: &mut Resolver<'_>, spoken: &Dialects) -> Port {
    match spoken.only() {
        Some(dialect) => resolver.get_or_of(&keys::PORT, dialect.name, Port(dialect.port)),
        None => resolver.get_or(&keys::PORT, || Port(PORT)),
    }
}

/// How new passwords are hashed: so that the older backend can read them, when there is one and nobody wrote how.
pub(super) fn password_algorithm(resolver: &mut Resolver<'_>, spoken: &Dialects) -> PasswordAlgorithm {
    let key = &keys::PASSWORD_ALGORITHM;
    if spoken.0.is_empty() {
        return resolver.get_or(key, || PasswordAlgorithm::Argon2id);
    }
    let algorithm = resolver.get_or_of(key, whom(spoken.only()), PasswordAlgorithm::Bcrypt);
    if algorithm != PasswordAlgorithm::Bcrypt {
        let what =
            format!("{}: an older backend cannot check what is hashed so", resolver.cite(&key.declared));
        let advice = "fine when there is no way back to it; else remove the setting, so that bcrypt is used";
        resolver.warn("passwords", what, advice);
    }
    algorithm
}

/// All that is spoken, with its rules.
pub(super) fn resolve(
    resolver: &mut Resolver<'_>,
    environment: Environment,
    spoken: Dialects,
) -> Vec<DialectSettings> {
    let secrets = secrets::resolve(resolver, environment, &spoken);
    let previous = previous::resolve(resolver, &spoken, &secrets);
    let expiries = lifetimes::resolve(resolver, &spoken);
    let issuer = issuer(resolver, &spoken);
    let is_written = resolver.is_written(&keys::PASSWORD_MIN_LENGTH.declared);
    let is_common_written = resolver.is_written(&keys::PASSWORD_BLOCK_COMMON.declared);
    let settings = spoken.0.into_iter().map(|(dialect, prefix)| DialectSettings {
        dialect,
        prefix,
        access: expiries.of(&dialect.access),
        refresh: dialect.refresh.as_ref().map(|lifetime| expiries.of(lifetime)),
        issuer: dialect.issuer.map(|own| issuer.clone().unwrap_or_else(|| own.to_owned())),
        min_password_chars: dialect.min_password_chars.filter(|_| !is_written),
        common_passwords: (!is_common_written).then_some(dialect.common_passwords),
        secrets: secrets.of(dialect),
        previous: previous.of(dialect),
    });
    settings.collect()
}

/// The `iss` that somebody wrote.
fn issuer(resolver: &mut Resolver<'_>, spoken: &Dialects) -> Option<String> {
    let key = &keys::LEGACY_ISSUER;
    let users = spoken.that(|dialect| dialect.issuer.is_some());
    let defaults: Vec<_> = users.iter().filter_map(|dialect| dialect.issuer).collect();
    if users.is_empty() {
        leave_out(resolver, key, |dialect| dialect.issuer.is_some());
        return None;
    }
    let found = find_or_agreed(resolver, key, &users, &defaults, |default| Text((*default).to_owned()));
    found.map(|issuer| issuer.0)
}

/// The written value of a key, or the one that all who use it agree on.
fn find_or_agreed<T: Value, D: PartialEq>(
    resolver: &mut Resolver<'_>,
    key: &'static Key<T>,
    users: &[&'static Dialect],
    defaults: &[D],
    value: impl FnOnce(&D) -> T,
) -> Option<T> {
    match defaults.split_first() {
        Some((first, rest)) if rest.iter().all(|other| other == first) => {
            let only = if let [user] = users { Some(*user) } else { None };
            Some(resolver.get_or_of(key, whom(only), value(first)))
        }
        _ => resolver.find(key),
    }
}

fn whom(only: Option<&'static Dialect>) -> &'static str {
    only.map_or(ALL_OF_THEM, |dialect| dialect.name)
}

/// Refuses a key that no dialect asks for, if it was meant.
fn leave_out<T: Value>(resolver: &mut Resolver<'_>, key: &'static Key<T>, asks: impl Fn(&Dialect) -> bool) {
    let declared = &key.declared;
    if resolver.spelling(declared) != Some(Spelling::Own) {
        return resolver.pass_over(key);
    }
    let _ = resolver.find(key);
    let asking = portcullis_http::dialects::ALL.into_iter().filter(|dialect| asks(dialect));
    let asking: Vec<_> = asking.map(|dialect| format!("`{}`", dialect.name)).collect();
    let what = format!("{} has no effect: no dialect is mounted that asks for it", resolver.cite(declared));
    let fix = match asking.as_slice() {
        [] => format!("remove `{}`", declared.name),
        names => {
            let variable = keys::DIALECTS.declared.environment_name();
            format!("remove it, or mount {} with {variable}", names.join(" or "))
        }
    };
    resolver.forbid(&[declared, &keys::DIALECTS.declared], what, fix);
}
