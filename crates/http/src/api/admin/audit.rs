//! `GET /v1/admin/audit`: who did what, when, from where?

use std::str::FromStr;

use axum::Json;
use axum::extract::State;
use portcullis_core::model::{AccountId, AuditKind, AuditOutcome, EventId, Page};
use portcullis_core::ports::audit_store::AuditFilter;

use super::Admin;
use super::wire::AuditEventList;
use crate::api::wire::Time;
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
        ("kind" = Option<String>, Query, description = "Only what is of one of these kinds, separated by commas."),
        ("outcome" = Option<String>, Query, description = "Only `success` or only `failure`."),
        ("since" = Option<String>, Query, format = DateTime, description = "Only what happened at this time (RFC 3339) or later."),
        ("until" = Option<String>, Query, format = DateTime, description = "Only what happened before this time."),
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
    let kinds = query.optional::<Kinds>("kind", "must be kinds of entries, separated by commas");
    let outcome = query.optional::<Outcome>("outcome", "must be `success` or `failure`");
    let since = query.optional::<Time>("since", "must be a time as RFC 3339 writes it").map(|time| time.0);
    let until = query.optional::<Time>("until", "must be a time as RFC 3339 writes it").map(|time| time.0);
    let page = query.page::<EventId>();
    let kinds = query.finish(wanted(kinds, outcome))?;
    let Some(kinds) = kinds else {
        return Ok(Json(Page { items: Vec::new(), next: None }.into()));
    };
    let filter = AuditFilter { account_id, kinds, since, until };
    Ok(Json(face.auth.list_audit_events(&admin.by, &filter, page).await?.into()))
}

/// Which kinds are asked for; `None` when no kind is of that outcome.
fn wanted(kinds: Option<Kinds>, outcome: Option<Outcome>) -> Option<Vec<AuditKind>> {
    let Some(Outcome(outcome)) = outcome else {
        return Some(kinds.map(|Kinds(kinds)| kinds).unwrap_or_default());
    };
    let mut kinds = kinds.map_or_else(|| AuditKind::ALL.to_vec(), |Kinds(kinds)| kinds);
    kinds.retain(|kind| kind.outcome() == outcome);
    (!kinds.is_empty()).then_some(kinds)
}

struct Kinds(Vec<AuditKind>);

impl FromStr for Kinds {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        text.split(',').map(AuditKind::parse).collect::<Option<_>>().map(Self).ok_or(())
    }
}

#[derive(Clone, Copy)]
struct Outcome(AuditOutcome);

impl FromStr for Outcome {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        AuditOutcome::parse(text).map(Self).ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Option<Kinds> {
        text.parse().ok()
    }

    #[test]
    fn kinds_and_outcome_leave_what_fits_both() {
        let (failed, logged_in) = (AuditKind::LoginFailed, AuditKind::LoggedIn);
        let failure = || Some(Outcome(AuditOutcome::Failure));
        assert_eq!(wanted(None, None), Some(vec![]));
        assert_eq!(wanted(kinds("login_failed,logged_in"), None), Some(vec![failed, logged_in]));
        assert_eq!(wanted(kinds("login_failed,logged_in"), failure()), Some(vec![failed]));
        assert_eq!(wanted(kinds("logged_in"), failure()), None);
        assert!(wanted(None, failure()).is_some_and(|kinds| kinds.len() > 3 && !kinds.contains(&logged_in)));
        for odd in ["", "login", "login_failed,", "login_failed, logged_in"] {
            assert!(kinds(odd).is_none(), "{odd}");
        }
    }
}
