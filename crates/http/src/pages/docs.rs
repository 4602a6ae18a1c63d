//! How does the `OpenAPI` document become a page for people?
//!
//! The page holds what the document says and three chapters that no route could say alone. It is rendered
//! once and needs no script.

mod chapters;
mod document;
mod operation;
mod sample;
mod schema;

use self::document::{Document, Schema, Tag};
use self::operation::{Placed, write_method, write_operation, write_path};
use self::schema::{Direction, fields_of, is_object, variants_of, write_fields};
use super::html::Html;
use super::layout;

/// The page for a document in JSON; commands on it go to `base_url`.
///
/// # Errors
/// When that is not an `OpenAPI` document.
pub(super) fn page(document_json: &[u8], base_url: &str) -> Result<String, serde_json::Error> {
    let document: Document = serde_json::from_slice(document_json)?;
    let title = format!("{} API reference", document.info.title);
    Ok(layout::page(&title, "docs", |html| {
        html.element("nav", &[("class", "contents"), ("aria-label", "Contents")], |html| {
            write_contents(html, &document);
        });
        html.element("main", &[("id", "content")], |html| {
            html.element("header", &[], |html| write_header(html, &document, base_url));
            chapters::write(html, base_url, &chapters::BEFORE);
            for tag in &document.tags {
                write_tag(html, &document, base_url, tag);
            }
            write_objects(html, &document);
            chapters::write(html, base_url, &chapters::AFTER);
        });
    }))
}

fn write_contents(html: &mut Html, document: &Document) {
    html.leaf("a", &[("href", "/docs"), ("class", "brand")], &document.info.title);
    html.element("ul", &[], |html| {
        for chapter in &chapters::BEFORE {
            write_entry(html, chapter.id, chapter.title);
        }
        for tag in &document.tags {
            html.element("li", &[], |html| {
                html.leaf("a", &[("href", &format!("#tag-{}", tag.name))], &tag_title(tag));
                html.element("ul", &[], |html| {
                    for (method, path, operation) in document.operations_of(&tag.name) {
                        html.element("li", &[], |html| {
                            html.element("a", &[("href", &format!("#{}", operation.id))], |html| {
                                write_method(html, method);
                                html.text(" ");
                                html.element("span", &[], |html| {
                                    write_path(html, path.trim_start_matches("/v1"));
                                });
                            });
                        });
                    }
                });
            });
        }
        write_entry(html, "objects", "Objects");
        for chapter in &chapters::AFTER {
            write_entry(html, chapter.id, chapter.title);
        }
    });
}

fn write_entry(html: &mut Html, id: &str, title: &str) {
    html.element("li", &[], |html| html.leaf("a", &[("href", &format!("#{id}"))], title));
}

fn write_header(html: &mut Html, document: &Document, base_url: &str) {
    html.element("h1", &[], |html| {
        html.text(&document.info.title);
        html.text(" ");
        html.leaf("span", &[], "API reference");
    });
    for paragraph in document.info.description.split("\n\n").filter(|text| !text.is_empty()) {
        html.element("p", &[("class", "lead")], |html| html.prose(paragraph, operation::code_link));
    }
    html.element("p", &[("class", "facts")], |html| {
        html.text("Version ");
        html.text(&document.info.version);
        html.text(" at ");
        html.leaf("code", &[], base_url);
        html.text(". For programs: ");
        html.leaf("a", &[("href", "/openapi.json")], "openapi.json");
        html.text(" (OpenAPI 3.1).");
    });
}

fn write_tag(html: &mut Html, document: &Document, base_url: &str, tag: &Tag) {
    let id = format!("tag-{}", tag.name);
    html.element("section", &[("id", &id), ("class", "tag")], |html| {
        html.leaf("h2", &[], &tag_title(tag));
        if !tag.description.is_empty() {
            html.paragraph(&tag.description);
        }
        for (method, path, operation) in document.operations_of(&tag.name) {
            write_operation(html, Placed { document, base_url, method, path, operation });
        }
    });
}

/// `signing_keys` → `Signing keys`.
fn tag_title(tag: &Tag) -> String {
    let mut letters = tag.name.chars();
    let first = letters.next().map(char::to_uppercase).into_iter().flatten();
    first.chain(letters.map(|letter| if letter == '_' { ' ' } else { letter })).collect()
}

/// The objects that answers hold. Requests are shown where they are sent.
fn write_objects(html: &mut Html, document: &Document) {
    html.element("section", &[("id", "objects"), ("class", "objects")], |html| {
        html.leaf("h2", &[], "Objects");
        html.paragraph("What answers are made of.");
        let requests: Vec<&str> = document.request_schemas().collect();
        let answered = |name: &str, schema: &Schema| !requests.contains(&name) && is_object(document, schema);
        for (name, schema) in
            document.components.schemas.iter().filter(|(name, schema)| answered(name, schema))
        {
            html.element("article", &[("id", &format!("object-{name}"))], |html| {
                html.leaf("h3", &[], name);
                if !schema.description.is_empty() {
                    html.paragraph(&schema.description);
                }
                write_fields(html, document, &fields_of(document, schema), Direction::Received);
                write_variants(html, &variants_of(document, schema));
            });
        }
    });
}

fn write_variants(html: &mut Html, names: &[&str]) {
    if names.is_empty() {
        return;
    }
    html.element("p", &[], |html| {
        html.text("The fields of one of: ");
        for (index, name) in names.iter().enumerate() {
            html.text(if index == 0 { "" } else { ", " });
            html.leaf("a", &[("href", &format!("#object-{name}"))], name);
        }
        html.text(".");
    });
}
