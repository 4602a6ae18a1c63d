//! Which values contradict each other, or have no place in production?

use portcullis_core::crypto::password::limits::BCRYPT_PASSWORD_BYTES;
use portcullis_core::crypto::password::{Scheme, SchemeError};

use super::super::keys::{self, Declared};
use super::super::resolve::Resolver;
use super::super::value::Origins;
use super::{Settings, dialects, mail, observed, tls};

/// The least that ASVS 5.0 takes (6.2.1).
const LEAST_CHARACTERS: usize = 8;
/// The least work for a new hash that ASVS 5.0 takes (appendix C): Argon2id with five passes over 7 MiB or as much in
/// fewer, bcrypt with 2^10 rounds.
const LEAST_ARGON2_KIB: u64 = 7 * 1024 * 5;
const LEAST_BCRYPT_COST: u32 = 10;

/// Checks what no single value can tell.
pub(super) fn check(resolver: &mut Resolver<'_>, settings: &Settings) {
    check_lifetimes(resolver, settings);
    check_password(resolver, settings);
    dialects::rules::check(resolver, settings);
    tls::rules::check(resolver, settings);
    mail::rules::check(resolver, settings);
    observed::check(resolver, settings);
    if settings.is_production() {
        check_production(resolver, settings);
    }
}

fn check_lifetimes(resolver: &mut Resolver<'_>, settings: &Settings) {
    let session = &settings.session;
    let absolute = &keys::SESSION_ABSOLUTE.declared;
    let idle = &keys::SESSION_IDLE.declared;
    let access = &keys::SESSION_ACCESS.declared;
    let grace = &keys::SESSION_REFRESH_GRACE.declared;
    if session.idle > session.absolute {
        conflict(resolver, idle, "is longer than", absolute);
    }
    if session.access >= session.idle {
        conflict(resolver, access, "is not shorter than", idle);
    }
    if session.refresh_grace >= session.access {
        conflict(resolver, grace, "is not shorter than", access);
    }
}

fn conflict(resolver: &mut Resolver<'_>, left: &'static Declared, relation: &str, right: &'static Declared) {
    let what = format!("{} {relation} {}", resolver.cite(left), resolver.cite(right));
    resolver.forbid(&[left, right], what, format!("shorten `{}` or lengthen `{}`", left.name, right.name));
}

fn check_password(resolver: &mut Resolver<'_>, settings: &Settings) {
    let scheme = settings.password.scheme;
    let algorithm = &keys::PASSWORD_ALGORITHM.declared;
    if let Err(SchemeError { parameter, least, most, .. }) = scheme.validate() {
        let (memory, lanes) =
            (&keys::PASSWORD_ARGON2_MEMORY_KIB.declared, &keys::PASSWORD_ARGON2_PARALLELISM.declared);
        let iterations = &keys::PASSWORD_ARGON2_ITERATIONS.declared;
        let cited = [memory, iterations, lanes].map(|key| resolver.cite(key)).join(", ");
        let what = format!("the parameters of Argon2id do not fit each other: {cited}");
        let fix = format!("write `password.argon2_{parameter}` from {least} to {most}, or change the others");
        resolver.forbid(&[memory, iterations, lanes], what, fix);
    }
    let min = &keys::PASSWORD_MIN_LENGTH.declared;
    if matches!(scheme, Scheme::Bcrypt { .. }) && settings.password.min_chars > BCRYPT_PASSWORD_BYTES {
        let (min_cited, algorithm_cited) = (resolver.cite(min), resolver.cite(algorithm));
        let what = format!("{min_cited} is more than {algorithm_cited} takes: {BCRYPT_PASSWORD_BYTES} bytes");
        resolver.forbid(&[min, algorithm], what, format!("lower `{}`, or use argon2id", min.name));
    }
}

fn check_production(resolver: &mut Resolver<'_>, settings: &Settings) {
    check_reach(resolver, settings);
    warn_of_weak_passwords(resolver, settings);
    let url = &keys::PUBLIC_URL.declared;
    if !resolver.is_written(url) {
        resolver.forbid(
            &[url],
            "`public_url` is missing, and production needs it: it is the issuer of tokens and the base of links",
            "set PORTCULLIS_PUBLIC_URL to the address that clients use, such as https://auth.example.com",
        );
    } else if !settings.public_url.is_https() {
        // SECURITY: tokens and passwords sent over plain http can be read by everybody on the way.
        let what = format!("{} is not https, which production needs", resolver.cite(url));
        resolver.forbid(
            &[url],
            what,
            "write the https address; TLS may end at a proxy in front of this server",
        );
    }
    let cors = &keys::CORS_ORIGINS.declared;
    if settings.cors_origins == Origins::Any {
        let what =
            format!("{} lets every web site call this server, which production refuses", resolver.cite(cors));
        resolver.forbid(&[cors], what, "list the origins of your web applications");
    }
}

/// SECURITY: whoever gets to a port that speaks plain http without a proxy sends a password that others on the way can read
/// (ASVS 5.0, 12.2.1). A proxy that is not named makes one client of all, and one guesser uses up the limits of everybody.
fn check_reach(resolver: &mut Resolver<'_>, settings: &Settings) {
    let is_open = !settings.listen.ip().to_canonical().is_loopback();
    if is_open && settings.tls.is_none() && settings.trusted_proxies.is_empty() {
        let host = &keys::HOST.declared;
        let what = format!(
            "{} may be reached by clients directly, and there is neither TLS nor a proxy that is trusted",
            resolver.cite(host)
        );
        let fix = "set PORTCULLIS_TLS_CERT and PORTCULLIS_TLS_KEY, or PORTCULLIS_TRUSTED_PROXIES to the addresses that \
                   your proxy connects from, such as `10.0.0.0/8`; on this machine also PORTCULLIS_HOST=127.0.0.1";
        resolver.forbid(&[host, &keys::TRUSTED_PROXIES.declared, &keys::TLS_CERT.declared], what, fix);
    }
}

fn warn_of_weak_passwords(resolver: &mut Resolver<'_>, settings: &Settings) {
    if settings.password.min_chars < LEAST_CHARACTERS {
        let what = format!(
            "{} lets people have passwords that are soon guessed",
            resolver.cite(&keys::PASSWORD_MIN_LENGTH.declared)
        );
        resolver.warn("passwords", what, format!("write {LEAST_CHARACTERS} or more"));
    }
    let weak = match settings.password.scheme {
        Scheme::Bcrypt { cost } if cost < LEAST_BCRYPT_COST => &keys::PASSWORD_BCRYPT_COST.declared,
        Scheme::Argon2id { memory_kib, iterations, .. }
            if u64::from(memory_kib) * u64::from(iterations) < LEAST_ARGON2_KIB =>
        {
            &keys::PASSWORD_ARGON2_MEMORY_KIB.declared
        }
        Scheme::Bcrypt { .. } | Scheme::Argon2id { .. } => return,
    };
    let what =
        format!("{} makes hashes that are soon tried through when they are stolen", resolver.cite(weak));
    resolver.warn("passwords", what, "leave it out, or write more");
}
