//! What can be tried first, once the server is ready?

use crate::config::meant::DialectSettings;

/// A command that works on an empty database.
struct Call {
    path: &'static str,
    /// The body of a `POST`; without one it is a `GET`.
    body: Option<&'static str>,
}

const NATIVE: Call = Call {
    path: "/v1/register",
    body: Some(r#"{"email": "ada@example.com", "password": "correct horse battery"}"#),
};

/// The commands: of each dialect one, of the native API where there is none.
pub(super) fn commands(url: &str, dialects: &[DialectSettings]) -> Vec<(String, String)> {
    if dialects.is_empty() {
        return vec![(
            "Register the first account".to_owned(),
            curl(&format!("{url}{}", NATIVE.path), NATIVE.body),
        )];
    }
    let of_dialect = |spoken: &DialectSettings| {
        let name = spoken.dialect.name;
        let Call { path, body } = first_call(name)?;
        Some((format!("Try {name}"), curl(&format!("{url}{}{path}", spoken.prefix.as_str()), body)))
    };
    dialects.iter().filter_map(of_dialect).collect()
}

/// What a client of a dialect does first.
fn first_call(dialect: &str) -> Option<Call> {
    let register = |path, body| Some(Call { path, body: Some(body) });
    match dialect {
        "bearer-pair" => register(
            "/register",
            r#"{"username": "ada", "email": "ada@example.com", "password": "correct horse battery"}"#,
        ),
        "users-cookies" => register(
            "/users/register",
            r#"{"name": "Ada", "email": "ada@example.com", "password": "correct horse battery"}"#,
        ),
        // Everything else needs the token that this brings.
        "api-session" => Some(Call { path: "/api/csrf/restore", body: None }),
        "bearer-single" => {
            register("/register", r#"{"username": "ada", "password": "correct horse battery"}"#)
        }
        "auth-router" => register(
            "/auth/register",
            r#"{"name": "Ada", "email": "ada@example.com", "password": "correct horse battery"}"#,
        ),
        _ => None,
    }
}

fn curl(url: &str, body: Option<&str>) -> String {
    match body {
        Some(body) => format!("curl {url} \\\n    -H 'content-type: application/json' \\\n    -d '{body}'"),
        None => format!("curl -i {url}"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use portcullis_http::dialects::ALL;

    use super::*;

    #[test]
    fn every_dialect_has_a_first_call_and_it_is_one_of_its_routes() {
        for dialect in ALL {
            let Call { path, body } = first_call(dialect.name).unwrap();
            let method = if body.is_some() { "POST" } else { "GET" };
            assert!(dialect.list_routes().contains(&format!("{method} {path}")), "{}", dialect.name);
        }
    }
}
