//! Which command shows what an operation does?
//!
//! The command can be pasted into a POSIX shell: bodies stand in single quotes, and what only the reader
//! knows is a shell variable.

use serde_json::Value;

use super::document::{Document, Operation, Schema};

/// The longest body that is written on one line, in characters.
const LINE_CHARS: usize = 66;

/// A `curl` command for an operation.
pub(super) fn curl(document: &Document, base_url: &str, request: (&str, &str, &Operation)) -> String {
    let (method, path, operation) = request;
    let body =
        operation.request_body.as_ref().and_then(|body| body.schema()).map(|schema| body(document, schema));
    let mut command = String::from("curl");
    match (method, &body) {
        ("get", _) | ("post", Some(_)) => {}
        _ => {
            command.push_str(" -X ");
            command.push_str(&method.to_uppercase());
        }
    }
    command.push(' ');
    command.push_str(&url(base_url, path));
    if operation.security.iter().any(|scheme| scheme.contains_key("bearer")) {
        command.push_str(" \\\n  -H \"Authorization: Bearer $ACCESS_TOKEN\"");
    }
    if !operation.security.is_empty() && operation.security.iter().all(|scheme| scheme.contains_key("cookie"))
    {
        command.push_str(" \\\n  -b cookies.txt");
    }
    if let Some(body) = body {
        command.push_str(" \\\n  -H 'Content-Type: application/json' \\\n  -d ");
        command.push_str(&single_quoted(&body));
    }
    command
}

/// The URL with a shell variable for each parameter of the path.
fn url(base_url: &str, path: &str) -> String {
    let mut url = base_url.trim_end_matches('/').to_owned();
    let mut has_variable = false;
    for piece in path.split_inclusive(['{', '}']) {
        match piece.strip_suffix('}') {
            Some(name) => {
                has_variable = true;
                url.push('$');
                url.push_str(&name.to_uppercase());
            }
            None => url.push_str(piece.trim_end_matches('{')),
        }
    }
    if has_variable { format!("\"{url}\"") } else { url }
}

/// In single quotes a shell takes everything as it stands, except the quote itself.
fn single_quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A body with what is required and with what has an example, in the order of the fields.
fn body(document: &Document, schema: &Schema) -> String {
    let schema = document.object_of(schema);
    let shown = schema.properties.iter().filter(|(name, property)| {
        schema.required.iter().any(|own| own == name) || example(document.resolve(property)).is_some()
    });
    let members: Vec<String> = shown
        .map(|(name, property)| format!("{}: {}", Value::from(name), value(document, name, property)))
        .collect();
    let line = format!("{{{}}}", members.join(", "));
    if line.chars().count() <= LINE_CHARS {
        line
    } else {
        format!("{{\n    {}\n  }}", members.join(",\n    "))
    }
}

fn value(document: &Document, name: &str, schema: &Schema) -> Value {
    let schema = document.resolve(schema);
    if let Some(example) = example(schema) {
        return example.clone();
    }
    if let Some(first) = schema.default.as_ref().or(schema.values.first()) {
        return first.clone();
    }
    let kind = schema.types.iter().find(|word| *word != "null").map(String::as_str);
    match kind {
        Some("boolean") => Value::from(true),
        Some("integer" | "number") => Value::from(schema.minimum.unwrap_or(1)),
        Some("array") => Value::Array(Vec::new()),
        _ => Value::from(format!("<{name}>")),
    }
}

fn example(schema: &Schema) -> Option<&Value> {
    schema.example.as_ref().or(schema.examples.first())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn sample(method: &str, path: &str, operation: &str) -> String {
        let operation = serde_json::from_str(operation).unwrap();
        curl(&Document::default(), "https://auth.example/", (method, path, &operation))
    }

    #[test]
    fn a_read_is_a_bare_url() {
        assert_eq!(sample("get", "/livez", "{}"), "curl https://auth.example/livez");
    }

    #[test]
    fn what_only_a_cookie_opens_is_shown_with_cookies() {
        let sample = sample("get", "/v1/csrf", r#"{"security":[{"cookie":[]}]}"#);
        assert_eq!(sample, "curl https://auth.example/v1/csrf \\\n  -b cookies.txt");
    }

    #[test]
    fn a_body_shows_what_is_required_and_what_has_an_example() {
        let operation = r#"{"requestBody":{"content":{"application/json":{"schema":{
            "required":["password"],
            "properties":{
                "email":{"type":"string","example":"ada@example.com"},
                "password":{"type":"string","example":"it's a secret"},
                "note":{"type":"string"}}}}}}}"#;
        assert_eq!(
            sample("post", "/v1/register", operation),
            "curl https://auth.example/v1/register \\\n  -H 'Content-Type: application/json' \\\n  \
             -d '{\"email\": \"ada@example.com\", \"password\": \"it'\\''s a secret\"}'"
        );
    }

    #[test]
    fn a_body_that_may_be_left_out_is_shown_as_it_would_be() {
        let operation = r#"{"requestBody":{"content":{"application/json":{"schema":{"oneOf":[
            {"type":"null"},
            {"properties":{"sessions":{"type":"string","example":"all"}}}]}}}}}"#;
        assert!(sample("post", "/v1/logout", operation).ends_with(r#"-d '{"sessions": "all"}'"#));
    }

    #[test]
    fn what_only_the_reader_knows_is_a_variable() {
        let operation = r#"{"security":[{"bearer":[]}]}"#;
        assert_eq!(
            sample("delete", "/v1/me/sessions/{session_id}", operation),
            "curl -X DELETE \"https://auth.example/v1/me/sessions/$SESSION_ID\" \\\n  \
             -H \"Authorization: Bearer $ACCESS_TOKEN\""
        );
    }
}
