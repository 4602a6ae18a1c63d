//! How does Portcullis look over HTTP?
//!
//! A handler decodes a request, calls one flow of [`Auth`] and encodes what it answers. It sees no transaction,
//! no hash and no clock.
//!
//! - `dialects`: the contracts of older backends, one folder each.
//! - `api`: the native API: its route tree, one file a route, what it reveals of an error, its JSON.
//! - `extract`: how a request is read: bodies, queries, path ids, credentials.
//! - `layers`: what every request goes through, whatever its route.
//! - `problem`: how everything that is not a success is answered.
//! - `cookies`: the cookies of browser sessions.
//! - `pages`, `openapi`: the documentation that the server carries with it.
//! - `metrics`: what is counted of requests, and the page that shows all counts to an operator.
//! - `plain`: what is answered to who comes without TLS where there is TLS.

mod api;
mod cookies;
pub mod dialects;
mod extract;
mod face;
#[doc(hidden)]
pub mod fuzzing;
mod layers;
mod metrics;
mod openapi;
mod pages;
mod plain;
mod problem;
mod settings;

use std::sync::Arc;

use axum::Router;
use portcullis_core::Auth;

pub use layers::ContinueTrace;
pub use metrics::{EndpointMetrics, MetricsPage, RequestMetrics, metrics_only};
pub use plain::https_only;
pub use problem::Code as ProblemCode;
pub use settings::{CorsOrigins, Environment, Hsts, HttpSettings, RequestLog};

/// The whole HTTP face as one service.
///
/// The address of the peer is taken from [`axum::extract::ConnectInfo`] in the extensions of a request; without
/// it the client counts as unknown.
pub fn app(auth: &Auth, settings: &HttpSettings, mounts: Vec<dialects::Mount>) -> Router {
    dialects::mounted(auth, settings, mounts, |home| {
        let face = face::Face::new(auth.clone(), settings.clone());
        let (api, document) = api::router().split_for_parts();
        api.merge(pages::router(document, home))
            .merge(metrics::beside_api(settings.metrics_page.as_ref()))
            .fallback(api::not_found)
            .method_not_allowed_fallback(api::method_not_allowed)
            .layer(layers::EnvelopeLayer::new(Arc::clone(&face.rules)))
            .with_state(face)
    })
}

/// The paths of the native API and its pages, with their methods.
fn native_routes() -> Vec<(String, Vec<String>)> {
    let document = openapi_document();
    let operations = document.paths.paths.iter().map(|(path, item)| {
        let operations =
            [("GET", &item.get), ("POST", &item.post), ("PATCH", &item.patch), ("DELETE", &item.delete)];
        let methods = operations.into_iter().filter(|(_, operation)| operation.is_some());
        (path.clone(), methods.map(|(method, _)| method.to_owned()).collect())
    });
    let pages = pages::PATHS.iter().chain([&metrics::PATH]);
    operations.chain(pages.map(|path| ((*path).to_owned(), vec!["GET".to_owned()]))).collect()
}

/// The description of the native API in the words of `OpenAPI` 3.1, as the server answers it at `/openapi.json`.
pub fn openapi_document() -> utoipa::openapi::OpenApi {
    api::router().into_openapi()
}
