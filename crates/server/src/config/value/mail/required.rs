//! What is an account kept from until its address is verified?

use super::super::{Refusal, Value, members};

/// What an account whose address is not verified is kept from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RequiredEmail {
    /// Nothing.
    Never,
    /// To log in.
    LogIn,
    /// What begins with one of these paths.
    Routes(Vec<String>),
}

/// What all paths begin with that a person calls with a token.
const API: &str = "/v1/";
/// Where an address is verified, and how one gets there.
const NEEDED: [&str; 6] =
    ["/v1/email", "/v1/login", "/v1/logout", "/v1/token", "/v1/register", "/v1/password"];

impl Value for RequiredEmail {
    fn parse(text: &str) -> Result<Self, Refusal> {
        match text {
            "never" => return Ok(Self::Never),
            "login" => return Ok(Self::LogIn),
            _ => {}
        }
        let routes = members(text).map(route).collect::<Result<Vec<_>, _>>()?;
        if routes.is_empty() { Err(Refusal::new("is empty")) } else { Ok(Self::Routes(routes)) }
    }

    fn show(&self) -> String {
        match self {
            Self::Never => "never".to_owned(),
            Self::LogIn => "login".to_owned(),
            Self::Routes(routes) => routes.join(", "),
        }
    }

    fn expects() -> String {
        "`never`, `login` or a list of paths such as `/v1/me/sessions, /v1/admin`".into()
    }
}

fn route(text: &str) -> Result<String, Refusal> {
    let is_path = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-_".contains(&byte));
    if !is_path || !text.starts_with(API) || text.contains("//") {
        let what = format!("has the member `{text}`, which is no beginning of a path below `{API}`");
        return Err(Refusal::new(what));
    }
    if let Some(needed) = NEEDED.iter().find(|needed| covers(text, needed) || covers(needed, text)) {
        let what = format!("has the member `{text}`, and `{needed}` is needed to verify an address");
        return Err(Refusal::with_fix(
            what,
            "name what is to be kept from them more closely, or leave it out",
        ));
    }
    Ok(text.trim_end_matches('/').to_owned())
}

/// Whether a path begins with another, or is it.
fn covers(prefix: &str, path: &str) -> bool {
    path.strip_prefix(prefix)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || prefix.ends_with('/'))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn it_is_a_word_or_a_list_of_paths() {
        for text in ["never", "login", "/v1/me, /v1/me/sessions", "/v1/admin/accounts", "/v1/emailed"] {
            assert_eq!(RequiredEmail::parse(text).unwrap().show(), text);
        }
        for text in
            ["", "always", "me", "/me", "/v2/me", "/v1", "/v1/me?x", "/v1//me", "/v1/é", "never, login"]
        {
            assert!(RequiredEmail::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn nobody_is_kept_from_verifying() {
        for text in
            ["/v1/", "/v1/email", "/v1/email/verify", "/v1/me,/v1/token", "/v1/password/reset", "/v1/logout"]
        {
            let refusal = RequiredEmail::parse(text).unwrap_err();
            assert!(refusal.what.contains("is needed to verify an address"), "{text}: {}", refusal.what);
        }
    }
}
