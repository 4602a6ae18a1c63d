//! `POST /v1/password/strength`: would this password do, and how good is it?

use std::borrow::Cow;

use axum::Json;
use axum::extract::State;
use portcullis_core::flows::judge_password::Judgement;
use serde::Serialize;
use utoipa::ToSchema;

use super::reveal;
use crate::extract::{Fields, FromClient, Wrong};
use crate::face::Face;
use crate::problem::Problem;
use crate::problem::answers::{BODY, problems};

/// The most characters of an identifier, which need not be complete.
const IDENTIFIER_MAX_CHARS: usize = 320;

/// A password, and for whom. Unlike in a registration, the identifiers may be half written.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body; `judge` reads it")]
pub(crate) struct StrengthBody {
    /// The password.
    #[schema(format = Password, example = "correct horse battery staple")]
    password: String,
    /// The email address, as far as it is known.
    #[schema(example = "alice@example.com")]
    email: Option<String>,
    /// The username, as far as it is known.
    #[schema(example = "alice")]
    username: Option<String>,
}

/// What there is to say about a password.
#[derive(Serialize, ToSchema)]
pub(crate) struct StrengthAnswer {
    /// How many guesses it stands, from 0 (a thousand) to 4 (more than ten thousand millions). No password is refused for it.
    #[schema(example = 4)]
    score: u8,
    /// Whether it can be set, as far as it is known here: what is known from a breach is refused when it is set.
    acceptable: bool,
    /// Why it cannot be set.
    problems: Vec<PasswordFault>,
    /// What makes it easy to guess.
    warning: Option<String>,
    /// What would make it better.
    suggestions: Vec<String>,
}

/// Why a password cannot be set.
#[derive(Serialize, ToSchema)]
pub(crate) struct PasswordFault {
    /// A stable word.
    #[schema(example = "too_common")]
    code: &'static str,
    /// A sentence for people; begins with "must".
    #[schema(value_type = String, example = "must not be one of the passwords that many people have")]
    message: Cow<'static, str>,
}

impl From<Wrong> for PasswordFault {
    fn from(Wrong { code, message }: Wrong) -> Self {
        Self { code, message }
    }
}

impl From<Judgement> for StrengthAnswer {
    fn from(Judgement { problems, strength }: Judgement) -> Self {
        Self {
            score: strength.score,
            acceptable: problems.is_empty(),
            problems: problems.into_iter().map(|problem| reveal::password(problem).into()).collect(),
            warning: strength.warning,
            suggestions: strength.suggestions,
        }
    }
}

problems!(Problems: BODY);

/// Tells how good a password is, for whoever is about to choose it.
///
/// Nothing is stored or passed on. A password is no better or worse for having been asked about.
#[utoipa::path(
    post,
    path = "/v1/password/strength",
    operation_id = "judge_password",
    tag = "account",
    request_body = StrengthBody,
    responses((status = 200, description = "What there is to say about it.", body = StrengthAnswer), Problems),
)]
pub(crate) async fn judge(
    State(face): State<Face>,
    FromClient(client): FromClient,
    mut fields: Fields,
) -> Result<Json<StrengthAnswer>, Problem> {
    let password = fields.password("password");
    let mut identifier = |name| {
        fields.optional_as(name, |text| {
            if text.chars().count() > IDENTIFIER_MAX_CHARS {
                let message = format!("must be at most {IDENTIFIER_MAX_CHARS} characters long");
                return Err(Wrong::new("too_long", message));
            }
            Ok(std::mem::take(text))
        })
    };
    let identifiers = [identifier("email"), identifier("username")].into_iter().flatten().collect();
    let password = fields.finish(password)?;
    Ok(Json(face.auth.judge_password(password, identifiers, &client).await?.into()))
}
