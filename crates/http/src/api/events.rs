//! `GET /v1/me/events`: what happened to somebody's account?

use axum::Json;
use axum::extract::State;
use portcullis_core::model::EventId;

use super::wire::OwnEventList;
use crate::extract::{Caller, PageQuery};
use crate::face::Face;
use crate::problem::answers::{CALLER, problems};
use crate::problem::{Code, Problem};

problems!(ListProblems: CALLER, &[Code::InvalidRequest]);

/// What happened to the caller's account, newest first.
///
/// Logins and failed ones, changes of the password, sessions that ended, refresh tokens that were used twice, and what
/// administrators did to the account.
#[utoipa::path(
    get,
    path = "/v1/me/events",
    operation_id = "list_my_events",
    tag = "account",
    security(("bearer" = []), ("cookie" = [])),
    params(
        ("limit" = Option<u32>, Query, description = "At most so many, 1 to 200; 50 when absent."),
        ("after" = Option<String>, Query, description = "The `next` of the page before."),
    ),
    responses((status = 200, description = "A page of what happened.", body = OwnEventList), ListProblems),
)]
pub(crate) async fn list(
    State(face): State<Face>,
    caller: Caller,
    PageQuery(page): PageQuery<EventId>,
) -> Result<Json<OwnEventList>, Problem> {
    Ok(Json(face.auth.own_events(&caller.actor, page).await?.into()))
}
