//! What can an administrator do over HTTP?
//!
//! Every handler here takes an [`Admin`], and there is no other way to get an `Administrator` from a request.

mod accounts;
mod audit;
mod invitations;
mod keys;
mod path_ids;
mod sessions;
mod throttles;
mod wire;

use axum::extract::FromRequestParts;
use http::request::Parts;
use portcullis_core::flows::administer::Administrator;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::extract::Caller;
use crate::face::Face;
use crate::problem::Problem;

/// The routes under `/v1/admin`.
#[rustfmt::skip]
pub(crate) fn router() -> OpenApiRouter<Face> {
    OpenApiRouter::new()
        .routes(routes!(accounts::list, accounts::create))                    // GET, POST /v1/admin/accounts
        .routes(routes!(accounts::show, accounts::change, accounts::delete))  // GET, PATCH, DELETE /v1/admin/accounts/{id}
        .routes(routes!(accounts::verify_email))                              // POST   /v1/admin/accounts/{id}/verify-email
        .routes(routes!(sessions::list, sessions::end_all))                   // GET, DELETE /v1/admin/accounts/{id}/sessions
        .routes(routes!(sessions::end_one))                                   // DELETE /v1/admin/accounts/{id}/sessions/{session_id}
        .routes(routes!(throttles::show_of_account, throttles::clear_of_account)) // GET, DELETE /v1/admin/accounts/{id}/throttle
        .routes(routes!(throttles::list))                                     // GET    /v1/admin/throttles
        .routes(routes!(throttles::clear_network))                            // POST   /v1/admin/throttles/clear
        .routes(routes!(invitations::list, invitations::create))              // GET, POST /v1/admin/invitations
        .routes(routes!(invitations::withdraw))                               // DELETE /v1/admin/invitations/{id}
        .routes(routes!(audit::list))                                         // GET    /v1/admin/audit
        .routes(routes!(keys::list))                                          // GET    /v1/admin/keys
        .routes(routes!(keys::rotate))                                        // POST   /v1/admin/keys/rotate
}

/// A caller who is an administrator now. Checked before a body is read.
///
/// SECURITY: the role in an access token may be out of date; the database is asked, so that a demoted
/// administrator is none from that moment on.
pub(crate) struct Admin {
    /// What flows ask for.
    pub(crate) by: Administrator,
}

impl FromRequestParts<Face> for Admin {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, face: &Face) -> Result<Self, Problem> {
        let mut caller = Caller::from_request_parts(parts, face).await?;
        // An administrator's language is not that of whom they act on, who would be written to in it.
        caller.actor.client.locale = None;
        Ok(Self { by: face.auth.administrator(&caller.actor).await? })
    }
}
