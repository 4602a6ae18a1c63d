//! `/v1/me/sessions`: where is somebody logged in?

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use portcullis_core::flows::log_out::LogOut;
use portcullis_core::model::SessionId;

use super::wire::{SessionList, SessionsEnded};
use crate::extract::{Caller, PageQuery, PathId};
use crate::face::Face;
use crate::problem::answers::{CALLER, problems};
use crate::problem::{Code, Problem};

problems!(ListProblems: CALLER, &[Code::InvalidRequest]);

/// The caller's live sessions, newest first.
#[utoipa::path(
    get,
    path = "/v1/me/sessions",
    operation_id = "list_my_sessions",
    tag = "sessions",
    security(("bearer" = []), ("cookie" = [])),
    params(
        ("limit" = Option<u32>, Query, description = "At most so many, 1 to 200; 50 when absent."),
        ("after" = Option<String>, Query, description = "The `next` of the page before."),
    ),
    responses((status = 200, description = "A page of sessions.", body = SessionList), ListProblems),
)]
pub(crate) async fn list(
    State(face): State<Face>,
    caller: Caller,
    PageQuery(page): PageQuery<SessionId>,
) -> Result<Json<SessionList>, Problem> {
    let sessions = face.auth.list_sessions(&caller.actor, page).await?;
    Ok(Json(SessionList::seen_from(sessions, Some(caller.actor.principal.session_id))))
}

problems!(EndProblems: CALLER, &[Code::CsrfFailed, Code::ReauthenticationRequired, Code::NotFound]);

/// Ends one of the caller's sessions. Another than the one that asks takes a proof of the person that is not older than
/// `session.step_up`.
#[utoipa::path(
    delete,
    path = "/v1/me/sessions/{id}",
    operation_id = "end_my_session",
    tag = "sessions",
    security(("bearer" = []), ("cookie" = [])),
    params(("id" = uuid::Uuid, Path, description = "The session.")),
    responses((status = 204, description = "The session has ended."), EndProblems),
)]
pub(crate) async fn end_one(
    State(face): State<Face>,
    caller: Caller,
    PathId(id): PathId<SessionId>,
) -> Result<StatusCode, Problem> {
    let principal = &caller.actor.principal;
    if id != principal.session_id {
        // SECURITY: whoever holds a stolen session must not throw its owner out of the others (ASVS 5.0, 7.5.2).
        face.auth.check_recent(principal)?;
    }
    if face.auth.revoke_session(&caller.actor, id).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::new(Code::NotFound))
    }
}

problems!(EndOthersProblems: CALLER, &[Code::CsrfFailed, Code::ReauthenticationRequired]);

/// Ends all sessions of the caller but the one that asks, which takes a proof of the person that is not older than
/// `session.step_up`.
#[utoipa::path(
    delete,
    path = "/v1/me/sessions",
    operation_id = "end_my_other_sessions",
    tag = "sessions",
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, description = "How many ended.", body = SessionsEnded), EndOthersProblems),
)]
pub(crate) async fn end_others(
    State(face): State<Face>,
    caller: Caller,
) -> Result<Json<SessionsEnded>, Problem> {
    face.auth.check_recent(&caller.actor.principal)?;
    let sessions_ended = face.auth.log_out(&caller.actor, LogOut::OtherSessions).await?;
    Ok(Json(SessionsEnded { sessions_ended }))
}
