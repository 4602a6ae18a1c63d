//! Are the settings wise? That they are possible, the configuration has checked.

use portcullis_core::crypto::password::Scheme;
use portcullis_http::Hsts;

use super::Finding;
use crate::config::Settings;
use crate::config::problem::Warning;
use crate::config::value::Origins;

/// The least that OWASP's password storage cheat sheet recommends.
const BCRYPT_COST: u32 = 10;
/// Of its equivalent Argon2id settings, the smallest memory times iterations: 7 MiB five times.
const ARGON2_WORK_KIB: u64 = 7168 * 5;

pub(super) fn examine(settings: &Settings) -> Vec<Finding> {
    let mut findings = vec![
        public_url(settings),
        hsts(settings),
        proxies(settings),
        origins(settings),
        hashing(settings),
        guessing(settings),
    ];
    findings.extend(dialects(settings));
    findings.extend(settings.warnings.iter().map(warned));
    findings
}

fn dialects(settings: &Settings) -> Option<Finding> {
    let names: Vec<_> = settings.dialects.iter().map(|spoken| spoken.dialect.name).collect();
    (!names.is_empty()).then(|| Finding::ok("dialects", names.join(", ")))
}

fn warned(warning: &Warning) -> Finding {
    Finding::warn(warning.about, warning.what.as_str(), warning.advice.as_str())
}

fn public_url(settings: &Settings) -> Finding {
    let url = settings.public_url.as_str();
    if settings.public_url.is_https() {
        return Finding::ok("public url", url);
    }
    Finding::warn(
        "public url",
        format!("{url} is not https"),
        "fine on this machine only; production refuses it",
    )
}

/// ASVS 5.0, V3.4.1: a year, from level 2 on for all subdomains.
fn hsts(settings: &Settings) -> Finding {
    let advice = "leave PORTCULLIS_TLS_HSTS out, unless names below that of this server are to be reached by plain http";
    match settings.hsts {
        Hsts::Off if settings.is_production() => {
            Finding::warn("hsts", "browsers may come by plain http first, and be deceived", advice)
        }
        Hsts::Off => Finding::ok("hsts", "off, as suits development"),
        Hsts::Host => {
            Finding::ok("hsts", "browsers come to this host by HTTPS only; others below it as they like")
        }
        Hsts::Subdomains | Hsts::Preload => {
            Finding::ok("hsts", "browsers come to this host and all below it by HTTPS only")
        }
    }
}

fn proxies(settings: &Settings) -> Finding {
    let proxies = &settings.trusted_proxies;
    if proxies.iter().any(|net| net.prefix_len() == 0) {
        let advice = "name the addresses of your proxies in PORTCULLIS_TRUSTED_PROXIES, so that nobody can lie about theirs";
        return Finding::warn("proxies", "every client is believed about its address", advice);
    }
    match proxies.len() {
        0 if settings.is_production() => Finding::warn(
            "proxies",
            "none trusted; the peer of a connection is the client",
            "fine without a reverse proxy; behind one, all clients seem to be one, and the wrong passwords of some hold \
             up the logins of all: set PORTCULLIS_TRUSTED_PROXIES",
        ),
        0 => Finding::ok("proxies", "none trusted; the peer of a connection is the client"),
        count => Finding::ok("proxies", format!("{count} trusted")),
    }
}

fn origins(settings: &Settings) -> Finding {
    match &settings.cors_origins {
        Origins::Any => Finding::warn(
            "cors",
            "every web site may call this server",
            "fine in development; production refuses it: list yours in PORTCULLIS_CORS_ORIGINS",
        ),
        Origins::Listed(origins) => Finding::ok("cors", format!("{} other origins may call", origins.len())),
    }
}

fn hashing(settings: &Settings) -> Finding {
    match settings.password.scheme {
        Scheme::Bcrypt { cost } if cost < BCRYPT_COST => Finding::warn(
            "passwords",
            format!("bcrypt with cost {cost} is quick to guess"),
            format!("set PORTCULLIS_PASSWORD_BCRYPT_COST to {BCRYPT_COST} or more"),
        ),
        Scheme::Bcrypt { cost } => Finding::ok("passwords", format!("bcrypt, cost {cost}")),
        Scheme::Argon2id { memory_kib, iterations, .. }
            if u64::from(memory_kib) * u64::from(iterations) < ARGON2_WORK_KIB =>
        {
            Finding::warn(
                "passwords",
                format!("Argon2id with {memory_kib} KiB and {iterations} iterations is quick to guess"),
                "leave PORTCULLIS_PASSWORD_ARGON2_MEMORY_KIB and _ITERATIONS out",
            )
        }
        Scheme::Argon2id { memory_kib, iterations, .. } => {
            Finding::ok("passwords", format!("Argon2id, {memory_kib} KiB, {iterations} iterations"))
        }
    }
}

fn guessing(settings: &Settings) -> Finding {
    if settings.throttle.policy.is_some() {
        return Finding::ok("guessing", "wrong passwords are counted, and many have to wait");
    }
    Finding::warn(
        "guessing",
        "passwords can be guessed without a limit",
        "remove PORTCULLIS_THROTTLE_ENABLED, unless something in front of this server sets a limit",
    )
}
