//! What does every handler have at hand?

use std::sync::Arc;

use portcullis_core::Auth;

use crate::api::health::Readiness;
use crate::layers::cors::Cors;
use crate::layers::request_id::RequestIds;
use crate::layers::security_headers::SecurityHeaders;
use crate::settings::{CorsOrigins, Environment, HttpSettings};

/// The state of the router. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Face(Arc<Shared>);

pub(crate) struct Shared {
    /// The door to everything.
    pub(crate) auth: Auth,
    /// What the operator decided.
    pub(crate) settings: HttpSettings,
    /// Which origins may do what.
    pub(crate) cors: Cors,
    /// The names of requests.
    pub(crate) request_ids: RequestIds,
    /// The headers that every answer has.
    pub(crate) security_headers: SecurityHeaders,
    /// What the last look at the database said.
    pub(crate) readiness: Readiness,
}

impl Face {
    pub(crate) fn new(auth: Auth, settings: HttpSettings) -> Self {
        let origins = match (&settings.cors, settings.environment) {
            // SECURITY: every site on the internet could call the API with tokens that it got hold of.
            (CorsOrigins::Any, Environment::Production) => CorsOrigins::Listed(Vec::new()),
            (origins, Environment::Development | Environment::Production) => origins.clone(),
        };
        Self(Arc::new(Shared {
            cors: Cors::new(&settings.public_origin, origins),
            request_ids: RequestIds::new(auth.random()),
            security_headers: SecurityHeaders::new(&settings.public_origin),
            readiness: Readiness::default(),
            auth,
            settings,
        }))
    }
}

impl std::ops::Deref for Face {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}
