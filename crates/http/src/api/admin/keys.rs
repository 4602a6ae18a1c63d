//! `/v1/admin/keys`: which keys are there, and when does the next one take over?

use axum::Json;
use axum::extract::State;
use portcullis_core::crypto::keyring::KeyPurpose;
use portcullis_core::flows::rotate_keys::Urgency;
use utoipa::ToSchema;

use super::Admin;
use super::wire::SigningKeyList;
use crate::extract::{Fields, Wrong};
use crate::face::Face;
use crate::problem::answers::{BODY, CALLER, problems};
use crate::problem::{Code, Problem};

/// The words for why keys are rotated.
const URGENCIES: [(&str, Urgency); 2] = [("planned", Urgency::Planned), ("emergency", Urgency::Emergency)];

problems!(ListProblems: CALLER, &[Code::Forbidden]);

/// The keyring, without its secrets.
#[utoipa::path(
    get,
    path = "/v1/admin/keys",
    operation_id = "list_keys",
    tag = "admin",
    security(("bearer" = ["admin"]), ("cookie" = ["admin"])),
    responses((status = 200, description = "All keys.", body = SigningKeyList), ListProblems),
)]
pub(crate) async fn list(State(face): State<Face>, _admin: Admin) -> Json<SigningKeyList> {
    Json(face.auth.key_infos().into())
}

/// Which keys are rotated.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes the body; `rotate` reads it")]
pub(crate) struct RotateKeysBody {
    /// `access_token` or `refresh_token`.
    #[schema(example = "access_token")]
    purpose: String,
    /// `planned`, which is the default: what the old key signed stays good until it expires. `emergency`: it is
    /// refused at once.
    #[schema(example = "planned")]
    urgency: Option<String>,
}

problems!(
    RotateProblems: BODY,
    CALLER,
    &[Code::Forbidden, Code::ReauthenticationRequired, Code::CsrfFailed, Code::Conflict]
);

/// Puts the next key of a purpose into service.
///
/// After a change of `token.algorithm` the first rotation only publishes a next key for it, which the second one puts
/// into service.
///
/// In an emergency the tokens of all keys die that there are: clients get new access tokens by refreshing, but
/// nobody gets past a refresh key that was revoked without logging in again. The administrator's password has to have
/// been proved lately.
#[utoipa::path(
    post,
    path = "/v1/admin/keys/rotate",
    operation_id = "rotate_keys",
    tag = "admin",
    security(("bearer" = ["admin"]), ("cookie" = ["admin"])),
    request_body = RotateKeysBody,
    responses((status = 200, description = "All keys after the rotation.", body = SigningKeyList), RotateProblems),
)]
pub(crate) async fn rotate(
    State(face): State<Face>,
    admin: Admin,
    mut fields: Fields,
) -> Result<Json<SigningKeyList>, Problem> {
    let purpose = fields.text_as("purpose", |text| {
        KeyPurpose::parse(text)
            .ok_or_else(|| Wrong::new("unknown_value", "must be one of: access_token, refresh_token"))
    });
    let urgency = fields.one_of("urgency", &URGENCIES).unwrap_or(Urgency::Planned);
    let purpose = fields.finish(purpose)?;
    admin.by.check_recent()?;
    face.auth.rotate_keys(purpose, urgency, admin.by.account_id(), admin.by.client()).await?;
    Ok(Json(face.auth.key_infos().into()))
}
