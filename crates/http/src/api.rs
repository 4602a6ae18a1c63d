//! Which routes does the native API have?

pub(crate) mod admin;
mod csrf;
mod health;
mod jwks;
mod login;
mod logout;
mod me;
mod register;
pub(crate) mod reveal;
mod sessions;
mod token;
pub(crate) mod wire;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::face::Face;
use crate::openapi;
use crate::problem::{Code, Problem};

/// The route tree. A path stands with its handler, where its description for OpenAPI is made; the test below
/// holds the list that this must come to.
#[rustfmt::skip]
pub(crate) fn router() -> OpenApiRouter<Face> {
    OpenApiRouter::with_openapi(openapi::base())
        .routes(routes!(register::register))                          // POST   /v1/register
        .routes(routes!(login::log_in))                               // POST   /v1/login
        .routes(routes!(logout::log_out))                             // POST   /v1/logout
        .routes(routes!(token::refresh))                              // POST   /v1/token/refresh
        .routes(routes!(token::check))                                // GET    /v1/token/check
        .routes(routes!(csrf::csrf_token))                            // GET    /v1/csrf
        .routes(routes!(me::show, me::update, me::delete))            // GET, PATCH, DELETE /v1/me
        .routes(routes!(me::export))                                  // GET    /v1/me/export
        .routes(routes!(me::change_password))                         // POST   /v1/me/password
        .routes(routes!(sessions::list, sessions::end_others))        // GET, DELETE /v1/me/sessions
        .routes(routes!(sessions::end_one))                           // DELETE /v1/me/sessions/{id}
        .merge(admin::router())                                       //        /v1/admin/…
        .routes(routes!(jwks::key_set))                               // GET    /.well-known/jwks.json
        .routes(routes!(health::live))                                // GET    /livez
        .routes(routes!(health::ready))                               // GET    /readyz
}

/// What a path gets that is nobody's.
pub(crate) async fn not_found() -> Problem {
    Problem::new(Code::NotFound)
}

/// What a path gets that is somebody's, but not with this method. The router adds `Allow`.
pub(crate) async fn method_not_allowed() -> Problem {
    Problem::new(Code::MethodNotAllowed)
}
