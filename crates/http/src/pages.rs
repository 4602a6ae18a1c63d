//! What does the server show to people?
//!
//! Its own documentation, made from the document that its routes describe themselves in, and what the links of its mails lead
//! to. Nothing on a page comes from another server, and no page has a script.

mod account;
mod docs;
mod home;
mod html;
mod layout;

use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use http::{HeaderValue, header};
use utoipa::openapi::OpenApi;

use crate::dialects::HomePage;
use crate::face::Face;
use crate::problem::Problem;

const STYLE: &str = include_str!("pages/style.css");

/// SECURITY: should a text ever become markup against all care, it still runs no script and loads nothing.
const CONTENT_SECURITY_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; img-src data:; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// The paths of the pages.
pub(crate) const PATHS: [&str; 9] = [
    "/",
    "/docs",
    layout::STYLE_PATH,
    "/openapi.json",
    account::Page::Confirm.path(),
    account::Page::ResetPassword.path(),
    account::Page::UndoEmailChange.path(),
    account::Page::KeepAccount.path(),
    account::Page::Register.path(),
];

/// The routes of the pages. What costs anything is made at the first request for it, and kept.
pub(crate) fn router(document: OpenApi, home: HomePage) -> Router<Face> {
    let documentation = Arc::new(Documentation { document, json: OnceLock::new(), page: OnceLock::new() });
    let as_json = {
        let documentation = Arc::clone(&documentation);
        async move || documentation.json().map(|body| answer("application/json", body))
    };
    let as_page = async move |State(face): State<Face>| {
        documentation
            .page(&face.rules.settings.public_origin)
            .map(|body| answer("text/html; charset=utf-8", body))
    };
    let router = match home {
        HomePage::Shown => {
            Router::new().route("/", get(async || answer("text/html; charset=utf-8", home::page().into())))
        }
        HomePage::MakesRoom => Router::new(),
    };
    router
        .route("/docs", get(as_page))
        .route(
            layout::STYLE_PATH,
            get(async || answer("text/css; charset=utf-8", Bytes::from_static(STYLE.as_bytes()))),
        )
        .route("/openapi.json", get(as_json))
        .merge(account::router())
}

struct Documentation {
    document: OpenApi,
    json: OnceLock<Bytes>,
    page: OnceLock<Bytes>,
}

impl Documentation {
    fn json(&self) -> Result<Bytes, Problem> {
        remembered(&self.json, || self.document.to_json())
    }

    fn page(&self, base_url: &str) -> Result<Bytes, Problem> {
        let json = self.json()?;
        remembered(&self.page, || docs::page(&json, base_url))
    }
}

fn remembered(
    place: &OnceLock<Bytes>,
    make: impl FnOnce() -> Result<String, serde_json::Error>,
) -> Result<Bytes, Problem> {
    if let Some(made) = place.get() {
        return Ok(made.clone());
    }
    let fresh = Bytes::from(make().map_err(Problem::internal)?);
    Ok(place.get_or_init(|| fresh).clone())
}

fn answer(media_type: &'static str, body: Bytes) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media_type)),
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        // A new version of the server shows its own documentation soon.
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300")),
    ];
    (headers, body).into_response()
}

#[cfg(test)]
mod tests;
