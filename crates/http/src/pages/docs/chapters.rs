//! What does a reader of the reference have to know that no single route could say?

use super::operation::{code_link, write_method};
use crate::openapi::CSRF_HEADER_SHOWN;
use crate::pages::html::Html;
use crate::problem::{Code, answers};

/// A chapter: its anchor, its title, and what writes it for a server at a URL.
pub(super) struct Chapter {
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    write: fn(&mut Html, &str),
}

/// What a reader needs before the routes.
pub(super) const BEFORE: [Chapter; 3] = [
    Chapter { id: "start", title: "First steps", write: write_start },
    Chapter { id: "authentication", title: "Authentication", write: write_authentication },
    Chapter { id: "paging", title: "Paging", write: write_paging },
];

/// What a reader looks up.
pub(super) const AFTER: [Chapter; 1] = [Chapter { id: "errors", title: "Errors", write: write_errors }];

/// A problem document as a client gets it.
const PROBLEM: &str = r#"{
  "type": "urn:portcullis:problem:invalid_request",
  "title": "The request is not valid",
  "status": 400,
  "code": "invalid_request",
  "errors": [
    { "field": "email", "code": "required", "message": "must be given" }
  ],
  "request_id": "0c5f3b9a"
}"#;

/// Writes chapters one after the other.
pub(super) fn write(html: &mut Html, base_url: &str, chapters: &[Chapter]) {
    for chapter in chapters {
        html.element("section", &[("id", chapter.id)], |html| {
            html.leaf("h2", &[], chapter.title);
            (chapter.write)(html, base_url);
        });
    }
}

fn write_command(html: &mut Html, command: &str) {
    html.element("pre", &[("tabindex", "0"), ("aria-label", "A command to copy")], |html| {
        html.leaf("code", &[], command);
    });
}

fn write_start(html: &mut Html, base_url: &str) {
    html.paragraph("Requests and answers are JSON in UTF-8; names are `snake_case`, times are RFC 3339 in UTC. A body \
        is announced as `application/json`, and a field that the route does not know is refused: a typing error is \
        told, not swallowed.");
    html.paragraph(
        "Register an account and log in. The answer to the login holds an `access_token`; with that in the \
        shell variable `ACCESS_TOKEN`, ask who you are:",
    );
    write_command(
        html,
        &format!(
            "curl {base_url}/v1/register \\\n  -H 'Content-Type: application/json' \\\n  \
         -d '{{\"email\": \"alice@example.com\", \"password\": \"correct horse battery staple\"}}'"
        ),
    );
    write_command(
        html,
        &format!(
            "curl {base_url}/v1/login \\\n  -H 'Content-Type: application/json' \\\n  \
         -d '{{\"identifier\": \"alice@example.com\", \"password\": \"correct horse battery staple\"}}'"
        ),
    );
    write_command(html, &format!("curl {base_url}/v1/me \\\n  -H \"Authorization: Bearer $ACCESS_TOKEN\""));
}

fn write_authentication(html: &mut Html, base_url: &str) {
    html.leaf("h3", &[], "Access token and refresh token");
    html.paragraph("A login begins a session and answers two tokens. The access token is a signed JWT that lives for \
        minutes; send it as `Authorization: Bearer …`. Every service can check it by itself against the public keys \
        at `/.well-known/jwks.json`.");
    html.element("p", &[], |html| {
        html.text("The refresh token gets the next pair, and each time a new refresh token comes with it: ");
        html.element("a", &[("href", "#refresh")], |html| {
            write_method(html, "post");
            html.text(" ");
            html.leaf("code", &[], "/v1/token/refresh");
        });
        html.text(". When the answer was lost on the way, ask again with the same token: an honest retry is \
            answered. A refresh token that comes back from somebody else after it was exchanged ends the session.");
    });
    html.leaf("h3", &[], "Cookies for browsers");
    html.paragraph("A page in a browser should not hold tokens where scripts can read them. With \
        `\"transport\": \"cookie\"` a login sets them as cookies that are `HttpOnly`, `Secure` and `SameSite`, and \
        answers a CSRF token instead.");
    html.element("p", &[], |html| {
        html.prose(
            "A request with cookies that changes anything must come from the origin of this server or one that it \
             allows, and carry the CSRF token in the header ",
            |_| None,
        );
        html.leaf("code", &[], CSRF_HEADER_SHOWN);
        html.prose(". The token is good for the whole session; `GET /v1/csrf` answers it again.", |_| None);
    });
    write_command(
        html,
        &format!(
            "curl {base_url}/v1/login -c cookies.txt \\\n  -H 'Content-Type: application/json' \\\n  \
         -d '{{\n    \"identifier\": \"alice@example.com\",\n    \"password\": \"correct horse battery staple\",\n    \
         \"transport\": \"cookie\"\n  }}'"
        ),
    );
}

fn write_errors(html: &mut Html, _base_url: &str) {
    html.paragraph(
        "Everything that is not a success is an `application/problem+json` document (RFC 9457). Branch on \
        `code`: its meaning never changes. `errors` names the fields that have to be put right. \
        `request_id` is what the server's log knows the request by.",
    );
    html.element("pre", &[("tabindex", "0"), ("aria-label", "A problem document")], |html| {
        html.leaf("code", &[], PROBLEM);
    });
    let any: Vec<String> = answers::ANY.iter().map(|code| format!("`{}`", code.as_str())).collect();
    html.element("p", &[], |html| {
        html.prose(
            &format!("Every route may answer {}; that is not repeated there.", any.join(", ")),
            code_link,
        );
    });
    html.element("dl", &[("class", "codes")], |html| {
        for code in Code::ALL {
            html.element("div", &[("id", &format!("error-{}", code.as_str()))], |html| {
                html.element("dt", &[], |html| {
                    html.leaf("span", &[("class", "status")], code.status().as_str());
                    html.leaf("code", &[], code.as_str());
                });
                html.element("dd", &[], |html| html.paragraph(code.meaning()));
            });
        }
    });
}

fn write_paging(html: &mut Html, base_url: &str) {
    html.paragraph("A list comes in pages. `limit` says how many items one page holds: 1 to 200, 50 unless said \
        otherwise. Each page ends with `next`; pass it as `after` to get the page behind it, until it is `null`. \
        Do not read anything into it.");
    write_command(
        html,
        &format!(
            "curl \"{base_url}/v1/me/sessions?limit=20&after=$NEXT\" \\\n  -H \"Authorization: Bearer $ACCESS_TOKEN\""
        ),
    );
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use serde_json::Value;

    use super::PROBLEM;
    use crate::problem::{FieldError, Problem};

    #[test]
    fn the_problem_that_is_shown_is_one_that_is_answered() {
        let answered =
            Problem::invalid(vec![FieldError::new("email", "required", "must be given")]).to_json("0c5f3b9a");
        let answered: Value = serde_json::from_slice(&answered).unwrap();
        assert_eq!(serde_json::from_str::<Value>(PROBLEM).unwrap(), answered);
    }
}
