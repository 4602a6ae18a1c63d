//! What does an operator see of a running server?
//!
//! Everything is counted where it happens; here is which of it is shown, under which name. `docs/metrics.md` lists the
//! names, and a test holds it to what is written here.
//!
//! Invariants
//! - No sample is about a person, an address, a session or a token, and none tells an account that exists from one that
//!   does not.
//! - How many samples there are depends on the configuration alone.

mod database;
mod flows;
mod hashing;
mod http;
mod mails;
mod process;
mod text;

use std::sync::Arc;

use portcullis_core::Auth;
use portcullis_core::model::Timestamp;
use portcullis_http::RequestMetrics;
use portcullis_store::SqlStore;

pub(crate) use self::mails::Outbox;
use self::text::Page;
use crate::config::meant::HashingSettings;
use crate::lifecycle::ConnectionCounts;
use crate::wiring::tls::Served;

/// What is looked at.
pub(crate) struct Observed {
    /// The door to all flows.
    pub(crate) auth: Auth,
    /// The database.
    pub(crate) store: Arc<SqlStore>,
    /// The counts of requests.
    pub(crate) requests: Arc<RequestMetrics>,
    /// The counts of connections.
    pub(crate) connections: Arc<ConnectionCounts>,
    /// How many mails there are.
    pub(crate) outbox: Arc<Outbox>,
    /// What handshakes show, where there are any.
    pub(crate) certificate: Option<Arc<Served>>,
    /// The bounds of what is shown.
    pub(crate) limits: Limits,
    /// When the process began.
    pub(crate) started: Timestamp,
}

/// The most that there can be of something, so that an alert can say how near it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Of hashing.
    pub(crate) hashing: HashingSettings,
    /// Open connections of clients.
    pub(crate) connections: usize,
    /// Open connections to a database server; `None` where there is none.
    pub(crate) database_connections: Option<usize>,
}

impl Observed {
    /// All of it, in the text format of Prometheus.
    pub(crate) fn write(&self) -> String {
        let mut page = Page::default();
        let version = env!("CARGO_PKG_VERSION");
        page.gauge("portcullis_build_info", "What is running.").of(&[("version", version)], 1_u32);
        http::write_requests(&mut page, &self.requests.snapshot());
        http::write_connections(&mut page, &self.connections.metrics(), self.limits.connections);
        if let Some(served) = &self.certificate {
            http::write_tls(&mut page, &self.connections.metrics(), served);
        }
        hashing::write(&mut page, &self.auth.hash_gate_metrics(), &self.limits.hashing);
        flows::write(&mut page, &self.auth);
        self.outbox.write(&mut page, &self.auth.flow_metrics().mails);
        database::write(&mut page, &self.store.metrics(), self.limits.database_connections);
        process::write(&mut page, self.started);
        page.finish()
    }
}
