//! What does every handler have at hand?

use std::sync::Arc;

use portcullis_core::Auth;

use crate::api::health::Readiness;
use crate::layers::Rules;
use crate::settings::HttpSettings;

/// The state of the router. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Face(Arc<Shared>);

pub(crate) struct Shared {
    /// The door to everything.
    pub(crate) auth: Auth,
    /// What the operator decided, ready for use.
    pub(crate) rules: Arc<Rules>,
    /// What the last look at the database said.
    pub(crate) readiness: Readiness,
}

impl Face {
    pub(crate) fn new(auth: Auth, settings: HttpSettings) -> Self {
        let rules = Arc::new(Rules::new(settings, auth.random()));
        Self::with_rules(auth, rules)
    }

    pub(crate) fn with_rules(auth: Auth, rules: Arc<Rules>) -> Self {
        Self(Arc::new(Shared { auth, rules, readiness: Readiness::default() }))
    }
}

impl std::ops::Deref for Face {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}
