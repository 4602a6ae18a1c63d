//! What frames the description of the API that its routes make together?
//!
//! Each handler describes itself; here stands what belongs to none of them: title, licence, the ways to
//! authenticate, and the groups that routes are shown in.

use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{ComponentsBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder};

use crate::cookies;
use crate::problem::{FieldError, ProblemDocument};

/// How the header of the CSRF token is written for people, who know headers with capitals.
pub(crate) const CSRF_HEADER_SHOWN: &str = "X-CSRF-Token";

/// The groups, in the order in which they are shown.
const TAGS: [(&str, &str); 5] = [
    ("sessions", "Register, log in, go on, log out: how tokens come and go."),
    ("account", "What somebody sees of the own account, changes and takes away."),
    (
        "mail",
        "What somebody does who reads the mails of an address, without being logged in. What asks for a mail answers the \
        same for every address, so that nobody learns who has an account here.",
    ),
    (
        "admin",
        "What an administrator can do with all accounts and with the keys. The role is read from the database \
        at every call, so a demotion counts at once, whatever the access token says.",
    ),
    ("server", "What services and machines ask."),
];

const DESCRIPTION: &str = "Portcullis keeps the accounts of an application, proves who is calling, and issues the \
    tokens that the application's services check.";

/// The document before any route has described itself in it.
pub(crate) fn base() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Portcullis")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(DESCRIPTION))
        .license(Some(
            LicenseBuilder::new()
                .name(env!("CARGO_PKG_LICENSE"))
                .identifier(Some(env!("CARGO_PKG_LICENSE")))
                .build(),
        ))
        .build();
    let components = ComponentsBuilder::new()
        .schema_from::<ProblemDocument<'_>>()
        .schema_from::<FieldError>()
        .security_scheme("bearer", bearer())
        .security_scheme("cookie", cookie())
        .build();
    let tags =
        TAGS.map(|(name, description)| TagBuilder::new().name(name).description(Some(description)).build());
    OpenApiBuilder::new().info(info).components(Some(components)).tags(Some(tags)).build()
}

fn bearer() -> SecurityScheme {
    let description = "The access token of a login or a refresh.";
    let scheme =
        HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").description(Some(description));
    SecurityScheme::Http(scheme.build())
}

fn cookie() -> SecurityScheme {
    let description = format!(
        "The access token of a login with `\"transport\": \"cookie\"`. A request that changes anything also needs the \
         CSRF token in the header `{CSRF_HEADER_SHOWN}`, and must come from an origin that is allowed."
    );
    SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::with_description(cookies::ACCESS, &description)))
}

#[cfg(test)]
mod tests;
