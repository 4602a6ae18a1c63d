//! `/v1/admin/accounts/{id}/sessions`: where is somebody logged in, and how does that end?

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use portcullis_core::model::{AccountId, SessionId};

use super::Admin;
use super::path_ids::SessionOfAccount;
use crate::api::wire::{SessionList, SessionsEnded};
use crate::extract::{PageQuery, PathId};
use crate::face::Face;
use crate::problem::answers::{CALLER, problems};
use crate::problem::{Code, Problem};

problems!(ListProblems: CALLER, &[Code::InvalidRequest, Code::Forbidden, Code::NotFound]);

/// The live sessions of an account, newest first.
#[utoipa::path(
    get,
    path = "/v1/admin/accounts/{id}/sessions",
    operation_id = "list_sessions_of_account",
    tag = "admin",
    security(("bearer" = ["admin"]), ("cookie" = ["admin"])),
    params(
        ("id" = Uuid, Path, description = "The account."),
        ("limit" = Option<u32>, Query, description = "At most so many, 1 to 200; 50 when absent."),
        ("after" = Option<String>, Query, description = "The `next` of the page before."),
    ),
    responses((status = 200, description = "A page of sessions.", body = SessionList), ListProblems),
)]
pub(crate) async fn list(
    State(face): State<Face>,
    admin: Admin,
    PathId(id): PathId<AccountId>,
    PageQuery(page): PageQuery<SessionId>,
) -> Result<Json<SessionList>, Problem> {
    // Nobody's sessions are no empty list.
    face.auth.account(&admin.by, id).await?;
    let sessions = face.auth.list_sessions_of(&admin.by, id, page).await?;
    Ok(Json(SessionList::seen_from(sessions, None)))
}

problems!(EndProblems: CALLER, &[Code::Forbidden, Code::CsrfFailed, Code::NotFound]);

/// Ends all sessions of an account.
#[utoipa::path(
    delete,
    path = "/v1/admin/accounts/{id}/sessions",
    operation_id = "end_sessions_of_account",
    tag = "admin",
    security(("bearer" = ["admin"]), ("cookie" = ["admin"])),
    params(("id" = Uuid, Path, description = "The account.")),
    responses((status = 200, description = "How many ended.", body = SessionsEnded), EndProblems),
)]
pub(crate) async fn end_all(
    State(face): State<Face>,
    admin: Admin,
    PathId(id): PathId<AccountId>,
) -> Result<Json<SessionsEnded>, Problem> {
    face.auth.account(&admin.by, id).await?;
    let sessions_ended = face.auth.revoke_sessions_of(&admin.by, id).await?;
    Ok(Json(SessionsEnded { sessions_ended }))
}

/// Ends one session of an account.
#[utoipa::path(
    delete,
    path = "/v1/admin/accounts/{id}/sessions/{session_id}",
    operation_id = "end_session_of_account",
    tag = "admin",
    security(("bearer" = ["admin"]), ("cookie" = ["admin"])),
    params(
        ("id" = Uuid, Path, description = "The account."),
        ("session_id" = Uuid, Path, description = "The session."),
    ),
    responses((status = 204, description = "The session has ended."), EndProblems),
)]
pub(crate) async fn end_one(
    State(face): State<Face>,
    admin: Admin,
    SessionOfAccount { account_id, session_id }: SessionOfAccount,
) -> Result<StatusCode, Problem> {
    face.auth.revoke_session_of(&admin.by, account_id, session_id).await?;
    Ok(StatusCode::NO_CONTENT)
}
