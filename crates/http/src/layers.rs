//! What does every request go through, whatever its route?
//!
//! One layer, [`EnvelopeLayer`]: each layer of a router costs two allocations a request, so what every request
//! needs is one service made of small parts.

pub(crate) mod access_log;
pub(crate) mod client_address;
pub(crate) mod cors;
mod envelope;
pub(crate) mod request_id;
pub(crate) mod security_headers;

use std::net::IpAddr;
use std::sync::OnceLock;

use http::HeaderValue;
use portcullis_core::model::AccountId;

pub(crate) use envelope::EnvelopeLayer;

use self::cors::Cors;
use self::request_id::RequestIds;
use self::security_headers::SecurityHeaders;
use crate::settings::{CorsOrigins, Environment, HttpSettings};

/// What the operator decided, ready for use.
pub(crate) struct Rules {
    /// As it was decided.
    pub(crate) settings: HttpSettings,
    /// Which origins may do what.
    pub(crate) cors: Cors,
    request_ids: RequestIds,
    security_headers: SecurityHeaders,
}

impl Rules {
    /// `random` tells the request ids of this process from those of others.
    pub(crate) fn new(settings: HttpSettings, random: [u8; 6]) -> Self {
        let origins = match (&settings.cors, settings.environment) {
            // SECURITY: every site on the internet could call the API with tokens that it got hold of.
            (CorsOrigins::Any, Environment::Production) => CorsOrigins::Listed(Vec::new()),
            (origins, Environment::Development | Environment::Production) => origins.clone(),
        };
        Self {
            cors: Cors::new(&settings.public_origin, origins),
            request_ids: RequestIds::new(random),
            security_headers: SecurityHeaders::new(&settings.public_origin),
            settings,
        }
    }
}

/// What is known of a request before its handler runs. Lies in the extensions of the request.
pub(crate) struct RequestContext {
    /// The name of the request.
    pub(crate) request_id: HeaderValue,
    /// From where it comes, as far as the proxies in between are trusted.
    pub(crate) client_address: Option<IpAddr>,
    account: OnceLock<AccountId>,
}

impl RequestContext {
    pub(crate) const fn new(request_id: HeaderValue, client_address: Option<IpAddr>) -> Self {
        Self { request_id, client_address, account: OnceLock::new() }
    }

    /// Notes for the log who calls. The first word counts.
    pub(crate) fn name_account(&self, id: AccountId) {
        let _already_named = self.account.set(id);
    }

    pub(crate) fn account(&self) -> Option<AccountId> {
        self.account.get().copied()
    }

    /// The name of the request as text.
    pub(crate) fn request_id(&self) -> &str {
        self.request_id.to_str().unwrap_or_default()
    }
}
