//! With which problems may a route answer? Said in its description, out of the same table that the answers come from.

use std::collections::BTreeMap;

use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};

use super::Code;

/// What any request may meet.
pub(crate) const ANY: &[Code] = &[Code::InternalError, Code::Unavailable, Code::Timeout];

/// What a request with a body may meet.
pub(crate) const BODY: &[Code] =
    &[Code::MalformedJson, Code::InvalidRequest, Code::BodyTooLarge, Code::UnsupportedMediaType];

/// What a request with an access token may meet.
pub(crate) const ACCESS_TOKEN: &[Code] = &[
    Code::AuthenticationRequired,
    Code::InvalidAccessToken,
    Code::AccessTokenExpired,
    Code::SessionEnded,
    Code::TooManyRequests,
];

/// The same where an operator may ask for a verified address as well.
pub(crate) const CALLER: &[Code] = &[
    Code::AuthenticationRequired,
    Code::InvalidAccessToken,
    Code::AccessTokenExpired,
    Code::SessionEnded,
    Code::EmailNotVerified,
    Code::TooManyRequests,
];

/// The answers of these codes, by status.
pub(crate) fn answers(groups: &[&[Code]]) -> BTreeMap<String, RefOr<Response>> {
    let mut by_status: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for code in groups.iter().copied().flatten() {
        by_status.entry(code.status().as_str().to_owned()).or_default().push(code.as_str());
    }
    by_status.into_iter().map(|(status, codes)| (status, answer(&codes).into())).collect()
}

fn answer(codes: &[&str]) -> Response {
    let words: Vec<String> = codes.iter().map(|code| format!("`{code}`")).collect();
    let document = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    ResponseBuilder::new().description(words.join(", ")).content("application/problem+json", document).build()
}

/// Declares a type that stands for the problems of a route in its `responses(…)`: groups of codes, each a slice.
macro_rules! problems {
    ($name:ident: $($group:expr),+ $(,)?) => {
        pub(crate) struct $name;

        impl utoipa::IntoResponses for $name {
            fn responses()
            -> std::collections::BTreeMap<String, utoipa::openapi::RefOr<utoipa::openapi::response::Response>> {
                $crate::problem::answers::answers(&[$crate::problem::answers::ANY, $($group),+])
            }
        }
    };
}

pub(crate) use problems;
