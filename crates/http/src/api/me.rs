//! `/v1/me`: what can somebody see of their account, change and take away?

use axum::Json;
use axum::extract::State;
use axum::response::{AppendHeaders, IntoResponse as _, Response};
use http::{HeaderMap, HeaderName, StatusCode, header};
use portcullis_core::flows::change_password::ChangePassword;
use portcullis_core::flows::delete_account::Deleted;
use portcullis_core::model::{Change, Locale, ProfileChange, ProfileField};
use utoipa::ToSchema;

use super::reveal;
use super::wire::{AccountAnswer, DeletionScheduled, Export, SessionsEnded, Time};
use crate::cookies;
use crate::extract::caller::Credentials;
use crate::extract::{Caller, Fields};
use crate::face::Face;
use crate::problem::answers::{BODY, CALLER, problems};
use crate::problem::{Code, Problem};

problems!(ShowProblems: CALLER, &[Code::AccountDisabled]);

/// The caller's account.
#[utoipa::path(
    get,
    path = "/v1/me",
    operation_id = "get_me",
    tag = "account",
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, description = "The account.", body = AccountAnswer), ShowProblems),
)]
pub(crate) async fn show(State(face): State<Face>, caller: Caller) -> Result<Json<AccountAnswer>, Problem> {
    Ok(Json(face.auth.own_account(&caller.actor).await?.into()))
}

/// What of a profile changes. A field that is absent stays; one that is `null` is cleared.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body; `update` reads it")]
pub(crate) struct ProfileBody {
    /// What the person is called; up to 200 characters.
    #[schema(example = "Alice")]
    name: Option<String>,
    /// A text about the person; up to 16000 characters.
    bio: Option<String>,
    /// How the person can be reached; up to 200 characters.
    contact: Option<String>,
    /// The language that the person is written to: `en` or `de`.
    #[schema(example = "en")]
    locale: Option<String>,
}

problems!(UpdateProblems: BODY, CALLER, &[Code::AccountDisabled, Code::CsrfFailed]);

/// Changes the caller's profile.
#[utoipa::path(
    patch,
    path = "/v1/me",
    operation_id = "update_me",
    tag = "account",
    security(("bearer" = []), ("cookie" = [])),
    request_body = ProfileBody,
    responses((status = 200, description = "The account after the change.", body = AccountAnswer), UpdateProblems),
)]
pub(crate) async fn update(
    State(face): State<Face>,
    caller: Caller,
    mut fields: Fields,
) -> Result<Json<AccountAnswer>, Problem> {
    let mut change = |field: ProfileField| {
        fields.change(reveal::field_name(field), |text| field.check(text).map_err(reveal::profile_text))
    };
    let change = ProfileChange {
        name: change(ProfileField::Name),
        bio: change(ProfileField::Bio),
        contact: change(ProfileField::Contact),
        locale: locale(&mut fields),
    };
    let change = fields.finish(Some(change))?;
    Ok(Json(face.auth.update_own_profile(&caller.actor, &change).await?.into()))
}

/// A language is kept as the tag that we know it by.
fn locale(fields: &mut Fields) -> Change {
    match fields.change("locale", |text| reveal::locale(text).map(drop)) {
        Change::Set(text) => {
            Locale::parse(&text).map_or(Change::Keep, |locale| Change::Set(locale.as_str().to_owned()))
        }
        other @ (Change::Keep | Change::Clear) => other,
    }
}

/// What the deletion of an account takes.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body; `delete` reads it")]
pub(crate) struct DeleteBody {
    /// The password, asked for again.
    #[schema(format = Password)]
    password: String,
}

problems!(
    DeleteProblems: BODY,
    CALLER,
    &[Code::WrongPassword, Code::TooManyAttempts, Code::AccountDisabled, Code::CsrfFailed]
);

/// Deletes the caller's account with all that belongs to it, for good: at once, or when the grace is over.
///
/// Where the server sends mails and gives a grace (`account.deletion_grace`), the account is disabled at once and all its
/// sessions end; it is deleted when the grace is over, unless the link in the mail about it is used before, which keeps it
/// (`POST /v1/account/keep`). An account without an email address is deleted at once.
#[utoipa::path(
    delete,
    path = "/v1/me",
    operation_id = "delete_me",
    tag = "account",
    security(("bearer" = []), ("cookie" = [])),
    request_body = DeleteBody,
    responses(
        (status = 204, description = "The account is gone."),
        (status = 202, description = "The account will be gone.", body = DeletionScheduled),
        DeleteProblems
    ),
)]
pub(crate) async fn delete(
    State(face): State<Face>,
    caller: Caller,
    headers: HeaderMap,
    mut fields: Fields,
) -> Result<Response, Problem> {
    let password = fields.password("password");
    let password = fields.finish(password)?;
    let deleted = face.auth.delete_own_account(&caller.actor, &password).await?;
    let cleared = match Credentials::of(&headers) {
        Credentials::Cookie(_) => cookies::clear().into(),
        Credentials::Bearer(_) | Credentials::None => Vec::new(),
    };
    let cleared = AppendHeaders(cleared);
    Ok(match deleted {
        Deleted::AtOnce => (StatusCode::NO_CONTENT, cleared).into_response(),
        Deleted::At(due_at) => {
            let scheduled = DeletionScheduled { delete_at: Time(due_at) };
            (StatusCode::ACCEPTED, cleared, Json(scheduled)).into_response()
        }
    })
}

/// Everything the server keeps about the caller.
///
/// The account, its live sessions, and the latest entries of the audit log about it.
#[utoipa::path(
    get,
    path = "/v1/me/export",
    operation_id = "export_me",
    tag = "account",
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, description = "The export.", body = Export), ShowProblems),
)]
pub(crate) async fn export(
    State(face): State<Face>,
    caller: Caller,
) -> Result<([(HeaderName, &'static str); 1], Json<Export>), Problem> {
    let export = face.auth.export_own_account(&caller.actor).await?;
    let name = (header::CONTENT_DISPOSITION, r#"attachment; filename="account.json""#);
    Ok(([name], Json(Export::seen_from(export, caller.actor.principal.session_id))))
}

/// What a change of password takes.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body; `change_password` reads it")]
pub(crate) struct PasswordBody {
    /// The password as it is.
    #[schema(format = Password)]
    current_password: String,
    /// The password as it shall be.
    #[schema(format = Password)]
    new_password: String,
}

problems!(
    PasswordProblems: BODY,
    CALLER,
    &[Code::WrongPassword, Code::TooManyAttempts, Code::AccountDisabled, Code::CsrfFailed]
);

/// Changes the caller's password and ends all other sessions.
#[utoipa::path(
    post,
    path = "/v1/me/password",
    operation_id = "change_my_password",
    tag = "account",
    security(("bearer" = []), ("cookie" = [])),
    request_body = PasswordBody,
    responses((status = 200, description = "How many other sessions ended.", body = SessionsEnded), PasswordProblems),
)]
pub(crate) async fn change_password(
    State(face): State<Face>,
    caller: Caller,
    mut fields: Fields,
) -> Result<Json<SessionsEnded>, Problem> {
    let current = fields.password("current_password");
    let new = fields.password("new_password");
    let (current, new) = fields.finish(current.zip(new))?;
    let sessions_ended = face.auth.change_password(&caller.actor, ChangePassword { current, new }).await?;
    Ok(Json(SessionsEnded { sessions_ended }))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn read(body: &str) -> Result<Change, Vec<&'static str>> {
        let mut fields = Fields::parse(body.as_bytes()).ok().unwrap();
        let change = locale(&mut fields);
        let refused = |problem: Problem| problem.errors().iter().map(|error| error.code).collect();
        fields.finish(Some(change)).map_err(refused)
    }

    #[test]
    fn a_language_is_kept_as_the_tag_that_we_know_it_by() {
        assert_eq!(read("{}"), Ok(Change::Keep));
        assert_eq!(read(r#"{"locale": null}"#), Ok(Change::Clear));
        for text in ["de", "DE", "de-AT"] {
            assert_eq!(
                read(&format!(r#"{{"locale": "{text}"}}"#)),
                Ok(Change::Set("de".to_owned())),
                "{text}"
            );
        }
        for (body, code) in [
            (r#"{"locale": "fr"}"#, "unknown_value"),
            (r#"{"locale": ""}"#, "unknown_value"),
            (r#"{"locale": 1}"#, "wrong_type"),
        ] {
            assert_eq!(read(body), Err(vec![code]), "{body}");
        }
    }
}
