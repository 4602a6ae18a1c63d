//! How long do the tokens of each dialect live?

use std::time::Duration;

use portcullis_http::dialects::{Dialect, Expiry, Lifetime};

use super::super::super::keys::{self, Declared};
use super::super::super::resolve::Resolver;
use super::super::super::value::{Dialects, TokenLifetime, Value as _};
use super::{find_or_agreed, key_of, leave_out};

/// What the configuration says about lifetimes; `None` where every dialect has its own.
pub(super) struct Expiries {
    access: Option<Duration>,
    refresh: Option<Duration>,
    jwt: Option<Duration>,
}

impl Expiries {
    /// A lifetime as it is configured.
    pub(super) fn of(&self, lifetime: &Lifetime) -> Duration {
        let configured = match lifetime.configured_by {
            Some(Expiry::Access) => self.access,
            Some(Expiry::Refresh) => self.refresh,
            Some(Expiry::Jwt) => self.jwt,
            None => None,
        };
        configured.unwrap_or(lifetime.default)
    }
}

pub(super) fn resolve(resolver: &mut Resolver<'_>, spoken: &Dialects) -> Expiries {
    Expiries {
        access: configured(resolver, spoken, Expiry::Access),
        refresh: configured(resolver, spoken, Expiry::Refresh),
        jwt: configured(resolver, spoken, Expiry::Jwt),
    }
}

/// The lifetimes of a dialect that a key configures.
fn lifetimes(dialect: &Dialect, expiry: Expiry) -> impl Iterator<Item = &Lifetime> {
    let both = [Some(&dialect.access), dialect.refresh.as_ref()];
    both.into_iter().flatten().filter(move |lifetime| lifetime.configured_by == Some(expiry))
}

fn configured(resolver: &mut Resolver<'_>, spoken: &Dialects, expiry: Expiry) -> Option<Duration> {
    let key = key_of(expiry);
    let asks = |dialect: &Dialect| lifetimes(dialect, expiry).next().is_some();
    let users = spoken.that(asks);
    if users.is_empty() {
        leave_out(resolver, key, asks);
        return None;
    }
    let is_written = resolver.is_written(&key.declared);
    let defaults: Vec<_> = users
        .iter()
        .flat_map(|dialect| lifetimes(dialect, expiry))
        .map(|lifetime| lifetime.default)
        .collect();
    let found = find_or_agreed(resolver, key, &users, &defaults, |default| TokenLifetime::of(*default))?;
    if is_written {
        check_most(resolver, &users, expiry, found.get());
    }
    Some(found.get())
}

/// The end of a remedy that says what a number alone is, where somebody wrote one: the npm package takes it for
/// milliseconds.
pub(super) fn unit_of<'a>(
    resolver: &Resolver<'_>,
    keys: impl IntoIterator<Item = &'a Declared>,
) -> &'static str {
    let is_number = |text: &str| text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let has_number = keys.into_iter().any(|key| resolver.original(key).is_some_and(is_number));
    if has_number { "; a number alone is seconds" } else { "" }
}

/// SECURITY: a stolen token is good for as long as it lives. So no `.env` makes one for ever.
fn check_most(resolver: &mut Resolver<'_>, users: &[&'static Dialect], expiry: Expiry, wanted: Duration) {
    let key = &key_of(expiry).declared;
    for dialect in users {
        let most = lifetimes(dialect, expiry).map(|lifetime| lifetime.most).min().unwrap_or(Duration::MAX);
        if wanted > most {
            let most = TokenLifetime::of(most).show();
            let what =
                format!("{} is longer than `{}` takes", resolver.cite_with_original(key), dialect.name);
            let fix = format!("write {most} at most{}", unit_of(resolver, [key]));
            resolver.forbid(&[key, &keys::DIALECTS.declared], what, fix);
        }
    }
}
