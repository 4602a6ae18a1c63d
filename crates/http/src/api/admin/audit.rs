//! `GET /v1/admin/audit`: who did what, when, from where?

use axum::Json;
use axum::extract::State;
use portcullis_core::model::{AccountId, EventId};

use super::Admin;
use super::wire::AuditEventList;
use crate::extract::Query;
use crate::face::Face;
use crate::problem::answers::{CALLER, problems};
use crate::problem::{Code, Problem};

problems!(ListProblems: CALLER, &[Code::InvalidRequest, Code::Forbidden]);

/// The audit log, newest first.
#[utoipa::path(
    get,
    path = "/v1/admin/audit",
    operation_id = "list_audit_events",
    tag = "admin",
    security(("bearer" = ["admin"]), ("cookie" = ["admin"])),
    params(
        ("account_id" = Option<Uuid>, Query, description = "Only what happened to this account."),
        ("limit" = Option<u32>, Query, description = "At most so many, 1 to 200; 50 when absent."),
        ("after" = Option<String>, Query, description = "The `next` of the page before."),
    ),
    responses((status = 200, description = "A page of the log.", body = AuditEventList), ListProblems),
)]
pub(crate) async fn list(
    State(face): State<Face>,
    admin: Admin,
    mut query: Query,
) -> Result<Json<AuditEventList>, Problem> {
    let account_id = query.optional::<AccountId>("account_id", "must be the id of an account");
    let page = query.page::<EventId>();
    let (account_id, page) = query.finish((account_id, page))?;
    Ok(Json(face.auth.list_audit_events(&admin.by, account_id, page).await?.into()))
}
