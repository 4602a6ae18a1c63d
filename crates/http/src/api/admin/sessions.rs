//! Routes: the sessions of any account.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use portcullis_core::model::{AccountId, SessionId};

use super::{Admin, PathIds};
use crate::api::wire::{SessionList, SessionsEnded};
use crate::extract::{PageQuery, PathId};
use crate::face::Face;
use crate::problem::{Problem, ProblemDocument};

/// Lists the live sessions of an account, newest first.
#[utoipa::path(
    get, path = "/v1/admin/accounts/{id}/sessions", operation_id = "admin_list_sessions", tag = "admin",
    security(("bearer" = ["admin"]), ("cookie" = ["admin"])),
    params(
        ("id" = Uuid, Path, description = "The account."),
        ("limit" = Option<u32>, Query, description = "How many items the page holds.", minimum = 1, maximum = 200),
        ("after" = Option<String>, Query, description = "The `next` of the page before."),
    ),
    responses(
        (status = 200, description = "A page of sessions.", body = SessionList),
        (status = 400, description = "`invalid_request`", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 401, description = "`authentication_required`, `invalid_access_token`, `access_token_expired`, `session_ended`", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 403, description = "`forbidden`", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 404, description = "`not_found`", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn list() {}
