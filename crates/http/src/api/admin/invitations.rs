//! `/v1/admin/invitations`: who is asked to register?

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use portcullis_core::flows::invite::{Invitation, Invite};
use portcullis_core::model::{Email, Page, Role, StoredToken, TokenId};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Serialize, Serializer};
use utoipa::ToSchema;
use uuid::Uuid;

use super::Admin;
use super::accounts::ROLES;
use crate::api::reveal;
use crate::api::wire::Time;
use crate::extract::{Fields, PageQuery, PathId};
use crate::face::Face;
use crate::problem::answers::{BODY, CALLER, problems};
use crate::problem::{Code, Problem};

/// Somebody who may register.
#[derive(Serialize, ToSchema)]
#[schema(as = Invitation)]
pub(crate) struct InvitationShown {
    /// Its name.
    id: Uuid,
    /// The address that may register with it, and no other.
    #[schema(example = "bob@example.com")]
    email: String,
    /// What the account will be: `user` or `admin`.
    #[schema(example = "user")]
    role: &'static str,
    /// When it was made.
    created_at: Time,
    /// From when on it is good for nothing.
    expires_at: Time,
}

impl From<StoredToken> for InvitationShown {
    fn from(token: StoredToken) -> Self {
        let role = token.payload.as_deref().and_then(Role::parse).unwrap_or_default();
        Self {
            id: token.id.as_uuid(),
            email: token.email.as_str().to_owned(),
            role: role.as_str(),
            created_at: Time(token.created_at),
            expires_at: Time(token.expires_at),
        }
    }
}

/// An invitation that was made just now.
#[derive(Serialize, ToSchema)]
pub(crate) struct InvitationAnswer {
    /// The invitation.
    invitation: InvitationShown,
    /// What to hand over to who is invited, where this server sends no mails; `null` where a mail brings it. It is shown
    /// this once.
    #[schema(required, value_type = Option<String>)]
    link: Option<Link>,
}

/// A link that does not print.
struct Link(SecretString);

impl Serialize for Link {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.expose_secret())
    }
}

impl From<Invitation> for InvitationAnswer {
    fn from(Invitation { token, link }: Invitation) -> Self {
        Self { invitation: token.into(), link: link.map(Link) }
    }
}

/// A page of invitations.
#[derive(Serialize, ToSchema)]
pub(crate) struct InvitationList {
    /// The invitations.
    invitations: Vec<InvitationShown>,
    /// What to pass as `after` for the next page; `null` at the end.
    #[schema(required)]
    next: Option<String>,
}

impl From<Page<StoredToken, TokenId>> for InvitationList {
    fn from(page: Page<StoredToken, TokenId>) -> Self {
        Self {
            invitations: page.items.into_iter().map(InvitationShown::from).collect(),
            next: page.next.map(|cursor| cursor.to_string()),
        }
    }
}

/// Who is invited, as what.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes the body; `create` reads it")]
pub(crate) struct InviteBody {
    /// The address.
    #[schema(example = "bob@example.com")]
    email: String,
    /// `user`, which is the default, or `admin`.
    #[schema(example = "user")]
    role: Option<String>,
}

problems!(
    CreateProblems: BODY,
    CALLER,
    &[Code::Forbidden, Code::ReauthenticationRequired, Code::CsrfFailed, Code::EmailTaken]
);

/// Invites somebody to register.
///
/// They register with `invite` at `POST /v1/register`, even where nobody else may. An invitation of before to the same
/// address is good no more. The administrator's password has to have been proved lately.
#[utoipa::path(
    post,
    path = "/v1/admin/invitations",
    operation_id = "create_invitation",
    tag = "admin",
    security(("bearer" = ["admin"]), ("cookie" = ["admin"])),
    request_body = InviteBody,
    responses((status = 201, description = "The invitation.", body = InvitationAnswer), CreateProblems),
)]
pub(crate) async fn create(
    State(face): State<Face>,
    admin: Admin,
    mut fields: Fields,
) -> Result<(StatusCode, Json<InvitationAnswer>), Problem> {
    let email = fields.text_as("email", |text| Email::parse(text).map_err(reveal::email));
    let role = fields.one_of("role", &ROLES).unwrap_or_default();
    let email = fields.finish(email)?;
    let invitation = face.auth.invite(&admin.by, Invite { email, role }).await?;
    Ok((StatusCode::CREATED, Json(invitation.into())))
}

problems!(ListProblems: CALLER, &[Code::InvalidRequest, Code::Forbidden]);

/// The invitations that are good now.
#[utoipa::path(
    get,
    path = "/v1/admin/invitations",
    operation_id = "list_invitations",
    tag = "admin",
    security(("bearer" = ["admin"]), ("cookie" = ["admin"])),
    params(
        ("limit" = Option<u32>, Query, description = "At most so many, 1 to 200; 50 when absent."),
        ("after" = Option<String>, Query, description = "The `next` of the page before."),
    ),
    responses((status = 200, description = "A page of invitations.", body = InvitationList), ListProblems),
)]
pub(crate) async fn list(
    State(face): State<Face>,
    admin: Admin,
    PageQuery(page): PageQuery<TokenId>,
) -> Result<Json<InvitationList>, Problem> {
    Ok(Json(face.auth.list_invitations(&admin.by, page).await?.into()))
}

problems!(WithdrawProblems: CALLER, &[Code::Forbidden, Code::CsrfFailed, Code::NotFound]);

/// Takes an invitation back.
#[utoipa::path(
    delete,
    path = "/v1/admin/invitations/{id}",
    operation_id = "withdraw_invitation",
    tag = "admin",
    security(("bearer" = ["admin"]), ("cookie" = ["admin"])),
    params(("id" = Uuid, Path, description = "The invitation.")),
    responses((status = 204, description = "It is good no more."), WithdrawProblems),
)]
pub(crate) async fn withdraw(
    State(face): State<Face>,
    admin: Admin,
    PathId(id): PathId<TokenId>,
) -> Result<StatusCode, Problem> {
    if face.auth.withdraw_invitation(&admin.by, id).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::new(Code::NotFound).detail("There is no such invitation."))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use portcullis_core::crypto::one_time::Digest;
    use portcullis_core::model::{Purpose, Timestamp};
    use serde_json::json;

    use super::*;

    fn token() -> StoredToken {
        let created_at = Timestamp::from_millis(1_769_860_800_000);
        StoredToken {
            id: TokenId::new(created_at, [0; 10]),
            purpose: Purpose::Invite,
            account_id: None,
            email: Email::parse("bob@example.com").unwrap(),
            digest: Digest::from_stored([0; 32]),
            code: None,
            payload: Some("admin".to_owned()),
            created_at,
            expires_at: created_at.plus(std::time::Duration::from_hours(1)),
        }
    }

    #[test]
    fn an_invitation_is_shown_with_its_link_only_where_no_mail_brings_it() {
        let invitation = json!({
            "id": token().id.to_string(),
            "email": "bob@example.com",
            "role": "admin",
            "created_at": "2026-01-31T12:00:00.000Z",
            "expires_at": "2026-01-31T13:00:00.000Z",
        });
        for link in [None, Some("https://auth.example.com/account/register?token=t")] {
            let answer: InvitationAnswer =
                Invitation { token: token(), link: link.map(SecretString::from) }.into();
            assert_eq!(
                serde_json::to_value(answer).unwrap(),
                json!({"invitation": invitation, "link": link})
            );
        }
    }
}
