//! What is counted, and where is it shown?

use std::sync::Arc;
use std::time::Instant;

use portcullis_core::Auth;
use portcullis_core::ports::Clock;
use portcullis_http::dialects::Mount;
use portcullis_http::{HttpSettings, MetricsPage, RequestMetrics};
use portcullis_store::SqlStore;
use secrecy::{ExposeSecret, SecretString};

use super::SystemClock;
use crate::config::Settings;
use crate::config::meant::MetricsSettings;
use crate::lifecycle::ConnectionCounts;
use crate::metrics::{Limits, Observed, Outbox};
use crate::wiring::tls::Served;

/// What the parts of a server count in.
pub(crate) struct Sources {
    /// The database.
    pub(crate) store: Arc<SqlStore>,
    /// The connections of clients.
    pub(crate) connections: Arc<ConnectionCounts>,
    /// What handshakes show, where there are any.
    pub(crate) certificate: Option<Arc<Served>>,
    /// When the process began.
    pub(crate) started: Instant,
}

/// Counts of requests, and the page of all counts.
pub(crate) struct Metrics {
    requests: Arc<RequestMetrics>,
    /// Where it is noted how many mails there are.
    pub(crate) outbox: Arc<Outbox>,
    /// The page.
    pub(crate) page: Arc<MetricsPage>,
    is_beside_api: bool,
}

impl Metrics {
    /// Counts begin with this. `None` where nobody looks at them.
    pub(crate) fn begin(
        settings: &Settings,
        auth: &Auth,
        mounts: &[Mount],
        sources: Sources,
    ) -> Option<Self> {
        let (token, is_beside_api) = match &settings.metrics {
            MetricsSettings::Off => return None,
            MetricsSettings::Apart { token, .. } => (token.as_ref(), false),
            MetricsSettings::BesideApi { token } => (Some(token), true),
        };
        let requests = Arc::new(RequestMetrics::new(mounts));
        let outbox = Arc::<Outbox>::default();
        let observed = Observed {
            auth: auth.clone(),
            outbox: Arc::clone(&outbox),
            requests: Arc::clone(&requests),
            limits: limits(settings),
            started: SystemClock.now().minus(sources.started.elapsed()),
            store: sources.store,
            connections: sources.connections,
            certificate: sources.certificate,
        };
        let page = page(observed, token);
        Some(Self { requests, outbox, page: Arc::new(page), is_beside_api })
    }

    /// Lets the HTTP face count, and show the page if it stands there.
    pub(super) fn add_to(&self, http: &mut HttpSettings) {
        http.requests = Some(Arc::clone(&self.requests));
        http.metrics_page = self.is_beside_api.then(|| Arc::clone(&self.page));
    }
}

fn page(observed: Observed, token: Option<&SecretString>) -> MetricsPage {
    let page = MetricsPage::new(move || observed.write());
    match token {
        Some(token) => page.only_with(token.expose_secret()),
        None => page,
    }
}

fn limits(settings: &Settings) -> Limits {
    let database_connections = settings.database.connections();
    let connections = settings.server.max_connections;
    Limits { hashing: settings.hashing, connections, database_connections }
}
