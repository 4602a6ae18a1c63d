//! Which routes does the native API have?

mod account;
pub(crate) mod admin;
mod csrf;
mod email;
mod events;
mod forgotten_password;
pub(crate) mod health;
mod jwks;
pub(crate) mod login;
mod logout;
mod me;
mod one_time;
mod password;
mod reauthenticate;
mod register;
pub(crate) mod reveal;
mod revocations;
mod sessions;
mod token;
pub(crate) mod wire;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::face::Face;
use crate::openapi;
use crate::problem::{Code, Problem};

/// The route tree. A path stands with its handler, where it is described for the document; the test below
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
        .routes(routes!(email::change))                               // POST   /v1/me/email
        .routes(routes!(reauthenticate::reauthenticate))              // POST   /v1/me/reauthenticate
        .routes(routes!(password::judge))                             // POST   /v1/password/strength
        .routes(routes!(forgotten_password::forgot))                  // POST   /v1/password/forgot
        .routes(routes!(forgotten_password::reset))                   // POST   /v1/password/reset
        .routes(routes!(email::verify))                               // POST   /v1/email/verify
        .routes(routes!(email::resend))                               // POST   /v1/email/verify/resend
        .routes(routes!(email::undo))                                 // POST   /v1/email/undo
        .routes(routes!(account::keep))                               // POST   /v1/account/keep
        .routes(routes!(sessions::list, sessions::end_others))        // GET, DELETE /v1/me/sessions
        .routes(routes!(sessions::end_one))                           // DELETE /v1/me/sessions/{id}
        .routes(routes!(events::list))                                // GET    /v1/me/events
        .merge(admin::router())                                       //        /v1/admin/…
        .routes(routes!(jwks::key_set))                               // GET    /.well-known/jwks.json
        .routes(routes!(revocations::list))                           // GET    /v1/revocations
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    /// Every route of the document, and so every route of the router: both are made of the same calls.
    fn routes() -> Vec<String> {
        let document = serde_json::to_value(super::router().into_openapi()).unwrap();
        let mut routes = Vec::new();
        for (path, operations) in document["paths"].as_object().unwrap() {
            let methods = operations.as_object().unwrap().keys().map(|method| method.to_ascii_uppercase());
            routes.extend(methods.map(|method| format!("{method} {path}")));
        }
        routes.sort();
        routes
    }

    #[test]
    fn the_route_tree_is_this() {
        let own: Vec<String> = routes().into_iter().filter(|route| !route.contains("/v1/admin/")).collect();
        assert_eq!(
            own,
            [
                "DELETE /v1/me",
                "DELETE /v1/me/sessions",
                "DELETE /v1/me/sessions/{id}",
                "GET /.well-known/jwks.json",
                "GET /livez",
                "GET /readyz",
                "GET /v1/csrf",
                "GET /v1/me",
                "GET /v1/me/events",
                "GET /v1/me/export",
                "GET /v1/me/sessions",
                "GET /v1/revocations",
                "GET /v1/token/check",
                "PATCH /v1/me",
                "POST /v1/account/keep",
                "POST /v1/email/undo",
                "POST /v1/email/verify",
                "POST /v1/email/verify/resend",
                "POST /v1/login",
                "POST /v1/logout",
                "POST /v1/me/email",
                "POST /v1/me/password",
                "POST /v1/me/reauthenticate",
                "POST /v1/password/forgot",
                "POST /v1/password/reset",
                "POST /v1/password/strength",
                "POST /v1/register",
                "POST /v1/token/refresh",
            ]
        );
    }

    #[test]
    fn every_operation_has_a_name_of_its_own_and_says_what_else_it_may_answer() {
        let document = serde_json::to_value(super::router().into_openapi()).unwrap();
        let operations: Vec<_> = document["paths"]
            .as_object()
            .unwrap()
            .values()
            .flat_map(|path| path.as_object().unwrap().values())
            .collect();
        let names: std::collections::HashSet<_> =
            operations.iter().map(|operation| operation["operationId"].as_str().unwrap()).collect();
        assert_eq!(names.len(), operations.len());
        for operation in operations.iter().filter(|operation| operation["operationId"] != "livez") {
            assert!(operation["responses"]["500"].is_object(), "{operation}");
        }
        assert!(document["components"]["schemas"]["Problem"].is_object());
    }
}
