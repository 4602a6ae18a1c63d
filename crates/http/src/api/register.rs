//! `POST /v1/register`: how does somebody get an account?

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::{StatusCode, header};
use portcullis_core::crypto::one_time::OneTimeToken;
use portcullis_core::flows::register::Register;
use portcullis_core::model::{Email, Locale, Profile, ProfileField, Username};
use portcullis_core::policy::RegistrationAnswer;
use utoipa::ToSchema;

use super::reveal;
use super::wire::{AccountAnswer, MAIL_ON_ITS_WAY, MailOnItsWay};
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
    /// The language that the person is written to: `en` or `de`. When absent, what `Accept-Language` likes best of them.
    #[schema(example = "en")]
    locale: Option<String>,
    /// The token in the link of an invitation, from whoever was invited. The address is that which the invitation went to,
    /// and may be absent.
    invite: Option<String>,
}

problems!(
    Problems: BODY,
    &[
        Code::InvitationInvalid,
        Code::InvitationRequired,
        Code::EmailTaken,
        Code::UsernameTaken,
        Code::TooManyRequests
    ]
);

/// Registers an account.
///
/// It does not log in; do that next. Where the server is set up to conceal who has an account (`registration.answer`),
/// nobody hears whether an address or a username is taken: the answer is always 202, and the account exists when the link
/// or the code of the mail has come back to `POST /v1/email/verify`, with the password of this request. Who was invited gets the account at once, with an
/// address that is verified.
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
        (status = 202, description = "There will be a mail, and an account when it is answered.", body = MailOnItsWay),
        Problems
    ),
)]
pub(crate) async fn register(
    State(face): State<Face>,
    FromClient(client): FromClient,
    fields: Fields,
) -> Result<Response, Problem> {
    let Registration { new, locale, invitation } = read_registration(fields)?;
    let locale = locale.or(client.locale);
    let client = client.with_locale(locale);
    let account = match (invitation, face.auth.registration_answer()) {
        (Some(invitation), RegistrationAnswer::Reveal | RegistrationAnswer::Conceal) => {
            face.auth.register_invited(new, &invitation, &client).await?
        }
        (None, RegistrationAnswer::Reveal) => face.auth.register(new, &client).await?,
        (None, RegistrationAnswer::Conceal) => {
            face.auth.register_concealed(new, &client).await?;
            return Ok((StatusCode::ACCEPTED, Json(MAIL_ON_ITS_WAY)).into_response());
        }
    };
    let account: AccountAnswer = account.into();
    Ok((StatusCode::CREATED, [(header::LOCATION, "/v1/me")], Json(account)).into_response())
}

/// What somebody sends who registers.
struct Registration {
    new: Register,
    /// What they would like to be written to in.
    locale: Option<Locale>,
    /// The invitation that they have.
    invitation: Option<OneTimeToken>,
}

fn read_registration(mut fields: Fields) -> Result<Registration, Problem> {
    let locale = fields.optional_as("locale", |text| reveal::locale(text));
    // What cannot be an invitation is answered like one that is not good.
    let invitation = fields
        .optional_as("invite", |text| Ok(OneTimeToken::parse(text).ok_or_else(reveal::invalid_invitation)));
    let new = read(fields)?;
    let invitation = invitation.transpose()?;
    Ok(Registration { new, locale, invitation })
}

/// What any account is made of, and nothing else.
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use serde_json::{Value, json};

    use super::*;

    fn read(body: &Value) -> Result<Registration, Problem> {
        Fields::parse(body.to_string().as_bytes()).and_then(read_registration)
    }

    fn refusal(body: &Value) -> (Code, Vec<String>) {
        let problem = read(body).err().unwrap();
        (
            problem.code(),
            problem.errors().iter().map(|error| format!("{} {}", error.field, error.code)).collect(),
        )
    }

    #[test]
    fn an_invitation_and_a_language_are_read_beside_the_account() {
        let token = format!("pc_ot_{}", "A".repeat(43));
        let read = read(&json!({"username": "bob", "password": "p", "invite": token, "locale": "de-AT"}))
            .ok()
            .unwrap();
        assert_eq!(read.locale, Some(Locale::De));
        assert_eq!(read.invitation.unwrap().expose(), token);
        assert!(read.new.email.is_none());
    }

    #[test]
    fn what_cannot_be_an_invitation_is_answered_like_one_that_is_not_good() {
        let body = json!({"username": "bob", "password": "p", "invite": "please"});
        assert_eq!(refusal(&body), (Code::InvitationInvalid, vec!["invite invalid".to_owned()]));
    }

    #[test]
    fn an_unknown_language_is_refused_by_naming_those_there_are() {
        let body = json!({"username": "bob", "password": "p", "locale": "fr"});
        assert_eq!(refusal(&body), (Code::InvalidRequest, vec!["locale unknown_value".to_owned()]));
        let message = read(&body).err().unwrap().errors().first().unwrap().message.clone();
        assert_eq!(message, "must be one of: en, de");
    }

    #[test]
    fn an_administrator_gives_an_account_neither_invitation_nor_language() {
        for name in ["invite", "locale"] {
            let body = json!({"username": "bob", "password": "p", name: "en"}).to_string();
            let problem = super::read(Fields::parse(body.as_bytes()).ok().unwrap()).err().unwrap();
            assert_eq!(problem.errors().first().unwrap().field, name);
        }
    }
}
