//! What must a new password be, and how is it kept?

use std::path::PathBuf;

use portcullis_core::crypto::password::Scheme;
use portcullis_core::policy::Guessable;

use super::super::keys;
use super::super::resolve::Resolver;
use super::super::value::{Dialects, Flag, PasswordAlgorithm, PublicUrl, RangeUrl, Words};
use super::dialects;

/// What passwords must be and how they are kept.
#[derive(Debug, Clone)]
pub(crate) struct PasswordSettings {
    /// How new ones are hashed.
    pub(crate) scheme: Scheme,
    /// Their fewest characters.
    pub(crate) min_chars: usize,
    /// What becomes of those that many people have.
    pub(crate) common: Guessable,
    /// What becomes of those that are made of the account's own identifiers.
    pub(crate) identifiers: Guessable,
    /// Words of which none is made.
    pub(crate) blocked_words: Vec<String>,
    /// What knows those that are known from breaches.
    pub(crate) breached: Option<BreachedSource>,
}

/// What knows passwords from breaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum BreachedSource {
    /// A file that `portcullis passwords build` made.
    File(PathBuf),
    /// A range service.
    Service(RangeUrl),
}

pub(super) fn resolve(
    resolver: &mut Resolver<'_>,
    spoken: &Dialects,
    public_url: &PublicUrl,
) -> Option<PasswordSettings> {
    let scheme = scheme(resolver, spoken)?;
    Some(PasswordSettings {
        scheme,
        min_chars: resolver.get(&keys::PASSWORD_MIN_LENGTH)?.as_usize(),
        common: blocked(resolver.get(&keys::PASSWORD_BLOCK_COMMON)?),
        identifiers: blocked(resolver.get(&keys::PASSWORD_BLOCK_IDENTIFIERS)?),
        blocked_words: resolver.get_or(&keys::PASSWORD_BLOCKED_WORDS, || Words::of_service(public_url)).0,
        breached: breached(resolver),
    })
}

const fn blocked(flag: Flag) -> Guessable {
    if flag.0 { Guessable::Refused } else { Guessable::Accepted }
}

fn scheme(resolver: &mut Resolver<'_>, spoken: &Dialects) -> Option<Scheme> {
    let algorithm = dialects::password_algorithm(resolver, spoken);
    let cost = resolver.get(&keys::PASSWORD_BCRYPT_COST)?.get();
    let memory_kib = resolver.get(&keys::PASSWORD_ARGON2_MEMORY_KIB)?.get();
    let iterations = resolver.get(&keys::PASSWORD_ARGON2_ITERATIONS)?.get();
    let parallelism = resolver.get(&keys::PASSWORD_ARGON2_PARALLELISM)?.get();
    Some(match algorithm {
        PasswordAlgorithm::Argon2id => Scheme::Argon2id { memory_kib, iterations, parallelism },
        PasswordAlgorithm::Bcrypt => Scheme::Bcrypt { cost },
    })
}

fn breached(resolver: &mut Resolver<'_>) -> Option<BreachedSource> {
    let file = resolver.find(&keys::PASSWORD_BREACHED_FILE);
    let url = resolver.find(&keys::PASSWORD_BREACHED_URL);
    if file.is_some() && url.is_some() {
        let (file, url) = (&keys::PASSWORD_BREACHED_FILE.declared, &keys::PASSWORD_BREACHED_URL.declared);
        let what = format!("{} and {} are both written", resolver.cite(file), resolver.cite(url));
        resolver.forbid(&[file, url], what, "keep one of the two: the file asks nobody");
    }
    file.map(BreachedSource::File).or_else(|| url.map(BreachedSource::Service))
}
