//! `/v1/admin/accounts`: which accounts are there, and what becomes of them?

use axum::Json;
use axum::extract::State;
use http::{HeaderName, StatusCode, header};
use portcullis_core::model::{AccountId, Role};
use utoipa::ToSchema;

use super::Admin;
use super::wire::{ManagedAccountAnswer, ManagedAccountList};
use crate::api::register;
use crate::extract::{Fields, PageQuery, PathId};
use crate::face::Face;
use crate::problem::answers::{BODY, CALLER, problems};
use crate::problem::{Code, Problem};

/// The words for roles.
pub(super) const ROLES: [(&str, Role); 2] =
    [(Role::User.as_str(), Role::User), (Role::Admin.as_str(), Role::Admin)];

problems!(ListProblems: CALLER, &[Code::InvalidRequest, Code::Forbidden]);

/// All accounts, by growing number.
#[utoipa::path(
    get,
    path = "/v1/admin/accounts",
    operation_id = "list_accounts",
    tag = "admin",
    security(("bearer" = ["admin"]), ("cookie" = ["admin"])),
    params(
        ("limit" = Option<u32>, Query, description = "At most so many, 1 to 200; 50 when absent."),
        ("after" = Option<String>, Query, description = "The `next` of the page before."),
    ),
    responses((status = 200, description = "A page of accounts.", body = ManagedAccountList), ListProblems),
)]
pub(crate) async fn list(
    State(face): State<Face>,
    admin: Admin,
    PageQuery(page): PageQuery<i64>,
) -> Result<Json<ManagedAccountList>, Problem> {
    Ok(Json(face.auth.list_accounts(&admin.by, page).await?.into()))
}

/// What an account is made of that an administrator creates. It needs an email address, a username, or both.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes the body; `create` reads it")]
pub(crate) struct CreateAccountBody {
    /// The email address; unique whatever its case.
    #[schema(example = "bob@example.com")]
    email: Option<String>,
    /// The username: 3 to 64 letters, digits and `.` `_` `-` `+`; unique whatever its case.
    username: Option<String>,
    /// The password, kept as it is sent.
    #[schema(format = Password, example = "correct horse battery staple")]
    password: String,
    /// `user`, which is the default, or `admin`.
    #[schema(example = "user")]
    role: Option<String>,
    /// What the person is called; up to 200 characters.
    name: Option<String>,
    /// A text about the person; up to 16000 characters.
    bio: Option<String>,
    /// How the person can be reached; up to 200 characters.
    contact: Option<String>,
}

problems!(
    CreateProblems: BODY,
    CALLER,
    &[
        Code::Forbidden,
        Code::ReauthenticationRequired,
        Code::CsrfFailed,
        Code::EmailTaken,
        Code::UsernameTaken
    ]
);

/// Creates an account.
///
/// For another administrator, the own password has to have been proved lately.
#[utoipa::path(
    post,
    path = "/v1/admin/accounts",
    operation_id = "create_account",
    tag = "admin",
    security(("bearer" = ["admin"]), ("cookie" = ["admin"])),
    request_body = CreateAccountBody,
    responses(
        (
            status = 201,
            description = "The account exists.",
            body = ManagedAccountAnswer,
            headers(("Location" = String, description = "Where the account is read."))
        ),
        CreateProblems
    ),
)]
pub(crate) async fn create(
    State(face): State<Face>,
    admin: Admin,
    mut fields: Fields,
) -> Result<(StatusCode, [(HeaderName, String); 1], Json<ManagedAccountAnswer>), Problem> {
    let role = fields.one_of("role", &ROLES).unwrap_or_default();
    if role == Role::Admin {
        admin.by.check_recent()?;
    }
    let account = face.auth.create_account(&admin.by, register::read(fields)?, role).await?;
    let location = (header::LOCATION, format!("/v1/admin/accounts/{}", account.id));
    Ok((StatusCode::CREATED, [location], Json(account.into())))
}

problems!(ShowProblems: CALLER, &[Code::Forbidden, Code::NotFound]);

/// One account.
#[utoipa::path(
    get,
    path = "/v1/admin/accounts/{id}",
    operation_id = "get_account",
    tag = "admin",
    security(("bearer" = ["admin"]), ("cookie" = ["admin"])),
    params(("id" = Uuid, Path, description = "The account.")),
    responses((status = 200, description = "The account.", body = ManagedAccountAnswer), ShowProblems),
)]
pub(crate) async fn show(
    State(face): State<Face>,
    admin: Admin,
    PathId(id): PathId<AccountId>,
) -> Result<Json<ManagedAccountAnswer>, Problem> {
    Ok(Json(face.auth.account(&admin.by, id).await?.into()))
}

/// What of an account changes. A field that is absent or `null` leaves things as they are.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes the body; `change` reads it")]
pub(crate) struct ChangeAccountBody {
    /// `true` forbids the account to log in and ends its sessions, `false` lets it log in again.
    #[schema(example = true)]
    disabled: Option<bool>,
    /// `user` or `admin`.
    role: Option<String>,
}

problems!(
    ChangeProblems: BODY,
    CALLER,
    &[
        Code::Forbidden,
        Code::ReauthenticationRequired,
        Code::CsrfFailed,
        Code::NotFound,
        Code::OwnAccount
    ]
);

/// Disables or enables an account, or gives it another role.
///
/// An administrator can neither disable nor demote the own account, so that somebody stays who can undo it. The
/// administrator's password has to have been proved lately, but for enabling.
#[utoipa::path(
    patch,
    path = "/v1/admin/accounts/{id}",
    operation_id = "change_account",
    tag = "admin",
    security(("bearer" = ["admin"]), ("cookie" = ["admin"])),
    params(("id" = Uuid, Path, description = "The account.")),
    request_body = ChangeAccountBody,
    responses(
        (status = 200, description = "The account after the change.", body = ManagedAccountAnswer),
        ChangeProblems
    ),
)]
pub(crate) async fn change(
    State(face): State<Face>,
    admin: Admin,
    PathId(id): PathId<AccountId>,
    mut fields: Fields,
) -> Result<Json<ManagedAccountAnswer>, Problem> {
    let disabled = fields.flag("disabled");
    let role = fields.one_of("role", &ROLES);
    fields.finish(Some(()))?;
    // In this order: what an administrator may not do to the own account is refused before anything is done.
    if disabled == Some(true) {
        face.auth.disable_account(&admin.by, id).await?;
    }
    if let Some(role) = role {
        face.auth.set_role(&admin.by, id, role).await?;
    }
    if disabled == Some(false) {
        face.auth.enable_account(&admin.by, id).await?;
    }
    Ok(Json(face.auth.account(&admin.by, id).await?.into()))
}

problems!(
    VerifyEmailProblems: CALLER,
    &[Code::Forbidden, Code::ReauthenticationRequired, Code::CsrfFailed, Code::NotFound]
);

/// Notes that the email address of an account is its owner's.
///
/// For who proved it by other means than a mail. The administrator's password has to have been proved lately.
#[utoipa::path(
    post,
    path = "/v1/admin/accounts/{id}/verify-email",
    operation_id = "verify_email_of_account",
    tag = "admin",
    security(("bearer" = ["admin"]), ("cookie" = ["admin"])),
    params(("id" = Uuid, Path, description = "The account.")),
    responses((status = 204, description = "The address counts as verified."), VerifyEmailProblems),
)]
pub(crate) async fn verify_email(
    State(face): State<Face>,
    admin: Admin,
    PathId(id): PathId<AccountId>,
) -> Result<StatusCode, Problem> {
    face.auth.mark_email_verified(&admin.by, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

problems!(
    DeleteProblems: CALLER,
    &[
        Code::Forbidden,
        Code::ReauthenticationRequired,
        Code::CsrfFailed,
        Code::NotFound,
        Code::OwnAccount
    ]
);

/// Deletes an account with all that belongs to it, for good.
///
/// The administrator's password has to have been proved lately.
#[utoipa::path(
    delete,
    path = "/v1/admin/accounts/{id}",
    operation_id = "delete_account",
    tag = "admin",
    security(("bearer" = ["admin"]), ("cookie" = ["admin"])),
    params(("id" = Uuid, Path, description = "The account.")),
    responses((status = 204, description = "The account is gone."), DeleteProblems),
)]
pub(crate) async fn delete(
    State(face): State<Face>,
    admin: Admin,
    PathId(id): PathId<AccountId>,
) -> Result<StatusCode, Problem> {
    face.auth.delete_account(&admin.by, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
