//! What may an operator decide about the HTTP face?

use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;

use crate::layers::ContinueTrace;
use crate::metrics::{MetricsPage, RequestMetrics};

/// What the HTTP face is told at its start.
#[derive(Debug, Clone)]
pub struct HttpSettings {
    /// Whether this is somebody's own machine or the real thing.
    pub environment: Environment,
    /// The origin that browsers see this server under: `https://auth.example.com`, without a slash at the end.
    pub public_origin: String,
    /// Which other origins may call it from a browser.
    pub cors: CorsOrigins,
    /// The proxies whose `X-Forwarded-For` and `X-Request-Id` are believed.
    pub trusted_proxies: Vec<IpNet>,
    /// The longest request body in bytes.
    pub body_limit_bytes: usize,
    /// How long a request may take, reading its body included.
    pub request_timeout: Duration,
    /// Whether each request is logged with a line of its own.
    pub log_requests: RequestLog,
    /// Where requests are counted, if anywhere.
    pub requests: Option<Arc<RequestMetrics>>,
    /// What is shown at `/metrics`, if it stands beside the API.
    pub metrics_page: Option<Arc<MetricsPage>>,
    /// Goes on with the trace that a proxy has begun, where requests are traced.
    pub continue_trace: Option<ContinueTrace>,
    /// What browsers are told about coming by HTTPS only. Nothing where `public_origin` is not https.
    pub hsts: Hsts,
    /// The paths of the API that take an account whose email address is verified, and all below them: `/v1/me/sessions`.
    pub verified_email_routes: Vec<String>,
    /// What the service is called on the pages that links of mails lead to.
    pub app_name: Option<String>,
}

impl HttpSettings {
    /// Defaults: no foreign origins, no proxies, bodies up to 100 KiB, 30 seconds a request, one log line each; in
    /// production browsers come by HTTPS only. No route takes a verified email address, the service has no name.
    pub fn new(environment: Environment, public_origin: impl Into<String>) -> Self {
        Self {
            environment,
            public_origin: public_origin.into(),
            cors: CorsOrigins::Listed(Vec::new()),
            trusted_proxies: Vec::new(),
            body_limit_bytes: 100 * 1024,
            request_timeout: Duration::from_secs(30),
            log_requests: RequestLog::On,
            requests: None,
            metrics_page: None,
            continue_trace: None,
            hsts: Hsts::of(environment),
            verified_email_routes: Vec::new(),
            app_name: None,
        }
    }
}

/// Where the server runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Environment {
    /// Somebody's own machine.
    Development,
    /// The real thing.
    Production,
}

/// Which origins besides its own may call the server from a browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CorsOrigins {
    /// These, with cookies: each `scheme://host` with the port when it is not the scheme's own.
    Listed(Vec<String>),
    /// Every one, without cookies. Counts in development only; in production it is an empty list.
    Any,
}

/// Whether requests are logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestLog {
    /// One line each, under the target `request` at level `info`.
    On,
    /// None.
    Off,
}

/// For which hosts browsers that were here once come by HTTPS only, for a year (RFC 6797).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hsts {
    /// For none.
    Off,
    /// For the host of this server.
    Host,
    /// For that and all below it.
    Subdomains,
    /// The same, and browsers may know it before the first visit: <https://hstspreload.org>.
    Preload,
}

impl Hsts {
    /// What suits an environment. In development a browser would keep it for `localhost`, whoever listens there next.
    pub const fn of(environment: Environment) -> Self {
        match environment {
            Environment::Development => Self::Off,
            Environment::Production => Self::Subdomains,
        }
    }
}
