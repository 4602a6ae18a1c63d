//! How does one operation stand on the page?

use super::document::{Body, Document, Operation};
use super::sample::curl;
use super::schema::{Direction, fields_from, fields_of, write_fields, write_kind};
use crate::pages::html::Html;
use crate::problem::{Code, answers};

/// One operation and where it is.
#[derive(Clone, Copy)]
pub(super) struct Placed<'a> {
    pub(super) document: &'a Document,
    pub(super) base_url: &'a str,
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    pub(super) operation: &'a Operation,
}

/// The word and the colour of a method.
pub(super) fn write_method(html: &mut Html, method: &str) {
    html.leaf("span", &[("class", &format!("method {method}"))], &method.to_uppercase());
}

/// A link to where a problem code is explained, for words that are codes.
pub(super) fn code_link(word: &str) -> Option<String> {
    Code::ALL.iter().any(|code| code.as_str() == word).then(|| format!("#error-{word}"))
}

pub(super) fn write_operation(html: &mut Html, placed: Placed<'_>) {
    let id = placed.operation.id.as_str();
    let title = format!("{id}-title");
    html.element("article", &[("id", id), ("class", "operation"), ("aria-labelledby", &title)], |html| {
        html.element("h3", &[("id", &title)], |html| {
            write_method(html, placed.method);
            html.text(" ");
            html.element("a", &[("href", &format!("#{id}")), ("class", "path")], |html| {
                write_path(html, placed.path);
            });
        });
        html.element("p", &[("class", "summary")], |html| html.prose(&placed.operation.summary, code_link));
        for paragraph in placed.operation.description.split("\n\n").filter(|text| !text.is_empty()) {
            html.element("p", &[], |html| html.prose(paragraph, code_link));
        }
        write_needs(html, placed.operation);
        write_request(html, placed);
        write_answers(html, placed);
        html.leaf("h4", &[], "Try it");
        html.element("pre", &[("tabindex", "0"), ("aria-label", "A command to copy")], |html| {
            html.leaf(
                "code",
                &[],
                &curl(placed.document, placed.base_url, (placed.method, placed.path, placed.operation)),
            );
        });
    });
}

/// A path that breaks at its slashes, with its parameters marked.
pub(super) fn write_path(html: &mut Html, path: &str) {
    html.element("code", &[], |html| {
        for segment in path.split_inclusive('/') {
            let name = segment.trim_end_matches('/');
            if name.starts_with('{') {
                html.leaf("em", &[], name);
                html.text(segment.strip_prefix(name).unwrap_or_default());
            } else {
                html.text(segment);
            }
            html.void("wbr", &[]);
        }
    });
}

fn write_needs(html: &mut Html, operation: &Operation) {
    if operation.security.is_empty() {
        return;
    }
    let is_admin =
        operation.security.iter().flat_map(|way| way.values()).flatten().any(|role| role == "admin");
    html.element("p", &[("class", "needs")], |html| {
        html.text("Needs ");
        html.leaf("a", &[("href", "#authentication")], "an access token");
        html.text(if is_admin { " of an administrator." } else { "." });
    });
}

fn write_request(html: &mut Html, placed: Placed<'_>) {
    let Placed { document, operation, .. } = placed;
    for (place, title) in [("path", "In the path"), ("query", "In the query"), ("header", "In the header")] {
        let fields = fields_from(&operation.parameters, place);
        if !fields.is_empty() {
            html.leaf("h4", &[], title);
            write_fields(html, document, &fields, Direction::Sent);
        }
    }
    let Some(body) = &operation.request_body else {
        return;
    };
    html.leaf("h4", &[], "Request body");
    let Some(schema) = body.schema() else {
        return;
    };
    let object = document.object_of(schema);
    let optional = if body.required { "" } else { "It may be left out." };
    for said in [&body.description, &object.description, optional] {
        if !said.is_empty() {
            html.paragraph(said);
        }
    }
    write_fields(html, document, &fields_of(document, object), Direction::Sent);
}

fn write_answers(html: &mut Html, placed: Placed<'_>) {
    html.leaf("h4", &[], "Answers");
    html.element("dl", &[("class", "answers")], |html| {
        for (status, answer) in
            placed.operation.responses.iter().filter(|(status, answer)| !is_for_all(status, answer))
        {
            let kind = if status.starts_with('2') { "good" } else { "bad" };
            html.element("div", &[], |html| {
                html.leaf("dt", &[("class", kind)], status);
                html.element("dd", &[], |html| write_answer(html, placed.document, status, answer));
            });
        }
    });
}

/// Whether the answer is one that every operation has: the chapter on errors says it once.
fn is_for_all(status: &str, answer: &Body) -> bool {
    let codes: Vec<&str> = answer.description.split('`').skip(1).step_by(2).collect();
    let any = |word: &&str| answers::ANY.iter().any(|code| code.as_str() == *word);
    status.starts_with('5') && !codes.is_empty() && codes.iter().all(any)
}

fn write_answer(html: &mut Html, document: &Document, status: &str, answer: &Body) {
    html.element("p", &[], |html| {
        html.prose(&answer.description, code_link);
        let shown = answer.schema().filter(|_| status.starts_with('2'));
        if let Some(schema) = shown {
            html.text(" ");
            html.element("span", &[("class", "kind")], |html| write_kind(html, document, schema));
        }
    });
}
