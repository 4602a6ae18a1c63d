//! What about HTTPS contradicts itself, or is seldom wise?

use portcullis_http::Hsts;

use super::super::super::keys::{self, Declared};
use super::super::super::resolve::Resolver;
use super::super::super::value::{AcmeDirectory, Environment};
use super::super::Settings;
use super::{AcmeSettings, CA, CERT, CONTACT, CertificateSource, DIRECTORY, DOMAINS, KEY};

const REDIRECT: &Declared = &keys::TLS_REDIRECT_PORT.declared;
const HSTS: &Declared = &keys::TLS_HSTS.declared;
const PORT: &Declared = &keys::PORT.declared;

/// The port that authorities connect to (RFC 8737 §3).
const PORT_OF_HTTPS: u16 = 443;

/// Checks what no single key of `[tls]` can tell.
pub(in crate::config::meant) fn check(resolver: &mut Resolver<'_>, settings: &Settings) {
    check_sources(resolver);
    check_redirect(resolver, settings);
    check_hsts(resolver, settings);
    if let Some(CertificateSource::Acme(acme)) = settings.tls.as_ref().map(|tls| &tls.certificate) {
        check_acme(resolver, settings, acme);
    }
}

fn check_sources(resolver: &mut Resolver<'_>) {
    let written = |keys: &[&'static Declared], resolver: &Resolver<'_>| {
        keys.iter().copied().find(|key| resolver.is_written(key))
    };
    if !resolver.is_written(DOMAINS) {
        let Some(key) = written(&[DIRECTORY, CONTACT, CA], resolver) else { return };
        let what = format!("{} says nothing without `{}`", resolver.cite(key), DOMAINS.name);
        let fix = format!("set {} to the names of this server, or leave it out", DOMAINS.environment_name());
        return resolver.forbid(&[DOMAINS, key], what, fix);
    }
    if let Some(key) = written(&[CERT, KEY], resolver) {
        let what = format!("{} and {} are two certificates", resolver.cite(key), resolver.cite(DOMAINS));
        let fix = "keep the files, or have one issued: leave the others out";
        resolver.forbid(&[DOMAINS, key], what, fix);
    }
    if cfg!(not(feature = "acme")) {
        let what = format!("{} asks for what this binary was built without", resolver.cite(DOMAINS));
        let fix = "build it with `cargo build --release --features acme`, or name files with `tls.cert` and `tls.key`";
        resolver.forbid(&[DOMAINS], what, fix);
    }
}

fn check_redirect(resolver: &mut Resolver<'_>, settings: &Settings) {
    if !resolver.is_written(REDIRECT) {
        return;
    }
    let cited = resolver.cite(REDIRECT);
    let Some(tls) = &settings.tls else {
        if [CERT, KEY, DOMAINS].iter().any(|key| resolver.is_written(key)) {
            // What keeps them from being used is told already.
            return;
        }
        let what = format!("{cited} sends to HTTPS, which this server does not speak");
        let fix = "leave it out, and let the proxy that ends TLS do it; or set `tls.cert` and `tls.key`";
        return resolver.forbid(&[REDIRECT, CERT, KEY, DOMAINS], what, fix);
    };
    let port = settings.listen.port();
    if port != 0 && tls.redirect_port == Some(port) {
        let what = format!("{cited} is the port of HTTPS itself: {}", resolver.cite(PORT));
        resolver.forbid(&[REDIRECT, PORT], what, "take another, commonly 80 beside 443");
    }
}

fn check_hsts(resolver: &mut Resolver<'_>, settings: &Settings) {
    let url = &keys::PUBLIC_URL.declared;
    let is_wanted = resolver.is_written(HSTS) && settings.hsts != Hsts::Off;
    // Production has said that it must be https.
    if is_wanted && !settings.public_url.is_https() && !settings.is_production() {
        let what =
            format!("{} would lock browsers out: {} is not https", resolver.cite(HSTS), resolver.cite(url));
        resolver.forbid(&[HSTS, url], what, "leave it out; production has it by itself");
    }
}

fn check_acme(resolver: &mut Resolver<'_>, settings: &Settings, acme: &AcmeSettings) {
    // SECURITY: authorities lock out for hours whoever asks too often for what cannot work.
    if settings.environment == Environment::Development && acme.directory == AcmeDirectory::LetsEncrypt {
        let what = format!("{} orders real certificates from development", resolver.cite(DOMAINS));
        let fix = format!(
            "set {}=letsencrypt-staging for a trial, or PORTCULLIS_ENV=production",
            DIRECTORY.environment_name()
        );
        resolver.forbid(&[DOMAINS, DIRECTORY], what, fix);
    }
    let port = settings.listen.port();
    if port != PORT_OF_HTTPS {
        let what =
            format!("the authority connects to port {PORT_OF_HTTPS}, and this server listens on {port}");
        let advice = format!("let port {PORT_OF_HTTPS} of every name in `{}` lead here", DOMAINS.name);
        resolver.warn("acme", what, advice);
    }
    let host = settings.public_url.host();
    if !acme.domains.iter().any(|domain| domain == host) {
        let what = format!("`public_url` leads to {host}, which is not in {}", resolver.cite(DOMAINS));
        resolver.warn("acme", what, "add it, unless something in front has a certificate for it");
    }
}
