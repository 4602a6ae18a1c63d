//! `POST /v1/register`: how does somebody get an account?

use axum::Json;
use axum::extract::State;
use http::{HeaderName, StatusCode, header};
use portcullis_core::flows::register::Register;
use portcullis_core::model::{Email, Profile, ProfileField, Username};
use utoipa::ToSchema;

use super::reveal;
use super::wire::AccountAnswer;
use crate::extract::{Fields, FromClient};
use crate::face::Face;
use crate::problem::answers::{BODY, problems};
use crate::problem::{Code, Problem};

/// What a new account is made of. It needs an email address, a username, or both.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body; `read` reads it")]
pub(crate) struct RegisterBody {
    /// The email address; unique whatever its case.
    #[schema(example = "alice@example.com")]
    email: Option<String>,
    /// The username: 3 to 64 letters, digits and `.` `_` `-` `+`; unique whatever its case.
    #[schema(example = "alice")]
    username: Option<String>,
    /// The password, kept as it is sent.
    #[schema(format = Password, example = "correct horse battery staple")]
    password: String,
    /// What the person is called; up to 200 characters.
    #[schema(example = "Alice")]
    name: Option<String>,
    /// A text about the person; up to 16000 characters.
    bio: Option<String>,
    /// How the person can be reached; up to 200 characters.
    contact: Option<String>,
}

problems!(Problems: BODY, &[Code::EmailTaken, Code::UsernameTaken, Code::TooManyRequests]);

/// Registers an account.
///
/// It does not log in; do that next.
#[utoipa::path(
    post,
    path = "/v1/register",
    operation_id = "register",
    tag = "sessions",
    request_body = RegisterBody,
    responses(
        (
            status = 201,
            description = "The account exists.",
            body = AccountAnswer,
            headers(("Location" = String, description = "Where the account is read: `/v1/me`."))
        ),
        Problems
    ),
)]
pub(crate) async fn register(
    State(face): State<Face>,
    FromClient(client): FromClient,
    fields: Fields,
) -> Result<(StatusCode, [(HeaderName, &'static str); 1], Json<AccountAnswer>), Problem> {
    let account = face.auth.register(read(fields)?, &client).await?;
    Ok((StatusCode::CREATED, [(header::LOCATION, "/v1/me")], Json(account.into())))
}

pub(super) fn read(mut fields: Fields) -> Result<Register, Problem> {
    let email = fields.optional_as("email", |text| Email::parse(text).map_err(reveal::email));
    let username = fields.optional_as("username", |text| Username::parse(text).map_err(reveal::username));
    let password = fields.password("password");
    let mut text = |field: ProfileField| {
        fields.optional_as(reveal::field_name(field), |text| {
            field.check(text).map_err(reveal::profile_text)?;
            Ok(std::mem::take(text))
        })
    };
    let profile = Profile {
        name: text(ProfileField::Name),
        bio: text(ProfileField::Bio),
        contact: text(ProfileField::Contact),
    };
    let password = fields.finish(password)?;
    Ok(Register { email, username, password, profile, external_id: None })
}
