//! `/v1/email/…` and `/v1/me/email`: does somebody read the mails of an address, and how does an account get another one?

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use portcullis_core::crypto::Password;
use portcullis_core::flows::one_time::Proof;
use portcullis_core::model::Email;
use utoipa::ToSchema;

use super::one_time;
use super::wire::{EmailAnswer, MAIL_ON_ITS_WAY, MailOnItsWay};
use crate::extract::{Caller, Fields, FromClient, Wrong};
use crate::face::Face;
use crate::problem::answers::{BODY, CALLER, problems};
use crate::problem::{Code, Problem};

/// What a mail brought, the token of its link or its code and the address that it went to; and the password.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body; `read_verification` reads it")]
pub(crate) struct VerifyEmailBody {
    /// What stands after `?token=` in the link. Neither `email` nor `code` is given with it.
    token: Option<String>,
    /// The address that the code went to.
    #[schema(example = "alice@example.com")]
    email: Option<String>,
    /// The code, in any case, with or without the hyphen.
    #[schema(example = "7K3M-9QXZ")]
    code: Option<String>,
    /// The one chosen at the registration, where the token or code is that of one, else that of the account. Only an account
    /// without a password needs none.
    #[schema(format = Password, example = "correct horse battery staple")]
    password: Option<String>,
}

problems!(
    VerifyProblems: BODY,
    &[
        Code::InvalidOneTimeToken,
        Code::WrongPassword,
        Code::EmailTaken,
        Code::UsernameTaken,
        Code::TooManyAttempts
    ]
);

/// Shows that somebody reads the mails of an address.
///
/// It ends what the mail was about: a registration becomes an account, the address of an account counts as verified, or an
/// account gets the address that was asked for. It does not log in. A token or code is good once.
///
/// Anybody can register with the address of somebody else, or ask for it at an account of their own, and its owner may take the
/// mail for theirs. So that they do not make a stranger's account by it, or a stranger's account one whose address is verified,
/// it takes the password: of a registration the one that was chosen there, else that of the account, also for a new address.
/// Only an account without a password needs none. Without it, or with a wrong one, the token or code stays good.
#[utoipa::path(
    post,
    path = "/v1/email/verify",
    operation_id = "verify_email",
    tag = "mail",
    request_body = VerifyEmailBody,
    responses((status = 200, description = "The address is verified.", body = EmailAnswer), VerifyProblems),
)]
pub(crate) async fn verify(
    State(face): State<Face>,
    FromClient(client): FromClient,
    fields: Fields,
) -> Result<Json<EmailAnswer>, Problem> {
    let (proof, password) = read_verification(fields)?;
    let verified = face.auth.verify_email(&proof, password.as_ref(), &client).await?;
    Ok(Json(verified.email.into()))
}

fn read_verification(mut fields: Fields) -> Result<(Proof, Option<Password>), Problem> {
    let proof = read_proof(&mut fields);
    let password = fields.optional_password("password");
    let proof = fields.finish(proof)??;
    Ok((proof, password))
}

/// The proof, or the answer to a text that cannot be one. That is given when the rest of the body is right.
fn read_proof(fields: &mut Fields) -> Option<Result<Proof, Problem>> {
    let token = fields.optional_as("token", |text| Ok(one_time::parse_token(text)));
    // A token that is no text is a token all the same.
    if token.is_some() || fields.has_errors() {
        for name in ["email", "code"] {
            if fields.optional_as(name, |_| Ok(())).is_some() {
                fields.refuse(name, Wrong::new("invalid", "must not be given together with `token`"));
            }
        }
        return token.map(|token| token.map(Proof::Token));
    }
    if !fields.has("email") && !fields.has("code") {
        fields.refuse("token", Wrong::new("required", "must be given, or `email` and `code`"));
        // As `null` they are as good as absent, and are read as that.
        for name in ["email", "code"] {
            fields.optional_as(name, |_| Ok(()));
        }
        return None;
    }
    let email = one_time::email(fields);
    let code = fields.text_as("code", |text| Ok(one_time::parse_code(text)));
    email.zip(code).map(|(email, code)| code.map(|code| Proof::Code { email, code }))
}

/// An address.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body; `one_time::read_email` reads it")]
pub(crate) struct EmailBody {
    /// The email address.
    #[schema(example = "alice@example.com")]
    email: String,
}

problems!(AskProblems: BODY, &[Code::TooManyRequests, Code::MailNotConfigured]);

/// Asks for another mail with which an address is verified.
///
/// The answer is the same for every address. A mail goes out if there is something to verify: a registration that waits,
/// or an account whose address is not verified yet.
#[utoipa::path(
    post,
    path = "/v1/email/verify/resend",
    operation_id = "resend_verification",
    tag = "mail",
    request_body = EmailBody,
    responses((status = 202, description = "The same for every address.", body = MailOnItsWay), AskProblems),
)]
pub(crate) async fn resend(
    State(face): State<Face>,
    FromClient(client): FromClient,
    fields: Fields,
) -> Result<(StatusCode, Json<MailOnItsWay>), Problem> {
    face.auth.request_verification(one_time::read_email(fields)?, &client).await?;
    Ok((StatusCode::ACCEPTED, Json(MAIL_ON_ITS_WAY)))
}

/// What a change of the address takes.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body; `change` reads it")]
pub(crate) struct ChangeEmailBody {
    /// The address that the account shall have.
    #[schema(example = "alice@example.org")]
    email: String,
    /// The password, asked for again.
    #[schema(format = Password)]
    password: String,
}

problems!(
    ChangeProblems: BODY,
    CALLER,
    &[
        Code::WrongPassword,
        Code::TooManyAttempts,
        Code::AccountDisabled,
        Code::CsrfFailed,
        Code::MailNotConfigured
    ]
);

/// Asks for another email address of the caller's account.
///
/// The account keeps the address that it has until the link or the code of the mail to the new one has come back to
/// `POST /v1/email/verify`. Then the old one, if there was one, gets a mail, with a link that takes the change back within a
/// day. The answer does not tell whether the new address belongs to another account.
#[utoipa::path(
    post,
    path = "/v1/me/email",
    operation_id = "change_my_email",
    tag = "account",
    security(("bearer" = []), ("cookie" = [])),
    request_body = ChangeEmailBody,
    responses((status = 202, description = "The same for every address.", body = MailOnItsWay), ChangeProblems),
)]
pub(crate) async fn change(
    State(face): State<Face>,
    caller: Caller,
    mut fields: Fields,
) -> Result<(StatusCode, Json<MailOnItsWay>), Problem> {
    let email = one_time::email(&mut fields);
    let password = fields.password("password");
    let (email, password): (Email, _) = fields.finish(email.zip(password))?;
    face.auth.change_email(&caller.actor, email, &password).await?;
    Ok((StatusCode::ACCEPTED, Json(MAIL_ON_ITS_WAY)))
}

problems!(UndoProblems: BODY, &[Code::InvalidOneTimeToken, Code::EmailTaken, Code::TooManyAttempts]);

/// Takes back a change of an account's email address, by the link of the mail to the old one.
///
/// For who did not change it: whoever did knew the password. So the account gets the address back and loses its password,
/// all its sessions end, and a mail to choose another password goes to the address.
#[utoipa::path(
    post,
    path = "/v1/email/undo",
    operation_id = "undo_email_change",
    tag = "mail",
    request_body = one_time::TokenBody,
    responses((status = 200, description = "The address that the account has again.", body = EmailAnswer), UndoProblems),
)]
pub(crate) async fn undo(
    State(face): State<Face>,
    FromClient(client): FromClient,
    fields: Fields,
) -> Result<Json<EmailAnswer>, Problem> {
    let token = one_time::read_token(fields)?;
    Ok(Json(face.auth.undo_email_change(&token, &client).await?.into()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]
    use serde_json::{Value, json};

    use super::*;

    fn token() -> String {
        format!("pc_ot_{}", "A".repeat(43))
    }

    fn read(body: &Value) -> Result<Proof, (Code, Vec<String>)> {
        read_with_password(body).map(|(proof, _)| proof)
    }

    fn read_with_password(body: &Value) -> Result<(Proof, Option<Password>), (Code, Vec<String>)> {
        let read = Fields::parse(body.to_string().as_bytes()).and_then(read_verification);
        read.map_err(|problem| {
            let fields = problem.errors().iter().map(|error| error.field.to_string()).collect();
            (problem.code(), fields)
        })
    }

    #[test]
    fn a_token_proves_alone_and_a_code_with_its_address() {
        assert!(matches!(read(&json!({"token": token()})), Ok(Proof::Token(_))));
        let Ok(Proof::Code { email, code }) = read(&json!({"email": "A@example.com", "code": "7k3m 9qxz"}))
        else {
            panic!("was refused");
        };
        assert_eq!((email.as_str(), code.expose()), ("A@example.com", "7K3M9QXZ"));
    }

    #[test]
    fn a_password_may_stand_beside_both() {
        let by_code = json!({"email": "a@example.com", "code": "7K3M-9QXZ", "password": "correct horse"});
        for body in [by_code, json!({"token": token(), "password": "correct horse"})] {
            let (_, password) = read_with_password(&body).unwrap();
            assert_eq!(password.unwrap().expose(), "correct horse", "{body}");
        }
        for body in [json!({"token": token()}), json!({"token": token(), "password": null})] {
            assert!(read_with_password(&body).unwrap().1.is_none(), "{body}");
        }
    }

    #[test]
    fn what_cannot_be_a_token_or_a_code_is_answered_like_one_that_is_not_good() {
        for body in [
            json!({"token": ""}),
            json!({"token": "pc_ot_x"}),
            json!({"email": "a@example.com", "code": "7K3M-9QX"}),
            json!({"email": "a@example.com", "code": ""}),
        ] {
            assert_eq!(read(&body).unwrap_err(), (Code::InvalidOneTimeToken, vec![]), "{body}");
        }
    }

    #[test]
    fn what_is_missing_or_too_much_is_named() {
        for (body, wrong) in [
            (json!({}), vec!["token"]),
            (json!({"password": "correct horse"}), vec!["token"]),
            (json!({"token": null, "email": null, "code": null}), vec!["token"]),
            (json!({"code": "7K3M-9QXZ"}), vec!["email"]),
            (json!({"token": 7}), vec!["token"]),
            (json!({"token": token(), "password": 7}), vec!["password"]),
            (json!({"email": "a@example.com"}), vec!["code"]),
            (json!({"email": "nobody", "code": "7K3M-9QXZ"}), vec!["email"]),
            (json!({"token": token(), "code": "7K3M-9QXZ"}), vec!["code"]),
            (json!({"token": token(), "email": "a@example.com", "x": 1}), vec!["email", "x"]),
        ] {
            let wrong: Vec<String> = wrong.into_iter().map(str::to_owned).collect();
            assert_eq!(read(&body).unwrap_err(), (Code::InvalidRequest, wrong), "{body}");
        }
    }
}
