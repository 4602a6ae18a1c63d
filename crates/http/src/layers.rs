//! What does every request go through, whatever its route?
//!
//! One layer, [`EnvelopeLayer`]: each layer of a router costs two allocations a request, so what every request
//! needs is one service made of small parts.

pub(crate) mod access_log;
pub(crate) mod client_address;
pub(crate) mod cors;
mod envelope;
pub(crate) mod request_id;
mod request_span;
pub(crate) mod security_headers;

use std::net::IpAddr;
use std::sync::{Arc, OnceLock};

use axum::response::Response;
use http::header::ACCESS_CONTROL_REQUEST_HEADERS;
use http::{HeaderMap, HeaderValue, Method};
use portcullis_core::model::AccountId;

pub(crate) use envelope::EnvelopeLayer;
pub use request_span::ContinueTrace;

use self::client_address::UntrustedProxies;
use self::cors::Cors;
use self::request_id::RequestIds;
use self::security_headers::SecurityHeaders;
use crate::problem::{Code, Problem};
use crate::settings::{CorsOrigins, Environment, HttpSettings};

/// What the operator decided, ready for use.
pub(crate) struct Rules {
    /// As it was decided.
    pub(crate) settings: HttpSettings,
    /// Which origins may do what.
    pub(crate) cors: Cors,
    request_ids: RequestIds,
    security_headers: SecurityHeaders,
    manner: Manner,
    cors_manner: CorsManner,
    strangers: UntrustedProxies,
}

/// How what no handler has written is answered.
pub(crate) enum Manner {
    /// As a problem document.
    Native,
    /// As a dialect does.
    Dialect(WriteProblem),
}

/// Writes a whole answer about a problem.
pub(crate) type WriteProblem = Box<dyn Fn(&Arc<Problem>) -> Response + Send + Sync>;

/// What browsers of other origins are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CorsManner {
    /// What the operator decided.
    Decided,
    /// Those that the operator listed may, with cookies. To others nothing, and their question beforehand is a request
    /// like any other.
    Listed,
    /// What the npm package `cors` says when nothing is configured: every origin may, without cookies.
    LikeExpress,
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
            security_headers: SecurityHeaders::new(&settings.public_origin, settings.hsts),
            settings,
            manner: Manner::Native,
            cors_manner: CorsManner::Decided,
            strangers: UntrustedProxies::default(),
        }
    }

    /// The same for the face of a dialect.
    pub(crate) fn in_manner(self, manner: Manner, cors_manner: CorsManner) -> Self {
        Self { manner, cors_manner, ..self }
    }

    /// What to tell the browser that sent these headers.
    fn judge_origin(&self, headers: &HeaderMap) -> cors::Verdict {
        match self.cors_manner {
            CorsManner::Decided => self.cors.judge(headers),
            CorsManner::Listed => self.cors.judge_listed(headers),
            CorsManner::LikeExpress => {
                cors::Verdict::LikeExpress(headers.get(ACCESS_CONTROL_REQUEST_HEADERS).cloned())
            }
        }
    }

    /// Whether a browser only asks for leave, so that the answer is known beforehand.
    fn is_preflight(&self, method: &Method, headers: &HeaderMap) -> bool {
        match self.cors_manner {
            CorsManner::Decided => cors::is_preflight(method, headers),
            CorsManner::Listed => {
                cors::is_preflight(method, headers)
                    && self.cors.judge_listed(headers) != cors::Verdict::Silent
            }
            CorsManner::LikeExpress => *method == Method::OPTIONS,
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
    refusal: OnceLock<Code>,
}

impl RequestContext {
    pub(crate) const fn new(request_id: HeaderValue, client_address: Option<IpAddr>) -> Self {
        Self { request_id, client_address, account: OnceLock::new(), refusal: OnceLock::new() }
    }

    /// Notes for the log who calls. The first word counts.
    pub(crate) fn name_account(&self, id: AccountId) {
        let _already_named = self.account.set(id);
    }

    /// Notes for the log why somebody is refused whose answer does not say it.
    pub(crate) fn note_refusal(&self, code: Code) {
        let _already_noted = self.refusal.set(code);
    }

    pub(crate) fn refusal(&self) -> Option<Code> {
        self.refusal.get().copied()
    }

    pub(crate) fn account(&self) -> Option<AccountId> {
        self.account.get().copied()
    }

    /// The name of the request as text.
    pub(crate) fn request_id(&self) -> &str {
        self.request_id.to_str().unwrap_or_default()
    }
}
