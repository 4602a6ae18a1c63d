//! What may an operator see of a running server, and from where?
//!
//! | `metrics.listen` | `metrics.token` | the metrics are |
//! |---|---|---|
//! | | | nowhere |
//! | written | | on a listener of their own, for whoever gets there |
//! | written | written | the same, for those with the token |
//! | | written | at `/metrics` beside the API, for those with the token |

use std::net::{IpAddr, SocketAddr};

use secrecy::SecretString;

use super::super::keys::{self, Declared};
use super::super::resolve::Resolver;
use super::super::value::{PublicUrl, is_this_machine};
use super::Settings;

const LISTEN: &Declared = &keys::METRICS_LISTEN.declared;
const TOKEN: &Declared = &keys::METRICS_TOKEN.declared;
const ENDPOINT: &Declared = &keys::OTEL_ENDPOINT.declared;
const SERVICE_NAME: &Declared = &keys::OTEL_SERVICE_NAME.declared;
const SAMPLE_PERCENT: &Declared = &keys::OTEL_SAMPLE_PERCENT.declared;

/// Where the metrics are.
#[derive(Debug, Clone)]
pub(crate) enum MetricsSettings {
    /// Nowhere.
    Off,
    /// On a listener of their own.
    Apart {
        /// Where it listens.
        listen: SocketAddr,
        /// What has to be sent to it, if anything.
        token: Option<SecretString>,
    },
    /// Beside the API.
    BesideApi {
        /// What has to be sent for them.
        token: SecretString,
    },
}

/// Where the spans of requests are sent.
#[derive(Debug, Clone)]
#[cfg_attr(not(feature = "otel"), expect(dead_code, reason = "sending spans is a feature"))]
pub(crate) struct OtelSettings {
    /// The collector: OTLP over HTTP.
    pub(crate) endpoint: PublicUrl,
    /// What this server is called there.
    pub(crate) service_name: String,
    /// Of a hundred requests that nobody has decided about, how many are told.
    pub(crate) sample_percent: u32,
}

/// Where the metrics are.
pub(super) fn metrics(resolver: &mut Resolver<'_>) -> MetricsSettings {
    let listen = resolver.find(&keys::METRICS_LISTEN);
    let token = resolver.find(&keys::METRICS_TOKEN).map(|token| token.0);
    match (listen, token) {
        (Some(listen), token) => MetricsSettings::Apart { listen, token },
        (None, Some(token)) => MetricsSettings::BesideApi { token },
        (None, None) => MetricsSettings::Off,
    }
}

/// Where spans are sent, if anywhere.
pub(super) fn otel(resolver: &mut Resolver<'_>) -> Option<OtelSettings> {
    let endpoint = resolver.find(&keys::OTEL_ENDPOINT);
    let service_name = resolver.get(&keys::OTEL_SERVICE_NAME)?.0;
    let sample_percent = resolver.get(&keys::OTEL_SAMPLE_PERCENT)?.get();
    Some(OtelSettings { endpoint: endpoint?, service_name, sample_percent })
}

/// Checks what no single key can tell.
pub(super) fn check(resolver: &mut Resolver<'_>, settings: &Settings) {
    check_reach(resolver, settings);
    check_otel(resolver, settings);
}

fn check_reach(resolver: &mut Resolver<'_>, settings: &Settings) {
    let MetricsSettings::Apart { listen, token } = &settings.metrics else { return };
    if token.is_some() {
        let leaves_the_machine = !listen.ip().to_canonical().is_loopback();
        if leaves_the_machine && settings.tls.is_none() {
            let what = format!(
                "{} is reached over the network in plain text: whoever listens gets the `{}`",
                resolver.cite(LISTEN),
                TOKEN.name
            );
            let advice = "give the server a certificate (PORTCULLIS_TLS_CERT), listen on 127.0.0.1, or leave \
                          PORTCULLIS_METRICS_LISTEN out and read them through the proxy that ends TLS";
            resolver.warn("metrics", what, advice);
        }
        return;
    }
    // SECURITY: the metrics tell a stranger how an attack fares.
    if !is_out_of_reach(listen.ip()) {
        let what =
            format!("{} may be open to everybody, and there is no `{}`", resolver.cite(LISTEN), TOKEN.name);
        let fix = format!(
            "listen on a loopback or private address, or set {} to the output of `openssl rand -hex 32`",
            TOKEN.environment_name()
        );
        resolver.forbid(&[LISTEN, TOKEN], what, fix);
    }
}

/// Whether no stranger gets there, as far as an address can tell.
fn is_out_of_reach(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => address.is_loopback() || address.is_private() || address.is_link_local(),
        IpAddr::V6(address) => {
            address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local()
        }
    }
}

fn check_otel(resolver: &mut Resolver<'_>, settings: &Settings) {
    let written = [ENDPOINT, SERVICE_NAME, SAMPLE_PERCENT].into_iter().find(|key| resolver.is_written(key));
    let Some(written) = written else { return };
    if cfg!(not(feature = "otel")) {
        let what = format!("{} asks for what this binary was built without", resolver.cite(written));
        resolver.forbid(
            &[written],
            what,
            "build it with `cargo build --release --features otel`, or leave it out",
        );
    } else if settings.otel.is_none() {
        let what = format!("{} says nothing without `{}`", resolver.cite(written), ENDPOINT.name);
        let fix = format!("set {} to the collector, or leave it out", ENDPOINT.environment_name());
        resolver.forbid(&[ENDPOINT, written], what, fix);
    } else if settings.is_production()
        && settings.otel.as_ref().is_some_and(|otel| goes_in_clear(&otel.endpoint))
    {
        let what = format!(
            "{} goes to another machine without TLS, which production refuses",
            resolver.cite(ENDPOINT)
        );
        resolver.forbid(&[ENDPOINT], what, "write https, or run a collector on this machine");
    }
}

/// Whether others can read along on the way to a URL.
fn goes_in_clear(url: &PublicUrl) -> bool {
    !url.is_https() && !is_this_machine(url.host())
}
