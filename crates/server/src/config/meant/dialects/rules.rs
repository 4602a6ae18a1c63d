//! What cannot be spoken together, and which lifetimes of a dialect contradict others?

use std::time::Duration;

use portcullis_http::dialects::{Collision, Expiry, collisions};

use super::super::super::keys::{self, Declared};
use super::super::super::resolve::Resolver;
use super::super::super::value::{TokenLifetime, Value as _};
use super::super::Settings;
use super::lifetimes::unit_of;
use super::{DialectSettings, key_of};

/// Checks what no single dialect can tell.
pub(in super::super) fn check(resolver: &mut Resolver<'_>, settings: &Settings) {
    check_paths(resolver, &settings.dialects);
    for dialect in &settings.dialects {
        check_lifetimes(resolver, dialect, settings.session.refresh_grace);
    }
}

fn check_paths(resolver: &mut Resolver<'_>, dialects: &[DialectSettings]) {
    if dialects.is_empty() {
        return;
    }
    let mounts: Vec<_> = dialects.iter().map(|spoken| (spoken.dialect, spoken.prefix.clone())).collect();
    let found = collisions(&mounts);
    if found.is_empty() {
        return;
    }
    let key = &keys::DIALECTS.declared;
    let pairs: Vec<_> = found.iter().map(ToString::to_string).collect();
    let what = format!("{} has two routes at one path: {}", resolver.cite(key), pairs.join("; "));
    let fix = format!(
        "give one a prefix of its own: {}={}",
        key.environment_name(),
        with_prefixes(dialects, &found)
    );
    resolver.forbid(&[key], what, fix);
}

/// The same list, with prefixes for those that are in the way of others.
fn with_prefixes(dialects: &[DialectSettings], collisions: &[Collision]) -> String {
    let written = dialects.iter().map(|DialectSettings { dialect, prefix, .. }| {
        let name = dialect.name;
        let is_in_the_way = collisions.iter().any(|found| found.other.ends_with(&format!(" of {name}")));
        let last_word = name.rsplit('-').next().unwrap_or(name);
        match prefix.as_str() {
            prefix if is_in_the_way => format!("{name}={prefix}/{last_word}"),
            "" => name.to_owned(),
            prefix => format!("{name}={prefix}"),
        }
    });
    written.collect::<Vec<_>>().join(",")
}

fn check_lifetimes(resolver: &mut Resolver<'_>, spoken: &DialectSettings, grace: Duration) {
    let Some(refresh) = spoken.refresh else { return };
    let name = spoken.dialect.name;
    let by = (spoken.dialect.access.configured_by, spoken.dialect.refresh.and_then(|own| own.configured_by));
    let access_told = told(resolver, by.0, &format!("the access tokens of `{name}`"), spoken.access);
    if spoken.access >= refresh {
        let refresh_told = told(resolver, by.1, &format!("the refresh tokens of `{name}`"), refresh);
        let what = format!("{access_told} is not shorter than {refresh_told}");
        let unit = unit_of(resolver, keys_for([by.0, by.1]));
        let fix = format!(
            "shorten the one or lengthen the other: a refresh token is there to outlive access tokens{unit}"
        );
        resolver.forbid(&keys_of([by.0, by.1]), what, fix);
    }
    if grace >= spoken.access {
        let key = &keys::SESSION_REFRESH_GRACE.declared;
        let what = format!("{} is not shorter than {access_told}", resolver.cite(key));
        let fix = match by.0 {
            Some(expiry) => format!("shorten `{}` or lengthen `{}`", key.name, key_of(expiry).declared.name),
            None => format!("shorten `{}`", key.name),
        };
        let fix = fix + unit_of(resolver, keys_for([by.0, None]));
        resolver.forbid(&[&[key], keys_of([by.0, None]).as_slice()].concat(), what, fix);
    }
}

fn keys_of(expiries: [Option<Expiry>; 2]) -> Vec<&'static Declared> {
    keys_for(expiries).chain([&keys::DIALECTS.declared]).collect()
}

fn keys_for(expiries: [Option<Expiry>; 2]) -> impl Iterator<Item = &'static Declared> {
    expiries.into_iter().flatten().map(|expiry| &key_of(expiry).declared)
}

/// A lifetime by the key that was written for it, else by whose it is.
fn told(resolver: &Resolver<'_>, by: Option<Expiry>, whose: &str, lifetime: Duration) -> String {
    match by.map(|expiry| &key_of(expiry).declared) {
        Some(key) if resolver.is_written(key) => resolver.cite_with_original(key),
        _ => format!("the lifetime of {whose} ({})", TokenLifetime::of(lifetime).show()),
    }
}
